"""The only module that may read wall time. Everything else is given a ``Clock``.

Time travel is not here: an offset belongs to a node's state, where snapshots can hold it.
"""

from __future__ import annotations

import time
from typing import Protocol


def processor_ns() -> int:
    """Nanoseconds of processor time that the calling thread has had: what work costs, however busy the machine is."""
    return time.thread_time_ns()


class Clock(Protocol):
    """A source of time."""

    def now(self) -> float:
        """Seconds since the Unix epoch: what block timestamps are made of."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds from an arbitrary start, never going back: for expiry and for measuring how long things take."""
        ...


class SystemClock:
    """The machine's own time."""

    __slots__ = ()

    def now(self) -> float:
        return time.time()

    def monotonic_ns(self) -> int:
        return time.perf_counter_ns()


class StoppedClock(SystemClock):
    """Wall time stands at ``start`` for good; durations are still measured."""

    __slots__ = ("_start",)

    def __init__(self, start: float) -> None:
        self._start = start

    def now(self) -> float:
        return self._start


class ManualClock:
    """Stands still until told otherwise, so that the same script gives the same blocks everywhere."""

    __slots__ = ("_elapsed_ns", "_now")

    def __init__(self, start: float = 0.0) -> None:
        self._now = float(start)
        self._elapsed_ns = 0

    def now(self) -> float:
        return self._now

    def monotonic_ns(self) -> int:
        return self._elapsed_ns

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass, on both scales. Raises ValueError if negative: use ``set`` to go back."""
        if seconds < 0:
            raise ValueError(f"time cannot go backwards, got {seconds} s; use set() to move the wall clock")
        self._now += seconds
        self._elapsed_ns += round(seconds * 1_000_000_000)

    def set(self, now: float) -> None:
        """Move the wall clock to ``now``, either way; the monotonic scale stays where it is."""
        self._now = float(now)
