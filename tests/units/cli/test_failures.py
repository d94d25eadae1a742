"""Looking for the lines where transactions failed: always for a developer's, within limits for a storm of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from megadev.cli.terminal import failures
from megadev.cli.terminal.failures import BEHIND, GAS_LIMIT, FailureLocator
from megadev.config.settings import DevnetConfig
from megadev.events import Event, TransactionPreconfirmed
from megadev.inspect.stack_trace import trace_transaction
from megadev.node.node import Node
from megadev.primitives.abi import encode, encode_call
from megadev.rpc.client import InProcessClient
from megadev.rpc.dispatch import Dispatcher
from megadev.rpc.node import RpcNode
from megadev.sequencer.admission import QUICK_GAS
from tests.stage.failing_project import PROJECT, bytecode, line_of

SECOND = 10**9


class Scene:
    """A node with the Vyper box, the last transaction that failed on it, and a clock that stands still."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import megadev.rpc.methods  # noqa: F401  (registers them)

        self.now = 0
        monkeypatch.setattr(failures, "monotonic_ns", lambda: self.now)
        self.node = Node(DevnetConfig(project=PROJECT))
        dispatcher = Dispatcher(RpcNode.of(self.node, self.node.l2), before_request=self.node.settle)
        self.rpc: Callable[..., Any] = InProcessClient(dispatcher).rpc
        self.events: list[Event] = []
        self.node.l2.bus.subscribe(self.events.append)
        self.waiting = 0
        self.locate = FailureLocator(self.node.l2, self.node.artifacts)
        self.locate.start(lambda: self.waiting)
        self.box = self.sent(data=bytecode("Box") + encode(["uint256"], [5]).hex()).receipt.created

    def sent(self, **fields: str) -> TransactionPreconfirmed:
        sender = self.node.accounts.keyed[0].address
        self.rpc("eth_sendTransaction", {"from": sender, "gas": hex(1_000_000), **fields})
        return next(event for event in reversed(self.events) if isinstance(event, TransactionPreconfirmed))

    def failed(self) -> TransactionPreconfirmed:
        assert self.box is not None
        # so little gas that its block stays open until the node settles
        call = encode_call("put(uint256)", 0).hex()
        return self.sent(to="0x" + self.box.hex(), data=f"0x{call}", gas=hex(QUICK_GAS))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    yield Scene(monkeypatch)


def test_the_line_is_found(scene: Scene) -> None:
    event = scene.failed()
    scene.node.settle()
    located = scene.locate(event)
    assert located is not None
    assert located.reason.startswith("execution reverted")
    assert located.places[0].source == "src/Box.vy"
    assert located.places[0].line == line_of("Box.vy", "assert amount > 0")


def test_a_block_that_is_about_to_be_sealed_is_waited_for(scene: Scene) -> None:
    event = scene.failed()
    found: list[object] = []
    looking = threading.Thread(target=lambda: found.append(scene.locate(event)))
    looking.start()
    scene.node.settle()
    looking.join(60)
    assert found
    assert found[0] is not None


def test_a_block_that_stays_open_is_not_waited_for_forever(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    event = scene.failed()
    monkeypatch.setattr(failures, "SEAL_SECONDS", 0)
    assert scene.locate(event) is None


def test_no_time_is_spent_on_it_while_the_log_is_behind(scene: Scene) -> None:
    event = scene.failed()
    scene.node.settle()
    scene.waiting = BEHIND + 1
    assert scene.locate(event) is None
    scene.waiting = 0
    assert scene.locate(event) is not None


def test_expensive_failures_are_left_to_megadev_trace(scene: Scene) -> None:
    event = scene.failed()
    scene.node.settle()
    receipt = msgspec.structs.replace(event.receipt, cumulative_gas_used=GAS_LIMIT + 1)
    assert scene.locate(TransactionPreconfirmed(event.tx, receipt, 1, 0, 1)) is None


def test_a_storm_of_failures_gets_a_share_of_the_time(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a tenth of a second here; after half a second's worth there is one every few seconds."""
    event = scene.failed()
    scene.node.settle()
    trace = trace_transaction

    def slow(*arguments: Any) -> Any:
        scene.now += SECOND // 10
        return trace(*arguments)

    monkeypatch.setattr(failures, "trace_transaction", slow)
    began = scene.now
    found = [scene.locate(event) is not None for _ in range(100)]
    assert found[:4] == [True] * 4
    assert sum(found) <= 7
    assert scene.now - began < SECOND
    scene.now += 20 * SECOND
    assert scene.locate(event) is not None


def test_without_artifacts_nothing_is_run_again(scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    event = scene.failed()
    scene.node.settle()
    nowhere = Node(DevnetConfig(project=tmp_path)).artifacts
    scene.locate = FailureLocator(scene.node.l2, nowhere)
    scene.locate.start(lambda: scene.waiting)
    monkeypatch.setattr(failures, "trace_transaction", None)
    assert scene.locate(event) is None
