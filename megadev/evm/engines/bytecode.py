"""What can be known of code before it runs: where one may jump to and what each PUSH pushes. Cached by content."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from megadev.evm.engines.traces import HOT, SPREAD, Trace, make_trace

_PADDING = bytes(33)
"""Reading past the end of code finds STOP, and a PUSH cut short pushes zeros to its right: 33 zeros serve both."""


class Bytecode(msgspec.Struct, frozen=True, gc=False):
    """Code ready to run. ``padded`` is the code followed by 33 zeros, ``size`` its true length in bytes.

    ``jumps``: every valid jump destination. ``pushes``: the value of each PUSH1…PUSH32, by position. ``traces``: what
    has been compiled, by where it begins, None where nothing is worth it; ``arrivals`` counts towards that.
    """

    padded: bytes
    size: int
    jumps: frozenset[int]
    pushes: dict[int, int]
    traces: dict[int, Trace | None] = {}
    arrivals: dict[int, int] = {}


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


def arrive(bytecode: Bytecode, pc: int) -> Trace | None:
    """Count an arrival at ``pc``, which has no entry in ``traces``; makes one when the place turns out to be hot."""
    count = bytecode.arrivals.get(pc, 0) + 1
    bytecode.arrivals[pc] = count
    if count < HOT + pc % SPREAD:
        return None
    trace = bytecode.traces[pc] = make_trace(bytecode, pc)
    return trace


@lru_cache(maxsize=256)
def analysed(code: bytes) -> Bytecode:
    """``analyse``, remembered for the 256 codes used last. For deployed code; creation code seldom runs twice."""
    return analyse(code)


def _stack_inputs() -> tuple[int, ...]:
    inputs = [0] * 256
    by_count = {
        1: (0x15, 0x19, 0x1E, 0x31, 0x35, 0x3B, 0x3F, 0x40, 0x49, 0x50, 0x51, 0x54, 0x56, 0x5C, 0xFF),
        2: (*range(0x01, 0x08), 0x0A, 0x0B, *range(0x10, 0x15), 0x16, 0x17, 0x18, 0x1A, 0x1B, 0x1C, 0x1D, 0x20, 0x52,
            0x53, 0x55, 0x57, 0x5D, 0xF3, 0xFD),
        3: (0x08, 0x09, 0x37, 0x39, 0x3E, 0x5E, 0xF0),
        4: (0x3C, 0xF5),
        6: (0xF4, 0xFA),
        7: (0xF1, 0xF2),
    }  # fmt: skip
    for count, opcodes in by_count.items():
        for op in opcodes:
            inputs[op] = count
    for n in range(16):
        inputs[0x80 + n] = n + 1
        inputs[0x90 + n] = n + 2
    for n in range(5):
        inputs[0xA0 + n] = n + 2
    return tuple(inputs)


STACK_INPUTS = _stack_inputs()
"""How many words each opcode needs on the stack."""
