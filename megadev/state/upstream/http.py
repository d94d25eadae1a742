"""POST requests over kept connections, which whoever closes ends at once: URLs, sockets, time-outs, HTTP's answers.

Why the standard library's client: one POST per batch over kept connections is all that is needed, ``http.client`` does
it in threads that wait anyway, and it costs no dependency and no time at start (requests, aiohttp and httpx take 60 to
200 ms to import).
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from megadev.errors import ConfigError, UpstreamFailed
from megadev.primitives.guarded_json import DecodeError, decode_json
from megadev.state.upstream.policy import LONGEST_PAUSE, Kind, RequestPolicy, Trouble
from megadev.state.upstream.refusals import is_answer

LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes; more than a whole batch of what we ask for."""
SECONDS_UNTOLD = 1.0
"""What takes longer is told of."""
_NO_WAY_THERE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL})
_NO_BATCH_STATUS = frozenset({400, 405, 406, 413, 415, 422, 501})
"""What gateways answer to a batch, without a word of JSON-RPC, that answer single calls."""


def shown(url: str) -> str:
    """A URL fit for messages: without user, password, query, and what of the path could be a key."""
    parts = urlsplit(url)
    path = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{_place(parts) or '?'}{path}"


def origin_of(url: str) -> str:
    """The scheme, host and port of a URL that can be asked."""
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def url_trouble(url: str) -> str | None:
    """Returns why a URL cannot be used, without quoting it, because it may be secret; None if it can."""
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        return "a URL must not contain spaces or characters other than ASCII"
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # whose text repeats what may be a password
        return "its host is invalid"
    try:
        port = parts.port
    except ValueError:
        return "its port must be a number from 1 to 65535"
    if parts.scheme in ("ws", "wss"):
        return f"it must begin with {'http' if parts.scheme == 'ws' else 'https'}://, where most nodes answer too"
    if parts.scheme not in ("http", "https") or "://" not in url:
        return "it must begin with http:// or https://"
    if not host:
        return "it has no host"
    return "its port must be a number from 1 to 65535" if port == 0 else None


