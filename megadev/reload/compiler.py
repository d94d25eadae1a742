"""Compilers: what turns changed files into contracts. They run in processes of their own, and are told where to look
for what; nothing here knows of a chain.

Foundry's own ``out`` is left alone: ``forge`` is told other folders, so that megadev's builds, which need syntax trees,
and the user's, which do not, never undo each other.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from megadev.artifacts.artifact import VYPER
from megadev.config.installation import pip_install
from megadev.errors import ConfigError, MegadevError
from megadev.primitives.guarded_json import decode_json
from megadev.reload.contracts import Build, read_foundry, read_solc, read_vyper
from megadev.reload.project import (
    SOLIDITY_SUFFIXES,
    VYPER_SUFFIXES,
    closure,
    foundry_settings,
    foundry_sources,
    remappings,
    solidity_units,
    sources,
    touched,
    vyper_units,
)

TIMEOUT_SECONDS = 600
"""Longer than any project takes."""
_RUN_SOLCJS = "process.stdout.write(require(process.argv[1]).compile(require('fs').readFileSync(0, 'utf8')))"
_FORGE_ERROR = re.compile(r"^(?:Error|.*Error) ?(?:\(\d+\))?: (.*)\n\s*-+> ([^\n]+?:\d+:\d+):?$", re.MULTILINE)
_FORGE_FAILED = "Compiler run failed"
_VYPER_HEAD = re.compile(r"^(?:[\w.]*\.)?(\w+): (.+)$")
_VYPER_PLACE = re.compile(r"^\s*contract \"(.+?)(?::\d+)?\",.*?line (\d+):(\d+)\s*$")
_HARDHAT_MARKS = ("hardhat.config.js", "hardhat.config.ts", "hardhat.config.cjs", "hardhat.config.mjs")


class CompileFailed(MegadevError):
    """Sources that do not compile: one error a line, each with file, line and column where they are known."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The compiled or read contracts."""

    contracts: Build


class Compiler(Protocol):
    """One way to get contracts."""

    @property
    def name(self) -> str: ...

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders to watch."""
        ...

    def concerns(self, path: Path) -> bool:
        """True if a change of this file is of interest."""
        ...

    def compile(self, changed: Iterable[Path] | None) -> Compiled:
        """Compiles the contracts affected by ``changed`` (None: everything). Raises ``CompileFailed``."""
        ...


def find_compilers(root: Path, paths: Iterable[Path], *, solc: Path | None = None) -> list[Compiler]:
    """Returns the compilers of the project at ``root``. ``paths``: what is watched, where the user said it. ``solc``:
    the program, or the npm package's folder. Raises ``ConfigError`` where there is nothing to compile, or nothing to do
    it with.
    """
    root = root.resolve()
    chosen = tuple(path.resolve() for path in paths)
    for path in chosen:
        if not path.exists():
            raise ConfigError(f"--watch: {path} does not exist")
    folders = chosen if chosen and chosen != (root,) else ()
    found: list[Compiler] = []
    vyper = _vyper()
    own_vyper = vyper is not None and bool(sources(folders or (root,), (".vy",)))
    if (root / "foundry.toml").is_file():
        forge = shutil.which("forge") or shutil.which("forge", path=str(Path.home() / ".foundry" / "bin"))
        watched = folders or (foundry_sources(root),)
        found.append(Forge(root, watched, forge, own_vyper) if forge else FoundryFolder(root, own_vyper))
    elif any((root / mark).is_file() for mark in _HARDHAT_MARKS):
        found.append(HardhatFolder(root))
    elif sources(folders or (root,), SOLIDITY_SUFFIXES):
        found.append(Solc(root, folders or (root,), _solc(root, solc)))
    if own_vyper and vyper is not None:
        found.append(Vyper(root, folders or (root,), vyper))
    if not found:
        there = bool(sources(folders or (root,), VYPER_SUFFIXES))
        remedy = f"install Vyper ({pip_install('vyper')})" if there else "name the folder of the contracts"
        raise ConfigError(f"--watch: no contracts that can be compiled in {root}: {remedy}")
    return found


def _vyper() -> list[str] | None:
    beside = Path(sys.executable).with_name("vyper")
    if beside.is_file():
        return [str(beside)]
    found = shutil.which("vyper")
    if found is not None:
        return [found]
    return [sys.executable, "-m", "vyper.cli.vyper_compile"] if find_spec("vyper") is not None else None


def _solc(root: Path, named: Path | None) -> list[str]:
    """The command that takes solc's standard JSON input."""
    if named is not None:
        if named.is_dir():
            return ["node", "-e", _RUN_SOLCJS, str(named.resolve())]
        return [str(named), "--standard-json"]
    native = shutil.which("solc")
    if native is not None:
        return [native, "--standard-json"]
    package = root / "node_modules" / "solc"
    if package.is_dir() and shutil.which("node") is not None:
        return ["node", "-e", _RUN_SOLCJS, str(package)]
    if find_spec("solcx") is not None:
        return [_from_solcx(root), "--standard-json"]
    raise ConfigError(
        "--watch: the project has Solidity sources and no solc was found: put it on PATH, name it with --solc, "
        "or pip install py-solc-x"
    )


