"""``Devnet``: a whole node as one Python object, with or without sockets. What ``from megadev import Devnet`` gives.

It owns a ``Node`` and, for each of its chains, an ``Endpoint``. Requests made through ``rpc`` and ``w3`` never leave
the process; ``serve`` adds ports when another program wants them, and from then on everything runs on the server's
thread, so there is still one writer.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import megadev.rpc.methods  # noqa: F401  # registers the methods
from megadev import __version__
from megadev.artifacts.project import find_root
from megadev.beacon import beacon_answer
from megadev.chain.transactions import Transaction
from megadev.clock import Clock
from megadev.config.settings import DEFAULT_L1_PORT, DevnetConfig
from megadev.errors import ConfigError, MethodUnavailable
from megadev.landing import document, health, landing, landing_page
from megadev.node.accounts import KeyedAccount
from megadev.node.chain import LocalChain
from megadev.node.dump.document import OnProgress, silent
from megadev.node.genesis import ChainOrigin
from megadev.node.node import Node
from megadev.node.snapshots import Held
from megadev.node.writer import Writer
from megadev.rpc.client import InProcessClient, await_outcome
from megadev.rpc.dispatch import Dispatcher, Elsewhere
from megadev.rpc.history import asked_upstream
from megadev.rpc.methods.megadev_batches import DATA
from megadev.rpc.node import RpcNode
from megadev.rpc.session import Session
from megadev.server import Access, LoopThread, Server, ServerOptions, serve
from megadev.server.hub import Document
from megadev.server.workers import FORK_THREADS, THREADS

if TYPE_CHECKING:
    from web3 import AsyncWeb3, Web3

    from megadev.reload.notices import Notice
    from megadev.reload.reloader import Reloader
    from megadev.rpc.gateway import Gateway

_Result = TypeVar("_Result")
FLASHBLOCKS_PATH = b"/flashblocks"
"""Where a WebSocket opens that is sent Flashblocks."""


class Endpoint:
    """One chain of a devnet as its clients reach it: in this process, and at ``url`` where the devnet is served.

    ``chain`` is for tests that look inside.
    """

    def __init__(self, node: Node, chain: LocalChain, writer: Writer, elsewhere: Elsewhere | None = None) -> None:
        self.chain = chain

        def expect(transactions: Sequence[Transaction]) -> None:
            if not writer.is_engaged:
                chain.expect(transactions)

        self.dispatcher = Dispatcher(
            RpcNode.of(node, chain),
            before_request=node.settling.settle,
            after_answer=node.settling.settle,
            when_idle=node.prepare,
            history=asked_upstream,
            writer=writer,
            link=node.link,
            is_laden=node.is_laden,
            moment=lambda: chain.moment,
            kept=None if node.storage is None else node.storage.kept,
            call_timeout=node.config.call_timeout or inf,
            elsewhere=elsewhere,
            ahead=lambda members: node.recovery.ahead_of(members, expect),
        )
        if chain is node.l2:
            node.call_when_behind = self._read_behind
            self._read_behind()
        self.client = InProcessClient(self.dispatcher)
        """What ``rpc`` and ``w3`` speak through."""

    def _read_behind(self) -> None:
        node = self.dispatcher.node.node
        if node.behind is not None:
            self.dispatcher.behind = RpcNode.of(node, node.behind.chain)

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a JSON-RPC method; params and result are JSON values. Raises ``RpcError`` with code, message and
        data.
        """
        __tracebackhide__ = True
        return self.client.rpc(method, *params)

    @cached_property
    def w3(self) -> Web3:
        """A web3.py instance on this chain, made on first use (importing web3 takes most of a second)."""
        from web3 import Web3

        from megadev.testing.web3_provider import InProcessProvider

        return Web3(InProcessProvider(self.client.request))

    @cached_property
    def async_w3(self) -> AsyncWeb3[Any]:
        """An asynchronous web3.py instance on this chain, made on first use."""
        from web3 import AsyncWeb3

        from megadev.testing.web3_provider import AsyncInProcessProvider

        return AsyncWeb3(AsyncInProcessProvider(self.client.request))

    @property
    def url(self) -> str:
        """The URL at which this chain is served. Raises ``ConfigError`` if it is not served."""
        if not self.chain.urls:
            raise ConfigError("this devnet is not served: call serve() first, or use rpc() and w3, which need no port")
        return self.chain.urls[0]


