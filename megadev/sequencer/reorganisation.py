"""Blocks that leave a chain, and blocks from elsewhere that take their place. Each happens between two blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import Cut, SealedBlock
from megadev.chain.kept_blocks import indexed
from megadev.chain.mini_blocks import mini_blocks
from megadev.chain.spans import Piece, Row, Span, made_of, pieces_of
from megadev.chain.store import ChainStore
from megadev.chain.transactions import DEPOSIT
from megadev.errors import (
    StateUnavailable,
)
from megadev.events import BlockSealed, BlocksRemoved, MiniBlockSealed
from megadev.sequencer.aging import pack_old
from megadev.sequencer.sequencer import Sequencer
from megadev.state.diff import StateDiff
from megadev.state.unavailable import UnavailableWorld


def rewind(sequencer: Sequencer, number: int, irregular: StateDiff | None = None) -> Span:
    """Forget every block above ``number``; ``irregular`` becomes the state changed since. Returns what was
    removed.

    Raises ``StateUnavailable`` where the block that would be the head came without its state: nothing could be
    built on it.
    """
    sequencer.between_blocks()
    check_buildable(sequencer.store, number)
    removed = sequencer.store.truncate(number)
    sequencer.set_tip(irregular)
    if removed:
        sequencer.publish(_removal(removed))
    return removed


def check_buildable(store: ChainStore, number: int) -> None:
    """Raises ``StateUnavailable`` where the state after the block ``number`` is not known, so that none can be
    built on it.
    """
    block = store.by_number(number)
    if block is not None and not block.world.is_known:
        why = block.world.why if isinstance(block.world, UnavailableWorld) else "came without its state"
        raise StateUnavailable(f"state unavailable: the chain cannot be reverted there: block {number} {why}")


def build_again(sequencer: Sequencer, removed: Iterable[SealedBlock], irregular: StateDiff | None = None) -> None:
    """Build upon the present head what ``removed`` blocks held: their users' transactions in their order, and what
    cheats changed before each; ``irregular`` is what they changed after the last. Deposits are L1's to give.

    One block for each that held transactions; in continuous mode they join the open block. What cannot be included
    now waits in the txpool, like any transaction; settings of the one next block stay for the one after.
    """
    sequencer.between_blocks()
    blocks, time = sequencer.blocks, sequencer.time.settings
    sequencer.blocks = blocks.one_block_passed()
    sequencer.time.settings = replace(time, next_exact=None)
    try:
        for block in made_of(removed):
            if block.irregular is not None:
                sequencer.apply_irregular(block.irregular)
            sequencer.include_again([tx for tx in block.transactions if tx.type != DEPOSIT])
        if irregular is not None:
            sequencer.apply_irregular(irregular)
    finally:
        sequencer.blocks = blocks
        sequencer.time.settings = replace(time, offset=sequencer.time.settings.offset)


def replace_above(
    sequencer: Sequencer,
    number: int,
    blocks: Iterable[SealedBlock],
    irregular: StateDiff | None = None,
    *,
    announced: bool = False,
    contradicted: bool = False,
) -> Span:
    """Put ``blocks``, sealed elsewhere, in the place of those above ``number``. Returns what was removed.
    ``announced``: their mini-blocks were made known before. ``contradicted``: they are what L1 says, and those that
    were there are not.
    """
    sequencer.between_blocks()
    removed = sequencer.store.truncate(number)
    if removed:
        sequencer.publish(_removal(removed, replaced=True, contradicted=contradicted))
    for block in _join(sequencer.store, pieces_of(blocks)):
        for tx in block.transactions:
            sequencer.pool.remove(tx.hash)
        sequencer.forget_used(block)
        _announce(block, sequencer, announced=announced)
    sequencer.set_tip(irregular)
    return removed


def restart(sequencer: Sequencer, blocks: Sequence[SealedBlock], irregular: StateDiff | None = None) -> None:
    """Put another chain, sealed elsewhere, in the place of this one, its first block included."""
    sequencer.between_blocks()
    removed = sequencer.store.blocks(sequencer.store.genesis.number, sequencer.head.number)
    # a store of its own: whoever reads the old one on another thread sees the old chain to its end
    first, *rest = pieces_of(blocks)
    assert isinstance(first, SealedBlock), "a chain begins with a block that is there"
    store = ChainStore(_placed(first, 0, 0))
    joined = list(_join(store, rest))
    _go_on_with(sequencer, store, irregular, removed, (store.genesis, *joined))


def resume(
    sequencer: Sequencer, store: ChainStore, blocks: Iterable[Piece], irregular: StateDiff | None = None
) -> None:
    """Put the chain in ``store``, most of which is not in memory, with ``blocks`` upon it, in the place of this one.
    Of the blocks that were in it already nobody is told.
    """
    sequencer.between_blocks()
    removed = sequencer.store.blocks(sequencer.store.genesis.number, sequencer.head.number)
    _go_on_with(sequencer, store, irregular, removed, list(_join(store, blocks)))


def _go_on_with(
    sequencer: Sequencer, store: ChainStore, irregular: StateDiff | None, removed: Span, told: Iterable[SealedBlock]
) -> None:
    sequencer.store = store
    sequencer.set_tip(irregular)
    sequencer.publish(_removal(removed, replaced=True))
    for block in told:
        _announce(block, sequencer)
    if sequencer.packs_blocks and sequencer.keep_states is None:
        pack_old(store)


def take_up(sequencer: Sequencer, store: ChainStore) -> None:
    """Go on with a chain that ``restart`` put aside."""
    sequencer.between_blocks()
    removed = sequencer.store.blocks(sequencer.store.genesis.number, sequencer.head.number)
    sequencer.store = store
    sequencer.set_tip(None)
    sequencer.publish(_removal(removed, replaced=True))


def _removal(blocks: Span, *, replaced: bool = False, contradicted: bool = False) -> BlocksRemoved:
    # of blocks of long ago, which would have to be read, nobody is told one by one, unless they have logs
    return BlocksRemoved(
        tuple(reversed(tuple(indexed(blocks.made)))), blocks.first, blocks.last, replaced, contradicted
    )


def _join(store: ChainStore, pieces: Iterable[Piece]) -> Iterator[SealedBlock]:
    """Put ``pieces``, sealed elsewhere, at the end of ``store``; those that are blocks come out, one by one."""
    row: Row | None = None
    for piece in pieces:
        if not isinstance(piece, SealedBlock):
            row = piece.after(store.head)
            continue
        block = _placed_after(store.head, piece)
        if row is not None:
            head, count = store.head, (row.last - row.first + 1) * row.holds_transactions
            tx_offset = head.tx_offset + len(head.transactions) + count
            block = _placed(piece, tx_offset, head.mini_block_offset + len(head.cuts) + count)
        store.append(block, row)
        row = None
        yield block


def _placed_after(parent: SealedBlock, block: SealedBlock) -> SealedBlock:
    """``block``, which may come from elsewhere, with its place among the transactions and mini-blocks of the chain."""
    return _placed(block, parent.tx_offset + len(parent.transactions), parent.mini_block_offset + len(parent.cuts))


def _placed(block: SealedBlock, tx_offset: int, mini_block_offset: int) -> SealedBlock:
    cuts = block.cuts
    if block.transactions and not cuts:
        cuts = (Cut(len(block.transactions), block.timestamp * 1_000_000),)
    if (tx_offset, mini_block_offset, cuts) == (block.tx_offset, block.mini_block_offset, block.cuts):
        return block
    return msgspec.structs.replace(block, tx_offset=tx_offset, mini_block_offset=mini_block_offset, cuts=cuts)


def _announce(block: SealedBlock, sequencer: Sequencer, *, announced: bool = False) -> None:
    """Publish a block that was sealed elsewhere, and what it is made of, unless that is known."""
    if not announced:
        for mini_block in mini_blocks(block):
            sequencer.publish(MiniBlockSealed(mini_block, block.world))
    sequencer.publish(BlockSealed(block))
