"""The state shared by a process's native runs: the library, the compiler, unused arenas; and when code is compiled.

Code is interpreted first, by the runtime. Once it has been for long, within a run or over many, it is compiled for the
places that were visited; what runs in it meanwhile goes on natively at the next loop's head. Where compiled code is
left at places nobody had visited and that grows hot too, it is compiled again with these.
"""

from __future__ import annotations

import logging
import threading
from functools import cache
from pathlib import Path
from typing import Final

from megadev.errors import ConfigError
from megadev.evm.engines.frames import Call, Machine
from megadev.evm.engines.native.arena import Arena
from megadev.evm.engines.native.compiler import LARGEST_CODE, Compiled, Compiler, DiskCache
from megadev.evm.engines.native.frames import GivenUp, NativeRun
from megadev.evm.engines.native.host import HostUnavailable, Module, WasmFault, load
from megadev.evm.engines.native.runtime.rebuild import RESULT
from megadev.evm.engines.native.seam import operations_table
from megadev.state.reader import StateReader

HOT: Final = 25_000
"""Jump destinations of one code that have been interpreted before it is compiled: some 2 ms, where compiling it takes a
worker thread 5 to 25."""
_HOT_PER_PLACE: Final = 1_000
"""So many more for each place that the code has been compiled for: all of it will be compiled again."""
_MOST_DOUBLINGS: Final = 12
"""Where nothing new can be compiled, the next look is due after twice as much as this one, so often."""
_MOST_IDLE: Final = 4
"""Arenas kept for the next run: one for each thread that executes at the same time."""
_LEAST_IDLE: Final = 2
"""So many may know different states before one has to forget."""
_FOLDER: Final = Path("~/.cache/megadev/native")


