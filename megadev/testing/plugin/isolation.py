"""States of one devnet, both its chains, on a stack, in step with pytest's fixtures: each test, and each fixture of a
wider scope that changed a chain, has a snapshot of what was there before it.

When a fixture ends, the chains go back to before it; so it does when a test ends. What was set up later, on top, goes
with it: a fixture of session scope that is first asked for by a test in the middle of a module stands on the fixtures
of that module, and ends when they do; who asks for it afterwards gets it made anew. So every test finds what its
fixtures did, whole, and nothing else.

Why a fixture is made twice then, rather than kept: what it deployed stood on a state that is gone.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from megadev.events import Event, TransactionPreconfirmed
from megadev.primitives.types import Hash32

if TYPE_CHECKING:
    from megadev.devnet import Devnet, Endpoint
    from megadev.node.snapshots import Held

TRANSACTIONS_KEPT = 1_000


@dataclass(slots=True, eq=False)
class _Level:
    """``owner`` began when the chains were as ``before`` says; ``end`` ends it."""

    owner: object
    before: Held
    end: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """A transaction of the test that runs, on the chain of ``endpoint``."""

    endpoint: Endpoint
    tx_hash: Hash32
    succeeded: bool


class Isolation:
    """Keeps one devnet's stack, and what the test that runs has done, for when it fails."""

    def __init__(self, devnet: Devnet) -> None:
        self.devnet = devnet
        self.seen: deque[Seen] = deque(maxlen=TRANSACTIONS_KEPT)
        self.failed_request: tuple[Endpoint, bytes] | None = None
        """The last request that was answered with an error, and where it was made."""
        self.messages_before: tuple[int, ...] = ()
        """Console messages that there were before the test, on each chain."""
        self._levels: list[_Level] = []
        self.start_watching()
        for endpoint in devnet.endpoints:
            self._watch(endpoint)

    def begin_fixture(self, fixture: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
        """A fixture of wider than function scope is about to be set up."""
        level = _Level(fixture, self.devnet.snapshot(), functools.partial(fixture.finish, request))  # type: ignore[arg-type]
        self._levels.append(level)
        fixture.addfinalizer(lambda: self._leave(level))  # the first one, and so the last to be called

    def end_fixture(self, fixture: pytest.FixtureDef[Any]) -> None:
        """It is set up, or failed. One that left the chains alone is of no concern: it need not end with the others."""
        if not self._levels or self._levels[-1].owner is not fixture:
            return
        level = self._levels[-1]
        if not self.devnet.call(lambda: self.devnet.node.snapshots.changed_since(level.before)):
            self._levels.pop()
            self.devnet.call(lambda: self.devnet.node.snapshots.release(level.before))

    def begin_test(self, item: pytest.Item) -> None:
        """All wider fixtures stand; what comes is taken back when the test ends."""
        level = _Level(item, self.devnet.snapshot(), lambda: None)
        self._levels.append(level)
        item.addfinalizer(lambda: self._leave(level))

    def start_watching(self) -> None:
        """A test begins: what the one before it did is of no interest any more."""
        self.seen.clear()
        self.failed_request = None
        self.messages_before = tuple(chain.console.count for chain in self.devnet.node.chains)

    @contextmanager
    def of_examples(self, test: Any) -> Iterator[None]:
        """Inside, each example of a Hypothesis test starts from the present state."""
        inner = test.hypothesis.inner_test
        test.hypothesis.inner_test = self._from_here(inner)
        try:
            yield
        finally:
            test.hypothesis.inner_test = inner

    @contextmanager
    def of_state_machines(self, stateful: Any) -> Iterator[None]:
        """Inside, each run of a Hypothesis state machine starts from the state in which the first of its runs is
        started; ``stateful`` is Hypothesis's module of them.
        """
        make = stateful.get_state_machine_test

        @functools.wraps(make)
        def make_isolated(*arguments: Any, **named: Any) -> Any:
            test = make(*arguments, **named)
            test.hypothesis.inner_test = self._from_here(test.hypothesis.inner_test)
            return test

        stateful.get_state_machine_test = make_isolated
        try:
            yield
        finally:
            stateful.get_state_machine_test = make

    def _from_here(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        before = self.devnet.snapshot()

        # taken back before each example, not after: the last one to fail can still be looked at
        @functools.wraps(inner)
        def example(*arguments: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            self.devnet.revert(before)
            self.start_watching()
            return inner(*arguments, **named)

        return example

    def close(self) -> None:
        """The devnet goes: what stands on it ends."""
        for level in reversed(self._levels[:]):
            if level in self._levels:
                level.end()
        self._levels.clear()
        for endpoint in self.devnet.endpoints:
            endpoint.client.on_failure = None

    def _leave(self, level: _Level) -> None:
        if level not in self._levels:
            return
        index = self._levels.index(level)
        try:
            for later in reversed(self._levels[index + 1 :]):
                if later in self._levels:
                    later.end()
        finally:
            del self._levels[index:]
            self.devnet.revert(level.before)
            self.devnet.call(lambda: self.devnet.node.snapshots.release(level.before))

    def _watch(self, endpoint: Endpoint) -> None:
        of_the_bridge = self.devnet.node.acts_by_itself(endpoint.chain)

        def hear(event: Event) -> None:
            if type(event) is TransactionPreconfirmed and event.tx.sender not in of_the_bridge:
                self.seen.append(Seen(endpoint, event.tx.hash, event.receipt.succeeded))

        def failed(body: bytes) -> None:
            self.failed_request = endpoint, body

        endpoint.chain.bus.subscribe(hear)
        endpoint.client.on_failure = failed
