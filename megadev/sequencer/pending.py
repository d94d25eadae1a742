"""The pending block: the open one as it stands, or the one that would be built now from what waits in the txpool."""

from __future__ import annotations

from megadev.chain.blocks import SealedBlock
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.chain_tip import ChainTip
from megadev.sequencer.filling import fill_to_look


class PendingView:
    """Of one chain; what was built to be looked at is kept as long as it would be built the same."""

    def __init__(self, tip: ChainTip) -> None:
        self._tip = tip
        self._built: tuple[object, BlockBuilder] | None = None
        self._sealed: tuple[BlockBuilder, SealedBlock] | None = None

    def forget(self) -> None:
        """The chain has become another, or its rules have."""
        self._built = self._sealed = None

    def builder(self) -> BlockBuilder:
        """The block that would be built now, where none is open: for reading its ``env`` and ``state``, which cost no
        root.
        """
        tip = self._tip
        key = (
            tip.head.hash,
            tip.pool.version,
            tip.blocks,
            tip.time.settings,
            id(tip.irregular),
            tip.time.now(),
            tip.ecrecover_answers(),
            tip.block_start(tip),
        )
        pending = self._built
        if pending is None or pending[0] != key:
            builder = tip.begin_next(tip.window)
            if not builder.plan.start.stays_alone:
                fill_to_look(builder, tip)
            pending = self._built = (key, builder)
        return pending[1]

    def block(self) -> SealedBlock:
        """The open block, or the one that would be built now. On any thread."""
        if (unsealed := self._tip.tip.open) is not None:
            return unsealed.shown().sealed
        builder = self.builder()
        sealed = self._sealed
        if sealed is None or sealed[0] is not builder:
            sealed = self._sealed = (builder, builder.seal())
        return sealed[1]
