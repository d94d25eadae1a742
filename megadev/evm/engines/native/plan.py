"""The plan of compiled code: versions, stretches and side exits. Knows the EVM; how it is written down is the
emitter's.

A *version* is code for one place, one height of the stack and the return addresses known to lie on it. Heights are
counted from the frame's bottom, so each stack slot has an address known beforehand, and Solidity's internal calls and
returns are plain branches. Within a version, one entry and several exits, words are values of the emitter; between
versions the stack lies in memory.

A *stretch* reaches to the next conditional jump or exit. It is paid for when it begins, and nothing in it can end the
frame but running out of gas: whoever cannot pay for memory that grows within it would not have got to its end either.
Where it cannot be paid, control leaves in front of it with nothing done, and the interpreter finds out why. Every
opcode that touches the world stands between stretches. GAS is what is left and what the stretch has paid ahead.

Code that nobody has visited is a *side exit*: the interpreter goes on there. So compile time follows what ran, not what
was deployed. Every way back to an earlier place looks at the pause mark, so no run escapes it.

Limits keep hostile code from taking time and memory: places visited at ever other heights stop having versions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from megadev.evm import gas
from megadev.evm.engines.bytecode import Bytecode
from megadev.evm.engines.native.arithmetic import Arithmetic
from megadev.evm.engines.native.emitter import INTERPRET, OPERATE, Emitter
from megadev.evm.engines.native.memory import FrameAccess
from megadev.evm.engines.native.seam import OUTSIDE, Entry, leaves_frame
from megadev.evm.engines.native.wasm import Local, Word
from megadev.evm.opcodes import BASE_GAS, OPCODES, STACK_INPUTS, Kind

MOST_OPCODES_IN_A_VERSION: Final = 250
MOST_VERSIONS_OF_A_PLACE: Final = 24
MOST_VERSIONS: Final = 1500
MOST_OPCODES: Final = 12_000
"""Compiling takes some 30 µs an opcode, so a third of a second at most."""
_HIGHEST_STACK: Final = 1023
_MOST_IN_A_ROW: Final = 1_000
"""Opcodes after which a version ends though nothing jumps."""
_OPCODES_BETWEEN_RESTS: Final = 100
"""About a millisecond's."""

_MASK: Final = (1 << 256) - 1
_SIGN: Final = 1 << 255


def _signed(word: int) -> int:
    return word - (1 << 256) if word & _SIGN else word


_KNOWN: Final[dict[int, Callable[[int, int], int]]] = {
    0x01: lambda a, b: a + b,
    0x02: lambda a, b: a * b,
    0x03: lambda a, b: a - b,
    0x04: lambda a, b: a // b if b else 0,
    0x06: lambda a, b: a % b if b else 0,
    0x0A: lambda a, b: pow(a, b, 1 << 256),
    0x16: lambda a, b: a & b,
    0x17: lambda a, b: a | b,
    0x18: lambda a, b: a ^ b,
    0x1A: lambda a, b: b >> 8 * (31 - a) & 255 if a < 32 else 0,
    0x1B: lambda a, b: b << a if a < 256 else 0,
    0x1C: lambda a, b: b >> a if a < 256 else 0,
    0x1D: lambda a, b: _signed(b) >> min(a, 256),
}
"""What opcodes of two operands mean; the first is the top of the stack. For words that are known beforehand."""
_ENVIRONMENT: Final = {0x32: 0, 0x3A: 1, 0x41: 2, 0x42: 3, 0x43: 4, 0x44: 5, 0x45: 6, 0x46: 7, 0x48: 8, 0x4A: 9}
_FRAME_WORDS: Final = {0x30: "address", 0x33: "caller", 0x34: "value"}
_ENDS: Final = frozenset((0x00, 0xF3, 0xFD, 0xFF))


class _Slot:
    """A word of the stack that still lies in its slot."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class _Operand:
    """One word of the symbolic stack: known, in a slot, computed, or a condition nobody has asked the word of."""

    __slots__ = ("is_",)

    def __init__(self, is_: Word | _Slot | Local) -> None:
        self.is_ = is_


_Key: TypeAlias = tuple[int, int, tuple[tuple[int, int], ...]]
"""Place, height, and (position, value) of the return addresses known to lie on the stack."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one code. ``constants`` is data the module finds by its third parameter."""

    module: bytes
    entries: tuple[Entry, ...]
    constants: bytes
    opcodes: int


def plan(
    bytecode: Bytecode,
    names: dict[int, str],
    visited: frozenset[int] | None,
    rest: Callable[[], None],
    outside: frozenset[int] = OUTSIDE,
) -> Plan:
    """Compile ``bytecode`` under the rules that have the opcodes ``names``, of which those in ``outside`` are the
    runtime's.

    ``visited``: where blocks begin that have run; None for all but those that end in REVERT at once. ``rest`` is called
    now and then: whoever holds a lock may let go of it.
    """
    return _Planner(bytecode, names, visited, outside).plan(rest)


