"""The execution of a block's waiting transactions ahead of their turn, in workers (Block-STM's idea).

A block that begins with many waiting transactions is filled in order, one after the other, and its state changes in
this order alone. Workers execute some of those further behind meanwhile, on the state that the block begins with; when
a transaction's turn comes and a worker's outcome is there, it is adopted if all that it depends on is still the same
(``outcomes``), and else executed here, as it is where no outcome has come. Nobody waits for a worker.

Which transactions: those of some senders each. What a sender sends depends on what it sent before, by its balance in a
token for instance, and a worker knows what it executed itself; of what was executed here instead it is told. A sender
whose transaction had to be executed again stays here for the rest of the block. One part of the senders stays here
anyway, since this thread has time left when it only adopts; how many depends on whether workers keep up.

Plain transfers stay here as well where they run for less time than it takes to read what a worker tells of them.

Where transactions join the open block as they arrive, the same is done with those that come in one batch: once they
are decoded, workers execute some of them while those before are taken.

It switches itself off. Within a block, if most of what the workers told does not hold; for some blocks, twice as many
each time, if a block's execution was not made faster by it, or this thread itself had to wait for a core.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec

from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import DYNAMIC_FEE, Transaction
from megadev.clock import SystemClock, processor_ns
from megadev.evm.engine import Engine, Execution
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.executing import packed, told_diff, told_environment, told_world
from megadev.sequencer.outcomes import Conflict, Outcome, adopted, fee_recipients
from megadev.state.diff import StateDiff
from megadev.state.world import World

MANY = 64
"""Waiting transactions from which on it is tried."""
CHUNK, FIRST_CHUNK = 16, 4
"""Transactions that a worker is given at once; fewer at first, so that it is ahead sooner."""
WINDOW = 256
"""How far ahead of its turn a transaction is given to a worker at most."""
LARGEST_DATA = 16 * 1024
"""Bytes of a transaction's data; one with more is executed here."""
MOST_STATE = 1 << 18
"""Accounts and slots of a replica: some 50 MB."""
MOST_WHOLE = 1 << 16
"""The same of a state that is told as a whole, which takes some 100 ms."""
MOST_STEPS = 64
"""Worlds between two blocks of which the changes are told; after more, the whole state is."""
LOOK = 8
"""Turns after which it is looked at what workers have answered, and whether they have room."""
ENOUGH = 16
"""Outcomes of a block after which it is looked at how many held."""
LONGEST_PAUSE = 256
"""Blocks."""
KEPT = 256
"""Blocks whose figures are remembered."""
CONFLICTS_KEPT = 1_000
"""Of each block."""
TIMED = 7
"""One of so many transactions is timed here, since a look at the clock takes a tenth of what adopting takes."""
STARVED = 1.3
"""How many times as long as its processor time a block may take, where this thread never waits for anything but a core.
"""
HERE = -1
"""In place of a lane: this process."""

_monotonic_ns = SystemClock().monotonic_ns
"""Decides only who does the work."""
Answered: TypeAlias = Callable[[Any], None]


class Lane(Protocol):
    """A worker as seen from here. What is given is answered in order, or never, if the worker ends."""

    @property
    def has_room(self) -> bool:
        """It is there, and would get to what it is given before long."""
        ...

    @property
    def is_idle(self) -> bool:
        """It is there, and executes nothing now, so that it will soon have read what it is told."""
        ...

    def tell(self, message: bytes) -> bool:
        """Send what is not answered; False if it cannot be."""
        ...

    def give(self, message: bytes, answered: Answered) -> bool:
        """Send what is answered; False if it cannot be."""
        ...

    def collect(self) -> None:
        """Hand on what has been answered by now."""
        ...


class Record(msgspec.Struct):
    """What came of one block's execution in parallel. ``adopted`` and ``conflicts`` (outcomes that did not hold, so
    that the transaction was executed again), ``late`` (no outcome had come) and ``untold`` (none could be told) are of
    those ``given`` to workers; the other transactions were executed here at once. Times are nanoseconds of processor
    time: ``here`` of executions in this process, ``there`` of those in workers that were adopted, ``whole`` of all that
    execution took in this process: these, the giving and the adopting.
    """

    workers: int
    transactions: int = 0
    given: int = 0
    adopted: int = 0
    conflicts: int = 0
    late: int = 0
    untold: int = 0
    here: int = 0
    there: int = 0
    whole: int = 0
    stopped: bool = False
    contended: Counter[Conflict] = msgspec.field(default_factory=Counter)
    """What was another than a worker had found, by the first difference of each."""
    again: list[Hash32] = msgspec.field(default_factory=list)
    """Transactions that were executed again."""

    def add(self, other: Record) -> None:
        """Count in what came of the same block later on."""
        for name in _COUNTED:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.workers = max(self.workers, other.workers)
        self.stopped |= other.stopped
        self.contended += other.contended
        self.again += other.again

    @property
    def speed_up(self) -> float:
        """How much faster execution was than one after the other in this process."""
        return (self.here + self.there) / self.whole if self.whole else 1.0


