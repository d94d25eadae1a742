"""Mining by request, and times as clients give them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeAlias

from megadev.chain.blocks import SealedBlock
from megadev.errors import InvalidParams
from megadev.rpc.codec import Decode, decode_uint64
from megadev.rpc.node import RpcNode

MILLISECONDS_FROM = 10**12
"""Timestamps above this are milliseconds: as seconds they lie thirty thousand years ahead."""


MAX_BLOCKS_AT_ONCE = 100_000
"""No other change is made while blocks are mined: ten thousand empty ones take about a second on two slow cores."""


FEW_BLOCKS = 16
"""Empty ones that are mined in a millisecond or two."""


def _decode_timestamp(value: Any) -> int:
    timestamp = decode_uint64(value)
    return timestamp // 1000 if timestamp > MILLISECONDS_FROM else timestamp


TimestampParam: TypeAlias = Annotated[int, Decode(_decode_timestamp)]


def mine_blocks(node: RpcNode, count: int, interval: int | None = None) -> list[SealedBlock]:
    """Mine ``count`` blocks. Raises ``InvalidParams`` for more than can be mined at once."""
    _check_count(count)
    return node.chain.sequencer.mine(count, interval)


def mining(node: RpcNode, count: int, mine: Callable[[], Any]) -> Any:
    """What ``mine`` gives; on the writer's thread where it takes more than a moment."""
    if count > FEW_BLOCKS or node.chain.sequencer.has_much_to_do:
        return node.node.apart(mine)
    return mine()


def _check_count(count: int) -> None:
    if count > MAX_BLOCKS_AT_ONCE:
        raise InvalidParams(f"cannot mine {count} blocks at once: at most {MAX_BLOCKS_AT_ONCE}; ask several times")
