"""Older blocks of a running chain, read from its store when somebody looks at them, and the states after them.

A state is made of the newest one before it that is written as such (every thousand blocks or so) and of what the blocks
since then changed: tens of milliseconds. What was read or made last is remembered, for whoever asks once asks again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.errors import StateUnavailable
from megadev.node.chain import LocalChain
from megadev.node.storage.database import (
    ADDRESS_KEY,
    BLOCK_KEY,
    KEY_SIZE,
    LOGS_KEY,
    TOPIC_KEY,
    TX_KEY,
    BlockEntry,
    Damaged,
    Reader,
)
from megadev.node.storage.records import BlockRecord, block_of, decode
from megadev.primitives.types import Address, Hash32
from megadev.sequencer.aging import StateLimit
from megadev.state.diff import StateDiff
from megadev.state.rows import LateWorld
from megadev.state.thin import LONGEST, Segment, ThinWorld
from megadev.state.unavailable import NOT_IN_DUMP, NOT_KEPT, UnavailableWorld
from megadev.state.world import World

REMEMBERED_BLOCKS, REMEMBERED_STATES = 256, 16
_NEAR = 64
"""A state is made of one that is remembered where so many blocks lie between them at most."""
_UNREADABLE = (Damaged, msgspec.MsgspecError, sqlite3.Error)
_Read = TypeVar("_Read")


class _Changes(msgspec.Struct, frozen=True):
    """Of a block's record what it changed."""

    state: str
    diffs: tuple[StateDiff, ...]


