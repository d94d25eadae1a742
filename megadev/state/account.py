"""One account as the world stores it: frozen, comparable, without its storage (that lives beside it in the world)."""

from __future__ import annotations

import msgspec

from megadev.primitives.types import EMPTY_CODE_HASH, Hash32, Wei


class Account(msgspec.Struct, frozen=True, gc=False):
    """Nonce, balance in wei and code hash of an account that exists.

    Why a msgspec struct and not a dataclass: three of these are made for every transaction, and it is made in C.
    """

    nonce: int = 0
    balance: Wei = 0
    code_hash: Hash32 = EMPTY_CODE_HASH

    @property
    def is_empty(self) -> bool:
        """No nonce, no balance, no code (EIP-161)."""
        return self.nonce == 0 and self.balance == 0 and self.code_hash == EMPTY_CODE_HASH


EMPTY_ACCOUNT = Account()
