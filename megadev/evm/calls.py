"""Questions asked by running a transaction that is not mined: its result, the gas it needs, the state it touches.

Pure functions of an engine, a block, a transaction and a state; nothing is kept. Semantics are geth's
(``internal/ethapi`` and ``eth/gasestimator``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from msgspec.structs import replace

from megadev.chain.admission import check_funds, gas_before_execution
from megadev.chain.receipts import REVERTED, Log
from megadev.chain.spec import GAS_PER_BLOB, Hardfork
from megadev.chain.transactions import AccessList
from megadev.errors import (
    ExecutionHalted,
    ExecutionReverted,
    GasAllowanceExceeded,
    IntrinsicGasTooLow,
)
from megadev.evm.engine import (
    CALL,
    BlockEnv,
    Engine,
    Execution,
    Frame,
    FrameExit,
    Halt,
    OperatorFee,
    Revert,
    Rules,
    Step,
    Tracer,
    TxEnv,
)
from megadev.evm.gas import CALL_STIPEND
from megadev.primitives.abi import revert_reason
from megadev.primitives.types import Address
from megadev.state.reader import StateReader

Explain: TypeAlias = Callable[[bytes], str]
"""Revert data in words; '' when it says nothing."""

OUT_OF_GAS = "out of gas"
_ADDRESS_MASK = (1 << 160) - 1

ACCESS_LIST_ROUNDS = 16
"""Runs that may be spent on one access list; nearly every transaction needs two."""


def call(
    engine: Engine,
    block: BlockEnv,
    tx: TxEnv,
    state: StateReader,
    *,
    rules: Rules = CALL,
    tracer: Tracer | None = None,
) -> Execution:
    """Run ``tx`` as eth_call does.

    A call without a gas price sees BASEFEE 0, and blobs without a fee BLOBBASEFEE 0: no contract may find that less is
    paid than the base fee. Raises InvalidTransaction (no balance for the value, gas below the intrinsic).
    """
    return engine.execute(_free(block, tx), tx, state, rules=rules, tracer=tracer)


def raise_for_result(execution: Execution, explain: Explain = revert_reason) -> None:
    """Raise ExecutionReverted, with its data in the words of ``explain``, or ExecutionHalted unless the execution
    succeeded."""
    result = execution.result
    if isinstance(result, Revert):
        raise ExecutionReverted(result.output, explain(result.output))
    if isinstance(result, Halt):
        raise ExecutionHalted(result.reason)


def estimate_gas(
    engine: Engine,
    block: BlockEnv,
    tx: TxEnv,
    state: StateReader,
    *,
    rules: Rules = CALL,
    within_block: bool = True,
    explain: Explain = revert_reason,
    watch: Callable[[Execution], object] = lambda execution: None,
) -> int:
    """The smallest gas limit, exact to 1 gas, with which ``tx`` succeeds.

    ``tx.gas_limit`` is the most that may be tried; the block's gas limit (where the chain holds transactions to it:
    ``within_block``) and what the sender's balance pays for at the fee cap bound it further. ``watch`` sees the one
    run, of many, that has all of that gas and decides whether it succeeds at all. Raises ExecutionReverted or
    ExecutionHalted if it fails for another reason than gas, GasAllowanceExceeded if no allowed limit suffices,
    InsufficientFunds if the value itself is not there.
    """
    block = _free(block, tx)

    def attempt(limit: int) -> Execution | None:
        """None where the limit does not even start the transaction."""
        try:
            return engine.execute(block, replace(tx, gas_limit=limit), state, rules=rules)
        except IntrinsicGasTooLow:
            return None

    allowance = min(tx.gas_limit, _affordable_gas(tx, state, block.operator_fee))
    if within_block:
        allowance = min(allowance, block.gas_limit)
    # what every hardfork charges at least; the first run says what the floor adds
    least, _ = gas_before_execution(tx.data, tx.to is None, tx.access_list, len(tx.authorizations), Hardfork.LONDON)
    if allowance < least:
        raise GasAllowanceExceeded(allowance)
    if not tx.data and tx.to is not None and _has_no_code(state, tx.to):
        plain = attempt(least)
        if plain is not None and plain.succeeded:
            return least

    first = attempt(allowance)
    if first is None:
        raise GasAllowanceExceeded(allowance)
    least = max(least, first.gas.floor)
    watch(first)
    if isinstance(first.result, Halt) and first.result.reason == OUT_OF_GAS:
        raise GasAllowanceExceeded(allowance)
    raise_for_result(first, explain)

    # Mostly the peak is the answer; but a call keeps a 64th back (EIP-150) and a stipend is only lent, so more may have
    # to be at hand than is used.
    used, peak = first.gas.used, first.gas.limit_needed
    if used > allowance // 2:  # perhaps only because an inner call lost all that it was given
        losses = _Losses()
        engine.execute(block, replace(tx, gas_limit=allowance), state, rules=rules, tracer=losses)
        used -= losses.total
    low, high = max(least, used) - 1, allowance
    guesses = [peak, peak - 1, (peak + CALL_STIPEND) * 64 // 63]
    while low + 1 < high:
        guess = guesses.pop(0) if guesses else min((low + high) // 2, 2 * low)
        if not low < guess < high:
            continue
        tried = attempt(guess)
        if tried is not None and tried.succeeded:
            high = guess
        else:
            low = guess
    return high


class _Losses:
    """A tracer that adds up the gas of inner frames that halted: each lost all it was given."""

    wants_steps = False

    def __init__(self) -> None:
        self.total = 0
        self._inner: list[int] = []
        """What was lost within each frame that is entered."""

    def enter(self, frame: Frame) -> None:
        self._inner.append(0)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        lost = self._inner.pop()
        if outcome.error is not None and outcome.error != REVERTED:
            lost = outcome.gas_used
        if self._inner:
            self._inner[-1] += lost
        else:
            self.total = lost

    def step(self, step: Step) -> None: ...

    def step_done(self, gas_left: int) -> None: ...

    def log(self, log: Log) -> None: ...


def access_list(
    engine: Engine,
    block: BlockEnv,
    tx: TxEnv,
    state: StateReader,
    *,
    precompiles: Collection[Address],
    rules: Rules = CALL,
    explain: Explain = revert_reason,
) -> tuple[AccessList, int, str | None]:
    """``(list, gas used with it, error)``: the access list (EIP-2930) under which a further run touches nothing new, or
    the one of the last of ``ACCESS_LIST_ROUNDS`` where every run goes elsewhere.

    Sender, recipient (or created contract), authorities and ``precompiles``, which are warm in any case, are left out
    unless slots of theirs are used.
    The error is None, 'execution reverted' with what ``explain`` says, or a halt reason.
    """
    block = _free(block, tx)
    known = tx.access_list
    for last in range(ACCESS_LIST_ROUNDS - 1, -1, -1):
        watcher = _AccessWatcher(tx, known, precompiles)
        execution = engine.execute(block, replace(tx, access_list=known), state, rules=rules, tracer=watcher)
        found = watcher.access_list()
        if {(address, frozenset(slots)) for address, slots in found} == {
            (address, frozenset(slots)) for address, slots in known
        }:
            break
        if last:
            known = found
    return known, execution.gas.used, _error(execution, explain)


def _error(execution: Execution, explain: Explain) -> str | None:
    try:
        raise_for_result(execution, explain)
    except (ExecutionReverted, ExecutionHalted) as error:
        return str(error)
    return None


def _free(block: BlockEnv, tx: TxEnv) -> BlockEnv:
    """The block with no base fee where the transaction offers none."""
    if tx.gas_price == 0 and tx.max_fee_per_gas == 0:
        block = replace(block, base_fee=0)
    if tx.blob_versioned_hashes and tx.max_fee_per_blob_gas == 0:
        block = replace(block, blob_base_fee=0)
    return block


def _affordable_gas(tx: TxEnv, state: StateReader, operator: OperatorFee | None) -> int:
    """The gas that the sender's balance pays for at the fee cap, after the value; without limit at no fee."""
    fee_cap = tx.max_fee_per_gas or tx.gas_price
    if not fee_cap:
        return tx.gas_limit
    account = state.account(tx.sender)
    balance = 0 if account is None else account.balance
    check_funds(tx.sender, balance, tx.value, is_transfer=True)
    fees = len(tx.blob_versioned_hashes) * GAS_PER_BLOB * tx.max_fee_per_blob_gas + tx.l1_fee
    if operator is not None:
        fees += operator.constant
        # millionths of a wei, rounded down as the fee itself is
        return max((balance - tx.value - fees + 1) * 10**6 - 1, 0) // (fee_cap * 10**6 + operator.scalar)
    return max(balance - tx.value - fees, 0) // fee_cap


