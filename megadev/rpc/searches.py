"""Looking through many blocks: the calls of each, and how long that may take."""

from __future__ import annotations

from collections.abc import Iterator

from megadev.chain.blocks import SealedBlock
from megadev.clock import Clock
from megadev.errors import LimitExceeded
from megadev.evm.engine import Tracer
from megadev.evm.tracers.call_tree import CallNode, CallTreeTracer
from megadev.inspect.replay import replay
from megadev.rpc.node import RpcNode
from megadev.rpc.tracing import Bounded, Budget
from megadev.state.reader import StateReader

SEARCH_SECONDS = 30
"""How long one search may run transactions again. What it looked at is remembered where it searched for addresses."""


class Patience:
    """The time limit of a search."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._end = clock.monotonic_ns() + SEARCH_SECONDS * 10**9

    def check(self, number: int) -> None:
        """Raises ``LimitExceeded`` when the time is over, at block ``number``."""
        if self._clock.monotonic_ns() > self._end:
            raise LimitExceeded(
                f"limit exceeded: the search reached block {number} in {SEARCH_SECONDS} s; repeat it (searches "
                "for addresses resume there), or ask for fewer blocks"
            )


def call_trees(
    node: RpcNode, block: SealedBlock, *, only: int | None = None, stop: int | None = None
) -> Iterator[tuple[int, CallNode]]:
    """The calls of a block's transactions (before number ``stop``), or of number ``only``, with its index."""
    if not block.transactions:
        return
    budget = Budget(node.node.clock)
    tree = CallTreeTracer()

    def watch(index: int, tx: object, before: StateReader) -> Tracer | None:
        nonlocal tree
        if only is not None and index != only:
            return None
        budget.start_transaction()
        tree = CallTreeTracer()
        return Bounded(tree, budget)

    for replayed in replay(node.chain, block, watch, stop=stop if only is None else only + 1):
        if tree.root is not None:
            yield replayed.index, tree.root
