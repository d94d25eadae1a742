"""Programs nobody wrote: on random bytecode the fast loop and py-evm's loop give the same result, gas, logs, diff and
accesses. Whatever else the fast loop does to be fast, this is what it must not change.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import TxEnv
from megadev.evm.engines import bytecode as bytecode_module
from megadev.evm.engines.py_evm import PyEvmEngine
from megadev.evm.rules import EVM_RULES
from tests.conformance.engine_suite.cases import BLOCK, BLOCK_HASHES, CHAIN_ID, CONTRACT, GWEI, OTHER, SENDER, THIRD
from tests.conformance.engine_suite.worlds import DictState, Has, asm

pytestmark = pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode present:DeprecationWarning")



@pytest.fixture(autouse=True, scope="module", params=["at once", "when hot"])
def traces_are_made(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compiled traces are held to the same: once with everything compiled at its first arrival, once as shipped."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "at once":
            patch.setattr(bytecode_module, "HOT", 1)
            patch.setattr(bytecode_module, "SPREAD", 1)
        bytecode_module.analysed.cache_clear()
        yield
    bytecode_module.analysed.cache_clear()


FAST, SLOW = (PyEvmEngine(dev_spec(CHAIN_ID, Hardfork.OSAKA), loop=loop) for loop in ("fast", "py-evm"))
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
).map(
    lambda c: asm(c[4], 0, c[4], 0, *([c[2]] if c[0] in (0xF1, 0xF2) else []), c[1], c[3]) + bytes([c[0]])
)
stores = st.tuples(st.integers(0, 3), st.integers(0, 2)).map(lambda s: asm(s[1], s[0], "SSTORE"))
ends = st.sampled_from([asm("STOP"), asm(32, 0, "RETURN"), asm(40, 3, "REVERT"), asm("INVALID"), asm(OTHER, "SELFDESTRUCT")])
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


def same(code: bytes, other: bytes, tx: TxEnv) -> None:
    world = {
        SENDER: Has(10**24),
        CONTRACT: Has(100, 1, code, {0: 1, 1: 2, 2: (1 << 256) - 1}),
        OTHER: Has(5, 1, other, {1: 1}),
        THIRD: Has(0, 3, b"\xef\x01\x00" + OTHER),
    }
    fast, slow = (engine.execute(BLOCK, tx, DictState(world, BLOCK_HASHES)) for engine in (FAST, SLOW))
    assert type(fast.result) is type(slow.result), (fast.result, slow.result)
    assert fast.result.output == slow.result.output
    assert fast.gas == slow.gas
    assert fast.logs == slow.logs
    assert fast.diff == slow.diff
    if fast.succeeded:  # a frame that fails may fail at another of its faults, having read less or more
        assert fast.accessed.slots == slow.accessed.slots


relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@relaxed
@given(programs, programs, st.binary(max_size=40), st.sampled_from([30_000, 100_000, 400_000]))
def test_calls(code: bytes, other: bytes, data: bytes, gas: int) -> None:
    same(code, other, TxEnv(SENDER, CONTRACT, 0, 3, data, gas, 2 * GWEI, 2 * GWEI))


@relaxed
@given(programs, programs)
def test_creations(code: bytes, other: bytes) -> None:
    same(b"", other, TxEnv(SENDER, None, 0, 3, code, 500_000, 2 * GWEI, 2 * GWEI))
