"""What anything that executes may ask of state: four questions, answered the same way for the reader's lifetime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account


class StateReader(Protocol):
    """Read-only state at one moment. Raises ``StateUnavailable`` where a remote source cannot answer."""

    def account(self, address: Address) -> Account | None:
        """The account, or None where none exists (which differs from an empty one)."""
        ...

    def storage(self, address: Address, slot: int) -> int:
        """The word in ``slot``, 0 where nothing was written."""
        ...

    def code(self, code_hash: Hash32) -> bytes:
        """The code with that keccak256; b'' for the empty hash."""
        ...

    def block_hash(self, number: int) -> Hash32:
        """The hash of block ``number``, 32 zero bytes where this chain has none."""
        ...


class KnowsStorage(Protocol):
    """A reader that knows some accounts' storage whole, without asking anybody."""

    must_be_asked: bool
    """Whether every question has to reach it: it notes what it is asked, or answers in its own way."""

    def whole_storage(self, address: Address, most: int) -> Mapping[int, int] | None:
        """Every slot of the account that is not 0. None where that is not known, or they are more than ``most``."""
        ...

    def has_storage(self, address: Address) -> bool:
        """Whether a slot of the account is known not to be 0."""
        ...
