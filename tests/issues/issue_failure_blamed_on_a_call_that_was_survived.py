"""A call that failed without a word and was survived took the blame for what failed later, without a word too: the line
that did fail was told nowhere.
"""

from __future__ import annotations

import json
from pathlib import Path

from megadev import Devnet
from megadev.clock import ManualClock
from tests.conformance.engine_suite.worlds import asm
from tests.stage.programs import program

CALLER, CALLEE = "0x" + "ca" * 20, "0x" + "ce" * 20
SOURCE = program("failure_blamed_on_a_call_that_was_survived/source.sol")
CALL = asm(0, 0, 0, 0, 0, int(CALLEE, 16), "GAS", "CALL")
FAIL = asm(0, 0, "REVERT")


def source_map(*parts: tuple[str, int]) -> str:
    """Of so many instructions each, from the pieces of source."""
    return ";".join(f"{SOURCE.index(text)}:{len(text)}:0:-" for text, count in parts for _ in range(count))


def contract(code: bytes, positions: str) -> dict[str, object]:
    runtime = {"object": code.hex(), "sourceMap": positions, "linkReferences": {}, "immutableReferences": {}}
    return {"abi": [], "evm": {"bytecode": {"object": "", "sourceMap": ""}, "deployedBytecode": runtime}}


def test_the_failing_line_is_reported_despite_an_earlier_failed_call(tmp_path: Path) -> None:
    survived, passed_on = CALL + asm("POP") + FAIL, CALL + FAIL
    halted = CALL + asm("POP", "INVALID")
    in_call, then = 'CALLEE.call("")', "require(false)"
    contracts = {
        "Caller": contract(survived, source_map((in_call, 9), (then, 3))),
        "Halting": contract(halted, source_map((in_call, 9), (then, 1))),
        "Passing": contract(passed_on, source_map((in_call, 11))),
        "Callee": contract(FAIL, source_map(("revert()", 3))),
    }
    (tmp_path / "out").mkdir()
    (tmp_path / "a.sol").write_text(SOURCE)
    output = {"sources": {"a.sol": {"id": 0}}, "contracts": {"a.sol": contracts}}
    (tmp_path / "out" / "standard.json").write_text(json.dumps(output))
    net = Devnet(clock=ManualClock(1_700_000_000), project=tmp_path)
    net.rpc("anvil_setCode", CALLEE, "0x" + FAIL.hex())

    def lines(code: bytes) -> list[int]:
        net.rpc("anvil_setCode", CALLER, "0x" + code.hex())
        return [entry["line"] for entry in net.rpc("megadev_getStackTrace", {"to": CALLER})["stack"]]

    assert lines(survived) == [9, 4]
    assert lines(passed_on) == [9, 3]
    assert lines(halted) == [4], "who halts does not pass on what another gave up"
