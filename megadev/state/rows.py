"""Worlds after each of a row of empty blocks, which differ only in what the protocol itself writes.

A ``WorldRow`` computes the state root after each block at once, because headers hold it, but no world: those come into
being when somebody looks at them. Every root is a real one; it is the maps and tries between the first block and the
last that are put off, as nobody asks for most of them. A row costs a third of the time and a twentieth of the memory
of worlds made one by one.

A ``DeferredWorld`` is one of a longer row, whose root is not computed before somebody asks either.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeAlias

from megadev.primitives import rlp
from megadev.primitives.keccak import address_key, slot_key
from megadev.primitives.trie import GrowingTrie, Trie
from megadev.primitives.types import Address, Hash32
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader
from megadev.state.world import Storage, World, encode_account

Writes: TypeAlias = Mapping[Address, Mapping[int, int]]
"""Storage words by account and slot; neither 0 nor in an account that does not exist."""


class WorldRow:
    """Worlds in a row, each the one before with some storage written. ``world`` is the one before the first."""

    def __init__(self, world: World) -> None:
        self._writes: list[Writes] = []
        # which worlds were made so far, by how many writes they have; numbers in order, to find the nearest
        self._made = {0: world}
        self._numbers = [0]
        self._accounts = GrowingTrie(world.account_trie)
        self._storages: dict[Address, GrowingTrie] = {}

    def next(self, writes: Writes) -> World:
        """The world after ``writes``, its root known, the rest of it made when it is looked at."""
        first = self._made[0]
        for address, slots in writes.items():
            storage = self._storages.get(address)
            if storage is None:
                storage = self._storages[address] = GrowingTrie(first.storage_trie(address))
            for slot, value in slots.items():
                storage.put(slot_key(slot), rlp.encode_int(value))
            account = first.account(address) or EMPTY_ACCOUNT
            self._accounts.put(address_key(address), encode_account(account, storage.root))
        self._writes.append(writes)
        return LateWorld(self, len(self._writes), self._accounts.root)

    def make(self, number: int) -> World:
        """The world after the first ``number`` writes, from the nearest one before it that was made.

        On any thread; two that ask for the same one at once get equal ones.
        """
        nearest = self._numbers[bisect_right(self._numbers, number) - 1]
        if nearest == number:
            return self._made[number]
        diff = StateDiff(Cause.SYSTEM_CALL)
        for writes in self._writes[nearest:number]:
            for address, slots in writes.items():
                diff.storage.setdefault(address, {}).update(slots)
        world = self._made[nearest].apply(diff)
        self._made[number] = world
        insort(self._numbers, number)
        return world


class MakesWorlds(Protocol):
    """The maker of worlds, by number."""

    def make(self, number: int) -> World:
        """The world with that number; an equal one each time. On any thread."""


class LateWorld(World):
    """A world that is not made until something but its root is asked for."""

    __slots__ = ("_number", "_root", "_row")

    def __init__(self, row: MakesWorlds, number: int, root: Hash32) -> None:
        # not World's: its attributes stay unset, and reading one of them makes them all
        self._row = row
        self._number = number
        self._root = root

    @property
    def state_root(self) -> Hash32:
        return self._root

    def __getattr__(self, name: str) -> object:
        """Called for an attribute of ``World`` that is not there yet."""
        if name not in World.__slots__:
            raise AttributeError(name)
        made = self._row.make(self._number)
        for attribute in World.__slots__:
            setattr(self, attribute, getattr(made, attribute))
        return getattr(self, name)


class DeferredWorld(World):
    """A world of which ``reader`` knows every account, word and code, so that it needs not be made for those; ``make``
    makes the whole of it, an equal one each time, for its roots, its proofs, and what comes after it.
    """

    __slots__ = ("_make", "_reader")

    def __init__(self, reader: StateReader, make: Callable[[], World]) -> None:
        # not World's: its attributes stay unset, and everything that would look at them is here
        self._reader = reader
        self._make = make

    def account(self, address: Address) -> Account | None:
        return self._reader.account(address)

    def storage(self, address: Address, slot: int) -> int:
        return self._reader.storage(address, slot)

    def code(self, code_hash: Hash32) -> bytes:
        return self._reader.code(code_hash)

    def accounts(self) -> Iterator[tuple[Address, Account]]:
        return self._make().accounts()

    def storages(self) -> Iterator[tuple[Address, Mapping[int, int]]]:
        return self._make().storages()

    def storage_of(self, address: Address) -> Mapping[int, int]:
        return self._make().storage_of(address)

    def whole_storage(self, address: Address, most: int) -> Mapping[int, int] | None:
        return None  # word by word it need not be made

    def has_storage(self, address: Address) -> bool:
        return self._make().has_storage(address)

    def block_hash(self, number: int) -> Hash32:
        return self._make().block_hash(number)

    def __len__(self) -> int:
        return len(self._make())

    def apply(self, diff: StateDiff) -> World:
        return self._make().apply(diff)

    def changes_since(self, before: World) -> StateDiff:
        return self._make().changes_since(before)

    def written_since(self, earlier: World, steps: int) -> None:
        """Not known: each time it is made anew."""

    def diffs_since(self, earlier: World, steps: int) -> None:
        """Not known either."""

    def shares(self, other: World, address: Address) -> bool:
        return False  # not known

    def forget_how_it_was_made(self) -> None:
        """There is nothing to forget."""

    def storage_root(self, address: Address) -> Hash32:
        return self._make().storage_root(address)

    def storage_with_trie(self, address: Address) -> Storage:
        return self._make().storage_with_trie(address)

    def storage_trie(self, address: Address) -> Trie:
        return self._make().storage_trie(address)

    def prove_storage(self, address: Address, slot: int) -> list[bytes]:
        return self._make().prove_storage(address, slot)

    @property
    def account_trie(self) -> Trie:
        return self._make().account_trie
