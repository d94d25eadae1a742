"""As much of an event loop as the node's timers need. Its time passes when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from megadev.clock import ManualClock


class ManualLoop:
    """Runs timers in order as ``advance`` moves the clock that the node shows its time by."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.timers: list[tuple[int, int, Callable[..., object]]] = []
        self.aside: list[Coroutine[Any, Any, None]] = []
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

    def create_task(self, work: Coroutine[Any, Any, None]) -> Any:
        """Work aside, which is done when time passes next."""
        loop = self

        def run() -> None:
            self.aside.remove(work)
            asyncio.run(work)

        self.aside.append(work)
        timer = self.call_later(0, run)

        class Task:
            def add_done_callback(self, call: Callable[..., object]) -> None:
                loop.call_later(0, lambda: call(self))

            def cancel(self) -> None:
                timer.cancel()

        return Task()

    def close(self) -> None:
        """Give up the work aside that was not done."""
        for work in self.aside:
            work.close()

    def advance(self, seconds: float) -> None:
        """Let time pass, and what is due happen when it is due."""
        end = self.clock.monotonic_ns() + round(seconds * 1e9)
        while self.timers and min(self.timers)[0] <= end:
            due, number, callback = min(self.timers)
            self.timers.remove((due, number, callback))
            self.clock.advance((due - self.clock.monotonic_ns()) / 1e9)
            callback()
        self.clock.advance((end - self.clock.monotonic_ns()) / 1e9)
