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
        self._listeners: tuple[tuple[Listener, tuple[type[Event], ...]], ...] = ()
        self._by_kind: dict[type[Event], tuple[Listener, ...]] = {}
        """Who listens to events of a kind, as far as there was one: each transaction makes four or more."""
        self._writer = writer

    def publish(self, event: Event) -> None:
        if self._writer.is_engaged:
            self._writer.on_loop(lambda: self._hand_out(event))
        else:
            self._hand_out(event)

    def _hand_out(self, event: Event) -> None:
        by_kind = self._by_kind  # before the listeners are read: what is put into it is then no older than it
        listeners = by_kind.get(type(event))
        if listeners is None:
            listeners = by_kind[type(event)] = tuple(
                listener for listener, kinds in self._listeners if not kinds or type(event) in kinds
            )
        for listener in listeners:
            try:
                listener(event)
            except Exception:
                _LOG.exception("a listener failed at %s", type(event).__name__)

    def subscribe(self, listener: Listener, *kinds: type[Event]) -> Callable[[], None]:
        """Call ``listener`` with every event from now on, or only with those of ``kinds``; returns what ends that."""
        entry = listener, kinds
        self._set((*self._listeners, entry))
        return lambda: self._set(tuple(other for other in self._listeners if other is not entry))

    def _set(self, listeners: tuple[tuple[Listener, tuple[type[Event], ...]], ...]) -> None:
        self._listeners = listeners
        self._by_kind = {}
