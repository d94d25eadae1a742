"""Called functions: the count of each selector and size of its arguments, as geth's 4byteTracer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container

from megadev.chain.receipts import Log
from megadev.evm.engine import Frame, FrameExit, Step
from megadev.primitives.types import Address

_CALLS = frozenset({"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"})


class FourByteTracer:
    """``counts``: how many calls had these first four bytes and so many bytes of arguments.

    Creations are no calls, and ``precompiles`` have no functions.
    """

    wants_steps = False

    def __init__(self, precompiles: Container[Address]) -> None:
        self.counts: Counter[tuple[bytes, int]] = Counter()
        self._precompiles = precompiles

    def enter(self, frame: Frame) -> None:
        if frame.kind in _CALLS and len(frame.input) >= 4 and frame.to not in self._precompiles:
            self.counts[frame.input[:4], len(frame.input) - 4] += 1

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        pass

    def step(self, step: Step) -> None:
        pass

    def step_done(self, gas_left: int) -> None:
        pass

    def log(self, log: Log) -> None:
        pass
