"""Reading our own source as data, for the tests of this folder."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "megadev"


@dataclass(frozen=True)
class Module:
    """One of our source files."""

    path: Path

    @property
    def name(self) -> str:
        """Its dotted name below ``megadev``; packages end with ``.__init__``."""
        return ".".join(self.path.relative_to(PACKAGE).with_suffix("").parts)

    @property
    def tree(self) -> ast.Module:
        return _parse(self.path)


@dataclass(frozen=True)
class Import:
    """One import statement's target: an absolute dotted module name, perhaps with the imported name at its end."""

    target: str
    line: int
    type_only: bool
    top_level: bool


def modules() -> list[Module]:
    return [Module(path) for path in sorted(PACKAGE.rglob("*.py"))]


def imports(module: Module) -> Iterator[Import]:
    """Every import in a module, wherever it stands."""

    def walk(node: ast.AST, type_only: bool, top_level: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, type_only, top_level)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{module.name}:{child.lineno}: imports here are absolute"
                for alias in child.names:
                    yield Import(f"{child.module}.{alias.name}", child.lineno, type_only, top_level)
            elif isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
                for statement in child.body:
                    yield from walk(ast.Module([statement], []), True, top_level)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, type_only, top_level and not inside)

    yield from walk(module.tree, False, True)


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))
