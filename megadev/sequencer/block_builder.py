"""The block being built: transactions execute into it one by one, and sealing it computes every root.

``include`` is preconfirmation: after it the receipt is known and only the block hash is missing. ``cut`` closes a
mini-block: what was included since the one before. ``seal`` is pure: it returns a ``SealedBlock`` and leaves the
builder as it was, so that the pending block can be looked at without closing it.

A block that stays open while others read is seen through an ``OpenBlock``, which does not change. It costs nothing to
make: the builder leaves what it has shown to the readers, and goes on with a copy. Making one and adding a transaction
exclude each other by a lock, the only one there is between the writer and readers on other threads; either holds it for
microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import Self

import msgspec
from msgspec.structs import replace

from megadev.chain.admission import check_blobs_left, check_gas_left
from megadev.chain.block_limits import BlockUsage, check_fits
from megadev.chain.blocks import MINIMUM_DIFFICULTY, Cut, Header, SealedBlock, SystemCall, seal_block, transactions_root
from megadev.chain.fees import blob_base_fee, next_base_fee, next_excess_blob_gas
from megadev.chain.l1_fees import L1Cost, L1Prices, l1_cost
from megadev.chain.mini_blocks import UNSEALED_HASH, MiniBlock, count_logs
from megadev.chain.receipts import Receipt, receipts_root
from megadev.chain.spec import GAS_PER_BLOB, ChainSpec, Hardfork
from megadev.chain.system_contracts import ORACLE
from megadev.chain.transactions import DEPOSIT, SignedAuthorization, Transaction, recover_authority
from megadev.errors import BlockGasUsedUp, BlockLimitReached, TooManyBlobs, TransactionOverLimit
from megadev.evm.deposits import execute_deposit
from megadev.evm.engine import (
    CONSENSUS,
    IMPERSONATED,
    SYSTEM,
    SYSTEM_TRANSACTION,
    Authorization,
    BlockEnv,
    EcrecoverAnswers,
    Engine,
    Execution,
    Halt,
    Hint,
    MegaEnv,
    Rules,
    Success,
    Tracer,
    TxEnv,
)
from megadev.evm.l1_fees import l1_prices, operator_fee
from megadev.evm.salt_buckets import capacities, follow
from megadev.evm.system_calls import block_start_diff
from megadev.evm.system_contracts import protocol_call, system_contracts_diff
from megadev.primitives.bloom import join_blooms, logs_bloom
from megadev.primitives.types import EMPTY_TRIE_ROOT, ZERO_HASH, Address, Hash32, Wei
from megadev.sequencer.oracle import US, OracleService, is_system_transaction, oracle_transaction, system_address
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import PrefetchHint, StateReader, with_hint
from megadev.state.world import World, WorldView

_ORACLE_ROUNDS = 16
"""How often a transaction is run again because it reads other slots of the oracle once it is told what is in some."""


class BlockStart(msgspec.Struct, frozen=True):
    """The start of a block on a chain that settles on an L1.

    ``system_call`` or ``attributes``, a transaction, tells the chain which L1 block it has got to; ``deposits`` are
    what L1 has for it. Nobody here may refuse them. ``last_with_users``: the latest timestamp of a block that may hold
    anything besides (OP Stack, "max_sequencer_drift"); None: any.
    """

    system_call: SystemCall | None = None
    attributes: Transaction | None = None
    deposits: tuple[Transaction, ...] = ()
    last_with_users: int | None = None

    def until(self, timestamp: int) -> BlockStart:
        """The same, where no block later than ``timestamp`` may hold anything else."""
        return msgspec.structs.replace(self, last_with_users=timestamp)

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """In their order."""
        return self.deposits if self.attributes is None else (self.attributes, *self.deposits)

    @property
    def stays_alone(self) -> bool:
        """True if the block holds deposits only: without a leading transaction, a user's transaction is the first of
        its block.
        """
        return bool(self.deposits) and self.attributes is None


PLAIN_START = BlockStart()
"""Most blocks of most chains begin with their first transaction."""


class BlockPlan(msgspec.Struct, frozen=True):
    """The decisions about a block before anything runs in it, and the number of transactions and mini-blocks before it
    in the chain.
    """

    number: int
    timestamp: int
    parent_hash: Hash32
    coinbase: Address
    gas_limit: int
    base_fee: Wei
    blob_base_fee: Wei
    excess_blob_gas: int
    prev_randao: Hash32
    parent_beacon_root: Hash32
    extra_data: bytes = b""
    tx_offset: int = 0
    mini_block_offset: int = 0
    start: BlockStart = PLAIN_START

    @classmethod
    def of(cls, header: Header, spec: ChainSpec, start: BlockStart = PLAIN_START) -> BlockPlan:
        """Returns the plan of the block with this header."""
        return cls(
            number=header.number,
            timestamp=header.timestamp,
            parent_hash=header.parent_hash,
            coinbase=header.coinbase,
            gas_limit=header.gas_limit,
            base_fee=header.base_fee,
            blob_base_fee=blob_base_fee(header.excess_blob_gas, spec),
            excess_blob_gas=header.excess_blob_gas,
            prev_randao=header.prev_randao,
            parent_beacon_root=header.parent_beacon_root,
            extra_data=header.extra_data,
            start=start,
        )

    @classmethod
    def after(
        cls,
        parent: SealedBlock,
        spec: ChainSpec,
        *,
        timestamp: int,
        coinbase: Address,
        gas_limit: int,
        prev_randao: Hash32,
        extra_data: bytes,
        start: BlockStart,
        base_fee: Wei | None = None,
        parent_beacon_root: Hash32 = ZERO_HASH,
    ) -> BlockPlan:
        """Returns the plan of the block after ``parent``, whose fees follow from it where ``base_fee`` is not given."""
        header = parent.header
        excess = next_excess_blob_gas(header, spec)
        return cls(
            number=header.number + 1,
            timestamp=timestamp,
            parent_hash=parent.hash,
            coinbase=coinbase,
            gas_limit=gas_limit,
            base_fee=next_base_fee(header, spec.fees) if base_fee is None else base_fee,
            blob_base_fee=blob_base_fee(excess, spec),
            excess_blob_gas=excess,
            prev_randao=prev_randao,
            parent_beacon_root=parent_beacon_root,
            extra_data=extra_data,
            tx_offset=parent.tx_offset + len(parent.transactions),
            mini_block_offset=parent.mini_block_offset + len(parent.cuts),
            start=start,
        )


class BlockBuilder:
    """One open block over the world after its parent; ``begin`` it before anything is included.

    ``irregular`` is state that was changed outside any block since the parent (cheats): it is laid under the block's
    first transaction and becomes part of this block's state root. ``ecrecover_answers``: see ``Rules``.
    """

    def __init__(
        self,
        spec: ChainSpec,
        engine: Engine,
        plan: BlockPlan,
        parent_world: World,
        block_hash: Callable[[int], Hash32],
        irregular: StateDiff | None = None,
        *,
        ecrecover_answers: EcrecoverAnswers = (),
    ) -> None:
        self.spec = spec
        self.engine = engine
        self.plan = plan
        self.parent_world = parent_world
        self.irregular = irregular
        self.ecrecover_answers = ecrecover_answers
        difficulty = _difficulty(spec)
        self.env = BlockEnv(
            number=plan.number,
            timestamp=plan.timestamp,
            gas_limit=plan.gas_limit,
            coinbase=plan.coinbase,
            prev_randao=difficulty.to_bytes(32, "big") if difficulty else plan.prev_randao,
            base_fee=plan.base_fee,
            blob_base_fee=plan.blob_base_fee,
        )
        self.state = Overlay(WorldView(parent_world, block_hash), irregular.copy() if irregular is not None else None)
        self.begun_with: tuple[StateDiff, ...] = ()
        """What ``hash_start`` has moved into ``parent_world``."""
        last = plan.start.last_with_users
        self.is_late = last is not None and plan.timestamp > last
        """It is too late for its L1 origin to hold users' transactions: they wait."""
        self.used = BlockUsage()
        """Of MegaETH's limits."""
        self.transactions: list[Transaction] = []
        self.receipts: list[Receipt] = []
        self.gas_used = 0
        self.blob_gas_used = 0
        self.cuts: list[Cut] = []
        """Where its mini-blocks end; what was included since belongs to the next one."""
        self.closed: list[MiniBlock] = []
        """Its mini-blocks so far, as they were announced."""
        self._prices: L1Prices | None = None
        self._oracle: tuple[OracleService, int] | None = None
        self._ahead: tuple[Execution, Transaction, Execution] | None = None
        """An execution of ``run``, and the system transaction that goes before it."""
        self.brought = False
        """The last transaction brought one of the protocol's, which stands before it."""
        self._places: dict[Hash32, int] = {}
        self._diffs: list[StateDiff] = []
        self._logs_cut = 0
        self._lock: Lock | None = None
        """Of a block that readers on other threads may look at while it goes on."""
        self._shown: OpenBlock | None = None
        self._lent = False
        """Somebody was shown what ``state`` holds now."""

    def begin(self) -> Self:
        """Execute what the block begins with, before anything else: what the protocol writes, the system call, and the
        transactions that nobody here may refuse.
        """
        plan, spec = self.plan, self.spec
        if spec.is_metered:
            mega = MegaEnv(capacity=capacities(spec.salt, self.parent_world))
            self.env = msgspec.structs.replace(self.env, mega=mega)
        self.state.apply(
            block_start_diff(
                self.state,
                plan.number,
                plan.timestamp,
                plan.parent_hash,
                plan.parent_beacon_root,
                spec.hardfork,
                unseen=not self.parent_world.is_whole,
                call=self._protocol_call,
            )
        )
        if spec.system_contracts is not None:
            installed = system_contracts_diff(self.engine, self.env, self.state, spec.system_contracts)
            if installed is not None:
                self.state.apply(installed)
        if self.env.mega is not None:
            mega = MegaEnv(system_address(self.state), self.env.mega.capacity)
            self.env = msgspec.structs.replace(self.env, mega=mega)
        if plan.start.system_call is not None:
            self._make_system_call(plan.start.system_call)
        for tx in plan.start.transactions:
            self.append(tx, self.execute(tx))
        return self

    def _protocol_call(self, to: Address, data: bytes) -> StateDiff:
        execution = protocol_call(self.engine, self.spec, self.env, self.state, to, data)
        return execution.diff if execution.succeeded else StateDiff(Cause.SYSTEM_CALL)

    def _make_system_call(self, call: SystemCall) -> None:
        env = TxEnv(call.sender, call.to, data=call.data)
        self.state.apply(self.engine.execute(self.env, env, self.state, rules=SYSTEM).diff)

    def hash_start(self) -> None:
        """Move what the block begins with (cheats, system writes) from the overlay into the world, storage tries and
        all, so that ``seal`` finds it done. Before anybody's transactions.
        """
        reader = self.state.base
        assert isinstance(reader, WorldView)
        self.begun_with = (self.state.diff,)
        self.parent_world = self.parent_world.apply(self.state.diff)
        self.state = Overlay(WorldView(self.parent_world, reader.block_hash))

    def include(self, tx: Transaction, rules: Rules | None = None) -> Receipt:
        """Execute ``tx`` at the end of the block. Raises ``InvalidTransaction`` and changes nothing when it cannot
        be.
        """
        self.check_room(tx)
        return self.append(tx, self.run(tx) if rules is None else self.execute(tx, rules))

    def execute(
        self,
        tx: Transaction,
        rules: Rules | None = None,
        *,
        tracer: Tracer | None = None,
        state: StateReader | None = None,
    ) -> Execution:
        """Returns the outcome of ``tx`` at the end of the block, or on ``state``, without changing anything. Raises
        ``InvalidTransaction``, but never for a deposit, whose rules are its own.
        """
        over = self.state if state is None else state
        if tx.type == DEPOSIT:
            return execute_deposit(
                self.engine, self.env, tx, over, ecrecover_answers=self.ecrecover_answers, tracer=tracer
            )
        if self.is_the_protocols(tx):
            rules = SYSTEM_TRANSACTION
        elif rules is None:
            rules = IMPERSONATED if tx.is_impersonated else CONSENSUS
            if self.ecrecover_answers:
                rules = replace(rules, ecrecover_answers=self.ecrecover_answers)
        env = self.transaction_env(tx)  # first, as it may find out what the operator asks for in this block
        return self.engine.execute(self.env, env, over, rules=rules, tracer=tracer)

    def is_the_protocols(self, tx: Transaction) -> bool:
        """True if a transaction is the protocol's own."""
        return tx.to == ORACLE and self.spec.system_contracts is not None and is_system_transaction(tx, self.state)

    def ask_oracle(self, service: OracleService, parent: int) -> None:
        """Have ``run`` ask ``service`` for what transactions read of the oracle. ``parent``: the timestamp (seconds) of
        the block before, which the oracle's time is after.
        """
        self._oracle = service, parent * US + 1

    def run(self, tx: Transaction, hint: PrefetchHint | None = None) -> Execution:
        """As ``execute``, of a transaction that is to join the block now: what it reads of the oracle is what the
        service has for it, and ``append`` puts the system transaction that writes it before the transaction. ``hint``:
        see ``with_hint``.
        """
        execution = self.execute(tx, state=with_hint(self.state, hint))
        if self._oracle is None or ORACLE not in execution.accessed.accounts:
            return execution
        (service, earliest), latest = self._oracle, self.plan.timestamp * US
        values: dict[int, int] = {}
        told = 0
        for _ in range(_ORACLE_ROUNDS):
            hints = hints_of(execution)
            service.tell(hints[told:])  # before what they are about is read
            told = max(told, len(hints))
            read = {slot for address, slot in execution.accessed.slots if address == ORACLE}
            found: dict[int, int] = {}
            for slot in sorted(read - values.keys()):
                stored = self.state.storage(ORACLE, slot)
                answer = service.read(slot, stored, earliest, latest)
                if answer is not None and answer != stored:
                    found[slot] = answer
            if not found and values.keys() <= read:
                break
            # what was read only as long as something else was not known is left as it is
            values = found | {slot: value for slot, value in values.items() if found or slot in read}
            if not values:
                self._ahead = None
                return self.execute(tx)
            system = oracle_transaction(
                self.state, self.spec.chain_id, self.plan.gas_limit - self.gas_used, dict(sorted(values.items()))
            )
            written = self.execute(system)
            after = self.state.fork()
            after.apply(written.diff)
            execution = self.execute(tx, state=after)
            self._ahead = execution, system, written
        return execution

    def transaction_env(self, tx: Transaction) -> TxEnv:
        """``tx``, no deposit, as the engine takes it: with what it pays for its data on L1."""
        env = transaction_env(tx, self.plan.base_fee)
        cost = self._l1_cost(tx)
        return env if cost is None or not cost.fee else msgspec.structs.replace(env, l1_fee=cost.fee)

    def _l1_cost(self, tx: Transaction) -> L1Cost | None:
        """Returns the L1 fee of ``tx``, if the chain charges one; deposits pay none."""
        if (
            tx.type == DEPOSIT
            or self.is_the_protocols(tx)
            or not (self.spec.charges_l1_fee or self.spec.keeps_base_fee)
        ):
            return None
        prices = self._prices
        if prices is None:
            # once, before the first that pays: what a transaction of the block changes counts from the next block on
            prices = self._prices = l1_prices(self.state)
            fee = operator_fee(prices) if self.spec.keeps_base_fee else None
            if fee is not None:
                self.env = msgspec.structs.replace(self.env, operator_fee=fee)
        return l1_cost(tx.encoded, prices) if self.spec.charges_l1_fee else None

    def has_room(self, tx: Transaction) -> bool:
        """True if the block's remaining gas and blobs suffice for ``tx``."""
        if self.is_late:
            return False
        try:
            self.check_room(tx)
        except (BlockGasUsedUp, TooManyBlobs, BlockLimitReached, TransactionOverLimit):
            return False
        return True

    @property
    def is_bare(self) -> bool:
        """True if it holds only what every block begins with."""
        return len(self.transactions) == (self.plan.start.attributes is not None)

    def check_room(self, tx: Transaction) -> None:
        """Raises ``BlockGasUsedUp``, ``TooManyBlobs`` or ``BlockLimitReached`` where the block has no room left for
        ``tx``, and ``TransactionOverLimit`` where none has.
        """
        if self.spec.is_metered and self.spec.enforce_block_gas_limit:
            limits, block_gas = self.spec.limits, self.plan.gas_limit
            check_fits(self.used, limits, block_gas, tx.gas_limit, tx.encoded, tx.type == DEPOSIT)
        check_gas_left(tx.gas_limit, self.plan.gas_limit - self.gas_used, self.spec)
        if tx.blob_versioned_hashes:
            check_blobs_left(len(tx.blob_versioned_hashes), self.blob_gas_used, self.spec)

    def append(self, tx: Transaction, execution: Execution) -> Receipt:
        """Make ``tx``, executed on this block's ``state``, its last transaction."""
        ahead, self._ahead = self._ahead, None
        self.brought = ahead is not None and ahead[0] is execution
        if ahead is not None and self.brought:
            self.append(ahead[1], ahead[2])
            self.brought = True
        if self._oracle is not None:
            self._oracle[0].remember(hints_of(execution))
        nonce = self._nonce(tx.sender) if tx.type == DEPOSIT else None
        cost = self._l1_cost(tx)
        receipt = receipt_of(tx, execution, self.gas_used + execution.gas.used, self.env, nonce, cost)
        if self._lock is None:
            self._join(tx, execution, receipt)
        else:
            with self._lock:
                if self._lent:
                    self._lent = False
                    self._shown = None
                    self.state = self.state.fork()
                self._join(tx, execution, receipt)
        return receipt

    def _nonce(self, sender: Address) -> int:
        account = self.state.account(sender)
        return 0 if account is None else account.nonce

    def _join(self, tx: Transaction, execution: Execution, receipt: Receipt) -> None:
        self.state.apply(execution.diff)
        meters = execution.gas.meters
        if meters is not None:
            counted = meters.compute_gas, meters.data_size, meters.kv_updates, meters.state_growth
            counts_da = tx.type != DEPOSIT and self.spec.limits.block_da_size is not None
            self.used.add(execution.gas.used, counted, tx.encoded, counts_da)
        self.gas_used = receipt.cumulative_gas_used
        self.blob_gas_used += GAS_PER_BLOB * len(tx.blob_versioned_hashes)
        self._places[tx.hash] = len(self.transactions)
        self.transactions.append(tx)
        self.receipts.append(receipt)
        self._diffs.append(execution.diff)

    @property
    def has_uncut(self) -> bool:
        """True if a mini-block is open: something was included since the last one was closed."""
        return bool(self._diffs)

    def cut(self, timestamp: int) -> MiniBlock:
        """Close the open mini-block, which holds something, at ``timestamp`` (microseconds)."""
        start, end = self.cuts[-1].end if self.cuts else 0, len(self.transactions)
        receipts = tuple(self.receipts[start:])
        mini_block = MiniBlock(
            block_number=self.plan.number,
            block_timestamp=self.plan.timestamp,
            index=len(self.cuts),
            number=self.plan.mini_block_offset + len(self.cuts),
            timestamp=timestamp,
            gas_used=self.gas_used - (self.receipts[start - 1].cumulative_gas_used if start else 0),
            transactions=tuple(self.transactions[start:]),
            receipts=receipts,
            tx_offset=start,
            log_offset=self._logs_cut,
            diffs=tuple(self._diffs),
        )
        self._logs_cut += count_logs(receipts)
        self.cuts.append(Cut(end, timestamp))
        self.closed.append(mini_block)
        self._diffs = []
        if self._lock is not None:
            with self._lock:
                self._shown = None
        return mini_block

    def adopt(self, mini_block: MiniBlock) -> None:
        """Take what somebody else executed for the next mini-block, and told with what each transaction changed."""
        lock = self._lock
        assert lock is not None, "it is opened to readers first"
        with lock:
            if self._lent:
                self._lent = False
                self.state = self.state.fork()
            self._shown = None
            for tx, receipt, diff in zip(mini_block.transactions, mini_block.receipts, mini_block.diffs, strict=True):
                self.state.apply(diff)
                self.gas_used = receipt.cumulative_gas_used
                self.blob_gas_used += GAS_PER_BLOB * len(tx.blob_versioned_hashes)
                self._places[tx.hash] = len(self.transactions)
                self.transactions.append(tx)
                self.receipts.append(receipt)
            self.cuts.append(Cut(len(self.transactions), mini_block.timestamp))
            self.closed.append(mini_block)

    def open_to_readers(self) -> None:
        """Make the open block readable on any thread: from now on ``shown`` may be called."""
        self._lock = Lock()

    def holds(self, tx_hash: Hash32) -> bool:
        """True if the transaction with that hash was included."""
        return tx_hash in self._places

    def shown(self) -> OpenBlock:
        """The block as it is at this moment. On any thread."""
        assert self._lock is not None, "it must be opened to readers first"
        with self._lock:
            shown = self._shown
            if shown is None:
                shown = self._shown = OpenBlock(self)
                self._lent = True
            return shown

    @property
    def diffs(self) -> tuple[StateDiff, ...]:
        """The diffs that turn the parent's world into the block's, in order."""
        return (*self.begun_with, self.state.diff)

    def seal(self) -> SealedBlock:
        """The block as it would be if closed now: world, roots, header, hash."""
        return self._sealed(
            self.state.diff, tuple(self.transactions), tuple(self.receipts), tuple(self.cuts), self.blob_gas_used
        )

    def _sealed(
        self,
        diff: StateDiff,
        transactions: tuple[Transaction, ...],
        receipts: tuple[Receipt, ...],
        cuts: tuple[Cut, ...],
        blob_gas_used: int,
    ) -> SealedBlock:
        plan = self.plan
        world = self.parent_world.apply(diff)
        if self.spec.salt.live:
            follow(self.parent_world, diff, world)
        withdrawals = self.spec.withdrawals_root_of
        count = len(transactions)
        if count and (not cuts or cuts[-1].end < count):
            cuts = (*cuts, Cut(count, plan.timestamp * 1_000_000))
        header = Header(
            parent_hash=plan.parent_hash,
            coinbase=plan.coinbase,
            state_root=world.state_root,
            transactions_root=transactions_root(transactions),
            receipts_root=receipts_root(receipts),
            logs_bloom=join_blooms(receipt.bloom for receipt in receipts if receipt.logs),
            number=plan.number,
            gas_limit=plan.gas_limit,
            gas_used=receipts[-1].cumulative_gas_used if receipts else 0,
            timestamp=plan.timestamp,
            extra_data=plan.extra_data,
            prev_randao=plan.prev_randao,
            base_fee=plan.base_fee,
            withdrawals_root=EMPTY_TRIE_ROOT if withdrawals is None else world.storage_root(withdrawals),
            blob_gas_used=blob_gas_used,
            excess_blob_gas=plan.excess_blob_gas,
            parent_beacon_root=plan.parent_beacon_root,
            difficulty=_difficulty(self.spec),
            fields=self.spec.hardfork.header_fields,
        )
        return seal_block(
            header,
            transactions,
            receipts,
            world,
            self.irregular,
            self.spec,
            self.ecrecover_answers,
            tx_offset=plan.tx_offset,
            mini_block_offset=plan.mini_block_offset,
            cuts=cuts,
            system_call=plan.start.system_call,
        )


