"""The activity log of a running node: what was asked, and what became of each transaction.

``ActivityLog`` takes records on the node's threads and only stores them; a thread of its own turns them into
lines and writes those. ``TextLines`` and ``JsonLines`` say what the lines look like.

Why a bounded store that drops: a terminal that scrolls slowly, or a pipe nobody reads, must not hold up a transaction.
What was dropped is counted and said.
"""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol, TypeAlias

from megadev.cli.console import Paint
from megadev.events import BlockSealed, Event, TransactionAdmitted, TransactionDropped, TransactionPreconfirmed
from megadev.primitives.hexcodec import checksum_address
from megadev.rpc.envelope import Failure

CAPACITY = 10_000
"""Records kept while the output is busy."""
GATHER_SECONDS = 0.02
"""How long the writer waits for more before it writes: one system call for many lines."""
QUIET_SECONDS = 0.2
"""A group of equal requests is written when nothing has happened for so long."""
LINES_PER_TURN = 16
"""Lines made before other threads get a turn: under 0.1 ms, the most that a request waits for the log."""


class RequestAnswered(NamedTuple):
    """One JSON-RPC request was answered; ``failure`` when with an error."""

    method: str
    failure: Failure | None
    duration_ns: int


Record: TypeAlias = RequestAnswered | Event
Explain: TypeAlias = Callable[[bytes], str]
"""Revert data in words; '' when it says nothing."""


class Lines(Protocol):
    """Turns records into lines; may hold back some until it knows what follows."""

    def add(self, record: Record) -> Iterator[str]: ...

    def flush(self) -> Iterator[str]:
        """What was held back."""
        ...

    def dropped(self, count: int) -> str: ...


class TextLines:
    """For people: equal requests in a row become one line, a transaction gets three."""

    def __init__(self, paint: Paint, explain: Explain) -> None:
        self._paint = paint
        self._explain = explain
        self._group: RequestAnswered | None = None
        self._count = 0
        self._transactions: list[TransactionPreconfirmed] = []

    def add(self, record: Record) -> Iterator[str]:
        if isinstance(record, RequestAnswered):
            group = self._group
            if group is not None and (group.method, group.failure) != (record.method, record.failure):
                yield from self._close_group()
            self._group = record
            self._count += 1
            if self._transactions:  # preconfirmed while this request ran: they belong below it
                yield from self.flush()
        elif isinstance(record, TransactionPreconfirmed):
            self._transactions.append(record)
        elif isinstance(record, BlockSealed):
            count = len(record.block.transactions)
            if count > 1:  # with one transaction per block, the transaction's own lines say it
                yield from self.flush()
                header = record.block.header
                yield self._paint(f"  block {header.number}: {count} transactions, {header.gas_used} gas", fg="blue")
        elif isinstance(record, TransactionDropped):
            yield from self.flush()
            yield self._paint(f"  dropped 0x{record.tx.hash.hex()}: {record.reason}", fg="yellow")

    def flush(self) -> Iterator[str]:
        yield from self._close_group()
        held, self._transactions = self._transactions, []
        for transaction in held:
            yield from self._transaction(transaction)

    def dropped(self, count: int) -> str:
        return self._paint(f"({count} log records dropped: the output is too slow)", fg="yellow")

    def _close_group(self) -> Iterator[str]:
        if self._group is not None:
            yield self._request(self._group, self._count)
        self._group, self._count = None, 0

    def _request(self, request: RequestAnswered, count: int) -> str:
        times = f" ({count})" if count > 1 else ""
        took = self._paint(f"{request.duration_ns / 1e6:.2f} ms", dim=True)
        if request.failure is None:
            return f"{_one_line(request.method)}{times}  {took}"
        failure = f"error {request.failure.code}: {request.failure.message}"
        return f"{self._paint(f'{_one_line(request.method)}{times}  {_one_line(failure)}', fg='red')}  {took}"

    def _transaction(self, event: TransactionPreconfirmed) -> Iterator[str]:
        tx, receipt, paint = event.tx, event.receipt, self._paint
        if receipt.created is not None:
            target = f"created {checksum_address(receipt.created)}"
        else:
            target = checksum_address(tx.to) if tx.to is not None else "created nothing"
        outcome = (
            paint("success", fg="green")
            if receipt.succeeded
            else paint(_one_line(_failure(event, self._explain)), fg="red")
        )
        yield f"  {paint(f'0x{tx.hash.hex()}', bold=True)}"
        yield f"    {checksum_address(tx.sender)} → {target}"
        yield (
            f"    {outcome} · {receipt.gas_used} gas · block {event.block_number} · "
            f"preconfirmed in {event.duration_ns // 1000} µs"
        )


