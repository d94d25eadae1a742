"""The parts of a function in WebAssembly's binary format: instructions, locals, and the module around them.

A word is an int (known) or four limbs, each an int (known) or a local. Addresses are those of ``runtime/machine.h``.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from megadev.evm.engines.native.seam import HELPERS

CONTEXT: Final = 0x20000
PAUSE_AT, RETURN_SIZE, ENVIRONMENT = 80, 112, 192
SCRATCH: Final = 0x21000
GAS, MEMORY_SIZE, DATA_SIZE, PC, HEIGHT, STACK, MEMORY, DATA = 0, 8, 16, 24, 32, 36, 40, 44
CODE_AT, RESUME, ADDRESS, CALLER, VALUE = 52, 104, 112, 144, 176

M64: Final = (1 << 64) - 1
M256: Final = (1 << 256) - 1
I32, I64, V128 = 0x7F, 0x7E, 0x7B


class Local(NamedTuple):
    """A local variable of a version: its type and its number among those."""

    type: int
    number: int


Limb: TypeAlias = int | Local
Word: TypeAlias = int | tuple[Limb, Limb, Limb, Limb]

# parameters and the locals that all versions share
FRAME, ENTRY, CONSTANTS, NEXT, AT_PC, AT_HEIGHT, LEFT, MEM, STK, RES, G, MS = range(12)
SHARED: Final = ((I32, 7), (I64, 2))
FIRST_LOCAL: Final = 12


def unsigned(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def signed(n: int) -> bytes:
    out = bytearray()
    while not -64 <= n < 64:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n & 127)
    return bytes(out)


def const64(value: int) -> bytes:
    value &= M64
    return b"\x42" + signed(value - (1 << 64) if value >> 63 else value)


def const32(value: int) -> bytes:
    return b"\x41" + signed(value - (1 << 32) if value >> 31 else value)


def get_local(index: int) -> bytes:
    return b"\x20" + unsigned(index)


def set_local(index: int) -> bytes:
    return b"\x21" + unsigned(index)


def load64(offset: int) -> bytes:
    return b"\x29\x03" + unsigned(offset)


def store64(offset: int) -> bytes:
    return b"\x37\x03" + unsigned(offset)


def load32(offset: int) -> bytes:
    return b"\x28\x02" + unsigned(offset)


def store32(offset: int) -> bytes:
    return b"\x36\x02" + unsigned(offset)


ADD32, ADD, SUB, MUL, DIV, REM = b"\x6a", b"\x7c", b"\x7d", b"\x7e", b"\x80", b"\x82"
AND, OR, XOR, SHL, SHR = b"\x83", b"\x84", b"\x85", b"\x86", b"\x88"
EQZ32, EQZ, EQ, NE, LT_S, LT, GT, LE = b"\x45", b"\x50", b"\x51", b"\x52", b"\x53", b"\x54", b"\x56", b"\x58"
WRAP, EXTEND, SELECT, IF, ELSE, END = b"\xa7", b"\xad", b"\x1b", b"\x04\x40", b"\x05", b"\x0b"
UNREACHABLE = b"\0"
MULTIPLY_WIDE, ADD_WIDE = b"\xfc\x16", b"\xfc\x13"
COPY_MEMORY = b"\xfc\x0a\0\0"
REVERSE: Final = b"\xfd\x0d" + bytes(range(15, -1, -1))
"""i8x16.shuffle: 16 bytes the other way round."""


def limbs_of(word: Word) -> tuple[Limb, Limb, Limb, Limb]:
    """Its limbs, the lowest first."""
    if isinstance(word, int):
        return word & M64, word >> 64 & M64, word >> 128 & M64, word >> 192
    return word


def whole_module(code: bytes, locals_: list[tuple[int, int]]) -> bytes:
    groups = [(count, type_) for type_, count in SHARED] + locals_
    body = unsigned(len(groups)) + b"".join(unsigned(n) + bytes([type_]) for n, type_ in groups) + code
    types: dict[str, int] = {}

    def type_of(signature: str) -> int:
        return types.setdefault(signature, len(types))

    def name(text: str) -> bytes:
        return unsigned(len(text)) + text.encode()

    def vector(items: list[bytes]) -> bytes:
        return unsigned(len(items)) + b"".join(items)

    def section(number: int, content: bytes) -> bytes:
        return bytes([number]) + unsigned(len(content)) + content

    imports = [
        name("runtime") + name(helper) + b"\0" + unsigned(type_of(signature)) for helper, signature in HELPERS.items()
    ]
    imports.append(name("runtime") + name("memory") + b"\x02\0" + unsigned(1))
    own = type_of("iii>i")
    codes = {"i": I32, "I": I64}
    signatures = []
    for signature in types:
        takes, _, gives = signature.partition(">")
        signatures.append(
            b"\x60" + vector([bytes([codes[c]]) for c in takes]) + vector([bytes([codes[c]]) for c in gives])
        )
    return (
        b"\0asm\x01\0\0\0"
        + section(1, vector(signatures))
        + section(2, vector(imports))
        + section(3, vector([unsigned(own)]))
        + section(7, vector([name("run") + b"\0" + unsigned(len(HELPERS))]))
        + section(10, vector([unsigned(len(body)) + body]))
    )
