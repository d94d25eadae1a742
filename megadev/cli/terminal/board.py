"""A snapshot of a running node, as a value to be drawn.

``Board`` takes notice of events, on the node's threads and in no time; ``view`` puts them together with what the chains
hold (immutable values, read on the caller's thread) into a frozen ``View``. Nothing here draws, nothing is asked of the
writer's thread, and what comes from contracts is made printable first.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from megadev import __version__
from megadev.chain.blocks import Tag
from megadev.chain.receipts import ConsoleCall
from megadev.chain.transactions import DEPOSIT
from megadev.cli.terminal.calls import Calls, ether
from megadev.cli.terminal.console import counted, one_line, plain_lines
from megadev.cli.terminal.failures import FailureLocator
from megadev.clock import SystemClock
from megadev.errors import MegadevError
from megadev.events import (
    BatchPosted,
    BlockSealed,
    BlocksRemoved,
    Event,
    MiniBlockEquivocated,
    MiniBlockSealed,
    PreconfirmationsLost,
    SequencerCondition,
    SequencerTurned,
    TransactionAdmitted,
    TransactionDropped,
    TransactionPreconfirmed,
)
from megadev.evm.console import read_console
from megadev.node.faults import faults_on
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.rollup.deposits import DEPOSITOR
from megadev.rollup.messages import (
    DepositStatus,
    SentDeposit,
    SentWithdrawal,
    WithdrawalStatus,
    sent_deposits,
)
from megadev.rollup.withdrawals import withdrawal_logs
from megadev.sequencer.modes import MiningMode

if TYPE_CHECKING:
    from rich.text import Text

    from megadev.devnet import Devnet
    from megadev.node.chain import LocalChain
    from megadev.reload.notices import Notice

DURATIONS_KEPT = 1_000
"""Preconfirmations that the histogram is of."""
TRANSACTIONS_KEPT = 200
FAILURES_KEPT = 20
"""Transactions that wait for the line where they failed."""
HAPPENINGS_KEPT = 200
LINES_KEPT = 12
"""Of one happening: what a compiler says may be long."""
RATE_SECONDS = 5
"""Rates are of so many seconds."""
STEPS_MS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0)
"""Upper ends of the histogram's columns; the last one has what took longer."""
BATCHES_KEPT = 3
"""Of what was posted, the newest."""
MESSAGES_KEPT = 100
"""Messages between the chains that are shown at most; what is over goes first."""
NANOSECONDS = 1_000_000_000
monotonic_ns = SystemClock().monotonic_ns
_Numbered: TypeAlias = "tuple[int, LocalChain, TransactionPreconfirmed]"
_LONG_HEX = re.compile(r"0x[0-9a-fA-F]{40,}")
_DEPOSITS = {
    DepositStatus.WAITING: "waiting for L2's next block",
    DepositStatus.EXECUTED: "arrived",
    DepositStatus.FAILED: "its call failed on L2",
    DepositStatus.RELAY_FAILED: "its message failed on L2, and can be relayed again",
}
_WITHDRAWALS = {
    WithdrawalStatus.WAITING_TO_PROVE: "initiated, awaits a proposal",
    WithdrawalStatus.READY_TO_PROVE: "ready to prove",
    WithdrawalStatus.WAITING_TO_FINALIZE: "proven",
    WithdrawalStatus.READY_TO_FINALIZE: "ready to finalize",
    WithdrawalStatus.FINALIZED: "finalized",
}


@dataclass(frozen=True, slots=True)
class ForkView:
    """The origin of a fork. ``requests`` were made of upstream; ``prefetch``: calls made and to be made, while what the
    last run used is fetched.
    """

    source: str
    block: int
    requests: int = 0
    repeated: int = 0
    prefetch: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class ChainView:
    """One chain: its heads' numbers, and how many transactions wait. ``is_open``: the newest block is being built.
    ``durable``: up to which block a crash takes nothing, where a store is kept; ``is_written``: more is written there.
    """

    name: str
    chain_id: int
    url: str
    newest: int
    safe: int
    finalized: int
    waiting: int
    fork: ForkView | None = None
    is_open: bool = False
    durable: int | None = None
    is_written: bool = True


