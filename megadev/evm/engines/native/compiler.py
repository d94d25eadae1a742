"""Compiles code in a thread of its own, and keeps what was compiled: in memory, and on disk for the next process.

What is kept on disk is machine code, so the folder is the user's alone, and each file's name is a hash of everything it
depends on: the code, the hardfork's opcodes, this compiler, the runtime, wasmtime's version and the machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import platform
import stat
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import msgspec

from megadev.evm.engines.bytecode import analyse
from megadev.evm.engines.native.host import Library, Module, WasmFault
from megadev.evm.engines.native.seam import Entry, outside_of
from megadev.files import write_whole
from megadev.primitives.keccak import keccak

_FORMAT: Final = b"megadev native 3"
"""To be changed with what ``plan`` and ``wasm`` make of the same code."""
LARGEST_CODE: Final = 65_535
_LARGEST_KEPT: Final = 16 << 20
_MOST_KEPT: Final = 2_000
"""Files in the folder: some 40 kB each."""
_MOST_KNOWN: Final = 512
"""Codes whose native form stays in memory, the same."""
_DIGEST: Final = 32


class Compiled(msgspec.Struct, frozen=True):
    """A code's native form. ``entries`` and ``constants``: see ``plan``. ``visited``: places it is compiled for."""

    code: bytes
    table: bytes
    module: Module
    entries: tuple[Entry, ...]
    constants: bytes
    visited: frozenset[int]


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    module: bytes
    entries: tuple[Entry, ...]
    constants: bytes
    visited: frozenset[int]