_COUNTED = ("transactions", "given", "adopted", "conflicts", "late", "untold", "here", "there", "whole")


class _Fed(msgspec.Struct):
    """What a worker was told last."""

    world: World
    size: int


class Parallel:
    """Of one chain. ``lanes``: its workers, started when they are first asked for; none: nothing is done here."""

    def __init__(self, lanes: Callable[[], Sequence[Lane]]) -> None:
        self._lanes = lanes
        self.records: OrderedDict[Hash32, Record] = OrderedDict()
        """By block hash, the newest blocks."""
        self.share: float | None = None
        """The part of the senders whose transactions are executed here; None: nothing is known of it yet."""
        self._fed: dict[int, tuple[Lane, _Fed]] = {}
        self._filled: tuple[BlockBuilder, Record] | None = None
        self._arriving: Session | None = None
        self._skipped: BlockBuilder | None = None
        self._chain: tuple[Engine, ChainSpec] | None = None
        self._is_too_large = False
        self._skip = 0
        self._pause = 1

    def session(self, builder: BlockBuilder, waiting: int) -> Session | None:
        """For filling ``builder`` with some of so many; None where it would not pay or cannot be done."""
        if waiting < MANY or builder.ecrecover_answers or builder.plan.start.stays_alone or builder.is_late:
            return None
        if self._skip:
            self._skip -= 1
            return None
        world = builder.parent_world
        if type(world) is not World:  # of a fork, or not made yet: not all of it is here
            return None
        mega = builder.env.mega
        if mega is not None and mega.oracle is not None:
            return None
        lanes = [lane for lane in self._lanes() if self._feed(lane, builder.engine, builder.spec, world)]
        return Session(self, builder, lanes) if lanes else None

    def arriving(self, builder: BlockBuilder) -> Session | None:
        """For transactions that are about to join the open block ``builder``, as long as it is open; None as above."""
        session = self._arriving
        if session is None or session.builder is not builder:
            if self._skip and self._skipped is not builder:
                self._skipped = builder
                self._skip -= 1
            if self._skipped is builder:
                return None
            session = self._arriving = self.session(builder, MANY)
        return None if session is None or session.record.stopped else session

    def run(self, tx: Transaction, builder: BlockBuilder) -> Execution:
        """The execution of ``tx`` at the end of the open block ``builder``, which a worker may have made already."""
        session = self._arriving
        return builder.run(tx) if session is None or session.builder is not builder else session.run(tx)

    def filled(self, session: Session) -> None:
        """Decide by what came of a session whether the next one is to be; its figures are kept with the block."""
        builder, record = session.builder, session.record
        if not record.given:
            return
        if self._filled is not None and self._filled[0] is builder:
            self._filled[1].add(record)
        else:
            self._filled = builder, record
        share = self.first_share(record.workers) if self.share is None else self.share
        if record.late * 10 > record.given:
            self.share = min(share + 0.1, 0.9)
        elif record.late * 50 < record.given:
            self.share = max(share - 0.1, 0.0)
        if record.stopped or record.speed_up < 1.02 or session.is_starved:
            self._skip, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        else:
            self._pause = 1

    def sealed(self, builder: BlockBuilder, block_hash: Hash32) -> None:
        """Keep the figures of a block that was filled, under its hash."""
        arriving, self._arriving = self._arriving, None
        if arriving is not None and arriving.builder is builder:
            arriving.end()
            self.filled(arriving)
        filled, self._filled = self._filled, None
        if filled is not None and filled[0] is builder:
            self.records[block_hash] = filled[1]
            while len(self.records) > KEPT:
                self.records.popitem(last=False)

    @staticmethod
    def first_share(workers: int) -> float:
        """Where adopting takes a third of executing: as much as gives this thread and each worker the same to do."""
        return max(0.0, (3 - workers) / (3 + 2 * workers))

    def _feed(self, lane: Lane, engine: Engine, spec: ChainSpec, world: World) -> bool:
        """Tell a worker what it does not know of the state that a block begins with. False if that cannot be done."""
        lane.collect()
        if self._chain is None or self._chain[0] is not engine or self._chain[1] is not spec:
            self._chain = engine, spec
            self._is_too_large = False
            self._fed.clear()
        if not lane.has_room or not lane.is_idle or self._is_too_large:
            return False
        known = self._fed.get(id(lane))
        if known is None or known[0] is not lane:
            return self._feed_whole(lane, engine, spec, world)
        fed = known[1]
        if fed.world is world:
            return True
        written = world.written_since(fed.world, MOST_STEPS)
        if written is None:
            return self._feed_whole(lane, engine, spec, world)
        fed.size += len(written.accounts) + sum(map(len, written.storage.values()))
        if fed.size > MOST_STATE:
            return self._feed_whole(lane, engine, spec, world)  # many may have been written twice
        fed.world = world
        return lane.tell(packed("written", told_diff(written)))

    def _feed_whole(self, lane: Lane, engine: Engine, spec: ChainSpec, world: World) -> bool:
        self._fed.pop(id(lane), None)
        told = told_world(world, MOST_WHOLE)
        if told is None:
            self._is_too_large = True
            return False
        import pickle

        chain = pickle.dumps((engine.info.name, spec))
        if not lane.tell(packed("chain", chain)) or not lane.tell(packed("state", told[0])):
            return False
        self._fed[id(lane)] = lane, _Fed(world, told[1])
        return True


