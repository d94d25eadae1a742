"""An offline bundle of what one run read: its head says which blocks were forked, of L2 and of L1."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from megadev.chain.documents import JsonObject
from megadev.state.answers import Bundle

L1_PART = "L1"
"""What a bundle's keys begin with that are of L1."""
WITHOUT_L1 = "noL1"
"""What a bundle's head says of a run that had no L1."""


class Recorded(NamedTuple):
    """The recording of one fork in a bundle: its ``head``, which names the fork, and the ``answers`` that were used."""

    head: JsonObject
    answers: Mapping[str, Any]


def write_bundle(path: Path, l2: Recorded | None, l1: Recorded | None, *, has_l1: bool) -> None:
    """Write what was asked for until now as a bundle. ``has_l1``: whether the run had one, forked or not. Raises
    ``ConfigError``.
    """
    head: JsonObject = {} if l2 is None else dict(l2.head)
    if not has_l1:
        head[WITHOUT_L1] = True
    found: dict[str, Any] = {} if l2 is None else dict(l2.answers)
    if l1 is not None:
        head["l1"] = l1.head
        found |= {f"{L1_PART} {key}": value for key, value in l1.answers.items()}
    Bundle(head, found).write(path)


def holds(head: Mapping[str, Any], part: str) -> bool:
    """True if a bundle with this head has a recording of that part: L1's or L2's fork."""
    return "l1" in head if part else "block" in head or "l1" not in head
