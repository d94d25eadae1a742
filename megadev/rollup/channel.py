"""Channels and frames: how batches become the data of L1 transactions, and how they are read back. Pure.

A *channel* is a row of batches, each an RLP string, compressed together; it is cut into *frames* so that each fits into
an L1 transaction, and a transaction's data is a version byte with frames behind it (OP Stack specification, "Batch
submission wire format"; brotli as of Fjord).

Why reading is a generator: whoever posts a channel decides what it decompresses to, and 100 KB of it may be 100 MB. So
it is decompressed in pieces, never more than the next batch needs, and what came before a fault counts: the
specification drops the rest of a channel, not its beginning.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from enum import Enum
from functools import cache

import msgspec

from megadev.primitives import rlp

FRAMES_VERSION = 0
"""The first byte of an L1 transaction's data that is followed by frames."""
CHANNEL_ID_SIZE = 16
FRAME_OVERHEAD = CHANNEL_ID_SIZE + 2 + 4 + 1
"""Bytes of a frame beside its data."""
MAX_FRAME_DATA = 1_000_000
MAX_FRAMES = 2**16
"""Frames that a channel's 16-bit numbers can tell apart."""
MAX_CHANNEL_BYTES = 100_000_000
"""The most that a channel may decompress to, and that its frames may take, as of Fjord."""
FRAME_BOOKKEEPING = 200
"""What the specification counts for each frame beside its data, so that many empty ones are not free."""

_BROTLI_BYTE = 1
_ZLIB_NIBBLES = (8, 15)
"""The low half of the first byte of what zlib compressed: the method, of which 15 is reserved."""
_PIECE = 1 << 16
"""Bytes that are decompressed at a time."""
_FED = 1 << 12
"""Bytes that are given to a library at a time."""
_ZLIB_LEVEL = 9
_BROTLI_QUALITY = 6
"""Brotli's 10, which OP Stack batchers use, takes 40 times as long to save a thousandth: batches are mostly signatures,
which nothing compresses.
"""


class InvalidFrame(ValueError):
    """Data of an L1 transaction that holds no frames."""


class Compression(Enum):
    """The compression of a channel; a reader detects it by the first byte."""

    ZLIB = "zlib"
    BROTLI = "brotli"


class Frame(msgspec.Struct, frozen=True):
    """One piece of a channel. ``number`` counts them from 0; ``is_last`` says that the channel is complete with it."""

    channel_id: bytes
    number: int
    data: bytes
    is_last: bool


# --- frames -----------------------------------------------------------------------------------------------------------


