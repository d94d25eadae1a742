"""``megadev bench --soak N``: whether a node that keeps its chain in a store stays as it is while N blocks pass.

Owns the load (a transfer in each block, from eight senders to a thousand accounts), what is looked at on the way, and
the lines that say so: memory for each 1,000 blocks, the rate in the first and the last tenth, how long a start from the
store takes, and one after the process was killed in the middle of its work.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any, TypeAlias

from megadev.bench.client import BATCH, SENDERS, Measured, batches, result_of, seconds_of
from megadev.errors import MegadevError
from megadev.primitives.hexcodec import parse_quantity
from megadev.primitives.keccak import keccak

KEEP_BLOCKS, KEEP_BODIES = 256, 1_024
AT_ONCE = 1_000
"""Blocks between two looks."""
ACCOUNTS = 1_024
"""Accounts that get something: the state of the chain itself is not to grow."""
FLAGS = ("--keep-blocks", str(KEEP_BLOCKS), "--keep-bodies", str(KEEP_BODIES))

Opening: TypeAlias = Callable[[Sequence[str]], AbstractContextManager[tuple[Measured, float]]]
"""Starts this megadev with these flags: the endpoint, and the seconds to its first answer."""


def soak(
    blocks: int, opened: Opening, resident: Callable[[int | None], int | None], says: Callable[[str], object]
) -> dict[str, Any]:
    """Let a node live for so many blocks, stop it, start it, kill it and start it again; what was seen."""
    with tempfile.TemporaryDirectory() as folder:
        flags = ("--state", f"{folder}/store/", *FLAGS)
        memory: list[int | None] = []
        seconds: list[float] = []
        with opened(flags) as (endpoint, _):
            memory.append(resident(endpoint.pid))
            for done, took in _load(endpoint, blocks):
                seconds.append(took)
                memory.append(resident(endpoint.pid))
                says(f"{done:,} of {blocks:,} blocks")
            head = _head(endpoint)
        says(f"start from a store of {head:,} blocks")
        with opened(flags) as (endpoint, start_up):
            _check(endpoint, head)
            restarted = resident(endpoint.pid)
            killed = _killed_at_work(endpoint)
        says("start after a kill")
        with opened(flags) as (endpoint, recovery):
            recovered = _head(endpoint)
            _check(endpoint, head)
        size = sum(path.stat().st_size for path in (Path(folder) / "store").iterdir())
    tenth = max(1, len(seconds) // 10)
    return {
        "blocks": head,
        "memory_bytes": memory,
        "bytes_per_1000_blocks": _slope(memory),
        "rate_first_tenth": tenth * AT_ONCE / sum(seconds[:tenth]),
        "rate_last_tenth": tenth * AT_ONCE / sum(seconds[-tenth:]),
        "start_up_seconds": start_up,
        "memory_bytes_restarted": restarted,
        "killed_at": killed,
        "recovered": recovered,
        "recovery_seconds": recovery,
        "store_bytes": size,
    }


def _load(endpoint: Measured, blocks: int) -> Iterator[tuple[int, float]]:
    """Have ``blocks`` blocks made; after every ``AT_ONCE`` how many there are and the seconds that they took."""
    turn = cycle(range(SENDERS))
    first = int.from_bytes(keccak(b"megadev soak")[:20], "big")
    for begin in range(0, blocks, AT_ONCE):
        raws = [
            endpoint.transfer(next(turn), (first ^ index % ACCOUNTS).to_bytes(20, "big"))
            for index in range(begin, begin + AT_ONCE)
        ]
        requests = batches(endpoint, raws)
        bodies: list[bytes] = []

        def send(requests: Sequence[bytes] = requests, bodies: list[bytes] = bodies) -> None:
            bodies += map(endpoint.connection.exchange, requests)
            endpoint.await_inclusion(range(SENDERS))

        took = seconds_of(send)
        for body in bodies:
            result_of(body)
        yield begin + AT_ONCE, took


def _killed_at_work(endpoint: Measured) -> int:
    """Kill a node while it works; the head that it had before."""
    if endpoint.pid is None:
        raise MegadevError("a node that was not started here is not killed")
    head = _head(endpoint)
    requests = batches(endpoint, [endpoint.transfer(index % SENDERS) for index in range(10 * BATCH)])
    kill = threading.Timer(0.2, os.kill, (endpoint.pid, signal.SIGKILL))
    kill.start()
    with suppress(MegadevError, OSError):
        for request in requests:
            endpoint.connection.exchange(request)
    kill.join()
    return head


def _head(endpoint: Measured) -> int:
    return parse_quantity(endpoint.connection.call("eth_blockNumber"))


def _check(endpoint: Measured, head: int) -> None:
    """Raises ``MegadevError`` unless the chain is there, from its first block to ``head``."""
    for number in (1, head // 2, head):
        block = endpoint.connection.call("eth_getBlockByNumber", hex(number), False)
        if block is None or not block["transactions"]:
            raise MegadevError(f"block {number} of {head} did not come back")


def _slope(memory: Sequence[int | None]) -> float | None:
    """Bytes that each 1,000 blocks of the second half took."""
    half = [each for each in memory[len(memory) // 2 :] if each is not None]
    return (half[-1] - half[0]) / (len(half) - 1) if len(half) > 1 else None


def lines(report: dict[str, Any]) -> list[str]:
    """Returns the report for people."""
    memory = [each for each in report["memory_bytes"] if each is not None]
    growth = report["bytes_per_1000_blocks"]
    said = []
    if memory and growth is not None:
        said.append(
            f"memory: {memory[0] / 1e6:.0f} MB at first, {memory[-1] / 1e6:.0f} MB after {report['blocks']:,} blocks; "
            f"{growth / 1e6:+.3f} MB for each 1,000 blocks of the second half"
        )
    first, last = report["rate_first_tenth"], report["rate_last_tenth"]
    said += [
        f"rate: {first:,.0f} tx/s in the first tenth, {last:,.0f} in the last: {last / first:.2f} of it",
        f"start from the store: {report['start_up_seconds']:.2f} s to the first answer, "
        f"{report['store_bytes'] / 1e6:.0f} MB on disk",
        f"start after a kill at block {report['killed_at']:,}: {report['recovery_seconds']:.2f} s, "
        f"recovered up to block {report['recovered']:,}",
    ]
    return said