def _from_solcx(root: Path) -> str:
    """A compiler that py-solc-x has, or fetches, for the version that the sources ask for."""
    solcx = import_module("solcx.install")  # an extra
    pragma = next(
        (
            found[1].strip()
            for path in sources((root,), SOLIDITY_SUFFIXES)
            if (found := re.search(r"pragma\s+solidity\s+([^;]+);", path.read_text(errors="replace")))
        ),
        "*",
    )
    try:
        version = solcx.select_pragma_version(f"pragma solidity {pragma};", solcx.get_installed_solc_versions())
        if version is None:
            version = solcx.install_solc_pragma(f"pragma solidity {pragma};")
        return str(solcx.get_executable(version))
    except Exception as problem:  # py-solc-x has no common base for what it raises
        raise ConfigError(f"--watch: py-solc-x has no solc for {pragma}: {problem}") from None


def _run(command: list[str], cwd: Path, given: str = "") -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=cwd, input=given, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise CompileFailed(f"{command[0]}: {problem}") from None


@dataclass
class Solc:
    """Plain Solidity sources, by solc's standard JSON."""

    root: Path
    folders: tuple[Path, ...]
    command: list[str]
    name: str = "solc"

    def concerns(self, path: Path) -> bool:
        return path.suffix in SOLIDITY_SUFFIXES

    def compile(self, changed: Iterable[Path] | None) -> Compiled:
        units = solidity_units(self.root, sources(self.folders, SOLIDITY_SUFFIXES))
        own = {name for name, unit in units.items() if _below(unit.path, self.folders)}
        targets = own if changed is None else touched(self.root, units, changed) & own
        if not targets:
            return Compiled({})
        wanted = ["abi", "metadata", "evm.bytecode", "evm.deployedBytecode"]
        selection: dict[str, dict[str, list[str]]] = {"*": {"": ["ast"]}}
        selection |= {name: {"": ["ast"], "*": wanted} for name in targets}
        request = {
            "language": "Solidity",
            "sources": {name: {"content": units[name].text} for name in closure(units, targets)},
            "settings": {
                "outputSelection": selection,
                "remappings": [f"{before}={after}" for before, after in remappings(self.root)],
            },
        }
        done = _run(self.command, self.root, json.dumps(request))
        start = done.stdout.find("{")
        try:
            output = decode_json(done.stdout[start:]) if start >= 0 else {}
        except ValueError:
            output = {}
        if not output:
            raise CompileFailed(done.stderr.strip() or f"{self.command[0]} printed nothing")
        errors = [error for error in output.get("errors", ()) if error.get("severity") == "error"]
        if errors:
            texts = {name: unit.text for name, unit in units.items()}
            raise CompileFailed("\n".join(dict.fromkeys(_solc_error(error, texts) for error in errors)))
        build = read_solc(done.stdout[start:].encode(), self.root)
        return Compiled({key: found for key, found in build.items() if found.source in targets})


def _solc_error(error: Mapping[str, Any], texts: Mapping[str, str]) -> str:
    where = error.get("sourceLocation") or {}
    text = texts.get(where.get("file", ""))
    message = f"{error.get('type', 'Error')}: {error.get('message', '')}"
    if text is None:
        return message
    before = text.encode()[: max(0, where.get("start", 0))].decode(errors="replace")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return f"{where['file']}:{line}:{column}: {message}"


def _below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.resolve().is_relative_to(folder) for folder in folders)


@dataclass
class Vyper:
    """Vyper sources, by its command."""

    root: Path
    folders: tuple[Path, ...]
    command: list[str]
    name: str = "vyper"

    def concerns(self, path: Path) -> bool:
        return path.suffix in VYPER_SUFFIXES

    def compile(self, changed: Iterable[Path] | None) -> Compiled:
        units = vyper_units(self.root, sources(self.folders, VYPER_SUFFIXES))
        targets = set(units) if changed is None else touched(self.root, units, changed)
        # an empty source is one that is being written: to Vyper it would be a contract without variables
        targets = {name for name in targets if name.endswith(".vy") and units[name].text.strip()}
        if not targets:
            return Compiled({})
        closures = {name: tuple(units[each].text for each in sorted(closure(units, [name]))) for name in targets}
        done = self._compile(sorted(targets))
        if done.returncode == 0:
            return Compiled(read_vyper(done.stdout.encode(), self.root, closures))
        build: Build = {}
        errors = []
        imported = {other for unit in units.values() for other in unit.imports}
        for name in sorted(targets):
            one = self._compile([name])
            if one.returncode == 0:
                build |= read_vyper(one.stdout.encode(), self.root, closures)
            elif name not in imported:  # a module need not compile by itself
                errors.append(_vyper_error(one.stderr))
        if errors:
            raise CompileFailed("\n".join(dict.fromkeys(errors)))
        return Compiled(build)

    def _compile(self, names: list[str]) -> subprocess.CompletedProcess[str]:
        return _run([*self.command, "-f", "combined_json", "--", *names], self.root)


