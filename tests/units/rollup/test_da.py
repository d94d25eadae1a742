"""Where batch data is: in blobs, or beside L1 behind a commitment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.chain.blobs import BLOB_SIZE, sidecar_of, versioned_hash
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Hash32
from megadev.rollup.channel import encode_frames, split
from megadev.rollup.da import DaKind
from megadev.rollup.da.blobs import BLOB_CAPACITY, InvalidBlob, decode_blob, encode_blob
from megadev.rollup.da.commitments import (
    Certificate,
    InvalidCommitment,
    certify,
    decode_commitment,
    encode_commitment,
    store_address,
)
from megadev.rollup.da.store import MAX_DATA, Store, StoreFaults

KEY, OTHER_KEY = bytes([1]) * 32, bytes([2]) * 32


def test_a_blob_is_as_specified() -> None:
    blob = encode_blob(b"hello")
    assert blob[:12].hex() == "000000000568656c6c6f0000"
    assert BLOB_CAPACITY == 130_044
    commitment = sidecar_of([blob], 0).commitments[0]
    assert versioned_hash(commitment).hex() == "015335c5e31a15350dd77839e3e9ebdd5e016b740ed0576ea295ef4165128b75"


def by_the_book(data: bytes) -> bytes:
    """The specification's loop, byte by byte."""
    plain = iter(b"\x00" + len(data).to_bytes(3, "big") + data + bytes(130_048 - 4 - len(data)))
    tail = lambda: bytes(next(plain) for _ in range(31))  # noqa: E731
    blob = b""
    for _ in range(1_024):
        ta, x, tb, y, tc, z, td = tail(), next(plain), tail(), next(plain), tail(), next(plain), tail()
        firsts = (x & 63, (y & 15) | ((x & 192) >> 2), z & 63, ((z & 192) >> 2) | ((y & 240) >> 4))
        blob += b"".join(bytes([first]) + rest for first, rest in zip(firsts, (ta, tb, tc, td), strict=True))
    return blob


@pytest.mark.parametrize("size", [0, 1, 27, 28, 122, 123, 124, 127, 5_000, BLOB_CAPACITY - 1, BLOB_CAPACITY])
def test_a_blob_round_trips(size: int) -> None:
    data = bytes(byte * 7 + 255 & 255 for byte in range(size))
    blob = encode_blob(data)
    assert blob == by_the_book(data)
    assert decode_blob(blob) == data
    assert all(first < 64 for first in blob[::32])


def test_more_than_a_blob_is_refused() -> None:
    with pytest.raises(ValueError, match="130044"):
        encode_blob(bytes(BLOB_CAPACITY + 1))


@pytest.mark.parametrize(
    ("what", "at", "byte"),
    [
        ("another version", 1, 1),
        ("a longer size", 2, 2),
        ("a size that leaves data behind it", 4, 4),
        ("something behind its data", 50, 1),
        ("something in its last byte", BLOB_SIZE - 1, 1),
        ("something in the last first byte", BLOB_SIZE - 32, 1),
        ("a field element of 255 bits", 64, 0x40),
        ("a field element of 256 bits", 96, 0x80),
    ],
)
def test_a_blob_with_another_encoding_is_refused(what: str, at: int, byte: int) -> None:
    blob = bytearray(encode_blob(b"hello"))
    blob[at] = byte
    with pytest.raises(InvalidBlob):
        decode_blob(bytes(blob))


@pytest.mark.parametrize("blob", [b"", bytes(BLOB_SIZE - 1), bytes(BLOB_SIZE + 1)])
def test_a_blob_of_another_size_is_refused(blob: bytes) -> None:
    with pytest.raises(InvalidBlob):
        decode_blob(blob)


