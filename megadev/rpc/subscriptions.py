"""The subscriptions to one chain, and the delivery of events to them.

A subscription belongs to a connection and ends with it. Those of one kind with an equal choice are a stream
(``streams``), which decides once for all of them what is to be said; from there on a subscriber costs one entry in its
connection's queue, in which the message itself is shared. Whoever does not keep up is the connection's matter
(``server/sessions``), so telling never waits.

Why subscriptions hang on the chain and not on a dispatcher: one chain may be served over several transports at once,
and events are to be formatted once for all of them.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Hashable, Sequence

from megadev.errors import LimitExceeded, UnknownFilter
from megadev.events import Event, MiniBlockSealed, TransactionPreconfirmed
from megadev.node.bus import Bus
from megadev.node.chain import LocalChain
from megadev.node.link import Link
from megadev.rpc.session import Session
from megadev.rpc.streams import KINDS, NOTIFICATIONS, PRECONFIRMED, Notification, timed

_END = b"}}"
"""What follows the result in a notification."""
MOST_DELAYED = 10_000
"""Events that may wait to be told on a slow link; with more, the oldest is told at once."""


class _Subscriber:
    """One subscription: its connection, and how a notification to it begins."""

    __slots__ = ("head", "session")

    def __init__(self, subscription_id: str, session: Session) -> None:
        self.session = session
        self.head = (
            b'{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"'
            + subscription_id.encode()
            + b'","result":'
        )


class _Stream:
    """The subscribers to one kind with one choice."""

    __slots__ = ("choice", "subscribers")

    def __init__(self, choice: Hashable) -> None:
        self.choice = choice
        self.subscribers: dict[str, _Subscriber] = {}


class Subscriptions:
    """The subscriptions to one chain, at most ``limit``. All methods run on the event loop's thread, as events do."""

    def __init__(self, chain: LocalChain, bus: Bus, limit: int, link: Link) -> None:
        self._chain = chain
        self._bus = bus
        self._link = link
        self._late: deque[list[tuple[_Subscriber, bytes]]] = deque()
        """What is told later, an event each, in order."""
        self._late_until = 0.0
        """When the last of it is told, by the loop's clock."""
        self.limit = limit
        self._unsubscribe: Callable[[], None] | None = None
        self._streams: dict[str, dict[Hashable, _Stream]] = {kind: {} for kind in KINDS}
        self._sessions: dict[str, dict[str, tuple[str, _Stream]]] = {}
        self._count = 0
        self._timed: list[bytes] = []
        """How long preconfirmations took that are in no mini-block yet."""

    def __len__(self) -> int:
        return self._count

    def __contains__(self, subscription_id: object) -> bool:
        return any(subscription_id in held for held in self._sessions.values())

    def held_by(self, session: Session) -> int:
        """Returns the number of a connection's subscriptions."""
        return len(self._sessions.get(session.id, ()))

    def heard(self, kind: str) -> bool:
        """True if anybody subscribed to ``kind``: what costs something to say need not be worked out for nobody."""
        return bool(self._streams[kind])

    def add(self, session: Session, kind: str, choice: Hashable) -> str:
        """Tell ``session`` of ``kind`` from now on; returns the subscription's id. ``choice`` as ``streams.choice_of``
        made it.

        Raises ``LimitExceeded`` where there are as many as may be.
        """
        if self._count >= self.limit:
            raise LimitExceeded(
                f"too many subscriptions: this node has {self._count}, its maximum; end some with "
                "eth_unsubscribe, or start it with a higher --max-subscriptions"
            )
        subscription_id = "0x" + secrets.token_hex(16)
        subscriber = _Subscriber(subscription_id, session)
        streams = self._streams[kind]
        stream = streams.get(choice)
        if stream is None:
            stream = streams[choice] = _Stream(choice)
        stream.subscribers[subscription_id] = subscriber
        if session.id not in self._sessions:
            self._sessions[session.id] = {}
            session.on_close(lambda: self._drop(session.id))
        self._sessions[session.id][subscription_id] = (kind, stream)
        self._count += 1
        self._listen()
        first = KINDS[kind].first
        if first is not None:
            _soon(lambda: session.notify(subscriber.head, first + _END))
        return subscription_id

    def remove(self, session: Session, subscription_id: str) -> None:
        """End a subscription of ``session``. Raises ``UnknownFilter`` where it has none by that id."""
        held = self._sessions.get(session.id, {}).pop(subscription_id, None)
        if held is None:
            raise UnknownFilter(f"subscription not found: {subscription_id[:66]} does not belong to this connection")
        self._forget(subscription_id, *held)
        self._listen()

    def _drop(self, session_id: str) -> None:
        for subscription_id, (kind, stream) in self._sessions.pop(session_id, {}).items():
            self._forget(subscription_id, kind, stream)
        self._listen()

    def _forget(self, subscription_id: str, kind: str, stream: _Stream) -> None:
        del stream.subscribers[subscription_id]
        if not stream.subscribers:
            del self._streams[kind][stream.choice]
        self._count -= 1

    def _listen(self) -> None:
        """Hear of events only while somebody wants to be told."""
        if self._count and self._unsubscribe is None:
            self._unsubscribe = self._bus.subscribe(self._on_event)
        elif not self._count and self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TransactionPreconfirmed):
            if self._streams[PRECONFIRMED]:
                self._timed.append(timed(event))
            return
        rows = NOTIFICATIONS.get(type(event))
        if rows is None or not any(self._streams[kind] for kind, _ in rows):
            return
        waited: Sequence[bytes] = ()
        if isinstance(event, MiniBlockSealed):
            waited, self._timed = self._timed, []
        notification = Notification(self._chain, waited)
        late: list[tuple[_Subscriber, bytes]] | None = [] if self._link.delays_notices or self._late else None
        for kind, say in rows:
            for stream in tuple(self._streams[kind].values()):
                for result in say(notification, event, stream.choice):
                    shared = result + _END
                    for subscriber in tuple(stream.subscribers.values()):  # who is dropped meanwhile leaves the stream
                        if late is None:
                            subscriber.session.notify(subscriber.head, shared)
                        else:
                            late.append((subscriber, shared))
        if late:
            self._tell_later(late)

    def _tell_later(self, late: list[tuple[_Subscriber, bytes]]) -> None:
        """On a slow link: an event is told when its time has come, and not before the one that happened first."""
        self._late.append(late)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._tell_oldest()
            return
        if len(self._late) > MOST_DELAYED:
            self._tell_oldest()
        self._late_until = max(self._late_until, loop.time() + self._link.stream_delay())
        loop.call_at(self._late_until, self._tell_oldest)

    def _tell_oldest(self) -> None:
        if self._late:
            for subscriber, shared in self._late.popleft():
                subscriber.session.notify(subscriber.head, shared)


def _soon(call: Callable[[], None]) -> None:
    """After the answer now being made has been handed to the transport, where there is one."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        call()
    else:
        loop.call_soon(call)