class Archive:
    """The blocks of one chain in a store (``chain.kept_blocks.KeptBlocks``). ``first`` is its first block, ``spec`` the
    chain's own rules, ``limit`` says which states are to be had, and ``head`` is the chain's newest number.
    """

    def __init__(
        self,
        reader: Reader,
        chain: int,
        first: SealedBlock,
        *,
        spec: Callable[[], ChainSpec],
        limit: Callable[[], StateLimit | None],
        head: Callable[[], int],
    ) -> None:
        self._reader = reader
        self._chain = chain
        self._first = first
        self._spec = spec
        self._limit = limit
        self._head = head
        self._specs: dict[int, ChainSpec] = {}
        self._blocks: OrderedDict[int, SealedBlock] = OrderedDict()
        self._states: OrderedDict[int, World] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, chain: LocalChain, index: int, reader: Reader) -> Archive:
        """Returns the archive of ``chain``, which has the number ``index`` in the store."""
        sequencer = chain.sequencer
        return cls(
            reader,
            index,
            chain.store.genesis,
            spec=lambda: chain.spec,
            limit=lambda: sequencer.keep_states,
            head=lambda: sequencer.store.head.number,
        )

    def begin_with(self, first: SealedBlock) -> None:
        """The chain has another first block than it had."""
        self._first = first

    def newest_state(self, last: int) -> int | None:
        """The newest block up to ``last`` the state after which is written as such. Raises ``StateUnavailable``."""
        found = self._read(lambda: self._reader.state(self._chain, last), last)
        return None if found is None else found[0]

    @property
    def first(self) -> SealedBlock:
        """The chain's first block."""
        return self._first

    is_elsewhere = True
    """See ``KeptBlocks``."""

    def up_to(self, number: int) -> Archive:
        """See ``KeptBlocks``: what has left the chain leaves the store."""
        return self

    def with_logs(self, numbers: range) -> Iterator[SealedBlock]:
        """See ``KeptBlocks``: none of them, the store knows where all logs are."""
        return iter(())

    def forget_above(self, number: int) -> None:
        """Blocks above ``number`` left the chain."""
        with self._lock:
            for kept in (self._blocks, self._states):
                for each in [each for each in kept if each > number]:
                    del kept[each]

    # -- blocks -------------------------------------------------------------------------------------------------------

    def block(self, number: int) -> SealedBlock:
        """See ``KeptBlocks``."""
        with self._lock:
            found = self._blocks.get(number)
            if found is not None:
                self._blocks.move_to_end(number)
                return found
        found = self._read(lambda: self._read_block(number), number)
        with self._lock:
            _remember(self._blocks, number, found, REMEMBERED_BLOCKS)
        return found

    def _read_block(self, number: int) -> SealedBlock:
        place = self._reader.place(self._chain, number)
        content = self._reader.blocks(self._chain, number, number)
        if place is None or not content:
            raise Damaged("it is not there")
        record = decode(content[0], BlockRecord)
        if record.hash != place.hash:
            raise Damaged("its hash is another than the index says")
        block = block_of(record, self._world(place, record), self._rules(record.spec))
        return msgspec.structs.replace(block, tx_offset=place.tx_offset, mini_block_offset=place.mini_block_offset)

    def _rules(self, number: int | None) -> ChainSpec | None:
        if number is None:
            return None
        if number not in self._specs:
            data = self._reader.spec(number)
            if data is None:
                raise Damaged("its rules are not there")
            spec = decode(data, ChainSpec)
            own = self._spec()  # what asks whether rules have changed compares by identity
            self._specs[number] = own if spec == own else spec
        return self._specs[number]

    def _world(self, place: BlockEntry, record: BlockRecord) -> World:
        if not place.is_known:
            return UnavailableWorld(place.number, NOT_IN_DUMP)
        limit = self._limit()
        if limit is not None and limit.excludes(place.number, self._head()):
            return UnavailableWorld(place.number, limit.why)
        if type(self._first.world) is World or not self._first.world.is_known:
            return LateWorld(_Checked(self, record.header.state_root), place.number, record.header.state_root)
        return self.make(place.number)  # a fork's

    def given_back(self, blocks: Iterable[SealedBlock]) -> Iterator[SealedBlock]:
        """See ``KeptBlocks``. Of a fork's states, which are no worlds of their own, none is to be had."""
        segment: Segment | None = None
        last = -1
        for block in blocks:
            number = block.number
            world: World
            if not self.has_state(number):
                world = UnavailableWorld(number, NOT_KEPT)
                segment = None
            else:
                (changes,) = self._read(lambda number=number: tuple(self._changes(number, number)), number)  # type: ignore[misc]
                if (
                    segment is not None
                    and last == number - 1
                    and changes.state == "changes"
                    and segment.count < LONGEST
                ):
                    segment.add(_joined(changes.diffs))
                    world = ThinWorld(segment, segment.count)
                else:
                    world = self.make(number)
                    segment = Segment(world) if type(world) is World else None
                    if segment is None:
                        world = UnavailableWorld(number, NOT_KEPT)
            last = number
            yield msgspec.structs.replace(block, world=world)

    def hash_of(self, number: int) -> Hash32:
        """See ``KeptBlocks``."""
        return self._place(number).hash

    def has_state(self, number: int) -> bool:
        """See ``KeptBlocks``."""
        limit = self._limit()
        return (limit is None or not limit.excludes(number, self._head())) and self._place(number).is_known

    def _place(self, number: int) -> BlockEntry:
        def read() -> BlockEntry:
            place = self._reader.place(self._chain, number)
            if place is None:
                raise Damaged("it is not there")
            return place

        return self._read(read, number)

    def number_of(self, block_hash: Hash32) -> int | None:
        """See ``KeptBlocks``."""
        for number, _ in self._find(BLOCK_KEY + block_hash[:KEY_SIZE]):
            place = self._read(lambda number=number: self._reader.place(self._chain, number), number)  # type: ignore[misc]
            if place is not None and place.hash == block_hash:
                return number
        return None

    def located(self, tx_hash: Hash32) -> tuple[int, int] | None:
        """See ``KeptBlocks``."""
        for number, index in self._find(TX_KEY + tx_hash[:KEY_SIZE]):
            if self._read(lambda number=number: self._reader.place(self._chain, number), number) is None:  # type: ignore[misc]
                continue
            transactions = self.block(number).transactions
            if index < len(transactions) and transactions[index].hash == tx_hash:
                return number, index
        return None

    def with_mini_block(self, number: int) -> int | None:
        """See ``KeptBlocks``."""
        found = self._read(lambda: self._reader.with_mini_block(self._chain, number), number)
        if found is None:
            return None
        block = self.block(found) if found != self._first.number else self._first
        return found if number < block.mini_block_offset + len(block.cuts) else None

    def numbers_with_logs(
        self, low: int, high: int, addresses: Collection[Address], topics: Collection[Hash32]
    ) -> list[int]:
        """See ``KeptBlocks``."""
        keys = [ADDRESS_KEY + address[:KEY_SIZE] for address in addresses]
        keys = keys or [TOPIC_KEY + topic[:KEY_SIZE] for topic in topics] or [LOGS_KEY]

        def read() -> list[int]:
            found = [self._reader.find_between(self._chain, key, low, high) for key in keys]
            return found[0] if len(found) == 1 else sorted(set().union(*found))

        return self._read(read, low)

    def _find(self, key: bytes) -> Sequence[tuple[int, int]]:
        return self._read(lambda: self._reader.find(self._chain, key), self._first.number)

    # -- states -------------------------------------------------------------------------------------------------------

    def make(self, number: int) -> World:
        """The state after block ``number``. Raises ``StateUnavailable`` where it cannot be read."""
        with self._lock:
            known = self._states.get(number)
            if known is not None:
                self._states.move_to_end(number)
                return known
            near = max((each for each in self._states if number - _NEAR <= each < number), default=None)
            begin = None if near is None else self._states[near]
        world = self._read(lambda: self._make(number, near, begin), number)
        with self._lock:
            _remember(self._states, number, world, REMEMBERED_STATES)
        return world

    def _make(self, number: int, near: int | None, begin: World | None) -> World:
        first = self._first
        at, world = first.number, first.world if first.world.is_known else World()
        if near is not None and begin is not None:
            at, world = near, begin
        elif (state := self._reader.state(self._chain, number)) is not None:
            at, world = state[0], world.apply(decode(state[1], StateDiff))
        for changes in self._changes(at + 1, number):
            if changes.state == "whole":
                world = World()
            for diff in changes.diffs:
                world = world.apply(diff)
        world.forget_how_it_was_made()
        return world

    def _changes(self, first: int, last: int) -> Iterator[_Changes]:
        return (decode(data, _Changes) for data in self._reader.blocks(self._chain, first, last))

    def _read(self, read: Callable[[], _Read], number: int) -> _Read:
        try:
            return read()
        except _UNREADABLE as problem:
            raise StateUnavailable(f"block {number} cannot be read from the store (--state): {problem}") from None


