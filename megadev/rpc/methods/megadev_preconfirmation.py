"""megadev_*: the sequencer's signed promises about transactions (``chain/preconfirmations``), and who signs."""

from __future__ import annotations

from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import UNSEALED_HASH
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import HashParam, NumberOrTagParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.promises import format_promise, preconfirmation


@method("megadev_getPreconfirmation")
def megadev_getPreconfirmation(node: RpcNode, tx_hash: HashParam) -> JsonObject | None:
    """The promise about a transaction, signed by the sequencer of its block, and what became of it; null until it has
    been executed.

    ``status`` is pending until the block is sealed, then kept or broken. Of a broken one, ``reason`` says why and
    ``actual`` what holds of the transaction now, if anything. ``conflicting``: what else was promised about it.
    """
    placed = node.chain.placed(tx_hash)
    current = None if placed is None else preconfirmation(node, *placed)
    broken = node.node.broken_promises.evidence.broken.get(tx_hash)
    told = None if broken is None else format_promise(broken.promised)
    if broken is not None and told is not None and told != current:  # or it came to be kept after all
        found = told | {"status": "broken", "reason": broken.reason, "actual": current}
    elif placed is None or current is None:
        return None
    else:
        found = current | {"status": "pending" if placed[0].hash == UNSEALED_HASH else "kept"}
    rivals = node.node.broken_promises.rivals_of(tx_hash)
    return found | {"conflicting": list(map(format_promise, rivals))} if rivals else found


@method("megadev_sequencerAt")
def megadev_sequencerAt(node: RpcNode, block: NumberOrTagParam = Tag.LATEST) -> str:
    """The address whose signatures count for a block, sealed or to come."""
    number = block if isinstance(block, int) else node.chain.block(block).number
    return to_data(node.chain.signers.at(number).address)
