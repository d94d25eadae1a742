"""Preconfirmations as JSON."""

from __future__ import annotations

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import PlacedBlock
from megadev.chain.preconfirmations import promise, sign_preconfirmation
from megadev.node.broken_promises import SignedPromise
from megadev.primitives.hexcodec import to_data
from megadev.rpc.formatters import format_origin
from megadev.rpc.node import RpcNode


def preconfirmation(node: RpcNode, block: PlacedBlock, index: int) -> JsonObject:
    """The signed promise about the transaction at ``index``. One whose mini-block is still open will be in that one."""
    promised = promise(block, index, node.chain.spec.chain_id)
    if node.chain is node.node.l2:
        state = block.world if isinstance(block, SealedBlock) else getattr(block, "state", None)
        return format_promise(node.node.broken_promises.signed(promised, state))
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
        "l1Origin": None if signed.origin is None else format_origin(signed.origin),
    }
