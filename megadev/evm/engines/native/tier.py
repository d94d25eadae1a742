"""When code runs natively, and what is kept for it."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import ClassVar, Final

from megadev import __version__
from megadev.chain.spec import ChainSpec
from megadev.evm.engine import EngineInfo
from megadev.evm.engines.envelope import Envelope
from megadev.evm.engines.frames import Call, Machine
from megadev.evm.engines.loop import Loop
from megadev.evm.engines.native.arena import Arena, operations_table
from megadev.evm.engines.native.compiler import LARGEST_CODE, Compiler, DiskCache
from megadev.evm.engines.native.frames import GivenUp, NativeRun
from megadev.evm.engines.native.host import HostUnavailable, Module, WasmFault, load
from megadev.evm.engines.native.runtime.rebuild import RESULT
from megadev.evm.rules import Precompile
from megadev.primitives.types import Address

HOT: Final = 25_000
"""Jump destinations of one code that have been interpreted before it is compiled: some 2 ms, where compiling it takes a
worker thread 5 to 25."""
_MOST_IDLE: Final = 4
"""Arenas kept for the next run: one for each thread that executes at the same time."""


class Tier:
    """What the native runs of a process share: the library, the compiler, arenas that nobody uses at the moment.

    ``at_once``: compile every code, whole, before it first runs; for tests. ``cache``: where compiled code is kept.
    """

    def __init__(self, cache: Path | None = None, at_once: bool = False) -> None:
        self.at_once = at_once
        self.heat_limit = HOT
        self._cache = cache
        self._lock = threading.Lock()
        self._compiler: Compiler | None = None
        self._runtime: Module | None = None
        self._is_forbidden = False
        self._idle: dict[bytes, list[Arena]] = {}
        self._tables: dict[int, tuple[dict[int, str], bytes]] = {}
        self._names: dict[bytes, dict[int, str]] = {}
        self._marks: dict[int, tuple[object, bytes]] = {}

    def precompile_marks(self, precompiles: dict[Address, Precompile]) -> bytes:
        """What ``Arena.mark_accounts`` takes for the precompiles: they are warm from the start (EIP-2929)."""
        known = self._marks.get(id(precompiles))
        if known is None or known[0] is not precompiles:
            flags = (2 | 32).to_bytes(8, "little")
            known = precompiles, b"".join(address[::-1] + b"\0\0\0\0" + flags for address in precompiles)
            if len(self._marks) > 64:
                self._marks.clear()
            self._marks[id(precompiles)] = known
        return known[1]

    def _table(self, names: dict[int, str]) -> bytes:
        known = self._tables.get(id(names))
        if known is None or known[0] is not names:
            known = self._tables[id(names)] = names, operations_table(names)
            self._names[known[1]] = names
        return known[1]

    def take(self, machine: Machine) -> Arena | None:
        """An arena for the machine's rules, until it is given back. None where native code cannot be had."""
        table = self._table(machine.mnemonics)
        with self._lock:
            idle = self._idle.get(table)
            if idle:
                arena = idle.pop()
                self._install_new(arena)
                return arena
            if self._is_forbidden:
                return None
            try:
                return self._new_arena(table)
            except (HostUnavailable, WasmFault, MemoryError) as error:
                self._is_forbidden = True
                logging.getLogger("megadev.evm").warning("EVM code is interpreted: %s", error)
                return None

    def _new_arena(self, table: bytes) -> Arena:
        if self._compiler is None or self._runtime is None:
            library, wasm = load(), RESULT.read_bytes()
            cache = None if self._cache is None else DiskCache(self._cache)
            self._compiler = Compiler(library, wasm, cache)
            self._runtime = self._compiler.runtime(wasm)
        arena = Arena(self._compiler.library, self._runtime, table, self._registered)
        arena.seen = len(self._compiler.results)
        return arena

    def give_back(self, machine: Machine, arena: Arena) -> None:
        """Keep the arena for the next run."""
        with self._lock:
            idle = self._idle.setdefault(arena.table, [])
            if len(idle) < _MOST_IDLE and not arena.is_worn:
                idle.append(arena)
                return
        arena.close()

    def check(self, machine: Machine, arena: Arena) -> None:
        """Between two slices of a long run: what has been compiled meanwhile is used from here on."""
        self._install_new(arena)

    def hot(self, machine: Machine, arena: Arena, code: int) -> None:
        """A code has been interpreted for long: have it compiled."""
        assert self._compiler is not None
        arena.heated[code] = times = arena.heated.get(code, 0) + 1
        arena.cool(code, HOT << min(times, 12))
        self._compiler.ask(arena.codes[code], arena.table, machine.mnemonics, arena.visited(code))
        self._install_new(arena)

    def _registered(self, arena: Arena, index: int) -> None:
        """A code is in the arena for the first time: it may have been compiled before."""
        compiler, code = self._compiler, arena.codes[index]
        if compiler is None or not code:
            return
        found = compiler.recall(code, arena.table)
        if found is None and self.at_once and len(code) <= LARGEST_CODE:
            found = compiler.compile(code, arena.table, self._names[arena.table], None)
            compiler.best[code, arena.table] = found
        if found is not None:
            arena.install(index, found.module, found.entries, found.constants)

    def _install_new(self, arena: Arena) -> None:
        compiler = self._compiler
        if compiler is None or arena.seen == len(compiler.results):
            return
        results = compiler.results[arena.seen :]
        arena.seen += len(results)
        for compiled in results:
            index = arena.by_bytes.get(compiled.code)
            if index is not None and compiled.table == arena.table:
                arena.install(index, compiled.module, compiled.entries, compiled.constants)


TIER: Final = Tier(Path("~/.cache/megadev/native").expanduser())


class NativeLoop(Loop):
    """Runs the outermost frame, and so all others, natively. What a tracer wants step by step is interpreted."""

    __slots__ = ()
    tier: ClassVar[Tier] = TIER

    def run(self, call: Call) -> None:
        """See ``Machine.run``."""
        if call.depth or self.wants_steps:
            super().run(call)
            return
        tier = self.tier
        arena = tier.take(self)
        if arena is None:
            super().run(call)
            return
        try:
            NativeRun(tier, arena, self, call).run()
        except GivenUp:
            arena.clear_codes()
            super().run(call)
        finally:
            tier.give_back(self, arena)


class CompiledEngine(Envelope):
    """Runs everything natively that can be."""

    machine = NativeLoop

    def __init__(self, spec: ChainSpec) -> None:
        super().__init__(spec)
        self.info = EngineInfo("compiled", __version__)
