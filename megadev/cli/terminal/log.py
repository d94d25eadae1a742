"""The activity log of a running node: what was asked, and what became of each transaction.

``ActivityLog`` takes records on the node's threads and only stores them; a thread of its own turns them into
lines and writes those. ``TextLines`` and ``JsonLines`` say what the lines look like, for one chain each: what happens
on the L2 is told as it is, what happens beside it with the chain's name.

Why a bounded store that drops: a terminal that scrolls slowly, or a pipe nobody reads, must not hold up a transaction.
What was dropped is counted and said.
"""

from __future__ import annotations

import json
import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from megadev.chain.receipts import ConsoleCall
from megadev.chain.transactions import DEPOSIT
from megadev.cli.terminal.console import GATHER_SECONDS, Paint, counted, one_line, plain_lines
from megadev.events import (
    BatchPosted,
    BlockSealed,
    Event,
    MiniBlockEquivocated,
    MiniBlockSealed,
    PreconfirmationsLost,
    SequencerTurned,
    TransactionAdmitted,
    TransactionDropped,
    TransactionPreconfirmed,
)
from megadev.evm.console import read_console
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.rpc.envelope import Failure

CAPACITY = 10_000
"""Records kept while the output is busy."""
QUIET_SECONDS = 0.2
"""A group of equal requests is written when nothing has happened for so long."""
LINES_PER_TURN = 16
"""Lines made before other threads get a turn: under 0.1 ms, the most that a request waits for the log."""
MESSAGES_SHOWN = 200
"""Of what one transaction or call prints; ``megadev_getConsoleLogs`` has the rest."""
COLOURS = {"failed": "red", "refused": "yellow", "reloaded": "green", "undone": "green"}
"""Of hot reload's notices."""
LONGEST_MESSAGE = 10_000
"""Characters of one message that are shown."""


class RequestAnswered(NamedTuple):
    """One JSON-RPC request was answered; ``failure`` when with an error. ``printed``: what its calls printed with
    console.log, but not its transactions.
    """

    method: str
    failure: Failure | None
    duration_ns: int
    printed: tuple[ConsoleCall, ...] = ()


class RequestRefused(NamedTuple):
    """A request was not served: for a host, or from an origin, that is not allowed."""

    reason: str


class Told(NamedTuple):
    """A notice of hot reload. ``kind`` as of its notices; ``fields`` for programs."""

    kind: str
    text: str
    fields: dict[str, object]


Record: TypeAlias = RequestAnswered | RequestRefused | Told | Event
Explain: TypeAlias = Callable[[bytes], str]
"""Revert data in words; '' when it says nothing."""


class SourceLine(NamedTuple):
    """A line of source."""

    source: str
    line: int
    function: str
    text: str


class Located(NamedTuple):
    """The reason and source lines of a failed transaction, innermost first."""

    reason: str
    places: tuple[SourceLine, ...]


Locate: TypeAlias = Callable[[TransactionPreconfirmed], Located | None]
"""Finds out where a transaction failed; None where that is not known, or would take too long."""


class Words(NamedTuple):
    """A transaction in words, if the contract is known, and its kind, if it is not a user's."""

    call: str = ""
    origin: str = ""


Describe: TypeAlias = Callable[[TransactionPreconfirmed], Words]


def undescribed(event: TransactionPreconfirmed) -> Words:
    """Describes nothing: no contracts are known."""
    return Words()


def nowhere(event: TransactionPreconfirmed) -> Located | None:
    """Locates nothing: no sources are available."""
    return None


class Lines(Protocol):
    """Turns records into lines; may hold back some until it knows what follows."""

    def add(self, record: Record) -> Iterator[str]: ...

    def flush(self) -> Iterator[str]:
        """Yields the lines that were held back."""
        ...

    def dropped(self, count: int) -> str: ...