class Devnet:
    """A running devnet. Settings are those of ``DevnetConfig``, by name; ``clock`` replaces the system's.

    ::

        with Devnet(accounts=3) as net:
            alice, bob, _ = net.accounts
            net.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": "0x1"})

    ``rpc``, ``w3``, ``async_w3`` and ``url`` are the L2's; ``l1`` has the same for the chain that it settles on.

    Interval mining needs an event loop for its timer. ``loop`` is the caller's, which must then make all requests from
    it; without one a thread is started as soon as blocks are to come by timer. ``on_progress`` hears how many of how
    many blocks are loaded, where the settings name a file with a chain. ``beginning``: see
    ``Node``; ``elsewhere``: who is then asked for changes, nobody unless said.

    Raises ``ConfigError`` for settings that cannot be used.
    """

    def __init__(
        self,
        config: DevnetConfig | None = None,
        *,
        clock: Clock | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        on_progress: OnProgress = silent,
        beginning: ChainOrigin | None = None,
        elsewhere: Elsewhere | None = None,
        **settings: object,
    ) -> None:
        base = config if config is not None else DevnetConfig()
        self.node = Node(base.replace(**settings) if settings else base, clock, on_progress, beginning)
        self._writer = self.node.writer
        if beginning is not None and elsewhere is None:
            elsewhere = Elsewhere(_nowhere)
        self.l2 = Endpoint(self.node, self.node.l2, self._writer, elsewhere)
        """The rollup's chain."""
        self.endpoints: tuple[Endpoint, ...] = (self.l2,)
        """Of every chain there is, L2 first."""
        if self.node.l1 is not None:
            self.endpoints += (Endpoint(self.node, self.node.l1, self._writer),)
        self._thread: LoopThread | None = None
        self._servers: tuple[Server, ...] = ()
        self._reloader: Reloader | None = None
        self.is_closed = False
        if loop is not None:
            self.node.start(loop)
        else:
            self.node.call_when_timer_needed(self._start_thread)

    @property
    def config(self) -> DevnetConfig:
        return self.node.config

    @property
    def accounts(self) -> list[KeyedAccount]:
        """Accounts whose keys the node holds, funded ones first: ``.address`` (checksummed) and ``.private_key``
        (hex). The same on both chains.
        """
        return self.node.accounts.keyed

    @property
    def l1(self) -> Endpoint:
        """The chain that the rollup settles on. Raises ``ConfigError`` if the settings disable it."""
        if len(self.endpoints) == 1:
            raise ConfigError("this devnet has no L1: drop no_l1 (--no-l1)")
        return self.endpoints[1]

    @property
    def dispatcher(self) -> Dispatcher:
        """The dispatcher of the L2's JSON-RPC methods."""
        return self.l2.dispatcher

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a JSON-RPC method; params and result are JSON values. Raises ``RpcError`` with code, message and
        data.
        """
        __tracebackhide__ = True
        return self.l2.rpc(method, *params)

    @property
    def w3(self) -> Web3:
        """A web3.py instance on this node, made on first use (importing web3 takes most of a second)."""
        return self.l2.w3

    @property
    def async_w3(self) -> AsyncWeb3[Any]:
        """An asynchronous web3.py instance on the L2, made on first use."""
        return self.l2.async_w3

    def call(self, change: Callable[[], _Result]) -> _Result:
        """Run ``change`` on the writer, between two requests, and return its result."""
        return self.l2.client.run(change)

    def snapshot(self) -> Held:
        """Take a snapshot of all chains in constant time; ``revert`` can return to it any number of times. Its ids are
        independent of ``evm_snapshot``. It also restores keys, artifacts and console messages, and survives
        ``anvil_reset``.
        """
        return self.call(self.node.snapshots.hold)

    def revert(self, snapshot: Held) -> None:
        """Revert to a snapshot and discard later ones. Raises ``InvalidParams`` for a discarded one."""
        self.call(lambda: self.node.snapshots.return_to(snapshot))

    @contextlib.contextmanager
    def isolated(self) -> Iterator[None]:
        """A context manager that reverts all changes made inside it.

        Example::

            with net.isolated():
                net.rpc("anvil_setBalance", alice, "0x0")
        """
        before = self.snapshot()
        try:
            yield
        finally:
            self.revert(before)
            self.call(lambda: self.node.snapshots.release(before))

    @property
    def url(self) -> str:
        """The URL of the L2. Raises ``ConfigError`` before ``serve``."""
        return self.l2.url

    def serve(self, host: str | Sequence[str] = "127.0.0.1", port: int = 0, l1_port: int = 0) -> str:
        """Serve HTTP and WebSocket on ``port``, and L1 on ``l1_port`` (0: any free one), from a separate thread;
        returns the L2's URL.

        Raises ``ConfigError`` for an address that cannot be used, or when it is served already.
        """
        if self._servers:
            raise ConfigError(f"already served at {self.url}: close this devnet or use that URL")
        hosts = (host,) if isinstance(host, str) else tuple(host)
        self._servers = self._start_thread().run(self._serve(hosts, port, l1_port))
        return self.url

    def watch(
        self,
        tell: Callable[[Notice], None] = lambda notice: None,
        *,
        start: bool = True,
    ) -> Reloader:
        """Reload deployed contracts whenever their sources are saved, as the settings say (``watch``, ``reload…``).
        ``tell`` is called with each notice, on another thread. With ``start`` False, the caller starts the returned
        reloader.

        Raises ``ConfigError`` where there is nothing to watch, or no compiler.
        """
        from megadev.reload.compiler import find_compilers
        from megadev.reload.plan import Policy
        from megadev.reload.reloader import Reloader, ReloadSettings

        if self._reloader is not None:
            raise ConfigError("this devnet is already watching")
        config = self.config
        paths = [Path(path) for path in config.watch or (".",)]
        base = config.project if config.project is not None else Path()
        if len(paths) == 1 and paths[0].is_dir() and config.project is None:
            base = paths[0]
        root = find_root(base)
        settings = ReloadSettings(
            config.reload,
            Policy(config.reload_conflict),
            config.reload_script,
            config.reload_manifest,
            config.reload_abi_out,
        )
        self._reloader = Reloader(
            self.node,
            root,
            find_compilers(root, paths, solc=config.solc),
            settings,
            on_writer=self._on_writer,
            tell=tell,
        )
        self.node.reloads = self._reloader
        return self._reloader.start() if start else self._reloader

    def _on_writer(self, act: Callable[[], Any]) -> Any:
        """Run ``act`` as requests are run, on the thread that they run on; what it returns. Not from that thread."""
        loop = self._writer.loop
        if loop is None or not loop.is_running():
            with self._writer.turn:
                return act()
        done: Future[Any] = Future()

        def run() -> None:
            try:
                done.set_result(act())
            except BaseException as error:
                done.set_exception(error)

        loop.call_soon_threadsafe(self._writer.when_free, run)
        return await_outcome(done, loop)

    def close(self) -> None:
        """Stop serving, dump the chains if that is set, and release all resources. Closing twice is allowed.

        Raises ``ConfigError`` where the dump cannot be written.
        """
        self.is_closed = True
        reloader, self._reloader = self._reloader, None
        if reloader is not None:
            reloader.stop()
        thread, self._thread = self._thread, None
        servers, self._servers = self._servers, ()
        if thread is not None:
            thread.run(self._stop(servers))
            thread.stop()
            self._writer.loop = None
        try:
            self.node.save()
        finally:
            self.node.close()

    async def _serve(self, hosts: Sequence[str], port: int, l1_port: int) -> tuple[Server, ...]:
        server = await serve_chain(self, self.l2, hosts, port)
        if len(self.endpoints) == 1:
            return (server,)
        try:
            return server, await serve_chain(self, self.l1, hosts, l1_port)
        except ConfigError:
            await self._stop((server,))
            raise

    async def _stop(self, servers: Sequence[Server]) -> None:
        self.node.stop()
        await self.node.writer.free()
        for endpoint, server in reversed(tuple(zip(self.endpoints, servers, strict=False))):
            await server.close()
            endpoint.chain.urls = ()

    def _start_thread(self) -> LoopThread:
        """The thread that is the one writer from now on: in-process requests are handed over to it too."""
        if self._thread is None:
            self._thread = LoopThread()
            self._writer.loop = self._thread.loop
            self._thread.loop.call_soon_threadsafe(self._take_over, self._thread.loop)
        return self._thread

    def _take_over(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the new thread: wait for the request that made it necessary, then run the timers."""
        with self._writer.turn:
            self.node.start(loop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


async def _nowhere(method: str, params: list[Any]) -> Any:
    raise MethodUnavailable(
        f"the method {method} does not exist/is not available: this node follows a chain that it does not build; send "
        "what changes it to its sequencer"
    )


async def serve_chain(
    net: Devnet, endpoint: Endpoint, hosts: Sequence[str], port: int, ipc_path: Path | None = None
) -> Server:
    """Serve one chain on the running loop and set its ``urls``. Raises ``ConfigError`` for an unusable address."""
    server = await serve(endpoint.dispatcher, hosts, port, options=_options(net, endpoint), ipc_path=ipc_path)
    endpoint.chain.urls = server.urls
    return server


async def serve_l1(net: Devnet) -> Server:
    """Serve L1 at the port of the settings. Without one, use the default port if it is free, else any free port, so
    that several nodes can run side by side. Raises ``ConfigError``.
    """
    config = net.config
    if config.l1_port is not None:
        return await serve_chain(net, net.l1, config.host, config.l1_port)
    if config.port != 0:
        with contextlib.suppress(ConfigError):
            return await serve_chain(net, net.l1, config.host, DEFAULT_L1_PORT)
    return await serve_chain(net, net.l1, config.host, 0)


def _options(net: Devnet, endpoint: Endpoint) -> ServerOptions:
    """Returns the server options of the node's settings."""
    config, chain = net.config, endpoint.chain
    origins = None if config.no_cors else config.allow_origin
    return ServerOptions(
        access=Access(origins, config.allowed_hosts or ()),
        body_limit=None if config.no_request_size_limit else ServerOptions.body_limit,
        backlog_limit=config.subscriber_backlog,
        threads=lambda: FORK_THREADS if chain.history.is_remote else THREADS,
        gateway=_gateway(net) if endpoint is net.l2 else None,
        page=lambda: _page(net, endpoint),
        health=lambda: health(chain),
        routes=lambda path: _document(net.node, chain, path, _has_explorer(net, endpoint)),
        feeds=_feeds(net) if endpoint is net.l2 else {},
    )


def _page(net: Devnet, endpoint: Endpoint) -> str:
    """Returns the first page for a browser: the explorer, or a plain page without it."""
    if not _has_explorer(net, endpoint):
        return landing_page(net.node, endpoint.chain)
    from megadev.explorer import Site, page  # what few nodes are asked for is loaded by those

    site = Site(is_read_only=net.config.explorer == "read-only", version=__version__)
    return page(site, landing(net.node, endpoint.chain))


def _has_explorer(net: Devnet, endpoint: Endpoint) -> bool:
    return endpoint is net.l2 and net.config.explorer != "off"


def _document(node: Node, chain: LocalChain, path: str, has_explorer: bool) -> Document | None:
    """Returns the document for a GET of ``path``, query included: documentation, the explorer's files, the DA store's
    data, or the beacon API.
    """
    found = document(path, has_explorer)
    if found is not None:
        return Document(200, *found)
    if path.startswith(f"{DATA}/get/"):
        from megadev.server.data_store import kept_data  # as above

        return Document(*kept_data(node.da_store, path.removeprefix(DATA)), b"application/octet-stream")
    answered = beacon_answer(chain, path)
    return None if answered is None else Document(*answered)


def _feeds(net: Devnet) -> dict[bytes, Callable[[Session], None]]:
    if not net.config.flashblocks:
        return {}
    from megadev.rpc.flashblocks import Flashblocks  # as above

    return {FLASHBLOCKS_PATH: Flashblocks(net.node.l2, net.node.l2.bus, net.config.mini_block_time, net.node.link).add}


def _gateway(net: Devnet) -> Gateway | None:
    """Returns the limits of MegaETH's public endpoint for L2's clients."""
    if net.config.gateway_limits == "off":
        return None
    from megadev.rpc.gateway import Gateway  # what few nodes need is loaded by those

    return Gateway(net.dispatcher, net.node.clock, lets_control=net.config.gateway_limits == "control")