class _Checked:
    """Makes states with a certain root: the store may hold another chain by now than that of a block that was read."""

    def __init__(self, archive: Archive, root: Hash32) -> None:
        self._archive = archive
        self._root = root

    def make(self, number: int) -> World:
        world = self._archive.make(number)
        if world.state_root != self._root:
            raise StateUnavailable(f"state unavailable: block {number} has left the chain, and the store")
        return world


def _joined(diffs: tuple[StateDiff, ...]) -> StateDiff:
    joined = diffs[0].copy()
    for diff in diffs[1:]:
        joined.absorb(diff)
    return joined


def place_of(block: SealedBlock) -> BlockEntry:
    """Returns the place of ``block`` in its chain."""
    return BlockEntry(block.number, block.hash, block.tx_offset, block.mini_block_offset, block.world.is_known)


def keys_of(block: SealedBlock) -> Iterable[tuple[bytes, int, int]]:
    """Yields the keys that lead to ``block``, each with its number and the place in it."""
    number = block.number
    yield BLOCK_KEY + block.hash[:KEY_SIZE], number, 0
    for index, tx in enumerate(block.transactions):
        yield TX_KEY + tx.hash[:KEY_SIZE], number, index
    keys: set[bytes] = set()
    for receipt in block.receipts:
        for log in receipt.logs:
            keys.add(ADDRESS_KEY + log.address[:KEY_SIZE])
            if log.topics:
                keys.add(TOPIC_KEY + log.topics[0][:KEY_SIZE])
    if keys:
        keys.add(LOGS_KEY)
        for key in keys:
            yield key, number, 0


def _remember(kept: OrderedDict[int, _Read], number: int, value: _Read, most: int) -> None:
    kept[number] = value
    while len(kept) > most:
        kept.popitem(last=False)
