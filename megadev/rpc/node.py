"""A node and one of its chains, as methods see them."""

from __future__ import annotations

import msgspec

from megadev import __version__
from megadev.config.settings import ANVIL
from megadev.errors import MethodUnavailable
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.rollup.driver import Driver
from megadev.rpc.dialects import Dialect
from megadev.rpc.filters import Filters
from megadev.rpc.session import Session
from megadev.rpc.subscriptions import Subscriptions


class RpcNode(msgspec.Struct, frozen=True):
    """The context of methods: the node, the chain this endpoint serves, its observers, and the requesting session (None
    over HTTP).
    """

    node: Node
    chain: LocalChain
    filters: Filters
    subscriptions: Subscriptions
    session: Session | None = None
    dialect: Dialect | None = None
    """Whose manners the client expects; None: those of the settings."""
    is_foreign: bool = False
    """Whether a web page asks whose origin is neither this machine's nor one that was allowed."""

    @property
    def throws_on_revert(self) -> bool:
        """True if a send whose transaction fails answers with an error, as Hardhat's node does."""
        if self.dialect is None:
            return self.node.config.throw_on_revert
        return self.dialect.throws_on_revert

    @property
    def speaks_hardhat(self) -> bool:
        """True if answers have Hardhat's form where Hardhat and Anvil share a method's name."""
        return self.throws_on_revert

    @property
    def speaks_anvil(self) -> bool:
        """True if answers have Anvil's form where its clients can read no other."""
        return self.node.config.preset == ANVIL if self.dialect is None else self.dialect is Dialect.ANVIL

    @classmethod
    def of(cls, node: Node, chain: LocalChain) -> RpcNode:
        """One chain of ``node`` that nobody watches yet. One for each chain: whatever transport a client comes by, it
        finds its filters.
        """
        subscriptions = Subscriptions(chain, chain.bus, node.config.max_subscriptions, node.link)
        return cls(node, chain, Filters(chain.bus, node.clock), subscriptions)


def bridge(node: RpcNode) -> tuple[LocalChain, LocalChain, Driver]:
    """L1, L2 and what connects them. Raises ``MethodUnavailable`` where there is no L1."""
    l1, driver = node.node.l1, node.node.driver
    if l1 is None or driver is None:
        raise MethodUnavailable(
            "the method does not exist/is not available: this node has no L1; start it without --no-l1"
        )
    return l1, node.node.l2, driver


CLIENT_VERSION = f"anvil/v1.7.1/megadev/{__version__}"
"""Why it says anvil: helper libraries (hardhat-network-helpers and many deploy scripts) offer their development
features only where this starts with ``anvil/`` or ``hardhat``, and some read a plain version number after the first
slash. Who wants to know that it is megadev finds that in the tail."""
