"""The mining mode: changes at run time, and the timers of interval mining and of mini-blocks.

Timers need a running event loop. Where there is none yet, whoever made the node is told that one is needed.

Why the continuous mode's blocks end when the clock shows whole multiples of their length: a block's timestamp is fixed
by its first transaction and is the end of its window, so the window must be known before it ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial

from megadev.errors import PrefetchNeeded, StateUnavailable
from megadev.node.writer import Writer
from megadev.sequencer.modes import MiningMode
from megadev.sequencer.sequencer import Sequencer

WINDOW = 1.0
"""Seconds that a block's timestamp lies ahead at most, in continuous mode, where blocks are sealed only when asked."""


class Mining:
    """The mining mode of one chain and its timers. All methods are called by the writer; timers are set on the loop.

    ``mini_block_time``: seconds from a mini-block's first transaction to its end, where the chain is to have a
    continuous mode. ``after_tick`` is called when a timer has sealed a block.
    """

    def __init__(
        self,
        sequencer: Sequencer,
        block_time: float | None,
        mini_block_time: float | None = None,
        *,
        writer: Writer,
        after_tick: Callable[[], object] = lambda: None,
    ) -> None:
        self._sequencer = sequencer
        self._writer = writer
        self._after_tick = after_tick
        self.block_time = block_time
        """Seconds between blocks in modes with a timer, else None."""
        self.mini_block_time = mini_block_time
        self._on_timer_needed: Callable[[], object] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._mini_timer: asyncio.TimerHandle | None = None
        self._fetching: asyncio.Task[None] | None = None
        self._is_due = False
        self._unavailable = ""
        """Why nothing could be mined the last time."""
        sequencer.on_work = self._await_mini_block
        self._set_window()

    def call_when_timer_needed(self, callback: Callable[[], object]) -> None:
        """Have ``callback`` called once something is to be done by timer and no loop runs one: now, or later."""
        self._on_timer_needed = callback
        self._schedule()

    @property
    def mode(self) -> MiningMode:
        return self._sequencer.mode

    def set_automine(self, enabled: bool) -> None:
        """Execute transactions as they arrive, in continuous mode where the chain has one, or let them wait for the
        timer, if it runs, or for a request.
        """
        if not enabled:
            self.set(MiningMode.NONE if self.block_time is None else MiningMode.INTERVAL, self.block_time)
        elif self.mini_block_time is not None:
            self.set(MiningMode.CONTINUOUS, self.block_time)
        else:
            self.set(MiningMode.INSTANT if self.block_time is None else MiningMode.MIXED, self.block_time)

    def set_interval(self, seconds: float | None) -> None:
        """Mine by timer only, every so many seconds, or (None) stop the timer and leave the rest as it was. In
        continuous mode only how often a block is sealed changes.
        """
        if self.mode is MiningMode.CONTINUOUS:
            self.set(self.mode, seconds)
        elif seconds is not None:
            self.set(MiningMode.INTERVAL, seconds)
        elif self.block_time is not None:
            self.set(MiningMode.INSTANT if self.mode.is_instant else MiningMode.NONE)

    def set(self, mode: MiningMode, block_time: float | None = None) -> None:
        """Switch; what waits in the pool is included at once when the new mode executes on arrival."""
        self.restore(mode, block_time)
        if mode.executes_on_arrival:
            self._sequencer.include_ready()

    def restore(self, mode: MiningMode, block_time: float | None) -> None:
        """Switch back after a revert: as ``set``, but nothing is mined."""
        self._sequencer.between_blocks()
        self._sequencer.mode = mode
        self.block_time = block_time
        self._set_window()
        self._schedule()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the timers on ``loop``, which is the writer thread's."""
        self._loop, self._on_timer_needed = loop, None
        self._schedule()
        self._sequencer.on_missing = self._include_once_fetched
        self._sequencer.close_mini_block()

    def stop(self) -> None:
        """Stop the timers; the mode stays."""
        self._loop = None
        if self._mini_timer is not None:
            self._mini_timer.cancel()
            self._mini_timer = None
        self._schedule()

    def _set_window(self) -> None:
        continuous = self.mode is MiningMode.CONTINUOUS
        self._sequencer.window = (self.block_time or WINDOW) if continuous else None

    def _schedule(self) -> None:
        self._writer.on_loop(self._set_timer)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        continuous = self.mode is MiningMode.CONTINUOUS
        if self._loop is None:
            if self._on_timer_needed is not None and (continuous or self.block_time is not None):
                needed, self._on_timer_needed = self._on_timer_needed, None
                needed()
        elif self.block_time is not None:
            seconds = self._sequencer.time.until_next(self.block_time) if continuous else self.block_time
            self._timer = self._loop.call_later(seconds, self._tick)

    def _tick(self) -> None:
        self._schedule()
        if not self._is_due:
            self._is_due = True
            self._writer.when_free(self._mine)

    def _mine(self) -> None:
        """Seal a block: here, or on the writer's thread where that may take long."""
        self._is_due = False
        if self._sequencer.is_running and self._loop is not None:
            if self._sequencer.has_much_to_do:
                self._writer.hand_over(self._mine_now)
            else:
                self._mine_now()

    def _mine_now(self) -> None:
        try:
            self._sequencer.mine()
        except PrefetchNeeded as missing:
            self._writer.on_loop(partial(self._fetch_and_mine, missing))
        except StateUnavailable as problem:
            self._tell(problem)  # what waits goes on waiting: the next tick tries again
            return
        self._unavailable = ""
        self._after_tick()

    def _fetch_and_mine(self, missing: PrefetchNeeded) -> None:
        if self._loop is not None and self._fetching is None:
            self._fetching = self._loop.create_task(self._fetch_first(missing.fetch, self._mine_fetched))

    def _include_once_fetched(self, fetch: Callable[[], object]) -> None:
        """Transactions wait for state: have it fetched, and look at them again."""
        self._writer.on_loop(lambda: self._fetch_and_include(fetch))

    def _fetch_and_include(self, fetch: Callable[[], object]) -> None:
        if self._loop is not None and self._fetching is None:
            self._fetching = self._loop.create_task(self._fetch_first(fetch, self._include_fetched))

    def _tell(self, problem: StateUnavailable) -> None:
        """Log why nothing is mined by itself, once for each reason until something is."""
        if str(problem) != self._unavailable:
            self._unavailable = str(problem)
            logging.getLogger("megadev.node").warning("no block is mined for now: %s", problem)

    def _include_fetched(self) -> None:
        if self._sequencer.mode.executes_on_arrival:
            self._fetching = None
            self._sequencer.include_ready()
            self._went_on()

    def _mine_fetched(self) -> None:
        self._sequencer.mine()
        self._went_on()

    def _went_on(self) -> None:
        self._unavailable = ""
        self._after_tick()

    async def _fetch_first(self, fetch: Callable[[], object], go_on: Callable[[], None]) -> None:
        """``go_on`` once what the waiting transactions need is fetched; where it cannot be, the next tick tries."""
        try:
            await asyncio.to_thread(fetch)
            await self._writer.free()
            go_on()
        except StateUnavailable as problem:
            self._tell(problem)
        finally:
            self._fetching = None

    def _await_mini_block(self) -> None:
        """A transaction joined the open mini-block: see to it that it is closed in time."""
        if self._mini_timer is None:
            self._writer.on_loop(self._set_mini_timer)

    def _set_mini_timer(self) -> None:
        if self._mini_timer is None and self._loop is not None and self.mini_block_time is not None:
            self._mini_timer = self._loop.call_later(self.mini_block_time, self._mini_tick)

    def _mini_tick(self) -> None:
        self._mini_timer = None
        self._writer.when_free(self._sequencer.close_mini_block)
