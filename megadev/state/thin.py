"""Worlds of long ago, as what changed since one before them.

A world's maps and tries share with the world before it all that did not change, and yet the paths to what did are some
ten kilobytes for an empty block, which on a chain that seals one a second is a gigabyte a day. Of old blocks one in 64
keeps its world; those between keep what was written since, a tenth of that, and are made anew for whoever asks. Where
blocks are empty and write next to nothing, what was written is packed, and only one in 86,000 keeps its world: the
protocol's own contracts, which every block writes to, hold thousands of words that are others in each of two worlds
that lie far apart, and those alone are some twenty megabytes.

Accounts, words and code are found in what was written without a world being made: only a proof, a root, or a walk over
everything makes one, which takes a second at most where it is a day from the world that is kept.
"""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from megadev.primitives.trie import Trie
from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import StateDiff
from megadev.state.world import World

REMEMBERED, BASES_REMEMBERED = 16, 3
"""Worlds that are kept once they were made, since whoever asks once asks again, and of how many segments."""
MOST_STEPS = 4
"""How many diffs may lie between two blocks: cheats, system calls and the block's own."""
LONGEST = 512
"""Worlds of empty blocks that are made of one."""
MOST_IN_A_ROW = 168
"""Segments of empty blocks that follow each other without a world of their own: a day of blocks of a second."""
LITTLE = 16
"""Accounts and slots that an empty block writes, at most."""
UNPACKED = 4
"""Segments whose diffs are kept once they were unpacked."""


class Segment:
    """A world and what was written after it, world by world: packed, but for what came last. The world is itself the
    last one of a segment where empty blocks go on; ``end`` is then that world as it is.
    """

    def __init__(self, base: World, end: World | None = None) -> None:
        self.base = base
        self.end: World | None = base if end is None else end
        """The world after all of it, while something may follow."""
        self.place: int = base.segment.place + 1 if isinstance(base, ThinWorld) else 0
        """How many segments lie between it and a world that is kept."""
        self.accounts: set[Address] = set()
        self.storages: set[Address] = set()
        """Whose account was written in it, and whose storage."""
        self.has_codes = False
        self.count = 0
        self._packed: list[bytes] = []
        self._diffs: list[StateDiff] = []
        self.is_small = True
        """Whether all that was written is as little as empty blocks write."""

    def add(self, diff: StateDiff, world: World | None = None) -> None:
        """The next world, and what was written to make it."""
        self._diffs.append(diff)
        self.count += 1
        self.end = world
        written = len(diff.accounts) + len(diff.codes) + sum(map(len, diff.storage.values()))
        self.is_small = self.is_small and written <= LITTLE
        self.accounts.update(diff.accounts)
        self.storages.update(
            diff.storage, diff.cleared, [gone for gone, after in diff.accounts.items() if after is None]
        )
        self.has_codes = self.has_codes or bool(diff.codes)

    def pack(self) -> None:
        """Put away what was added."""
        if self.is_small and self._diffs:
            packed = zlib.compress(_encode(self._diffs), 1)  # fast: the others save a tenth for twice the time
            with _making:
                self._packed.append(packed)
                self._diffs = []

    def diffs(self, count: int) -> list[StateDiff]:
        """The first ``count`` diffs. On any thread."""
        with _making:
            packed, diffs, found = tuple(self._packed), self._diffs, _unpacked.get(self, ())
            if not packed:
                return diffs[:count]
            if len(found) >= count:
                _unpacked.move_to_end(self)
                return list(found[:count])
        made = self.unpacked(self.count)
        with _making:
            _unpacked[self] = made
            while len(_unpacked) > UNPACKED:
                _unpacked.popitem(last=False)
        return made[:count]

    def unpacked(self, count: int) -> list[StateDiff]:
        """The same, not to be asked for again. On any thread."""
        with _making:
            packed, diffs = tuple(self._packed), self._diffs
        return ([diff for piece in packed for diff in _decode(zlib.decompress(piece))] + diffs)[:count]


