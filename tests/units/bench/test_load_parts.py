"""The parts of ``megadev load``: latencies counted and added up, what is sent and when, scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.bench.histogram import Histogram
from megadev.bench.load.bank import account_keys
from megadev.bench.load.run import Sending
from megadev.bench.load.sender import Plan, Process, Ready, Report, Sender
from megadev.bench.load.workloads import ScriptFault, Workload, calls_of, load_script, read_call
from megadev.chain.transactions import Transaction, decode_transaction
from megadev.errors import ConfigError, MegadevError

COUNTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=50)


@given(COUNTS, COUNTS, st.floats(1, 100))
def test_a_percentile_is_right_within_one_percent_also_of_two_added_up(
    some: list[int], others: list[int], percent: float
) -> None:
    first, second = Histogram(), Histogram()
    for value in some:
        first.record(value)
    for value in others:
        second.record(value)
    first.add(second.counts, second.largest, second.sum)
    ordered = sorted(some + others)
    exact = ordered[max(-(-len(ordered) * percent // 100), 1).__int__() - 1]
    assert exact <= first.percentile(percent) <= exact * 1.01 + 1
    assert first.total == len(ordered) and first.sum == sum(ordered) and first.largest == ordered[-1]
    bars = list(first.bars(8))
    assert len(bars) <= 8 and sum(count for _, count in bars) == first.total


# ---- the sender, at a server that answers as it is told


class Stub:
    """Answers each request with what ``answer`` makes of the decoded body: HTTP status and content."""

    def __init__(self, answer: Callable[[Any], tuple[int, Any]]) -> None:
        self.bodies: list[Any] = []
        lock = threading.Lock()
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    stub.bodies.append(body)
                    status, content = answer(body)
                said = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def transactions(self) -> list[Transaction]:
        """All that was sent, in its order."""
        members = [member for body in self.bodies for member in (body if isinstance(body, list) else [body])]
        return [decode_transaction(bytes.fromhex(member["params"][0][2:])) for member in members]


@pytest.fixture
def stubs() -> Iterator[Callable[[Callable[[Any], tuple[int, Any]]], Stub]]:
    made: list[Stub] = []

    def make(answer: Callable[[Any], tuple[int, Any]]) -> Stub:
        made.append(Stub(answer))
        return made[-1]

    yield make
    for stub in made:
        stub.server.shutdown()
        stub.server.server_close()


def planned(url: str, *, accounts: int = 4, connections: int = 2, **plan: Any) -> Plan:
    senders = [Sender(key.hex(), 5, index % connections) for index, key in enumerate(account_keys("test", accounts))]
    given = {"batch": 1, "method": "eth_sendRawTransaction", "count": 12, "seconds": None, "rate": None}
    workload = Workload("transfer", "0x", "0x", recipients=3, gas={"transfer": 21_000})
    common = {"chain_id": 7, "fee_cap": 10**9, "tip": 1, "first": 0, "connections": connections, "of": connections}
    return Plan(url=url, workload=workload, senders=senders, **{**common, **given, **plan})


def send(url: str, **plan: Any) -> Report:
    """What a process reports in all that sends to ``url``."""
    said: list[Any] = []
    reading, writing = os.pipe()
    Process(planned(url, **plan), said.append).run(lambda: None, reading)
    os.close(reading)
    os.close(writing)
    assert isinstance(said[0], Ready)
    total, latencies = Report(), Histogram()
    for report in said[1:]:
        total.sent += report.sent
        total.taken += report.taken
        total.again += report.again
        total.refused |= report.refused
        latencies.add(report.counts, report.largest, report.sum)
    total.counts, total.largest, total.nonces = latencies.counts, latencies.percentile(50), said[-1].nonces
    return total


def taken(body: Any) -> tuple[int, Any]:
    members = body if isinstance(body, list) else [body]
    answers = [{"jsonrpc": "2.0", "id": member["id"], "result": "0x" + "00" * 32} for member in members]
    return 200, answers if isinstance(body, list) else answers[0]


def test_each_account_sends_its_nonces_in_order_over_one_connection(stubs: Callable[..., Stub]) -> None:
    stub = stubs(taken)
    report = send(stub.url, batch=2, count=13)
    sent = stub.transactions()
    assert report.sent == report.taken == len(sent) == 13
    by_sender: dict[bytes, list[int]] = {}
    for tx in sent:
        by_sender.setdefault(tx.sender, []).append(tx.nonce)
    assert len(by_sender) == 4 and all(each == list(range(5, 5 + len(each))) for each in by_sender.values())
    assert sorted(report.nonces) == sorted(5 + len(each) for each in by_sender.values())
    assert Counter(tx.to for tx in sent) == Counter(
        Workload("transfer", recipients=3).recipient(number) for number in range(13)
    )


def test_an_account_stops_after_a_rejected_transaction(stubs: Callable[..., Stub]) -> None:
    refused: list[bytes] = []

    def answer(body: Any) -> tuple[int, Any]:
        _, answers = taken(body)
        for index, member in enumerate(body):
            tx = decode_transaction(bytes.fromhex(member["params"][0][2:]))
            if tx.sender in refused or not refused:
                refused.append(tx.sender)
                answers[index] = {
                    "id": member["id"],
                    "error": {"code": -32000, "message": f"nonce too low: {tx.nonce}"},
                }
        return 200, answers[::-1]  # as a batch may be answered

    stub = stubs(answer)
    report = send(stub.url, batch=2, connections=1, accounts=2, count=20)
    assert report.refused == {"-… nonce too low: …": (-32000, "nonce too low: 5", 1)}
    assert report.taken == 10 and report.sent == 11
    assert sorted(report.nonces) == [5, 15]


def test_rate_limited_transactions_are_sent_again(stubs: Callable[..., Stub]) -> None:
    def answer(body: Any) -> tuple[int, Any]:
        seen = len(stub.bodies)
        if seen == 1:
            return 429, "slow down"
        if seen == 2:
            return 200, {"id": body["id"], "error": {"code": -32005, "message": "limit exceeded"}}
        return taken(body)

    stub = stubs(answer)
    report = send(stub.url, connections=1, accounts=1, count=3)
    assert (report.sent, report.taken, report.again, report.refused) == (5, 3, 2, {})
    assert [tx.nonce for tx in stub.transactions()] == [5, 5, 5, 6, 7]


def test_with_a_rate_a_latency_counts_from_when_its_request_was_due(stubs: Callable[..., Stub]) -> None:
    def answer(body: Any) -> tuple[int, Any]:
        if len(stub.bodies) == 1:
            threading.Event().wait(0.3)  # the node stands still while all the others become due
        return taken(body)

    stub = stubs(answer)
    report = send(stub.url, connections=1, count=20, rate=100)
    assert report.taken == 20
    assert report.largest > 50_000_000, "half of them were late by more than 50 ms"


def test_a_load_ends_when_its_time_is_over(stubs: Callable[..., Stub]) -> None:
    stub = stubs(taken)
    report = send(stub.url, count=None, seconds=0.2)
    assert 0 < report.taken == report.sent == len(stub.transactions())


def test_a_load_can_be_stopped_right_after_its_start(stubs: Callable[..., Stub]) -> None:
    plan = planned(stubs(taken).url, count=None, seconds=1000.0)
    command = [sys.executable, "-m", "megadev.bench.load.sender"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        watchdog = threading.Timer(20, process.kill)
        watchdog.start()
        process.stdin.write(msgspec.json.encode(plan) + b"\n")
        process.stdin.flush()
        assert b"ready" in process.stdout.readline()
        process.stdin.write(b"go\nstop\n")
        process.stdin.flush()
        reports = process.stdout.readlines()
        watchdog.cancel()
    assert b'"is_last":true' in reports[-1] and process.returncode == 0


def test_reports_that_come_together_are_received_together() -> None:
    inside, outside = os.pipe()
    with open(inside, "rb") as output:
        sending = Sending.__new__(Sending)
        sending.output, sending._read = output, bytearray()
        first, second, last = (msgspec.json.encode(Report(taken=number, is_last=number == 3)) for number in (1, 2, 3))
        os.write(outside, first + b"\n" + second + b"\n" + last[:10])
        assert [report.taken for report in sending.receive() if isinstance(report, Report)] == [1, 2]
        os.write(outside, last[10:] + b"\n")
        os.close(outside)
        (report,) = sending.receive()
    assert isinstance(report, Report) and report.is_last


# ---- scripts


def test_a_script_defines_the_transactions(tmp_path: Path) -> None:
    script = tmp_path / "mint.py"
    script.write_text(
        "def transaction(context, sender, number):\n"
        "    return {'to': context, 'value': hex(number), 'data': b'\\x01', 'gas': 50_000}\n"
    )
    call = calls_of(Workload("", script=str(script), context="0x" + "ab" * 20))(10, "0x")
    assert (call.to, call.value, call.data, call.gas) == (b"\xab" * 20, 10, b"\x01", 50_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1", "defines no function transaction"),
        ("def transaction(sender): ...", r"must take \(context, sender, number\)"),
        ("def transaction(c, s, n)\n    pass", ":1: SyntaxError"),
        ("import nothing_of_that_name", ":1: ModuleNotFoundError"),
    ],
)
def test_an_invalid_script_is_reported_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    script = tmp_path / "wrong.py"
    script.write_text(text)
    with pytest.raises((ConfigError, ScriptFault), match=said):
        load_script(script)


def test_a_script_that_raises_is_reported_with_its_line(tmp_path: Path) -> None:
    script = tmp_path / "raises.py"
    script.write_text("def transaction(c, s, n):\n    return 1 / n\n")
    with pytest.raises(MegadevError, match=r"raises\.py:2, transaction\(0\): ZeroDivisionError"):
        calls_of(Workload("", script=str(script)))(0, "0x")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (None, "NoneType, not a dict"),
        ({"too": "0x"}, "'too'"),
        ({"to": "0x1234"}, "2 bytes"),
        ({"to": 5}, "5 as 'to'"),
        ({"value": -1}, "-1 as 'value'"),
        ({"value": "one"}, "'one' as 'value'"),
        ({"data": "abc"}, "'abc' as 'data'"),
    ],
)
def test_a_scripts_result_is_validated(made: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_call(made)
