"""Running again what a chain already holds: the transactions of a sealed block, watched this time.

A replay runs over the world after the block's parent, with what cheats changed before the block and the system writes
at its start, under the rules the block was built with. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import blob_base_fee
from megadev.chain.transactions import Transaction
from megadev.evm.engine import BlockEnv, Execution, Tracer
from megadev.node.chain import LocalChain
from megadev.sequencer.block_builder import BlockBuilder, BlockPlan
from megadev.state.reader import StateReader

Watch: TypeAlias = Callable[[int, Transaction, StateReader], Tracer | None]
"""(index, transaction, state before it) → who watches it; None: nobody. The state is valid until the next one runs."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """One transaction of a sealed block, run again. ``before`` is the state it found, valid until the next one runs."""

    index: int
    tx: Transaction
    env: BlockEnv
    before: StateReader
    execution: Execution


def replay(
    chain: LocalChain, block: SealedBlock, watch: Watch | None = None, *, stop: int | None = None
) -> Iterator[Replayed]:
    """Run the transactions of ``block`` again, in order, those before number ``stop`` only where it is given.

    Use each result before asking for the next. Raises ``UnknownBlock`` where the parent is not held.
    """
    builder = block_start(chain, block)
    for index, tx in enumerate(block.transactions[:stop]):
        tracer = watch(index, tx, builder.state) if watch is not None else None
        execution = builder.execute(tx, tracer=tracer)
        yield Replayed(index, tx, builder.env, builder.state, execution)
        builder.append(tx, execution)


def block_start(chain: LocalChain, block: SealedBlock) -> BlockBuilder:
    """A builder that stands where ``block`` stood before its first transaction."""
    header = block.header
    plan = BlockPlan(
        number=header.number,
        timestamp=header.timestamp,
        parent_hash=header.parent_hash,
        coinbase=header.coinbase,
        gas_limit=header.gas_limit,
        base_fee=header.base_fee,
        blob_base_fee=blob_base_fee(header.excess_blob_gas, chain.spec),
        excess_blob_gas=header.excess_blob_gas,
        prev_randao=header.prev_randao,
        parent_beacon_root=header.parent_beacon_root,
        extra_data=header.extra_data,
    )
    return BlockBuilder(
        chain.spec,
        chain.engine,
        plan,
        chain.block(header.parent_hash).world,
        chain.store.block_hash,
        block.irregular,
        ecrecover_answers=chain.sequencer.ecrecover_answers(),
    )
