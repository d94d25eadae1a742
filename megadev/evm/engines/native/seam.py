"""The interface between compiled code, the runtime and their callers: who executes which opcode, where compiled code
can be entered, and the functions it calls. Importing it costs nothing; ``plan`` and ``wasm`` are imported when first
something is compiled.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from megadev.evm.opcodes import OPCODES, Kind

_OUTSIDE_KINDS: Final = frozenset(
    (Kind.ACCOUNT, Kind.STORAGE, Kind.TRANSIENT, Kind.LOG, Kind.CALL, Kind.CREATE, Kind.END)
)
_ALSO_OUTSIDE: Final = frozenset((0x3E, 0x40, 0x49))
"""RETURNDATACOPY can fail in its own way; BLOCKHASH asks the host, BLOBHASH looks where the compiler does not."""
_LEAVING_KINDS: Final = frozenset((Kind.CALL, Kind.CREATE, Kind.END))


def is_outside(op: int) -> bool:
    """True if the opcode reaches beyond the frame: it is the runtime's, not the compiler's."""
    row = OPCODES[op]
    return row is None or row.kind in _OUTSIDE_KINDS or op in _ALSO_OUTSIDE


OUTSIDE: Final = frozenset(op for op in range(256) if OPCODES[op] is not None and is_outside(op))
"""Those that are, by Ethereum's rules."""


def leaves_frame(op: int) -> bool:
    """True if the opcode begins another frame or ends this one; all others leave compiled code where it is."""
    row = OPCODES[op]
    return row is None or row.kind in _LEAVING_KINDS


_GAS_FIRST, _STACK_FIRST, _OUTSIDE, _MISSING = 1, 2, 3, 4
NOTHING: Final[Mapping[int, int]] = {}
_STACK_FIRST_OPCODES: Final = frozenset(
    (0x05, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x1A, 0x1D, 0x1E, 0x20, 0x37, 0x39, 0x51, 0x52, 0x53, 0x5E)
)
"""Where both are missing, these find out that words are before they find out that gas is."""


def operations_table(names: dict[int, str], volatile: Mapping[int, int] = NOTHING) -> bytes:
    """The runtime interpreter's table of a hardfork's opcodes. ``volatile``: further opcodes that the runtime has to
    see, and what of the data that may change they look at (MegaETH).
    """
    table = bytearray()
    for op in range(256):
        row = OPCODES[op]
        if row is None or op not in names or row.name == "INVALID":
            table += struct.pack("<HBBHH", 0, 0, _MISSING, 0, 0)
            continue
        room = 1024 - max(row.outputs - row.inputs, 0) - row.inputs
        outside = is_outside(op) or op in volatile
        kind = _OUTSIDE if outside else _STACK_FIRST if op in _STACK_FIRST_OPCODES else _GAS_FIRST
        table += struct.pack("<HBBHH", 0 if outside else row.gas, row.inputs, kind, room, volatile.get(op, 0))
    return bytes(table)


def outside_of(table: bytes) -> frozenset[int]:
    """The opcodes that are the runtime's by such a table, and not the compiler's."""
    return frozenset(op for op in range(256) if table[8 * op + 3] == _OUTSIDE)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of compiled code: at ``pc``, with ``height`` words on the stack of which those in ``constants`` are
    known, and at least ``gas``.
    """

    pc: int
    height: int
    constants: tuple[tuple[int, int], ...]
    gas: int
    version: int


HELPERS: Final = {
    "memory_grow": "iII>I", "hash": "iii", "div": "iii", "mod": "iii", "sdiv": "iii", "smod": "iii", "addmod": "iiii",
    "mulmod": "iiii", "div_known": "iii", "mod_known": "iii", "addmod_known": "iiiii", "mulmod_known": "iiii",
    "exp": "iii", "signextend": "iii", "byte": "iii", "shl": "iii", "shr": "iii", "sar": "iii", "clz": "i>I",
    "calldataload": "iii", "copy_data": "iIiIi", "sload": "iiI>I", "sstore": "iiI>I", "operate_here": "iiiI>I",
}  # fmt: skip
"""The runtime's functions by name, with the types they take and give (i: 32 bits, I: 64), in the order in which a
module imports them; the memory comes last."""
