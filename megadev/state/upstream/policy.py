"""The choice of URLs, and times: what is known of each URL, whose turn it is, pauses, limits and giving up.

Nothing here waits or opens a connection: time and chance are handed in, and the answer to "what now" is a number of
seconds or None. ``client`` does what it says.

Why a node that refuses connections is given up within a second, and an overloaded one is not: the first is down or its
URL is wrong, which whoever waits can mend at once and patience cannot; the second asks for patience.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable, Sequence

import msgspec

from megadev.clock import Clock
from megadev.errors import UpstreamFailed

BATCH = 100
"""Calls in one request: what most providers take."""
CALL_UNITS = 20
"""Compute units of a call, on average, as providers count them."""
USUAL_LIMIT = 330.0
"""Units per second, once a node complains and nobody said otherwise."""
LONGEST_PAUSE = 30.0
"""Seconds between two attempts, however often it failed."""
PAUSES_FOR_THE_DEAD = (0.1, 0.3)
"""Seconds before each further attempt at a node that cannot be reached: it may be about to listen again."""


class RequestPolicy(msgspec.Struct, frozen=True):
    """The policy of upstream requests. ``timeout`` and ``pause`` (before the second attempt) in seconds; ``retries``
    are attempts after the first; ``units_per_second`` None: no limit until upstream asks for one, then 330; 0: never.
    ``headers`` are sent to URLs of ``origins`` (None: to all), which they were given for.
    """

    timeout: float = 45.0
    retries: int = 5
    pause: float = 1.0
    units_per_second: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    origins: frozenset[str] | None = None

    def headers_for(self, origin: str) -> tuple[tuple[str, str], ...]:
        """Returns the headers for an origin (``http.origin_of``)."""
        return self.headers if self.origins is None or origin in self.origins else ()


class Kind(enum.Enum):
    """The remedies after a failed attempt."""

    BUSY = enum.auto()
    """Asking again, later and later."""
    TOO_FAST = enum.auto()
    """The same, and more slowly from then on."""
    DEAD = enum.auto()
    """Nothing but mending the node or its URL: it cannot be reached."""
    FINAL = enum.auto()
    """Nothing: this node says the same however often it is asked. Another one may say something else."""


class Trouble(Exception):
    """An attempt that failed: why, of which kind, and how long (seconds) the node itself wants to be left alone.
    ``final``: the error where no other URL is left to ask, since this one will not say anything else.
    """

    def __init__(self, why: str, kind: Kind = Kind.BUSY, *, pause: float = 0.0) -> None:
        super().__init__(why)
        self.kind = kind
        self.pause = pause
        self.final: UpstreamFailed | None = None

    @classmethod
    def of(cls, final: UpstreamFailed) -> Trouble:
        """Returns the answer that one URL will always give."""
        trouble = cls(str(final), Kind.FINAL)
        trouble.final = final
        return trouble


class Standing(msgspec.Struct, eq=False):
    """The state of one URL. ``limit`` in units per second, 0: none; ``failures`` in a row; ``batch``: calls that it
    takes in one request; ``lacking``: methods that it has not.
    """

    limit: float
    filled_ns: int
    units: float = 0.0
    batch: int = BATCH
    lacking: set[str] = msgspec.field(default_factory=set)
    under_way: int = 0
    failures: int = 0
    rests_until_ns: int = 0


class Schedule:
    """The URLs of one upstream, which share the work. Any thread may call any method."""

    def __init__(self, count: int, policy: RequestPolicy, clock: Clock, chance: Callable[[], float]) -> None:
        limit = float(policy.units_per_second or 0)
        now = clock.monotonic_ns()
        self.policy = policy
        self.standings = tuple(Standing(limit, now, limit) for _ in range(count))
        self._clock = clock
        self._chance = chance
        self._turn = 0
        self._lock = threading.Lock()

    def begin(self, asked: Sequence[Standing]) -> Standing:
        """Returns the next URL, none of ``asked``: the one with the fewest requests under way, of those that need no
        rest; in turn if they are equal.
        """
        with self._lock:
            now, start = self._clock.monotonic_ns(), self._turn
            self._turn += 1
            count = len(self.standings)
            in_turn = [self.standings[(start + step) % count] for step in range(count)]
            chosen = min(
                (standing for standing in in_turn if standing not in asked),
                key=lambda standing: (max(standing.rests_until_ns - now, 0), standing.under_way),
            )
            chosen.under_way += 1
        return chosen

    def end(self, standing: Standing) -> None:
        """Its request is over."""
        with self._lock:
            standing.under_way -= 1

    def delay(self, standing: Standing, calls: int) -> float:
        """Take the units of so many calls, and say how many seconds to wait until the limit lets them through."""
        if standing.limit <= 0:
            return 0.0
        with self._lock:
            now = self._clock.monotonic_ns()
            gained = (now - standing.filled_ns) * standing.limit / 1e9
            standing.units = min(standing.limit, standing.units + gained) - calls * CALL_UNITS
            standing.filled_ns = now
            return max(-standing.units / standing.limit, 0.0)

    def pause_after(self, standing: Standing, trouble: Trouble) -> float:
        """Note that it failed, and say how many seconds it is left alone: longer each time."""
        if trouble.kind is Kind.TOO_FAST and standing.limit == 0 and self.policy.units_per_second is None:
            standing.limit = USUAL_LIMIT
        if trouble.kind is Kind.FINAL:
            return trouble.pause
        pause: float = min(self.policy.pause * 2.0**standing.failures, LONGEST_PAUSE)
        standing.failures = min(standing.failures + 1, 30)
        return max(pause * (0.5 + self._chance()), trouble.pause)

    def rest(self, standing: Standing, seconds: float) -> None:
        """Leave it alone for so long while another is well."""
        standing.rests_until_ns = self._clock.monotonic_ns() + int(seconds * 1e9)


class Attempts:
    """The attempts at one batch: in rounds, in each of which every URL may be asked once. ``retries``: rounds after the
    first, for nodes that are busy.
    """

    def __init__(self, schedule: Schedule, retries: int) -> None:
        self._schedule = schedule
        self._retries = retries
        self._asked: list[Standing] = []
        self._kinds: set[Kind] = set()
        self._rounds = 0
        self.failed = 0
        """Attempts so far that left something to be asked."""

    def begin(self) -> Standing:
        """Returns the next URL; ``Schedule.end`` must follow."""
        standing = self._schedule.begin(self._asked)
        self._asked.append(standing)
        return standing

    @property
    def may_ask_another(self) -> bool:
        """True if a URL is left that was not asked in this round."""
        return len(self._asked) < len(self._schedule.standings)

    def after(self, standing: Standing, trouble: Trouble) -> float | None:
        """Returns the pause before the next attempt in seconds; None: give up."""
        self.failed += 1
        self._kinds.add(trouble.kind)
        pause = self._schedule.pause_after(standing, trouble)
        if self.may_ask_another:
            self._schedule.rest(standing, pause)
            return 0.0
        self._rounds += 1
        kinds, self._kinds = self._kinds, set()
        if not kinds & {Kind.BUSY, Kind.TOO_FAST}:
            if Kind.DEAD not in kinds or self._rounds > min(self._retries, len(PAUSES_FOR_THE_DEAD)):
                return None
            pause = PAUSES_FOR_THE_DEAD[self._rounds - 1]
        elif self._rounds > self._retries:
            return None
        self._asked.clear()
        return pause