class RpcUrl:
    """One URL: where it is, what is sent with every request, and its idle connections. Raises ``ConfigError`` for what
    cannot be asked, without telling it.
    """

    def __init__(self, url: str, policy: RequestPolicy) -> None:
        trouble = url_trouble(url)
        if trouble is not None:
            raise ConfigError(f"invalid URL of a node to fork: {trouble}")
        parts = urlsplit(url)
        sent = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "megadev"}
        if parts.username:
            import base64

            pair = f"{parts.username}:{parts.password or ''}"
            sent["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        given = policy.headers_for(origin_of(url))
        self.url = url
        self.name = shown(url)
        self.lacks_headers = bool(policy.headers) and not given
        """Whether headers are not sent here, since they were given for another origin."""
        self.headers = sent | dict(given)
        self.host = parts.hostname or ""
        self.port = parts.port or (80 if parts.scheme == "http" else 443)
        self.target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self.tls = ssl.create_default_context() if parts.scheme == "https" else None
        """None: http."""
        self.idle: list[http.client.HTTPConnection] = []

    def connection(self) -> http.client.HTTPConnection:
        """Another one, which has yet to be made."""
        if self.tls is not None:
            return http.client.HTTPSConnection(self.host, self.port, context=self.tls)
        return http.client.HTTPConnection(self.host, self.port)


class Wait:
    """A thread's wait on a socket, which others may end: by closing it, or by an alarm after the time limit."""

    def __init__(self) -> None:
        self.is_late = False
        self._is_over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def begin(self, waited_for: socket.socket, address: Any = None) -> int:
        """From now on it is this socket that is waited for; where there is an address, begin to connect to that, and
        return how far that came, as ``connect_ex``. Raises ``ConnectionResetError`` where the wait is over.
        """
        with self._lock:  # so that no end comes in between, when there is nothing to hang up
            if self._is_over:
                raise ConnectionResetError
            self._socket = waited_for
            return 0 if address is None else waited_for.connect_ex(address)

    def end(self, *, is_late: bool = False) -> None:
        """Have the thread fail at once, there or as soon as it begins to wait. On any thread."""
        with self._lock:
            self._is_over = True
            self.is_late = is_late or self.is_late
            if self._socket is not None:
                _hang_up(self._socket)


class _Alarm:
    """Tells of a wait that takes long, and ends it when its time is over."""

    def __init__(self, seconds: float, wait: Wait, tell: Callable[[], object]) -> None:
        self._left = seconds
        self._wait = wait
        self._tell = tell
        self._is_off = False
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._set(min(SECONDS_UNTOLD, seconds))

    def stop(self) -> None:
        with self._lock:
            self._is_off = True
            if self._timer is not None:
                self._timer.cancel()

    def _set(self, seconds: float) -> None:
        with self._lock:
            if not self._is_off:
                self._left -= seconds
                self._timer = threading.Timer(seconds, self._ring)
                self._timer.daemon = True
                self._timer.start()

    def _ring(self) -> None:
        if self._is_off:
            return
        if self._left <= 0:
            self._wait.end(is_late=True)
            return
        self._tell()
        self._set(self._left)


class Answered(NamedTuple):
    """An answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class HttpClient:
    """Posts to endpoints, each request within ``timeout`` seconds. Any thread may post."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._waits: set[Wait] = set()

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def pause(self, seconds: float) -> None:
        """Wait for so long, or until it is closed."""
        self._closed.wait(seconds)

    def close(self) -> None:
        """Ends all waits for a connection or an answer at once: otherwise the process could not end. Only where a
        host's name is being looked up, it takes as long as that does.
        """
        self._closed.set()
        with self._lock:
            for wait in self._waits:
                wait.end()

    def post(self, endpoint: RpcUrl, body: bytes, tell: Callable[[], object]) -> Any:
        """The decoded answer to ``body``: for a batch that is refused as one, an error object. ``tell`` is called, on
        another thread, where that takes over a second. Raises ``Trouble``.
        """
        is_batch = body[:1] == b"["
        status, headers, answer = self._exchange(endpoint, body, tell)
        if status == 429:
            raise Trouble("HTTP 429, too many requests", Kind.TOO_FAST, pause=_retry_after(headers))
        if status in (401, 403):
            remedy = "check the key in its URL, or give it with --fork-header"
            if endpoint.lacks_headers:
                remedy += " to a node that starts with this URL: headers stay with the origin they were given for"
            raise _final(endpoint, f"refused access (HTTP {status}); {remedy}")
        if 300 <= status < 400:
            there = _sent_on(endpoint.url, headers.get("Location", ""))
            raise _final(endpoint, f"redirects to {there} (HTTP {status}); give that URL instead")
        try:
            decoded = decode_json(answer)
        except DecodeError:
            if is_batch and status in _NO_BATCH_STATUS:
                return {"error": {"code": -32600, "message": "batch too large" if status == 413 else ""}}
            if status >= 500 or status in (408, 425):
                raise Trouble(f"HTTP {status}") from None
            if status >= 400:
                raise _no_node(endpoint, status) from None
            raise Trouble(f"an answer of {len(answer)} bytes that is not JSON, or truncated") from None
        if status >= 400 and not is_answer(decoded):
            if is_batch and status in _NO_BATCH_STATUS:
                return {"error": {"code": -32600, "message": "batch too large" if status == 413 else ""}}
            raise Trouble(f"HTTP {status}") if status >= 500 else _no_node(endpoint, status)
        return decoded

    def _exchange(self, endpoint: RpcUrl, body: bytes, tell: Callable[[], object]) -> Answered:
        """POST ``body``; a kept connection that turns out to be closed is replaced without an attempt being lost."""
        while True:
            if self.is_closed:
                raise Trouble("this node is stopping, or now forks another node")
            try:
                connection, is_fresh = endpoint.idle.pop(), False
            except IndexError:
                connection, is_fresh = endpoint.connection(), True
            try:
                with self._waiting(endpoint, connection, tell):
                    connection.request("POST", endpoint.target, body, endpoint.headers)
                    response = connection.getresponse()
                    answer = response.read(LARGEST_ANSWER + 1)
            except TimeoutError:
                connection.close()
                raise Trouble(f"no answer within {self._timeout:g} s") from None
            except ssl.SSLError as error:
                connection.close()
                raise _insecure(error) from None
            except http.client.IncompleteRead as error:
                connection.close()
                raise Trouble(f"an answer truncated after {len(error.partial)} bytes") from None
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if not is_fresh:
                    continue
                raise _unreached(error) from None
            if len(answer) > LARGEST_ANSWER:
                connection.close()
                raise _final(endpoint, f"answered with over {LARGEST_ANSWER} bytes")
            if response.will_close or self.is_closed:
                connection.close()
            else:
                endpoint.idle.append(connection)
            return Answered(response.status, response.headers, answer)

    @contextlib.contextmanager
    def _waiting(
        self, endpoint: RpcUrl, connection: http.client.HTTPConnection, tell: Callable[[], object]
    ) -> Iterator[None]:
        """Connect where that is not done, and have ``close`` end what is waited for, from then on to the end.
        ``TimeoutError`` once the time is over, also where the answer comes byte by byte, each in time for the socket.
        """
        wait = Wait()
        with self._lock:
            self._waits.add(wait)
        alarm = None
        try:
            if self.is_closed:
                raise ConnectionResetError
            alarm = _Alarm(self._timeout, wait, tell)
            if connection.sock is None:
                connection.sock = connected(endpoint, self._timeout, wait)
            else:
                wait.begin(connection.sock)
            yield
            if wait.is_late:
                raise TimeoutError
        except (OSError, http.client.HTTPException):
            if wait.is_late:
                raise TimeoutError from None
            raise
        finally:
            if alarm is not None:
                alarm.stop()
            with self._lock:
                self._waits.discard(wait)


def connected(endpoint: RpcUrl, timeout: float, wait: Wait) -> socket.socket:
    """A socket connected to an endpoint, at the first of its addresses that answers; each has its share of the time (in
    seconds), for one may be swallowed on its way. Raises ``OSError``.

    Why not ``socket.create_connection``: nobody else has its socket before it is connected, so nobody could end that.
    """
    trouble = OSError("the host has no address")
    known = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in known:
        made = socket.socket(family, kind, protocol)
        try:
            made.setblocking(False)
            state = wait.begin(made, address)
            if state in (errno.EINPROGRESS, errno.EWOULDBLOCK):
                with selectors.DefaultSelector() as selector:
                    selector.register(made, selectors.EVENT_WRITE)
                    if not selector.select(timeout / len(known)):
                        raise TimeoutError
                state = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if state:
                raise OSError(state, os.strerror(state))
            made.settimeout(timeout)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if endpoint.tls is not None:
                made = endpoint.tls.wrap_socket(made, server_hostname=endpoint.host, do_handshake_on_connect=False)
                wait.begin(made)
                made.do_handshake()
            return made
        except OSError as error:
            made.close()
            trouble = error
        except BaseException:
            made.close()
            raise
    raise trouble


def _hang_up(waiting: socket.socket) -> None:
    """End what a thread waits for on that socket."""
    with contextlib.suppress(OSError):
        # not the method of a TLS socket, which would take away what the waiting thread reads with
        socket.socket.shutdown(waiting, socket.SHUT_RDWR)


def _place(parts: SplitResult) -> str:
    """Host and port, fit for messages."""
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"[{host}]{port}" if ":" in host else f"{host}{port}"


def _sent_on(url: str, location: str) -> str:
    """Returns the target of a redirection, fit for messages."""
    try:
        return shown(urljoin(url, location)) if location else "nowhere"
    except ValueError:
        return "an invalid URL"


def _final(endpoint: RpcUrl, what: str) -> Trouble:
    return Trouble.of(UpstreamFailed(f"state unavailable: {endpoint.name} {what}"))


def _no_node(endpoint: RpcUrl, status: int) -> Trouble:
    return _final(endpoint, f"answered with HTTP {status}, which is not JSON-RPC; check the URL")


def _retry_after(headers: http.client.HTTPMessage) -> float:
    try:
        return min(max(float(headers.get("Retry-After", "0")), 0.0), LONGEST_PAUSE)
    except ValueError:
        return 0.0


def _insecure(error: ssl.SSLError) -> Trouble:
    """A certificate that nobody trusts, and a port where no TLS is spoken, stay so."""
    is_lasting = isinstance(error, ssl.SSLCertVerificationError) or error.reason in (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
    )
    reason = getattr(error, "verify_message", "") or error.reason or error
    return Trouble(f"no secure connection ({reason})", Kind.DEAD if is_lasting else Kind.BUSY)


def _unreached(error: Exception) -> Trouble:
    if isinstance(error, socket.gaierror):
        return Trouble(f"cannot resolve the host name ({error.strerror})", Kind.DEAD)
    if isinstance(error, UnicodeError):
        return Trouble("invalid host name", Kind.DEAD)
    if isinstance(error, ConnectionRefusedError):
        return Trouble("connection refused", Kind.DEAD)
    if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
        return Trouble("the connection was closed before the answer")
    if isinstance(error, OSError) and error.errno in _NO_WAY_THERE:
        return Trouble(f"no route to the host ({error.strerror})", Kind.DEAD)
    return Trouble(f"{type(error).__name__}: {error}")
