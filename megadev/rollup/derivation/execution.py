"""Executing what is derived: attributes become a sealed block, and blocks a chain that nobody else had a hand in.

The same block builder and engine as the sequencer's, and nothing else of it: no pool, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Callable

from megadev.chain.admission import validate_transaction
from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import (
    decode_transaction,
)
from megadev.errors import InvalidTransaction, UndecodableTransaction
from megadev.evm.engine import Engine
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rollup.derivation.attributes import Attributes, plan_of
from megadev.rollup.derivation.batch_queue import L2Block
from megadev.rollup.derivation.config import RollupConfig
from megadev.rollup.derivation.pipeline import InvalidAttributes, genesis_block
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.oracle import system_transaction_of


def execute(
    attributes: Attributes,
    parent: SealedBlock,
    spec: ChainSpec,
    engine: Engine,
    block_hash: Callable[[int], Hash32],
) -> SealedBlock:
    """The block that ``attributes`` describe, on a chain of ``spec``; ``block_hash`` knows the hashes of earlier ones.

    Raises ``InvalidAttributes`` where a transaction of the batch cannot be included.
    """
    builder = BlockBuilder(spec, engine, plan_of(attributes, parent, spec), parent.world, block_hash).begin()
    for index, raw in enumerate(attributes.transactions):
        try:
            system = None if spec.system_contracts is None else system_transaction_of(raw, spec.chain_id, builder.state)
            tx = decode_transaction(raw, spec) if system is None else system
            if system is None:
                validate_transaction(tx, spec, sidecar_required=False)
            builder.include(tx)
        except (UndecodableTransaction, InvalidTransaction) as error:
            raise InvalidAttributes(f"block {attributes.number}, transaction {index} of its batch: {error}") from None
    return builder.seal()


class DerivedChain:
    """A chain of derived blocks from a ``genesis`` of its own, under the rules of ``spec``."""

    def __init__(self, config: RollupConfig, genesis: SealedBlock, spec: ChainSpec, engine: Engine) -> None:
        if genesis.hash != config.l2_genesis.hash:
            raise ValueError(
                f"L2's first block is {to_data(genesis.hash)}, the rollup configuration has "
                f"{to_data(config.l2_genesis.hash)}"
            )
        self.spec = spec
        self.store = ChainStore(genesis)
        self._engine = engine
        self._blocks = [genesis_block(config)]

    def execute(self, attributes: Attributes) -> L2Block:
        """Build the block after its parent, in the place of any that is there. Raises ``InvalidAttributes``."""
        store, number = self.store, attributes.parent.number
        parent = store.resolve(number)
        assert parent.hash == attributes.parent.hash, "the pipeline continues from a block that it had executed"
        block = execute(attributes, parent, self.spec, self._engine, store.block_hash)
        store.truncate(number)
        store.append(block)
        made = L2Block(block.number, block.hash, block.timestamp, attributes.origin)
        del self._blocks[block.number - store.genesis.number :]
        self._blocks.append(made)
        return made

    def block(self, number: int) -> L2Block | None:
        """The derived block with that number, if there is one."""
        index = number - self.store.genesis.number
        return self._blocks[index] if 0 <= index < len(self._blocks) else None
