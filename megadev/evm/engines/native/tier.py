"""When code runs natively, and what is kept for it."""

from __future__ import annotations

import threading
from typing import Final

from megadev.evm.engines.frames import Call, Machine
from megadev.evm.engines.loop import Loop
from megadev.evm.engines.native.arena import Arena, operations_table
from megadev.evm.engines.native.frames import GivenUp, NativeRun
from megadev.evm.engines.native.host import Library, Module, load
from megadev.evm.engines.native.runtime.rebuild import RESULT
from megadev.evm.rules import Precompile
from megadev.primitives.types import Address

_MOST_IDLE: Final = 4


class Tier:
    """What native runs share: the library, the runtime, arenas that nobody uses at the moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._library: Library | None = None
        self._runtime: Module | None = None
        self._idle: dict[int, list[Arena]] = {}
        self._marks: dict[int, tuple[object, bytes]] = {}
        self.heat_limit = 0

    def precompile_marks(self, precompiles: dict[Address, Precompile]) -> bytes:
        known = self._marks.get(id(precompiles))
        if known is None or known[0] is not precompiles:
            flags = (2 | 32).to_bytes(8, "little")
            known = precompiles, b"".join(address[::-1] + b"\0\0\0\0" + flags for address in precompiles)
            self._marks[id(precompiles)] = known
        return known[1]

    def take(self, machine: Machine) -> Arena:
        with self._lock:
            if self._library is None:
                self._library = load()
                self._runtime = self._library.compile(RESULT.read_bytes())
            idle = self._idle.setdefault(id(machine.mnemonics), [])
            if idle:
                return idle.pop()
        assert self._runtime is not None
        return Arena(self._library, self._runtime, operations_table(machine.mnemonics))

    def give_back(self, machine: Machine, arena: Arena) -> None:
        with self._lock:
            self._idle[id(machine.mnemonics)].append(arena)

    def check(self, machine: Machine, arena: Arena) -> None: ...

    def hot(self, machine: Machine, arena: Arena, code: int) -> None: ...


TIER = Tier()


class NativeLoop(Loop):
    __slots__ = ()

    def run(self, call: Call) -> None:
        if call.depth or self.wants_steps:
            return super().run(call)
        arena = TIER.take(self)
        try:
            NativeRun(TIER, arena, self, call).run()
        except GivenUp:
            arena.clear_codes()
            super().run(call)
        finally:
            TIER.give_back(self, arena)
