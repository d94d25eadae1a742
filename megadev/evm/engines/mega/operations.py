"""The opcodes that MegaETH prices or counts otherwise: storage gas first, then the opcode as Ethereum has it, then what
it used is recorded and held against the limits (MegaETH's specification, "Compute gas", "Dual gas model").

While such an opcode is at work the frame has all of its gas (``_open``); afterwards it gets what its budgets leave
(``MegaMachine.close``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from megadev.chain.receipts import REVERTED
from megadev.evm import gas as price
from megadev.evm.engines import operations as plain
from megadev.evm.engines.frames import OUT_OF_GAS, Call, Halted, Machine, Unpayable, underflow
from megadev.evm.engines.mega.frames import MegaMachine, refuse_access
from megadev.evm.engines.mega.meter import MegaCall
from megadev.evm.mega_rules import (
    BENEFICIARY_TYPE,
    ORACLE,
    ORACLE_TYPE,
    SLOT_SIZE,
    TOPIC_SIZE,
    VOLATILE_OPCODES,
    Volatile,
)
from megadev.evm.opcodes import NUMBERS, OPCODES, STACK_INPUTS
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address

Operation: TypeAlias = Callable[[MegaMachine, MegaCall], None]
_ADDRESS_MASK: Final = (1 << 160) - 1
_BLOCK_NUMBER: Final = Volatile.BLOCK_NUMBER.value
_BENEFICIARY: Final = Volatile.BENEFICIARY_BALANCE.value
_ORACLE_FLAG: Final = Volatile.ORACLE.value


def _address(word: int) -> Address:
    return (word & _ADDRESS_MASK).to_bytes(20, "big")


def _open(m: MegaMachine, call: MegaCall) -> None:
    """Record what was used since the last time; from here on ``call.gas`` is all the frame has."""
    gas = call.gas + call.hidden
    m.meter.compute += call.mark - gas
    call.gas = gas
    call.hidden = 0
    call.settled = True


def _pay_storage(m: MegaMachine, call: MegaCall, amount: int) -> int:
    """Take storage gas, from the frame's allowance first. Answers what came from its gas."""
    if call.stipend:
        given = min(call.stipend, amount)
        call.stipend -= given
        amount -= given
    if amount > call.gas:
        call.gas = -1
        raise Halted(OUT_OF_GAS)
    call.gas -= amount
    return amount


# volatile data


def _block_data(name: str) -> Operation:
    flags, kind = VOLATILE_OPCODES[name]
    what = int(flags)  # plain numbers are quicker than flags
    standard = plain.OPERATIONS[NUMBERS[name]]
    assert standard is not None
    needed = STACK_INPUTS[NUMBERS[name]]

    def operation(m: MegaMachine, call: MegaCall) -> None:
        _open(m, call)
        if m.meter.disabler is not None:
            refuse_access(call, kind)
        if len(call.stack) < needed:
            raise underflow(len(call.stack), needed)
        before = call.gas
        seen = what
        if name == "BLOCKHASH" and not 0 < m.block.number - call.stack[-1] <= 256:
            seen = _BLOCK_NUMBER  # there is no hash to look at
        standard(m, call)
        m.meter.see(seen)
        m.meter.compute += before - call.gas
        m.close(call, looked=True)

    return operation


def _account_data(name: str) -> Operation:
    """BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH."""
    standard = plain.OPERATIONS[NUMBERS[name]]
    assert standard is not None

    def operation(m: MegaMachine, call: MegaCall) -> None:
        _open(m, call)
        address = _address(call.stack[-1])
        m.guard(call, address)
        m.look_at(address)
        m.prewarmed.discard(address)
        before = call.gas
        try:
            standard(m, call)
        except Halted:
            m.meter.pending |= m.saw(address)
            raise
        m.meter.compute += before - call.gas
        m.close(call, looked=True)

    return operation


def _selfbalance(m: MegaMachine, call: MegaCall) -> None:
    _open(m, call)
    m.guard(call, call.address)
    before = call.gas
    call.gas -= price.LOW
    if call.gas < 0:
        raise Halted(OUT_OF_GAS)
    m.look_at(call.address)
    call.stack.append(m.journal.balance(call.address))
    m.meter.compute += before - call.gas
    m.close(call, looked=True)


