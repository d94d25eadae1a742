"""When code runs natively, and what is kept for it."""

from __future__ import annotations

import logging
import threading
from typing import Final

from megadev import __version__
from megadev.chain.spec import ChainSpec
from megadev.evm.engine import EngineInfo
from megadev.evm.engines.envelope import Envelope
from megadev.evm.engines.frames import Call, Machine
from megadev.evm.engines.loop import Loop
from megadev.evm.engines.native.arena import Arena, operations_table
from megadev.evm.engines.native.frames import GivenUp, NativeRun
from megadev.evm.engines.native.host import HostUnavailable, Library, Module, WasmFault, load
from megadev.evm.engines.native.runtime.rebuild import RESULT
from megadev.evm.rules import Precompile
from megadev.primitives.types import Address

_MOST_IDLE: Final = 4
"""Arenas kept for the next run: one for each thread that executes at the same time."""


class Tier:
    """What the native runs of a process share: the library, the runtime, arenas that nobody uses at the moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runtime: tuple[Library, Module] | None = None
        self._is_forbidden = False
        self._idle: dict[bytes, list[Arena]] = {}
        self._tables: dict[int, tuple[object, bytes]] = {}
        self._marks: dict[int, tuple[object, bytes]] = {}
        self.heat_limit = 0

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
        return known[1]

    def take(self, machine: Machine) -> Arena | None:
        """An arena for the machine's rules, until it is given back. None where native code cannot be had."""
        table = self._table(machine.mnemonics)
        with self._lock:
            idle = self._idle.get(table)
            if idle:
                return idle.pop()
            if self._is_forbidden:
                return None
            try:
                if self._runtime is None:
                    library = load()
                    self._runtime = library, library.compile(RESULT.read_bytes())
                return Arena(*self._runtime, table)
            except (HostUnavailable, WasmFault, MemoryError) as error:
                self._is_forbidden = True
                logging.getLogger("megadev.evm").warning("EVM code is interpreted, for %s", error)
                return None

    def give_back(self, machine: Machine, arena: Arena) -> None:
        """Keep the arena for the next run."""
        with self._lock:
            idle = self._idle.setdefault(self._table(machine.mnemonics), [])
            if len(idle) < _MOST_IDLE and not arena.is_worn:
                idle.append(arena)
                return
        arena.close()

    def check(self, machine: Machine, arena: Arena) -> None:
        """Between two slices of a long run."""

    def hot(self, machine: Machine, arena: Arena, code: int) -> None:
        """A code has been interpreted for long."""


TIER: Final = Tier()


class NativeLoop(Loop):
    """Runs the outermost frame, and so all others, natively. What a tracer wants step by step is interpreted."""

    __slots__ = ()

    def run(self, call: Call) -> None:
        """See ``Machine.run``."""
        if call.depth or self.wants_steps:
            super().run(call)
            return
        arena = TIER.take(self)
        if arena is None:
            super().run(call)
            return
        try:
            NativeRun(TIER, arena, self, call).run()
        except GivenUp:
            arena.clear_codes()
            super().run(call)
        finally:
            TIER.give_back(self, arena)


class CompiledEngine(Envelope):
    """Runs everything natively that can be."""

    machine = NativeLoop

    def __init__(self, spec: ChainSpec) -> None:
        super().__init__(spec)
        self.info = EngineInfo("compiled", __version__)
