"""Consecutive blocks of a chain, of which long stretches of empty ones may be *rows*: made when somebody looks at them.

A ``Span`` is a sequence like any other, so whoever walks along a chain need not know of rows; whoever looks for
something that rows cannot hold (users' transactions, logs, changes of state) asks for ``made`` and is done at once.

What a row is made of, and what is true of its blocks, is told in ``sequencer/reserved``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias, overload

from megadev.chain.blocks import SealedBlock
from megadev.chain.kept_blocks import PartlyKept
from megadev.primitives.types import Hash32

if TYPE_CHECKING:
    from megadev.chain.blocks import World


class Row(Protocol):
    """Blocks ``first`` to ``last`` of a chain, at least one, without any log. On any thread."""

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...

    @property
    def is_known(self) -> bool:
        """True if the states after its blocks are."""

    @property
    def holds_transactions(self) -> bool:
        """True if each of its blocks begins with the L1 attributes transaction, and has a mini-block of that."""

    def block(self, number: int) -> SealedBlock:
        """The block with that number; an equal one each time."""

    def world(self, number: int) -> World:
        """The state after it, without making the block."""

    def hash_of(self, number: int) -> Hash32:
        """Its hash, without making it."""

    def timestamp_of(self, number: int) -> int:
        """Its timestamp, in seconds."""

    def number_of(self, block_hash: Hash32) -> int | None:
        """The number of the block with that hash; None where it is none of these."""

    def transaction(self, tx_hash: Hash32) -> int | None:
        """The number of the block that holds the transaction with that hash, once that was looked at."""

    def with_mini_block(self, number: int) -> int | None:
        """The number of the block with that mini-block."""

    def part(self, first: int, last: int) -> Row:
        """Returns some of its blocks, or all existing ones in between."""

    def after(self, parent: SealedBlock) -> Row:
        """The same with its place among the transactions and mini-blocks of a chain in which ``parent`` precedes it."""


Piece: TypeAlias = SealedBlock | Row
"""What a span is made of."""
MayHold: TypeAlias = Callable[[SealedBlock], bool]


class Span(Sequence[SealedBlock]):
    """Blocks from number ``first`` on. ``pieces``: in their order, without a gap."""

    __slots__ = ("_begins", "_skipped", "first", "made", "rows")

    def __init__(self, first: int, made: Sequence[SealedBlock], rows: Sequence[Row] = ()) -> None:
        self.first = first
        self.made = made
        """Those that are there as they are, oldest first. Some may be kept elsewhere (``kept_blocks``)."""
        self.rows = tuple(rows)
        """Those that are made when looked at."""
        self._begins = [row.first for row in rows]
        self._skipped: list[int] = []
        skipped = 0
        for row in rows:
            skipped += row.last - row.first + 1
            self._skipped.append(skipped)

    @property
    def last(self) -> int:
        """The number of the last one; ``first`` - 1 where there is none."""
        made = self.made
        end = self.first - 1
        if made:
            end = made.number_at(len(made) - 1) if isinstance(made, PartlyKept) else made[-1].number
        return max(end, self.rows[-1].last) if self.rows else end

    def place(self, number: int) -> tuple[Row | None, int]:
        """The row that has the block ``number``; else where among ``made`` it is. Whether it exists is not asked."""
        position = number - self.first
        if not self.rows:
            return None, position
        index = bisect_right(self._begins, number) - 1
        if index < 0:
            return None, position
        row = self.rows[index]
        return (row, 0) if number <= row.last else (None, position - self._skipped[index])

    def at(self, number: int) -> SealedBlock:
        """The block ``number``, which is one of them."""
        row, position = self.place(number)
        return self.made[position] if row is None else row.block(number)

    def between(self, first: int, last: int) -> Span:
        """Returns the blocks from number ``first`` to ``last``, both included, as far as they exist."""
        first, last = max(first, self.first), min(last, self.last)
        if last < first:
            return Span(first, [])
        if not self.rows:
            return Span(first, self.made[first - self.first : last - self.first + 1])
        rows = [
            row if first <= row.first and row.last <= last else row.part(max(row.first, first), min(row.last, last))
            for row in self.rows
            if row.first <= last and row.last >= first
        ]
        return Span(first, self.made[self._made_before(first) : self._made_before(last + 1)], rows)

    def _made_before(self, number: int) -> int:
        """Returns the number of made blocks with lower numbers."""
        row, position = self.place(number)
        if row is None:
            return position
        index = self.rows.index(row)
        return row.first - self.first - (self._skipped[index - 1] if index else 0)

    def pieces(self) -> Iterator[Piece]:
        """Made blocks and rows, oldest first."""
        begin = 0
        for row in self.rows:
            end = self._made_before(row.first)
            yield from self.made[begin:end]
            yield row
            begin = end
        yield from self.made[begin:]

    def with_transactions(self, may_hold: MayHold | None = None) -> Iterator[SealedBlock]:
        """Yields the blocks with transactions, oldest first. ``may_hold`` says of one block of a row whether to look at
        the others: their transactions differ in nothing but what they tell of L1.
        """
        for piece in self.pieces():
            if isinstance(piece, SealedBlock):
                if piece.transactions:
                    yield piece
            elif _is_looked_at(piece, may_hold):
                yield from map(piece.block, range(piece.first, piece.last + 1))

    def with_transactions_reversed(self, may_hold: MayHold | None = None) -> Iterator[SealedBlock]:
        """The same, newest first."""
        for piece in reversed(tuple(self.pieces())):
            if isinstance(piece, SealedBlock):
                if piece.transactions:
                    yield piece
            elif _is_looked_at(piece, may_hold):
                yield from map(piece.block, range(piece.last, piece.first - 1, -1))

    def __len__(self) -> int:
        return self.last - self.first + 1

    @overload
    def __getitem__(self, index: int) -> SealedBlock: ...

    @overload
    def __getitem__(self, index: slice) -> Span: ...

    def __getitem__(self, index: int | slice) -> SealedBlock | Span:
        length = len(self)
        if isinstance(index, slice):
            start, stop, step = index.indices(length)
            if step != 1:
                raise ValueError("blocks must be added in order")
            return self.between(self.first + start, self.first + stop - 1)
        position = index + length if index < 0 else index
        if not 0 <= position < length:
            raise IndexError(index)
        return self.at(self.first + position)

    def __iter__(self) -> Iterator[SealedBlock]:
        if not self.rows:
            yield from self.made
            return
        for piece in self.pieces():
            if isinstance(piece, SealedBlock):
                yield piece
            else:
                yield from map(piece.block, range(piece.first, piece.last + 1))


def _is_looked_at(row: Row, may_hold: MayHold | None) -> bool:
    return row.holds_transactions and (may_hold is None or may_hold(row.block(row.first)))


def span_of(pieces: Iterable[Piece]) -> Span:
    """The span that consists of ``pieces``, at least one, which follow each other."""
    pieces = tuple(pieces)
    begin = pieces[0]
    first = begin.number if isinstance(begin, SealedBlock) else begin.first
    made = [piece for piece in pieces if isinstance(piece, SealedBlock)]
    return Span(first, made, [piece for piece in pieces if not isinstance(piece, SealedBlock)])


def made_of(blocks: Iterable[SealedBlock]) -> Iterable[SealedBlock]:
    """Returns those of ``blocks`` that exist as such: all that can have logs, or transactions of users."""
    return blocks.made if isinstance(blocks, Span) else blocks


def pieces_of(blocks: Iterable[SealedBlock]) -> Iterable[Piece]:
    """Returns the parts of ``blocks``."""
    return blocks.pieces() if isinstance(blocks, Span) else blocks
