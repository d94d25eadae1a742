"""megadev_durable: up to which block of each chain a crash takes nothing."""

from __future__ import annotations

from megadev.chain.documents import JsonObject
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


@method("megadev_durable")
def megadev_durable(node: RpcNode) -> JsonObject:
    """Blocks up to ``l2`` and ``l1`` are there after a crash, with all that was set and what waited by then; null:
    nothing is promised. ``problem``: why nothing more is written, where that is so.
    """
    storage = node.node.storage
    recorder = None if storage is None else storage.recorder
    if recorder is None:
        return {"store": None, "durability": "off", "isDurable": False, "l2": None, "l1": None, "problem": None}
    durable = recorder.durable
    heads = [hex(head) for head in durable.heads or ()]
    return {
        "store": recorder.path,
        "durability": recorder.mode,
        "isDurable": durable.heads is not None and durable.problem is None,
        "l2": heads[0] if heads else None,
        "l1": heads[1] if len(heads) > 1 else None,
        "problem": durable.problem,
    }
