"""The way between clients and the node, as far as it is made worse on purpose: slow, or cut.

Answers to sends are held back, and notifications told later, by a *latency* with jitter; nothing else waits for them.
The link is cut after a crash that takes the gateway's reads along: then only methods that steer the devnet get through.
The delays are drawn from a seed, so that the same script meets the same ones.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Protocol

from megadev.primitives.latency import Latency

DEFAULT_SEED = 0


class Agreement(Protocol):
    """The agreement that must be reached before a mini-block is published (``quorum``)."""

    @property
    def remaining(self) -> float:
        """Seconds until all that is under way is."""
        ...

    async def agreed(self) -> None:
        """Return once all that was executed so far is. Raises ``SequencerUnavailable`` where it will not be."""
        ...


class Link:
    """Simulated network conditions between clients and node. Changed on the writer thread."""

    def __init__(self, latency: Latency | None = None) -> None:
        self._first = latency
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        """How an answer is held back."""
        self.is_cut = False
        self.delayed_answers = 0
        """How many were held back since the node started."""
        self.delayed_notices = 0
        """The same of events that subscribers were told of later."""
        self.agreement: Agreement | None = None
        """What answers to sends, and notifications, wait for besides."""
        self.holds_back = False
        """Whether answers to sends wait for anything."""
        self.reset()

    def reset(self) -> None:
        """Restore the conditions of the settings."""
        self.is_cut = False
        self.set(self._first, self._first)

    def set(self, answer: Latency | None, stream: Latency | None, seed: int = DEFAULT_SEED) -> None:
        """Delay answers to sends, and notifications, from now on; the draws begin anew. None, or 0: not at all."""
        self.answer = answer if answer is not None and answer.seconds else None
        self.stream = stream if stream is not None and stream.seconds else None
        self.seed = seed
        self.holds_back = self.answer is not None or self.agreement is not None
        self._random = random.Random(seed)

    def answer_delay(self) -> float:
        """Seconds for which the next answer is held back."""
        assert self.answer is not None, "asked for where there is one"
        self.delayed_answers += 1
        return self.answer.at(self._random.random())

    def stream_delay(self) -> float:
        """Seconds until subscribers hear of the next event."""
        agreed = 0.0 if self.agreement is None else self.agreement.remaining
        if self.stream is None:
            return agreed
        self.delayed_notices += 1
        return agreed + self.stream.at(self._random.random())

    @property
    def delays_notices(self) -> bool:
        """True if notifications of subscribers may be delayed."""
        return self.stream is not None or self.agreement is not None

    def wait_for(self, agreement: Agreement) -> None:
        """Have answers to sends, and notifications, wait for ``agreement`` from now on."""
        self.agreement, self.holds_back = agreement, True
