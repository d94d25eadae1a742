"""The opcodes that the run loop does not inline, one function each: they find gas, stack and memory in the frame.

The loop has made sure that enough operands are on the stack. Whoever raises ``Halted`` ends the frame exceptionally;
gas that runs out is noticed where it is charged, before anything is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from megadev.chain.receipts import REVERTED, Log
from megadev.chain.transactions import MAX_NONCE, is_delegation
from megadev.evm.engine import Frame, FrameExit
from megadev.evm.engines.frames import Call
from megadev.evm.rules import CALL_DEPTH_LIMIT
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address

if TYPE_CHECKING:
    from megadev.evm.engines.machine import Machine

OUT_OF_GAS: Final = "out of gas"
_MEMORY_LIMIT: Final = 1 << 30
"""One GiB: no gas limit in use pays for more, and a frame with made-up gas must not take the machine down."""
_WORD: Final = 1 << 256
_MASK: Final = _WORD - 1
_SIGN: Final = 1 << 255
_ADDRESS_MASK: Final = (1 << 160) - 1


class Halted(Exception):
    """The frame ends exceptionally, for ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def underflow(size: int, needed: int) -> Halted:
    """Too few words on the stack, in geth's words."""
    return Halted(f"stack underflow ({size} <=> {needed})")


def growth_cost(memory: bytearray, end: int) -> int:
    """Gas for memory to reach ``end``, which lies beyond it."""
    if end > _MEMORY_LIMIT:
        raise Halted(OUT_OF_GAS)
    before, after = len(memory) >> 5, (end + 31) >> 5
    return 3 * (after - before) + after * after // 512 - before * before // 512


def grow(memory: bytearray, end: int) -> None:
    """Fill memory with zeros up to the word that holds ``end`` - 1."""
    memory.extend(bytes(((end + 31) & ~31) - len(memory)))


def _charge(call: Call, amount: int) -> None:
    call.gas -= amount
    if call.gas < 0:
        raise Halted(OUT_OF_GAS)


def _use_memory(call: Call, offset: int, size: int) -> None:
    """Pay for and provide memory[offset : offset + size]."""
    end = offset + size
    if size and end > len(call.memory):
        _charge(call, growth_cost(call.memory, end))
        grow(call.memory, end)


def _address(word: int) -> Address:
    return (word & _ADDRESS_MASK).to_bytes(20, "big")


def _signed(word: int) -> int:
    return word - _WORD if word & _SIGN else word


def _forbid_static(call: Call) -> None:
    if call.static:
        raise Halted("write protection")


# arithmetic


def _sdiv(m: Machine, call: Call) -> None:
    _charge(call, 5)
    left, right = _signed(call.stack.pop()), _signed(call.stack[-1])
    quotient = abs(left) // abs(right) if right else 0
    call.stack[-1] = (-quotient if (left < 0) != (right < 0) else quotient) & _MASK


def _smod(m: Machine, call: Call) -> None:
    _charge(call, 5)
    left, right = _signed(call.stack.pop()), _signed(call.stack[-1])
    rest = abs(left) % abs(right) if right else 0
    call.stack[-1] = (-rest if left < 0 else rest) & _MASK


def _addmod(m: Machine, call: Call) -> None:
    _charge(call, 8)
    left, right = call.stack.pop(), call.stack.pop()
    modulus = call.stack[-1]
    call.stack[-1] = (left + right) % modulus if modulus else 0


def _mulmod(m: Machine, call: Call) -> None:
    _charge(call, 8)
    left, right = call.stack.pop(), call.stack.pop()
    modulus = call.stack[-1]
    call.stack[-1] = left * right % modulus if modulus else 0


