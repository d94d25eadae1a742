"""Batches: the specification's examples, and what a stranger may send instead."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.primitives import rlp
from megadev.rollup.batches import (
    MAX_ELEMENTS,
    InvalidBatch,
    SingularBatch,
    SpanBatch,
    decode_batch,
    encode_batch,
    encode_uvarint,
    span_of,
)
from tests.units.rollup.batching import CHAIN_ID, GENESIS_TIME, rows, transactions

ONES, TWOS = b"\x11" * 32, b"\x22" * 32
EMPTY = SingularBatch(ONES, 100, TWOS, 1_700_000_000, ())
HEAD = b"\x01\x01\x64" + ONES[:20] + TWOS[:20]
"""A span batch up to where its blocks begin."""


def test_a_singular_batch_is_as_specified() -> None:
    plain = rlp.encode(encode_batch(EMPTY, CHAIN_ID))
    assert plain.hex() == "b84c00f849a0" + "11" * 32 + "64a0" + "22" * 32 + "846553f100c0"
    assert decode_batch(encode_batch(EMPTY, CHAIN_ID), CHAIN_ID) == EMPTY


def test_a_span_batch_is_as_specified() -> None:
    row = [SingularBatch(ONES, 100, TWOS, 11, ()), SingularBatch(ONES, 100, TWOS, 13, ())]
    span = span_of(row, genesis_time=10, block_time=2, changes_origin=True)
    assert rlp.encode(encode_batch(span, CHAIN_ID)).hex() == "af010164" + "11" * 20 + "22" * 20 + "02010000"


@given(rows(), st.booleans())
def test_a_span_batch_round_trips(row: list[SingularBatch], changes: bool) -> None:
    span = span_of(row, genesis_time=GENESIS_TIME, block_time=2, changes_origin=changes)
    back = decode_batch(encode_batch(span, CHAIN_ID), CHAIN_ID)
    assert isinstance(back, SpanBatch)
    assert [(block.origin_number, block.transactions) for block in back.blocks()] == [
        (each.epoch_number, each.transactions) for each in row
    ]
    assert back.first_origin_number == row[0].epoch_number
    assert back.relative_timestamp == row[0].timestamp - GENESIS_TIME


@given(rows(), st.booleans(), st.data())
def test_a_batch_that_is_cut_or_changed_is_refused_or_read_but_never_more(
    row: list[SingularBatch], singular: bool, data: st.DataObject
) -> None:
    batch = row[0] if singular else span_of(row, genesis_time=GENESIS_TIME, block_time=2, changes_origin=False)
    encoded = encode_batch(batch, CHAIN_ID)
    cut = data.draw(st.integers(0, len(encoded) - 1))
    with pytest.raises(InvalidBatch):
        decode_batch(encoded[:cut], CHAIN_ID)
    at, byte = data.draw(st.integers(0, len(encoded) - 1)), data.draw(st.integers(0, 255))
    with suppress(InvalidBatch):
        decode_batch(encoded[:at] + bytes([byte]) + encoded[at + 1 :], CHAIN_ID)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    for head in (b"", b"\x00", b"\x01", HEAD):
        with suppress(InvalidBatch):
            decode_batch(head + noise, CHAIN_ID)


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("nothing", b""),
        ("an unknown version", b"\x02" + rlp.encode([])),
        ("a deposit's type for a version", b"\x7e\xc0"),
        ("a string", b"\x00\x80"),
        ("four fields", b"\x00" + rlp.encode([ONES, 1, TWOS, 1])),
        ("six fields", b"\x00" + rlp.encode([ONES, 1, TWOS, 1, [], []])),
        ("a short hash", b"\x00" + rlp.encode([ONES[1:], 1, TWOS, 1, []])),
        ("a leading zero", b"\x00" + rlp.encode([ONES, b"\x00\x01", TWOS, 1, []])),
        ("a number of 65 bits", b"\x00" + rlp.encode([ONES, 2**64, TWOS, 1, []])),
        ("a list for a transaction", b"\x00" + rlp.encode([ONES, 1, TWOS, 1, [[]]])),
        ("a string for the transactions", b"\x00" + rlp.encode([ONES, 1, TWOS, 1, b""])),
        ("something behind it", b"\x00" + rlp.encode([ONES, 1, TWOS, 1, []]) + b"\x80"),
    ],
)
def test_invalid_singular_batches_are_refused(what: str, data: bytes) -> None:
    with pytest.raises(InvalidBatch):
        decode_batch(data, CHAIN_ID)


LEGACY = rlp.encode([1, 2, b""])
"""What a legacy transaction has left once the columns have taken theirs."""


def one_transaction(rest: bytes, *, creates: int = 0, protected: bytes = b"\x01") -> bytes:
    """A span of one block with one transaction."""
    to = b"" if creates else b"\x33" * 20
    return HEAD + b"\x01\x00\x01" + bytes([creates]) + b"\x00" + b"\x01" * 64 + to + rest + b"\x05\x15" + protected


def test_a_span_of_one_transaction_is_read() -> None:
    batch = decode_batch(one_transaction(LEGACY), CHAIN_ID)
    assert isinstance(batch, SpanBatch)
    r = s = int.from_bytes(b"\x01" * 32, "big")
    assert batch.transactions == [rlp.encode([5, 2, 0x15, b"\x33" * 20, 1, b"", 35 + 2 * CHAIN_ID, r, s])]


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("no block", HEAD + b"\x00"),
        ("more blocks than there may be", HEAD + encode_uvarint(MAX_ELEMENTS + 1) + bytes(4_000)),
        ("as many as there may be, and no bytes for them", HEAD + encode_uvarint(MAX_ELEMENTS)),
        ("origin bits beyond the blocks", HEAD + b"\x02\x04\x00\x00"),
        ("more transactions than there are bytes", HEAD + b"\x01\x00" + encode_uvarint(MAX_ELEMENTS)),
        ("more transactions than there may be", HEAD + b"\x02\x00" + 2 * encode_uvarint(MAX_ELEMENTS)),
        ("a count of 64 bits", HEAD + b"\x01\x00" + encode_uvarint(2**64 - 1)),
        ("a number without end", b"\x01" + b"\xff" * 30),
        ("a number of more than 64 bits", b"\x01" + b"\xff" * 9 + b"\x02" + bytes(90)),
        ("creation bits beyond the transactions", HEAD + b"\x01\x00\x01\x02\x00" + bytes(200)),
        ("a blob transaction", one_transaction(b"\x03" + rlp.encode([1, 2, 3, b"", []]), protected=b"")),
        ("a deposit", one_transaction(b"\x7e" + rlp.encode([1, 2, 3, b"", []]), protected=b"")),
        ("a type 0 written out", one_transaction(b"\x00" + LEGACY)),
        ("a string for the fields", one_transaction(rlp.encode(b"abc"))),
        ("a field too few", one_transaction(rlp.encode([1, 2]))),
        ("a field too many", one_transaction(rlp.encode([1, 2, b"", b""]))),
        ("a list for the value", one_transaction(rlp.encode([[], 2, b""]))),
        ("a value with a leading zero", one_transaction(rlp.encode([b"\x00\x01", 2, b""]))),
        ("a list for the data", one_transaction(rlp.encode([1, 2, []]))),
        ("a size that is not canonical", one_transaction(b"\xf8\x03\x01\x02\x80")),
        ("a list that goes on behind the end", one_transaction(b"\xfb\xff\xff\xff\xff")),
        ("protected bits beyond the transactions", one_transaction(LEGACY, protected=b"\x02")),
        ("no protected bits", one_transaction(LEGACY, protected=b"")),
        (
            "a short address to access",
            one_transaction(b"\x01" + rlp.encode([1, 2, b"", [[b"\x01", []]]]), protected=b""),
        ),
        (
            "an authorization of two fields",
            one_transaction(b"\x04" + rlp.encode([1, 2, 3, b"", [], [[1, 2]]]), protected=b""),
        ),
        (
            "a creation of type 4",
            one_transaction(b"\x04" + rlp.encode([1, 2, 3, b"", [], []]), creates=1, protected=b""),
        ),
    ],
)
def test_invalid_span_batches_are_refused(what: str, data: bytes) -> None:
    with pytest.raises(InvalidBatch):
        decode_batch(data, CHAIN_ID)


def test_bytes_after_a_span_batch_are_ignored() -> None:
    encoded = HEAD + b"\x01\x00\x00"
    assert decode_batch(encoded + b"more", CHAIN_ID) == decode_batch(encoded, CHAIN_ID)


def test_ten_million_empty_blocks_are_kept_as_columns() -> None:
    count = MAX_ELEMENTS
    batch = decode_batch(HEAD + encode_uvarint(count) + bytes((count + 7) // 8) + bytes(count), CHAIN_ID)
    assert isinstance(batch, SpanBatch)
    assert len(batch) == count
    assert isinstance(batch.transaction_counts, bytes)


def test_a_hundred_million_lists_for_transactions_make_no_objects() -> None:
    lists = b"\xc0" * 30_000_000
    fields = b"".join(map(rlp.encode, (ONES, 1, TWOS, 1))) + rlp.list_prefix(len(lists)) + lists
    with pytest.raises(InvalidBatch, match="expected a string in a batch, got a list"):
        decode_batch(b"\x00" + rlp.list_prefix(len(fields)) + fields, CHAIN_ID)


def test_origins_that_go_back_behind_the_first_are_seen() -> None:
    span = SpanBatch(1, 1, ONES[:20], TWOS[:20], b"\x0e", (0, 0, 0, 0), ())
    back = decode_batch(encode_batch(span, CHAIN_ID), CHAIN_ID)
    assert isinstance(back, SpanBatch)
    assert back.first_origin_number == -2


@pytest.mark.parametrize(
    ("times", "origins"), [((10, 13), (1, 1)), ((10, 12), (1, 3)), ((10, 12), (2, 1)), ((3, 5), (1, 1))]
)
def test_blocks_with_uneven_times_or_origins_do_not_fit_a_span_batch(
    times: tuple[int, int], origins: tuple[int, int]
) -> None:
    row = [SingularBatch(ONES, origin, TWOS, time, ()) for time, origin in zip(times, origins, strict=True)]
    with pytest.raises(InvalidBatch):
        span_of(row, genesis_time=4, block_time=2, changes_origin=False)


@given(transactions())
def test_a_span_holds_no_transaction_of_another_chain(raw: bytes) -> None:
    span = span_of([SingularBatch(ONES, 1, TWOS, 10, (raw,))], genesis_time=10, block_time=2, changes_origin=False)
    for chain_id in (CHAIN_ID, CHAIN_ID + 1):
        try:
            back = decode_batch(encode_batch(span, chain_id), chain_id)
        except InvalidBatch:
            assert chain_id != CHAIN_ID
        else:
            assert isinstance(back, SpanBatch)
            assert back.transactions == [raw]


@pytest.mark.parametrize("raw", [b"", b"\x03\xc0", b"\x7e\xc0", b"\x05\xc0", b"\x02", b"\x02\xc0", b"\xc0", b"\x80"])
def test_a_span_with_invalid_transactions_is_refused(raw: bytes) -> None:
    span = SpanBatch(1, 1, ONES[:20], TWOS[:20], b"\x00", (1,), (raw,))
    with pytest.raises(InvalidBatch):
        encode_batch(span, CHAIN_ID)
