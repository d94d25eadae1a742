"""The call frames of one execution, as a tree: who called whom with what, how it ended, and what was logged between."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from megadev.chain.receipts import Log
from megadev.evm.engine import Frame, FrameExit, Step


class CallNode(msgspec.Struct):
    """One frame with what happened in it, in order."""

    frame: Frame
    outcome: FrameExit = msgspec.field(default_factory=lambda: FrameExit(0, b""))
    events: list[CallNode | Log] = msgspec.field(default_factory=list)

    @property
    def calls(self) -> list[CallNode]:
        """The frames begun by this one."""
        return [event for event in self.events if isinstance(event, CallNode)]

    @property
    def failed(self) -> bool:
        return self.outcome.error is not None

    def walk(self) -> Iterator[CallNode]:
        """This frame and all below it, each before its children."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.calls))

    def let_go(self) -> None:
        """Forget all that happened within, a piece at a time: hundreds of thousands of frames freed at once keep
        every other thread waiting. For whoever has written it down.
        """
        waiting = [self]
        while waiting:
            node = waiting.pop()
            waiting += node.calls
            while node.events:
                del node.events[-1_024:]

    def lasting(self) -> Iterator[CallNode]:
        """As ``walk``, without the frames that failed and what was done within them: what they did was undone."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if not node.failed:
                yield node
                waiting.extend(reversed(node.calls))


class CallTreeTracer:
    """Builds the tree."""

    wants_steps = False

    def __init__(self) -> None:
        self.root: CallNode | None = None
        """The transaction's own frame, once begun."""
        self._open: list[CallNode] = []

    def enter(self, frame: Frame) -> None:
        node = CallNode(frame)
        if self._open:
            self._open[-1].events.append(node)
        else:
            self.root = node
        self._open.append(node)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        self._open.pop().outcome = outcome

    def step(self, step: Step) -> None:
        pass

    def step_done(self, gas_left: int) -> None:
        pass

    def log(self, log: Log) -> None:
        self._open[-1].events.append(log)
