"""Filters: who asks what is new, again and again (``eth_newFilter`` and its kin).

A filter over logs or blocks remembers only how far it has been read: the chain itself is its buffer, so it costs a few
words however seldom it is polled. One over logs from ``pending`` on, where a block is open while transactions arrive,
has the logs of mini-blocks as they become known.

Why filters hang on the chain and not on a dispatcher: one chain may be served over several transports and in-process at
once, and a filter's id must be good on all of them.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Generic, TypeAlias, TypeVar

import msgspec

from megadev.chain.blocks import SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.store import LogMatcher
from megadev.chain.transactions import Transaction
from megadev.clock import Clock
from megadev.errors import InvalidParams, UnknownFilter
from megadev.events import BlocksRemoved, Event, MiniBlockSealed, PreconfirmationsLost, TransactionAdmitted
from megadev.node.bus import Bus
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import LogFilter
from megadev.rpc.formatters import format_log, format_mini_block_log, format_pending_transaction
from megadev.rpc.streams import newest_first

FILTER_IDLE_SECONDS = 300
"""A filter that nobody polls for so long is forgotten (geth's and Anvil's five minutes)."""
MAX_FILTERS = 10_000
"""With more, the one polled longest ago goes."""
MAX_BUFFERED = 10_000
"""What cannot be read back from the chain (pending transactions, removed logs) is kept up to this many per filter;
beyond that the oldest is lost."""


MAX_NOTICED = 65_536
"""Mini-blocks that are kept for filters over logs of mini-blocks: ten minutes' at one every 10 ms."""

Item = TypeVar("Item")
_Noticed: TypeAlias = tuple[MiniBlock | SealedBlock, bool]
"""What came, and whether it was taken back."""