class DiskCache:
    """A folder of native code. What is not as it should be is not used, and nothing here fails a run.

    Each file begins with a hash of its name and of the rest: wasmtime trusts what it is given, so a file that was cut
    short or changed must not reach it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_safe: bool | None = None

    def _open(self) -> bool:
        """True if the folder is there and nobody else can write to it."""
        if self._is_safe is None:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._is_safe = _is_mine(self.folder.stat())
                if not self._is_safe:
                    logging.getLogger("megadev.evm").warning("%s is not used: others can write to it", self.folder)
            except OSError:
                self._is_safe = False
        return self._is_safe

    def get(self, name: str) -> bytes | None:
        """The entry ``name``."""
        if not self._open():
            return None
        try:
            with (self.folder / name).open("rb") as file:
                data = file.read() if _is_mine(os.fstat(file.fileno())) else b""
        except OSError:
            return None
        body = data[_DIGEST:]
        return body if data[:_DIGEST] == _digest(name, body) else None

    def put(self, name: str, data: bytes) -> None:
        """Keep it: whole or not at all."""
        if not self._open() or len(data) > _LARGEST_KEPT:
            return
        with contextlib.suppress(OSError):
            write_whole(self.folder / name, _digest(name, data) + data)
            files = sorted(self.folder.iterdir(), key=lambda file: file.stat().st_mtime)
            for old in files[: max(len(files) - _MOST_KEPT, 0)]:
                old.unlink(missing_ok=True)


def _is_mine(found: os.stat_result) -> bool:
    """Nobody else owns it or can write to it, as far as this system knows users."""
    return not hasattr(os, "getuid") or (
        found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + data, digest_size=_DIGEST).digest()


_Key: TypeAlias = tuple[bytes, bytes]
"""A code and the operations of the hardfork it runs under."""


class Compiler:
    """One thread that compiles what it is asked for. ``best`` is what there is of each code, for as many as are kept;
    ``serial`` grows with every change of it."""

    def __init__(self, library: Library, runtime: bytes, cache: DiskCache | None) -> None:
        self.library = library
        self.cache = cache
        self.serial = 0
        self.best: OrderedDict[_Key, Compiled] = OrderedDict()
        self._basis = keccak(
            b"\0".join((_FORMAT, keccak(runtime), library.version.encode(), platform.machine().encode()))
        )
        self._waiting: OrderedDict[_Key, tuple[dict[int, str], frozenset[int]]] = OrderedDict()
        self._lock = threading.RLock()
        """Taken as it is, and not by ``_change``: a thread that is told to end (``server/workers``) in the middle of
        taking a lock that is written in Python has it for good."""
        self._change = threading.Condition(self._lock)
        self._asked: OrderedDict[_Key, frozenset[int]] = OrderedDict()
        self._not_kept: OrderedDict[_Key, None] = OrderedDict()
        """Codes of which the disk has nothing: each arena asks anew, and most codes are never compiled."""
        self._at_work: _Key | None = None
        self._thread: threading.Thread | None = None

    def runtime(self, wasm: bytes) -> Module:
        """A runtime's module: from disk, or compiled now, which takes some 50 ms."""
        name = self._name(b"runtime", keccak(wasm))
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

    def ask(self, code: bytes, table: bytes, names: dict[int, str], visited: set[int]) -> bool:
        """Have it compiled for these places and those it has been compiled for. Whether that has still to come."""
        key = code, table
        if len(code) > LARGEST_CODE:
            return False
        with self._lock:
            known = self._asked.get(key)
            if known is not None and visited <= known:
                return key in self._waiting or key == self._at_work
            wanted = frozenset(visited) if known is None else known | visited
            _keep(self._asked, key, wanted, _MOST_KNOWN)
            self._waiting[key] = names, wanted
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="megadev-compiler", daemon=True)
                self._thread.start()
            self._change.notify()
        return True

    def _work(self) -> None:
        while True:
            with self._lock:
                while not self._waiting:
                    self._change.wait()
                self._at_work, (names, visited) = self._waiting.popitem(last=False)
            try:
                self.add(self.compile(*self._at_work, names, visited))
            except Exception as problem:  # it stays interpreted, and the thread goes on
                logging.getLogger("megadev.evm").warning("some code stays interpreted: %s", problem)
            self._at_work = None

    def add(self, compiled: Compiled) -> None:
        """From now on this is the best there is of its code."""
        with self._lock:
            _keep(self.best, (compiled.code, compiled.table), compiled, _MOST_KNOWN)
            self.serial += 1

    def compile(self, code: bytes, table: bytes, names: dict[int, str], visited: frozenset[int] | None) -> Compiled:
        """Compile now. Raises WasmFault where wasmtime refuses what was written."""
        from megadev.evm.engines.native.plan import plan

        # Python's lock is let go of now and then: another thread shall not wait for all of it
        made = plan(analyse(code), names, visited, lambda: time.sleep(0), outside_of(table))
        module = self.library.compile(made.module)
        compiled = Compiled(code, table, module, made.entries, made.constants, visited or frozenset())
        if self.cache is not None and visited is not None:
            kept = _Kept(module.kept(), made.entries, made.constants, compiled.visited)
            self.cache.put(self._name(code, table), msgspec.msgpack.encode(kept))
        return compiled

    def recall(self, code: bytes, table: bytes) -> Compiled | None:
        """Returns the knowledge about the code, from this process or from an earlier one."""
        key = code, table
        found = self.best.get(key)
        if found is not None or not code or self.cache is None or len(code) > LARGEST_CODE or key in self._not_kept:
            return found
        data = self.cache.get(self._name(code, table))
        try:
            kept = None if data is None else msgspec.msgpack.decode(data, type=_Kept)
            module = None if kept is None else self.library.restore(kept.module)
        except (msgspec.MsgspecError, WasmFault):
            kept = module = None
        with self._lock:
            if kept is None or module is None:
                _keep(self._not_kept, key, None, _MOST_KNOWN)
                return None
            found = Compiled(code, table, module, kept.entries, kept.constants, kept.visited)
            _keep(self._asked, key, kept.visited, _MOST_KNOWN)
            _keep(self.best, key, found, _MOST_KNOWN)
        return found

    def _name(self, code: bytes, table: bytes) -> str:
        return keccak(self._basis + keccak(code) + keccak(table)).hex()


_Value = TypeVar("_Value")


def _keep(known: OrderedDict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    """Put it last, and drop what has been there longest if that is too many."""
    known[key] = value
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)
