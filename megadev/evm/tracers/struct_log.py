"""Every opcode of an execution, with what it found and what it cost: geth's "struct logs", one text each.

Costs are geth's: what an opcode charges for itself, and for a call also the gas it hands on (without the stipend); a
creation's gas is not counted in. The refund counter of an SSTORE is the one after it.

Why texts and not values, when other tracers keep values: a transaction takes millions of steps, each with a stack, and
kept as Python values they would take more memory than the answer. So each step is written as soon as it is complete, by
a ``Pen`` that whoever asked supplies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from megadev.chain.receipts import REVERTED, Log
from megadev.evm.engine import Frame, FrameExit, Step
from megadev.primitives.types import Address

_AFTER_THE_CODE = frozenset(
    {
        "invalid code: must not begin with 0xef",
        "max code size exceeded",
        "contract creation code storage out of gas",
    }
)
"""Why creations fail whose code ran to its end: no opcode is to blame."""
_SLOAD, _SSTORE = 0x54, 0x55
_SELDOM = 1024
"""Steps between two looks at the clock."""
_MUCH = 1 << 20
"""Characters that may be written without being told, besides."""


class Pen(Protocol):
    """Writes one step. ``found`` is called before its opcode runs, while the stack and memory are as it finds them."""

    def found(self, step: Step) -> str:
        """Returns the contents of the stack, memory and return data."""
        ...

    def whole(
        self, step: Step, found: str, cost: int, refund: int, storage: Mapping[int, int] | None, error: str | None
    ) -> str:
        """The step, with what ``found`` said of it. ``storage``: the slots of its contract that were used so far, at
        SLOAD and SSTORE only."""
        ...


class StructLogTracer:
    """``texts`` are the steps in their order, once the execution is over.

    ``limit``: steps to write, 0 for all; the execution goes on without being watched. ``spend`` is told now and
    then how much was written, ``check`` is called as often; either may raise, which ends the execution.
    """

    wants_steps = True

    def __init__(
        self,
        pen: Pen,
        *,
        limit: int = 0,
        with_storage: bool = True,
        full_storage: bool = False,
        spend: Callable[[int], None] = lambda size: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.texts: list[str] = []
        self._found, self._whole = pen.found, pen.whole
        self._limit = limit or 1 << 63
        self._with_storage = with_storage
        self._full_storage = full_storage and with_storage
        self._spend, self._check = spend, check
        self._storage: dict[Address, dict[int, int]] = {}
        self._steps = 0
        self._unspent = 0
        # of the step that ran last in the innermost frame:
        self._step: Step | None = None
        self._text = ""
        self._gas_left = 0
        self._handed_on = 0
        self._place = -1
        self._slot: tuple[int, int | None] | None = None
        # and in the frames around it
        self._outer: list[tuple[Step | None, str, int, tuple[int, int | None] | None]] = []

    def enter(self, frame: Frame) -> None:
        step = self._step
        if step is not None and self._place < 0:
            # what a call costs is known when it comes back, but its place is before what it calls
            self._place = len(self.texts)
            self.texts.append("")
        self._outer.append((step, self._text, self._place, self._slot))
        self._step = None
        self._place = -1

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        if self._step is not None:
            error = outcome.error
            self._write(None if error == REVERTED or error in _AFTER_THE_CODE else error)
        self._step, self._text, self._place, self._slot = self._outer.pop()
        if frame.kind in ("CREATE", "CREATE2"):
            self._handed_on = -outcome.gas_used
        else:
            self._handed_on = frame.gas - outcome.gas_used

    def step(self, step: Step) -> None:
        last = self._step
        if last is not None:
            if (
                self._place < 0 and self._slot is None and not self._full_storage
            ):  # nearly always: the same as _write does, in less time
                text = self._whole(last, self._text, last.gas - self._gas_left, last.refund, None, None)
                self.texts.append(text)
                self._unspent += len(text)
            else:
                self._write(None, step.refund)
        self._steps = steps = self._steps + 1
        if not steps % _SELDOM or self._unspent > _MUCH:
            self._check()
            self._spend(self._unspent)
            self._unspent = 0
        if steps > self._limit:
            self._step = None
            return
        self._step = step
        self._text = self._found(step)
        op = step.op
        if 0x54 <= op <= 0x55:
            stack = step.stack
            if op == _SLOAD:
                self._slot = (stack[-1], None) if stack else None
            else:
                self._slot = (stack[-1], stack[-2]) if len(stack) > 1 else None
        else:
            self._slot = None

    def step_done(self, gas_left: int) -> None:
        self._gas_left = gas_left

    def log(self, log: Log) -> None:
        pass

    def _write(self, error: str | None, refund_after: int = 0) -> None:
        """Write the last step of the innermost frame, which is over."""
        step = self._step
        assert step is not None
        cost = step.gas - self._gas_left
        refund = step.refund
        storage = None
        if self._slot is not None and (error is None or step.op == _SSTORE):
            if step.op == _SSTORE and error is None:
                refund = refund_after
            if self._with_storage:  # also what an SSTORE that failed would have written, as geth
                slot, value = self._slot
                storage = self._storage.setdefault(_storage_owner(step.frame), {})
                storage[slot] = step.stack[-1] if value is None else value
        if storage is None and self._full_storage:
            storage = self._storage.get(_storage_owner(step.frame), {})
        if self._place < 0:
            self.texts.append("")
            place = len(self.texts) - 1
        else:
            place = self._place
            cost += self._handed_on
        text = self.texts[place] = self._whole(step, self._text, cost, refund, storage, error)
        self._unspent += len(text)
        self._place = -1
        self._step = None


def _storage_owner(frame: Frame) -> Address:
    """Returns the account whose storage the frame's code uses."""
    return frame.sender if frame.kind in ("DELEGATECALL", "CALLCODE") else frame.to
