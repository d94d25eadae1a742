"""eth_getLogsWithCursor: logs of any range in pages, as MegaETH has them."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from megadev.chain.documents import JsonObject
from megadev.chain.store import LocatedLog
from megadev.errors import InvalidParams
from megadev.node.chain import LocalChain
from megadev.rpc.codec import AddressesParam, Decode, HashParam, LogFilter, NumberOrTagParam, TopicsParam, decode_data
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_log
from megadev.rpc.log_queries import block_number, check_range, logs_of_history, open_logs
from megadev.rpc.node import RpcNode

PAGE = 20_000
"""Logs in one answer."""
STRIDE = 2_000
"""Blocks that are searched at a time: a page must not cost what the whole range costs."""


def _decode_cursor(value: Any) -> tuple[int, int]:
    """Block number and log index, 4 bytes each: where the page begins."""
    data = decode_data(value)
    if len(data) != 8:
        raise InvalidParams(f"expected a cursor (8 bytes: block number and log index), got {len(data)} bytes")
    return int.from_bytes(data[:4], "big"), int.from_bytes(data[4:], "big")


CursorParam: TypeAlias = Annotated[tuple[int, int], Decode(_decode_cursor)]


class PagedFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A log filter, and the cursor that came with the page before."""

    from_block: NumberOrTagParam | None = None
    to_block: NumberOrTagParam | None = None
    block_hash: HashParam | None = None
    addresses: AddressesParam = msgspec.field(default=(), name="address")
    topics: TopicsParam = ()
    cursor: CursorParam | None = None

    def __post_init__(self) -> None:
        LogFilter(from_block=self.from_block, to_block=self.to_block, block_hash=self.block_hash)  # refuses both


@method("eth_getLogsWithCursor")
def eth_getLogsWithCursor(node: RpcNode, filter_: PagedFilter) -> JsonObject:
    """The next page of what eth_getLogs would find, and, where there is more, the ``cursor`` to ask for it with."""
    chain = node.chain
    check_range(chain, filter_)
    store, open_block = chain.store, chain.open_block  # that first, as in find_logs
    if filter_.block_hash is not None:
        block = store.by_hash(filter_.block_hash)
        if block is None or block.number <= chain.history.last:
            block = chain.history.header(filter_.block_hash)
        first = last = block.number
    else:
        first, last = (block_number(chain, end) for end in (filter_.from_block, filter_.to_block))
    index = 0
    if filter_.cursor is not None and filter_.cursor[0] >= first:
        first, index = filter_.cursor
    begin, head = first, store.head.number
    older = _older(chain, filter_, first, last, index)
    page: list[LocatedLog] = []
    while begin <= min(last, head) and len(older) + len(page) <= PAGE:
        found = store.logs(begin, min(begin + STRIDE - 1, last, head), filter_.addresses, filter_.topics)
        page += _from(found, first, index)
        begin += STRIDE
    if open_block is not None and max(first, head + 1) <= open_block.number <= last and len(older) + len(page) <= PAGE:
        page += _from(open_logs(open_block, filter_.addresses, filter_.topics), first, index)
    logs = older[: PAGE + 1] + [format_log(log) for log in page[: max(PAGE + 1 - len(older), 0)]]
    answer: JsonObject = {"logs": logs[:PAGE]}
    if len(logs) > PAGE:
        following = logs[PAGE]
        answer["cursor"] = f"0x{int(following['blockNumber'], 16):08x}{int(following['logIndex'], 16):08x}"
    return answer


def _older(chain: LocalChain, filter_: PagedFilter, first: int, last: int, index: int) -> list[JsonObject]:
    """On a fork: what upstream has, from the log number ``index`` of block ``first`` on."""
    wanted = LogFilter(from_block=first, to_block=last, addresses=filter_.addresses, topics=filter_.topics)
    logs = (logs_of_history(chain, wanted) or []) if first <= last else []
    return [log for log in logs if int(log["blockNumber"], 16) > first or int(log["logIndex"], 16) >= index]


def _from(logs: list[LocatedLog], block: int, index: int) -> list[LocatedLog]:
    """Without those of ``block`` before the log number ``index``."""
    return [log for log in logs if log.block.number > block or log.log_index >= index] if index else logs