def _vyper_error(printed: str) -> str:
    """Returns the compiler's messages for people, one line for each error."""
    errors, head = [], ""
    for line in printed.splitlines():
        if (found := _VYPER_HEAD.match(line)) is not None:
            head = f"{found[1]}: {found[2]}"
        elif (found := _VYPER_PLACE.match(line)) is not None:
            errors.append(f"{found[1]}:{found[2]}:{int(found[3]) + 1}: {head}")
    return "\n".join(errors) or printed.strip() or "vyper failed and reported no error"


@dataclass
class FoundryFolder:
    """Foundry's output, for projects on machines without ``forge``."""

    root: Path
    without_vyper: bool
    name: str = "Foundry's artifacts"

    @property
    def out(self) -> Path:
        named = foundry_settings(self.root).get("out")
        return self.root / (named if isinstance(named, str) else "out")

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.out,)

    def concerns(self, path: Path) -> bool:
        return path.suffix == ".json"

    def compile(self, changed: Iterable[Path] | None) -> Compiled:
        named = foundry_settings(self.root).get("cache_path")
        cache = self.root / (named if isinstance(named, str) else "cache") / "solidity-files-cache.json"
        return Compiled(_without_vyper(read_foundry(self.out, cache, self.root), self.without_vyper))


def _without_vyper(build: Build, left_out: bool) -> Build:
    return {key: found for key, found in build.items() if not left_out or found.artifact.language != VYPER}


class Forge:
    """A Foundry project, by ``forge build``."""

    name = "forge"

    def __init__(self, root: Path, folders: tuple[Path, ...], program: str, without_vyper: bool) -> None:
        self.root = root
        self.folders = folders
        self._program = program
        self._without_vyper = without_vyper
        self._own = root / "cache" / "megadev"
        self._suffixes = SOLIDITY_SUFFIXES if without_vyper else SOLIDITY_SUFFIXES + VYPER_SUFFIXES

    def concerns(self, path: Path) -> bool:
        return path.suffix in self._suffixes

    def compile(self, changed: Iterable[Path] | None) -> Compiled:
        files: list[str] = []
        if changed is not None:
            units = solidity_units(self.root, sources(self.folders, self._suffixes))
            files = sorted(touched(self.root, units, changed))
            if not files:
                return Compiled({})
        # all of what is touched in one run, for only there do the numbers in its syntax trees agree
        where = ("--out", str(self._own / "out"), "--cache-path", str(self._own / "cache"))
        cache = self._own / "cache" / "solidity-files-cache.json"
        before = _stamp(cache)
        done = _run([self._program, "build", "--force", "--ast", *where, "--color", "never", "--", *files], self.root)
        # npm's forge exits with 0 whatever happens; what a build has made is newer than what was there
        if done.returncode or _stamp(cache) in (None, before) or _FORGE_FAILED in done.stdout + done.stderr:
            printed = f"{done.stdout}\n{done.stderr}"
            errors = [f"{place}: {message}" for message, place in _FORGE_ERROR.findall(printed)]
            said = "\n".join(dict.fromkeys(errors)) or printed.strip()
            raise CompileFailed(said or f"{self._program} built nothing and reported no error")
        build = read_foundry(self._own / "out", cache, self.root)
        made = _without_vyper(build, self._without_vyper)
        return Compiled({key: found for key, found in made.items() if not files or found.source in files})


def _stamp(path: Path) -> int | None:
    """Returns a file's modification time in ns; None if it does not exist."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


class HardhatFolder:
    """Hardhat's output: ``npx hardhat compile`` (or ``watch``) is left to the user."""

    name = "Hardhat's artifacts"

    def __init__(self, root: Path) -> None:
        self.root = root
        self._infos = root / "artifacts" / "build-info"
        self._seen: dict[Path, tuple[int, int]] = {}

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.root / "artifacts",)

    def concerns(self, path: Path) -> bool:
        return path.suffix == ".json"

    def compile(self, changed: Iterable[Path] | None) -> Compiled:
        found: Build = {}
        again = set(changed or ())  # of these the last build may have come to nothing, by another compiler's error
        files = sorted(self._infos.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        for path in files:
            stamp = (path.stat().st_mtime_ns, path.stat().st_size)
            if self._seen.get(path) != stamp or path in again:
                try:
                    found |= read_solc(path.read_bytes(), self.root)
                except ValueError:
                    continue  # half written: another change follows
                self._seen[path] = stamp
        return Compiled(found)
