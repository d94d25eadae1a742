"""Several tracers at one execution."""

from __future__ import annotations

from collections.abc import Sequence

from megadev.chain.receipts import Log
from megadev.evm.engine import Frame, FrameExit, Step, Tracer


class MuxTracer:
    """Tells each of ``tracers`` everything, and of steps those that want them."""

    def __init__(self, tracers: Sequence[Tracer]) -> None:
        self.tracers = tuple(tracers)
        self._stepping = tuple(tracer for tracer in self.tracers if tracer.wants_steps)
        self.wants_steps = bool(self._stepping)

    def enter(self, frame: Frame) -> None:
        for tracer in self.tracers:
            tracer.enter(frame)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        for tracer in self.tracers:
            tracer.exit(frame, outcome)

    def step(self, step: Step) -> None:
        for tracer in self._stepping:
            tracer.step(step)

    def step_done(self, gas_left: int) -> None:
        for tracer in self._stepping:
            tracer.step_done(gas_left)

    def log(self, log: Log) -> None:
        for tracer in self.tracers:
            tracer.log(log)
