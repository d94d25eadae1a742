"""The multipliers of storage gas on a chain: the size of each of MegaETH's state buckets.

A bucket has the capacity it is given, and where they are ``live`` it grows with what is stored: each account and each
slot that is not 0 takes one place in it. Real buckets never shrink again; these have the size that what is stored now
needs, so that the same state has the same prices whoever gets there. Of a fork only what is known here counts.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TypeAlias

from rpds import HashTrieMap

from megadev.chain.spec import SMALLEST_CAPACITY, Salt
from megadev.evm.salt import bucket_of, grown, slot_bucket
from megadev.primitives.types import Address
from megadev.state.diff import StateDiff
from megadev.state.world import World

Counts: TypeAlias = "HashTrieMap[int, int]"
_KEPT = 256
"""Worlds whose entries are remembered, the newest: those of the last blocks."""

_counted: OrderedDict[int, tuple[World, Counts]] = OrderedDict()
_lock = Lock()


def capacities(salt: Salt, world: World) -> Callable[[int], int] | None:
    """The capacity of each bucket for a block on top of ``world``; None: all have the smallest."""
    given = dict(salt.capacities)
    if not salt.live:
        return (lambda bucket: given.get(bucket, SMALLEST_CAPACITY)) if given else None
    counts = entries(world)
    return lambda bucket: grown(given.get(bucket, SMALLEST_CAPACITY), counts.get(bucket, 0) or 0)


def entries(world: World) -> Counts:
    """The number of entries in each non-empty bucket."""
    known = _counted.get(id(world))
    if known is not None and known[0] is world:
        return known[1]
    counts: dict[int, int] = {}
    for address, _ in world.accounts():
        bucket = bucket_of(address)
        counts[bucket] = counts.get(bucket, 0) + 1
        for slot in world.storage_of(address):
            bucket = slot_bucket(address, slot)
            counts[bucket] = counts.get(bucket, 0) + 1
    found = HashTrieMap(counts)
    _remember(world, found)
    return found


def follow(before: World, diff: StateDiff, after: World) -> None:
    """Count on: ``after`` is ``before`` with ``diff``. Costs what the diff holds where ``before`` was counted."""
    counts = entries(before)
    changes: dict[int, int] = {}

    def count(bucket: int, change: int) -> None:
        changes[bucket] = changes.get(bucket, 0) + change

    for address in diff.accounts:
        was, now = before.account(address), after.account(address)
        if (was is None) != (now is None):
            count(bucket_of(address), 1 if was is None else -1)
    for address in {*diff.storage, *diff.cleared, *(gone for gone, left in diff.accounts.items() if left is None)}:
        for slot in _touched(address, before, diff):
            change = (after.storage(address, slot) != 0) - (before.storage(address, slot) != 0)
            if change:
                count(slot_bucket(address, slot), change)
    for bucket, change in changes.items():
        if change:
            counts = counts.insert(bucket, (counts.get(bucket, 0) or 0) + change)
    _remember(after, counts)


def _touched(address: Address, before: World, diff: StateDiff) -> set[int]:
    """Slots of the account that may have changed."""
    touched = set(diff.storage.get(address, ()))
    if address in diff.cleared or (address in diff.accounts and diff.accounts[address] is None):
        touched.update(before.storage_of(address))
    return touched


def _remember(world: World, counts: Counts) -> None:
    with _lock:
        _counted[id(world)] = (world, counts)
        _counted.move_to_end(id(world))
        while len(_counted) > _KEPT:
            _counted.popitem(last=False)
