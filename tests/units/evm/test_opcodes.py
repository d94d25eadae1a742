"""The table of opcodes is what the engine does."""

from __future__ import annotations

import pytest

from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import CALL, BlockEnv, Frame, FrameExit, Step, TxEnv
from megadev.evm.engines.python import PythonEngine
from megadev.evm.opcodes import NUMBERS, OPCODES, Kind, Opcode, names_at
from tests.conformance.engine_suite.worlds import DictState, Has

SENDER, CONTRACT = b"\x01" * 20, b"\x02" * 20
ROWS = [row for row in OPCODES if row is not None]


class _Watcher:
    """Keeps what stood on the stack before and after the opcode at ``position``, and what it cost."""

    wants_steps = True

    def __init__(self, position: int) -> None:
        self.position = position
        self.sizes: list[int] = []
        self.gas: list[int] = []
        self.error: str | None = None

    def step(self, step: Step) -> None:
        if step.depth == 0 and step.pc >= self.position:
            self.sizes.append(len(step.stack))
            self.gas.append(step.gas)

    def step_done(self, gas_left: int) -> None: ...
    def enter(self, frame: Frame) -> None: ...
    def log(self, log: object) -> None: ...

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        if frame.depth == 0:
            self.error = outcome.error


def _run(row: Opcode, words: int) -> _Watcher:
    """The opcode over ``words`` zeros; for a jump, positions of a jump destination right behind it."""
    position = 2 * words
    word = position + 1 if row.kind is Kind.JUMP else 0
    code = bytes([0x60, word]) * words + bytes([row.number]) + b"\x5b" * 33
    watcher = _Watcher(position)
    state = DictState({SENDER: Has(), CONTRACT: Has(code=code, balance=10**9)}, {})
    PythonEngine(dev_spec(hardfork=Hardfork.OSAKA)).execute(
        BlockEnv(number=1, timestamp=1, gas_limit=30_000_000),
        TxEnv(SENDER, CONTRACT, gas_limit=5_000_000),
        state,
        rules=CALL,
        tracer=watcher,
    )
    return watcher


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_an_opcode_matches_its_row(row: Opcode) -> None:
    watcher = _run(row, 20)
    if row.kind is Kind.END:
        assert len(watcher.sizes) == 1
    else:
        assert watcher.error is None
        assert watcher.sizes[1] - watcher.sizes[0] == row.outputs - row.inputs
        assert watcher.gas[0] - watcher.gas[1] >= row.gas


@pytest.mark.parametrize("row", [row for row in ROWS if row.inputs], ids=lambda row: row.name)
def test_fails_with_a_word_too_few(row: Opcode) -> None:
    assert _run(row, row.inputs - 1).error == f"stack underflow ({row.inputs - 1} <=> {row.inputs})"


def test_a_hardfork_has_its_opcodes_and_all_earlier_ones() -> None:
    prague, osaka = names_at(Hardfork.PRAGUE), names_at(Hardfork.OSAKA)
    assert set(osaka) - set(prague) == {NUMBERS["CLZ"]}
    assert prague.items() < osaka.items()
    assert len(NUMBERS) == len(ROWS)
