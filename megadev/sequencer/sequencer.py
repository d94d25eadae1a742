"""The sequencer: the one place where the chain moves.

A transaction's path: ``submit`` checks it against the newest state, admits it to the txpool and, in an instant or the
continuous mode, executes it in the open block at once: from then on it is *preconfirmed* and its sender can be
answered.

In an instant mode that block is the transaction's own. ``settle``, called once the answer is written and in any case
before the next request is looked at, seals it (roots, header, store) and includes whatever else became ready. So no
caller ever waits for a root, and a receipt asked for next always exists.

In continuous mode the block stays open, transactions join it as they arrive, and what it holds is visible at once.
``close_mini_block`` makes known what arrived since the last time, ``mine`` seals the block: both are called by timers
(``node/mining``), the latter also on request. A transaction that does not fit waits for the next block.

Whatever is not a transaction (cheats, time travel, settings of blocks to come, snapshots, reorganisations) happens
between two blocks: ``between_blocks`` seals the open one first. So a block has one environment from its first
transaction to its last, and a replay needs to know only what was changed before it.

It can be told to stand still, to crash and to break its promises (``faults``). While it stands still nothing is
executed or sealed, by whatever timer or request: what needs a block's end is refused with ``SequencerStopped`` if one
is open.

All methods run on the one writer thread. Readers on other threads use the immutable values handed out by the store and
by ``tip``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from msgspec.structs import replace

from megadev.chain.admission import (
    validate_transaction,
)
from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import Receipt
from megadev.chain.spans import Row
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import Transaction
from megadev.errors import (
    EngineFault,
    InvalidTransaction,
    PrefetchNeeded,
    SequencerUnavailable,
    StateUnavailable,
)
from megadev.events import (
    BlockSealed,
    Event,
    MiniBlockEquivocated,
    MiniBlockSealed,
    SequencerCondition,
    TransactionAdmitted,
    TransactionDropped,
    TransactionPreconfirmed,
)
from megadev.evm.engine import EcrecoverAnswers, Engine, Execution
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32
from megadev.sequencer import payloads, reserved
from megadev.sequencer.admission import check_admission, may_run_long
from megadev.sequencer.aging import StateLimit, age
from megadev.sequencer.block_builder import PLAIN_START, BlockBuilder, BlockStart
from megadev.sequencer.chain_tip import ChainTip, Later, Tip
from megadev.sequencer.faults import NO_FAULTS, Faults, rival_of, rival_promises
from megadev.sequencer.filling import fill, refusal_of
from megadev.sequencer.modes import BlockSettings, MiningMode
from megadev.sequencer.oracle import OracleService
from megadev.sequencer.parallel import Parallel
from megadev.sequencer.payloads import PayloadAttributes
from megadev.sequencer.pending import PendingView
from megadev.sequencer.prefetch import load_for, prefetch_for_pool, prefetching
from megadev.sequencer.rebuild import falsified
from megadev.sequencer.rows import LONGEST_ROW, SHORTEST_ROW, empty_blocks, nothing_waits, space
from megadev.sequencer.time_keeper import TimeKeeper
from megadev.sequencer.txpool import TxPool
from megadev.state.diff import StateDiff

MANY_TRANSACTIONS = 64
"""Transactions of a block whose sealing takes 10 ms or so."""

Prefetched: TypeAlias = tuple[BlockBuilder, Execution]
"""What came of a transaction that was executed before it was taken, and the block in which it was."""


Apart: TypeAlias = Callable[[Callable[[], None]], object]
"""Makes a change where it keeps nobody waiting."""


def _at_once(change: Callable[[], None]) -> None:
    change()


_CONTINUOUS = MiningMode.CONTINUOUS
"""At hand: looking up a member costs 0.1 µs, several times for each transaction."""


class Sequencer(ChainTip):
    """Orders, executes and seals; owns the pool, the open block and the head of one chain.

    ``reorganisation`` and ``fault_control`` do the rest that is done to it; what they share with it has no underscore.
    """

    def __init__(
        self,
        spec: ChainSpec,
        engine: Engine,
        store: ChainStore,
        pool: TxPool,
        time: TimeKeeper,
        *,
        mode: MiningMode = MiningMode.INSTANT,
        blocks: BlockSettings | None = None,
        check_pool_balance: bool = True,
        ecrecover_answers: Callable[[], EcrecoverAnswers] = tuple,
        block_start: Callable[[ChainTip], BlockStart] = lambda tip: PLAIN_START,
        attributes_later: Later | None = None,
        publish: Callable[[Event], None] = lambda event: None,
    ) -> None:
        super().__init__(
            spec,
            engine,
            store,
            pool,
            time,
            mode=mode,
            blocks=blocks,
            check_pool_balance=check_pool_balance,
            ecrecover_answers=ecrecover_answers,
            block_start=block_start,
            attributes_later=attributes_later,
            publish=publish,
        )
        self.on_work: Callable[[], None] = lambda: None
        """Called when a transaction joined the open mini-block, in continuous mode."""
        self.on_missing: Callable[[Callable[[], object]], None] = lambda fetch: None
        """Called with what fetches the state that a waiting transaction needs, where the writer may not wait for it."""
        self.keep_states: StateLimit | None = None
        """How many of the newest blocks keep their states (``aging``); None: all do."""
        self.packs_blocks = True
        """Whether old blocks are packed: not where they leave memory anyway."""
        self.written_from: Callable[[], int | None] = lambda: None
        """From which block on states are needed all the same, since they are yet to be written down; None: none is."""
        self.parallel: Parallel | None = None
        """Who executes waiting transactions ahead of their turn; None: nobody does."""
        self.pending = PendingView(self)
        self.open: BlockBuilder | None = None
        """The block that transactions join, in an instant mode the one that is yet to be sealed."""
        self.written_ahead: BlockBuilder | None = None
        """Of a sequencer that crashed: the open block, whose transactions it will execute again."""
        self._prepared: BlockBuilder | None = None
        self._just_sealed = False
        self.more_ready = False
        """A transaction made room for others of its sender, which join the open block with the next ``settle``."""

    # -- what the head looks like ---------------------------------------------------------------------------------

    @property
    def has_much_to_do(self) -> bool:
        """True if sealing a block now may take long: many transactions, or some that wait and may run for long."""
        builder = self.open
        return len(self.pool) > 0 or (builder is not None and len(builder.transactions) > MANY_TRANSACTIONS)

    # -- the path of a transaction --------------------------------------------------------------------------------

    def submit(self, tx: Transaction) -> None:
        """Take a transaction. Where transactions are executed on arrival it is preconfirmed on return, unless it waits
        for others or for room in a block.

        Raises ``InvalidTransaction`` subclasses, and ``SequencerUnavailable`` after a crash; then nothing has changed.
        """
        started = self.time.clock.monotonic_ns()
        faults = self.faults
        if faults is not None and faults.condition is SequencerCondition.CRASHED:
            raise SequencerUnavailable(
                "permanent error forwarding request: the sequencer crashed; restart it with megadev_sequencer_restart"
            )
        self.settle()
        validate_transaction(tx, self.spec)
        prefetched: Prefetched | None = None
        if self.tip.head.world.is_whole:
            check_admission(tx, self)
        else:
            prefetched = self._prefetch(tx)
        replaced = self.pool.admit(tx)
        if replaced is not None:
            self.publish(TransactionDropped(replaced, f"replaced by {to_data(tx.hash)}"))
        next_nonce = self.next_nonce(tx.sender)
        self.publish(TransactionAdmitted(tx, self.pool.pending_nonce(tx.sender, next_nonce) > tx.nonce))
        if tx.nonce == next_nonce and (faults is None or faults.executes(tx)):
            if self.mode is _CONTINUOUS:
                self._include_in_open(tx, started, prefetched)
            elif self.mode.is_instant:
                self._include_alone(tx, started, prefetched=prefetched)

    def _prefetch(self, tx: Transaction) -> Prefetched | None:
        """Check ``tx`` and, where it is to be executed on arrival, execute it, before anything is changed: on a fork,
        where state may be late or fail to come. None: it waits in any case.

        Raises ``InvalidTransaction`` subclasses, and ``StateUnavailable``.
        """
        hint = load_for(tx, self.head.world, self.blocks.coinbase, self.spec)
        try:
            check_admission(tx, self)
            if not self.mode.executes_on_arrival or tx.nonce != self.next_nonce(tx.sender):
                return None
            if self.mode is _CONTINUOUS:
                builder = self._open_or_next()
                if not self._may_join(tx, builder):
                    return None
            else:
                self._include_lone_deposits()
                builder = self._next_builder()
                if builder.is_late:
                    return None
                builder.check_room(tx)
            return builder, builder.run(tx, hint)
        except PrefetchNeeded as missing:
            raise PrefetchNeeded(f"state for transaction {to_data(tx.hash)}", prefetching(self, tx, missing)) from None

    def settle(self, apart: Apart = _at_once) -> None:
        """Finish what answered requests left due: include what a transaction made ready; in an instant mode, seal.
        ``apart`` makes what may take long; then this may return before it is made.
        """
        if self.open is None:
            return
        if self.mode is _CONTINUOUS:
            if self.more_ready and self.is_running:
                tx = self._first_ready()
                if tx is not None and may_run_long(tx, self.writers_state()):
                    apart(self._take_waiting)
                else:
                    self._take_waiting()
            return
        self._close()
        self._just_sealed = True
        if self.mode.is_instant and len(self.pool):
            tx = self._first_ready()
            if tx is not None:
                if may_run_long(tx, self.writers_state()):
                    apart(self._include_ready_alone)
                else:
                    self._include_ready_alone()

    def _include_ready_alone(self) -> None:
        """Give each of those that are ready a block of its own."""
        while self.mode.is_instant and len(self.pool):
            tx = self._first_ready()
            if tx is None:
                break
            if self._include_alone(tx, self.time.clock.monotonic_ns(), drop=True):
                self._close()
            elif self.pool.get(tx.hash) is not None:
                break  # it waits for its state

    def between_blocks(self) -> None:
        """Seal the open block, if there is one: what is changed from here on lies between it and the next. Raises
        ``SequencerStopped`` where there is one and it must stay.
        """
        self.settle()
        if self.open is not None or self.written_ahead is not None:
            self.check_running()
            self._close()

    def close_mini_block(self) -> None:
        """Make known what was included in the open block since the last mini-block, if anything was."""
        self.settle()
        if self.open is not None and self.open.has_uncut and self.is_running:
            self._cut(self.open)

    def prepare(self) -> None:
        """Open the next block ahead of its first transaction, while the node is idle.

        Not right after a block was sealed: its sender is about to ask for the receipt.
        """
        if self._just_sealed:
            self._just_sealed = False
        elif self.open is None and self._prepared is None and self.mode.is_instant:
            with suppress(StateUnavailable):
                builder = self.begin_next()
                builder.hash_start()
                self._prepared = builder

    def mine(self, count: int = 1, interval: int | None = None) -> list[SealedBlock]:
        """Build ``count`` blocks now, the first ones from the open block and the pool; ``interval`` seconds apart where
        given. Returns those that were made at once: of many, all but a row of empty ones between them (``reserved``).

        Raises ``SequencerStopped`` where none is built now, and ``InvalidParams`` where so many blocks would leave the
        range of timestamps or numbers.
        """
        self.check_running()
        self.settle()
        self.check_row(count, interval)
        if count and len(self.pool) and not self.head.world.is_whole:
            prefetch_for_pool(self, self.open)
        mined: list[SealedBlock] = []
        last = self.head.number + count
        if self.open is not None and count:
            self._fill(self.open)
            mined.append(self._close())
        while self.head.number < last:
            left = last - self.head.number
            is_long = left >= reserved.SHORTEST + reserved.MADE_AT_END
            if is_long and mined and reserved.is_even(self):
                row = reserved.reserve(self, left - reserved.MADE_AT_END, interval)
                mined.append(self._adopt(row.block(row.last), after=row.part(row.first, row.last - 1)))
                continue
            if left >= SHORTEST_ROW and nothing_waits(self):
                few = SHORTEST_ROW if is_long else min(left, LONGEST_ROW)
                mined += [self._adopt(block, (diff,)) for block, diff in empty_blocks(self, few, interval)]
                if self.head.number == last:
                    break
            space(self, interval)
            builder = self.begin_next()
            self._announce_start(builder)
            if not builder.plan.start.stays_alone:
                self._fill(builder)
            mined.append(self._append(builder))
        if self.mode is _CONTINUOUS:
            self._take_waiting()
        return mined

    def commit(self, attributes: PayloadAttributes, transactions: Sequence[Transaction] | None) -> SealedBlock:
        """Build the next block as ``payloads.build`` has it, after what the protocol puts first, and seal it.

        Raises ``PayloadRefused`` for one that cannot be, and ``SequencerStopped`` where none is built now.
        """
        self.check_running()
        self.between_blocks()
        self._include_lone_deposits()
        head, irregular, _ = self.tip
        builder = payloads.build(self, head, irregular, attributes, transactions, self.block_start(self))
        self._announce_start(builder)
        first = len(builder.plan.start.transactions)
        for index, tx in enumerate(builder.transactions[first:], first):
            self.pool.remove(tx.hash)
            self.publish(TransactionPreconfirmed(tx, builder.receipts[index], builder.plan.number, index, 0))
        block = self._append(builder)
        if self.mode is _CONTINUOUS:
            self._take_waiting()
        return block

    def check_row(self, count: int, interval: int | None = None) -> None:
        """Raises ``InvalidParams`` where so many blocks would leave the range of timestamps or numbers."""
        if interval is not None or count > reserved.SHORTEST:
            self.time.check_row(count, self.time.step(interval), self.head.header.timestamp)
            reserved.check_height(self.head.number + count)

    def include_ready(self) -> None:
        """Include whatever is ready (after switching to a mode that executes on arrival)."""
        self.include_deposits()
        if not self.is_running:
            return
        if self.mode is _CONTINUOUS:
            self._take_waiting()
        elif self._first_ready() is not None:
            self.mine()

    def include_deposits(self) -> None:
        """Take in what L1 has for this chain, where transactions are executed on arrival; elsewhere it begins the next
        block. Where deposits share a block with others, and one is open, they wait for the one after it.
        """
        self.settle()
        if not self.is_running:
            return
        while self.mode.executes_on_arrival and (start := self.block_start(self)).deposits:
            if self.mode is _CONTINUOUS and not start.stays_alone:
                if self.open is None:
                    self.keep_open(self._started_builder())
                    self.on_work()
                return
            self.between_blocks()
            self._seal_start()

    def _started_builder(self) -> BlockBuilder:
        """A builder for the next block, with what that begins with; on a fork its state may be still to come."""
        try:
            return self.begin_next(self.window)
        except PrefetchNeeded as missing:
            raise PrefetchNeeded("state for the deposits from L1", prefetching(self, None, missing)) from None

    def _include_lone_deposits(self) -> None:
        """Build the blocks that nobody may join, before one that somebody is to."""
        while self.block_start(self).stays_alone:
            self._seal_start()

    def _seal_start(self) -> None:
        """Seal a block that holds nothing but what it begins with."""
        builder = self._started_builder()
        self._announce_start(builder)
        self._append(builder)

    def _tell_of(self, tx: Transaction, receipt: Receipt, builder: BlockBuilder, started: int) -> None:
        """Tell that ``tx`` is the block's last transaction, and before it of one of the protocol's that it brought."""
        elapsed = self.time.clock.monotonic_ns() - started
        index, number = len(builder.transactions) - 1, builder.plan.number
        if builder.brought:
            system = builder.transactions[index - 1]
            self.publish(TransactionPreconfirmed(system, builder.receipts[index - 1], number, index - 1, elapsed))
        self.publish(TransactionPreconfirmed(tx, receipt, number, index, elapsed))

    def _announce_start(self, builder: BlockBuilder) -> None:
        """Tell of the deposits that a block began with."""
        start = builder.plan.start
        for index, tx in enumerate(start.deposits, start.attributes is not None):
            self.publish(TransactionPreconfirmed(tx, builder.receipts[index], builder.plan.number, index, 0))

    def _first_ready(self) -> Transaction | None:
        """The waiting transaction that would be included next."""
        return next(self.ready(self.head_state(), self.next_base_fee()), None)

    # -- changes outside transactions -----------------------------------------------------------------------------

    def set_rules(self, spec: ChainSpec, engine: Engine) -> None:
        """Go on under another ``spec``, with an engine opened for it; what waits signed for another chain is
        dropped.
        """
        self.between_blocks()
        self.spec, self.engine = spec, engine
        if spec.system_contracts is None:
            self.oracle = None
        elif self.oracle is None:
            self.oracle = OracleService(self.time)
        self.pending.forget()
        for tx in self.pool.transactions():
            if tx.chain_id not in (None, spec.chain_id):
                self.drop(tx.hash, f"it is for chain id {tx.chain_id}, which is {spec.chain_id} now")

    def apply_irregular(self, diff: StateDiff) -> None:
        """Change state outside any block: visible at once, part of the next block's state root."""
        self.between_blocks()
        head, irregular, _ = self.tip
        self.tip = Tip(head, diff if irregular is None else irregular.then(diff))
        for address, account in diff.accounts.items():
            if account is not None:
                self._forget_below(address, account.nonce, "its nonce was passed by a cheat")

    def include_again(self, transactions: Sequence[Transaction]) -> None:
        """Put ``transactions``, which were in one block, in one again as far as they can be, and else in the txpool."""
        if not self.is_running:
            for tx in transactions:
                self.take_back(tx)
            return
        for tx in transactions:
            started = self.time.clock.monotonic_ns()
            try:
                if self.open is not None and not self._may_join(tx, self.open):
                    self._close()
                builder = self._open_or_next()
                if builder.is_late:
                    self.take_back(tx)
                    continue
                builder.check_room(tx)
                receipt = builder.append(tx, builder.run(tx))
            except (InvalidTransaction, EngineFault, StateUnavailable):
                self.take_back(tx)
                continue
            self.pool.remove(tx.hash)
            if self.mode is _CONTINUOUS:
                self.keep_open(builder)
                self.on_work()
            elif self.open is None:
                self.open = builder
                self._announce_start(builder)
            self._tell_of(tx, receipt, builder, started)
        if self.mode is not _CONTINUOUS and self.open is not None:
            self._close()

    def drop(self, tx_hash: Hash32, reason: str = "dropped by request") -> Transaction | None:
        """Take a waiting transaction out of the pool."""
        self.settle()
        tx = self.pool.remove(tx_hash)
        if tx is not None:
            self.publish(TransactionDropped(tx, reason))
        return tx

    # -- faults ---------------------------------------------------------------------------------------------------

    @property
    def unsealed(self) -> int:
        """Transactions of the open block, also while a crash hides it."""
        builder = self.open or self.written_ahead
        return 0 if builder is None else len(builder.transactions)

    def set_faults(self, faults: Faults) -> None:
        self.faults = None if faults == NO_FAULTS else faults
        self.pending.forget()

    def hide_open(self) -> BlockBuilder | None:
        """Nobody sees the open block any more, nor what was built ahead; what it was."""
        builder, self.open = self.open, None
        head, irregular, _ = self.tip
        self.tip = Tip(head, irregular)
        self._prepared = None
        self.pending.forget()
        self.more_ready = False
        return builder

    def take_back(self, tx: Transaction) -> None:
        """Let a transaction wait that had been executed."""
        try:
            self.pool.admit(tx)
        except InvalidTransaction as error:
            self.publish(TransactionDropped(tx, str(error)))

    # -- inside ---------------------------------------------------------------------------------------------------

    def _include_alone(
        self, tx: Transaction, started: int, *, drop: bool = False, prefetched: Prefetched | None = None
    ) -> bool:
        """Execute ``tx`` in a block of its own and leave that block open. With ``drop``, False where it cannot be.

        ``prefetched``: what came of it when it was executed beforehand.
        """
        if prefetched is None:
            self._include_lone_deposits()
        builder = self._next_builder() if prefetched is None else prefetched[0]
        if builder.is_late:
            return False
        try:
            receipt = builder.include(tx) if prefetched is None else builder.append(tx, prefetched[1])
        except InvalidTransaction as error:
            self.give_up(tx, error)
            if drop:
                return False
            raise
        except StateUnavailable as error:
            if drop:  # nobody asked for it now: it goes on waiting
                self._wait_for_state(tx, error)
                return False
            self.pool.remove(tx.hash)
            raise
        except BaseException:
            self.pool.remove(tx.hash)
            raise
        self.pool.remove(tx.hash)
        self.open = builder
        self._announce_start(builder)
        self._tell_of(tx, receipt, builder, started)
        return True

    def _include_in_open(self, tx: Transaction, started: int, prefetched: Prefetched | None = None) -> None:
        """Execute ``tx`` at the end of the open block; where that has no room for it, it goes on waiting."""
        builder = self._open_or_next() if prefetched is None else prefetched[0]
        if not self._may_join(tx, builder):
            if (refusal := refusal_of(builder, tx)) is not None:
                self.give_up(tx, refusal)
                raise refusal
            return
        try:
            if prefetched is not None:
                execution = prefetched[1]
            else:
                execution = builder.run(tx) if self.parallel is None else self.parallel.run(tx, builder)
            receipt = builder.append(tx, execution)
        except InvalidTransaction as error:
            self.give_up(tx, error)
            raise
        except BaseException:
            self.pool.remove(tx.hash)
            raise
        self.pool.remove(tx.hash)
        if self.pool.holds_any_of(tx.sender):
            self.more_ready = True
        self.keep_open(builder)
        self._tell_of(tx, receipt, builder, started)
        self.on_work()

    def _take_waiting(self) -> None:
        """Include in the open block all that is ready and fits."""
        self.more_ready = False
        if not len(self.pool):
            return
        builder = self._open_or_next()
        before = len(builder.transactions)
        self._fill(builder)
        if len(builder.transactions) > before:
            self.keep_open(builder)
            self.on_work()

    def _open_or_next(self) -> BlockBuilder:
        """The open block, or one that may be opened."""
        if self.open is not None:
            return self.open
        self._include_lone_deposits()
        return self.begin_next(self.window)

    def keep_open(self, builder: BlockBuilder) -> None:
        """``builder``, which holds something, is the open block that everybody sees."""
        if self.open is None:
            self.open = builder
            builder.open_to_readers()
            self._announce_start(builder)
            head, irregular, _ = self.tip
            self.tip = Tip(head, irregular, builder)

    def _may_join(self, tx: Transaction, builder: BlockBuilder) -> bool:
        limit = self.blocks.max_transactions
        return (limit is None or len(builder.transactions) < limit) and builder.has_room(tx)

    def _close(self) -> SealedBlock:
        """Seal the open block."""
        builder, self.open = self.open, None
        assert builder is not None, "the caller knows that one is open"
        self.more_ready = False
        return self._append(builder)

    def _append(self, builder: BlockBuilder) -> SealedBlock:
        late: list[Transaction] = []
        if (faults := self.faults) is not None and (false := falsified(builder, faults, self)) is not None:
            self.set_faults(faults.after_sealing(builder.transactions[len(builder.plan.start.transactions) :]))
            builder, late = false.builder, false.left_out if faults.delays else []
            head, irregular, shown = self.tip
            if shown is not None:  # whoever is told may look
                builder.open_to_readers()
                self.tip = Tip(head, irregular, builder)
            for event in false.events:
                self.publish(event)
        if builder.has_uncut:
            self._cut(builder)
        block = self._adopt(builder.seal(), builder.diffs)
        if self.parallel is not None:
            self.parallel.sealed(builder, block.hash)
        for tx in late:
            self.take_back(tx)
        return block

    def _cut(self, builder: BlockBuilder) -> None:
        """Close the mini-block of ``builder``, at the present time as far as the block's window allows."""
        cuts, end = builder.cuts, builder.plan.timestamp * 1_000_000
        after = cuts[-1].timestamp if cuts else self.tip.head.header.timestamp * 1_000_000
        mini_block = builder.cut(min(max(self.time.now_us(), after + 1), end))
        self.publish(MiniBlockSealed(mini_block, builder.state))
        if self.faults is not None and self.faults.equivocates:
            self.set_faults(replace(self.faults, equivocates=False))
            promised = rival_promises(mini_block, self.spec.chain_id)
            self.publish(MiniBlockEquivocated(mini_block, rival_of(mini_block), promised, builder.state))

    def _adopt(self, block: SealedBlock, diffs: tuple[StateDiff, ...] = (), *, after: Row | None = None) -> SealedBlock:
        self.store.append(block, after)
        age(self.store, self.keep_states, self.written_from(), packs=self.packs_blocks)
        self.tip = Tip(block)
        self.time.block_sealed(block.header.timestamp)
        self.blocks = self.blocks.one_block_passed()
        self.forget_used(block)
        self.publish(BlockSealed(block, diffs))
        return block

    def set_tip(self, irregular: StateDiff | None) -> None:
        """After the chain became shorter or another: its head is the tip."""
        self.tip = Tip(self.store.head, irregular)
        # what was built ahead goes by the head's hash, and a block that was loaded may come with another state
        self._prepared = None
        self.pending.forget()
        self.time.latest_block = self.store.head.header.timestamp

    def forget_used(self, block: SealedBlock) -> None:
        """Drop what waited with a nonce that a transaction of ``block`` used."""
        for tx, receipt in zip(block.transactions, block.receipts, strict=True):
            nonce = tx.nonce if receipt.deposit_nonce is None else receipt.deposit_nonce
            self._forget_below(tx.sender, nonce + 1, f"its nonce was used by {to_data(tx.hash)}")

    def _forget_below(self, sender: Address, next_nonce: int, reason: str) -> None:
        for stale in self.pool.forget_below(sender, next_nonce):
            self.publish(TransactionDropped(stale, reason))

    def _fill(self, builder: BlockBuilder) -> None:
        """Include what is ready, best first, until the block or the pool is exhausted."""
        before = len(builder.transactions)
        session = None if self.parallel is None else self.parallel.session(builder, len(self.pool))
        for tx, outcome, started in fill(builder, self, session):
            if isinstance(outcome, Receipt):
                self._tell_of(tx, outcome, builder, started)
            elif isinstance(outcome, StateUnavailable):
                self._wait_for_state(tx, outcome)
            else:
                self.give_up(tx, outcome)
        for tx in builder.transactions[before:]:
            self.pool.remove(tx.hash)
        if session is not None and self.parallel is not None:
            self.parallel.filled(session)

    def _wait_for_state(self, tx: Transaction, error: StateUnavailable) -> None:
        """``tx`` was to be included without anybody asking, and its state is not here: it goes on waiting."""
        if isinstance(error, PrefetchNeeded):
            self.on_missing(prefetching(self, tx, error))

    def give_up(self, tx: Transaction, error: InvalidTransaction | EngineFault | str) -> None:
        self.pool.remove(tx.hash)
        self.publish(TransactionDropped(tx, str(error)))

    def _next_builder(self) -> BlockBuilder:
        """The builder that ``prepare`` made, if all that it was made for still holds; else a new one."""
        prepared, self._prepared = self._prepared, None
        if (
            prepared is not None
            and prepared.engine is self.engine
            and prepared.irregular is self.irregular
            and prepared.ecrecover_answers == self.ecrecover_answers()
            and self.would_plan(prepared.plan)
        ):
            return prepared
        return self.begin_next()
