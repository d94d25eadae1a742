"""The pool of threads for reads: no lock is lost when one of them is told to end."""

from __future__ import annotations

import asyncio
import sys
import threading
import time

from megadev.server.workers import Workers

PATIENCE = 20.0
"""Seconds after which something that should have happened long ago is a failure."""


def _wait_until_blocked_in(ident: int, function: str) -> None:
    """Return once that thread stands still inside ``function`` or what it calls."""
    give_up = time.monotonic() + PATIENCE
    looks, last = 0, None
    while looks < 50:
        assert time.monotonic() < give_up, f"the thread never waits in {function}"
        inner = frame = sys._current_frames().get(ident)
        while frame is not None and frame.f_code.co_name != function:
            frame = frame.f_back
        now = (id(inner), inner.f_lasti) if inner is not None and frame is not None else None
        looks, last = (looks + 1, now) if now is not None and now == last else (0, now)
        time.sleep(0.001)  # it cannot come nearer to its wait while this thread runs


def _can_be_taken(lock: threading.RLock) -> bool:
    taken = lock.acquire(timeout=PATIENCE)
    if taken:
        lock.release()
    return taken


def test_an_aborted_read_releases_the_lock() -> None:
    async def scenario() -> None:
        workers = Workers(asyncio.get_running_loop(), threads=lambda: 2)
        idents: list[int] = []
        may_end, may_all_end = threading.Event(), threading.Event()

        def work() -> None:
            idents.append(threading.get_ident())
            may_end.wait(PATIENCE)

        def waiting() -> bytes:
            return b"ended" if may_all_end.wait(PATIENCE) else b""

        first = workers.run(work, PATIENCE, client="one")
        others = [workers.run(waiting, PATIENCE, client) for client in ("other", "one")]
        while not idents:
            await asyncio.sleep(0)
        with workers._lock:
            job = next(job for job in workers._running if job.outcome is first)
            may_end.set()
            _wait_until_blocked_in(idents[0], "_end")  # on the lock
            workers._tell(job)
        await asyncio.wait_for(first, PATIENCE)  # that thread goes on with the next of its client
        assert await asyncio.to_thread(_can_be_taken, workers._lock), "the thread that was told to end has it still"
        may_all_end.set()
        assert await asyncio.wait_for(asyncio.gather(*others), PATIENCE) == [b"ended", b"ended"]
        workers.close()

    asyncio.run(scenario())
