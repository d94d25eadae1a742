"""A node some way off, for the fork rows of ``megadev bench``: each request to it takes so much longer, and is counted.

``python -m megadev.bench.upstream URL MILLISECONDS`` passes POSTs on to URL after that time, says its own URL, and
runs until its input ends. A GET answers how many requests, and how many calls in them, came since the last GET.

Why a process of its own: the client that measures must not do the waiting and the passing on.
"""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import msgspec

from megadev.errors import MegadevError

TIMEOUT = 60.0
"""Seconds that the node behind may take for an answer."""


@dataclass(frozen=True, slots=True)
class Distant:
    """The node as it is reached from far away: at ``url``."""

    url: str

    def asked(self) -> tuple[int, int]:
        """HTTP requests since this was last asked, and JSON-RPC calls in them."""
        with urllib.request.urlopen(self.url, timeout=TIMEOUT) as response:
            requests, calls = msgspec.json.decode(response.read(), type=tuple[int, int])
        return requests, calls


@contextlib.contextmanager
def distant(url: str, milliseconds: int) -> Iterator[Distant]:
    """The node at ``url``, put so far away. Raises ``MegadevError`` where that cannot be."""
    command = [sys.executable, "-m", "megadev.bench.upstream", url, str(milliseconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            own = process.stdout.readline().strip()
            if not own:
                raise MegadevError(f"{url}: no proxy could be put before it")
            yield Distant(own)
        finally:
            process.communicate()


class _Counts:
    """Requests and calls so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found = (0, 0)

    def add(self, body: bytes) -> None:
        calls = msgspec.json.decode(body)
        with self._lock:
            requests, before = self._found
            self._found = requests + 1, before + (len(calls) if isinstance(calls, list) else 1)

    def take(self) -> tuple[int, int]:
        with self._lock:
            found, self._found = self._found, (0, 0)
        return found


def _server(url: str, milliseconds: int) -> ThreadingHTTPServer:
    counts, wait = _Counts(), threading.Event().wait
    host = urlsplit(url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.behind = http.client.HTTPConnection(host, timeout=TIMEOUT)

        def finish(self) -> None:
            self.behind.close()
            super().finish()

        def do_GET(self) -> None:
            self.tell(msgspec.json.encode(counts.take()))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            counts.add(body)
            wait(milliseconds / 1000)
            self.behind.request("POST", "/", body, {"Content-Type": "application/json"})
            self.tell(self.behind.getresponse().read())

        def tell(self, body: bytes) -> None:
            with contextlib.suppress(ConnectionError):  # whoever asked may have been stopped
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


def _serve(url: str, milliseconds: int) -> None:
    with _server(url, milliseconds) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
