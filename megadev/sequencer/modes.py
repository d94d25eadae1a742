"""The mining modes, and callers' settings for future blocks: values, so that a snapshot can keep them."""

from __future__ import annotations

from enum import Enum

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import next_base_fee
from megadev.chain.spec import ChainSpec
from megadev.primitives.types import ZERO_ADDRESS, Address, Hash32, Wei


class MiningMode(Enum):
    """The mining mode: INSTANT on every transaction, INTERVAL by timer, MIXED both, NONE only on request. CONTINUOUS: a
    block is always open and takes transactions as they arrive; it is sealed by timer or when asked.
    """

    INSTANT = "instant"
    INTERVAL = "interval"
    MIXED = "mixed"
    CONTINUOUS = "continuous"
    NONE = "none"

    @property
    def is_instant(self) -> bool:
        return self is MiningMode.INSTANT or self is MiningMode.MIXED

    @property
    def executes_on_arrival(self) -> bool:
        """A transaction that is ready waits for nothing."""
        return self is not MiningMode.INTERVAL and self is not MiningMode.NONE


class BlockSettings(msgspec.Struct, frozen=True):
    """Settings of future blocks.

    ``next_base_fee`` and ``next_prev_randao`` hold for one block; the rest until changed. ``max_transactions`` per
    block.
    """

    coinbase: Address = ZERO_ADDRESS
    gas_limit: int = 30_000_000
    max_transactions: int | None = None
    next_base_fee: Wei | None = None
    next_prev_randao: Hash32 | None = None
    extra_data: bytes = b""

    def base_fee_after(self, head: SealedBlock, spec: ChainSpec) -> Wei:
        """The base fee of the block after ``head``."""
        return next_base_fee(head.header, spec.fees) if self.next_base_fee is None else self.next_base_fee

    def one_block_passed(self) -> BlockSettings:
        """The settings that remain after one block."""
        if self.next_base_fee is None and self.next_prev_randao is None:
            return self
        return BlockSettings(self.coinbase, self.gas_limit, self.max_transactions, extra_data=self.extra_data)
