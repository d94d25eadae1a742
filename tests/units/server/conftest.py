"""A server of toy methods on a free port, and what its methods saw."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from megadev.rpc.catalog import Entry
from megadev.rpc.codec import JSON, AnyParam
from megadev.rpc.dispatch import Dispatcher, Registry, method
from megadev.rpc.node import RpcNode
from megadev.rpc.session import Session
from megadev.server import ServerOptions, ServerThread

TIMEOUT = 20.0
"""Far more than anything here takes."""


@dataclass
class Toys:
    """What the methods are made to wait for, and what they saw."""

    gate: threading.Event = field(default_factory=threading.Event)
    entered: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    sessions: list[Session] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)


METHODS: Registry = {}


def toys(node: RpcNode) -> Toys:
    return cast("Toys", node.node)


@method("toy_echo", METHODS)
def toy_echo(node: RpcNode, value: AnyParam) -> JSON:
    toys(node).calls.append(value)
    return cast("JSON", value)


@method("toy_wait", METHODS)
async def toy_wait(node: RpcNode) -> JSON:
    toys(node).entered.set()
    try:
        while not toys(node).gate.is_set():
            await asyncio.sleep(0.001)
    except asyncio.CancelledError:
        toys(node).cancelled.set()
        raise
    return "waited"


@method("toy_heavy", METHODS)
def toy_heavy(node: RpcNode) -> JSON:
    toys(node).entered.set()
    assert toys(node).gate.wait(TIMEOUT)
    return "heavy"


@method("toy_subscribe", METHODS)
def toy_subscribe(node: RpcNode) -> JSON:
    assert node.session is not None
    toys(node).sessions.append(node.session)
    node.session.on_close(toys(node).closed.set)
    return node.session.id


CATALOG = [Entry(name, "", "", "full", heavy=name == "toy_heavy") for name in METHODS]


@dataclass
class ToyServer:
    """A running server, its toys and its dispatcher."""

    thread: ServerThread
    toys: Toys
    dispatcher: Dispatcher

    @property
    def port(self) -> int:
        return self.thread.port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), TIMEOUT)

    def on_loop(self, function: Callable[[], Any]) -> Any:
        """Run a function on the server's loop and wait for it."""

        async def run() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self.thread.loop).result(TIMEOUT)


CHAIN = SimpleNamespace(store=SimpleNamespace(rows=()))
"""As much of a chain as requests are answered with."""


@pytest.fixture
def start() -> Iterator[Callable[..., ToyServer]]:
    """Start servers; all are closed with the test."""
    started: list[ToyServer] = []

    def start_one(
        options: ServerOptions | None = None, hooks: dict[str, Callable[[], None]] | None = None, **more: Any
    ) -> ToyServer:
        things = Toys()
        dispatcher = Dispatcher(
            RpcNode(cast("Any", things), cast("Any", CHAIN), *2 * [cast("Any", None)]),
            catalog=CATALOG,
            registry=METHODS,
            **(hooks or {}),
        )
        server = ToyServer(ServerThread(dispatcher, options=options, **more), things, dispatcher)
        started.append(server)
        return server

    yield start_one
    for server in started:
        server.toys.gate.set()
        server.thread.close()


@pytest.fixture
def server(start: Callable[..., ToyServer]) -> ToyServer:
    return start()


def body(name: str, *params: Any, **more: Any) -> bytes:
    """A request's JSON."""
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": list(params), **more}).encode()


@pytest.fixture
def rpc() -> Callable[..., bytes]:
    return body
