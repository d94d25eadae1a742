"""What stands in struct logs: costs as geth counts them, errors at the step that failed, storage where it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from megadev.chain.spec import dev_spec
from megadev.errors import ExecutionHalted
from megadev.evm.engine import BlockEnv, Execution, Step, TxEnv
from megadev.evm.engines.operations import created_address
from megadev.evm.engines.python import PythonEngine
from megadev.evm.rules import EVM_RULES
from megadev.evm.tracers.struct_log import StructLogTracer
from tests.conformance.engine_suite.worlds import DictState, Has, asm, call, returning

A, B, C, COINBASE = (bytes([n]) * 20 for n in (0xA1, 0xB2, 0xC3, 0xC0))
BLOCK = BlockEnv(10, 1_700_000_000, 30_000_000, COINBASE)
SPEC = dev_spec()
ENGINE = PythonEngine(replace(SPEC, enforce_block_gas_limit=False))
NAMES = EVM_RULES[SPEC.hardfork].opcodes


@dataclass(frozen=True)
class Line:
    op: str
    pc: int
    depth: int
    gas: int
    cost: int
    stack: list[int]
    refund: int
    storage: dict[int, int] | None
    error: str | None


class Notes:
    """A pen that keeps values."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}

    def found(self, step: Step) -> str:
        return ",".join(map(str, step.stack))

    def whole(
        self, step: Step, found: str, cost: int, refund: int, storage: Mapping[int, int] | None, error: str | None
    ) -> str:
        line = Line(
            NAMES.get(step.op, hex(step.op)),
            step.pc,
            step.depth,
            step.gas,
            cost,
            [int(word) for word in found.split(",") if word],
            refund,
            None if storage is None else dict(storage),
            error,
        )
        name = f"{len(self.lines)}"
        self.lines[name] = line
        return name


def trace(world: dict[bytes, Has], to: bytes | None = B, **options: Any) -> tuple[list[Line], Execution]:
    fields = {name: options.pop(name) for name in ("data", "gas_limit", "value") if name in options}
    pen = Notes()
    tracer = StructLogTracer(pen, **options)
    tx = TxEnv(**{"sender": A, "to": to, "gas_limit": 100_000, **fields})
    execution = ENGINE.execute(BLOCK, tx, DictState({A: Has(10**18), **world}), tracer=tracer)
    return [pen.lines[text] for text in tracer.texts], execution


def only(lines: list[Line], op: str) -> Line:
    (line,) = [line for line in lines if line.op == op]
    return line


def test_a_step_shows_its_input_and_cost() -> None:
    lines, execution = trace({B: Has(0, 1, asm(2, 3, "ADD", 0, "MSTORE", "STOP"))})
    assert [(line.pc, line.op, line.gas, line.cost, line.stack) for line in lines] == [
        (0, "PUSH1", 79_000, 3, []),
        (2, "PUSH1", 78_997, 3, [2]),
        (4, "ADD", 78_994, 3, [2, 3]),
        (5, "PUSH0", 78_991, 2, [5]),
        (6, "MSTORE", 78_989, 6, [5, 0]),
        (7, "STOP", 78_983, 0, []),
    ]
    assert execution.gas.used == 100_000 - 78_983


def test_code_that_ends_without_an_opcode_stops() -> None:
    lines, _ = trace({B: Has(0, 1, asm(1))})
    assert [line.op for line in lines] == ["PUSH1", "STOP"]


def test_a_calls_cost_includes_passed_gas_without_stipend() -> None:
    lines, _ = trace({B: Has(9, 1, call("CALL", C, value=1, gas=10_000) + asm("STOP")), C: Has(0, 1, asm(1, "STOP"))})
    outer = only(lines, "CALL")
    assert outer.cost == 2600 + 9000 + 10_000
    inner = [line for line in lines if line.depth == 1]
    assert [line.op for line in inner] == ["PUSH1", "STOP"]
    assert inner[0].gas == 10_000 + 2300
    assert lines.index(outer) < lines.index(inner[0])
    assert lines[-1].gas == outer.gas - outer.cost + inner[-1].gas


@pytest.mark.parametrize("kind", ["DELEGATECALL", "STATICCALL", "CALLCODE"])
def test_the_other_calls_too(kind: str) -> None:
    lines, _ = trace({B: Has(0, 1, call(kind, C, gas=10_000) + asm("STOP")), C: Has(0, 1, asm("STOP"))})
    assert only(lines, kind).cost == 12_600


def test_a_creation_costs_what_it_charges_itself() -> None:
    code = asm(0, 0, 0, "CREATE", "STOP")
    lines, _ = trace({B: Has(0, 1, code)})
    assert only(lines, "CREATE").cost == 32_000


def test_a_refused_call_returns_its_gas() -> None:
    lines, _ = trace({B: Has(0, 1, call("CALL", C, value=5, gas=10_000) + asm("STOP"))})
    refused = only(lines, "CALL")
    assert refused.cost == 2600 + 34_000 + 10_000
    assert refused.error is None
    assert lines[-1].gas == refused.gas - refused.cost + 12_300


def test_a_creation_on_a_taken_address_loses_its_gas() -> None:
    taken = created_address(B, 1)
    lines, execution = trace({B: Has(0, 1, asm(0, 0, 0, "CREATE", "STOP")), taken: Has(0, 1)})
    creation = only(lines, "CREATE")
    assert creation.cost == 32_000
    assert lines[-1].gas == (creation.gas - 32_000) // 64
    assert execution.succeeded


