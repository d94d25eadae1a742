"""When blocks are built: switching the mode at run time, and the timer of interval mining.

The timer needs a running event loop. Where there is none yet, whoever made the node is told that one is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from megadev.sequencer.sequencer import MiningMode, Sequencer


class Mining:
    """The mining mode of one chain and, in interval modes, its timer. All methods run on the writer thread."""

    def __init__(self, sequencer: Sequencer, block_time: float | None) -> None:
        self._sequencer = sequencer
        self.block_time = block_time
        """Seconds between blocks in interval and mixed mode, else None."""
        self._on_timer_needed: Callable[[], object] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def call_when_timer_needed(self, callback: Callable[[], object]) -> None:
        """Have ``callback`` called once blocks are to come by timer and no loop runs one: now, or later."""
        self._on_timer_needed = callback
        self._schedule()

    @property
    def mode(self) -> MiningMode:
        return self._sequencer.mode

    def set(self, mode: MiningMode, block_time: float | None = None) -> None:
        """Switch; what waits in the pool is mined at once when the new mode is instant."""
        self.restore(mode, block_time)
        if mode.is_instant:
            self._sequencer.include_ready()

    def restore(self, mode: MiningMode, block_time: float | None) -> None:
        """Switch back after a revert: as ``set``, but nothing is mined."""
        self._sequencer.settle()
        self._sequencer.mode = mode
        self.block_time = block_time
        self._schedule()

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
        if self.block_time is None:
            return
        if self._loop is not None:
            self._timer = self._loop.call_later(self.block_time, self._tick)
        elif self._on_timer_needed is not None:
            needed, self._on_timer_needed = self._on_timer_needed, None
            needed()

    def _tick(self) -> None:
        self._schedule()
        self._sequencer.mine()
