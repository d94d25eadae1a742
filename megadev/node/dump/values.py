"""The values of a dump's JSON: what they are written as, and readers that say which entry cannot be used, and why."""

from __future__ import annotations

import re
from typing import Any, NoReturn, TypeAlias

import msgspec

from megadev.errors import InvalidParams
from megadev.primitives.types import Address

JsonObject: TypeAlias = dict[str, Any]


def data_of(data: bytes) -> str:
    return "0x" + data.hex()


def optional_data(data: bytes | None) -> str | None:
    return None if data is None else "0x" + data.hex()


def word_of(number: int) -> str:
    return f"0x{number:064x}"


_HEX = re.compile(r"0[xX]([0-9a-fA-F]*)")


def fail(where: str, expected: str, value: object) -> NoReturn:
    got = "nothing" if value is None else msgspec.json.encode(value).decode(errors="replace")
    raise InvalidParams(
        f"failed to decode state dump: {where}: expected {expected}, got {got if len(got) <= 80 else got[:72] + '…'}"
    )


def as_object(value: object, where: str) -> JsonObject:
    if type(value) is not dict:
        fail(where, "an object", value)
    return value


def as_list(value: object, where: str) -> list[Any]:
    if type(value) is not list:
        fail(where, "an array", value)
    return value


def as_number(value: object, where: str, bits: int = 256) -> int:
    """A number of at most so many bits: hex, decimal digits or a JSON number."""
    number = -1
    if type(value) is int:
        number = value
    elif type(value) is str and len(value) <= 80:
        if len(value) > 2 and _HEX.fullmatch(value):
            number = int(value, 16)
        elif value.isascii() and value.isdecimal():
            number = int(value)
    if not 0 <= number < 1 << bits:
        fail(where, f"a number below 2**{bits}, hex or decimal", value)
    return number


def as_bytes(value: object, where: str, size: int | None = None) -> bytes:
    match = _HEX.fullmatch(value) if type(value) is str else None
    if match is None or len(match[1]) % 2 or (size is not None and len(match[1]) != 2 * size):
        fail(where, "bytes in hex" if size is None else f"{size} bytes in hex", value)
    return bytes.fromhex(match[1])


def as_address(value: object, where: str) -> Address:
    return as_bytes(value, where, 20)


def as_byte_list(value: object, where: str, size: int | None = None) -> tuple[bytes, ...]:
    return tuple(as_bytes(item, f"{where}[{place}]", size) for place, item in enumerate(as_list(value, where)))
