"""A node to fork that misbehaves on demand: it passes requests on to a real one, or does what a test has planned."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Fault = str | Callable[[Any], Any]
"""``401``, ``404``, ``429``, ``503``, ``limit`` (-32005 for each call), ``cut``, ``garbage``, ``drop``, ``hang``,
``trickle`` (a byte now and then), ``308 LOCATION``; or what makes an answer of the parsed body.
"""


class FaultyUpstream:
    """``planned`` faults come first, one for each request, then ``always``; None: the real node answers."""

    def __init__(self, real: str, *, delay: float = 0.0) -> None:
        self.real = real
        self.delay = delay
        self.planned: deque[Fault | None] = deque()
        self.always: Fault | None = None
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.largest_batch: int | None = None
        """Calls that it takes at once; larger batches get ``refused_batch``, a status and a body."""
        self.refused_batch = (413, b"")
        self.released = threading.Event()
        self.asked = threading.Event()
        """Set by every request; ``forget`` clears it."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.answer(self, body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def calls(self) -> list[tuple[str, Any]]:
        """Every call that came, in order."""
        members = [body if isinstance(body, list) else [body] for body in self.bodies]
        return [(call["method"], call.get("params", [])) for batch in members for call in batch]

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    def forget(self) -> None:
        """Count from here."""
        self.asked.clear()
        self.bodies.clear()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked = json.loads(body)
        self.bodies.append(asked)
        self.headers.append(dict(handler.headers.items()))
        self.asked.set()
        fault = self.planned.popleft() if self.planned else self.always
        if self.delay:
            time.sleep(self.delay)
        if self.largest_batch is not None and isinstance(asked, list) and len(asked) > self.largest_batch:
            _send(handler, *self.refused_batch)
        elif fault is None:
            _send(handler, 200, self._pass_on(body))
        elif fault == "429":
            _send(handler, 429, b"slow down")
        elif fault == "401":
            _send(handler, 401, b"invalid project id")
        elif fault == "404":
            _send(handler, 404, b"<html>no such page</html>")
        elif fault == "503":
            _send(handler, 503, b"<html>busy</html>")
        elif fault == "limit":
            _send(handler, 200, json.dumps(refusing(-32005, "daily request count exceeded")(asked)).encode())
        elif fault == "garbage":
            _send(handler, 200, b"<html>hello</html>")
        elif fault == "cut":
            answer = self._pass_on(body)
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(answer)))
            handler.end_headers()
            handler.wfile.write(answer[: len(answer) // 2])
            handler.close_connection = True
        elif fault == "drop":
            handler.close_connection = True
        elif fault == "trickle":
            handler.send_response(200)
            handler.send_header("Content-Length", "100000")
            handler.end_headers()
            with contextlib.suppress(ConnectionError):
                while not self.released.wait(0.02):
                    handler.wfile.write(b" ")
            handler.close_connection = True
        elif fault == "hang":
            self.released.wait(60)
            handler.close_connection = True
        elif isinstance(fault, str):
            status, _, location = fault.partition(" ")
            _send(handler, int(status), b"moved", Location=location)
        else:
            _send(handler, 200, json.dumps(fault(asked)).encode())

    def _pass_on(self, body: bytes) -> bytes:
        request = urllib.request.Request(self.real, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()


def ask(url: str, method: str, *params: Any) -> Any:
    """The whole answer of the node at ``url``."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def answering(url: str, own: Callable[[str, list[Any]], dict[str, Any] | None]) -> Callable[[Any], Any]:
    """Answers each call with what ``own`` makes of its method and params (a result or an error), and with what the node
    at ``url`` says where that is None.
    """

    def one(call: Any) -> Any:
        made = own(call["method"], call["params"])
        answer = ask(url, call["method"], *call["params"]) if made is None else {"jsonrpc": "2.0"} | made
        return answer | {"id": call["id"]}

    return lambda asked: [one(call) for call in asked] if isinstance(asked, list) else one(asked)


def refusing(code: int, message: str, *methods: str) -> Callable[[Any], Any]:
    """Answers every call with that error (those of ``methods``, where some are named, and the others with null)."""

    def answer(asked: Any) -> Any:
        def one(call: Any) -> Any:
            if methods and call["method"] not in methods:
                return {"jsonrpc": "2.0", "id": call["id"], "result": None}
            return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": code, "message": message}}

        return [one(call) for call in asked] if isinstance(asked, list) else one(asked)

    return answer


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    with contextlib.suppress(ConnectionError):  # whoever asked may be gone
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def faulty_upstream(real: str, *, delay: float = 0.0) -> Iterator[FaultyUpstream]:
    """One, closed in the end."""
    upstream = FaultyUpstream(real, delay=delay)
    try:
        yield upstream
    finally:
        upstream.close()