class TextLines:
    """For people: equal requests in a row become one line, a transaction gets three. Below them stands where it failed
    and, with ``console``, what it printed. Each line begins with ``chain``, where one is named.
    """

    def __init__(
        self,
        paint: Paint,
        explain: Explain,
        *,
        locate: Locate = nowhere,
        describe: Describe = undescribed,
        console: bool = True,
        chain: str = "",
        is_told: Callable[[TransactionPreconfirmed], bool] = lambda event: True,
    ) -> None:
        self._paint = paint
        self._is_told = is_told
        self._label = f"{paint(chain, fg='magenta')}  " if chain else ""
        self._explain = explain
        self._locate = locate
        self._describe = describe
        self._console = console
        self._group: RequestAnswered | None = None
        self._count = 0
        self._transactions: list[TransactionPreconfirmed] = []

    def add(self, record: Record) -> Iterator[str]:
        return self._labelled(self._add(record))

    def flush(self) -> Iterator[str]:
        return self._labelled(self._flush())

    def dropped(self, count: int) -> str:
        return self._paint(f"({count} log records dropped: the output is too slow)", fg="yellow")

    def _labelled(self, lines: Iterator[str]) -> Iterator[str]:
        return (self._label + line for line in lines) if self._label else lines

    def _add(self, record: Record) -> Iterator[str]:
        if isinstance(record, RequestAnswered):
            group = self._group
            if group is not None and (group.printed or record.printed or group[:2] != record[:2]):
                yield from self._close_group()
            self._group = record
            self._count += 1
            if self._transactions:  # preconfirmed while this request ran: they belong below it
                yield from self._flush()
        elif isinstance(record, TransactionPreconfirmed):
            if self._is_told(record):
                self._transactions.append(record)
        elif isinstance(record, BatchPosted):
            if record.transactions:  # of an idle chain there is nothing to be told
                yield from self._flush()
                yield self._paint(f"  {batch_words(record)}", fg="blue")
        elif isinstance(record, BlockSealed):
            count = len(record.block.transactions)
            if count > 1:  # with one transaction per block, the transaction's own lines say it
                yield from self._flush()
                header = record.block.header
                yield self._paint(
                    f"  block {header.number}: {counted(count, 'transaction')}, {header.gas_used} gas", fg="blue"
                )
        elif isinstance(record, Told):
            yield from self._flush()
            first, *others = (one_line(line, LONGEST_MESSAGE) for line in record.text.split("\n"))
            yield self._paint(first, fg=COLOURS.get(record.kind, "cyan"))
            yield from others
        elif isinstance(record, RequestRefused):
            yield from self._flush()
            yield self._paint(f"refused a request: {one_line(record.reason, LONGEST_MESSAGE)}", fg="yellow")
        elif isinstance(record, TransactionDropped):
            yield from self._flush()
            yield self._paint(f"  dropped {to_data(record.tx.hash)}: {record.reason}", fg="yellow")
        elif isinstance(record, PreconfirmationsLost | MiniBlockEquivocated | SequencerTurned):
            yield from self.flush()
            yield from self._fault(record)

    def _flush(self) -> Iterator[str]:
        yield from self._close_group()
        held, self._transactions = self._transactions, []
        for transaction in held:
            yield from self._transaction(transaction)

    def _close_group(self) -> Iterator[str]:
        if self._group is not None:
            yield self._request(self._group, self._count)
            yield from self._messages(self._group.printed, "  ")
        self._group, self._count = None, 0

    def _request(self, request: RequestAnswered, count: int) -> str:
        times = f" ({count})" if count > 1 else ""
        took = self._paint(f"{request.duration_ns / 1e6:.2f} ms", dim=True)
        if request.failure is None:
            return f"{one_line(request.method)}{times}  {took}"
        failure = f"error {request.failure.code}: {request.failure.message}"
        return f"{self._paint(f'{one_line(request.method)}{times}  {one_line(failure)}', fg='red')}  {took}"

    def _transaction(self, event: TransactionPreconfirmed) -> Iterator[str]:
        tx, receipt, paint = event.tx, event.receipt, self._paint
        if receipt.created is not None:
            target = f"created {checksum_address(receipt.created)}"
        else:
            target = checksum_address(tx.to) if tx.to is not None else "created nothing"
        located = None if receipt.succeeded else self._locate(event)
        outcome = (
            paint("success", fg="green")
            if receipt.succeeded
            else paint(one_line(_failure(event, self._explain, located)), fg="red")
        )
        yield f"  {paint(f'{to_data(tx.hash)}', bold=True)}"
        words = self._describe(event)
        origin = f"  {paint(f'({words.origin})', dim=True)}" if words.origin else ""
        yield f"    {checksum_address(tx.sender)} → {target}{origin}"
        if words.call:
            yield f"    {paint(one_line(words.call), fg='cyan')}"
        yield (
            f"    {outcome} · {receipt.gas_used} gas · block {event.block_number} · "
            f"preconfirmed in {event.duration_ns // 1000} µs"
        )
        for place in () if located is None else located.places:
            where = paint(one_line(f"{place.source}:{place.line}"), fg="cyan")
            yield f"      at {where}  {one_line(place.text)}"
        yield from self._messages(receipt.console, "    ")

    def _fault(self, record: PreconfirmationsLost | MiniBlockEquivocated | SequencerTurned) -> Iterator[str]:
        if isinstance(record, SequencerTurned):
            kept = f", {counted(record.unsealed, 'transaction')} unsealed" if record.unsealed else ""
            yield self._paint(f"  sequencer {record.condition.value}{kept}", fg="yellow")
        elif isinstance(record, MiniBlockEquivocated):
            number = record.mini_block.number
            yield self._paint(f"  mini-block {number} was signed twice, with different content", fg="red")
        else:
            # what users sent comes first: the transactions that a block begins with are broken along with theirs
            for tx in sorted(record.transactions, key=lambda tx: tx.type == DEPOSIT):
                yield self._paint(f"  promise broken {to_data(tx.hash)}: {record.reason}", fg="red")

    def _messages(self, console: Sequence[ConsoleCall], indent: str) -> Iterator[str]:
        """Yields the console output, under a heading."""
        if not console or not self._console:
            return
        yield self._paint(f"{indent}console.log:", dim=True)
        for call in console[:MESSAGES_SHOWN]:
            for line in plain_lines(read_console(call.data).text, LONGEST_MESSAGE):
                yield f"{indent}  {line}"
        left = len(console) - MESSAGES_SHOWN
        if left > 0:
            yield self._paint(f"{indent}  ({left} more: ask megadev_getConsoleLogs)", dim=True)


