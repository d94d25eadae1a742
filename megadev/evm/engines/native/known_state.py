"""What an arena's tables hold of a state, from one transaction to the next: of which state it is, and what has to be
changed there before another one is read.

A reader can be followed if it is a ``World``, or overlays on one: both say what was written to get from one to the
next. Keys that may have other values are asked again, of the reader itself, so that what stands in the tables is never
worked out, only what is out of date. Where the way is not known, or the reader wants every question, the tables are
emptied.
"""

from __future__ import annotations

import struct
import weakref
from collections.abc import Callable, Iterable
from typing import Final

from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import World, WorldView

STEPS: Final = 16
"""As many worlds away as is followed: one or two for each block."""
_MOST_CHANGES: Final = 4_000
"""Beyond this, asking again for what is needed is less work."""
_ACCOUNT_IS, _SLOT_IS, _STORAGE_IS_ANOTHER = range(3)
_ACCOUNT: Final = struct.Struct("<II8xQ32s32siI")
_SLOT: Final = struct.Struct("<II8x32s32s16x")
_HEAD: Final = struct.Struct("<II8x")
_CHANGE_SIZE: Final = 96
_EXISTS: Final = 1
_NOBODY: Final = 0, bytes(32), EMPTY_CODE_HASH, 0, 0


def _parts(reader: StateReader) -> tuple[World, tuple[Overlay, ...]] | None:
    """The world below ``reader`` and the overlays on it, the topmost first."""
    overlays: tuple[Overlay, ...] = ()
    while type(reader) is Overlay:
        overlays += (reader,)
        reader = reader.base
    world = reader.world if type(reader) is WorldView else reader
    return (world, overlays) if type(world) is World else None


class KnownState:
    """``places``: where each account of which something is known lies."""

    __slots__ = ("_laid", "_over", "_way", "_world", "places")

    def __init__(self) -> None:
        self.places: dict[Address, int] = {}
        self._world: Callable[[], World | None] = _nothing
        self._laid: tuple[tuple[list[StateDiff], int], ...] = ()
        """What was laid on each overlay, and how much of it had been when it was read."""
        self._over: tuple[StateDiff, ...] = ()
        """What the overlays write: of these keys the world says something else."""
        self._way: tuple[World, list[StateDiff]] | None = None
        """What was written from the world that is known to this one, if it has just been looked for."""

    def forget(self) -> None:
        """Nothing is known any more."""
        self.places.clear()
        self._world, self._laid, self._over, self._way = _nothing, (), (), None

    def is_at(self, reader: StateReader) -> bool:
        """True if nothing has to be changed for ``reader``, a view of a world, as most are."""
        return type(reader) is WorldView and reader.world is self._world() and not self._laid

    def is_near(self, reader: StateReader) -> bool | None:
        """True if ``reader`` can be followed from here, None if nothing is known here."""
        known = self._world()
        if known is None:
            return None
        parts = _parts(reader)
        if parts is None:
            return False
        if parts[0] is known:
            return True
        steps = _between(known, parts[0])
        self._way = None if steps is None else (parts[0], steps)
        return steps is not None

    def changes_to(self, reader: StateReader, code_at: Callable[[Hash32, int], int]) -> list[bytes] | None:
        """Returns what is to be changed in the tables so that they show ``reader``, which they do from then on; None
        if they are to be emptied. ``code_at``: the number of a code by its hash, or what it is given.
        """
        parts = _parts(reader)
        if parts is None:
            self.forget()
            return None
        world, overlays = parts
        known, before = self._world(), self._laid
        laid = self._laid = tuple((overlay.laid, len(overlay.laid)) for overlay in overlays)
        written: Iterable[StateDiff]
        same = known is world and len(laid) == len(before)
        pairs = [(diffs, seen, then) for (diffs, _), (then, seen) in zip(laid, before, strict=same)] if same else []
        if same and all(now is then for now, _, then in pairs):
            written = [diff for diffs, seen, _ in pairs for diff in diffs[seen:]]
            if not written or not self.places:
                return []
        else:
            steps: list[StateDiff] | None
            way, self._way = self._way, None
            if known is world or known is None:
                steps = None if known is None else []
            else:
                steps = way[1] if way is not None and way[0] is world else _between(known, world)
            over, self._over = self._over, tuple(overlay.diff for overlay in overlays)
            self._world = weakref.ref(world)
            if steps is None:
                self.places.clear()
                return None
            if not self.places:
                return []
            written = (*over, *steps, *self._over)
        changes = self._changes(reader, written, code_at)
        if changes is None:
            self.places.clear()
        return changes

    def _changes(
        self, reader: StateReader, written: Iterable[StateDiff], code_at: Callable[[Hash32, int], int]
    ) -> list[bytes] | None:
        places = self.places
        accounts: set[Address] = set()
        slots: dict[Address, set[int]] = {}
        emptied: set[Address] = set()
        before: StateDiff | None = None
        for diff in written:
            if diff is before:  # a world is often made by the very diff that was laid over the one before
                continue
            before = diff
            for address, account in diff.accounts.items():
                if address in places:
                    accounts.add(address)
                    if account is None:
                        emptied.add(address)
            for address in diff.cleared:
                if address in places:
                    emptied.add(address)
            for address, values in diff.storage.items():
                if address in places:
                    slots.setdefault(address, set()).update(values)
        changes = [_HEAD.pack(_STORAGE_IS_ANOTHER, places[address]) + bytes(80) for address in emptied]
        for address in accounts:
            found = reader.account(address)
            if found is None:
                changes.append(_ACCOUNT.pack(_ACCOUNT_IS, places[address], *_NOBODY))
                continue
            code_hash = found.code_hash
            state = found.nonce, found.balance.to_bytes(32, "little"), code_hash, code_at(code_hash, -1), _EXISTS
            changes.append(_ACCOUNT.pack(_ACCOUNT_IS, places[address], *state))
        storage = reader.storage
        for address, keys in slots.items():
            if len(changes) + len(keys) > _MOST_CHANGES:
                return None
            place = places[address]
            changes += [
                _SLOT.pack(_SLOT_IS, place, key.to_bytes(32, "little"), storage(address, key).to_bytes(32, "little"))
                for key in keys
            ]
        return changes


def _nothing() -> None:
    return None


def _between(one: World, other: World) -> list[StateDiff] | None:
    """What was written from one to the other, in either direction: the keys are the same."""
    return other.diffs_since(one, STEPS) or one.diffs_since(other, STEPS)
