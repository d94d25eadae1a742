"""What ``megadev up --ui`` shows: the state of a running node, gathered from events and drawn as lines of text.

``Board`` gathers, on the node's threads; ``draw`` makes the lines of one screen, of any size, and touches no terminal.
Nothing is said by colour alone. What comes from contracts is made printable first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from megadev import __version__
from megadev.artifacts import explain
from megadev.chain.blocks import Tag
from megadev.cli.console import one_line
from megadev.clock import SystemClock
from megadev.events import BlockSealed, Event, MiniBlockSealed, TransactionPreconfirmed
from megadev.primitives.hexcodec import checksum_address

if TYPE_CHECKING:
    from rich.text import Text

    from megadev.devnet import Devnet

DURATIONS_KEPT = 1_000
"""Preconfirmations that the histogram is of."""
TRANSACTIONS_KEPT = 200
RATE_SECONDS = 5
"""Rates are of so many seconds."""
TIMES_KEPT = 100_000
STEPS_MS = (0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper ends of the histogram's rows; the last row has what took longer."""
KEYS = (
    ("m", "mine"), ("h", "+1 hour"), ("d", "+1 day"), ("s", "snapshot"), ("r", "revert"), ("p", "pause"), ("q", "quit"),
)  # fmt: skip
LEAST_HEIGHT = 12
"""Below that many lines there is no room for the histogram."""
NANOSECONDS = 1_000_000_000
monotonic_ns = SystemClock().monotonic_ns
"""Rates are for people, who look at them by their own clock: no clock is injected."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A transaction as it is shown. ``took_ns``: until it was preconfirmed."""

    tx_hash: str
    block: int
    succeeded: bool
    says: str
    took_ns: int


