"""State seen through diffs: a reader whose answers are a base reader's with a ``StateDiff`` laid over it.

The open block, state overrides, simulated blocks and cheats waiting for a block are all this one class.
"""

from __future__ import annotations

from collections.abc import Mapping

from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import PrefetchHint, StateReader, with_hint

_ABSENT = object()


class Overlay:
    """A ``StateReader`` over ``base``; ``apply`` lays another diff on top."""

    __slots__ = ("_block_hashes", "base", "diff", "laid")

    def __init__(self, base: StateReader, diff: StateDiff | None = None) -> None:
        self.base = base
        self.diff = diff if diff is not None else StateDiff(Cause.TRANSACTION)
        self.laid: list[StateDiff] = []
        """What ``apply`` was given, in this order: for whoever remembers answers of this reader."""
        self._block_hashes: dict[int, Hash32] = {}

    def account(self, address: Address) -> Account | None:
        found = self.diff.accounts.get(address, _ABSENT)
        return self.base.account(address) if found is _ABSENT else found  # type: ignore[return-value]

    def storage(self, address: Address, slot: int) -> int:
        slots = self.diff.storage.get(address)
        if slots is not None:
            value = slots.get(slot)
            if value is not None:
                return value
        if address in self.diff.cleared or self.diff.accounts.get(address, _ABSENT) is None:
            return 0
        return self.base.storage(address, slot)

    @property
    def must_be_asked(self) -> bool:
        """See ``KnowsStorage``."""
        return bool(getattr(self.base, "must_be_asked", False))

    def whole_storage(self, address: Address, most: int) -> Mapping[int, int] | None:
        """See ``KnowsStorage``."""
        here = self.diff.storage.get(address)
        if address in self.diff.cleared or self.diff.accounts.get(address, _ABSENT) is None:
            return here or {}
        knows = getattr(self.base, "whole_storage", None)
        base: Mapping[int, int] | None = None if knows is None else knows(address, most)
        if base is None or not here:
            return base
        return {**base, **here} if len(base) + len(here) <= most else None

    def has_storage(self, address: Address) -> bool:
        """See ``KnowsStorage``."""
        if any(self.diff.storage.get(address, {}).values()):
            return True
        if address in self.diff.cleared or self.diff.accounts.get(address, _ABSENT) is None:
            return False
        has = getattr(self.base, "has_storage", None)
        return has is not None and bool(has(address))

    def code(self, code_hash: Hash32) -> bytes:
        code = self.diff.codes.get(code_hash)
        return self.base.code(code_hash) if code is None else code

    def block_hash(self, number: int) -> Hash32:
        known = self._block_hashes.get(number)
        return self.base.block_hash(number) if known is None else known

    def apply(self, diff: StateDiff) -> None:
        """Lay ``diff`` over what is here. The only mutation."""
        self.diff.absorb(diff)
        self.laid.append(diff)

    def set_block_hash(self, number: int, block_hash: Hash32) -> None:
        """Answer ``block_hash(number)`` with this (simulated blocks, block overrides)."""
        self._block_hashes[number] = block_hash

    def with_hint(self, hint: PrefetchHint) -> Overlay:
        """See ``Prefetches``; what is laid over this one shows in both."""
        reader = Overlay(with_hint(self.base, hint), self.diff)
        reader._block_hashes, reader.laid = self._block_hashes, self.laid
        return reader

    def fork(self) -> Overlay:
        """An independent overlay over this one's present answers; this one may go on changing."""
        copy = Overlay(self.base, self.diff.copy())
        copy._block_hashes.update(self._block_hashes)
        return copy
