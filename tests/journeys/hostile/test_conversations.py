"""HTTP and WebSocket as clients get them wrong: what was asked before the mistake is answered, and nobody else waits."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.hostile.conversations import HANDSHAKE, PATIENCE, Conversation, frame, hold, hold_many, request

Start = Callable[..., Any]


def test_malformed_conversations_end_without_disturbing_others() -> None:
    assert list(hold_many(0, 80)) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10_000, 50_000, 10_000))
def test_conversations_that_go_wrong_for_long(seed: int) -> None:
    assert list(hold_many(seed, 3_000)) == []


def post(number: int, *headers: bytes) -> bytes:
    body = request(number)
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST / HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: %d\r\n\r\n%b" % (lines, len(body), body)


@pytest.mark.parametrize(
    "headers", [(), (b"Connection: Upgrade", b"Upgrade: h2c")], ids=["plain", "each wants another protocol"]
)
def test_ten_thousand_pipelined_requests_are_all_answered(megadev_up: Start, headers: tuple[bytes, ...]) -> None:
    node = megadev_up("--no-l1")
    data = b"".join(post(number, *headers) for number in range(10_000))
    assert hold(node.port, Conversation(data, 10_000, ())) == ""


def test_connect_is_refused_after_earlier_requests(megadev_up: Start) -> None:
    node = megadev_up("--no-l1")
    with socket.create_connection(("127.0.0.1", node.port), PATIENCE) as client:
        client.sendall(post(0) + b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n" + post(1))
        received = b""
        while piece := client.recv(1 << 16):
            received += piece
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"200", b"405"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Version: 13", b"Version: 8"),
        (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"X: y"),
        (b"GET", b"POST"),
        (b"Host: localhost", b"Host: localhost\r\nContent-Length: 2"),
    ],
)
def test_an_invalid_handshake_gets_a_4xx_answer_and_ends(megadev_up: Start, old: bytes, new: bytes) -> None:
    node = megadev_up("--no-l1")
    with socket.create_connection(("127.0.0.1", node.port), PATIENCE) as client:
        client.sendall((HANDSHAKE % b"").replace(old, new) + frame(1, request(0)) * 3)
        received = b""
        while piece := client.recv(1 << 16):
            received += piece
    assert re.match(rb"HTTP/1.1 4\d\d ", received), received
    assert b"0x7a69" not in received
    assert node.rpc("eth_chainId") == "0x7a69"


@pytest.mark.parametrize(
    "flood",
    [frame(1, b"", fin=False) + frame(0, b"", fin=False) * 200_000 + frame(0, request(0)), frame(9, b"") * 200_000],
    ids=["empty fragments", "pings"],
)
def test_a_flood_of_empty_frames_lets_others_have_their_turn(megadev_up: Start, flood: bytes) -> None:
    node = megadev_up("--no-l1")
    with (
        socket.create_connection(("127.0.0.1", node.port), PATIENCE) as client,
        socket.create_connection(("127.0.0.1", node.port), PATIENCE) as other,
    ):
        client.sendall(HANDSHAKE % b"")
        assert client.recv(1 << 16).startswith(b"HTTP/1.1 101")
        client.setblocking(False)
        rest, answered = memoryview(flood + frame(1, request(1))), 0
        received = b""
        while b'"id":1,' not in received:
            if rest:
                with contextlib.suppress(BlockingIOError):
                    rest = rest[client.send(rest) :]
            other.sendall(post(7))
            assert b"0x7a69" in other.recv(1 << 16)
            answered += 1
            with contextlib.suppress(BlockingIOError):
                received = received[-100:] + client.recv(1 << 20)
    assert answered > 20, "a read of its frames keeps nobody waiting until all of them are looked at"
