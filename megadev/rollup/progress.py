"""The progress of a pair of chains with each other, beyond the chains' own content."""

from __future__ import annotations

import msgspec

from megadev.rollup.batcher import BatcherSettings
from megadev.rollup.consolidator import SyncStart
from megadev.rollup.derivation import L1Fees
from megadev.rollup.faults import NO_ROLLUP_FAULTS, RollupFaults


class Progress(msgspec.Struct, frozen=True):
    """Progress of the rollup that neither chain stores, as one value, so that a snapshot can contain it.

    ``fees`` are what L2 is told of L1's fees instead of what they are: from L1 block ``fees_from`` on each block takes
    the next one, and when all are used it starts again. ``safe_distance`` and ``finalized_distance``: L1 blocks.
    ``adopted``: the number of the L2 block up to which L2 has followed another L1 than this. ``sync_start``: from
    where on L1's batches count, where that is not their first. ``batching``: how the batcher posts.
    ``faults``: what is wrong on purpose besides.
    """

    fees: tuple[L1Fees, ...] = ()
    fees_from: int = 0
    safe_distance: int = 0
    finalized_distance: int = 0
    adopted: int = 0
    sync_start: SyncStart | None = None
    batching: BatcherSettings = BatcherSettings()
    faults: RollupFaults = NO_ROLLUP_FAULTS
