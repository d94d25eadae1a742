"""Opening a server, in-process clients beside it, and closing it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from megadev.errors import ConfigError
from megadev.rpc.client import InProcessClient, RpcError
from megadev.server import serve

TIMEOUT = 20.0
Start = Callable[..., Any]
Rpc = Callable[..., bytes]


def test_port_zero_picks_a_free_port_shown_in_urls(server: Any) -> None:
    (url,) = server.thread.urls
    assert url == f"http://127.0.0.1:{server.port}"
    with urllib.request.urlopen(url + "/health", timeout=TIMEOUT) as response:
        assert json.load(response) == {"status": "ok"}


def test_several_hosts_share_a_port(start: Start) -> None:
    server = start(hosts=("127.0.0.1", "127.0.0.2"))
    assert server.thread.urls == (f"http://127.0.0.1:{server.port}", f"http://127.0.0.2:{server.port}")
    for url in server.thread.urls:
        with urllib.request.urlopen(url + "/health", timeout=TIMEOUT) as response:
            assert response.status == 200


def test_the_error_for_a_busy_port_names_a_remedy(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1 is in use: .* choose another port"):
            start(port=port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1", "::ffff:1:2:3:4:5:6:7:8:9"])
def test_an_unavailable_host_is_reported(start: Start, host: str) -> None:
    with pytest.raises(ConfigError, match="cannot listen on"):
        start(hosts=(host,))


def test_a_port_is_free_again_once_closed(start: Start) -> None:
    first = start()
    port = first.port
    with first.connect():
        first.thread.close()
    assert start(port=port).port == port
    first.thread.close()


def test_a_server_runs_on_the_callers_own_loop(start: Start, rpc: Rpc) -> None:
    dispatcher = start().dispatcher

    async def run() -> bytes:
        server = await serve(dispatcher, port=0)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        content = rpc("toy_echo", 5)
        writer.write(b"POST / HTTP/1.0\r\ncontent-length: %d\r\n\r\n%b" % (len(content), content))
        answer = await reader.read()
        writer.close()
        await server.close()
        await server.close()
        return answer

    assert json.loads(asyncio.run(run()).partition(b"\r\n\r\n")[2])["result"] == 5


def test_an_in_process_client_speaks_to_the_server_s_thread(server: Any) -> None:
    client = InProcessClient(server.dispatcher)
    threads: list[str] = []
    server.dispatcher.before_request = lambda: threads.append(threading.current_thread().name)
    assert client.rpc("toy_echo", {"a": 1}) == {"a": 1}
    with pytest.raises(RpcError) as refused:
        client.rpc("toy_nothing")
    assert refused.value.code == -32601
    server.toys.gate.set()
    assert client.rpc("toy_wait") == "waited"
    assert threads == ["megadev-loop"] * 2


def test_an_in_process_client_needs_no_server_and_no_loop(server: Any) -> None:
    settled: list[str] = []
    server.thread.close()
    server.toys.gate.set()
    dispatcher = server.dispatcher
    dispatcher.after_answer = lambda: settled.append(threading.current_thread().name)
    client = InProcessClient(dispatcher)
    assert client.rpc("toy_echo", 2**200) == 2**200
    assert client.rpc("toy_wait") == "waited"
    assert client.request(b'{"jsonrpc":"2.0","method":"toy_echo","params":[1]}') == b""
    batch = json.dumps([{"jsonrpc": "2.0", "id": n, "method": "toy_echo", "params": [n]} for n in range(3)]).encode()
    assert [answer["result"] for answer in json.loads(client.request(batch))] == [0, 1, 2]

    async def inside() -> Any:
        return client.rpc("toy_wait"), client.rpc("toy_echo", 1)

    assert asyncio.run(inside()) == ("waited", 1)
    assert settled == [threading.current_thread().name] * 6


def test_in_process_clients_on_many_threads_take_turns(server: Any) -> None:
    server.thread.close()
    dispatcher = server.dispatcher
    inside = 0
    most = 0

    def enter() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)

    def leave() -> None:
        nonlocal inside
        inside -= 1

    dispatcher.before_request, dispatcher.after_answer = enter, leave
    client = InProcessClient(dispatcher)

    def work() -> None:
        for number in range(200):
            assert client.rpc("toy_echo", number) == number

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(TIMEOUT)
    assert len(server.toys.calls) == 800
    assert most == 1
