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

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, TypeAlias

import msgspec

from megadev.chain.admission import (
    check_base_fee,
    check_blob_fee,
    check_block_gas,
    check_funds,
    check_nonce,
    check_sender_code,
    validate_transaction,
)
from megadev.chain.blocks import Cut, SealedBlock
from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.chain.fees import blob_base_fee, next_base_fee, next_excess_blob_gas
from megadev.chain.l1_fees import l1_cost
from megadev.chain.mini_blocks import MiniBlock, mini_blocks
from megadev.chain.receipts import Receipt
from megadev.chain.spans import Piece, Row, Span, made_of, pieces_of
from megadev.chain.spec import BASE_FEE_VAULT, GAS_PER_BLOB, L1_FEE_VAULT, ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import DEPOSIT, Transaction
from megadev.errors import (
    EngineFault,
    InvalidTransaction,
    NonceTooLow,
    NotFetchedYet,
    SequencerStopped,
    SequencerUnavailable,
    StateUnavailable,
)
from megadev.events import (
    BlockSealed,
    BlocksRemoved,
    Event,
    MiniBlockEquivocated,
    MiniBlockSealed,
    PreconfirmationsLost,
    SequencerCondition,
    SequencerTurned,
    TransactionAdmitted,
    TransactionDropped,
    TransactionPreconfirmed,
)
from megadev.evm.engine import EcrecoverAnswers, Engine, Execution
from megadev.evm.l1_fees import l1_prices, operator_fee
from megadev.evm.system_calls import block_start_diff
from megadev.evm.system_contracts import is_change_scheduled
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_ADDRESS, ZERO_HASH, Address, Hash32, Wei
from megadev.sequencer import rows
from megadev.sequencer.block_builder import PLAIN_START, BlockBuilder, BlockPlan, BlockStart, OpenBlock, seal_empty
from megadev.sequencer.faults import NO_FAULTS, Faults, broken_promises, cut_again, promises, rival_of, rival_promises
from megadev.sequencer.oracle import OracleService
from megadev.sequencer.time_keeper import TimeKeeper
from megadev.sequencer.txpool import TxPool
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.diff import StateDiff
from megadev.state.fork_world import ForkWorld
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.remote import call_hint, expect, load
from megadev.state.rows import WorldRow
from megadev.state.world import World, WorldView

MANY_TRANSACTIONS = 64
"""Transactions of a block whose sealing takes 10 ms or so."""
QUICK_GAS = 200_000
"""Gas that no code runs on for longer than 20 ms or so."""
SHORTEST_ROW = 8
"""As many empty blocks are worth a way of their own."""
LONGEST_ROW = 10_000
"""Blocks whose worlds are made from the same one: looking at the last of them costs 0.1 s, the first time."""


Foreseen: TypeAlias = tuple[BlockBuilder, Execution]
"""What came of a transaction that was executed before it was taken, and the block in which it was."""


Apart: TypeAlias = Callable[[Callable[[], None]], object]
"""Makes a change where it keeps nobody waiting."""


def _at_once(change: Callable[[], None]) -> None:
    change()


