"""Deliberate faults between the chains: in how L2 follows L1, in the batcher's posts and the proposer's claims.
(``sequencer/faults``: with the sequencer; ``da/store``: with the store beside L1.)

Values, so that a snapshot can hold them; each lasts until it is lifted. Whoever is at fault asks the value what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import msgspec

from megadev.chain.transactions import DEPOSIT, Transaction
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32
from megadev.rollup.batches import SingularBatch

FAR_AHEAD = 1_000_000
"""L1 blocks: no origin of an L2 block lies so far ahead of its parent's."""


class BadBatch(Enum):
    """Invalid batches of a channel, which derivation drops (OP Stack, "Batch Queue")."""

    PARENT = "parent"
    """The first one names a parent that is none."""
    FUTURE_EPOCH = "future-epoch"
    """It has an L1 origin that L1 has not got to."""
    EPOCH_HASH = "epoch-hash"
    """Its L1 origin's hash is another."""
    TIME = "time"
    """It is no later than its parent."""
    DEPOSIT = "deposit"
    """A deposit is among its transactions: only L1 says those."""
    EMPTY = "empty"
    """A transaction without a byte is among them."""
    UNKNOWN_TYPE = "unknown-type"
    """A transaction of a type that no rules know is among them."""
    GARBAGE = "garbage"
    """The channel cannot be decompressed."""


class RollupFaults(msgspec.Struct, frozen=True):
    """All that can be wrong. ``freezes_origin``: L2 stays at the L1 block that it has got to. ``omitted``: deposits
    that are left out, by hash on L2 or by an address that they are from or to (None: none, empty: all).
    ``claims_wrong_roots``: the proposer does.
    """

    freezes_origin: bool = False
    omitted: frozenset[Hash32 | Address] | None = None
    claims_wrong_roots: bool = False

    def omits(self, deposit: Transaction) -> bool:
        """True if that deposit is left out of L2's blocks."""
        omitted = self.omitted
        if omitted is None:
            return False
        return not omitted or not omitted.isdisjoint((deposit.hash, deposit.sender, deposit.to or b""))


NO_ROLLUP_FAULTS = RollupFaults()


def spoiled(batches: Sequence[SingularBatch], how: BadBatch) -> tuple[SingularBatch, ...]:
    """``batches`` with what is wrong about them in the first one."""
    first, *rest = batches
    change: dict[str, object] = {}
    match how:
        case BadBatch.PARENT:
            change = {"parent_hash": keccak(first.parent_hash)}
        case BadBatch.FUTURE_EPOCH:
            change = {"epoch_number": first.epoch_number + FAR_AHEAD, "epoch_hash": keccak(first.epoch_hash)}
        case BadBatch.EPOCH_HASH:
            change = {"epoch_hash": keccak(first.epoch_hash)}
        case BadBatch.TIME:
            change = {"timestamp": 0}
        case BadBatch.DEPOSIT:
            change = {"transactions": (*first.transactions, bytes((DEPOSIT, 0xC0)))}
        case BadBatch.EMPTY:
            change = {"transactions": (*first.transactions, b"")}
        case BadBatch.UNKNOWN_TYPE:
            change = {"transactions": (*first.transactions, b"\x5f\xc0")}
        case BadBatch.GARBAGE:
            pass
    return (msgspec.structs.replace(first, **change), *rest)


def wrong_root(root: Hash32) -> Hash32:
    """The wrong root that is claimed instead of the output root."""
    return keccak(root)
