"""The fork rows of ``megadev bench``: a node started on a fork of another that is some way off.

Owns what is done to a fork and the rows it fills. Every node forks the same upstream, a megadev with the bench's token,
through ``upstream.py``, which delays each request by ``LATENCY`` and counts. Where a node keeps what it fetched is a
home directory of its own: empty for the cold rows, as the cold run left it for the warm ones.

Why the transactions are signed beforehand, with nonces and fees that upstream told: what the client would ask the fork
for would be fetched then, and the transaction found it ready.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median
from typing import TypeAlias

from megadev.bench.client import (
    Connection,
    Measure,
    Measured,
    Samples,
    send_and_wait,
    signed_token_transfer,
)
from megadev.bench.upstream import Distant

LATENCY = 50
"""Milliseconds that upstream is away."""
HOT_COUNT = 20
"""Transactions in one turn on a fork that has fetched all they need."""

_AWAY = f"fork of a node {LATENCY} ms away"
_STAGES = {
    "start": ("process start → first answer", "until that answer"),
    "erc20": ("first ERC-20 transfer → receipt", "for that transfer"),
}
_CACHES = {"cold": "nothing cached", "warm": "run before"}


def _from_scratch() -> Iterator[Measure]:
    for cache, known in _CACHES.items():
        for stage, (what, during) in _STAGES.items():
            label = f"fork-{stage}-{cache}"
            yield Measure(label, f"{_AWAY}, {known}: {what}")
            yield Measure(f"{label}-requests", f"{_AWAY}, {known}: requests upstream {during}", "requests")
            yield Measure(f"{label}-calls", f"{_AWAY}, {known}: calls upstream {during}", "calls")


FROM_SCRATCH = tuple(_from_scratch())
HOT = (
    Measure("fork-erc20-hot", "fork with all fetched: ERC-20 transfer → receipt"),
    Measure("fork-cost", "the same, over that of a node that forks nothing", "×"),
)
FORK_ROWS = FROM_SCRATCH + HOT

Running: TypeAlias = Callable[[str, Path], AbstractContextManager[tuple[str, int, float]]]
"""Starts a node that forks a URL, with that home directory: its URL, its process id, seconds to its first answer."""


def from_scratch(start: Running, upstream: Measured, far: Distant) -> Samples:
    """Start a node twice, send it a token transfer each time: all rows with a cache in their name, once."""
    raw = signed_token_transfer(upstream)
    upstream.nonces[0] -= 1  # upstream never sees it
    samples: Samples = {}
    with tempfile.TemporaryDirectory(prefix="megadev-bench-") as home:
        for cache in _CACHES:
            far.asked()
            with start(far.url, Path(home)) as (url, _, seconds):
                _note(samples, f"fork-start-{cache}", seconds, far)
                connection = Connection(url)
                _note(samples, f"fork-erc20-{cache}", send_and_wait(connection, raw)[1], far)
                connection.close()
    return samples


def hot(fork: Measured, plain: Measured, count: int) -> Samples:
    """``count`` transfers on a fork that has seen such before, then as many on a node that forks nothing."""
    forked, not_forked = (
        [send_and_wait(endpoint.connection, signed_token_transfer(endpoint))[1] for _ in range(count)]
        for endpoint in (fork, plain)
    )
    return {"fork-erc20-hot": forked, "fork-cost": [median(forked) / median(not_forked)]}


def _note(samples: Samples, label: str, seconds: float, far: Distant) -> None:
    requests, calls = far.asked()
    samples[label] = [seconds]
    samples[f"{label}-requests"] = [float(requests)]
    samples[f"{label}-calls"] = [float(calls)]
