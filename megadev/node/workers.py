"""Processes that work for a node under load: they recover senders (``node/recovery``) and execute waiting transactions
ahead of their turn (``sequencer/parallel``). What one of them does is in ``sequencer/executing``.

None is started before there is work for it, so a calm node has none. Each ends when the node does, however the node
ends: its socket is closed then. A worker that is gone costs nothing but its help. Nobody waits for one: what it does
not read now is sent later, and what has not been answered is done here.

One that is given work while another thread collects what it answered is the reason for the lock.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from megadev.clock import SystemClock
from megadev.sequencer.executing import unpacked

AT_ONCE: Final = 3
"""Messages that a worker has to answer at most, so that it need not wait for the next one."""
MOST_WORKERS: Final = 4
"""Started by default at most: one core takes what so many recover."""
_BUFFER: Final = 1 << 20
_RECEIVED: Final = 1 << 16
"""Bytes that are read at once: a larger buffer takes longer to allocate than what is in it takes to read."""
FIRST_PAUSE_NS, LONGEST_PAUSE_NS = 2_000_000_000, 128_000_000_000
"""How long workers are left alone where they did not help: twice as long each time in a row."""
_PATIENCE: Final = 1.0
"""Seconds in which a worker must have ended that was told to."""
_log = logging.getLogger("megadev.node")
monotonic_ns = SystemClock().monotonic_ns
"""Decides only who does the work."""


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Worker:
    """A process with what it was given and has not answered. A ``Lane``. ``on_end`` is told why it is gone."""

    def __init__(self, on_end: Callable[[Worker, Exception], object]) -> None:
        self.socket, theirs = socket.socketpair()
        with theirs:
            for end in (self.socket, theirs):
                for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                    end.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
            command = [sys.executable, "-m", "megadev.sequencer.executing", str(theirs.fileno())]
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
            )
        self.socket.setblocking(False)
        self.unanswered: deque[Callable[[Any], None]] = deque()
        self.is_ready = False
        self.is_gone = False
        self._executing = 0
        """Messages that ask it to execute, unanswered: nobody knows for how long."""
        self._on_end = on_end
        self._buffer = bytearray()
        self._unsent = bytearray()
        self._lock = Lock()

    @property
    def has_room(self) -> bool:
        """It is there, and would get to what it is given before long."""
        return self.is_ready and not self.is_gone and len(self.unanswered) < AT_ONCE and not self._unsent

    @property
    def is_idle(self) -> bool:
        """It is there, and executes nothing now, so that it will soon have read what it is told."""
        return self.has_room and not self._executing

    def tell(self, message: bytes) -> bool:
        """Send what is not answered, a whole state maybe; False if it is gone."""
        with self._lock:
            return self._send(message)

    def give(self, message: bytes, answered: Callable[[Any], None], *, executes: bool = True) -> bool:
        """Send what is answered, by calling ``answered``; False if it is gone. ``executes``: it may take long."""
        with self._lock:
            if not self._send(message):
                return False
            self.unanswered.append(answered)
            self._executing += executes
            return True

    def _send(self, message: bytes) -> bool:
        """What it does not read now is sent later: nobody waits for it."""
        if not self.is_gone:
            self._unsent += message
            self._flush()
        return not self.is_gone

    def _flush(self) -> None:
        try:
            while self._unsent:
                del self._unsent[: self.socket.send(memoryview(self._unsent)[:_BUFFER])]
        except BlockingIOError:
            pass
        except OSError as problem:
            self._end(problem)

    def collect(self) -> None:
        """Hand on what has been answered by now."""
        with self._lock:
            if self.is_gone:
                return
            self._flush()
            if self.is_gone:
                return
            try:
                self._receive()
                for what, more in unpacked(self._buffer):
                    if what == "ready":
                        self.is_ready = True
                    else:
                        self._executing -= what == "run"
                        self.unanswered.popleft()(more)
            except (OSError, ValueError, EOFError, TypeError, IndexError) as problem:
                self._end(problem)

    def _receive(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                received = self.socket.recv(_RECEIVED)
                if not received:
                    raise ConnectionResetError("it ended")
                self._buffer += received
                if len(received) < _RECEIVED:
                    break

    def _end(self, problem: Exception) -> None:
        self.is_gone = True
        self._on_end(self, problem)

    def end(self) -> int | None:
        """Let it go; its exit code, if it has ended by itself."""
        self.is_gone = True
        self.socket.close()
        code = self.process.poll()
        if code is None:
            self.process.terminate()
            try:
                self.process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(_PATIENCE)
        return code


class Workers:
    """A node's: ``most`` of them (None: one for each core but one, four at most)."""

    def __init__(self, most: int | None = None) -> None:
        self.most = min(max(cores() - 1, 0), MOST_WORKERS) if most is None else most
        self.all: tuple[Worker, ...] = ()
        self._is_started = self._is_wanted = False
        self._paused_until = 0
        self._pause = FIRST_PAUSE_NS

    @property
    def is_paused(self) -> bool:
        """They did not help a moment ago, and are to be left alone for a while."""
        return monotonic_ns() < self._paused_until

    def leave_alone(self) -> None:
        """They did not help: nobody gets one for a while, twice as long each time in a row."""
        if not self.is_paused:
            self._paused_until = monotonic_ns() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_NS)

    def helped(self) -> None:
        """They did: the next pause is a short one."""
        if not self.is_paused:
            self._pause = FIRST_PAUSE_NS

    def started(self) -> tuple[Worker, ...]:
        """All that are left, started now if they never were."""
        if not self._is_started and self.most:
            self._is_started = True
            try:
                for _ in range(self.most):
                    self.all = (*self.all, Worker(self._lose))
            except (OSError, ValueError) as problem:
                _log.warning("no worker process can be started (%s): all work is done in this process", problem)
        return self.all

    def wanted(self) -> tuple[Worker, ...]:
        """All that are left for who would like to have them: started the second time, since one block with many
        transactions does not make a node busy.
        """
        if self.is_paused:
            return ()
        if not self._is_wanted and not self._is_started:
            self._is_wanted = True
            return ()
        return self.started()

    def collect(self) -> None:
        """Take what has been answered by now."""
        for worker in self.all:
            worker.collect()

    def close(self) -> None:
        """End them; there will be no others."""
        self.most = 0
        workers, self.all = self.all, ()
        for worker in workers:
            worker.end()

    def _lose(self, worker: Worker, problem: Exception) -> None:
        self.all = tuple(each for each in self.all if each is not worker)
        code = worker.end()
        _log.warning(
            "a worker process is gone (%s): its work is done in this process",
            problem if code is None else f"exit code {code}",
        )
