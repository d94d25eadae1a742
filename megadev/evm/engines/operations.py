"""The opcodes that the run loop does not inline, one function each: they find gas, stack and memory in the frame.

The loop has made sure that enough operands are on the stack. Whoever raises ``Halted`` ends the frame exceptionally;
gas that runs out is noticed where it is charged, before anything is changed. What only works on stack and memory takes
nothing off the stack before it is paid for, so that it could be run again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from megadev.chain.receipts import REVERTED, Log
from megadev.chain.transactions import MAX_NONCE, is_delegation
from megadev.evm import gas as price
from megadev.evm.engine import Frame, FrameExit
from megadev.evm.engines.frames import OUT_OF_GAS, Call, Halted, Machine, Unpayable, grow, growth_cost
from megadev.evm.opcodes import OPCODES
from megadev.evm.rules import CALL_DEPTH_LIMIT
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address

_WORD: Final = 1 << 256
_MASK: Final = _WORD - 1
_SIGN: Final = 1 << 255
_ADDRESS_MASK: Final = (1 << 160) - 1


def charge(call: Call, amount: int) -> None:
    call.gas -= amount
    if call.gas < 0:
        raise Halted(OUT_OF_GAS)


def use_memory(call: Call, offset: int, size: int) -> None:
    """Pay for and provide memory[offset : offset + size]."""
    end = offset + size
    if size and end > len(call.memory):
        pay_memory(call, end)


def pay_memory(call: Call, end: int) -> None:
    """Pay for and provide memory up to ``end``, which lies beyond it."""
    call.gas -= growth_cost(call.memory, end)
    if call.gas < 0:
        raise Unpayable
    grow(call.memory, end)


def charge_words(call: Call, base_gas: int, word_gas: int, size: int) -> None:
    """Pay for what costs so much for each word of ``size`` bytes."""
    if size >> 64:
        call.gas = -1
        raise Unpayable
    charge(call, base_gas + word_gas * ((size + 31) // 32))


def _address(word: int) -> Address:
    return (word & _ADDRESS_MASK).to_bytes(20, "big")


def _signed(word: int) -> int:
    return word - _WORD if word & _SIGN else word


def forbid_static(call: Call) -> None:
    if call.static:
        raise Halted("write protection")


# arithmetic


def _sdiv(m: Machine, call: Call) -> None:
    charge(call, price.LOW)
    left, right = _signed(call.stack.pop()), _signed(call.stack[-1])
    quotient = abs(left) // abs(right) if right else 0
    call.stack[-1] = (-quotient if (left < 0) != (right < 0) else quotient) & _MASK


def _smod(m: Machine, call: Call) -> None:
    charge(call, price.LOW)
    left, right = _signed(call.stack.pop()), _signed(call.stack[-1])
    rest = abs(left) % abs(right) if right else 0
    call.stack[-1] = (-rest if left < 0 else rest) & _MASK


def _addmod(m: Machine, call: Call) -> None:
    charge(call, price.MID)
    left, right = call.stack.pop(), call.stack.pop()
    modulus = call.stack[-1]
    call.stack[-1] = (left + right) % modulus if modulus else 0


def _mulmod(m: Machine, call: Call) -> None:
    charge(call, price.MID)
    left, right = call.stack.pop(), call.stack.pop()
    modulus = call.stack[-1]
    call.stack[-1] = left * right % modulus if modulus else 0


def _exp(m: Machine, call: Call) -> None:
    exponent = call.stack[-2]
    charge(call, price.EXP + price.EXP_BYTE * ((exponent.bit_length() + 7) // 8))
    base = call.stack.pop()
    call.stack[-1] = pow(base, exponent, _WORD)


def _signextend(m: Machine, call: Call) -> None:
    charge(call, price.LOW)
    size, value = call.stack.pop(), call.stack[-1]
    if size < 31:
        bit = 8 * size + 7
        low = (1 << (bit + 1)) - 1
        call.stack[-1] = value | (_MASK ^ low) if value >> bit & 1 else value & low


def _byte(m: Machine, call: Call) -> None:
    charge(call, price.VERY_LOW)
    index, value = call.stack.pop(), call.stack[-1]
    call.stack[-1] = value >> 8 * (31 - index) & 0xFF if index < 32 else 0


def _sar(m: Machine, call: Call) -> None:
    charge(call, price.VERY_LOW)
    shift, value = call.stack.pop(), _signed(call.stack[-1])
    call.stack[-1] = (value >> min(shift, 256)) & _MASK


def _clz(m: Machine, call: Call) -> None:
    """EIP-7939."""
    charge(call, price.LOW)
    call.stack[-1] = 256 - call.stack[-1].bit_length()


# environment


def _read(gas: int, value: Callable[[Machine, Call], int]) -> Callable[[Machine, Call], None]:
    """An opcode that only pushes a word."""

    def operation(m: Machine, call: Call) -> None:
        charge(call, gas)
        call.stack.append(value(m, call))

    return operation


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def load_account(m: Machine, call: Call, address: Address) -> None:
    charge(call, price.COLD_ACCOUNT if m.journal.warm_account(address) else price.WARM)


def _balance(m: Machine, call: Call) -> None:
    address = _address(call.stack[-1])
    load_account(m, call, address)
    call.stack[-1] = m.journal.balance(address)


def _extcodesize(m: Machine, call: Call) -> None:
    address = _address(call.stack[-1])
    load_account(m, call, address)
    call.stack[-1] = len(m.journal.code(address))


def _extcodehash(m: Machine, call: Call) -> None:
    address = _address(call.stack[-1])
    load_account(m, call, address)
    account = m.journal.account(address)
    call.stack[-1] = 0 if account is None or account.is_empty else _number(account.code_hash)


def _copy(call: Call, source: bytes, base_gas: int) -> None:
    """Pop target, offset and size, and copy that piece of ``source`` into memory, zeros beyond its end."""
    stack = call.stack
    size, offset, target = stack[-3:]
    charge_words(call, base_gas, price.COPY_WORD, size)
    use_memory(call, target, size)
    del stack[-3:]
    if size:
        call.memory[target : target + size] = source[offset : offset + size].ljust(size, b"\0")


def _calldatacopy(m: Machine, call: Call) -> None:
    _copy(call, call.data, price.VERY_LOW)


def _codecopy(m: Machine, call: Call) -> None:
    _copy(call, call.code, price.VERY_LOW)


def _extcodecopy(m: Machine, call: Call) -> None:
    address = _address(call.stack[-1])
    load_account(m, call, address)
    call.stack.pop()
    _copy(call, m.journal.code(address), 0)


def _returndatacopy(m: Machine, call: Call) -> None:
    stack = call.stack
    if stack[-2] + stack[-3] > len(call.return_data):
        charge_words(call, price.VERY_LOW, price.COPY_WORD, stack[-3])
        raise Halted("return data out of bounds")
    _copy(call, call.return_data, price.VERY_LOW)


def _blockhash(m: Machine, call: Call) -> None:
    charge(call, price.BLOCKHASH)
    number, current = call.stack[-1], m.block.number
    known = max(current - 256, 0) <= number < current
    call.stack[-1] = _number(m.journal.reader.block_hash(number)) if known else 0


def _blobhash(m: Machine, call: Call) -> None:
    charge(call, price.VERY_LOW)
    index = call.stack[-1]
    call.stack[-1] = _number(m.blob_hashes[index]) if index < len(m.blob_hashes) else 0


# memory and storage


def _mstore8(m: Machine, call: Call) -> None:
    value, offset = call.stack[-2:]
    charge(call, price.VERY_LOW)
    use_memory(call, offset, 1)
    del call.stack[-2:]
    call.memory[offset] = value & 0xFF


def _mcopy(m: Machine, call: Call) -> None:
    stack = call.stack
    size, source, target = stack[-3:]
    charge_words(call, price.VERY_LOW, price.COPY_WORD, size)
    use_memory(call, max(target, source), size)
    del stack[-3:]
    if size:
        call.memory[target : target + size] = call.memory[source : source + size]


def _sload(m: Machine, call: Call) -> None:
    slot, address = call.stack[-1], call.address
    journal = m.journal
    charge(call, price.WARM if (address, slot) in journal.warm_slots else price.COLD_SLOT)
    journal.warm_slot(address, slot)
    call.stack[-1] = journal.load(address, slot)


def _sstore(m: Machine, call: Call) -> None:
    _check_store(call)  # first: what may not be written is not looked at
    slot, address = call.stack[-1], call.address
    current = m.journal.load(address, slot)
    _store(m, call, current, m.journal.original(address, slot))


def store(m: Machine, call: Call, current: int, original: int) -> None:
    """SSTORE once it is known what is in the slot, and what was there before the transaction: EIP-2200 with the prices
    of EIP-2929 and the refunds of EIP-3529.
    """
    _check_store(call)
    _store(m, call, current, original)


def _check_store(call: Call) -> None:
    forbid_static(call)
    if call.gas <= price.SLOT_SENTRY:
        raise Unpayable


def _store(m: Machine, call: Call, current: int, original: int) -> None:
    journal, address = m.journal, call.address
    slot, new = call.stack.pop(), call.stack.pop()
    cost = price.COLD_SLOT if journal.warm_slot(address, slot) else 0
    if original == current != new:
        cost += price.SLOT_RESET if original else price.SLOT_SET
    else:
        cost += price.WARM
    charge(call, cost)
    if current == new:
        return
    if original:
        if not current:
            journal.refund -= price.SLOT_CLEARED_REFUND
        elif not new:
            journal.refund += price.SLOT_CLEARED_REFUND
    if original == new:
        journal.refund += price.SLOT_RESET_UNDONE_REFUND if original else price.SLOT_SET_UNDONE_REFUND
    journal.store(address, slot, new)


def _tload(m: Machine, call: Call) -> None:
    charge(call, price.TRANSIENT)
    call.stack[-1] = m.journal.transient_load(call.address, call.stack[-1])


def _tstore(m: Machine, call: Call) -> None:
    forbid_static(call)
    charge(call, price.TRANSIENT)
    slot, value = call.stack.pop(), call.stack.pop()
    m.journal.transient_store(call.address, slot, value)


def _log(topics: int) -> Callable[[Machine, Call], None]:
    def operation(m: Machine, call: Call) -> None:
        forbid_static(call)
        stack = call.stack
        offset, size = stack.pop(), stack.pop()
        words = tuple(stack.pop().to_bytes(32, "big") for _ in range(topics))
        charge(call, price.LOG + price.LOG_TOPIC * topics + price.LOG_BYTE * size)
        use_memory(call, offset, size)
        log = Log(call.address, words, bytes(call.memory[offset : offset + size]))
        m.journal.logs.append(log)
        if m.tracer is not None:
            m.tracer.log(log)

    return operation


# calls


def resolve_code(m: Machine, address: Address) -> tuple[bytes, Address | None]:
    """The code that runs at ``address``, and the account it is delegated to, if it is (EIP-7702)."""
    code = m.journal.code(address)
    if is_delegation(code) and m.rules.delegates:
        target = code[3:]
        return m.journal.code(target), target
    return code, None


def _message(kind: str) -> Callable[[Machine, Call], None]:
    """CALL, CALLCODE, DELEGATECALL and STATICCALL."""
    with_value = kind in ("CALL", "CALLCODE")

    def operation(m: Machine, call: Call) -> None:
        stack, journal = call.stack, m.journal
        gas, to = stack.pop(), _address(stack.pop())
        value = stack.pop() if with_value else 0
        in_offset, in_size, out_offset, out_size = stack.pop(), stack.pop(), stack.pop(), stack.pop()
        if value and kind == "CALL":
            forbid_static(call)
        use_memory(call, in_offset, in_size)
        use_memory(call, out_offset, out_size)
        load_account(m, call, to)
        code, delegate = resolve_code(m, to)
        if delegate is not None:
            load_account(m, call, delegate)
        if value:
            is_new = kind == "CALL" and journal.is_dead(to)
            charge(call, price.CALL_VALUE + price.NEW_ACCOUNT if is_new else price.CALL_VALUE)
        available = call.gas
        gas = min(gas, available - available // price.HELD_BACK)  # EIP-150
        call.gas = available - gas
        if value:
            gas += price.CALL_STIPEND
        data = bytes(call.memory[in_offset : in_offset + in_size])
        here, depth = call.address, call.depth + 1
        if kind == "DELEGATECALL":
            child = Call(kind, depth, call.caller, here, to, code, call.value, data, gas, call.static)
        elif kind == "CALLCODE":
            child = Call(kind, depth, here, here, to, code, value, data, gas, call.static)
        else:
            child = Call(kind, depth, here, to, to, code, value, data, gas, call.static or kind == "STATICCALL")
        child.is_delegated = delegate is not None
        if depth > CALL_DEPTH_LIMIT:
            m.refuse(child, "max call depth exceeded")
        elif value and journal.balance(here) < value:
            m.refuse(child, "insufficient balance for transfer")
        else:
            m.call(child)
        call.gas += child.gas
        output = call.return_data = child.output if child.error is None or child.error == REVERTED else b""
        if out_size and output:
            size = min(out_size, len(output))
            call.memory[out_offset : out_offset + size] = output[:size]
        stack.append(1 if child.error is None else 0)

    return operation


def created_address(sender: Address, nonce: int) -> Address:
    """The address of a contract made by CREATE or by a creating transaction."""
    return keccak(rlp.encode([sender, nonce]))[12:]


def _creation(kind: str) -> Callable[[Machine, Call], None]:
    """CREATE and CREATE2."""
    salted = kind == "CREATE2"
    hash_gas = price.KECCAK_WORD if salted else 0

    def operation(m: Machine, call: Call) -> None:
        forbid_static(call)
        stack, journal = call.stack, m.journal
        value, offset, size = stack.pop(), stack.pop(), stack.pop()
        salt = stack.pop() if salted else 0
        if size >= 1 << 64:
            raise Unpayable
        if m.initcode_size_limit is not None and size > m.initcode_size_limit:
            raise Halted("max initcode size exceeded")
        charge(call, price.CREATE + (m.rules.initcode_word + hash_gas) * ((size + 31) // 32))
        use_memory(call, offset, size)
        code = bytes(call.memory[offset : offset + size])
        here, depth = call.address, call.depth + 1
        gas = call.gas - call.gas // price.HELD_BACK
        call.gas -= gas
        nonce = journal.nonce(here)
        if salted:
            address = keccak(b"\xff" + here + salt.to_bytes(32, "big") + keccak(code))[12:]
        else:
            address = created_address(here, nonce)
        child = Call(kind, depth, here, address, address, code, value, b"", gas)
        call.return_data = b""
        if depth > CALL_DEPTH_LIMIT:
            m.refuse(child, "max call depth exceeded")
        elif journal.balance(here) < value:
            m.refuse(child, "insufficient balance for transfer")
        elif nonce == MAX_NONCE:
            m.refuse(child, "nonce uint64 overflow")
        else:
            journal.bump_nonce(here)
            journal.warm_account(address)
            if is_taken(m, address):
                m.refuse(child, "contract address collision", keeps_gas=False)
            else:
                m.create(child)
        call.gas += child.gas
        if child.error is None:
            stack.append(_number(address))
            return
        stack.append(0)
        if child.error == REVERTED:
            call.return_data = child.output

    return operation


def is_taken(m: Machine, address: Address) -> bool:
    """No contract can be created where there is code, a nonce, or storage (EIP-7610)."""
    return has_code_or_nonce(m, address) or m.journal.has_storage(address)


def has_code_or_nonce(m: Machine, address: Address) -> bool:
    """True if the account has code or a nonce: then MegaETH's EVM creates no contract there."""
    account = m.journal.account(address)
    return account is not None and (account.nonce != 0 or account.code_hash != EMPTY_CODE_HASH)