class Board:
    """What happened lately."""

    def __init__(self, devnet: Devnet, url: str) -> None:
        self.devnet = devnet
        self.url = url
        self.note = ""
        """The answer to the last key."""
        self.paused = False
        self._took_ns: deque[int] = deque(maxlen=DURATIONS_KEPT)
        self._transactions: deque[TransactionPreconfirmed] = deque(maxlen=TRANSACTIONS_KEPT)
        self._times: dict[type[Event], deque[int]] = {
            kind: deque(maxlen=TIMES_KEPT) for kind in (BlockSealed, MiniBlockSealed, TransactionPreconfirmed)
        }
        self._rows: dict[bytes, _Row] = {}

    def event(self, event: Event) -> None:
        """Take notice of something that happened on the chain."""
        times = self._times.get(type(event))
        if times is not None:
            times.append(monotonic_ns())
        if type(event) is TransactionPreconfirmed:
            self._took_ns.append(event.duration_ns)
            self._transactions.append(event)

    def draw(self, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
        """The lines of a screen: exactly ``height``, none longer than ``width``."""
        from rich.text import Text

        top = [*self._head(width, ascii_only)]
        if height >= LEAST_HEIGHT + len(STEPS_MS):
            top += self._histogram(width, ascii_only)
        bottom = [Text(one_line(self.note, width), "yellow"), self._keys()]
        room = height - len(top) - len(bottom) - 2
        middle = [Text(""), Text("Last transactions", "bold"), *self._last(room, width, ascii_only)] if room > 0 else []
        middle += [Text("")] * (height - len(top) - len(bottom) - len(middle))
        lines = [*top, *middle, *bottom][-height:] if height < len(top) + len(bottom) else [*top, *middle, *bottom]
        for line in lines:
            line.truncate(width, overflow="crop" if ascii_only else "ellipsis")
        return lines

    def _head(self, width: int, ascii_only: bool) -> Iterator[Text]:
        from rich.text import Text

        net = self.devnet
        chain, config = net.node.l2, net.config
        state = Text(" PAUSED", "bold red") if self.paused else Text("")
        yield Text.assemble(
            ("megadev ", "bold cyan"), f"{__version__}  {config.preset}  chain {chain.spec.chain_id}  {self.url}", state
        )
        yield Text(("-" if ascii_only else "─") * width, "dim")
        head = chain.head
        waiting = sum(1 for _ in chain.pool.transactions())
        yield Text.assemble(
            ("heads   ", "dim"),
            *("unsafe ", (f"{head.number}", "bold"), f"   safe {chain.block(Tag.SAFE).number}"),
            f"   finalized {chain.block(Tag.FINALIZED).number}   waiting {waiting}",
        )
        yield Text.assemble(("time    ", "dim"), _moment(head.header.timestamp))
        rates = (
            ("blocks", BlockSealed), ("mini-blocks", MiniBlockSealed), ("transactions", TransactionPreconfirmed),
        )  # fmt: skip
        yield Text.assemble(
            ("each s  ", "dim"), "   ".join(f"{name} {self._rate(self._times[kind]):.1f}" for name, kind in rates)
        )

    def _rate(self, times: deque[int]) -> float:
        since = monotonic_ns() - RATE_SECONDS * NANOSECONDS
        count = 0
        for moment in reversed(times.copy()):
            if moment < since:
                break
            count += 1
        return count / RATE_SECONDS

    def _histogram(self, width: int, ascii_only: bool) -> Iterator[Text]:
        from rich.text import Text

        took_ms = sorted(took / 1e6 for took in self._took_ns.copy())
        if not took_ms:
            yield Text.assemble(("preconf ", "dim"), "no transaction yet")
            return
        yield Text.assemble(
            ("preconf ", "dim"),
            *("p50 ", (f"{_percentile(took_ms, 50):.2f} ms", "bold"), "   p99 "),
            *((f"{_percentile(took_ms, 99):.2f} ms", "bold"), f"   of the last {len(took_ms)}"),
        )
        counts = [0] * (len(STEPS_MS) + 1)
        for took in took_ms:
            counts[next((row for row, end in enumerate(STEPS_MS) if took < end), len(STEPS_MS))] += 1
        names = [f"< {end:g} ms" for end in STEPS_MS] + [f"≥ {STEPS_MS[-1]:g} ms"]
        if ascii_only:
            names[-1] = names[-1].replace("≥", ">=")
        longest = max(10, width - 32)
        for name, count in zip(names, counts, strict=True):
            length = -(-count * longest // len(took_ms))
            bar = ("#" if ascii_only else "█") * length
            yield Text.assemble((f"{name:>17} ", "dim"), (bar, "green"), f" {count}" if count else "")

    def _last(self, room: int, width: int, ascii_only: bool) -> Iterator[Text]:
        from rich.text import Text

        latest = list(self._transactions.copy())[-room:] if room > 0 else []
        self._rows = {event.tx.hash: self._rows.get(event.tx.hash) or self._row(event) for event in latest}
        good, bad = ("ok ", "no ") if ascii_only else ("✓ ", "✗ ")
        for event in reversed(latest):
            row = self._rows[event.tx.hash]
            mark = (good, "green") if row.succeeded else (bad, "red")
            took = f"{row.took_ns / 1e6:6.2f} ms"
            left = Text.assemble(
                mark, (row.tx_hash, "dim"), f" {row.block:>5} ", (row.says, "" if row.succeeded else "red")
            )
            left.truncate(max(0, width - len(took) - 1), overflow="crop" if ascii_only else "ellipsis", pad=True)
            yield Text.assemble(left, " ", (took, "dim"))

    def _row(self, event: TransactionPreconfirmed) -> _Row:
        """In words; decoded once, and only if there is room to show it."""
        tx, receipt, registry = event.tx, event.receipt, self.devnet.node.artifacts
        if tx.to is None:
            says = f"new {explain.creation(registry, tx.data)}"
        else:
            state = self.devnet.node.l2.state(Tag.LATEST)
            account = state.account(tx.to)
            code = b"" if account is None else state.code(account.code_hash)
            if code:
                call = explain.call(registry, registry.contract_at(tx.to, code), tx.data)
                says = str(call) if call.contract else f"{_short(checksum_address(tx.to))}.{call}"
            else:
                says = f"{_ether(tx.value)} to {_short(checksum_address(tx.to))}"
        if not receipt.succeeded:
            reason = explain.error(registry, receipt.output) if receipt.output else ""
            says = f"{reason or receipt.error or 'failed'}: {says}"
        return _Row(
            _short("0x" + tx.hash.hex()), event.block_number, receipt.succeeded, one_line(says), event.duration_ns
        )

    def _keys(self) -> Text:
        from rich.text import Text

        line = Text()
        for key, does in KEYS:
            does = "resume" if key == "p" and self.paused else does
            line.append(f" {key} ", "reverse")
            line.append(f" {does} ")
        return line


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _short(text: str) -> str:
    return f"{text[:6]}..{text[-4:]}"


def _ether(wei: int) -> str:
    return f"{wei / 10**18:g} ETH" if wei >= 10**12 else f"{wei} wei"


def _moment(timestamp: int) -> str:
    try:
        return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC ({timestamp})"
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
