"""The one way state changes: a set of post-values with the cause that produced them.

A diff says what is true afterwards, not what happened. It composes: ``a.then(b)`` is ``a`` followed by ``b``.
"""

from __future__ import annotations

from enum import Enum
from typing import Self

import msgspec

from megadev.primitives.types import Address, Hash32
from megadev.state.account import Account


class Cause(Enum):
    """The cause of a state change; kept with the diff for traces, streams and replays."""

    TRANSACTION = "transaction"
    SYSTEM_CALL = "system call"
    DEPOSIT_MINT = "deposit mint"
    CHEAT = "cheat"
    RELOAD = "reload"
    GENESIS = "genesis"
    OVERRIDE = "override"


class StateDiff(msgspec.Struct):
    """Post-values of everything that changed.

    ``accounts``: the account after, or None where it is gone (and its storage with it).
    ``storage``: changed slots by account (0 deletes a slot).
    ``cleared``: accounts whose whole storage is dropped before ``storage`` is applied (destroyed or created anew).
    ``codes``: code newly known, by its keccak256.
    """

    cause: Cause
    accounts: dict[Address, Account | None] = msgspec.field(default_factory=dict)
    storage: dict[Address, dict[int, int]] = msgspec.field(default_factory=dict)
    cleared: set[Address] = msgspec.field(default_factory=set)
    codes: dict[Hash32, bytes] = msgspec.field(default_factory=dict)

    def absorb(self, later: StateDiff) -> None:
        """Make this diff ``self`` followed by ``later``, in place; ``later`` is left alone."""
        accounts = self.accounts
        for address, account in later.accounts.items():
            if account is None:
                self.cleared.add(address)
                self.storage.pop(address, None)
            elif accounts.get(address, account) is None:
                # gone, then there again: that its storage was dropped must not be forgotten with the None
                self.cleared.add(address)
            accounts[address] = account
        if later.cleared:
            self.cleared |= later.cleared
            for address in later.cleared:
                self.storage.pop(address, None)
        for address, slots in later.storage.items():
            mine = self.storage.get(address)
            if mine is None:
                self.storage[address] = dict(slots)
            else:
                mine.update(slots)
        self.codes.update(later.codes)

    def copy(self) -> Self:
        """An independent copy: changing either leaves the other alone."""
        return type(self)(
            self.cause,
            dict(self.accounts),
            {address: dict(slots) for address, slots in self.storage.items()},
            set(self.cleared),
            dict(self.codes),
        )

    def then(self, later: StateDiff) -> Self:
        """A new diff: this one followed by ``later``; it keeps this one's cause."""
        both = self.copy()
        both.absorb(later)
        return both

    @property
    def is_empty(self) -> bool:
        """Nothing changes."""
        return not (self.accounts or self.storage or self.cleared or self.codes)
