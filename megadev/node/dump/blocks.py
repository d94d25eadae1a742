"""The headers of a dump, and which of its blocks are the chain that is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from megadev.chain.blocks import HEADER_SIZES, Header, SealedBlock
from megadev.chain.documents import (
    HEADER_FIELDS,
    JsonObject,
    as_list,
    as_number,
    as_object,
    header_document,
    header_of,
    read_header_fields,
    sidecar_document,
    transaction_document,
)
from megadev.chain.transactions import ACCESS_LIST, DEPOSIT, LEGACY, Transaction
from megadev.errors import InvalidDocument
from megadev.node.dump.rows import DumpedRow
from megadev.primitives import rlp
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Hash32


class Found(msgspec.Struct, frozen=True):
    """A block of the file, before it is known whether it is on the chain meant. ``is_whole``: its header has all
    fields of a hardfork from London on, so that there is no doubt about its hash."""

    header: Header
    hash: Hash32
    is_whole: bool
    transactions: list[Any]
    where: str


def written_block(block: SealedBlock) -> JsonObject:
    return {
        "header": header_document(block.header),
        "transactions": [_written_transaction(tx) for tx in block.transactions],
        "ommers": [],
        "withdrawals": None,
    }


def _written_transaction(tx: Transaction) -> JsonObject:
    fields = transaction_document(tx)
    if tx.type == DEPOSIT:
        # what RPC shows of it besides is not Anvil's
        for name in ("nonce", "gasPrice", "v", "r", "s", "yParity"):
            del fields[name]
        del fields["isSystemTx"]  # Anvil's name of it is another, and without that it refuses the whole dump
        fields |= {"mint": hex(tx.mint), "isSystemTransaction": tx.is_system}
        return {"transaction": fields, "impersonated_sender": None}
    del fields["from"]
    if tx.type not in (LEGACY, ACCESS_LIST):
        del fields["gasPrice"]
    if tx.sidecar is not None:
        fields |= sidecar_document(tx.sidecar)
    return {"transaction": fields, "impersonated_sender": to_data(tx.sender) if tx.is_impersonated else None}


def read_header(entry: JsonObject, where: str) -> Found:
    values = read_header_fields(as_object(entry.get("header"), f"{where}.header"), f"{where}.header")
    return Found(
        header_of(values),
        keccak(rlp.encode(list(values.values()))),
        len(values) in HEADER_SIZES and tuple(values) == HEADER_FIELDS[: len(values)],
        as_list(entry.get("transactions") or [], f"{where}.transactions"),
        where,
    )


def chain_of(
    found: Sequence[Found], entries: JsonObject, environment: JsonObject, rows: Mapping[int, DumpedRow]
) -> list[Found]:
    """The chain that ends in the best block, oldest first, but for ``rows``, by their last blocks' numbers. A file may
    hold blocks that are on none: those that another dump, loaded before, has pushed aside."""
    by_number: dict[int, list[Found]] = {}
    for block in found:
        by_number.setdefault(block.header.number, []).append(block)
    best = entries.get("best_block_number", environment.get("number"))
    head = max(by_number) if best is None else as_number(best, "best_block_number", 63)
    if head not in by_number:
        raise InvalidDocument("best_block_number", f"it is {head}, which blocks does not have")
    time = as_number(environment.get("timestamp", 0), "block.timestamp")
    chains = [_chain_to(tip, by_number, rows) for tip in by_number[head]]
    return max(chains, key=lambda chain: (len(chain), chain[-1].header.timestamp == time))


def _chain_to(tip: Found, by_number: Mapping[int, list[Found]], rows: Mapping[int, DumpedRow]) -> list[Found]:
    chain = [tip]
    while True:
        number, wanted = tip.header.number - 1, tip.header.parent_hash
        row = rows.get(number)
        if row is not None and row.hash_of(number) == wanted:
            number, wanted = row.before
        parents = by_number.get(number, [])
        parent = next((block for block in parents if block.hash == wanted), None)
        if parent is None and len(parents) == 1 and not parents[0].is_whole:
            parent = msgspec.structs.replace(parents[0], hash=wanted)
        if parent is None:
            break
        chain.append(parent)
        tip = parent
    return chain[::-1]
