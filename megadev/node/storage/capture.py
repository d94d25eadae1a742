"""Changes of a running node since the last capture: taken between two changes in no time, written on another thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.spans import Span
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import Transaction
from megadev.events import BlockSealed, BlocksRemoved, Event
from megadev.node.chain import LocalChain
from megadev.node.storage.records import ChainRecord, NodeRecord, evidence_records, void_records
from megadev.primitives.types import Hash32
from megadev.sequencer.block_builder import BlockBuilder
from megadev.sequencer.modes import BlockSettings, MiningMode
from megadev.state.diff import StateDiff
from megadev.state.world import World

if TYPE_CHECKING:
    from megadev.node.node import Node


class Extent(msgspec.Struct):
    """Up to which block a chain was taken or written (below its first: nothing was), and which rows are among it."""

    last: int
    rows: tuple[tuple[int, int], ...] = ()

    def limit(self, last: int) -> None:
        """Marks blocks after ``last`` as changed. A row that is cut by that is to be written again."""
        if last >= self.last:
            return
        for first, end in reversed(self.rows):
            if first <= last <= end:
                last = first - 1
        self.last = last
        self.rows = tuple(row for row in self.rows if row[1] <= last)

    def copy(self) -> Extent:
        return Extent(self.last, self.rows)


class ChainCapture(msgspec.Struct, frozen=True):
    """One chain's part. ``new`` follows block ``base``, after which the state was ``before`` (None: it is the whole
    chain); ``diffs`` by block hash. ``pool``: what waits, in order of arrival; None: as the last time. ``extent``: how
    far the chain is written once this is.
    """

    base: int
    start: World
    """The state after the chain's first block."""
    before: World | None
    new: Span
    diffs: dict[Hash32, tuple[StateDiff, ...]]
    pool: tuple[Transaction, ...] | None
    record: ChainRecord
    extent: Extent
    head: int


class Capture(msgspec.Struct, frozen=True):
    """All of it, L2 first. ``data``: what has come into the DA store since."""

    chains: tuple[ChainCapture, ...]
    node: NodeRecord
    data: tuple[bytes, ...] = ()


class Firsts(NamedTuple):
    """The start of one chain, from the node's settings."""

    mode: MiningMode
    block_time: float | None
    blocks: BlockSettings
    spec: ChainSpec

    @classmethod
    def of(cls, chain: LocalChain) -> Firsts:
        """Of a chain that nothing has been done to yet."""
        sequencer = chain.sequencer
        return cls(sequencer.mode, chain.mining.block_time, sequencer.blocks, chain.spec)


class ChainWatch(msgspec.Struct):
    """Follows one chain and collects its changes."""

    chain: LocalChain
    first: Firsts
    taken: Extent
    diffs: dict[Hash32, tuple[StateDiff, ...]] = msgspec.field(default_factory=dict)
    _pool: tuple[object, ...] = ()

    def hear(self, event: Event) -> int | None:
        """Take notice of an event; the number of the last block that stays, where blocks have gone."""
        if type(event) is BlockSealed:
            if event.diffs:
                self.diffs[event.block.hash] = event.diffs
        elif type(event) is BlocksRemoved:
            return event.first - 1
        return None

    def forget(self) -> None:
        """Forgets the last capture, which is not written: the pool must be captured again."""
        self._pool = ()

    def capture(self) -> ChainCapture:
        """The changes since the last capture; they count as taken."""
        taken, store = self.taken, self.chain.store
        head = store.head
        base = taken.last if taken.last >= store.genesis.number else store.genesis.number - 1
        block = store.by_number(base)
        new = store.blocks(base + 1, head.number)
        diffs, self.diffs = self.diffs, {}
        taken.last = head.number
        taken.rows = (*taken.rows, *((row.first, row.last) for row in new.rows))
        return ChainCapture(
            base,
            store.genesis.world,
            None if block is None else block.world,
            new,
            diffs,
            self._pool_if_changed(),
            self._record(head),
            taken.copy(),
            head.number,
        )

    def _pool_if_changed(self) -> tuple[Transaction, ...] | None:
        sequencer = self.chain.sequencer
        held = _held(sequencer.open) + _held(sequencer.written_ahead)
        state = (sequencer.pool.version, *(tx.hash for tx in held))
        if self._pool == state:
            return None
        self._pool = state
        return (*held, *sequencer.pool.transactions())

    def _record(self, head: SealedBlock) -> ChainRecord:
        chain, sequencer = self.chain, self.chain.sequencer
        first = self.first
        fork = chain.fork
        return ChainRecord(
            head=head.hash,
            irregular=sequencer.irregular,
            spec=sequencer.spec,
            first_spec=first.spec,
            time=sequencer.time.settings,
            blocks=sequencer.blocks,
            first_blocks=first.blocks,
            mode=sequencer.mode,
            first_mode=first.mode,
            block_time=chain.mining.block_time,
            first_block_time=first.block_time,
            gas_price=chain.gas_price,
            faults=sequencer.faults,
            oracle=None if sequencer.oracle is None else dict(sequencer.oracle.values),
            fork=None if fork is None else (fork.chain_id, fork.header.number, fork.hash),
        )


