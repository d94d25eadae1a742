"""IPC sessions over a Unix socket, as geth's: JSON values one after the other, with or without white space between
them; each answer and notification ends with a newline.
"""

from __future__ import annotations

import asyncio
import re

from megadev.rpc.envelope import INVALID_REQUEST, PARSE_ERROR, Failure, write_failure
from megadev.rpc.errors import LIMIT_EXCEEDED
from megadev.server.hub import Hub
from megadev.server.sessions import TOO_SLOW, SessionConnection

_SIGNIFICANT = re.compile(rb'["{}\[\]]')
_STRING_END = re.compile(rb'["\\]')
_WHITE = b" \t\r\n"


class JsonSplitter:
    """Cuts a stream of bytes into top-level JSON objects and arrays, without parsing what is inside."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._depth = 0
        self._in_string = False

    @property
    def waiting(self) -> int:
        """Bytes of a value that has not come to its end."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes; return the values that are complete. ``ValueError`` for a value that is no object or array."""
        buffer = self._buffer
        buffer += data
        values: list[bytes] = []
        start = 0
        while True:
            if self._depth == 0:
                while start < len(buffer) and buffer[start] in _WHITE:
                    start += 1
                self._at = max(self._at, start)
                if start < len(buffer) and buffer[start] not in b"{[":
                    raise ValueError("expected a JSON object or array")
            if self._in_string:
                found = _STRING_END.search(buffer, self._at)
                if found is None:
                    self._at = len(buffer)
                    break
                if buffer[found.start()] == 0x5C:  # a backslash: skip what it escapes, once that is here
                    if found.end() == len(buffer):
                        self._at = found.start()
                        break
                    self._at = found.end() + 1
                else:
                    self._in_string = False
                    self._at = found.end()
                continue
            found = _SIGNIFICANT.search(buffer, self._at)
            if found is None:
                self._at = len(buffer)
                break
            self._at = found.end()
            character = buffer[found.start()]
            if character == 0x22:
                self._in_string = True
            elif character in b"{[":
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth == 0:
                    values.append(bytes(buffer[start : self._at]))
                    start = self._at
        del buffer[:start]
        self._at -= start
        return values


class IpcConnection(SessionConnection):
    """One IPC client."""

    kind = "ipc"
    end = b"\n"

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self.splitter = JsonSplitter()

    def data_received(self, data: bytes) -> None:
        if self.is_parting:
            return
        limit = self.hub.options.body_limit
        try:
            messages = self.splitter.feed(data)
        except ValueError as error:
            self._fail(Failure(PARSE_ERROR, f"parse error: {error}"))
            return
        self._receive(messages)
        if limit is not None and self.splitter.waiting > limit:
            self._fail(Failure(INVALID_REQUEST, f"message over the limit of {limit} bytes"))

    def _fail(self, failure: Failure) -> None:
        """After this the stream cannot be followed: say why, and close."""
        self.write_waiting(all_of_it=True)
        if self.transport is not None:
            self.transport.write(write_failure(b"null", failure) + self.end)
        self._leave(1002, failure.message)

    def _start(self, size: int) -> bytes:
        return b""

    def _part(self, transport: asyncio.Transport, code: int, reason: str) -> None:
        """A stream has no close codes: a subscriber that is dropped finds the reason as its last line."""
        if code == TOO_SLOW:
            transport.write(write_failure(b"null", Failure(LIMIT_EXCEEDED, reason)) + self.end)
        transport.close()
