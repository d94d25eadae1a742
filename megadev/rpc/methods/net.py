"""net_*: a network of one node."""

from __future__ import annotations

from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


@method("net_version")
def net_version(node: RpcNode) -> str:
    """The network id, which is the chain id, in decimal."""
    return str(node.chain.spec.chain_id)


@method("net_listening")
def net_listening(node: RpcNode) -> bool:
    """True: it answered."""
    return True


@method("net_peerCount")
def net_peerCount(node: RpcNode) -> str:
    """No peers."""
    return "0x0"
