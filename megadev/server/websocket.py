"""WebSocket sessions: each message is one JSON-RPC body, each answer and notification one text message.

The protocol is websockets' sans-IO implementation; no compression is offered, since it would cost more than loopback.
Server frames are written here: unmasked, whole, three lines.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from megadev.rpc.dialects import Dialect
from megadev.rpc.dispatch import Answer
from megadev.rpc.session import Session
from megadev.server.hub import Hub
from megadev.server.sessions import PARTING, SessionConnection

PIECE = 4 * 1024
"""Bytes that are parsed in one go: seven hundred empty frames, which take 2 ms."""
PARSING_TURN = 0.002
"""Seconds for which frames are parsed before other connections get a turn."""
_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class WebSocketConnection(SessionConnection):
    """One WebSocket. Created with the bytes of its opening request still to be received."""

    kind = "ws"

    def __init__(
        self,
        hub: Hub,
        message_limit: int | None,
        dialect: Dialect | None = None,
        *,
        is_foreign: bool = False,
    ) -> None:
        super().__init__(hub, dialect, is_foreign=is_foreign)
        self.protocol = ServerProtocol(max_size=message_limit)
        self.parts: list[bytes] = []
        self.unread: deque[memoryview] = deque()
        """What has arrived and waits to be parsed."""
        self.is_parsing = False
        """The rest of it has its turn."""

    def open(self, request: bytes) -> None:
        """Answer the opening request; frames come after it. Where it is refused, the connection ends."""
        self.protocol.receive_data(request)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.protocol.send_response(self.protocol.accept(event))
        self._flush()

    def data_received(self, data: bytes | memoryview) -> None:
        if not self.unread and len(data) <= PIECE:
            self._parse(data)
            return
        whole = memoryview(data)
        self.unread.extend(whole[at : at + PIECE] for at in range(0, len(data), PIECE))
        if not self.is_parsing:
            self._parse_unread()

    def _parse_unread(self) -> None:
        """Parse what has arrived for a moment, then let other connections have a turn. Nothing more is read meanwhile:
        a read of a quarter of a megabyte can hold forty thousand empty frames."""
        self.is_parsing = False
        end = self.hub.loop.time() + PARSING_TURN
        while self.unread and self.transport is not None:
            if self.hub.loop.time() > end:
                self.is_parsing = True
                self._pause()
                self.hub.loop.call_soon(self._parse_unread)
                return
            self._parse(self.unread.popleft())
        self._proceed()

    def _parse(self, data: bytes | memoryview) -> None:
        self.protocol.receive_data(bytes(data))
        messages: list[bytes] = []
        for event in self.protocol.events_received():
            if isinstance(event, Frame) and event.opcode in _DATA:
                if event.data:  # of empty fragments there may be any number
                    self.parts.append(bytes(event.data))
                if event.fin:
                    messages.append(b"".join(self.parts))
                    self.parts.clear()
        self._receive(messages)
        self._say()

    def _proceed(self) -> None:
        super()._proceed()
        if self.protocol.eof_sent:
            self._say()

    def _say(self) -> None:
        """Send what the protocol wants sent; the last word comes after the answers to all that was asked before."""
        if not (self.queue and self.protocol.eof_sent) or self.transport is None:
            self._flush()

    @property
    def has_unread(self) -> bool:
        return bool(self.unread)

    def connection_lost(self, exc: Exception | None) -> None:
        self.unread.clear()
        super().connection_lost(exc)

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
                self._hang_up(transport)

    def _hang_up(self, transport: asyncio.Transport) -> None:
        """Send what is written, then close. Until the client has closed, read on and let it be: closing on unread bytes
        would destroy what it has not read yet."""
        self.is_parting = True
        self.unread.clear()
        if self.hub.closing or transport.is_closing():
            transport.close()
            return
        transport.write_eof()
        transport.resume_reading()
        self.hub.loop.call_later(PARTING, self.abort)

    def shut_down(self) -> bool:
        if self.protocol.eof_sent and self.transport is not None:
            self.transport.close()
        return super().shut_down()

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

    def __init__(self, hub: Hub, add: Callable[[Session], None]) -> None:
        super().__init__(hub, hub.options.body_limit)
        self._add = add

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._add(self)

    def _handle(self, message: bytes) -> Answer | Awaitable[Answer]:
        return None