class MiningMode(Enum):
    """When blocks are built: INSTANT on every transaction, INTERVAL by timer, MIXED both, NONE only when asked.
    CONTINUOUS: a block is always open and takes transactions as they arrive; it is sealed by timer or when asked.
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


_CONTINUOUS = MiningMode.CONTINUOUS
"""At hand: looking up a member costs 0.1 µs, several times for each transaction."""


class Tip(NamedTuple):
    """The end of the chain: its head, what cheats changed since, and the block that is open on it, in continuous mode,
    once it holds something.
    """

    head: SealedBlock
    irregular: StateDiff | None = None
    open: BlockBuilder | None = None


@dataclass(frozen=True, slots=True)
class BlockSettings:
    """What callers can set about the blocks to come, as one value, so that a snapshot can keep it.

    ``next_base_fee`` and ``next_prev_randao`` hold for one block; the rest until changed. ``max_transactions`` per
    block.
    """

    coinbase: Address = ZERO_ADDRESS
    gas_limit: int = 30_000_000
    max_transactions: int | None = None
    next_base_fee: Wei | None = None
    next_prev_randao: Hash32 | None = None
    extra_data: bytes = b""


class Sequencer:
    """Orders, executes and seals; owns the pool, the open block and the head of one chain."""

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
        publish: Callable[[Event], None] = lambda event: None,
    ) -> None:
        self.spec = spec
        self.engine = engine
        self.store = store
        self.pool = pool
        self.time = time
        self.time.latest_block = store.head.header.timestamp
        self.mode = mode
        self.blocks = blocks if blocks is not None else BlockSettings(gas_limit=spec.gas_limit)
        self.check_pool_balance = check_pool_balance
        self.ecrecover_answers = ecrecover_answers
        self.publish = publish
        self.window: float | None = None
        """In continuous mode, seconds for which a block is open; its timestamp is the end of them."""
        self.on_work: Callable[[], None] = lambda: None
        """Called when a transaction joined the open mini-block, in continuous mode."""
        self.on_missing: Callable[[Callable[[], object]], None] = lambda fetch: None
        """Called with what fetches the state that a waiting transaction needs, where the writer may not wait for it."""
        self.block_start: Callable[[SealedBlock], BlockStart] = lambda head: PLAIN_START
        """What the block after ``head`` begins with; asked for every block, of a chain that has an L1."""
        self.attributes_later: rows.Later | None = None
        """How the transaction that each block begins with goes on from block to block, as long as L1 stays as it is."""
        self.tip = Tip(store.head)
        """Replaced as one, so that a reader on any thread sees all of one moment."""
        self.oracle: OracleService | None = None if spec.system_contracts is None else OracleService(time)
        """What the oracle's contract answers from outside the chain, where there is one."""
        self.faults: Faults | None = None
        """What it does wrong on purpose; None: nothing. Between two blocks, or by the methods below."""
        self._open: BlockBuilder | None = None
        self._written_ahead: BlockBuilder | None = None
        """Of a sequencer that crashed: the open block, whose transactions it will execute again."""
        self._prepared: BlockBuilder | None = None
        self._just_sealed = False
        self._more_ready = False
        self._pending: tuple[object, BlockBuilder] | None = None
        self._pending_block: tuple[BlockBuilder, SealedBlock] | None = None

    # -- what the head looks like ---------------------------------------------------------------------------------

    @property
    def head(self) -> SealedBlock:
        return self.tip[0]

    @property
    def irregular(self) -> StateDiff | None:
        """What cheats changed since the head was sealed."""
        return self.tip[1]

    def head_state(self) -> StateReader:
        """The newest state: after the last sealed block, with what cheats changed since or the open block holds."""
        unsealed = self.tip.open
        return self.closed_state() if unsealed is None else unsealed.shown().state

    def irregular_after(self, block: SealedBlock) -> StateDiff | None:
        """What cheats changed after ``block`` was sealed and before the next one began: they belong to it, for whoever
        asks for the state at its number, from then on. On any thread.
        """
        head, irregular, _ = self.tip
        if block.hash == head.hash:
            return irregular
        following = self.store.by_number(block.number + 1)
        return None if following is None or following.header.parent_hash != block.hash else following.irregular

    def closed_state(self) -> StateReader:
        """The state after the last sealed block, with what cheats changed since."""
        head, irregular, _ = self.tip
        view = WorldView(head.world, self.store.block_hash)
        return view if irregular is None else Overlay(view, irregular)

    def next_nonce(self, sender: Address) -> int:
        """The nonce of ``sender``'s next included transaction."""
        account = self._state().account(sender)
        return account.nonce if account is not None else 0

    def next_base_fee(self) -> Wei:
        """The base fee of a block built now."""
        return _base_fee_after(self.store.head, self.blocks, self.spec)

    def pending_builder(self) -> BlockBuilder:
        """The block that would be built now, where none is open: for reading its ``env`` and ``state``, which cost no
        root.
        """
        key = (
            self.head.hash,
            self.pool.version,
            self.blocks,
            self.time.settings,
            id(self.irregular),
            self.time.now(),
            self.ecrecover_answers(),
            self.block_start(self.head),
        )
        pending = self._pending
        if pending is None or pending[0] != key:
            builder = self._builder(self.window)
            if not builder.plan.start.stays_alone:
                self._fill(builder, drop=False)
            pending = self._pending = (key, builder)
        return pending[1]

    def pending_block(self) -> SealedBlock:
        """The open block as it stands, or the one that would be built now from what waits in the pool. May be called
        from any thread.
        """
        if (unsealed := self.tip.open) is not None:
            return unsealed.shown().sealed
        builder = self.pending_builder()
        sealed = self._pending_block
        if sealed is None or sealed[0] is not builder:
            sealed = self._pending_block = (builder, builder.seal())
        return sealed[1]

    @property
    def has_much_to_do(self) -> bool:
        """Whether sealing a block now may take long: many transactions, or some that wait and may run for long."""
        builder = self._open
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
                "permanent error forwarding request: the sequencer crashed; megadev_sequencer_restart brings it back"
            )
        self.settle()
        validate_transaction(tx, self.spec)
        foreseen: Foreseen | None = None
        if self.tip.head.world.is_whole:
            self._check(tx)
        else:
            foreseen = self._foresee(tx)
        replaced = self.pool.admit(tx)
        if replaced is not None:
            self.publish(TransactionDropped(replaced, f"replaced by 0x{tx.hash.hex()}"))
        next_nonce = self.next_nonce(tx.sender)
        self.publish(TransactionAdmitted(tx, self.pool.pending_nonce(tx.sender, next_nonce) > tx.nonce))
        if tx.nonce == next_nonce and (faults is None or faults.executes(tx)):
            if self.mode is _CONTINUOUS:
                self._include_in_open(tx, started, foreseen)
            elif self.mode.is_instant:
                self._include_alone(tx, started, foreseen=foreseen)

    def _foresee(self, tx: Transaction) -> Foreseen | None:
        """Check ``tx`` and, where it is to be executed on arrival, execute it, before anything is changed: on a fork,
        where state may be late or fail to come. None: it waits in any case.

        Raises ``InvalidTransaction`` subclasses, and ``StateUnavailable``.
        """
        self._load_for(tx, self.head.world, self.blocks.coinbase)
        try:
            self._check(tx)
            if not self.mode.executes_on_arrival or tx.nonce != self.next_nonce(tx.sender):
                return None
            if self.mode is _CONTINUOUS:
                builder = self._open_or_next()
                if not self._may_join(tx, builder):
                    return None
            else:
                self._include_lone_deposits()
                builder = self._next_builder()
                builder.check_room(tx)
            return builder, builder.run(tx)
        except NotFetchedYet as missing:
            raise NotFetchedYet(f"what 0x{tx.hash.hex()} needs", self._rehearsal(tx, missing)) from None

    def _rehearsal(self, tx: Transaction | None, missing: NotFetchedYet) -> Callable[[], None]:
        """What fetches all that ``tx`` asks for when it is executed now, and what the block begins with: run it on a
        thread that may wait.
        """
        head, irregular, unsealed = self.tip
        world, plan = head.world, self._plan(head, self.window)
        spec, engine, answers, block_hash = self.spec, self.engine, self.ecrecover_answers(), self.store.block_hash
        oracle = self.oracle
        shown = None if unsealed is None else unsealed.shown()

        def fetch() -> None:
            for sure in (*plan.start.deposits, *(() if tx is None else (tx,))):
                self._load_for(sure, world, plan.coinbase)
            missing.fetch()
            builder = BlockBuilder(spec, engine, plan, world, block_hash, irregular, ecrecover_answers=answers)
            if oracle is not None:
                builder.ask_oracle(oracle, head.header.timestamp)
            if shown is not None:
                builder.state = shown.state.fork()
            if tx is not None:
                with suppress(InvalidTransaction, EngineFault):
                    builder.run(tx)

        return fetch

    def _load_for(self, tx: Transaction, world: World, coinbase: Address) -> None:
        """On a thread that may wait: fetch in one go what ``tx`` is sure to ask for."""
        if isinstance(world, ForkWorld):
            accounts = [tx.sender, coinbase, HISTORY_STORAGE_ADDRESS, BEACON_ROOTS_ADDRESS, *self._fee_vaults()]
            if tx.to is not None:
                accounts.append(tx.to)
            accounts += [address for address, _ in tx.access_list]
            load(world.base, accounts, [(address, slot) for address, slots in tx.access_list for slot in slots])
            expect(call_hint(tx.sender, tx.to, tx.value, tx.data))

    def _fee_vaults(self) -> Iterator[Address]:
        """Who is paid by every transaction."""
        if self.spec.keeps_base_fee:
            yield BASE_FEE_VAULT
        if self.spec.charges_l1_fee:
            yield L1_FEE_VAULT

    def settle(self, apart: Apart = _at_once) -> None:
        """Finish what answered requests left due: include what a transaction made ready; in an instant mode, seal.
        ``apart`` makes what may take long; then this may return before it is made.
        """
        if self._open is None:
            return
        if self.mode is _CONTINUOUS:
            if self._more_ready and self.is_running:
                tx = self._first_ready()
                if tx is not None and may_run_long(tx, self._state()):
                    apart(self._take_waiting)
                else:
                    self._take_waiting()
            return
        self._close()
        self._just_sealed = True
        if self.mode.is_instant and len(self.pool):
            tx = self._first_ready()
            if tx is not None:
                if may_run_long(tx, self._state()):
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
        if self._open is not None or self._written_ahead is not None:
            self.check_running()
            self._close()

    def close_mini_block(self) -> None:
        """Make known what was included in the open block since the last mini-block, if anything was."""
        self.settle()
        if self._open is not None and self._open.has_uncut and self.is_running:
            self._cut(self._open)

    def prepare(self) -> None:
        """Open the next block ahead of its first transaction, in time that nobody waits for.

        Not right after a block was sealed: its sender is about to ask for the receipt.
        """
        if self._just_sealed:
            self._just_sealed = False
        elif self._open is None and self._prepared is None and self.mode.is_instant:
            with suppress(StateUnavailable):
                builder = self._builder()
                builder.hash_start()
                self._prepared = builder

    def mine(self, count: int = 1, interval: int | None = None) -> list[SealedBlock]:
        """Build ``count`` blocks now, the first ones from the open block and the pool; ``interval`` seconds apart where
        given. Returns those that were made at once: of many, all but a row of empty ones between them (``rows``).

        Raises ``SequencerStopped`` where none is built now, and ``InvalidParams`` where so many blocks would leave the
        range of timestamps or numbers.
        """
        self.check_running()
        self.settle()
        self.check_row(count, interval)
        if count and len(self.pool) and not self.head.world.is_whole:
            self._rehearse_pool()
        mined: list[SealedBlock] = []
        last = self.head.number + count
        if self._open is not None and count:
            self._fill(self._open, drop=True)
            mined.append(self._close())
        while self.head.number < last:
            left = last - self.head.number
            is_long = left >= rows.SHORTEST + rows.MADE_AT_END
            if is_long and mined and self._is_even():
                self._reserve(left - rows.MADE_AT_END, interval)
                continue
            if left >= SHORTEST_ROW and self._nothing_waits():
                mined += self._mine_row(SHORTEST_ROW if is_long else min(left, LONGEST_ROW), interval)
                if self.head.number == last:
                    break
            self._space(interval)
            builder = self._builder()
            self._announce_start(builder)
            if not builder.plan.start.stays_alone:
                self._fill(builder, drop=True)
            mined.append(self._append(builder))
        if self.mode is _CONTINUOUS:
            self._take_waiting()
        return mined

    def check_row(self, count: int, interval: int | None = None) -> None:
        """Raises ``InvalidParams`` where so many blocks would leave the range of timestamps or numbers."""
        if interval is not None or count > rows.SHORTEST:
            self.time.check_row(count, self.time.step(interval), self.head.header.timestamp)
            rows.check_height(self.head.number + count)

    def _rehearse_pool(self) -> None:
        """See to it that what waits can be executed, before anything is changed. Raises ``StateUnavailable``."""
        builder = self._builder(self.window)
        if self._open is not None:
            builder.state = self._open.state.fork()
        try:
            self._fill(builder, drop=False)
        except NotFetchedYet as missing:
            world, waiting, rest = self.head.world, self.pool.transactions(), missing.fetch

            def fetch() -> None:
                if isinstance(world, ForkWorld):
                    targets = [tx.to for tx in waiting if tx.to is not None]
                    load(world.base, [*(tx.sender for tx in waiting), *targets])
                rest()

            raise NotFetchedYet("what waits in the txpool needs", fetch) from None

    def _nothing_waits(self) -> bool:
        """The next block will be like the one after it: no transactions, no cheats, no settings for it alone. (On a
        fork it would have to be made from a world that is not whole.)
        """
        return (
            self.head.world.is_whole
            and not len(self.pool)
            and self.irregular is None
            and self.blocks is _one_block_passed(self.blocks)
            and self.block_start(self.head) == PLAIN_START
            and not (self.spec.system_contracts and is_change_scheduled(WorldView(self.head.world)))
        )

    def _space(self, interval: int | None) -> None:
        """Put the next block ``interval`` seconds after its parent, or after the present time if that is later."""
        if interval is not None and self.time.settings.next_exact is None:
            parent = self.head.header.timestamp
            self.time.set_next(max(self.time.now(), parent) + interval, parent)

    def _is_even(self) -> bool:
        """Whether the next block will be like the head and like all empty ones after it: they differ in number, time
        and parent, and in how often L2 has been told of the same L1 block.
        """
        if (
            len(self.pool)
            or self.irregular is not None
            or self.blocks is not _one_block_passed(self.blocks)
            or (self.faults is not None and self.faults != NO_FAULTS)
            or (self.spec.system_contracts and is_change_scheduled(WorldView(self.head.world)))
        ):
            return False
        plan, head = self._plan(self.head), self.head.header
        return (
            (plan.base_fee, plan.excess_blob_gas, plan.gas_limit, plan.coinbase, plan.extra_data)
            == (head.base_fee, head.excess_blob_gas, head.gas_limit, head.coinbase, head.extra_data)
            and self.head.spec is self.spec
            and (plan.start == BlockStart(self.head.system_call) or self._goes_on(plan.start))
        )

    def _goes_on(self, start: BlockStart) -> bool:
        """Whether ``start`` is what the head began with, one block later."""
        later, before = self.attributes_later, self.head.transactions
        return (
            later is not None
            and start.attributes is not None
            and not start.deposits
            and bool(before)
            and before[0].to == start.attributes.to
            and later(before[0], 1) == start.attributes
        )

    def _reserve(self, count: int, interval: int | None) -> None:
        """Let ``count`` empty blocks stand where they would be if they were built now; the last of them is built."""
        head = self.head
        self._space(interval)
        plan = self._plan(head)
        later = None if plan.start.attributes is None else self.attributes_later
        step = self.time.step(interval)
        made = rows.RowPlan(self.spec, self.engine, plan, step, head.world, self.store.block_hash, later).keyed()
        row = rows.EmptyRow.planned(made, plan.number + count - 1)
        if interval is not None:  # the clock goes along, as it does with blocks that are built
            self.time.set_next(row.timestamp_of(row.last), head.timestamp)
        self._adopt(row.block(row.last), row.part(row.first, row.last - 1))

    def _mine_row(self, count: int, interval: int | None) -> list[SealedBlock]:
        """Build up to ``count`` empty blocks, real ones in everything but that their worlds are made when looked at."""
        mined: list[SealedBlock] = []
        start = WorldView(self.head.world)
        row = WorldRow(start.world)
        for _ in range(count):
            self._space(interval)
            plan = self._plan(self.head, start=PLAIN_START)
            writes = block_start_diff(
                start, plan.number, plan.timestamp, plan.parent_hash, plan.parent_beacon_root, self.spec.hardfork
            ).storage
            if any(value == 0 for slots in writes.values() for value in slots.values()):
                break  # a row only adds: what deletes a word is left to an ordinary block
            root = self.head.header.withdrawals_root
            mined.append(self._adopt(seal_empty(plan, row.next(writes), self.spec, root)))
        return mined

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
        while self.mode.executes_on_arrival and (start := self.block_start(self.head)).deposits:
            if self.mode is _CONTINUOUS and not start.stays_alone:
                if self._open is None:
                    self._keep_open(self._started_builder())
                    self.on_work()
                return
            self.between_blocks()
            self._append_start(self._started_builder())

    def _started_builder(self) -> BlockBuilder:
        """A builder for the next block, with what that begins with; on a fork its state may be still to come."""
        try:
            return self._builder(self.window)
        except NotFetchedYet as missing:
            raise NotFetchedYet("what L1 has for L2 needs", self._rehearsal(None, missing)) from None

    def _include_lone_deposits(self) -> None:
        """Build the blocks that nobody may join, before one that somebody is to."""
        while self.block_start(self.head).stays_alone:
            self._append_start(self._started_builder())

    def _append_start(self, builder: BlockBuilder) -> SealedBlock:
        """Seal a block that holds nothing but what it began with."""
        self._announce_start(builder)
        return self._append(builder)

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
        return next(self._ready(self.head_state(), self.next_base_fee()), None)

    def _ready(self, state: StateReader, base_fee: Wei) -> Iterator[Transaction]:
        """What could be included upon ``state``, best first."""
        ready = self.pool.ready(_nonces_in(state), base_fee)
        return ready if self.faults is None else self.faults.uncensored(ready)

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
        self._pending = None
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

    def drop(self, tx_hash: Hash32, reason: str = "dropped by request") -> Transaction | None:
        """Take a waiting transaction out of the pool."""
        self.settle()
        tx = self.pool.remove(tx_hash)
        if tx is not None:
            self.publish(TransactionDropped(tx, reason))
        return tx

    def rewind(self, number: int, irregular: StateDiff | None = None) -> Span:
        """Forget every block above ``number``; ``irregular`` becomes the state changed since. Returns what was
        removed.

        Raises ``StateUnavailable`` where the block that would be the head came without its state: nothing could be
        built on it.
        """
        self.between_blocks()
        self.check_buildable(number)
        removed = self.store.truncate(number)
        self._set_tip(irregular)
        if removed:
            self.publish(_removal(removed))
        return removed

    def check_buildable(self, number: int) -> None:
        """Raises ``StateUnavailable`` where the state after the block ``number`` is not known, so that none can be
        built on it.
        """
        block = self.store.by_number(number)
        if block is not None and not block.world.is_known:
            raise StateUnavailable(
                f"state unavailable: block {number} was loaded from a dump without its state, so the chain cannot go "
                "back to it; dump with historical states (--preserve-historical-states) to be able to"
            )

    def build_again(self, removed: Sequence[SealedBlock], irregular: StateDiff | None = None) -> None:
        """Build upon the present head what ``removed`` blocks held: their users' transactions in their order, and what
        cheats changed before each; ``irregular`` is what they changed after the last. Deposits are L1's to give.

        One block for each that held transactions; in continuous mode they join the open block. What cannot be included
        now waits in the txpool, like any transaction; settings of the one next block stay for the one after.
        """
        self.between_blocks()
        blocks, time = self.blocks, self.time.settings
        self.blocks = _one_block_passed(blocks)
        self.time.settings = replace(time, next_exact=None)
        try:
            for block in made_of(removed):
                if block.irregular is not None:
                    self.apply_irregular(block.irregular)
                self._include_again([tx for tx in block.transactions if tx.type != DEPOSIT])
            if irregular is not None:
                self.apply_irregular(irregular)
        finally:
            self.blocks = blocks
            self.time.settings = replace(time, offset=self.time.settings.offset)

    def _include_again(self, transactions: Sequence[Transaction]) -> None:
        """Put ``transactions``, which were in one block, in one again as far as they can be, and else in the txpool."""
        for tx in transactions:
            started = self.time.clock.monotonic_ns()
            try:
                if self._open is not None and not self._may_join(tx, self._open):
                    self._close()
                builder = self._open_or_next()
                builder.check_room(tx)
                receipt = builder.append(tx, builder.run(tx))
            except (InvalidTransaction, EngineFault, StateUnavailable):
                self._take_back(tx)
                continue
            self.pool.remove(tx.hash)
            if self.mode is _CONTINUOUS:
                self._keep_open(builder)
                self.on_work()
            elif self._open is None:
                self._open = builder
                self._announce_start(builder)
            self._tell_of(tx, receipt, builder, started)
        if self.mode is not _CONTINUOUS and self._open is not None:
            self._close()

    def replace(self, number: int, blocks: Iterable[SealedBlock], irregular: StateDiff | None = None) -> Span:
        """Put ``blocks``, sealed elsewhere, in the place of those above ``number``. Returns what was removed."""
        self.between_blocks()
        removed = self.store.truncate(number)
        if removed:
            self.publish(_removal(removed, replaced=True))
        for block in _join(self.store, pieces_of(blocks)):
            for tx in block.transactions:
                self.pool.remove(tx.hash)
            self._forget_used(block)
            self._announce(block)
        self._set_tip(irregular)
        return removed

    def restart(self, blocks: Sequence[SealedBlock], irregular: StateDiff | None = None) -> None:
        """Put another chain, sealed elsewhere, in the place of this one, its first block included."""
        self.between_blocks()
        removed = self.store.blocks(self.store.genesis.number, self.head.number)
        # a store of its own: whoever reads the old one on another thread sees the old chain to its end
        first, *rest = pieces_of(blocks)
        assert isinstance(first, SealedBlock), "a chain begins with a block that is there"
        store = ChainStore(_placed(first, 0, 0))
        joined = list(_join(store, rest))
        self.store = store
        self._set_tip(irregular)
        self.publish(_removal(removed, replaced=True))
        for block in (store.genesis, *joined):
            self._announce(block)

    def take_up(self, store: ChainStore) -> None:
        """Go on with a chain that ``restart`` put aside."""
        self.between_blocks()
        removed = self.store.blocks(self.store.genesis.number, self.head.number)
        self.store = store
        self._set_tip(None)
        self.publish(_removal(removed, replaced=True))

    # -- faults ---------------------------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Neither paused nor crashed."""
        return self.faults is None or self.faults.runs

    @property
    def condition(self) -> SequencerCondition:
        """Running, paused or crashed."""
        return NO_FAULTS.condition if self.faults is None else self.faults.condition

    @property
    def unsealed(self) -> int:
        """Transactions of the open block, also while a crash hides it."""
        builder = self._open or self._written_ahead
        return 0 if builder is None else len(builder.transactions)

    def misbehave(self, faults: Faults | None) -> None:
        """Break promises from now on as ``faults`` says; its condition stays. None: behave. What a fault held up is
        included at once.
        """
        self.settle()
        self._set_faults(replace(faults or NO_FAULTS, condition=self.condition))
        if self.mode.executes_on_arrival:
            self.include_ready()

    def pause(self) -> None:
        """Execute and seal nothing until ``resume``. Raises ``SequencerStopped`` after a crash."""
        self._check_alive()
        self.settle()
        self._turn(SequencerCondition.PAUSED)

    def resume(self) -> None:
        """Go on after a pause, with what waits. Raises ``SequencerStopped`` after a crash."""
        self._check_alive()
        self._turn(SequencerCondition.RUNNING)
        self._go_on()

    def crash(self, *, survive: bool, blocks: int = 0) -> None:
        """Be gone. What is not sealed, and what waits, either survives until ``recover`` or is lost; in that case the
        last ``blocks`` sealed ones are lost as well, whose number the caller has checked.

        Raises ``SequencerStopped`` if it has crashed already.
        """
        self._check_alive()
        self.settle()
        builder, self._open = self._open, None
        head, irregular, _ = self.tip
        self.tip = Tip(head, irregular)
        self._prepared = self._pending = self._pending_block = None
        self._more_ready = False
        if survive:
            self._written_ahead = builder
        else:
            self._lose(builder, head.number - blocks)
        self._turn(SequencerCondition.CRASHED)

    def recover(self) -> None:
        """Come back after a crash, with what survived it: the open block is built again, as it was announced.

        Raises ``SequencerStopped`` if it has not crashed.
        """
        if self.condition is not SequencerCondition.CRASHED:
            raise SequencerStopped(f"the sequencer has not crashed: it is {self.condition.value}")
        self._rebuild_open()
        self._turn(SequencerCondition.RUNNING)
        self._go_on()

    def mend(self) -> None:
        """Have no faults any more, of whatever kind, and include nothing yet: before the chain becomes another."""
        self._rebuild_open()
        self._turn(SequencerCondition.RUNNING)
        self.faults = None

    def restore_faults(self, faults: Faults | None) -> None:
        """Have those of another moment, between two blocks."""
        condition = self.condition
        self._set_faults(faults or NO_FAULTS)
        if self.condition is not condition:
            self.publish(SequencerTurned(self.condition, 0))

    def _rebuild_open(self) -> None:
        """Execute again what a crash has left of the open block."""
        builder, self._written_ahead = self._written_ahead, None
        if builder is not None:
            self._keep_open(self._built_again(builder, builder.transactions))

    def _go_on(self) -> None:
        if self._open is not None and self._open.has_uncut:
            self.on_work()
        if self.mode.executes_on_arrival:
            self.include_ready()

    def _turn(self, condition: SequencerCondition) -> None:
        if condition is not self.condition:
            self._set_faults(replace(self.faults or NO_FAULTS, condition=condition))
            self.publish(SequencerTurned(condition, self.unsealed))

    def _set_faults(self, faults: Faults) -> None:
        self.faults = None if faults == NO_FAULTS else faults
        self._pending = self._pending_block = None

    def _check_alive(self) -> None:
        if self.condition is SequencerCondition.CRASHED:
            raise SequencerStopped("the sequencer has crashed: megadev_sequencer_restart brings it back")

    def check_running(self) -> None:
        """Raises ``SequencerStopped`` where no block is to be built or sealed."""
        self._check_alive()
        if not self.is_running:
            raise SequencerStopped(
                "the sequencer is paused: nothing is executed or sealed until megadev_sequencer_resume"
            )

    def _lose(self, builder: BlockBuilder | None, number: int) -> None:
        """Report as lost what the open block and the blocks above ``number`` hold, and what waits; take them back."""
        reason = "the sequencer crashed and has lost it"

        def lost(block: OpenBlock | SealedBlock, minis: Iterable[MiniBlock] = ()) -> PreconfirmationsLost:
            promised = tuple(promises(block, self.spec.chain_id))
            return PreconfirmationsLost(block.number, block.transactions, reason, tuple(minis), promised)

        if builder is not None:
            self.publish(lost(OpenBlock(builder), builder.closed))
        if number < self.head.number:
            left = self.store.by_number(number)
            irregular = None if left is None else self.irregular_after(left)
            for block in reversed(self.rewind(number, irregular).made):
                if block.transactions:
                    self.publish(lost(block))
        for tx in self.pool.transactions():
            self._give_up(tx, reason)

    def _falsified(self, builder: BlockBuilder, faults: Faults) -> tuple[BlockBuilder, list[Transaction]]:
        """What is sealed in the place of ``builder``, and which of its transactions are to wait for the block after.

        Whoever relied on what has changed is told so, and of what takes its place.
        """
        forced = len(builder.plan.start.transactions)  # L1 decides about those
        free = builder.transactions[forced:]
        wanted = builder.transactions[:forced] + faults.sealed_as(free)
        if wanted == builder.transactions:
            return builder, []
        self._set_faults(faults.after_sealing(free))
        false = self._built_again(builder, wanted)
        before, after = OpenBlock(builder), OpenBlock(false)
        broken = broken_promises(before, after, self.spec.chain_id)
        head, irregular, shown = self.tip
        if shown is not None:  # whoever is told may look
            false.open_to_readers()
            self.tip = Tip(head, irregular, false)
        announced, minis = builder.closed, false.closed
        same = 0
        while same < min(len(announced), len(minis)) and announced[same].digest == minis[same].digest:
            same += 1
        left_out = [tx for tx in before.transactions if not false.holds(tx.hash)]
        how = "in another order"
        if left_out:
            how = "without " + ", ".join(f"0x{tx.hash.hex()}" for tx in left_out[:3])
            how += f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        reason = f"block {before.number} was sealed {how}"
        lost, promised = tuple(tx for tx, _ in broken), tuple(made for _, made in broken)
        self.publish(PreconfirmationsLost(before.number, lost, reason, tuple(announced[same:]), promised))
        moved = {tx.hash for tx in lost}
        for index, tx in enumerate(after.transactions):
            if tx.hash in moved:
                self.publish(TransactionPreconfirmed(tx, after.receipts[index], after.number, index, 0))
        for mini_block in minis[same:]:
            self.publish(MiniBlockSealed(mini_block))
        return false, left_out if faults.delays else []

    def _built_again(self, builder: BlockBuilder, transactions: Sequence[Transaction]) -> BlockBuilder:
        """A block like ``builder`` with some of its transactions in some order, as far as they can follow each other,
        cut into mini-blocks where it was and still can be.
        """
        plan, irregular = builder.plan, builder.irregular

        def start() -> BlockBuilder:
            return BlockBuilder(
                builder.spec,
                builder.engine,
                plan,
                self.head.world,
                self.store.block_hash,
                irregular,
                ecrecover_answers=builder.ecrecover_answers,
            )

        again = start()
        forced = len(plan.start.transactions)  # a builder begins with them
        if list(transactions) != builder.transactions:
            # which of them can follow each other is not known before they ran, and decides where mini-blocks end
            fitting = list(transactions[:forced])
            for tx in transactions[forced:]:
                with suppress(InvalidTransaction):
                    again.include(tx)
                    fitting.append(tx)
            transactions, again = fitting, start()
        ends = dict(cut_again(OpenBlock(builder), transactions))
        for count, tx in enumerate(transactions, 1):
            if count > forced:
                again.include(tx)
            if count in ends:
                again.cut(ends[count])
        return again

    def _take_back(self, tx: Transaction) -> None:
        """Let a transaction wait that had been executed."""
        try:
            self.pool.admit(tx)
        except InvalidTransaction as error:
            self.publish(TransactionDropped(tx, str(error)))

    # -- inside ---------------------------------------------------------------------------------------------------

    def _check(self, tx: Transaction) -> None:
        """What the head's state has to say about a transaction before it may wait in the pool."""
        state = self._state()
        account = state.account(tx.sender) or EMPTY_ACCOUNT
        if tx.nonce < account.nonce and (where := self._where(tx)):
            raise NonceTooLow(tx.sender, account.nonce, tx.nonce, where)
        check_nonce(tx.sender, tx.nonce, account.nonce, may_wait=True)
        if account.code_hash != EMPTY_CODE_HASH and not tx.is_impersonated:
            check_sender_code(tx.sender, state.code(account.code_hash))
        check_block_gas(tx.gas_limit, self.blocks.gas_limit, self.spec)
        check_base_fee(tx.sender, tx.max_fee_per_gas, self.next_base_fee())
        blob_gas = GAS_PER_BLOB * len(tx.blob_versioned_hashes)
        if blob_gas:
            check_blob_fee(tx.sender, tx.max_fee_per_blob_gas, self._blob_base_fee())
        if self.check_pool_balance:
            cost = tx.gas_limit * tx.max_fee_per_gas + tx.value + blob_gas * tx.max_fee_per_blob_gas
            if self.spec.charges_l1_fee or self.spec.keeps_base_fee:
                prices = l1_prices(state)
                if self.spec.charges_l1_fee:
                    cost += l1_cost(tx.encoded, prices).fee
                if self.spec.keeps_base_fee and (operator := operator_fee(prices)) is not None:
                    cost += operator.of(tx.gas_limit)
            check_funds(tx.sender, account.balance, cost)

    def _where(self, tx: Transaction) -> str:
        """Where ``tx`` is already, in words; '' for nowhere."""
        sealed = self.store.transaction(tx.hash)
        if sealed is not None:
            return f"; 0x{tx.hash.hex()} is in block {sealed[0].number}"
        unsealed = self.tip.open
        if unsealed is not None and unsealed.holds(tx.hash):
            return f"; 0x{tx.hash.hex()} is in the open block"
        return ""

    def _include_alone(
        self, tx: Transaction, started: int, *, drop: bool = False, foreseen: Foreseen | None = None
    ) -> bool:
        """Execute ``tx`` in a block of its own and leave that block open. With ``drop``, False where it cannot be.

        ``foreseen``: what came of it when it was executed beforehand.
        """
        if foreseen is None:
            self._include_lone_deposits()
        builder = self._next_builder() if foreseen is None else foreseen[0]
        try:
            receipt = builder.include(tx) if foreseen is None else builder.append(tx, foreseen[1])
        except InvalidTransaction as error:
            self._give_up(tx, error)
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
        self._open = builder
        self._announce_start(builder)
        self._tell_of(tx, receipt, builder, started)
        return True

    def _include_in_open(self, tx: Transaction, started: int, foreseen: Foreseen | None = None) -> None:
        """Execute ``tx`` at the end of the open block; where that has no room for it, it goes on waiting."""
        builder = self._open_or_next() if foreseen is None else foreseen[0]
        if not self._may_join(tx, builder):
            return
        try:
            receipt = builder.append(tx, builder.run(tx) if foreseen is None else foreseen[1])
        except InvalidTransaction as error:
            self._give_up(tx, error)
            raise
        except BaseException:
            self.pool.remove(tx.hash)
            raise
        self.pool.remove(tx.hash)
        if self.pool.holds_any_of(tx.sender):
            self._more_ready = True
        self._keep_open(builder)
        self._tell_of(tx, receipt, builder, started)
        self.on_work()

    def _take_waiting(self) -> None:
        """Include in the open block all that is ready and fits."""
        self._more_ready = False
        if not len(self.pool):
            return
        builder = self._open_or_next()
        before = len(builder.transactions)
        self._fill(builder, drop=True)
        if len(builder.transactions) > before:
            self._keep_open(builder)
            self.on_work()

    def _open_or_next(self) -> BlockBuilder:
        """The open block, or one that may be opened."""
        if self._open is not None:
            return self._open
        self._include_lone_deposits()
        return self._builder(self.window)

    def _keep_open(self, builder: BlockBuilder) -> None:
        """``builder``, which holds something, is the open block that everybody sees."""
        if self._open is None:
            self._open = builder
            builder.open_to_readers()
            self._announce_start(builder)
            head, irregular, _ = self.tip
            self.tip = Tip(head, irregular, builder)

    def _may_join(self, tx: Transaction, builder: BlockBuilder) -> bool:
        limit = self.blocks.max_transactions
        return (limit is None or len(builder.transactions) < limit) and builder.has_room(tx)

    def _state(self) -> StateReader:
        """As ``head_state``, for the writer's own thread: it shows what the open block comes to hold."""
        unsealed = self.tip.open
        return self.head_state() if unsealed is None else unsealed.state

    def _close(self) -> SealedBlock:
        """Seal the open block."""
        builder, self._open = self._open, None
        assert builder is not None, "the caller knows that one is open"
        self._more_ready = False
        return self._append(builder)

    def _append(self, builder: BlockBuilder) -> SealedBlock:
        late: list[Transaction] = []
        if self.faults is not None:
            builder, late = self._falsified(builder, self.faults)
        if builder.has_uncut:
            self._cut(builder)
        block = self._adopt(builder.seal())
        for tx in late:
            self._take_back(tx)
        return block

    def _cut(self, builder: BlockBuilder) -> None:
        """Close the mini-block of ``builder``, at the present time as far as the block's window allows."""
        cuts, end = builder.cuts, builder.plan.timestamp * 1_000_000
        after = cuts[-1].timestamp if cuts else self.tip.head.header.timestamp * 1_000_000
        mini_block = builder.cut(min(max(self.time.now_us(), after + 1), end))
        self.publish(MiniBlockSealed(mini_block))
        if self.faults is not None and self.faults.equivocates:
            self._set_faults(replace(self.faults, equivocates=False))
            promised = rival_promises(mini_block, self.spec.chain_id)
            self.publish(MiniBlockEquivocated(mini_block, rival_of(mini_block), promised))

    def _announce(self, block: SealedBlock) -> None:
        """Publish a block that was sealed elsewhere, and what it is made of."""
        for mini_block in mini_blocks(block):
            self.publish(MiniBlockSealed(mini_block))
        self.publish(BlockSealed(block))

    def _adopt(self, block: SealedBlock, after: Row | None = None) -> SealedBlock:
        self.store.append(block, after)
        self.tip = Tip(block)
        self.time.block_sealed(block.header.timestamp)
        self.blocks = _one_block_passed(self.blocks)
        self._forget_used(block)
        self.publish(BlockSealed(block))
        return block

    def _set_tip(self, irregular: StateDiff | None) -> None:
        """After the chain became shorter or another: its head is the tip."""
        self.tip = Tip(self.store.head, irregular)
        # what was built ahead goes by the head's hash, and a block that was loaded may come with another state
        self._prepared = self._pending = self._pending_block = None
        self.time.latest_block = self.store.head.header.timestamp

    def _forget_used(self, block: SealedBlock) -> None:
        """Drop what waited with a nonce that a transaction of ``block`` used."""
        for tx, receipt in zip(block.transactions, block.receipts, strict=True):
            nonce = tx.nonce if receipt.deposit_nonce is None else receipt.deposit_nonce
            self._forget_below(tx.sender, nonce + 1, f"its nonce was used by 0x{tx.hash.hex()}")

    def _forget_below(self, sender: Address, next_nonce: int, reason: str) -> None:
        for stale in self.pool.forget_below(sender, next_nonce):
            self.publish(TransactionDropped(stale, reason))

    def _fill(self, builder: BlockBuilder, *, drop: bool) -> None:
        """Include what is ready, best first, until the block or the pool is exhausted."""
        skipped: set[Address] = set()
        limit = self.blocks.max_transactions
        before = len(builder.transactions)
        for tx in self._ready(builder.state, builder.plan.base_fee):
            if limit is not None and len(builder.transactions) >= limit:
                break
            if tx.sender in skipped:
                continue
            if not builder.has_room(tx):
                skipped.add(tx.sender)
                continue
            started = self.time.clock.monotonic_ns()
            try:
                receipt = builder.append(tx, builder.run(tx))
            except (InvalidTransaction, EngineFault) as error:
                skipped.add(tx.sender)
                if drop:
                    self._give_up(tx, error)
                continue
            except StateUnavailable as error:
                if not drop:
                    raise
                skipped.add(tx.sender)
                self._wait_for_state(tx, error)
                continue
            if drop:
                self._tell_of(tx, receipt, builder, started)
        if drop:
            for tx in builder.transactions[before:]:
                self.pool.remove(tx.hash)

    def _wait_for_state(self, tx: Transaction, error: StateUnavailable) -> None:
        """``tx`` was to be included without anybody asking, and its state is not here: it goes on waiting."""
        if isinstance(error, NotFetchedYet):
            self.on_missing(self._rehearsal(tx, error))

    def _give_up(self, tx: Transaction, error: InvalidTransaction | EngineFault | str) -> None:
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
            and prepared.plan == self._plan(self.head)
        ):
            return prepared
        return self._builder()

    def _builder(self, window: float | None = None) -> BlockBuilder:
        """A builder for the next block, which is to stay open for the present ``window`` where there is one."""
        head, irregular, _ = self.tip
        builder = BlockBuilder(
            self.spec,
            self.engine,
            self._plan(head, window),
            head.world,
            self.store.block_hash,
            irregular,
            ecrecover_answers=self.ecrecover_answers(),
        )
        if self.oracle is not None:
            builder.ask_oracle(self.oracle, head.header.timestamp)
        return builder

    def _plan(self, head: SealedBlock, window: float | None = None, start: BlockStart | None = None) -> BlockPlan:
        """Everything decided about the block after ``head``; ``start`` where it is known already."""
        settings, parent = self.blocks, head.header
        excess = next_excess_blob_gas(parent, self.spec)
        return BlockPlan(
            number=parent.number + 1,
            timestamp=self.time.next_timestamp(parent.timestamp, window),
            parent_hash=head.hash,
            coinbase=settings.coinbase,
            gas_limit=settings.gas_limit,
            base_fee=_base_fee_after(head, settings, self.spec),
            blob_base_fee=blob_base_fee(excess, self.spec),
            excess_blob_gas=excess,
            prev_randao=settings.next_prev_randao or keccak(head.hash),
            parent_beacon_root=ZERO_HASH,
            extra_data=settings.extra_data,
            tx_offset=head.tx_offset + len(head.transactions),
            mini_block_offset=head.mini_block_offset + len(head.cuts),
            start=self.block_start(head) if start is None else start,
        )

    def _blob_base_fee(self) -> Wei:
        return blob_base_fee(next_excess_blob_gas(self.store.head.header, self.spec), self.spec)


