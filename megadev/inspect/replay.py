"""Running again what a chain already holds: the transactions of a sealed block, watched this time.

A replay runs over the world after the block's parent, with what cheats changed before the block and the system writes
at its start, under the rules and with the impersonated signatures that the block was built with. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import SealedBlock
from megadev.chain.mini_blocks import UNSEALED_HASH
from megadev.chain.transactions import Transaction
from megadev.errors import InvalidTransaction, NotFound, RanOtherwise, StateUnavailable
from megadev.evm.engine import BlockEnv, Execution, Tracer
from megadev.node.chain import LocalChain
from megadev.node.reopening import block_start
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.sequencer.block_builder import BlockBuilder, OpenBlock
from megadev.state.reader import StateReader
from megadev.state.world import World

Watch: TypeAlias = Callable[[int, Transaction, StateReader], Tracer | None]
"""(index, transaction, state before it) → who watches it; None: nobody. The state is valid until the next one runs."""


class Replayed(msgspec.Struct, frozen=True):
    """One transaction of a sealed block, run again. ``before`` is the state it found, valid until the next one runs."""

    index: int
    tx: Transaction
    env: BlockEnv
    before: StateReader
    execution: Execution


def placed_transaction(chain: LocalChain, tx_hash: Hash32) -> tuple[SealedBlock, int]:
    """The block that holds a transaction, and its index there; an open block as it would be if it were sealed now, but
    with ``UNSEALED_HASH``. Raises ``NotFound``.
    """
    placed = chain.placed(tx_hash)
    if placed is None:
        if chain.pool.get(tx_hash) is None:
            raise NotFound(f"transaction not found: {to_data(tx_hash)}")
        raise NotFound(f"transaction not found in any block: {to_data(tx_hash)} is still in the txpool; mine it first")
    block, index = placed
    return unsealed(block.sealed) if isinstance(block, OpenBlock) else block, index


def unsealed(block: SealedBlock) -> SealedBlock:
    """A block that is still open or pending, without the hash that it would have now."""
    return replace(block, hash=UNSEALED_HASH)


def replay(
    chain: LocalChain, block: SealedBlock, watch: Watch | None = None, *, stop: int | None = None
) -> Iterator[Replayed]:
    """Run the transactions of ``block`` again, in order, those before number ``stop`` only where it is given.

    Use each result before asking for the next. Raises ``UnknownBlock`` where the parent is not held, and
    ``StateUnavailable`` where its state is not the one that the block was built on, or (``RanOtherwise``) its rules are
    not upstream's.
    """
    history = chain.history
    if block.number > history.last:
        yield from run_again(block_start(chain, block), block, watch, stop=stop)
        return
    builder = block_start(chain, block)
    builder.state = builder.state.with_hint(lambda state: history.touched_by(state, block, stop))
    index = 0
    try:
        for replayed in run_again(builder, block, watch, stop=stop):
            there, here = block.receipts[index].gas_used, replayed.execution.gas.used
            if here != there:
                raise RanOtherwise(replayed.tx.hash, block.number, f"used {there} gas there and {here} here")
            yield replayed
            index += 1
    except StateUnavailable as problem:
        if not isinstance(problem.__cause__, InvalidTransaction):
            raise
        happened = f"cannot run here ({problem.__cause__})"
        raise RanOtherwise(block.transactions[index].hash, block.number, happened) from problem.__cause__


def run_again(
    builder: BlockBuilder, block: SealedBlock, watch: Watch | None = None, *, stop: int | None = None
) -> Iterator[Replayed]:
    """As ``replay``, in a ``builder`` that stands at the start of ``block``, and has the whole of it in the end."""
    for index, tx in enumerate(block.transactions[:stop]):
        tracer = watch(index, tx, builder.state) if watch is not None else None
        try:
            execution = builder.execute(tx, tracer=tracer)
        except InvalidTransaction as error:
            raise StateUnavailable(
                f"state unavailable: transaction {index} of block {block.number} cannot be replayed ({error}): "
                "this chain was loaded without its history"
            ) from error
        yield Replayed(index, tx, builder.env, builder.state, execution)
        builder.append(tx, execution)


def world_before(chain: LocalChain, block: SealedBlock) -> World:
    """The state that ``block`` was built on, with what cheats changed in between. Raises ``UnknownBlock``."""
    world = chain.world(block.header.parent_hash)
    return world if block.irregular is None else world.apply(block.irregular)
