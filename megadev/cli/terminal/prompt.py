"""The question whether to reload, answered on the terminal that ``megadev up --reload ask`` runs in.

The question is a line of the log like any other, for requests go on while it waits; answers are read on a thread of
their own. Where there is nobody to ask (no terminal, or a process in its background) nothing is asked, and plans wait
for ``megadev reload apply``.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

QUESTION = "reload now? [y/n]"
_YES, _NO = ("y", "yes"), ("n", "no")
_MOST = 1024
"""Bytes of a line that are looked at."""


class Prompt:
    """Asks on the terminal at ``descriptor``; ``answer`` hears yes or no, on another thread, ``repeat`` that the
    question must be put again."""

    def __init__(self, descriptor: int, answer: Callable[[bool], None], repeat: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._answer = answer
        self._repeat = repeat
        self._thread = threading.Thread(target=self._run, name="megadev-prompt", daemon=True)
        self._asked = False
        self.is_open = os.isatty(descriptor)
        """Whether there is somebody to ask."""

    def start(self) -> Prompt:
        """Read answers from now on."""
        if self.is_open:
            signal.signal(signal.SIGTTIN, signal.SIG_IGN)  # in the background reading is an error, not a halt
            self._thread.start()
        return self

    def ask(self, text: str) -> str:
        """``text`` with the question below it, where somebody can answer."""
        if not self.is_open:
            return text
        self._asked = True
        return f"{text}\n{QUESTION}"

    def _run(self) -> None:
        held = b""
        while self.is_open:
            try:
                read = os.read(self._descriptor, _MOST)
            except OSError:
                read = b""
            self.is_open = bool(read)
            *lines, held = (held + read).split(b"\n")
            for line in lines:
                self._take(line.decode(errors="replace").strip().lower())

    def _take(self, line: str) -> None:
        """Discards input that no question is waiting for."""
        if not self._asked:
            return
        if line in _YES or line in _NO:
            self._asked = False
            self._answer(line in _YES)
        else:
            self._repeat()
