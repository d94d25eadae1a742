"""Clients that flood, stall, vanish or ask for the impossible, against a real process. Whatever they do: the node answers others
meanwhile, its memory stays bounded, its log shows no traceback, and it ends when it is told to.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see what the node's memory does")

SECONDS = 240
"""Far more than anything here takes: a loaded machine must not fail a test."""
LOOP, KEEPS_STORING, FOR_MANY = "0x" + "a0" * 20, "0x" + "a1" * 20, "0x" + "a2" * 20
MEGABYTES_MORE = 150
"""How much larger the node may have become in the end: ten times what these tests leave behind when all is well."""


def post(body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST / HTTP/1.1\r\nhost: localhost\r\n%bcontent-length: %d\r\n\r\n%b" % (lines, len(body), body)


def call(method: str, *params: Any, request_id: Any = 1) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


CHAIN_ID = post(json.dumps(call("eth_chainId")).encode())


class Node:
    """A running node, seen from outside."""

    def __init__(self, running: Any) -> None:
        self.running = running
        self.port: int = running.port
        self.rpc: Callable[..., Any] = running.rpc
        self.pid: int = running.process.pid
        self.memory_before = 0

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def ask(self, body: Any) -> Any:
        """Any body, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        with contextlib.closing(connection):
            connection.request("POST", "/", json.dumps(body))
            return json.loads(connection.getresponse().read())

    def subscriber(self) -> Any:
        return connect(f"ws://127.0.0.1:{self.port}", max_size=None, max_queue=None, compression=None)

    @property
    def memory(self) -> int:
        """Megabytes of it that are in memory."""
        with open(f"/proc/{self.pid}/status") as status:
            found = re.search(r"VmRSS:\s+(\d+) kB", status.read())
        assert found is not None
        return int(found[1]) // 1024

    def answer_times(self, until: Callable[[], bool], at_least: int = 1) -> list[float]:
        """How long eth_chainId takes, in ms and in order of size, asked again and again until something is so."""
        times = []
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        body = json.dumps(call("eth_chainId"))
        with contextlib.closing(connection):
            while not until() or len(times) < at_least:
                began = time.perf_counter()
                connection.request("POST", "/", body)
                assert json.loads(connection.getresponse().read())["result"] == "0x7a69"
                times.append((time.perf_counter() - began) * 1000)
        return sorted(times)


@pytest.fixture
def node(megadev_up: Callable[..., Any]) -> Iterator[Node]:
    """A node that must be well when the test is over, and end when it is told to."""
    node = Node(megadev_up())
    for address, code in (
        (LOOP, "0x5b5f56"),
        (KEEPS_STORING, "0x5a5400"),
        (FOR_MANY, "0x6004355b8015601057600190036003565b00"),
    ):
        node.rpc("anvil_setCode", address, code)
    node.rpc("anvil_mine")
    node.memory_before = node.memory
    yield node
    height = int(node.rpc("eth_blockNumber"), 16)
    node.rpc("anvil_mine")
    assert int(node.rpc("eth_blockNumber"), 16) == height + 1
    assert node.rpc("eth_sendTransactionSync", {"to": LOOP[:-2] + "00", "value": "0x1"})["status"] == "0x1"
    assert node.memory < node.memory_before + MEGABYTES_MORE
    assert node.running.stop(signal.SIGTERM) == 0
    while (line := node.running.lines.get(timeout=SECONDS)) is not None:
        node.running.printed.append(line)
    printed = "".join(node.running.printed)
    assert "Traceback" not in printed
    assert "internal error" not in printed
    assert printed.rstrip().endswith("Stopped.")


def vanish(client: socket.socket) -> None:
    """Close so that the other side gets a reset, as from a process that was killed."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def receive(client: socket.socket, size: int = 1 << 20) -> bytes:
    """One whole HTTP answer's body, the connection left open."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(size)
    head, _, body = received.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head)
    assert found is not None
    while len(body) < int(found[1]):
        body += client.recv(size)
    return body


