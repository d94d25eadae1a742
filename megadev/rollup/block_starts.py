"""The start of each L2 block: its L1 attributes, and L1's deposits (``driver`` decides when and why).

Everything is read from L1's and L2's own blocks and state, whenever either head is another.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from megadev.chain.blocks import SealedBlock, SystemCall
from megadev.chain.transactions import Transaction
from megadev.primitives.types import ZERO_ADDRESS, ZERO_HASH
from megadev.rollup.deposits import DEPOSITOR, attributes_transaction, encode_attributes
from megadev.rollup.derivation import L1Fees, L1Origin, attributes_of, config_told, deposit_logs, deposits_in, origin_in
from megadev.rollup.derivation.batch_queue import fit_together
from megadev.rollup.derivation.config import SystemConfig
from megadev.rollup.predeploys import L1_BLOCK, L1Addresses
from megadev.rollup.progress import Progress
from megadev.rollup.system_config import config_at
from megadev.sequencer.block_builder import PLAIN_START, BlockStart
from megadev.sequencer.chain_tip import ChainTip
from megadev.state.diff import StateDiff
from megadev.state.reader import StateReader
from megadev.state.world import World


class BlockStarts:
    """Of an L2 that settles on ``l1`` with the bridge at ``addresses``. On the writer thread, but for ``origin_of``.

    ``first_config``: the settings that L1 begins with, for an L1 that was loaded without its states. ``max_drift``:
    seconds that an L2 block with transactions may be later than its L1 origin (None: any).
    """

    def __init__(
        self,
        l1: ChainTip,
        addresses: L1Addresses,
        progress: Progress,
        first_config: Callable[[L1Addresses], SystemConfig] = lambda addresses: SystemConfig(batcher=ZERO_ADDRESS),
        max_drift: int | None = None,
    ) -> None:
        self.l1 = l1
        self.addresses = addresses
        self.progress = progress
        self._first_config = first_config
        self._max_drift = max_drift
        self._known: tuple[SealedBlock, SealedBlock, Progress, StateDiff | None, BlockStart] | None = None
        self._followed: tuple[SealedBlock, SealedBlock, Progress] | None = None
        """An L2 block that has got to the L1 block beside it, which is L1's head: L2 has nothing to be told."""

    def start_over(self, addresses: L1Addresses) -> None:
        """The chains have become others, with the bridge at ``addresses``."""
        self.addresses = addresses
        self.progress = msgspec.structs.replace(self.progress, fees=(), fees_from=0, adopted=0, sync_start=None)
        self._known = self._followed = None

    def next(self, l2: ChainTip) -> BlockStart:
        """The transactions and origin that the next L2 block begins with."""
        l1_head, (head, irregular, _) = self.l1.store.head, l2.tip
        known = self._known
        if (
            known is not None
            and known[0] is head
            and known[1] is l1_head
            and known[2] is self.progress
            and known[3] is irregular
        ):
            return known[4]
        start = PLAIN_START if self.has_followed(l2) else self._next(l2, head)
        self._known = (head, l1_head, self.progress, irregular, start)
        return start

    def has_followed(self, l2: ChainTip) -> bool:
        """True if L2's next block begins with nothing because L2 has got to L1's head, as it had a block or more ago:
        neither has L1 changed since, nor what L2 knows of it. Where false, that is to be found out.

        Each of the blocks that users' transactions make asks this; it costs a microsecond, finding out tens of them.
        """
        followed = self._followed
        if followed is None:
            return False
        head, irregular, _ = l2.tip
        block, l1_head, progress = followed
        if l1_head is not self.l1.store.head or progress is not self.progress or irregular is not None:
            return False
        if block is not head:
            if l2.spec.leads_with_l1_attributes or not head.world.shares(block.world, L1_BLOCK):
                return False
            self._followed = (head, l1_head, progress)
        return True

    def _next(self, l2: ChainTip, head: SealedBlock) -> BlockStart:
        origin = self.origin_of(l2, head)
        if origin is None or self.has_lost_its_origin(l2, head):
            return PLAIN_START  # nothing to be told, or nothing to go on from until it has gone back
        l1, portal = self.l1.store, self.addresses.portal
        leads = l2.spec.leads_with_l1_attributes
        if self.progress.faults.freezes_origin:
            return self._frozen(l2, origin)
        if origin.hash == l1.head.hash:
            if leads:
                return self._told(l2, l1.head, origin.sequence_number + 1, ())
            if l2.irregular is None:
                self._followed = (head, l1.head, self.progress)
            return PLAIN_START
        next_number, told = self._first_unseen(origin), l1.head
        taken: list[tuple[Transaction, ...]] = []
        gas_limit = min(l2.store.genesis.header.gas_limit, l2.blocks.gas_limit)
        for number in dict.fromkeys(log.block.number for log in deposit_logs(l1, next_number, l1.head.number, portal)):
            block = l1.resolve(number)
            found = (tx for tx in deposits_in(l1, block, portal) if l2.store.transaction(tx.hash) is None)
            deposits = tuple(tx for tx in found if not self.progress.faults.omits(tx))
            if not fit_together([*taken, deposits], gas_limit):
                told = l1.resolve(number - 1)
                break
            taken.append(deposits)
        return self._told(l2, told, 0, tuple(tx for deposits in taken for tx in deposits))

    def _frozen(self, l2: ChainTip, origin: L1Origin) -> BlockStart:
        """The start of a block that stays at ``origin`` though L1 has gone on, as long as it may hold transactions."""
        l1, start = self.l1.store, PLAIN_START
        block = l1.genesis if origin.hash == ZERO_HASH else l1.by_hash(origin.hash)
        if block is None:
            return start
        if l2.spec.leads_with_l1_attributes:
            start = self._told(l2, block, origin.sequence_number + 1, ())
        return start if self._max_drift is None else start.until(block.timestamp + self._max_drift)

    def _told(
        self, l2: ChainTip, block: SealedBlock, sequence_number: int, deposits: tuple[Transaction, ...]
    ) -> BlockStart:
        """The start of an L2 block that is told of the L1 block ``block``."""
        earlier = None if block.world.is_known else config_told(l2.closed_state(), self._first_config(self.addresses))
        config = config_at(self.l1.store, block, self.addresses.system_config, earlier)
        attributes = attributes_of(block, self.l1.spec, config, sequence_number, self.fees_at(block.number))
        if l2.spec.leads_with_l1_attributes:
            return BlockStart(None, attributes_transaction(attributes), deposits)
        return BlockStart(SystemCall(DEPOSITOR, L1_BLOCK, encode_attributes(attributes)), None, deposits)

    def fees_at(self, l1_number: int) -> L1Fees | None:
        """Returns the gas prices in an L1 block that L2 is given, if they were set."""
        fees = self.progress.fees
        return fees[max(l1_number - self.progress.fees_from, 0) % len(fees)] if fees else None

    def origin_of(self, l2: ChainTip, block: SealedBlock) -> L1Origin | None:
        """The L1 block that an L2 block has got to; L1's first one where it was told of none; None where it came
        without its state or has no L1Block.

        Raises ``StateUnavailable`` where it can be had, but not now.
        """
        if not block.world.is_known:
            return None
        return self.origin_in(l2.closed_state() if block is l2.head else block.world)

    def origin_in(self, state: StateReader | World) -> L1Origin | None:
        """The same, in the state after an L2 block."""
        if isinstance(state, World) and not state.is_known:
            return None
        origin = origin_in(state)
        if origin is None or origin.hash != ZERO_HASH:
            return origin
        first = self.l1.store.genesis
        return L1Origin(first.number, ZERO_HASH, 0)

    def is_on_l1(self, origin: L1Origin) -> bool:
        return origin.hash == ZERO_HASH or self.l1.store.by_hash(origin.hash) is not None

    def _first_unseen(self, origin: L1Origin) -> int:
        """The L1 block after the one that L2 has got to. Where that is on another L1 (L2 was loaded without its own)
        this one's deposits are all new, but for those that L2 has.
        """
        return (origin.number if self.is_on_l1(origin) else self.l1.store.genesis.number) + 1

    def first_own(self, l2: ChainTip) -> int:
        """The number of the last L2 block that need not have followed this L1."""
        store = l2.store
        return min(max(store.genesis.number, self.progress.adopted), store.head.number)

    def has_lost_its_origin(self, l2: ChainTip, block: SealedBlock) -> bool:
        """True if the L1 block that an L2 block has got to is no more, so that L2 has to lose its own."""
        if block.number <= self.first_own(l2):
            return False
        origin = self.origin_of(l2, block)
        return origin is not None and not self.is_on_l1(origin)
