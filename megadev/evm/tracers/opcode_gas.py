"""The gas of a transaction by opcode.

The gas that a call or creation hands on counts with the opcodes that use it. What no opcode of the callee used is the
caller's: a precompile's price, the deposit of new code, what a failure burnt. So the sums add up to what the
transaction's code used before refunds, but for what its own frame burnt.
"""

from __future__ import annotations

from megadev.chain.receipts import Log
from megadev.evm.engine import Frame, FrameExit, Step


class OpcodeGasTracer:
    """``counts`` and ``gas`` by opcode, in the order of their first use."""

    wants_steps = True

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.gas: dict[int, int] = {}
        self._total = 0
        self._running: list[tuple[int, int, int]] = []
        """Of each open frame its instruction: opcode, gas before it, and the total before it."""

    def enter(self, frame: Frame) -> None:
        self._running.append((0, 0, 0))

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        self._running.pop()

    def step(self, step: Step) -> None:
        op = step.op
        self.counts[op] = self.counts.get(op, 0) + 1
        self.gas.setdefault(op, 0)
        self._running[-1] = (op, step.gas, self._total)

    def step_done(self, gas_left: int) -> None:
        op, before, total = self._running[-1]
        spent = before - max(gas_left, 0) - (self._total - total)
        self.gas[op] += spent
        self._total += spent

    def log(self, log: Log) -> None: ...
