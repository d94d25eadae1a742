"""The thread of a node's single writer: the event loop for quick changes, a separate thread for others.

A change of the chain that may take long (a transaction with much gas, many blocks, a dump to load) runs on the writer's
thread, so that the loop goes on answering reads. Meanwhile nothing else changes anything: further changes wait here for
their turn, in their order. There is still one writer; it only has two places to stand.

What the change tells (events, timers to set) reaches the loop in order, and before the change's own outcome.

Why quick changes stay on the loop: the way to the thread and back costs 0.05 ms, a tenth of a transfer's answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from megadev.clock import SystemClock
from megadev.state.remote import forbid_waiting

_LOG = logging.getLogger("megadev.node")

Result = TypeVar("Result")

TELLING_TURN_NS = 3_000_000
"""How long what was told may keep the loop before others get a turn."""
BRIEFLY = 0.005
"""Seconds that the loop stands still for a change on the thread whose outcome a request waits for. Most are done by
then, and the way back through the loop's queue would cost each of them some 0.05 ms more.
"""
MANY_TOLD = 10_000
"""What may wait to be told; past it the writer's thread waits for the loop."""

monotonic_ns = SystemClock().monotonic_ns
"""Decides only when others get a turn."""


class Writer:
    """Runs changes, one at a time. On the loop's thread, unless a method says otherwise."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop of the server that serves the node, while one does: requests from other threads go there."""
        self.turn = threading.RLock()
        """Held by whoever changes or asks something while no loop runs: callers come from any thread."""
        self.is_engaged = False
        """A change is under way on the thread, or others wait for their turn after one."""
        self._servers = 0
        self._ident: int | None = None
        self.is_busy = False
        """A change is under way on the thread."""
        self._waiting: deque[Callable[[], object]] = deque()
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._told: deque[Callable[[], object]] = deque()
        self._telling = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        """The change on the thread is made. May be set early, by the one before: a hint to look, no more."""
        self._room = threading.Event()

    def server_started(self, loop: asyncio.AbstractEventLoop) -> None:
        """Requests run on ``loop`` from now on."""
        self._servers += 1
        self.loop = loop

    def server_closed(self) -> None:
        """Once it was the last one, requests run where they are made."""
        self._servers -= 1
        if self._servers == 0:
            self.loop = None
            if self._thread is not None:
                self._thread = None
                self._jobs.put(None)  # the thread ends when it has done what it was given

    # -- whose turn it is ---------------------------------------------------------------------------------------------

    @property
    def is_here(self) -> bool:
        """True if the calling thread may change the chain now."""
        return not self.is_busy or threading.get_ident() == self._ident

    def when_free(self, change: Callable[[], object]) -> None:
        """Call ``change`` on the loop: now, or when all that came before is done."""
        if self.is_engaged:
            self._waiting.append(change)
        else:
            change()

    async def take_turn(self, change: Callable[[], Result]) -> Result:
        """Returns the result of ``change``, called on the loop when it is its turn. Raises what it raises."""
        if not self.is_engaged:
            return change()
        outcome: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(lambda: _settle(outcome, change))
        return await outcome

    async def free(self) -> None:
        """Return when all changes that have been asked for until now are done."""
        if self.is_engaged:
            await self.take_turn(lambda: None)

    def run_apart(self, change: Callable[[], Result]) -> Awaitable[Result] | Result:
        """Begin ``change``, which may take long, on the writer's thread; where no loop runs, do it here.

        Call it when it is the caller's turn. What is returned then need not be awaited for the change to be made.
        """
        outcome = self._begin(change)
        if outcome is None:
            return change()
        if self._ended.wait(BRIEFLY):
            self._deliver()
        return outcome.result() if outcome.done() else _result(outcome)

    def hand_over(self, change: Callable[[], None]) -> None:
        """Like ``run_apart``, without waiting for the result."""
        outcome = self._begin(change)
        if outcome is None:
            change()
        else:
            outcome.add_done_callback(_report)

    def _begin(self, change: Callable[[], Result]) -> asyncio.Future[Result] | None:
        """None where it is to be made here."""
        loop = self.loop
        if loop is None or self.is_busy or asyncio._get_running_loop() is not loop:
            return None
        outcome: asyncio.Future[Result] = loop.create_future()
        self.is_engaged = self.is_busy = True
        self._ended.clear()

        def work() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                result = change()
            except BaseException as raised:  # whatever it is: the thread goes on, and the caller hears of it
                error = raised
            self._tell(lambda: self._done(outcome, result, error))
            self._ended.set()

        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="megadev-writer", daemon=True)
            self._thread.start()
        self._jobs.put(work)
        return outcome

    def _work(self) -> None:
        self._ident = threading.get_ident()
        forbid_waiting()
        while (job := self._jobs.get()) is not None:
            job()

    def _done(self, outcome: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self.is_busy = False
        if not outcome.cancelled():
            if error is None:
                outcome.set_result(result)
            else:
                outcome.set_exception(error)
        self._go_on()

    def _go_on(self) -> None:
        """Give those who wait their turn, until one needs the thread."""
        end = monotonic_ns() + TELLING_TURN_NS
        while self._waiting and not self.is_busy:
            if monotonic_ns() > end and self.loop is not None:
                self.loop.call_soon(self._go_on)
                return
            _call(self._waiting.popleft())
        self.is_engaged = self.is_busy or bool(self._waiting)

    # -- telling the loop ---------------------------------------------------------------------------------------------

    def on_loop(self, call: Callable[[], object]) -> None:
        """Call ``call`` here, or, on the writer's thread, on the loop: in order with all else that is told."""
        if self.is_busy and threading.get_ident() == self._ident:
            if len(self._told) > MANY_TOLD:
                self._room.clear()
                self._room.wait(1.0)
            self._tell(call)
        else:
            call()

    def _tell(self, call: Callable[[], object]) -> None:
        with self._lock:
            self._told.append(call)
            if self._telling:
                return
            self._telling = True
        loop = self.loop
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody listens
            if loop is not None:
                loop.call_soon_threadsafe(self._deliver)
                return
        while self._told:
            _call(self._told.popleft())
        self._telling = False

    def _deliver(self) -> None:
        end = monotonic_ns() + TELLING_TURN_NS
        while True:
            with self._lock:
                if not self._told:
                    self._telling = False
                    return
                call = self._told.popleft()
            self._room.set()
            _call(call)
            if monotonic_ns() > end and self.loop is not None:
                self.loop.call_soon(self._deliver)
                return


def _call(call: Callable[[], object]) -> None:
    """Make a call and log what it raises: what waits behind it may be somebody's answer."""
    try:
        call()
    except Exception:
        _LOG.exception("a background change failed")


def _report(outcome: asyncio.Future[Any]) -> None:
    error = outcome.exception()
    if error is not None:
        _LOG.error("a background change failed", exc_info=error)


async def _result(outcome: asyncio.Future[Result]) -> Result:
    return await asyncio.shield(outcome)


def _settle(outcome: asyncio.Future[Result], change: Callable[[], Result]) -> None:
    if outcome.cancelled():
        return
    try:
        outcome.set_result(change())
    except BaseException as error:
        outcome.set_exception(error)
