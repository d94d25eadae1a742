"""``Devnet``: a whole node as one Python object, with or without sockets. What ``from megadev import Devnet`` gives.

It owns a ``Node`` and a dispatcher over it. Requests made through ``rpc`` and ``w3`` never leave the process; ``serve``
adds a port when another program wants one, and from then on everything runs on the server's thread, so there is still
one writer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import megadev.rpc.methods  # noqa: F401  # registers every method
from megadev.beacon import beacon_answer
from megadev.clock import Clock
from megadev.config import DevnetConfig
from megadev.errors import ConfigError
from megadev.landing import health, landing_page
from megadev.node.accounts import KeyedAccount
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.node.snapshots import Held
from megadev.rpc.dispatch import Dispatcher, RpcNode
from megadev.server import Access, LoopThread, Server, ServerOptions, serve
from megadev.testing.client import InProcessClient

if TYPE_CHECKING:
    from web3 import AsyncWeb3, Web3

    from megadev.rpc.gateway import Gateway


class Devnet:
    """A running devnet. Settings are those of ``DevnetConfig``, by name; ``clock`` replaces the system's.

    ::

        with Devnet(accounts=3) as net:
            alice, bob, _ = net.accounts
            net.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": "0x1"})

    Interval mining needs an event loop for its timer. ``loop`` is the caller's, which must then make all requests from
    it; without one a thread is started as soon as blocks are to come by timer.

    Raises ``ConfigError`` for settings that cannot be used.
    """

    def __init__(
        self,
        config: DevnetConfig | None = None,
        *,
        clock: Clock | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        **settings: object,
    ) -> None:
        base = config if config is not None else DevnetConfig()
        self.node = Node(base.replace(**settings) if settings else base, clock)
        self.dispatcher = Dispatcher(
            RpcNode(self.node, self.node.l2),
            before_request=self.node.settle,
            after_answer=self.node.settle,
            when_idle=self.node.prepare,
        )
        self._client = InProcessClient(self.dispatcher)
        self._thread: LoopThread | None = None
        self._server: Server | None = None
        self._web3: Web3 | None = None
        self._async_web3: AsyncWeb3[Any] | None = None
        if loop is not None:
            self.node.mining.start(loop)
        else:
            self.node.mining.call_when_timer_needed(self._start_thread)

    @property
    def config(self) -> DevnetConfig:
        return self.node.config

    @property
    def accounts(self) -> list[KeyedAccount]:
        """Accounts whose keys the node holds, funded ones first: ``.address`` (checksummed) and ``.private_key``
        (hex).
        """
        return self.node.accounts.keyed

    @property
    def l2(self) -> LocalChain:
        """The rollup's chain, for tests that look inside."""
        return self.node.l2

    @property
    def client(self) -> InProcessClient:
        """What ``rpc`` and ``w3`` speak through."""
        return self._client

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a JSON-RPC method; params and result are JSON values. Raises ``RpcError`` with code, message and
        data.
        """
        return self._client.rpc(method, *params)

    @property
    def w3(self) -> Web3:
        """A web3.py instance on this node, made on first use (importing web3 takes most of a second)."""
        if self._web3 is None:
            from web3 import Web3

            from megadev.testing.web3_provider import InProcessProvider

            self._web3 = Web3(InProcessProvider(self._client.request))
        return self._web3

    @property
    def async_w3(self) -> AsyncWeb3[Any]:
        """The same, asynchronous."""
        if self._async_web3 is None:
            from web3 import AsyncWeb3

            from megadev.testing.web3_provider import AsyncInProcessProvider

            self._async_web3 = AsyncWeb3(AsyncInProcessProvider(self._client.request))
        return self._async_web3

    def snapshot(self) -> Held:
        """Remember the present, to be gone back to with ``revert`` as often as wanted; takes no time that grows with
        the chain. ``evm_snapshot``'s ids are others; these also bring back keys, artifacts and console messages, and
        outlive ``anvil_reset``.
        """
        return self._client.run(self.node.snapshots.hold)

    def revert(self, snapshot: Held) -> None:
        """Go back to a snapshot; later ones are gone then. Raises ``InvalidParams`` for one that is gone."""
        self._client.run(lambda: self.node.snapshots.return_to(snapshot))

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Take back, in the end, all that happens inside::

            with net.isolated():
                net.rpc("anvil_setBalance", alice, "0x0")
        """
        before = self.snapshot()
        try:
            yield
        finally:
            self.revert(before)
            self._client.run(lambda: self.node.snapshots.release(before))

    def serve(self, host: str | Sequence[str] = "127.0.0.1", port: int = 0) -> str:
        """Open HTTP and WebSocket on ``port`` (0: any free one) from a thread of its own; returns the URL.

        Raises ``ConfigError`` for an address that cannot be used, or when it is served already.
        """
        if self._server is not None:
            raise ConfigError(f"already served at {self.url}: close this devnet or use that URL")
        hosts = (host,) if isinstance(host, str) else host
        options = server_options(self, lambda: (self.url,))
        self._server = self._start_thread().run(serve(self.dispatcher, hosts, port, options=options))
        return self.url

    @property
    def url(self) -> str:
        """Where it is served. Raises ``ConfigError`` before ``serve``."""
        if self._server is None:
            raise ConfigError("this devnet is not served: call serve() first, or use rpc() and w3, which need no port")
        return self._server.urls[0]

    def close(self) -> None:
        """Stop serving, dump the chain where the settings say so, and let go of everything; closing twice is allowed.

        Raises ``ConfigError`` where the dump cannot be written.
        """
        thread, self._thread = self._thread, None
        server, self._server = self._server, None
        if thread is not None:
            thread.run(self._stop(server))
            thread.stop()
            self.dispatcher.loop = None
        self.node.save()

    async def _stop(self, server: Server | None) -> None:
        self.node.mining.stop()
        if server is not None:
            await server.close()

    def _start_thread(self) -> LoopThread:
        """The thread that is the one writer from now on: in-process requests are handed over to it too."""
        if self._thread is None:
            self._thread = LoopThread()
            self.dispatcher.loop = self._thread.loop
            self._thread.loop.call_soon_threadsafe(self._take_over, self._thread.loop)
        return self._thread

    def _take_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the new thread: wait for the request that made it necessary, then run the timer."""
        with self.dispatcher.turn:
            self.node.mining.start(loop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def server_options(net: Devnet, urls: Callable[[], Sequence[str]]) -> ServerOptions:
    """How a node's settings reach its server; ``urls`` tells, once it listens, where."""
    config = net.config
    origins = None if config.no_cors else (config.allow_origin,)
    return ServerOptions(
        access=Access(origins, config.allowed_hosts or ()),
        body_limit=None if config.no_request_size_limit else ServerOptions.body_limit,
        backlog_limit=config.subscriber_backlog,
        gateway=_gateway(net),
        page=lambda: landing_page(net.node, urls()),
        health=lambda: health(net.node),
        routes=lambda path: beacon_answer(net.node.l2, path),
    )


def _gateway(net: Devnet) -> Gateway | None:
    if net.config.gateway_limits == "off":
        return None
    from megadev.rpc.gateway import Gateway  # what few nodes need is loaded by those

    return Gateway(net.dispatcher, net.node.clock, lets_control=net.config.gateway_limits == "control")
