"""A lasting connection, as far as methods and subscriptions know it; ``server/sessions`` has what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Session(Protocol):
    """A lasting connection (WebSocket, IPC): where notifications go."""

    id: str

    def notify(self, message: bytes, shared: bytes = b"") -> None:
        """Queue one message: ``message`` followed by ``shared``, which is kept by reference while it waits. Call on
        the event loop's thread; never blocks; dropped once the connection is gone."""
        ...

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once, when the connection ends."""
        ...
