"""The outcome of a transaction that was executed ahead of its turn: told by the one who did it, adopted where it holds.

What is told is everything that the execution looked at, with the values it found, and everything that it did. Whoever
builds the block compares these values with the block's own state when the transaction's turn has come. Where all are
the same, so is the outcome, since an engine is a function of block, transaction and what it reads; where one is not,
the transaction is executed again. So nothing depends on what state the other one had: a wrong guess costs time only.

Why three kinds of accounts: with values alone, any two transactions of a block would conflict, since all pay fees to
the same account, and a sender's next nonce and balance depend on all that it sent before.

- The sender of a transaction, where it has no code and no code that ran can ask for its balance, matters in three ways:
  its nonce is the transaction's, it has no code, and its balance suffices. What it pays is a difference.
- Whoever only gets something (fees; the recipient of a plain transfer) matters under MegaETH's rules in that it is
  there or not, and else not at all. What it gets is a difference as well.
- All others are compared by value: nonce, balance and code.

An outcome is a tuple of numbers, bytes, tuples and dicts, so that it can be sent as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple, TypeAlias

from megadev.chain.receipts import ConsoleCall, Log
from megadev.chain.spec import (
    BASE_FEE_VAULT,
    GAS_PER_BLOB,
    L1_FEE_VAULT,
    OPERATOR_FEE_VAULT,
    SMALLEST_CAPACITY,
    ChainSpec,
)
from megadev.chain.system_contracts import ORACLE
from megadev.evm.engine import (
    AccessSet,
    BlockEnv,
    Execution,
    GasReport,
    Halt,
    LimitHalt,
    Meters,
    Result,
    Revert,
    Success,
    TxEnv,
)
from megadev.evm.mega_rules import INTERCEPTED
from megadev.primitives.types import EMPTY_CODE_HASH, Address
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader

Outcome: TypeAlias = tuple[Any, ...]
"""(result, gas, sender's part, gets, accounts read, slots read, the rest or None): see ``told``."""
AccountValue: TypeAlias = tuple[int, int, bytes] | None

MOST = 2**256 - 1
"""Where balances stop growing; nobody gets there but by a cheat."""
_ORIGINAL = frozenset((ORACLE, *INTERCEPTED))
"""Contracts whose answers are not made of state alone: what has to do with them is executed in its turn."""
_BALANCE, _SELFBALANCE, _CREATE, _CREATE2, _PUSH1, _PUSH32 = 0x31, 0x47, 0xF0, 0xF5, 0x60, 0x7F
_TELLING = frozenset((_BALANCE, _SELFBALANCE, _CREATE, _CREATE2))
"""Instructions that tell balances, or run code that nobody has looked at."""


class Conflict(NamedTuple):
    """What was found to be another than the execution had seen: ``slot`` of the account, or a field of it."""

    field: str
    address: Address
    slot: int = -1


def fee_recipients(spec: ChainSpec, coinbase: Address) -> tuple[Address, ...]:
    """The accounts that get fees, or are touched where there are none."""
    if not (spec.keeps_base_fee or spec.charges_l1_fee):
        return (coinbase,)
    return coinbase, BASE_FEE_VAULT, L1_FEE_VAULT, OPERATOR_FEE_VAULT


def may_tell_balances(code: bytes) -> bool:
    """True if the code has an instruction that tells balances, or one that creates, wherever it may jump to."""
    if _TELLING.isdisjoint(code):
        return False
    position, size = 0, len(code)
    while position < size:
        op = code[position]
        if op in _TELLING:
            return True
        position += op - _PUSH1 + 2 if _PUSH1 <= op <= _PUSH32 else 1
    return False


def told(
    execute: Callable[[BlockEnv, TxEnv, StateReader], Execution],
    env: BlockEnv,
    tx: TxEnv,
    state: Overlay,
    paid: Collection[Address],
    tells_balances: Callable[[bytes], bool],
    buckets: Collection[int] = (),
) -> Outcome | None:
    """Execute ``tx`` upon ``state``, and lay what it changes over it. None where what it looked at cannot be told.

    The sender is taken to have the transaction's nonce: what it sent before may be executed elsewhere. ``paid``: who
    gets fees. ``tells_balances``: ``may_tell_balances`` of a code by its hash. ``buckets``: those whose capacity
    ``env`` was asked for.

    Raises what ``execute`` raises, which is an engine's.
    """
    sender = tx.sender
    first = state.account(sender)
    is_loose = first is not None and first.code_hash == EMPTY_CODE_HASH and not tx.authorizations and tx.to is not None
    if is_loose and first is not None and first.nonce != tx.nonce:
        first = Account(tx.nonce, first.balance, EMPTY_CODE_HASH)
        state.apply(StateDiff(Cause.TRANSACTION, {sender: first}))
    execution = execute(env, tx, state)
    accessed, diff = execution.accessed, execution.diff
    touched = accessed.accounts
    if not _ORIGINAL.isdisjoint(touched):
        return None
    found = {address: state.account(address) for address in touched}
    codes = {each.code_hash for each in found.values() if each is not None and each.code_hash != EMPTY_CODE_HASH}
    is_loose = is_loose and not any(map(tells_balances, codes))
    plain = None
    if is_loose and tx.value and not codes and not accessed.slots and len(touched) <= 2 and tx.to != sender:
        plain = tx.to

    pays = None
    gets = []
    written = []
    for address, account in diff.accounts.items():
        if address == sender and is_loose:
            if first is None or account is None or account.nonce != tx.nonce + 1 or account.balance >= MOST:
                return None
            pays = account.balance - first.balance
        elif address == plain or (address in paid and address not in touched):
            before = state.account(address)
            if account is None or account.balance >= MOST:
                return None
            was_dead = before is None or before.is_empty
            had = 0 if before is None else before.balance
            gets.append((address, was_dead, address == plain, account.balance - had))
        elif address in touched:
            written.append((address, _value(account)))
        else:
            return None  # it was written without being looked at, and nobody is known to be paid but these
    if is_loose and pays is None:
        return None
    operator = env.operator_fee
    need = 0
    if is_loose:
        need = tx.value + tx.gas_limit * max(tx.max_fee_per_gas, tx.gas_price) + tx.l1_fee
        need += len(tx.blob_versioned_hashes) * GAS_PER_BLOB * tx.max_fee_per_blob_gas
        need += 0 if operator is None else operator.of(tx.gas_limit)
    known = {address for address, *_ in gets if address == plain}
    reads = tuple(
        (address, _value(account))
        for address, account in found.items()
        if not (is_loose and address == sender) and address not in known
    )
    slots = tuple((address, slot, state.storage(address, slot)) for address, slot in accessed.slots)
    gas, result = execution.gas, execution.result
    rest = None
    meters = None
    if gas.meters is not None:
        meters = _told_meters(gas.meters)
        if meters is None:
            return None
    if written or diff.storage or diff.cleared or diff.codes or execution.logs or execution.console or buckets:
        rest = (
            tuple(written),
            diff.storage,
            tuple(diff.cleared),
            diff.codes,
            tuple((log.address, log.topics, log.data) for log in execution.logs),
            tuple((call.sender, call.data) for call in execution.console),
            tuple(buckets),
        )
    state.apply(diff)
    return (
        _told_result(result),
        (gas.used, gas.refunded, gas.floor, gas.limit_needed, meters),
        (need, pays) if is_loose else None,
        tuple(gets),
        reads,
        slots,
        rest,
    )


def adopted(
    outcome: Outcome, sender: Address, nonce: int, state: StateReader, env: BlockEnv, paid: Collection[Address]
) -> Execution | Conflict:
    """The execution that was told, if ``state`` is as it was then in all that was looked at; else what is not."""
    result, gas, pays, gets, reads, slots, rest = outcome
    account_of = state.account
    accounts: dict[Address, Account | None] = {}
    if pays is not None:
        need, difference = pays
        account = account_of(sender)
        if account is None or account.nonce != nonce or account.code_hash != EMPTY_CODE_HASH:
            return Conflict("nonce", sender)
        balance = account.balance + difference
        if account.balance < need or balance > MOST:
            return Conflict("balance", sender)
        accounts[sender] = Account(nonce + 1, balance, EMPTY_CODE_HASH)
    is_metered = env.mega is not None  # who comes to be is counted, and who has not is dearer
    for address, was_dead, is_plain, difference in gets:
        account = account_of(address)
        if account is None:
            if is_metered and not was_dead:
                return Conflict("balance", address)
            accounts[address] = Account(0, difference)
            continue
        balance = account.balance + difference
        if balance > MOST or (is_metered and account.is_empty != was_dead):
            return Conflict("balance", address)
        if is_plain and account.code_hash != EMPTY_CODE_HASH:
            return Conflict("code", address)
        accounts[address] = Account(account.nonce, balance, account.code_hash)
    for address in paid:  # an empty one goes when it is touched (EIP-161)
        if address not in accounts and (account := account_of(address)) is not None and account.is_empty:
            return Conflict("balance", address)
    for address, value in reads:
        account = account_of(address)
        if account is None:
            if value is not None:
                return Conflict("code", address)
        elif value is None:
            return Conflict("code", address)
        elif (account.nonce, account.balance, account.code_hash) != value:
            return Conflict(_changed(account, value), address)
    for address, slot, word in slots:
        if state.storage(address, slot) != word:
            return Conflict("storage", address, slot)
    storage: dict[Address, dict[int, int]] = {}
    logs: tuple[Log, ...] = ()
    console: tuple[ConsoleCall, ...] = ()
    cleared: set[Address] = set()
    codes: dict[bytes, bytes] = {}
    if rest is not None:
        written, storage, gone, codes, told_logs, told_console, buckets = rest
        capacity = None if env.mega is None else env.mega.capacity
        if buckets and capacity is not None and any(capacity(bucket) != SMALLEST_CAPACITY for bucket in buckets):
            return Conflict("bucket", sender)
        for address, value in written:
            accounts[address] = None if value is None else Account(*value)
        cleared = set(gone)
        logs = tuple([Log(*log) for log in told_logs])
        console = tuple([ConsoleCall(*call) for call in told_console])
    used, refunded, floor, limit_needed, meters = gas
    touched = {address for address, _ in reads}
    touched.update(address for address, _, is_plain, _ in gets if is_plain)
    touched.add(sender)
    return Execution(
        _result(result),
        GasReport(used, refunded, floor, limit_needed, None if meters is None else _meters(meters)),
        logs,
        StateDiff(Cause.TRANSACTION, accounts, storage, cleared, codes),
        AccessSet(touched, {(address, slot) for address, slot, _ in slots}),
        console,
    )


def _value(account: Account | None) -> AccountValue:
    return None if account is None else (account.nonce, account.balance, account.code_hash)


def _changed(account: Account, value: tuple[int, int, bytes]) -> str:
    if account.code_hash != value[2]:
        return "code"
    return "nonce" if account.nonce != value[0] else "balance"


def _told_result(result: Result) -> tuple[Any, ...]:
    if isinstance(result, Success):
        return 0, result.output, result.created
    if isinstance(result, Revert):
        return 1, result.output, result.created
    return 2, result.output, result.created, result.reason


def _result(value: tuple[Any, ...]) -> Result:
    kind, output, created = value[:3]
    if kind == 0:
        return Success(output, created)
    return Revert(output, created) if kind == 1 else Halt(value[3], output, created)


def _told_meters(meters: Meters) -> tuple[Any, ...] | None:
    """None where the oracle was asked."""
    if meters.hints or meters.oracle_reads:
        return None
    halt = meters.limit_halt
    return (
        meters.compute_gas,
        meters.data_size,
        meters.kv_updates,
        meters.state_growth,
        meters.storage_gas,
        meters.intrinsic,
        meters.detained_limit,
        meters.volatile,
        None if halt is None else (halt.reason, halt.limit, halt.actual, halt.volatile),
    )


def _meters(value: tuple[Any, ...]) -> Meters:
    compute, size, updates, growth, storage, intrinsic, detained, volatile, halt = value
    halted = None if halt is None else LimitHalt(*halt)
    return Meters(compute, size, updates, growth, storage, intrinsic, detained, volatile, limit_halt=halted)
