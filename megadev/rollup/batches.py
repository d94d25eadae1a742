"""Batches: what a rollup posts of its blocks, as bytes. Encoding and decoding of both versions; pure.

A *singular batch* (version 0) says one L2 block: its parent, its L1 origin, its time and its transactions. A *span
batch* (version 1) says a row of blocks that lie evenly in time; transactions are laid out in columns, and what the
chain knows already (chain id, hashes of parents and origins) is left out (OP Stack specification, "Batch format" and
"Span batches"; EIP-7702 transactions as of Isthmus).

Whoever decodes reads a stranger's bytes: nothing is reserved before the bytes that fill it were seen, a row's blocks
are kept as columns, and every fault is one ``InvalidBatch``. What a batch may say at its place in the chain is not
decided here but in ``derivation``.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from typing import TypeAlias

import msgspec

from megadev.chain.transactions import ACCESS_LIST, DYNAMIC_FEE, LEGACY, SET_CODE
from megadev.primitives import rlp
from megadev.primitives.rlp import Decoded
from megadev.primitives.types import Hash32

SINGULAR, SPAN = 0, 1
"""Versions: a batch's first byte."""
MAX_ELEMENTS = 10_000_000
"""The most blocks, and the most transactions, of one batch. (Of a singular batch the specification does not say it; no
block has the gas for so many.)
"""
CHECK_SIZE = 20
"""Bytes of a hash by which a span batch knows a block."""
SPAN_TYPES = frozenset({LEGACY, ACCESS_LIST, DYNAMIC_FEE, SET_CODE})
"""Types of transactions that a span batch can say."""

_U64 = 2**64 - 1
_SIGNATURE_SIZE = 64


class InvalidBatch(ValueError):
    """Invalid bytes of a batch, or blocks that the requested batch format cannot encode."""


class SingularBatch(msgspec.Struct, frozen=True):
    """One L2 block. ``epoch_number`` and ``epoch_hash`` name its L1 origin; the timestamp is in seconds; transactions
    are EIP-2718 bytes, without deposits.
    """

    parent_hash: Hash32
    epoch_number: int
    epoch_hash: Hash32
    timestamp: int
    transactions: tuple[bytes, ...]


class SpanBlock(msgspec.Struct, frozen=True):
    """One block of a span: the number of its L1 origin, and its transactions as EIP-2718 bytes."""

    origin_number: int
    transactions: tuple[bytes, ...]


class SpanBatch(msgspec.Struct, frozen=True):
    """A row of L2 blocks.

    ``relative_timestamp``: seconds from L2's genesis to the first block. ``origin_number`` and ``origin_check`` (20
    bytes of its hash) name the *last* block's L1 origin, ``parent_check`` the first block's parent. Bit i of
    ``origin_bits`` (big-endian bytes, the lowest bit first) says that block i has another L1 origin than the block
    before it. ``transaction_counts`` says how many of ``transactions`` each block has.
    """

    relative_timestamp: int
    origin_number: int
    parent_check: bytes
    origin_check: bytes
    origin_bits: bytes
    transaction_counts: Sequence[int]
    transactions: Sequence[bytes]

    def __len__(self) -> int:
        """Returns the number of blocks."""
        return len(self.transaction_counts)

    @property
    def first_origin_number(self) -> int:
        """The number of the first block's L1 origin; below zero where the bits lie."""
        return self.origin_number - int.from_bytes(self.origin_bits, "big").bit_count() + _bit(self.origin_bits, 0)

    def blocks(self) -> Iterator[SpanBlock]:
        """Its blocks, in order."""
        number, start = self.first_origin_number, 0
        for index, count in enumerate(self.transaction_counts):
            if index:
                number += _bit(self.origin_bits, index)
            yield SpanBlock(number, tuple(self.transactions[start : start + count]))
            start += count


