"""The common parts of lasting connections (WebSocket, IPC): an id, messages answered in turn, a bounded queue of
notifications, and callbacks for their end.

A notification is put into the queue of its connection and nothing else happens while the chain moves. Afterwards the
hub lets one connection after the other write what waits, as much as its socket takes, a few milliseconds at a
time, so that requests are answered in between. What the socket does not take stays in the queue, where the message
itself is shared with every other subscriber that waits for it.

Why a slow reader is dropped and not slowed to: notifications are pushed, so waiting for one subscriber would mean
holding back the chain, or memory without bound. A burst is let through (mining a thousand blocks in one call notifies
of each); a backlog that lasts is not.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import cast

from megadev.rpc.dialects import Dialect
from megadev.rpc.dispatch import Answer
from megadev.server.hub import LARGE, Hub, Reader

TURN = 16
"""Messages answered in one go before other connections get a turn."""
CONCURRENT = 64
"""Messages of one session that may wait for their answers at once."""
CHUNK = 256 * 1024
"""Bytes of waiting messages that are handed to the socket at once."""
OVERHEAD = 200
"""Bytes that a waiting message costs besides its text."""
TOO_SLOW = 1008
"""The close code (RFC 6455 §7.4.1: policy violation) for a subscriber that does not keep up; IPC has an error
instead."""
PARTING = 5.0
"""Seconds a dropped subscriber gets to read what it was sent, and why it was dropped."""
BURST = 4
"""How many times the backlog limit may be reached at once."""

_ids = itertools.count(1)
_log = logging.getLogger("megadev.server")


class SessionConnection(asyncio.Protocol):
    """A connection that stays. Subclasses frame messages: ``_frame``, ``_part`` and ``data_received``."""

    kind = ""
    end = b""
    """What follows each message."""

    def __init__(self, hub: Hub, dialect: Dialect | None = None, *, is_foreign: bool = False) -> None:
        self.hub = hub
        self.offload = hub.offload_for(self)
        self.reader = Reader(self, hub.options.write_timeout)
        self.id = f"{self.kind}-{next(_ids)}"
        self.node = hub.dispatcher.node_for(self, dialect, is_foreign=is_foreign)
        self.transport: asyncio.Transport | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.queue: deque[bytes] = deque()
        self.outbox: deque[tuple[bytes, bytes, int]] = deque()
        """What waits to be written: a message's beginning, the rest that it may share with others, what both weigh."""
        self.backlog = 0
        """What the outbox weighs, in bytes."""
        self.is_due = False
        self.is_paused = False
        self.is_writable = True
        self.is_parting = False
        self.at_eof = False
        self.behind_since: float | None = None
        self.close_callbacks: list[Callable[[], None]] = []

    # -- the session, as methods see it -------------------------------------------------------------------------------

    def notify(self, message: bytes, shared: bytes = b"") -> None:
        """Queue one message; drop the session if it has fallen too far behind. Call on the loop's thread."""
        if self.transport is None or self.is_parting:
            return
        self._queue(message, shared)
        if not self.is_due:
            self.is_due = True
            self.hub.let_write(self)
        backlog, limit = self.backlog, self.hub.options.backlog_limit
        if backlog > limit:
            self._fall_behind(self.hub.loop.time(), at_once=backlog > BURST * limit)

    def _queue(self, message: bytes, shared: bytes) -> None:
        size = len(message) + len(shared)
        weight = size + OVERHEAD
        self.outbox.append((self._start(size) + message, shared, weight))
        self.backlog += weight
        self.hub.weigh(weight)

    def _fall_behind(self, now: float, *, at_once: bool) -> None:
        """There is more waiting than may: drop the session if that has been so for too long."""
        if self.behind_since is None:
            self.behind_since = now
        if at_once or now - self.behind_since > self.hub.options.backlog_grace:
            self.drop()

    def write_waiting(self, *, all_of_it: bool = False) -> None:
        """Hand what waits to the socket: as much as that takes, or all of it."""
        self.is_due = False
        transport = self.transport
        while self.outbox and transport is not None and (self.is_writable or all_of_it):
            pieces: list[bytes] = []
            weight = 0
            while self.outbox and weight < CHUNK:
                start, shared, size = self.outbox.popleft()
                pieces += (start, shared, self.end)
                weight += size
            self._lighten(weight)
            transport.write(b"".join(pieces))

    def _lighten(self, weight: int) -> None:
        self.backlog -= weight
        self.hub.weigh(-weight)
        if self.backlog <= self.hub.options.backlog_limit:
            self.behind_since = None

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when the connection has ended."""
        self.close_callbacks.append(callback)

    # -- the connection -----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self.hub.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.hub.connections.discard(self)
        self.transport = None
        self.queue.clear()
        for task in self.tasks:
            task.cancel()
        self._forget_waiting()
        self._tell_of_end()

    def _tell_of_end(self) -> None:
        callbacks, self.close_callbacks = self.close_callbacks, []
        for callback in callbacks:
            callback()

    def _forget_waiting(self) -> None:
        self.outbox.clear()
        self._lighten(self.backlog)

    def eof_received(self) -> bool:
        """A client that has sent all it will is still answered."""
        self.at_eof = True
        return bool(self.tasks or self.queue)

    def pause_writing(self) -> None:
        self.is_writable = False
        self._pause()
        self.hub.loop.call_soon(self.hub.answer_waits)

    def resume_writing(self) -> None:
        self.is_writable = True
        self.write_waiting()
        self._proceed()

    def check(self, now: float) -> None:
        """Drop a subscriber that stays behind even when nothing new is sent, and a client that reads nothing at all."""
        self.reader.check(now)
        if self.backlog > self.hub.options.backlog_limit and self.transport is not None and not self.is_parting:
            self._fall_behind(now, at_once=False)

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
                self.hub.loop.call_soon(self._proceed)
                return
            answered += 1
            self._respond(self.queue.popleft())
        if self.queue:
            self._pause()
        elif self.transport is None:
            return
        elif self.at_eof and not self.tasks:
            self.write_waiting(all_of_it=True)
            self.transport.close()
        elif self.is_paused and self.is_writable and not self.has_unread:
            self.is_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    @property
    def has_unread(self) -> bool:
        """True if something that has arrived waits to be parsed."""
        return False

    def _pause(self) -> None:
        if not self.is_paused and self.transport is not None and not self.transport.is_closing():
            self.is_paused = True
            self.transport.pause_reading()

    def _respond(self, message: bytes) -> None:
        answer = self._handle(message)
        if answer is None or isinstance(answer, bytes):
            self._write_answer(answer)
        else:
            task = self.hub.loop.create_task(self._answer_later(answer))
            self.tasks.add(task)
            task.add_done_callback(self._task_done)

    @property
    def unwritten(self) -> int:
        """See ``Connection``."""
        return 0

    def _handle(self, message: bytes) -> Answer | Awaitable[Answer]:
        return self.hub.dispatcher.handle(message, self.node, self.offload)

    async def _answer_later(self, answer: Awaitable[Answer]) -> None:
        self._write_answer(await answer)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self._proceed()

    def _write_answer(self, answer: Answer) -> None:
        transport = self.transport
        if answer is not None and transport is not None and not self.is_parting:
            if self.outbox:  # what waits comes first, so that a client hears things in their order
                self._queue(answer, b"")
                self.write_waiting()
            else:
                start = self._start(len(answer))
                if len(answer) < LARGE:
                    transport.write(b"%b%b%b" % (start, answer, self.end))
                else:  # to copy it would hold everybody up
                    for piece in (start, answer, self.end):
                        if piece:
                            transport.write(piece)
        self.hub.answered()

    def drop(self) -> None:
        """End a session that reads too slowly: what waits is lost, and it is told so."""
        lost = len(self.outbox)
        _log.warning("dropped subscriber %s: it reads too slowly, %d messages were waiting", self.id, lost)
        self._forget_waiting()
        self._leave(TOO_SLOW, f"this subscriber reads too slowly: {lost} messages were waiting and are lost")

    def _leave(self, code: int, reason: str) -> None:
        """Say goodbye and close, cutting the connection if the other side does not take it."""
        transport = self.transport
        if transport is None or self.is_parting:
            return
        self.write_waiting(all_of_it=True)
        self.is_parting = True
        self.queue.clear()
        self._part(transport, code, reason)
        self.hub.loop.call_later(PARTING, self.abort)
        self._tell_of_end()  # and not only when the other side has taken note: nothing is to be sent any more

    # -- framing ------------------------------------------------------------------------------------------------------

    def _start(self, size: int) -> bytes:
        """Returns the header of a message of ``size`` bytes."""
        raise NotImplementedError

    def _part(self, transport: asyncio.Transport, code: int, reason: str) -> None:
        raise NotImplementedError
