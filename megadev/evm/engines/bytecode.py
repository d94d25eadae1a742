"""Static analysis of code: valid jump destinations and the value of each PUSH."""

from __future__ import annotations

import msgspec

_PADDING = bytes(33)
"""Reading past the end of code finds STOP, and a PUSH cut short pushes zeros to its right: 33 zeros serve both."""


class Bytecode(msgspec.Struct, frozen=True, gc=False):
    """Code ready to run. ``padded`` is the code followed by 33 zeros, ``size`` its true length in bytes.

    ``jumps``: every valid jump destination. ``pushes``: the value of each PUSH1…PUSH32, by position.
    """

    padded: bytes
    size: int
    jumps: frozenset[int]
    pushes: dict[int, int]


def analyse(code: bytes) -> Bytecode:
    """Walk ``code`` once."""
    padded = code + _PADDING
    size = len(code)
    jumps: set[int] = set()
    pushes: dict[int, int] = {}
    from_bytes = int.from_bytes
    pc = 0
    while pc < size:
        op = padded[pc]
        if 0x60 <= op <= 0x7F:
            after = pc + op - 0x5E
            pushes[pc] = from_bytes(padded[pc + 1 : after], "big")
            pc = after
        else:
            if op == 0x5B:
                jumps.add(pc)
            pc += 1
    return Bytecode(padded, size, frozenset(jumps), pushes)
