"""The contract ABI (Solidity specification, "Contract ABI Specification"), as far as the node itself speaks it.

Static types, ``bytes``, ``string`` and arrays of them; tuples are for client libraries, which bring their own codec.
Also what reverted calls say, in the words of Foundry's tools.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from megadev.primitives.keccak import keccak

Value: TypeAlias = int | bool | bytes | str | Sequence["Value"]
"""uint and int are ``int``, bool is ``bool``, address and bytes are ``bytes``, string is ``str``; arrays, sequences."""

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

_WORD_TYPE = re.compile(r"(u?int)(\d*)|bytes(\d+)|address|bool")
_ARRAY = re.compile(r"(.+)\[(\d*)\]")
_SIGNATURE = re.compile(r"[A-Za-z_$][\w$]*\(([^()]*)\)")


@lru_cache(maxsize=512)
def selector(signature: str) -> bytes:
    """The first four bytes of the keccak256 of a signature such as ``transfer(address,uint256)``."""
    return keccak(signature.encode())[:4]


def encode_call(signature: str, *args: Value) -> bytes:
    """Call data for ``signature``, in its canonical spelling. Raises ValueError if the arguments do not fit it."""
    types = _SIGNATURE.fullmatch(signature)
    if types is None:
        raise ValueError(f"{signature!r} is not a signature such as transfer(address,uint256)")
    return selector(signature) + encode(types[1].split(",") if types[1] else [], args)


def encode(types: Sequence[str], values: Sequence[Value]) -> bytes:
    """``values`` one after another, as arguments stand in call data. Raises ValueError if they do not fit ``types``."""
    if len(types) != len(values):
        raise ValueError(f"{len(types)} types but {len(values)} values")
    head_size = sum(map(_head_size, types))
    heads, tails = [], []
    for kind, value in zip(types, values, strict=True):
        encoded = _encode_one(kind, value)
        if _is_dynamic(kind):
            heads.append(head_size.to_bytes(32, "big"))
            tails.append(encoded)
            head_size += len(encoded)
        else:
            heads.append(encoded)
    return b"".join(heads + tails)


def decode(types: Sequence[str], data: bytes) -> tuple[Value, ...]:
    """The values that ``data`` (arguments or return data, without a selector) holds.

    Strict: what a Solidity decoder would refuse, dirty padding and out-of-range integers included, raises ValueError.
    Arrays come as lists, addresses as 20 bytes.
    """
    return tuple(_decode_sequence(types, data, 0))


def revert_reason(data: bytes) -> str:
    """What the return data of a reverted call says, as Anvil words it: '' if there is nothing to say.

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
    return f"custom error 0x{head.hex()}" + (f": {rest.hex()}" if rest else "")


def _is_dynamic(kind: str) -> bool:
    array = _ARRAY.fullmatch(kind)
    if array is None:
        return kind in ("bytes", "string")
    return not array[2] or _is_dynamic(array[1])


def _head_size(kind: str) -> int:
    """Bytes a value takes in the head: 32 unless it is a static array."""
    if _is_dynamic(kind):
        return 32
    array = _ARRAY.fullmatch(kind)
    return 32 if array is None else int(array[2]) * _head_size(array[1])


