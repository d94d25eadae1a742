"""A snapshot brings back all that makes a rollup at once: faults, games, batches and where the batcher was, the order of the
standbys, how far reads are behind, and what a replica elsewhere was told; and L2 goes on from there.
"""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import StoppedClock
from megadev.testing.bridge import Bridge

PRESETS: dict[str, dict[str, Any]] = {
    "dev": {"batch": True},
    "megaeth": {"preset": "megaeth", "block_time": None, "mini_block_time": None, "no_mining": True},
}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_revert_brings_all_of_it_back(preset: str) -> None:
    with Devnet(
        clock=StoppedClock(1_700_000_000),
        accounts=3,
        standby=2,
        takeover="0ms",
        channel_seconds=10**6,
        challenge_window=100,
        **PRESETS[preset],
    ) as net:
        bridge = Bridge(net.l1, net.l2)
        alice, bob = (account.address for account in net.accounts[:2])

        def pay() -> None:
            net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
            net.rpc("evm_mine")

        def seen() -> dict[str, Any]:
            status = net.rpc("megadev_sequencer_status")
            batches = net.rpc("megadev_getBatches")
            return {
                "faults": [row for row in net.rpc("megadev_fault_list") if row["on"]],
                "games": bridge.games,
                "batches": batches,
                "batcher": net.rpc("megadev_batcher_status"),
                "standby": (status["standby"]["active"], status["standby"]["order"]),
                "signer": net.rpc("megadev_sequencerAt"),
                "evidence": net.rpc("megadev_sequencer_evidence"),
                "heads": [
                    net.rpc("eth_getBlockByNumber", tag, False)["hash"] for tag in ("latest", "safe", "finalized")
                ],
                "l1": net.l1.rpc("eth_getBlockByNumber", "latest", False)["hash"],
                "sync": net.rpc("optimism_syncStatus"),
                "lag": None if net.node.replica_lag is None else str(net.node.replica_lag),
            }

        pay()
        net.rpc("megadev_batcher_flush")
        bridge.propose()
        pay()
        net.rpc("megadev_fault_set", "bad-root", [])
        net.rpc("megadev_fault_set", "delay-da", ["9"])
        before = seen()
        taken = net.rpc("evm_snapshot")
        # everything becomes another
        net.rpc("megadev_fault_clear")
        net.rpc("megadev_fault_set", "bad-batch", ["time"])
        net.rpc("megadev_fault_set", "replicas-lag", ["1s"])
        bridge.challenge(0, sender=bob)
        net.rpc("megadev_sequencer_equivocate")
        pay()
        pay()
        net.rpc("megadev_batcher_flush")
        bridge.propose()
        net.l1.rpc("anvil_reorg", 1, [])
        net.rpc("megadev_sequencer_crash", {"survive": True})
        net.rpc("megadev_sequencer_restart")
        after = seen()
        assert {name for name in before if before[name] == after[name]} <= {"standby", "signer", "evidence"}
        assert net.rpc("evm_revert", taken) is True
        assert seen() == before
        # and it goes on: what is posted derives, what is claimed can be proven
        net.rpc("megadev_fault_clear")
        pay()
        net.rpc("megadev_batcher_flush")
        head = int(net.rpc("eth_blockNumber"), 16)
        assert int(net.rpc("eth_getBlockByNumber", "safe", False)["number"], 16) == head
        bridge.prove_range(0, head)
        assert bridge.games[-1]["prover"] is not None