FAILURES = [
    (asm("ADD"), "ADD", "stack underflow (0 <=> 2)", 3),
    (asm(7, "JUMP"), "JUMP", "invalid jump destination", 8),
    (asm("INVALID"), "INVALID", "invalid opcode: INVALID", 0),
    (b"\x0c", "0xc", "invalid opcode: opcode 0xc not defined", 0),
    (asm(1 << 20, 0, "RETURN"), "RETURN", "out of gas", None),
    (asm(1, 0, 0, "RETURNDATACOPY"), "RETURNDATACOPY", "return data out of bounds", 6),
    (asm(1, 1 << 20, "MSTORE"), "MSTORE", "out of gas", None),
    (b"\x5b" + asm("GAS", 0, "JUMP"), "PUSH0", "stack limit reached 1024 (1023)", None),
]


@pytest.mark.parametrize(("code", "op", "error", "cost"), FAILURES, ids=[case[2] + case[1] for case in FAILURES])
def test_a_failing_step_has_a_reason(code: bytes, op: str, error: str, cost: int | None) -> None:
    lines, execution = trace({B: Has(0, 1, code)})
    assert not execution.succeeded
    last = lines[-1]
    assert last.error == error
    if "stack limit" not in error:
        assert last.op == op
    assert [line.error for line in lines[:-1]] == [None] * (len(lines) - 1)
    if cost is not None:
        assert last.cost == cost
    elif error == "out of gas":
        assert last.cost > last.gas, "what it would have cost"


def test_a_failure_within_a_call_is_reported_at_its_step() -> None:
    code = call("CALL", C, gas=100) + asm("STOP")
    lines, execution = trace({B: Has(0, 1, code), C: Has(0, 1, asm(1, 1, "SSTORE"))})
    assert execution.succeeded
    assert only(lines, "SSTORE").error == "out of gas"
    assert only(lines, "CALL").error is None
    assert only(lines, "STOP").error is None


def test_a_revert_and_a_creation_that_fails_after_its_code_blame_no_step() -> None:
    lines, _ = trace({B: Has(0, 1, asm(0, 0, "REVERT"))})
    assert [line.error for line in lines] == [None, None, None]
    lines, execution = trace({}, to=None, data=returning(b"\xef\x00"), gas_limit=200_000)
    assert execution.result.reason == "invalid code: must not begin with 0xef"  # type: ignore[union-attr]
    assert lines[-1].op == "RETURN"
    assert lines[-1].error is None


def test_storage_shows_the_owners_slots_used_so_far() -> None:
    inner = asm(7, "SLOAD", 9, 8, "SSTORE", "STOP")
    code = asm(1, "SLOAD") + call("DELEGATECALL", C) + call("CALL", C) + asm(2, "SLOAD", "STOP")
    lines, _ = trace({B: Has(0, 1, code, {1: 11, 2: 22, 7: 77}), C: Has(0, 1, inner, {7: 70})}, gas_limit=500_000)
    assert [line.storage for line in lines if line.storage is not None] == [
        {1: 11},
        {1: 11, 7: 77},
        {1: 11, 7: 77, 8: 9},
        {7: 70},
        {7: 70, 8: 9},
        {1: 11, 7: 77, 8: 9, 2: 22},
    ]
    assert all(line.storage is None for line in lines if line.op not in ("SLOAD", "SSTORE"))
    lines, _ = trace({B: Has(0, 1, code, {1: 11})}, with_storage=False)
    assert all(line.storage is None for line in lines)


def test_the_refund_of_a_store_is_the_one_after_it() -> None:
    lines, _ = trace({B: Has(0, 1, asm(0, 1, "SSTORE", "STOP"), {1: 5})})
    assert [(line.op, line.refund) for line in lines[-3:]] == [("PUSH1", 0), ("SSTORE", 4800), ("STOP", 4800)]


def test_selfdestruct_cost_is_separate() -> None:
    lines, _ = trace({B: Has(1, 1, asm(C, "SELFDESTRUCT"))})
    assert lines[-1].op == "SELFDESTRUCT"
    assert lines[-1].cost == 5000 + 2600 + 25_000


def test_a_limit_on_steps_ends_the_writing_and_not_the_execution() -> None:
    code = call("CALL", C) + asm("STOP")
    lines, execution = trace({B: Has(0, 1, code), C: Has(0, 1, asm(5, 1, "SSTORE"))}, limit=9)
    everything, whole = trace({B: Has(0, 1, code), C: Has(0, 1, asm(5, 1, "SSTORE"))})
    assert lines == everything[:9]
    assert len(everything) > 9
    assert execution == whole


def test_a_tracer_may_halt_the_execution_when_its_output_is_too_large() -> None:
    def refuse(size: int) -> None:
        if size:
            raise ExecutionHalted("too much")

    loop = asm("JUMPDEST", 0, "JUMP")
    with pytest.raises(ExecutionHalted, match="too much"):
        trace({B: Has(0, 1, loop)}, spend=refuse)


def test_1024_frames_deep() -> None:
    # calls itself with all its gas
    code = asm(0, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", "STOP")
    lines, execution = trace({B: Has(0, 1, code)}, gas_limit=10**15)
    assert execution.succeeded
    calls = [line for line in lines if line.op == "CALL"]
    assert [line.depth for line in calls] == list(range(1025))
    assert [line.depth for line in lines[-1025:]] == list(range(1024, -1, -1)), "and each of them stops"
