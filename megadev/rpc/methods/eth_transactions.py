"""eth_*: transactions and their receipts, by hash, by place in a block, by sender and nonce.

What does not exist is null: clients poll for receipts to come.
"""

from __future__ import annotations

from megadev.chain.blocks import BlockRef, Tag
from megadev.chain.documents import JsonObject
from megadev.chain.transactions import Transaction, encode_network_form
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import AddressParam, HashParam, NumberOrTagParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_pending_transaction, format_receipt, format_transaction
from megadev.rpc.node import RpcNode
from megadev.rpc.nonce_search import transaction_with_nonce


@method("eth_getTransactionByHash")
def eth_getTransactionByHash(node: RpcNode, tx_hash: HashParam) -> JsonObject | None:
    """A transaction of the chain or of the txpool."""
    try:
        tx, block, index = node.chain.transaction(tx_hash)
    except KeyError:
        return None
    return format_pending_transaction(tx) if block is None else format_transaction(block, index)


@method("eth_getTransactionByBlockHashAndIndex")
def eth_getTransactionByBlockHashAndIndex(
    node: RpcNode, block_hash: HashParam, index: Uint64Param
) -> JsonObject | None:
    """A block's transaction number ``index``."""
    return _placed(node, block_hash, index)


@method("eth_getTransactionByBlockNumberAndIndex")
def eth_getTransactionByBlockNumberAndIndex(
    node: RpcNode, block: NumberOrTagParam, index: Uint64Param
) -> JsonObject | None:
    """A block's transaction number ``index``."""
    return _placed(node, block, index)


@method("eth_getTransactionBySenderAndNonce")
def eth_getTransactionBySenderAndNonce(node: RpcNode, sender: AddressParam, nonce: Uint64Param) -> JsonObject | None:
    """The transaction that used, or will use, a sender's nonce."""
    return transaction_with_nonce(node.chain, sender, nonce)


@method("eth_getTransactionReceipt")
def eth_getTransactionReceipt(node: RpcNode, tx_hash: HashParam) -> JsonObject | None:
    """The receipt of a transaction. With mini-blocks, ``blockHash`` is 32 bytes of ff until its block is sealed."""
    placed = node.chain.placed(tx_hash)
    if placed is None:
        return None
    return format_receipt(*placed, timestamped=node.node.config.receipt_timestamps)


@method("eth_pendingTransactions")
def eth_pendingTransactions(node: RpcNode) -> list[JsonObject]:
    """The txpool's transactions that could be included now, each sender's in nonce order."""
    pending, _ = node.chain.pool.lanes(node.chain.sequencer.next_nonce)
    return [format_pending_transaction(tx) for lane in pending.values() for tx in lane]


@method("eth_getRawTransactionByHash")
def eth_getRawTransactionByHash(node: RpcNode, tx_hash: HashParam) -> str | None:
    """The EIP-2718 bytes; of one that waits, as it would be sent on (blobs included)."""
    try:
        tx, block, _ = node.chain.transaction(tx_hash)
    except KeyError:
        return None
    return to_data(encode_network_form(tx) if block is None else tx.encoded)


@method("eth_getRawTransactionByBlockHashAndIndex")
def eth_getRawTransactionByBlockHashAndIndex(node: RpcNode, block_hash: HashParam, index: Uint64Param) -> str | None:
    """The EIP-2718 bytes of a block's transaction number ``index``."""
    return _placed_raw(node, block_hash, index)


@method("eth_getRawTransactionByBlockNumberAndIndex")
def eth_getRawTransactionByBlockNumberAndIndex(
    node: RpcNode, block: NumberOrTagParam, index: Uint64Param
) -> str | None:
    """The EIP-2718 bytes of a block's transaction number ``index``."""
    return _placed_raw(node, block, index)


def _placed(node: RpcNode, ref: BlockRef, index: int) -> JsonObject | None:
    block = node.chain.find_block(ref)
    if block is None or index >= len(block.transactions):
        return None
    if ref is Tag.PENDING:
        return format_pending_transaction(block.transactions[index])
    return format_transaction(block, index)


def _placed_raw(node: RpcNode, ref: BlockRef, index: int) -> str | None:
    block = node.chain.find_block(ref)
    if block is None or index >= len(block.transactions):
        return None
    tx: Transaction = block.transactions[index]
    return to_data(tx.encoded)
