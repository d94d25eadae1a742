"""One chain wired up: its spec, engine, store, pool and sequencer, and every question that can be asked of it.

Used once per chain of a node. Reads resolve a block reference to immutable values, so they may run on any thread;
whatever changes the chain goes to ``sequencer`` on the writer thread.
"""

from __future__ import annotations

from megadev.chain.blocks import BlockRef, SealedBlock, Tag
from megadev.chain.fees import blob_base_fee
from megadev.chain.genesis import Genesis
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import Transaction
from megadev.errors import UnknownBlock
from megadev.evm.engine import BlockEnv, Engine
from megadev.primitives.types import Address, Hash32
from megadev.sequencer.sequencer import Sequencer
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import World, WorldView


class LocalChain:
    """A chain and what may be asked of it. ``sequencer`` is the only way to change it."""

    def __init__(
        self,
        genesis: Genesis,
        sequencer: Sequencer,
        *,
        epoch_slots: int,
    ) -> None:
        self.genesis = genesis
        self.sequencer = sequencer
        self.pool = sequencer.pool
        self.epoch_slots = epoch_slots
        """Blocks between latest and safe, and between safe and finalized, while no L1 moves those heads."""

    @property
    def spec(self) -> ChainSpec:
        """The rules; another value after ``sequencer.set_rules``."""
        return self.sequencer.spec

    @property
    def engine(self) -> Engine:
        """What runs them."""
        return self.sequencer.engine

    @property
    def store(self) -> ChainStore:
        """Its blocks; another store after ``sequencer.restart``."""
        return self.sequencer.store

    # -- blocks ---------------------------------------------------------------------------------------------------

    @property
    def head(self) -> SealedBlock:
        return self.store.head

    def block(self, ref: BlockRef) -> SealedBlock:
        """The block ``ref`` names; ``pending`` is built from the pool. Raises ``UnknownBlock``."""
        if ref is Tag.PENDING:
            return self.sequencer.pending_block()
        head = self.store.head.number
        return self.store.resolve(ref, safe=head - self.epoch_slots, finalized=head - 2 * self.epoch_slots)

    def find_block(self, ref: BlockRef) -> SealedBlock | None:
        """The block ``ref`` names, or None."""
        try:
            return self.block(ref)
        except UnknownBlock:
            return None

    def transaction(self, tx_hash: Hash32) -> tuple[Transaction, SealedBlock | None, int]:
        """A transaction with its block and index; block None while it waits in the pool. Raises ``KeyError``."""
        placed = self.store.transaction(tx_hash)
        if placed is not None:
            block, index = placed
            return block.transactions[index], block, index
        waiting = self.pool.get(tx_hash)
        if waiting is None:
            raise KeyError(tx_hash)
        return waiting, None, 0

    # -- state and environment ------------------------------------------------------------------------------------

    def world(self, ref: BlockRef) -> World:
        """The whole state after a block, for proofs and dumps (without cheats that no block holds yet)."""
        return self.block(ref).world

    def state(self, ref: BlockRef) -> StateReader:
        """State after a block; at ``latest`` and the head's own number, with cheats made since."""
        if ref is Tag.PENDING:
            return self.sequencer.pending_builder().state  # without the roots that the block would cost
        return self.block_and_state(ref)[1]

    def block_and_state(self, ref: BlockRef) -> tuple[SealedBlock, StateReader]:
        """A block and the state after it, as ``state`` has it: of one moment, on whichever thread."""
        block, irregular = self.block_and_irregular(ref)
        view = WorldView(block.world, self.store.block_hash)
        return block, view if irregular is None else Overlay(view, irregular)

    def block_and_irregular(self, ref: BlockRef) -> tuple[SealedBlock, StateDiff | None]:
        """A block and, where it is the head, what cheats changed since."""
        head, irregular = self.sequencer.tip
        block = head if ref is Tag.LATEST else self.block(ref)
        return block, irregular if block is head else None

    def env(self, ref: BlockRef) -> BlockEnv:
        """The environment a call at ``ref`` sees: that block's own, as geth does."""
        return self.env_of(self.block(ref))

    def env_of(self, block: SealedBlock) -> BlockEnv:
        """The environment of a block, sealed or not."""
        header = block.header
        return BlockEnv(
            number=header.number,
            timestamp=header.timestamp,
            gas_limit=header.gas_limit,
            coinbase=header.coinbase,
            prev_randao=header.prev_randao,
            base_fee=header.base_fee,
            blob_base_fee=blob_base_fee(header.excess_blob_gas, self.spec),
        )

    def nonce(self, address: Address, ref: BlockRef) -> int:
        """The account's nonce at a block; ``pending`` counts its waiting transactions."""
        if ref is Tag.PENDING:
            return self.pool.pending_nonce(address, self.sequencer.next_nonce(address))
        account = self.state(ref).account(address)
        return account.nonce if account is not None else 0
