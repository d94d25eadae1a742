"""What the connections of one server share: the dispatcher, the limits, the worker thread, and how bytes leave.

Why a connection writes to its socket itself when it can: uvloop collects writes and sends them once every connection
that is ready has been read, and the next one's request first has to wait for the block that the last one's answer left
open. So with two clients at once the first would wait for its own block after all. Written at once, an answer has left
the process before anything else runs; what the socket does not take goes to the transport, which keeps the order.

Why the interpreter's thread switch interval is shortened: while the worker thread computes, the loop's thread gets the
lock back only at the end of an interval. A small request beside a heavy one waits 10 ms at Python's 5 ms, 1 ms at ours
(measured on two slow cores).
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from megadev.rpc.dispatch import Answer, Dispatcher
from megadev.server.access import Access

MEGABYTE = 1024 * 1024
SWITCH_INTERVAL = 0.0005
"""Seconds."""


@dataclass(frozen=True)
class ServerOptions:
    """How a server treats its clients.

    ``body_limit``: bytes of one HTTP body, WebSocket message or IPC message; None lifts it. ``request_timeout``:
    seconds a client may take to send one request. ``page`` makes what a person sees at ``/`` (HTML), ``health`` what
    ``/health`` answers. ``backlog_limit``: bytes of notifications that may wait for one subscriber; past it for
    ``backlog_grace`` seconds, or past four times as many at once, the subscriber is dropped.
    """

    access: Access = field(default_factory=Access)
    body_limit: int | None = 2 * MEGABYTE
    request_timeout: float = 30.0
    page: Callable[[], str] = lambda: "<!doctype html><title>megadev</title><p>A JSON-RPC node: POST here.</p>"
    health: Callable[[], Mapping[str, Any]] = lambda: {"status": "ok"}
    backlog_limit: int = 16 * MEGABYTE
    backlog_grace: float = 5.0


class Connection(Protocol):
    """What the server asks of each of its connections."""

    def check(self, now: float) -> None:
        """Called now and then: end what has taken too long."""
        ...

    def shut_down(self) -> bool:
        """Finish as soon as what is being answered is answered. True if nothing is."""
        ...

    def abort(self) -> None:
        """End at once."""
        ...


class Endpoint:
    """One server's shared parts. Lives on one event loop."""

    def __init__(self, dispatcher: Dispatcher, options: ServerOptions, loop: asyncio.AbstractEventLoop) -> None:
        self.dispatcher = dispatcher
        self.options = options
        self.loop = loop
        self.connections: set[Connection] = set()
        self.closing = False
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL))
        self.writes_late = type(loop).__module__.partition(".")[0] == "uvloop"
        self._workers = ThreadPoolExecutor(1, thread_name_prefix="megadev-rpc")
        self._answered = False

    def offload(self, work: Callable[[], Answer]) -> Awaitable[Answer]:
        """Run a heavy method in the worker thread."""
        return self.loop.run_in_executor(self._workers, work)

    def answered(self) -> None:
        """An answer has left: call ``after_answer`` once the connections that are ready have been read."""
        if not self._answered:
            self._answered = True
            self.loop.call_soon(self._after_answer)

    def _after_answer(self) -> None:
        self._answered = False
        self.dispatcher.after_answer()

    def close(self) -> None:
        """Let go of the worker thread, without waiting for what it runs."""
        self._workers.shutdown(wait=False, cancel_futures=True)


def socket_of(transport: asyncio.Transport, endpoint: Endpoint) -> int | None:
    """The descriptor to write to directly, on loops that write late; None elsewhere."""
    if not endpoint.writes_late:
        return None
    socket = transport.get_extra_info("socket")
    return None if socket is None else int(socket.fileno())


def send(transport: asyncio.Transport, descriptor: int | None, data: bytes) -> None:
    """Write ``data``: to the socket at once if nothing waits before it, the rest through the transport."""
    if descriptor is not None and not transport.is_closing() and transport.get_write_buffer_size() == 0:
        try:
            sent = os.write(descriptor, data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            transport.abort()
            return
        if sent == len(data):
            return
        data = data[sent:]
    transport.write(data)