class _Planner:
    def __init__(
        self, bytecode: Bytecode, names: dict[int, str], visited: frozenset[int] | None, outside: frozenset[int]
    ) -> None:
        self.code, self.size = bytecode.padded, bytecode.size
        self.jumps, self.pushes = bytecode.jumps, bytecode.pushes
        self.names = names
        self.outside = outside
        self.visited = visited
        self.unlikely = self._ending_at_once() if visited is None else frozenset()
        self.emit = Emitter()
        self.math = Arithmetic(self.emit)
        self.frame = FrameAccess(self.emit)
        self.keys: dict[_Key, int] = {}
        self.of_place: dict[int, int] = {}
        self.waiting: list[_Key] = []
        self.first_stretch: dict[int, int] = {}
        self.opcodes = 0
        # of the version being made
        self.stack: list[_Operand] = []
        self.home: dict[int, _Operand] = {}
        self.stretch = 0
        self.gas = 0

    def plan(self, rest: Callable[[], None]) -> Plan:
        self._version(0, [])
        rested = 0
        while self.waiting:
            self._make(self.waiting.pop())
            if self.opcodes - rested >= _OPCODES_BETWEEN_RESTS:
                rested = self.opcodes
                rest()
        entries = tuple(
            Entry(pc, height, constants, self.emit.totals[self.first_stretch[version]], version)
            for (pc, height, constants), version in self.keys.items()
            if pc in self.jumps or (pc, height) == (0, 0)
        )
        return Plan(self.emit.module(), entries, b"".join(self.emit.constants), self.opcodes)

    def _ending_at_once(self) -> frozenset[int]:
        """Block starts from which control runs straight into REVERT or INVALID."""
        starts, pc = set(self.jumps), 0
        while pc < self.size:
            op = self.code[pc]
            pc += op - 0x5E if 0x60 <= op <= 0x7F else 1
            if op == 0x57:
                starts.add(pc)
        ending = set()
        for start in starts:
            pc = start
            while pc < self.size:
                op = self.code[pc]
                if op in (0xFD, 0xFE):
                    ending.add(start)
                    break
                if op in (0x00, 0xF3, 0x56, 0x57, 0xFF, 0x54, 0x55, 0xF1, 0xF4, 0xFA) or (op == 0x5B and pc != start):
                    break
                pc += op - 0x5E if 0x60 <= op <= 0x7F else 1
        return frozenset(ending)

    def _is_wanted(self, pc: int) -> bool:
        if pc == 0:
            return True
        return pc not in self.unlikely if self.visited is None else pc in self.visited

    # versions

    def _key(self, pc: int, stack: list[_Operand]) -> _Key:
        jumps = self.jumps
        known = tuple((i, x.is_) for i, x in enumerate(stack) if isinstance(x.is_, int) and x.is_ in jumps and x.is_)
        return pc, len(stack), known

    def _version(self, pc: int, stack: list[_Operand], is_certain: bool = False) -> int | None:
        """The version for this place and stack, or None where none shall be made."""
        if pc >= self.size or not (is_certain or self._is_wanted(pc)):
            return None
        key = self._key(pc, stack)
        found = self.keys.get(key)
        if found is None:
            count = self.of_place.get(pc, 0)
            if count >= MOST_VERSIONS_OF_A_PLACE or len(self.keys) >= MOST_VERSIONS or self.opcodes > MOST_OPCODES:
                return None
            self.of_place[pc] = count + 1
            found = self.keys[key] = len(self.keys)
            self.waiting.append(key)
        return found

    def _make(self, key: _Key) -> None:
        pc, height, known = key
        version = self.keys[key]
        self.stack = [_Operand(_Slot(i)) for i in range(height)]
        for i, value in known:
            self.stack[i] = _Operand(value)
        self.home = dict(enumerate(self.stack))
        self.emit.begin_version(version)
        self.stretch = self.first_stretch[version] = self.emit.begin_stretch(pc, height)
        self.gas = 0
        seen = {pc}
        after: int | None = pc
        for count in range(1 << 30):
            assert after is not None
            if count and count % _MOST_IN_A_ROW == 0:
                self._flush()
                self.emit.end_stretch(self.stretch, self.gas)
                rest = self._version(after, self.stack, is_certain=True)
                self.emit.go_on(rest, after, len(self.stack), False)
                break
            after = self._opcode(after, seen, count)
            self.opcodes += 1
            if after is None:
                break

    # the symbolic stack

    def _word(self, operand: _Operand) -> Word:
        """The operand for the emitter."""
        if isinstance(operand.is_, _Slot):
            operand.is_ = self.emit.load_slot(operand.is_.number)
        elif isinstance(operand.is_, Local):
            operand.is_ = self.math.word_of(operand.is_)
        return operand.is_

    def _pop(self) -> Word:
        return self._word(self.stack.pop())

    def _push(self, is_: Word | Local) -> None:
        self.stack.append(_Operand(is_))

    def _condition(self, operand: _Operand) -> Local:
        if isinstance(operand.is_, Local):
            return operand.is_
        return self.math.negated(self.math.is_zero(self._word(operand)))

    def _flush(self) -> None:
        """Bring the stack in memory up to date."""
        changed = [(i, operand) for i, operand in enumerate(self.stack) if self.home.get(i) is not operand]
        for _, operand in changed:  # all are read before any slot is overwritten
            self._word(operand)
        for i, operand in changed:
            self.emit.store_slot(i, self._word(operand))
            self.home[i] = operand
        for i in [i for i in self.home if i >= len(self.stack)]:
            del self.home[i]

    # the ends of a version

    def _leave(self, pc: int, how: int, rest: list[_Operand] | None = None) -> None:
        """In front of ``pc``; after an operation the stack is ``rest``, if the frame goes on."""
        self._flush()
        self.emit.end_stretch(self.stretch, self.gas)
        resume = None if rest is None else self._version(pc + 1, rest, is_certain=True)
        self.emit.leave(pc, len(self.stack), how, resume)

    def _go(self, pc: int, seen: set[int], count: int, since: int) -> int | None:
        """From ``since`` on at ``pc``: within the version where that is cheap."""
        key = self._key(pc, self.stack)
        if (
            self._is_wanted(pc)
            and pc < self.size
            and pc > since
            and pc not in seen
            and count < MOST_OPCODES_IN_A_VERSION
            and self.opcodes < MOST_OPCODES
            and key not in self.keys
        ):
            seen.add(pc)
            return pc
        self._flush()
        self.emit.end_stretch(self.stretch, self.gas)
        self.emit.go_on(self._version(pc, self.stack), pc, len(self.stack), pc <= since)
        return None

    # opcodes

    def _opcode(self, pc: int, seen: set[int], count: int) -> int | None:
        """Write one opcode. Answers where the version goes on, or None if it has ended."""
        op = self.code[pc]
        if op == 0x5B and pc < self.size:
            if count and pc not in seen:
                after = self._go(pc, seen, count, pc - 1)
                if after is None:
                    return None
            self.gas += gas.JUMPDEST
            return pc + 1
        row = OPCODES[op]
        if pc >= self.size or row is None or op not in self.names or row.name == "INVALID":
            self._leave(pc, OPERATE if pc >= self.size else INTERPRET)
            return None
        height = len(self.stack)
        if height < STACK_INPUTS[op] or height + row.outputs - row.inputs > _HIGHEST_STACK:
            self._leave(pc, INTERPRET)
            return None
        if op in self.outside:
            return self._operation(pc, op)
        if row.kind is Kind.JUMP:
            return self._jump(pc, op, seen, count)
        self.gas += BASE_GAS[op]
        if row.kind is Kind.PUSH:
            self._push(self.pushes.get(pc, 0))
            return pc + max(op - 0x5E, 1)
        if row.kind is Kind.DUP:
            self.stack.append(self.stack[0x7F - op])
        elif row.kind is Kind.SWAP:
            deep = 0x8E - op
            self.stack[deep], self.stack[-1] = self.stack[-1], self.stack[deep]
        elif row.kind is Kind.POP:
            self.stack.pop()
        elif row.kind is Kind.PURE:
            self._pure(op)
        elif row.kind is Kind.HASH:
            offset, size = self._pop(), self._pop()
            self._push(self.frame.hash(offset, size, gas.KECCAK_WORD))
        elif row.kind is Kind.MEMORY:
            self._memory(op)
        elif row.kind is Kind.COPY:
            to, source, size = self._pop(), self._pop(), self._pop()
            if op == 0x5E:
                self.frame.copy_memory(to, source, size, gas.COPY_WORD)
            else:
                self.frame.copy("data" if op == 0x37 else "code", to, source, size, gas.COPY_WORD, self.size)
        else:
            self._read(pc, op)
        return pc + 1

    def _pure(self, op: int) -> None:
        math = self.math
        if op in (0x15, 0x19, 0x1E):
            operand = self.stack.pop()
            if op == 0x15:
                condition = operand.is_
                self._push(
                    math.negated(condition) if isinstance(condition, Local) else math.is_zero(self._word(operand))
                )
            elif op == 0x19:
                word = self._word(operand)
                self._push(word ^ _MASK if isinstance(word, int) else math.bits("xor", word, _MASK))
            else:
                self._push(math.clz(self._word(operand)))
            return
        a, b = self._pop(), self._pop()
        if isinstance(a, int) and isinstance(b, int) and op in _KNOWN and op != 0x0A:
            self._push(_KNOWN[op](a, b) & _MASK)
        elif op == 0x01:
            self._push(math.add(a, b))
        elif op == 0x02:
            self._push(math.mul(a, b))
        elif op == 0x03:
            self._push(math.sub(a, b))
        elif op in (0x04, 0x05, 0x06, 0x07):
            self._push(math.divide(("div", "sdiv", "mod", "smod")[op - 4], a, b))
        elif op in (0x08, 0x09):
            self._push(math.modular("addmod" if op == 0x08 else "mulmod", a, b, self._pop()))
        elif op == 0x0A:
            self._push(math.exp(a, b, gas.EXP_BYTE))
        elif op == 0x0B:
            self._push(math.signextend(a, b))
        elif op == 0x14:
            self._push(math.is_equal(a, b))
        elif op in (0x10, 0x12):
            self._push(math.is_less(a, b, op == 0x12))
        elif op in (0x11, 0x13):
            self._push(math.is_less(b, a, op == 0x13))
        elif op in (0x16, 0x17, 0x18):
            self._push(math.bits(("and", "or", "xor")[op - 0x16], a, b))
        elif op == 0x1A:
            self._push(math.byte(a, b))
        else:
            self._push(math.shift(("shl", "shr", "sar")[op - 0x1B], a, b))

    def _memory(self, op: int) -> None:
        offset = self._pop()
        if op == 0x51:
            self._push(self.frame.load(offset))
        elif op == 0x52:
            self.frame.store(offset, self._pop())
        else:
            self.frame.store_byte(offset, self._pop())

    def _read(self, pc: int, op: int) -> None:
        """Emits a read of the frame, the transaction or the block."""
        frame = self.frame
        if op in _ENVIRONMENT:
            self._push(frame.environment(_ENVIRONMENT[op]))
        elif op in _FRAME_WORDS:
            self._push(frame.frame_word(_FRAME_WORDS[op]))
        elif op == 0x35:
            self._push(frame.data_word(self._pop()))
        elif op == 0x36:
            self._push(frame.data_size())
        elif op == 0x38:
            self._push(self.size)
        elif op == 0x3D:
            self._push(frame.return_size())
        elif op == 0x58:
            self._push(pc)
        elif op == 0x59:
            self._push(frame.memory_size())
        else:
            assert op == 0x5A
            self._push(self.emit.gas(self.stretch, self.gas))

    def _operation(self, pc: int, op: int) -> int | None:
        """Emits an operation that the runtime performs. The version ends in front of what leaves the frame."""
        row = OPCODES[op]
        assert row is not None
        if op in _ENDS:
            self._leave(pc, OPERATE)
            return None
        rest = self.stack[: len(self.stack) - row.inputs]
        results = range(len(rest), len(rest) + row.outputs)
        if leaves_frame(op):
            self._leave(pc, OPERATE, [*rest, *(_Operand(_Slot(i)) for i in results)])
            return None
        self._flush()
        self.emit.end_stretch(self.stretch, self.gas)
        self.emit.operate_here(op, pc, len(self.stack))
        self.stack = rest
        for i in results:
            self.home[i] = _Operand(_Slot(i))
            self.stack.append(self.home[i])
        for i in [i for i in self.home if i >= len(self.stack)]:
            del self.home[i]
        self.gas = 0
        self.stretch = self.emit.begin_stretch(pc + 1, len(self.stack))
        return pc + 1

    def _jump(self, pc: int, op: int, seen: set[int], count: int) -> int | None:
        target = self.stack[-1].is_
        if not isinstance(target, int) or target not in self.jumps:
            self._leave(pc, INTERPRET)
            return None
        self.gas += BASE_GAS[op]
        self.stack.pop()
        if op == 0x56:
            return self._go(target, seen, count, pc)
        operand = self.stack.pop()
        if isinstance(operand.is_, int):
            return self._go(target if operand.is_ else pc + 1, seen, count, pc)
        condition = self._condition(operand)
        self._flush()
        self.emit.end_stretch(self.stretch, self.gas)
        self.emit.branch(condition, self._version(target, self.stack), target, len(self.stack), target <= pc)
        if not self._is_wanted(pc + 1) or count >= MOST_OPCODES_IN_A_VERSION:
            self.emit.go_on(self._version(pc + 1, self.stack), pc + 1, len(self.stack), False)
            return None
        self.gas = 0
        self.stretch = self.emit.begin_stretch(pc + 1, len(self.stack))
        return pc + 1
