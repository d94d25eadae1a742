"""What clients are told of a node, as far as a store keeps it: the two chains' ends, and all that was set."""

from __future__ import annotations

from typing import Any

from megadev import Devnet
from megadev.node.dump.capture import world_of_now


def told(net: Devnet) -> dict[str, Any]:
    """Of a node whose clock stands: the same again after a restart."""
    node = net.node
    return {
        "heads": [
            endpoint.rpc("eth_getBlockByNumber", tag, False)
            for endpoint in net.endpoints
            for tag in ("latest", "safe", "finalized")
        ],
        "receipts": [endpoint.rpc("eth_getBlockReceipts", "latest") for endpoint in net.endpoints],
        "roots": [(chain.head.world.state_root, world_of_now(chain).state_root) for chain in node.chains],
        "pools": [endpoint.rpc("txpool_content") for endpoint in net.endpoints],
        "accounts": net.rpc("eth_accounts"),
        "sequencer": net.rpc("megadev_sequencer_status"),
        "evidence": net.rpc("megadev_sequencer_evidence"),
        "batcher": net.rpc("megadev_batcher_status") if net.node.config.posts_batches else None,
        "data": [len(node.da_store), node.da_store.faults.withheld, float(node.da_store.faults.delay)],
        "settings": [
            (chain.sequencer.blocks, chain.time.settings, chain.sequencer.mode, chain.gas_price)
            for chain in node.chains
        ],
        "time": [chain.time.now() for chain in node.chains],
        "logging": node.logging,
        "progress": None if node.driver is None else node.driver.progress,
    }
