"""The run loop, in Python made for speed: what executes the code of a call frame.

The frequent opcodes stand in it, tested from the most frequent kind downwards, with gas, program counter and stack in
local variables; the others are functions in ``operations``, between which gas is handed over through the frame.

Why a stack underflow is an ``IndexError`` first: a Python list raises it anyway, so the loop need not ask before every
pop. Each opcode looks at its deepest operand before it changes anything, so the length reported is the true one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import ClassVar, Final, TypeAlias

from megadev.chain.receipts import REVERTED
from megadev.chain.spec import Hardfork
from megadev.evm.engine import Frame, Step, Tracer
from megadev.evm.engines.frames import (
    OUT_OF_GAS,
    Call,
    Halted,
    HandOver,
    Machine,
    Stopped,
    Unpayable,
    pay_growth,
    underflow,
)
from megadev.evm.engines.operations import OPERATIONS
from megadev.evm.engines.traces import NO_STOPS, NO_TRACES, Trace, fresh_code, known_code, word_hash
from megadev.evm.gas import BASE, HIGH, JUMPDEST, KECCAK, KECCAK_WORD, LOW, MID, VERY_LOW
from megadev.evm.opcodes import BASE_GAS, STACK_INPUTS, named
from megadev.evm.rules import EVM_RULES
from megadev.primitives.keccak import keccak

_UNSEEN: Final = Frame("", 0, b"", b"", b"", 0, 0, b"")
"""For a tracer of ours that looks at steps alone."""
_WORD: Final = 1 << 256
_MASK: Final = _WORD - 1
_SIGN: Final = 1 << 255


_Operation: TypeAlias = Callable[[Machine, Call], None]
_NEWER: Final = frozenset({0x5F})
"""What a trace may contain and hardforks before Shanghai do not have."""


@cache
def _available(operations: tuple[_Operation | None, ...], hardfork: Hardfork) -> tuple[_Operation | None, ...]:
    """The operations that a hardfork before Cancun has."""
    names = EVM_RULES[hardfork].opcodes
    return tuple(operation if op in names else None for op, operation in enumerate(operations))


class Loop(Machine):
    """Runs frames itself, opcode by opcode and trace by trace."""

    __slots__ = ()
    operations = OPERATIONS
    inputs = STACK_INPUTS
    trace_stops: ClassVar[frozenset[int]] = NO_STOPS

    def run(self, call: Call) -> None:
        """See ``Machine.run``."""
        self.execute(call, 0, self.tracer if self.wants_steps else None)

    def execute(self, call: Call, pc: int, tracer: Tracer | None, traced: bool = True) -> None:
        """Run from ``pc`` on; with a ``tracer``, or not ``traced``, opcode by opcode."""
        stops = self.trace_stops if self.has_cancun else self.trace_stops | _NEWER
        prepared = fresh_code(call.code, stops) if call.is_creation else known_code(call.code, stops)
        bytecode, arrive = prepared.bytecode, prepared.arrive
        traces: Mapping[int, Trace | None] = prepared.traces if tracer is None and traced else NO_TRACES
        code, jumps, pushes = bytecode.padded, bytecode.jumps, bytecode.pushes
        operations = self.operations if self.has_cancun else _available(self.operations, self.rules.hardfork)
        inputs = self.inputs
        stack, memory, data = call.stack, call.memory, call.data
        push, pop = stack.append, stack.pop
        gas = call.gas
        op = 0
        stepping = False
        while True:
            try:
                while True:
                    # an arrival: the start, a jump, what follows one, or an opcode that left the loop
                    trace = traces[pc] if pc in traces else arrive(pc)
                    if trace is not None:
                        cost, needs, fits, compiled = trace
                        if gas >= cost and needs <= len(stack) <= fits:
                            pc, gas = compiled(stack, memory, gas - cost, call, self)
                            continue
                    while True:
                        op = code[pc]
                        if tracer is not None:
                            if stepping:
                                tracer.step_done(gas)
                            stepping = True
                            frame = call.frame or _UNSEEN
                            tracer.step(
                                Step(
                                    pc, op, gas, call.depth, self.journal.refund, stack, memory, call.return_data, frame
                                )
                            )
                        if op >= 0x5F:
                            if op < 0x80:  # PUSH0 … PUSH32
                                if op == 0x5F:
                                    if not self.has_cancun and op not in self.mnemonics:
                                        raise Halted("invalid opcode: PUSH0", gas)
                                    gas -= BASE
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    push(0)
                                    pc += 1
                                else:
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    push(pushes[pc])
                                    pc += op - 0x5E
                                if len(stack) > 1024:
                                    raise Halted("stack limit reached 1024 (1023)")
                                continue
                            if op < 0x90:  # DUP1 … DUP16
                                gas -= VERY_LOW
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                push(stack[0x7F - op])
                                if len(stack) > 1024:
                                    raise Halted("stack limit reached 1024 (1023)")
                                pc += 1
                                continue
                            if op < 0xA0:  # SWAP1 … SWAP16
                                gas -= VERY_LOW
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                depth = 0x8E - op
                                deep = stack[depth]
                                stack[depth] = stack[-1]
                                stack[-1] = deep
                                pc += 1
                                continue
                        elif op >= 0x50:
                            if op == 0x5B:  # JUMPDEST
                                gas -= JUMPDEST
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                pc += 1
                                continue
                            if op == 0x57:  # JUMPI
                                gas -= HIGH
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                condition = stack[-2]
                                target = pop()
                                pop()
                                if condition:
                                    if target not in jumps:
                                        raise Halted("invalid jump destination")
                                    pc = target
                                else:
                                    pc += 1
                                break
                            if op == 0x56:  # JUMP
                                gas -= MID
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                pc = pop()
                                if pc not in jumps:
                                    raise Halted("invalid jump destination")
                                break
                            if op == 0x50:  # POP
                                gas -= BASE
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                pop()
                                pc += 1
                                continue
                            if op == 0x52:  # MSTORE
                                gas -= VERY_LOW
                                value, offset = stack[-2], stack[-1]
                                if offset + 32 > len(memory):
                                    gas = pay_growth(call, memory, offset + 32, gas, VERY_LOW)
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                pop()
                                pop()
                                memory[offset : offset + 32] = value.to_bytes(32, "big")
                                pc += 1
                                continue
                            if op == 0x51:  # MLOAD
                                gas -= VERY_LOW
                                offset = stack[-1]
                                if offset + 32 > len(memory):
                                    gas = pay_growth(call, memory, offset + 32, gas, VERY_LOW)
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-1] = int.from_bytes(memory[offset : offset + 32], "big")
                                pc += 1
                                continue
                        elif op < 0x20:
                            if op == 0x01:  # ADD
                                gas -= VERY_LOW
                                if gas < 0:
                                    raise Halted(OUT_OF_GAS)
                                stack[-2] = (stack[-2] + stack[-1]) & _MASK
                                pop()
                                pc += 1
                                continue
                            if op >= 0x10:
                                if op == 0x15:  # ISZERO
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-1] = 0 if stack[-1] else 1
                                    pc += 1
                                    continue
                                if op == 0x16:  # AND
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-2] &= stack[-1]
                                    pop()
                                    pc += 1
                                    continue
                                if op == 0x14:  # EQ
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-2] = 1 if stack[-2] == stack[-1] else 0
                                    pop()
                                    pc += 1
                                    continue
                                if op == 0x10:  # LT
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-2] = 1 if stack[-1] < stack[-2] else 0
                                    pop()
                                    pc += 1
                                    continue
                                if op == 0x11:  # GT
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-2] = 1 if stack[-1] > stack[-2] else 0
                                    pop()
                                    pc += 1
                                    continue
                                if op == 0x1C:  # SHR
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    value = stack[-2]
                                    shift = pop()
                                    stack[-1] = value >> shift if shift < 256 else 0
                                    pc += 1
                                    continue
                                if op == 0x1B:  # SHL
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    value = stack[-2]
                                    shift = pop()
                                    stack[-1] = value << shift & _MASK if shift < 256 else 0
                                    pc += 1
                                    continue
                                if op == 0x17:  # OR
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-2] |= stack[-1]
                                    pop()
                                    pc += 1
                                    continue
                                if op == 0x12 or op == 0x13:  # SLT, SGT
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    # flipping the sign bit turns two's complement order into plain order
                                    right = stack[-2] ^ _SIGN
                                    left = pop() ^ _SIGN
                                    stack[-1] = 1 if (left < right if op == 0x12 else left > right) else 0
                                    pc += 1
                                    continue
                                if op == 0x19:  # NOT
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-1] ^= _MASK
                                    pc += 1
                                    continue
                                if op == 0x18:  # XOR
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-2] ^= stack[-1]
                                    pop()
                                    pc += 1
                                    continue
                            else:
                                if op == 0x03:  # SUB
                                    gas -= VERY_LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-2] = (stack[-1] - stack[-2]) & _MASK
                                    pop()
                                    pc += 1
                                    continue
                                if op == 0x02:  # MUL
                                    gas -= LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    stack[-2] = stack[-1] * stack[-2] & _MASK
                                    pop()
                                    pc += 1
                                    continue
                                if op == 0x04:  # DIV
                                    gas -= LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    right = stack[-2]
                                    left = pop()
                                    stack[-1] = left // right if right else 0
                                    pc += 1
                                    continue
                                if op == 0x06:  # MOD
                                    gas -= LOW
                                    if gas < 0:
                                        raise Halted(OUT_OF_GAS)
                                    right = stack[-2]
                                    left = pop()
                                    stack[-1] = left % right if right else 0
                                    pc += 1
                                    continue
                                if op == 0x00:  # STOP
                                    return self._finish(call, gas, stepping)
                        elif op == 0x35:  # CALLDATALOAD
                            gas -= VERY_LOW
                            if gas < 0:
                                raise Halted(OUT_OF_GAS)
                            offset = stack[-1]
                            stack[-1] = int.from_bytes(data[offset : offset + 32].ljust(32, b"\0"), "big")
                            pc += 1
                            continue
                        elif op == 0x20:  # KECCAK256
                            size, offset = stack[-2], stack[-1]
                            cost = KECCAK + KECCAK_WORD * ((size + 31) // 32)
                            if size >> 64:
                                call.gas = gas - cost
                                raise Unpayable(gas)
                            if size and offset + size > len(memory):
                                gas = pay_growth(call, memory, offset + size, gas - cost, cost)
                            elif gas < cost:
                                call.gas = gas - cost
                                raise Halted(OUT_OF_GAS, gas)
                            else:
                                gas -= cost
                            pop()
                            piece = bytes(memory[offset : offset + size])
                            stack[-1] = word_hash(piece) if size == 64 else int.from_bytes(keccak(piece), "big")
                            pc += 1
                            continue

                        if op == 0xF3 or op == 0xFD:  # RETURN, REVERT
                            size, offset = stack[-2], stack[-1]
                            if size and offset + size > len(memory):
                                gas = pay_growth(call, memory, offset + size, gas, 0)
                            call.output = bytes(memory[offset : offset + size])
                            if op == 0xFD:
                                call.error, call.failed_at = REVERTED, pc
                            return self._finish(call, gas, stepping)
                        operation = operations[op]
                        if operation is None or (op == 0x1E and not self.has_clz):
                            raise Halted(f"invalid opcode: {named(op)}")
                        if len(stack) < inputs[op]:
                            raise underflow(len(stack), inputs[op])
                        call.gas, call.pc = gas, pc
                        operation(self, call)
                        gas = call.gas
                        if op == 0xFF:  # SELFDESTRUCT
                            return self._finish(call, gas, stepping)
                        if len(stack) > 1024:
                            raise Halted("stack limit reached 1024 (1023)", gas + BASE_GAS[op])
                        pc += 1
                        break
            except HandOver as handed:
                pc, gas, traces = handed.pc, handed.gas, NO_TRACES
            except Stopped as stop:
                call.failed_at = pc
                return self._finish(call, call.gas, stepping and not stop.is_between)
            except Halted as halt:
                return self._halt(call, halt, pc, op, gas, stepping)
            except IndexError:
                if len(stack) >= STACK_INPUTS[op]:
                    raise
                return self._halt(call, underflow(len(stack), STACK_INPUTS[op]), pc, op, gas, stepping)

    def _halt(self, call: Call, halt: Halted, pc: int, op: int, gas: int, stepping: bool) -> None:
        if stepping and self.tracer is not None:
            self.tracer.step_done(min(gas, call.gas))  # what an operation has charged stands in the frame alone
        before = halt.before
        if before is None:
            before = gas + BASE_GAS[op] if self.operations[op] is None and op != 0x20 else gas
        self.halted(call, halt, pc, before)

    def halted(self, call: Call, halt: Halted, pc: int, before: int) -> None:
        """The opcode at ``pc`` failed, with ``before`` gas when it began: the frame ends."""
        call.failed_at = pc
        call.error = halt.reason

    def _finish(self, call: Call, gas: int, stepping: bool) -> None:
        call.gas = gas
        if stepping and self.tracer is not None:
            self.tracer.step_done(gas)
