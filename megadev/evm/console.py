"""Console output of contracts: calls to the console of Hardhat and forge-std, decoded and put into words.

A library's ``console.log`` is a static call to an address without code; its data is the ABI encoding of a function
``log`` whose parameters say what is printed. The table of those functions is made here: none to four parameters of
``PRINTABLE`` types, and one of any bytes type. Vyper's ``print`` sends its own kind, ``log(string,bytes)``, where the
string names the types that the bytes hold.

Why every function stands in the table twice: the first consoles computed their selectors with ``uint`` and ``int``
spelled so, where the ABI says ``uint256`` and ``int256``, and contracts compiled with them are still around.

The words are those that Foundry and Hardhat print: see ``text_of``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Final

import msgspec

from megadev.primitives.abi import Value, decode, selector
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.keccak import keccak

PRINTABLE: Final = ("uint256", "int256", "string", "bool", "address")
"""What ``log`` takes up to four of, in any order."""
VYPER_PRINT: Final = "log(string,bytes)"
MOST_DECIMALS: Final = 1024
"""The most that ``%<decimals>e`` may ask for: Foundry's limit."""

_DYNAMIC = re.compile(r"string|bytes(?!\d)|\[\]", re.ASCII)
_SPECIFIER = re.compile(r"%(?:(?P<plain>[sdiox%])|(?P<decimals>\d*)e)", re.ASCII)


class Message(msgspec.Struct, frozen=True):
    """One ``console.log``. ``types`` and ``values`` are its arguments, and ``text`` is what it says: any text at all,
    line ends and control characters included. Where the call could not be read ``types`` is None and ``text`` its data
    in hex.
    """

    text: str
    types: tuple[str, ...] | None = None
    values: tuple[Value, ...] = ()


@cache
def console_functions() -> dict[bytes, tuple[str, ...]]:
    """The parameter types of every ``log`` function, by selector."""
    found: dict[bytes, tuple[str, ...]] = {}
    for types in _parameter_lists():
        signature = f"log({','.join(types)})"
        for spelling in {signature, signature.replace("int256", "int")}:
            found[keccak(spelling.encode())[:4]] = types
    return found


def read_console(data: bytes) -> Message:
    """The output of a call to the console with ``data``. Never fails: unreadable data is shown in hex."""
    types = console_functions().get(data[:4])
    try:
        if types is not None:
            values = _decode(types, data[4:])
            return Message(text_of(types, values), types, values)
        if data[:4] == selector(VYPER_PRINT):
            schema, payload = decode(["string", "bytes"], data[4:])
            assert isinstance(schema, str) and isinstance(payload, bytes)
            offset = (32).to_bytes(32, "big") if _DYNAMIC.search(schema) else b""
            (printed,) = decode([schema], offset + payload)
            # printed as they are: a text that holds a percent sign is no format in Vyper
            assert isinstance(printed, list | tuple)
            return Message(" ".join(map(_untyped, printed)), (schema,), (printed,))
    except ValueError:
        pass  # no encoding of what its selector promises
    return Message(to_data(data))


def text_of(types: Sequence[str], values: Sequence[Value]) -> str:
    """The values as the console prints them: one after the other, or put into the first one's format.

    A first text may hold ``%s`` (as it is), ``%d`` and ``%i`` (a number), ``%o`` (texts in quotes), ``%x``
    (hexadecimal), ``%e`` and ``%18e`` (a number in powers of ten; with so many decimals) and ``%%``; as in Foundry, a
    number that is none becomes NaN, and a specifier for which nothing is left stays. What no specifier took follows
    after spaces.
    """
    arguments = list(zip(types, values, strict=True))
    parts: list[str] = []
    if types[:1] == ("string",):
        ((_, pattern), *arguments) = arguments
        assert isinstance(pattern, str)
        waiting = iter(arguments)
        if pattern:
            parts.append(_SPECIFIER.sub(lambda found: _specified(found, waiting), pattern))
        arguments = list(waiting)
    return " ".join([*parts, *(_plain(kind, value) for kind, value in arguments)])


def _parameter_lists() -> Iterator[tuple[str, ...]]:
    for count in range(5):
        yield from product(PRINTABLE, repeat=count)
    yield ("bytes",)
    for size in range(1, 33):
        yield (f"bytes{size}",)


def _decode(types: Sequence[str], data: bytes) -> tuple[Value, ...]:
    """As ``abi.decode``, but a text that is not quite UTF-8 is shown with replacement characters. Raises ValueError."""
    values = decode(["bytes" if kind == "string" else kind for kind in types], data)
    return tuple(
        value.decode(errors="replace") if kind == "string" and isinstance(value, bytes) else value
        for kind, value in zip(types, values, strict=True)
    )


def _specified(found: re.Match[str], waiting: Iterator[tuple[str, Value]]) -> str:
    """Returns the replacement of a format specifier."""
    kind = found["plain"]
    decimals = int(found["decimals"]) if kind is None and found["decimals"] else None
    if kind == "%":
        return "%"
    if decimals is not None and decimals > MOST_DECIMALS:
        return found[0]
    argument = next(waiting, None)
    if argument is None:
        return found[0]
    type_, value = argument
    if kind == "s":
        return _plain(type_, value)
    if isinstance(value, bool) and kind == "d":
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        if kind == "x":
            return hex(value % (1 << 256))
        return str(value) if kind is not None else _in_powers_of_ten(value, decimals)
    if kind == "o":
        return f"'{_plain(type_, value)}'"
    return _plain(type_, value) if kind == "x" and isinstance(value, bytes) else "NaN"


def _in_powers_of_ten(number: int, decimals: int | None) -> str:
    """``1500`` as 1.5e3, or with two decimals as 15."""
    sign, digits = "-" if number < 0 else "", str(abs(number))
    if decimals is None:
        fraction = digits[1:].rstrip("0")
        return f"{sign}{digits[0]}{fraction and '.'}{fraction}e{len(digits) - 1}"
    digits = digits.rjust(decimals + 1, "0")
    fraction = digits[len(digits) - decimals :].rstrip("0")
    return f"{sign}{digits[: len(digits) - decimals]}{fraction and '.'}{fraction}"


def _plain(kind: str, value: Value) -> str:
    """A value as it is printed by itself."""
    return to_data(value) if isinstance(value, bytes) and kind != "address" else _untyped(value)


def _untyped(value: Value) -> str:
    """As ``_plain``, where only the value tells what it is."""
    if isinstance(value, bytes):
        return checksum_address(value) if len(value) == 20 else to_data(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_untyped, value))}]"
    return str(value)
