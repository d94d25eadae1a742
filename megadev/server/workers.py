"""Threads for reads that would keep the loop busy: several, so that one read holds up no other; with a deadline for
each, an end when nobody waits for it any more, and turns between clients.

How a read is ended: an exception is raised in its thread from outside, at the next Python instruction. Reads change
nothing, so that is safe wherever they are; and it costs the engine's loop no look at a clock.

Why not an executor of the standard library: the interpreter waits for its threads before it ends, and a call may
compute for minutes after the node was told to stop and everybody has left.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import threading
from collections import OrderedDict, deque
from collections.abc import Callable

import msgspec

from megadev.errors import CallTimeout
from megadev.evm.engines.depth import deeper, handover
from megadev.rpc.dispatch import Answer

THREADS = 4
"""Reads that run at once. They share one interpreter, so more would only make each slower."""
FORK_THREADS = 32
"""The same on a fork, where most of them wait for upstream."""
LOOK_EVERY = 0.05
"""Seconds between looks at who is overdue, at most: whoever will be before that is looked at then."""
GIVE_UP_AFTER = 1.0
"""Seconds after which a thread that does not end when told to (it is inside a long operation of C) is replaced."""


class Interrupted(BaseException):
    """Raised inside a read that is to end. No ``Exception``: nothing on its way may take it for something else."""


class _Job(msgspec.Struct, eq=False):
    work: Callable[[], Answer]
    outcome: asyncio.Future[Answer]
    client: object
    seconds: float
    deadline: float = 0.0
    """When it is overdue, by the loop's clock; set when it is begun."""
    ident: int | None = None
    """The thread that runs it."""
    is_told: bool = False
    """It was told to end."""
    is_given_up: bool = False


class Workers:
    """A pool of daemon threads. All methods are called on the loop's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, threads: Callable[[], int] = lambda: THREADS) -> None:
        self._loop = loop
        self._most = threads
        self._waiting: OrderedDict[object, deque[_Job]] = OrderedDict()
        self._running: set[_Job] = set()
        self._lock = threading.RLock()
        """Taken as it is, and not by ``_change``: a thread that is told to end in the middle of taking a lock that is
        written in Python has it for good, and the loop then waits for it for good."""
        self._change = threading.Condition(self._lock)
        self._threads = 0
        self._idle = 0
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    def run(self, work: Callable[[], Answer], seconds: float, client: object) -> asyncio.Future[Answer]:
        """The outcome of ``work``, once a thread had time for it. It is ended after so many seconds of running, with
        ``CallTimeout``, and when what is returned is cancelled.
        """
        outcome: asyncio.Future[Answer] = self._loop.create_future()
        job = _Job(work, outcome, client, seconds)
        outcome.add_done_callback(lambda _: self._forget(job))
        with self._lock:
            self._waiting.setdefault(client, deque()).append(job)
            if self._idle:
                self._change.notify()
            elif self._threads < self._most():
                self._start()
        if self._timer is None:
            self._timer = self._loop.call_later(LOOK_EVERY, self._look)
        return outcome

    def close(self) -> None:
        """Begin nothing more, and end what runs without waiting for it."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            for job in self._running:
                self._tell(job)
            self._change.notify_all()

    def _start(self) -> None:
        self._threads += 1
        threading.Thread(target=self._work, name="megadev-rpc", daemon=True).start()

    def _forget(self, job: _Job) -> None:
        """It is answered, or nobody waits for it any more."""
        if job.outcome.cancelled():
            with self._lock:
                self._tell(job)

    def _tell(self, job: _Job) -> None:
        """Have a job that runs end soon. The lock is held, so that it cannot end by itself meanwhile."""
        if job.ident is None or job.is_told or job not in self._running:
            return
        job.is_told = True
        ident = job.ident
        with handover:
            while ident in deeper:
                ident = deeper[ident]
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Interrupted))

    def _look(self) -> None:
        """End what is overdue."""
        self._timer = None
        now = self._loop.time()
        with self._lock:
            for job in self._running:
                if now > job.deadline:
                    self._tell(job)
                    if now > job.deadline + GIVE_UP_AFTER and not job.is_given_up:
                        job.is_given_up = True
                        self._start()
            overdue = [job for job in self._running if now > job.deadline]
            if self._running or self._waiting:
                next_ = min((job.deadline - now for job in self._running if job.deadline > now), default=LOOK_EVERY)
                self._timer = self._loop.call_later(min(next_ + 0.001, LOOK_EVERY), self._look)
        for job in overdue:
            if not job.outcome.done():
                job.outcome.set_exception(CallTimeout(job.seconds))

    # -- on the threads -----------------------------------------------------------------------------------------------

    def _next(self) -> _Job | None:
        """The job whose turn it is; None: end. The lock is held."""
        of_one_client = self._most() // 2  # there is always a thread for another
        for client, jobs in self._waiting.items():
            mine = sum(1 for job in self._running if job.client == client)
            if mine < of_one_client:
                job = jobs.popleft()
                if jobs:
                    self._waiting.move_to_end(client)
                else:
                    del self._waiting[client]
                return job
        return None

    def _work(self) -> None:
        ident = threading.get_ident()
        job: _Job | None = None
        while True:
            with self._lock:
                while (job := self._next()) is None and not self._closed:
                    self._idle += 1
                    self._change.wait()
                    self._idle -= 1
                if job is None or self._closed:
                    self._threads -= 1
                    return
                if job.outcome.cancelled():
                    continue
                job.ident = ident
                job.deadline = self._loop.time() + job.seconds
                self._running.add(job)
            self._run(job, ident)
            if job.is_given_up:
                with self._lock:
                    self._threads -= 1
                return

    def _run(self, job: _Job, ident: int) -> None:
        answer: Answer = None
        error: BaseException | None = None
        try:
            try:
                answer = job.work()
            except Interrupted:
                error = CallTimeout(job.seconds)
            except BaseException as raised:  # whatever it is: the thread goes on, and the caller hears of it
                error = raised
            self._end(job)
            if job.is_told:
                _take_in(ident)
        except Interrupted:  # told to end when it had just ended
            self._end(job)
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody waits
            self._loop.call_soon_threadsafe(_deliver, job.outcome, answer, error)

    def _end(self, job: _Job) -> None:
        """From here on it cannot be told to end."""
        with self._lock:
            self._running.discard(job)
            if self._waiting and self._idle:
                self._change.notify()


def _take_in(ident: int) -> None:
    """Have what was thrown into this thread, ``ident``, or into one that went deeper for it, over and done with.

    Why not take it back: CPython notes, for all threads, that something was thrown, until some thread has it raised. As
    long as it is noted each call is slower, and under ``sys.settrace`` CPython 3.11 never returns from one.
    """
    with contextlib.suppress(Interrupted):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(Interrupted))
        while True:
            pass


def _deliver(outcome: asyncio.Future[Answer], answer: Answer, error: BaseException | None) -> None:
    if outcome.done():
        return
    if error is None:
        outcome.set_result(answer)
    else:
        outcome.set_exception(error)
