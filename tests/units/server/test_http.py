"""HTTP as clients, browsers and bad clients use it, over real sockets."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from megadev.server import Access, ServerOptions
from megadev.server.http import HEAD_LIMIT

TIMEOUT = 20.0
Start = Callable[..., Any]
Rpc = Callable[..., bytes]


def fetch(
    server: Any, method: str, path: str = "/", content: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT)
    try:
        connection.request(method, path, content, headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def post(content: bytes, *headers: bytes) -> bytes:
    """The bytes of a request."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST / HTTP/1.1\r\nhost: localhost\r\n%bcontent-length: %d\r\n\r\n%b" % (lines, len(content), content)


def read_answer(stream: Any) -> tuple[int, dict[str, str], bytes]:
    """The next answer of a connection's file."""
    status = int(stream.readline().split()[1])
    headers: dict[str, str] = {}
    while line := stream.readline().strip():
        name, _, value = line.decode().partition(": ")
        headers[name.lower()] = value
    return status, headers, stream.read(int(headers.get("content-length", "0")))


def result(content: bytes) -> Any:
    return json.loads(content)["result"]


def test_a_post_is_answered_as_json(server: Any, rpc: Rpc) -> None:
    response, content = fetch(server, "POST", "/", rpc("toy_echo", [1, "é"]))
    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["access-control-allow-origin"] == "*"
    assert json.loads(content) == {"jsonrpc": "2.0", "id": 1, "result": [1, "é"]}


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=utf-8", "application/octet-stream"])
def test_the_content_type_does_not_matter(server: Any, rpc: Rpc, kind: str) -> None:
    assert result(fetch(server, "POST", "/", rpc("toy_echo", 1), {"content-type": kind})[1]) == 1


def test_a_notification_is_answered_with_no_content(server: Any) -> None:
    response, content = fetch(server, "POST", "/", b'{"jsonrpc":"2.0","method":"toy_echo","params":[5]}')
    assert (response.status, content) == (204, b"")
    assert server.toys.calls == [5]


def test_errors_are_answers_too(server: Any) -> None:
    response, content = fetch(server, "POST", "/", b"{")
    assert response.status == 200
    assert json.loads(content)["error"]["code"] == -32700


def test_a_connection_serves_many_requests(server: Any, rpc: Rpc) -> None:
    with server.connect() as client, client.makefile("rb") as answers:
        for number in range(20):
            client.sendall(post(rpc("toy_echo", number)))
            assert result(read_answer(answers)[2]) == number


def test_a_head_that_comes_again_means_the_same_however_what_follows_arrives(server: Any, rpc: Rpc) -> None:
    bodies = [rpc("toy_echo", f"{number:05}") for number in range(12)]
    head = post(bodies[0]).removesuffix(bodies[0])
    pieces = [  # and the requests that end in each
        (head + bodies[0], 1),
        (head + bodies[1], 1),
        (head + bodies[2][:7], 0),
        (bodies[2][7:] + head + bodies[3] + head + bodies[4], 3),
        (head, 0),
        (bodies[5], 1),
        (b"\r\n" + head + bodies[6], 1),  # an empty line between requests (RFC 9112, section 2.2)
        (head + bodies[7] + head[:9], 1),
        (head[9:] + bodies[8], 1),
        (head + bodies[9], 1),
        (post(bodies[10], b"connection: keep-alive"), 1),
        (post(bodies[11], b"connection: close"), 1),
    ]
    answers = []
    with server.connect() as client, client.makefile("rb") as stream:
        for piece, ending in pieces:
            client.sendall(piece)
            answers += [result(read_answer(stream)[2]) for _ in range(ending)]
        assert stream.read() == b"", "the last one asked for the connection's end"
    assert answers == [f"{number:05}" for number in range(12)]


