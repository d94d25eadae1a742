"""eth_getLogs, and the search behind every log query.

Why a range that is upside down or beyond the head finds nothing, where geth refuses it: clients that poll from "one
after the last block I saw" ask exactly that once evm_revert or a reorganisation has shortened the chain, and a polling
client that meets an error stops polling.
"""

from __future__ import annotations

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
    return [format_log(located) for located in find_logs(node.chain, filter_)]


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
    return chain.block(Tag.LATEST if ref is None or ref is Tag.PENDING else ref).number
