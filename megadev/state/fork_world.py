"""The state of a forked chain: what upstream has after the forked block, with what was changed here on top.

Reads, diffs, snapshots and reverts are those of any ``World``; only what was never changed here is asked of the base.

What a fork cannot have is the true state root: that takes all of upstream's accounts. Ours is upstream's own root as
long as nothing was changed, and from then on keccak256 of that root and of a trie over all that was changed here: other
changes, another root; the same ones, the same root, whatever was read and in whatever order. Proofs are upstream's for
what was not changed, and refused otherwise (``storage_root``, ``prove_account`` and ``prove_storage`` raise
``StateUnavailable``): a proof that leads to no root is worse than none.

The exception are accounts in ``own_tries``, whose storage trie is said to be that of what was written here alone. So
withdrawals that are sent on a fork can be proven to an L1 beside it, which takes the message passer's root for what it
is told to be.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import NoReturn

from rpds import HashTrieMap

from megadev.errors import StateUnavailable
from megadev.primitives import rlp
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import address_key, keccak, slot_key
from megadev.primitives.trie import Trie
from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import PrefetchHint, StateReader, with_hint
from megadev.state.world import NO_STORAGE, Storage, World, changed_slots, encode_account

_GONE = b"\xc0"
"""The leaf of an account that upstream may have and that is gone here; and of one whose storage is not upstream's."""