def split(channel_id: bytes, channel: bytes, frame_size: int) -> list[Frame]:
    """``channel`` cut into frames of at most ``frame_size`` bytes, their overhead included.

    Raises ``ValueError`` where that is too little for a byte of data, or makes more frames than can be numbered.
    """
    room = min(frame_size - FRAME_OVERHEAD, MAX_FRAME_DATA)
    if room < 1:
        raise ValueError(
            f"invalid frame size {frame_size}: {FRAME_OVERHEAD} bytes are overhead, which leaves no room for data"
        )
    count = max(-(-len(channel) // room), 1)
    if count > MAX_FRAMES:
        raise ValueError(f"a channel has at most {MAX_FRAMES} frames; {len(channel)} bytes need {count} of that size")
    return [
        Frame(channel_id, number, channel[number * room : (number + 1) * room], number == count - 1)
        for number in range(count)
    ]


def encode_frames(frames: Iterable[Frame]) -> bytes:
    """The data of an L1 transaction, or the payload of a blob, that carries ``frames``."""
    parts = [bytes((FRAMES_VERSION,))]
    for frame in frames:
        parts.append(frame.channel_id)
        parts.append(frame.number.to_bytes(2, "big"))
        parts.append(len(frame.data).to_bytes(4, "big"))
        parts.append(frame.data)
        parts.append(bytes((frame.is_last,)))
    return b"".join(parts)


def decode_frames(data: bytes) -> list[Frame]:
    """The frames in ``data``, at least one. Raises ``InvalidFrame`` if any is malformed: then all are ignored."""
    if data[:1] != bytes((FRAMES_VERSION,)):
        raise InvalidFrame("batcher data must begin with version byte 0")
    frames: list[Frame] = []
    at, end = 1, len(data)
    while at < end:
        head = at + CHANNEL_ID_SIZE
        size = int.from_bytes(data[head + 2 : head + 6], "big")
        stop = head + 6 + size
        if stop >= end or size > MAX_FRAME_DATA:
            raise InvalidFrame(f"frame {len(frames)} declares {size} bytes, but has {max(end - head - 7, 0)}")
        if data[stop] > 1:
            raise InvalidFrame(f"frame {len(frames)} ends with {data[stop]}, which is neither 0 nor 1")
        number = int.from_bytes(data[head : head + 2], "big")
        frames.append(Frame(data[at:head], number, data[head + 6 : stop], data[stop] == 1))
        at = stop + 1
    if not frames:
        raise InvalidFrame("no frame follows the version")
    return frames


# --- channels ---------------------------------------------------------------------------------------------------------


def compress(batches: Sequence[bytes], compression: Compression = Compression.BROTLI) -> bytes:
    """The channel that holds ``batches``, each as ``encode_batch`` made it.

    Raises ``ValueError`` for more than a reader would decompress.
    """
    plain = b"".join(map(rlp.encode_bytes, batches))
    if len(plain) > MAX_CHANNEL_BYTES:
        raise ValueError(f"a channel holds {MAX_CHANNEL_BYTES} bytes at most, not {len(plain)}: split the batches")
    if compression is Compression.ZLIB:
        return zlib.compress(plain, _ZLIB_LEVEL)
    import brotli

    compressed: bytes = brotli.compress(plain, quality=_BROTLI_QUALITY)
    return bytes((_BROTLI_BYTE,)) + compressed


def read_batches(channel: bytes, limit: int = MAX_CHANNEL_BYTES) -> Iterator[bytes]:
    """The batches of ``channel``, in order, up to the first that is malformed or reaches beyond ``limit`` bytes of what
    it decompresses to. Never raises.
    """
    plain = _Plain(channel, limit)
    while (batch := plain.next_string()) is not None:
        yield batch


class _Plain:
    """The decompressed content of a channel, read RLP string by RLP string."""

    def __init__(self, channel: bytes, limit: int) -> None:
        self._pieces = _decompressed(channel)
        self._held = bytearray()
        self._left = limit

    def next_string(self) -> bytes | None:
        """The payload of the next string; None where there is none, and from then on."""
        if not self._fill(1):
            return None
        first = self._held[0]
        if first < 0x80:
            return self._take(0, 1)
        if first < 0xB8:
            head, size = 1, first - 0x80
        elif first < 0xC0:
            head = first - 0xB6
            if not self._fill(head):
                return None
            size = int.from_bytes(self._held[1:head], "big")
            if size < 56 or self._held[1] == 0:
                return None
        else:
            return None
        if not self._fill(head + size) or (size == 1 and self._held[head] < 0x80):
            return None
        return self._take(head, size)

    def _fill(self, size: int) -> bool:
        """Hold at least ``size`` bytes; False where the limit or the end is before that."""
        if size > self._left:
            return False
        while len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._held += piece
        return True

    def _take(self, head: int, size: int) -> bytes:
        taken = bytes(self._held[head : head + size])
        del self._held[: head + size]
        self._left -= head + size
        return taken


def _decompressed(channel: bytes) -> Iterator[bytes]:
    """Yields the decompressed ``channel``, in pieces of bounded size, up to its end or first fault.

    The libraries give out nothing of the input in which they meet a fault, not even what came before it: that much is
    fed to them again, byte by byte.
    """
    if channel[:1] and channel[0] & 0x0F in _ZLIB_NIBBLES:
        data, begin = channel, _Inflating
    elif channel[:1] == bytes((_BROTLI_BYTE,)):
        data, begin = channel[1:], _brotli_stream()
    else:
        return
    stream = begin()
    given = fed = 0
    try:
        while fed < len(data) and not stream.is_finished:
            for piece in stream.output(data[fed : fed + _FED]):
                given += len(piece)
                yield piece
            fed += _FED
        return
    except stream.fault:
        stream = begin()
    with suppress(stream.fault):
        for part in (data[:fed], *(data[at : at + 1] for at in range(fed, fed + _FED))):
            if stream.is_finished:
                return
            for piece in stream.output(part):
                known = min(given, len(piece))
                given -= known
                yield piece[known:]


class _Inflating:
    """Zlib's stream, as far as it was read."""

    fault: type[Exception] = zlib.error

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj()

    @property
    def is_finished(self) -> bool:
        return self._inflater.eof

    def output(self, data: bytes) -> Iterator[bytes]:
        """Yields the output for ``data``."""
        while True:
            piece = self._inflater.decompress(data, _PIECE)
            data = self._inflater.unconsumed_tail
            yield piece
            if not data and len(piece) < _PIECE:
                return


@cache
def _brotli_stream() -> type[_Inflating]:
    """The same of brotli, which is loaded when the first one is read."""
    import brotli

    class Unbrotling(_Inflating):
        fault = brotli.error

        def __init__(self) -> None:
            self._decompressor = brotli.Decompressor()

        @property
        def is_finished(self) -> bool:
            finished: bool = self._decompressor.is_finished()
            return finished

        def output(self, data: bytes) -> Iterator[bytes]:
            piece = self._decompressor.process(data, output_buffer_limit=_PIECE)
            # it may hold back output though it takes more input: there is no other way to ask than for more of it
            while piece or not self._decompressor.can_accept_more_data():
                yield piece
                piece = b"" if self.is_finished else self._decompressor.process(b"", output_buffer_limit=_PIECE)

    return Unbrotling
