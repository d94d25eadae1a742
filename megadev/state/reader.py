"""The interface of readable state: four questions, answered the same way for the reader's lifetime."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account

Slot: TypeAlias = tuple[Address, int]
Keys: TypeAlias = tuple[Iterable[Address], Iterable[Slot]]
PrefetchHint: TypeAlias = Callable[[Any], Keys]
"""What is going to be asked of a state, as far as its remote source (the argument) can tell."""


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
        """True if a slot of the account is known not to be 0."""
        ...


@runtime_checkable
class Prefetches(Protocol):
    """A reader that may have a remote source under it."""

    def with_hint(self, hint: PrefetchHint) -> StateReader:
        """The same answers for one reader, who asks ``hint`` once what else to fetch, should anything be missing."""
        ...


def with_hint(state: StateReader, hint: PrefetchHint | None) -> StateReader:
    """``state`` for who knows what will be asked of it; as it is where nothing is remote. A guess that is wrong only
    costs time.
    """
    return state.with_hint(hint) if hint is not None and isinstance(state, Prefetches) else state
