"""A chain as its replicas show it: what happened on it happens here a little later, block by block and mini-block by
mini-block. Nothing is copied: both hold the same blocks and states.

Why in the node: an application that reads right after it sent meets here what it meets in production, where reads are
answered by replicas, without a second process (``megadev replica`` is that).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from megadev.chain.blocks import SealedBlock
from megadev.chain.mini_blocks import MiniBlock
from megadev.clock import Clock
from megadev.events import BlockSealed, BlocksRemoved, Event, MiniBlockSealed, PreconfirmationsLost
from megadev.node.chain import LocalChain
from megadev.primitives.latency import Latency
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.chain_tip import Tip
from megadev.sequencer.reorganisation import replace_above, restart, rewind

Later = Callable[[float, Callable[[], object]], object]
"""Calls something on the loop after so many seconds, where a loop runs."""


class OpenCopy:
    """The block that is open on a chain which others build, as far as its mini-blocks tell; shown as ``chain``'s."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain
        self._builder: BlockBuilder | None = None

    def is_of(self, number: int) -> bool:
        """True if mini-blocks of the block with that number were taken."""
        return self._builder is not None and self._builder.plan.number == number

    def take(self, mini_block: MiniBlock) -> bool:
        """Show ``mini_block`` too. False where what comes before it is not known: it comes with its block."""
        chain, builder = self._chain, self._builder
        sequencer, head = chain.sequencer, chain.store.head
        if mini_block.block_number != head.number + 1:
            return False
        if mini_block.index == 0:
            plan = sequencer.plan_at(mini_block.block_timestamp)
            builder = BlockBuilder(sequencer.spec, sequencer.engine, plan, head.world, sequencer.store.block_hash)
            builder.open_to_readers()
        elif builder is None or len(builder.cuts) != mini_block.index:
            return False
        builder.adopt(mini_block)
        self._builder = builder
        sequencer.tip = Tip(head, None, builder)
        sequencer.publish(MiniBlockSealed(mini_block))
        return True

    def close(self) -> None:
        """Show nothing of it any more."""
        self._builder = None
        sequencer = self._chain.sequencer
        if sequencer.tip.open is not None:
            sequencer.set_tip(None)


class Behind:
    """``chain``, a second one that begins as ``real`` did, kept ``lag`` behind it. On the loop's thread, or the
    caller's where none runs.
    """

    def __init__(self, real: LocalChain, chain: LocalChain, lag: Latency, clock: Clock, later: Later) -> None:
        self.chain = chain
        self._real = real
        self._lag = lag
        self._clock = clock
        self._later = later
        self._due: deque[tuple[int, Callable[[], None]]] = deque()
        self._open = OpenCopy(chain)
        self._irregular = real.sequencer.irregular
        chain.heads = self._heads
        chain.trails_by_slots = False
        chain.urls = real.urls
        real.bus.subscribe(self._hear)
        self._sync(real.head)

    @property
    def lag(self) -> Latency:
        """The delay behind the chain. Of what is still to happen here when that changes, nothing waits for longer."""
        return self._lag

    @lag.setter
    def lag(self, lag: Latency) -> None:
        self._lag = lag
        latest = self._clock.monotonic_ns() + int((lag.seconds + lag.jitter) * 1e9)
        self._due = deque((min(due, latest), act) for due, act in self._due)
        if self._due:
            self._later(lag.seconds + lag.jitter + 0.001, self.catch_up)

    def begin_again(self) -> None:
        """Be as the other is, without a lag: from now on it is behind again."""
        self._due.clear()
        self._irregular = self._real.sequencer.irregular
        self._sync(self._real.head)

    def catch_up(self) -> None:
        """Let happen what is due."""
        irregular = self._real.sequencer.irregular
        if irregular is not self._irregular:  # a cheat: no event tells of it
            self._irregular, head = irregular, self._real.head
            self._await(lambda: self._cheat(head))
        now = self._clock.monotonic_ns()
        while self._due and self._due[0][0] <= now:
            self._due.popleft()[1]()

    def _hear(self, event: Event) -> None:
        if isinstance(event, BlockSealed):
            block = event.block
            self._await(lambda: self._sync(block))
        elif isinstance(event, MiniBlockSealed):
            mini_block = event.mini_block
            if self._real.is_continuous:
                self._await(lambda: self._open.take(mini_block))
        elif isinstance(event, BlocksRemoved):
            first = event.first
            if not event.replaced:
                self._await(lambda: self._remove(first))
        elif isinstance(event, PreconfirmationsLost):
            self._await(self._open.close)

    def _await(self, act: Callable[[], object]) -> None:
        seconds = self._lag.at(random.random())
        due = self._clock.monotonic_ns() + int(seconds * 1e9)
        if self._due:  # whatever varies, the order stays
            due = max(due, self._due[-1][0])

        def run() -> None:
            act()

        self._due.append((due, run))
        self._later(seconds + 0.001, self.catch_up)

    def _sync(self, block: SealedBlock) -> None:
        """Have what the other has up to ``block``, if it still has that."""
        real, store, sequencer = self._real.store, self.chain.store, self.chain.sequencer
        if real.by_hash(block.hash) is None:
            return
        announced = self._open.is_of(block.number)
        self._open.close()
        if sequencer.spec is not self._real.spec:
            sequencer.set_rules(self._real.spec, self._real.engine)
        self.chain.rotated_signers = self._real.signers
        if store.genesis.hash != real.genesis.hash:
            restart(sequencer, real.blocks(real.genesis.number, block.number).made)
            return
        if store.by_hash(block.hash) is None or store.head.number > block.number:
            number = self._common(min(store.head.number, block.number))
            replace_above(sequencer, number, real.blocks(number + 1, block.number), announced=announced)

    def _remove(self, first: int) -> None:
        store = self.chain.store
        self._open.close()
        if store.genesis.hash == self._real.store.genesis.hash and first <= store.head.number:
            rewind(self.chain.sequencer, self._common(min(first - 1, store.head.number)))

    def _common(self, number: int) -> int:
        """The newest block, up to that number, that both have."""
        real, store = self._real.store, self.chain.store
        while number > store.genesis.number:
            ours, theirs = store.by_number(number), real.by_number(number)
            if ours is not None and theirs is not None and ours.hash == theirs.hash:
                break
            number -= 1
        return number

    def _cheat(self, head: SealedBlock) -> None:
        """Show what was changed by hand since ``head``, if that is the newest block here."""
        if self.chain.head.hash == head.hash and self.chain.sequencer.tip.open is None:
            self.chain.sequencer.set_tip(self._real.sequencer.irregular_after(head))

    def _heads(self) -> tuple[int, int]:
        """The numbers of the safe and finalized blocks."""
        real, head = self._real, self.chain.head.number
        safe = real.store.head.number - real.epoch_slots
        finalized = safe - real.epoch_slots
        if real.heads is not None:
            by_l1 = real.heads()
            slots = (safe, finalized) if real.trails_by_slots else by_l1
            safe, finalized = min(slots[0], by_l1[0]), min(slots[1], by_l1[1])
        return min(safe, head), min(finalized, head)