@dataclass(frozen=True, slots=True)
class BatchesView:
    """The distance in blocks of the safe head from the latest block, and of the finalized head from the safe one; the
    last batches, newest first; and why derivation waits.
    """

    safe_lag: int
    finalized_lag: int
    latest: tuple[BatchPosted, ...] = ()
    stalled: str = ""


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates of L2, per second."""

    blocks: float = 0.0
    mini_blocks: float = 0.0
    transactions: float = 0.0


@dataclass(frozen=True, slots=True)
class Durations:
    """Durations of preconfirmations, in milliseconds. ``counts``: for each of ``STEPS_MS``, and beyond."""

    p50: float
    p99: float
    counts: tuple[int, ...]

    @property
    def count(self) -> int:
        """The number of durations."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class TransactionView:
    """A transaction. ``took_ms``: until it was preconfirmed; None for what nobody waits for. ``is_own``: the node's own
    doing. ``hash`` is whole, ``name`` short. ``about``: who sent it, and its gas. ``source``: the line where it failed.
    """

    chain: str
    block: int
    name: str
    succeeded: bool
    says: str
    took_ms: float | None
    is_own: bool = False
    hash: str = ""
    about: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message between the chains. ``mark``: ``.`` it waits, ``!`` somebody is to do something, ``+`` done, ``x``
    failed. ``left``: seconds until a wait ends.
    """

    way: str
    amount: str
    name: str
    mark: str
    state: str
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something worth a line. ``time``: L2's, in seconds. ``level``: ``""``, ``good``, ``warning`` or ``bad``."""

    time: int
    kind: str
    lines: tuple[str, ...]
    level: str = ""


@dataclass(frozen=True, slots=True)
class Pane:
    """A view that replaces the whole screen: a transaction's trace, or the table of faults. ``top``: how many of its
    lines are passed.
    """

    title: str
    lines: tuple[Text, ...]
    top: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """All that is shown. What is newest comes first. ``messages`` None: there is no L1. ``offer``: what a key can do
    about the latest reload: apply, undo or nothing. ``selected``: which of ``transactions`` keys are about, by its
    place."""

    preset: str
    mining: str
    now: int
    shift: int
    chains: tuple[ChainView, ...]
    rates: Rates = Rates()
    batches: BatchesView | None = None
    durations: Durations | None = None
    transactions: tuple[TransactionView, ...] = ()
    messages: tuple[MessageView, ...] | None = ()
    happenings: tuple[Happening, ...] = ()
    condition: SequencerCondition = SequencerCondition.RUNNING
    troubles: tuple[str, ...] = ()
    watches: bool = False
    offer: str = ""
    note: str = ""
    is_problem: bool = False
    selected: int | None = None
    pane: Pane | None = None
    version: str = __version__


class _Tally:
    """The number of times that something happened on a chain since the start; only the writer's thread counts."""

    __slots__ = ("blocks", "mini_blocks", "transactions")

    def __init__(self) -> None:
        self.blocks = self.mini_blocks = self.transactions = 0


class _Printed:
    """A transaction's console output; decoded when it is read, because the writer's thread has no time for it."""

    def __init__(self, time: int, calls: Sequence[ConsoleCall]) -> None:
        self._time = time
        self._calls = calls

    @cached_property
    def happening(self) -> Happening:
        lines = _lines_of("\n".join(read_console(call.data).text for call in self._calls))
        return Happening(self._time, "console", lines or ("",))


