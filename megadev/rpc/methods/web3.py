"""web3_*: which client answers here, and keccak as a service."""

from __future__ import annotations

from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.rpc.codec import DataParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import CLIENT_VERSION, RpcNode


@method("web3_clientVersion")
def web3_clientVersion(node: RpcNode) -> str:
    """The client's name and version."""
    return CLIENT_VERSION


@method("web3_sha3")
def web3_sha3(node: RpcNode, data: DataParam) -> str:
    """keccak256 of some bytes."""
    return to_data(keccak(data))