class ForkWorld(World):
    """``base`` as it is at the forked block, whose header has the state root ``base_root``; ``apply`` makes the next
    world. ``accounts``, ``storage_of`` and ``len`` tell only of what was changed here. ``own_tries``: see the module.
    """

    __slots__ = ("_cut_off", "base", "base_root", "own_tries")

    is_whole = False

    def __init__(self, base: StateReader, base_root: Hash32, own_tries: frozenset[Address] = frozenset()) -> None:
        super().__init__()
        self.own_tries = own_tries
        self.base = base
        self.base_root = base_root
        # accounts cut off show nothing of the base's storage any more
        self._cut_off: HashTrieMap[Address, bool] = HashTrieMap()

    def account(self, address: Address) -> Account | None:
        """The account, or None where none exists."""
        found = self._accounts.get(address)
        if found is None and address not in self._accounts:
            return self.base.account(address)
        return found

    def storage(self, address: Address, slot: int) -> int:
        """The word in ``slot``, 0 where nothing was written."""
        storage = self._storages.get(address)
        if storage is not None:
            value = storage.slots.get(slot)
            if value is not None:
                return value
        return 0 if address in self._cut_off else self.base.storage(address, slot)

    def with_hint(self, hint: PrefetchHint) -> ForkWorld:
        """See ``Prefetches``. For reading: no chain goes on from it."""
        reader = copy.copy(self)
        reader.base = with_hint(self.base, hint)
        return reader

    @property
    def must_be_asked(self) -> bool:
        """See ``KnowsStorage``."""
        return type(self) is not ForkWorld

    def whole_storage(self, address: Address, most: int) -> Mapping[int, int] | None:
        """See ``KnowsStorage``: of what was created here."""
        return super().whole_storage(address, most) if address in self._cut_off else None

    def code(self, code_hash: Hash32) -> bytes:
        """The code with that keccak256; b'' for the empty hash and for one never seen."""
        code = self._codes.get(code_hash)
        return self.base.code(code_hash) if code is None else code

    def block_hash(self, number: int) -> Hash32:
        """The hash of one of upstream's blocks up to the forked one."""
        return self.base.block_hash(number)

    def accounts(self) -> Iterator[tuple[Address, Account]]:
        """The accounts that were changed here and exist."""
        return ((address, account) for address, account in self._accounts.items() if account is not None)

    def storage_of(self, address: Address) -> HashTrieMap[int, int]:
        """The slots that were written here, zeros included."""
        return self._storages.get(address, NO_STORAGE).slots

    def storages_changed(self) -> Iterator[Address]:
        """The accounts of which some storage was written here."""
        return iter(self._storages)

    def is_changed(self, address: Address) -> bool:
        """True if anything of the account was changed here."""
        return address in self._accounts or address in self._storages or address in self._cut_off

    def apply(self, diff: StateDiff) -> ForkWorld:
        """The world after ``diff``; this one stays as it is. Costs what the diff holds; asks the base for nothing."""
        # here, and here only, the map holds None: the account is gone, whatever the base has
        accounts: HashTrieMap[Address, Account | None] = self._accounts
        storages, cut_off, codes = self._storages, self._cut_off, self._codes
        stale = {*self._stale, *diff.accounts, *diff.cleared}
        for address in diff.cleared:
            storages = storages.discard(address)
            cut_off = cut_off.insert(address, True)
        for address, account in diff.accounts.items():
            accounts = accounts.insert(address, account)
            if account is None:
                storages = storages.discard(address)
                cut_off = cut_off.insert(address, True)
        for address, slots in diff.storage.items():
            if slots:
                storages = storages.insert(address, _write(storages.get(address, NO_STORAGE), slots))
                stale.add(address)
        for code_hash, code in diff.codes.items():
            codes = codes.insert(code_hash, code)
        world = ForkWorld.__new__(ForkWorld)
        world.base, world.base_root, world._cut_off = self.base, self.base_root, cut_off
        world.own_tries = self.own_tries
        world._accounts = accounts  # type: ignore[assignment]
        world._storages, world._codes, world._trie, world._stale = storages, codes, self._trie, stale
        world._made_by = None
        return world

    def changes_since(self, before: World) -> StateDiff:
        """See ``World``; ``before`` is of the same fork, and nothing that was changed there is unchanged again."""
        assert isinstance(before, ForkWorld), "worlds of one fork are compared"
        diff = StateDiff(Cause.GENESIS)
        accounts: HashTrieMap[Address, Account | None] = self._accounts
        for address, account in accounts.items():
            if address not in before._accounts or before._accounts[address] != account:
                diff.accounts[address] = account
                if account is not None and (code := self._codes.get(account.code_hash)):
                    diff.codes[account.code_hash] = code
        for address in {*self._storages, *before._storages, *self._cut_off}:
            were, are = before.storage_of(address), self.storage_of(address)
            if (address in self._cut_off) != (address in before._cut_off) or any(slot not in are for slot in were):
                diff.cleared.add(address)
                diff.storage[address] = dict(are)
            elif slots := changed_slots(were, are):
                diff.storage[address] = slots
        return diff

    @property
    def state_root(self) -> Hash32:
        """Upstream's root, or what stands for one (see the module)."""
        changes = self._changes()
        return self.base_root if changes.is_empty else keccak(self.base_root + changes.root)

    def _changes(self) -> Trie:
        """A trie over what was changed here, brought up to date."""
        if self._stale:
            stale = self._stale  # read first: another thread that gets here does the same work, not half of it
            self._trie = self._trie.update({address_key(address): self._leaf(address) for address in stale})
            self._stale = frozenset()
        return self._trie

    def _leaf(self, address: Address) -> bytes:
        root = self._storages.get(address, NO_STORAGE).trie.root
        account = self._accounts.get(address)
        # what is not known here is told by its storage alone: the rest of it is the base's
        leaf = root if account is None and address not in self._accounts else _GONE if account is None else b""
        if account is not None:
            leaf = encode_account(account, root)
        return leaf + _GONE if address in self._cut_off else leaf

    def _refuse(self, what: str) -> NoReturn:
        raise StateUnavailable(
            f"state unavailable: computing {what} on a fork needs all of upstream's state; ask at or before the "
            "forked block for state that was not changed here, or use a chain that is not a fork"
        )

    def _own_trie(self, address: Address, what: str) -> Trie:
        if address not in self.own_tries:
            self._refuse(f"{what} of {to_data(address)}")
        return self._storages.get(address, NO_STORAGE).trie

    def storage_root(self, address: Address) -> Hash32:
        """The root over what was written here, for ``own_tries``. Raises ``StateUnavailable`` for all others."""
        return self._own_trie(address, "the storage root").root

    def storage_trie(self, address: Address) -> Trie:
        """As ``storage_root``."""
        return self._own_trie(address, "the storage trie")

    def prove_account(self, address: Address) -> list[bytes]:
        """Nothing for ``own_tries``: nothing leads there. Raises ``StateUnavailable`` for all others."""
        self._own_trie(address, "a proof")
        return []

    def prove_storage(self, address: Address, slot: int) -> list[bytes]:
        """A proof under ``storage_root``. Raises ``StateUnavailable`` where there is none."""
        return self._own_trie(address, "a proof of a slot").prove(slot_key(slot))

    @property
    def account_trie(self) -> Trie:
        """Raises ``StateUnavailable``."""
        self._refuse("the account trie")


def _write(storage: Storage, written: Mapping[int, int]) -> Storage:
    """``storage`` with ``written`` slots; a 0 is kept, for it hides what the base has."""
    slots = storage.slots
    for slot, value in written.items():
        slots = slots.insert(slot, value)
    leaves = {slot_key(slot): rlp.encode_int(value) for slot, value in written.items()}
    return Storage(slots, storage.trie.update(leaves))
