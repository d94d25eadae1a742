"""Putting what waits into a block, best first, until the block or the txpool is exhausted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from megadev.chain.receipts import Receipt
from megadev.chain.transactions import Transaction
from megadev.errors import (
    EngineFault,
    InvalidTransaction,
    StateUnavailable,
)
from megadev.evm.engine import Execution
from megadev.primitives.types import Address
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.chain_tip import ChainTip
from megadev.sequencer.parallel import Session


class Tried(NamedTuple):
    """A waiting transaction that there was room for, and what came of it. ``started``: when, on the monotonic clock."""

    tx: Transaction
    outcome: Receipt | InvalidTransaction | EngineFault | StateUnavailable
    started: int


def fill(builder: BlockBuilder, tip: ChainTip, session: Session | None = None) -> Iterator[Tried]:
    """Include ready transactions, one per step. If one cannot be included, later ones of its sender are skipped.
    ``session``: with the help of workers.
    """
    skipped: set[Address] = set()
    limit = tip.blocks.max_transactions
    ready = tip.ready(builder.state, builder.plan.base_fee)
    run: Callable[[Transaction], Execution] = builder.run
    if session is not None:
        ready, run = session.ahead(ready), session.run
    for tx in ready:
        if limit is not None and len(builder.transactions) >= limit:
            break
        if tx.sender in skipped:
            continue
        if not builder.has_room(tx):
            skipped.add(tx.sender)
            continue
        started = tip.time.clock.monotonic_ns()
        try:
            yield Tried(tx, builder.append(tx, run(tx)), started)
        except (InvalidTransaction, EngineFault, StateUnavailable) as error:
            skipped.add(tx.sender)
            yield Tried(tx, error, started)


def fill_to_look(builder: BlockBuilder, tip: ChainTip) -> None:
    """The same for a block that is only to be looked at. Raises ``StateUnavailable``."""
    for tried in fill(builder, tip):
        if isinstance(tried.outcome, StateUnavailable):
            raise tried.outcome
