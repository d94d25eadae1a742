"""WebSocket sessions, over real sockets and the websockets library's client."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from megadev.server import Access, ServerOptions
from megadev.server.hub import MEGABYTE

TIMEOUT = 20.0
Start = Callable[..., Any]
Rpc = Callable[..., bytes]


def open_socket(server: Any, path: str = "/", **more: Any) -> ClientConnection:
    return connect(f"ws://127.0.0.1:{server.port}{path}", open_timeout=TIMEOUT, close_timeout=1, max_size=None, **more)


def ask(client: ClientConnection, content: bytes) -> Any:
    client.send(content.decode())
    return json.loads(client.recv(TIMEOUT))


@pytest.mark.parametrize("path", ["/", "/ws", "/?key=1"])
def test_each_message_is_a_request(server: Any, rpc: Rpc, path: str) -> None:
    with open_socket(server, path) as client:
        for number in range(50):
            assert ask(client, rpc("toy_echo", number, id=number)) == {"jsonrpc": "2.0", "id": number, "result": number}
        assert [answer["result"] for answer in ask(client, b"[%b,%b]" % (rpc("toy_echo", 1), rpc("toy_echo", 2)))] == [
            1,
            2,
        ]
        assert ask(client, b"{")["error"]["code"] == -32700


def test_messages_sent_ahead_are_all_answered(server: Any, rpc: Rpc) -> None:
    with open_socket(server) as client:
        for number in range(500):
            client.send(rpc("toy_echo", number).decode())
        assert [json.loads(client.recv(TIMEOUT))["result"] for _ in range(500)] == list(range(500))


def test_messages_may_be_large_binary_or_in_fragments(server: Any, rpc: Rpc) -> None:
    with open_socket(server) as client:
        for size in (100, 1_000, 70_000, 1_500_000):
            assert ask(client, rpc("toy_echo", "x" * size))["result"] == "x" * size
        client.send(rpc("toy_echo", "binary"))
        assert json.loads(client.recv(TIMEOUT))["result"] == "binary"
        content = rpc("toy_echo", "x" * 1_000).decode()
        client.send(content[at : at + 100] for at in range(0, len(content), 100))
        assert json.loads(client.recv(TIMEOUT))["result"] == "x" * 1_000


def test_a_waiting_request_does_not_delay_the_next(server: Any, rpc: Rpc) -> None:
    with open_socket(server) as client:
        client.send(rpc("toy_wait", id="slow").decode())
        client.send(rpc("toy_heavy", id="heavy").decode())
        assert ask(client, rpc("toy_echo", 1, id="fast"))["id"] == "fast"
        server.toys.gate.set()
        assert {json.loads(client.recv(TIMEOUT))["id"] for _ in range(2)} == {"slow", "heavy"}


def test_pings_are_answered(server: Any) -> None:
    with open_socket(server) as client:
        assert client.ping().wait(TIMEOUT)


def test_a_message_over_the_limit_ends_the_session(start: Start, rpc: Rpc) -> None:
    server = start(ServerOptions(body_limit=1_000))
    with open_socket(server) as client:
        client.send("x" * 2_000)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(TIMEOUT)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
    with open_socket(server) as client:
        assert ask(client, rpc("toy_echo", 1))["result"] == 1


def test_subscribers_are_notified_in_order_after_their_answer(server: Any, rpc: Rpc) -> None:
    with open_socket(server) as client:
        session_id = ask(client, rpc("toy_subscribe"))["result"]
        (session,) = server.toys.sessions
        assert session.id == session_id
        server.on_loop(lambda: [session.notify(b"%d" % number) for number in range(1_000)])
        assert [int(client.recv(TIMEOUT)) for _ in range(1_000)] == list(range(1_000))


def test_a_session_reports_its_end(server: Any, rpc: Rpc) -> None:
    with open_socket(server) as client:
        ask(client, rpc("toy_subscribe"))
    assert server.toys.closed.wait(TIMEOUT)
    server.on_loop(lambda: server.toys.sessions[0].notify(b"into the void"))


def test_a_burst_reaches_a_subscriber_that_reads(start: Start, rpc: Rpc) -> None:
    """Mining many blocks at once is no reason to drop anyone."""
    server = start(ServerOptions(backlog_limit=4 * MEGABYTE))
    with open_socket(server) as client:
        ask(client, rpc("toy_subscribe"))
        server.on_loop(lambda: [server.toys.sessions[0].notify(b"x" * 1_000) for _ in range(10_000)])
        assert sum(len(client.recv(TIMEOUT)) for _ in range(10_000)) == 10_000_000
        assert ask(client, rpc("toy_echo", 1))["result"] == 1


@pytest.mark.parametrize(("limit", "grace"), [(MEGABYTE, 60.0), (64 * MEGABYTE // 1024, 0.01)], ids=["much", "long"])
def test_a_subscriber_that_does_not_read_is_dropped_and_others_are_not(
    start: Start, rpc: Rpc, limit: int, grace: float
) -> None:
    server = start(ServerOptions(backlog_limit=limit, backlog_grace=grace))
    slow = server.connect()
    slow.sendall(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert slow.recv(4096).startswith(b"HTTP/1.1 101")
    content = rpc("toy_subscribe")
    slow.sendall(b"\x81%c\x00\x00\x00\x00%b" % (0x80 | len(content), content))
    assert slow.recv(4096)
    with open_socket(server) as reader:
        ask(reader, rpc("toy_subscribe"))
        stuck, healthy = server.toys.sessions
        for _ in range(2_000):
            server.on_loop(lambda: [session.notify(b"x" * 10_000) for session in (stuck, healthy)])
            assert len(reader.recv(TIMEOUT)) == 10_000
            if stuck.is_parting:
                break
        assert stuck.is_parting
        assert stuck.transport is None or stuck.transport.get_write_buffer_size() < MEGABYTE
        assert stuck.backlog == 0, "what waited is given up"
        assert ask(reader, rpc("toy_echo", 1))["result"] == 1
        slow.settimeout(TIMEOUT)
        received = bytearray()
        while b"too slowly" not in received[-70_000:]:
            piece = slow.recv(65536)
            assert piece, "told why, once it reads"
            received += piece
    slow.close()


def test_the_backlog_of_all_subscribers_is_bounded(start: Start, rpc: Rpc) -> None:
    """Past that the one furthest behind is dropped, and it alone."""
    server = start(ServerOptions(backlog_limit=100 * MEGABYTE, backlog_total=3 * MEGABYTE))
    with open_socket(server) as slow, open_socket(server) as slower:
        ask(slow, rpc("toy_subscribe"))
        ask(slower, rpc("toy_subscribe"))
        first, second = server.toys.sessions

        def pile_up() -> list[bool]:
            for _ in range(1_000):
                first.notify(b"x" * 500)
                second.notify(b"x" * 500, b"y" * 1_200)
            before = [first.is_parting, second.is_parting]
            first.notify(b"x" * MEGABYTE)
            return [*before, first.is_parting, second.is_parting]

        assert server.on_loop(pile_up) == [False, False, False, True]
        assert ask_past_notifications(slow, rpc("toy_echo", 1)) == 1


def ask_past_notifications(client: ClientConnection, content: bytes) -> Any:
    client.send(content.decode())
    while True:
        message = client.recv(TIMEOUT)
        if message[:1] == "{":
            return json.loads(message)["result"]


def test_a_rebound_name_or_a_foreign_page_gets_no_socket(start: Start) -> None:
    server = start(ServerOptions(access=Access(["https://app.example"])))
    with pytest.raises(InvalidStatus) as refused:
        open_socket(server, origin="https://evil.example")
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        connect("ws://evil.example", sock=server.connect(), open_timeout=TIMEOUT)
    assert refused.value.response.status_code == 403
    with open_socket(server, origin="https://app.example"):
        pass


def test_sockets_open_only_where_they_should(server: Any) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(server, "/elsewhere")
    assert refused.value.response.status_code == 404


def test_clients_are_notified_when_the_node_stops(server: Any, rpc: Rpc) -> None:
    with open_socket(server) as client:
        ask(client, rpc("toy_echo", 1))
        server.thread.close()
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(TIMEOUT)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
