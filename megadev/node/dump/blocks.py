"""The headers of a dump, and which of its blocks are the chain that is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from megadev.chain.blocks import HEADER_SIZES, Header, SealedBlock
from megadev.errors import InvalidParams
from megadev.node.dump.transactions import written_transaction
from megadev.node.dump.values import JsonObject, as_bytes, as_list, as_number, as_object, data_of, fail
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Hash32

# a file's names of a header's fields, oldest spelling last, and how each is written and read, in RLP's order
_HEADER: tuple[tuple[str, str, Callable[[Any], str], str], ...] = (
    ("parentHash", "parent_hash", data_of, ""),
    ("sha3Uncles", "ommers_hash", data_of, "ommersHash"),
    ("miner", "coinbase", data_of, "beneficiary"),
    ("stateRoot", "state_root", data_of, ""),
    ("transactionsRoot", "transactions_root", data_of, ""),
    ("receiptsRoot", "receipts_root", data_of, ""),
    ("logsBloom", "logs_bloom", data_of, ""),
    ("difficulty", "difficulty", hex, ""),
    ("number", "number", hex, ""),
    ("gasLimit", "gas_limit", hex, ""),
    ("gasUsed", "gas_used", hex, ""),
    ("timestamp", "timestamp", hex, ""),
    ("extraData", "extra_data", data_of, ""),
    ("mixHash", "prev_randao", data_of, ""),
    ("nonce", "nonce", data_of, ""),
    ("baseFeePerGas", "base_fee", hex, ""),
    ("withdrawalsRoot", "withdrawals_root", data_of, ""),
    ("blobGasUsed", "blob_gas_used", hex, ""),
    ("excessBlobGas", "excess_blob_gas", hex, ""),
    ("parentBeaconBlockRoot", "parent_beacon_root", data_of, ""),
    ("requestsHash", "requests_hash", data_of, ""),
)


_REQUIRED_FIELDS = 15
"""So many fields every header has had; each later one came with a fork."""


_SIZES = {"coinbase": 20, "logs_bloom": 256, "nonce": 8, "extra_data": None}


_WIDE = {"difficulty": 256, "base_fee": 256, "gas_limit": 63}


class Found(msgspec.Struct, frozen=True):
    """A block of the file, before it is known whether it is on the chain meant. ``is_whole``: its header has all
    fields of a hardfork from London on, so that there is no doubt about its hash."""

    header: Header
    hash: Hash32
    is_whole: bool
    transactions: list[Any]
    where: str


def written_block(block: SealedBlock) -> JsonObject:
    header = block.header
    return {
        "header": {name: write(getattr(header, field)) for name, field, write, _ in _HEADER[: header.fields]},
        "transactions": [written_transaction(tx) for tx in block.transactions],
        "ommers": [],
        "withdrawals": None,
    }


def read_header(entry: JsonObject, where: str) -> Found:
    fields = as_object(entry.get("header"), f"{where}.header")
    values: dict[str, Any] = {}
    hashed: list[int | bytes] = []
    for place, (name, field, write, older) in enumerate(_HEADER):
        value = fields.get(name)
        if value is None and older:
            value = fields.get(older)
        at = f"{where}.header.{name}"
        if value is None:
            if place < _REQUIRED_FIELDS:
                fail(at, "a value", value)
            continue
        read = (
            as_number(value, at, _WIDE.get(field, 63)) if write is hex else as_bytes(value, at, _SIZES.get(field, 32))
        )
        values[field] = read
        hashed.append(read)
    is_whole = len(values) in HEADER_SIZES and list(values) == [field for _, field, _, _ in _HEADER[: len(values)]]
    return Found(
        Header(**values, fields=max((size for size in HEADER_SIZES if size <= len(values)), default=HEADER_SIZES[0])),
        keccak(rlp.encode(hashed)),
        is_whole,
        as_list(entry.get("transactions") or [], f"{where}.transactions"),
        where,
    )


def chain_of(found: Sequence[Found], entries: JsonObject, environment: JsonObject) -> list[Found]:
    """The chain that ends in the best block, oldest first. A file may hold blocks that are on none: those that another
    dump, loaded before, has pushed aside."""
    by_number: dict[int, list[Found]] = {}
    for block in found:
        by_number.setdefault(block.header.number, []).append(block)
    best = entries.get("best_block_number", environment.get("number"))
    head = max(by_number) if best is None else as_number(best, "best_block_number", 63)
    if head not in by_number:
        raise InvalidParams(f"failed to decode state dump: best_block_number is {head}, but blocks has no such block")
    time = as_number(environment.get("timestamp", 0), "block.timestamp")
    chains = [_chain_to(tip, by_number) for tip in by_number[head]]
    return max(chains, key=lambda chain: (len(chain), chain[-1].header.timestamp == time))


def _chain_to(tip: Found, by_number: Mapping[int, list[Found]]) -> list[Found]:
    chain = [tip]
    while parents := by_number.get(tip.header.number - 1):
        wanted = tip.header.parent_hash
        parent = next((block for block in parents if block.hash == wanted), None)
        if parent is None and len(parents) == 1 and not parents[0].is_whole:
            parent = msgspec.structs.replace(parents[0], hash=wanted)
        if parent is None:
            break
        chain.append(parent)
        tip = parent
    return chain[::-1]
