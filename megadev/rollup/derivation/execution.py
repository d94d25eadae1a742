"""Executing what is derived: attributes become a sealed block, and blocks a chain that nobody else had a hand in.

The same block builder and engine as the sequencer's, and nothing else of it: no pool, no clock, no settings.
"""

from __future__ import annotations

from collections.abc import Callable

from megadev.chain.admission import validate_transaction
from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.system_contracts import ORACLE
from megadev.chain.transactions import (
    LEGACY,
    Transaction,
    UnsignedTransaction,
    decode_transaction,
    impersonated_transaction,
)
from megadev.errors import InvalidTransaction, MalformedTransaction, UndecodableTransaction
from megadev.evm.engine import Engine
from megadev.primitives import rlp
from megadev.primitives.types import Hash32
from megadev.rollup.derivation.attributes import Attributes, plan_of
from megadev.rollup.derivation.batch_queue import L2Block
from megadev.rollup.derivation.config import RollupConfig
from megadev.rollup.derivation.pipeline import InvalidAttributes, genesis_block
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.oracle import system_address
from megadev.state.reader import StateReader


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
            system = None if spec.system_contracts is None else _system_transaction(raw, spec.chain_id, builder.state)
            tx = decode_transaction(raw, spec) if system is None else system
            if system is None:
                validate_transaction(tx, spec, sidecar_required=False)
            builder.include(tx)
        except (UndecodableTransaction, InvalidTransaction) as error:
            raise InvalidAttributes(f"block {attributes.number}, transaction {index} of its batch: {error}") from None
    return builder.seal()


def _system_transaction(raw: bytes, chain_id: int, state: StateReader) -> Transaction | None:
    """The protocol's own transaction that ``raw`` is, if it is one: legacy, to the oracle, and with nothing where a
    signature would be. It is the system address's, as the sequencer alone orders transactions.
    """
    if raw[:1] < b"\xc0" or not raw.endswith(UNSIGNED):
        return None
    try:
        fields = rlp.decode(raw)
    except ValueError:
        return None
    if type(fields) is not list or len(fields) != 9 or fields[3] != ORACLE:
        return None
    if any(type(field) is not bytes or field[:1] == b"\0" for field in (*fields[:3], fields[4])):
        return None
    nonce, price, gas, value = (int.from_bytes(field, "big") for field in (*fields[:3], fields[4]))  # type: ignore[arg-type]
    unsigned = UnsignedTransaction(
        type=LEGACY,
        chain_id=chain_id,
        nonce=nonce,
        gas_limit=gas,
        to=ORACLE,
        value=value,
        data=fields[5],  # type: ignore[arg-type]
        max_fee_per_gas=price,
        max_priority_fee_per_gas=price,
    )
    try:
        made = impersonated_transaction(unsigned, system_address(state))
    except MalformedTransaction:
        return None
    return made if made.encoded == raw else None


UNSIGNED = bytes((0x80, 0x80, 0x80))
"""How a legacy transaction ends that nobody signed."""


class DerivedChain:
    """A chain of derived blocks from a ``genesis`` of its own, under the rules of ``spec``."""

    def __init__(self, config: RollupConfig, genesis: SealedBlock, spec: ChainSpec, engine: Engine) -> None:
        if genesis.hash != config.l2_genesis.hash:
            raise ValueError(
                f"L2's first block is 0x{genesis.hash.hex()}, the rollup configuration has "
                f"0x{config.l2_genesis.hash.hex()}"
            )
        self.spec = spec
        self.store = ChainStore(genesis)
        self._engine = engine
        self._blocks = [genesis_block(config)]

    def execute(self, attributes: Attributes) -> L2Block:
        """Build the block after its parent, in the place of any that is there. Raises ``InvalidAttributes``."""
        store, number = self.store, attributes.parent.number
        parent = store.resolve(number)
        assert parent.hash == attributes.parent.hash, "the pipeline goes on from a block that it had executed"
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