def _difficulty(spec: ChainSpec) -> int:
    """Zero since the merge (EIP-3675)."""
    return MINIMUM_DIFFICULTY if spec.hardfork < Hardfork.PARIS else 0


class OpenBlock:
    """A snapshot of an open block, readable on any thread while the block continues.

    Stands where a sealed block does when a transaction or receipt is shown (``number``, ``timestamp``, ``hash``, which
    is a placeholder, ``transactions`` and ``receipts``). ``state`` is the state after its last transaction.
    """

    hash = UNSEALED_HASH

    def __init__(self, builder: BlockBuilder) -> None:
        self._builder = builder
        self.spec = builder.spec
        self.env = builder.env
        self.number = builder.plan.number
        self.timestamp = builder.plan.timestamp
        self.state = builder.state
        self.mini_block_offset = builder.plan.mini_block_offset
        self.count = len(builder.transactions)
        self.cuts = tuple(builder.cuts)
        self._blob_gas_used = builder.blob_gas_used

    @cached_property
    def transactions(self) -> tuple[Transaction, ...]:
        return tuple(self._builder.transactions[: self.count])

    @cached_property
    def receipts(self) -> tuple[Receipt, ...]:
        return tuple(self._builder.receipts[: self.count])

    def find(self, tx_hash: Hash32) -> int | None:
        """The place of the transaction with that hash, or None."""
        index = self._builder._places.get(tx_hash)
        return index if index is not None and index < self.count else None

    @cached_property
    def sealed(self) -> SealedBlock:
        """The block as it would have been if closed then."""
        diff, cuts = self.state.diff, self.cuts
        return self._builder._sealed(diff, self.transactions, self.receipts, cuts, self._blob_gas_used)


