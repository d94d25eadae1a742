"""The whole of derivation as one story: L1 block by L1 block, from what was posted there to L2's safe head.

``Pipeline.step`` does the next piece of it: it reads an L1 block to its end, or derives one L2 block on the way, and
says which. It is deterministic: what it derives depends on L1, the DA store and the rollup's configuration, not on when
it is asked; so it can be stopped anywhere and taken up again from any block that it derived (``reset``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeAlias

import msgspec

from megadev.primitives.types import ZERO_HASH
from megadev.rollup.batches import InvalidBatch, SingularBatch, SpanBatch, decode_batch
from megadev.rollup.channel import read_batches
from megadev.rollup.da.store import DataSource
from megadev.rollup.deposits import DEPOSITED_TOPIC, InvalidDepositLog, deposit_of_log
from megadev.rollup.derivation.attributes import Attributes, attributes_after
from megadev.rollup.derivation.batch_queue import (
    Epoch,
    L2Block,
    NextBlock,
    OriginWindow,
    SafeChain,
    Verdict,
    blocks_of,
    check_singular,
    check_span,
    next_empty,
)
from megadev.rollup.derivation.channel_bank import ChannelBank
from megadev.rollup.derivation.config import BlockId, RollupConfig, SystemConfig
from megadev.rollup.derivation.inbox import batcher_data, frames_in
from megadev.rollup.derivation.l1_origin import L1Origin
from megadev.rollup.derivation.l1_source import L1Block, L1Source, L1Unavailable


class InvalidAttributes(Exception):
    """A block cannot be built as its batch says: one of its transactions cannot be included."""


class L2Chain(SafeChain, Protocol):
    """Executes and stores the derived blocks."""

    def execute(self, attributes: Attributes) -> L2Block:
        """Build the block (or find that it is there already), and make it the safe head. Raises ``InvalidAttributes``
        where it cannot be built, which never happens to one without transactions of a batch.
        """
        ...


class Derived(msgspec.Struct, frozen=True):
    """An L2 block was derived, from what L1 has up to block ``l1``. ``is_forced``: no batch said it, the sequencing
    window has passed. ``is_emptied``: a batch said it, but its transactions could not be included. ``names_parent``:
    the batch says its parent's hash (a span batch says that of its first block alone).
    """

    block: L2Block
    attributes: Attributes
    l1: BlockId
    is_forced: bool = False
    is_emptied: bool = False
    names_parent: bool = False


class L1Read(msgspec.Struct, frozen=True):
    """An L1 block was read to its end, and ``safe`` is the newest L2 block that follows from L1 up to there."""

    l1: BlockId
    safe: L2Block


class Waiting(msgspec.Struct, frozen=True):
    """There is nothing to do now: L1 has no next block, or ``reason`` says what of it cannot be had."""

    reason: str
    is_stalled: bool = False


class Reorganised(msgspec.Struct, frozen=True):
    """L1 has another block with that number than the one that was read; nothing more happens until ``reset``."""

    number: int


Step: TypeAlias = Derived | L1Read | Waiting | Reorganised
Dropped: TypeAlias = Callable[[SingularBatch | SpanBatch, BlockId], object]
"""Hears of a batch that does not count, and of the L1 block that completed its channel."""


class Pipeline:
    """Derivation of one rollup.

    Memory is bounded by the configuration: one channel of up to ``max_channel_bytes`` is open, one batch of a channel
    is unpacked at a time, and L1 blocks are kept for one sequencing window.

    Nothing that is posted makes it raise. What ``chain`` raises, other than ``InvalidAttributes``, goes through; the
    pipeline must be ``reset`` then. ``on_drop`` hears of batches that do not count.
    """

    def __init__(
        self,
        config: RollupConfig,
        l1: L1Source,
        chain: L2Chain,
        data: DataSource | None = None,
        history: SafeHistory | None = None,
        on_drop: Dropped = lambda batch, l1: None,
    ) -> None:
        self.config = config
        self.l1 = l1
        self.chain = chain
        self.data = data
        self._on_drop = on_drop
        self.history = SafeHistory(config) if history is None else history
        self.reset(self.history.newest.safe)

    def reset(self, safe: L2Block) -> None:
        """Go on from ``safe``, a block that was derived (or L2's first): L1 is read again from as far back as a channel
        may have been opened that holds what comes next.
        """
        config = self.config
        self.safe = safe
        self.l1_block: BlockId | None = None
        """The last L1 block that was read to its end."""
        newest = self.history.newest
        self._made_safe = newest.l1.number if newest.safe == safe else 0
        self._next = max(config.l1_genesis.number, safe.origin.number - config.channel_timeout)
        self._system: SystemConfig | None = None
        self._bank = ChannelBank(config.channel_timeout, config.max_channel_bytes)
        self._window = OriginWindow()
        self._reading: tuple[BlockId, Iterator[Derived]] | None = None

    @property
    def reads_from(self) -> int:
        """The number of the L1 block that is read next."""
        return self._next

    def recover(self) -> L2Block:
        """After L1 was reorganised: ``reset`` to the newest block that still follows from L1, and return it. Raises
        ``L1Unavailable``.
        """
        safe = self.history.recover(self.l1)
        self.reset(safe)
        return safe

    def step(self) -> Step:
        """Do the next thing there is to do."""
        if self._reading is None:
            try:
                found = self._begin()
            except L1Unavailable as problem:
                return Waiting(str(problem), is_stalled=True)
            if not isinstance(found, tuple):
                return found
            self._reading = found
        l1, blocks = self._reading
        for derived in blocks:
            return derived
        self._reading = None
        self.l1_block = l1
        self._next = l1.number + 1
        return L1Read(l1, self.safe)

    def run(self) -> Iterator[Derived | L1Read]:
        """Steps, until there is nothing more to do now."""
        while not isinstance(step := self.step(), Waiting | Reorganised):
            yield step

    # -- L1 traversal -----------------------------------------------------------------------------------------------

    def _begin(self) -> tuple[BlockId, Iterator[Derived]] | Waiting | Reorganised:
        """Open the next L1 block, with all that was posted in it at hand."""
        config, number, last = self.config, self._next, self.l1_block
        block = self.l1.block(number)
        if last is not None and self.l1.block_hash(last.number) != last.hash:
            return Reorganised(last.number)
        if block is None:
            if number <= self.safe.origin.number and self.safe.origin.hash != ZERO_HASH:
                return Reorganised(number)
            return Waiting(f"L1 has no block {number} yet")
        if last is not None and block.parent_hash != last.hash:
            return Reorganised(last.number)
        if number == self.safe.origin.number and self.safe.origin.hash not in (block.hash, ZERO_HASH):
            return Reorganised(number)
        before = self._system
        if before is None:
            before = config.system_config
            for log in self.l1.config_logs(config.system_config_address, config.l1_genesis.number + 1, number - 1):
                before = before.after(log)
        system = before if number == config.l1_genesis.number else system_config_after(before, block, config)
        data: list[bytes] = []
        if number >= config.first_batch_block:
            data = batcher_data(block, config, system.batcher, self.l1, self.data)
        # from here on nothing can fail: what is kept between blocks changes as one
        self._system = system
        if number >= self.safe.origin.number:
            self._window.append(epoch_of(block, system, config))
            self._window.follow(self.safe)
        return BlockId(number, block.hash), self._blocks(BlockId(number, block.hash), data)

    def _blocks(self, l1: BlockId, data: Iterable[bytes]) -> Iterator[Derived]:
        """The L2 blocks that follow once what was posted in ``l1`` is known."""
        self._bank.begin_block(l1.number)
        for each in data:
            for frame in frames_in(each):
                channel = self._bank.add(frame, l1.number)
                # what is posted no later than the head's origin was made can only be past; and L1 blocks before the one
                # that made the head safe were gone through: what did not count in them then does not do so now
                if channel is not None and l1.number > self.safe.origin.number and l1.number >= self._made_safe:
                    yield from self._channel_blocks(channel, l1)
        begin = max(self.config.first_batch_block, self._made_safe)
        while l1.number > self.safe.origin.number and l1.number >= begin:
            empty = next_empty(self.safe, self._window, l1.number, self.config)
            if empty is None:
                return
            yield self._execute(empty, l1, is_forced=True)

    def _channel_blocks(self, channel: bytes, l1: BlockId) -> Iterator[Derived]:
        """The blocks that a channel says, up to the first that it may not say."""
        config = self.config
        for raw in read_batches(channel, config.max_channel_bytes):
            try:
                batch = decode_batch(raw, config.l2_chain_id)
            except InvalidBatch:
                return
            candidates = self._candidates(batch, l1)
            if candidates is None:
                return
            names_parent = True
            for candidate in candidates:
                verdict = check_singular(candidate, self.safe, self._window, l1.number, config)
                if verdict is Verdict.DROP:
                    self._on_drop(candidate, l1)
                    return
                if verdict is not Verdict.ACCEPT:
                    continue
                epoch = self._window.find(candidate.epoch_number)
                assert epoch is not None, "an accepted batch has an origin"
                deposits = self._window.deposits(self.safe, epoch.number)
                block = NextBlock(candidate.timestamp, epoch, candidate.transactions, deposits)
                derived = self._execute(block, l1, names_parent=names_parent)
                names_parent = False
                yield derived
                if derived.is_emptied:
                    return

    def _candidates(self, batch: SingularBatch | SpanBatch, l1: BlockId) -> Iterable[SingularBatch] | None:
        """Yields the blocks of ``batch``; None where it ends its channel."""
        if isinstance(batch, SingularBatch):
            return (batch,)
        verdict, skipped = check_span(batch, self.safe, self._window, l1.number, self.config, self.chain)
        if verdict is Verdict.DROP:
            self._on_drop(batch, l1)
            return None
        if verdict is not Verdict.ACCEPT:
            return ()
        blocks = blocks_of(batch, skipped, self._window, self.config)
        if blocks is None:
            return None
        return (
            # which is the parent of each shows when it is its turn
            SingularBatch(self.safe.hash, block.epoch.number, block.epoch.hash, block.timestamp, block.transactions)
            for block in blocks
        )

    def _execute(
        self, block: NextBlock, l1: BlockId, *, is_forced: bool = False, names_parent: bool = False
    ) -> Derived:
        attributes = attributes_after(self.safe, block, self.config)
        is_emptied = False
        try:
            made = self.chain.execute(attributes)
        except InvalidAttributes:
            attributes, is_emptied = attributes.without_transactions(), True
            made = self.chain.execute(attributes)
        self.safe = made
        self.history.record(l1, made)
        self._window.follow(made)
        return Derived(made, attributes, l1, is_forced, is_emptied, names_parent)


def system_config_after(before: SystemConfig, block: L1Block, config: RollupConfig) -> SystemConfig:
    """The system configuration after ``block``."""
    for each in block.logs:
        if each.log.address == config.system_config_address:
            before = before.after(each.log)
    return before


def epoch_of(block: L1Block, system: SystemConfig, config: RollupConfig) -> Epoch:
    """``block`` as an origin; logs that the portal cannot have made mean nothing."""
    deposits = []
    for log, position in block.logs:
        if log.address == config.portal and log.topics[:1] == (DEPOSITED_TOPIC,):
            try:
                deposits.append(deposit_of_log(log, block.hash, position))
            except InvalidDepositLog:
                continue
    return Epoch(
        block.number, block.hash, block.timestamp, block.base_fee, block.blob_base_fee, system, tuple(deposits)
    )


class SafeHead(msgspec.Struct, frozen=True):
    """The newest L2 block derived from L1 up to block ``l1``."""

    l1: BlockId
    safe: L2Block


class SafeHistory:
    """The safe head at each L1 block that was read: what says how far to go back when L1 does, and which L2 block is
    final when an L1 block is. An entry is kept for each L1 block at which the safe head became another; ``heads`` are
    those of an earlier process, oldest first.
    """

    def __init__(self, config: RollupConfig, heads: Iterable[SafeHead] = ()) -> None:
        self._heads = list(heads) or [SafeHead(config.l1_genesis, genesis_block(config))]
        """Read on any thread: what is in it moves in no other way than by one that is added or replaced at its end."""

    @property
    def heads(self) -> tuple[SafeHead, ...]:
        """All of them, oldest first."""
        return tuple(self._heads)

    @property
    def newest(self) -> SafeHead:
        return self._heads[-1]

    def record(self, l1: BlockId, safe: L2Block) -> None:
        """``safe`` was derived from what stands in ``l1``."""
        heads, head = self._heads, SafeHead(l1, safe)
        kept = len(heads)
        while kept > 1 and heads[kept - 1].l1.number >= l1.number:
            kept -= 1
        if kept == len(heads):
            heads.append(head)
        elif kept == len(heads) - 1:
            heads[kept] = head
        else:
            self._heads = [*heads[:kept], head]

    def at(self, l1_number: int) -> SafeHead:
        """The safe head once L1 was read up to that block. On any thread."""
        heads = self._heads
        index = bisect_right(heads, l1_number, key=lambda head: head.l1.number)
        return heads[max(index - 1, 0)]

    def recover(self, l1: L1Source) -> L2Block:
        """Forget what followed from blocks that L1 has no more; the safe head that is left."""
        heads = self._heads
        kept = len(heads)
        while kept > 1 and l1.block_hash(heads[kept - 1].l1.number) != heads[kept - 1].l1.hash:
            kept -= 1
        if kept < len(heads):
            self._heads = heads[:kept]
        return self._heads[-1].safe


def genesis_block(config: RollupConfig) -> L2Block:
    """L2's first block, which was told of no L1 block."""
    first = config.l2_genesis
    return L2Block(first.number, first.hash, config.genesis_time, L1Origin(config.l1_genesis.number, ZERO_HASH, 0))
