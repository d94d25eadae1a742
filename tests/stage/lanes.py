"""Workers that run in this process, so that what they answer comes when a test says."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from megadev.node.workers import AT_ONCE
from megadev.sequencer.executing import Executor, packed, unpacked


class InlineLane:
    """A ``Lane`` whose answers go through the same bytes as those of a process. ``is_late``: whether the next answer
    stays away until it is asked for again.
    """

    def __init__(self, is_late: Callable[[], bool] = lambda: False) -> None:
        self.executor = Executor()
        self.is_late = is_late
        self._answers: deque[tuple[Callable[[Any], None], bytes]] = deque()

    @property
    def has_room(self) -> bool:
        return len(self._answers) < AT_ONCE

    @property
    def is_idle(self) -> bool:
        return not self._answers

    def tell(self, message: bytes) -> bool:
        (received,) = unpacked(bytearray(message))
        assert self.executor.handle(*received) is None
        return True

    def give(self, message: bytes, answered: Callable[[Any], None]) -> bool:
        ((what, more),) = unpacked(bytearray(message))
        self._answers.append((answered, packed(what, self.executor.handle(what, more))))
        return True

    def collect(self) -> None:
        while self._answers and not self.is_late():
            answered, message = self._answers.popleft()
            ((_, more),) = unpacked(bytearray(message))
            answered(more)