def may_run_long(tx: Transaction, state: StateReader) -> bool:
    """Whether executing ``tx`` may take more than some milliseconds: code, and much gas to run it with."""
    if tx.gas_limit <= QUICK_GAS:
        return False
    if tx.to is None or tx.access_list or tx.authorization_list or tx.to[:18] == bytes(18):
        return True
    try:
        account = state.account(tx.to)
    except StateUnavailable:
        return True
    return account is not None and account.code_hash != EMPTY_CODE_HASH


def _nonces_in(state: StateReader) -> Callable[[Address], int]:
    """Each account's next nonce in ``state``."""

    def next_nonce(sender: Address) -> int:
        account = state.account(sender)
        return account.nonce if account is not None else 0

    return next_nonce


def _base_fee_after(head: SealedBlock, settings: BlockSettings, spec: ChainSpec) -> Wei:
    return next_base_fee(head.header, spec.fees) if settings.next_base_fee is None else settings.next_base_fee


def _one_block_passed(settings: BlockSettings) -> BlockSettings:
    if settings.next_base_fee is None and settings.next_prev_randao is None:
        return settings
    return BlockSettings(
        settings.coinbase, settings.gas_limit, settings.max_transactions, extra_data=settings.extra_data
    )


def _placed_after(parent: SealedBlock, block: SealedBlock) -> SealedBlock:
    """``block``, which may come from elsewhere, with its place among the transactions and mini-blocks of the chain."""
    return _placed(block, parent.tx_offset + len(parent.transactions), parent.mini_block_offset + len(parent.cuts))


