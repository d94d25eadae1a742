"""Each package says what it owns, what it imports and where to start reading; each module says what it owns."""

from __future__ import annotations

import ast

from tests.house.source import PACKAGE, modules

VAGUE = {"utils", "util", "helpers", "helper", "manager", "service", "handler", "data", "misc", "common"}


def test_every_folder_with_code_is_a_package() -> None:
    bare = {path.parent for path in PACKAGE.rglob("*.py")} - {path.parent for path in PACKAGE.rglob("__init__.py")}
    assert not bare, f"no __init__.py in {sorted(map(str, bare))}"


def test_every_module_has_a_docstring() -> None:
    silent = [module.name for module in modules() if not ast.get_docstring(module.tree)]
    assert not silent


def test_a_package_says_what_it_imports_and_where_to_start() -> None:
    packages = [m for m in modules() if m.path.name == "__init__.py" and m.path.parent.parent == PACKAGE]
    incomplete = []
    for package in packages:
        text = (ast.get_docstring(package.tree) or "").lower()
        if "import" not in text or "start" not in text:
            incomplete.append(package.name)
    assert not incomplete


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [module.name for module in modules() if VAGUE & set(module.name.split("."))]
