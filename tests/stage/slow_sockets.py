"""A WebSocket whose owner never reads."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Any

from megadev import Devnet
from megadev.rpc.subscriptions import Subscriptions

SECONDS = 60


HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def request(method: str, *params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def frame(content: Any) -> bytes:
    """A text frame as a client sends it (masked with nothing)."""
    data = json.dumps(content).encode()
    return b"\x81\xff" + len(data).to_bytes(8, "big") + bytes(4) + data


def subscriptions(net: Devnet) -> Subscriptions:
    return net.l2.dispatcher.node.subscriptions


def never_reads(port: int, times: int = 1, subscriptions: Sequence[Sequence[Any]] = (("newHeads",),)) -> socket.socket:
    """A WebSocket that subscribes to each of these so many times and then reads no more, with a small buffer."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    client.settimeout(SECONDS)
    client.connect(("127.0.0.1", port))
    client.sendall(HANDSHAKE)
    assert client.recv(4_096).startswith(b"HTTP/1.1 101")
    client.sendall(frame([request("eth_subscribe", *params) for params in subscriptions] * times))
    assert client.recv(1)
    return client