class Board:
    """The recent activity of ``devnet``. ``monotonic_ns``: what rates are measured by; people look at them by their own
    clock.
    """

    def __init__(self, devnet: Devnet, *, monotonic_ns: Callable[[], int] = monotonic_ns) -> None:
        self._devnet = devnet
        self._calls = Calls(devnet.node)
        self._monotonic_ns = monotonic_ns
        self._note = ("", False)
        self._tally = _Tally()
        self._samples: deque[tuple[int, Rates]] = deque()
        self._took_ns: deque[int] = deque(maxlen=DURATIONS_KEPT)
        self._durations: tuple[int, Durations | None] = (0, None)
        self._transactions: deque[_Numbered] = deque(maxlen=TRANSACTIONS_KEPT)
        self._numbers = itertools.count()
        self._rows: dict[int, TransactionView] = {}
        self._happenings: deque[Happening | _Printed] = deque(maxlen=HAPPENINGS_KEPT)
        self._chains: dict[str, ChainView] = {}
        self._batches: deque[BatchPosted] = deque(maxlen=BATCHES_KEPT)
        self._offer = ""
        self._messages: tuple[_Message, ...] = ()
        self._messages_of: tuple[object, ...] | None = None
        self._selected: int | None = None
        self._pane: Pane | None = None
        self._locators = {chain: FailureLocator(chain, devnet.node.artifacts) for chain in devnet.node.chains}
        self._failed: deque[_Numbered] = deque(maxlen=FAILURES_KEPT)
        self._has_failed = threading.Event()
        self._sources: dict[int, str] = {}

    # -- taking notice, on any thread ---------------------------------------------------------------------------------

    def subscribe(self) -> Callable[[], None]:
        """Take notice of all chains from now on; returns what ends that."""
        ends = [chain.bus.subscribe(self._listener(chain)) for chain in self._devnet.node.chains]
        for locator in self._locators.values():
            locator.start(lambda: len(self._failed))

        def end() -> None:
            for each in ends:
                each()

        return end

    def tell(self, notice: Notice) -> None:
        """Note a notice of hot reload."""
        if notice.kind == "plan" and notice.fields.get("contracts"):
            self._offer = "apply" if self._devnet.config.reload == "ask" else ""
        elif notice.kind in ("reloaded", "undone", "refused"):
            self._offer = "undo" if notice.kind == "reloaded" else ""
        level = {"failed": "bad", "refused": "warning", "reloaded": "good", "undone": "good"}.get(notice.kind, "")
        self.happened(notice.kind, notice.text, level)

    def happened(self, kind: str, text: str, level: str = "") -> None:
        """Note another event. ``text`` may have several lines."""
        lines = _lines_of(text)
        if lines:
            self._happenings.append(Happening(self._devnet.node.l2.time.now(), kind, lines, level))

    def answer(self, text: str, *, is_problem: bool = False) -> None:
        """Note the result of the latest key."""
        self._note = (one_line(text), is_problem)

    def _listener(self, chain: LocalChain) -> Callable[[Event], None]:
        """Counts what comes often, and keeps the rest."""
        tally = self._tally if chain is self._devnet.node.l2 else _Tally()

        def hear(event: Event) -> None:
            kind = type(event)
            if kind is TransactionPreconfirmed:
                self._preconfirmed(chain, event, tally)  # type: ignore[arg-type]
            elif kind is MiniBlockSealed:
                tally.mini_blocks += 1
            elif kind is BlockSealed:
                tally.blocks += 1
            elif kind is not TransactionAdmitted:
                self._seldom(chain, event)

        return hear

    def _preconfirmed(self, chain: LocalChain, event: TransactionPreconfirmed, tally: _Tally) -> None:
        tx = event.tx
        if tx.type == DEPOSIT and tx.sender == DEPOSITOR:
            return  # every block tells of L1: nobody has sent that
        tally.transactions += 1
        if tally is self._tally and tx.type != DEPOSIT:
            self._took_ns.append(event.duration_ns)
        numbered = (next(self._numbers), chain, event)
        self._transactions.append(numbered)
        if not event.receipt.succeeded:
            self._failed.append(numbered)
            self._has_failed.set()
        if event.receipt.console:
            self._happenings.append(_Printed(self._devnet.node.l2.time.now(), event.receipt.console[:LINES_KEPT]))

    def _seldom(self, chain: LocalChain, event: Event) -> None:
        where = "" if chain is self._devnet.node.l2 else "L1: "
        if isinstance(event, BlocksRemoved):
            if event.first <= event.last:
                which = f"block {event.last}" if event.first == event.last else f"blocks {event.first} to {event.last}"
                how = "replaced" if event.replaced else "reverted"
                self.happened("chain", f"{where}{which} {how}", "warning")
        elif isinstance(event, TransactionDropped):
            self.happened("dropped", f"{where}{to_data(event.tx.hash)}: {event.reason}", "warning")
        elif isinstance(event, BatchPosted):
            self._batches.append(event)
        elif isinstance(event, SequencerTurned):
            kept = f", {counted(event.unsealed, 'transaction')} unsealed" if event.unsealed else ""
            level = "good" if event.condition is SequencerCondition.RUNNING else "warning"
            self.happened("sequencer", f"{event.condition.value}{kept}", level)
        elif isinstance(event, PreconfirmationsLost):
            count = len(event.transactions)
            what = f"{count} promises broken" if count != 1 else "a promise broken"
            self.happened("sequencer", f"{what} in block {event.block_number}: {event.reason}", "bad")
        elif isinstance(event, MiniBlockEquivocated):
            text = f"mini-block {event.mini_block.number} was signed twice, with different content"
            self.happened("sequencer", text, "bad")

    # -- the view, on the thread that draws it ------------------------------------------------------------------------

    def view(self, transactions: int = 50) -> View:
        """The present, with so many transactions."""
        node = self._devnet.node
        l2 = node.l2
        note, is_problem = self._note
        latest = self._latest(transactions)
        return View(
            preset=node.config.preset,
            mining=_mining(l2),
            now=l2.time.now(),
            shift=l2.time.settings.offset,
            chains=tuple(self._chain(chain, name) for chain, name in zip(node.chains, ("L2", "L1"), strict=False)),
            rates=self._rates(),
            batches=self._batches_now(),
            durations=self._durations_now(),
            transactions=latest,
            messages=None if node.l1 is None else tuple(each.at(node.l1.time.now()) for each in self._messages),
            happenings=tuple(
                each if isinstance(each, Happening) else each.happening for each in reversed(self._happenings.copy())
            ),
            condition=l2.sequencer.condition,
            troubles=self._troubles(),
            watches=node.reloads is not None,
            offer=self._offer,
            note=note,
            is_problem=is_problem,
            selected=self._place_of_selected(),
            pane=self._pane,
        )

    def _chain(self, chain: LocalChain, name: str) -> ChainView:
        open_block = chain.open_block  # before the head: what is sealed meanwhile is found there
        newest = max(chain.head.number, 0 if open_block is None else open_block.number)
        try:
            safe, finalized = chain.block(Tag.SAFE).number, chain.block(Tag.FINALIZED).number
        except MegadevError:  # blocks go while they are looked for; the next view has those that are left
            before = self._chains.get(name)
            safe, finalized = (0, 0) if before is None else (before.safe, before.finalized)
        url = chain.urls[0] if chain.urls else ""
        waiting = len(chain.pool)
        fork, is_open = _fork(chain), newest > chain.head.number
        storage = self._devnet.node.storage
        recorder = None if storage is None else storage.recorder
        durable = None if recorder is None else recorder.durable
        index = self._devnet.node.chains.index(chain)
        view = ChainView(
            name,
            chain.spec.chain_id,
            url,
            newest,
            safe,
            finalized,
            waiting,
            fork,
            is_open,
            None if durable is None or durable.heads is None else durable.heads[index],
            durable is None or durable.problem is None,
        )
        self._chains[name] = view
        return view

    def _batches_now(self) -> BatchesView | None:
        driver, l2 = self._devnet.node.driver, self._chains.get("L2")
        if driver is None or driver.consolidator is None or l2 is None:
            return None
        latest = tuple(reversed(self._batches.copy()))
        stalled = driver.consolidator.stalled or ""
        return BatchesView(l2.newest - l2.safe, l2.newest - l2.finalized, latest, stalled)

    def _rates(self) -> Rates:
        """By the difference to the oldest sample that is young enough."""
        now, tally = self._monotonic_ns(), self._tally
        counted = Rates(tally.blocks, tally.mini_blocks, tally.transactions)
        samples = self._samples
        while len(samples) > 1 and samples[1][0] <= now - RATE_SECONDS * NANOSECONDS:
            samples.popleft()
        samples.append((now, counted))
        then, before = samples[0]
        seconds = max((now - then) / NANOSECONDS, 1.0)
        return Rates(
            round((counted.blocks - before.blocks) / seconds, 1),
            round((counted.mini_blocks - before.mini_blocks) / seconds, 1),
            round((counted.transactions - before.transactions) / seconds, 1),
        )

    def _durations_now(self) -> Durations | None:
        """Sorted anew only where there were transactions since."""
        count = self._tally.transactions
        if self._durations[0] != count:
            took_ms = sorted(took / 1e6 for took in self._took_ns.copy())
            self._durations = (count, _durations(took_ms) if took_ms else None)
        return self._durations[1]

    def _latest(self, count: int) -> tuple[TransactionView, ...]:
        """Decoded once each."""
        latest = list(self._transactions.copy())[-count:] if count > 0 else []
        known = self._rows
        self._rows = {number: known.get(number) or self._row(number, chain, event) for number, chain, event in latest}
        return tuple(reversed(self._rows.values()))

    def _row(self, number: int, chain: LocalChain, event: TransactionPreconfirmed) -> TransactionView:
        node, receipt = self._devnet.node, event.receipt
        says = _short_hex(one_line(self._calls.says(chain, event)))
        own = node.acts_by_itself(chain)
        about = f"from {checksum_address(event.tx.sender)} · {receipt.gas_used:,} gas"
        return TransactionView(
            "L2" if chain is node.l2 else "L1",
            event.block_number,
            _short(f"{to_data(event.tx.hash)}"),
            receipt.succeeded,
            says,
            None if event.tx.type == DEPOSIT else event.duration_ns / 1e6,
            event.tx.sender in own,
            f"{to_data(event.tx.hash)}",
            about,
            self._sources.get(number, ""),
        )

    # -- one transaction -----------------------------------------------------------------------------------------------

    def select(self, step: int) -> None:
        """Go to a transaction ``step`` places older than the one selected, or newer where it is negative."""
        latest = [number for number, _, _ in reversed(self._transactions.copy())]
        if latest:
            place = latest.index(self._selected) + step if self._selected in latest else 0
            self._selected = latest[min(max(place, 0), len(latest) - 1)]

    @property
    def chosen(self) -> tuple[LocalChain, TransactionPreconfirmed] | None:
        """The transaction that keys are about: the one selected or, where none is, the newest."""
        latest = self._transactions.copy()
        found = next((each for each in latest if each[0] == self._selected), latest[-1] if latest else None)
        return None if found is None else found[1:]

    def open(self, pane: Pane | None) -> None:
        """Show a pane on the whole screen; None closes it."""
        self._pane = pane

    def shows(self, title: str) -> bool:
        """True if this pane is shown."""
        return self._pane is not None and self._pane.title == title

    def scroll(self, lines: int) -> bool:
        """Scroll the open pane; returns whether there is one."""
        pane = self._pane
        if pane is not None:
            self._pane = replace(pane, top=min(max(pane.top + lines, 0), max(len(pane.lines) - 1, 0)))
        return pane is not None

    def _place_of_selected(self) -> int | None:
        """Among the rows that are shown."""
        rows = list(reversed(self._rows))
        return rows.index(self._selected) if self._selected in rows else None

    def read_sources(self, seconds: float) -> None:
        """Find out where transactions have failed, those that wait for that, or that come within so many seconds. It
        takes its time: for a thread that may wait.
        """
        if not self._has_failed.wait(seconds):
            return
        self._has_failed.clear()
        while self._failed:
            number, chain, event = self._failed.popleft()
            located = self._locators[chain](event)
            if located is not None:
                place = located.places[0]
                self._sources[number] = one_line(f"{place.source}:{place.line}  {place.text}")
                self._rows.pop(number, None)  # it is made anew, with its line
        for number in [number for number in self._sources if number < self._oldest]:
            del self._sources[number]

    @property
    def _oldest(self) -> int:
        """The number of the oldest transaction that is kept."""
        latest = self._transactions.copy()
        return latest[0][0] if latest else 0

    def _troubles(self) -> tuple[str, ...]:
        """Returns problems other than the sequencer's condition."""
        node = self._devnet.node
        link, evidence = node.link, node.broken_promises.evidence
        is_down = node.l2.sequencer.condition is SequencerCondition.CRASHED
        found = (
            (is_down and link.is_cut, "refuses reads"),
            *((name not in ("pause", "down"), _fault(name, words)) for name, *words in faults_on(node)),
            (link.answer, f"answers {link.answer} late"),
            (link.stream, f"notifies {link.stream} late"),
            (evidence.broken, f"has broken {len(evidence.broken)} promise{'' if len(evidence.broken) == 1 else 's'}"),
            (evidence.equivocations, f"has signed {len(evidence.equivocations)} mini-blocks twice"),
        )
        return tuple(text for holds, text in found if holds)

    # -- what crosses between the chains ------------------------------------------------------------------------------

    @property
    def is_behind(self) -> bool:
        """True if a chain has changed since ``read_messages``."""
        node = self._devnet.node
        return node.l1 is not None and self._messages_of != self._state_of_chains(node.l1)

    def _state_of_chains(self, l1: LocalChain) -> tuple[object, ...]:
        """Another where a chain has changed, L2's open block included."""
        l2 = self._devnet.node.l2
        open_block = l2.open_block
        count = 0 if open_block is None else len(open_block.transactions)
        return l1.head.hash, l2.head.hash, None if open_block is None else open_block.number, count

    def read_messages(self) -> None:
        """Read from both chains what crosses between them, as ``megadev bridge status`` does. It takes a time that
        grows with how much has crossed, and on a fork upstream may be asked: for a thread that may wait.
        """
        node = self._devnet.node
        l1, driver = node.l1, node.driver
        if l1 is None or driver is None:
            return
        seen, head = self._state_of_chains(l1), l1.head
        open_block = node.l2.open_block  # before the chain: what is sealed meanwhile is found there
        l2, at = node.l2.store, driver.addresses
        try:
            found = [_deposit(each) for each in sent_deposits(l1.store, l2, at, open_block)]
            if open_block is not None or withdrawal_logs(l2, l2.genesis.number, l2.head.number):
                sent = driver.sent_withdrawals(head.timestamp, open_block=open_block)
                found += [_withdrawal(each) for each in sent]
        except MegadevError:
            return  # a fork's upstream fails, or blocks have gone meanwhile: it is read again with the next block
        under_way = [each for each in found if each.shown.mark in ".!"]
        over = [each for each in found if each.shown.mark not in ".!"]
        newest = [*_newest_first(under_way), *_newest_first(over)]
        self._messages, self._messages_of = tuple(newest[:MESSAGES_KEPT]), seen


