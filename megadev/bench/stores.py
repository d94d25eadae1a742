"""The rows of ``--state`` in ``megadev bench``: what keeping the chain takes of send → receipt and of transactions per
second, in each mode of durability, beside another node's own way to keep it.

All nodes run at once and take turns, each compared with one of its own kind that keeps nothing, measured at the same
time: what else the machine does meets both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from megadev.bench.batches import share_of
from megadev.bench.client import Measure, Measured, Samples, send_and_wait, throughput
from megadev.errors import MegadevError

NOTHING = "nothing"
MODES = ("off", "interval", "block")
_KEPT = {
    NOTHING: "nothing kept",
    "off": "--state DIR/ --durability off",
    "interval": "--state, at intervals",
    "block": "--state DIR/ --durability block",
}
RECEIPTS, RATED = 200, 800
TURNS, QUICK_TURNS = 5, 1

STORE_ROWS = (
    *(Measure(f"state-{mode}-receipt", f"send → receipt, {what}") for mode, what in _KEPT.items()),
    *(Measure(f"state-{mode}-rate", f"8 connections, {what}", "tx/s") for mode, what in _KEPT.items()),
    *(Measure(f"state-{mode}-share", f"throughput that it takes: {_KEPT[mode]}", "%") for mode in MODES),
)

Opening: TypeAlias = Callable[[Sequence[str]], AbstractContextManager[Measured]]
"""Starts a node of one kind with these flags."""


def flags_of(is_megadev: bool, folder: Path) -> dict[str, tuple[str, ...]]:
    """Returns the flags with which a node of that kind is started. Anvil has one way: a file."""
    if not is_megadev:
        return {NOTHING: (), "interval": ("--state", str(folder / "anvil.json"))}
    return {NOTHING: ()} | {mode: ("--state", f"{folder}/{mode}/", "--durability", mode) for mode in MODES}


def measured(opened: Mapping[str, tuple[bool, Opening]], chosen: Collection[str], quick: bool) -> dict[str, Samples]:
    """The chosen rows of each node, by its name; ``opened``: whether it is a megadev, and what starts it."""
    wants_receipts = any(label.endswith("receipt") for label in chosen)
    wants_rates = any(label.endswith(("rate", "share")) for label in chosen)
    found: dict[str, Samples] = {name: {} for name in opened}
    with TemporaryDirectory() as folder, ExitStack() as running:
        endpoints = [
            (name, mode, running.enter_context(start(flags)))
            for name, (is_megadev, start) in opened.items()
            for mode, flags in flags_of(is_megadev, Path(folder)).items()
        ]
        for turn in range(-1, QUICK_TURNS if quick else TURNS):
            for name, mode, endpoint in endpoints:
                samples: Samples = {}
                try:
                    if wants_receipts:
                        raws = [endpoint.transfer() for _ in range(RECEIPTS // (10 if quick else 1))]
                        samples[f"state-{mode}-receipt"] = [send_and_wait(endpoint.connection, raw)[1] for raw in raws]
                    if wants_rates:
                        samples[f"state-{mode}-rate"] = [throughput(endpoint, RATED // (2 if quick else 1))]
                except MegadevError:  # a node may stop mining under load: this turn does not count for it
                    endpoint.connection.call("evm_mine")
                    endpoint.refresh()
                for label, figures in samples.items() if turn >= 0 else ():
                    found[name].setdefault(label, []).extend(figures)
    for samples in found.values():
        for mode in MODES:
            if f"state-{mode}-rate" in samples and f"state-{NOTHING}-rate" in samples:
                share = share_of(samples[f"state-{mode}-rate"], samples[f"state-{NOTHING}-rate"])
                samples[f"state-{mode}-share"] = [share]
    return found
