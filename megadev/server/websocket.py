"""WebSocket sessions: each message is one JSON-RPC body, each answer and notification one text message.

The protocol is websockets' sans-IO implementation; no compression is offered, since it would cost more than loopback.
Server frames are written here: unmasked, whole, three lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from megadev.rpc.dialects import Dialect
from megadev.rpc.dispatch import Answer, Session
from megadev.server.endpoint import Endpoint
from megadev.server.sessions import SessionConnection

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class WebSocketConnection(SessionConnection):
    """One WebSocket. Created with the bytes of its opening request still to be received."""

    kind = "ws"

    def __init__(self, endpoint: Endpoint, message_limit: int | None, dialect: Dialect | None = None) -> None:
        super().__init__(endpoint, dialect)
        self.protocol = ServerProtocol(max_size=message_limit)
        self.parts: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        self.protocol.receive_data(data)
        messages: list[bytes] = []
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.protocol.send_response(self.protocol.accept(event))
            elif isinstance(event, Frame) and event.opcode in _DATA:
                self.parts.append(bytes(event.data))
                if event.fin:
                    messages.append(b"".join(self.parts))
                    self.parts.clear()
        self._flush()
        self._receive(messages)

    def eof_received(self) -> bool:
        self.protocol.receive_eof()
        self._flush()
        return False

    def _flush(self) -> None:
        """Send what the protocol wants sent; an empty piece is its word for closing."""
        transport = self.transport
        pieces = self.protocol.data_to_send()
        if transport is None:
            return
        for piece in pieces:
            if piece:
                transport.write(piece)
            else:
                self.is_parting = True
                transport.close()

    def _start(self, size: int) -> bytes:
        """The head of a text frame (RFC 6455 §5.2)."""
        if size < 126:
            return b"\x81%c" % size
        if size < 65536:
            return b"\x81\x7e%b" % size.to_bytes(2, "big")
        return b"\x81\x7f%b" % size.to_bytes(8, "big")

    def _part(self, transport: asyncio.Transport, code: int, reason: str) -> None:
        if self.protocol.state is State.OPEN:
            self.protocol.send_close(code, reason)
            self._flush()
            if self.is_paused and not transport.is_closing():
                transport.resume_reading()  # to see the closing handshake
        else:
            transport.close()


class FeedConnection(WebSocketConnection):
    """A WebSocket on which only the node speaks: what ``add`` has it told. What its client says is ignored."""

    def __init__(self, endpoint: Endpoint, add: Callable[[Session], None]) -> None:
        super().__init__(endpoint, endpoint.options.body_limit)
        self._add = add

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._add(self)

    def _handle(self, message: bytes) -> Answer | Awaitable[Answer]:
        return None
