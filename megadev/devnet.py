"""``Devnet``: a whole node as one Python object, with or without sockets. What ``from megadev import Devnet`` gives.

It owns a ``Node`` and a dispatcher over it. Requests made through ``rpc`` and ``w3`` never leave the process; ``serve`` adds
a port when another program wants one, and from then on everything runs on the server's thread, so there is still one writer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import megadev.rpc.methods  # noqa: F401  # registers every method
from megadev.clock import Clock
from megadev.config import DevnetConfig
from megadev.node.accounts import KeyedAccount
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.rpc.dispatch import Dispatcher, RpcNode
from megadev.server import ServerThread
from megadev.testing.client import Client

if TYPE_CHECKING:
    from web3 import AsyncWeb3, Web3


class Devnet:
    """A running devnet. Settings are those of ``DevnetConfig``, by name; ``clock`` replaces the system's.

    ::

        with Devnet(accounts=3) as net:
            alice, bob, _ = net.accounts
            net.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": "0x1"})

    Raises ``ConfigError`` for settings that cannot be used.
    """

    def __init__(self, config: DevnetConfig | None = None, *, clock: Clock | None = None, **settings: object) -> None:
        base = config if config is not None else DevnetConfig()
        self.node = Node(base.replace(**settings) if settings else base, clock)
        self.dispatcher = Dispatcher(
            RpcNode(self.node, self.node.l2), before_request=self.node.settle, after_answer=self.node.settle
        )
        self._client = Client(self.dispatcher)
        self._server: ServerThread | None = None
        self._web3: Web3 | None = None
        self._async_web3: AsyncWeb3[Any] | None = None

    @property
    def config(self) -> DevnetConfig:
        return self.node.config

    @property
    def accounts(self) -> list[KeyedAccount]:
        """Accounts whose keys the node holds, funded ones first: ``.address`` (checksummed) and ``.private_key`` (hex)."""
        return self.node.accounts.keyed

    @property
    def l2(self) -> LocalChain:
        """The rollup's chain, for tests that look inside."""
        return self.node.l2

    def rpc(self, method: str, *params: Any) -> Any:
        """Call a JSON-RPC method; params and result are JSON values. Raises ``RpcError`` with code, message and data."""
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
