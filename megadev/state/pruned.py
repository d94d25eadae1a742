"""The state after an old block of which one account's storage is left: all that a proof of a withdrawal takes."""

from __future__ import annotations

from megadev.primitives.keccak import slot_key
from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account
from megadev.state.unavailable import UnavailableWorld
from megadev.state.world import Storage, World


class PrunedWorld(UnavailableWorld):
    """As ``UnavailableWorld``, but the storage of ``address`` can be asked for and proven; its account too, where
    ``account_proof`` is there. What it holds it shares with the states that are kept, unless it was written since.
    """

    __slots__ = ("_account", "_account_proof", "_state_root", "_storage", "address")

    def __init__(self, number: int, why: str, address: Address, storage: Storage) -> None:
        super().__init__(number, why)
        self.address = address
        self._storage = storage
        self._account: Account | None = None
        self._account_proof: list[bytes] | None = None
        self._state_root: Hash32 | None = None

    @classmethod
    def of(cls, world: World, number: int, why: str, address: Address, *, with_account: bool) -> PrunedWorld | None:
        """What is left of ``world``, the state after block ``number``. None where it would have to be made for that."""
        if type(world) is not World:
            return None
        pruned = cls(number, why, address, world.storage_with_trie(address))
        if with_account:
            pruned._account, pruned._account_proof = world.account(address), world.prove_account(address)
            pruned._state_root = world.state_root
        return pruned

    def account(self, address: Address) -> Account | None:
        if address != self.address or self._account_proof is None:
            self._refuse()
        return self._account

    def prove_account(self, address: Address) -> list[bytes]:
        if address != self.address or self._account_proof is None:
            self._refuse()
        return self._account_proof

    @property
    def state_root(self) -> Hash32:
        if self._state_root is None:
            self._refuse()
        return self._state_root

    def storage_root(self, address: Address) -> Hash32:
        return self._of(address).trie.root

    def storage(self, address: Address, slot: int) -> int:
        return self._of(address).slots.get(slot, 0)

    def prove_storage(self, address: Address, slot: int) -> list[bytes]:
        storage = self._of(address)
        return [] if storage.trie.is_empty else storage.trie.prove(slot_key(slot))

    def _of(self, address: Address) -> Storage:
        if address != self.address:
            self._refuse()
        return self._storage
