"""megadev_*: the sequencer's signed promises about transactions (``chain/preconfirmations``), and who signs."""

from __future__ import annotations

from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import UNSEALED_HASH, PlacedBlock
from megadev.chain.preconfirmations import promise, sign_preconfirmation
from megadev.node.broken_promises import SignedPromise
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import HashParam, NumberOrTagParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


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
    if broken is not None:
        found = format_promise(broken.promised) | {"status": "broken", "reason": broken.reason, "actual": current}
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


def preconfirmation(node: RpcNode, block: PlacedBlock, index: int) -> JsonObject:
    """The signed promise about the transaction at ``index``. One whose mini-block is still open will be in that one."""
    promised = promise(block, index, node.chain.spec.chain_id)
    signer = node.chain.signers.at(block.number)
    return format_promise(SignedPromise(promised, signer.address, sign_preconfirmation(promised, signer.key)))


def format_promise(signed: SignedPromise) -> JsonObject:
    """A promise as ``megadev preconf verify`` reads it."""
    made = signed.promise
    return {
        "chainId": hex(made.chain_id),
        "blockNumber": hex(made.block_number),
        "miniBlockNumber": hex(made.mini_block_number),
        "transactionIndex": hex(made.transaction_index),
        "transactionHash": to_data(made.transaction_hash),
        "receiptHash": to_data(made.receipt_hash),
        "signer": to_data(signed.signer),
        "signature": to_data(signed.signature),
    }
