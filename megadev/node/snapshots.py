"""Snapshots: everything a revert brings back, as one value. The struct is the checklist.

A snapshot lies between two blocks, and so does a revert: in continuous mode either seals the open block first.

Taking one costs nothing that grows with the chain: worlds are persistent and blocks are never changed, so a snapshot
holds the head, what waited in the txpool, and copies of small settings. Reverting to one forgets the blocks above it.
Where blocks *below* a snapshot leave the chain (a rollback, a reorganisation, a revert to an older one) they are kept
for it, so that it can still be reverted to.

The sequencer's faults come back as they were, its keys and the evidence against it too, and the latency. A snapshot
cannot be taken while a stopped sequencer has a block open, but whatever has happened to it, a revert gets past it.

Two things are not brought back. Keys that were added stay: they are the caller's, not the chain's. Filters stay too,
and follow the chain as their owner saw it: what they have shown of blocks that a revert removes they take back, and
they go on from there, so that nothing is told twice or left standing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import Transaction
from megadev.evm.engine import EcrecoverAnswers, Engine
from megadev.node.broken_promises import Evidence
from megadev.primitives.latency import Latency
from megadev.primitives.types import Address
from megadev.sequencer.faults import Faults
from megadev.sequencer.sequencer import BlockSettings, MiningMode
from megadev.sequencer.signers import Signers
from megadev.sequencer.time_keeper import TimeSettings
from megadev.state.diff import StateDiff

if TYPE_CHECKING:
    from megadev.node.node import Node


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a revert restores. ``pool`` is in order of arrival; ``now`` is the node's time in seconds."""

    head: SealedBlock
    irregular: StateDiff | None
    pool: tuple[Transaction, ...]
    spec: ChainSpec
    engine: Engine
    time: TimeSettings
    now: int
    blocks: BlockSettings
    mode: MiningMode
    block_time: float | None
    impersonated: frozenset[Address]
    auto_impersonate: bool
    signatures: EcrecoverAnswers
    logging: bool
    faults: Faults | None
    signers: Signers | None
    evidence: Evidence
    latency: tuple[Latency | None, Latency | None, int]
    is_cut: bool


@dataclass(slots=True)
class _Taken:
    """A snapshot and where its chain is: up to block ``shared`` it is the node's own, from there on ``own``."""

    snapshot: Snapshot
    shared: int
    own: tuple[SealedBlock, ...] = ()


class Snapshots:
    """Snapshots by id. Reverting to an id consumes it and every later one, as peers do."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._taken: dict[int, _Taken] = {}
        self._next_id = 0

    def take(self) -> int:
        """Remember the present; returns the id to come back with."""
        node, sequencer = self._node, self._node.l2.sequencer
        sequencer.between_blocks()
        snapshot = Snapshot(
            head=sequencer.head,
            irregular=sequencer.irregular,
            pool=tuple(sequencer.pool.transactions()),
            spec=sequencer.spec,
            engine=sequencer.engine,
            time=node.time.settings,
            now=node.time.now(),
            blocks=sequencer.blocks,
            mode=sequencer.mode,
            block_time=node.mining.block_time,
            impersonated=node.accounts.impersonated,
            auto_impersonate=node.accounts.auto_impersonate,
            signatures=node.accounts.signatures,
            logging=node.logging,
            faults=sequencer.faults,
            signers=node.l2.rotated_signers,
            evidence=node.broken_promises.evidence,
            latency=(node.link.answer, node.link.stream, node.link.seed),
            is_cut=node.link.is_cut,
        )
        self._taken[self._next_id] = _Taken(snapshot, snapshot.head.number)
        self._next_id += 1
        return self._next_id - 1

    def revert(self, snapshot_id: int) -> bool:
        """Go back; False when the id was never given out or is used up."""
        taken = self._taken.get(snapshot_id)
        if taken is None:
            return False
        self._node.l2.sequencer.mend()
        self._node.between_blocks()
        self._node.l2.rotated_signers = taken.snapshot.signers  # before blocks are announced again, with signatures
        for later in [later for later in self._taken if later >= snapshot_id]:
            del self._taken[later]
        self._restore_chain(taken)
        self._restore_settings(taken.snapshot)
        return True

    def keep_blocks_above(self, number: int) -> None:
        """To be called before blocks above ``number`` leave the chain: remembers them for the snapshots that need
        them.
        """
        for taken in self._taken.values():
            if taken.shared > number:
                taken.own = (*self._node.l2.store.blocks(number + 1, taken.shared), *taken.own)
                taken.shared = number

    def forget(self) -> None:
        """Drop them all; no id that was given out is any good from now on."""
        self._taken.clear()

    @property
    def taken(self) -> dict[int, SealedBlock]:
        """Ids that can be reverted to, with the head each remembers."""
        return {snapshot_id: taken.snapshot.head for snapshot_id, taken in self._taken.items()}

    def _restore_chain(self, taken: _Taken) -> None:
        sequencer = self._node.l2.sequencer
        shared, own = taken.shared, taken.own
        while own and sequencer.store.by_number(shared + 1) is own[0]:
            shared, own = shared + 1, own[1:]  # it came back in the meantime
        # no other snapshot needs what is removed here: older ones share no more with the chain than this one did
        sequencer.set_rules(taken.snapshot.spec, taken.snapshot.engine)
        if own:
            sequencer.replace(shared, own, taken.snapshot.irregular)
        else:
            sequencer.rewind(shared, taken.snapshot.irregular)

    def _restore_settings(self, snapshot: Snapshot) -> None:
        node, sequencer = self._node, self._node.l2.sequencer
        sequencer.pool.clear()
        for tx in snapshot.pool:
            sequencer.pool.admit(tx)
        # what the clock showed, not what was added to it: time that passed since is taken back too
        node.time.set_time(snapshot.now)
        node.time.settings = TimeSettings(node.time.settings.offset, snapshot.time.next_exact, snapshot.time.interval)
        sequencer.blocks = snapshot.blocks
        node.accounts.impersonated = snapshot.impersonated
        node.accounts.auto_impersonate = snapshot.auto_impersonate
        node.accounts.signatures = snapshot.signatures
        node.logging = snapshot.logging
        node.mining.restore(snapshot.mode, snapshot.block_time)
        sequencer.restore_faults(snapshot.faults)
        node.broken_promises.evidence = snapshot.evidence
        node.link.set(*snapshot.latency)
        node.link.is_cut = snapshot.is_cut
