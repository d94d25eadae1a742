"""megadev_*: what contracts printed with console.log, for tools and tests that cannot read a terminal."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.chain.receipts import ConsoleCall
from megadev.errors import NotFound
from megadev.evm.console import read_console
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rpc.codec import Decode, Uint64Param, hash_or
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_value
from megadev.rpc.node import RpcNode


class LatestMessages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A range of the latest messages: the newest ``limit`` of those ``after`` a message's number."""

    after: Uint64Param = 0
    limit: Uint64Param | None = None


_decode_which = hash_or(LatestMessages, "a transaction's hash, or an object with after or limit")
WhichParam: TypeAlias = Annotated[Hash32 | LatestMessages, Decode(_decode_which)]


@method("megadev_getConsoleLogs")
def megadev_getConsoleLogs(node: RpcNode, which: WhichParam | None = None) -> list[JsonObject]:
    """A transaction's console output; or the latest messages of transactions, calls and estimates, oldest first.

    A transaction's messages stay as long as the transaction; of the others the last thousand are kept. Raises
    ``NotFound`` for an unknown transaction; one that waits has printed nothing yet.
    """
    if isinstance(which, bytes):
        return _of_transaction(node, which)
    wanted = which or LatestMessages()
    kept = node.chain.console.after(wanted.after)
    if wanted.limit is not None:
        kept = kept[max(0, len(kept) - wanted.limit) :]
    return [
        {"number": hex(each.number), **_message(node, each.call, each.block_number, each.tx_hash, each.source)}
        for each in kept
    ]


def _of_transaction(node: RpcNode, tx_hash: Hash32) -> list[JsonObject]:
    try:
        _, block, index = node.chain.transaction(tx_hash)
    except KeyError:
        raise NotFound(f"transaction not found: {to_data(tx_hash)}") from None
    if block is None:
        return []
    return [_message(node, call, block.number, tx_hash, None) for call in block.receipts[index].console]


def _message(
    node: RpcNode, call: ConsoleCall, block_number: int, tx_hash: Hash32 | None, source: str | None
) -> JsonObject:
    read = read_console(call.data)
    arguments = None
    if read.types is not None:
        arguments = [
            {"type": kind, "value": format_value(value)} for kind, value in zip(read.types, read.values, strict=True)
        ]
    state = node.chain.state(Tag.LATEST)
    account = state.account(call.sender)
    code = b"" if account is None else state.code(account.code_hash)
    artifact = node.node.artifacts.contract_at(call.sender, code)
    return {
        "message": read.text,
        "arguments": arguments,
        "address": to_data(call.sender),
        "contract": None if artifact is None else artifact.name,
        "transactionHash": None if tx_hash is None else to_data(tx_hash),
        "method": source,
        "blockNumber": hex(block_number),
    }
