"""debug_getRaw*: blocks and what they hold, as the bytes that hashes and roots are of.

Like geth, these refuse a block that does not exist, where eth_getBlockBy* answers null.
"""

from __future__ import annotations

from megadev.chain.blocks import encode_block, encode_header
from megadev.chain.receipts import encode_receipt
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import BlockParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


@method("debug_getRawBlock")
def debug_getRawBlock(node: RpcNode, block: BlockParam) -> str:
    """The RLP of a block."""
    found = node.chain.block(block)
    return to_data(encode_block(found.header, found.transactions))


@method("debug_getRawHeader")
def debug_getRawHeader(node: RpcNode, block: BlockParam) -> str:
    """The RLP of a block's header; its keccak256 is the block's hash."""
    return to_data(encode_header(node.chain.block(block).header))


@method("debug_getRawReceipts")
def debug_getRawReceipts(node: RpcNode, block: BlockParam) -> list[str]:
    """A block's receipts in their consensus form (EIP-2718)."""
    return [to_data(encode_receipt(receipt)) for receipt in node.chain.block(block).receipts]


@method("debug_getRawTransactions")
def debug_getRawTransactions(node: RpcNode, block: BlockParam) -> list[str]:
    """A block's transactions (EIP-2718), without their blobs."""
    return [to_data(tx.encoded) for tx in node.chain.block(block).transactions]
