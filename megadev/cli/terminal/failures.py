"""The source lines of failed transactions, for the activity log: found by running them again on the log's own thread.

Why within limits: running again with every step watched takes many times what the transaction took, and in Python the
node's threads share one processor. A developer's failing transaction always gets its source line; a storm of them, or
one that burns a whole block, must not slow the node. ``megadev trace`` has no such limits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from megadev.artifacts.registry import ArtifactRegistry
from megadev.cli.terminal.log import Located, SourceLine
from megadev.clock import SystemClock
from megadev.errors import MegadevError
from megadev.events import BlockSealed, Event, TransactionPreconfirmed
from megadev.inspect.stack_trace import StackTrace, StackTracer, trace_transaction
from megadev.node.chain import LocalChain
from megadev.rpc.tracing import Bounded, Budget

PLACES_SHOWN = 3
"""The line that failed, and the innermost lines that called it."""
GAS_LIMIT = 2_000_000
"""Of the transaction and those before it in its block: under a second."""
SHARE = 0.03
"""The part of the time that may be spent on finding places, in the long run."""
AT_ONCE_SECONDS = 0.5
"""What may be spent at once after a quiet time: some dozens of failures. As much is the most that can be owed."""
BEHIND = 50
"""Records that wait when the log has no time for places."""
SEAL_SECONDS = 2.0
"""How long a block may stay open until its transactions are told without places."""
_clock = SystemClock()
monotonic_ns = _clock.monotonic_ns
"""How long finding takes decides what is shown to people, nothing on the chain: no clock is injected."""


class FailureLocator:
    """Finds places on one chain, on one thread, while there is time for it."""

    def __init__(self, chain: LocalChain, artifacts: ArtifactRegistry) -> None:
        self._chain = chain
        self._artifacts = artifacts
        self._waiting: Callable[[], int] = lambda: 0
        self._sealed = threading.Event()
        self._seconds_left = AT_ONCE_SECONDS
        self._last = monotonic_ns()

    def start(self, waiting: Callable[[], int]) -> None:
        """Take notice of blocks; ``waiting`` says how many records the log has yet to write."""
        self._waiting = waiting
        self._chain.bus.subscribe(self._event)

    def __call__(self, event: TransactionPreconfirmed) -> Located | None:
        is_much = event.receipt.compute_gas is None and event.receipt.cumulative_gas_used > GAS_LIMIT
        if is_much or self._waiting() > BEHIND:
            return None
        now = monotonic_ns()
        self._seconds_left = min(AT_ONCE_SECONDS, self._seconds_left + SHARE * (now - self._last) / 1e9)
        self._last = now
        if self._seconds_left <= 0 or not self._artifacts.artifacts or not self._wait_for_block(event):
            return None
        if self._computed(event) > GAS_LIMIT:
            return None
        began = monotonic_ns()
        try:
            budget = Budget(_clock)
            trace, _ = trace_transaction(
                self._chain, self._artifacts, event.tx.hash, StackTracer(), lambda tracer: Bounded(tracer, budget)
            )
            return _located(trace)
        except MegadevError:
            return None  # taken back meanwhile, or the state before it is not there, or too much happened
        finally:
            spent = (monotonic_ns() - began) / 1e9
            self._seconds_left = max(-AT_ONCE_SECONDS, self._seconds_left - spent)

    def _computed(self, event: TransactionPreconfirmed) -> int:
        """The gas that running the transaction again computes: that of its block up to it. Under MegaETH's rules most
        of what is paid may be for storage, which takes no time."""
        placed = self._chain.placed(event.tx.hash)
        if placed is None or event.receipt.compute_gas is None:
            return event.receipt.cumulative_gas_used
        block, index = placed
        receipts = block.receipts[: index + 1]
        return sum(each.gas_used if each.compute_gas is None else each.compute_gas for each in receipts)

    def _event(self, event: Event) -> None:
        if type(event) is BlockSealed:
            self._sealed.set()

    def _wait_for_block(self, event: TransactionPreconfirmed) -> bool:
        """True if the transaction's block is sealed, which happens right after its sender was answered."""
        end = monotonic_ns() + int(SEAL_SECONDS * 1e9)
        while True:
            self._sealed.clear()  # before looking, so that a block sealed meanwhile is looked for again
            if self._chain.placed(event.tx.hash) is not None:
                return True
            left = (end - monotonic_ns()) / 1e9
            if left <= 0 or not self._sealed.wait(left):
                return False


def _located(trace: StackTrace) -> Located | None:
    places = []
    for entry in trace.stack:
        where = entry.location
        if where is not None:
            place = SourceLine(where.path, where.line, entry.function, where.text.strip())
            if place not in places:
                places.append(place)
    if not places or trace.error is None:
        return None
    return Located(trace.error, tuple(places[:PLACES_SHOWN]))
