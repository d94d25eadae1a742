"""The contract ABI (Solidity specification, "Contract ABI Specification"): values to bytes and back, and into words.

Tuples are spelled by their members: ``(uint256,address)[]``. Also what reverted calls say, in the words of Foundry's
tools.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from megadev.primitives.byte_cache import ByteCache
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.keccak import keccak

Value: TypeAlias = int | bool | bytes | str | Sequence["Value"]
"""uint and int are ``int``, fixedMxN and ufixedMxN the ``int`` that is 10**N times as much, bool is ``bool``, address,
function and bytes are ``bytes``, string is ``str``; arrays and tuples, sequences."""

ERROR_SELECTOR = bytes.fromhex("08c379a0")
"""Error(string): what require and revert with a message return."""
PANIC_SELECTOR = bytes.fromhex("4e487b71")
"""Panic(uint256): what failed compiler-made checks return."""

PANIC_REASONS: dict[int, str] = {
    0x00: "generic/unspecified error",
    0x01: "assertion failed",
    0x11: "arithmetic underflow or overflow",
    0x12: "division or modulo by zero",
    0x21: "failed to convert value into enum type",
    0x22: "storage byte array incorrectly encoded",
    0x31: "called `.pop()` on an empty array",
    0x32: "array out-of-bounds access",
    0x41: "memory allocation error",
    0x51: "called an invalid internal function",
}
"""Panic codes (Solidity, "Panic via assert and Error via require") in words."""

MAX_NESTING = 32
"""Arrays and tuples within each other that a type may have."""
SHOWN_BYTES, SHOWN_CHARACTERS, SHOWN_MEMBERS = 36, 256, 16
"""How much of a value is shown; of longer bytes, the ends."""

_WORD_TYPE = re.compile(r"(u?int)(\d*)|(u?fixed)(\d+)x(\d+)|bytes(\d+)|address|bool|function")
_ARRAY = re.compile(r"(.+)\[(\d*)\]")
_SIGNATURE = re.compile(r"[A-Za-z_$][\w$]*(\(.*\))")


@lru_cache(maxsize=512)
def selector(signature: str) -> bytes:
    """The first four bytes of the keccak256 of a signature such as ``transfer(address,uint256)``."""
    return keccak(signature.encode())[:4]


def encode_call(signature: str, *args: Value) -> bytes:
    """Call data for ``signature``, in its canonical spelling. Raises ValueError if the arguments do not fit it."""
    types = _SIGNATURE.fullmatch(signature)
    if types is None:
        raise ValueError(f"{signature!r} is not a signature such as transfer(address,uint256)")
    return selector(signature) + encode(_members(types[1]), args)


def encode(types: Sequence[str], values: Sequence[Value]) -> bytes:
    """``values`` one after another, as arguments stand in call data. Raises ValueError if they do not fit ``types``."""
    if len(types) != len(values):
        raise ValueError(f"{len(types)} types but {len(values)} values")
    shapes = list(map(_shape, types))
    head_size = sum(shape.head_size for shape in shapes)
    heads, tails = [], []
    for kind, shape, value in zip(types, shapes, values, strict=True):
        encoded = _encode_one(kind, value)
        if shape.is_dynamic:
            heads.append(head_size.to_bytes(32, "big"))
            tails.append(encoded)
            head_size += len(encoded)
        else:
            heads.append(encoded)
    return b"".join(heads + tails)


def decode(types: Sequence[str], data: bytes) -> tuple[Value, ...]:
    """The values that ``data`` (arguments or return data, without a selector) holds.

    Strict: what a Solidity decoder would refuse, dirty padding and out-of-range integers included, raises ValueError.
    Arrays come as lists, tuples as tuples, addresses as 20 bytes.
    """
    return tuple(_Decoder(data).sequence(types, 0))


def format_value(kind: str, value: Value) -> str:
    """A decoded value as people read it: addresses with their checksum, strings quoted, bytes in hex; what is long is
    cut and its size told.
    """
    if kind.endswith("]") or kind.startswith("("):
        assert isinstance(value, (list, tuple))
        if kind.startswith("(") and kind.endswith(")"):
            return f"({', '.join(map(format_value, _members(kind), value))})"
        inner = kind[: kind.rindex("[")]
        shown = [format_value(inner, member) for member in value[:SHOWN_MEMBERS]]
        if len(value) > SHOWN_MEMBERS:
            shown.append(f"… {len(value) - SHOWN_MEMBERS} more")
        return f"[{', '.join(shown)}]"
    if isinstance(value, bytes):
        if kind == "address":
            return checksum_address(value)
        if len(value) <= SHOWN_BYTES:
            return to_data(value)
        return f"{to_data(value[:16])}…{value[-4:].hex()} ({len(value)} bytes)"
    if isinstance(value, str):
        if len(value) <= SHOWN_CHARACTERS:
            return json.dumps(value, ensure_ascii=False)
        return f"{json.dumps(value[:SHOWN_CHARACTERS], ensure_ascii=False)}… ({len(value)} characters)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and "fixed" in kind:
        decimals = int(kind.rpartition("x")[2])
        digits = f"{abs(value):0{decimals + 1}d}"
        return f"{'-' if value < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"
    return str(value)


def revert_reason(data: bytes) -> str:
    """Returns the return data of a reverted call in Anvil's words: '' if there is nothing to decode.

    ``Error(string)`` gives its string, ``Panic(uint256)`` such as ``panic: division or modulo by zero (0x12)``. Data
    that is readable text, as hand-written assembly returns it, stands for itself, unless it could be a selector with
    arguments. Anything else is ``custom error 0x<selector>: <hex of the rest>``.
    """
    head, rest = data[:4], data[4:]
    try:
        if head == ERROR_SELECTOR:
            (message,) = decode(["bytes"], rest)
            assert isinstance(message, bytes)
            return message.decode(errors="replace")
        if head == PANIC_SELECTOR:
            (code,) = decode(["uint256"], rest)
            assert isinstance(code, int)
            return f"panic: {PANIC_REASONS.get(code, 'unknown code')} (0x{code:02x})"
    except ValueError:
        pass  # only looks like one of the two: show what is there
    try:
        if len(data) % 32 != 4 and (text := data.decode()).isprintable():
            return text
    except ValueError:
        pass
    return f"custom error {to_data(head)}" + (f": {rest.hex()}" if rest else "")


def _split_members(kind: str) -> tuple[str, ...]:
    """The types that a tuple is spelled with. Raises ValueError where parentheses do not match."""
    inner = kind[1:-1]
    if kind[:1] != "(" or kind[-1:] != ")":
        raise ValueError(f"{kind!r} is not a tuple")
    if not inner:
        return ()
    members, depth, start = [], 0, 0
    for position, character in enumerate(inner):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                break
        elif character == "," and not depth:
            members.append(inner[start:position])
            start = position + 1
    if depth:
        raise ValueError(f"{kind!r} is not a tuple: its parentheses do not match")
    return (*members, inner[start:])


class _Shape(NamedTuple):
    """The layout of a type in the data. ``head_size``: the bytes it takes in the head, 32 if it is dynamic.

    An array has an ``inner`` type and, unless it is dynamic, a ``length``; a tuple has ``members``; a type that fills a
    word or is ``bytes`` or ``string`` has neither.
    """

    is_dynamic: bool
    head_size: int
    inner: str = ""
    length: int | None = None
    members: tuple[str, ...] | None = None


def _shape(kind: str, deeper: int = MAX_NESTING) -> _Shape:
    """Raises ValueError for what is no type, or nested too deeply."""
    return _shapes((kind, deeper))


def _shape_of(key: tuple[str, int]) -> _Shape:
    kind, deeper = key
    if not deeper:
        raise ValueError(f"types are nested more than {MAX_NESTING} deep")
    if kind.endswith("]"):
        array = _ARRAY.fullmatch(kind)
        if array is None:
            raise ValueError(f"unknown ABI type {kind!r}")
        inner = _shape(array[1], deeper - 1)
        count = int(array[2]) if array[2] else None
        if count is None or inner.is_dynamic:
            return _Shape(True, 32, array[1], count)
        return _Shape(False, count * inner.head_size, array[1], count)
    if kind.startswith("("):
        members = _members(kind)
        shapes = [_shape(member, deeper - 1) for member in members]
        if any(shape.is_dynamic for shape in shapes):
            return _Shape(True, 32, members=members)
        return _Shape(False, sum(shape.head_size for shape in shapes), members=members)
    if kind in ("bytes", "string"):
        return _Shape(True, 32)
    _word_type(kind)
    return _Shape(False, 32)


_members: ByteCache[str, tuple[str, ...]] = ByteCache(
    _split_members, lambda kind, members: 200 + 12 * len(kind), budget=4 * 1024 * 1024
)
_shapes: ByteCache[tuple[str, int], _Shape] = ByteCache(
    _shape_of, lambda key, shape: 500 + 50 * len(key[0]), budget=8 * 1024 * 1024
)
"""Remembered: they are worked out anew for each value otherwise."""


def _encode_one(kind: str, value: Value) -> bytes:
    shape = _shape(kind)
    if shape.inner or shape.members is not None:
        if isinstance(value, (int, bytes, str)):
            raise ValueError(f"{kind} must be a sequence, got {value!r}")
        if shape.members is not None:
            return encode(shape.members, value)
        if shape.length is not None and len(value) != shape.length:
            raise ValueError(f"{kind} must have {shape.length} values, got {len(value)}")
        members = encode([shape.inner] * len(value), value)
        return members if shape.length is not None else len(value).to_bytes(32, "big") + members
    if shape.is_dynamic:
        blob = value.encode() if kind == "string" and isinstance(value, str) else value
        if not isinstance(blob, bytes) or (kind == "string" and isinstance(value, bytes)):
            raise ValueError(f"{kind} cannot be {value!r}")
        return len(blob).to_bytes(32, "big") + blob + bytes(-len(blob) % 32)
    family, size = _word_type(kind)
    if family in ("bytes", "address"):
        if not isinstance(value, bytes) or len(value) != size:
            raise ValueError(f"{kind} must have {size} bytes, got {value!r}")
        return bytes(12) + value if family == "address" else value + bytes(32 - size)
    if family == "bool":
        if not isinstance(value, bool):
            raise ValueError(f"bool cannot be {value!r}")
        return value.to_bytes(32, "big")
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{kind} cannot be {value!r}")
    if not _fits(family, size, value):
        raise ValueError(f"{value} is out of range for {kind}")
    return value.to_bytes(32, "big", signed=family in ("int", "fixed"))


class _Decoder:
    """Reads values out of ``data``, and gives up on data that holds more values than it has room for: offsets may point
    to the same place, so a few nested arrays could stand for billions.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = 64 + len(data) // 8

    def sequence(self, types: Sequence[str], base: int) -> list[Value]:
        """Values whose heads start at ``base``, from where their offsets count too."""
        values = []
        position = base
        for kind in types:
            shape = _shape(kind)
            start = base + self._length(position) if shape.is_dynamic else position
            values.append(self._one(kind, shape, start))
            position += shape.head_size
        return values

    def _one(self, kind: str, shape: _Shape, position: int) -> Value:
        self._left -= 1
        if self._left < 0:
            raise ValueError("the data holds more values than it has room for")
        if shape.inner:
            return self._array(shape, position)
        if shape.members is not None:
            return tuple(self.sequence(shape.members, position))
        if shape.is_dynamic:
            size = self._length(position)
            stop = position + 32 + size
            if stop > len(self._data):
                raise ValueError(f"{kind} of {size} bytes does not fit the data")
            blob = self._data[position + 32 : stop]
            return blob.decode() if kind == "string" else blob
        family, size = _word_type(kind)
        word = self._word(position)
        if family == "bytes":
            if any(word[size:]):
                raise ValueError(f"{kind} has non-zero padding")
            return word[:size]
        number = int.from_bytes(word, "big", signed=family in ("int", "fixed"))
        if family == "address":
            if number >> 160:
                raise ValueError("an address has non-zero padding")
            return word[12:]
        if not _fits(family, size, number):
            raise ValueError(f"{number} is out of range for {kind}")
        return number == 1 if family == "bool" else number

    def _array(self, shape: _Shape, position: int) -> list[Value]:
        count = shape.length
        if count is None:
            count = self._length(position)
            position += 32
        # checked before anything of that size is made: the count is the sender's word
        if count and count * max(_shape(shape.inner).head_size, 1) > len(self._data) - position:
            raise ValueError(f"an array of {count} {shape.inner} does not fit the data")
        return self.sequence([shape.inner] * count, position)

    def _word(self, position: int) -> bytes:
        word = self._data[position : position + 32]
        if len(word) < 32:
            raise ValueError(f"the data ends before byte {position + 32}")
        return word

    def _length(self, position: int) -> int:
        """An offset or a length: any that exceeds the data is refused, so that none can make us allocate."""
        number = int.from_bytes(self._word(position), "big")
        if number > len(self._data):
            raise ValueError(f"an offset or length of {number} is outside the data")
        return number


def _fits(family: str, bits: int, number: int) -> bool:
    if family in ("int", "fixed"):
        return -(1 << bits - 1) <= number < 1 << bits - 1
    return 0 <= number < 1 << bits


@lru_cache(maxsize=256)
def _word_type(kind: str) -> tuple[str, int]:
    """Family and size (bits of numbers, bytes of the others) of a type that fills one word."""
    match = _WORD_TYPE.fullmatch(kind)
    if match is None:
        raise ValueError(f"unknown ABI type {kind!r}")
    if kind == "bool":
        return "bool", 1
    if kind == "address":
        return "address", 20
    if kind == "function":
        return "bytes", 24
    if match[6]:
        if 1 <= int(match[6]) <= 32:
            return "bytes", int(match[6])
    elif match[3]:
        if int(match[4]) % 8 == 0 and 8 <= int(match[4]) <= 256 and 1 <= int(match[5]) <= 80:
            return match[3], int(match[4])
    elif match[2] and int(match[2]) % 8 == 0 and 8 <= int(match[2]) <= 256:
        return match[1], int(match[2])
    raise ValueError(f"invalid ABI type {kind!r}: sizes must be spelled out (uint256, bytes32)")
