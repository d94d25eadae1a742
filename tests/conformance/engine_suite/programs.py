"""Programs nobody wrote: random bytecode that gets somewhere, with jumps that mostly land and calls that mostly arrive."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from megadev.chain.spec import Hardfork
from megadev.evm.rules import EVM_RULES
from megadev.primitives.types import Address
from tests.conformance.engine_suite.cases import CONTRACT, OTHER, SENDER, THIRD
from tests.conformance.engine_suite.worlds import Has, asm

OPCODES = sorted(EVM_RULES[Hardfork.OSAKA].opcodes)
PLAIN = [op for op in OPCODES if not 0x5F <= op <= 0x7F and op not in (0x00, 0x56, 0x57, 0xF3, 0xFD, 0xFE, 0xFF)]
LABELS = 6

words = st.one_of(
    st.integers(0, 300),
    st.sampled_from([1 << 255, (1 << 256) - 1, (1 << 255) - 1, 1 << 160, 1 << 64, 0xFFFFFFFF]),
    st.sampled_from([int.from_bytes(address, "big") for address in (CONTRACT, OTHER, THIRD, SENDER)]),
    st.integers(1, 9),
    st.integers(0, (1 << 256) - 1),
)
pushes = words.map(lambda word: asm(word))
operations = st.tuples(st.lists(pushes, max_size=3), st.sampled_from(PLAIN)).map(
    lambda made: b"".join(made[0]) + bytes([made[1]])
)
calls = st.tuples(
    st.sampled_from([0xF1, 0xF2, 0xF4, 0xFA]),
    st.sampled_from([CONTRACT, OTHER, THIRD, *(bytes(19) + bytes([n]) for n in (1, 2, 3, 4, 5, 9))]),
    st.integers(0, 2),
    st.sampled_from([0, 3000, 50_000, 1 << 40]),
    st.sampled_from([0, 4, 32, 100]),
).map(lambda c: asm(c[4], 0, c[4], 0, *([c[2]] if c[0] in (0xF1, 0xF2) else []), c[1], c[3]) + bytes([c[0]]))
stores = st.tuples(st.integers(0, 3), st.integers(0, 2)).map(lambda s: asm(s[1], s[0], "SSTORE"))
ends = st.sampled_from(
    [asm("STOP"), asm(32, 0, "RETURN"), asm(40, 3, "REVERT"), asm("INVALID"), asm(OTHER, "SELFDESTRUCT")]
)
label = st.integers(0, LABELS - 1)
jumps = st.tuples(label, st.booleans(), words)
instructions = st.one_of(pushes, operations, operations, operations, calls, stores, label, jumps, ends)


def assemble(parts: list[object]) -> bytes:
    """Bytes as they are; a number is a JUMPDEST under that label, a triple a jump to a label."""
    positions: dict[int, int] = {}
    code = bytearray()
    patches = []
    for part in parts:
        if isinstance(part, int):
            positions.setdefault(part, len(code))
            code.append(0x5B)
        elif isinstance(part, tuple):
            to, conditional, condition = part
            if conditional:
                code += asm(condition)
            patches.append((len(code) + 1, to))
            code += b"\x61\0\0" + (b"\x57" if conditional else b"\x56")
        else:
            assert isinstance(part, bytes)
            code += part
    for at, to in patches:
        code[at : at + 2] = positions.get(to, 0).to_bytes(2, "big")
    return bytes(code)


programs = st.lists(instructions, max_size=40).map(assemble) | st.binary(max_size=60)


def world_around(code: bytes, other: bytes) -> dict[Address, Has]:
    """A rich sender, ``code`` at CONTRACT, ``other`` at OTHER, and THIRD delegated to OTHER."""
    return {
        SENDER: Has(10**24),
        CONTRACT: Has(100, 1, code, {0: 1, 1: 2, 2: (1 << 256) - 1}),
        OTHER: Has(5, 1, other, {1: 1}),
        THIRD: Has(0, 3, b"\xef\x01\x00" + OTHER),
    }


relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
