"""The end of a chain: its newest block, what was changed since, the block that is open on it, and what the next one
will be. What happens there is the sequencer's; here it is only looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import blob_base_fee, next_excess_blob_gas
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import Transaction
from megadev.errors import SequencerStopped
from megadev.events import (
    Event,
    SequencerCondition,
)
from megadev.evm.engine import EcrecoverAnswers, Engine
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Wei
from megadev.sequencer.block_builder import PLAIN_START, BlockBuilder, BlockPlan, BlockStart
from megadev.sequencer.faults import NO_FAULTS, Faults
from megadev.sequencer.modes import BlockSettings, MiningMode
from megadev.sequencer.oracle import OracleService
from megadev.sequencer.time_keeper import TimeKeeper
from megadev.sequencer.txpool import TxPool
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import WorldView

Later: TypeAlias = Callable[[Transaction, int], Transaction]
"""The L1 attributes transaction of so many blocks later, as long as L1 stays as it is."""


class Tip(NamedTuple):
    """The end of the chain: its head, what cheats changed since, and the block that is open on it, in continuous mode,
    once it holds something.
    """

    head: SealedBlock
    irregular: StateDiff | None = None
    open: BlockBuilder | None = None


class ChainTip:
    """The state at the end of a chain on which everything else depends. ``tip``, ``blocks``, ``spec``… are replaced as
    values by the sequencer alone, on the writer's thread; readers on other threads take them as they are.
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
        self.block_start = block_start
        """What the block after ``head`` begins with; asked for every block, of a chain that has an L1."""
        self.attributes_later = attributes_later
        """Of a chain each block of which begins with the L1 attributes transaction."""
        self.tip = Tip(store.head)
        """Replaced as one, so that a reader on any thread sees all of one moment."""
        self.oracle: OracleService | None = None if spec.system_contracts is None else OracleService(time)
        """What the oracle's contract answers from outside the chain, where there is one."""
        self.faults: Faults | None = None
        """What it does wrong on purpose; None: nothing. Between two blocks, or by the methods below."""

    @property
    def head(self) -> SealedBlock:
        return self.tip[0]

    @property
    def irregular(self) -> StateDiff | None:
        """Changes by cheats since the head was sealed."""
        return self.tip[1]

    @property
    def is_running(self) -> bool:
        """Neither paused nor crashed."""
        return self.faults is None or self.faults.runs

    @property
    def condition(self) -> SequencerCondition:
        """Running, paused or crashed."""
        return NO_FAULTS.condition if self.faults is None else self.faults.condition

    @property
    def is_down(self) -> bool:
        """It crashed, and was not started again."""
        return self.condition is SequencerCondition.CRASHED

    def check_alive(self) -> None:
        """Raises ``SequencerStopped`` after a crash."""
        if self.condition is SequencerCondition.CRASHED:
            raise SequencerStopped("the sequencer has crashed: restart it with megadev_sequencer_restart")

    def check_running(self) -> None:
        """Raises ``SequencerStopped`` where no block is to be built or sealed."""
        self.check_alive()
        if not self.is_running:
            raise SequencerStopped(
                "the sequencer is paused: nothing is executed or sealed until megadev_sequencer_resume is called"
            )

    def head_state(self) -> StateReader:
        """The newest state: after the last sealed block, with what cheats changed since or the open block holds."""
        unsealed = self.tip.open
        return self.closed_state() if unsealed is None else unsealed.shown().state

    def irregular_after(self, block: SealedBlock) -> StateDiff | None:
        """Returns the cheats after ``block`` was sealed and before the next one began: they belong to the state at its
        number from then on. On any thread.
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

    def writers_state(self) -> StateReader:
        """As ``head_state``, for the writer's own thread: it shows what the open block comes to hold."""
        unsealed = self.tip.open
        return self.head_state() if unsealed is None else unsealed.state

    def next_nonce(self, sender: Address) -> int:
        """The nonce of ``sender``'s next included transaction."""
        account = self.writers_state().account(sender)
        return account.nonce if account is not None else 0

    def next_base_fee(self) -> Wei:
        """The base fee of a block built now."""
        return self.blocks.base_fee_after(self.store.head, self.spec)

    def next_blob_base_fee(self) -> Wei:
        """The blob base fee of the next block."""
        return blob_base_fee(next_excess_blob_gas(self.store.head.header, self.spec), self.spec)

    def ready(self, state: StateReader, base_fee: Wei) -> Iterator[Transaction]:
        """The transactions that could be included upon ``state``, best first."""
        ready = self.pool.ready(nonces_in(state), base_fee)
        return ready if self.faults is None else self.faults.uncensored(ready)

    def plan(self, head: SealedBlock, window: float | None = None, start: BlockStart | None = None) -> BlockPlan:
        """Everything decided about the block after ``head``; ``start`` where it is known already."""
        settings = self.blocks
        return BlockPlan.after(
            head,
            self.spec,
            timestamp=self.time.next_timestamp(head.header.timestamp, window),
            coinbase=settings.coinbase,
            gas_limit=settings.gas_limit,
            base_fee=settings.base_fee_after(head, self.spec),
            prev_randao=settings.next_prev_randao or keccak(head.hash),
            extra_data=settings.extra_data,
            start=self.block_start(self) if start is None else start,
        )

    def would_plan(self, plan: BlockPlan) -> bool:
        """True if ``plan``, made for the block after the head, is the one that would be made now."""
        head, settings = self.tip[0], self.blocks
        return (
            plan.parent_hash == head.hash
            and plan.timestamp == self.time.next_timestamp(head.header.timestamp)
            and plan.coinbase == settings.coinbase
            and plan.gas_limit == settings.gas_limit
            and plan.base_fee == settings.base_fee_after(head, self.spec)
            and plan.prev_randao == (settings.next_prev_randao or keccak(head.hash))
            and plan.extra_data == settings.extra_data
            and ((start := self.block_start(self)) is plan.start or start == plan.start)
        )

    def plan_at(self, timestamp: int) -> BlockPlan:
        """Returns the plan of the block after the head that another sequencer builds for that time, in seconds."""
        plan = self.plan(self.store.head, start=PLAIN_START)
        return msgspec.structs.replace(plan, timestamp=timestamp)

    def begin_next(self, window: float | None = None) -> BlockBuilder:
        """The next block, begun; it is to stay open for the present ``window`` where there is one."""
        head, irregular, _ = self.tip
        builder = BlockBuilder(
            self.spec,
            self.engine,
            self.plan(head, window),
            head.world,
            self.store.block_hash,
            irregular,
            ecrecover_answers=self.ecrecover_answers(),
        )
        if self.oracle is not None:
            builder.ask_oracle(self.oracle, head.header.timestamp)
        return builder.begin()


def nonces_in(state: StateReader) -> Callable[[Address], int]:
    """Each account's next nonce in ``state``."""

    def next_nonce(sender: Address) -> int:
        account = state.account(sender)
        return account.nonce if account is not None else 0

    return next_nonce