def test_pipelined_requests_are_answered_in_order(server: Any, rpc: Rpc) -> None:
    """Also those behind one that waits."""
    with server.connect() as client, client.makefile("rb") as answers:
        first = b"".join(post(rpc("toy_echo", number)) for number in range(100))
        client.sendall(first + post(rpc("toy_wait")) + b"".join(post(rpc("toy_echo", n)) for n in range(100, 200)))
        assert [result(read_answer(answers)[2]) for _ in range(100)] == list(range(100))
        assert server.toys.entered.wait(TIMEOUT)
        assert server.toys.calls == list(range(100)), "what is behind waits its turn"
        server.toys.gate.set()
        assert result(read_answer(answers)[2]) == "waited"
        assert [result(read_answer(answers)[2]) for _ in range(100)] == list(range(100, 200))


def test_a_request_may_come_byte_by_byte_and_in_chunks(server: Any, rpc: Rpc) -> None:
    content = rpc("toy_echo", "x" * 100)
    chunked = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    for at in range(0, len(content), 50):
        piece = content[at : at + 50]
        chunked += b"%x\r\n%b\r\n" % (len(piece), piece)
    chunked += b"0\r\n\r\n"
    with server.connect() as client, client.makefile("rb") as answers:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(chunked)):
            client.sendall(chunked[at : at + 1])
        assert result(read_answer(answers)[2]) == "x" * 100


def test_expect_continue_is_answered(server: Any, rpc: Rpc) -> None:
    content = rpc("toy_echo", 1)
    request = post(content, b"expect: 100-continue")
    with server.connect() as client, client.makefile("rb") as answers:
        client.sendall(request[: -len(content)])
        assert answers.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert answers.readline() == b"\r\n"
        client.sendall(content)
        assert result(read_answer(answers)[2]) == 1


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_a_connection_is_closed_when_the_client_wants_it(server: Any, rpc: Rpc, version: bytes) -> None:
    request = post(rpc("toy_echo", 1), b"connection: close").replace(b"HTTP/1.1", b"HTTP/" + version)
    with server.connect() as client, client.makefile("rb") as answers:
        client.sendall(request)
        status, headers, content = read_answer(answers)
        assert (status, headers["connection"], result(content)) == (200, "close", 1)
        assert answers.read() == b""


def test_requests_before_a_half_close_are_answered(server: Any, rpc: Rpc) -> None:
    with server.connect() as client, client.makefile("rb") as answers:
        client.sendall(b"".join(post(rpc("toy_echo", number)) for number in range(100)))
        client.shutdown(socket.SHUT_WR)
        assert [result(read_answer(answers)[2]) for _ in range(100)] == list(range(100))
        assert answers.read() == b""


def test_a_large_answer_arrives_whole(server: Any, rpc: Rpc) -> None:
    text = "x" * 1_900_000
    assert result(fetch(server, "POST", "/", rpc("toy_echo", text))[1]) == text


def test_a_body_over_the_limit_is_refused(start: Start, rpc: Rpc) -> None:
    server = start(ServerOptions(body_limit=1000))
    assert fetch(server, "POST", "/", rpc("toy_echo", "x" * 900))[0].status == 200
    response, content = fetch(server, "POST", "/", rpc("toy_echo", "x" * 100_000))
    assert response.status == 413
    assert response.headers["access-control-allow-origin"] == "*"
    error = json.loads(content)["error"]
    assert error["code"] == -32600
    assert "1000 bytes" in error["message"]
    chunks = b"".join(b"64\r\n" + b"x" * 100 + b"\r\n" for _ in range(20))
    with server.connect() as client, client.makefile("rb") as answers:
        client.sendall(b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n" + chunks)
        assert read_answer(answers)[0] == 413
        assert answers.read() == b""
    assert server.toys.calls == ["x" * 900]


def test_the_limit_can_be_lifted(start: Start, rpc: Rpc) -> None:
    server = start(ServerOptions(body_limit=None))
    assert len(result(fetch(server, "POST", "/", rpc("toy_echo", "x" * 5_000_000))[1])) == 5_000_000


def test_ten_thousand_requests_in_one_batch(server: Any) -> None:
    batch = [{"jsonrpc": "2.0", "id": n, "method": "toy_echo", "params": [n]} for n in range(10_000)]
    answers = json.loads(fetch(server, "POST", "/", json.dumps(batch).encode())[1])
    assert [answer["result"] for answer in answers] == list(range(10_000))


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: -5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999999999999999\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nx: " + b"y" * (HEAD_LIMIT + 300_000), 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    ],
    ids=["no http", "negative length", "huge length", "bad chunk", "endless header", "tls"],
)
def test_an_invalid_request_is_refused_and_the_connection_closed(
    server: Any, rpc: Rpc, request_bytes: bytes, status: int
) -> None:
    with server.connect() as client, client.makefile("rb") as answers:
        client.sendall(request_bytes)
        assert read_answer(answers)[0] == status
        assert answers.read() == b""
    assert result(fetch(server, "POST", "/", rpc("toy_echo", 1))[1]) == 1


