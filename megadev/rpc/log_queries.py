"""Logs in a range of blocks: what is asked for, checked and found, here and before a fork."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

import msgspec

from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.chain.store import LocatedLog, LogMatcher, TopicFilter
from megadev.errors import InvalidParams, TooManyLogs, UnknownBlock
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32
from megadev.rpc.codec import LogFilter
from megadev.rpc.formatters import format_log
from megadev.rpc.node import RpcNode
from megadev.sequencer.block_builder import OpenBlock


def logs_in_range(node: RpcNode, filter_: LogFilter) -> list[JsonObject]:
    """The logs that match, as JSON; none where there are no such blocks. Raises ``TooManyLogs`` for more than the
    settings allow.
    """
    chain, limit = node.chain, node.node.config.max_logs or None
    older = logs_of_history(chain, filter_)
    if older is not None and filter_.block_hash is not None:
        return older
    left = None if limit is None else max(limit - len(older or ()), 0)
    try:
        found = find_logs(chain, filter_, left)
        if older and left == 0:
            raise TooManyLogs(0, 0, 0)
    except TooManyLogs as problem:
        if not older or limit is None:
            raise
        numbers = [int(log["blockNumber"], 16) for log in older[: limit + 1]]
        first = block_number(chain, filter_.from_block)
        last = numbers[-1] - 1 if len(numbers) > limit else max(numbers[-1], problem.last)
        raise TooManyLogs(limit, first, max(first, last)) from None
    return (older or []) + [format_log(located) for located in found]


class _Range(Protocol):
    """The blocks of a log query."""

    @property
    def from_block(self) -> Tag | int | None: ...
    @property
    def to_block(self) -> Tag | int | None: ...
    @property
    def block_hash(self) -> Hash32 | None: ...


def check_range(chain: LocalChain, asked: _Range) -> None:
    """Raises ``InvalidParams`` for a range of blocks that ends before it begins, or beyond the head."""
    if asked.block_hash is not None:
        return
    first, last = block_number(chain, asked.from_block), block_number(chain, asked.to_block)
    if first > last and not (asked.from_block is Tag.PENDING and asked.to_block is None):
        raise InvalidParams(f"invalid block range params: from block {first} to block {last}")
    head = chain.head.number if chain.open_block is None else chain.open_block.number
    if last > head and (isinstance(asked.from_block, int) or isinstance(asked.to_block, int)):
        named = max(end for end in (asked.from_block, asked.to_block) if isinstance(end, int))
        if named > head:
            raise InvalidParams(f"block range extends beyond current head block: to block {last}, the head is {head}")


def logs_of_history(chain: LocalChain, wanted: LogFilter) -> list[JsonObject] | None:
    """On a fork, what upstream has of them up to the forked block, in its own words; None where it is not asked."""
    history = chain.history
    query: JsonObject = {}
    if wanted.block_hash is not None:
        if history.older(wanted.block_hash, chain.store) is None:
            return None
        history.header(wanted.block_hash)
        query["blockHash"] = to_data(wanted.block_hash)
    else:
        first = block_number(chain, wanted.from_block)
        if first > history.last:
            return None
        last = min(block_number(chain, wanted.to_block), history.last)
        if first > last:
            return None
        query |= {"fromBlock": hex(first), "toBlock": hex(last)}
    if wanted.addresses:
        query["address"] = [to_data(address) for address in wanted.addresses]
    if wanted.topics:
        query["topics"] = [[to_data(topic) for topic in choice] if choice else None for choice in wanted.topics]
    key = "eth_getLogs " + msgspec.json.encode(query, order="sorted").decode()
    found: list[JsonObject] = history.query(key, "eth_getLogs", query)
    return found


def find_logs(chain: LocalChain, wanted: LogFilter, limit: int | None = None) -> list[LocatedLog]:
    """Returns the matching logs, in order of block, transaction and log. Both ends of the range default to the head.

    Raises ``UnknownBlock`` for a block hash that is not in the chain, ``TooManyLogs`` where more than ``limit`` match
    in several blocks.
    """
    if wanted.block_hash is not None:
        block = chain.store.by_hash(wanted.block_hash)
        if block is None:
            raise UnknownBlock(f"unknown block: {to_data(wanted.block_hash)}")
        return chain.store.logs(block.number, block.number, wanted.addresses, wanted.topics)
    open_block = chain.open_block  # first: what is sealed at this moment is found in one of the two
    first, last = block_number(chain, wanted.from_block), block_number(chain, wanted.to_block)
    found = chain.store.logs(first, last, wanted.addresses, wanted.topics, limit=limit)
    if open_block is not None and first <= open_block.number <= last and open_block.number > chain.head.number:
        found += open_logs(open_block, wanted.addresses, wanted.topics)
    return found


def open_logs(block: OpenBlock, addresses: Collection[Address], topics: TopicFilter) -> list[LocatedLog]:
    """Returns the matching logs of a block that is still open."""
    found = LogMatcher(addresses, topics).in_receipts(block.receipts)
    return [LocatedLog(log, block, tx_index, log_index) for log, tx_index, log_index in found]


def block_number(chain: LocalChain, ref: Tag | int | None) -> int:
    """One end of a range."""
    if isinstance(ref, int):
        return ref
    if ref is Tag.EARLIEST:
        return chain.first_number
    if ref is Tag.PENDING and chain.is_continuous:
        return chain.head.number + 1
    return chain.block(Tag.LATEST if ref is None or ref is Tag.PENDING else ref).number
