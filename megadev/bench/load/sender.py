"""A process of a load: it signs its share of the transactions, sends them over its connections and times the answers.

``python -m megadev.bench.load.sender`` reads a ``Plan`` (a line of JSON) from its input, signs, writes ``Ready``, waits
for a line, and sends; meanwhile it writes a ``Report`` several times a second and a last one at the end, each with what
came since the one before. It ends early where its input does.

With a rate, the time of an answer counts from when its request was due, not from when it could be sent: a node that
stands still for a second makes all of that second's transactions late, as it would if they came from different people.

Each account sends over one connection, in the order of its nonces. Where the node refuses one of its transactions those
after it could never be included, so that account sends no more.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from megadev.bench.client import Connection
from megadev.bench.histogram import Histogram
from megadev.bench.load.workloads import Call, Workload, calls_of
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, encode_signed
from megadev.clock import SystemClock
from megadev.errors import MegadevError
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import address_of

SYNC = "eth_sendRawTransactionSync"
TOO_MANY = -32005
"""The code of what a node takes only later ("limit exceeded")."""
TRY_AGAIN_NS = 100_000_000
"""After this, what was too much is sent again."""
REPORT_NS = 250_000_000
GRACE = 10.0
"""Seconds to wait for the last answers."""
SAMPLES = 200
"""Hashes reported at most, of which the receipts are looked at."""


class Sender(msgspec.Struct):
    """An account of this process, by the connection (from 0 on) it sends over."""

    key: str
    nonce: int
    connection: int


class Plan(msgspec.Struct):
    """The work of one process. ``first`` and ``connections``: of all the load's connections it has so many, from that
    one on; ``of`` is how many there are.

    ``count``: transactions of the whole load, None for no limit; ``seconds`` likewise. ``rate``: of the whole load, in
    transactions per second; None: each connection sends when it is answered. ``batch``: transactions per request.
    """

    url: str
    workload: Workload
    senders: list[Sender]
    chain_id: int
    fee_cap: int
    tip: int
    first: int
    connections: int
    of: int
    batch: int
    method: str
    count: int | None
    seconds: float | None
    rate: float | None


class Ready(msgspec.Struct, tag="ready"):
    """All that can be signed ahead is: so many."""

    signed: int


class Report(msgspec.Struct, tag="report"):
    """The events since the last report. ``refused``: (code, example of the message) and how many, by the message
    without its numbers. ``failed``: included, but not successful, as far as answers said so. ``again``: times that the
    node asked for less. ``nonces``: of the last report, the next nonce of each account.
    """

    sent: int = 0
    taken: int = 0
    failed: int = 0
    again: int = 0
    refused: dict[str, tuple[int, str, int]] = {}
    counts: dict[int, int] = {}
    largest: int = 0
    sum: int = 0
    is_last: bool = False
    nonces: list[int] = []
    hashes: list[str] = []
    seconds: float = 0.0
    lost: str = ""


class Fault(msgspec.Struct, tag="fault"):
    """The reason why a process stopped early."""

    message: str


class _Line:
    """One connection, the transactions that are to go over it, and what is on its way."""

    def __init__(self, connection: Connection, transactions: Iterator[tuple[int, bytes]]) -> None:
        self.connection = connection
        self.transactions = transactions
        self.again: deque[tuple[int, bytes]] = deque()
        """What the node asked to be sent later."""
        self.under_way: list[tuple[int, bytes]] = []
        self.due = 0
        self.every = 0
        """Nanoseconds between requests, where there is a rate."""
        self.began = 0
        self.is_lost = False


class Process:
    """The work of one process. ``write``: what it says."""

    def __init__(self, plan: Plan, write: Callable[[Ready | Report | Fault], None]) -> None:
        self._plan = plan
        self._write = write
        self._now = SystemClock().monotonic_ns
        self._call = calls_of(plan.workload)
        self._keys = [bytes.fromhex(sender.key) for sender in plan.senders]
        self._addresses = [to_data(address_of(key)) for key in self._keys]
        self._nonces = [sender.nonce for sender in plan.senders]
        """Of what is signed next."""
        self._taken = list(self._nonces)
        """What follows the last that the node took."""
        self._retired: set[int] = set()
        self._latencies = Histogram()
        self._report = Report()
        self._last_answer = 0
        self._hashes: list[str] = []
        self._seen, self._apart = 0, 1
        """Of the transactions taken, each so-many-th is a sample."""
        self._sync = plan.method == SYNC

    def run(self, begin: Callable[[], object], input_fd: int) -> None:
        """Sign, call ``begin``, and send until all is sent, the time is over, or ``input_fd`` has something to read."""
        plan = self._plan
        lines = []
        signed = 0
        for index in range(plan.connections):
            transactions: Iterator[tuple[int, bytes]] = self._transactions(index)
            if plan.count is not None:
                ahead = list(transactions)
                signed += len(ahead)
                transactions = iter(ahead)
            lines.append(_Line(Connection(plan.url), transactions))
        self._write(Ready(signed))
        begin()
        started = self._now()
        for index, line in enumerate(lines):
            line.due = started
            if plan.rate is not None:
                line.every = round(1e9 * plan.batch * plan.of / plan.rate)
                line.due += round(1e9 * plan.batch * (plan.first + index) / plan.rate)
        self._drive(lines, started, input_fd)
        self._report.seconds = (self._last_answer - started) / 1e9
        self._report.is_last = True
        self._report.nonces, self._report.hashes = self._taken, self._hashes
        self._flush()

    def _transactions(self, connection: int) -> Iterator[tuple[int, bytes]]:
        """Yields the transactions for one connection: (account, signed transaction)."""
        plan, workload = self._plan, self._plan.workload
        mine = [index for index, sender in enumerate(plan.senders) if sender.connection == connection]
        number, turn = plan.first + connection, 0
        while plan.count is None or number < plan.count:
            account = mine[turn % len(mine)]
            if account not in self._retired:
                call = self._call(number, self._addresses[account])
                yield account, self._signed(account, call, workload.gas.get(workload.kind_of(number), 0))
            elif self._retired.issuperset(mine):
                return
            number += plan.of
            turn += 1

    def _signed(self, account: int, call: Call, gas: int) -> bytes:
        plan = self._plan
        unsigned = UnsignedTransaction(
            type=DYNAMIC_FEE,
            chain_id=plan.chain_id,
            nonce=self._nonces[account],
            gas_limit=gas if call.gas is None else call.gas,
            to=call.to,
            value=call.value,
            data=call.data,
            max_fee_per_gas=plan.fee_cap,
            max_priority_fee_per_gas=plan.tip,
        )
        self._nonces[account] += 1
        return encode_signed(unsigned, self._keys[account])[0]

    def _drive(self, idle: list[_Line], started: int, input_fd: int) -> None:
        plan = self._plan
        under_way = 0
        end = None if plan.seconds is None else started + round(plan.seconds * 1e9)
        until: int | None = None
        reported = self._last_answer = started
        with selectors.DefaultSelector() as selector:
            selector.register(input_fd, selectors.EVENT_READ)
            while True:
                now = self._now()
                if until is None and end is not None and now >= end:
                    idle, until = [], now + round(GRACE * 1e9)
                waiting = []
                for line in idle:
                    if line.due > now:
                        waiting.append(line)
                    elif self._send(line, now):
                        under_way += 1
                        selector.register(line.connection.socket, selectors.EVENT_READ, line)
                idle = waiting
                if (not under_way and not idle) or (until is not None and now >= until):
                    return
                wakes = [line.due for line in idle]
                wakes += [at for at in (until or end, reported + REPORT_NS) if at is not None]
                for key, _ in selector.select(max(min(wakes) - now, 0) / 1e9):
                    line = key.data
                    if line is None:
                        selector.unregister(input_fd)
                        idle, until = [], now + round(GRACE * 1e9)
                    elif self._receive(line):
                        under_way -= 1
                        selector.unregister(key.fileobj)
                        if until is None and not line.is_lost:
                            idle.append(line)
                if now > reported + REPORT_NS:
                    reported = now
                    self._flush()

    def _send(self, line: _Line, now: int) -> bool:
        """Send the next request; False where there is none."""
        some: list[tuple[int, bytes]] = []
        while len(some) < self._plan.batch:
            following = line.again.popleft() if line.again else next(line.transactions, None)
            if following is None:
                break
            if following[0] not in self._retired:
                some.append(following)
        if not some:
            return False
        members = [
            b'{"jsonrpc":"2.0","id":%d,"method":"%s","params":["0x%s"]}'
            % (index, self._plan.method.encode(), raw.hex().encode())
            for index, (_, raw) in enumerate(some)
        ]
        body = members[0] if self._plan.batch == 1 else b"[" + b",".join(members) + b"]"
        line.under_way, line.began = some, line.due if line.every else now
        line.due += line.every
        try:
            line.connection.send(line.connection.frame(body))
        except MegadevError as problem:
            self._lose(line, problem)
            return False
        self._report.sent += len(some)
        return True

    def _receive(self, line: _Line) -> bool:
        """Read what came; whether the answer is complete, or none will ever be."""
        try:
            body = line.connection.receive()
        except MegadevError as problem:
            self._lose(line, problem)
            return True
        if body is None:
            return False
        now = self._last_answer = self._now()
        if b'"error"' not in body and not self._sync and line.connection.status == 200:
            self._take(line.under_way)
        else:
            self._look_at(line, body, now)
        self._latencies.record(now - line.began, len(line.under_way))
        return True

    def _take(self, some: list[tuple[int, bytes]]) -> None:
        self._report.taken += len(some)
        for account, raw in some:
            self._taken[account] += 1
            if self._seen % self._apart == 0:
                self._hashes.append(to_data(keccak(raw)))
                if len(self._hashes) > SAMPLES:
                    self._hashes, self._apart = self._hashes[::2], 2 * self._apart
            self._seen += 1

    def _look_at(self, line: _Line, body: bytes, now: int) -> None:
        """An answer in which something may be wrong, member by member."""
        try:
            answers = msgspec.json.decode(body)
        except msgspec.DecodeError:
            answers = None
        if isinstance(answers, dict):  # one answer; also a batch may get just one, when all of it is refused
            answers = [answers | {"id": index} for index in range(len(line.under_way))]
        by_id: dict[object, Any] = {each.get("id"): each for each in answers or () if isinstance(each, dict)}
        for index, each in enumerate(line.under_way):
            answer = by_id.get(index)
            error = answer.get("error") if answer is not None else None
            if line.connection.status == 429 or (isinstance(error, dict) and error.get("code") == TOO_MANY):
                self._report.again += 1
                line.again.append(each)
                line.due = max(line.due, now + TRY_AGAIN_NS)
            elif answer is None:
                said = f"HTTP {line.connection.status}: {body[:80].decode(errors='replace')}"
                self._refuse(each[0], line.connection.status, f"no answer to it in {said}")
            elif error is not None:
                known = error if isinstance(error, dict) else {"message": error}
                code = known.get("code")
                self._refuse(each[0], code if isinstance(code, int) else 0, str(known.get("message"))[:200])
            else:
                self._take([each])
                receipt = answer.get("result")
                if isinstance(receipt, dict) and receipt.get("status") == "0x0":
                    self._report.failed += 1

    def _refuse(self, account: int, code: int, message: str) -> None:
        """Count a refusal; what is left of the account is not sent."""
        self._retired.add(account)
        alike = re.sub(r"0x[0-9a-fA-F]+|\d+", "…", f"{code} {message}")
        _, first, times = self._report.refused.get(alike, (code, message, 0))
        self._report.refused[alike] = (code, first, times + 1)

    def _lose(self, line: _Line, problem: MegadevError) -> None:
        line.is_lost = True
        self._report.lost = str(problem)
        self._retired.update(account for account, _ in line.under_way)

    def _flush(self) -> None:
        """Write what came since the last time."""
        report, latencies = self._report, self._latencies
        report.counts, report.largest, report.sum = latencies.counts, latencies.largest, latencies.sum
        self._write(report)
        self._report, self._latencies = Report(), Histogram()


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of them; the one who started us decides

    def write(message: Ready | Report | Fault) -> None:
        with contextlib.suppress(BrokenPipeError):  # nobody listens any more: its end of our input is closed, too
            sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
            sys.stdout.buffer.flush()

    def line(at_once: int) -> bytes:
        """Unbuffered, since a selector goes on with what is left of the input."""
        read = b""
        while not read.endswith(b"\n") and (more := os.read(0, at_once)):
            read += more
        return read

    try:
        plan = msgspec.json.decode(line(1 << 16), type=Plan)  # nothing more is said before it is ready
        Process(plan, write).run(lambda: line(1), 0)  # "stop" may follow "go" at once
    except MegadevError as problem:
        write(Fault(str(problem)))


if __name__ == "__main__":
    _main()
