"""Each package says what it owns, what it imports and where to start reading; each module says what it owns."""

from __future__ import annotations

import ast
import re

from tests.house.source import PACKAGE, imports, modules
from tests.house.test_layers import LAYERS

VAGUE = {"utils", "util", "helpers", "helper", "manager", "service", "handler", "data", "misc", "common"}


def test_every_folder_with_code_is_a_package() -> None:
    bare = {path.parent for path in PACKAGE.rglob("*.py")} - {path.parent for path in PACKAGE.rglob("__init__.py")}
    assert not bare, f"no __init__.py in {sorted(map(str, bare))}"


def test_every_module_has_a_docstring() -> None:
    silent = [module.name for module in modules() if not ast.get_docstring(module.tree)]
    assert not silent


def test_a_package_documents_its_imports_and_its_entry() -> None:
    packages = [m for m in modules() if m.path.name == "__init__.py" and m.path.parent.parent == PACKAGE]
    incomplete = []
    for package in packages:
        text = (ast.get_docstring(package.tree) or "").lower()
        if "import" not in text or "start" not in text:
            incomplete.append(package.name)
    assert not incomplete


def test_the_documented_imports_are_the_actual_ones() -> None:
    wrong = []
    for package in modules():
        if package.path.name != "__init__.py" or package.path.parent.parent != PACKAGE:
            continue
        text = ast.get_docstring(package.tree) or ""
        said = re.search(r"May import: (.*?)\.(?:\s|$)", text, re.DOTALL)
        names = re.sub(r"\([^)]*\)", "", said[1]) if said else ""
        told = {name for name in re.findall(r"[a-z_]+", names) if name in LAYERS}
        own = package.path.parent.name
        true = {
            other
            for module in modules()
            if module.name.split(".")[0] == own
            for found in imports(module)
            if found.target.startswith("megadev.") and (other := found.target.split(".")[1]) in LAYERS and other != own
        }
        if told != true:
            listed = ", ".join(sorted(true, key=lambda name: (LAYERS[name], name))) or "nothing"
            wrong.append(f"megadev/{own}/__init__.py should say: May import: {listed}.")
    assert not wrong, "\n".join(wrong)


def test_no_module_has_a_vague_name() -> None:
    assert not [module.name for module in modules() if VAGUE & set(module.name.split("."))]
