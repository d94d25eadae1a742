"""Asking the node that is forked: JSON-RPC over HTTP, in batches, with patience and without noise.

``Upstream.ask`` is the one door. It blocks, so it is called on threads that may wait. What can be mended by asking
again (no connection, time-outs, 429 and its JSON-RPC kin, 5xx, answers cut short or garbled) is asked again, of the
next URL where there are several, after a pause that doubles and is jittered. What cannot be mended is said at once.
Every error names the URL with its credentials hidden, the method, and what to do.

Several URLs share the work: a request goes to the one that has the fewest under way, in turn where they are equal. One
that fails rests, longer each time, while another is well. What one node does not have (a block, its state), or refuses
access to, is asked of each of the others before that counts.

Why the standard library's client: one POST per batch over kept connections is all that is needed, ``http.client`` does
it in threads that wait anyway, and it costs no dependency and no time at start (requests, aiohttp and httpx take 60 to
200 ms to import).

Why no limit on the rate unless it is asked for or upstream complains: a local upstream and a paid one need none, and a
public one says so with its first 429, from which on the limit holds.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import random
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urljoin, urlsplit

import msgspec

from megadev.clock import Clock, SystemClock
from megadev.errors import ConfigError, UpstreamFailed, UpstreamRefused
from megadev.primitives.guarded_json import DecodeError, decode_json

Call: TypeAlias = tuple[str, Sequence[Any]]
"""A method and its parameters."""

LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes; more than a whole batch of what we ask for."""
BATCH = 100
"""Calls in one request: what most providers take."""
WORKERS = 4
"""Requests at a time."""
CALL_UNITS = 20
"""Compute units of a call, on average, as providers count them."""
LONGEST_PAUSE = 30.0
"""Seconds between two attempts, however often it failed."""

_SLOW_DOWN_CODES = frozenset({-32005, 429, -32029, -32097})
_SLOW_DOWN = ("rate limit", "too many request", "limit exceeded", "compute units", "exceeded the quota", "capacity")
_TOO_MUCH = ("query returned", "block range", "results", "response size")
"""What providers say, under the same code, of a query that no patience will make smaller."""
_PRUNED = (
    "missing trie node",
    "state not available",
    "state is not available",
    "historical state",
    "required historical",
    "state already discarded",
    "archive",
    "pruned",
    "no state available",
    "state unavailable",
    "block not available",
    "block is out of range",
    "blockoutofrange",
    "distance to target block exceeds",
)
_UNKNOWN_BLOCK = ("header not found", "unknown block", "block not found", "not currently canonical", "is not canonical")
_TOLD_OF_LATE = frozenset(
    {
        "eth_getBlockByNumber",
        "eth_getBlockByHash",
        "eth_getBlockReceipts",
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
    }
)
_NO_BATCHES = frozenset({None, -32600, -32601, -32700})
_MISSING = ("not found", "not exist", "not supported", "not available")


@dataclass(frozen=True, slots=True)
class Manners:
    """How upstream is asked. ``timeout`` and ``pause`` (before the second attempt) in seconds; ``retries`` are attempts
    after the first; ``units_per_second`` None: no limit until upstream asks for one, then 330; 0: never.
    """

    timeout: float = 45.0
    retries: int = 5
    pause: float = 1.0
    units_per_second: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Counts:
    """What was asked so far: HTTP requests, calls in them, and attempts that had to be repeated."""

    requests: int = 0
    calls: int = 0
    repeated: int = 0


def is_missing(refused: UpstreamRefused) -> bool:
    """Whether upstream said that it does not have a method."""
    lowered = str(refused).lower()
    return refused.code == -32601 or ("method" in lowered and any(words in lowered for words in _MISSING))


def shown(url: str) -> str:
    """A URL fit for messages: without user, password, query, and what of the path could be a key."""
    parts = urlsplit(url)
    host = parts.hostname or "?"
    port = f":{parts.port}" if parts.port else ""
    path = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{path}"


@dataclass(slots=True)
class _Endpoint:
    """One URL, its idle connections, and what was learned of it."""

    url: str
    tls: ssl.SSLContext | None
    """None: http."""
    host: str
    port: int | None
    target: str
    headers: dict[str, str]
    limit: float
    """Units per second; 0: none."""
    units: float = 0.0
    filled_ns: int = 0
    idle: list[http.client.HTTPConnection] = field(default_factory=list)
    takes_batches: bool = True
    under_way: int = 0
    failures: int = 0
    """In a row."""
    rests_until_ns: int = 0

    def connection(self) -> http.client.HTTPConnection:
        """Another one, which has yet to be made."""
        if self.tls is not None:
            return http.client.HTTPSConnection(self.host, self.port, context=self.tls)
        return http.client.HTTPConnection(self.host, self.port)


