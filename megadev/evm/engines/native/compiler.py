"""Compiles code in a thread of its own, and keeps what was compiled: in memory, and on disk for the next process.

What is kept on disk is machine code, so the folder is the user's alone, and each file's name is a hash of everything it
depends on: the code, the hardfork's opcodes, this compiler, the runtime, wasmtime's version and the machine.
"""

from __future__ import annotations

import logging
import os
import platform
import queue
import stat
import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from megadev.evm.engines.bytecode import analyse
from megadev.evm.engines.native.host import Library, Module, WasmFault
from megadev.evm.engines.native.plan import Entry, plan
from megadev.primitives.keccak import keccak

_FORMAT: Final = b"megadev native 1"
"""To be changed with what ``plan`` and ``wasm`` make of the same code."""
LARGEST_CODE: Final = 65_535
_LARGEST_KEPT: Final = 16 << 20
_MOST_KEPT: Final = 2_000
"""Files in the folder: some 40 kB each."""


class Compiled(msgspec.Struct, frozen=True):
    """A code's native form. ``entries`` and ``constants``: see ``plan``. ``visited``: for how many visited places."""

    code: bytes
    table: bytes
    module: Module
    entries: tuple[Entry, ...]
    constants: bytes
    visited: int


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    module: bytes
    entries: tuple[Entry, ...]
    constants: bytes
    visited: int


class DiskCache:
    """A folder of native code. What is not as it should be is not used, and nothing here fails a run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_safe: bool | None = None

    def _open(self) -> bool:
        """Whether the folder is there and nobody else can write to it."""
        if self._is_safe is None:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                found = self.folder.stat()
                mine = not hasattr(os, "getuid") or (
                    found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
                )
                self._is_safe = mine
                if not mine:
                    logging.getLogger("megadev.evm").warning("%s is not used: others can write to it", self.folder)
            except OSError:
                self._is_safe = False
        return self._is_safe

    def get(self, name: str) -> bytes | None:
        """What was kept under ``name``."""
        if not self._open():
            return None
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def put(self, name: str, data: bytes) -> None:
        """Keep it: whole or not at all."""
        if not self._open() or len(data) > _LARGEST_KEPT:
            return
        made = self.folder / f".{name}.{os.getpid()}"
        try:
            made.write_bytes(data)
            made.replace(self.folder / name)
            files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime)
            for old in files[: max(len(files) - _MOST_KEPT, 0)]:
                old.unlink(missing_ok=True)
        except OSError:
            made.unlink(missing_ok=True)


class Compiler:
    """One thread that compiles what it is asked for; ``results`` grows, and is never rewritten."""

    def __init__(self, library: Library, runtime: bytes, cache: DiskCache | None) -> None:
        self.library = library
        self.cache = cache
        self.results: list[Compiled] = []
        self.best: dict[tuple[bytes, bytes], Compiled] = {}
        self._basis = keccak(
            b"\0".join((_FORMAT, keccak(runtime), library.version.encode(), platform.machine().encode()))
        )
        self._waiting: queue.SimpleQueue[tuple[bytes, bytes, dict[int, str], set[int] | None]] = queue.SimpleQueue()
        self._asked: dict[tuple[bytes, bytes], int] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def runtime(self, wasm: bytes) -> Module:
        """The runtime's module: from disk, or compiled now, which takes a tenth of a second."""
        name = self._name(b"runtime", b"")
        kept = self.cache.get(name) if self.cache is not None else None
        if kept is not None:
            try:
                return self.library.restore(kept)
            except WasmFault:
                pass  # another wasmtime or another machine
        module = self.library.compile(wasm)
        if self.cache is not None:
            self.cache.put(name, module.kept())
        return module

    def ask(self, code: bytes, table: bytes, names: dict[int, str], visited: set[int]) -> None:
        """Have it compiled, for these places, if that is new."""
        if len(code) > LARGEST_CODE or len(visited) <= self._asked.get((code, table), -1):
            return
        self._asked[code, table] = len(visited)
        self._waiting.put((code, table, names, visited))
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="megadev-compiler", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            code, table, names, visited = self._waiting.get()
            try:
                self._add(self.compile(code, table, names, visited))
            except WasmFault as fault:
                logging.getLogger("megadev.evm").warning("some code stays interpreted: %s", fault)

    def _add(self, compiled: Compiled) -> None:
        self.best[compiled.code, compiled.table] = compiled
        self.results.append(compiled)

    def compile(self, code: bytes, table: bytes, names: dict[int, str], visited: set[int] | None) -> Compiled:
        """Compile now. Raises WasmFault where wasmtime refuses what was written."""
        # a lock is let go of between versions: another thread shall not wait for all of them
        made = plan(analyse(code), names, visited, lambda: time.sleep(0))
        module = self.library.compile(made.module)
        compiled = Compiled(code, table, module, made.entries, made.constants, len(visited or ()))
        if self.cache is not None and visited is not None:
            kept = _Kept(module.kept(), made.entries, made.constants, compiled.visited)
            self.cache.put(self._name(code, table), msgspec.msgpack.encode(kept))
        return compiled

    def recall(self, code: bytes, table: bytes) -> Compiled | None:
        """What is known of the code, from this process or from an earlier one."""
        found = self.best.get((code, table))
        if found is not None or self.cache is None or len(code) > LARGEST_CODE:
            return found
        data = self.cache.get(self._name(code, table))
        if data is None:
            return None
        try:
            kept = msgspec.msgpack.decode(data, type=_Kept)
            module = self.library.restore(kept.module)
        except (msgspec.MsgspecError, WasmFault):
            return None
        found = Compiled(code, table, module, kept.entries, kept.constants, kept.visited)
        self._asked[code, table] = kept.visited
        self.best[code, table] = found
        return found

    def _name(self, code: bytes, table: bytes) -> str:
        return keccak(self._basis + keccak(code) + keccak(table)).hex()
