"""Every instruction of an execution with what it did: what it pushed, wrote into memory and stored, and the frame it
called. That is Parity's vmTrace.

Costs are Parity's: what an instruction charges for itself, and for calls and creations also the gas they hand on
(without the stipend). What was pushed is what stands on top of the stack afterwards; a DUP or SWAP of depth n counts as
pushing n + 1 words.

Why a ``Pen`` is told and nothing kept: a transaction takes millions of steps, and one can say of each what there is to
say as soon as it is over.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from megadev.chain.receipts import REVERTED
from megadev.evm.engine import Frame, FrameExit, Step
from megadev.evm.tracers.call_tree import CallTreeTracer
from megadev.primitives.types import Address

_CREATIONS = ("CREATE", "CREATE2")
_PUSH_NOTHING = frozenset(bytes.fromhex("0037393c3e505253555657 5b5d5e a0a1a2a3a4 f3fdfeff"))
_SSTORE = 0x55
_REGIONS = {
    0x37: (1, 3),  # CALLDATACOPY
    0x39: (1, 3),  # CODECOPY
    0x3C: (2, 4),  # EXTCODECOPY
    0x3E: (1, 3),  # RETURNDATACOPY
    0x5E: (1, 3),  # MCOPY
    0xF1: (6, 7),  # CALL
    0xF2: (6, 7),  # CALLCODE
    0xF4: (5, 6),  # DELEGATECALL
    0xFA: (5, 6),  # STATICCALL
}
"""Where the operands stand, from the top, that say where in memory the result goes and how long it is."""
_WIDTHS = {0x51: 32, 0x52: 32, 0x53: 1}
"""MLOAD, MSTORE, MSTORE8: the bytes they touch at their first operand."""
_AFTER_THE_CODE = ("invalid code", "max code size exceeded", "contract creation code storage out of gas")
"""How errors begin of creations whose code ran to its end: its last instruction is not to blame."""


class Effect(msgspec.Struct, frozen=True):
    """The effect of an instruction. ``gas_left`` is what its frame had afterwards."""

    gas_left: int
    pushed: list[int]
    memory: tuple[int, bytes] | None
    stored: tuple[int, int] | None


class Pen(Protocol):
    """Is told what happens, in order. A frame begins within the instruction that called it."""

    def begin_frame(self, code: bytes | None, address: Address) -> None:
        """``code`` is what runs; None where that is the code which ``address`` brought into the transaction."""
        ...

    def end_frame(self) -> None: ...

    def begin_instruction(self, pc: int, op: int) -> None: ...

    def end_instruction(self, cost: int, effect: Effect | None) -> None:
        """``effect`` is None where it failed."""
        ...


class _Running(msgspec.Struct):
    """The instruction that a frame is at."""

    step: Step
    gas: int
    region: tuple[int, int] | None
    stored: tuple[int, int] | None
    handed_back: int = 0
    cost: int = 0
    effect: Effect | None = None


class VmTracer(CallTreeTracer):
    """Tells ``pen``; builds the tree of calls besides."""

    wants_steps = True

    def __init__(self, pen: Pen) -> None:
        super().__init__()
        self._pen = pen
        self._running: list[_Running | None] = []
        self._created: dict[Address, bytes] = {}
        self._marks: list[int] = []

    def enter(self, frame: Frame) -> None:
        super().enter(frame)
        if frame.kind == "SELFDESTRUCT":
            return
        self._running.append(None)
        self._marks.append(len(self._created))
        if frame.kind in _CREATIONS:
            self._pen.begin_frame(frame.input, frame.to)
        else:
            self._pen.begin_frame(self._created.get(frame.code_address), frame.code_address)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        super().exit(frame, outcome)
        if frame.kind == "SELFDESTRUCT":
            return
        running, mark, error = self._running.pop(), self._marks.pop(), outcome.error
        if running is not None:
            ran = error is None or error == REVERTED or error.startswith(_AFTER_THE_CODE)
            self._pen.end_instruction(running.cost, running.effect if ran else None)
        self._pen.end_frame()
        if error is not None:
            while len(self._created) > mark:
                self._created.popitem()
        elif frame.kind in _CREATIONS:
            self._created[frame.to] = outcome.output
        if self._running:
            caller = self._running[-1]
            assert caller is not None, "only an instruction calls"
            caller.handed_back += frame.gas - outcome.gas_used

    def step(self, step: Step) -> None:
        before = self._running[-1]
        if before is not None:
            self._pen.end_instruction(before.cost, before.effect)
        op, stack = step.op, step.stack
        stored = (stack[-1], stack[-2]) if op == _SSTORE and len(stack) > 1 else None
        self._running[-1] = _Running(step, step.gas, _written(op, stack), stored)
        self._pen.begin_instruction(step.pc, op)

    def step_done(self, gas_left: int) -> None:
        running = self._running[-1]
        assert running is not None
        step = running.step
        running.cost = running.gas - gas_left + running.handed_back
        memory = None
        if running.region is not None:
            offset, size = running.region
            memory = (offset, bytes(step.memory[offset : offset + size]))
        count = _pushed(step.op)
        running.effect = Effect(gas_left, step.stack[-count:] if count else [], memory, running.stored)


def _pushed(op: int) -> int:
    if 0x80 <= op < 0xA0:
        return (op & 15) + 2
    return 0 if op in _PUSH_NOTHING else 1


def _written(op: int, stack: list[int]) -> tuple[int, int] | None:
    """The part of memory, offset and size, that an instruction is about to write."""
    width = _WIDTHS.get(op)
    if width is not None:
        return (stack[-1], width) if stack else None
    places = _REGIONS.get(op)
    if places is None or len(stack) < places[1]:
        return None
    size = stack[-places[1]]
    return (stack[-places[0]], size) if size else None