def _sload(m: MegaMachine, call: MegaCall) -> None:
    if call.address != ORACLE:
        if not m.meter.pending:
            plain.OPERATIONS[0x54](m, call)  # type: ignore[misc]
            return
        _open(m, call)
        before = call.gas
        plain.OPERATIONS[0x54](m, call)  # type: ignore[misc]
        m.meter.compute += before - call.gas
        m.close(call, looked=True)
        return
    _open(m, call)
    if m.meter.disabler is not None and m.watches_oracle:
        refuse_access(call, ORACLE_TYPE)
    if m.watches_oracle:
        m.meter.see(_ORACLE_FLAG)
    slot, before = call.stack[-1], call.gas
    call.gas -= price.COLD_SLOT
    if call.gas < 0:
        m.meter.pending |= m.watches_oracle
        raise Halted(OUT_OF_GAS)
    answer = None if m.oracle is None else m.oracle(slot)
    if answer is None:
        m.journal.warm_slot(ORACLE, slot)
        answer = m.journal.load(ORACLE, slot)
    else:
        m.meter.oracle_reads[slot] = answer
    call.stack[-1] = answer
    m.meter.compute += before - call.gas
    m.close(call, looked=True)


def _gas(m: MegaMachine, call: MegaCall) -> None:
    call.gas -= price.BASE
    if call.gas < 0:
        raise Halted(OUT_OF_GAS)
    call.stack.append(call.gas + call.hidden)


# storage and logs


def _sstore(m: MegaMachine, call: MegaCall) -> None:
    _open(m, call)
    journal, address, meter = m.journal, call.address, m.meter
    slot, new = call.stack[-1], call.stack[-2]
    current = journal.load(address, slot)
    original = journal.original(address, slot)
    paid = 0
    if not original and not current and new and m.capacity is not None:
        paid = _pay_storage(m, call, m.slot_price(address, slot))
    before = call.gas
    plain.store(m, call, current, original)
    meter.compute += before - call.gas
    if meter.is_over(call):
        raise meter.stop(call, paid)
    meter.storage += paid
    if original == current:
        if new != original:
            meter.data += SLOT_SIZE
            meter.kv += 1
    elif original == new:
        meter.data -= SLOT_SIZE
        meter.kv -= 1
    if not original:
        if not current:
            if new:
                meter.growth += 1
        elif not new:
            meter.growth -= 1
    m.close(call)


def _log(topics: int) -> Operation:
    standard = plain.OPERATIONS[NUMBERS["LOG0"] + topics]
    assert standard is not None

    def operation(m: MegaMachine, call: MegaCall) -> None:
        _open(m, call)
        meter, rules = m.meter, m.mega
        size = call.stack[-2]
        if size >= 1 << 64:
            raise Unpayable
        paid = _pay_storage(m, call, rules.topic * topics + rules.log_byte * size)
        before = call.gas
        standard(m, call)
        meter.compute += before - call.gas
        if meter.is_over(call):
            raise meter.stop(call, paid)
        meter.storage += paid
        meter.data += TOPIC_SIZE * topics + size + rules.empty_log_size
        m.close(call)

    return operation


# calls


def _message(kind: str) -> Operation:
    with_value = kind in ("CALL", "CALLCODE")
    needed = STACK_INPUTS[NUMBERS[kind]]

    def operation(m: MegaMachine, call: MegaCall) -> None:
        _open(m, call)
        stack, meter = call.stack, m.meter
        seen = False
        if len(stack) >= 2:
            to = _address(stack[-2])
            seen = m.is_beneficiary(to)
            if seen and meter.disabler is not None:
                refuse_access(call, BENEFICIARY_TYPE)
            m.cool_for_call(kind, to)
        if len(stack) < needed:
            if with_value and len(stack) >= 3 and stack[-3] and m.capacity is not None:
                _pay_storage(m, call, m.call_storage_price(call, kind, to))  # it looks at no more words than these
            raise underflow(len(stack), needed)
        try:
            child, paid, unrecorded = _begin_message(m, call, kind, with_value, seen)
        except Halted:
            if meter.volatile:
                meter.detain()  # at once, with what was used before the call
            raise
        if meter.is_over(call):
            forwarded = child.gas - (price.CALL_STIPEND if with_value and child.value else 0)
            if m.mega.settles_unstarted:
                call.gas += forwarded
            else:
                paid += forwarded + unrecorded
            stopped = meter.stop(call, paid)
            if meter.volatile:
                meter.detain()
            raise stopped
        meter.storage += paid
        m.limit_forwarding(call, child, price.CALL_STIPEND if with_value and child.value else 0)
        if meter.volatile:
            meter.detain()
        out_offset, out_size = stack.pop(), stack.pop()
        m.call(child)
        call.gas += child.gas
        output = call.return_data = child.output if child.error is None or child.error == REVERTED else b""
        if out_size and output:
            size = min(out_size, len(output))
            call.memory[out_offset : out_offset + size] = output[:size]
        stack.append(1 if child.error is None else 0)
        m.resume(call)

    return operation


