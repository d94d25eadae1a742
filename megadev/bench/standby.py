"""The rows of standbys in ``megadev bench``: how long nobody sequences after a crash, and what it costs that several
sequencers agree on each mini-block before it is preconfirmed.

Measured in a process of their own, without sockets: requests go to the node's thread and back. What is preconfirmed by
a quorum waits for its mini-block's end, 10 ms at most, and for a round trip where there is one; so the row with no
latency shows the former, and the one with a millisecond the latter as well.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from typing import Any

from megadev.bench.client import Measure, Samples, in_a_process
from megadev.clock import SystemClock

STANDBY_ROWS = (
    Measure("takeover", "crash → a standby has preconfirmed a transaction (--takeover 30ms)"),
    Measure("agree-alone", "send → preconfirmed, one sequencer"),
    Measure("agree-quorum", "send → preconfirmed, 3 of 4 sequencers sign, no latency between them"),
    Measure("agree-quorum-1ms", "send → preconfirmed, 3 of 4 sequencers sign, 1 ms between them"),
    Measure("agree-votes", "the votes of 3 of 4 sequencers for a mini-block"),
)
_SETTINGS: dict[str, dict[str, object]] = {
    "agree-alone": {},
    "agree-quorum": {"standby": 3, "quorum": "0ms"},
    "agree-quorum-1ms": {"standby": 3, "quorum": "1ms"},
}
monotonic_ns = SystemClock().monotonic_ns


def measured(chosen: Collection[str], quick: bool) -> Samples:
    """The chosen rows of this Python's megadev, in seconds. Raises ``MegadevError`` where its process fails."""
    wanted = [each.label for each in STANDBY_ROWS if each.label in chosen]
    return in_a_process(__name__, wanted, quick)


# ---- in the process of its own


def _figures(wanted: Collection[str], quick: bool) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    if "takeover" in wanted:
        found["takeover"] = _takeovers(20 if quick else 200)
    for label, settings in _SETTINGS.items():
        if label in wanted:
            found[label] = _sends(settings, 50 if quick else 400)
    if "agree-votes" in wanted:
        found["agree-votes"] = _votes(100 if quick else 1_000)
    return found


def _open(**settings: Any) -> Any:
    from megadev.devnet import Devnet

    return Devnet(preset="megaeth", no_l1=True, **settings)


def _pay(net: Any) -> Callable[[], object]:
    request = {"from": net.accounts[0].address, "to": net.accounts[1].address, "value": "0x1", "gas": "0x186a0"}
    return lambda: net.rpc("eth_sendTransaction", request)


def _takeovers(count: int) -> list[float]:
    from megadev.rpc.client import RpcError

    with _open(standby=2) as net:
        pay, found = _pay(net), []
        for _ in range(count + 1):
            pay()
            begun = monotonic_ns()
            net.rpc("megadev_sequencer_crash")
            while True:
                try:
                    pay()
                    break
                except RpcError:
                    continue
            found.append((monotonic_ns() - begun) / 1e9)
            net.rpc("megadev_sequencer_restart")
    return found[1:]


def _sends(settings: dict[str, object], count: int) -> list[float]:
    with _open(**settings) as net:
        pay, found = _pay(net), []
        for _ in range(count + 10):
            begun = monotonic_ns()
            pay()
            found.append((monotonic_ns() - begun) / 1e9)
    return found[10:]


def _votes(count: int) -> list[float]:
    with _open(standby=3, quorum="0ms") as net:
        _pay(net)()
        node = net.node
        mini_block = node.l2.mini_block(0)
        assert mini_block is not None and node.quorum is not None
        found = []
        for _ in range(count):
            begun = monotonic_ns()
            node.quorum.sign(mini_block)
            found.append((monotonic_ns() - begun) / 1e9)
    return found


if __name__ == "__main__":
    print(json.dumps(_figures(json.loads(sys.argv[1]), json.loads(sys.argv[2]))))
