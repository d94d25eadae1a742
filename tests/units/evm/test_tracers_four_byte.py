"""Selectors counted, and several tracers at once."""

from __future__ import annotations

from megadev.chain.spec import dev_spec
from megadev.evm.engine import BlockEnv, TxEnv
from megadev.evm.engines.python import PythonEngine
from megadev.evm.rules import EVM_RULES
from megadev.evm.tracers.call_tree import CallTreeTracer
from megadev.evm.tracers.four_byte import FourByteTracer
from megadev.evm.tracers.mux import MuxTracer
from megadev.evm.tracers.opcode_gas import OpcodeGasTracer
from tests.conformance.engine_suite.worlds import DictState, Has, asm, call

A, B, C, COINBASE = (bytes([n]) * 20 for n in (0xA1, 0xB2, 0xC3, 0xC0))
BLOCK = BlockEnv(10, 1_700_000_000, 30_000_000, COINBASE)
SPEC = dev_spec()
ENGINE = PythonEngine(SPEC)
PRECOMPILES = EVM_RULES[SPEC.hardfork].precompiles


def test_calls_are_counted_by_selector_and_size() -> None:
    code = (
        asm(b"\xaa\xbb\xcc\xdd" + bytes(28), 0, "MSTORE")
        + call("CALL", C, in_size=36) + call("STATICCALL", C, in_size=36) + call("DELEGATECALL", C, in_size=4)
        + call("CALL", C, in_size=3) + call("CALL", 4, in_size=32)
        + asm(32, 0, 0, "CREATE")
    )  # fmt: skip
    tracer = FourByteTracer(PRECOMPILES)
    tx = TxEnv(A, B, data=b"\x01\x02\x03\x04\x05", gas_limit=500_000)
    ENGINE.execute(BLOCK, tx, DictState({A: Has(10**18), B: Has(0, 1, code)}), tracer=tracer)
    assert tracer.counts == {
        (b"\x01\x02\x03\x04", 1): 1,
        (b"\xaa\xbb\xcc\xdd", 32): 2,
        (b"\xaa\xbb\xcc\xdd", 0): 1,
    }


def test_several_tracers_give_the_same_results_together() -> None:
    world = {A: Has(10**18), B: Has(0, 1, asm(0, 0, "LOG0") + call("CALL", C)), C: Has(0, 1, asm(0, 0, "REVERT"))}
    tx = TxEnv(A, B, data=b"abcdefgh", gas_limit=500_000)
    quick, slow, selectors = CallTreeTracer(), OpcodeGasTracer(), FourByteTracer(PRECOMPILES)
    both = MuxTracer([quick, slow, selectors])
    assert both.wants_steps
    ENGINE.execute(BLOCK, tx, DictState(world), tracer=both)
    alone = CallTreeTracer()
    ENGINE.execute(BLOCK, tx, DictState(world), tracer=alone)
    assert quick.root == alone.root
    assert sum(slow.counts.values()) > 0
    assert sum(selectors.counts.values()) == 1
    assert not MuxTracer([quick, selectors]).wants_steps
