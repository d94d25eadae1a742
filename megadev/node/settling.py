"""The work that answered requests left due: blocks to seal, an L1 for L2 to follow, windows that end without a
request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from megadev.errors import PrefetchNeeded, StateUnavailable
from megadev.node.chain import LocalChain
from megadev.node.writer import Writer
from megadev.rollup.driver import Driver
from megadev.rollup.progress import Progress
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.chain_tip import Tip

_LOG = logging.getLogger("megadev.node")

_ALARM_MARGIN = 0.01
"""Seconds by which a window is over for good: timers may fire a moment early."""


class _Rest(NamedTuple):
    """The state of all chains when nothing was due. ``due``: when something will be though nothing changes, in L1's
    seconds.
    """

    l2: Tip
    l2_open: BlockBuilder | None
    l1: Tip | None = None
    l1_open: BlockBuilder | None = None
    progress: Progress | None = None
    due: int | None = None


class Settling:
    """Finishes what is due on L2, on L1 and between them, in that order, and knows when nothing is.

    ``driver``: what moves L2 along as L1 grows; None where there is no L1.
    """

    def __init__(self, writer: Writer, l2: LocalChain, l1: LocalChain | None) -> None:
        self.driver: Driver | None = None
        self._writer = writer
        self._l2 = l2
        self._l1 = l1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: int | None = None
        self._catching_up: asyncio.Task[None] | None = None
        self._held_up_by: str | None = None
        self._aside_tasks: set[asyncio.Task[None]] = set()
        self._rest: _Rest | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run timers and tasks on ``loop``, which is the writer thread's."""
        self._loop = loop

    def stop(self) -> None:
        """Stop them."""
        self._set_alarm(None)
        self._loop = None
        for task in self._aside_tasks:
            task.cancel()
        if self.driver is not None:
            self.driver.give_up_aside()

    def settle(self) -> asyncio.Task[None] | None:
        """Finish what answered requests left due on either chain (see ``Sequencer.settle``), and let L2 take up what L1
        has for it. On a fork that may take state that is still to come: the answer is then what fetches it and goes on.
        While the writer is at work on its thread, it does so itself.
        """
        rest = self._rest
        if rest is not None and not self._writer.is_busy:
            l2, l1, driver = self._l2.sequencer, self._l1, self.driver
            if (
                l2.tip is rest.l2
                and l2.open is rest.l2_open
                and not l2.more_ready
                and (l1 is None or (l1.sequencer.tip is rest.l1 and l1.sequencer.open is rest.l1_open))
                and (driver is None or driver.starts.progress is rest.progress)
                and (rest.due is None or l1 is None or l1.time.now() < rest.due)
            ):
                return None  # nothing is due: most requests change nothing
        return self._settle()

    def _settle(self) -> asyncio.Task[None] | None:
        """The same where something may be due."""
        self._rest = None
        if not self._writer.is_here:
            return None
        apart = self._writer.hand_over
        self._l2.sequencer.settle(apart)
        if self._l1 is not None and self._writer.is_here:
            self._l1.sequencer.settle(apart)
        if not self._writer.is_here:
            self._writer.when_free(self.settle)
            return None
        if self._l1 is not None and self.driver is not None:
            self._advance(self.driver)
            if self.driver.due != self._alarm_at:
                self._writer.on_loop(partial(self._set_alarm, self.driver.due))
        if self._catching_up is None and not self._writer.is_busy:
            self._rest = self._resting()
        return self._catching_up

    def _resting(self) -> _Rest | None:
        """Returns that state if nothing is due; None if something may be."""
        l2, driver = self._l2.sequencer, self.driver
        if l2.more_ready:
            return None
        if self._l1 is None or driver is None:
            return _Rest(l2.tip, l2.open)
        l1, due = self._l1.sequencer, driver.due
        if not driver.rests or due != self._alarm_at:
            return None
        return _Rest(l2.tip, l2.open, l1.tip, l1.open, driver.progress, due)

    def _advance(self, driver: Driver) -> None:
        """Let the driver go on; where that takes state of a fork which is not here, once it is."""
        if self._catching_up is not None:
            return
        try:
            driver.advance()
            self._held_up_by = None
        except PrefetchNeeded as missing:
            self._writer.on_loop(partial(self._fetch_and_catch_up, driver, missing))
        except Exception as problem:
            self._hold_up(problem)

    def _fetch_and_catch_up(self, driver: Driver, missing: PrefetchNeeded) -> None:
        if self._loop is not None and self._catching_up is None:
            self._catching_up = self._loop.create_task(self._catch_up(driver, missing))

    async def _catch_up(self, driver: Driver, missing: PrefetchNeeded) -> None:
        try:
            while True:
                await asyncio.to_thread(missing.fetch)
                await self._writer.free()
                try:
                    driver.advance()
                    break
                except PrefetchNeeded as more:
                    missing = more
        except Exception as problem:
            self._hold_up(problem)
            return
        finally:
            self._catching_up = None
        self.settle()

    def _hold_up(self, problem: Exception) -> None:
        """The driver could not do what is due: no request is to fail for that, but somebody has to be told, once. The
        next request tries again.
        """
        reason = f"{type(problem).__name__}: {problem}"
        if reason == self._held_up_by:
            return
        self._held_up_by = reason
        if isinstance(problem, StateUnavailable):
            _LOG.warning("L2 does not follow L1 for now: %s", problem)
        else:
            _LOG.error("L2 does not follow L1 for now", exc_info=problem)

    @property
    def held_up_by(self) -> str | None:
        """The reason why L2 does not follow L1, if it should."""
        return self._held_up_by

    def _set_alarm(self, due: int | None) -> None:
        """Settle again at ``due``, in L1's seconds, where a loop runs: windows on L1 end though nobody asks."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._loop is None or self._l1 is None:
            return
        self._alarm_at = due
        if due is not None:
            seconds = max(due - self._l1.time.now_us() / 1_000_000, 0) + _ALARM_MARGIN
            self._alarm = self._loop.call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._alarm = self._alarm_at = self._rest = None
        self._writer.when_free(self.settle)

    def wake(self) -> None:
        """Something may be due though no chain has changed."""
        self._rest = None

    def make_aside(self, make: Callable[[], Any], take: Callable[[Any], object]) -> None:
        """Make something on a thread of its own where a loop runs, and take it in on the writer's; else here."""
        if self._loop is None:
            take(make())
        else:
            self._writer.on_loop(partial(self._begin_aside, make, take))

    def _begin_aside(self, make: Callable[[], Any], take: Callable[[Any], object]) -> None:
        if self._loop is None:
            take(make())
            return
        task = self._loop.create_task(self._aside(make, take))
        self._aside_tasks.add(task)
        task.add_done_callback(self._aside_tasks.discard)

    async def _aside(self, make: Callable[[], Any], take: Callable[[Any], object]) -> None:
        made = await asyncio.to_thread(make)

        def finish() -> None:
            take(made)
            self._settle()

        await self._writer.take_turn(finish)
