"""Recent console output of contracts, by transactions and by calls, in order.

A transaction's messages are also in its receipt, where they stay; here is the only place where those of calls and
estimates are found. What is kept is bounded, so whoever wants all of it must ask in time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from megadev.chain.receipts import ConsoleCall
from megadev.events import Event, TransactionPreconfirmed
from megadev.primitives.types import Hash32

MESSAGES_KEPT = 1_000
BYTES_KEPT = 4 * 1024 * 1024
"""Of the calls' data; the newest message is kept however long."""

CallListener: TypeAlias = Callable[[tuple[ConsoleCall, ...]], None]


class Printed(msgspec.Struct, frozen=True):
    """One message. ``number`` counts all messages since the node started, from 1. ``source``: the method whose call
    printed it; None for a transaction, whose hash is ``tx_hash``. ``block_number``: the block it ran in, or as if.
    """

    number: int
    call: ConsoleCall
    block_number: int
    source: str | None = None
    tx_hash: Hash32 | None = None


class ConsoleHistory:
    """The latest messages. Calls report theirs from any thread; transactions are heard of through ``event``."""

    def __init__(self) -> None:
        self.on_call: CallListener | None = None
        """Hears at once, on the thread of the call, what it printed."""
        self._kept: deque[Printed] = deque()
        self._bytes = 0
        self._count = 0
        self._lock = threading.Lock()

    def event(self, event: Event) -> None:
        """Take notice of what a transaction printed."""
        if type(event) is TransactionPreconfirmed and event.receipt.console:
            self._keep(event.receipt.console, event.block_number, None, event.tx.hash)

    def called(self, source: str, block_number: int, console: tuple[ConsoleCall, ...]) -> None:
        """Take notice of what a call printed that the method ``source`` made; most print nothing."""
        if console:
            self._keep(console, block_number, source, None)
            if self.on_call is not None:
                self.on_call(console)

    def after(self, number: int) -> list[Printed]:
        """The kept messages after message ``number`` (0: all), oldest first."""
        with self._lock:
            return [printed for printed in self._kept if printed.number > number]

    @property
    def count(self) -> int:
        """Messages since the node started, forgotten ones too."""
        return self._count

    def go_back(self, count: int) -> None:
        """Forget all but the first ``count`` messages; the next one has the number that follows."""
        with self._lock:
            while self._kept and self._kept[-1].number > count:
                self._bytes -= len(self._kept.pop().call.data)
            self._count = min(self._count, count)

    def _keep(
        self, console: tuple[ConsoleCall, ...], block_number: int, source: str | None, tx_hash: Hash32 | None
    ) -> None:
        with self._lock:
            for call in console:
                self._count += 1
                self._kept.append(Printed(self._count, call, block_number, source, tx_hash))
                self._bytes += len(call.data)
                while len(self._kept) > 1 and (len(self._kept) > MESSAGES_KEPT or self._bytes > BYTES_KEPT):
                    self._bytes -= len(self._kept.popleft().call.data)
