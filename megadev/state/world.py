"""The whole state of a chain at one moment, immutable: accounts, storage and code, with roots and proofs.

``World.apply`` is how state gets from one block to the next. Worlds share what they have in common, so every block
keeps its own for little more than what the block changed, and asking an old one is like asking the newest.

Why the account trie waits: accounts and slots must be readable at once, the state root only when a block is sealed. A
world remembers which accounts its trie does not show yet and brings it up to date, once, when a root or proof is asked
for; worlds in between never pay. Storage tries do not wait, for the leaf of their account needs their root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec
from rpds import HashTrieMap

from megadev.primitives import rlp
from megadev.primitives.keccak import address_key, slot_key
from megadev.primitives.trie import Trie
from megadev.primitives.types import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, ZERO_HASH, Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import PrefetchHint

_EMPTY_TRIE = Trie()
_ACCOUNT_PREFIX = [rlp.list_prefix(size + 66) for size in range(68)]
"""Of an account's encoding, by the bytes that nonce and balance take in it."""
_NOBODY: frozenset[Address] = frozenset()


class Storage(msgspec.Struct, frozen=True, gc=False):
    """The slots of one account that are not 0, as a map to read and a trie to hash."""

    slots: HashTrieMap[int, int]
    trie: Trie


NO_STORAGE = Storage(HashTrieMap(), _EMPTY_TRIE)


class _Remembered:
    """What may be known by a weak reference, apart from ``World.__slots__``, which are the parts of a world."""

    __slots__ = ("__weakref__",)