def seal_empty(plan: BlockPlan, world: World, spec: ChainSpec, withdrawals_root: Hash32) -> SealedBlock:
    """A block without transactions; ``world`` is the state after what the protocol writes at its start, which leaves
    the parent's ``withdrawals_root`` as it was.
    """
    header = Header(
        parent_hash=plan.parent_hash,
        coinbase=plan.coinbase,
        state_root=world.state_root,
        number=plan.number,
        gas_limit=plan.gas_limit,
        timestamp=plan.timestamp,
        extra_data=plan.extra_data,
        prev_randao=plan.prev_randao,
        base_fee=plan.base_fee,
        withdrawals_root=withdrawals_root,
        excess_blob_gas=plan.excess_blob_gas,
        parent_beacon_root=plan.parent_beacon_root,
        difficulty=_difficulty(spec),
        fields=spec.hardfork.header_fields,
    )
    return seal_block(
        header, (), (), world, spec=spec, tx_offset=plan.tx_offset, mini_block_offset=plan.mini_block_offset
    )


def hints_of(execution: Execution) -> tuple[Hint, ...]:
    """The hints that contracts sent to the oracle."""
    meters = execution.gas.meters
    return () if meters is None else meters.hints


def transaction_env(tx: Transaction, base_fee: Wei) -> TxEnv:
    """``tx`` as the engine takes it, its price settled and its authorizations' signers recovered."""
    return TxEnv(
        sender=tx.sender,
        to=tx.to,
        nonce=tx.nonce,
        value=tx.value,
        data=tx.data,
        gas_limit=tx.gas_limit,
        gas_price=tx.effective_gas_price(base_fee),
        max_fee_per_gas=tx.max_fee_per_gas,
        access_list=tx.access_list,
        blob_versioned_hashes=tx.blob_versioned_hashes,
        max_fee_per_blob_gas=tx.max_fee_per_blob_gas,
        authorizations=tuple(map(authorization_env, tx.authorization_list)) if tx.authorization_list else (),
        type=tx.type,
        chain_id=tx.chain_id,
        max_priority_fee_per_gas=tx.max_priority_fee_per_gas,
    )