def _has_no_code(state: StateReader, address: Address) -> bool:
    account = state.account(address)
    return account is None or not state.code(account.code_hash)


_TAKES_ADDRESS_FIRST = frozenset((0x31, 0x3B, 0x3C, 0x3F, 0xFF))
"""BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH, SELFDESTRUCT."""
_TAKES_ADDRESS_SECOND = frozenset((0xF1, 0xF2, 0xF4, 0xFA))
"""CALL, CALLCODE, DELEGATECALL, STATICCALL."""


class _AccessWatcher:
    """A tracer that notes the accounts and slots that opcodes name."""

    wants_steps = True

    def __init__(self, tx: TxEnv, known: AccessList, precompiles: Collection[Address]) -> None:
        self._excluded: set[Address] = {tx.sender, *precompiles}
        self._excluded.update(a.authority for a in tx.authorizations if a.authority is not None)
        self._known = known
        self._found: dict[Address, set[int]] = {}
        self._is_top = True

    def access_list(self) -> AccessList:
        """Returns the named and the previously known entries, in the order of their naming."""
        found: dict[Address, set[int]] = {}
        for address, slots in (*self._known, *((a, tuple(s)) for a, s in self._found.items())):
            if slots or address not in self._excluded:
                found.setdefault(address, set()).update(slots)
        return tuple((address, tuple(sorted(slots))) for address, slots in found.items())

    def enter(self, frame: Frame) -> None:
        if self._is_top:
            self._excluded.add(frame.to)
            self._is_top = False

    def exit(self, frame: Frame, outcome: FrameExit) -> None: ...

    def step(self, step: Step) -> None:
        op, stack = step.op, step.stack
        if op in (0x54, 0x55) and stack:  # SLOAD, SSTORE
            frame = step.frame
            here = frame.sender if frame.kind in ("DELEGATECALL", "CALLCODE") else frame.to
            self._found.setdefault(here, set()).add(stack[-1])
            return
        if op in _TAKES_ADDRESS_FIRST and stack:
            word = stack[-1]
        elif op in _TAKES_ADDRESS_SECOND and len(stack) >= 5:
            word = stack[-2]
        else:
            return
        address = (word & _ADDRESS_MASK).to_bytes(20, "big")
        if address not in self._excluded:
            self._found.setdefault(address, set())

    def step_done(self, gas_left: int) -> None: ...

    def log(self, log: Log) -> None: ...
