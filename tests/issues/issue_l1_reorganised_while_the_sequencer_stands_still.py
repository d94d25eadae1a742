"""An L1 reorganisation while L2's sequencer is paused or crashed made every later request fail, or lost transactions.

L1 may be reorganised on every path while L2's sequencer stands still; L2 follows once it runs again, and what users
sent is on it then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from megadev.rpc.client import RpcError
from tests.bridging import Bridge

STRANGER = "0x" + "57" * 20
MEGA: dict[str, Any] = {"preset": "megaeth", "mini_block_time": None, "block_time": None, "l1_fee": False}
OPEN: dict[str, Any] = {"preset": "megaeth", "no_mining": True, "l1_fee": False}


@pytest.fixture(params=[{}, MEGA, OPEN], ids=["dev", "megaeth", "megaeth-no-mining"])
def bridge(request: pytest.FixtureRequest) -> Iterator[Bridge]:
    bridge = Bridge(**request.param)
    yield bridge
    bridge.close()


def deposit(bridge: Bridge) -> None:
    function = bridge.portal.functions.depositTransaction(STRANGER, 3, 100_000, False, b"")
    function.transact({"from": bridge.alice, "value": 3, "gas": 1_000_000, "gasPrice": 0})


def pay(bridge: Bridge, value: int) -> str:
    tx_hash: str = bridge.l2.rpc(
        "eth_sendTransaction", {"from": bridge.bob, "to": STRANGER, "value": hex(value), "gasPrice": "0x0"}
    )
    return tx_hash


def block_of(bridge: Bridge, tx_hash: str) -> Any:
    """The sealed block that holds the transaction, after sealing what is open."""
    bridge.l2.rpc("evm_mine")
    receipt = bridge.l2.rpc("eth_getTransactionReceipt", tx_hash)
    assert receipt is not None and receipt["status"] == "0x1"
    return receipt["blockNumber"]


def roll_back(bridge: Bridge) -> None:
    bridge.l1.rpc("anvil_rollback", 1)


def reorganise(bridge: Bridge) -> None:
    bridge.l1.rpc("anvil_reorg", 1)


def start_over(bridge: Bridge) -> None:
    bridge.l1.rpc("anvil_reset")


PATHS = {"rollback": roll_back, "reorg": reorganise, "reset": start_over}


@pytest.mark.parametrize("stop", ["pause", "crash"])
@pytest.mark.parametrize("path", PATHS)
def test_no_request_fails_and_no_transaction_is_lost(bridge: Bridge, stop: str, path: str) -> None:
    deposit(bridge)
    first = pay(bridge, 5)
    bridge.l2.rpc("evm_mine")
    second = pay(bridge, 7)
    bridge.l2.rpc(f"megadev_sequencer_{stop}")
    PATHS[path](bridge)
    for net in (bridge.l1, bridge.l2):
        for call in (("eth_blockNumber",), ("eth_getBlockByNumber", "pending", False), ("megadev_getBridgeStatus",)):
            net.rpc(*call)
    if path != "reset":  # which ends the standstill itself
        bridge.l2.rpc("megadev_sequencer_resume" if stop == "pause" else "megadev_sequencer_restart")
    assert bridge.l2.rpc("megadev_sequencer_status")["condition"] == "running"
    assert block_of(bridge, first) is not None and block_of(bridge, second) is not None
    assert int(bridge.l2.rpc("eth_getBalance", STRANGER), 16) == 12, "the deposit is gone from L1, and so from L2"


WAYS_OUT: dict[str, Callable[[Bridge, str], Any]] = {
    "revert": lambda bridge, snapshot: bridge.l2.rpc("evm_revert", snapshot),
    "revert on L1": lambda bridge, snapshot: bridge.l1.rpc("evm_revert", snapshot),
    "reset": lambda bridge, snapshot: bridge.l2.rpc("anvil_reset"),
    "reset of L1": lambda bridge, snapshot: bridge.l1.rpc("anvil_reset"),
}


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("stop", ["pause", "crash"])
def test_the_way_out_always_works(bridge: Bridge, stop: str, way: str) -> None:
    snapshot = bridge.l2.rpc("evm_snapshot")
    deposit(bridge)
    pay(bridge, 5)
    bridge.l2.rpc(f"megadev_sequencer_{stop}")
    bridge.l1.rpc("anvil_reorg", 1)
    WAYS_OUT[way](bridge, snapshot)
    assert bridge.l2.rpc("megadev_sequencer_status")["condition"] == "running"
    block_of(bridge, pay(bridge, 1))


def test_cheats_are_reapplied_with_the_transactions_that_need_them(bridge: Bridge) -> None:
    rich = "0x" + "58" * 20
    deposit(bridge)
    bridge.l2.rpc("evm_mine")
    bridge.l2.rpc("anvil_setBalance", rich, hex(10**18))
    bridge.l2.rpc("anvil_impersonateAccount", rich)
    sent = bridge.l2.rpc(
        "eth_sendTransaction", {"from": rich, "to": STRANGER, "value": hex(10**17), "gasPrice": "0x0", "gas": "0x10000"}
    )
    bridge.l2.rpc("evm_mine")
    bridge.l2.rpc("anvil_setBalance", STRANGER, hex(11))
    bridge.l1.rpc("anvil_rollback", 1)
    assert bridge.l2.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
    assert int(bridge.l2.rpc("eth_getBalance", STRANGER), 16) == 11


def test_l2_is_not_reorganised_while_its_sequencer_is_paused(bridge: Bridge) -> None:
    bridge.l2.rpc("evm_mine")
    sent = pay(bridge, 1)
    bridge.l2.rpc("megadev_sequencer_pause")
    with pytest.raises(RpcError, match="the sequencer is paused"):
        bridge.l2.rpc("anvil_reorg", 1)
    bridge.l2.rpc("megadev_sequencer_resume")
    block_of(bridge, sent)
