"""What we post is read by other code, and what other code posts is read by us."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.rollup.batches import SingularBatch, SpanBatch, decode_batch, encode_batch, span_of
from megadev.rollup.channel import Compression, compress, decode_frames, encode_frames, read_batches, split
from tests.conformance.batches import independent
from tests.units.rollup.batching import CHAIN_ID, GENESIS_TIME, rows

METHODS = pytest.mark.parametrize("method", list(Compression))


def theirs(batch: SingularBatch) -> independent.Block:
    return independent.Block(
        batch.parent_hash, batch.epoch_number, batch.epoch_hash, batch.timestamp, batch.transactions
    )


@given(rows())
def test_singular_batches_are_the_same(row: list[SingularBatch]) -> None:
    for batch in row:
        encoded = encode_batch(batch, CHAIN_ID)
        assert encoded == independent.singular(theirs(batch))
        assert independent.read_singular(encoded) == theirs(batch)
        assert decode_batch(independent.singular(theirs(batch)), CHAIN_ID) == batch


@given(rows(), st.booleans())
def test_span_batches_are_the_same(row: list[SingularBatch], changes: bool) -> None:
    ours = encode_batch(span_of(row, genesis_time=GENESIS_TIME, block_time=2, changes_origin=changes), CHAIN_ID)
    assert ours == independent.span(list(map(theirs, row)), GENESIS_TIME, changes)
    read = independent.read_span(ours, GENESIS_TIME, 2, CHAIN_ID)
    assert read == [(each.epoch_number, each.timestamp, list(each.transactions)) for each in row]
    back = decode_batch(ours, CHAIN_ID)
    assert isinstance(back, SpanBatch)
    assert [(block.origin_number, list(block.transactions)) for block in back.blocks()] == [
        (each.epoch_number, list(each.transactions)) for each in row
    ]


@METHODS
@given(batches=st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=5), size=st.integers(24, 300))
def test_channels_and_frames_are_read_either_way(method: Compression, batches: list[bytes], size: int) -> None:
    channel_id = bytes(range(16))
    ours = [encode_frames([frame]) for frame in split(channel_id, compress(batches, method), size)]
    assert independent.read_channel(independent.joined(reversed(ours))) == batches
    made = independent.frames(channel_id, independent.channel(batches, method.value), size)
    found = b"".join(frame.data for data in made for frame in decode_frames(data))
    assert list(read_batches(found)) == batches