class Session:
    """The filling of one block: ``ahead`` hands on its transactions in order, ``run`` executes the one at hand."""

    def __init__(self, parallel: Parallel, builder: BlockBuilder, lanes: Sequence[Lane]) -> None:
        self._parallel = parallel
        self.builder = builder
        self._lanes = lanes
        self.record = Record(len(lanes))
        self._window: deque[Transaction] = deque()
        self._source: Iterator[Transaction] = iter(())
        self._of: dict[Address, int] = {}
        """By sender, the lane that executes what it sends, or ``HERE``."""
        share = parallel.first_share(len(lanes)) if parallel.share is None else parallel.share
        self._weights = [*((1 - share) / len(lanes) for _ in lanes), share]
        self._loads = [0] * (len(lanes) + 1)
        self._waiting: list[deque[tuple[int, Transaction]]] = [deque() for _ in lanes]
        self._missed: list[StateDiff | None] = [None for _ in lanes]
        """What was written here by transactions that the worker was to execute, and was not given in time."""
        self._size = [FIRST_CHUNK] * len(lanes)
        self._outcomes: dict[Hash32, tuple[Outcome | None, int]] = {}
        self._given: set[Hash32] = set()
        self._begun: set[int] = set()
        self._places: dict[Hash32, int] = {}
        """Of those that are expected: what has come before is over."""
        self._place = self._pulled = 0
        self._paid = fee_recipients(builder.spec, builder.plan.coinbase)
        self._is_timed = False
        self.is_starved = False
        """This thread had to wait for a core meanwhile: there is none for workers."""
        self._is_ended = False

    def ahead(self, ready: Iterable[Transaction]) -> Iterator[Transaction]:
        """``ready`` as it is; what stands further behind is given to workers."""
        self._source = iter(ready)
        began, worked = _monotonic_ns(), processor_ns()
        self._look_ahead()
        try:
            while self._window:
                tx = self._window.popleft()
                self._place += 1
                if self.record.stopped:
                    self._pull(1)
                elif self._place % LOOK == 0 or not self._window:
                    self._look_ahead()
                yield tx
        finally:
            self.is_starved = _monotonic_ns() - began > STARVED * (processor_ns() - worked)
            self.end()

    def expect(self, transactions: Sequence[Transaction]) -> None:
        """Have workers execute what is about to come, in this order."""
        for tx in transactions:
            self._pulled += 1
            self._places[tx.hash] = self._pulled
            self._assign(tx)
        if any(self._waiting):
            self._give_out()

    def end(self) -> None:
        """Nothing more comes of it."""
        self._is_ended = True
        self._outcomes.clear()

    def run(self, tx: Transaction) -> Execution:
        """The execution of ``tx`` at the end of the block. Raises as ``BlockBuilder.run``."""
        self.record.transactions += 1
        if self._places:
            self._place = self._places.pop(tx.hash, self._place)
            if self._place % FIRST_CHUNK == 0 and not self.record.stopped and any(self._waiting):
                self._give_out()
        self._is_timed = self._place % TIMED == 0
        if not self._is_timed:
            return self._run(tx)
        started = processor_ns()
        try:
            return self._run(tx)
        finally:
            self.record.whole += TIMED * (processor_ns() - started)

    def _run(self, tx: Transaction) -> Execution:
        if tx.hash not in self._given:
            return self._here(tx, is_missed=True)
        record = self.record
        known = self._outcomes.pop(tx.hash, None)
        if self._of[tx.sender] == HERE:
            record.conflicts += 1  # what it follows upon was another
            self._judge()
            return self._here(tx)
        if known is None:
            for lane in self._lanes:
                lane.collect()
            known = self._outcomes.pop(tx.hash, None)
        if known is None:
            record.late += 1
            if record.late >= 2 * ENOUGH and record.late >= 3 * record.adopted:
                record.stopped = True
            return self._here(tx)
        outcome, took = known
        if outcome is None:
            record.untold += 1
            self._of[tx.sender] = HERE
            return self._here(tx)
        builder = self.builder
        execution = adopted(outcome, tx.sender, tx.nonce, builder.state, builder.env, self._paid)
        if isinstance(execution, Execution):
            record.adopted += 1
            record.there += took
            return execution
        self._conflicts(tx, execution)
        return self._here(tx)

    def _here(self, tx: Transaction, *, is_missed: bool = False) -> Execution:
        """Execute it in this process. ``is_missed``: the worker that executes what its sender sends knows nothing of
        what it does.
        """
        if self._is_timed:
            started = processor_ns()
            execution = self.builder.run(tx)
            self.record.here += TIMED * (processor_ns() - started)
        else:
            execution = self.builder.run(tx)
        lane = self._of.get(tx.sender, HERE) if is_missed and not self.record.stopped else HERE
        if lane != HERE:
            missed = self._missed[lane]
            if missed is None:
                self._missed[lane] = execution.diff.copy()
            else:
                missed.absorb(execution.diff)
        return execution

    def _conflicts(self, tx: Transaction, conflict: Conflict) -> None:
        record = self.record
        record.conflicts += 1
        if len(record.again) < CONFLICTS_KEPT:
            record.again.append(tx.hash)
            record.contended[conflict] += 1
        self._of[tx.sender] = HERE  # what a worker has executed of the rest that it sends rests upon this
        self._judge()

    def _judge(self) -> None:
        """Stop where most of what workers told does not hold."""
        record = self.record
        if record.conflicts + record.adopted >= ENOUGH and record.conflicts >= 3 * record.adopted:
            record.stopped = True  # three of four: those that held have saved less than the others cost

    def _pull(self, count: int) -> None:
        """Take so many more into the window."""
        for _ in range(count):
            tx = next(self._source, None)
            if tx is None:
                return
            self._pulled += 1
            self._window.append(tx)
            if not self.record.stopped:
                self._assign(tx)

    def _assign(self, tx: Transaction) -> None:
        """Decide who executes it."""
        if not self._is_for_workers(tx):
            return
        lane = self._of.get(tx.sender)
        if lane is None:
            loads, weights = self._loads, self._weights
            lane = min(
                (index for index, weight in enumerate(weights) if weight > 0),
                key=lambda index: ((loads[index] + 1) / weights[index], -weights[index]),
            )
            if lane == len(self._lanes):
                lane = HERE
            self._of[tx.sender] = lane
        self._loads[lane] += 1
        if lane != HERE:
            self._waiting[lane].append((self._pulled, tx))

    def _is_for_workers(self, tx: Transaction) -> bool:
        if tx.type > DYNAMIC_FEE or tx.is_impersonated or len(tx.data) > LARGEST_DATA:
            return False
        if tx.to is None or self.builder.spec.is_metered:
            return True
        account = self.builder.state.account(tx.to)
        return account is not None and account.code_hash != EMPTY_CODE_HASH

    def _look_ahead(self) -> None:
        """Fill the window, and give workers what they have room for."""
        started = processor_ns()
        self._pull(WINDOW - len(self._window))
        if any(self._waiting):
            self._give_out()
        self.record.whole += processor_ns() - started

    def _give_out(self) -> None:
        for index, lane in enumerate(self._lanes):
            waiting = self._waiting[index]
            lane.collect()
            while waiting and lane.has_room:
                chunk = self._next_chunk(index)
                if not chunk or not self._give(index, lane, chunk):
                    break
                self._size[index] = min(2 * self._size[index], CHUNK)

    def _next_chunk(self, index: int) -> list[Transaction]:
        """What the worker may get next: nothing whose turn is over, nor of a sender that was taken from it."""
        waiting, chunk = self._waiting[index], list[Transaction]()
        while waiting and len(chunk) < self._size[index]:
            place, tx = waiting.popleft()
            if place >= self._place and self._of[tx.sender] == index:
                chunk.append(tx)
        return chunk

    def _give(self, index: int, lane: Lane, chunk: Sequence[Transaction]) -> bool:
        fields = [msgspec.structs.astuple(self.builder.transaction_env(tx)) for tx in chunk]
        if index not in self._begun:
            builder = self.builder  # its environment is whole now: the first transaction may have had to ask for it
            if not lane.tell(packed("block", (told_environment(builder.env), told_diff(builder.state.diff)))):
                return False
            self._begun.add(index)
        missed, self._missed[index] = self._missed[index], None
        hashes = [tx.hash for tx in chunk]

        def answered(outcomes: Sequence[tuple[Outcome | None, int]]) -> None:
            if not self._is_ended:
                self._outcomes.update(zip(hashes, outcomes, strict=True))

        if not lane.give(packed("run", (None if missed is None else told_diff(missed), fields)), answered):
            return False
        self._given.update(hashes)
        self.record.given += len(chunk)
        return True