def _held(builder: BlockBuilder | None) -> tuple[Transaction, ...]:
    """The users' transactions of a block that is not sealed: what the protocol adds, it adds again."""
    if builder is None:
        return ()
    own = builder.plan.start.transactions
    return tuple(tx for tx in builder.transactions[len(own) :] if not builder.is_the_protocols(tx))


def node_record(node: Node) -> NodeRecord:
    """Returns the present state that the chains share."""
    accounts, signers = node.accounts, node.l2.rotated_signers
    progress = None if node.driver is None else node.driver.progress
    consolidator = None if node.driver is None else node.driver.consolidator
    distance = 0 if progress is None else max(progress.safe_distance, progress.finalized_distance)
    return NodeRecord(
        mnemonic=node.mnemonic,
        keys=tuple(account.raw_key for account in accounts.keyed),
        impersonated=tuple(sorted(accounts.impersonated)),
        auto_impersonate=accounts.auto_impersonate,
        signatures=accounts.signatures,
        logging=node.logging,
        progress=progress,
        signers=() if signers is None else tuple((term.first_block, term.key) for term in signers.terms),
        standbys=() if node.standbys is None else node.standbys.up,
        turns=() if signers is None else tuple((term.others, term.turn) for term in signers.terms),
        broken=node.broken_promises.evidence.broken,
        equivocations=evidence_records(node.broken_promises.evidence),
        void_mini_blocks=void_records(node.broken_promises.evidence),
        latency=(node.link.answer, node.link.stream, node.link.seed),
        is_cut=node.link.is_cut,
        by_hand=None if consolidator is None else consolidator.known_by_hand,
        derived=None if consolidator is None else consolidator.progress(distance),
        da_faults=node.da_store.faults,
        replica_lag=node.replica_lag,
        l1_contracts=None if node.driver is None else node.driver.addresses.profile.name,
    )


def new_data(node: Node, known: int) -> tuple[bytes, ...]:
    """Returns the DA store's data beside the ``known`` first pieces; nothing if it has its own directory."""
    return () if node.config.da_dir is not None else node.da_store.kept(known)


def set_by_hand(node: Node) -> tuple[object, ...]:
    """All that was set, and how far the chains are: other objects once any of it is another."""
    accounts, link, driver = node.accounts, node.link, node.driver
    return (
        *(_settings(chain) for chain in node.chains),
        len(accounts.keyed),
        accounts.impersonated,
        accounts.auto_impersonate,
        accounts.signatures,
        node.logging,
        None if driver is None else driver.progress,
        None if driver is None or driver.consolidator is None else driver.consolidator.derived,
        node.l2.rotated_signers,
        node.broken_promises.evidence,
        (link.answer, link.stream, link.seed, link.is_cut),
        (len(node.da_store), node.da_store.faults),
        None if node.standbys is None else node.standbys.up,
        node.replica_lag,
    )


def _settings(chain: LocalChain) -> tuple[object, ...]:
    sequencer = chain.sequencer
    ahead = sequencer.written_ahead
    return (
        chain.moment,
        None if ahead is None else len(ahead.transactions),
        chain.pool.version,
        sequencer.time.settings,
        sequencer.blocks,
        sequencer.spec,
        sequencer.mode,
        chain.mining.block_time,
        chain.gas_price,
        sequencer.faults,
        None if sequencer.oracle is None else sequencer.oracle.values,
    )
