"""When blocks are built: switching the mode at run time, and the timer of interval mining.

The timer needs a running event loop; without one (an in-process node that is not served) blocks come by transaction or
by request only.
"""

from __future__ import annotations

import asyncio

from megadev.sequencer.sequencer import MiningMode, Sequencer


class Mining:
    """The mining mode of one chain and, in interval modes, its timer. All methods run on the writer thread."""

    def __init__(self, sequencer: Sequencer, block_time: float | None) -> None:
        self._sequencer = sequencer
        self.block_time = block_time
        """Seconds between blocks in interval and mixed mode, else None."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def mode(self) -> MiningMode:
        return self._sequencer.mode

    def set(self, mode: MiningMode, block_time: float | None = None) -> None:
        """Switch; what waits in the pool is mined at once when the new mode is instant."""
        self._sequencer.settle()
        self._sequencer.mode = mode
        self.block_time = block_time
        self._schedule()
        if mode.is_instant:
            self._sequencer.include_ready()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the timer on ``loop``, which is the writer thread's."""
        self._loop = loop
        self._schedule()

    def stop(self) -> None:
        """Stop the timer; the mode stays."""
        self._loop = None
        self._schedule()

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._loop is not None and self.block_time is not None:
            self._timer = self._loop.call_later(self.block_time, self._tick)

    def _tick(self) -> None:
        self._schedule()
        self._sequencer.mine()