def _encode_one(kind: str, value: Value) -> bytes:
    array = _ARRAY.fullmatch(kind)
    if array is not None:
        if isinstance(value, (int, bytes, str)):
            raise ValueError(f"{kind} takes a sequence, got {value!r}")
        if array[2] and len(value) != int(array[2]):
            raise ValueError(f"{kind} takes {array[2]} values, got {len(value)}")
        members = encode([array[1]] * len(value), value)
        return members if array[2] else len(value).to_bytes(32, "big") + members
    if kind in ("bytes", "string"):
        blob = value.encode() if kind == "string" and isinstance(value, str) else value
        if not isinstance(blob, bytes) or (kind == "string" and isinstance(value, bytes)):
            raise ValueError(f"{kind} does not take {value!r}")
        return len(blob).to_bytes(32, "big") + blob + bytes(-len(blob) % 32)
    family, size = _word_type(kind)
    if family == "bytes" or family == "address":
        if not isinstance(value, bytes) or len(value) != size:
            raise ValueError(f"{kind} takes {size} bytes, got {value!r}")
        return bytes(12) + value if family == "address" else value + bytes(32 - size)
    if family == "bool":
        if not isinstance(value, bool):
            raise ValueError(f"bool does not take {value!r}")
        return value.to_bytes(32, "big")
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{kind} does not take {value!r}")
    if not _fits(family, size, value):
        raise ValueError(f"{value} does not fit {kind}")
    return value.to_bytes(32, "big", signed=family == "int")


def _decode_sequence(types: Sequence[str], data: bytes, base: int) -> list[Value]:
    """Values whose heads start at ``base``, from where their offsets count too."""
    values = []
    position = base
    for kind in types:
        if _is_dynamic(kind):
            values.append(_decode_one(kind, data, base + _length(data, position)))
        else:
            values.append(_decode_one(kind, data, position))
        position += _head_size(kind)
    return values


def _decode_one(kind: str, data: bytes, position: int) -> Value:
    array = _ARRAY.fullmatch(kind)
    if array is not None:
        if array[2]:
            count = int(array[2])
        else:
            count = _length(data, position)
            position += 32
        # checked before anything of that size is made: the count is the sender's word
        if count * _head_size(array[1]) > len(data) - position:
            raise ValueError(f"an array of {count} {array[1]} does not fit the data")
        return _decode_sequence([array[1]] * count, data, position)
    if kind in ("bytes", "string"):
        size = _length(data, position)
        stop = position + 32 + size
        if stop > len(data):
            raise ValueError(f"{kind} of {size} bytes does not fit the data")
        blob = data[position + 32 : stop]
        return blob.decode() if kind == "string" else blob
    family, size = _word_type(kind)
    word = _word(data, position)
    if family == "bytes":
        if any(word[size:]):
            raise ValueError(f"{kind} has bytes after its end")
        return word[:size]
    number = int.from_bytes(word, "big", signed=family == "int")
    if family == "address":
        if number >> 160:
            raise ValueError("an address has bytes before its start")
        return word[12:]
    if not _fits(family, size, number):
        raise ValueError(f"{number} does not fit {kind}")
    return number == 1 if family == "bool" else number


def _fits(family: str, bits: int, number: int) -> bool:
    if family == "int":
        return -(1 << bits - 1) <= number < 1 << bits - 1
    return 0 <= number < 1 << bits


@lru_cache(maxsize=256)
def _word_type(kind: str) -> tuple[str, int]:
    """Family and size (bits of numbers, bytes of the others) of a type that fills one word."""
    match = _WORD_TYPE.fullmatch(kind)
    if match is None:
        raise ValueError(f"{kind!r} is no ABI type known here")
    if kind == "bool":
        return "bool", 1
    if kind == "address":
        return "address", 20
    if match[3]:
        if 1 <= int(match[3]) <= 32:
            return "bytes", int(match[3])
    elif match[2] and int(match[2]) % 8 == 0 and 8 <= int(match[2]) <= 256:
        return match[1], int(match[2])
    raise ValueError(f"{kind!r} is no ABI type (sizes are spelled out: uint256, bytes32)")


def _word(data: bytes, position: int) -> bytes:
    word = data[position : position + 32]
    if len(word) < 32:
        raise ValueError(f"the data ends before byte {position + 32}")
    return word


def _length(data: bytes, position: int) -> int:
    """An offset or a length: any that exceeds the data is refused, so that none can make us allocate."""
    number = int.from_bytes(_word(data, position), "big")
    if number > len(data):
        raise ValueError(f"an offset or length of {number} lies outside the data")
    return number
