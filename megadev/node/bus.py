"""Events to listeners: synchronous, in order of subscription, on the writer thread. Listeners only take notice."""

from __future__ import annotations

from collections.abc import Callable

from megadev.events import Event

Listener = Callable[[Event], None]


class Bus:
    """Hands every event to every listener."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def publish(self, event: Event) -> None:
        for listener in self._listeners:
            listener(event)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with every event from now on; returns what ends that."""
        self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

        return unsubscribe
