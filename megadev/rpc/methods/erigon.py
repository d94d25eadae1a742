"""erigon_*: what Otterscan asks to see whether it talks to a node that knows its methods."""

from __future__ import annotations

from megadev.chain.documents import JsonObject
from megadev.rpc.codec import NumberOrTagParam
from megadev.rpc.dispatch import method
from megadev.rpc.methods.eth_blocks import eth_getHeaderByNumber
from megadev.rpc.node import RpcNode


@method("erigon_getHeaderByNumber")
def erigon_getHeaderByNumber(node: RpcNode, block: NumberOrTagParam) -> JsonObject | None:
    """A block's header; null for a block that does not exist."""
    return eth_getHeaderByNumber(node, block)
