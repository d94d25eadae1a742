"""The run loop that runs natively what it can, and in Python what it must: importing it costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from megadev.evm.engines.frames import Call
from megadev.evm.engines.loop import Loop

if TYPE_CHECKING:
    from megadev.evm.engines.native.tier import Tier


class NativeLoop(Loop):
    """Runs the outermost frame, and so all others, natively. What a tracer wants step by step is interpreted, and so is
    everything where native code cannot be had. ``tier`` None is the process's own."""

    __slots__ = ()
    tier: ClassVar[Tier | None] = None

    def run(self, call: Call) -> None:
        """See ``Machine.run``."""
        if call.depth or self.wants_steps:
            super().run(call)
            return
        from megadev.evm.engines.native.frames import GivenUp, NativeRun
        from megadev.evm.engines.native.tier import shared

        tier = self.tier or shared()
        arena = tier.take(self)
        if arena is None:
            super().run(call)
            return
        try:
            NativeRun(tier, arena, self, call).run()
        except GivenUp:
            arena.clear_codes()
            tier.give_back(arena)
            super().run(call)
            return
        # an exception raised from anywhere, such as a deadline's, finds the arena as it happens to be: it goes
        tier.give_back(arena)
