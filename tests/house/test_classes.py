"""No class does everything: what has more methods than a reader can hold is several things."""

from __future__ import annotations

import ast

from tests.house.source import modules

MOST_METHODS = 45


def test_no_class_has_too_many_methods() -> None:
    large = [
        f"{module.name}:{node.lineno}: {node.name} has {count} methods; at most {MOST_METHODS}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and (count := sum(isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) for each in node.body))
        > MOST_METHODS
    ]
    assert not large, "\n".join(large)
