"""Channels and frames: the specification's example, size limits, and what a stranger may post instead."""

from __future__ import annotations

import random
import tracemalloc
import zlib
from contextlib import suppress
from itertools import islice

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.primitives import rlp
from megadev.rollup.channel import (
    FRAME_OVERHEAD,
    MAX_CHANNEL_BYTES,
    Compression,
    Frame,
    InvalidFrame,
    compress,
    decode_frames,
    encode_frames,
    read_batches,
    split,
)

ID = bytes(range(16))
METHODS = pytest.mark.parametrize("method", list(Compression))
SPECIFIED = bytes.fromhex("00000102030405060708090a0b0c0d0e0f000000000003aabbcc01")


def test_a_frame_is_as_specified() -> None:
    frame = Frame(ID, 0, bytes.fromhex("aabbcc"), True)
    assert encode_frames([frame]) == SPECIFIED
    assert decode_frames(SPECIFIED) == [frame]
    assert FRAME_OVERHEAD == 23


@given(
    st.lists(
        st.builds(Frame, st.binary(min_size=16, max_size=16), st.integers(0, 2**16 - 1), st.binary(), st.booleans()),
        min_size=1,
    )
)
def test_frames_are_read_as_they_were_written(frames: list[Frame]) -> None:
    assert decode_frames(encode_frames(frames)) == frames


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("nothing", b""),
        ("the version alone", b"\x00"),
        ("a commitment's version", b"\x01" + SPECIFIED[1:]),
        ("an unknown version", b"\x02" + SPECIFIED[1:]),
        ("a byte too few", SPECIFIED[:-1]),
        ("a byte too many", SPECIFIED + b"\x00"),
        ("a last byte of 2", SPECIFIED[:-1] + b"\x02"),
        ("a good frame and half a frame", SPECIFIED + SPECIFIED[1:9]),
        ("a size beyond the end", SPECIFIED[:19] + b"\xff\xff\xff\xff" + SPECIFIED[23:]),
        ("a frame that is too large", SPECIFIED[:19] + (1_000_001).to_bytes(4, "big") + bytes(1_000_001) + b"\x01"),
    ],
)
def test_one_malformed_frame_invalidates_all(what: str, data: bytes) -> None:
    with pytest.raises(InvalidFrame):
        decode_frames(data)


@given(st.binary(max_size=120))
def test_any_bytes_are_frames_or_refused(noise: bytes) -> None:
    for data in (noise, b"\x00" + noise, SPECIFIED + noise):
        with suppress(InvalidFrame):
            assert decode_frames(data)


def test_a_channel_is_cut_to_size() -> None:
    frames = split(ID, bytes(250), 123)
    assert [(frame.number, len(frame.data), frame.is_last) for frame in frames] == [
        (0, 100, False),
        (1, 100, False),
        (2, 50, True),
    ]
    assert split(ID, b"", 123) == [Frame(ID, 0, b"", True)]
    with pytest.raises(ValueError, match="leaves no room for data"):
        split(ID, bytes(2), FRAME_OVERHEAD)
    with pytest.raises(ValueError, match="at most 65536 frames"):
        split(ID, bytes(2**16 + 1), FRAME_OVERHEAD + 1)


@METHODS
@given(batches=st.lists(st.binary(max_size=2_000), min_size=1, max_size=6))
def test_batches_are_read_as_they_were_written(method: Compression, batches: list[bytes]) -> None:
    assert list(read_batches(compress(batches, method))) == batches


@METHODS
@given(batches=st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=6), data=st.data())
def test_batches_before_a_fault_are_valid(method: Compression, batches: list[bytes], data: st.DataObject) -> None:
    channel = compress(batches, method)
    cut = channel[: data.draw(st.integers(0, len(channel)))]
    found = list(read_batches(cut))
    assert found == batches[: len(found)]
    at = data.draw(st.integers(0, len(channel) - 1))
    flipped = bytearray(channel)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    list(read_batches(bytes(flipped)))


@METHODS
def test_bytes_after_the_compressed_data_are_ignored(method: Compression) -> None:
    assert list(read_batches(compress([b"abc"], method) + b"more")) == [b"abc"]


@pytest.mark.parametrize("channel", [b"", b"\x02abc", b"\x00", b"\x01", b"\x78", b"\x0f\x00", b"\x18\x19"])
def test_invalid_channels_contain_no_batches(channel: bytes) -> None:
    assert list(read_batches(channel)) == []


@pytest.mark.parametrize(
    "plain", [b"\xc1\x80", b"\xb8\x01a", b"\xb9\x00\x38" + bytes(56), b"\x81\x05", b"\xbf" + b"\xff" * 8, b"\xb8"]
)
def test_a_batch_is_a_canonical_string(plain: bytes) -> None:
    assert list(read_batches(zlib.compress(rlp.encode(b"first") + plain + rlp.encode(b"third")))) == [b"first"]


def test_reading_stops_at_the_limit() -> None:
    channel = compress([bytes(50), bytes(60), bytes(70)])
    assert [len(batch) for batch in read_batches(channel, 51 + 62)] == [50, 60]
    assert [len(batch) for batch in read_batches(channel, 51 + 61)] == [50]
    with pytest.raises(ValueError, match="split the batches"):
        compress([bytes(MAX_CHANNEL_BYTES)])


@METHODS
def test_a_bomb_is_not_unpacked(method: Compression) -> None:
    """A string of 50 MB is announced; behind it lies as much as fits into 100 KB."""
    plain = b"\xbb" + (50_000_000).to_bytes(4, "big") + bytes(60_000_000)
    bomb = zlib.compress(plain, 1) if method is Compression.ZLIB else b"\x01" + brotli.compress(plain, quality=1)
    del plain
    tracemalloc.start()
    assert list(read_batches(bomb, 1_000_000)) == []
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_channel_with_many_batches_is_read_one_by_one() -> None:
    bomb = zlib.compress(b"\x05" * 20_000_000, 1)
    tracemalloc.start()
    assert len(list(islice(read_batches(bomb), 1_000))) == 1_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@METHODS
def test_batches_before_noise_are_found_though_they_came_in_the_same_piece(method: Compression) -> None:
    batches = [random.Random(number).randbytes(300) for number in range(12)]
    found = list(read_batches(compress(batches, method)[:2_000] + b"\xff" * 300))
    assert found[:6] == batches[:6]


@METHODS
@pytest.mark.parametrize("even", [150_000, 160_000, 161_500, 170_000])
def test_a_channel_that_expands_at_its_end_is_complete(method: Compression, even: int) -> None:
    """Signatures first and addresses last, as in span batches: the last bytes become several times what is given out
    at once.
    """
    batch = random.Random(even).randbytes(97_000) + b"0x77777777" * (even // 10)
    assert list(read_batches(compress([batch], method))) == [batch]
