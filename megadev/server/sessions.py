"""What lasting connections (WebSocket, IPC) have in common: an id, messages answered in turn, notifications, a bounded
backlog, and callbacks for their end.

Why a slow reader is dropped and not slowed to: notifications are pushed, so waiting for one subscriber would mean
holding back the chain, or memory without bound. A burst is let through (mining a thousand blocks in one call notifies
of each); a backlog that lasts is not.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Awaitable, Callable
from typing import cast

from megadev.rpc.dispatch import Answer
from megadev.server.endpoint import Endpoint

TURN = 16
"""Messages answered in one go before other connections get a turn."""
CONCURRENT = 64
"""Messages of one session that may wait for their answers at once."""
PARTING = 5.0
"""Seconds a dropped subscriber gets to read what it was sent, and why it was dropped."""
BURST = 4
"""How many times the backlog limit may be reached at once."""

_ids = itertools.count(1)


class SessionConnection(asyncio.Protocol):
    """A connection that stays. Subclasses frame messages: ``_frame``, ``_part`` and ``data_received``."""

    kind = ""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.id = f"{self.kind}-{next(_ids)}"
        self.node = endpoint.dispatcher.node_for(self)
        self.transport: asyncio.Transport | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.queue: deque[bytes] = deque()
        self.is_paused = False
        self.is_writable = True
        self.is_parting = False
        self.at_eof = False
        self.behind_since: float | None = None
        self.close_callbacks: list[Callable[[], None]] = []

    # -- the session, as methods see it -------------------------------------------------------------------------------

    def notify(self, message: bytes) -> None:
        """Send one message; drop the session if it has fallen too far behind. Call on the loop's thread."""
        transport = self.transport
        if transport is None or self.is_parting:
            return
        transport.write(self._frame(message))
        backlog = transport.get_write_buffer_size()
        limit = self.endpoint.options.backlog_limit
        if backlog <= limit:
            self.behind_since = None
        elif backlog > BURST * limit:
            self._drop()
        else:
            now = self.endpoint.loop.time()
            if self.behind_since is None:
                self.behind_since = now
            elif now - self.behind_since > self.endpoint.options.backlog_grace:
                self._drop()

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when the connection has ended."""
        self.close_callbacks.append(callback)

    # -- the connection -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self.endpoint.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.endpoint.connections.discard(self)
        self.transport = None
        self.queue.clear()
        for task in self.tasks:
            task.cancel()
        callbacks, self.close_callbacks = self.close_callbacks, []
        for callback in callbacks:
            callback()

    def eof_received(self) -> bool:
        """A client that has sent all it will is still answered."""
        self.at_eof = True
        return bool(self.tasks or self.queue)

    def pause_writing(self) -> None:
        self.is_writable = False
        self._pause()

    def resume_writing(self) -> None:
        self.is_writable = True
        self.behind_since = None
        self._proceed()

    def check(self, now: float) -> None:
        """Drop a subscriber that stays behind even when nothing new is sent."""
        transport = self.transport
        if transport is None or self.is_parting:
            return
        if transport.get_write_buffer_size() <= self.endpoint.options.backlog_limit:
            self.behind_since = None
        elif self.behind_since is None:
            self.behind_since = now
        elif now - self.behind_since > self.endpoint.options.backlog_grace:
            self._drop()

    def shut_down(self) -> bool:
        if self.transport is not None and not self.tasks and not self.queue:
            self._leave(1001, "the node is shutting down")
        return self.transport is None

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    # -- messages -----------------------------------------------------------------------------------------------------

    def _receive(self, messages: list[bytes]) -> None:
        """Answer messages that came in one read, a turn at a time."""
        if messages:
            self.queue.extend(messages)
            self._proceed()

    def _proceed(self) -> None:
        answered = 0
        while self.queue and self.is_writable and self.transport is not None and len(self.tasks) < CONCURRENT:
            if answered == TURN:
                self._pause()
                self.endpoint.loop.call_soon(self._proceed)
                return
            answered += 1
            self._respond(self.queue.popleft())
        if self.queue:
            self._pause()
        elif self.transport is None:
            return
        elif self.at_eof and not self.tasks:
            self.transport.close()
        elif self.is_paused and self.is_writable:
            self.is_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    def _pause(self) -> None:
        if not self.is_paused and self.transport is not None and not self.transport.is_closing():
            self.is_paused = True
            self.transport.pause_reading()

    def _respond(self, message: bytes) -> None:
        answer = self.endpoint.dispatcher.handle(message, self.node, self.endpoint.offload)
        if answer is None or isinstance(answer, bytes):
            self._write_answer(answer)
        else:
            task = self.endpoint.loop.create_task(self._answer_later(answer))
            self.tasks.add(task)
            task.add_done_callback(self._task_done)

    async def _answer_later(self, answer: Awaitable[Answer]) -> None:
        self._write_answer(await answer)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self._proceed()

    def _write_answer(self, answer: Answer) -> None:
        if answer is not None and self.transport is not None and not self.is_parting:
            self.transport.write(self._frame(answer))
        self.endpoint.answered()

    def _drop(self) -> None:
        self._leave(1008, "this subscriber reads too slowly: messages were piling up")

    def _leave(self, code: int, reason: str) -> None:
        """Say goodbye and close, cutting the connection if the other side does not take it."""
        transport = self.transport
        if transport is None or self.is_parting:
            return
        self.is_parting = True
        self.queue.clear()
        self._part(transport, code, reason)
        self.endpoint.loop.call_later(PARTING, self.abort)

    # -- framing ------------------------------------------------------------------------------------------------------

    def _frame(self, message: bytes) -> bytes:
        raise NotImplementedError

    def _part(self, transport: asyncio.Transport, code: int, reason: str) -> None:
        raise NotImplementedError
