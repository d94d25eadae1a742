"""Hex strings of the execution API: quantities, data and checksummed addresses (EIP-55), out and in.

A quantity is ``0x`` and the shortest hex of a number; data is ``0x`` and two digits per byte. ``parse_…`` are strict
and raise ``InvalidParams`` naming what they got; ``number_in`` and ``bytes_in`` take every spelling that is in use, and
leave it to the caller to say what was expected.
"""

from __future__ import annotations

import re
from functools import lru_cache

from megadev.errors import InvalidParams
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address

_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_HEX_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+")
_MAX_DIGITS = 80
"""2**256 has 78 decimal digits; leading zeros are let through within reason."""


def to_quantity(number: int) -> str:
    """``0x0``, ``0x1f``, … Raises ValueError for a negative number."""
    if number < 0:
        raise ValueError(f"a quantity cannot be negative, got {number}")
    return hex(number)


def to_data(data: bytes) -> str:
    """``0x`` and two lower-case digits per byte."""
    return "0x" + data.hex()


def to_word(number: int) -> str:
    """A 32-byte word: what a storage slot holds."""
    return f"0x{number:064x}"


def to_optional(data: bytes | None) -> str | None:
    """As ``to_data``; None stays None."""
    return None if data is None else "0x" + data.hex()


def number_in(value: object, bits: int = 256) -> int | None:
    """A number below 2**``bits``, as 0x hex, decimal digits or a JSON number; None where ``value`` is none."""
    if type(value) is int:
        number = value
    elif type(value) is not str or len(value) > _MAX_DIGITS:
        return None
    elif _HEX_NUMBER.fullmatch(value):
        number = int(value, 16)
    elif value.isascii() and value.isdecimal():
        number = int(value)
    else:
        return None
    return number if 0 <= number < 1 << bits else None


_PIECE = 1 << 20
"""Digits, or bytes, that are read or written at once; an even number."""


def bytes_in(value: object, size: int | None = None) -> bytes | None:
    """Bytes, ``size`` of them where that is given, as 0x and two hex digits each; None where ``value`` is none."""
    if type(value) is not str or value[:2] not in ("0x", "0X") or (size is not None and len(value) != 2 + 2 * size):
        return None
    try:
        data = bytes.fromhex(value[2:])
    except ValueError:
        return None
    return data if 2 * len(data) + 2 == len(value) else None  # fromhex skips white space; JSON has none to skip


def parse_quantity(text: object) -> int:
    """The number a quantity stands for: ``0x``-prefixed, no leading zeros, at most 256 bits."""
    digits = _digits(text, "a quantity")
    if not digits:
        raise InvalidParams('"0x" is not a quantity: zero is "0x0"')
    if len(digits) > 64:
        raise InvalidParams(f"quantity {_shown(text)} is wider than 256 bits")
    if digits[0] == "0" and len(digits) > 1:
        raise InvalidParams(f"quantity {_shown(text)} has leading zeros")
    return int(digits, 16)


def parse_data(text: object) -> bytes:
    """The bytes that data stands for: ``0x``-prefixed, an even number of digits."""
    digits = _digits(text, "data")
    if len(digits) % 2:
        raise InvalidParams(f"data {_shown(text)} has an odd number of digits")
    return bytes.fromhex(digits)


def parse_large_data(text: str) -> bytes:
    """As ``parse_data``, a piece at a time: other threads get a turn between two."""
    if len(text) <= _PIECE:
        return parse_data(text)
    begin = parse_data(text[:_PIECE])
    if len(text) % 2:
        raise InvalidParams(f"data {_shown(text)} has an odd number of digits")
    rest = [parse_data("0x" + text[start : start + _PIECE]) for start in range(_PIECE, len(text), _PIECE)]
    return b"".join([begin, *rest])


def parse_fixed(text: object, size: int) -> bytes:
    """As ``parse_data``, for exactly ``size`` bytes (20 an address, 32 a hash)."""
    data = parse_data(text)
    if len(data) != size:
        raise InvalidParams(f"{_shown(text)} is {len(data)} bytes long, expected {size}")
    return data


@lru_cache(maxsize=1 << 14)
def checksum_address(address: Address) -> str:
    """``address`` in mixed-case hex (EIP-55)."""
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join([c.upper() if mark > "7" else c for c, mark in zip(digits, marks, strict=False)])


def _digits(text: object, what: str) -> str:
    """Returns the digits after the prefix, known to be hexadecimal."""
    if type(text) is not str:
        raise InvalidParams(f"{what} must be a 0x-prefixed hex string, got {_shown(text)}")
    if text[:2] not in ("0x", "0X"):
        raise InvalidParams(f"{what} must be a 0x-prefixed hex string, got {_shown(text)}: missing 0x prefix")
    digits = text[2:]
    # int() and bytes.fromhex() forgive blanks, signs and underscores; the execution API does not
    if not _HEX_DIGITS.issuperset(digits):
        raise InvalidParams(f"{what} must be a 0x-prefixed hex string, got {_shown(text)}: not hex digits")
    return digits


def _shown(value: object) -> str:
    """``value`` as a message may quote it: JSON's words, and short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 80 else f'"{value[:60]}…" ({len(value)} characters)'
    if isinstance(value, (int, float)):
        # a large integer's decimal digits are both slow to make and useless to read
        return str(value) if isinstance(value, float) or value.bit_length() <= 256 else "a very large number"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "an array"
    return type(value).__name__
