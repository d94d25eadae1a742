"""What is kept of both chains for the bridge: the games on L1, each read again only once it was written to, and where
L2 sent its withdrawals. It is kept for one state, and brought from there to the state that is asked for by what was
written in between, or else read anew; so it follows reorganisations, reverts, cheats and loading.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import overload

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.store import ChainStore
from megadev.primitives.types import Address, Hash32
from megadev.rollup.games import Game, blacklist_place, game_at, game_count, game_place, retired_until
from megadev.rollup.predeploys import L1Addresses
from megadev.rollup.withdrawals import withdrawal_logs, withdrawal_of_log
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import World, WorldView

_STEPS = 200
"""Between two states, at most: there are a few in a block."""

_Games = Sequence[Game | None]


class _Known(msgspec.Struct, frozen=True, gc=False):
    """All games in the state ``world``; ``indices``: of the one at an address, and of the one that a slot of the
    blacklist is about.
    """

    world: World
    at: L1Addresses
    retired_until: int
    games: list[Game | None]
    indices: dict[Address | int, int]


class KnownGames:
    """All games on L1, in the order in which they were made; None where one is not of ours. On any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: _Known | None = None

    def of(self, l1: StateReader, at: L1Addresses) -> _Games:
        """Those in the state ``l1``. Costs what was written since the state that was asked for last; on a fork, whose
        games may be many and far away, each is read as it is looked at.
        """
        view, laid = l1, list[StateDiff]()
        while isinstance(view, Overlay):
            laid.insert(0, view.diff)
            view = view.base
        if not isinstance(view, WorldView) or type(view.world) is not World:
            return _Asked(l1, at)
        with self._lock:
            known = self._known
            if known is None or known.world is not view.world or known.at != at:
                known = self._known = _brought_to(known, view, at)
        return _games_after(known, laid, l1).games if laid else known.games

    def start_over(self) -> None:
        """The chains have become others: let go of them."""
        with self._lock:
            self._known = None


class _Asked(Sequence[Game | None]):
    """Games that are read from a state when they are looked at."""

    def __init__(self, l1: StateReader, at: L1Addresses) -> None:
        self._l1, self._at, self._count = l1, at, game_count(l1, at)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Game | None: ...
    @overload
    def __getitem__(self, index: slice) -> _Games: ...
    def __getitem__(self, index: int | slice) -> Game | _Games | None:
        places = range(self._count)[index]
        if isinstance(places, range):
            return [game_at(self._l1, self._at, place) for place in places]
        return game_at(self._l1, self._at, places)


def _brought_to(known: _Known | None, view: WorldView, at: L1Addresses) -> _Known:
    """All games in the state ``view``, of which ``known`` may hold most."""
    diffs = None if known is None or known.at != at else view.world.diffs_since(known.world, _STEPS)
    if known is not None and diffs is not None:
        known = _games_after(known, diffs, view)
        return msgspec.structs.replace(known, world=view.world)
    fresh = _Known(view.world, at, retired_until(view, at), [], {})
    return _read(fresh, range(game_count(view, at)), view)


def _games_after(known: _Known, diffs: list[StateDiff], l1: StateReader) -> _Known:
    """All games in the state ``l1``, which is ``known``'s after ``diffs``."""
    at = known.at
    keeper, (factory, first) = getattr(at, at.profile.blacklist[0]), game_place(at, 0)
    count, had = game_count(l1, at), len(known.games)
    is_other = any(factory in diff.cleared or keeper in diff.cleared for diff in diffs)
    if is_other or count < had or retired_until(l1, at) != known.retired_until:
        fresh = _Known(known.world, at, retired_until(l1, at), [], {})
        return _read(fresh, range(count), l1)
    changed = set(range(had, count))
    for diff in diffs:
        changed.update(slot - first for slot in diff.storage.get(factory, ()) if first <= slot < first + count)
        written: list[Address | int] = [*diff.accounts, *diff.storage, *diff.cleared, *diff.storage.get(keeper, ())]
        changed.update(known.indices[each] for each in written if each in known.indices)
    return _read(known, sorted(changed), l1) if changed else known


def _read(known: _Known, changed: Sequence[int], l1: StateReader) -> _Known:
    """The same after those games were read; none that somebody else looks at is touched."""
    at, games, indices = known.at, list(known.games), dict(known.indices)
    for index in changed:
        game = game_at(l1, at, index)
        games[index : index + 1] = [game]
        factory, slot = game_place(at, index)
        address = (l1.storage(factory, slot) & 2**160 - 1).to_bytes(20, "big")
        indices[address] = indices[blacklist_place(at, address)[1]] = index
    return msgspec.structs.replace(known, games=games, indices=indices)


class _Indexed(msgspec.Struct, frozen=True):
    """The numbers of the blocks with withdrawals, by the withdrawals' hashes, as of a block."""

    last: SealedBlock
    numbers: dict[Hash32, tuple[int, ...]]


class WithdrawalIndex:
    """Finds the L2 blocks that sent a withdrawal with some hash. On any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._indexed: _Indexed | None = None

    def blocks_with(self, l2: ChainStore, withdrawal_hash: Hash32) -> tuple[int, ...]:
        """Their numbers in ``l2``, in order: one at most, unless cheats had it sent twice. Costs what L2 got since
        it was asked last; the store may be another by now, as after a chain was loaded.
        """
        with self._lock:
            head, known = l2.head, self._indexed
            if known is None or l2.by_hash(known.last.hash) is None:
                known = _Indexed(l2.genesis, {})
                first = l2.genesis.number
            else:
                first = known.last.number + 1
            for located in withdrawal_logs(l2, first, head.number):
                withdrawal = withdrawal_of_log(located.log)
                if withdrawal is not None:
                    numbers = known.numbers.get(withdrawal.hash, ())
                    if located.block.number not in numbers:
                        known.numbers[withdrawal.hash] = (*numbers, located.block.number)
            is_still_head = l2.by_hash(head.hash) is not None
            self._indexed = _Indexed(head, known.numbers) if is_still_head else None
            return known.numbers.get(withdrawal_hash, ())