class _Wait:
    """What one thread waits for on a socket, and others may end: whoever closes, or an alarm when the time is over."""

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


class _Again(Exception):
    """An attempt that is worth repeating: why, how long to wait at least (seconds), and whether it was too fast.
    ``final``: the error where no other URL is left to ask, since this one will not say anything else.
    """

    def __init__(
        self, why: str, pause: float = 0.0, *, too_fast: bool = False, final: UpstreamFailed | None = None
    ) -> None:
        super().__init__(why)
        self.pause = pause
        self.too_fast = too_fast
        self.final = final


class Upstream:
    """The node, or nodes, behind ``urls``, which share the work (see the module).

    ``sleep`` waits for so many seconds; ``clock`` measures for the rate limit. Raises ``ConfigError`` for URLs that
    cannot be asked.
    """

    def __init__(
        self,
        urls: Sequence[str],
        manners: Manners | None = None,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], object] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.urls = tuple(urls)
        self.manners = manners or Manners()
        self.counts = Counts()
        limit = float(self.manners.units_per_second or 0)
        self._endpoints = [_endpoint(url, self.manners.headers, limit) for url in urls]
        self._turn = 0
        self._clock = clock or SystemClock()
        self._closed = threading.Event()
        self._sleep = sleep or self._closed.wait
        self._chance = chance
        self._lock = threading.Lock()
        for endpoint in self._endpoints:
            endpoint.units, endpoint.filled_ns = limit, self._clock.monotonic_ns()
        self._pool: ThreadPoolExecutor | None = None
        self._waits: set[_Wait] = set()

    @property
    def name(self) -> str:
        """The first URL, fit for messages."""
        return shown(self.urls[0])

    def ask(self, calls: Sequence[Call]) -> list[Any]:
        """The results of ``calls``, in order; every one of them or an exception.

        Raises ``UpstreamFailed`` where no URL gave an answer, or not the state asked for, and ``UpstreamRefused`` for a
        call that upstream understood and refused.
        """
        outcomes = self.outcomes(calls)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        return outcomes

    def outcomes(self, calls: Sequence[Call], retries: int | None = None) -> list[Any]:
        """As ``ask``, with the exception in the place of each result that is not to be had. ``retries`` in the place of
        those that the manners have.
        """
        if retries is None:
            retries = self.manners.retries
        pieces = [calls[start : start + BATCH] for start in range(0, len(calls), BATCH)]
        if len(pieces) <= 1:
            return self._piece(calls, retries) if calls else []
        if self._pool is None:
            self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="megadev-upstream")
        found = self._pool.map(lambda piece: self._piece(piece, retries), pieces)
        return [outcome for piece in found for outcome in piece]

    def close(self) -> None:
        """Let go of connections; whoever waits, for a connection, an answer or another attempt, gives up at once: the
        process could not end before. Only where a host's name is being looked up, it takes as long as that does.
        """
        self._closed.set()
        with self._lock:
            for wait in self._waits:
                wait.end()
        for endpoint in self._endpoints:
            while endpoint.idle:
                endpoint.idle.pop().close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    # -- one batch ------------------------------------------------------------------------------------------------

    def _piece(self, calls: Sequence[Call], retries: int) -> list[Any]:
        """The outcomes of one batch, after as many attempts as it takes; what was answered is not asked again."""
        done: dict[int, Any] = {}
        attempts = rounds = 0
        asked: list[_Endpoint] = []  # in this round
        may_yet = False  # one of them failed in a way that may pass
        while True:
            left = [index for index in range(len(calls)) if index not in done]
            if not left:
                return [done[index] for index in range(len(calls))]
            endpoint = self._choose(asked)
            try:
                why = self._attempt(endpoint, [calls[index] for index in left], left, done)
            except _Again as again:
                why = again
            finally:
                with self._lock:
                    endpoint.under_way -= 1
            asked.append(endpoint)
            if len(asked) < len(self._endpoints):
                unknown = [index for index in left if index in done and _may_lag(calls[index][0], done[index])]
                for index in unknown:
                    del done[index]
                if unknown and all(index in done or index in unknown for index in left):
                    continue
            if len(done) == len(calls):
                endpoint.failures = 0
                continue
            attempts += 1
            self.counts.repeated += 1
            if why.too_fast and endpoint.limit == 0 and self.manners.units_per_second is None:
                endpoint.limit = 330.0
            may_yet = may_yet or why.final is None
            pause = max(self._pause_after(endpoint) if why.final is None else 0.0, why.pause)
            if len(asked) < len(self._endpoints) and not self._closed.is_set():
                endpoint.rests_until_ns = self._clock.monotonic_ns() + int(pause * 1e9)
                continue  # the others may be asked at once
            rounds += 1
            if rounds > retries or not may_yet or self._closed.is_set():
                error = why.final or self._gave_up(endpoint, calls[left[0]][0], attempts, why)
                return [done.get(index, error) for index in range(len(calls))]
            asked.clear()
            may_yet = False
            self._sleep(pause)

    def _choose(self, asked: Sequence[_Endpoint]) -> _Endpoint:
        """Who is asked next: none of ``asked``, where there is another."""
        with self._lock:
            now, start = self._clock.monotonic_ns(), self._turn
            self._turn += 1
            count = len(self._endpoints)
            in_turn = [self._endpoints[(start + step) % count] for step in range(count)]
            chosen = min(
                (endpoint for endpoint in in_turn if endpoint not in asked),
                key=lambda endpoint: (max(endpoint.rests_until_ns - now, 0), endpoint.under_way),
            )
            chosen.under_way += 1
        return chosen

    def _pause_after(self, endpoint: _Endpoint) -> float:
        """How long to leave a URL alone that failed again."""
        pause: float = min(self.manners.pause * 2.0**endpoint.failures, LONGEST_PAUSE)
        endpoint.failures = min(endpoint.failures + 1, 30)
        return pause * (0.5 + self._chance())

    def _gave_up(self, endpoint: _Endpoint, method: str, attempts: int, why: _Again) -> UpstreamFailed:
        remedy = (
            "lower --compute-units-per-second, or use an endpoint with a higher limit"
            if why.too_fast
            else "see that the node is up, or give it more time with --timeout and --retries"
        )
        tried = f"after {attempts} attempts" if attempts > 1 else "at the first attempt"
        return UpstreamFailed(
            f"state unavailable: {shown(endpoint.url)} did not answer {method} {tried}: {why}; {remedy}. "
            "Nothing was changed: ask again"
        )

    def _attempt(
        self, endpoint: _Endpoint, calls: Sequence[Call], places: Sequence[int], done: dict[int, Any]
    ) -> _Again:
        """Ask once, and note in ``done`` what came of it; returns why something is left."""
        if len(calls) > 1 and not endpoint.takes_batches:
            return self._singly(endpoint, calls, places, done)
        self._wait_for_units(endpoint, len(calls))
        self.counts.requests += 1
        self.counts.calls += len(calls)
        members = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": list(params)}
            for index, (method, params) in enumerate(calls)
        ]
        is_batch = len(calls) > 1
        answer = self._post(endpoint, msgspec.json.encode(members if is_batch else members[0]), is_batch)
        if is_batch and type(answer) is dict:
            whole = _error_of(answer) or {}
            slower = _slower(whole)
            if slower is not None:
                return slower
            # it takes no batches, or none of that size; whatever else it means, it says again
            endpoint.takes_batches = whole.get("code") not in _NO_BATCHES
            return self._singly(endpoint, calls, places, done)
        if is_batch and type(answer) is not list:
            return _Again("the answer is not JSON-RPC")
        members_told = [item for item in answer if type(item) is dict] if is_batch else []
        found = {item["id"]: item for item in members_told if type(item.get("id")) is int}
        why = _Again("the answer lacks members of the batch" if is_batch else "the answer is not JSON-RPC")
        for index, ((method, _), place) in enumerate(zip(calls, places, strict=True)):
            item = found.get(index) if is_batch else answer
            if type(item) is not dict:
                continue
            error = _error_of(item)
            if error is None:
                if "result" in item:
                    done[place] = item["result"]
                continue
            again = _slower(error)
            if again is not None:
                why = again
                continue
            refusal = self._refusal(endpoint, method, error)
            if isinstance(refusal, UpstreamFailed):
                why = _Again(str(refusal), final=refusal)
            else:
                done[place] = refusal
        return why

    def _singly(
        self, endpoint: _Endpoint, calls: Sequence[Call], places: Sequence[int], done: dict[int, Any]
    ) -> _Again:
        why = _Again("")
        for call, place in zip(calls, places, strict=True):
            why = self._attempt(endpoint, [call], [place], done)
            if place not in done:
                break
        return why

    def _refusal(self, endpoint: _Endpoint, method: str, error: Mapping[str, Any]) -> UpstreamFailed | UpstreamRefused:
        """What an error object means, where asking again is of no use."""
        message, code = str(error.get("message", "")), error.get("code")
        lowered = message.lower()
        said = f"{shown(endpoint.url)} answered {method} with {message[:300]!r} (code {code})"
        if any(words in lowered for words in _PRUNED):
            return UpstreamFailed(
                f"state unavailable: {said}: it no longer has the state of that block; use an archive node, or fork a "
                "recent block"
            )
        if any(words in lowered for words in _UNKNOWN_BLOCK):
            return UpstreamFailed(
                f"state unavailable: {said}: it does not have the forked block on its chain: a reorganisation has "
                "removed it, or the node is not in sync; fork again (anvil_reset), from a block that is final",
                is_reorganised=True,
            )
        return UpstreamRefused(message or "upstream error", code if type(code) is int else -32000, error.get("data"))

    # -- one request ----------------------------------------------------------------------------------------------

    def _post(self, endpoint: _Endpoint, body: bytes, is_batch: bool) -> Any:
        """The decoded answer to ``body``. Raises ``_Again``."""
        status, headers, answer = self._exchange(endpoint, body)
        if status == 429:
            raise _Again("HTTP 429, too many requests", _retry_after(headers), too_fast=True)
        if status in (401, 403):
            raise _final(
                f"state unavailable: {shown(endpoint.url)} refused access (HTTP {status}); check the key in its URL, "
                "or give it with --fork-header"
            )
        if status == 413 and is_batch:
            return {"error": {"code": -32600}}
        if 300 <= status < 400:
            there = headers.get("Location", "")
            raise _final(
                f"state unavailable: {shown(endpoint.url)} sends on to {_place(endpoint.url, there)} (HTTP {status}); "
                "give that URL instead"
            )
        try:
            decoded = decode_json(answer)
        except DecodeError:
            if status >= 500 or status in (408, 425):
                raise _Again(f"HTTP {status}") from None
            if status >= 400:
                raise _final(
                    f"state unavailable: {shown(endpoint.url)} answered with HTTP {status}, which is no JSON-RPC; "
                    "check the URL"
                ) from None
            raise _Again(f"an answer of {len(answer)} bytes that is not JSON, or cut short") from None
        if status >= 500 and not _is_answer(decoded):
            raise _Again(f"HTTP {status}")
        if status >= 400 and not _is_answer(decoded):
            raise _final(
                f"state unavailable: {shown(endpoint.url)} answered with HTTP {status}, which is no JSON-RPC; check "
                "the URL"
            )
        return decoded

    def _exchange(self, endpoint: _Endpoint, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        """POST ``body``; a kept connection that turns out to be closed is replaced without an attempt being lost."""
        while True:
            if self._closed.is_set():
                raise _Again("this node is stopping, or forks another")
            try:
                connection, is_fresh = endpoint.idle.pop(), False
            except IndexError:
                connection, is_fresh = endpoint.connection(), True
            try:
                with self._waiting(endpoint, connection):
                    connection.request("POST", endpoint.target, body, endpoint.headers)
                    response = connection.getresponse()
                    answer = response.read(LARGEST_ANSWER + 1)
            except TimeoutError:
                connection.close()
                raise _Again(f"no answer within {self.manners.timeout:g} s") from None
            except ssl.SSLError as error:
                connection.close()
                raise _Again(f"no secure connection ({error.reason or error})") from None
            except http.client.IncompleteRead as error:
                connection.close()
                raise _Again(f"an answer cut short after {len(error.partial)} bytes") from None
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if not is_fresh:
                    continue
                raise _Again(_connection_trouble(error)) from None
            if len(answer) > LARGEST_ANSWER:
                connection.close()
                raise _final(f"state unavailable: {shown(endpoint.url)} answered with over {LARGEST_ANSWER} bytes")
            if response.will_close or self._closed.is_set():
                connection.close()
            else:
                endpoint.idle.append(connection)
            return response.status, response.headers, answer

    @contextlib.contextmanager
    def _waiting(self, endpoint: _Endpoint, connection: http.client.HTTPConnection) -> Iterator[None]:
        """Connect where that is not done, and have ``close`` end what is waited for, from then on to the end.
        ``TimeoutError`` once the time is over, also where the answer comes byte by byte, each in time for the socket.
        """
        wait = _Wait()
        alarm = threading.Timer(self.manners.timeout, wait.end, kwargs={"is_late": True})
        alarm.daemon = True
        with self._lock:
            self._waits.add(wait)
        try:
            if self._closed.is_set():
                raise ConnectionResetError
            alarm.start()
            if connection.sock is None:
                connection.sock = _connected(endpoint, self.manners.timeout, wait)
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
            alarm.cancel()
            with self._lock:
                self._waits.discard(wait)

    def _wait_for_units(self, endpoint: _Endpoint, calls: int) -> None:
        """Wait until the limit lets so many calls through."""
        if endpoint.limit <= 0:
            return
        with self._lock:
            now = self._clock.monotonic_ns()
            endpoint.units = min(endpoint.limit, endpoint.units + (now - endpoint.filled_ns) * endpoint.limit / 1e9)
            endpoint.filled_ns = now
            endpoint.units -= calls * CALL_UNITS
            behind = -endpoint.units / endpoint.limit
        if behind > 0:
            self._sleep(behind)


def _endpoint(url: str, headers: Sequence[tuple[str, str]], limit: float) -> _Endpoint:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # whose text repeats what may be a password
        raise ConfigError("a fork URL cannot be read: its host or port is none") from None
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise ConfigError(f"a fork URL must be without spaces and other than ASCII characters, not as {shown(url)} is")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"a fork URL must be http:// or https:// with a host, not {shown(url)}")
    sent = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "megadev"}
    if parts.username:
        import base64

        pair = f"{parts.username}:{parts.password or ''}"
        sent["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    tls = ssl.create_default_context() if parts.scheme == "https" else None
    return _Endpoint(url, tls, parts.hostname, port, target, sent | dict(headers), limit)


def _final(message: str) -> _Again:
    """What one URL will say however often it is asked."""
    return _Again(message, final=UpstreamFailed(message))


def _may_lag(method: str, result: Any) -> bool:
    """Whether a node says that it does not know what another, further on, may know."""
    return result is None and method in _TOLD_OF_LATE


def _error_of(item: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The error object of an answer; gateways that stand before a node also send plain words."""
    error = item.get("error")
    return error if type(error) is dict else {"message": error} if type(error) is str else None


def _place(url: str, location: str) -> str:
    """Where a redirection leads, fit for messages."""
    try:
        return shown(urljoin(url, location)) if location else "nowhere"
    except ValueError:
        return "what is no URL"


def _is_answer(decoded: Any) -> bool:
    if type(decoded) is dict:
        return "result" in decoded or type(decoded.get("error")) is dict
    return type(decoded) is list


def _slower(error: Mapping[str, Any]) -> _Again | None:
    """Why a call is to be repeated later, where its error object asks for that."""
    message = str(error.get("message", ""))
    lowered = message.lower()
    if any(words in lowered for words in _TOO_MUCH):
        return None
    if error.get("code") in _SLOW_DOWN_CODES or any(words in lowered for words in _SLOW_DOWN):
        return _Again(f"{message[:200]!r} (code {error.get('code')})", too_fast=True)
    return None


def _connected(endpoint: _Endpoint, timeout: float, wait: _Wait) -> socket.socket:
    """A socket connected to an endpoint, at the first of its addresses that answers; each has its share of the time (in
    seconds), for one may be swallowed on its way. Raises ``OSError``.

    Why not ``socket.create_connection``: nobody else has its socket before it is connected, so nobody could end that.
    """
    port = endpoint.port or (http.client.HTTP_PORT if endpoint.tls is None else http.client.HTTPS_PORT)
    trouble = OSError("the host has no address")
    known = socket.getaddrinfo(endpoint.host, port, type=socket.SOCK_STREAM)
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


def _retry_after(headers: http.client.HTTPMessage) -> float:
    try:
        return min(max(float(headers.get("Retry-After", "0")), 0.0), LONGEST_PAUSE)
    except ValueError:
        return 0.0


def _connection_trouble(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return f"the host's name is not known ({error.strerror})"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
        return "the connection was closed before the answer"
    return f"{type(error).__name__}: {error}"
