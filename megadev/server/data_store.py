"""A store of batch data over HTTP, for anyone to run: ``rollup/da`` says what it is; here is its socket.

PUT or POST ``/put`` keeps the body and answers with its commitment (bytes); ``/put/0x<commitment>`` does so only where
that is the body's. GET ``/get/0x<commitment>`` answers with the data, 404 where there is none to be had. GET ``/``
shows who signs and what is wrong with the store on purpose, and PUT ``/faults`` sets that:
``{"withhold": true | ["0x<hash>"], "delay": seconds, "corrupt": true}``, each left out where it is not meant.

Why the standard library's server: nothing here is on anybody's hot path.
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from megadev.errors import ConfigError
from megadev.primitives.guarded_json import decode_json
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rollup.da.commitments import InvalidCommitment, decode_commitment, encode_commitment
from megadev.rollup.da.store import MAX_DATA, NO_FAULTS, Store, StoreFaults

GET = "/get/"
BINARY_TYPE = "application/octet-stream"
_IDLE = 30
"""Seconds until a connection is closed on which nothing comes."""


class DataStoreServer:
    """``store``, served at ``host`` and ``port`` (0: a free one) by a thread of its own until ``close``.

    Raises ``ConfigError`` where that cannot be listened on.
    """

    def __init__(self, store: Store, host: str = "127.0.0.1", port: int = 0) -> None:
        self.store = store
        lock = threading.Lock()

        class Handler(_Handler):
            served, turn = store, lock

        try:
            self._server = _Server((host, port), Handler)
        except (OSError, OverflowError) as error:
            raise ConfigError(f"cannot listen on {host}:{port}: {error}") from None
        self.url = f"http://{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="da-store", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def kept_data(store: Store, path: str) -> tuple[int, bytes]:
    """Status and body for a GET of ``/get/0x<commitment>``."""
    try:
        wanted = decode_commitment(_unhex(path.removeprefix(GET)))
    except (InvalidCommitment, ValueError) as error:
        return 400, str(error).encode()
    data = store.get(wanted.hash)
    return (404, b"not available") if data is None else (200, data)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nobody's fault; the library would print a traceback."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    served: Store
    turn: threading.Lock
    protocol_version = "HTTP/1.1"
    timeout = _IDLE

    def do_GET(self) -> None:
        if self.path == "/":
            return self._answer(200, _describe(self.served), "application/json")
        if self.path == "/health":
            return self._answer(200, b"ok")
        if not self.path.startswith(GET):
            return self._answer(404, b"there is /put, /get/0x<commitment>, /faults and /health")
        with self.turn:
            status, body = kept_data(self.served, self.path)
        return self._answer(status, body, *((BINARY_TYPE,) if status == 200 else ()))

    def do_PUT(self) -> None:
        body = self._body()
        if body is None:
            return None
        if self.path == "/faults":
            return self._set_faults(body)
        if self.path != "/put" and not self.path.startswith("/put/"):
            return self._answer(404, b"PUT goes to /put, /put/0x<commitment> or /faults")
        try:
            if self.path not in ("/put", "/put/"):
                said = decode_commitment(_unhex(self.path.removeprefix("/put/")))
                if not said.fits(body):
                    raise ValueError("the commitment does not match the data")
            with self.turn:
                certificate = self.served.put(body)
        except (InvalidCommitment, ValueError) as error:
            return self._answer(400, str(error).encode())
        return self._answer(200, encode_commitment(certificate), BINARY_TYPE)

    do_POST = do_PUT

    def _set_faults(self, body: bytes) -> None:
        try:
            faults = _faults_of(decode_json(body, _Faults))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            return self._answer(400, f"faults: {error}".encode())
        with self.turn:
            self.served.faults = faults
        return self._answer(200, _describe(self.served), "application/json")

    def _body(self) -> bytes | None:
        said = self.headers.get("Content-Length", "")
        if not (said.isascii() and said.isdecimal()):
            self.close_connection = True
            self._answer(411, b"a Content-Length is needed")
            return None
        if len(said) > 9 or int(said) > MAX_DATA:
            self.close_connection = True
            self._answer(413, f"at most {MAX_DATA} bytes are taken".encode())
            return None
        return self.rfile.read(int(said))

    def _answer(self, status: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who runs it asked for a store, not for a log."""


class _Faults(msgspec.Struct, forbid_unknown_fields=True):
    withhold: bool | list[str] = False
    delay: float = 0
    corrupt: bool = False


def _faults_of(said: _Faults) -> StoreFaults:
    if not 0 <= said.delay < 2**31:
        raise ValueError("delay must be a number of seconds, at least 0")
    if isinstance(said.withhold, list):
        hashes = frozenset(map(_unhex, said.withhold))
        if any(len(each) != 32 for each in hashes):
            raise ValueError("withhold must list hashes of 32 bytes")
        withheld = hashes or None
    else:
        withheld = frozenset[Hash32]() if said.withhold else None
    return StoreFaults(withheld, said.delay, said.corrupt)


def _describe(store: Store) -> bytes:
    faults = store.faults
    withheld: bool | list[str] = False
    if faults.withheld is not None:
        withheld = [to_data(each) for each in sorted(faults.withheld)] or True
    shown = {
        "signer": to_data(store.address),
        "behaves": faults == NO_FAULTS,
        "faults": {"withhold": withheld, "delay": faults.delay, "corrupt": faults.corrupts},
    }
    return msgspec.json.encode(shown)


def _unhex(text: str) -> bytes:
    if not text.startswith("0x"):
        raise ValueError("bytes must be 0x-prefixed hex")
    return bytes.fromhex(text[2:])
