"""How 1,024 calls within calls fit where the interpreter lets a thousand functions call each other: every so many
levels the execution goes on, while its caller waits, on the empty stack of another thread.

Why not a higher recursion limit: it holds for the whole process and for all that recurses, decoders in C among them,
whose frames are on the thread's own stack. A limit beyond what that carries turns a nested document into the end of the
process. Most executions never get deep enough to need a thread.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

LEVELS = 48
"""Calls within calls on one stack. Each takes four Python frames in our interpreter, some more under a tracer; the rest
of the thousand is left to whoever called the engine."""

deeper: dict[int, int] = {}
"""Threads that wait for another one to go on for them, by ident: whoever has to interrupt one looks here."""


def continue_below(work: Callable[[], None]) -> None:
    """Run ``work`` on another thread's stack and wait for its end. Raises what it raises.

    It is the same execution as before to whatever asks where it runs: context variables, and whether it holds up an
    event loop.
    """
    failure: list[BaseException] = []
    context, loop, above = copy_context(), asyncio._get_running_loop(), threading.get_ident()

    def run() -> None:
        asyncio._set_running_loop(loop)
        try:
            context.run(work)
        except BaseException as error:
            failure.append(error)
        finally:
            asyncio._set_running_loop(None)

    thread = threading.Thread(target=run, name="megadev-deep", daemon=True)
    thread.start()
    if thread.ident is not None:
        deeper[above] = thread.ident
    try:
        thread.join()
    finally:
        deeper.pop(above, None)
    if failure:
        raise failure[0]


@contextmanager
def recursion_limit_kept() -> Iterator[None]:
    """For imports: py-evm and py_ecc raise the limit to 100,000 when they are loaded, for the whole process."""
    limit = sys.getrecursionlimit()
    try:
        yield
    finally:
        if sys.getrecursionlimit() != limit:
            sys.setrecursionlimit(limit)
