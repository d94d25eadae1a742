"""A developer's project on disk: where it begins, where its artifacts lie, and which of them have changed."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from megadev.artifacts.artifact import Artifact
from megadev.clock import SystemClock

MARKS = (
    "foundry.toml", "hardhat.config.js", "hardhat.config.ts", "hardhat.config.cjs", "hardhat.config.mjs",
    "hardhat.config.cts", "hardhat.config.mts", "truffle-config.js", "brownie-config.yaml", "ape-config.yaml",
    "ape-config.yml", "ape-config.json", "moccasin.toml", "megadev.toml",
)  # fmt: skip
"""Files that stand in the top directory of a project."""
FOLDERS = ("out", "artifacts", "build", ".build")
"""Where tools put artifacts: Foundry and moccasin, Hardhat, Brownie and Truffle, Ape."""
SKIPPED_FOLDERS = frozenset({"build-info", "node_modules", "cache", ".git", ".cache", "deployments", "interfaces"})
MAX_FILES = 20_000
"""JSON files that are looked at."""
MAX_ENTRIES = 200_000
"""Directory entries that are looked at: ``build`` may hold anything."""
MAX_DEPTH = 12
MAX_FILE_BYTES = 64 * 1024 * 1024
BUDGET_NS = 1_000_000_000
"""How long one look may read files; the rest is read by the next."""
monotonic_ns = SystemClock().monotonic_ns
"""How much is read at a time decides nothing on the chain, so no clock is injected."""


def find_root(directory: Path) -> Path:
    """The nearest directory at or above ``directory`` that has one of ``MARKS``; without any, ``directory`` itself."""
    try:
        start = directory.absolute()
    except OSError:  # the working directory is gone
        return directory
    for candidate in (start, *start.parents):
        if any((candidate / mark).is_file() for mark in MARKS):
            return candidate
    return start


def artifact_folders(root: Path) -> list[Path]:
    """The directories of ``root`` that may hold artifacts, Foundry's own setting (``out``) first."""
    names = [*FOLDERS]
    try:
        with (root / "foundry.toml").open("rb") as file:
            out = tomllib.load(file).get("profile", {}).get("default", {}).get("out")
    except (OSError, ValueError, AttributeError):
        out = None
    if isinstance(out, str) and out:
        names = [out, *(name for name in names if name != out)]
    return [root / name for name in names if (root / name).is_dir()]


class _File(msgspec.Struct, frozen=True):
    """A file as it was when it was read."""

    modified_ns: int
    size: int
    artifacts: tuple[Artifact, ...]


class Project:
    """The artifacts of the project that ``directory`` lies in. Not for several threads at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._root: Path | None = None
        self._files: dict[str, _File] = {}
        self.skipped: dict[str, str] = {}
        """Files that look like artifacts and are none, with the reason."""
        self.looked_for_ns = 0
        """How long the last look took that found nothing to read."""

    @property
    def root(self) -> Path:
        if self._root is None:
            self._root = find_root(self._directory)
        return self._root

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The artifacts read so far, by path."""
        return tuple(artifact for path in sorted(self._files) for artifact in self._files[path].artifacts)

    def look(self) -> bool:
        """Read what is new or has changed since the last look, the latest first, and forget what is gone; whether
        anything did."""
        began = monotonic_ns()
        present = {path: (modified, size) for path, modified, size in _json_files(artifact_folders(self.root))}
        gone = self._files.keys() - present.keys()
        for path in gone:
            del self._files[path]
            self.skipped.pop(path, None)
        changed = [
            (modified, size, path)
            for path, (modified, size) in present.items()
            if (known := self._files.get(path)) is None or (known.modified_ns, known.size) != (modified, size)
        ]
        self.looked_for_ns = monotonic_ns() - began
        for modified, size, path in sorted(changed, reverse=True):
            self._files[path] = _File(modified, size, self._read(path, size))
            if monotonic_ns() - began > BUDGET_NS:
                self.looked_for_ns = 0  # the next question goes on with the rest
                break
        return bool(gone or changed)

    def _read(self, path: str, size: int) -> tuple[Artifact, ...]:
        from megadev.artifacts.formats.origin import Origin
        from megadev.artifacts.formats.reading import read  # 10 ms: a node that starts has nothing to read yet

        self.skipped.pop(path, None)
        try:
            if size > MAX_FILE_BYTES:
                raise ValueError(f"larger than {MAX_FILE_BYTES} bytes")
            with open(path, "rb") as file:
                data = file.read(MAX_FILE_BYTES)
            if b'"abi"' not in data and b'"inputs"' not in data:
                return ()  # whatever it is, nobody meant it as an artifact
            return tuple(read(data, Origin(Path(path), self.root)))
        except (OSError, ValueError) as problem:
            self.skipped[path] = str(problem)
            return ()


def _json_files(folders: list[Path]) -> Iterator[tuple[str, int, int]]:
    """Path, time of change and size of what may be an artifact below ``folders``, within bounds."""
    entries = files = 0
    waiting = [(str(folder), 0) for folder in reversed(folders)]
    seen: set[str] = set()
    while waiting:
        folder, depth = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        try:
            listed = list(os.scandir(folder))
        except OSError:
            continue
        for entry in listed:
            entries += 1
            if entries > MAX_ENTRIES or files >= MAX_FILES:
                return
            try:
                if entry.is_dir(follow_symlinks=False):
                    if depth < MAX_DEPTH and entry.name not in SKIPPED_FOLDERS:
                        waiting.append((entry.path, depth + 1))
                elif entry.name.endswith(".json") and not entry.name.endswith((".dbg.json", ".metadata.json")):
                    found = entry.stat()
                    if stat.S_ISREG(found.st_mode):
                        files += 1
                        yield entry.path, found.st_mtime_ns, found.st_size
            except OSError:
                continue
