"""eth_simulateV1's pure part: blocks that were never mined, executed one on top of the other over a sealed one.

Simulated blocks are ``SealedBlock``s like any other, built by the same builder: their roots and hashes are real and
each is its successor's parent. Nothing here changes the chain. The rules are those of the execution API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from megadev.chain.admission import TRANSACTION_GAS, validate_transaction
from megadev.chain.blocks import Header, SealedBlock
from megadev.chain.fees import blob_base_fee, next_base_fee, next_excess_blob_gas
from megadev.chain.receipts import Log
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    AccessList,
    SignedAuthorization,
    Transaction,
    UnsignedTransaction,
    simulated_transaction,
)
from megadev.errors import (
    BlockGasUsedUp,
    InvalidParams,
    InvalidTransaction,
    SimulatedBlockOutOfOrder,
    SimulatedTimeOutOfOrder,
    SimulatedTransactionRefused,
    SimulationTooLarge,
)
from megadev.evm.engine import CONSENSUS, EcrecoverAnswers, Engine, Execution, Frame, FrameExit, Rules, Step
from megadev.evm.overrides import AccountOverride, MovedPrecompiles, override_state
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_ADDRESS, ZERO_HASH, Address, Hash32, Wei
from megadev.sequencer.block_builder import BlockBuilder, BlockPlan, transaction_env
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.world import WorldView

MAX_BLOCKS = 256
"""How far past its base a simulation may reach, gaps included."""
SECONDS_PER_BLOCK = 12
"""A simulated block's distance from its parent where no time is given."""
GAS_ALLOWANCE = 50_000_000
"""Gas that one simulation may use in all its calls (geth's default for an RPC call); never less than a block's. No
limit where transactions have none.
"""
DEFAULT_GAS = 1_000_000_000
"""What a call has that names none, where a block's gas does not bound it."""

ETHER_TOKEN: Address = b"\xee" * 20
"""ERC-7528: the address that stands for ether where a token's is expected."""
TRANSFER_TOPIC: Hash32 = keccak(b"Transfer(address,address,uint256)")


class CallFields(Protocol):
    """A call as its author describes it: None is filled in."""

    @property
    def sender(self) -> Address | None: ...
    @property
    def to(self) -> Address | None: ...
    @property
    def gas(self) -> int | None: ...
    @property
    def gas_price(self) -> Wei | None: ...
    @property
    def max_fee_per_gas(self) -> Wei | None: ...
    @property
    def max_priority_fee_per_gas(self) -> Wei | None: ...
    @property
    def value(self) -> Wei | None: ...
    @property
    def data(self) -> bytes | None: ...
    @property
    def nonce(self) -> int | None: ...
    @property
    def chain_id(self) -> int | None: ...
    @property
    def access_list(self) -> AccessList | None: ...
    @property
    def max_fee_per_blob_gas(self) -> Wei | None: ...
    @property
    def blob_versioned_hashes(self) -> tuple[Hash32, ...] | None: ...
    @property
    def authorization_list(self) -> tuple[SignedAuthorization, ...] | None: ...


class BlockRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One block to simulate. None is what the block would have by itself; ``time`` in seconds, fees in wei per gas."""

    calls: Sequence[CallFields] = ()
    overrides: Mapping[Address, AccountOverride] | None = None
    number: int | None = None
    time: int | None = None
    gas_limit: int | None = None
    coinbase: Address | None = None
    prev_randao: Hash32 | None = None
    base_fee: Wei | None = None
    blob_base_fee: Wei | None = None
    parent_beacon_root: Hash32 | None = None


class SimulatedCall(msgspec.Struct, frozen=True):
    """The result of a simulated call. ``logs`` holds transfers of ether too where they were asked for, in order of
    occurrence.

    ``cut_from``: the gas that it asked for, where it was given less.
    """

    execution: Execution
    logs: tuple[Log, ...]
    cut_from: int | None = None


class SimulatedBlock(msgspec.Struct, frozen=True):
    """A block and what its calls came to, one entry per transaction."""

    block: SealedBlock
    calls: tuple[SimulatedCall, ...]


def simulate(
    spec: ChainSpec,
    engine: Engine,
    base: SealedBlock,
    requests: Sequence[BlockRequest],
    *,
    block_hash: Callable[[int], Hash32],
    irregular: StateDiff | None = None,
    ecrecover_answers: EcrecoverAnswers = (),
    validation: bool = False,
    trace_transfers: bool = False,
) -> list[SimulatedBlock]:
    """Execute ``requests`` over ``base``, one block each and one for every number they skip.

    ``irregular`` is state changed since ``base`` outside any block; ``block_hash`` knows the blocks up to ``base``;
    ``ecrecover_answers`` as in ``Rules``.
    ``validation`` holds calls to a transaction's rules (nonce, fees); without it the base fee is 0 and nonces are free.

    Raises ``SimulatedBlockOutOfOrder``, ``SimulatedTimeOutOfOrder``, ``SimulationTooLarge``, ``InvalidParams`` and, for
    a call that could not be a transaction, ``SimulatedTransactionRefused``.
    """
    hashes: dict[int, Hash32] = {base.number: base.hash}

    def hash_of(number: int) -> Hash32:
        known = hashes.get(number)
        if known is not None:
            return known
        return block_hash(number) if number < base.number else ZERO_HASH

    simulation = _Simulation(
        # geth lets a simulated call exceed EIP-7825's cap, in either mode
        spec=replace(spec, transaction_gas_cap=None),
        engine=engine,
        block_hash=hash_of,
        ecrecover_answers=ecrecover_answers,
        validation=validation,
        trace_transfers=trace_transfers,
        gas_left=max(GAS_ALLOWANCE, base.header.gas_limit) if spec.enforce_block_gas_limit else None,
    )
    simulated: list[SimulatedBlock] = []
    parent = base
    for request in _in_order(base.header, requests):
        result = simulation.run_block(parent, request, irregular)
        simulated.append(result)
        parent, irregular = result.block, None
        hashes[parent.number] = parent.hash
    return simulated


def _in_order(base: Header, requests: Sequence[BlockRequest]) -> list[BlockRequest]:
    """``requests`` with every number and time decided, and empty blocks where numbers were skipped."""
    number, time = base.number, base.timestamp
    ordered: list[BlockRequest] = []
    for request in requests:
        wanted = number + 1 if request.number is None else request.number
        if wanted <= number:
            raise SimulatedBlockOutOfOrder(f"block numbers must be in order: {wanted} <= {number}")
        if wanted - base.number > MAX_BLOCKS:
            raise SimulationTooLarge(
                f"too many blocks: block {wanted} is {wanted - base.number} blocks after its base, at most "
                f"{MAX_BLOCKS} can be simulated"
            )
        while number + 1 < wanted:
            number, time = number + 1, time + SECONDS_PER_BLOCK
            ordered.append(BlockRequest(number=number, time=time))
        at = time + SECONDS_PER_BLOCK if request.time is None else request.time
        if at <= time:
            raise SimulatedTimeOutOfOrder(f"block timestamps must be in order: {at} <= {time}")
        number, time = wanted, at
        ordered.append(replace(request, number=number, time=time))
    return ordered


class _Simulation(msgspec.Struct, kw_only=True):
    spec: ChainSpec
    engine: Engine
    block_hash: Callable[[int], Hash32]
    ecrecover_answers: EcrecoverAnswers
    validation: bool
    trace_transfers: bool
    gas_left: int | None

    def run_block(self, parent: SealedBlock, request: BlockRequest, irregular: StateDiff | None) -> SimulatedBlock:
        diff, moved = self._overridden(parent, request, irregular)
        plan = self._plan(parent, request)
        builder = BlockBuilder(self.spec, self.engine, plan, parent.world, self.block_hash, diff).begin()
        calls = []
        for index, call in enumerate(request.calls):
            try:
                calls.append(self._run_call(builder, call, moved))
            except InvalidTransaction as error:
                raise SimulatedTransactionRefused(error, builder.plan.number, index) from error
        return SimulatedBlock(builder.seal(), tuple(calls))

    def _overridden(
        self, parent: SealedBlock, request: BlockRequest, irregular: StateDiff | None
    ) -> tuple[StateDiff | None, MovedPrecompiles]:
        if not request.overrides:
            return irregular, ()
        state = Overlay(WorldView(parent.world, self.block_hash), irregular.copy() if irregular is not None else None)
        diff, moved = override_state(state, request.overrides, self.spec.hardfork)
        return (diff if irregular is None else irregular.then(diff)), moved

    def _plan(self, parent: SealedBlock, request: BlockRequest) -> BlockPlan:
        assert request.number is not None and request.time is not None, "_in_order decides both"
        header = parent.header
        base_fee = request.base_fee
        if base_fee is None:
            base_fee = next_base_fee(header, self.spec.fees) if self.validation else 0
        excess = next_excess_blob_gas(header, self.spec)
        return BlockPlan(
            number=request.number,
            timestamp=request.time,
            parent_hash=parent.hash,
            coinbase=header.coinbase if request.coinbase is None else request.coinbase,
            gas_limit=header.gas_limit if request.gas_limit is None else request.gas_limit,
            base_fee=base_fee,
            blob_base_fee=blob_base_fee(excess, self.spec) if request.blob_base_fee is None else request.blob_base_fee,
            excess_blob_gas=excess,
            prev_randao=ZERO_HASH if request.prev_randao is None else request.prev_randao,
            parent_beacon_root=ZERO_HASH if request.parent_beacon_root is None else request.parent_beacon_root,
        )

    def _run_call(self, builder: BlockBuilder, call: CallFields, moved: MovedPrecompiles) -> SimulatedCall:
        tx = self._transaction(builder, call)
        validate_transaction(tx, self.spec, sidecar_required=False, nonce_counts=self.validation)
        builder.check_room(tx)
        tracer = TransferTracer() if self.trace_transfers else None
        if self.validation or tx.max_fee_per_gas > 0:
            env, block = builder.transaction_env(tx), builder.env
        else:  # a free call pays nothing to a rollup either
            env, block = (
                transaction_env(tx, builder.plan.base_fee),
                msgspec.structs.replace(builder.env, operator_fee=None),
            )
        execution = self.engine.execute(block, env, builder.state, rules=self._rules(tx, moved), tracer=tracer)
        builder.append(tx, execution)
        if self.gas_left is not None:
            self.gas_left -= execution.gas.used
        logs = execution.logs if tracer is None else tuple(tracer.logs)
        return SimulatedCall(execution, logs, call.gas if call.gas is not None and call.gas > tx.gas_limit else None)

    def _transaction(self, builder: BlockBuilder, call: CallFields) -> Transaction:
        if call.chain_id is not None and call.chain_id != self.spec.chain_id:
            raise InvalidParams(f"chainId {call.chain_id} does not match the node's: {self.spec.chain_id}")
        sender = ZERO_ADDRESS if call.sender is None else call.sender
        nonce = (builder.state.account(sender) or EMPTY_ACCOUNT).nonce if call.nonce is None else call.nonce
        gas = self._gas(builder, call)
        max_fee = call.max_fee_per_gas if call.gas_price is None else call.gas_price
        tip = call.max_priority_fee_per_gas if call.gas_price is None else call.gas_price
        unsigned = UnsignedTransaction(
            type=_type_of(call),
            chain_id=self.spec.chain_id,
            nonce=nonce,
            gas_limit=gas,
            to=call.to,
            value=call.value or 0,
            data=call.data or b"",
            max_fee_per_gas=max_fee or 0,
            max_priority_fee_per_gas=tip or 0,
            access_list=call.access_list or (),
            max_fee_per_blob_gas=call.max_fee_per_blob_gas or 0,
            blob_versioned_hashes=call.blob_versioned_hashes or (),
            authorization_list=call.authorization_list or (),
        )
        return simulated_transaction(unsigned, sender)

    def _gas(self, builder: BlockBuilder, call: CallFields) -> int:
        """Returns the gas that ``call`` may use: its own limit, as far as the block and the simulation have it."""
        if self.gas_left is None:
            return DEFAULT_GAS if call.gas is None else call.gas
        block_gas_left = builder.plan.gas_limit - builder.gas_used
        gas = block_gas_left if call.gas is None else call.gas
        if gas > block_gas_left:
            raise BlockGasUsedUp(gas, block_gas_left)
        if self.gas_left < TRANSACTION_GAS:
            raise SimulationTooLarge("the simulation has used up its gas: simulate fewer calls per request")
        return min(gas, self.gas_left)

    def _rules(self, tx: Transaction, moved: MovedPrecompiles) -> Rules:
        """A contract may send in either mode; a free call ignores nonces, and the base fee unless it names a price."""
        return replace(
            CONSENSUS,
            check_nonce=self.validation,
            check_sender_code=False,
            check_base_fee=self.validation or tx.max_fee_per_gas > 0,
            check_gas_limit=False,
            ecrecover_answers=self.ecrecover_answers,
            moved_precompiles=moved,
        )


def _type_of(call: CallFields) -> int:
    if call.authorization_list:
        return SET_CODE
    if call.blob_versioned_hashes:
        return BLOB
    if call.gas_price is None:
        return DYNAMIC_FEE
    return LEGACY if call.access_list is None else ACCESS_LIST


class TransferTracer:
    """Collects logs as they happen, with a ``Transfer`` of ``ETHER_TOKEN`` for each movement of ether among them.

    What a frame logged disappears when it fails, as its effects do.
    """

    wants_steps = False

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self._open: list[list[Log]] = []

    def enter(self, frame: Frame) -> None:
        logs: list[Log] = []
        self._open.append(logs)
        # DELEGATECALL passes its caller's value on and CALLCODE pays itself: neither moves ether
        if frame.value and frame.kind not in ("DELEGATECALL", "CALLCODE"):
            parties = (bytes(12) + frame.sender, bytes(12) + frame.to)
            logs.append(Log(ETHER_TOKEN, (TRANSFER_TOPIC, *parties), frame.value.to_bytes(32, "big")))

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        logs = self._open.pop()
        if outcome.error is None:
            (self._open[-1] if self._open else self.logs).extend(logs)

    def step(self, step: Step) -> None:
        """Not asked for."""

    def step_done(self, gas_left: int) -> None:
        """Not asked for."""

    def log(self, log: Log) -> None:
        self._open[-1].append(log)
