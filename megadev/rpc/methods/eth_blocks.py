"""eth_*: blocks, their headers, and the receipts they hold.

A block that does not exist is null and not an error, as in geth: clients poll for blocks to come.
"""

from __future__ import annotations

from megadev.chain.blocks import BlockRef, Tag
from megadev.chain.documents import JsonObject
from megadev.rpc.codec import BlockParam, BoolParam, HashParam, NumberOrTagParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_block, format_header, format_receipts
from megadev.rpc.node import RpcNode


@method("eth_blockNumber")
def eth_blockNumber(node: RpcNode) -> str:
    """The head's number."""
    return hex(node.chain.head.number)


@method("eth_getBlockByNumber")
def eth_getBlockByNumber(node: RpcNode, block: NumberOrTagParam, full: BoolParam = False) -> JsonObject | None:
    """A block, its transactions as objects (``full``) or as hashes."""
    return _block(node, block, full)


@method("eth_getBlockByHash")
def eth_getBlockByHash(node: RpcNode, block_hash: HashParam, full: BoolParam = False) -> JsonObject | None:
    """A block, its transactions as objects (``full``) or as hashes."""
    return _block(node, block_hash, full)


@method("eth_getHeaderByNumber")
def eth_getHeaderByNumber(node: RpcNode, block: NumberOrTagParam) -> JsonObject | None:
    """A block's header."""
    return _header(node, block)


@method("erigon_getHeaderByNumber")
def erigon_getHeaderByNumber(node: RpcNode, block: NumberOrTagParam) -> JsonObject | None:
    """The same; Otterscan asks for it to see whether it talks to a node that knows its methods."""
    return _header(node, block)


@method("eth_getHeaderByHash")
def eth_getHeaderByHash(node: RpcNode, block_hash: HashParam) -> JsonObject | None:
    """A block's header."""
    return _header(node, block_hash)


@method("eth_getBlockTransactionCountByNumber")
def eth_getBlockTransactionCountByNumber(node: RpcNode, block: NumberOrTagParam) -> str | None:
    """The number of transactions in a block."""
    return _transaction_count(node, block)


@method("eth_getBlockTransactionCountByHash")
def eth_getBlockTransactionCountByHash(node: RpcNode, block_hash: HashParam) -> str | None:
    """The number of transactions in a block."""
    return _transaction_count(node, block_hash)


@method("eth_getBlockReceipts")
def eth_getBlockReceipts(node: RpcNode, block: BlockParam) -> list[JsonObject] | None:
    """All receipts of a block; null for the pending one, whose receipts may still change."""
    found = None if block is Tag.PENDING else node.chain.find_block(block)
    return None if found is None else format_receipts(found, timestamped=node.node.config.receipt_timestamps)


@method("eth_getUncleCountByBlockNumber")
def eth_getUncleCountByBlockNumber(node: RpcNode, block: NumberOrTagParam) -> str | None:
    """Zero: there are no uncles since the merge."""
    return _uncle_count(node, block)


@method("eth_getUncleCountByBlockHash")
def eth_getUncleCountByBlockHash(node: RpcNode, block_hash: HashParam) -> str | None:
    """Zero: there are no uncles since the merge."""
    return _uncle_count(node, block_hash)


@method("eth_getUncleByBlockNumberAndIndex")
def eth_getUncleByBlockNumberAndIndex(node: RpcNode, block: NumberOrTagParam, index: Uint64Param) -> None:
    """Null: there are no uncles since the merge."""


@method("eth_getUncleByBlockHashAndIndex")
def eth_getUncleByBlockHashAndIndex(node: RpcNode, block_hash: HashParam, index: Uint64Param) -> None:
    """Null: there are no uncles since the merge."""


def _block(node: RpcNode, ref: BlockRef, full: bool) -> JsonObject | None:
    found = node.chain.find_block(ref)
    if found is None:
        return None
    block = format_block(found, full=full, pending=ref is Tag.PENDING)
    if node.node.config.block_durability:
        block["durable"] = ref is not Tag.PENDING and _is_durable(node, found.number)
    return block


def _is_durable(node: RpcNode, number: int) -> bool:
    storage = node.node.storage
    heads = None if storage is None or storage.recorder is None else storage.recorder.durable.heads
    return heads is not None and number <= heads[node.node.chains.index(node.chain)]


def _header(node: RpcNode, ref: BlockRef) -> JsonObject | None:
    found = node.chain.find_block(ref)
    return None if found is None else format_header(found, pending=ref is Tag.PENDING)


def _transaction_count(node: RpcNode, ref: BlockRef) -> str | None:
    found = node.chain.find_block(ref)
    return None if found is None else hex(len(found.transactions))


def _uncle_count(node: RpcNode, ref: BlockRef) -> str | None:
    return None if node.chain.find_block(ref) is None else "0x0"
