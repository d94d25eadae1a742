"""What becomes of the states of old blocks: they are thinned out (``state/thin``), or dropped where the settings say to
keep so many only (``--prune-history``). The first block keeps its own.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import force_setattr

from megadev.chain.store import ChainStore
from megadev.state.thin import thinned
from megadev.state.unavailable import PRUNED, UnavailableWorld

RECENT: Final = 1_024
"""Blocks whose states are kept as they are: these are asked for most."""
AT_ONCE: Final = 64
"""Blocks that are thinned out together: one of them keeps its state."""


def age(store: ChainStore, keep: int | None) -> None:
    """A block has joined ``store``. ``keep``: how many of the newest states are kept; None: all.

    Blocks are changed in place, although they are values: what they answer stays the same, and whoever holds one is to
    let go of its state too.
    """
    head, first = store.head.number, store.genesis.number
    if keep is not None:
        old = head - max(keep, 1)
        for block in store.blocks(max(old, first + 1), old).made if old > first else ():
            force_setattr(block, "world", UnavailableWorld(block.number, PRUNED))
    elif head % AT_ONCE == 0 and head - RECENT - AT_ONCE >= first:
        blocks = store.blocks(head - RECENT - AT_ONCE, head - RECENT - 1).made
        for block, world in zip(blocks, thinned([block.world for block in blocks]), strict=True):
            if world is not block.world:
                force_setattr(block, "world", world)
