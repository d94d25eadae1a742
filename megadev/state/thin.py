"""Worlds of long ago, as what changed since one before them.

A world's maps and tries share with the world before it all that did not change, and yet the paths to what did are some
ten kilobytes for an empty block, which on a chain that seals one a second is a gigabyte a day. Of old blocks one in 64
keeps its world; those between keep what was written since, a tenth of that, and are made anew for whoever asks. Where
blocks are empty and write next to nothing it is one in 512, and what was written is packed: a hundredth.
"""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from megadev.primitives.trie import Trie
from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import StateDiff
from megadev.state.world import World

REMEMBERED = 16
"""Worlds that are kept once they were made: whoever asks once asks again."""
MOST_STEPS = 4
"""How many diffs may lie between two blocks: cheats, system calls and the block's own."""


LONGEST = 512
"""Worlds of empty blocks that are made of one."""
LITTLE = 16
"""Accounts and slots that an empty block writes, at most."""
UNPACKED = 4
"""Segments whose diffs are kept once they were unpacked."""


class Segment:
    """A world and what was written after it, world by world: packed, but for what came last."""

    def __init__(self, base: World) -> None:
        self.base = base
        self.end: World | None = base
        """The world after all of it, while the segment may become longer."""
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
        made = [diff for piece in packed for diff in _decode(zlib.decompress(piece))] + diffs
        with _making:
            _unpacked[self] = made
            while len(_unpacked) > UNPACKED:
                _unpacked.popitem(last=False)
        return made[:count]


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
        for diff in reversed(self.segment.diffs(self.count)):
            if address in diff.accounts:
                return diff.accounts[address]
        return self.segment.base.account(address)

    def storage_root(self, address: Address) -> Hash32:
        for diff in self.segment.diffs(self.count):
            if address in diff.storage or diff.accounts.get(address, self) is None:
                return _whole(self).storage_root(address)
        return self.segment.base.storage_root(address)

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
_making = threading.Lock()


def _whole(world: ThinWorld) -> World:
    """Returns the world of a thin one, made or remembered. On any thread."""
    with _making:
        found = _made.get(world)
        if found is not None:
            _made.move_to_end(world)
            return found
    first, *others = world.segment.diffs(world.count)
    changes = first.copy()
    for diff in others:
        changes.absorb(diff)
    made = world.segment.base.apply(changes)
    made.forget_how_it_was_made()
    with _making:
        _made[world] = made
        while len(_made) > REMEMBERED:
            _made.popitem(last=False)
    return made


def thinned(worlds: list[World], before: World | None = None) -> list[World]:
    """The same worlds, of consecutive blocks: the first as it is, and those whose making is known as what was written
    since. Worlds of other kinds, a fork's for instance, stay as they are. ``before``: the one before them, thinned.
    """
    result: list[World] = []
    segment: Segment | None = None
    if isinstance(before, ThinWorld) and before.segment.is_small and before.count == before.segment.count < LONGEST:
        segment = before.segment
    for world in worlds:
        if type(world) is not World:
            segment = None
            result.append(world)
            continue
        last = None if segment is None else segment.end
        between = None if last is None else world.written_since(last, MOST_STEPS)
        if segment is None or between is None:
            segment = Segment(world)
            world.forget_how_it_was_made()
            result.append(world)
        else:
            segment.add(between, world)
            result.append(ThinWorld(segment, segment.count))
    for each in {world.segment for world in result if isinstance(world, ThinWorld)}:
        each.pack()
        if each is not segment or not each.is_small or each.count >= LONGEST:
            each.end = None
    return result
