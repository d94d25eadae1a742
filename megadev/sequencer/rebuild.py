"""Building a block again out of what another one held: after a crash, and where a sequencer breaks its promises."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from megadev.chain.transactions import Transaction
from megadev.errors import (
    InvalidTransaction,
)
from megadev.events import (
    Event,
    MiniBlockSealed,
    PreconfirmationsLost,
    TransactionPreconfirmed,
)
from megadev.primitives.hexcodec import to_data
from megadev.sequencer.block_builder import BlockBuilder, OpenBlock
from megadev.sequencer.chain_tip import ChainTip
from megadev.sequencer.faults import Faults, broken_promises, cut_again


class Falsified(NamedTuple):
    """The replacement of a promised block. ``left_out``: its transactions that it does not hold. ``events``: what those
    who relied on what has changed are told, and of what takes its place.
    """

    builder: BlockBuilder
    left_out: list[Transaction]
    events: list[Event]


def built_again(builder: BlockBuilder, transactions: Sequence[Transaction], chain: ChainTip) -> BlockBuilder:
    """A block like ``builder`` with some of its transactions in some order, as far as they can follow each other,
    cut into mini-blocks where it was and still can be.
    """
    plan, irregular = builder.plan, builder.irregular

    def start() -> BlockBuilder:
        return BlockBuilder(
            builder.spec,
            builder.engine,
            plan,
            chain.head.world,
            chain.store.block_hash,
            irregular,
            ecrecover_answers=builder.ecrecover_answers,
        ).begin()

    again = start()
    forced = len(plan.start.transactions)  # a builder begins with them
    if list(transactions) != builder.transactions:
        # which of them can follow each other is not known before they ran, and decides where mini-blocks end
        fitting = list(transactions[:forced])
        for tx in transactions[forced:]:
            with suppress(InvalidTransaction):
                again.include(tx)
                fitting.append(tx)
        transactions, again = fitting, start()
    ends = dict(cut_again(OpenBlock(builder), transactions))
    for count, tx in enumerate(transactions, 1):
        if count > forced:
            again.include(tx)
        if count in ends:
            again.cut(ends[count])
    return again


def falsified(builder: BlockBuilder, faults: Faults, chain: ChainTip) -> Falsified | None:
    """Returns the block that ``faults`` make of one about to be sealed; None: no change."""
    forced = len(builder.plan.start.transactions)  # L1 decides about those
    wanted = builder.transactions[:forced] + faults.sealed_as(builder.transactions[forced:])
    if wanted == builder.transactions:
        return None
    false = built_again(builder, wanted, chain)
    before, after = OpenBlock(builder), OpenBlock(false)
    broken = broken_promises(before, after, chain.spec.chain_id)
    announced, minis = builder.closed, false.closed
    same = 0
    while same < min(len(announced), len(minis)) and announced[same].digest == minis[same].digest:
        same += 1
    left_out = [tx for tx in before.transactions if not false.holds(tx.hash)]
    how = "in another order"
    if left_out:
        how = "without " + ", ".join(f"{to_data(tx.hash)}" for tx in left_out[:3])
        how += f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
    reason = f"block {before.number} was sealed {how}"
    lost, promised = tuple(tx for tx, _ in broken), tuple(made for _, made in broken)
    moved = {tx.hash for tx in lost}
    void = tuple(announced[same:])
    events: list[Event] = [PreconfirmationsLost(before.number, lost, reason, void, promised, before.state)]
    events += [
        TransactionPreconfirmed(tx, after.receipts[index], after.number, index, 0)
        for index, tx in enumerate(after.transactions)
        if tx.hash in moved
    ]
    events += [MiniBlockSealed(mini_block, after.state) for mini_block in minis[same:]]
    return Falsified(false, left_out, events)
