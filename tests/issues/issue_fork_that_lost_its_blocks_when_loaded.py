"""A fork that was started again from its state file had its balances, but none of its blocks, receipts and logs; Anvil
has them.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.rpc.client import RpcError
from tests.stage.wallet import Wallet

START = 1_700_000_000
FRIEND = "0x" + "43" * 20
LOGGER = "0x" + "44" * 20
LOGS_AND_COUNTS = "0x" + "60015f5401805f55" + "5f5260205fa0"
"""Adds 1 to its slot 0, and logs the sum."""
FORKED = 4


@pytest.fixture(scope="module")
def upstream() -> Iterator[Devnet]:
    with Devnet(clock=ManualClock(START), accounts=2, no_l1=True) as net:
        net.rpc("anvil_setCode", LOGGER, LOGS_AND_COUNTS)
        net.rpc("anvil_setStorageAt", LOGGER, "0x0", "0x" + "00" * 31 + "07")
        net.rpc("anvil_mine", FORKED + 2)
        net.serve()
        yield net


def told(net: Devnet, receipts: list[dict[str, Any]]) -> list[Any]:
    """What clients know of a chain's past."""
    head = int(net.rpc("eth_blockNumber"), 16)
    headers = [net.rpc("debug_getRawHeader", number) for number in {*(r["blockNumber"] for r in receipts), hex(head)}]
    hashes = [net.rpc("eth_getHeaderByNumber", receipt["blockNumber"])["hash"] for receipt in receipts]
    return [
        sorted(headers),
        [net.rpc("eth_getBlockByHash", each, False)["transactions"] for each in hashes],
        [net.rpc("eth_getTransactionReceipt", receipt["transactionHash"]) for receipt in receipts],
        net.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": hex(head)}),
        [net.rpc("eth_getBalance", who, "latest") for who in (FRIEND, net.accounts[0].address)],
        net.rpc("eth_getStorageAt", LOGGER, "0x0", "latest"),
        net.rpc("eth_getTransactionCount", net.accounts[0].address, "latest"),
    ]


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
@pytest.mark.parametrize("further", [{"no_l1": True}, {}])
def test_a_fork_of_the_same_block_has_its_blocks_again(
    upstream: Devnet, preset: str, further: dict[str, Any], tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"preset": preset, "fork_url": (upstream.url,), "fork_block_number": FORKED}
    settings |= {"manual_clock": True, "accounts": 2, "no_storage_caching": True, "state": tmp_path / "state.json"}
    settings |= further
    if preset == "megaeth":
        settings["block_time"] = 3600  # seconds: no block but those made here
    with Devnet(**settings) as net:
        receipts = [Wallet(net.rpc).make(FRIEND, value=5), Wallet(net.rpc).make(LOGGER)]
        net.rpc("hardhat_mine", hex(3_000), "0xc")
        receipts += [Wallet(net.rpc).make(LOGGER), Wallet(net.rpc).make(FRIEND, value=6)]
        net.rpc("evm_mine")
        net.rpc("anvil_setBalance", "0x" + "45" * 20, "0x9")
        before = told(net, receipts)
        net.node.save()
    for _ in range(2):  # what was loaded can be saved, and loaded
        with Devnet(**settings) as net:
            assert told(net, receipts) == before
            assert net.rpc("eth_getBalance", "0x" + "45" * 20, "latest") == "0x9"
            head = int(net.rpc("eth_blockNumber"), 16)
            with pytest.raises(RpcError, match="loaded on a fork without its state"):
                net.rpc("eth_getBalance", FRIEND, receipts[0]["blockNumber"])
            with pytest.raises(RpcError, match="state unavailable"):
                net.rpc("anvil_rollback", 2)
            assert int(net.rpc("eth_blockNumber"), 16) == head
            assert net.rpc("eth_getBalance", FRIEND, hex(FORKED)) == "0x0"
            net.node.save()
    with Devnet(**settings) as net:
        snapshot = net.rpc("evm_snapshot")
        assert int(Wallet(net.rpc).make(LOGGER)["logs"][0]["data"], 16) == 7 + 3
        net.rpc("evm_mine")
        assert int(net.rpc("eth_blockNumber"), 16) > head
        assert net.rpc("evm_revert", snapshot) is True
        assert told(net, receipts) == before


def test_a_fork_of_another_block_says_why_it_has_them_not(
    upstream: Devnet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings: dict[str, Any] = {"fork_url": (upstream.url,), "no_l1": True, "accounts": 2, "manual_clock": True}
    settings |= {"no_storage_caching": True, "state": tmp_path / "state.json"}
    with Devnet(fork_block_number=FORKED, **settings) as net:
        Wallet(net.rpc).make(FRIEND, value=5)
        net.node.save()
    with caplog.at_level(logging.WARNING, "megadev.node"), Devnet(**settings) as net:
        assert net.rpc("eth_getBalance", FRIEND, "latest") == "0x5"
        assert int(net.rpc("eth_blockNumber"), 16) == FORKED + 2
    assert f"begins with block {FORKED}" in caplog.text and "--fork-block-number" in caplog.text


@pytest.mark.parametrize("settings", [{"preset": "megaeth"}, {"preset": "megaeth", "no_l1": True}, {"l1_fee": True}])
def test_receipts_say_again_what_was_paid_for_data_on_l1(settings: dict[str, Any], tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with Devnet(state=state, manual_clock=True, accounts=2, **settings) as net:
        receipts = [Wallet(net.rpc).make(FRIEND, value=5)]
        if "no_l1" not in settings:
            net.rpc("megadev_setL1Fees", [{"baseFee": hex(7 * 10**9)}])
            net.l1.rpc("evm_mine")
        net.rpc("evm_mine")
        receipts += [Wallet(net.rpc).make(FRIEND, value=6), Wallet(net.rpc).make(FRIEND, value=7)]
        net.rpc("evm_mine")
        before = [net.rpc("eth_getTransactionReceipt", receipt["transactionHash"]) for receipt in receipts]
        assert "no_l1" in settings or int(before[0]["l1Fee"], 16) > 0
    with Devnet(state=state, manual_clock=True, accounts=2, **settings) as net:
        assert [net.rpc("eth_getTransactionReceipt", receipt["transactionHash"]) for receipt in receipts] == before
