"""Derivation inside the node: which of L2's blocks L1 has said, and what becomes of one that L1 says otherwise.

The pipeline is the one that anybody runs (``derivation``); it sees L1 and the DA store and, of L2, what is compared: an
unsafe block that is the derived one is *promoted*, it is safe from then on; one that differs is *replaced* by the
derived one, in a reorganisation that clients see, and what users had sent is done again upon it.

What was done to L2 by hand is no difference: where a block is underivable (``derivation/consolidation``) and L1 says of
it all that a batch can say, it is promoted as it stands. Whoever derives L2 elsewhere gets another block there, and
others from there on; ``first_by_hand`` names it.

Why a *sync start*: where L2 alone goes back behind what was safe (a rollback, a reset), L1 goes on saying what is gone,
and derivation would bring it back. So batches count from L1's next block on, upon the newest block that is left
(``SyncStart``): L2 stays as it was asked to be, and whoever derives it from L1 alone finds the blocks that are gone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import RLock

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.errors import SequencerStopped
from megadev.primitives.types import ZERO_HASH
from megadev.rollup.aside import Aside, at_once
from megadev.rollup.da.blobs import BLOB_CAPACITY
from megadev.rollup.da.commitments import COMMITMENT_VERSION
from megadev.rollup.da.store import DataSource
from megadev.rollup.derivation.attributes import Attributes
from megadev.rollup.derivation.batch_queue import L2Block
from megadev.rollup.derivation.config import BlockId, RollupConfig
from megadev.rollup.derivation.consolidation import ByHand, difference, said_by_batch, underivable
from megadev.rollup.derivation.execution import execute
from megadev.rollup.derivation.l1_origin import L1Origin, origin_told
from megadev.rollup.derivation.l1_source import ChainL1
from megadev.rollup.derivation.pipeline import (
    Pipeline,
    Reorganised,
    SafeHead,
    SafeHistory,
    Waiting,
    genesis_block,
)
from megadev.sequencer.fault_control import overtake
from megadev.sequencer.reorganisation import build_again, replace_above
from megadev.sequencer.sequencer import Sequencer
from megadev.state.diff import StateDiff

MANY_BLOCKS, MUCH_DATA, MANY_UNSAFE = 100, 4_000, 200
"""L1 blocks, bytes of batches, and blocks that a batch of any size may say, that take a few milliseconds: thousands of
empty ones are said in some hundred bytes.
"""
KEPT_HEADS = 128
"""Safe heads that the next process is told of, at least."""
REMEMBERED = 8_192
"""Derived blocks, at least."""
AT_HAND = 1_024
"""Blocks that an earlier process derived and whose hashes are kept: L2 may lose them and build the same ones again."""
RETRY = 1
"""Seconds until something that cannot be had is asked for again."""


class SyncStart(msgspec.Struct, frozen=True):
    """Batches count that are posted behind L1 block ``l1``, and go on from L2 block ``safe``."""

    l1: BlockId
    safe: L2Block


class Derived(msgspec.Struct, frozen=True):
    """The progress of an earlier process, which began at ``begun``: safe heads, the first and the newest of them.
    ``by_hand``: the first block that L1 alone does not make.
    """

    begun: SyncStart | None
    heads: tuple[SafeHead, ...]
    by_hand: ByHand | None = None


class Consolidator:
    """Derivation of ``l2`` from ``l1`` beside the sequencer that builds it. Methods run on the writer thread unless
    they say otherwise.

    ``config`` describes the rollup as it began, ``spec`` the rules that L2 began with; ``sync_start`` reads and
    ``start_from`` sets what took the place of that. ``adopted`` is the number of the L2 block up to which L2 followed
    another L1. ``keep_blocks_above`` is called before L2 loses its blocks above a number.
    """

    def __init__(
        self,
        l1: Sequencer,
        l2: Sequencer,
        config: Callable[[], RollupConfig],
        data: DataSource,
        *,
        spec: Callable[[], ChainSpec],
        sync_start: Callable[[], SyncStart | None],
        start_from: Callable[[SyncStart], None],
        adopted: Callable[[], int] = lambda: 0,
        aside: Aside = at_once,
        keep_blocks_above: Callable[[int], None] = lambda number: None,
    ) -> None:
        self._l1 = l1
        self._l2 = l2
        self._make_config = config
        self._data = data
        self.spec = spec
        self._sync_start = sync_start
        self._start_from = start_from
        self._adopted = adopted
        self._keep_blocks_above = keep_blocks_above
        self._aside = aside
        self._turn = RLock()
        """Held by whoever drives the pipeline: the writer, or a thread that only compares."""
        self._is_comparing = False
        self.known_by_hand: ByHand | None = None
        """One that is on L2 and came about by hand, of which L2 itself, loaded from a dump, does not tell."""
        self.known: Derived | None = None
        """What an earlier process derived of these chains: it need not be derived again."""
        self.start_over()

    def start_over(self) -> None:
        """The chains have become others: derive from their beginning, whatever was known of them."""
        with self._turn:
            self.config = self._make_config()
            self._begun = self._sync_start()
            self._stores: tuple[ChainStore, ChainStore] = (self._l1.store, self._l2.store)
            self._seen: tuple[SealedBlock, SealedBlock] | None = None
            self.stalled: str | None = None
            """Why derivation does not go on, where something of L1 cannot be had."""
            self._retry_at = 0
            known = self.known_by_hand
            self.first_by_hand = None if known is None or self._l2.store.by_hash(known.hash) is None else known
            """The first block that L1 alone does not make."""
            config, begun = self.config, self._begun
            heads = self._known_heads(
                SafeHead(config.l1_genesis, genesis_block(config)) if begun is None else SafeHead(begun.l1, begun.safe)
            )
            if begun is not None:
                config = msgspec.structs.replace(config, first_batch_block=begun.l1.number + 1)
            source = ChainL1(lambda: self._l1.store, self._l1.spec)
            self._chain = _ComparedChain(self, [head.safe for head in heads])
            self._pipeline = Pipeline(config, source, self._chain, self._data, SafeHistory(config, heads))

    def _known_heads(self, first: SafeHead) -> tuple[SafeHead, ...]:
        """Returns the safe heads of an earlier process that are still on the chains; only ``first`` if there
        are none.
        """
        known = self.known
        if known is None or known.begun != self._begun or known.heads[:1] != (first,):
            return (first,)
        heads = known.heads[1:]
        while heads and not (self._is_on_l2(heads[-1].safe) and self._is_on_l1(heads[-1].l1)):
            heads = heads[:-1]
        if heads:
            self.known = None  # from now on this process knows better
        by_hand = known.by_hand
        if self.first_by_hand is None and by_hand is not None and self._l2.store.by_hash(by_hand.hash) is not None:
            self.first_by_hand = by_hand
        return (first, *heads)

    def progress(self, distance: int) -> Derived:
        """The progress of this process: as many safe heads as are told, and what was safe ``distance`` L1 blocks before
        the oldest of them.
        """
        heads = self._pipeline.history.heads
        behind = heads[-KEPT_HEADS:][0].l1.number - distance
        oldest = bisect_right(heads, behind, key=lambda head: head.l1.number) - 1
        return Derived(self._begun, (heads[0], *heads[max(oldest, 1) :]), self.first_by_hand)

    @property
    def due(self) -> int | None:
        """The time, in seconds of L1's time, of the next attempt to read unavailable data."""
        return None if self.stalled is None else self._retry_at

    @property
    def rests(self) -> bool:
        """True if there is nothing to do until a chain changes, or until ``due``."""
        seen = self._seen
        return seen is not None and seen[0] is self._l1.store.head and seen[1] is self._l2.store.head

    @property
    def derived(self) -> L2Block:
        """The newest L2 block that can be derived from all of L1."""
        return self._pipeline.safe

    @property
    def read(self) -> BlockId | None:
        """The L1 block up to which L1 was read; None if none was."""
        return self._pipeline.l1_block

    @property
    def is_caught_up(self) -> bool:
        """True if L1 was read to its head."""
        read = self._pipeline.l1_block
        return read is not None and read.hash == self._l1.store.head.hash

    def safe_at(self, l1_number: int) -> SafeHead:
        """The safe head that follows from L1 up to a block. On any thread."""
        return self._pipeline.history.at(l1_number)

    def follow(self, *, here: bool = False) -> None:
        """Derive what L1 says by now. Costs nothing where neither chain changed and nothing is waited for. Where that
        is much, it goes on aside, and is done when this is called next; with ``here`` it is done on return.
        """
        if self._is_comparing and not here:
            return
        seen, l1_head, l2_head = self._seen, self._l1.store.head, self._l2.store.head
        is_due = self.stalled is not None and self._l1.time.now() >= self._retry_at
        if seen is not None and seen[0] is l1_head and seen[1] is l2_head and not is_due:
            return
        with self._turn:
            self._stand_on_both()
            if self._pass_rows():
                if not here and self._is_much():
                    self._go_aside()
                    return
                self._read()
        self._seen = (self._l1.store.head, self._l2.store.head)

    def _read(self) -> None:
        """Go through L1 as far as it can be read now."""
        chain, pipeline = self._chain, self._pipeline
        try:
            while True:
                step = pipeline.step()
                if isinstance(step, Reorganised):
                    pipeline.recover()
                    chain.go_back_to(pipeline.safe)
                elif isinstance(step, Waiting):
                    self._stall(step.reason if step.is_stalled else None)
                    break
        except SequencerStopped as stopped:
            pipeline.reset(chain.newest)
            self._stall(f"L2 must reorganise: {stopped}")
        except BaseException:
            pipeline.reset(chain.newest)
            raise
        finally:
            chain.put_back()

    def _is_much(self) -> bool:
        """True if what L1 has and was not read yet takes more than a few milliseconds."""
        l1, read, inbox = self._l1.store, self._pipeline.reads_from, self.config.batch_inbox
        if l1.head.number - read >= MANY_BLOCKS:
            return True
        size = 0
        is_far = self._l2.store.head.number - self._pipeline.safe.number >= MANY_UNSAFE
        for block in l1.blocks(read, l1.head.number):
            for tx in block.transactions:
                if tx.to == inbox:
                    if is_far:
                        return True
                    size += len(tx.data) + BLOB_CAPACITY * len(tx.blob_versioned_hashes)
                    if size > MUCH_DATA or tx.data[:1] == bytes((COMMITMENT_VERSION,)):
                        return True
        return False

    def _compare(self) -> None:
        """Go through L1 as far as L2 is what it says. On a thread of its own, while L2 may change: what that makes of
        it is found out when the writer goes on.
        """
        with self._turn:
            chain, pipeline = self._chain, self._pipeline
            chain.may_replace = False
            try:
                with suppress(Exception):  # whatever it is, the writer meets it as well
                    while self._is_comparing and not isinstance(pipeline.step(), Waiting | Reorganised):
                        pass
            finally:
                chain.may_replace = True
                if pipeline.safe is not chain.newest:
                    pipeline.reset(chain.newest)

    def give_up(self) -> None:
        """Ignore the result of work that still runs aside; it ends with the block that it is at."""
        self._is_comparing = False
        with self._turn:
            pass

    def _go_aside(self) -> None:
        self._is_comparing = True
        self._aside(self._compare, self._compared)

    def _compared(self, _: object) -> None:
        self._is_comparing = False
        with self._turn:
            before = self._pipeline, self._pipeline.reads_from
            self._stand_on_both()
            if self._pass_rows():
                has_moved = (self._pipeline, self._pipeline.reads_from) != before  # the chains have changed meanwhile
                if has_moved and self._is_much():
                    self._go_aside()
                else:
                    self._read()

    def _stall(self, reason: str | None) -> None:
        self.stalled = reason
        self._retry_at = self._l1.time.now() + RETRY

    def first_underivable(self) -> ByHand | None:
        """The first block that L1 alone will not make, be it posted or not."""
        if self.first_by_hand is not None:
            return self.first_by_hand
        store = self._l2.store
        parent = store.by_number(max(self._pipeline.safe.number, _behind_rows(store)))
        while parent is not None and (block := store.by_number(parent.number + 1)) is not None:
            reason = underivable(block, parent, self.spec(), self.config)
            if reason is not None:
                return ByHand(block.number, block.hash, reason)
            parent = block
        return None

    def look_again(self) -> None:
        """Retry to read data that was not available."""
        self._seen = None

    def _stand_on_both(self) -> None:
        """Begin from what both chains still have."""
        l1, l2 = self._l1.store, self._l2.store
        if self._stores[0] is not l1 or self._stores[1] is not l2 or self._sync_start() is not self._begun:
            self.start_over()
        begun, adopted = self._begun, min(self._adopted(), l2.head.number)
        if adopted > self._chain.first.number:
            self._start_at(l2.resolve(adopted))
        elif begun is not None and not self._is_on_l1(begun.l1):
            self._begin_anew()
        read = self._pipeline.l1_block
        if read is not None and not self._is_on_l1(read):
            self._pipeline.recover()
            self._chain.go_back_to(self._pipeline.safe)
        if not self._is_on_l2(self._pipeline.safe):
            self._begin_anew()

    def _pass_rows(self) -> bool:
        """Begin behind rows of empty blocks (``sequencer.reserved``): nobody derives those of L2, whose hashes are not
        their headers', and those of L1 say nothing. What L2 had not posted before them counts as said. False where L2
        has yet to get past L1's.
        """
        l1, l2, pipeline = self._l1.store, self._l2.store, self._pipeline
        end = l1.rows[-1].last if l1.rows else -1
        reads_row = pipeline.reads_from + self.config.channel_timeout <= end
        begin = _behind_rows(l2)
        if not reads_row and pipeline.safe.number >= begin:
            return True
        start = l2.head if reads_row else l2.resolve(begin)
        told = origin_told(start)
        if reads_row and (told is None or told.number <= end):
            return False
        self._start_at(start)
        return True

    def _is_on_l2(self, block: L2Block) -> bool:
        return self._l2.store.by_hash(block.hash) is not None

    def _is_on_l1(self, block: BlockId) -> bool:
        return self._l1.store.by_hash(block.hash) is not None

    def _begin_anew(self) -> None:
        """L2 alone lost what was safe: what L1 says of it so far counts no more."""
        left = self._chain.newest_left()
        if left is None:
            self._start_at(self._l2.store.genesis)
        else:
            self._start(left)

    def _start_at(self, block: SealedBlock) -> None:
        """Go on from ``block``, which may have got to another L1 than this."""
        l1, told = self._l1.store, origin_told(block)
        if told is None or l1.by_hash(told.hash) is None:
            told = L1Origin(l1.genesis.number, ZERO_HASH, 0)
        self._start(L2Block(block.number, block.hash, block.timestamp, told))

    def _start(self, safe: L2Block) -> None:
        head = self._l1.store.head
        self._start_from(SyncStart(BlockId(head.number, head.hash), safe))
        self.start_over()