def self_destruct(m: Machine, call: Call) -> None:
    """Send everything to the beneficiary; since Cancun only an account created in this transaction goes itself
    (EIP-6780)."""
    forbid_static(call)
    journal, here = m.journal, call.address
    beneficiary = _address(call.stack.pop())
    balance = journal.balance(here)
    cost = price.SELFDESTRUCT + (price.COLD_ACCOUNT if journal.warm_account(beneficiary) else 0)
    if balance and journal.is_dead(beneficiary):
        cost += price.NEW_ACCOUNT
    charge(call, cost)
    if m.tracer is not None:
        frame = Frame("SELFDESTRUCT", call.depth + 1, here, beneficiary, beneficiary, balance, 0, b"")
        m.tracer.enter(frame)
        m.tracer.exit(frame, FrameExit(0, b""))
    journal.move_value(here, beneficiary, balance)
    if here in journal.created or m.rules.destroys_all:
        journal.set_balance(here, 0)  # also where it is its own beneficiary: the ether is burnt
        journal.destroy(here)


_TABLE: dict[str, Callable[[Machine, Call], None]] = {
    "SDIV": _sdiv,
    "SMOD": _smod,
    "ADDMOD": _addmod,
    "MULMOD": _mulmod,
    "EXP": _exp,
    "SIGNEXTEND": _signextend,
    "BYTE": _byte,
    "SAR": _sar,
    "CLZ": _clz,
    "ADDRESS": _read(price.BASE, lambda m, call: _number(call.address)),
    "BALANCE": _balance,
    "ORIGIN": _read(price.BASE, lambda m, call: _number(m.origin)),
    "CALLER": _read(price.BASE, lambda m, call: _number(call.caller)),
    "CALLVALUE": _read(price.BASE, lambda m, call: call.value),
    "CALLDATASIZE": _read(price.BASE, lambda m, call: len(call.data)),
    "CALLDATACOPY": _calldatacopy,
    "CODESIZE": _read(price.BASE, lambda m, call: len(call.code)),
    "CODECOPY": _codecopy,
    "GASPRICE": _read(price.BASE, lambda m, call: m.gas_price),
    "EXTCODESIZE": _extcodesize,
    "EXTCODECOPY": _extcodecopy,
    "RETURNDATASIZE": _read(price.BASE, lambda m, call: len(call.return_data)),
    "RETURNDATACOPY": _returndatacopy,
    "EXTCODEHASH": _extcodehash,
    "BLOCKHASH": _blockhash,
    "COINBASE": _read(price.BASE, lambda m, call: _number(m.block.coinbase)),
    "TIMESTAMP": _read(price.BASE, lambda m, call: m.block.timestamp),
    "NUMBER": _read(price.BASE, lambda m, call: m.block.number),
    "PREVRANDAO": _read(price.BASE, lambda m, call: _number(m.block.prev_randao)),
    "GASLIMIT": _read(price.BASE, lambda m, call: m.block.gas_limit),
    "CHAINID": _read(price.BASE, lambda m, call: m.chain_id),
    "SELFBALANCE": _read(price.LOW, lambda m, call: m.journal.balance(call.address)),
    "BASEFEE": _read(price.BASE, lambda m, call: m.block.base_fee),
    "BLOBHASH": _blobhash,
    "BLOBBASEFEE": _read(price.BASE, lambda m, call: m.block.blob_base_fee),
    "MSTORE8": _mstore8,
    "SLOAD": _sload,
    "SSTORE": _sstore,
    "PC": _read(price.BASE, lambda m, call: call.pc),
    "MSIZE": _read(price.BASE, lambda m, call: len(call.memory)),
    "GAS": _read(price.BASE, lambda m, call: call.gas),
    "TLOAD": _tload,
    "TSTORE": _tstore,
    "MCOPY": _mcopy,
    "LOG0": _log(0),
    "LOG1": _log(1),
    "LOG2": _log(2),
    "LOG3": _log(3),
    "LOG4": _log(4),
    "CREATE": _creation("CREATE"),
    "CALL": _message("CALL"),
    "CALLCODE": _message("CALLCODE"),
    "DELEGATECALL": _message("DELEGATECALL"),
    "CREATE2": _creation("CREATE2"),
    "STATICCALL": _message("STATICCALL"),
    "SELFDESTRUCT": self_destruct,
}
OPERATIONS: tuple[Callable[[Machine, Call], None] | None, ...] = tuple(
    None if row is None else _TABLE.get(row.name) for row in OPCODES
)
"""By opcode; None where the run loop does it or nobody knows it."""