class ThinWorld(World):
    """The world after the first ``count`` diffs of ``segment``. Reading an attribute of World's makes all of it."""

    __slots__ = ("count", "segment")

    def __init__(self, segment: Segment, count: int) -> None:
        # not World's: its attributes stay unset, so that reading one goes to the world that is made
        self.segment = segment
        self.count = count

    def __getattr__(self, name: str) -> object:
        if name not in World.__slots__:
            raise AttributeError(name)
        return getattr(_whole(self), name)

    def account(self, address: Address) -> Account | None:
        world: World = self
        while isinstance(world, ThinWorld):
            segment = world.segment
            if address in segment.accounts:
                for diff in reversed(segment.diffs(world.count)):
                    if address in diff.accounts:
                        return diff.accounts[address]
            world = segment.base
        return world.account(address)

    def storage(self, address: Address, slot: int) -> int:
        world: World = self
        while isinstance(world, ThinWorld):
            segment = world.segment
            if address in segment.storages:
                for diff in reversed(segment.diffs(world.count)):
                    word = diff.storage.get(address, {}).get(slot)
                    if word is not None:
                        return word
                    if address in diff.cleared or diff.accounts.get(address, self) is None:
                        return 0
            world = segment.base
        return world.storage(address, slot)

    def code(self, code_hash: Hash32) -> bytes:
        world: World = self
        while isinstance(world, ThinWorld):
            segment = world.segment
            if segment.has_codes:
                for diff in segment.diffs(world.count):
                    if code_hash in diff.codes:
                        return diff.codes[code_hash]
            world = segment.base
        return world.code(code_hash)

    def storage_root(self, address: Address) -> Hash32:
        world: World = self
        while isinstance(world, ThinWorld):
            if address in world.segment.storages:
                return _whole(self).storage_root(address)
            world = world.segment.base
        return world.storage_root(address)

    def written_since(self, earlier: World, steps: int) -> StateDiff | None:
        segment, count = self.segment, self.count
        if isinstance(earlier, ThinWorld):
            begin = earlier.count if earlier.segment is segment else count
        else:
            begin = 0 if earlier is segment.base else count
        if not 0 < count - begin <= steps:
            return None
        first, *others = segment.diffs(count)[begin:]
        written = first.copy()
        for diff in others:
            written.absorb(diff)
        return written

    def diffs_since(self, earlier: World, steps: int) -> None:
        """Not step by step."""

    def forget_how_it_was_made(self) -> None:
        """There is no world before that it holds."""

    def accounts(self) -> Iterator[tuple[Address, Account]]:
        return _whole(self).accounts()

    def storage_of(self, address: Address) -> Mapping[int, int]:
        return _whole(self).storage_of(address)

    @property
    def account_trie(self) -> Trie:
        return _whole(self).account_trie

    @property
    def state_root(self) -> Hash32:
        return _whole(self).state_root


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[StateDiff]).decode
_unpacked: OrderedDict[Segment, Sequence[StateDiff]] = OrderedDict()
_made: OrderedDict[ThinWorld, World] = OrderedDict()
_bases: OrderedDict[Segment, World] = OrderedDict()
"""The worlds that segments begin with, of those that begin with none that is kept."""
_making = threading.Lock()


def _whole(world: ThinWorld) -> World:
    """Returns the world of a thin one, made or remembered. On any thread."""
    with _making:
        found = _made.get(world)
        if found is not None:
            _made.move_to_end(world)
            return found
    made = _after(_base_of(world.segment), world.segment.diffs(world.count))
    with _making:
        _made[world] = made
        while len(_made) > REMEMBERED:
            _made.popitem(last=False)
    return made


def _base_of(segment: Segment) -> World:
    """Returns the world that ``segment`` begins with. On any thread."""
    if not isinstance(segment.base, ThinWorld):
        return segment.base
    with _making:
        found = _bases.get(segment)
        if found is not None:
            _bases.move_to_end(segment)
            return found
        between: list[ThinWorld] = []
        world: World = segment.base
        while isinstance(world, ThinWorld):
            between.append(world)
            world = _bases.get(world.segment, world.segment.base)
    made = _after(world, (diff for thin in reversed(between) for diff in thin.segment.unpacked(thin.count)))
    with _making:
        _bases[segment] = made
        while len(_bases) > BASES_REMEMBERED:
            left, _ = _bases.popitem(last=False)
            for thin in [thin for thin in _made if thin.segment is left]:
                del _made[thin]
    return made


def _after(world: World, diffs: Iterable[StateDiff]) -> World:
    """Returns ``world`` with at least one diff written to it."""
    changes: StateDiff | None = None
    for diff in diffs:
        if changes is None:
            changes = diff.copy()
        else:
            changes.absorb(diff)
    assert changes is not None, "there are no empty segments"
    made = world.apply(changes)
    made.forget_how_it_was_made()
    return made


def thinned(worlds: list[World], before: World | None = None) -> list[World]:
    """The same worlds, of consecutive blocks: the first as it is, and those whose making is known as what was written
    since. Worlds of other kinds, a fork's for instance, stay as they are. ``before``: the one before them, thinned.
    """
    result: list[World] = []
    segment: Segment | None = None
    if isinstance(before, ThinWorld) and before.segment.is_small and before.count == before.segment.count:
        segment = before.segment
    for world in worlds:
        if type(world) is not World:
            segment = None
            result.append(world)
            continue
        if segment is not None and segment.is_small and segment.count >= LONGEST:
            segment = _following(segment)
        last = None if segment is None else segment.end
        between = None if last is None else world.written_since(last, MOST_STEPS)
        world.forget_how_it_was_made()  # or it leads to all before it
        if segment is None or between is None:
            segment = Segment(world)
            result.append(world)
        else:
            segment.add(between, world)
            result.append(ThinWorld(segment, segment.count))
    for each in {world.segment for world in result if isinstance(world, ThinWorld)}:
        each.pack()
        last_one = result[-1]
        if not (isinstance(last_one, ThinWorld) and last_one.segment is each and each.is_small):
            each.end = None
    return result


def _following(segment: Segment) -> Segment | None:
    """The segment after one that is long enough; None: the next world is to be kept."""
    end, segment.end = segment.end, None
    return None if segment.place + 1 >= MOST_IN_A_ROW else Segment(ThinWorld(segment, segment.count), end)