@pytest.mark.parametrize("kind", list(DaKind))
def test_a_frame_of_each_kind_fits_behind_its_version(kind: DaKind) -> None:
    (frame, *_) = split(bytes(16), bytes(1_200_000), kind.frame_size)
    size = len(encode_frames([frame]))
    assert size == {DaKind.CALLDATA: 130_672, DaKind.BLOBS: 130_044, DaKind.EXTERNAL: 1_000_000}[kind]


# --- beside L1 --------------------------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=300))
def test_a_certificate_is_about_its_data(data: bytes) -> None:
    certificate = certify(data, KEY)
    again = decode_commitment(encode_commitment(certificate))
    assert again == certificate
    assert again.signer == store_address(KEY)
    assert again.fits(data)
    assert not again.fits(data + b"\0")
    assert not again.fits(data[:-1])


def test_a_certificate_names_another_signer_once_it_is_changed() -> None:
    made = certify(b"data", KEY)
    for changed in (
        Certificate(keccak(b"other"), made.size, made.signature),
        Certificate(made.hash, 5, made.signature),
        Certificate(made.hash, made.size, b"\x01" + made.signature[1:]),
        Certificate(made.hash, made.size, made.signature[:64] + b"\x02"),
        Certificate(made.hash, made.size, bytes(65)),
        Certificate(made.hash, made.size),
    ):
        assert changed.signer != store_address(KEY)


def test_a_bare_keccak_commitment_is_read() -> None:
    certificate = decode_commitment(b"\x00" + keccak(b"data"))
    assert certificate.fits(b"data")
    assert certificate.signer is None
    assert encode_commitment(certificate) == b"\x00" + keccak(b"data")


@given(st.binary(max_size=120))
def test_any_bytes_are_a_commitment_or_refused(noise: bytes) -> None:
    for data in (noise, b"\x00" + noise, b"\x01\x6d\x00" + noise, encode_commitment(certify(b"data", KEY)) + noise):
        try:
            certificate = decode_commitment(data)
        except InvalidCommitment:
            continue
        assert certificate.signer is None or len(certificate.signer) == 20


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"\x00" + bytes(31), b"\x00" + bytes(33), b"\x01", b"\x01\x00\x02" + bytes(40), b"\x01\x6d\x01\xc0"],
)
def test_another_layers_commitment_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidCommitment):
        decode_commitment(data)


def test_a_store_returns_stored_data() -> None:
    store = Store(KEY)
    certificate = store.put(b"data")
    assert store.get(certificate.hash) == b"data"
    assert store.put(b"data") == certificate
    assert certificate.signer == store.address
    assert store.get(keccak(b"other")) is None


@pytest.mark.parametrize("data", [b"", bytes(MAX_DATA + 1)])
def test_a_store_refuses_empty_and_too_large_data(data: bytes) -> None:
    with pytest.raises(ValueError, match="takes 1 to"):
        Store(KEY).put(data)


def test_a_store_misbehaves_on_request() -> None:
    now = [100.0]
    store = Store(KEY, now=lambda: now[0])
    one, two = store.put(b"one").hash, store.put(b"two").hash

    def seen(faults: StoreFaults) -> list[bytes | None]:
        store.faults = faults
        return [store.get(each) for each in (one, two)]

    assert seen(StoreFaults(withheld=frozenset({one}))) == [None, b"two"]
    assert seen(StoreFaults(withheld=frozenset())) == [None, None]
    assert seen(StoreFaults(corrupts=True)) == [b"ond", b"twn"]
    assert seen(StoreFaults(delay=10)) == [None, None]
    now[0] += 10
    assert seen(StoreFaults(delay=10)) == [b"one", b"two"]
    assert seen(StoreFaults()) == [b"one", b"two"]


def test_a_store_accepts_any_mapping_of_bytes() -> None:
    shelf: dict[Hash32, bytes] = {}
    data_hash = Store(KEY, shelf).put(b"data").hash
    assert shelf == {data_hash: b"data"}
    assert Store(OTHER_KEY, shelf).get(data_hash) == b"data"
