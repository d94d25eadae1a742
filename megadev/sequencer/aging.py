"""The ageing of blocks and their states. Old states are thinned out (``state/thin``), or dropped with ``--keep-blocks``
and ``--prune-history``; then the blocks are packed (``chain/packed_blocks``). The first block stays as it is.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

import msgspec
from msgspec.structs import force_setattr

from megadev.chain.blocks import SealedBlock
from megadev.chain.store import ChainStore
from megadev.primitives.types import Address
from megadev.state.pruned import PrunedWorld
from megadev.state.thin import thinned
from megadev.state.unavailable import UnavailableWorld

RECENT: Final = 1_024
"""Blocks whose states are kept as they are: these are asked for most."""
AT_ONCE: Final = 64
"""Blocks that are thinned out together."""
MOST_PACKED: Final = 4 * AT_ONCE
"""Blocks that are packed at a time: a hundredth of a second."""


class StateLimit(msgspec.Struct, frozen=True):
    """The number of newest states that are kept, and the error for older ones. ``proven``: the account whose storage
    can be proven all the same, and whose account too after the blocks with ``claimed`` numbers.
    """

    count: int
    why: str
    proven: Address | None = None
    claimed: Set[int] = frozenset()

    def excludes(self, number: int, head: int) -> bool:
        """True if the state after block ``number`` is too old where the newest block is ``head``."""
        return number <= head - max(self.count, 1)


def _left_of(block: SealedBlock, limit: StateLimit) -> UnavailableWorld:
    """What ``limit`` leaves of the state after ``block``."""
    number, left = block.number, None
    if limit.proven is not None:
        with_account = number in limit.claimed
        left = PrunedWorld.of(block.world, number, limit.why, limit.proven, with_account=with_account)
    return UnavailableWorld(number, limit.why) if left is None else left


def pack_old(store: ChainStore, most: int | None = None) -> None:
    """Pack the blocks of ``store`` that are old, or the ``most`` oldest of those that are not packed yet."""
    store.pack(store.head.number - RECENT - AT_ONCE - 1, most)


def age(store: ChainStore, limit: StateLimit | None, needed: int | None = None, *, packs: bool = True) -> None:
    """A block has joined ``store``. ``limit``: which states are kept; None: all. ``needed``: the number from which on
    they are still to be written down. ``packs``: whether blocks without a state of their own are packed.

    Blocks are changed in place, although they are values: what they answer stays the same, and whoever holds one is to
    let go of its state too.
    """
    head, first = store.head.number, store.genesis.number
    if limit is not None:
        old = head - max(limit.count, 1)
        if needed is not None:
            old = min(old, needed - 1)
        oldest = old + 1
        for block in store.in_memory(old + 1, old + 1):
            block.world.forget_how_it_was_made()  # which leads to those that are dropped
        while old > first:
            known = [block for block in store.in_memory(old, old) if block.world.is_known]
            if not known:
                break
            force_setattr(known[0], "world", _left_of(known[0], limit))
            old -= 1
        if packs and head % AT_ONCE == 0:
            store.pack(min(oldest - 1, head - RECENT), MOST_PACKED)
    elif head % AT_ONCE == 0 and head - RECENT - AT_ONCE >= first:
        begin = head - RECENT - AT_ONCE
        blocks = list(store.in_memory(begin, head - RECENT - 1))
        before = next((block.world for block in store.in_memory(begin - 1, begin - 1)), None)
        for block, world in zip(blocks, thinned([block.world for block in blocks], before), strict=True):
            if world is not block.world:
                force_setattr(block, "world", world)
        if packs:
            pack_old(store, MOST_PACKED)
