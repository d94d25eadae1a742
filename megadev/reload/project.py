"""The project that is watched: of what kind it is, where its sources lie, and what each of them imports."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from megadev.artifacts.layout import vyper_imports

SOLIDITY_SUFFIXES, VYPER_SUFFIXES = (".sol",), (".vy", ".vyi")
SKIPPED_FOLDERS = frozenset(
    {"node_modules", "out", "artifacts", "cache", "build", "lib", "venv", "dist", "broadcast", "__pycache__"}
)
"""What lies there is made by tools, or comes from elsewhere."""
MAX_SOURCES = 5_000
_Imported: TypeAlias = "tuple[str, Path | None]"
"""A source's name, and where it lies if that is known."""
_SOLIDITY_IMPORT = re.compile(r"""(?:^|;)\s*import\s+(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']""", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def sources(folders: Iterable[Path], suffixes: tuple[str, ...]) -> list[Path]:
    """Files with these suffixes below ``folders`` (or among them), in order."""
    found: set[Path] = set()
    waiting = list(folders)
    while waiting and len(found) < MAX_SOURCES:
        path = waiting.pop()
        if path.is_file():
            if path.suffix in suffixes:
                found.add(path)
            continue
        try:
            entries = list(path.iterdir())
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir():
                if entry.name not in SKIPPED_FOLDERS and not entry.name.startswith("."):
                    waiting.append(entry)
            elif entry.suffix in suffixes:
                found.add(entry)
    return sorted(found)


def foundry_settings(root: Path) -> Mapping[str, object]:
    """The default profile of ``foundry.toml``; {} where it cannot be read."""
    try:
        with (root / "foundry.toml").open("rb") as file:
            found = tomllib.load(file).get("profile", {}).get("default", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


def foundry_sources(root: Path) -> Path:
    """Returns the folder of a Foundry project's contracts."""
    named = foundry_settings(root).get("src")
    if isinstance(named, str):
        return root / named
    return root / "contracts" if (root / "contracts").is_dir() and not (root / "src").is_dir() else root / "src"


def remappings(root: Path) -> list[tuple[str, str]]:
    """Returns the import prefixes of ``remappings.txt`` and ``foundry.toml``, and their folders."""
    lines: list[str] = []
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines += (root / "remappings.txt").read_text(encoding="utf-8").splitlines()
    configured = foundry_settings(root).get("remappings")
    lines += [line for line in configured if isinstance(line, str)] if isinstance(configured, list) else []
    pairs = (line.partition(":")[2] if ":" in line.partition("=")[0] else line for line in lines)
    return [(before, after) for before, sign, after in (pair.strip().partition("=") for pair in pairs) if sign]


@dataclass(frozen=True, slots=True)
class Unit:
    """A source as a compiler is told it. ``imports``: names of others, also of files that are missing."""

    name: str
    path: Path
    text: str
    imports: tuple[str, ...]


def solidity_units(root: Path, files: Iterable[Path]) -> dict[str, Unit]:
    """``files`` and all that they import, by the name that solc uses. What is not found is left to solc to complain
    about."""
    mapped = remappings(root)

    def imports(name: str, path: Path, text: str) -> Iterator[_Imported]:
        for written in _SOLIDITY_IMPORT.findall(_COMMENT.sub("", text)):
            imported = _solidity_name(name, written, mapped)
            yield imported, next((place for place in _places(root, imported) if place.is_file()), None)

    return _units(root, files, imports)


def vyper_units(root: Path, files: Iterable[Path]) -> dict[str, Unit]:
    """``files`` and the modules and interfaces they import, as far as these are files of the project."""

    def imports(name: str, path: Path, text: str) -> Iterator[_Imported]:
        for module in vyper_imports(text):
            candidates = [
                (folder / module).resolve().with_name(module.name + suffix)
                for folder in (path.parent, root)
                for suffix in VYPER_SUFFIXES
            ]
            found = next((candidate for candidate in candidates if candidate.is_file()), None)
            if found is not None:
                yield _unit_name(root, found), found
            else:
                yield from ((_unit_name(root, candidate), None) for candidate in candidates)

    return _units(root, files, imports)


def _units(
    root: Path, files: Iterable[Path], imports: Callable[[str, Path, str], Iterator[_Imported]]
) -> dict[str, Unit]:
    """``files`` and what they import, one after the other. ``imports``: what the source of that name, at that path,
    with that text imports.
    """
    units: dict[str, Unit] = {}
    waiting = [(_unit_name(root, path), path) for path in files]
    while waiting:
        name, path = waiting.pop()
        if name in units:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        imported = list(imports(name, path, text))
        waiting += [(other, found) for other, found in imported if found is not None]
        units[name] = Unit(name, path, text, tuple(other for other, _ in imported))
    return units


def closure(units: Mapping[str, Unit], names: Iterable[str]) -> set[str]:
    """``names`` and all that they import."""
    found: set[str] = set()
    waiting = [name for name in names if name in units]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [imported for imported in units[name].imports if imported in units]
    return found


def touched(root: Path, units: Mapping[str, Unit], changed: Iterable[Path]) -> set[str]:
    """Returns the files to compile again: the changed ones, and all that import them, existing or not."""
    paths = {path.resolve() for path in changed}
    found = {name for name, unit in units.items() if unit.path.resolve() in paths}
    found |= {_unit_name(root, path) for path in paths}
    growing = True
    while growing:
        more = {name for name, unit in units.items() if name not in found and found.intersection(unit.imports)}
        found |= more
        growing = bool(more)
    return found & units.keys()


def _unit_name(root: Path, path: Path) -> str:
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else resolved.as_posix()


def _solidity_name(importer: str, written: str, mapped: list[tuple[str, str]]) -> str:
    """The name of an imported source ("Import Path Resolution" in the Solidity documentation)."""
    if written.startswith("."):
        parts = list(PurePosixPath(importer).parent.parts)
        for part in PurePosixPath(written).parts:
            if part == "..":
                parts = parts[:-1]
            elif part != ".":
                parts.append(part)
        return "/".join(parts)
    best = max((pair for pair in mapped if written.startswith(pair[0])), key=lambda pair: len(pair[0]), default=None)
    return written if best is None else best[1] + written.removeprefix(best[0])


def _places(root: Path, name: str) -> Iterator[Path]:
    """Yields the possible places of a source with that name."""
    yield root / name
    yield root / "node_modules" / name
    yield root / "lib" / name
