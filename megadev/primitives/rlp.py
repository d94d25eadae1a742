"""Recursive Length Prefix (Ethereum Yellow Paper, appendix B): encode what we hold, decode strictly what we are given.

``encode`` runs several times per transaction, so the loop over a list's members is written out for the two kinds that
nearly all of them are, and calls itself only for nested lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

Encodable: TypeAlias = bytes | int | Sequence["Encodable"]
"""Bytes stand for themselves, an int for its shortest big-endian bytes (0 for none), a sequence for a list."""

Decoded: TypeAlias = bytes | list["Decoded"]
"""What RLP can say: bytes and lists of the same."""


def _prefix(offset: int, size: int) -> bytes:
    """Returns the prefix of ``size`` bytes: of a string (offset 0x80) or of a list's members (0xC0)."""
    if size < 56:
        return bytes((offset + size,))
    length = (size.bit_length() + 7) >> 3
    return bytes((offset + 55 + length,)) + size.to_bytes(length, "big")


STRING_PREFIX = [_prefix(0x80, size) for size in range(1024)]
LIST_PREFIX = [_prefix(0xC0, size) for size in range(1024)]
"""Prefixes by size, where a function call would show."""

_BYTE = [b"\x80"] + [bytes([value]) for value in range(1, 128)] + [bytes([0x81, value]) for value in range(128, 256)]
"""Encodings of the integers 0 to 255."""


def encode(item: Encodable) -> bytes:
    """The RLP of ``item``. Raises ValueError for a negative integer and TypeError for what RLP cannot say."""
    kind = type(item)
    if kind is list or kind is tuple:
        return _encode_list(item)  # type: ignore[arg-type]
    if kind is bytes:
        return encode_bytes(item)  # type: ignore[arg-type]
    return _encode_other(item)


def encode_bytes(item: bytes) -> bytes:
    """The RLP of one byte string."""
    size = len(item)
    if size < 1024:
        return STRING_PREFIX[size] + item if size != 1 or item >= b"\x80" else item
    return _prefix(0x80, size) + item


def encode_int(value: int) -> bytes:
    """The RLP of one integer."""
    if value < 256:
        if value < 0:
            raise ValueError(f"RLP has no negative integers, got {value}")
        return _BYTE[value]
    size = (value.bit_length() + 7) >> 3
    return (STRING_PREFIX[size] if size < 1024 else _prefix(0x80, size)) + value.to_bytes(size, "big")


def list_prefix(size: int) -> bytes:
    """Returns the prefix of a list whose encoded members have ``size`` bytes together."""
    return LIST_PREFIX[size] if size < 1024 else _prefix(0xC0, size)


def _encode_list(items: Sequence[Encodable]) -> bytes:
    parts: list[bytes] = []
    add = parts.append
    for item in items:
        kind = type(item)
        if kind is bytes:
            size = len(item)  # type: ignore[arg-type]
            if size < 1024:
                add(STRING_PREFIX[size] + item if size != 1 or item >= b"\x80" else item)  # type: ignore[operator, arg-type]
            else:
                add(_prefix(0x80, size))
                add(item)  # type: ignore[arg-type]
        elif kind is int:
            if 0 <= item < 256:  # type: ignore[operator]
                add(_BYTE[item])  # type: ignore[index]
            else:
                add(encode_int(item))  # type: ignore[arg-type]
        elif kind is list or kind is tuple:
            add(_encode_list(item) if item else b"\xc0")  # type: ignore[arg-type]
        else:
            add(_encode_other(item))
    payload = b"".join(parts)
    return list_prefix(len(payload)) + payload


def _encode_other(item: Encodable) -> bytes:
    """Subclasses and other sequences: right, not fast."""
    if isinstance(item, int):
        return encode_int(int(item))
    if isinstance(item, (bytes, bytearray, memoryview)):
        return encode_bytes(bytes(item))
    if isinstance(item, Sequence) and not isinstance(item, str):
        return _encode_list(item)
    raise TypeError(f"RLP encodes bytes, integers and sequences, not {type(item).__name__}")


def decode(data: bytes) -> Decoded:
    """Decodes ``data``: bytes, or nested lists of bytes.

    Strict: exactly one item, in its only canonical form. Raises ValueError saying what is wrong and at which byte. Not
    recursive, so input nested a million deep is an answer and not a crash.
    """
    result: list[Decoded] = []
    items = result
    position, end = 0, len(data)
    outer: list[tuple[list[Decoded], int]] = []
    if not end:
        raise ValueError("RLP is empty")
    while True:
        if position == end:
            if not outer:
                return result[0]
            items, end = outer.pop()
            continue
        if items is result and result:
            raise ValueError(f"RLP ends after {position} of {end} bytes")
        first = data[position]
        position += 1
        if first < 0x80:
            items.append(data[position - 1 : position])
            continue
        if first < 0xB8:
            size = first - 0x80
            if size == 1 and position < end and data[position] < 0x80:
                raise ValueError(f"RLP at byte {position - 1}: a single byte below 0x80 must be encoded as itself")
            stop = position + size
        elif first < 0xC0:
            position, stop = _long_payload(data, position, first - 0xB7, end)
        elif first < 0xF8:
            stop = position + first - 0xC0
        else:
            position, stop = _long_payload(data, position, first - 0xF7, end)
        if stop > end:
            raise ValueError(f"RLP at byte {position}: {stop - position} bytes declared, {end - position} left")
        if first < 0xC0:
            items.append(data[position:stop])
            position = stop
        else:
            inner: list[Decoded] = []
            items.append(inner)
            outer.append((items, end))
            items, end = inner, stop


def items(data: bytes, position: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The items that stand one after the other in ``data`` from ``position`` to ``end``: of each, where it begins,
    where its payload begins and where both end. A list is one whose first byte is 0xC0 or more.

    As strict as ``decode`` about sizes, and looks into no list: for bytes too many to be decoded before it is known
    what they are. Raises ValueError as soon as it meets what is malformed.
    """
    while position < end:
        first = data[position]
        start = position + 1
        if first < 0x80:
            start, stop = position, start
        elif first < 0xB8:
            stop = start + first - 0x80
            if first == 0x81 and start < end and data[start] < 0x80:
                raise ValueError(f"RLP at byte {position}: a single byte below 0x80 must be encoded as itself")
        elif first < 0xC0:
            start, stop = _long_payload(data, start, first - 0xB7, end)
        elif first < 0xF8:
            stop = start + first - 0xC0
        else:
            start, stop = _long_payload(data, start, first - 0xF7, end)
        if stop > end:
            raise ValueError(f"RLP at byte {position}: {stop - start} bytes declared, {end - start} left")
        yield position, start, stop
        position = stop


def _long_payload(data: bytes, position: int, length: int, end: int) -> tuple[int, int]:
    """Returns the start and end of a payload of 56 bytes or more, given the number of bytes of its size."""
    start = position + length
    if start > end:
        raise ValueError(f"RLP at byte {position}: the size is truncated")
    if data[position] == 0:
        raise ValueError(f"RLP at byte {position}: the size has a leading zero")
    size = int.from_bytes(data[position:start], "big")
    if size < 56:
        raise ValueError(f"RLP at byte {position}: a size below 56 must use the short form")
    return start, start + size
