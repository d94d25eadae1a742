"""The made blocks of a chain of which only some are in memory: the first, and the newest. Those between are *kept*
elsewhere (``KeptBlocks``: a node's store, or memory where they are packed) and read when they are looked at; an equal
block comes each time.

A sequence like the list that it takes the place of, so that whoever walks along a chain need not know.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, overload

from megadev.primitives.types import Address, Hash32

if TYPE_CHECKING:
    from megadev.chain.blocks import SealedBlock


class KeptBlocks(Protocol):
    """The source of a chain's older blocks. On any thread. Methods raise ``StateUnavailable`` where they cannot be
    read.
    """

    @property
    def is_elsewhere(self) -> bool:
        """True if it may come to hold another chain than the one that it was given: a file does."""

    def up_to(self, number: int) -> KeptBlocks:
        """The source of the same blocks after those above ``number`` have left the chain."""

    def block(self, number: int) -> SealedBlock:
        """The block with that number, which is kept."""

    def given_back(self, blocks: Iterable[SealedBlock]) -> Iterator[SealedBlock]:
        """Some of its blocks, oldest first, with states of their own: for when they are kept no more. A state that is
        not to be had then comes as such.
        """

    def with_logs(self, numbers: range) -> Iterator[SealedBlock]:
        """Those of its blocks that have logs, and of which it leaves it to the chain to know where those are."""

    def hash_of(self, number: int) -> Hash32:
        """Its hash alone."""

    def has_state(self, number: int) -> bool:
        """True if the state after it can be had."""

    def number_of(self, block_hash: Hash32) -> int | None:
        """The number of the block with that hash, if there is one."""

    def located(self, tx_hash: Hash32) -> tuple[int, int] | None:
        """The number of the newest block that holds the transaction with that hash, and its index there."""

    def with_mini_block(self, number: int) -> int | None:
        """The number of the block that holds the mini-block with that number, counted along the chain."""

    def numbers_with_logs(
        self, low: int, high: int, addresses: Collection[Address], topics: Collection[Hash32]
    ) -> list[int]:
        """The numbers from ``low`` to ``high`` of blocks with logs of any of ``addresses``; where none is given, with
        any of ``topics`` first; where none is either, with any logs. In order.
        """


class PartlyKept(Sequence["SealedBlock"]):
    """``first``, if it is among them, the ``kept`` ones, as ranges of numbers, and ``recent``: oldest first."""

    __slots__ = ("_begins", "_kept_count", "first", "kept", "recent", "source")

    def __init__(
        self, source: KeptBlocks, first: list[SealedBlock], kept: Sequence[range], recent: list[SealedBlock]
    ) -> None:
        self.source = source
        self.first = first
        self.kept = tuple(each for each in kept if each)
        self.recent = recent
        self._begins: list[int] = []
        """At which position each range begins."""
        position = len(first)
        for each in self.kept:
            self._begins.append(position)
            position += len(each)
        self._kept_count = position - len(first)

    @property
    def end(self) -> int:
        """The number of the newest block that is kept; -1: none is."""
        return self.kept[-1][-1] if self.kept else -1

    def in_memory(self) -> Iterator[SealedBlock]:
        """Yields the blocks that are in memory, oldest first."""
        yield from self.first
        yield from self.recent

    def indexed(self) -> Iterator[SealedBlock]:
        """Yields those in memory, and those with logs that the chain itself knows of, oldest first."""
        yield from self.first
        for each in self.kept:
            yield from self.source.with_logs(each)
        yield from self.recent

    def append(self, block: SealedBlock) -> None:
        """Add the newest one."""
        self.recent.append(block)

    def number_at(self, position: int) -> int:
        """The number of the block at ``position``, without reading it."""
        begin = len(self.first)
        if begin <= position < begin + self._kept_count:
            index = bisect_right(self._begins, position) - 1
            return self.kept[index][position - self._begins[index]]
        return self[position].number

    def __len__(self) -> int:
        return len(self.first) + self._kept_count + len(self.recent)

    @overload
    def __getitem__(self, index: int) -> SealedBlock: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[SealedBlock]: ...

    def __getitem__(self, index: int | slice) -> SealedBlock | Sequence[SealedBlock]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise ValueError("blocks are taken one after the other")
            return self._between(start, max(start, stop))
        position = index + len(self) if index < 0 else index
        begin, end = len(self.first), len(self.first) + self._kept_count
        if position >= end:
            return self.recent[position - end]
        if position < 0:
            raise IndexError(index)
        return self.first[position] if position < begin else self.source.block(self.number_at(position))

    def _between(self, start: int, stop: int) -> Sequence[SealedBlock]:
        end = len(self.first) + self._kept_count
        recent = self.recent[max(start - end, 0) : max(stop - end, 0)]
        if start >= end:
            return recent
        kept = [
            each[max(start - place, 0) : max(stop - place, 0)]
            for each, place in zip(self.kept, self._begins, strict=True)
        ]
        return PartlyKept(self.source, self.first[start:stop], kept, recent)

    def __iter__(self) -> Iterator[SealedBlock]:
        yield from self.first
        for each in self.kept:
            yield from map(self.source.block, each)
        yield from self.recent

    def __reversed__(self) -> Iterator[SealedBlock]:
        yield from reversed(self.recent)
        for each in reversed(self.kept):
            yield from map(self.source.block, reversed(each))
        yield from reversed(self.first)


def indexed(blocks: Iterable[SealedBlock]) -> Iterable[SealedBlock]:
    """Returns those of ``blocks`` that are in memory as they are, or have logs of which the chain knows."""
    return blocks.indexed() if isinstance(blocks, PartlyKept) else blocks


def in_memory(blocks: Iterable[SealedBlock]) -> Iterable[SealedBlock]:
    """Returns those of ``blocks`` that are in memory."""
    return blocks.in_memory() if isinstance(blocks, PartlyKept) else blocks
