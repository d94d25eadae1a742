"""``Devnet.snapshot``, ``revert`` and ``isolated``: back to a moment, whatever was done since, as often as wanted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from megadev import Devnet, InvalidParams
from megadev.devnet import Endpoint
from megadev.node.fork import Fork
from megadev.testing.bridge import Bridge

ABI = [{"type": "function", "name": "ping", "inputs": [], "outputs": []}]
SOMEWHERE = "0x" + "ab" * 20


def pay(net: Devnet, chain: Endpoint | None = None) -> str:
    alice, bob = net.accounts[:2]
    chain = net.l2 if chain is None else chain
    return str(chain.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": "0x1"}))


def seen(net: Devnet) -> tuple[object, ...]:
    """What clients can tell of the node."""
    return (
        *(told for endpoint in net.endpoints for told in seen_of(endpoint)),
        net.rpc("eth_accounts"),
        net.rpc("megadev_getBridgeStatus"),
        net.rpc("megadev_sequencer_status"),
        net.rpc("anvil_metadata")["instanceId"],
        net.rpc("megadev_listArtifacts")["artifacts"],
        net.rpc("megadev_getArtifact", SOMEWHERE),
    )


def seen_of(chain: Endpoint) -> tuple[object, ...]:
    """What those of one of its chains can tell."""
    return (
        chain.rpc("eth_getBlockByNumber", "latest", True),
        chain.rpc("txpool_content"),
        chain.rpc("megadev_getConsoleLogs"),
        chain.rpc("eth_getBalance", SOMEWHERE, "latest"),
        chain.rpc("anvil_getAutomine"),
        chain.rpc("anvil_nodeInfo")["currentBlockTimestamp"],
    )


def cross(net: Devnet) -> None:
    """There and back, and once more half the way."""
    bridge = Bridge(net.l1, net.l2)
    bridge.deposit(5, to=SOMEWHERE)
    bridge.bring(1)
    bridge.prove(bridge.withdraw(2))


def another_chain() -> str:
    with Devnet(timestamp=5, accounts=2, l1_hardfork="osaka") as other:
        other.l1.rpc("evm_mine")
        for _ in range(3):
            other.rpc("evm_mine")
        return str(other.rpc("anvil_dumpState", True))


WAYS: dict[str, Callable[[Devnet], object]] = {
    "nothing": lambda net: None,
    "transactions": pay,
    "a cheat": lambda net: net.rpc("anvil_setBalance", SOMEWHERE, "0x5"),
    "a key": lambda net: net.rpc("evm_addAccount", "0x" + "11" * 32, ""),
    "an artifact": lambda net: net.rpc("megadev_addArtifact", {"name": "Ping", "abi": ABI}, SOMEWHERE),
    "a reset": lambda net: net.rpc("anvil_reset"),
    "a rollback": lambda net: net.rpc("anvil_rollback", 1),
    "a reorganisation": lambda net: net.rpc("anvil_reorg", 2, []),
    "a revert to an older snapshot": lambda net: net.rpc("evm_revert", "0x0"),
    "another chain": lambda net: net.rpc("anvil_loadState", another_chain()),
    "a transaction on L1": lambda net: pay(net, net.l1),
    "a cheat on L1": lambda net: net.l1.rpc("anvil_setBalance", SOMEWHERE, "0x5"),
    "a reset of L1": lambda net: net.l1.rpc("anvil_reset"),
    "a rollback of L1": lambda net: net.l1.rpc("anvil_rollback", 1),
    "a reorganisation of L1": lambda net: net.l1.rpc("anvil_reorg", 1, []),
    "an L1 that is ahead": lambda net: net.l1.rpc("evm_increaseTime", 5, True) and net.l1.rpc("evm_mine"),
    "across the bridge": cross,
    "a crash": lambda net: net.rpc("megadev_sequencer_crash", {"survive": False, "blocks": 1}),
    "another key": lambda net: net.rpc("megadev_sequencer_rotateKey"),
    "no mining": lambda net: (net.rpc("evm_setAutomine", False), pay(net)),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_revert_restores_everything(way: str) -> None:
    with Devnet(project=".", manual_clock=True) as net:
        pay(net)
        assert net.rpc("evm_snapshot") == "0x0"
        pay(net)
        pay(net)
        pay(net, net.l1)
        before = seen(net)
        held = net.snapshot()
        for _ in range(2):
            WAYS[way](net)
            assert (seen(net) == before) == (way == "nothing")
            net.revert(held)
            assert seen(net) == before
        # and what was there is still good: ids that clients hold, and the blocks below
        assert net.rpc("evm_snapshot") == "0x1"
        assert net.rpc("evm_revert", "0x0") is True
        assert net.rpc("eth_blockNumber") == "0x1"
        net.revert(held)
        assert seen(net) == before
        pay(net)
        assert net.rpc("eth_blockNumber") == "0x4"


FORKED_WAYS: dict[str, Callable[[Devnet], object]] = {
    "transactions": pay,
    "state that was not fetched before": lambda net: net.rpc("eth_getBalance", RICH, "latest"),
    "a reset, to no fork": lambda net: net.rpc("anvil_reset"),
    "a fork of an older block": lambda net: net.rpc("anvil_reset", {"forking": {"blockNumber": 101}}),
    "a fork of the same": lambda net: net.rpc("anvil_reset", {"forking": {}}),
    "across the bridge": cross,
    "another chain": lambda net: net.rpc("anvil_loadState", another_chain()),
}
RICH = "0x" + "cd" * 20


@pytest.mark.parametrize("way", FORKED_WAYS)
def test_an_isolated_fork_is_restored(way: str) -> None:
    with Devnet(number=100, chain_id=5) as upstream:
        upstream.rpc("anvil_setBalance", RICH, "0x5")
        upstream.rpc("anvil_mine", 3)
        url = upstream.serve()
        with Devnet(fork_url=(url,), no_storage_caching=True, project=".", manual_clock=True) as net:
            pay(net)
            before = seen(net)
            fork = net.node.l2.fork
            held = net.snapshot()
            for _ in range(2):
                FORKED_WAYS[way](net)
                net.revert(held)
                assert seen(net) == before and net.node.l2.fork is fork
            assert net.rpc("eth_getBalance", RICH, "latest") == "0x5"
            assert net.rpc("eth_getBlockByNumber", hex(102), False)["number"] == hex(102)
            pay(net)
            net.rpc("anvil_reset", {"forking": {}})
            assert net.rpc("eth_blockNumber") == hex(103)


def test_a_fork_is_let_go_of_with_the_last_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Fork] = []
    close = Fork.close
    monkeypatch.setattr(Fork, "close", lambda fork: (closed.append(fork), close(fork)))
    with Devnet(number=100) as upstream:
        upstream.rpc("anvil_mine", 3)
        url = upstream.serve()
        net = Devnet(fork_url=(url,), no_storage_caching=True)
        first = net.node.l2.fork
        with net.isolated():
            net.rpc("anvil_reset", {"forking": {"blockNumber": 101}})
            second = net.node.l2.fork
            assert not closed and second is not first
            kept = net.snapshot()
            net.rpc("anvil_reset")
            assert not closed
            net.revert(kept)
        assert closed == [second]
        held = net.snapshot()
        net.rpc("anvil_reset")
        assert closed == [second]
        net.call(lambda: net.node.snapshots.release(held))
        assert closed == [second, first]
        net.close()
    assert closed == [second, first]


def test_a_failed_isolated_block_leaves_no_trace() -> None:
    with Devnet() as net:
        with pytest.raises(ZeroDivisionError), net.isolated():
            pay(net)
            with net.isolated():
                pay(net)
            assert net.rpc("eth_blockNumber") == "0x1"
            raise ZeroDivisionError
        assert net.rpc("eth_blockNumber") == "0x0"


def test_a_snapshot_ends_with_an_earlier_one_s_revert() -> None:
    with Devnet() as net:
        first = net.snapshot()
        later = net.snapshot()
        net.revert(first)
        with pytest.raises(InvalidParams, match="this snapshot no longer exists"):
            net.revert(later)


def test_a_served_devnet_is_reverted_by_the_thread_that_serves_it() -> None:
    with Devnet() as net:
        net.serve()
        held = net.snapshot()
        pay(net)
        net.revert(held)
        assert net.rpc("eth_blockNumber") == "0x0"
