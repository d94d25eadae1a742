"""The state before a block as far as a witness tells of it: trie nodes and code under a state root that is trusted.

Every node counts by its hash alone, so what was tampered with is missing. What is asked for and cannot be known raises
``NotInWitness`` naming it; nothing is ever taken for empty because it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from megadev.errors import StateUnavailable
from megadev.primitives import rlp
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import address_key, keccak, slot_key
from megadev.primitives.trie import Trie, UnknownNode
from megadev.primitives.types import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import StateDiff
from megadev.state.world import World, encode_account

_Result = TypeVar("_Result")


class NotInWitness(StateUnavailable):
    """A value that a block's execution needs and its witness does not have: ``what``, by its ``hash``."""

    def __init__(self, what: str, missing: Hash32) -> None:
        super().__init__(f"state unavailable: {what} {to_data(missing)} is not in the witness")
        self.what = what
        self.hash = missing


class WitnessWorld(World):
    """The state with the root ``root``. ``nodes`` are encoded trie nodes, ``codes`` contracts. Raises ``ValueError``
    for a node that is none.
    """

    __slots__ = ("_codes_by_hash", "_nodes", "_root_trie", "_roots", "_tries", "used")

    def __init__(self, root: Hash32, nodes: Iterable[bytes], codes: Iterable[bytes]) -> None:
        super().__init__()
        self._nodes: Mapping[Hash32, bytes] = {keccak(node): node for node in nodes}
        self._codes_by_hash: Mapping[Hash32, bytes] = {keccak(code): code for code in codes} | {EMPTY_CODE_HASH: b""}
        self.used: set[Hash32] = set()
        """Nodes and codes that belong to what was asked for."""
        self._root_trie = Trie.of_nodes(root, self._nodes, self.used)
        self._tries: dict[Hash32, Trie] = {EMPTY_TRIE_ROOT: Trie()}
        self._roots: dict[Address, Trie] = {}
        """Storage tries that are others than the account's leaf says."""

    @property
    def unused(self) -> list[Hash32]:
        """The hashes of nodes and codes that nothing led to."""
        return sorted((self._nodes.keys() | self._codes_by_hash.keys()) - self.used - {EMPTY_CODE_HASH})

    def account(self, address: Address) -> Account | None:
        leaf = self._leaf_of(address)
        return None if leaf is None else leaf[0]

    def storage(self, address: Address, slot: int) -> int:
        where = f"a node of the storage trie of {to_data(address)} towards slot {slot:#x},"
        found = _known(where, lambda: self.storage_trie(address).get(slot_key(slot)))
        if not found:
            return 0
        word = rlp.decode(found)
        return int.from_bytes(word, "big") if type(word) is bytes else 0

    def code(self, code_hash: Hash32) -> bytes:
        code = self._codes_by_hash.get(code_hash)
        if code is None:
            raise NotInWitness("code", code_hash)
        self.used.add(code_hash)
        return code

    def whole_storage(self, address: Address, most: int) -> None:
        """Nobody can tell."""

    def has_storage(self, address: Address) -> bool:
        return not self.storage_trie(address).is_empty

    def storage_root(self, address: Address) -> Hash32:
        return self.storage_trie(address).root

    def storage_trie(self, address: Address) -> Trie:
        changed = self._roots.get(address)
        if changed is not None:
            return changed
        leaf = self._leaf_of(address)
        root = EMPTY_TRIE_ROOT if leaf is None else leaf[1]
        trie = self._tries.get(root)
        if trie is None:
            trie = self._tries[root] = Trie.of_nodes(root, self._nodes, self.used)
        return trie

    @property
    def account_trie(self) -> Trie:
        return self._root_trie

    def apply(self, diff: StateDiff) -> WitnessWorld:
        """The world after ``diff``, as ``World.apply`` has it. Raises ``NotInWitness``."""
        after = WitnessWorld.__new__(WitnessWorld)
        World.__init__(after)
        after._nodes, after.used, after._tries = self._nodes, self.used, self._tries
        after._codes_by_hash = {**self._codes_by_hash, **diff.codes}
        after._roots = dict(self._roots)
        leaves: dict[bytes, bytes] = {}
        touched = dict.fromkeys((*diff.cleared, *diff.accounts, *diff.storage))
        for address in touched:
            gone = address in diff.accounts and diff.accounts[address] is None
            trie = Trie() if gone or address in diff.cleared else self.storage_trie(address)
            slots = diff.storage.get(address, {})
            where = f"a node of the storage trie of {to_data(address)}, which is written,"
            words = {slot_key(slot): rlp.encode_int(word) if word else b"" for slot, word in slots.items()}
            after._roots[address] = trie = _known(where, lambda trie=trie, words=words: trie.update(words))  # type: ignore[misc]
            account = diff.accounts[address] if address in diff.accounts else self.account(address)
            leaves[address_key(address)] = b"" if account is None else encode_account(account, trie.root)
        after._root_trie = _known("a node of the account trie", lambda: self._root_trie.update(leaves))
        return after

    def _leaf_of(self, address: Address) -> tuple[Account, Hash32] | None:
        where = f"a node of the account trie towards {to_data(address)},"
        found = _known(where, lambda: self._root_trie.get(address_key(address)))
        if not found:
            return None
        fields = rlp.decode(found)
        if type(fields) is not list or len(fields) != 4:
            raise StateUnavailable(
                f"state unavailable: the leaf of {to_data(address)} in the witness is not an account"
            )
        nonce, balance, root, code_hash = fields
        assert isinstance(nonce, bytes) and isinstance(balance, bytes), "its hash is that of a leaf"
        assert isinstance(root, bytes) and isinstance(code_hash, bytes), "its hash is that of a leaf"
        return Account(int.from_bytes(nonce, "big"), int.from_bytes(balance, "big"), code_hash), root


def _known(what: str, look: Callable[[], _Result]) -> _Result:
    try:
        return look()
    except UnknownNode as missing:
        raise NotInWitness(what, missing.hash) from None