def _removal(blocks: Span, *, replaced: bool = False) -> BlocksRemoved:
    return BlocksRemoved(tuple(reversed(blocks.made)), blocks.first, blocks.last, replaced)


def _join(store: ChainStore, pieces: Iterable[Piece]) -> Iterator[SealedBlock]:
    """Put ``pieces``, sealed elsewhere, at the end of ``store``; those that are blocks come out, one by one."""
    row: Row | None = None
    for piece in pieces:
        if not isinstance(piece, SealedBlock):
            row = piece.after(store.head)
            continue
        block = _placed_after(store.head, piece)
        if row is not None:
            count = (row.last - row.first + 1) * row.holds_transactions
            head = store.head
            offsets = head.tx_offset + len(head.transactions) + count, head.mini_block_offset + len(head.cuts) + count
            block = _placed(piece, *offsets)
        store.append(block, row)
        row = None
        yield block


def _placed(block: SealedBlock, tx_offset: int, mini_block_offset: int) -> SealedBlock:
    cuts = block.cuts
    if block.transactions and not cuts:
        cuts = (Cut(len(block.transactions), block.timestamp * 1_000_000),)
    if (tx_offset, mini_block_offset, cuts) == (block.tx_offset, block.mini_block_offset, block.cuts):
        return block
    return msgspec.structs.replace(block, tx_offset=tx_offset, mini_block_offset=mini_block_offset, cuts=cuts)
