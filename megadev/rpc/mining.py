"""Mining by request, and times as clients give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from megadev.chain.blocks import SealedBlock
from megadev.rpc.codec import Decode, decode_uint64
from megadev.rpc.node import RpcNode

MILLISECONDS_FROM = 10**12
"""Timestamps above this are milliseconds: as seconds they lie thirty thousand years ahead."""


FEW_BLOCKS = 16
"""Empty ones that are mined in a millisecond or two."""


def decode_timestamp(value: Any) -> int:
    """Seconds, of what may be milliseconds as JavaScript counts them."""
    timestamp = decode_uint64(value)
    return timestamp // 1000 if timestamp > MILLISECONDS_FROM else timestamp


TimestampParam: TypeAlias = Annotated[int, Decode(decode_timestamp)]


def mine_blocks(node: RpcNode, count: int, interval: int | None = None) -> list[SealedBlock]:
    """Mine ``count`` blocks; those that were made at once. Raises ``InvalidParams`` for more than there is time for."""
    return node.chain.sequencer.mine(count, interval)


def mining(node: RpcNode, count: int, mine: Callable[[], Any]) -> Any:
    """Returns the result of ``mine``; on the writer's thread if it takes more than a moment."""
    if count > FEW_BLOCKS or node.chain.sequencer.has_much_to_do:
        return node.node.apart(mine)
    return mine()
