"""Where megadev answers otherwise than Anvil 1.7.1, and why: one table, which README shows and the replay checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One place where an answer of Anvil's is not the one written in a conversation."""

    conversation: str
    method: str
    path: str
    kind: str
    ours: Any
    theirs: Any


@dataclass(frozen=True)
class Deviation:
    what: str
    why: str
    explains: tuple[str, ...] = ()


DEVIATIONS: tuple[Deviation, ...] = ()
