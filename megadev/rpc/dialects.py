"""The dialect of a client: the node whose behaviour it expects where Anvil, Hardhat and geth contradict each other.

It is chosen by the URL that the client connects to, ``http://127.0.0.1:8545/?dialect=hardhat`` (the one thing that
every client can be given), for a WebSocket by the URL that opens it; else by the settings. Foundry's own programs,
which say what they are, are answered as Anvil does where geth's answer is one that they cannot read.

    geth      the default: as the execution API and geth have it
    anvil     eth_signTransaction answers with the bytes alone: all that cast can read
    hardhat   a send whose transaction fails answers with an error, though it is mined; one without gas takes a block's;
              calls and estimates are made as if the sender could pay; struct logs show storage at every step;
              evm_setAutomine and evm_setIntervalMining answer true, evm_setNextBlockTimestamp the time
"""

from __future__ import annotations

from enum import Enum

from megadev.errors import InvalidParams

FOUNDRY = b"foundry/"
"""How the User-Agent of cast, forge and chisel begins."""
_KEY = b"dialect="


class Dialect(Enum):
    """The node whose behaviour a client expects."""

    GETH = "geth"
    ANVIL = "anvil"
    HARDHAT = "hardhat"

    @property
    def throws_on_revert(self) -> bool:
        """A send whose transaction fails answers with an error."""
        return self is Dialect.HARDHAT


def dialect_of(url: bytes, user_agent: bytes | None) -> Dialect | None:
    """The dialect that a client asks for by its URL, or is known to need; None: the node's own.

    Raises ``InvalidParams`` for one that there is not.
    """
    query = url.partition(b"?")[2]
    if query:
        for item in query.split(b"&"):
            if item.startswith(_KEY):
                name = item[len(_KEY) :].decode("latin-1").lower()
                try:
                    return Dialect(name)
                except ValueError:
                    known = ", ".join(dialect.value for dialect in Dialect)
                    raise InvalidParams(f"unknown dialect {name!r}: choose one of {known}") from None
    if user_agent is not None and user_agent.startswith(FOUNDRY):
        return Dialect.ANVIL
    return None