def authorization_env(signed: SignedAuthorization) -> Authorization:
    """An EIP-7702 tuple with its signer recovered."""
    return Authorization(signed.chain_id, signed.address, signed.nonce, recover_authority(signed))


def receipt_of(
    tx: Transaction,
    execution: Execution,
    cumulative_gas_used: int,
    env: BlockEnv,
    deposit_nonce: int | None = None,
    l1_cost: L1Cost | None = None,
) -> Receipt:
    """The receipt of an execution that joins a block; ``deposit_nonce`` is the sender's nonce before a deposit."""
    result = execution.result
    succeeded = isinstance(result, Success)
    logs = execution.logs
    blob_gas = GAS_PER_BLOB * len(tx.blob_versioned_hashes)
    meters = execution.gas.meters
    return Receipt(
        type=tx.type,
        succeeded=succeeded,
        cumulative_gas_used=cumulative_gas_used,
        gas_used=execution.gas.used,
        effective_gas_price=tx.effective_gas_price(env.base_fee),
        logs=logs,
        bloom=logs_bloom(logs),
        created=result.created,
        blob_gas_used=blob_gas,
        blob_gas_price=env.blob_base_fee,
        output=result.output,
        console=execution.console,
        error=None if succeeded else result.reason if isinstance(result, Halt) else "execution reverted",
        deposit_nonce=deposit_nonce,
        l1_cost=l1_cost,
        compute_gas=None if meters is None else meters.compute_gas,
        storage_gas=None if meters is None else meters.storage_gas,
    )
