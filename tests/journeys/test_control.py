"""A developer's hands on the chain: blocks and time by request, accounts and state at will, snapshots, the txpool."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from eth_account import Account

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.abi import encode_call
from tests.contracts import load
from tests.stage.refusals import refusal

ETHER = 10**18
GWEI = 10**9
NOBODY = "0x" + "99" * 20
START = 1_700_000_000
RETURN_42 = "0x602a5f5260205ff3"


def word(number: int) -> str:
    return f"0x{number:064x}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def net(clock: ManualClock) -> Devnet:
    return Devnet(clock=clock)


@pytest.fixture
def alice(net: Devnet) -> str:
    return net.accounts[0].address


@pytest.fixture
def bob(net: Devnet) -> str:
    return net.accounts[1].address


def head(net: Devnet) -> int:
    return int(net.rpc("eth_blockNumber"), 16)


def timestamps(net: Devnet, *numbers: int) -> list[int]:
    return [int(net.rpc("eth_getBlockByNumber", hex(number), False)["timestamp"], 16) for number in numbers]


# -- mining -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["anvil_mine", "hardhat_mine"])
def test_blocks_are_mined_by_the_number(net: Devnet, method: str) -> None:
    assert net.rpc(method) is (True if method == "hardhat_mine" else None)
    assert head(net) == 1
    net.rpc(method, "0x5")
    net.rpc(method, 2)
    assert head(net) == 8


def test_blocks_can_be_mined_at_an_interval(net: Devnet) -> None:
    net.rpc("anvil_mine", 3, 60)
    times = timestamps(net, 0, 1, 2, 3)
    assert [later - sooner for sooner, later in pairwise(times[1:])] == [60, 60]


def test_evm_mine_takes_a_timestamp_and_a_number_of_blocks(net: Devnet) -> None:
    assert net.rpc("evm_mine") == "0x0"
    net.rpc("evm_mine", START + 1000)
    net.rpc("evm_mine", {"timestamp": START + 2000, "blocks": 2})
    net.rpc("evm_mine", {"blocks": "0x2"})
    net.rpc("evm_mine", (START + 9000) * 1000)
    assert timestamps(net, 2, 3) == [START + 1000, START + 2000]
    assert head(net) == 7
    assert timestamps(net, 7) == [START + 9000]


def test_mine_detailed_shows_return_values(net: Devnet, alice: str) -> None:
    creation = {"from": alice, "data": "0x" + load("Reverter").creation.hex()}
    reverter = net.rpc("eth_sendTransactionSync", creation)["contractAddress"]
    net.rpc("evm_setAutomine", False)
    net.rpc("eth_sendTransaction", {"from": alice, "to": reverter, "data": "0x" + encode_call("withReason()").hex()})
    first, second = net.rpc("evm_mine_detailed", {"blocks": 2})
    (tx,) = first["transactions"]
    assert tx["output"].startswith("0x08c379a0")
    assert tx["revertReason"] == "out of luck"
    assert second["transactions"] == []
    assert second["parentHash"] == first["hash"]


@pytest.mark.parametrize("method", ["evm_setAutomine", "anvil_setAutomine"])
def test_without_automine_transactions_wait_for_a_block(net: Devnet, alice: str, bob: str, method: str) -> None:
    assert net.rpc("anvil_getAutomine") is True
    net.rpc(method, False)
    assert net.rpc("hardhat_getAutomine") is False
    tx_hash = net.rpc("eth_sendTransaction", {"from": alice, "to": bob})
    assert net.rpc("eth_getTransactionReceipt", tx_hash) is None
    net.rpc(method, True)
    assert net.rpc("eth_getTransactionReceipt", tx_hash)["blockNumber"] == "0x1"


def test_interval_mining_is_switched_on_and_off(net: Devnet) -> None:
    assert net.rpc("anvil_getIntervalMining") is None
    net.rpc("evm_setIntervalMining", 5)
    assert (net.rpc("anvil_getIntervalMining"), net.rpc("anvil_getAutomine")) == (5, False)
    net.rpc("anvil_setAutomine", True)  # both
    assert (net.rpc("anvil_getIntervalMining"), net.rpc("anvil_getAutomine")) == (5, True)
    net.rpc("evm_setIntervalMining", 0)
    assert (net.rpc("anvil_getIntervalMining"), net.rpc("anvil_getAutomine")) == (None, True)
    net.rpc("evm_setIntervalMining", 0.5)
    assert net.rpc("anvil_getIntervalMining") == 0.5
    net.rpc("evm_setIntervalMining", "0x0")
    assert (net.rpc("anvil_getIntervalMining"), net.rpc("anvil_getAutomine")) == (None, False)


# -- time ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["evm", "anvil"])
def test_time_moves_forward_by_the_seconds_asked_for(net: Devnet, prefix: str) -> None:
    assert net.rpc(f"{prefix}_increaseTime", 100) == 100
    assert net.rpc(f"{prefix}_increaseTime", "0x64") == 200
    net.rpc("evm_mine")
    assert timestamps(net, 1) == [START + 200]


def test_time_is_set_in_seconds_or_milliseconds(net: Devnet) -> None:
    assert net.rpc("evm_setTime", START + 500) == 500
    assert net.rpc("anvil_setTime", (START + 700) * 1000) == 200
    net.rpc("evm_mine")
    assert timestamps(net, 1) == [START + 700]


def test_the_next_block_gets_the_set_timestamp_and_time_continues(net: Devnet, clock: ManualClock) -> None:
    assert net.rpc("evm_setNextBlockTimestamp", START + 1000) is None
    net.rpc("evm_mine")
    clock.advance(5)
    net.rpc("evm_mine")
    assert timestamps(net, 1, 2) == [START + 1000, START + 1005]


def test_a_block_cannot_be_older_than_its_parent(net: Devnet) -> None:
    for method, argument in (
        ("evm_setNextBlockTimestamp", START - 1),
        ("evm_mine", START - 1),
        ("evm_mine", {"timestamp": 5}),
    ):
        error = refusal(net, method, argument)
        assert (error.code, "previous block's timestamp" in error.message) == (-32602, True)
    assert head(net) == 0


def test_blocks_keep_a_distance_where_asked(net: Devnet) -> None:
    net.rpc("anvil_setBlockTimestampInterval", 15)
    net.rpc("anvil_mine", 2)
    assert timestamps(net, 1, 2) == [START + 15, START + 30]
    assert net.rpc("anvil_removeBlockTimestampInterval") is True
    assert net.rpc("anvil_removeBlockTimestampInterval") is False
    assert net.rpc("anvil_getGenesisTime") == START


# -- accounts and state -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "method", ["anvil_setBalance", "hardhat_setBalance", "tenderly_setBalance", "evm_setAccountBalance"]
)
def test_any_balance_can_be_set(net: Devnet, method: str) -> None:
    net.rpc("evm_mine")
    net.rpc(method, NOBODY, hex(5 * ETHER))
    assert net.rpc("eth_getBalance", NOBODY) == hex(5 * ETHER)
    net.rpc("evm_mine")
    assert net.rpc("eth_getBalance", NOBODY) == hex(5 * ETHER)
    assert net.rpc("eth_getBalance", NOBODY, "0x1") == hex(5 * ETHER), "it belongs to what was the head"
    assert net.rpc("eth_getBalance", NOBODY, "earliest") == "0x0"


def test_balances_are_added_to_and_saturate(net: Devnet) -> None:
    net.rpc("anvil_addBalance", NOBODY, "0x5")
    net.rpc("hardhat_addBalance", NOBODY, "7")
    assert net.rpc("eth_getBalance", NOBODY) == "0xc"
    net.rpc("tenderly_addBalance", NOBODY, "0x" + "f" * 64)
    assert net.rpc("eth_getBalance", NOBODY) == "0x" + "f" * 64


def test_code_and_storage_are_written_at_will(net: Devnet) -> None:
    net.rpc("anvil_setCode", NOBODY, RETURN_42)
    assert net.rpc("eth_call", {"to": NOBODY}) == word(42)
    assert net.rpc("hardhat_setStorageAt", NOBODY, "0x5", word(7)) is True
    assert net.rpc("eth_getStorageAt", NOBODY, "0x5") == word(7)
    net.rpc("evm_setAccountCode", NOBODY, "0x")
    assert net.rpc("eth_getCode", NOBODY) == "0x"
    assert net.rpc("eth_getStorageAt", NOBODY, "0x5") == word(7)


def test_nonces_are_set_up_and_down(net: Devnet, alice: str, bob: str) -> None:
    net.rpc("anvil_setNonce", alice, "0x10")
    tx_hash = net.rpc("eth_sendTransaction", {"from": alice, "to": bob})
    assert net.rpc("eth_getTransactionByHash", tx_hash)["nonce"] == "0x10"
    net.rpc("evm_setAccountNonce", alice, 3)
    assert net.rpc("eth_getTransactionCount", alice) == "0x3"


def test_impersonated_accounts_are_listed_while_they_are(net: Devnet, alice: str) -> None:
    net.rpc("anvil_impersonateAccount", NOBODY)
    assert net.rpc("eth_accounts")[-1] == NOBODY
    net.rpc("hardhat_stopImpersonatingAccount", NOBODY)
    assert NOBODY not in net.rpc("eth_accounts")
    assert net.rpc("evm_addAccount", NOBODY, "password") is True
    assert NOBODY in net.rpc("eth_accounts")
    assert net.rpc("evm_removeAccount", NOBODY, "password") is True
    assert net.rpc("evm_removeAccount", NOBODY, "password") is False


def test_a_private_key_is_held_from_now_on(net: Devnet) -> None:
    stranger = Account.create()
    assert net.rpc("evm_addAccount", "0x" + stranger.key.hex(), "password") is True
    assert stranger.address.lower() in net.rpc("eth_accounts")
    signature = net.rpc("eth_sign", stranger.address, "0x12")
    assert len(signature) == 132


# -- snapshots ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["evm", "anvil"])
def test_a_revert_restores_everything_once(net: Devnet, alice: str, bob: str, prefix: str) -> None:
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
    snapshot = net.rpc(f"{prefix}_snapshot")
    before = [net.rpc("eth_getBlockByNumber", "latest", True), net.rpc("eth_getBalance", NOBODY)]
    net.rpc("anvil_setBalance", NOBODY, "0x5")
    lost = net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
    later = net.rpc(f"{prefix}_snapshot")
    assert net.rpc(f"{prefix}_revert", snapshot) is True
    assert [net.rpc("eth_getBlockByNumber", "latest", True), net.rpc("eth_getBalance", NOBODY)] == before
    assert net.rpc("eth_getTransactionReceipt", lost) is None
    assert net.rpc(f"{prefix}_revert", snapshot) is False
    assert net.rpc(f"{prefix}_revert", later) is False
    assert net.rpc(f"{prefix}_revert", "0x99") is False


def test_a_revert_restores_the_pool_the_clock_and_the_mode(net: Devnet, alice: str, bob: str) -> None:
    net.rpc("evm_setAutomine", False)
    waiting = net.rpc("eth_sendTransaction", {"from": alice, "to": bob})
    snapshot = net.rpc("evm_snapshot")
    net.rpc("evm_increaseTime", 1000)
    net.rpc("evm_setAutomine", True)
    net.rpc("evm_revert", snapshot)
    assert net.rpc("anvil_getAutomine") is False
    assert net.rpc("eth_getTransactionByHash", waiting)["blockHash"] is None
    net.rpc("evm_mine")
    assert net.rpc("eth_getTransactionReceipt", waiting)["status"] == "0x1"
    assert timestamps(net, 1)[0] < START + 1000


# -- the txpool and the blocks to come ----------------------------------------------------------------------------


def test_waiting_transactions_are_dropped_one_by_one_by_sender_or_all(net: Devnet, alice: str, bob: str) -> None:
    net.rpc("evm_setAutomine", False)
    first = net.rpc("eth_sendTransaction", {"from": alice, "to": bob})
    assert net.rpc("anvil_dropTransaction", first) == first
    assert net.rpc("hardhat_dropTransaction", first) is False
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob})
    net.rpc("eth_sendTransaction", {"from": bob, "to": alice})
    net.rpc("anvil_removePoolTransactions", alice)
    assert list(net.rpc("txpool_content")["pending"]) == [bob.lower()]
    net.rpc("anvil_dropAllTransactions")
    assert net.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_settings_of_future_blocks_apply(net: Devnet) -> None:
    net.rpc("anvil_setCoinbase", NOBODY)
    net.rpc("hardhat_setNextBlockBaseFeePerGas", hex(7 * GWEI))
    net.rpc("hardhat_setPrevRandao", word(5))
    assert net.rpc("evm_setBlockGasLimit", 40_000_000) is True
    net.rpc("anvil_mine", 2)
    first, second = (net.rpc("eth_getBlockByNumber", number, False) for number in ("0x1", "0x2"))
    assert (first["miner"], first["baseFeePerGas"], first["mixHash"]) == (NOBODY, hex(7 * GWEI), word(5))
    assert first["gasLimit"] == second["gasLimit"] == hex(40_000_000)
    assert (second["miner"], second["baseFeePerGas"]) == (NOBODY, hex(7 * GWEI * 7 // 8))
    assert second["mixHash"] != word(5)


def test_node_info_describes_the_node(net: Devnet) -> None:
    net.rpc("evm_mine")
    snapshot = net.rpc("evm_snapshot")
    latest = net.rpc("eth_getBlockByNumber", "latest", False)
    info = net.rpc("anvil_nodeInfo")
    assert (info["currentBlockNumber"], info["currentBlockHash"]) == ("0x1", latest["hash"])
    assert info["currentBlockTimestamp"] == int(latest["timestamp"], 16)
    assert info["environment"] == {
        "baseFee": net.rpc("eth_baseFee"),
        "chainId": 31337,
        "gasLimit": hex(30_000_000),
        "gasPrice": net.rpc("eth_gasPrice"),
    }
    assert (info["hardFork"], info["transactionOrder"]) == ("Osaka", "fees")
    metadata = net.rpc("hardhat_metadata")
    assert metadata["clientVersion"] == net.rpc("web3_clientVersion")
    assert (metadata["chainId"], metadata["latestBlockNumber"], metadata["latestBlockHash"]) == (
        31337,
        1,
        latest["hash"],
    )
    assert "snapshots" not in metadata, "Hardhat's has none"
    assert net.rpc("anvil_metadata")["snapshots"] == {snapshot: [1, latest["hash"]]}
    assert metadata["instanceId"] != Devnet().rpc("anvil_metadata")["instanceId"]


# -- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "params",
    [
        ("anvil_mine", -1),
        ("anvil_mine", 2**64 - 1),
        ("anvil_mine", "many"),
        ("evm_mine", "soon"),
        ("evm_mine", {"blocks": 2**64 - 1}),
        ("evm_mine", {"timestamp": "soon"}),
        ("evm_setAutomine", "yes"),
        ("evm_setAutomine",),
        ("evm_setIntervalMining", -1),
        ("evm_setIntervalMining", None),
        ("evm_increaseTime", -5),
        ("evm_increaseTime", 1.5),
        ("evm_setTime", "0x" + "f" * 17),
        ("evm_setNextBlockTimestamp", True),
        ("anvil_setBlockTimestampInterval", "x"),
        ("anvil_setBalance", "0x12", "0x1"),
        ("anvil_setBalance", NOBODY, "0x1" + "0" * 64),
        ("anvil_addBalance", NOBODY),
        ("anvil_setCode", NOBODY, "60"),
        ("anvil_setNonce", NOBODY, "0xffffffffffffffff"),
        ("anvil_setStorageAt", NOBODY, "0x0", "0x1"),
        ("anvil_impersonateAccount", "alice"),
        ("anvil_autoImpersonateAccount", 1),
        ("evm_addAccount", "0x1234"),
        ("evm_addAccount", "0x" + "00" * 32),
        ("personal_importRawKey", "0x" + "ff" * 32),
        ("evm_revert",),
        ("evm_revert", "first"),
        ("anvil_dropTransaction", "0x12"),
        ("anvil_setCoinbase", None),
        ("anvil_setNextBlockBaseFeePerGas", "-1"),
        ("anvil_setBlockGasLimit", 0),
        ("anvil_setBlockGasLimit", 2**63),
        ("anvil_nodeInfo", 1),
    ],
)
def test_invalid_parameters_are_refused_and_change_nothing(net: Devnet, params: tuple[Any, ...]) -> None:
    before = [net.rpc("anvil_nodeInfo"), net.rpc("eth_accounts")]
    assert refusal(net, *params).code == -32602
    assert [net.rpc("anvil_nodeInfo"), net.rpc("eth_accounts")] == before