def batch_words(batch: BatchPosted) -> str:
    """Returns the posted batch in one line."""
    which = f"block {batch.first}" if batch.first == batch.last else f"blocks {batch.first} to {batch.last}"
    where = {"calldata": "as calldata", "blobs": "in blobs", "external": "in the DA store"}[batch.da]
    return f"batch of {which}: {counted(batch.transactions, 'transaction')}, {batch.size:,} bytes {where}"


class JsonLines:
    """For programs: one JSON object per record, nothing grouped. Durations as their names say; ``chain`` is told where
    one is named.
    """

    def __init__(self, explain: Explain, *, locate: Locate = nowhere, console: bool = True, chain: str = "") -> None:
        self._chain = {"chain": chain} if chain else {}
        self._explain = explain
        self._locate = locate
        self._console = console

    def add(self, record: Record) -> Iterator[str]:
        if isinstance(record, RequestAnswered):
            fields: dict[str, object] = {
                "event": "request",
                "method": record.method,
                "durationUs": record.duration_ns // 1000,
            }
            if record.failure is not None:
                fields["error"] = {"code": record.failure.code, "message": record.failure.message}
            self._add_messages(fields, record.printed)
            yield self._dump(fields)
        elif isinstance(record, TransactionPreconfirmed):
            tx, receipt = record.tx, record.receipt
            located = None if receipt.succeeded else self._locate(record)
            fields = {
                "event": "transaction",
                "hash": f"{to_data(tx.hash)}",
                "from": checksum_address(tx.sender),
                "to": None if tx.to is None else checksum_address(tx.to),
                "contractAddress": None if receipt.created is None else checksum_address(receipt.created),
                "gasUsed": receipt.gas_used,
                "status": int(receipt.succeeded),
                "error": None if receipt.succeeded else _failure(record, self._explain, located),
                "blockNumber": record.block_number,
                "preconfirmedUs": record.duration_ns // 1000,
            }
            if located is not None:
                fields["stack"] = [place._asdict() for place in located.places]
            self._add_messages(fields, receipt.console)
            yield self._dump(fields)
        elif isinstance(record, BlockSealed):
            block = record.block
            yield self._dump(
                {
                    "event": "block",
                    "number": block.header.number,
                    "hash": f"{to_data(block.hash)}",
                    "timestamp": block.header.timestamp,
                    "gasUsed": block.header.gas_used,
                    "transactions": len(block.transactions),
                }
            )
        elif isinstance(record, Told):
            yield _dump({"event": f"reload.{record.kind}", "message": record.text, **record.fields})
        elif isinstance(record, RequestRefused):
            yield self._dump({"event": "refused", "reason": record.reason})
        elif isinstance(record, TransactionDropped):
            yield self._dump({"event": "dropped", "hash": f"{to_data(record.tx.hash)}", "reason": record.reason})
        elif isinstance(record, PreconfirmationsLost):
            yield self._dump(
                {
                    "event": "promisesBroken",
                    "blockNumber": record.block_number,
                    "hashes": [f"{to_data(tx.hash)}" for tx in record.transactions],
                    "reason": record.reason,
                }
            )
        elif isinstance(record, BatchPosted):
            yield self._dump(
                {
                    "event": "batch",
                    "firstBlock": record.first,
                    "lastBlock": record.last,
                    "transactions": record.transactions,
                    "bytes": record.size,
                    "da": record.da,
                }
            )
        elif isinstance(record, MiniBlockEquivocated):
            yield self._dump({"event": "equivocation", "miniBlockNumber": record.mini_block.number})
        elif isinstance(record, SequencerTurned):
            yield self._dump({"event": "sequencer", "condition": record.condition.value, "unsealed": record.unsealed})

    def flush(self) -> Iterator[str]:
        return iter(())

    def dropped(self, count: int) -> str:
        return _dump({"event": "logDropped", "records": count})

    def _dump(self, fields: dict[str, object]) -> str:
        return _dump(fields | self._chain)

    def _add_messages(self, fields: dict[str, object], console: Sequence[ConsoleCall]) -> None:
        """Adds the console output as it is; no member if there was none."""
        if console and self._console:
            fields["console"] = [read_console(call.data).text for call in console]


