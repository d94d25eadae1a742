"""As much of an event loop as the node's timers need. Its time passes when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from megadev.clock import ManualClock


class ManualLoop:
    """Runs timers in order as ``advance`` moves the clock that the node shows its time by."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.timers: list[tuple[int, int, Callable[..., object]]] = []
        self._count = 0

    def call_later(self, delay: float, callback: Callable[..., object]) -> Any:
        self._count += 1
        timer = (self.clock.monotonic_ns() + round(delay * 1e9), self._count, callback)
        self.timers.append(timer)
        loop = self

        class Handle:
            def cancel(self) -> None:
                if timer in loop.timers:
                    loop.timers.remove(timer)

        return Handle()

    def advance(self, seconds: float) -> None:
        """Let time pass, and what is due happen when it is due."""
        end = self.clock.monotonic_ns() + round(seconds * 1e9)
        while self.timers and min(self.timers)[0] <= end:
            due, number, callback = min(self.timers)
            self.timers.remove((due, number, callback))
            self.clock.advance((due - self.clock.monotonic_ns()) / 1e9)
            callback()
        self.clock.advance((end - self.clock.monotonic_ns()) / 1e9)
