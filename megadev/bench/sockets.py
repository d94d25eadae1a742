"""WebSockets for ``megadev bench``: one that asks, and many that only listen, in a process of their own.

As plain as the HTTP side in ``client.py``, and for the same reason. Those that listen read what comes and throw
it away: what they would do with it is not the node's work, and in the bench's own process it would delay the clock.

``python -m megadev.bench.sockets URL COUNT ADDRESS`` opens COUNT connections with a subscription to each stream,
to the logs of ADDRESS among them, says so, and reads until its input ends.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from megadev.errors import MegadevError

TIMEOUT = 60.0
"""Seconds to wait for a message."""
READ = 1 << 18
TEXT = 1
STREAMS = ("newHeads", "logs", "newPendingTransactions", "miniBlocks", "stateChanges")
"""What is subscribed to, where a node offers it; logs as soon as they can be had."""


def connected(url: str) -> socket.socket:
    """A socket to the host and port of ``url``, encrypted for https. Raises ``MegadevError`` where nobody listens."""
    parts = urlsplit(url)
    secure = parts.scheme in ("https", "wss")
    try:
        made = socket.create_connection((parts.hostname, parts.port or (443 if secure else 80)), timeout=TIMEOUT)
        if secure:
            made = ssl.create_default_context().wrap_socket(made, server_hostname=parts.hostname)
    except OSError as problem:
        raise MegadevError(f"{url}: no answer ({problem.strerror or problem}); is the node running?") from None
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


class WebSocket:
    """One WebSocket connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.socket = connected(url)
        self._url = url
        self._buffer = bytearray()
        self.socket.sendall(
            f"GET / HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: bWVnYWRldiBiZW5jaCAuLg==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._read()
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            raise MegadevError(f"{url}: no WebSocket: {bytes(self._buffer[:80])!r}")
        del self._buffer[: end + 4]

    @staticmethod
    def frame(body: bytes) -> bytes:
        """``body`` as a whole text message (masked with zeros)."""
        size = len(body)
        if size < 126:
            head = bytes((0x81, 0x80 | size))
        elif size < 65_536:
            head = b"\x81\xfe" + size.to_bytes(2, "big")
        else:
            head = b"\x81\xff" + size.to_bytes(8, "big")
        return head + bytes(4) + body

    def receive(self) -> bytes:
        """Wait for a text message."""
        while True:
            buffer = self._buffer
            if len(buffer) >= 2:
                size, start = buffer[1], 2
                if size > 125:
                    start = 4 if size == 126 else 10
                    size = int.from_bytes(buffer[2:start], "big")
                if len(buffer) >= start + size:
                    kind, message = buffer[0] & 15, bytes(buffer[start : start + size])
                    del buffer[: start + size]
                    if kind == TEXT:
                        return message
                    continue
            self._read()

    def exchange(self, request: bytes) -> bytes:
        """Send a framed request and wait for the next message."""
        self.socket.sendall(request)
        return self.receive()

    def subscribe(self, kind: str, address: str) -> str | None:
        """Subscribe; the subscription's id, or None where the node does not offer ``kind``."""
        params: list[Any] = [kind]
        if kind == "logs":
            params.append({"address": address, "fromBlock": "pending", "toBlock": "pending"})
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": params})
        self.socket.sendall(self.frame(body))
        while "method" in (answer := msgspec.json.decode(self.receive())):
            pass
        result = answer.get("result")
        return None if result is None else str(result)

    def close(self) -> None:
        self.socket.close()

    def _read(self) -> None:
        try:
            received = self.socket.recv(READ)
        except OSError as problem:
            raise MegadevError(f"{self._url}: {problem.strerror or problem}") from None
        if not received:
            raise MegadevError(f"{self._url}: the node closed the connection")
        self._buffer += received


@contextlib.contextmanager
def listeners(url: str, count: int, address: str) -> Iterator[None]:
    """Let ``count`` subscribers of each stream listen meanwhile. Raises MegadevError where that cannot be."""
    if not count:
        yield
        return
    command = [sys.executable, "-m", "megadev.bench.sockets", url, str(count), address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "listening\n":
                raise MegadevError(f"{url}: {count} subscribers could not subscribe")
            yield
        finally:
            process.communicate()


def _listen(url: str, count: int, address: str) -> None:
    opened = [WebSocket(url) for _ in range(count)]
    for connection in opened:
        for kind in STREAMS:
            connection.subscribe(kind, address)
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ)
        print("listening", flush=True)
        while True:
            for key, _ in selector.select():
                if key.fileobj is sys.stdin:
                    return
                if isinstance(key.fileobj, socket.socket) and not key.fileobj.recv(READ):
                    selector.unregister(key.fileobj)


if __name__ == "__main__":
    _listen(sys.argv[1], int(sys.argv[2]), sys.argv[3])
