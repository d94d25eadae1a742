"""Programs are files: in a string nobody formats, highlights or checks them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.source import PACKAGE, REPOSITORY
from tests.stage.programs import PROGRAMS

LINES = 8
"""From so many lines on."""
PROGRAM = re.compile(
    r"^\s*(import \w+|from [\w.]+ import|def \w+\(|class \w+|@external|pragma solidity|(abstract )?contract \w+"
    r"|library \w+|(const|let) \w+ =|await |#!)",
    re.MULTILINE,
)


def test_no_program_is_written_in_a_string() -> None:
    paths = {*PACKAGE.rglob("*.py"), *(REPOSITORY / "tests").rglob("*.py")} - {*PROGRAMS.rglob("*.py")}
    found = [f"{path.relative_to(REPOSITORY)}:{line}" for path in sorted(paths) for line in _programs(path)]
    assert not found, found


def _programs(path: Path) -> Iterator[int]:
    """Lines at which long strings begin that look like programs; of f-strings nobody could make files."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    apart = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    apart |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in apart:
            continue
        if node.value.count("\n") >= LINES and PROGRAM.search(node.value):
            yield node.lineno
