"""Events to listeners, in order of subscription. Listeners only take notice.

They hear at once, or, of what the writer's thread does, soon after on the event loop: in its order, and before whoever
asked for it is answered. What one of them raises is logged: it undoes nothing, and the others still hear.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from megadev.events import Event
from megadev.node.writer import Writer

_LOG = logging.getLogger("megadev.node")

Listener = Callable[[Event], None]


class Bus:
    """Hands every event to every listener."""

    def __init__(self, writer: Writer) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._writer = writer

    def publish(self, event: Event) -> None:
        if self._writer.is_engaged:
            self._writer.on_loop(lambda: self._hand_out(event))
        else:
            self._hand_out(event)

    def _hand_out(self, event: Event) -> None:
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                _LOG.exception("a listener failed at %s", type(event).__name__)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with every event from now on; returns what ends that."""
        self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

        return unsubscribe
