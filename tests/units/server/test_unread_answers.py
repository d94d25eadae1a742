"""Clients that ask and do not read: what waits for them is bounded, in bytes and in time, and they are told of in the
log when they are dropped."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from megadev.server import ServerOptions
from tests.journeys.hostile.conversations import HANDSHAKE
from tests.units.server.conftest import ToyServer, body

SECONDS = 30
MEGABYTE = 1024 * 1024
Start = Callable[..., ToyServer]


def asks(server: ToyServer, size: int, *, over_websocket: bool = False) -> socket.socket:
    """A client with a small buffer that asks for an answer of so many bytes."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.settimeout(SECONDS)
    client.connect(("127.0.0.1", server.port))
    content = body("toy_echo", "x" * size)
    if over_websocket:
        client.sendall(HANDSHAKE % b"")
        assert client.recv(4_096).startswith(b"HTTP/1.1 101")
        client.sendall(b"\x81\xff" + len(content).to_bytes(8, "big") + bytes(4) + content)
    else:
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content))
    return client


def is_cut(client: socket.socket, most: int) -> bool:
    """Whether the connection ends before so many bytes have come."""
    received = 0
    try:
        while received < most and (piece := client.recv(1 << 20)):
            received += len(piece)
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return received < most


def waiting(server: ToyServer) -> int:
    from megadev.server.hub import unsent

    hub = server.thread.server._hub
    return int(server.on_loop(lambda: sum(unsent(one) for one in hub.connections)))


@pytest.fixture(params=[False, True], ids=["HTTP", "WebSocket"])
def over_websocket(request: Any) -> Iterator[bool]:
    yield request.param


def test_unread_answers_are_bounded_in_total(
    start: Start,
    caplog: pytest.LogCaptureFixture,
    over_websocket: bool,
) -> None:
    server = start(ServerOptions(unsent_total=8 * MEGABYTE, body_limit=None))
    with ExitStack() as stack, caplog.at_level(logging.WARNING, "megadev.server"):
        clients = [stack.enter_context(asks(server, 6 * MEGABYTE, over_websocket=over_websocket)) for _ in range(8)]
        other = stack.enter_context(asks(server, 10))
        assert b"xxxxxxxxxx" in other.recv(1 << 16), "the others are answered"
        assert waiting(server) <= 8 * MEGABYTE
        assert [is_cut(client, 6 * MEGABYTE) for client in clients].count(True) >= 5
    assert "dropped a client that does not read" in caplog.text


def test_a_client_that_reads_nothing_is_dropped(
    start: Start,
    caplog: pytest.LogCaptureFixture,
    over_websocket: bool,
) -> None:
    server = start(ServerOptions(write_timeout=0.1, body_limit=None))
    with asks(server, 6 * MEGABYTE, over_websocket=over_websocket) as client:
        while server.thread.server.connections:  # until it has been dropped
            server.on_loop(lambda: None)
        assert is_cut(client, 6 * MEGABYTE)
    assert "did not read for 0.1 seconds" in caplog.text


def test_a_slow_reader_gets_the_whole_answer(start: Start, over_websocket: bool) -> None:
    server = start(ServerOptions(body_limit=None))
    with asks(server, 6 * MEGABYTE, over_websocket=over_websocket) as client:
        received = 0
        while received < 6 * MEGABYTE:
            piece = client.recv(4_096 * 4)
            assert piece
            received += len(piece)
