"""The progress of a measurement on one line of stderr: the step, the number of steps, and an estimate of the remaining
time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from megadev.clock import SystemClock

if TYPE_CHECKING:
    from rich.status import Status


NANOSECONDS = 1_000_000_000
monotonic_ns = SystemClock().monotonic_ns


class Countdown:
    """Counts ``total`` steps on ``status``. ``monotonic_ns``: by which clock."""

    def __init__(self, status: Status, total: int, monotonic_ns: Callable[[], int] = monotonic_ns) -> None:
        self._status = status
        self._total = total
        self._monotonic_ns = monotonic_ns
        self._began = monotonic_ns()
        self._step = 0

    def begin(self, title: str) -> None:
        """The step before is done, and this one begins."""
        self._step += 1
        self.says(title)

    def says(self, title: str) -> None:
        """Sets the description of the present step."""
        done = self._step - 1
        left = ""
        if done > 0:
            seconds = (self._monotonic_ns() - self._began) / NANOSECONDS / done * max(self._total - done, 1)
            left = f"  about {_duration(seconds)} left"
        self._status.update(f"{self._step} of {max(self._total, self._step)}  {title}{left}")


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60)} min"
