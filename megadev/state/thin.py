"""Worlds of long ago, as what changed since one before them.

A world's maps and tries share with the world before it all that did not change, and yet the paths to what did are some
ten kilobytes for an empty block, which on a chain that seals one a second is a gigabyte a day. Of old blocks every
64th keeps its world; those between keep what was written since, a tenth of that, and are made anew for whoever asks.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping

from megadev.primitives.trie import Trie
from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import StateDiff
from megadev.state.world import World

REMEMBERED = 16
"""Worlds that are kept once they were made: whoever asks once asks again."""
MOST_STEPS = 4
"""How many diffs may lie between two blocks: cheats, system calls and the block's own."""


class Segment:
    """A world and what was written after it, world by world."""

    def __init__(self, base: World) -> None:
        self.base = base
        self.diffs: list[StateDiff] = []


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
        for diff in reversed(self.segment.diffs[: self.count]):
            if address in diff.accounts:
                return diff.accounts[address]
        return self.segment.base.account(address)

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


_made: OrderedDict[ThinWorld, World] = OrderedDict()
_making = threading.Lock()


def _whole(world: ThinWorld) -> World:
    """Returns the world of a thin one, made or remembered. On any thread."""
    with _making:
        found = _made.get(world)
        if found is not None:
            _made.move_to_end(world)
            return found
    changes = world.segment.diffs[0]
    for diff in world.segment.diffs[1 : world.count]:
        changes = changes.then(diff)
    made = world.segment.base.apply(changes)
    made.forget_how_it_was_made()
    with _making:
        _made[world] = made
        while len(_made) > REMEMBERED:
            _made.popitem(last=False)
    return made


def thinned(worlds: list[World]) -> list[World]:
    """The same worlds, of consecutive blocks: the first as it is, and those whose making is known as what was written
    since. Worlds of other kinds, a fork's for instance, stay as they are.
    """
    result: list[World] = []
    segment: Segment | None = None
    last: World | None = None
    for world in worlds:
        if type(world) is not World:
            segment = last = None
            result.append(world)
            continue
        between = None if last is None else world.written_since(last, MOST_STEPS)
        if segment is None or between is None:
            segment = Segment(world)
            world.forget_how_it_was_made()
            result.append(world)
        else:
            segment.diffs.append(between)
            result.append(ThinWorld(segment, len(segment.diffs)))
        last = world
    return result
