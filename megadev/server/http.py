"""HTTP/1.1 over asyncio: POST carries JSON-RPC, GET shows people and CI what runs here, an upgrade opens a WebSocket.

Parsing is httptools' (llhttp); this module owns what comes between the parser and the dispatcher: limits, order of
pipelined answers, 100-continue, CORS, keep-alive, and a client that goes away.

Why our own protocol and not an ASGI server: a node answers one small request at a time, and an ASGI server spends more
on each (a task, two awaits, dicts of headers) than the node on a simple method; see the figures in
``server/__init__``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, cast

import httptools
import msgspec

from megadev.errors import InvalidParams, MegadevError, PrefetchNeeded
from megadev.rpc.dialects import FOUNDRY, dialect_of
from megadev.rpc.dispatch import Answer
from megadev.rpc.envelope import INVALID_REQUEST, Failure, write_failure
from megadev.rpc.node import RpcNode
from megadev.server.hub import HTML_TYPE, JSON_TYPE, LARGE, TEXT_TYPE, Document, Hub, Reader

if TYPE_CHECKING:
    from megadev.server.websocket import WebSocketConnection

HEAD_LIMIT = 64 * 1024
"""Bytes of request line and headers."""
DUMP_LIMIT, BEGIN = 64 * 1024 * 1024, 512
"""Bytes of a body that loads a dump, which is larger than any other there is, and how many of it tell that it does."""
PIECE = 16 * 1024
"""Bytes that are parsed in one go: a read of a quarter of a megabyte can hold ten thousand requests."""
TURN = 16
"""Pipelined requests answered in one go before other connections get a turn."""
LONGEST_HEAD, MOST_HEADS = 2_048, 32
"""Bytes of a head that is remembered, and how many are: they differ in the length of the body."""
PIECES_AT_ONCE = 4
"""Pieces of a large answer that are written in one go."""
LINGER = 1.0
"""Seconds a refused client gets to read the refusal before the connection is cut."""

_KEPT = frozenset(
    {
        b"host",
        b"origin",
        b"content-length",
        b"expect",
        b"upgrade",
        b"transfer-encoding",
        b"user-agent",
        b"access-control-request-method",
        b"access-control-request-headers",
        b"access-control-request-private-network",
    }
)
_REASONS = {
    200: b"OK",
    204: b"No Content",
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    410: b"Gone",
    413: b"Content Too Large",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
}


def status_line(status: int) -> bytes:
    """Returns the start of a JSON-RPC answer, or of an empty one."""
    return b"HTTP/1.1 %d %b\r\n" % (status, _REASONS[status])


_ANSWERED = status_line(200)


class Request(msgspec.Struct):
    """One request as it came."""

    method: bytes
    path: bytes
    headers: dict[bytes, bytes]
    body: bytes
    keep_alive: bool
    refusal: tuple[int, str] | None = None
    """The status and the reason that it gets in its turn instead of an answer; nothing is read after it."""


class Head(msgspec.Struct, frozen=True):
    """A POST's request line and headers, parsed, and the size in bytes of the body that they announce."""

    path: bytes
    headers: dict[bytes, bytes]
    keep_alive: bool
    size: int


