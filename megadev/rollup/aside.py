"""Work that keeps nobody waiting: made on a thread of its own where there is one, and taken in on the writer's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Aside: TypeAlias = Callable[[Callable[[], Any], Callable[[Any], object]], None]
"""Makes something, and gives it to a function on the writer thread."""


def at_once(make: Callable[[], Any], take: Callable[[Any], object]) -> None:
    """Aside, where nobody is there to be kept waiting."""
    take(make())
