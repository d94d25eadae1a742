"""web3_*: which client answers here, and keccak as a service."""

from __future__ import annotations

from megadev import __version__
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.rpc.codec import DataParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode

CLIENT_VERSION = f"anvil/v1.7.1/megadev/{__version__}"
"""Why it says anvil: helper libraries (hardhat-network-helpers and many deploy scripts) offer their development
features only where this starts with ``anvil/`` or ``hardhat``, and some read a plain version number after the first
slash. Who wants to know that it is megadev finds that in the tail."""


@method("web3_clientVersion")
def web3_clientVersion(node: RpcNode) -> str:
    """The client's name and version."""
    return CLIENT_VERSION


@method("web3_sha3")
def web3_sha3(node: RpcNode, data: DataParam) -> str:
    """keccak256 of some bytes."""
    return to_data(keccak(data))
