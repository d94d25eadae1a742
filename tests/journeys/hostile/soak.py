"""A node that lives long: a hundred thousand blocks with transactions in them, while another client asks for the chain
id again and again and filters are polled.

Run as a program it prints a line for every tenth of the way: ``python -m tests.journeys.hostile.soak [dev|megaeth]
[BLOCKS]``. Memory is that of the node's process; a heartbeat is the time that one answer took.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.journeys.hostile.heartbeat import ALICE, BOB, LOGS, STORES, UP, Client, Heart, started

BLOCKS = 100_000
STEPS = 10
AT_ONCE = 500
"""Blocks of one request."""
STORING, LOGGING = "0x5f355f3555", "0x5f355f5260205fa000"
"""Code that stores its input in the slot of that number, and code that logs it."""


@dataclass(frozen=True)
class Line:
    """What was so after so many blocks: the chain's height, megabytes in memory, and the answers since the last line in
    ms (the longest, the hundredth longest of ten thousand, the median)."""

    blocks: int
    megabytes: int
    longest: float
    high: float
    median: float
    seconds: float


def soak(process: int, port: int, blocks: int, steps: int = STEPS) -> Iterator[Line]:
    """Have the node at ``port`` make so many blocks."""
    ask = Client(port)
    ask("anvil_setCode", STORES, STORING)
    ask("anvil_setCode", LOGS, LOGGING)
    began = time.perf_counter()
    transactions = [
        {"from": ALICE, "to": BOB, "value": "0x1", "gas": "0x5208"},
        {"from": ALICE, "to": STORES, "gas": "0x30000"},
        {"from": BOB, "to": LOGS, "gas": "0x30000"},
    ]
    number = 0
    filters = [ask(method, *params) for method, params in (("eth_newFilter", [{}]), ("eth_newBlockFilter", []))]
    for _ in range(steps):
        heart = Heart(port)
        heart.start()
        for _ in range(max(blocks // steps // AT_ONCE, 1)):
            calls: list[tuple[str, Any]] = []
            for transaction in transactions:
                number += 1
                calls.append(("eth_sendTransaction", [{**transaction, "data": f"0x{number % 5_000:064x}"}]))
            ask.batch(calls)
            ask("anvil_mine", hex(min(AT_ONCE, blocks // steps)))
            for known in filters:
                ask("eth_getFilterChanges", known)
        heart.is_on = False
        heart.join(60)
        beats = sorted(heart.beats)
        yield Line(
            int(ask("eth_blockNumber"), 16),
            resident(process),
            beats[-1],
            beats[int(len(beats) * 0.99)],
            beats[len(beats) // 2],
            time.perf_counter() - began,
        )


def resident(process: int) -> int:
    """Megabytes of a process that are in memory."""
    with open(f"/proc/{process}/status") as status:
        found = re.search(r"VmRSS:\s+(\d+) kB", status.read())
    assert found is not None
    return int(found[1]) // 1024


def main() -> None:
    """Print the curve."""
    preset = sys.argv[1] if len(sys.argv) > 1 else "dev"
    blocks = int(sys.argv[2]) if len(sys.argv) > 2 else BLOCKS
    print(
        f"| {preset}: blocks | memory MB | longest heartbeat ms | 99 % | median | seconds |\n|---|---|---|---|---|---|"
    )
    with started(*UP, "--preset", preset) as (process, port):
        for line in soak(process, port, blocks):
            print(
                f"| {line.blocks} | {line.megabytes} | {line.longest:.0f} | {line.high:.1f} | {line.median:.1f} "
                f"| {line.seconds:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
