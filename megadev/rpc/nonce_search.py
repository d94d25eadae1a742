"""Transactions by nonce: the one that used, or will use, a sender's nonce."""

from __future__ import annotations

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import JsonObject
from megadev.node.chain import LocalChain
from megadev.primitives.types import Address
from megadev.rpc.formatters import format_pending_transaction, format_transaction


def transaction_with_nonce(chain: LocalChain, sender: Address, nonce: int) -> JsonObject | None:
    """Returns that transaction and its place; None if there is none."""
    for waiting in chain.pool.transactions():
        if waiting.nonce == nonce and waiting.sender == sender:
            return format_pending_transaction(waiting)
    open_block = chain.open_block
    for index, tx in enumerate(open_block.transactions if open_block is not None else ()):
        if open_block is not None and tx.nonce == nonce and tx.sender == sender:
            return format_transaction(open_block, index)
    block = _block_using(chain, sender, nonce)
    if block is not None:
        for index, tx in enumerate(block.transactions):
            if tx.nonce == nonce and tx.sender == sender:
                return format_transaction(block, index)
    return None


def _block_using(chain: LocalChain, sender: Address, nonce: int) -> SealedBlock | None:
    """The first block after which the sender's nonce is past ``nonce``: by halving, for nonces only rise.

    Where a cheat lowered one, the block found may hold no such transaction.
    """
    low, high = chain.first_number, chain.head.number
    if chain.nonce(sender, high) <= nonce:
        return None
    while low < high:
        middle = (low + high) // 2
        if chain.nonce(sender, middle) > nonce:
            high = middle
        else:
            low = middle + 1
    return chain.block(low)