def _behind_rows(store: ChainStore) -> int:
    """The number of L2's first block behind its rows of empty blocks, which nobody derives."""
    return store.rows[-1].last + 1 if store.rows else store.genesis.number


class _Differs(Exception):
    """L2 is not what L1 says, and the thread that found out may not change it."""


class _ComparedChain:
    """L2's own chain as the pipeline sees it: executing is comparing, where the block is there already. It begins with
    the first of ``known``, and an earlier process had got to the last, by way of the others.
    """

    def __init__(self, owner: Consolidator, known: Sequence[L2Block]) -> None:
        self._owner = owner
        self._l2 = owner._l2
        self.first = first = known[0]
        newest = known[-1]
        self._known = {block.number: block.origin for block in known}
        self._blocks = [newest]
        """Without gaps: those before the first of them were derived by an earlier process, or long ago."""
        at_hand = self._l2.store.in_memory(max(newest.number - AT_HAND, first.number + 1), newest.number - 1)
        self._hashes = {block.number: block.hash for block in at_hand}
        self.may_replace = True
        self._removed: list[SealedBlock] | None = None
        self._irregular: StateDiff | None = None

    @property
    def newest(self) -> L2Block:
        return self._blocks[-1]

    def newest_left(self) -> L2Block | None:
        """The newest derived block that L2 still has; None if it has not even the first."""
        store, first = self._l2.store, self.first
        left = next((block for block in reversed(self._blocks) if store.by_hash(block.hash) is not None), None)
        if left is not None:
            return left
        newest = min(self._blocks[0].number - 1, store.head.number)
        again = (each for each in range(newest, store.intact, -1) if each in self._hashes)
        stays = min(newest, store.intact)
        number = next((each for each in again if store.by_hash(self._hashes[each]) is not None), stays)
        if number > first.number:
            return self._older(number)
        return first if store.by_hash(first.hash) is not None else None

    def block(self, number: int) -> L2Block | None:
        """The derived block with that number, from the beginning on."""
        index = number - self._blocks[0].number
        if index >= 0:
            return self._blocks[index] if index < len(self._blocks) else None
        if number <= self.first.number:
            return self.first if number == self.first.number else None
        return self._older(number)

    def _older(self, number: int) -> L2Block | None:
        """The same of what an earlier process derived: what L2 has there, with the last origin that it was told of. One
        that was put in another's place was told nothing, and derived with its parent's.
        """
        store = self._l2.store
        block = told = store.by_number(number)
        while block is not None and told is not None and told.number >= self.first.number:
            origin = self._known.get(told.number) or origin_told(told)
            if origin is not None:
                return L2Block(number, block.hash, block.timestamp, self._later(origin, number - told.number))
            told = store.by_number(told.number - 1)
        return None

    def _later(self, origin: L1Origin, blocks: int) -> L1Origin:
        """The origin so many blocks after one with ``origin``, if none was told of another."""
        if origin.hash == ZERO_HASH:  # nowhere yet: the next block is the first that knows it
            found = self._owner._l1.store.by_number(origin.number)
            origin, blocks = origin._replace(hash=ZERO_HASH if found is None else found.hash), blocks - 1
        if not self._owner.config.leads_with_l1_attributes:
            return origin
        return origin._replace(sequence_number=origin.sequence_number + max(blocks, 0))

    def go_back_to(self, block: L2Block) -> None:
        """L1 says no more than up to ``block``, which was derived."""
        index = block.number - self._blocks[0].number
        if index < 0:
            self._blocks = [block]
        else:
            del self._blocks[index + 1 :]

    def execute(self, attributes: Attributes) -> L2Block:
        """The block that is there, if it is the one that ``attributes`` describe, or else that one in its place. Raises
        ``InvalidAttributes``, and ``SequencerStopped`` where L2 stands still.
        """
        store, number = self._l2.store, attributes.number
        parent, found = store.resolve(number - 1), store.by_number(number)
        if found is None or not self._is_said(attributes, found, parent):
            found = self._replace(attributes, parent)
        made = L2Block(number, found.hash, found.timestamp, attributes.origin)
        self.go_back_to(attributes.parent)
        self._blocks.append(made)
        if len(self._blocks) > 2 * REMEMBERED:  # older ones are read from the chain, as an earlier process' are
            del self._blocks[:-REMEMBERED]
        return made

    def _is_said(self, attributes: Attributes, block: SealedBlock, parent: SealedBlock) -> bool:
        owner = self._owner
        reason = underivable(block, parent, owner.spec(), owner.config)
        if difference(attributes, block) is None:
            is_said = True
        else:
            reason = said_by_batch(attributes, block, reason)
            is_said = reason is not None
        if is_said and reason is not None and owner.first_by_hand is None:
            owner.first_by_hand = ByHand(block.number, block.hash, reason)
        return is_said

    def _replace(self, attributes: Attributes, parent: SealedBlock) -> SealedBlock:
        l2 = self._l2
        if not self.may_replace:
            raise _Differs
        if l2.is_down:
            overtake(l2)
        else:
            l2.check_running()
        derived = execute(attributes, parent, l2.spec, l2.engine, l2.store.block_hash)
        l2.between_blocks()
        head = l2.store.head
        if self._removed is None:
            self._removed, self._irregular = [], l2.irregular
        if head.number > parent.number:
            self._owner._keep_blocks_above(parent.number)
            self._removed += l2.store.blocks(parent.number + 1, head.number).made
        replace_above(l2, parent.number, (derived,), contradicted=True)
        return l2.store.head

    def put_back(self) -> None:
        """Do again what users and cheats had done in the blocks that were replaced."""
        removed, irregular = self._removed, self._irregular
        self._removed = self._irregular = None
        if removed is None:
            return
        store = self._l2.store

        def left_of(block: SealedBlock) -> SealedBlock:
            left = tuple(tx for tx in block.transactions if store.transaction(tx.hash) is None)
            return msgspec.structs.replace(block, transactions=left)

        build_again(self._l2, map(left_of, removed), irregular)
