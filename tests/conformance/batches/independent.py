"""Batches once more, by other code: the specification's field lists spelled out with the ``rlp`` package, compression by
the libraries themselves, transactions by eth-account. Shares nothing with megadev but the values it is compared by.

It is written for reading, not for hostile input.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

import brotli
import rlp


@dataclass(frozen=True)
class Block:
    """One L2 block as batches know it."""

    parent: bytes
    origin: int
    origin_hash: bytes
    time: int
    transactions: tuple[bytes, ...]


def singular(block: Block) -> bytes:
    number = rlp.sedes.big_endian_int.serialize
    content = [block.parent, number(block.origin), block.origin_hash, number(block.time), list(block.transactions)]
    return b"\x00" + rlp.encode(content)


def read_singular(data: bytes) -> Block:
    assert data[0] == 0
    parent, origin, origin_hash, time, transactions = rlp.decode(data[1:])
    return Block(parent, int.from_bytes(origin), origin_hash, int.from_bytes(time), tuple(transactions))


def span(blocks: Sequence[Block], genesis_time: int, first_changes_origin: bool) -> bytes:
    first, last = blocks[0], blocks[-1]
    changes = [first_changes_origin] + [a.origin != b.origin for a, b in pairwise(blocks)]
    out = [b"\x01", leb(first.time - genesis_time), leb(last.origin), first.parent[:20], last.origin_hash[:20]]
    out += [leb(len(blocks)), bitlist(changes), *(leb(len(block.transactions)) for block in blocks)]
    split = [Columns.of(raw) for block in blocks for raw in block.transactions]
    out += [bitlist([not each.to for each in split]), bitlist([each.parity for each in split])]
    out += [each.r.rjust(32, b"\0") + each.s.rjust(32, b"\0") for each in split]
    out += [each.to for each in split]
    out += [each.rest for each in split]
    out += [leb(each.nonce) for each in split]
    out += [leb(each.gas) for each in split]
    out += [bitlist([each.protected for each in split if each.kind == 0])]
    return b"".join(out)


def read_span(data: bytes, genesis_time: int, block_time: int, chain_id: int) -> list[tuple[int, int, list[bytes]]]:
    """Of each block: the number of its L1 origin, its time and its transactions."""
    f = BytesIO(data)
    assert f.read(1) == b"\x01"
    time, origin = genesis_time + unleb(f), unleb(f)
    f.read(40)
    count = unleb(f)
    changes = unbitlist(f, count)
    sizes = [unleb(f) for _ in range(count)]
    total = sum(sizes)
    creates, parities = unbitlist(f, total), unbitlist(f, total)
    signatures = [(f.read(32).lstrip(b"\0"), f.read(32).lstrip(b"\0")) for _ in range(total)]
    tos = [b"" if created else f.read(20) for created in creates]
    kinds, rests = [], []
    for _ in range(total):
        start = f.tell()
        kind = data[start] if data[start] < 0x80 else 0
        body = start + bool(kind)
        end = item_bounds(data, body)[2]
        kinds.append(kind)
        rests.append(rlp.decode(data[body:end]))
        f.seek(end)
    nonces, gases = [unleb(f) for _ in range(total)], [unleb(f) for _ in range(total)]
    protected = iter(unbitlist(f, kinds.count(0)))
    transactions = []
    for kind, rest, to, nonce, gas, parity, (r, s) in zip(
        kinds, rests, tos, nonces, gases, parities, signatures, strict=True
    ):
        n, g = minimal(nonce), minimal(gas)
        if kind == 0:
            value, price, call = rest
            v = 35 + 2 * chain_id + parity if next(protected) else 27 + parity
            transactions.append(rlp.encode([n, price, g, to, value, call, minimal(v), r, s]))
        else:
            fees, tail = (rest[1:2], rest[2:]) if kind == 1 else (rest[1:3], rest[3:])
            fields = [minimal(chain_id), n, *fees, g, to, rest[0], *tail, minimal(parity), r, s]
            transactions.append(bytes([kind]) + rlp.encode(fields))
    number = origin - sum(changes[1:])
    blocks, at = [], 0
    for index in range(count):
        number += changes[index] if index else 0
        blocks.append((number, time + index * block_time, transactions[at : at + sizes[index]]))
        at += sizes[index]
    return blocks


def channel(batches: Iterable[bytes], method: str) -> bytes:
    plain = b"".join(rlp.encode(batch) for batch in batches)
    return zlib.compress(plain) if method == "zlib" else b"\x01" + brotli.compress(plain)


def read_channel(data: bytes) -> list[bytes]:
    plain = brotli.decompress(data[1:]) if data[0] == 1 else zlib.decompress(data)
    found, at = [], 0
    while at < len(plain):
        end = item_bounds(plain, at)[2]
        found.append(rlp.decode(plain[at:end]))
        at = end
    return found


def frames(channel_id: bytes, data: bytes, size: int) -> list[bytes]:
    """L1 transactions' data with one frame each."""
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return [
        b"\x00" + channel_id + i.to_bytes(2) + len(piece).to_bytes(4) + piece + bytes([i == len(pieces) - 1])
        for i, piece in enumerate(pieces)
    ]


def joined(transactions: Iterable[bytes]) -> bytes:
    """The channel whose frames come one to a transaction, in any order."""
    pieces = {}
    for data in transactions:
        assert data[0] == 0
        size = int.from_bytes(data[19:23])
        assert len(data) == 24 + size
        pieces[int.from_bytes(data[17:19])] = data[23 : 23 + size]
    return b"".join(pieces[number] for number in range(len(pieces)))


@dataclass(frozen=True)
class Columns:
    """One transaction, taken apart as a span batch has it."""

    kind: int
    to: bytes
    parity: int
    protected: bool
    r: bytes
    s: bytes
    nonce: int
    gas: int
    rest: bytes

    @classmethod
    def of(cls, raw: bytes) -> Columns:
        kind = 0 if raw[0] >= 0xC0 else raw[0]
        fields: list[Any] = rlp.decode(raw[1:] if kind else raw)
        *_, v, r, s = fields
        v = int.from_bytes(v)
        if kind == 0:
            nonce, price, gas, to, value, data = fields[:6]
            left, protected, parity = [value, price, data], v >= 35, (v - 35) % 2 if v >= 35 else v - 27
        elif kind == 1:
            _, nonce, price, gas, to, value, data, access = fields[:8]
            left, protected, parity = [value, price, data, access], True, v
        else:
            _, nonce, tip, cap, gas, to, value, data, access = fields[:9]
            left, protected, parity = [value, tip, cap, data, access, *fields[9:-3]], True, v
        rest = (bytes([kind]) if kind else b"") + rlp.encode(left)
        return cls(kind, to, parity, protected, r, s, int.from_bytes(nonce), int.from_bytes(gas), rest)


def item_bounds(data: bytes, at: int) -> tuple[int, int, int]:
    _, _, length, start = rlp.codec.consume_length_prefix(data, at)
    return at, start, start + length


def leb(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 127
        if not value:
            return bytes([*out, low])
        out.append(low | 128)


def unleb(f: BytesIO) -> int:
    value = shift = 0
    while True:
        byte = f.read(1)[0]
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value


def bitlist(flags: Sequence[int]) -> bytes:
    return sum(bool(flag) << i for i, flag in enumerate(flags)).to_bytes((len(flags) + 7) // 8)


def unbitlist(f: BytesIO, count: int) -> list[int]:
    number = int.from_bytes(f.read((count + 7) // 8))
    return [number >> i & 1 for i in range(count)]


def minimal(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8)