def _exp(m: Machine, call: Call) -> None:
    base, exponent = call.stack.pop(), call.stack[-1]
    _charge(call, 10 + 50 * ((exponent.bit_length() + 7) // 8))
    call.stack[-1] = pow(base, exponent, _WORD)


def _signextend(m: Machine, call: Call) -> None:
    _charge(call, 5)
    size, value = call.stack.pop(), call.stack[-1]
    if size < 31:
        bit = 8 * size + 7
        low = (1 << (bit + 1)) - 1
        call.stack[-1] = value | (_MASK ^ low) if value >> bit & 1 else value & low


def _byte(m: Machine, call: Call) -> None:
    _charge(call, 3)
    index, value = call.stack.pop(), call.stack[-1]
    call.stack[-1] = value >> 8 * (31 - index) & 0xFF if index < 32 else 0


def _sar(m: Machine, call: Call) -> None:
    _charge(call, 3)
    shift, value = call.stack.pop(), _signed(call.stack[-1])
    call.stack[-1] = (value >> min(shift, 256)) & _MASK


def _clz(m: Machine, call: Call) -> None:
    """EIP-7939."""
    _charge(call, 5)
    call.stack[-1] = 256 - call.stack[-1].bit_length()


# environment


def _read(gas: int, value: Callable[[Machine, Call], int]) -> Callable[[Machine, Call], None]:
    """An opcode that only pushes a word."""

    def operation(m: Machine, call: Call) -> None:
        _charge(call, gas)
        call.stack.append(value(m, call))

    return operation


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _load_account(m: Machine, call: Call, address: Address) -> None:
    _charge(call, 2600 if m.journal.warm_account(address) else 100)


def _balance(m: Machine, call: Call) -> None:
    address = _address(call.stack[-1])
    _load_account(m, call, address)
    call.stack[-1] = m.journal.balance(address)


def _extcodesize(m: Machine, call: Call) -> None:
    address = _address(call.stack[-1])
    _load_account(m, call, address)
    call.stack[-1] = len(m.journal.code(address))


def _extcodehash(m: Machine, call: Call) -> None:
    address = _address(call.stack[-1])
    _load_account(m, call, address)
    account = m.journal.account(address)
    call.stack[-1] = 0 if account is None or account.is_empty else _number(account.code_hash)


def _copy(call: Call, source: bytes, base_gas: int) -> None:
    """Pop target, offset and size, and copy that piece of ``source`` into memory, zeros beyond its end."""
    stack = call.stack
    target, offset, size = stack.pop(), stack.pop(), stack.pop()
    _charge(call, base_gas + 3 * ((size + 31) // 32))
    _use_memory(call, target, size)
    if size:
        call.memory[target : target + size] = source[offset : offset + size].ljust(size, b"\0")


def _calldatacopy(m: Machine, call: Call) -> None:
    _copy(call, call.data, 3)


def _codecopy(m: Machine, call: Call) -> None:
    _copy(call, call.code, 3)


def _extcodecopy(m: Machine, call: Call) -> None:
    address = _address(call.stack.pop())
    _load_account(m, call, address)
    _copy(call, m.journal.code(address), 0)


def _returndatacopy(m: Machine, call: Call) -> None:
    stack = call.stack
    if stack[-2] + stack[-3] > len(call.return_data):
        _charge(call, 3 + 3 * ((stack[-3] + 31) // 32))
        raise Halted("return data out of bounds")
    _copy(call, call.return_data, 3)


def _blockhash(m: Machine, call: Call) -> None:
    _charge(call, 20)
    number, current = call.stack[-1], m.block.number
    known = max(current - 256, 0) <= number < current
    call.stack[-1] = _number(m.journal.reader.block_hash(number)) if known else 0


def _blobhash(m: Machine, call: Call) -> None:
    _charge(call, 3)
    index = call.stack[-1]
    call.stack[-1] = _number(m.blob_hashes[index]) if index < len(m.blob_hashes) else 0


# memory and storage


def _mstore8(m: Machine, call: Call) -> None:
    offset, value = call.stack.pop(), call.stack.pop()
    _charge(call, 3)
    _use_memory(call, offset, 1)
    call.memory[offset] = value & 0xFF


def _mcopy(m: Machine, call: Call) -> None:
    stack = call.stack
    target, source, size = stack.pop(), stack.pop(), stack.pop()
    _charge(call, 3 + 3 * ((size + 31) // 32))
    _use_memory(call, max(target, source), size)
    if size:
        call.memory[target : target + size] = call.memory[source : source + size]


def _sload(m: Machine, call: Call) -> None:
    slot, address = call.stack[-1], call.address
    _charge(call, 2100 if m.journal.warm_slot(address, slot) else 100)
    call.stack[-1] = m.journal.load(address, slot)


def _sstore(m: Machine, call: Call) -> None:
    """EIP-2200 with the prices of EIP-2929 and the refunds of EIP-3529."""
    _forbid_static(call)
    if call.gas <= 2300:
        raise Halted(OUT_OF_GAS)
    journal, address = m.journal, call.address
    slot, new = call.stack.pop(), call.stack.pop()
    current = journal.load(address, slot)
    original = journal.original(address, slot)
    cost = 2100 if journal.warm_slot(address, slot) else 0
    if original == current != new:
        cost += 2900 if original else 20_000
    else:
        cost += 100
    _charge(call, cost)
    if current == new:
        return
    if original:
        if not current:
            journal.refund -= 4800
        elif not new:
            journal.refund += 4800
    if original == new:
        journal.refund += 2800 if original else 19_900
    journal.store(address, slot, new)


def _tload(m: Machine, call: Call) -> None:
    _charge(call, 100)
    call.stack[-1] = m.journal.transient_load(call.address, call.stack[-1])


def _tstore(m: Machine, call: Call) -> None:
    _forbid_static(call)
    _charge(call, 100)
    slot, value = call.stack.pop(), call.stack.pop()
    m.journal.transient_store(call.address, slot, value)


def _log(topics: int) -> Callable[[Machine, Call], None]:
    def operation(m: Machine, call: Call) -> None:
        _forbid_static(call)
        stack = call.stack
        offset, size = stack.pop(), stack.pop()
        words = tuple(stack.pop().to_bytes(32, "big") for _ in range(topics))
        _charge(call, 375 + 375 * topics + 8 * size)
        _use_memory(call, offset, size)
        log = Log(call.address, words, bytes(call.memory[offset : offset + size]))
        m.journal.logs.append(log)
        if m.tracer is not None:
            m.tracer.log(log)

    return operation


# calls


def resolve_code(m: Machine, address: Address) -> tuple[bytes, Address | None]:
    """The code that runs at ``address``, and the account it is delegated to, if it is (EIP-7702)."""
    code = m.journal.code(address)
    if is_delegation(code):
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
            _forbid_static(call)
        _use_memory(call, in_offset, in_size)
        _use_memory(call, out_offset, out_size)
        _load_account(m, call, to)
        code, delegate = resolve_code(m, to)
        if delegate is not None:
            _load_account(m, call, delegate)
        if value:
            _charge(call, 34_000 if kind == "CALL" and journal.is_dead(to) else 9000)
        available = call.gas
        gas = min(gas, available - available // 64)  # EIP-150
        call.gas = available - gas
        if value:
            gas += 2300
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
    """Where CREATE, or a creating transaction, puts a contract."""
    return keccak(rlp.encode([sender, nonce]))[12:]


def _creation(kind: str) -> Callable[[Machine, Call], None]:
    """CREATE and CREATE2."""
    salted = kind == "CREATE2"

    def operation(m: Machine, call: Call) -> None:
        _forbid_static(call)
        stack, journal = call.stack, m.journal
        value, offset, size = stack.pop(), stack.pop(), stack.pop()
        salt = stack.pop() if salted else 0
        if m.initcode_size_limit is not None and size > m.initcode_size_limit:
            raise Halted("max initcode size exceeded")
        _charge(call, 32_000 + (8 if salted else 2) * ((size + 31) // 32))
        _use_memory(call, offset, size)
        code = bytes(call.memory[offset : offset + size])
        here, depth = call.address, call.depth + 1
        gas = call.gas - call.gas // 64
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
    """No contract can be created where there is code or a nonce."""
    account = m.journal.account(address)
    return account is not None and (account.nonce != 0 or account.code_hash != EMPTY_CODE_HASH)


def self_destruct(m: Machine, call: Call) -> None:
    """Send everything to the beneficiary; only an account created in this transaction goes itself (EIP-6780)."""
    _forbid_static(call)
    journal, here = m.journal, call.address
    beneficiary = _address(call.stack.pop())
    balance = journal.balance(here)
    cost = 7600 if journal.warm_account(beneficiary) else 5000
    if balance and journal.is_dead(beneficiary):
        cost += 25_000
    _charge(call, cost)
    if m.tracer is not None:
        frame = Frame("SELFDESTRUCT", call.depth + 1, here, beneficiary, beneficiary, balance, 0, b"")
        m.tracer.enter(frame)
        m.tracer.exit(frame, FrameExit(0, b""))
    journal.move_value(here, beneficiary, balance)
    if here in journal.created:
        journal.set_balance(here, 0)  # also where it is its own beneficiary: the ether is burnt
        journal.destroy(here)


_TABLE: dict[int, Callable[[Machine, Call], None]] = {
    0x05: _sdiv,
    0x07: _smod,
    0x08: _addmod,
    0x09: _mulmod,
    0x0A: _exp,
    0x0B: _signextend,
    0x1A: _byte,
    0x1D: _sar,
    0x1E: _clz,
    0x30: _read(2, lambda m, call: _number(call.address)),
    0x31: _balance,
    0x32: _read(2, lambda m, call: _number(m.origin)),
    0x33: _read(2, lambda m, call: _number(call.caller)),
    0x34: _read(2, lambda m, call: call.value),
    0x36: _read(2, lambda m, call: len(call.data)),
    0x37: _calldatacopy,
    0x38: _read(2, lambda m, call: len(call.code)),
    0x39: _codecopy,
    0x3A: _read(2, lambda m, call: m.gas_price),
    0x3B: _extcodesize,
    0x3C: _extcodecopy,
    0x3D: _read(2, lambda m, call: len(call.return_data)),
    0x3E: _returndatacopy,
    0x3F: _extcodehash,
    0x40: _blockhash,
    0x41: _read(2, lambda m, call: _number(m.block.coinbase)),
    0x42: _read(2, lambda m, call: m.block.timestamp),
    0x43: _read(2, lambda m, call: m.block.number),
    0x44: _read(2, lambda m, call: _number(m.block.prev_randao)),
    0x45: _read(2, lambda m, call: m.block.gas_limit),
    0x46: _read(2, lambda m, call: m.chain_id),
    0x47: _read(5, lambda m, call: m.journal.balance(call.address)),
    0x48: _read(2, lambda m, call: m.block.base_fee),
    0x49: _blobhash,
    0x4A: _read(2, lambda m, call: m.block.blob_base_fee),
    0x53: _mstore8,
    0x54: _sload,
    0x55: _sstore,
    0x58: _read(2, lambda m, call: call.pc),
    0x59: _read(2, lambda m, call: len(call.memory)),
    0x5A: _read(2, lambda m, call: call.gas),
    0x5C: _tload,
    0x5D: _tstore,
    0x5E: _mcopy,
    0xA0: _log(0),
    0xA1: _log(1),
    0xA2: _log(2),
    0xA3: _log(3),
    0xA4: _log(4),
    0xF0: _creation("CREATE"),
    0xF1: _message("CALL"),
    0xF2: _message("CALLCODE"),
    0xF4: _message("DELEGATECALL"),
    0xF5: _creation("CREATE2"),
    0xFA: _message("STATICCALL"),
    0xFF: self_destruct,
}
OPERATIONS: tuple[Callable[[Machine, Call], None] | None, ...] = tuple(_TABLE.get(op) for op in range(256))
"""By opcode; None where the run loop does it or nobody knows it."""
