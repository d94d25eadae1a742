"""Data in a blob: 130,044 bytes in 4,096 field elements (OP Stack specification, "Blob encoding", version 0). Pure.

An element has 256 bits, of which the two highest must be zero. Four elements make a *round* of 127 bytes: 31 each in
the lower bytes, and three more whose bits are spread over the six bits that are left of each first byte.

Why bytes are moved in columns: a blob has 1,024 rounds, and Python moves a column of all of them as fast as one byte.
"""

from __future__ import annotations

from megadev.chain.blobs import BLOB_SIZE

ENCODING_VERSION = 0
ROUND_BYTES = 4 * 31 + 3
_ROUNDS = BLOB_SIZE // 128
_HEAD = 4
"""The version and the length, which stand where the first round's first bytes would."""
BLOB_CAPACITY = _ROUNDS * ROUND_BYTES - _HEAD
"""The most bytes that a blob holds."""

_X, _Y, _Z = 31, 63, 95
"""Where the three spread bytes stand among the 127 of a round: after each of the first three tails."""


class InvalidBlob(ValueError):
    """A blob that is not encoded so."""


def encode_blob(data: bytes) -> bytes:
    """The blob that holds ``data``. Raises ``ValueError`` for more than ``BLOB_CAPACITY`` bytes."""
    if len(data) > BLOB_CAPACITY:
        raise ValueError(f"a blob holds {BLOB_CAPACITY} bytes, not {len(data)}")
    plain = bytes((ENCODING_VERSION,)) + len(data).to_bytes(3, "big") + data
    plain = plain.ljust(_ROUNDS * ROUND_BYTES, b"\0")
    blob = bytearray(BLOB_SIZE)
    for at in range(31):
        for element, start in enumerate((0, 32, 64, 96)):
            blob[32 * element + 1 + at :: 128] = plain[start + at :: ROUND_BYTES]
    x, y, z = plain[_X::ROUND_BYTES], plain[_Y::ROUND_BYTES], plain[_Z::ROUND_BYTES]
    blob[0::128] = x.translate(_LOW_SIX)
    blob[32::128] = _joined(y.translate(_LOW_FOUR), x.translate(_TOP_TWO))
    blob[64::128] = z.translate(_LOW_SIX)
    blob[96::128] = _joined(y.translate(_HIGH_FOUR), z.translate(_TOP_TWO))
    return bytes(blob)


def decode_blob(blob: bytes) -> bytes:
    """The data that ``blob`` holds.

    Raises ``InvalidBlob`` where it is of another size or version, holds an element of more than 254 bits, announces
    more than fits, or has anything but zeros behind its data.
    """
    if len(blob) != BLOB_SIZE:
        raise InvalidBlob(f"a blob must have {BLOB_SIZE} bytes, not {len(blob)}")
    firsts = blob[0::32]
    if max(firsts) > 0x3F:
        raise InvalidBlob("a field element has more than 254 bits")
    if blob[1] != ENCODING_VERSION:
        raise InvalidBlob(f"a blob's encoding must have version {ENCODING_VERSION}, not {blob[1]}")
    plain = bytearray(_ROUNDS * ROUND_BYTES)
    for at in range(31):
        for element, start in enumerate((0, 32, 64, 96)):
            plain[start + at :: ROUND_BYTES] = blob[32 * element + 1 + at :: 128]
    a, b, c, d = (firsts[each::4] for each in range(4))
    plain[_X::ROUND_BYTES] = _joined(a, b.translate(_BACK_TO_TOP))
    plain[_Y::ROUND_BYTES] = _joined(b.translate(_LOW_FOUR), d.translate(_BACK_TO_HIGH))
    plain[_Z::ROUND_BYTES] = _joined(c, d.translate(_BACK_TO_TOP))
    size = int.from_bytes(plain[1:_HEAD], "big")
    if size > BLOB_CAPACITY:
        raise InvalidBlob(f"a blob holds {BLOB_CAPACITY} bytes, not {size}")
    if plain[_HEAD + size :].strip(b"\0"):
        raise InvalidBlob(f"{size} bytes must be followed only by zeros")
    return bytes(plain[_HEAD : _HEAD + size])


_LOW_SIX = bytes(byte & 0x3F for byte in range(256))
_LOW_FOUR = bytes(byte & 0x0F for byte in range(256))
_TOP_TWO = bytes((byte & 0xC0) >> 2 for byte in range(256))
_HIGH_FOUR = bytes((byte & 0xF0) >> 4 for byte in range(256))
_BACK_TO_TOP = bytes((byte & 0x30) << 2 for byte in range(256))
_BACK_TO_HIGH = bytes((byte & 0x0F) << 4 for byte in range(256))
"""Tables by which a column's bits are taken and moved."""


def _joined(low: bytes, high: bytes) -> bytes:
    """Two columns whose bits do not overlap, as one."""
    return (int.from_bytes(low, "big") | int.from_bytes(high, "big")).to_bytes(len(low), "big")
