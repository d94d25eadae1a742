"""Opening and closing a server: sockets, connections, the periodic check, and the thread that can run it all."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from megadev.errors import ConfigError
from megadev.rpc.dispatch import Dispatcher
from megadev.server.http import HttpConnection
from megadev.server.hub import Hub, ServerOptions
from megadev.server.ipc import IpcConnection

CLOSE_TIMEOUT = 1.0
"""Seconds that closing may take; connections still busy then are cut."""
CHECK_INTERVAL = 1.0
"""Seconds between looks at slow clients, at most."""
BACKLOG = 1024
Result = TypeVar("Result")


class Server:
    """A running server. Made by ``serve``; use it on the loop that made it."""

    def __init__(
        self,
        hub: Hub,
        listeners: Sequence[asyncio.Server],
        addresses: Sequence[tuple[str, int]],
        ipc: Path | None,
    ) -> None:
        self._hub = hub
        self._listeners = listeners
        self.addresses = tuple(addresses)
        """Host and port of each listening socket."""
        self.ipc_path = ipc
        options = hub.options
        shortest = min(options.request_timeout, options.backlog_grace, options.write_timeout)
        self._interval = min(CHECK_INTERVAL, max(shortest / 2, 0.01))
        self._timer = hub.loop.call_later(self._interval, self._check)

    @property
    def port(self) -> int:
        """The TCP port (the same for all hosts)."""
        return self.addresses[0][1]

    @property
    def urls(self) -> tuple[str, ...]:
        """The HTTP URL of each host; the same with ``ws`` opens a WebSocket."""
        return tuple(f"http://{f'[{host}]' if ':' in host else host}:{port}" for host, port in self.addresses)

    @property
    def connections(self) -> int:
        """The number of connected clients."""
        return len(self._hub.connections)

    async def close(self) -> None:
        """Stop listening, finish what is being answered, close every connection: within ``CLOSE_TIMEOUT`` seconds."""
        hub = self._hub
        if hub.closing:
            return
        hub.closing = True
        self._timer.cancel()
        for listener in self._listeners:
            listener.close()
        deadline = hub.loop.time() + CLOSE_TIMEOUT
        while hub.connections and hub.loop.time() < deadline:
            for connection in tuple(hub.connections):
                connection.shut_down()
            await asyncio.sleep(0.005)
        for connection in tuple(hub.connections):
            connection.abort()
        await asyncio.sleep(0)
        hub.dispatcher.after_answer()
        hub.close()
        hub.dispatcher.writer.server_closed()
        if self.ipc_path is not None:
            self.ipc_path.unlink(missing_ok=True)

    def _check(self) -> None:
        now = self._hub.loop.time()
        for connection in tuple(self._hub.connections):
            connection.check(now)
        self._timer = self._hub.loop.call_later(self._interval, self._check)


async def serve(
    dispatcher: Dispatcher,
    hosts: Sequence[str] = ("127.0.0.1",),
    port: int = 8545,
    *,
    options: ServerOptions | None = None,
    ipc_path: Path | None = None,
) -> Server:
    """Serve HTTP and WebSocket at ``hosts`` (all on one port; 0 picks a free one), and IPC at ``ipc_path`` if given.

    From then on all requests run on this loop: in-process clients of the same dispatcher hand theirs over to it.
    Raises ``ConfigError`` for an address that cannot be used.
    """
    loop = asyncio.get_running_loop()
    sockets = _listen(hosts, port)
    hub = Hub(dispatcher, options or ServerOptions(), loop)
    listeners: list[asyncio.Server] = []
    connection = _connection(hub)
    try:
        if ipc_path is not None:
            listeners.append(await _listen_ipc(hub, ipc_path))
        for listening in sockets:
            listener = await loop.create_server(connection, sock=listening, backlog=BACKLOG)
            listeners.append(listener)
    except BaseException:
        for listener in listeners:
            listener.close()
        for listening in sockets:
            listening.close()
        hub.close()
        raise
    dispatcher.writer.server_started(loop)
    addresses = [listening.getsockname()[:2] for listening in sockets]
    return Server(hub, listeners, addresses, ipc_path)


def _connection(hub: Hub) -> Callable[[], HttpConnection]:
    """Returns the factory of this server's connections."""
    gateway = hub.options.gateway
    if gateway is None:
        return lambda: HttpConnection(hub)
    from megadev.server.limited import LimitedHttp  # what few servers need is loaded by those

    return lambda: LimitedHttp(hub, gateway)


def _listen(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """Bound sockets, the same port for all."""
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            for family, address in _resolve(host, port):
                bound = socket.socket(family, socket.SOCK_STREAM)
                sockets.append(bound)
                if sys.platform != "win32":  # there it would let two servers share the port
                    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    bound.bind((address, port))
                    bound.listen(BACKLOG)  # binding alone does not find a port that another listens on
                except OSError as error:
                    raise _explain(error, host, port) from None
                bound.setblocking(False)
                port = bound.getsockname()[1]
    except BaseException:
        for bound in sockets:
            bound.close()
        raise
    return sockets


def _resolve(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ConfigError(f"cannot listen on {host!r}: not an address of this machine") from None
    seen = dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found)
    return list(seen)


def _explain(error: OSError, host: str, port: int) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return ConfigError(f"port {port} on {host} is in use: stop what listens there, or choose another port (0: any)")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError(f"no permission to listen on port {port} of {host}: choose a port above 1023")
    if error.errno == errno.EADDRNOTAVAIL:
        return ConfigError(f"cannot listen on {host}: not an address of this machine")
    return ConfigError(f"cannot listen on {host}:{port}: {error.strerror or error}")


async def _listen_ipc(hub: Hub, path: Path) -> asyncio.Server:
    if sys.platform == "win32":
        raise ConfigError("IPC needs Unix sockets, which this platform lacks: use HTTP or WebSocket")
    if _is_stale(path):
        path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)  # bound here: loops replace a socket that is in use
    try:
        bound.bind(os.fspath(path))
        os.chmod(path, stat.S_IRUSR | stat.S_IWUSR)
        bound.setblocking(False)
        return await hub.loop.create_unix_server(lambda: IpcConnection(hub), sock=bound)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"IPC path {path} is in use: stop what listens there, or choose another path") from None
        raise ConfigError(f"cannot listen on IPC path {path}: {error.strerror or error}") from None


def _is_stale(path: Path) -> bool:
    """A socket file that a process left behind when it was killed."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            probe.connect(os.fspath(path))
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def new_event_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop there is here: uvloop's, or asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


class LoopThread:
    """An event loop in a daemon thread of its own, for programs that have none."""

    def __init__(self) -> None:
        self.loop = new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="megadev-loop", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run ``work`` there and wait for its result. Raises what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def stop(self) -> None:
        """End the thread; stopping twice is allowed."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()


class ServerThread:
    """A server on a ``LoopThread``. Also a context manager. The constructor raises what ``serve`` raises."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        hosts: Sequence[str] = ("127.0.0.1",),
        port: int = 0,
        *,
        options: ServerOptions | None = None,
        ipc_path: Path | None = None,
    ) -> None:
        self._thread = LoopThread()
        try:
            self.server = self._thread.run(serve(dispatcher, hosts, port, options=options, ipc_path=ipc_path))
        except BaseException:
            self._thread.stop()
            raise

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._thread.loop

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def urls(self) -> tuple[str, ...]:
        return self.server.urls

    def close(self) -> None:
        """Close the server and end the thread."""
        if not self.loop.is_closed():
            self._thread.run(self.server.close())
            self._thread.stop()

    def __enter__(self) -> ServerThread:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