def _begin_message(
    m: MegaMachine, call: MegaCall, kind: str, with_value: bool, seen: bool
) -> tuple[MegaCall, int, int]:
    """Pay for a call and take its operands; records the caller's compute. The last two operands stay on the stack.
    ``seen``: to call there is to look at the beneficiary. Answers the frame to start, the storage gas that was paid,
    and gas that was paid and is not recorded.
    """
    stack, journal, rules, meter = call.stack, m.journal, m.mega, m.meter
    gas, to = stack.pop(), _address(stack.pop())
    value = stack.pop() if with_value else 0
    in_offset, in_size = stack.pop(), stack.pop()
    out_offset, out_size = stack[-1], stack[-2]
    paid = 0
    if value and m.capacity is not None:
        paid = _pay_storage(m, call, m.call_storage_price(call, kind, to))
    before = call.gas
    if value and kind == "CALL":
        plain.forbid_static(call)
    plain.use_memory(call, in_offset, in_size)
    plain.use_memory(call, out_offset, out_size)
    if seen:
        meter.see(_BENEFICIARY)
    m.prewarmed.discard(to)
    plain.load_account(m, call, to)
    code, delegate = plain.resolve_code(m, to)
    if delegate is not None:
        if not rules.quirky_delegates:
            m.prewarmed.discard(delegate)
        plain.load_account(m, call, delegate)
    if value:
        is_new = kind == "CALL" and journal.is_dead(to)
        plain.charge(call, price.CALL_VALUE + price.NEW_ACCOUNT if is_new else price.CALL_VALUE)
    available = call.gas
    gas = min(gas, available - available // price.HELD_BACK)
    call.gas = available - gas
    cost = used = before - available
    if value:
        if not rules.counts_stipend:
            used = max(used - price.CALL_STIPEND, 0)
        gas += price.CALL_STIPEND
    meter.compute += used
    data = bytes(call.memory[in_offset : in_offset + in_size])
    here, depth = call.address, call.depth + 1
    if kind == "DELEGATECALL":
        child = MegaCall(call, kind, depth, call.caller, here, to, code, call.value, data, gas, call.static)
    elif kind == "CALLCODE":
        child = MegaCall(call, kind, depth, here, here, to, code, value, data, gas, call.static)
    else:
        child = MegaCall(call, kind, depth, here, to, to, code, value, data, gas, call.static or kind == "STATICCALL")
    child.is_delegated = delegate is not None
    return child, paid, cost - used


def _check_initcode(m: MegaMachine, size: int) -> None:
    """Halts where creation code is longer than a machine word can say, or than is allowed (EIP-3860)."""
    if size >= 1 << 64:
        raise Unpayable
    if m.initcode_size_limit is not None and size > m.initcode_size_limit:
        raise Halted("max initcode size exceeded")


def _creation(kind: str) -> Operation:
    salted, needed = kind == "CREATE2", STACK_INPUTS[NUMBERS[kind]]
    word_gas = price.INITCODE_WORD + (price.KECCAK_WORD if salted else 0)

    def operation(m: MegaMachine, call: MegaCall) -> None:
        _open(m, call)
        stack, journal, meter, rules = call.stack, m.journal, m.meter, m.mega
        checks_first = rules.settles_unstarted
        if checks_first:
            plain.forbid_static(call)
        if len(stack) < needed:
            if not salted:
                _pay_storage(m, call, m.contract_price(m.priced_address(call.address)))  # it asks for no word
            elif len(stack) == 3 and not rules.expands_before_create:
                plain.use_memory(call, stack[-2], stack[-3])
            raise underflow(len(stack), needed)
        value, offset, size = stack.pop(), stack.pop(), stack.pop()
        salt = stack.pop() if salted else 0
        start = call.gas
        if salted:
            if checks_first:
                _check_initcode(m, size)
            if not size and not rules.expands_before_create and offset > len(call.memory):
                plain.pay_memory(call, offset)
            plain.use_memory(call, offset, size)
            if rules.expands_before_create and not checks_first:
                meter.compute += start - call.gas
                start = call.gas
                if meter.is_over(call):
                    raise meter.stop(call)
        here, depth = call.address, call.depth + 1
        expansion = start - call.gas
        if salted:
            code = bytes(call.memory[offset : offset + size])
            address = keccak(b"\xff" + here + salt.to_bytes(32, "big") + keccak(code))[12:]
        else:
            address = plain.created_address(here, journal.nonce(here))
        paid = _pay_storage(m, call, m.contract_price(address if salted else m.priced_address(here)))
        before = call.gas
        plain.forbid_static(call)
        _check_initcode(m, size)
        plain.charge(call, price.CREATE + word_gas * ((size + 31) // 32))
        plain.use_memory(call, offset, size)
        code = bytes(call.memory[offset : offset + size])
        gas = call.gas - call.gas // price.HELD_BACK
        meter.compute += before - call.gas + (expansion if rules.expands_before_create else 0)
        call.gas -= gas
        child = MegaCall(call, kind, depth, here, address, address, code, value, b"", gas)
        if meter.is_over(call):
            if rules.settles_unstarted:
                call.gas += gas
            else:
                paid += gas + (0 if rules.expands_before_create else expansion)
            raise meter.stop(call, paid)
        if not rules.expands_before_create and expansion:
            meter.compute += expansion
            if meter.is_over(call):
                raise meter.stop(call, paid + gas)
        meter.storage += paid
        m.limit_forwarding(call, child, 0)
        call.return_data = b""
        m.create(child)
        call.gas += child.gas
        if child.error is None:
            stack.append(int.from_bytes(address, "big"))
        else:
            stack.append(0)
            if child.error == REVERTED:
                call.return_data = child.output
        m.resume(call)

    return operation


def _self_destruct(m: MegaMachine, call: MegaCall) -> None:
    _open(m, call)
    journal, meter, rules, here = m.journal, m.meter, m.mega, call.address
    target = _address(call.stack[-1])
    is_source = rules.delegates_are_volatile and here == m.block.coinbase
    if meter.disabler is not None and (target == m.block.coinbase or is_source):
        refuse_access(call, BENEFICIARY_TYPE)
    plain.forbid_static(call)
    balance, is_new = journal.balance(here), journal.is_dead(target)
    if rules.quirky_self_destruct:
        m.cool(target)
    paid = 0
    if rules.charges_new_beneficiary and balance:
        if is_new:
            if m.capacity is not None:
                paid = _pay_storage(m, call, m.account_price(target))
            meter.update_account()
            meter.growth += 1
        elif rules.counts_existing_beneficiary and target != here:
            meter.update_account()
    if target == m.block.coinbase:
        meter.see(_BENEFICIARY)
    m.prewarmed.discard(target)
    before = call.gas
    if here in journal.created and here not in journal.destroyed:
        meter.growth -= 1 + sum(1 for value in journal.slots.get(here, {}).values() if value)
    try:
        plain.self_destruct(m, call)
    except Halted:
        meter.pending |= m.saw(target)
        if meter.is_over(call):  # what was counted comes before what the opcode costs
            call.gas = before
            raise meter.stop(call) from None
        raise
    meter.compute += before - call.gas
    m.close(call, looked=True, paid=paid)


# the table

_TABLE: Final[dict[str, Operation]] = {
    **{name: _block_data(name) for name in VOLATILE_OPCODES},
    **{name: _account_data(name) for name in ("BALANCE", "EXTCODESIZE", "EXTCODECOPY", "EXTCODEHASH")},
    **{f"LOG{n}": _log(n) for n in range(5)},
    **{kind: _message(kind) for kind in ("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL")},
    **{kind: _creation(kind) for kind in ("CREATE", "CREATE2")},
    "SELFBALANCE": _selfbalance,
    "SLOAD": _sload,
    "SSTORE": _sstore,
    "GAS": _gas,
    "SELFDESTRUCT": _self_destruct,
}
MEGA_OPERATIONS: Final[tuple[Callable[[Machine, Call], None] | None, ...]] = tuple(
    standard if row is None else _TABLE.get(row.name, standard)  # type: ignore[misc]
    for row, standard in zip(OPCODES, plain.OPERATIONS, strict=True)
)
"""By opcode, like ``operations.OPERATIONS``."""
_LOOK_THEMSELVES: Final = ("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL", "CREATE", "CREATE2")
MEGA_INPUTS: Final = tuple(
    0 if row is not None and (row.name in VOLATILE_OPCODES or row.name in _LOOK_THEMSELVES) else needed
    for row, needed in zip(OPCODES, STACK_INPUTS, strict=True)
)
"""Words that must be on the stack before an opcode is asked: those that may be refused access, or take storage gas
before they take words, look themselves.
"""
SEEN: Final = frozenset(NUMBERS[name] for name in VOLATILE_OPCODES)
"""Opcodes that must not disappear in a trace."""
