"""Mini-blocks: the pieces in which a block is made known before it is sealed.

Every transaction is in exactly one mini-block and every mini-block in exactly one block. Mini-blocks are numbered from
0 along the whole chain, whatever the blocks, and counted from 0 within each block. A sealed block does not keep them:
it remembers where they were cut, and with that they are made again, equal to what was announced.

Shape, digest and numbering are those of MegaETH's ``miniBlocks`` subscription (eth_subscribe).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import msgspec

from megadev.chain.blocks import Cut, transactions_root
from megadev.chain.receipts import Receipt, receipts_root
from megadev.chain.transactions import Transaction
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Hash32

if TYPE_CHECKING:
    from megadev.chain.blocks import StateDiff

UNSEALED_HASH: Hash32 = b"\xff" * 32
"""What stands for the hash of a block that is not sealed yet, where its transactions, receipts and logs are shown."""


class MiniBlock(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Some transactions in a row of one block, with their receipts.

    ``number`` counts along the chain, ``index`` within the block. ``timestamp`` is in microseconds since the epoch,
    ``block_timestamp`` (the block's, the end of its window) in seconds. ``tx_offset`` and ``log_offset`` say how many
    transactions and logs of the block stand before it. ``diffs`` is what each transaction changed; a mini-block that
    was made again from a sealed block has none.
    """

    block_number: int
    block_timestamp: int
    index: int
    number: int
    timestamp: int
    gas_used: int
    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]
    tx_offset: int
    log_offset: int
    diffs: tuple[StateDiff, ...] = ()

    @cached_property
    def transaction_root(self) -> Hash32:
        """The root of the trie of its transactions, keyed by their place in the mini-block."""
        return transactions_root(self.transactions)

    @cached_property
    def receipt_root(self) -> Hash32:
        """The root of the trie of its receipts, keyed likewise; cumulative gas counts from the block's start."""
        return receipts_root(self.receipts)

    @cached_property
    def digest(self) -> Hash32:
        """The hash that the sequencer signs: keccak256 of the RLP of the eight fields that identify a mini-block."""
        return keccak(
            rlp.encode(
                [
                    self.block_number,
                    self.block_timestamp,
                    self.index,
                    self.number,
                    self.timestamp,
                    self.gas_used,
                    self.transaction_root,
                    self.receipt_root,
                ]
            )
        )


class PlacedBlock(Protocol):
    """A block in which a transaction has its place, sealed or open: as much of it as is shown with the transaction.

    ``hash`` is ``UNSEALED_HASH`` while it is open.
    """

    @property
    def number(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def hash(self) -> Hash32: ...
    @property
    def transactions(self) -> tuple[Transaction, ...]: ...
    @property
    def receipts(self) -> tuple[Receipt, ...]: ...
    @property
    def mini_block_offset(self) -> int: ...
    @property
    def cuts(self) -> tuple[Cut, ...]: ...


def count_logs(receipts: Sequence[Receipt]) -> int:
    """Returns the number of logs in these mini-blocks."""
    return sum([len(receipt.logs) for receipt in receipts])


def mini_block(block: PlacedBlock, index: int) -> MiniBlock:
    """The mini-block number ``index`` of a block, as it was announced. Raises ``IndexError``."""
    cut = block.cuts[index]
    start = block.cuts[index - 1].end if index else 0
    receipts = block.receipts[start : cut.end]
    return MiniBlock(
        block_number=block.number,
        block_timestamp=block.timestamp,
        index=index,
        number=block.mini_block_offset + index,
        timestamp=cut.timestamp,
        gas_used=sum([receipt.gas_used for receipt in receipts]),
        transactions=block.transactions[start : cut.end],
        receipts=receipts,
        tx_offset=start,
        log_offset=count_logs(block.receipts[:start]),
    )


def mini_blocks(block: PlacedBlock) -> list[MiniBlock]:
    """All closed mini-blocks of a block, in order."""
    return [mini_block(block, index) for index in range(len(block.cuts))]


def mini_block_index(block: PlacedBlock, tx_index: int) -> int:
    """Returns the index of the block's mini-block with transaction number ``tx_index``; one past the last if that
    mini-block is still open.
    """
    return bisect_right(block.cuts, tx_index, key=lambda cut: cut.end)
