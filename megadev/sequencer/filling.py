"""Putting what waits into a block, best first, until the block or the txpool is exhausted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from megadev.chain.receipts import Receipt
from megadev.chain.transactions import Transaction
from megadev.errors import (
    BlockGasLimitExceeded,
    BlockGasUsedUp,
    EngineFault,
    InvalidTransaction,
    StateUnavailable,
    TransactionOverLimit,
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
        started = tip.time.clock.monotonic_ns()
        if not builder.has_room(tx):
            skipped.add(tx.sender)
            if (refusal := refusal_of(builder, tx)) is not None:
                yield Tried(tx, refusal, started)
            continue
        try:
            yield Tried(tx, builder.append(tx, run(tx)), started)
        except (InvalidTransaction, EngineFault, StateUnavailable) as error:
            skipped.add(tx.sender)
            yield Tried(tx, error, started)


def refusal_of(builder: BlockBuilder, tx: Transaction) -> InvalidTransaction | None:
    """Why ``tx`` would wait forever: it is too much for any block, or for one that holds nobody's transactions yet.
    None: it would not.
    """
    if builder.is_late:
        return None
    try:
        builder.check_room(tx)
    except TransactionOverLimit as error:
        return error
    except BlockGasUsedUp as error:
        return BlockGasLimitExceeded(error.got, error.limit) if builder.is_bare else None
    except InvalidTransaction as error:
        return error if builder.is_bare else None
    return None


def fill_to_look(builder: BlockBuilder, tip: ChainTip) -> None:
    """The same for a block that is only to be looked at. Raises ``StateUnavailable``."""
    for tried in fill(builder, tip):
        if isinstance(tried.outcome, StateUnavailable):
            raise tried.outcome
