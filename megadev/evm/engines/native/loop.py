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
        tier = self.tier
        if tier is None:
            from megadev.evm.engines.native.tier import shared

            tier = NativeLoop.tier = shared()
        if not tier.run(self, call):
            super().run(call)