def in_background(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    outcome: list[Any] = []
    thread = threading.Thread(target=lambda: outcome.append(work()), daemon=True)
    thread.start()
    return thread, outcome


# -- too much at once -----------------------------------------------------------------------------------------------------


def test_ten_thousand_requests_in_one_batch_do_not_delay_others(node: Node) -> None:
    methods = ["eth_blockNumber", "eth_nothing", "eth_getBalance"]
    batch = [call(methods[n % 3], *([LOOP] if n % 3 == 2 else []), request_id=n) for n in range(10_000)]
    with node.connect() as client:
        client.sendall(post(json.dumps(batch).encode()))
        times = node.answer_times(lambda: bool(select.select([client], [], [], 0)[0]))
        answers = json.loads(receive(client))
    assert [answer["id"] for answer in answers] == list(range(10_000))
    assert all(("error" in answer) == (n % 3 == 1) for n, answer in enumerate(answers))
    assert times[len(times) // 2] < 200, "a batch has turns of a few milliseconds"


def test_two_hundred_connections_at_once(node: Node) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(node.connect()) for _ in range(200)]
        for _ in range(3):
            for client in clients:
                client.sendall(CHAIN_ID)
            for client in clients:
                assert json.loads(receive(client))["result"] == "0x7a69"


def test_more_connections_than_files_may_be_open(node: Node) -> None:
    """The surplus waits; when others have left, it is served."""
    _, hard = resource.prlimit(node.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(node.pid, resource.RLIMIT_NOFILE, (40, hard))
    clients = [node.connect() for _ in range(100)]
    clients[0].sendall(CHAIN_ID)
    assert json.loads(receive(clients[0]))["result"] == "0x7a69"
    for client in clients:
        vanish(client)
    resource.prlimit(node.pid, resource.RLIMIT_NOFILE, (hard, hard))


def test_a_thousand_pipelined_requests_good_and_bad(node: Node) -> None:
    upgrade = (b"connection: upgrade", b"upgrade: h2c")
    bodies = [b"{", b"[]", b'{"jsonrpc":"2.0","id":5,"method":"eth_blockNumber"}', b"[" * 2_000, b"null"]
    with node.connect() as client, client.makefile("rb") as answers:
        sender, _ = in_background(
            lambda: client.sendall(b"".join(post(bodies[n % 5], *(upgrade if n % 2 else ())) for n in range(1_000)))
        )
        for n in range(1_000):
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
            size = 0
            while line := answers.readline().strip():
                if line.startswith(b"content-length: "):
                    size = int(line[16:])
            answer = json.loads(answers.read(size))
            assert ("result" in answer) == (n % 5 == 2)
        sender.join(SECONDS)


def test_bodies_over_the_limit_are_refused_without_being_kept(node: Node) -> None:
    """Announced, or in chunks without end; over HTTP and over WebSocket."""
    for _ in range(20):
        with node.connect() as client:
            client.sendall(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4000000000\r\n\r\n" + b"x" * 10_000)
            assert client.recv(100).startswith(b"HTTP/1.1 413")
    with node.connect() as client, contextlib.suppress(ConnectionError):
        client.sendall(b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(200):
            client.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            if select.select([client], [], [], 0)[0]:
                break
        assert client.recv(100).startswith(b"HTTP/1.1 413")
    with node.subscriber() as socket_, pytest.raises(ConnectionClosed) as closed:
        socket_.send("[" + " " * 3_000_000 + "]")
        socket_.recv(SECONDS)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_no_filter_costs_more_than_a_line_in_a_table(node: Node) -> None:
    """There are never more than ten thousand: then the one polled longest ago goes."""
    first = node.rpc("eth_newFilter", {"topics": [["0x" + "11" * 32] * 10]})
    kinds = ["eth_newFilter", "eth_newBlockFilter", "eth_newPendingTransactionFilter"]
    for start in range(0, 10_500, 1_500):
        answers = node.ask([call(kinds[n % 3], *([{}] if n % 3 == 0 else [])) for n in range(start, start + 1_500)])
    assert node.rpc("eth_getFilterChanges", answers[-1]["result"]) == []
    assert node.ask(call("eth_getFilterChanges", first))["error"]["message"].startswith("filter not found")


# -- clients that go away or stand still ----------------------------------------------------------------------------------


def test_clients_that_vanish_at_any_moment(node: Node) -> None:
    body = json.dumps([call("eth_getBlockByNumber", "latest", True)] * 500).encode()
    heavy = json.dumps(call("eth_call", {"to": LOOP, "gas": "0x100000"})).encode()
    handshake = (
        b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
        b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    whole = post(body)
    for message in (
        b"",
        b"P",
        CHAIN_ID[:30],
        CHAIN_ID[:-3],
        CHAIN_ID,
        CHAIN_ID * 50,
        whole[:5_000],
        whole,
        post(heavy),
        handshake,
        handshake + b"\x81",
    ):
        for _ in range(5):
            client = node.connect()
            client.sendall(message)
            vanish(client)
    for _ in range(5):  # in the middle of the answer
        client = node.connect()
        client.sendall(whole)
        client.recv(10)
        vanish(client)
    assert node.rpc("eth_chainId") == "0x7a69"


def test_clients_that_send_a_byte_and_wait(node: Node) -> None:
    """Slow-loris: headers that never end. Nobody else notices; they are hung up on in time (another test's matter)."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(node.connect()) for _ in range(150)]
        for n, byte in enumerate(CHAIN_ID[:20]):
            for client in clients[n % 3 :: 3]:
                client.sendall(bytes((byte,)))
        times = node.answer_times(lambda: True, at_least=50)
        assert times[25] < 200


def test_an_invalid_websocket_frame_closes_only_its_own_connection(node: Node) -> None:
    with node.subscriber() as good:
        good.send(json.dumps(call("eth_subscribe", "newHeads")))
        subscription = json.loads(good.recv(SECONDS))["result"]
        for frame in (
            b"\xff" * 100,
            b"\x81\x05hello",
            b"\x81\xff" + b"\xff" * 8,
            b"\x83\x80\0\0\0\0",
            b"\x89\xfe\x01\x00" + bytes(300),
            b"\x88\x81\0\0\0\0\x01",
        ):
            with node.subscriber() as bad:
                bad.socket.sendall(frame)
                with pytest.raises(ConnectionClosed):
                    bad.recv(SECONDS)
        for text in ("", "{", "[]", "null", "\x00"):
            good.send(text)
            assert json.loads(good.recv(SECONDS))["error"]["code"] in (-32700, -32600)
        good.send(b"\xff\xfe")
        assert json.loads(good.recv(SECONDS))["error"]["code"] == -32700
        node.rpc("anvil_mine")
        assert json.loads(good.recv(SECONDS))["params"]["subscription"] == subscription


def test_a_subscriber_that_does_not_read_is_dropped_and_the_others_hear_everything(node: Node) -> None:
    with node.subscriber() as attentive, node.connect() as stuck:
        stuck.sendall(
            b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert stuck.recv(1000).startswith(b"HTTP/1.1 101")
        subscribe = json.dumps([call("eth_subscribe", "newHeads")] * 1_000).encode()
        stuck.sendall(b"\x81\xff" + len(subscribe).to_bytes(8, "big") + bytes(4) + subscribe)
        attentive.send(json.dumps(call("eth_subscribe", "newHeads")))
        attentive.recv(SECONDS)
        expected = int(node.rpc("eth_blockNumber"), 16)
        most = 0
        for _ in range(30):  # most of a megabyte a block for the one who does not read: far more than may wait
            node.rpc("anvil_mine", 5)
            most = max(most, node.memory)
        for _ in range(150):
            expected += 1
            assert int(json.loads(attentive.recv(SECONDS))["params"]["result"]["number"], 16) == expected
        assert most < node.memory_before + 100
        received = 0
        with contextlib.suppress(ConnectionError):
            while piece := stuck.recv(1 << 20):
                received += len(piece)
        assert received < 90_000_000, "it was sent less than there was"


def test_thousands_of_subscriptions_come_and_go(node: Node) -> None:
    for _ in range(2):
        with node.subscriber() as socket_:
            kinds = [
                ["newHeads"],
                ["logs", {"topics": [["0x" + "11" * 32] * 5]}],
                ["newPendingTransactions", True],
                ["transactionReceipts"],
                ["syncing"],
            ]
            for _ in range(5):
                socket_.send(json.dumps([call("eth_subscribe", *kinds[n % 5]) for n in range(1_000)]))
                told = json.loads(socket_.recv(SECONDS))
                while not isinstance(told, list):  # "syncing" says false at once
                    told = json.loads(socket_.recv(SECONDS))
                assert len({answer["result"] for answer in told}) == 1_000
            node.rpc("anvil_mine")
    began = time.perf_counter()
    node.rpc("anvil_mine", 20)
    assert time.perf_counter() - began < 5, "nobody is left to be told"


# -- calls that ask for everything ----------------------------------------------------------------------------------------


def test_endless_loops_do_not_keep_small_requests_waiting(node: Node) -> None:
    """Thirty million gas, from several clients at once."""
    requests = [
        call("eth_call", {"to": LOOP}),
        call("eth_estimateGas", {"to": LOOP}),
        call("eth_call", {"to": LOOP, "gas": hex(2**63)}),
    ]
    threads = [in_background(lambda body=body: node.ask(body)) for body in requests]
    times = node.answer_times(lambda: not any(thread.is_alive() for thread, _ in threads))
    assert [outcome[0]["error"]["code"] for _, outcome in threads] == [-32000] * 3
    assert times[len(times) // 2] < 200, "the loop's thread gets its turn every few milliseconds"


def test_a_call_that_was_quick_may_be_slow_with_other_input(node: Node) -> None:
    """What is known to be quick runs in place; that must say nothing about calls whose input decides how long they take."""

    def request(times: int) -> dict[str, Any]:
        return call("eth_call", {"to": FOR_MANY, "data": f"0x11223344{times:064x}"})

    for _ in range(3):
        assert node.ask(request(1))["result"] == "0x"
    thread, outcome = in_background(lambda: node.ask(request(2**255)))
    times = node.answer_times(lambda: not thread.is_alive())
    assert outcome[0]["error"]["message"] == "out of gas"
    assert len(times) > 5, "others were answered meanwhile"


@pytest.mark.slow
def test_memory_bombs_release_their_memory(node: Node) -> None:
    bombs = [
        ("0x625000005ff3", {}),  # returns five megabytes
        ("0x5b62100000" + "5f20505f56", {"gas": "0x1000000"}),  # hashes a megabyte again and again
        ("0x5b61c0005f5ff0505f56", {"gas": "0x500000"}),  # creates with 48 kB of creation code again and again
        ("0x5b6201000060005fa05f56", {"gas": "0x1000000"}),  # logs
        ("0x5b62100000" + "5f5f37" + "5f56", {"data": "0x" + "ff" * 500_000, "gas": "0x2000000"}),
        ("0x5f5f5f5f5f305af1505f5f5f5f5f305af1", {}),
    ]
    for code, more in bombs:
        request = {"to": LOOP, "gas": hex(2**63), **more}
        answer = node.ask(call("eth_call", request, "latest", {LOOP: {"code": code}}, {"gasLimit": hex(2**64 - 1)}))
        assert "result" in answer or answer["error"]["code"] == -32000
    assert (
        len(
            node.ask(
                call("eth_call", {"data": "0x365ff3", "to": LOOP}, "latest", {LOOP: {"code": "0x" + "5b" * 900_000}})
            )["result"]
        )
        == 2
    )
    big = {"to": LOOP, "input": "0x" + "00" * 900_000, "gas": "0xffffff"}
    assert node.ask(call("eth_estimateGas", big, "latest", {LOOP: {"code": "0x"}}))["result"]


def test_a_busy_node_stops_on_request(node: Node) -> None:
    """The fixture's SIGTERM comes while a call is under way that has minutes to go."""
    endless = call("eth_callMany", [{"transactions": [{"to": LOOP}] * 2_000}], None, None, 3_600_000)
    body = post(json.dumps(endless).encode())
    clients = [node.connect() for _ in range(3)]
    for client in clients:
        client.sendall(body)
    assert node.answer_times(lambda: True, at_least=20)
    for client in clients[1:]:
        client.close()
