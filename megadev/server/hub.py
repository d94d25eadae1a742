"""The shared state of one server's connections: the dispatcher, the limits, the worker threads, the moment after an
answer.

Why the interpreter's thread switch interval is shortened: while a worker thread computes, the loop's thread gets the
lock back only at the end of an interval. A small request beside a heavy one waits 10 ms at Python's 5 ms, 1 ms at ours
(measured on two slow cores).
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from megadev.rpc.dispatch import Dispatcher, Offload
from megadev.rpc.session import Session
from megadev.server.access import Access
from megadev.server.workers import THREADS, Workers

if TYPE_CHECKING:
    from megadev.rpc.gateway import Gateway

_log = logging.getLogger("megadev.server")
MEGABYTE = 1024 * 1024
LARGE = 256 * 1024
"""Bytes of an answer that is written beside its head, not copied into one piece with it."""
SWITCH_INTERVAL = 0.0005
"""Seconds."""
REFUSALS_TOLD = 100
"""Different hosts and origins of refused requests that are told of."""
WRITING_TURN = 0.002
"""Seconds for which notifications are written before requests get a turn."""


JSON_TYPE, HTML_TYPE, TEXT_TYPE = b"application/json", b"text/html; charset=utf-8", b"text/plain; charset=utf-8"


class Document(NamedTuple):
    """The answer to a GET: an HTTP status, the body and its content type."""

    status: int
    text: str | bytes
    content_type: bytes = JSON_TYPE


@dataclass(frozen=True)
class ServerOptions:
    """The options of a server.

    ``body_limit``: bytes of one HTTP body, WebSocket message or IPC message; None lifts it. ``request_timeout``:
    seconds a client may take to send one request. ``page`` makes what a person sees at ``/`` (HTML), ``health`` what
    ``/health`` answers; ``routes`` answers a GET of any other path, query included, with a ``Document``, or None.
    ``backlog_limit``: bytes of notifications that may wait for one subscriber; past it for
    ``backlog_grace`` seconds, or past four times as many at once, the subscriber is dropped. ``backlog_total``: bytes
    that may wait for all of them (a message that several wait for counts for each); past it the one furthest behind is
    dropped. ``write_timeout``: seconds for which a client may take nothing of what it was sent; ``unsent_total``: bytes
    of answers that may wait for all of them, past which the client that has the most waiting is dropped.
    ``threads``: how many heavy reads may run at once. ``gateway``: the public endpoint's limits, where they
    are imitated. ``feeds``: paths at which a WebSocket takes no requests, but is sent something from then on.
    """

    access: Access = field(default_factory=Access)
    body_limit: int | None = 2 * MEGABYTE
    request_timeout: float = 30.0
    page: Callable[[], str] = lambda: "<!doctype html><title>megadev</title><p>A JSON-RPC node: POST here.</p>"
    health: Callable[[], Mapping[str, Any]] = lambda: {"status": "ok"}
    routes: Callable[[str], Document | None] = lambda path: None
    backlog_limit: int = 16 * MEGABYTE
    backlog_grace: float = 5.0
    backlog_total: int = 256 * MEGABYTE
    write_timeout: float = 30.0
    unsent_total: int = 256 * MEGABYTE
    threads: Callable[[], int] = lambda: THREADS
    gateway: Gateway | None = None
    feeds: Mapping[bytes, Callable[[Session], None]] = field(default_factory=dict)


class Connection(Protocol):
    """The interface of a connection that the server uses."""

    transport: asyncio.Transport | None

    @property
    def unwritten(self) -> int:
        """Bytes of an answer that the transport was not given yet."""
        ...

    def check(self, now: float) -> None:
        """Called now and then: end what has taken too long."""
        ...

    def shut_down(self) -> bool:
        """Finish as soon as what is being answered is answered. True if nothing is."""
        ...

    def abort(self) -> None:
        """End at once."""
        ...


@runtime_checkable
class QueuedConnection(Connection, Protocol):
    """A connection with a queue of messages to write."""

    backlog: int

    def write_waiting(self) -> None:
        """Write what waits, as much as the socket takes."""
        ...

    def drop(self) -> None:
        """End it: it reads too slowly."""
        ...


def unsent(connection: Connection) -> int:
    """Bytes that were written to a connection and that its client has not taken."""
    transport = connection.transport
    if transport is None or transport.is_closing():
        return 0
    return transport.get_write_buffer_size() + connection.unwritten


class Reader:
    """Watches whether a client takes what it is sent."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection = connection
        self._seconds = seconds
        self._seen = (0, 0.0)

    def check(self, now: float) -> None:
        """Drop a client that has taken nothing for too long."""
        size = unsent(self._connection)
        if not size or size != self._seen[0]:
            self._seen = size, now
        elif now - self._seen[1] > self._seconds:
            _log.warning(
                "dropped a client that did not read for %g seconds: %d bytes were waiting", self._seconds, size
            )
            self._connection.abort()


