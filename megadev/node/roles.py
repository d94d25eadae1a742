"""The chain's own accounts: the keys of the sequencer and of the bridge's offices, derived from the mnemonic."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from megadev.node.accounts import KeyedAccount
from megadev.primitives.mnemonic import derive_keys
from megadev.primitives.signatures import address_of

ROLES_PATH, ATTESTERS_PATH = "m/44'/60'/4326'/0/", "m/44'/60'/4326'/1/"
"""Where the keys of the roles are derived: under an account number (MegaETH's chain id) that no wallet gets to."""


class Roles(msgspec.Struct, frozen=True):
    """The accounts, in the order of their indices under ``ROLES_PATH``.

    ``sequencer`` signs preconfirmations, ``batcher`` posts batches, ``proposer`` posts output roots; ``owner`` may
    change the bridge's parameters and, as its guardian, pause it. ``attesters`` sign what they executed again, and
    send nothing.
    """

    sequencer: KeyedAccount
    batcher: KeyedAccount
    proposer: KeyedAccount
    owner: KeyedAccount
    attesters: tuple[KeyedAccount, ...]

    @property
    def on_l1(self) -> tuple[KeyedAccount, ...]:
        """The roles that send transactions on L1."""
        return self.batcher, self.proposer, self.owner


@lru_cache(maxsize=8)
def derive_roles(mnemonic: str, sequencer_key: bytes | None = None, attesters: int = 1) -> Roles:
    """The roles of a chain whose accounts come from ``mnemonic``, with so many attesters; ``sequencer_key`` takes the
    place of the first.
    """
    keys = derive_keys(mnemonic, ROLES_PATH, 4)
    if sequencer_key is not None:
        keys[0] = sequencer_key
    sequencer, batcher, proposer, owner = map(_account, keys)
    attesting = tuple(map(_account, derive_keys(mnemonic, ATTESTERS_PATH, attesters)))
    return Roles(sequencer, batcher, proposer, owner, attesting)


def _account(key: bytes) -> KeyedAccount:
    return KeyedAccount(address_of(key), key)


@lru_cache(maxsize=8)
def standby_keys(mnemonic: str, count: int) -> tuple[bytes, ...]:
    """The private keys of so many standby sequencers, which come after the roles under ``ROLES_PATH``."""
    return tuple(derive_keys(mnemonic, ROLES_PATH, 4 + count)[4:])