class JsonLines:
    """For programs: one JSON object per record, nothing grouped. Durations as their names say."""

    def __init__(self, explain: Explain) -> None:
        self._explain = explain

    def add(self, record: Record) -> Iterator[str]:
        if isinstance(record, RequestAnswered):
            fields: dict[str, object] = {
                "event": "request",
                "method": record.method,
                "durationUs": record.duration_ns // 1000,
            }
            if record.failure is not None:
                fields["error"] = {"code": record.failure.code, "message": record.failure.message}
            yield _dump(fields)
        elif isinstance(record, TransactionPreconfirmed):
            tx, receipt = record.tx, record.receipt
            yield _dump(
                {
                    "event": "transaction",
                    "hash": f"0x{tx.hash.hex()}",
                    "from": checksum_address(tx.sender),
                    "to": None if tx.to is None else checksum_address(tx.to),
                    "contractAddress": None if receipt.created is None else checksum_address(receipt.created),
                    "gasUsed": receipt.gas_used,
                    "status": int(receipt.succeeded),
                    "error": None if receipt.succeeded else _failure(record, self._explain),
                    "blockNumber": record.block_number,
                    "preconfirmedUs": record.duration_ns // 1000,
                }
            )
        elif isinstance(record, BlockSealed):
            block = record.block
            yield _dump(
                {
                    "event": "block",
                    "number": block.header.number,
                    "hash": f"0x{block.hash.hex()}",
                    "timestamp": block.header.timestamp,
                    "gasUsed": block.header.gas_used,
                    "transactions": len(block.transactions),
                }
            )
        elif isinstance(record, TransactionDropped):
            yield _dump({"event": "dropped", "hash": f"0x{record.tx.hash.hex()}", "reason": record.reason})

    def flush(self) -> Iterator[str]:
        return iter(())

    def dropped(self, count: int) -> str:
        return _dump({"event": "logDropped", "records": count})


class ActivityLog:
    """Takes records at once and writes them when it can.

    ``write`` takes bytes and may block; it runs on the log's own thread only. Raising OSError from it (the reader has
    gone) ends the log, not the node.
    """

    def __init__(
        self,
        lines: Lines,
        write: Callable[[bytes], object],
        *,
        capacity: int = CAPACITY,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._lines = lines
        self._write = write
        self._wanted = wanted
        self._capacity = capacity
        self._records: deque[Record] = deque()
        self._lost = 0
        self._lost_told = 0
        self._more = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="megadev-log", daemon=True)

    def start(self) -> ActivityLog:
        self._thread.start()
        return self

    def record(self, record: Record) -> None:
        """Take notice of a record, on any thread. Never blocks."""
        if not self._wanted():
            return
        if len(self._records) < self._capacity:
            self._records.append(record)
        else:
            self._lost += 1
        if not self._more.is_set():
            self._more.set()

    def event(self, event: Event) -> None:
        """Take notice of something that happened on the chain."""
        if type(event) is not TransactionAdmitted:  # its preconfirmation tells more, a moment later
            self.record(event)

    def request(self, method: str, failure: Failure | None, duration_ns: int) -> None:
        """Take notice of an answered request."""
        self.record(RequestAnswered(method, failure, duration_ns))

    def close(self, timeout: float = 1.0) -> None:
        """Write what is left and stop; gives up on an output that takes longer than ``timeout`` seconds."""
        self._closing.set()
        self._more.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        wait: float | None = None
        try:
            while not self._closing.is_set():
                if self._more.wait(wait):
                    self._closing.wait(GATHER_SECONDS)
                    self._more.clear()  # before looking, so that what arrives meanwhile is looked for again
                    self._write_records()
                    wait = QUIET_SECONDS
                else:
                    self._put(self._lines.flush())
                    wait = None
            self._write_records()
            self._put(self._lines.flush())
        except OSError:
            self._capacity = 0

    def _write_records(self) -> None:
        """Make and write lines, a few at a time: writing lets the other threads run."""
        while self._records or self._lost > self._lost_told:
            made: list[str] = []
            while self._records and len(made) < LINES_PER_TURN:
                made.extend(self._lines.add(self._records.popleft()))
            lost = self._lost - self._lost_told
            if lost:
                self._lost_told += lost
                made.append(self._lines.dropped(lost))
            self._put(made)

    def _put(self, lines: Iterable[str]) -> None:
        text = "".join(f"{line}\n" for line in lines)
        if text:
            self._write(text.encode(errors="replace"))


def descriptor_writer(descriptor: int, encoding: str) -> Callable[[bytes], object]:
    """Writes UTF-8 bytes to a file descriptor, all of them, in another encoding if need be."""
    transcode = encoding.lower().replace("-", "") != "utf8"

    def write(data: bytes) -> None:
        if transcode:
            data = data.decode().encode(encoding, errors="replace")
        while data:
            data = data[os.write(descriptor, data) :]

    return write


def _failure(event: TransactionPreconfirmed, explain: Explain) -> str:
    """Why a transaction failed, in words."""
    error = event.receipt.error or "failed"
    reason = explain(event.receipt.output) if event.receipt.output else ""
    return f"{error}: {reason}" if reason else error


def _one_line(text: str) -> str:
    """Text that stays on its line: what a contract says may hold anything, terminal escapes included."""
    return "".join(char if char.isprintable() else "·" for char in text[:500])


def _dump(fields: dict[str, object]) -> str:
    return json.dumps(fields, separators=(",", ":"))