class World(_Remembered):
    """Accounts, their storage and code. ``World()`` is empty; ``apply`` makes the next one.

    Storage written for an address without an account is kept and readable, and joins the account's leaf when there is
    one: diffs compose whatever their order.
    """

    __slots__ = ("_accounts", "_codes", "_made_by", "_stale", "_storages", "_trie")

    is_whole = True
    """Whether every account is in here: a fork's are not."""
    is_known = True
    """Whether it answers at all: a block may have come without the state after it."""

    def __init__(self) -> None:
        self._accounts: HashTrieMap[Address, Account] = HashTrieMap()
        self._storages: HashTrieMap[Address, Storage] = HashTrieMap()
        self._codes: HashTrieMap[Hash32, bytes] = HashTrieMap({EMPTY_CODE_HASH: b""})
        self._trie: Trie = _EMPTY_TRIE
        self._stale: frozenset[Address] | set[Address] = _NOBODY
        self._made_by: tuple[World, StateDiff] | None = None
        """The world before and what was written to it, for as long as somebody may want to know (``thin``)."""

    def with_hint(self, hint: PrefetchHint) -> World:
        """See ``Prefetches``: nothing is missing here."""
        return self

    def account(self, address: Address) -> Account | None:
        """The account, or None where none exists."""
        return self._accounts.get(address)

    def storage(self, address: Address, slot: int) -> int:
        """The word in ``slot``, 0 where nothing was written."""
        storage = self._storages.get(address)
        return 0 if storage is None else storage.slots.get(slot, 0)

    def code(self, code_hash: Hash32) -> bytes:
        """The code with that keccak256; b'' for the empty hash and for one never seen."""
        return self._codes.get(code_hash, b"")

    def accounts(self) -> Iterator[tuple[Address, Account]]:
        """Every account, in no particular order."""
        return iter(self._accounts.items())

    def storages(self) -> Iterator[tuple[Address, Mapping[int, int]]]:
        """The slots of every address that has any, an account or not, in no particular order."""
        return ((address, storage.slots) for address, storage in self._storages.items())

    def storage_of(self, address: Address) -> Mapping[int, int]:
        """All slots of an account that are not 0, in no particular order."""
        return self._storages.get(address, NO_STORAGE).slots

    def whole_storage(self, address: Address, most: int) -> Mapping[int, int] | None:
        """See ``KnowsStorage``."""
        if self.must_be_asked:
            return None
        slots = self._storages.get(address, NO_STORAGE).slots
        return slots if len(slots) <= most else None

    def has_storage(self, address: Address) -> bool:
        """See ``KnowsStorage``."""
        storage = None if self.must_be_asked else self._storages.get(address)
        return storage is not None and any(storage.slots.values())

    @property
    def must_be_asked(self) -> bool:
        """See ``KnowsStorage``: a world of another kind may answer otherwise than from what is in here."""
        return type(self) is not World

    def block_hash(self, number: int) -> Hash32:
        """The hash of a block from before the chain's first one: 32 zero bytes, there is none."""
        return ZERO_HASH

    def __len__(self) -> int:
        """Returns the number of accounts."""
        return len(self._accounts)

    def apply(self, diff: StateDiff) -> World:
        """The world after ``diff``; this one stays as it is. Costs what the diff holds.

        In the diff's own order: whole storages are dropped (of ``cleared`` accounts and of those that are gone), then
        slots written, then accounts.
        """
        stale = set(self._stale)
        storages = self._storages
        accounts = self._accounts
        stale.update(diff.accounts)
        for address in diff.cleared:
            if address in storages:
                storages = storages.remove(address)
            stale.add(address)
        for address, account in diff.accounts.items():
            if account is not None:
                accounts = accounts.insert(address, account)
                continue
            if address in accounts:
                accounts = accounts.remove(address)
            if address in storages:
                storages = storages.remove(address)
        for address, written in diff.storage.items():
            if written:
                before = storages.get(address, NO_STORAGE)
                after = _write(before, written)
                if after.trie.is_empty:
                    storages = storages.discard(address)
                elif after is not before:
                    storages = storages.insert(address, after)
                stale.add(address)
        codes = self._codes
        for code_hash, code in diff.codes.items():
            codes = codes.insert(code_hash, code)
        world = self._next(accounts, storages, codes, stale)
        world._made_by = self, diff
        return world

    def changes_since(self, before: World) -> StateDiff:
        """Returns the difference from ``before`` to this world, at any distance. Costs what the two hold."""
        diff = StateDiff(Cause.GENESIS)
        for address, account in self.accounts():
            if before.account(address) != account:
                diff.accounts[address] = account
                if code := self.code(account.code_hash):
                    diff.codes[account.code_hash] = code
            if slots := changed_slots(before.storage_of(address), self.storage_of(address)):
                diff.storage[address] = slots
        for address, _ in before.accounts():
            if self.account(address) is None:
                diff.accounts[address] = None
        return diff

    @property
    def state_root(self) -> Hash32:
        """The root of the account trie, as it stands in a header."""
        return self.account_trie.root

    def storage_root(self, address: Address) -> Hash32:
        """The root of an account's storage trie."""
        storage = self._storages.get(address)
        return EMPTY_TRIE_ROOT if storage is None else storage.trie.root

    def storage_with_trie(self, address: Address) -> Storage:
        """All of an account's storage."""
        return self._storages.get(address, NO_STORAGE)

    def storage_trie(self, address: Address) -> Trie:
        """An account's storage trie."""
        storage = self._storages.get(address)
        return _EMPTY_TRIE if storage is None else storage.trie

    def shares(self, other: World, address: Address) -> bool:
        """True if an account and its storage are known to be the same in ``other``, without comparing what they hold:
        nothing was written to them on the way from one world to the other. False where that is not known.
        """
        return (
            type(self) is World is type(other)
            and self._storages.get(address) is other._storages.get(address)
            and self._accounts.get(address) is other._accounts.get(address)
        )

    def prove_account(self, address: Address) -> list[bytes]:
        """Nodes of the account trie from the root towards ``address`` (EIP-1186): it is so, or it does not exist."""
        return self.account_trie.prove(address_key(address))

    def prove_storage(self, address: Address, slot: int) -> list[bytes]:
        """Nodes of the account's storage trie from its root towards ``slot`` (EIP-1186). No nodes for no storage."""
        storage = self._storages.get(address)
        return [] if storage is None else storage.trie.prove(slot_key(slot))

    def _next(
        self,
        accounts: HashTrieMap[Address, Account],
        storages: HashTrieMap[Address, Storage],
        codes: HashTrieMap[Hash32, bytes],
        stale: set[Address],
    ) -> World:
        world = World.__new__(World)
        world._accounts = accounts
        world._storages = storages
        world._codes = codes
        world._trie = self._trie
        world._stale = stale
        world._made_by = None
        return world

    def written_since(self, earlier: World, steps: int) -> StateDiff | None:
        """Returns the writes from ``earlier`` to this world, in at most a given number of steps; None if they are not
        known.
        """
        diffs = self.diffs_since(earlier, steps)
        if diffs is None:
            return None
        written, *others = diffs
        if others:
            written = written.copy()
            for diff in others:
                written.absorb(diff)
        return written

    def diffs_since(self, earlier: World, steps: int) -> list[StateDiff] | None:
        """Returns the same as single steps, the earliest first; at least one."""
        diffs: list[StateDiff] = []
        made_by = self._made_by
        while made_by is not None and len(diffs) < steps:
            before, diff = made_by
            diffs.insert(0, diff)
            if before is earlier:
                return diffs
            made_by = before._made_by
        return None

    def forget_how_it_was_made(self) -> None:
        """Let go of the world before."""
        self._made_by = None

    @property
    def account_trie(self) -> Trie:
        """The trie that shows all accounts. Changes how this world remembers, never what it answers."""
        if self._stale:
            stale = self._stale  # read first: another thread that gets here does the same work, not half of it
            self._trie = self._trie.update({address_key(address): self._leaf(address) for address in stale})
            self._stale = _NOBODY
        return self._trie

    def _leaf(self, address: Address) -> bytes:
        """The RLP of an account as its leaf holds it, b'' where there is none."""
        account = self._accounts.get(address)
        if account is None:
            return b""
        return encode_account(account, self.storage_root(address))


