"""Notices about reloading, for a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be shown. ``kind``: watching, deployed, unknown, failed, plan, refused, reloaded, undone, script."""

    kind: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)
