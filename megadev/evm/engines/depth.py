"""Support for 1,024 nested calls where the interpreter allows a thousand nested functions: every few levels the
execution continues on the empty stack of another thread, while its caller waits.

Why not a higher recursion limit: it holds for the whole process and for all that recurses, decoders in C among them,
whose frames are on the thread's own stack. A limit beyond what that carries turns a nested document into the end of the
process. Most executions never get deep enough to need a thread.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from megadev.state.remote import forbid_waiting, may_not_wait

LEVELS = 48
"""Calls within calls on one stack. Each takes four Python frames in our interpreter, some more under a tracer; the rest
of the thousand is left to whoever called the engine."""

deeper: dict[int, int] = {}
"""Threads that wait for another one to go on for them, by ident: whoever has to interrupt one looks here."""
handover = threading.Lock()
"""Held while ``deeper`` changes, and while something is thrown into a thread that was found there."""


def continue_below(work: Callable[[], None]) -> None:
    """Run ``work`` on another thread's stack and wait for its end. Raises what it raises.

    It is the same execution as before to whatever asks whether it may wait.
    """
    failure: list[BaseException] = []
    above, is_awaited = threading.get_ident(), may_not_wait()

    def run() -> None:
        try:
            try:
                if is_awaited:
                    forbid_waiting()
                work()
            finally:
                with handover:
                    deeper.pop(above, None)
                for _ in range(2):
                    pass  # what was thrown in here until now is raised at the jump back, and not while the thread ends
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run, name="megadev-deep", daemon=True)
    with handover:
        thread.start()
        assert thread.ident is not None, "it has started"
        deeper[above] = thread.ident
    thread.join()
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