class Tier:
    """``at_once``: compile every code, whole, before it first runs; for tests. ``cache``: the folder for what was
    compiled."""

    def __init__(self, cache: Path | None = None, at_once: bool = False) -> None:
        self.at_once = at_once
        self.heat_limit = HOT
        self._cache = cache
        self._lock = threading.Lock()
        self._compiler: Compiler | None = None
        self._runtimes: dict[Path, Module] = {}
        self._forbidden = ""
        """Why code cannot run natively here."""
        self._idle: dict[bytes, list[Arena]] = {}
        self._tables: dict[tuple[int, type[NativeRun]], tuple[dict[int, str], bytes]] = {}
        self._names: dict[bytes, dict[int, str]] = {}

    def _table(self, names: dict[int, str], kind: type[NativeRun]) -> bytes:
        known = self._tables.get((id(names), kind))
        if known is None or known[0] is not names:
            known = self._tables[id(names), kind] = names, operations_table(names, kind.volatile)
            self._names[known[1]] = names
        return known[1]

    def run(self, machine: Machine, call: Call, kind: type[NativeRun] = NativeRun) -> bool:
        """Run an outermost frame, as ``Machine.run`` does. False, with nothing done, where it must be run in Python."""
        arena = self.take(machine, kind)
        if arena is None:
            return False
        try:
            kind(self, arena, machine, call).run()
            fits = True
        except GivenUp as given_up:
            if given_up.is_full:
                arena.clear_codes()
            fits = False
        # an exception raised from anywhere, such as a deadline's, finds the arena as it happens to be: it goes
        self.give_back(arena)
        return fits

    def take(self, machine: Machine, kind: type[NativeRun] = NativeRun) -> Arena | None:
        """An arena for the machine's rules, until it is given back. None where native code cannot be had: said once."""
        table, reader = self._table(machine.mnemonics, kind), machine.journal.reader
        with self._lock:
            idle = self._idle.get(table)
            arena = idle.pop() if idle and idle[-1].known.is_at(reader) else _nearest(idle, reader)
            if arena is None:
                if self._forbidden:
                    return None
                try:
                    arena = self._new_arena(table, kind.runtime)
                except (HostUnavailable, WasmFault, MemoryError) as error:
                    self._forbidden = str(error) or type(error).__name__
                    logging.getLogger("megadev.evm").warning("EVM code is interpreted in Python: %s", self._forbidden)
                    return None
            elif arena.is_full:
                arena.clear_codes()
            self._install_new(arena)
        arena.follow(reader)
        return arena

    def require(self) -> None:
        """Raises ConfigError where code cannot run natively."""
        try:
            with self._lock:
                self._load()
        except (HostUnavailable, WasmFault, MemoryError) as error:
            raise ConfigError(f"--engine compiled: {error}; --engine auto runs without it") from None

    def _load(self, wasm: Path = RESULT) -> tuple[Compiler, Module]:
        if self._compiler is None:
            cache = None if self._cache is None else DiskCache(self._cache)
            self._compiler = Compiler(load(), RESULT.read_bytes(), cache)
        runtime = self._runtimes.get(wasm)
        if runtime is None:
            runtime = self._runtimes[wasm] = self._compiler.runtime(wasm.read_bytes())
        return self._compiler, runtime

    def _new_arena(self, table: bytes, wasm: Path) -> Arena:
        compiler, runtime = self._load(wasm)
        arena = Arena(compiler.library, runtime, table, self._registered)
        arena.seen = compiler.serial
        return arena

    def give_back(self, arena: Arena) -> None:
        """Keep the arena for the next run. One whose run broke off in the middle of anything is not given back."""
        with self._lock:
            idle = self._idle.setdefault(arena.table, [])
            arena.runs += 1
            if len(idle) < _MOST_IDLE and (arena.runs & 15 or not arena.is_worn):
                idle.append(arena)
                return
        arena.close()

    def check(self, arena: Arena) -> None:
        """Between two slices of a long run: what has been compiled meanwhile is used from here on."""
        self._install_new(arena)

    def hot(self, machine: Machine, arena: Arena, code: int) -> None:
        """A code has been interpreted for long: have it compiled, if that gives something new."""
        assert self._compiler is not None
        if self._compiler.ask(arena.codes[code], arena.table, machine.mnemonics, arena.visited(code)):
            known = arena.installed.get(code)
            arena.cool(code, 0 if known is None else _HOT_PER_PLACE * len(known.visited))
        else:
            times = arena.in_vain[code] = arena.in_vain.get(code, 0) + 1
            arena.cool(code, HOT << min(times, _MOST_DOUBLINGS))
        self._install_new(arena)

    def _registered(self, arena: Arena, index: int) -> None:
        """A code is in the arena for the first time: it may have been compiled before."""
        compiler, code = self._compiler, arena.codes[index]
        if compiler is None or not code:
            return
        found = compiler.recall(code, arena.table)
        if found is None and self.at_once and len(code) <= LARGEST_CODE:
            found = compiler.compile(code, arena.table, self._names[arena.table], None)
            compiler.add(found)
        if found is not None:
            self._install(arena, index, found)

    def _install_new(self, arena: Arena) -> None:
        compiler = self._compiler
        if compiler is None or arena.seen == compiler.serial:
            return
        arena.seen = compiler.serial
        for compiled in list(compiler.best.values()):
            index = arena.by_bytes.get(compiled.code)
            if index is not None and compiled.table == arena.table and arena.installed.get(index) is not compiled:
                self._install(arena, index, compiled)

    def _install(self, arena: Arena, index: int, compiled: Compiled) -> None:
        arena.install(index, compiled.module, compiled.entries, compiled.constants)
        arena.installed[index] = compiled
        arena.in_vain.pop(index, None)


def _nearest(idle: list[Arena] | None, reader: StateReader) -> Arena | None:
    """Take the arena that knows most of what ``reader`` answers; None where another one had better be made, so that two
    chains that take turns do not make each other's forget.
    """
    if not idle:
        return None
    free = None
    for index in range(len(idle) - 1, -1, -1):
        near = idle[index].known.is_near(reader)
        if near:
            return idle.pop(index)
        if near is None:
            free = index
    if free is None:
        if len(idle) < _LEAST_IDLE:
            return None
        free = 0
    return idle.pop(free)


@cache
def shared() -> Tier:
    """The process's own."""
    return Tier(_FOLDER.expanduser())
