"""The timestamp of the next block: the injected clock, an offset, and callers' requests.

Times are whole seconds since the epoch. Every chain has a keeper of its own; those of one node share a ``Shift``, so
that travelling moves all chains together unless it is asked to move one alone.
"""

from __future__ import annotations

import math

import msgspec

from megadev.clock import Clock
from megadev.errors import InvalidParams

MAX_TIMESTAMP = 2**63 - 1
"""The furthest that anyone may travel. Blocks keep a second's distance, so as many more of them fit into the 64 bits of
a header's timestamp.
"""
MAX_INTERVAL = 2**32
"""The furthest that blocks may be put apart: two thousand million of them reach ``MAX_TIMESTAMP``."""


class TimeSettings(msgspec.Struct, frozen=True):
    """All that time travel can set, as one value, so that a snapshot can keep it.

    ``offset``: seconds added to the clock, for all chains. ``next_exact``: the next block's timestamp, once.
    ``interval``: every block's distance from its parent, until removed. ``lead``: seconds that this chain alone is
    ahead of the others (below zero: behind them).
    """

    offset: int = 0
    next_exact: int | None = None
    interval: int | None = None
    lead: int = 0


class Shift:
    """The seconds that time travel has added to the clock of one node's chains."""

    __slots__ = ("keepers", "seconds")

    def __init__(self) -> None:
        self.seconds = 0
        self.keepers: list[TimeKeeper] = []


class TimeKeeper:
    """Hands out block timestamps that never go back and, unless ``allow_equal``, never repeat."""

    def __init__(
        self, clock: Clock, *, allow_equal: bool = False, start: int | None = None, shift: Shift | None = None
    ) -> None:
        self.clock = clock
        self.allow_equal = allow_equal
        self._shift = Shift() if shift is None else shift
        self._shift.keepers.append(self)
        if start is not None:
            self._shift.seconds = start - int(clock.now())
        self._next_exact: int | None = None
        self._interval: int | None = None
        self._lead = 0
        self.latest_block = 0
        """The head's timestamp, which may be ahead of ``now`` when blocks come faster than seconds."""
        self.last_sealed = clock.now()
        """What the clock itself showed when the last block was sealed, or the first one made."""

    @property
    def settings(self) -> TimeSettings:
        """All that was set; setting it sets the shared offset too."""
        return TimeSettings(self._shift.seconds, self._next_exact, self._interval, self._lead)

    @settings.setter
    def settings(self, settings: TimeSettings) -> None:
        self._shift.seconds = settings.offset
        self._next_exact, self._interval, self._lead = settings.next_exact, settings.interval, settings.lead

    def now(self) -> int:
        """The chain's time, in seconds: clock plus offset."""
        return int(self.clock.now()) + self._shift.seconds + self._lead

    def now_us(self) -> int:
        """The current time in microseconds."""
        return int(self.clock.now() * 1_000_000) + (self._shift.seconds + self._lead) * 1_000_000

    def until_next(self, seconds: float) -> float:
        """Seconds until the clock next shows a multiple of ``seconds``: how windows of that length are told apart.

        One that is about to end is taken for over: a timer may fire a moment early, and is set for the next one then.
        """
        left = seconds - self.clock.now() % seconds
        return left if left > seconds / 10 else left + seconds

    def next_timestamp(self, parent: int, window: float | None = None) -> int:
        """The timestamp of a block built now on a parent with timestamp ``parent``: the present time or, for a block
        that stays open, the end of the present window of so many seconds.
        """
        if self._next_exact is not None:
            candidate = self._next_exact
        elif self._interval is not None:
            candidate = parent + self._interval
        elif window is not None:
            candidate = math.ceil((self.clock.now() // window + 1) * window) + self._shift.seconds + self._lead
        else:
            candidate = self.now()
        return max(candidate, parent if self.allow_equal else parent + 1)

    def block_sealed(self, timestamp: int) -> None:
        """A block with that timestamp was sealed: an exact request is fulfilled and moves the clock for good."""
        self.latest_block = timestamp
        self.last_sealed = self.clock.now()
        if self._next_exact is not None:
            self._next_exact = None
            self._shift.seconds += timestamp - self.now()

    def increase(self, seconds: int, *, alone: bool = False) -> int:
        """Move the clock forward, from the latest block's time if that is ahead; returns the total offset. ``alone``:
        the other chains' stay where they are.
        """
        if seconds < 0:
            raise InvalidParams(f"time can only be increased, not by {seconds} seconds; use evm_setTime to go back")
        self._travel(max(self.latest_block - self.now(), 0) + seconds, alone)
        return self._shift.seconds + self._lead

    def set_next(self, timestamp: int, parent: int) -> None:
        """Ask for the next block's timestamp."""
        self._check_jump(timestamp - self.now(), alone=False)
        if timestamp < parent or (timestamp == parent and not self.allow_equal):
            relation = "lower than" if timestamp < parent else "equal to"
            raise InvalidParams(
                f"Timestamp error: {timestamp} is {relation} previous block's timestamp {parent}"
                + ("; allow equal ones with --allow-same-timestamp" if timestamp == parent else "")
            )
        self._next_exact = timestamp

    def set_time(self, timestamp: int, *, alone: bool = False) -> int:
        """Set the clock, forwards or back; returns the jump in seconds, by which the other chains' clocks are moved too
        unless this one is to travel ``alone``.
        """
        jump = timestamp - self.now()
        self._travel(jump, alone)
        self._next_exact = None
        return jump

    def set_interval(self, seconds: int | None) -> None:
        """Fix every block's distance from its parent, or stop doing so."""
        if seconds is not None and seconds > MAX_INTERVAL:
            raise InvalidParams(f"blocks can be at most {MAX_INTERVAL} seconds apart, not {seconds}")
        self._interval = seconds

    def step(self, interval: int | None = None) -> int:
        """Seconds between blocks that are built one right after the other; ``interval``: asked for, for these."""
        if interval is not None:
            return interval
        least = 0 if self.allow_equal else 1
        return least if self._interval is None else max(self._interval, least)

    def check_row(self, count: int, interval: int, parent: int) -> None:
        """Raises ``InvalidParams`` where ``count`` blocks ``interval`` seconds apart would leave time's range."""
        _check_reach(max(self.now(), parent) + count * interval)

    def _travel(self, jump: int, alone: bool) -> None:
        self._check_jump(jump, alone)
        if alone:
            self._lead += jump
        else:
            self._shift.seconds += jump

    def _check_jump(self, jump: int, alone: bool) -> None:
        for keeper in (self,) if alone else self._shift.keepers:
            _check_reach(keeper.now() + jump)


def _check_reach(timestamp: int) -> None:
    if timestamp > MAX_TIMESTAMP:
        raise InvalidParams(f"timestamp {timestamp} exceeds the maximum, {MAX_TIMESTAMP}")
