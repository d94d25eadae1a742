"""The run loop that runs natively what it can, and in Python what it must: importing it costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from megadev.evm.engines.frames import Call
from megadev.evm.engines.loop import Loop
from megadev.evm.engines.mega.interception import MegaLoop
from megadev.evm.engines.mega.meter import MegaCall
from megadev.evm.mega_rules import ORACLE

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
        if not tier_of(self).run(self, call):
            super().run(call)


class NativeMegaLoop(MegaLoop):
    """The same under MegaETH's rules."""

    __slots__ = ()
    tier: ClassVar[Tier | None] = None

    def run(self, call: Call) -> None:
        """See ``Machine.run``."""
        assert isinstance(call, MegaCall)
        if not (call.depth or self.wants_steps or call.address == ORACLE):
            from megadev.evm.engines.native.mega_frames import MeteredRun

            if MeteredRun.suits(self) and tier_of(self).run(self, call, MeteredRun):
                return
        super().run(call)


def tier_of(machine: NativeLoop | NativeMegaLoop) -> Tier:
    """The machine's own tier, or the process's."""
    tier = machine.tier
    if tier is None:
        from megadev.evm.engines.native.tier import shared

        tier = NativeLoop.tier = NativeMegaLoop.tier = shared()
    return tier
