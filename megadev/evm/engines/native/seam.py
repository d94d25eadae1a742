"""The interface between compiled code, the runtime and their callers: who executes which opcode, where compiled code
can be entered, and the functions it calls. Importing it costs nothing; ``plan`` and ``wasm`` are imported when first
something is compiled.
"""

from __future__ import annotations

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