class Hub:
    """One server's shared parts. Lives on one event loop."""

    def __init__(self, dispatcher: Dispatcher, options: ServerOptions, loop: asyncio.AbstractEventLoop) -> None:
        self.dispatcher = dispatcher
        self.options = options
        self.loop = loop
        self.connections: set[Connection] = set()
        self.closing = False
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL))
        self.workers = Workers(loop, options.threads)
        self._answered = False
        self._refusals: set[str] = set()
        self._writers: deque[QueuedConnection] = deque()
        self._backlog = 0

    def offload_for(self, client: Connection) -> Offload:
        """Returns the executor of one connection's heavy reads in a worker thread."""
        return lambda work, seconds: self.workers.run(work, seconds, client)

    def answered(self) -> None:
        """An answer has left: call ``after_answer`` once the connections that are ready have been read.

        It has left, because asyncio and uvloop (from 0.23 on) write to an idle socket at once; a test sees to it.
        """
        if not self._answered:
            self._answered = True
            self.loop.call_soon(self._after_answer)

    def _after_answer(self) -> None:
        self._answered = False
        self.dispatcher.after_answer()
        self.loop.call_soon(self.dispatcher.when_idle)  # behind whatever has arrived by now

    def refused(self, why: str) -> None:
        """A request was not served: tell of it, unless the same was told before; a page may ask again and again."""
        tell = self.dispatcher.on_refused
        if tell is not None and why not in self._refusals and len(self._refusals) < REFUSALS_TOLD:
            self._refusals.add(why)
            tell(why)

    def let_write(self, writer: QueuedConnection) -> None:
        """Something waits to be written: do it soon, after those who asked before, and a turn at a time."""
        if not self._writers:
            self.loop.call_soon(self._write_waiting)
        self._writers.append(writer)

    def _write_waiting(self) -> None:
        writers, end = self._writers, self.loop.time() + WRITING_TURN
        while writers:
            writers.popleft().write_waiting()
            if self.loop.time() > end and writers:
                self.loop.call_soon(self._write_waiting)
                return

    def weigh(self, change: int) -> None:
        """Account for what waits in all queues; past the total that may, the one with the longest queue goes."""
        self._backlog += change
        if self._backlog > self.options.backlog_total and change > 0:
            max(
                (one for one in self.connections if isinstance(one, QueuedConnection)), key=lambda one: one.backlog
            ).drop()

    def answer_waits(self) -> None:
        """A client has not taken all of its answer at once. Where more waits for all clients than may, the one that has
        the most waiting is dropped."""
        waiting = [(unsent(one), one) for one in self.connections]
        if sum(size for size, _ in waiting) > self.options.unsent_total:
            size, largest = max(waiting, key=lambda each: each[0])
            _log.warning("dropped a client that does not read: %d bytes of answers were waiting", size)
            largest.abort()

    def close(self) -> None:
        """Let go of the worker threads, without waiting for what they run."""
        self.workers.close()