@dataclass(frozen=True, slots=True)
class _Message:
    """A message, and when (in seconds of L1's time) its wait ends; ``sent``: when it began."""

    shown: MessageView
    sent: int
    ready_at: int | None = None

    def at(self, now: int) -> MessageView:
        if self.ready_at is None:
            return self.shown
        shown = self.shown
        left = max(self.ready_at - now, 0)
        return MessageView(shown.way, shown.amount, shown.name, shown.mark, shown.state, left)


def _lines_of(text: str) -> tuple[str, ...]:
    """A text of several lines, made harmless; not all of them where they are many."""
    lines = [_short_hex(line) for line in plain_lines(text, 10_000) if line.strip()]
    if len(lines) > LINES_KEPT:
        lines = [*lines[: LINES_KEPT - 1], f"({len(lines) - LINES_KEPT + 1} more lines)"]
    return tuple(lines)


def _newest_first(messages: Iterable[_Message]) -> list[_Message]:
    return sorted(messages, key=lambda each: each.sent, reverse=True)


def _deposit(sent: SentDeposit) -> _Message:
    marks = {DepositStatus.WAITING: ".", DepositStatus.EXECUTED: "+"}
    shown = MessageView(
        "L1 → L2",
        ether(sent.tx.mint),
        _short(f"{to_data(sent.tx.hash)}"),
        marks.get(sent.status, "x"),
        _DEPOSITS[sent.status],
    )
    return _Message(shown, sent.log.block.timestamp)


