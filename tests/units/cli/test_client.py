"""``megadev rpc`` and the client below it, against a small server that says what it is told to."""

from __future__ import annotations

import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner

from megadev.cli.client import CallFailed, call
from megadev.cli.main import cli
from megadev.cli.rpc import read_param
from megadev.errors import ConfigError


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers every POST with ``answer`` and remembers what was asked."""

    answer: ClassVar[bytes] = b""
    status: ClassVar[int] = 200
    asked: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        self.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[type[Answering]]:
    class Fresh(Answering):
        asked: ClassVar[list[Any]] = []
        url: ClassVar[str]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fresh) as running:
        Fresh.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield Fresh
        running.shutdown()
        thread.join()


@pytest.fixture
def nobody() -> Iterator[str]:
    """A URL where nobody listens: the port is taken, and stays closed."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


def answers(server: Any, **answer: Any) -> str:
    server.answer = json.dumps({"jsonrpc": "2.0", "id": 1, **answer}).encode()
    url: str = server.url
    return url


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("0x10", "0x10"),
        ("latest", "latest"),
        ("5", 5),
        ("true", True),
        ('"5"', "5"),
        ('{"to": "0x1"}', {"to": "0x1"}),
        ("[1, 2]", [1, 2]),
        ("", ""),
    ],
)
def test_a_parameter_is_json_where_it_can_be(typed: str, sent: object) -> None:
    assert read_param(typed) == sent


def test_rpc_prints_the_result_as_json(server: Any) -> None:
    url = answers(server, result={"number": "0x1"})
    done = CliRunner().invoke(cli, ["rpc", "eth_getBlockByNumber", "latest", "false", "--rpc-url", f"{url}/v1?k=2"])
    assert json.loads(done.output) == {"number": "0x1"}
    path, body = server.asked[0]
    assert (path, body["method"], body["params"]) == ("/v1?k=2", "eth_getBlockByNumber", ["latest", False])


def test_an_error_answer_shows_code_message_and_data_and_fails(server: Any) -> None:
    url = answers(server, error={"code": 3, "message": "execution reverted: no", "data": "0x08c379a0"})
    done = CliRunner().invoke(cli, ["rpc", "eth_call", "{}", "--rpc-url", url], standalone_mode=False)
    assert done.return_value == 1
    assert done.output == 'error 3: execution reverted: no\ndata: "0x08c379a0"\n'


@pytest.mark.parametrize("calls", [300, 450])
def test_rpc_prints_a_trace_as_deep_as_calls_can_nest(server: Any, calls: int) -> None:
    result = '{"calls":[' * calls + '{"type":"CALL"}' + "]}" * calls
    server.answer = f'{{"jsonrpc":"2.0","id":1,"result":{result}}}'.encode()
    done = CliRunner().invoke(cli, ["rpc", "debug_traceTransaction", "0x1", "--rpc-url", server.url])
    assert re.sub(r"\s", "", done.output) == result


def test_an_answer_deeper_than_any_trace_is_refused(server: Any) -> None:
    server.answer = b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    done = CliRunner().invoke(cli, ["rpc", "eth_chainId", "--rpc-url", server.url])
    assert isinstance(done.exception, CallFailed)
    assert "nested too deeply" in str(done.exception)


def test_an_unreachable_node_is_reported_with_the_remedy(nobody: str) -> None:
    with pytest.raises(CallFailed, match="no node answers at .*megadev up"):
        call(nobody, "eth_chainId", [])


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'"x"', b""])
def test_an_answer_that_is_not_json_rpc_is_reported(server: Any, body: bytes) -> None:
    server.answer, server.status = body, 502
    with pytest.raises(CallFailed, match="502"):
        call(server.url, "eth_chainId", [])


@pytest.mark.parametrize("url", ["127.0.0.1:8545", "ws://x", "http://", "http://x:99999"])
def test_a_bad_url_is_a_bad_flag(url: str) -> None:
    with pytest.raises(ConfigError, match="--rpc-url"):
        call(url, "eth_chainId", [])
