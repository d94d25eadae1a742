"""The signers of blocks: the sequencer's keys, one after the other.

A key signs whole blocks: it changes at the start of one, and whoever checks a signature asks who signed that block
(MegaETH's ``sequencerAt``). The history is a value, so that a snapshot can hold it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from megadev.errors import InvalidParams
from megadev.primitives.signatures import address_of
from megadev.primitives.types import Address


@dataclass(frozen=True, slots=True)
class Signer:
    """A key (32 bytes) from block ``first_block`` on; where there are ``others``, they take turns with it, it first, of
    ``turn`` blocks each (``standby``). Raises ValueError for a key outside [1, n).
    """

    first_block: int
    key: bytes = field(repr=False)
    others: tuple[bytes, ...] = field(default=(), repr=False)
    turn: int = 0
    address: Address = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", address_of(self.key))

    @property
    def keys(self) -> tuple[bytes, ...]:
        """All that sign in this term."""
        return (self.key, *self.others)

    def at(self, block: int) -> Signer:
        """The signer of block number ``block`` within this term."""
        if not self.others:
            return self
        passed = (block - self.first_block) // self.turn
        return _alone(self.first_block + passed * self.turn, self.keys[passed % len(self.keys)])


@lru_cache(maxsize=1_024)
def _alone(first_block: int, key: bytes) -> Signer:
    return Signer(first_block, key)


class Signers(msgspec.Struct, frozen=True):
    """All keys so far, the newest first. There is always one that has signed from block 0."""

    terms: tuple[Signer, ...]

    @classmethod
    def from_genesis(cls, key: bytes) -> Signers:
        """One key for every block. Raises ValueError for a key outside [1, n)."""
        return cls((Signer(0, key),))

    def at(self, block: int) -> Signer:
        """The signer of block number ``block``, also of a future one."""
        return next(signer for signer in self.terms if signer.first_block <= block).at(block)

    def without_newest(self) -> Signers:
        """The history as if the last change had not been made. There is one."""
        return Signers(self.terms[1:])

    def rotated(self, key: bytes, first_block: int) -> Signers:
        """The history with ``key`` signing from block ``first_block`` on; a change that was to come at that block or
        later is forgotten.

        Raises ``InvalidParams`` for block 0 and ValueError for a key outside [1, n). That no block at or after
        ``first_block`` has been begun is for the caller to see to: its mini-blocks would have been signed already.
        """
        if first_block <= 0:
            raise InvalidParams(f"the sequencer's key can change only at a future block, not at block {first_block}")
        return self.followed_by(Signer(first_block, key))

    def followed_by(self, term: Signer) -> Signers:
        """The history with ``term`` from its first block on; a change that was to come by then is forgotten."""
        before = tuple(signer for signer in self.terms if signer.first_block < term.first_block)
        return Signers((term, *before))
