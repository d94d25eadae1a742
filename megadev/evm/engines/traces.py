"""Hot code turned into Python functions: what a run of opcodes does to the stack, worked out once and compiled.

A trace begins where control arrives (a jump destination, the opcode after a call, …) and follows the code through
constant jumps and past conditional ones until it meets an opcode it does not know, a computed jump, itself or its size
limit. Stack traffic disappears: operands become local variables, constants fold, comparisons stand in the ``if`` that
asks for them.

What keeps it exact: a trace only starts if the stack has all it will take and room for all it will put, and each
stretch between jumps is paid for before it begins; where it cannot be, control goes back to the run loop with the stack
as the loop would have it, and the loop finds out what is wrong. So it does before an opcode within a stretch that might
fail (memory or a slot that cannot be paid for, a bad jump): a trace itself never fails. Opcodes that look at gas or
leave the frame are in no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias

from megadev.evm import gas
from megadev.evm.engines.bytecode import Bytecode, analyse
from megadev.evm.engines.frames import Call, HandOver, Machine, grow, memory_cost
from megadev.evm.opcodes import BASE_GAS
from megadev.primitives.byte_cache import ByteCache
from megadev.primitives.keccak import keccak

Run: TypeAlias = Callable[[list[int], bytearray, int, Call, Machine], tuple[int, int]]
"""(stack, memory, gas, frame, machine) → (program counter, gas)."""

Trace = tuple[int, int, int, Run]
"""Gas of the first stretch, words it needs on the stack, the largest stack it fits on, and the function."""

HOT: Final = 8
"""Arrivals before a trace is made: making one takes about a millisecond, each run of it saves some ten microseconds."""

SPREAD: Final = 32
"""Up to so many arrivals more, by position: the traces of one contract are not all made during one transaction."""

_MOST_OPCODES = 160
_WORD = 1 << 256
_MASK = _WORD - 1
_SIGN = 1 << 255


@lru_cache(maxsize=1 << 14)
def word_hash(data: bytes) -> int:
    """keccak256 of 64 bytes as a word. Remembered: contracts hash the same few mapping keys again and again."""
    return int.from_bytes(keccak(data), "big")


class _Truth:
    """A comparison whose 0 or 1 nobody has asked for yet; ``test`` is a Python expression of local variables."""

    __slots__ = ("test",)

    def __init__(self, test: str) -> None:
        self.test = test


_Operand: TypeAlias = int | str | _Truth
_Stack: TypeAlias = tuple[list[_Operand], int]
"""Words put on the stack, and how many of those that were there they replace."""

_BINARY: dict[int, tuple[str, Callable[[int, int], int]]] = {
    0x01: ("({0} + {1}) & MASK", lambda a, b: (a + b) & _MASK),
    0x02: ("{0} * {1} & MASK", lambda a, b: a * b & _MASK),
    0x03: ("({0} - {1}) & MASK", lambda a, b: (a - b) & _MASK),
    0x04: ("{0} // {1} if {1} else 0", lambda a, b: a // b if b else 0),
    0x06: ("{0} % {1} if {1} else 0", lambda a, b: a % b if b else 0),
    0x16: ("{0} & {1}", lambda a, b: a & b),
    0x17: ("{0} | {1}", lambda a, b: a | b),
    0x18: ("{0} ^ {1}", lambda a, b: a ^ b),
    0x1A: ("{1} >> 8 * (31 - {0}) & 255 if {0} < 32 else 0", lambda a, b: b >> 8 * (31 - a) & 255 if a < 32 else 0),
    0x1B: ("{1} << {0} & MASK if {0} < 256 else 0", lambda a, b: b << a & _MASK if a < 256 else 0),
    0x1C: ("{1} >> {0} if {0} < 256 else 0", lambda a, b: b >> a if a < 256 else 0),
    0x1D: (
        "({1} - WORD if {1} & SIGN else {1}) >> min({0}, 256) & MASK",
        lambda a, b: (b - _WORD if b & _SIGN else b) >> min(a, 256) & _MASK,
    ),
}
"""Python and meaning of opcodes that take two words; {0} is the top of the stack."""
_COMPARISONS = {
    0x10: "{0} < {1}",
    0x11: "{0} > {1}",
    0x12: "{0} ^ SIGN < {1} ^ SIGN",
    0x13: "{0} ^ SIGN > {1} ^ SIGN",
    0x14: "{0} == {1}",
}
_WORDS = {
    0x30: "number(call.address, 'big')",
    0x32: "number(m.origin, 'big')",
    0x33: "number(call.caller, 'big')",
    0x34: "call.value",
    0x36: "len(call.data)",
    0x38: "len(call.code)",
    0x3A: "m.gas_price",
    0x3D: "len(call.return_data)",
    0x41: "number(m.block.coinbase, 'big')",
    0x42: "m.block.timestamp",
    0x43: "m.block.number",
    0x45: "m.block.gas_limit",
    0x46: "m.chain_id",
    0x48: "m.block.base_fee",
    0x59: "len(memory)",
}
"""Opcodes that push a word of the frame or the block, and cost nothing beyond their base gas."""
_GLOBALS: dict[str, Any] = {
    "MASK": _MASK,
    "SIGN": _SIGN,
    "WORD": _WORD,
    "ZERO": b"\0",
    "HandOver": HandOver,
    "grow": grow,
    "memory_cost": memory_cost,
    "keccak": keccak,
    "number": int.from_bytes,
    "word_hash": word_hash,
}


class _Nothing(dict[int, Trace | None]):
    """No trace anywhere, and none to be made."""

    def __contains__(self, pc: object) -> bool:
        return True

    def __missing__(self, pc: int) -> None:
        return None


NO_TRACES: Final = _Nothing()
NO_STOPS: Final[frozenset[int]] = frozenset()


class Code:
    """Code and what has been compiled of it: ``traces`` by where they begin, None where nothing is worth it;
    ``arrivals`` counts towards that. A memory that fills while the code runs, of nothing but the code itself.
    """

    __slots__ = ("arrivals", "bytecode", "stops", "traces")

    def __init__(self, bytecode: Bytecode, stops: frozenset[int]) -> None:
        self.bytecode = bytecode
        self.stops = stops
        self.traces: dict[int, Trace | None] = {}
        self.arrivals: dict[int, int] = {}

    def arrive(self, pc: int) -> Trace | None:
        """Count an arrival at ``pc``, not in ``traces`` yet; makes a trace when the place turns out to be hot."""
        count = self.arrivals.get(pc, 0) + 1
        self.arrivals[pc] = count
        if count < HOT + pc % SPREAD:
            return None
        trace = self.traces[pc] = _Maker(self.bytecode, self.stops).make(pc)
        return trace


def known_code(code: bytes, stops: frozenset[int]) -> Code:
    """``code``, analysed, and what was compiled of it, remembered for the codes used last. For deployed code.
    ``stops``: opcodes that are in no trace here, since somebody wants to see each of them.
    """
    return _codes((code, stops))


def fresh_code(code: bytes, stops: frozenset[int]) -> Code:
    """The same for creation code, which seldom runs twice: not remembered."""
    return Code(analyse(code), stops)


def _weight(key: tuple[bytes, frozenset[int]], made: Code) -> int:
    """Bytes that analysed code takes, as measured: 64 for a place to jump to, 110 for a PUSH. What is compiled of it
    later is of its hot places only."""
    return 2 * len(key[0]) + 64 * len(made.bytecode.jumps) + 110 * len(made.bytecode.pushes) + 1_000


_codes: ByteCache[tuple[bytes, frozenset[int]], Code] = ByteCache(
    lambda key: fresh_code(*key), _weight, budget=128 * 1024 * 1024
)


class _Maker:
    """Follows the code and writes the function."""

    def __init__(self, bytecode: Bytecode, stops: frozenset[int]) -> None:
        self.bytecode = bytecode
        self.stops = stops
        self.lines: list[str] = []
        self.stack: list[_Operand] = []
        self.taken = 0
        self.most = 0
        self.names = 0
        self.loaded: set[int] = set()
        self.stretch_gas = 0
        self.stretch_line: int | None = None
        self.first_gas = 0
        self.unpaid: list[tuple[int, int]] = []

    # the symbolic stack

    def pop(self) -> _Operand:
        if self.stack:
            return self.stack.pop()
        self.taken += 1
        return f"s{self.taken}"

    def push(self, operand: _Operand) -> None:
        self.stack.append(operand)
        self.most = max(self.most, len(self.stack) - self.taken)

    def reach(self, depth: int) -> None:
        """Have the top ``depth`` words on the symbolic stack."""
        while len(self.stack) < depth:
            self.taken += 1
            self.stack.insert(0, f"s{self.taken}")

    def name(self, expression: str) -> str:
        self.names += 1
        self.lines.append(f"t{self.names} = {expression}")
        return f"t{self.names}"

    def value(self, operand: _Operand) -> str:
        """A literal or a local variable that holds the operand."""
        if isinstance(operand, _Truth):
            return self.name(f"1 if {operand.test} else 0")
        if isinstance(operand, int):
            return str(operand) if operand < 1 << 64 else hex(operand)
        if operand[0] == "s" and int(operand[1:]) not in self.loaded:
            # read where it is first needed, from a stack that does not change before the trace is left
            self.loaded.add(int(operand[1:]))
            self.lines.append(f"{operand} = stack[-{operand[1:]}]")
        return operand

    def leave(self, pc: str, indent: str = "", how: str = "") -> None:
        """Write the stack back and return, or leave as ``how`` says."""
        operands, taken = self.changed()
        if not indent:
            self.load(operands)
        put = ", ".join(
            f"1 if {operand.test} else 0" if isinstance(operand, _Truth) else self.value(operand)
            for operand in operands
        )
        if taken and put:
            self.lines.append(f"{indent}stack[-{taken}:] = ({put},)")
        elif taken:
            self.lines.append(f"{indent}del stack[-{taken}:]")
        elif len(operands) == 1:
            self.lines.append(f"{indent}stack.append({put})")
        elif put:
            self.lines.append(f"{indent}stack += ({put},)")
        self.lines.append(indent + (how or f"return {pc}, gas"))

    def changed(self) -> tuple[list[_Operand], int]:
        """The part of the symbolic stack that is not where it was, and how many words of the real one it replaces."""
        operands, taken = list(self.stack), self.taken
        while operands and taken and operands[0] == f"s{taken}":
            del operands[0]
            taken -= 1
        return operands, taken

    def load(self, operands: list[_Operand]) -> None:
        """Have them in local variables: a branch must not be where one is first read."""
        for operand in operands:
            if isinstance(operand, str):
                self.value(operand)

    # stretches

    def begin_stretch(self, pc: int) -> None:
        """Charges the gas of the following stretch here, once it is known."""
        self.end_stretch()
        self.load(self.changed()[0])
        self.stretch_line = len(self.lines)
        self.lines.append("")
        self.leave(str(pc), "    ")
        self.lines.append("")

    def end_stretch(self) -> None:
        if self.stretch_line is None:
            self.first_gas = self.stretch_gas
        else:
            pay = next(i for i in range(self.stretch_line + 1, len(self.lines)) if not self.lines[i])
            self.lines[self.stretch_line] = f"if gas < {self.stretch_gas}:"
            self.lines[pay] = f"gas -= {self.stretch_gas}"
        for line, done in self.unpaid:
            self.lines[line] = self.lines[line].replace("UNUSED", str(self.stretch_gas - done))
        self.unpaid = []
        self.stretch_gas = 0

    def hand_over(self, pc: int, test: str, before: _Stack, done: int, indent: str = "", paid: str = "") -> None:
        """If ``test`` holds, leaves at ``pc`` to the run loop with the stack as it was ``before`` the opcode, and the
        gas after the ``done`` of this stretch, with the excess ``paid``.
        """
        self.lines.append(f"{indent}if {test}:")
        now = self.stack, self.taken
        self.stack, self.taken = before
        rest = f"gas + {paid} + UNUSED" if paid else "gas + UNUSED"
        self.leave(str(pc), indent + "    ", f"raise HandOver({pc}, {rest})")
        self.stack, self.taken = now
        self.unpaid.append((len(self.lines) - 1, done))

    def ready(self, before: _Stack) -> None:
        """Have in local variables what ``hand_over`` will write back."""
        now = self.stack, self.taken
        self.stack, self.taken = before
        self.load(self.changed()[0])
        self.stack, self.taken = now

    # opcodes

    def make(self, start: int) -> Trace | None:
        pc, seen, count = start, {start}, 0
        while True:
            next_pc = self.opcode(pc) if count < _MOST_OPCODES else None
            if next_pc is None:
                self.leave(str(pc))
                break
            count += 1
            if next_pc < 0:
                break
            pc = next_pc
            if self.bytecode.padded[pc] == 0x5B:
                if pc in seen:
                    self.leave(str(pc))
                    break
                seen.add(pc)
        self.end_stretch()
        if count < 3:
            return None
        source = "def run(stack, memory, gas, call, m):\n " + "\n ".join(line for line in self.lines if line)
        scope = {**_GLOBALS, "jumps": self.bytecode.jumps}
        exec(compile(source, f"<trace at {start}>", "exec"), scope)
        return self.first_gas, self.taken, 1024 - max(self.most, 0), scope["run"]

    def opcode(self, pc: int) -> int | None:
        """Write one opcode. Returns where to go on, -1 if the trace has ended with it, None if it is not ours."""
        op = self.bytecode.padded[pc]
        if pc >= self.bytecode.size or op in self.stops:
            return None
        if 0x60 <= op <= 0x7F:
            self.stretch_gas += BASE_GAS[op]
            self.push(self.bytecode.pushes[pc])
            return pc + op - 0x5E
        if 0x80 <= op <= 0x8F:
            self.stretch_gas += BASE_GAS[op]
            self.reach(op - 0x7F)
            shared = self.stack[0x7F - op]
            if isinstance(shared, _Truth):
                shared = self.stack[0x7F - op] = self.value(shared)
            self.push(shared)
        elif 0x90 <= op <= 0x9F:
            self.stretch_gas += BASE_GAS[op]
            self.reach(op - 0x8E)
            depth = 0x8E - op
            self.stack[depth], self.stack[-1] = self.stack[-1], self.stack[depth]
        elif op in _BINARY:
            template, meaning = _BINARY[op]
            self.stretch_gas += BASE_GAS[op]
            left, right = self.pop(), self.pop()
            if isinstance(left, int) and isinstance(right, int):
                self.push(meaning(left, right))
            elif isinstance(left, int) and op in (0x1B, 0x1C) and left < 256:
                sign = "<<" if op == 0x1B else ">>"
                self.push(self.name(f"{self.value(right)} {sign} {left}" + (" & MASK" if op == 0x1B else "")))
            elif isinstance(right, int) and right and op in (0x04, 0x06):
                self.push(self.name(f"{self.value(left)} {'//' if op == 0x04 else '%'} {self.value(right)}"))
            else:
                self.push(self.name(template.format(self.value(left), self.value(right))))
        elif op in _COMPARISONS:
            self.stretch_gas += BASE_GAS[op]
            left, right = self.value(self.pop()), self.value(self.pop())
            self.push(_Truth(_COMPARISONS[op].format(left, right)))
        elif op == 0x15:  # ISZERO
            self.stretch_gas += BASE_GAS[op]
            operand = self.pop()
            self.push(_Truth(f"not ({operand.test})" if isinstance(operand, _Truth) else f"not {self.value(operand)}"))
        elif op == 0x19:  # NOT
            self.stretch_gas += BASE_GAS[op]
            operand = self.pop()
            self.push(operand ^ _MASK if isinstance(operand, int) else self.name(f"{self.value(operand)} ^ MASK"))
        elif op == 0x50:  # POP
            self.stretch_gas += BASE_GAS[op]
            self.pop()
        elif op == 0x5F:  # PUSH0
            self.stretch_gas += BASE_GAS[op]
            self.push(0)
        elif op == 0x58:  # PC
            self.stretch_gas += BASE_GAS[op]
            self.push(pc)
        elif op in _WORDS:
            self.stretch_gas += BASE_GAS[op]
            self.push(self.name(_WORDS[op]))
        elif op == 0x35:  # CALLDATALOAD
            self.stretch_gas += BASE_GAS[op]
            offset = self.value(self.pop())
            self.push(self.name(f"number(call.data[{offset}:{offset} + 32].ljust(32, ZERO), 'big')"))
        elif op == 0x51:  # MLOAD
            before, done = (list(self.stack), self.taken), self.stretch_gas
            self.stretch_gas += BASE_GAS[op]
            offset = self.value(self.pop())
            self.use_memory(offset, "32", pc, before, done)
            self.push(self.name(f"number(memory[{offset}:{offset} + 32], 'big')"))
        elif op == 0x52:  # MSTORE
            before, done = (list(self.stack), self.taken), self.stretch_gas
            self.stretch_gas += BASE_GAS[op]
            offset, stored = self.value(self.pop()), self.pop()
            data = str(stored.to_bytes(32, "big")) if isinstance(stored, int) else None
            data = data or f"{self.value(stored)}.to_bytes(32, 'big')"
            self.use_memory(offset, "32", pc, before, done)
            self.lines.append(f"memory[{offset}:{offset} + 32] = {data}")
        elif op == 0x20:  # KECCAK256
            self.keccak(pc)
        elif op == 0x54:  # SLOAD
            before, done = (list(self.stack), self.taken), self.stretch_gas
            slot = self.value(self.pop())
            self.ready(before)
            self.hand_over(pc, f"gas < {gas.COLD_SLOT}", before, done)
            self.lines.append(f"gas -= {gas.COLD_SLOT} if m.journal.warm_slot(call.address, {slot}) else {gas.WARM}")
            self.push(self.name(f"m.journal.load(call.address, {slot})"))
        elif op == 0x5B:  # JUMPDEST
            self.stretch_gas += BASE_GAS[op]
        elif op == 0x56 or op == 0x57:
            return self.jump(pc, op == 0x57)
        else:
            return None
        return pc + 1

    def use_memory(self, offset: str, size: str, pc: int, before: _Stack, done: int, paid: str = "") -> None:
        """Pay for and provide memory[offset : offset + size]; ``size`` is above 0 if it is a number."""
        self.ready(before)
        some = "" if size.isdigit() else f"{size} and "
        self.lines.append(f"if {some}{offset} + {size} > len(memory):")
        self.lines.append(f"    cost = memory_cost(memory, {offset} + {size})")
        self.hand_over(pc, "gas < cost", before, done, "    ", paid)
        self.lines += ["    gas -= cost", f"    grow(memory, {offset} + {size})"]

    def keccak(self, pc: int) -> None:
        before, done = (list(self.stack), self.taken), self.stretch_gas
        offset, size = self.value(self.pop()), self.pop()
        self.stretch_gas += gas.KECCAK
        if isinstance(size, int) and 0 < size <= 1024:
            self.stretch_gas += gas.KECCAK_WORD * ((size + 31) // 32)
            self.use_memory(offset, str(size), pc, before, done)
            data = f"bytes(memory[{offset}:{offset} + {size}])"
            self.push(self.name(f"word_hash({data})" if size == 64 else f"number(keccak({data}), 'big')"))
            return
        length = self.name(self.value(size))
        words = self.name(f"{gas.KECCAK_WORD} * (({length} + 31) // 32)")
        self.ready(before)
        self.hand_over(pc, f"gas < {words}", before, done)
        self.lines.append(f"gas -= {words}")
        self.use_memory(offset, length, pc, before, done, words)
        self.push(self.name(f"number(keccak(bytes(memory[{offset}:{offset} + {length}])), 'big')"))

    def jump(self, pc: int, conditional: bool) -> int | None:
        before, done = (list(self.stack), self.taken), self.stretch_gas
        target = self.pop()
        condition = self.pop() if conditional else 1
        known = isinstance(target, int)
        if known and target not in self.bytecode.jumps and condition != 0:
            self.stack, self.taken = before  # the run loop says what is wrong with it
            return None
        self.stretch_gas += gas.HIGH if conditional else gas.MID
        if isinstance(condition, int):
            if not condition:
                return pc + 1
            if known:
                assert isinstance(target, int)
                return target
        goal = self.value(target)
        if conditional and not isinstance(condition, int):
            test = condition.test if isinstance(condition, _Truth) else self.value(condition)
            self.load(self.changed()[0])
            if not known:
                self.ready(before)
            self.lines.append(f"if {test}:")
            if not known:
                self.hand_over(pc, f"{goal} not in jumps", before, done, "    ")
            self.leave(goal, "    ")
            self.begin_stretch(pc + 1)
            return pc + 1
        self.ready(before)
        self.hand_over(pc, f"{goal} not in jumps", before, done)
        self.leave(goal)
        return -1
