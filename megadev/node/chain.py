"""One chain wired up: its spec, engine, store, pool and sequencer, and every question that can be asked of it.

Used once per chain of a node, L1 and L2 alike. Reads resolve a block reference to immutable values, so they may run on
any thread; whatever changes the chain goes to ``sequencer`` on the writer thread.

Why each chain has its own bus: whoever listens wants one chain's events, and nobody should have to look at each event
to tell whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from msgspec.structs import replace

from megadev.chain.blocks import BlockRef, SealedBlock, Tag
from megadev.chain.fees import blob_base_fee
from megadev.chain.genesis import Genesis
from megadev.chain.mini_blocks import MiniBlock, PlacedBlock, mini_block, mini_block_index
from megadev.chain.preconfirmations import SignedOrigin, sign_origin
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import Transaction
from megadev.errors import UnknownBlock
from megadev.events import TransactionPreconfirmed
from megadev.evm.engine import BlockEnv, Engine, MegaEnv
from megadev.evm.engines import open_engine
from megadev.evm.salt_buckets import capacities
from megadev.node.bus import Bus
from megadev.node.console import ConsoleHistory
from megadev.node.fork import Fork
from megadev.node.genesis import ChainOrigin
from megadev.node.history import OWN_HISTORY, ChainHistory
from megadev.node.mining import Mining
from megadev.primitives.types import Address, Hash32, Wei
from megadev.sequencer.block_builder import OpenBlock
from megadev.sequencer.modes import BlockSettings, MiningMode
from megadev.sequencer.oracle import system_address
from megadev.sequencer.reorganisation import restart, rewind
from megadev.sequencer.sequencer import Sequencer
from megadev.sequencer.signers import Signers
from megadev.sequencer.time_keeper import TimeKeeper, TimeSettings
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import World, WorldView


class LocalChain:
    """A chain and what may be asked of it. ``sequencer`` is the only way to change it."""

    def __init__(
        self,
        beginning: ChainOrigin,
        sequencer: Sequencer,
        *,
        bus: Bus,
        mining: Mining,
        epoch_slots: int,
        first_signers: Callable[[], Signers],
        gas_price: Wei | None = None,
    ) -> None:
        self.history: ChainHistory
        """What came before the first block."""
        self.beginning: ChainOrigin
        """What the settings made it begin with; its store has another first block once another chain was loaded."""
        self._begin_with(beginning)
        self.sequencer = sequencer
        self.bus = bus
        """Where the sequencer's events go."""
        self.mining = mining
        self.console = ConsoleHistory()
        """What contracts printed on this chain."""
        bus.subscribe(self.console.event, TransactionPreconfirmed)
        self.gas_price = gas_price
        """What eth_gasPrice answers, in wei, where that is fixed."""
        self.urls: tuple[str, ...] = ()
        """Where the chain is served over HTTP; as ws: over WebSocket."""
        self.told_signatures: dict[Hash32, bytes] | None = None
        """The sequencer's over blocks and mini-blocks, where it is another's chain; None: it signs them itself."""
        self._first_settings = sequencer.blocks
        self._first_signers = first_signers
        self._signers: Signers | None = None
        self.pool = sequencer.pool
        self.epoch_slots = epoch_slots
        """Blocks between latest and safe, and between safe and finalized, at least."""
        self.votes_for: Callable[[MiniBlock], Sequence[tuple[Address, tuple[int, int, int]]]] = lambda mini_block: ()
        """Who has signed a mini-block besides, where sequencers agree on it (``quorum``)."""
        self.l1_block_in: Callable[[StateReader | World], tuple[int, Hash32] | None] = lambda state: None
        """The number and hash of the L1 block that a state of this chain has got to; None: of none."""
        self.heads: Callable[[], tuple[int, int]] | None = None
        """The numbers of the safe and finalized blocks, where an L1 decides them."""
        self.trails_by_slots = True
        """Whether those trail by ``epoch_slots`` at least, whatever L1 says."""

    def expect(self, transactions: Sequence[Transaction]) -> None:
        """Prepare for transactions that are about to be submitted in this order, where they will be executed at once in
        a block that is open. On the writer's thread.
        """
        sequencer = self.sequencer
        builder, parallel = sequencer.open, sequencer.parallel
        if builder is None or parallel is None or sequencer.mode is not MiningMode.CONTINUOUS:
            return
        session = parallel.arriving(builder) if sequencer.is_running else None
        if session is not None:
            session.expect(transactions)

    @property
    def genesis(self) -> Genesis:
        """The values of the first block; for a fork, those that its blocks continue with."""
        return self.beginning.genesis

    @property
    def fork(self) -> Fork | None:
        """The fork that the chain continues; None if it is not a fork."""
        return self.beginning.fork

    @property
    def spec(self) -> ChainSpec:
        """The rules; another value after ``sequencer.set_rules``."""
        return self.sequencer.spec

    @property
    def engine(self) -> Engine:
        """The engine that executes the chain's transactions."""
        return self.sequencer.engine

    @property
    def store(self) -> ChainStore:
        """Its blocks; another store after ``reorganisation.restart``."""
        return self.sequencer.store

    @property
    def time(self) -> TimeKeeper:
        """The time keeper, which decides the timestamps of blocks."""
        return self.sequencer.time

    @property
    def signers(self) -> Signers:
        """The keys that sign for the sequencer; another value where one was changed (``rotated_signers``)."""
        if self._signers is None:  # the first key is derived when it is asked for: most nodes never sign
            self._signers = self._first_signers()
        return self._signers

    @property
    def rotated_signers(self) -> Signers | None:
        """The same once a key was changed; None: the first one's still, whoever that is."""
        return self._signers if self._signers is not None and len(self._signers.terms) > 1 else None

    @rotated_signers.setter
    def rotated_signers(self, signers: Signers | None) -> None:
        self._signers = signers

    def reset(self) -> None:
        """Go back to the first block, an empty txpool and the first settings of blocks to come. The mining mode stays,
        as in Anvil.
        """
        sequencer = self.sequencer
        if self.store.genesis is self.beginning.block:
            rewind(sequencer, self.beginning.block.number)
        else:
            restart(sequencer, (self.beginning.block,))
        for tx in self.pool.transactions():
            sequencer.drop(tx.hash, "the chain was reset")
        sequencer.blocks = self._first_settings
        self.time.settings = TimeSettings(self.time.settings.offset)

    @property
    def began_with(self) -> tuple[ChainOrigin, BlockSettings]:
        """The genesis that a reset restores; set it to restart the chain with it."""
        return self.beginning, self._first_settings

    @began_with.setter
    def began_with(self, began_with: tuple[ChainOrigin, BlockSettings]) -> None:
        beginning, self._first_settings = began_with
        self._begin_with(beginning)

    def _begin_with(self, beginning: ChainOrigin) -> None:
        self.beginning = beginning
        self.history = OWN_HISTORY
        if beginning.fork is not None:
            self.history = beginning.fork.history

    def start_over(self, beginning: ChainOrigin, engine: Engine) -> None:
        """As ``reset``, but become the chain that begins with ``beginning``; ``engine`` was opened for its rules."""
        for tx in self.pool.transactions():
            self.sequencer.drop(tx.hash, "the chain was reset")
        self._begin_with(beginning)
        self.sequencer.set_rules(beginning.spec, engine)
        restart(self.sequencer, (beginning.block,))
        genesis = beginning.genesis
        self._first_settings = replace(
            self._first_settings,
            coinbase=genesis.coinbase,
            gas_limit=genesis.gas_limit,
            extra_data=beginning.spec.extra_data,
        )
        self.sequencer.blocks = self._first_settings
        self.time.settings = TimeSettings(self.time.settings.offset)

    # -- blocks ---------------------------------------------------------------------------------------------------

    @property
    def head(self) -> SealedBlock:
        return self.store.head

    def block(self, ref: BlockRef) -> SealedBlock:
        """The sealed block ``ref`` names; ``pending`` is the open one as it stands, or built from the pool. Raises
        ``UnknownBlock``.
        """
        if ref is Tag.PENDING:
            return self.sequencer.pending.block()
        older = self.history.older(ref, self.store)
        return self._here(ref) if older is None else self.history.block(older, self.spec)

    def _here(self, ref: BlockRef) -> SealedBlock:
        """The block of the local chain that ``ref`` names. Raises ``UnknownBlock``."""
        safe = self.store.head.number - self.epoch_slots
        finalized = safe - self.epoch_slots
        if self.heads is not None and (ref is Tag.SAFE or ref is Tag.FINALIZED):
            by_l1 = self.heads()
            safe = min(safe, by_l1[0]) if self.trails_by_slots else by_l1[0]
            finalized = min(finalized, by_l1[1]) if self.trails_by_slots else by_l1[1]
        return self.store.resolve(ref, safe=safe, finalized=finalized)

    def block_with_state(self, ref: BlockRef) -> SealedBlock:
        """As ``block``; one from before a fork without its transactions, which take more to fetch."""
        older = self.history.older(ref, self.store)
        return self.block(ref) if older is None else self.history.header(older)

    def find_block(self, ref: BlockRef) -> SealedBlock | None:
        """The block ``ref`` names, or None."""
        try:
            return self.whole(self.block(ref))
        except UnknownBlock:
            return None

    def whole(self, block: SealedBlock) -> SealedBlock:
        """``block`` with its transactions, also where it is the one that was forked."""
        return self.history.whole(block, self.spec)

    @property
    def open_block(self) -> OpenBlock | None:
        """The executed but unsealed block, if it is visible (in continuous mode)."""
        builder = self.sequencer.tip.open
        return None if builder is None else builder.shown()

    def signed_origin(self, digest: Hash32, number: int, state: StateReader | World | None) -> SignedOrigin | None:
        """The L1 block that a signature over ``digest`` depends on, of something in the block ``number``, which has got
        to ``state``; signed by its sequencer. None where that follows none.
        """
        if state is None or (isinstance(state, World) and not state.is_known):
            return None
        found = self.l1_block_in(state)
        return None if found is None else sign_origin(digest, *found, self.spec.chain_id, self.signers.at(number).key)

    @property
    def moment(self) -> tuple[object, int]:
        """An object and a number that are others once the newest state is another."""
        tip = self.sequencer.tip
        return tip, 0 if tip.open is None else len(tip.open.transactions)

    @property
    def is_continuous(self) -> bool:
        """True if a block is open while transactions arrive, and its content is visible before it is sealed."""
        return self.sequencer.mode is MiningMode.CONTINUOUS

    def placed(self, tx_hash: Hash32) -> tuple[SealedBlock | OpenBlock, int] | None:
        """The block that holds the transaction with that hash, sealed or open, and its index there, or None."""
        builder = self.sequencer.tip.open  # first: what is sealed at this moment must be found in one of the two
        sealed = self.store.transaction(tx_hash)
        if sealed is not None:
            return sealed
        if builder is None or not builder.holds(tx_hash):
            return None if self.pool.get(tx_hash) is not None else self.history.find(tx_hash, self.spec)
        shown = builder.shown()
        index = shown.find(tx_hash)
        return None if index is None else (shown, index)

    def transaction(self, tx_hash: Hash32) -> tuple[Transaction, SealedBlock | OpenBlock | None, int]:
        """A transaction with its block and index; block None while it waits in the pool. Raises ``KeyError``."""
        placed = self.placed(tx_hash)
        if placed is not None:
            block, index = placed
            return block.transactions[index], block, index
        waiting = self.pool.get(tx_hash)
        if waiting is None:
            raise KeyError(tx_hash)
        return waiting, None, 0

    def mini_block(self, number: int) -> MiniBlock | None:
        """The mini-block with that number, of a sealed block or closed in the open one; None if it does not exist."""
        open_block = self.open_block  # first, as in ``placed``
        block: PlacedBlock | None = self.store.by_mini_block(number) or open_block
        if block is None or not 0 <= number - block.mini_block_offset < len(block.cuts):
            return None
        return mini_block(block, number - block.mini_block_offset)

    def mini_block_of(self, tx_hash: Hash32) -> MiniBlock | None:
        """The mini-block that holds a transaction; None while it waits, or until its mini-block is closed."""
        placed = self.placed(tx_hash)
        if placed is None:
            return None
        block, tx_index = placed
        index = mini_block_index(block, tx_index)
        return None if index == len(block.cuts) else mini_block(block, index)

    # -- state and environment ------------------------------------------------------------------------------------

    def world(self, ref: BlockRef) -> World:
        """The whole state after a block, as its own root has it: without cheats made since."""
        return self.block_with_state(ref).world

    @property
    def first_number(self) -> int:
        """The number of the first block that can be asked for."""
        return self.history.first(self.store.genesis.number)

    @property
    def oldest_state(self) -> int:
        """The number of the first block whose state is known, and that of all later ones."""
        return self.history.first(self.store.oldest_state)

    def state(self, ref: BlockRef) -> StateReader:
        """State after a block, with the cheats made before the next one; at ``latest`` and ``pending`` the newest there
        is, with what the open block holds.
        """
        if ref is Tag.LATEST or ref is Tag.PENDING:
            open_block = self.open_block
            if open_block is not None:
                return open_block.state
        if ref is Tag.PENDING:
            return self.sequencer.pending.builder().state  # without the roots that the block would cost
        return self.block_and_state(ref)[1]

    def scene(self, ref: BlockRef) -> tuple[BlockEnv, StateReader]:
        """The environment that a call at ``ref`` sees, that block's own as in geth, and the state after it."""
        if ref is Tag.LATEST or ref is Tag.PENDING:
            open_block = self.open_block
            if open_block is not None:
                return open_block.env, open_block.state
        if ref is Tag.PENDING:
            pending = self.sequencer.pending.builder()
            return pending.env, pending.state
        block, state = self.block_and_state(ref)
        return self.env_of(block), state

    def block_and_state(self, ref: BlockRef) -> tuple[SealedBlock, StateReader]:
        """A sealed block and the state after it, with what cheats changed before the next one (``latest``: the open
        block's content too): of one moment, on whichever thread.
        """
        block, irregular = self.block_and_irregular(ref)
        view = WorldView(block.world, self.block_hashes(block))
        return block, view if irregular is None else Overlay(view, irregular)

    def block_and_irregular(self, ref: BlockRef) -> tuple[SealedBlock, StateDiff | None]:
        """A block and what cheats changed after it, before the next one; at ``latest`` and ``pending`` the head and all
        that the open block changed, where one is open.
        """
        head, irregular, unsealed = self.sequencer.tip
        if unsealed is not None and (ref is Tag.LATEST or ref is Tag.PENDING):
            return head, unsealed.shown().state.diff
        block = head if ref is Tag.LATEST else self.block_with_state(ref)
        return block, irregular if block is head else self.sequencer.irregular_after(block)

    def block_hashes(self, block: SealedBlock) -> Callable[[int], Hash32]:
        """The results of BLOCKHASH in and after ``block``."""
        return self.store.block_hash if block.number >= self.store.genesis.number else block.world.block_hash

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
            prev_randao=header.randomness,
            base_fee=header.base_fee,
            blob_base_fee=blob_base_fee(header.excess_blob_gas, block.spec or self.spec),
            mega=self._mega_env(block),
        )

    def _mega_env(self, block: SealedBlock) -> MegaEnv | None:
        """Returns the additional environment of MegaETH's rules, on top of ``block``; None under others, and if its
        state is unknown.
        """
        spec = self.spec
        if not spec.is_metered or not block.world.is_known:
            return None
        return MegaEnv(system_address(block.world), capacities(spec.salt, block.world))

    def rules_of(self, block: SealedBlock) -> tuple[ChainSpec, Engine]:
        """The rules that a block was built under, and an engine for them; the current ones if they are unknown."""
        spec = self.sequencer.spec if block.spec is None else block.spec
        return spec, _engine_for(self.sequencer.engine.info.name, spec)

    def nonce(self, address: Address, ref: BlockRef) -> int:
        """The account's nonce at a block; ``pending`` counts its waiting transactions."""
        if ref is Tag.PENDING:
            return self.pool.pending_nonce(address, self.sequencer.next_nonce(address))
        account = self.state(ref).account(address)
        return account.nonce if account is not None else 0


@lru_cache(maxsize=8)
def _engine_for(name: str, spec: ChainSpec) -> Engine:
    """Engines keep nothing of what they ran, so one for each set of rules will do."""
    return open_engine(name, spec)