class Tape(Generic[Item]):
    """The events in order, shared by all filters: each filter remembers only its position."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self.end = 0
        """How much there has been."""

    def add(self, item: Item, most: int) -> None:
        """Of more than ``most`` the oldest is lost."""
        while len(self._items) >= most:
            self._items.popleft()
        self._items.append(item)
        self.end += 1

    def since(self, place: int) -> list[Item]:
        """Returns the events after the first ``place`` of all."""
        newest = list(islice(reversed(self._items), max(self.end - place, 0)))
        newest.reverse()
        return newest

    def clear(self) -> None:
        """Forget what there has been; nobody is to read it."""
        self._items.clear()


class _LogFilter(msgspec.Struct):
    """Logs in blocks ``first`` and later, up to ``last``; everything up to ``read_to`` was reported."""

    criteria: LogFilter
    first: int
    last: int | None
    read_to: int
    polled_ns: int
    removed: deque[JsonObject] = msgspec.field(default_factory=lambda: deque(maxlen=MAX_BUFFERED))

    def changes(self, chain: LocalChain) -> list[JsonObject]:
        changes = list(self.removed)
        self.removed.clear()
        head = chain.head.number
        last = head if self.last is None else min(head, self.last)
        found = chain.store.logs(self.read_to + 1, last, self.criteria.addresses, self.criteria.topics)
        self.read_to = max(self.read_to, head)
        return changes + [format_log(log) for log in found]

    def forget(self, lowest: int, blocks: list[SealedBlock]) -> None:
        """The blocks from number ``lowest`` on left the chain, ``blocks``, newest first, among them."""
        if self.read_to < lowest:
            return
        matcher = LogMatcher(self.criteria.addresses, self.criteria.topics)
        for block in blocks:
            if self.first <= block.number <= self.read_to and (self.last is None or block.number <= self.last):
                self.removed.extend(format_log(found, removed=True) for found in matcher.in_block(block))
        self.read_to = max(lowest, self.first) - 1


class _EarlyLogFilter(msgspec.Struct):
    """Logs of mini-blocks, and of what was removed."""

    criteria: LogFilter
    matcher: LogMatcher
    polled_ns: int
    tape: Tape[_Noticed]
    read_to: int

    def changes(self, chain: LocalChain) -> list[JsonObject]:
        noticed, self.read_to = self.tape.since(self.read_to), self.tape.end
        found: deque[JsonObject] = deque(maxlen=MAX_BUFFERED)
        for what, is_removed in noticed:
            if isinstance(what, MiniBlock):
                places = self.matcher.in_mini_block(what)
                found.extend(format_mini_block_log(what, *place, removed=is_removed) for place in places)
            else:
                found.extend(format_log(each, removed=True) for each in self.matcher.in_block(what))
        return list(found)


class _BlockFilter(msgspec.Struct):
    """Hashes of new blocks, but for those in the middle of rows (``sequencer.reserved``): there may be millions."""

    read_to: int
    polled_ns: int

    def changes(self, chain: LocalChain) -> list[str]:
        head = chain.head.number
        blocks = chain.store.blocks(self.read_to + 1, head).made
        self.read_to = head
        return [to_data(block.hash) for block in blocks]

    def forget(self, lowest: int, blocks: list[SealedBlock]) -> None:
        self.read_to = min(self.read_to, lowest - 1)


class _PendingFilter(msgspec.Struct):
    """Transactions that the txpool took."""

    full: bool
    polled_ns: int
    tape: Tape[Transaction]
    read_to: int

    def changes(self, chain: LocalChain) -> list[JsonObject] | list[str]:
        seen = self.tape.since(self.read_to)
        self.read_to = self.tape.end
        return [format_pending_transaction(tx) for tx in seen] if self.full else [to_data(tx.hash) for tx in seen]


_Filter: TypeAlias = _LogFilter | _EarlyLogFilter | _BlockFilter | _PendingFilter


class Filters:
    """The filters of one chain, by id. An unknown or expired id raises ``UnknownFilter``."""

    def __init__(self, bus: Bus, clock: Clock) -> None:
        self._clock = clock
        self._bus = bus
        self._unsubscribe: Callable[[], None] | None = None
        self._pending: Tape[Transaction] = Tape()
        self._noticed: Tape[_Noticed] = Tape()
        self._filters: dict[str, _Filter] = {}
        """In the order of their last polls, the one longest ago first."""

    def __len__(self) -> int:
        return len(self._filters)

    def __contains__(self, filter_id: object) -> bool:
        return isinstance(filter_id, str) and filter_id.lower() in self._filters

    def add_logs(self, chain: LocalChain, criteria: LogFilter) -> str:
        """Watch logs. With a first block given, what it and later ones hold already comes with the first poll."""
        if criteria.from_block is Tag.PENDING and chain.is_continuous:
            matcher = LogMatcher(criteria.addresses, criteria.topics)
            return self._add(_EarlyLogFilter(criteria, matcher, self._now(), self._noticed, self._noticed.end))
        head = chain.head.number
        if criteria.block_hash is not None:
            only = chain.block(criteria.block_hash).number
            return self._add(_LogFilter(criteria, only, only, only - 1, self._now()))
        first, last = _number(chain, criteria.from_block), _number(chain, criteria.to_block)
        if first is not None and last is not None and first > last:
            raise InvalidParams(f"invalid block range params: from block {first} to block {last}")
        if first is None:
            return self._add(_LogFilter(criteria, 0, last, head, self._now()))
        return self._add(_LogFilter(criteria, first, last, first - 1, self._now()))

    def add_blocks(self, chain: LocalChain) -> str:
        """Watch for new blocks."""
        return self._add(_BlockFilter(chain.head.number, self._now()))

    def add_pending(self, *, full: bool) -> str:
        """Watch the txpool: hashes, or whole transactions."""
        return self._add(_PendingFilter(full, self._now(), self._pending, self._pending.end))

    def changes(self, chain: LocalChain, filter_id: str) -> list[JsonObject] | list[str]:
        """Returns the news since the last call."""
        return self._polled(filter_id).changes(chain)

    def unread_history(self, chain: LocalChain, filter_id: str) -> LogFilter | None:
        """On a fork: what a log filter asks of the blocks up to the forked one, where it was not told of them yet."""
        watched = self._polled(filter_id)
        if not isinstance(watched, _LogFilter) or watched.read_to >= chain.history.last:
            return None
        return watched.criteria

    def criteria(self, filter_id: str) -> LogFilter:
        """Returns the criteria of a log filter."""
        watched = self._polled(filter_id)
        if not isinstance(watched, _LogFilter | _EarlyLogFilter):
            raise UnknownFilter(f"filter not found: {filter_id} is not a log filter")
        return watched.criteria

    def remove(self, filter_id: str) -> bool:
        """End a filter; False where there is none."""
        self._forget_idle()
        removed = self._filters.pop(filter_id.lower(), None) is not None
        self._listen()
        return removed

    def _add(self, watched: _Filter) -> str:
        self._forget_idle()
        if len(self._filters) >= MAX_FILTERS:
            del self._filters[next(iter(self._filters))]
        filter_id = "0x" + secrets.token_hex(16)
        self._filters[filter_id] = watched
        self._listen()
        return filter_id

    def _polled(self, filter_id: str) -> _Filter:
        self._forget_idle()
        known_as = filter_id.lower()
        watched = self._filters.pop(known_as, None)
        if watched is None:
            raise UnknownFilter(
                f"filter not found: {filter_id[:66]} was removed, never existed, or was not polled for "
                f"{FILTER_IDLE_SECONDS} seconds; create it again"
            )
        watched.polled_ns = self._now()
        self._filters[known_as] = watched
        return watched

    def _now(self) -> int:
        return self._clock.monotonic_ns()

    def _forget_idle(self) -> None:
        oldest = self._now() - FILTER_IDLE_SECONDS * 1_000_000_000
        while self._filters:
            filter_id, watched = next(iter(self._filters.items()))
            if watched.polled_ns >= oldest:
                break
            del self._filters[filter_id]

    def _listen(self) -> None:
        """Hear of events only while there is a filter."""
        if self._filters and self._unsubscribe is None:
            self._unsubscribe = self._bus.subscribe(self._on_event)
        elif not self._filters and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
            self._pending.clear()
            self._noticed.clear()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TransactionAdmitted):
            self._pending.add(event.tx, MAX_BUFFERED)
        elif isinstance(event, MiniBlockSealed):
            self._noticed.add((event.mini_block, False), MAX_NOTICED)
        elif isinstance(event, PreconfirmationsLost):
            for mini_block in reversed(event.mini_blocks):
                self._noticed.add((mini_block, True), MAX_NOTICED)
        elif isinstance(event, BlocksRemoved):
            self._forget_idle()
            blocks = newest_first(event.blocks)
            for block in blocks:
                self._noticed.add((block, True), MAX_NOTICED)
            for watched in self._filters.values():
                if isinstance(watched, _LogFilter | _BlockFilter):
                    watched.forget(event.first, blocks)


def _number(chain: LocalChain, block: Tag | int | None) -> int | None:
    """A limit of a filter as a number; None where it moves with the head."""
    if block is None or block is Tag.LATEST or block is Tag.PENDING:
        return None
    if block is Tag.EARLIEST:
        return chain.first_number
    return chain.block(block).number if isinstance(block, Tag) else block