class HttpConnection(asyncio.Protocol):
    """One client's connection.

    A client's requests begin with the same bytes again and again, so a head that was parsed once is known by its bytes
    (``heads``): what arrives as one whole request with such a head passes the parser by, which stands between two
    requests before and after. That saves some ten microseconds of each, a fifth of a simple request's answer.
    """

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.offload = hub.offload_for(self)
        self.reader = Reader(self, hub.options.write_timeout)
        self.limit = hub.options.body_limit
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None
        self.queue: deque[Request] = deque()
        self.turn = 0
        self.is_paused = False
        self.takes_more = True
        """Whether the socket takes what is written."""
        self.rest: memoryview | None = None
        """What is still to be written of a large answer."""
        self.keeps_alive = True
        """Whether the connection goes on after that."""
        self.is_refused = False
        self.at_eof = False
        self.is_partial = False
        self.in_head = False
        self.unread: deque[bytes | memoryview] = deque()
        """What has arrived and waits to be parsed."""
        self.begun = 0
        self.received = 0
        self.head_size = 0
        self.completed = 0
        self.seen: tuple[int, float] = (-1, 0.0)
        self.all_headers: list[tuple[bytes, bytes]] = []
        self.headers: dict[bytes, bytes] = {}
        self.url = b""
        self.chunks: list[bytes] = []
        self.size = 0
        self.heads: dict[bytes, Head] = {}
        self.parsed_post = self.parsed_keep_alive = False
        """Of the request that was parsed last."""

    # -- the connection ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self.hub.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.hub.connections.discard(self)
        self.transport = self.rest = None
        self.queue.clear()
        self.unread.clear()
        if self.task is not None:
            self.task.cancel()

    def eof_received(self) -> bool:
        """A client that closes while it waits is gone, as other servers see it too: its request is given up. What it
        sent before closing and has not had its turn is still answered."""
        self.at_eof = True
        return self.task is None and (bool(self.queue or self.unread) or self.rest is not None)

    @property
    def is_writable(self) -> bool:
        """True if the next answer may be written."""
        return self.takes_more and self.rest is None

    @property
    def unwritten(self) -> int:
        """Bytes of a large answer that the transport was not given yet."""
        return 0 if self.rest is None else len(self.rest)

    def pause_writing(self) -> None:
        self.takes_more = False
        self.hub.loop.call_soon(self.hub.answer_waits)  # once all of it is written

    def resume_writing(self) -> None:
        self.takes_more = True
        if self.rest is not None:
            self._write_rest()
        else:
            self._proceed()

    def check(self, now: float) -> None:
        """End a request that does not come to its end (a slow or stuck client), or an answer that is not read."""
        self.reader.check(now)
        if self.is_partial and not self.is_refused:
            if self.seen[0] != self.completed:
                self.seen = (self.completed, now)
            elif now - self.seen[1] > self.hub.options.request_timeout:
                self._refuse(408, "the request took too long to arrive")

    def shut_down(self) -> bool:
        if self.transport is None:
            return True
        if self.task is None and not self.queue and self.rest is None:
            self.transport.close()
            return True
        return False

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    # -- reading ----------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.is_refused:
            return
        self.turn = 0
        if len(data) <= PIECE and not self.unread:
            if self.is_partial:
                self._parse(data)
            elif not self._respond_by_head(data):
                begun, completed = self.begun, self.completed
                self._parse(data)
                if self.begun == begun + 1 and self.completed == completed + 1:
                    self._remember_head(data)
        else:
            whole = memoryview(data)
            self.unread.extend(whole[at : at + PIECE] for at in range(0, len(data), PIECE))
        if self.unread:
            self._parse_unread()
        elif self.queue:
            self._wait_for_turn()

    def _respond_by_head(self, data: bytes) -> bool:
        """Answer ``data`` if it is one whole request with a head that is known, and if it is its turn; False if it has
        to be parsed.
        """
        end = data.find(b"\r\n\r\n") + 4
        head = self.heads.get(data[:end])
        if (
            head is None
            or len(data) - end != head.size
            or self.task is not None
            or self.queue
            or not self.is_writable
            or self.transport is None
        ):
            return False
        self.turn = 1
        self.begun += 1
        self.completed += 1
        self.url, self.headers = head.path, head.headers
        self._respond(Request(b"POST", head.path, head.headers, data[end:], head.keep_alive))
        return True

    def _remember_head(self, data: bytes) -> None:
        """Know the head of ``data`` from now on, a request that came in one piece and was within all limits."""
        end = data.find(b"\r\n\r\n") + 4
        headers = self.headers
        size = len(data) - end
        if (
            size == self.size
            and headers.get(b"content-length") == b"%d" % size
            and b"transfer-encoding" not in headers
            and b"expect" not in headers
            and b"upgrade" not in headers
            and not self.is_refused
            and self.transport is not None
            and (self.limit is None or size <= self.limit)
            and end <= LONGEST_HEAD
            and self.parsed_post
        ):
            if len(self.heads) >= MOST_HEADS:
                self.heads.clear()
            self.heads[data[:end]] = Head(self.url, headers, self.parsed_keep_alive, size)

    def _parse_unread(self) -> None:
        """Parse what has arrived, until there are requests that wait."""
        while self.unread and not self.queue and not self.is_refused and self.transport is not None:
            self._parse(self.unread.popleft())
        if self.queue:
            self._wait_for_turn()

    def _parse(self, data: bytes | memoryview) -> None:
        begun = self.begun
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(memoryview(data)[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            if not self.is_refused:
                self._refuse(400, f"not HTTP/1.1: {error}")
            return
        if self.is_partial and self.begun == begun:  # what came before it in the same piece is not its own
            self.received += len(data)
            if self.in_head and self.received > HEAD_LIMIT:
                self._refuse(431, _HEAD_TOO_LARGE)
            elif self.allowed is not None and self.received > 8 * self.allowed + 2 * HEAD_LIMIT:
                self._refuse(413, _too_large(self.allowed))  # tiny chunks or endless trailers around a small body

    def on_message_begin(self) -> None:
        self.is_partial = self.in_head = True
        self.begun += 1
        self.received = self.head_size = 0
        self.size = 0
        self.allowed = self.limit
        self.url = b""
        self.chunks = []
        self.headers = {}
        self.all_headers = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key = name.lower()
        if key in _KEPT:
            self.headers[key] = value if key not in self.headers else self.headers[key] + b", " + value
        self.all_headers.append((key, value))
        self.head_size += len(name) + len(value)

    def on_headers_complete(self) -> None:
        self.in_head = False
        headers = self.headers
        if self.head_size + len(self.url) > HEAD_LIMIT:
            self._refuse(431, _HEAD_TOO_LARGE)
        elif self.limit is not None and int(headers.get(b"content-length", b"0")) > max(self.limit, DUMP_LIMIT):
            self._refuse(413, _too_large(self.limit))
        elif b"expect" in headers and self.task is None and not self.queue and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, chunk: bytes) -> None:
        if self.is_refused:
            return
        self.size += len(chunk)
        self.chunks.append(chunk)
        if self.allowed is not None and self.size > self.allowed:
            if self.allowed < DUMP_LIMIT and _loads_a_dump(self.chunks):
                self.allowed = DUMP_LIMIT
            else:
                self._refuse(413, _too_large(self.allowed))

    def on_message_complete(self) -> None:
        self.is_partial = False
        self.completed += 1
        if self.is_refused or self.parser.should_upgrade():
            return
        chunks = self.chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        method, keep_alive = self.parser.get_method(), self.parser.should_keep_alive()
        self.parsed_post, self.parsed_keep_alive = method == b"POST", keep_alive
        request = Request(method, self.url, self.headers, body, keep_alive)
        self.turn += 1
        if self.task is None and not self.queue and self.turn <= TURN and self.is_writable:
            self._respond(request)
        else:
            self.queue.append(request)

    # -- order ------------------------------------------------------------------------------------------------------

    def _wait_for_turn(self) -> None:
        """Requests wait here: read no further until they are answered, in order."""
        if self.transport is not None and not self.is_paused:
            self.is_paused = True
            self.transport.pause_reading()
        if self.task is None and self.is_writable:
            self.hub.loop.call_soon(self._proceed)

    def _proceed(self) -> None:
        """Answer what waits, a turn at a time."""
        answered = 0
        while self.queue and self.task is None and self.is_writable and self.transport is not None:
            if answered == TURN:
                self.hub.loop.call_soon(self._proceed)
                return
            answered += 1
            self._respond(self.queue.popleft())
        if self.unread and not self.queue:
            self._parse_unread()
        if not self.queue and self.is_paused and self.transport is not None:
            self.is_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()

    # -- answering --------------------------------------------------------------------------------------------------

    def _respond(self, request: Request) -> None:
        if request.refusal is not None:
            self._write_refusal(*request.refusal)
        elif refusal := self._refusal(request):
            self._write(request, 403, f"{refusal}\n")
        elif request.method == b"POST":
            self._post(request)
        elif request.method in (b"GET", b"HEAD"):
            self._show(request)
        elif request.method == b"OPTIONS":
            self._write(request, 204, "")
        else:
            self._write(request, 405, "POST JSON-RPC here\n")

    def _refusal(self, request: Request) -> str:
        """Returns why the request is refused for its headers; observers of the node are notified too."""
        refusal = self.hub.options.access.refusal(request.headers.get(b"host"), request.headers.get(b"origin"))
        if refusal:
            self.hub.refused(refusal)
        return refusal

    def _post(self, request: Request) -> None:
        node = None
        if b"?" in request.path or b"origin" in request.headers or _is_foundry(request):
            try:
                node = self._node_of(request)
            except InvalidParams as error:
                self._write(request, 400, f"{error}\n")
                return
        answer = self.hub.dispatcher.handle(request.body, node, self.offload)
        if answer is None or isinstance(answer, bytes):
            self._write_answer(request, answer)
            self.hub.answered()
        else:
            self.task = self.hub.loop.create_task(self._answer_later(request, answer))

    def _node_of(self, request: Request) -> RpcNode:
        """The node as the client sees it. Raises ``InvalidParams``."""
        dialect = dialect_of(request.path, request.headers.get(b"user-agent"))
        return self.hub.dispatcher.node_in(dialect, is_foreign=self._is_foreign(request))

    def _is_foreign(self, request: Request) -> bool:
        """True if a page asks that is not this machine's."""
        headers = request.headers
        return self.hub.options.access.is_foreign(headers.get(b"origin"), headers.get(b"host"))

    async def _answer_later(self, request: Request, answer: Awaitable[Answer]) -> None:
        result = await answer
        self.task = None
        self._write_answer(request, result)
        self.hub.answered()
        self._proceed()

    def _show(self, request: Request) -> None:
        try:
            found = self._document(request)
        except PrefetchNeeded as missing:  # of a fork
            self.task = self.hub.loop.create_task(self._show_later(request, missing))
        except Exception as error:
            self._write_document(request, _failed_document(self.hub, error))
        else:
            self._write_document(request, found)

    async def _show_later(self, request: Request, missing: PrefetchNeeded) -> None:
        """Show what takes something of upstream's, once that has come; others are answered meanwhile."""
        found: Document | None = None
        while found is None:
            try:
                await asyncio.to_thread(missing.fetch)
                found = self._document(request)
            except PrefetchNeeded as more:
                missing = more
            except Exception as error:
                found = _failed_document(self.hub, error)
        self.task = None
        self._write_document(request, found)
        self._proceed()

    def _document(self, request: Request) -> Document:
        """What is shown at the path of ``request``."""
        path = request.path.partition(b"?")[0]
        options = self.hub.options
        if path == b"/":
            return Document(200, options.page(), HTML_TYPE)
        if path == b"/health":
            return Document(200, msgspec.json.encode(options.health()).decode(), JSON_TYPE)
        found = options.routes(request.path.decode("latin-1"))
        return found or Document(404, "nothing here: see /\n", TEXT_TYPE)

    def _write_document(self, request: Request, found: Document) -> None:
        if self.transport is not None:
            self._write(request, found.status, found.text, found.content_type)

    def _write_answer(self, request: Request, answer: bytes | None, head: bytes = _ANSWERED) -> None:
        transport = self.transport
        if transport is None:
            return
        cors = self.hub.options.access.cors_headers(request.headers.get(b"origin"))
        keep_alive = self._keeps_alive(request)
        connection = b"" if keep_alive else b"connection: close\r\n"
        if answer is None:
            data = b"HTTP/1.1 204 No Content\r\n%b%b\r\n" % (cors, connection)
        else:
            data = b"%bcontent-type: application/json\r\n%b%bcontent-length: %d\r\n\r\n" % (
                head,
                cors,
                connection,
                len(answer),
            )
            if len(answer) < LARGE:
                data += answer
            else:  # to copy it would hold everybody up, and so does a transport that keeps what the socket leaves
                transport.write(data)
                self.rest, self.keeps_alive = memoryview(answer), keep_alive
                self._write_rest()
                return
        transport.write(data)
        if not keep_alive:
            self._finish()

    def _write_rest(self) -> None:
        """Go on with a large answer, as long as the socket takes it, and a turn at a time."""
        transport, rest = self.transport, self.rest
        if transport is None or rest is None:
            return
        for _ in range(PIECES_AT_ONCE):
            transport.write(rest[:LARGE])
            rest = rest[LARGE:]
            if not rest:
                self.rest = None
                if not self.keeps_alive or (self.at_eof and not self.queue and not self.unread):
                    self._finish()
                else:
                    self.hub.loop.call_soon(self._proceed)
                return
            self.rest = rest
            if not self.takes_more:
                return
        self.hub.loop.call_soon(self._continue_rest)

    def _continue_rest(self) -> None:
        if self.takes_more:
            self._write_rest()

    def _write(self, request: Request, status: int, text: str | bytes, content_type: bytes = TEXT_TYPE) -> None:
        """An answer that is not JSON-RPC."""
        if self.transport is None:
            return
        headers = request.headers
        access = self.hub.options.access
        origin = headers.get(b"origin")
        keep_alive = self._keeps_alive(request)
        lines = [b"HTTP/1.1 %d %b\r\n" % (status, _REASONS[status])]
        body = text if isinstance(text, bytes) else text.encode()
        if request.method == b"OPTIONS" and status == 204:
            lines.append(
                access.preflight_headers(
                    origin,
                    headers.get(b"access-control-request-headers"),
                    headers.get(b"access-control-request-private-network") == b"true",
                )
            )
        else:
            lines.append(access.cors_headers(origin))
            lines.append(b"content-type: %b\r\ncontent-length: %d\r\n" % (content_type, len(body)))
        if status in (204, 405):
            lines.append(b"allow: GET, HEAD, POST, OPTIONS\r\n")
        if not keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        if request.method != b"HEAD":
            lines.append(body)
        self.transport.write(b"".join(lines))
        if not keep_alive:
            self._finish()

    def _keeps_alive(self, request: Request) -> bool:
        done = self.at_eof or self.hub.closing
        return request.keep_alive and not (done and not self.queue)

    def _refuse(self, status: int, message: str) -> None:
        """Answer what cannot be read to its end, then hang up. The body is a JSON-RPC error, which is what a client of
        this port can show."""
        self.is_refused = True
        self.is_partial = False
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if self.task is not None or self.queue:  # earlier answers are due first
            self.queue.append(Request(b"", b"", self.headers, b"", False, (status, message)))
        else:
            self._write_refusal(status, message)

    def _write_refusal(self, status: int, message: str) -> None:
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        body = write_failure(b"null", self._failure(status, message))
        cors = self.hub.options.access.cors_headers(self.headers.get(b"origin"))
        head = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\n%bconnection: close\r\ncontent-length: %d\r\n\r\n"
        transport.write(head % (status, _REASONS[status], cors, len(body)) + body)
        self._finish()

    def _failure(self, status: int, message: str) -> Failure:
        """The error that says why a request is not read to its end."""
        return Failure(INVALID_REQUEST, message)

    def _finish(self) -> None:
        """Send what is written, then close. Until then read on: closing on unread bytes would destroy the answer."""
        self.is_refused = True
        self.queue.clear()
        self.unread.clear()
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if transport.can_write_eof():
            transport.write_eof()
            self.hub.loop.call_later(LINGER, transport.close)
        else:
            transport.close()

    # -- upgrades ---------------------------------------------------------------------------------------------------

    def _upgrade(self, rest: memoryview) -> None:
        """Hand the connection to a WebSocket; ignore any other upgrade (h2c), as HTTP allows."""
        transport = self.transport
        if transport is None or self.is_refused:
            return
        headers = self.headers
        if self.parser.get_method() == b"CONNECT":
            self._refuse(405, "not a proxy: POST JSON-RPC here")
            return
        is_websocket = headers.get(b"upgrade", b"").lower() == b"websocket"
        head = [b"%b %b HTTP/1.1\r\n" % (self.parser.get_method(), self.url)]
        for name, value in self.all_headers:
            if is_websocket or name not in (b"upgrade", b"connection", b"http2-settings"):
                head.append(b"%b: %b\r\n" % (name, value))
        head.append(b"\r\n")
        if rest:
            self.unread.appendleft(rest)
        if not is_websocket:
            self.parser = httptools.HttpRequestParser(self)
            self.unread.appendleft(b"".join(head))
            return
        from megadev.server.websocket import FeedConnection  # what few clients open is loaded by those

        feeds = self.hub.options.feeds
        path = self.url.partition(b"?")[0]
        request = Request(b"GET", self.url, headers, b"", False)
        if self.task is not None or self.queue:
            self._refuse(400, "a WebSocket cannot be opened while earlier requests on the connection are unanswered")
        elif b"content-length" in headers or b"transfer-encoding" in headers:
            self._refuse(400, "a request that opens a WebSocket must not have a body")
        elif refusal := self._refusal(request):
            self._write(request, 403, f"{refusal}\n")
        elif path not in (b"/", b"/ws") and path not in feeds:
            self._write(request, 404, f"WebSockets open at {b', '.join((b'/', b'/ws', *feeds)).decode()}\n")
        else:
            session = FeedConnection(self.hub, feeds[path]) if path in feeds else self._session(request)
            if session is not None:
                self.hub.connections.discard(self)
                self.transport = None
                if self.is_paused:
                    transport.resume_reading()
                transport.set_protocol(session)
                session.connection_made(transport)
                session.open(b"".join(head))
                for piece in self.unread:
                    session.data_received(piece)

    def _session(self, request: Request) -> WebSocketConnection | None:
        """The WebSocket that a client is about to open; None where it was refused one."""
        from megadev.server.websocket import WebSocketConnection

        try:
            dialect = dialect_of(request.path, request.headers.get(b"user-agent"))
        except InvalidParams as error:
            self._write(request, 400, f"{error}\n")
            return None
        limit = self.hub.options.body_limit
        return WebSocketConnection(self.hub, limit, dialect, is_foreign=self._is_foreign(request))


def _is_foundry(request: Request) -> bool:
    return request.headers.get(b"user-agent", b"").startswith(FOUNDRY)


_HEAD_TOO_LARGE = f"request headers over {HEAD_LIMIT} bytes"


def _loads_a_dump(chunks: Sequence[bytes]) -> bool:
    """True if a body, of which so much has come, is one request to load a dump. Clients write the method first."""
    begin = b"".join(chunks[:16])[:BEGIN]
    return begin.lstrip()[:1] == b"{" and b'_loadState"' in begin


def _failed_document(hub: Hub, error: Exception) -> Document:
    """What is shown instead of what failed: upstream's failures are told, ours are logged."""
    if isinstance(error, MegadevError):
        return Document(503, f"{error}\n", TEXT_TYPE)
    hub.dispatcher.on_defect("GET", error)
    return Document(500, "internal error\n", TEXT_TYPE)


def _too_large(limit: int) -> str:
    loads = f" ({DUMP_LIMIT} for anvil_loadState, larger dumps with --load-state FILE)"
    return (
        f"request body over the limit of {limit} bytes{loads}: split the batch, or start with --no-request-size-limit"
    )
