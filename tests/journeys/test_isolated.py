"""``Devnet.snapshot``, ``revert`` and ``isolated``: back to a moment, whatever was done since, as often as wanted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from megadev import Devnet, InvalidParams

ABI = [{"type": "function", "name": "ping", "inputs": [], "outputs": []}]
SOMEWHERE = "0x" + "ab" * 20


def pay(net: Devnet) -> str:
    alice, bob = net.accounts[:2]
    return str(net.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": "0x1"}))


def seen(net: Devnet) -> tuple[object, ...]:
    """What a client can tell of the node."""
    return (
        net.rpc("eth_getBlockByNumber", "latest", True),
        net.rpc("eth_accounts"),
        net.rpc("txpool_content"),
        net.rpc("anvil_metadata")["instanceId"],
        net.rpc("megadev_listArtifacts")["artifacts"],
        net.rpc("megadev_getArtifact", SOMEWHERE),
        net.rpc("megadev_getConsoleLogs"),
        net.rpc("eth_getBalance", SOMEWHERE, "latest"),
        net.rpc("anvil_getAutomine"),
    )


def another_chain() -> str:
    with Devnet(timestamp=5, accounts=2) as other:
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
    "no mining": lambda net: (net.rpc("evm_setAutomine", False), pay(net)),
}


@pytest.mark.parametrize("way", WAYS)
def test_everything_comes_back(way: str) -> None:
    with Devnet(project=".", manual_clock=True) as net:
        pay(net)
        assert net.rpc("evm_snapshot") == "0x0"
        pay(net)
        pay(net)
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


def test_what_is_isolated_leaves_no_trace_though_it_fails() -> None:
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
        with pytest.raises(InvalidParams, match="this snapshot is gone"):
            net.revert(later)


def test_a_served_devnet_is_reverted_by_the_thread_that_serves_it() -> None:
    with Devnet() as net:
        net.serve()
        held = net.snapshot()
        pay(net)
        net.revert(held)
        assert net.rpc("eth_blockNumber") == "0x0"