def span_of(batches: Sequence[SingularBatch], *, genesis_time: int, block_time: int, changes_origin: bool) -> SpanBatch:
    """The span batch that encodes ``batches``, consecutive blocks ``block_time`` seconds apart.

    ``changes_origin``: the first one has another L1 origin than its parent. Raises ``InvalidBatch`` where a span cannot
    say it: uneven times, an origin that skips a block or goes back, a time before genesis.
    """
    if not 1 <= len(batches) <= MAX_ELEMENTS:
        raise InvalidBatch(f"a span batch has 1 to {MAX_ELEMENTS} blocks, not {len(batches)}")
    first, last = batches[0], batches[-1]
    if first.timestamp < genesis_time:
        raise InvalidBatch(f"the first block's time {first.timestamp} is before L2's genesis at {genesis_time}")
    bits = bytearray((len(batches) + 7) // 8)
    if changes_origin:
        bits[-1] |= 1
    for index, (before, after) in enumerate(pairwise(batches), 1):
        if after.timestamp - before.timestamp != block_time:
            raise InvalidBatch(
                f"blocks of a span batch must be {block_time} seconds apart, not {after.timestamp - before.timestamp}"
            )
        step = after.epoch_number - before.epoch_number
        if step not in (0, 1):
            raise InvalidBatch(f"the L1 origin of a span batch must stay or advance by one block, not by {step:+d}")
        if step:
            bits[-1 - index // 8] |= 1 << index % 8
    return SpanBatch(
        relative_timestamp=first.timestamp - genesis_time,
        origin_number=last.epoch_number,
        parent_check=first.parent_hash[:CHECK_SIZE],
        origin_check=last.epoch_hash[:CHECK_SIZE],
        origin_bits=bytes(bits),
        transaction_counts=tuple(len(batch.transactions) for batch in batches),
        transactions=tuple(raw for batch in batches for raw in batch.transactions),
    )


# --- encoding ---------------------------------------------------------------------------------------------------------


def encode_batch(batch: SingularBatch | SpanBatch, chain_id: int) -> bytes:
    """The batch's bytes, its version first. ``chain_id`` is L2's: a span batch leaves it out.

    Raises ``InvalidBatch`` for a transaction that a span batch cannot say: of another type or for another chain.
    """
    if isinstance(batch, SingularBatch):
        fields = (
            batch.parent_hash,
            batch.epoch_number,
            batch.epoch_hash,
            batch.timestamp,
            batch.transactions,
        )
        return bytes((SINGULAR,)) + rlp.encode(fields)
    parts = [
        bytes((SPAN,)),
        encode_uvarint(batch.relative_timestamp),
        encode_uvarint(batch.origin_number),
        batch.parent_check,
        batch.origin_check,
        encode_uvarint(len(batch)),
        batch.origin_bits,
        *map(encode_uvarint, batch.transaction_counts),
    ]
    return b"".join(parts) + _encode_columns(batch.transactions, chain_id)


def _encode_columns(transactions: Sequence[bytes], chain_id: int) -> bytes:
    """Transactions field by field: what is alike stands together, and compresses the better."""
    creations, parities, protected = _Bits(), _Bits(), _Bits()
    signatures: list[bytes] = []
    recipients: list[bytes] = []
    rest: list[bytes] = []
    nonces: list[bytes] = []
    gas_limits: list[bytes] = []
    for raw in transactions:
        kind, fields = _fields_of(raw)
        r, s = (_number(field).to_bytes(32, "big") for field in fields[-2:])
        v = _number(fields[-3])
        if kind == LEGACY:
            nonce, price, gas, to, value, data = fields[:6]
            is_protected = v not in (27, 28)
            if is_protected and (v < 35 or (v - 35) >> 1 != chain_id):
                raise InvalidBatch(f"a transaction with v {v} is not for chain {chain_id}")
            protected.add(is_protected)
            parities.add((v - 35 if is_protected else v - 27) & 1)
            left: list[Decoded] = [value, price, data]
        else:
            if _number(fields[0]) != chain_id:
                raise InvalidBatch(f"a transaction is for chain {_number(fields[0])}, not {chain_id}")
            parities.add(v)
            if kind == ACCESS_LIST:
                nonce, price, gas, to, value, data, access_list = fields[1:8]
                left = [value, price, data, access_list]
            else:
                nonce, tip, cap, gas, to, value, data, access_list = fields[1:9]
                left = [value, tip, cap, data, access_list, *fields[9:-3]]
        creations.add(not to)
        if to:
            recipients.append(bytes(to))  # type: ignore[arg-type]
        signatures += (r, s)
        nonces.append(encode_uvarint(_number(nonce)))
        gas_limits.append(encode_uvarint(_number(gas)))
        rest.append((bytes((kind,)) if kind else b"") + rlp.encode(left))
    columns = (creations.encoded(), parities.encoded(), *signatures, *recipients, *rest, *nonces, *gas_limits)
    return b"".join(columns) + protected.encoded()


def _fields_of(raw: bytes) -> tuple[int, list[Decoded]]:
    """A transaction's type and its RLP fields. Raises ``InvalidBatch`` for what a span batch cannot say."""
    kind = LEGACY if raw[:1] >= b"\xc0" else raw[0] if raw else -1
    if kind not in SPAN_TYPES:
        raise InvalidBatch(f"a span batch holds transactions of types 0, 1, 2 and 4, not {kind:#04x}")
    try:
        fields = rlp.decode(raw[1:] if kind else raw)
    except ValueError as error:
        raise InvalidBatch(f"not a transaction: {error}") from None
    if type(fields) is not list or len(fields) != {LEGACY: 9, ACCESS_LIST: 11, DYNAMIC_FEE: 12, SET_CODE: 13}[kind]:
        raise InvalidBatch(f"not a transaction of type {kind}: it has other fields")
    return kind, fields


class _Bits:
    """A bit list: a big-endian integer in which the lowest bit is the first element."""

    def __init__(self) -> None:
        self._flags = bytearray()

    def add(self, flag: int) -> None:
        self._flags.append(48 + bool(flag))

    def encoded(self) -> bytes:
        count = len(self._flags)
        self._flags.reverse()
        return int(self._flags, 2).to_bytes((count + 7) // 8, "big") if count else b""


def encode_uvarint(value: int) -> bytes:
    """A number of up to 64 bits, seven to a byte and the lowest first (LEB128)."""
    if not 0 <= value <= _U64:
        raise InvalidBatch(f"a batch's numbers must have at most 64 bits, got {value}")
    if value < 0x80:
        return bytes((value,))
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


# --- decoding ---------------------------------------------------------------------------------------------------------


def decode_batch(data: bytes, chain_id: int) -> SingularBatch | SpanBatch:
    """Decode ``data`` on a chain of ``chain_id``. Raises ``InvalidBatch``.

    What follows a complete span batch is ignored, as the specification has it.
    """
    if not data:
        raise InvalidBatch("empty batch: its version is missing")
    try:
        if data[0] == SINGULAR:
            return _decode_singular(data)
        if data[0] == SPAN:
            return _decode_span(_Reader(data, 1), chain_id)
    except InvalidBatch:
        raise
    except ValueError as error:
        raise InvalidBatch(str(error)) from None
    raise InvalidBatch(f"the version of a batch must be 0 or 1, not {data[0]}")


def _decode_singular(data: bytes) -> SingularBatch:
    lists = list(islice(rlp.items(data, 1, len(data)), 2))
    if len(lists) != 1 or data[lists[0][0]] < 0xC0:
        raise InvalidBatch("a singular batch is one list")
    fields = list(islice(rlp.items(data, lists[0][1], len(data)), 6))
    if len(fields) != 5 or data[fields[4][0]] < 0xC0:
        raise InvalidBatch("a singular batch is a list of four strings and a list of transactions")
    parent, epoch_number, epoch_hash, timestamp = (_string(data, field) for field in fields[:4])
    if len(parent) != 32 or len(epoch_hash) != 32:
        raise InvalidBatch("a singular batch's hashes have 32 bytes")
    if max(len(epoch_number), len(timestamp)) > 8:
        raise InvalidBatch("a singular batch's numbers have 64 bits")
    transactions: list[bytes] = []
    for each in rlp.items(data, fields[4][1], fields[4][2]):
        if len(transactions) == MAX_ELEMENTS:
            raise InvalidBatch(f"a batch has at most {MAX_ELEMENTS} transactions")
        transactions.append(_string(data, each))
    return SingularBatch(parent, _number(epoch_number), epoch_hash, _number(timestamp), tuple(transactions))


def _decode_span(reader: _Reader, chain_id: int) -> SpanBatch:
    relative_timestamp, origin_number = reader.uvarint(), reader.uvarint()
    parent_check, origin_check = reader.take(CHECK_SIZE), reader.take(CHECK_SIZE)
    count = reader.uvarint()
    if not 1 <= count <= MAX_ELEMENTS:
        raise InvalidBatch(f"a span batch has 1 to {MAX_ELEMENTS} blocks, not {count}")
    origin_bits = reader.bits(count)
    counts = reader.uvarints(count)
    total = sum(counts)
    if total > MAX_ELEMENTS:
        raise InvalidBatch(f"a span batch has at most {MAX_ELEMENTS} transactions, not {total}")
    transactions = _decode_columns(reader, total, chain_id)
    return SpanBatch(relative_timestamp, origin_number, parent_check, origin_check, origin_bits, counts, transactions)


def _decode_columns(reader: _Reader, total: int, chain_id: int) -> list[bytes]:
    """The transactions whose columns come next, as EIP-2718 bytes.

    What has no column is taken over as it stands: RLP that was found canonical would be encoded to itself.
    """
    creations, parities = reader.bits(total), reader.bits(total)
    signatures = reader.take(total * _SIGNATURE_SIZE)
    recipients = reader.take((total - int.from_bytes(creations, "big").bit_count()) * 20)
    starts = array("Q")
    kinds = bytearray()
    for _ in range(total):
        kind, start = reader.skip_rest()
        kinds.append(kind)
        starts.append(start)
    nonces, gas_limits = reader.uvarints(total), reader.uvarints(total)
    protected = reader.bits(kinds.count(LEGACY))
    transactions: list[bytes] = []
    to_at = legacy_at = 0
    for index, kind in enumerate(kinds):
        left = reader.rest_at(starts[index], kind)
        to = b""
        if not _bit(creations, index):
            to = recipients[to_at : to_at + 20]
            to_at += 20
        elif kind == SET_CODE:
            raise InvalidBatch("a transaction of type 4 has a recipient (EIP-7702)")
        at = index * _SIGNATURE_SIZE
        v = _bit(parities, index)
        parts = [rlp.encode_int(nonces[index]), rlp.encode_int(gas_limits[index]), rlp.encode_bytes(to)]
        if kind == LEGACY:
            v += 35 + 2 * chain_id if _bit(protected, legacy_at) else 27
            legacy_at += 1
            fees = left[1:2]
        else:
            parts.insert(0, rlp.encode_int(chain_id))
            fees = left[1 : 2 if kind == ACCESS_LIST else 3]
        parts[-2:-2] = fees
        parts.append(left[0])
        parts += left[1 + len(fees) :]
        parts.append(rlp.encode_int(v))
        parts.append(rlp.encode_bytes(signatures[at : at + 32].lstrip(b"\0")))
        parts.append(rlp.encode_bytes(signatures[at + 32 : at + 64].lstrip(b"\0")))
        payload = b"".join(parts)
        transactions.append((bytes((kind,)) if kind else b"") + rlp.list_prefix(len(payload)) + payload)
    return transactions


class _Reader:
    """A position in bytes; every read past the end is ``InvalidBatch``."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise InvalidBatch(f"the batch is truncated: expected {size} more bytes")
        return self._data[start : self._at]

    def bits(self, count: int) -> bytes:
        """A bit list of ``count`` elements, as it stands; bits beyond them must be zero."""
        raw = self.take((count + 7) // 8)
        if count % 8 and raw[0] >> count % 8:
            raise InvalidBatch(f"a list of {count} bits has bits set beyond its end")
        return raw

    def uvarint(self) -> int:
        data, at, value, shift = self._data, self._at, 0, 0
        while True:
            if at >= len(data):
                raise InvalidBatch("the batch is truncated within a number")
            byte = data[at]
            at += 1
            if shift == 63 and byte > 1:
                raise InvalidBatch("a number has more than 64 bits")
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self._at = at
                return value
            shift += 7

    def uvarints(self, count: int) -> Sequence[int]:
        """``count`` numbers. Where each takes one byte, as nearly always, the bytes themselves are the numbers."""
        plain = self._data[self._at : self._at + count]
        if len(plain) < count:
            raise InvalidBatch(f"the batch is truncated: expected {count} more numbers")
        if plain.isascii():
            self._at += count
            return plain
        return array("Q", (self.uvarint() for _ in range(count)))

    def skip_rest(self) -> tuple[int, int]:
        """Pass by the fields of a transaction that have no column: its type, and where they begin."""
        data, at = self._data, self._at
        if at >= len(data):
            raise InvalidBatch("the batch is truncated: expected another transaction")
        kind = LEGACY
        if data[at] < 0x80:
            kind = data[at]
            at += 1
            if kind == LEGACY or kind not in SPAN_TYPES:
                raise InvalidBatch(f"a span batch holds transactions of types 0, 1, 2 and 4, not {kind:#04x}")
        if at >= len(data) or data[at] < 0xC0:
            raise InvalidBatch("a transaction's fields are an RLP list")
        _, _, self._at = next(rlp.items(data, at, len(data)))
        return kind, at

    def rest_at(self, at: int, kind: int) -> list[bytes]:
        """Returns those fields, each as its RLP, after checking them against the type."""
        data = self._data
        _, start, stop = next(rlp.items(data, at, len(data)))
        checks = _REST[kind]
        fields = list(islice(rlp.items(data, start, stop), len(checks) + 1))
        if len(fields) != len(checks):
            raise InvalidBatch(f"a transaction of type {kind} has {len(checks)} fields here")
        for check, field in zip(checks, fields, strict=True):
            check(data, field)
        return [data[first:end] for first, _, end in fields]


_Item: TypeAlias = tuple[int, int, int]
"""Where an RLP item begins, where its payload does, and where both end."""


def _check_number(data: bytes, item: _Item, size: int | None = None) -> None:
    """A number of up to ``size`` bytes; None: of any size, what is too large is found out when it is executed."""
    first, start, stop = item
    if data[first] >= 0xC0 or (start < stop and data[start] == 0) or (size is not None and stop - start > size):
        raise InvalidBatch("a transaction's number is malformed")


def _check_data(data: bytes, item: _Item) -> None:
    if data[item[0]] >= 0xC0:
        raise InvalidBatch("a transaction's data is a string")


def _check_access_list(data: bytes, item: _Item) -> None:
    for entry in _members(data, item):
        address, slots = _exactly(data, entry, 2)
        _check_size(data, address, 20)
        for slot in _members(data, slots):
            _check_size(data, slot, 32)


def _check_authorizations(data: bytes, item: _Item) -> None:
    for entry in _members(data, item):
        chain_id, address, nonce, y_parity, r, s = _exactly(data, entry, 6)
        _check_size(data, address, 20)
        for number, size in ((chain_id, 32), (nonce, 8), (y_parity, 1), (r, 32), (s, 32)):
            _check_number(data, number, size)


_REST: dict[int, tuple[Callable[[bytes, _Item], None], ...]] = {
    LEGACY: (_check_number, _check_number, _check_data),
    ACCESS_LIST: (_check_number, _check_number, _check_data, _check_access_list),
    DYNAMIC_FEE: (_check_number, _check_number, _check_number, _check_data, _check_access_list),
    SET_CODE: (_check_number, _check_number, _check_number, _check_data, _check_access_list, _check_authorizations),
}
"""The fields that each type has left once the columns have taken theirs: value, fees, data, lists."""


def _members(data: bytes, item: _Item) -> Iterator[_Item]:
    if data[item[0]] < 0xC0:
        raise InvalidBatch("expected a list in a transaction, got a string")
    return rlp.items(data, item[1], item[2])


def _exactly(data: bytes, item: _Item, count: int) -> list[_Item]:
    members = list(islice(_members(data, item), count + 1))
    if len(members) != count:
        raise InvalidBatch(f"a list in a transaction has {count} members, not {len(members)}")
    return members


def _check_size(data: bytes, item: _Item, size: int) -> None:
    if data[item[0]] >= 0xC0 or item[2] - item[1] != size:
        raise InvalidBatch(f"a string in a transaction has {size} bytes")


def _string(data: bytes, item: _Item) -> bytes:
    if data[item[0]] >= 0xC0:
        raise InvalidBatch("expected a string in a batch, got a list")
    return data[item[1] : item[2]]


def _bit(bits: bytes, index: int) -> int:
    return bits[-1 - index // 8] >> index % 8 & 1


def _number(field: Decoded) -> int:
    """The number that a field spells: big-endian, without leading zeros."""
    if type(field) is not bytes or len(field) > 32 or field[:1] == b"\0":
        raise InvalidBatch("a number is a string of up to 32 bytes without leading zeros")
    return int.from_bytes(field, "big")
