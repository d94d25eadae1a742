"""What tests share stands in ``tests/stage`` or beside them, in modules of its own: none imports from another's tests."""

from __future__ import annotations

import ast

from tests.house.source import REPOSITORY

TESTS = REPOSITORY / "tests"
ALLOWED = {
    ("conformance/test_anvil_call_frames.py", "tests.conformance.test_anvil_traces"),
    ("journeys/test_docs_commands.py", "tests.house.test_docs"),
    ("properties/test_batch_machine.py", "tests.journeys.test_batches"),
    ("properties/test_sequencer_machine.py", "tests.properties.test_mini_block_machine"),
}
"""A machine that goes on where another ends, and answers compared in the same way."""


def test_no_test_imports_from_another() -> None:
    wrong = set()
    for path in TESTS.rglob("*.py"):
        where = path.relative_to(TESTS)
        if where.parts[0] in ("house", "programs"):  # laws on one table; pieces of programs
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tests."):
                name = node.module.rpartition(".")[2]
                if name.startswith(("test_", "issue_")):
                    wrong.add((where.as_posix(), node.module))
    assert wrong == ALLOWED, wrong ^ ALLOWED
