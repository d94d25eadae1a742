"""Blocks whose content a client decides: what the execution API's ``testing_`` methods build, and what they cost.

A client names the header's fields and the transactions, in order; nothing else joins them but, on a chain that settles
on an L1, what the protocol itself puts first in a block that is to stay. ``Sequencer.commit`` is what makes one the
head.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from megadev.chain.admission import validate_transaction
from megadev.chain.blocks import SealedBlock
from megadev.chain.transactions import Transaction
from megadev.errors import EngineFault, InvalidTransaction, PayloadRefused
from megadev.primitives.types import Address, Hash32, Wei
from megadev.sequencer.block_builder import PLAIN_START, BlockBuilder, BlockPlan, BlockStart
from megadev.sequencer.chain_tip import ChainTip
from megadev.sequencer.filling import fill_to_look
from megadev.state.diff import StateDiff


class PayloadAttributes(msgspec.Struct, frozen=True):
    """What a client says about a block (``PayloadAttributesV3`` of the engine API, and ``extra_data``). ``timestamp``
    in seconds.
    """

    timestamp: int
    prev_randao: Hash32
    coinbase: Address
    parent_beacon_root: Hash32
    extra_data: bytes


def build(
    tip: ChainTip,
    parent: SealedBlock,
    irregular: StateDiff | None,
    attributes: PayloadAttributes,
    transactions: Sequence[Transaction] | None,
    start: BlockStart = PLAIN_START,
) -> BlockBuilder:
    """The block after ``parent`` with these transactions, all of them; None: with what waits in the txpool.

    ``irregular`` is state that was changed since ``parent`` outside any block. Nothing of the chain changes.

    Raises ``PayloadRefused`` for a block that cannot be.
    """
    if attributes.timestamp <= parent.header.timestamp:
        raise PayloadRefused(
            f"invalid timestamp: {attributes.timestamp} is not after the parent's, {parent.header.timestamp}"
        )
    builder = BlockBuilder(
        tip.spec,
        tip.engine,
        _plan(tip, parent, attributes, start),
        parent.world,
        tip.store.block_hash,
        irregular,
        ecrecover_answers=tip.ecrecover_answers(),
    ).begin()
    if transactions is None:
        fill_to_look(builder, tip)
        return builder
    for index, tx in enumerate(transactions):
        try:
            validate_transaction(tx, tip.spec)
            builder.include(tx)
        except (InvalidTransaction, EngineFault) as error:
            raise PayloadRefused(f"{error} (transaction {index})") from error
    return builder


def _plan(tip: ChainTip, parent: SealedBlock, attributes: PayloadAttributes, start: BlockStart) -> BlockPlan:
    settings, spec = tip.blocks, tip.spec
    return BlockPlan.after(
        parent,
        spec,
        timestamp=attributes.timestamp,
        coinbase=attributes.coinbase,
        gas_limit=settings.gas_limit,
        base_fee=settings.base_fee_after(parent, spec) if parent is tip.tip.head else None,
        prev_randao=attributes.prev_randao,
        parent_beacon_root=attributes.parent_beacon_root,
        extra_data=attributes.extra_data,
        start=start,
    )


def value_of(block: SealedBlock) -> Wei:
    """What the transactions of ``block`` pay to its coinbase (the engine API's ``blockValue``)."""
    base_fee = block.header.base_fee
    return sum(receipt.gas_used * max(receipt.effective_gas_price - base_fee, 0) for receipt in block.receipts)
