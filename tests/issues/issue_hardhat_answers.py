"""hardhat_* methods answered as Anvil's do, with null or a hash, where Hardhat documents a boolean; its helpers look."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.cli.client import call
from megadev.rpc.client import RpcError

ADDRESS, WORD = "0x" + "99" * 20, "0x" + "12" * 32


@pytest.fixture
def net() -> Any:
    with Devnet() as net:
        yield net


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("hardhat_impersonateAccount", [ADDRESS]),
        ("hardhat_mine", []),
        ("hardhat_mine", ["0x3", "0xa"]),
        ("hardhat_reset", []),
        ("hardhat_setBalance", [ADDRESS, "0x1"]),
        ("hardhat_setCode", [ADDRESS, "0x00"]),
        ("hardhat_setCoinbase", [ADDRESS]),
        ("hardhat_setLoggingEnabled", [False]),
        ("hardhat_setNextBlockBaseFeePerGas", ["0x1"]),
        ("hardhat_setNonce", [ADDRESS, "0x5"]),
        ("hardhat_setPrevRandao", [WORD]),
        ("hardhat_setStorageAt", [ADDRESS, "0x0", WORD]),
        ("evm_setBlockGasLimit", ["0x1c9c380"]),
        ("evm_setAccountBalance", [ADDRESS, "0x1"]),
        ("evm_setAccountCode", [ADDRESS, "0x00"]),
        ("evm_setAccountNonce", [ADDRESS, "0x5"]),
        ("evm_setAccountStorageAt", [ADDRESS, "0x0", WORD]),
    ],
)
def test_hardhat_methods_answer_true_as_hardhat_documents(net: Devnet, method: str, params: list[Any]) -> None:
    assert net.rpc(method, *params) is True


@pytest.mark.parametrize("method", ["anvil_setBalance", "tenderly_setBalance", "anvil_mine", "anvil_setAutomine"])
def test_the_names_of_others_answer_as_before(net: Devnet, method: str) -> None:
    params = {"anvil_mine": [], "anvil_setAutomine": [True]}.get(method, [ADDRESS, "0x1"])
    assert net.rpc(method, *params) is None


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_served_node_answers_once_all_blocks_are_mined(preset: str) -> None:
    with Devnet(preset=preset) as net:
        net.serve()
        before = int(net.rpc("eth_blockNumber"), 16)
        assert net.rpc("hardhat_mine", "0x64", "0x1") is True
        assert int(net.rpc("eth_blockNumber"), 16) == before + 100


def test_the_interval_separates_mined_blocks(net: Devnet) -> None:
    before = int(net.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    net.rpc("hardhat_mine", "0x64", hex(600))
    first, last = (int(net.rpc("eth_getBlockByNumber", hex(n), False)["timestamp"], 16) for n in (1, 100))
    assert (first - before < 600, last - first) == (True, 99 * 600)


def test_stop_impersonating_returns_whether_it_was_impersonated(net: Devnet) -> None:
    net.rpc("hardhat_impersonateAccount", ADDRESS)
    assert [net.rpc("hardhat_stopImpersonatingAccount", ADDRESS) for _ in range(2)] == [True, False]


def test_drop_transaction_returns_whether_it_was_dropped(net: Devnet) -> None:
    net.rpc("evm_setAutomine", False)
    send = {"from": net.accounts[0].address, "to": ADDRESS}
    dropped = net.rpc("eth_sendTransaction", send)
    assert [net.rpc("hardhat_dropTransaction", dropped) for _ in range(2)] == [True, False]
    mined = net.rpc("eth_sendTransaction", send)
    net.rpc("evm_mine")
    with pytest.raises(RpcError, match="already mined"):
        net.rpc("hardhat_dropTransaction", mined)


def test_metadata_has_hardhats_members(net: Devnet) -> None:
    members = {"clientVersion", "chainId", "instanceId", "latestBlockNumber", "latestBlockHash"}
    assert net.rpc("hardhat_metadata").keys() == members
    assert net.rpc("anvil_metadata").keys() > members


def test_names_that_hardhat_and_anvil_share_answer_null_and_to_hardhat_as_documented(net: Devnet) -> None:
    """alloy asks evm_setNextBlockTimestamp, programs in Rust evm_setAutomine, and can read nothing but null."""
    time = int(net.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16) + 100
    asked = {"evm_setIntervalMining": 0, "evm_setAutomine": True, "evm_setNextBlockTimestamp": time}
    assert [net.rpc(name, value) for name, value in asked.items()] == [None, None, None]
    net.serve()
    assert [call(net.url, name, [value]) for name, value in asked.items()] == [None, None, None]
    dialect = f"{net.url}/?dialect=hardhat"
    assert [call(dialect, name, [value]) for name, value in asked.items()] == [True, True, str(time)]
    assert call(dialect, "anvil_setNextBlockTimestamp", [time]) is None
    with Devnet(throw_on_revert=True) as hardhats:
        assert [hardhats.rpc(name, value) for name, value in asked.items()] == [True, True, str(time)]


def test_randomness_that_was_set_is_in_the_header(net: Devnet) -> None:
    net.rpc("hardhat_setPrevRandao", WORD)
    net.rpc("hardhat_mine")
    assert net.rpc("eth_getBlockByNumber", "latest", False)["mixHash"] == WORD
    assert net.w3.eth.get_block("latest")["mixHash"].to_0x_hex() == WORD
