"""Native frames give what the run loop gives: result and its reason, gas, logs, diff, accesses, and every event of a
frame tracer, on programs nobody wrote and at every gas limit.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import Execution, TxEnv
from megadev.evm.engines import open_engine
from megadev.evm.engines.native.loop import NativeLoop
from megadev.evm.engines.native.tier import Tier
from tests.conformance.engine_suite.cases import (
    BLOCK,
    BLOCK_HASHES,
    CASES,
    CHAIN_ID,
    CONTRACT,
    GWEI,
    OTHER,
    SENDER,
    Case,
    transaction,
    world_of,
)
from tests.conformance.engine_suite.programs import programs, relaxed, world_around
from tests.conformance.engine_suite.worlds import DictState, Has, asm
from tests.stage.frame_events import Events

SPEC = dev_spec(CHAIN_ID, Hardfork.OSAKA)
INTERPRETER, COMPILED, AT_ONCE = (open_engine(name, SPEC) for name in ("interpreter", "compiled", "compiled"))


class AtOnce(NativeLoop):
    """Every code is compiled, whole, before it first runs."""

    __slots__ = ()
    tier = Tier(at_once=True)


AT_ONCE.machine = AtOnce  # type: ignore[attr-defined]


def same(world: dict[bytes, Has], tx: TxEnv) -> Execution:
    runs = []
    for engine in (INTERPRETER, COMPILED, AT_ONCE):
        events = Events()
        execution = engine.execute(BLOCK, tx, DictState(world, BLOCK_HASHES), tracer=events)
        runs.append((execution, events.seen))
        assert engine.execute(BLOCK, tx, DictState(world, BLOCK_HASHES)) == execution
    assert runs[0] == runs[1]
    assert runs[0] == runs[2]
    return runs[0][0]


@relaxed
@given(programs, programs, st.binary(max_size=40), st.integers(23_000, 120_000) | st.just(400_000))
def test_calls(code: bytes, other: bytes, data: bytes, gas: int) -> None:
    same(world_around(code, other), TxEnv(SENDER, CONTRACT, 0, 3, data, gas, 2 * GWEI, 2 * GWEI))


@relaxed
@given(programs, programs)
def test_creations(code: bytes, other: bytes) -> None:
    same(world_around(b"", other), TxEnv(SENDER, None, 0, 3, code, 500_000, 2 * GWEI, 2 * GWEI))


@pytest.mark.parametrize("case", [case for case in CASES if not case.is_deep], ids=lambda case: case.name)
def test_cases(case: Case) -> None:
    if transaction(case).gas_limit <= 1 << 24:
        same(world_of(case), transaction(case))


INNER = asm(
    1, 0, "SSTORE", 64, 32, "KECCAK256", 0, "MSTORE", 32, 0, 7, 8, 9, "LOG3", 0, "SLOAD", 1, "SSTORE", 32, 0, "RETURN"
)
OUTER = asm(32, 0, 4, 0, 0, OTHER, 60_000, "CALL", "RETURNDATASIZE", 2, "SSTORE", 0, "MLOAD", 3, "SSTORE", 2, 3, "EXP")


def test_every_gas_limit() -> None:
    """Wherever gas runs out, in the outer frame or the inner one, both run out of it there."""
    world = {SENDER: Has(10**24), CONTRACT: Has(100, 1, OUTER, {}), OTHER: Has(5, 1, INNER, {1: 1})}
    succeeded = 0
    for limit in [*range(21_000, 27_000, 7), *range(27_000, 160_000, 501)]:
        succeeded += same(world, TxEnv(SENDER, CONTRACT, 0, 0, b"", limit, 2 * GWEI, 2 * GWEI)).succeeded
    assert succeeded


def test_a_delegation_before_its_hardfork_is_code_like_any_other() -> None:
    """Also where the code is known to the arena from an earlier run (EIP-7702 came with Prague)."""
    delegation = b"\xef\x01\x00" + b"\xc2" * 20
    world = {SENDER: Has(10**24), CONTRACT: Has(1, 1, asm(0, 0, 0, 0, 0, OTHER, 50_000, "CALL"), {})}
    world[OTHER] = Has(1, 1, delegation, {})
    for fork in (Hardfork.PRAGUE, Hardfork.CANCUN, Hardfork.CANCUN):
        runs = [
            open_engine(name, dev_spec(CHAIN_ID, fork)).execute(
                BLOCK, TxEnv(SENDER, CONTRACT, 0, 0, b"", 200_000, 2 * GWEI, 2 * GWEI), DictState(world, BLOCK_HASHES)
            )
            for name in ("interpreter", "compiled")
        ]
        assert runs[0] == runs[1]