def test_a_client_that_never_finishes_its_request_is_hung_up_on(start: Start) -> None:
    server = start(ServerOptions(request_timeout=0.01))
    with server.connect() as idle, server.connect() as client, client.makefile("rb") as answers:
        client.sendall(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{")
        assert read_answer(answers)[0] == 408
        idle.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert idle.recv(100).startswith(b"HTTP/1.1 200"), "a quiet connection between requests is welcome"


def test_a_client_that_leaves_before_its_answer_does_no_harm(server: Any, rpc: Rpc) -> None:
    client = server.connect()
    client.sendall(post(rpc("toy_wait")))
    assert server.toys.entered.wait(TIMEOUT)
    client.close()
    assert server.toys.cancelled.wait(TIMEOUT)
    assert result(fetch(server, "POST", "/", rpc("toy_echo", 1))[1]) == 1


def test_a_client_that_does_not_read_is_not_read_from_either(server: Any, rpc: Rpc) -> None:
    """Its answers do not pile up in memory: the server stops taking its requests."""
    request = post(rpc("toy_echo", "x" * 100_000))
    with server.connect() as client:
        client.settimeout(0.5)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 2_000:
                client.sendall(request)
                sent += 1
        assert result(fetch(server, "POST", "/", rpc("toy_echo", 1))[1]) == 1


def test_a_heavy_request_does_not_keep_others_waiting(server: Any, rpc: Rpc) -> None:
    with server.connect() as client, client.makefile("rb") as answers:
        client.sendall(post(rpc("toy_heavy")))
        assert server.toys.entered.wait(TIMEOUT)
        assert result(fetch(server, "POST", "/", rpc("toy_echo", 1))[1]) == 1
        server.toys.gate.set()
        assert result(read_answer(answers)[2]) == "heavy"


def test_an_answer_is_sent_before_later_work(start: Start, rpc: Rpc) -> None:
    """Even for the first of two clients that ask at the same moment."""
    may_end, began = threading.Event(), threading.Event()

    def settle() -> None:
        if server.toys.calls and not may_end.is_set():
            began.set()
            assert may_end.wait(TIMEOUT)

    server = start(hooks={"before_request": lambda: settle(), "after_answer": lambda: settle()})
    with server.connect() as one, server.connect() as two:
        for client in (one, two):
            client.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
            assert client.recv(1000)
        both = threading.Event()
        server.thread.loop.call_soon_threadsafe(both.wait, TIMEOUT)
        one.sendall(post(rpc("toy_echo", 1)))
        two.sendall(post(rpc("toy_echo", 2)))
        both.set()
        assert began.wait(TIMEOUT)
        answered = [_reads(client) for client in (one, two)]
        may_end.set()
        assert sorted(answered) == [False, True], (
            "one is answered though the seal has not ended; the other waits for it"
        )


def _reads(client: socket.socket) -> bool:
    client.settimeout(0.5)
    try:
        return client.recv(1000).startswith(b"HTTP/1.1 200")
    except TimeoutError:
        return False


def test_work_after_an_answer_runs_without_another_request(start: Start, rpc: Rpc) -> None:
    settled = threading.Event()
    server = start(hooks={"after_answer": settled.set})
    fetch(server, "POST", "/", rpc("toy_echo", 1))
    assert settled.wait(TIMEOUT)


def test_people_and_machines_can_look(start: Start) -> None:
    server = start(ServerOptions(page=lambda: "<p>Ünïted</p>", health=lambda: {"status": "ok", "block": 7}))
    response, content = fetch(server, "GET", "/")
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert content.decode() == "<p>Ünïted</p>"
    response, content = fetch(server, "GET", "/health?verbose")
    assert json.loads(content) == {"status": "ok", "block": 7}
    assert fetch(server, "GET", "/nothing")[0].status == 404


def test_head_is_get_without_the_body(server: Any) -> None:
    with server.connect() as client, client.makefile("rb") as answers:
        client.sendall(b"HEAD / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        head, _, rest = answers.read().partition(b"\r\n\r\n")
        assert b"200 OK" in head
        assert rest == b""


def test_other_http_methods_get_a_405(server: Any) -> None:
    response, _ = fetch(server, "PUT", "/", b"{}")
    assert (response.status, response.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")


def test_a_browser_may_ask_before_it_posts(server: Any) -> None:
    response, _ = fetch(
        server,
        "OPTIONS",
        "/",
        None,
        {
            "Origin": "https://app.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-app",
            "Access-Control-Request-Private-Network": "true",
        },
    )
    assert response.status == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == "content-type,x-app"
    assert response.headers["access-control-allow-private-network"] == "true"


def test_a_rebound_name_is_refused(server: Any, rpc: Rpc) -> None:
    response, content = fetch(server, "POST", "/", rpc("toy_echo", 1), {"Host": "evil.example"})
    assert response.status == 403
    assert b"evil.example" in content
    assert server.toys.calls == []


def test_a_foreign_page_is_refused_where_origins_are_restricted(start: Start, rpc: Rpc) -> None:
    server = start(ServerOptions(access=Access(["https://app.example"])))
    assert fetch(server, "POST", "/", rpc("toy_echo", 1), {"Origin": "https://evil.example"})[0].status == 403
    assert server.toys.calls == []
    response, _ = fetch(server, "POST", "/", rpc("toy_echo", 1), {"Origin": "https://app.example"})
    assert response.headers["access-control-allow-origin"] == "https://app.example"
    assert fetch(server, "POST", "/", rpc("toy_echo", 1))[0].status == 200


def test_an_offer_to_speak_http2_is_ignored(server: Any, rpc: Rpc) -> None:
    """Java's client makes it with every first request."""
    content = rpc("toy_echo", 1)
    request = post(
        content, b"connection: Upgrade, HTTP2-Settings", b"upgrade: h2c", b"http2-settings: AAMAAABkAAQAAP__"
    )
    for split in (len(request), len(request) - len(content), len(request) - 5):
        with server.connect() as client, client.makefile("rb") as answers:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.sendall(request[:split])
            client.sendall(request[split:])
            assert result(read_answer(answers)[2]) == 1
            client.sendall(post(content))
            assert result(read_answer(answers)[2]) == 1


def test_closing_is_quick_and_lets_an_answer_finish(server: Any, rpc: Rpc) -> None:
    with server.connect() as idle, server.connect() as client, client.makefile("rb") as answers:
        idle.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert idle.recv(1000)
        client.sendall(post(rpc("toy_wait")))
        assert server.toys.entered.wait(TIMEOUT)
        threading.Timer(0.05, server.toys.gate.set).start()
        began = time.monotonic()
        server.thread.close()
        assert time.monotonic() - began < 5
        assert result(read_answer(answers)[2]) == "waited"
        assert idle.recv(1000) == b""
    with pytest.raises(ConnectionRefusedError):
        server.connect()


def test_closing_aborts_unfinished_requests(server: Any, rpc: Rpc) -> None:
    with server.connect() as client:
        client.sendall(post(rpc("toy_wait")))
        assert server.toys.entered.wait(TIMEOUT)
        server.thread.close()
        assert server.toys.cancelled.wait(TIMEOUT)
