"""A frame tracer that keeps what it is told, so that one tier's account of a run can be compared with another's."""

from __future__ import annotations

from typing import Any

from msgspec.structs import astuple

from megadev.chain.receipts import Log
from megadev.evm.engine import Frame, FrameExit, Step


class Events:
    """A frame tracer that keeps everything."""

    wants_steps = False

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def enter(self, frame: Frame) -> None:
        self.seen.append(("enter", *astuple(frame)))

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        self.seen.append(
            ("exit", *astuple(frame), outcome)
        )  # which compares without the place: not every tier knows it

    def log(self, log: Log) -> None:
        self.seen.append(log)

    def step(self, step: Step) -> None: ...

    def step_done(self, gas_left: int) -> None: ...