class Feed:
    """The events of one chain, for a log."""

    def __init__(self, log: ActivityLog, lines: Lines) -> None:
        self._log = log
        self._lines = lines
        self._printed: defaultdict[int, list[ConsoleCall]] = defaultdict(list)
        """What calls printed whose requests are not answered yet, by their threads."""

    def event(self, event: Event) -> None:
        """Take notice of something that happened on the chain."""
        # a transaction's preconfirmation tells more, a moment later, and a mini-block nothing that is new then
        if type(event) is not TransactionAdmitted and type(event) is not MiniBlockSealed:
            self._log.record(event, self._lines)

    def request(self, method: str, failure: Failure | None, duration_ns: int) -> None:
        """Take notice of an answered request, on the thread that ran it."""
        printed = tuple(self._printed.pop(threading.get_ident(), ())) if self._printed else ()
        self._log.record(RequestAnswered(method, failure, duration_ns, printed), self._lines)

    def refused(self, reason: str) -> None:
        """Take notice of a request that was not served."""
        self._log.record(RequestRefused(reason), self._lines)

    def printed(self, console: tuple[ConsoleCall, ...]) -> None:
        """Take notice of what a call printed, on its thread and before its request is answered."""
        self._printed[threading.get_ident()].extend(console)


class ActivityLog:
    """Takes records at once and writes them when it can. ``feed`` gives what takes notice of a chain.

    ``gather``: seconds for which more is waited for before anything is written. ``write`` takes bytes and may block;
    it runs on the log's own thread only. Raising OSError from it (the reader has gone) ends the log, not the node.
    """

    def __init__(
        self,
        lines: Lines,
        write: Callable[[bytes], object],
        *,
        capacity: int = CAPACITY,
        gather: float = GATHER_SECONDS,
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._lines = self._current = lines
        self._write = write
        self._wanted = wanted
        self._capacity = capacity
        self._gather = gather
        self._records: deque[tuple[Lines, Record]] = deque()
        self._lost = 0
        self._lost_told = 0
        self._more = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="megadev-log", daemon=True)

    def start(self) -> ActivityLog:
        self._thread.start()
        return self

    def feed(self, lines: Lines | None = None) -> Feed:
        """Returns the feed of a chain: the log's own or, with separate ``lines``, another."""
        return Feed(self, self._lines if lines is None else lines)

    def record(self, record: Record, lines: Lines | None = None) -> None:
        """Take notice of a record, on any thread. Never blocks. ``lines`` tells what it looks like, where it is not of
        the log's own chain.
        """
        if not self._wanted():
            return
        if len(self._records) < self._capacity:
            self._records.append((self._lines if lines is None else lines, record))
        else:
            self._lost += 1
        if not self._more.is_set():
            self._more.set()

    @property
    def waiting(self) -> int:
        """Records that are not written yet."""
        return len(self._records)

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
                    self._closing.wait(self._gather)
                    self._more.clear()  # before looking, so that what arrives meanwhile is looked for again
                    self._write_records()
                    wait = QUIET_SECONDS
                else:
                    self._put(self._current.flush())
                    wait = None
            self._write_records()
            self._put(self._current.flush())
        except OSError:
            self._capacity = 0

    def _write_records(self) -> None:
        """Make and write lines, a few at a time: writing lets the other threads run."""
        while self._records or self._lost > self._lost_told:
            made: list[str] = []
            while self._records and len(made) < LINES_PER_TURN:
                lines, record = self._records.popleft()
                if lines is not self._current:
                    made.extend(self._current.flush())
                    self._current = lines
                made.extend(lines.add(record))
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


def _failure(event: TransactionPreconfirmed, explain: Explain, located: Located | None) -> str:
    """Returns why a transaction failed, in words."""
    error = event.receipt.error or "failed"
    output = event.receipt.output
    reason = located.reason if located is not None else explain(output) if output else ""
    return f"{error}: {reason}" if reason and not reason.startswith(error) else reason or error


def _dump(fields: dict[str, object]) -> str:
    return json.dumps(fields, separators=(",", ":"))
