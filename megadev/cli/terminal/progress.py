"""A line on stderr that says how far long work has got; nothing where nobody could see it, or wants to.

It appears only once the work takes longer than a moment, and is gone in the end. Why not rich here: what starts a node
waits for nothing that it may not need.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Self, TextIO

from megadev.cli.terminal.console import one_line
from megadev.clock import SystemClock

DELAY_SECONDS = 0.5
"""Work that is done by then needs no line."""
REFRESH_SECONDS = 0.1
PATIENCE_SECONDS = 0.5
"""How long the end of a bar waits for a line that nobody reads."""
LONGEST_BAR = 30
LONGEST_LEFT = 14
"""Columns; what is told of the time that is left has so many."""
monotonic_ns = SystemClock().monotonic_ns
"""How long work takes is for whoever waits for it."""


def is_wanted(stream: TextIO, *, quiet: bool = False) -> bool:
    """True if ``stream`` is a terminal that somebody watches: not in CI (the variable CI is set there)."""
    return not quiet and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("CI")


class Bar:
    """The progress of ``what`` on ``stream``, in ``unit``. ``is_shown`` False: every method does nothing.

    Any thread may call any method.
    """

    def __init__(
        self,
        what: str,
        unit: str = "",
        *,
        is_shown: bool,
        stream: TextIO | None = None,
        monotonic_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._what = what
        self._unit = unit
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = is_shown
        self._monotonic_ns = monotonic_ns
        self._began = self._drawn = monotonic_ns()
        self._is_there = False
        self._lock = threading.Lock()

    def at(self, done: int, count: int) -> None:
        """Show that ``done`` of ``count`` units are done."""
        now = self._monotonic_ns()
        if not self._is_shown or now - self._began < DELAY_SECONDS * 1e9 or now - self._drawn < REFRESH_SECONDS * 1e9:
            return
        self._drawn = now
        width = shutil.get_terminal_size().columns
        line = progress_line(self._what, self._unit, done, count, (now - self._began) / 1e9, width)
        if not (self._stream.encoding or "").lower().startswith("utf"):
            line = line.replace("█", "#").replace("░", ".").encode("ascii", "replace").decode()
        with self._lock:
            self._write(f"\r\x1b[K{line}")
            self._is_there = True

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Clear the bar so that other lines can be printed; the next update draws it again."""
        with self._lock:
            self._remove()
            yield

    def close(self) -> None:
        """Remove the bar, unless others cannot write their lines beside it."""
        self._is_shown = False
        if self._lock.acquire(timeout=PATIENCE_SECONDS):
            try:
                self._remove()
            finally:
                self._lock.release()

    def _remove(self) -> None:
        if self._is_there:
            self._is_there = False
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def progress_line(what: str, unit: str, done: int, count: int, seconds: float, width: int) -> str:
    """``mining  ████████░░░░░░░░  50%  1,000 of 2,000 blocks, 3 s left``; what does not fit is left out."""
    share = min(done / count, 1.0) if count > 0 else 0.0
    left = f", {_seconds(seconds / share - seconds)} left" if share > 0.02 else ""
    total = f"{count:,}"
    told = f"{done:>{len(total)},} of {total}{unit and f' {unit}'}"
    start = f"{one_line(what, 40)}  "
    for end, length in ((f"{told}{left}", len(told) + LONGEST_LEFT), (told, len(told)), ("", 0)):
        # the bar keeps its length, whatever is left
        room = min(width - 1 - len(start) - 8 - length, LONGEST_BAR)
        if room >= 8:
            filled = int(share * room)
            return f"{start}{'█' * filled}{'░' * (room - filled)}  {share:4.0%}  {end}".rstrip()
    return f"{share:4.0%}"[: max(width - 1, 0)]


def _seconds(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 100 else f"{seconds:.0f} s"
