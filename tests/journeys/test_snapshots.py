"""What a revert brings back, and what it leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.rpc.client import RpcError

START = 1_700_000_000
NOBODY = "0x" + "99" * 20


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def net(clock: ManualClock) -> Devnet:
    return Devnet(clock=clock)


def timestamp(net: Devnet) -> int:
    return int(net.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def test_a_fixture_is_loaded_again_and_again(net: Devnet) -> None:
    """As Hardhat's loadFixture does: revert, then take the next snapshot at once."""
    alice, bob = (account.address for account in net.accounts[:2])
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x5"})
    fixture = net.rpc("eth_getBlockByNumber", "latest", True)
    snapshot = net.rpc("evm_snapshot")
    for _ in range(5):
        net.rpc("evm_increaseTime", 86_400)
        net.rpc("hardhat_mine", "0x14", "0xc")
        net.rpc("eth_sendTransaction", {"from": alice, "to": NOBODY, "value": "0x5"})
        assert net.rpc("evm_revert", snapshot) is True
        assert net.rpc("evm_revert", snapshot) is False
        snapshot = net.rpc("evm_snapshot")
        assert net.rpc("eth_getBlockByNumber", "latest", True) == fixture
        assert net.rpc("eth_getBalance", NOBODY) == "0x0"


def test_a_revert_restores_the_clock(net: Devnet, clock: ManualClock) -> None:
    net.rpc("evm_increaseTime", 1_000)
    snapshot = net.rpc("evm_snapshot")
    clock.advance(500)
    net.rpc("evm_increaseTime", 2_000)
    net.rpc("evm_mine")
    net.rpc("evm_revert", snapshot)
    clock.advance(7)
    net.rpc("evm_mine")
    assert timestamp(net) == START + 1_007


def test_a_time_asked_for_and_not_yet_used_is_asked_for_again(net: Devnet) -> None:
    net.rpc("evm_setNextBlockTimestamp", START + 5_000)
    net.rpc("anvil_setBlockTimestampInterval", 12)
    snapshot = net.rpc("evm_snapshot")
    net.rpc("anvil_mine", 2)
    net.rpc("anvil_removeBlockTimestampInterval")
    net.rpc("evm_revert", snapshot)
    net.rpc("evm_mine")
    assert timestamp(net) == START + 5_000
    net.rpc("evm_mine")
    assert timestamp(net) == START + 5_012


def test_a_revert_restores_settings_of_future_blocks(net: Devnet) -> None:
    net.rpc("anvil_setCoinbase", NOBODY)
    net.rpc("anvil_setNextBlockBaseFeePerGas", "0x77")
    pending = net.rpc("eth_getBlockByNumber", "pending", False)
    snapshot = net.rpc("evm_snapshot")
    net.rpc("anvil_setCoinbase", "0x" + "11" * 20)
    net.rpc("evm_setBlockGasLimit", 45_000_000)
    net.rpc("evm_mine")
    net.rpc("evm_revert", snapshot)
    assert net.rpc("eth_getBlockByNumber", "pending", False) == pending
    assert (net.rpc("eth_coinbase"), pending["baseFeePerGas"]) == (NOBODY, "0x77")


def test_a_revert_restores_the_order_of_waiting_transactions(clock: ManualClock) -> None:
    net = Devnet(clock=clock, order="fifo")
    net.rpc("evm_setAutomine", False)
    senders = [account.address for account in net.accounts[:4]]
    waiting = [net.rpc("eth_sendTransaction", {"from": sender, "to": NOBODY, "gas": "0x5208"}) for sender in senders]
    snapshot = net.rpc("evm_snapshot")
    net.rpc("anvil_dropTransaction", waiting[0])
    net.rpc("evm_mine")
    net.rpc("eth_sendTransaction", {"from": senders[0], "to": NOBODY, "gas": "0x5208"})
    net.rpc("evm_revert", snapshot)
    net.rpc("evm_mine")
    assert net.rpc("eth_getBlockByNumber", "latest", False)["transactions"] == waiting


def test_a_revert_mines_no_block(net: Devnet) -> None:
    """A transaction that became ready by a cheat waits for the next block, before the snapshot and after it."""
    alice = net.accounts[0].address
    request = {"from": alice, "to": NOBODY, "nonce": "0x1", "gas": "0x5208"}
    net.rpc("eth_sendTransaction", request)
    net.rpc("anvil_setNonce", alice, 1)
    snapshot = net.rpc("evm_snapshot")
    assert net.rpc("txpool_status")["pending"] == "0x1"
    net.rpc("evm_mine")
    net.rpc("evm_revert", snapshot)
    assert (net.rpc("eth_blockNumber"), net.rpc("txpool_status")["pending"]) == ("0x0", "0x1")


def test_a_revert_restores_impersonation_and_logging(net: Devnet) -> None:
    net.rpc("anvil_impersonateAccount", NOBODY)
    accounts = net.rpc("eth_accounts")
    snapshot = net.rpc("evm_snapshot")
    net.rpc("anvil_stopImpersonatingAccount", NOBODY)
    net.rpc("anvil_autoImpersonateAccount", True)
    net.rpc("anvil_setLoggingEnabled", False)
    assert net.node.logging is False
    net.rpc("evm_revert", snapshot)
    assert net.rpc("eth_accounts") == accounts
    assert net.node.logging is True
    with pytest.raises(RpcError):
        net.rpc("eth_sendTransaction", {"from": "0x" + "12" * 20, "to": NOBODY})


def test_after_a_revert_a_filter_returns_removed_logs_and_continues(net: Devnet) -> None:
    blocks = net.rpc("eth_newBlockFilter")
    net.rpc("evm_mine")
    snapshot = net.rpc("evm_snapshot")
    net.rpc("evm_mine")
    assert len(net.rpc("eth_getFilterChanges", blocks)) == 2
    net.rpc("evm_revert", snapshot)
    assert net.rpc("eth_getFilterChanges", blocks) == []
    net.rpc("anvil_setBalance", NOBODY, "0x1")
    net.rpc("evm_mine")
    assert net.rpc("eth_getFilterChanges", blocks) == [net.rpc("eth_getBlockByNumber", "latest", False)["hash"]]


def test_snapshots_in_snapshots(net: Devnet) -> None:
    outer = net.rpc("evm_snapshot")
    net.rpc("evm_mine")
    inner = net.rpc("evm_snapshot")
    net.rpc("evm_mine")
    assert net.rpc("evm_revert", inner) is True
    assert net.rpc("eth_blockNumber") == "0x1"
    assert net.rpc("evm_revert", outer) is True
    assert net.rpc("eth_blockNumber") == "0x0"
    assert net.rpc("evm_snapshot") not in (inner, outer), "an id is never given out twice"


def test_taking_a_snapshot_looks_at_no_block(net: Devnet, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs the same on a chain of any length: neither blocks nor worlds are read."""
    net.rpc("anvil_mine", 50)

    def refuse(*args: Any) -> Any:
        raise AssertionError("a snapshot walked the chain")

    for name in ("blocks", "by_number", "logs"):
        monkeypatch.setattr(type(net.l2.chain.store), name, refuse)
    assert net.rpc("evm_snapshot") == "0x0"
