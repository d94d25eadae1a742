"""eth_getLogs, and the search behind every log query.

Why a range that is upside down or beyond the head finds nothing, where geth refuses it: clients that poll from "one
after the last block I saw" ask exactly that once evm_revert or a reorganisation has shortened the chain, and a polling
client that meets an error stops polling.
"""

from __future__ import annotations

import msgspec

from megadev.chain.blocks import Tag
from megadev.chain.store import LocatedLog
from megadev.errors import UnknownBlock
from megadev.node.chain import LocalChain
from megadev.rpc.codec import FilterParam, LogFilter
from megadev.rpc.dispatch import RpcNode, method
from megadev.rpc.formatters import JsonObject, format_log


@method("eth_getLogs")
def eth_getLogs(node: RpcNode, filter_: FilterParam) -> list[JsonObject]:
    """Logs of sealed blocks, oldest first."""
    older = logs_of_the_past(node.chain, filter_)
    if older is not None and filter_.block_hash is not None:
        return older
    return (older or []) + [format_log(located) for located in find_logs(node.chain, filter_)]


def logs_of_the_past(chain: LocalChain, wanted: LogFilter) -> list[JsonObject] | None:
    """On a fork, what upstream has of them up to the forked block, in its own words; None where it is not asked."""
    past = chain.past
    if past is None:
        return None
    query: JsonObject = {}
    if wanted.block_hash is not None:
        here = chain.store.by_hash(wanted.block_hash)
        if here is not None and here.number != past.last:
            return None
        past.header(wanted.block_hash)
        query["blockHash"] = "0x" + wanted.block_hash.hex()
    else:
        first, last = _number(chain, wanted.from_block), min(_number(chain, wanted.to_block), past.last)
        if first > last:
            return None
        query |= {"fromBlock": hex(first), "toBlock": hex(last)}
    if wanted.addresses:
        query["address"] = ["0x" + address.hex() for address in wanted.addresses]
    if wanted.topics:
        query["topics"] = [
            ["0x" + topic.hex() for topic in choice] if choice else None for choice in wanted.topics
        ]
    key = "eth_getLogs " + msgspec.json.encode(query, order="sorted").decode()
    found: list[JsonObject] = past.source.query(key, "eth_getLogs", query)
    return found


def find_logs(chain: LocalChain, wanted: LogFilter) -> list[LocatedLog]:
    """What matches, in order of block, transaction and log. Both ends of the range default to the head.

    Raises ``UnknownBlock`` for a block hash that is not in the chain.
    """
    if wanted.block_hash is not None:
        block = chain.store.by_hash(wanted.block_hash)
        if block is None:
            raise UnknownBlock(f"unknown block: 0x{wanted.block_hash.hex()}")
        first = last = block.number
    else:
        first, last = _number(chain, wanted.from_block), _number(chain, wanted.to_block)
    return chain.store.logs(first, last, wanted.addresses, wanted.topics)


def _number(chain: LocalChain, ref: Tag | int | None) -> int:
    """One end of a range. The pending block has no logs to show, so it counts as the head."""
    if isinstance(ref, int):
        return ref
    if ref is Tag.EARLIEST and chain.past is not None:
        return 0
    return chain.block(Tag.LATEST if ref is None or ref is Tag.PENDING else ref).number