class WorldView:
    """A ``StateReader`` over a world; ``block_hash`` answers for the chain it belongs to."""

    __slots__ = ("_block_hash", "account", "code", "has_storage", "must_be_asked", "storage", "whole_storage", "world")

    def __init__(self, world: World, block_hash: Callable[[int], Hash32] = lambda number: ZERO_HASH) -> None:
        self.world = world
        self._block_hash = block_hash
        # the world's own methods: a view must not cost a call on every read
        self.account = world.account
        self.storage = world.storage
        self.code = world.code
        self.whole_storage = world.whole_storage
        self.has_storage = world.has_storage
        self.must_be_asked = world.must_be_asked

    def block_hash(self, number: int) -> Hash32:
        """The hash of block ``number``, 32 zero bytes where the chain has none."""
        return self._block_hash(number)

    def with_hint(self, hint: PrefetchHint) -> WorldView:
        """See ``Prefetches``."""
        world = self.world.with_hint(hint)
        return self if world is self.world else WorldView(world, self._block_hash)


def encode_account(account: Account, storage_root: Hash32) -> bytes:
    """An account as the account trie holds it: RLP of nonce, balance, storage root and code hash."""
    head = rlp.encode_int(account.nonce) + rlp.encode_int(account.balance)
    # the two hashes take 66 bytes, and all of it stays below 256: two bytes in front, always
    return b"".join((_ACCOUNT_PREFIX[len(head)], head, b"\xa0", storage_root, b"\xa0", account.code_hash))


def changed_slots(before: Mapping[int, int], after: Mapping[int, int]) -> dict[int, int]:
    """The words of ``after`` that are others in ``before``; 0 for those that are gone."""
    if before is after:
        return {}
    changed = {slot: word for slot, word in after.items() if before.get(slot) != word}
    changed |= {slot: 0 for slot in before if slot not in after}
    return changed


def _write(storage: Storage, written: Mapping[int, int]) -> Storage:
    """``storage`` with ``written`` slots; a 0 deletes."""
    slots = storage.slots
    leaves: dict[Hash32, bytes] = {}
    for slot, value in written.items():
        if value:
            slots = slots.insert(slot, value)
            leaves[slot_key(slot)] = rlp.encode_int(value)
        elif slot in slots:
            slots = slots.remove(slot)
            leaves[slot_key(slot)] = b""
    return Storage(slots, storage.trie.update(leaves)) if leaves else storage