def _withdrawal(sent: SentWithdrawal) -> _Message:
    status = sent.status
    marks = {WithdrawalStatus.FINALIZED: "+", WithdrawalStatus.READY_TO_PROVE: "!"}
    shown = MessageView(
        "L2 → L1",
        ether(sent.withdrawal.value),
        _short(f"{to_data(sent.withdrawal.hash)}"),
        "!" if status is WithdrawalStatus.READY_TO_FINALIZE else marks.get(status, "."),
        _WITHDRAWALS[status],
    )
    return _Message(shown, sent.log.block.timestamp, sent.ready_at)


def _fork(chain: LocalChain) -> ForkView | None:
    fork = chain.fork
    if fork is None:
        return None
    upstream = fork.source.upstream
    if upstream is None:
        return ForkView(fork.url, fork.number)
    counts = upstream.counts
    return ForkView(fork.url, fork.number, counts.requests, counts.repeated, fork.prefetched)


def _mining(chain: LocalChain) -> str:
    """Returns the mining mode in words."""
    mining = chain.mining
    seconds = "" if mining.block_time is None else f"{mining.block_time:g} s"
    if mining.mode is MiningMode.CONTINUOUS:
        window = mining.mini_block_time or 0
        return f"mini-blocks every {window * 1000:g} ms, blocks every {seconds or '1 s'}"
    return {
        MiningMode.INSTANT: "a block for each transaction",
        MiningMode.INTERVAL: f"a block every {seconds}",
        MiningMode.MIXED: f"a block for each transaction, and every {seconds}",
        MiningMode.NONE: "blocks on request",
    }[mining.mode]


def _durations(ordered_ms: list[float]) -> Durations:
    counts = [0] * (len(STEPS_MS) + 1)
    for took in ordered_ms:
        counts[next((place for place, end in enumerate(STEPS_MS) if took < end), len(STEPS_MS))] += 1
    return Durations(_percentile(ordered_ms, 50), _percentile(ordered_ms, 99), tuple(counts))


def _percentile(ordered: list[float], percent: int) -> float:
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 2)


def _short(text: str) -> str:
    return f"{text[:6]}…{text[-4:]}"


def _fault(name: str, words: Sequence[str]) -> str:
    return " ".join((name, *map(_short_hex, words)))


def _short_hex(text: str) -> str:
    """The same with addresses and hashes cut in the middle."""
    return _LONG_HEX.sub(lambda match: _short(match[0]), text)
