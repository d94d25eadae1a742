"""Snapshots: everything a revert brings back, as one value. The structs are the checklist.

A snapshot is of all chains of a node at once, whichever of them was asked for it, and so is a revert. It lies between
two blocks: in continuous mode either seals the open block first.

Taking one costs nothing that grows with the chain: worlds are persistent and blocks are never changed, so a snapshot
holds the heads, what waited in the txpools, and copies of small settings. Reverting to one forgets the blocks above it.
Where blocks *below* a snapshot leave a chain (a rollback, a reorganisation, a revert to an older one) they are kept
for it, so that it can still be reverted to.

The sequencer's faults come back as they were, its keys and the evidence against it too, and the latency. A snapshot
cannot be taken while a stopped sequencer has a block open, but whatever has happened to it, a revert gets past it.

Two things are not brought back. Keys that were added stay: they are the caller's, not the chain's. Filters stay too,
and follow the chain as their owner saw it: what they have shown of blocks that a revert removes they take back, and
they go on from there, so that nothing is told twice or left standing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import Transaction
from megadev.evm.engine import EcrecoverAnswers, Engine
from megadev.node.broken_promises import Evidence
from megadev.node.chain import LocalChain
from megadev.primitives.latency import Latency
from megadev.primitives.types import Address
from megadev.rollup.driver import Progress
from megadev.sequencer.faults import Faults
from megadev.sequencer.sequencer import BlockSettings, MiningMode
from megadev.sequencer.signers import Signers
from megadev.sequencer.time_keeper import TimeSettings
from megadev.state.diff import StateDiff

if TYPE_CHECKING:
    from megadev.node.node import Node


@dataclass(frozen=True, slots=True)
class ChainSnapshot:
    """What a revert restores of one chain. ``pool`` is in order of arrival; of ``time``, the offset is not the chain's
    own.
    """

    head: SealedBlock
    irregular: StateDiff | None
    pool: tuple[Transaction, ...]
    spec: ChainSpec
    engine: Engine
    time: TimeSettings
    blocks: BlockSettings
    mode: MiningMode
    block_time: float | None
    faults: Faults | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a revert restores of what chains share. ``now`` is L2's time in seconds; ``progress`` is the driver's."""

    now: int
    impersonated: frozenset[Address]
    auto_impersonate: bool
    signatures: EcrecoverAnswers
    logging: bool
    progress: Progress | None
    signers: Signers | None
    evidence: Evidence
    latency: tuple[Latency | None, Latency | None, int]
    is_cut: bool


@dataclass(slots=True)
class _Branch:
    """One chain's part of a snapshot: up to block ``shared`` it is the chain as it is, from there on ``own``."""

    chain: LocalChain
    snapshot: ChainSnapshot
    shared: int
    own: tuple[SealedBlock, ...] = ()


class _Taken(NamedTuple):
    """A snapshot with where its chains are, L2 first."""

    snapshot: Snapshot
    branches: tuple[_Branch, ...]


class Snapshots:
    """Snapshots by id. Reverting to an id consumes it and every later one, as peers do."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._taken: dict[int, _Taken] = {}
        self._next_id = 0

    def take(self) -> int:
        """Remember the present; returns the id to come back with."""
        node = self._node
        node.between_blocks()
        snapshot = Snapshot(
            now=node.l2.time.now(),
            impersonated=node.accounts.impersonated,
            auto_impersonate=node.accounts.auto_impersonate,
            signatures=node.accounts.signatures,
            logging=node.logging,
            progress=None if node.driver is None else node.driver.progress,
            signers=node.l2.rotated_signers,
            evidence=node.broken_promises.evidence,
            latency=(node.link.answer, node.link.stream, node.link.seed),
            is_cut=node.link.is_cut,
        )
        branches = tuple(_Branch(chain, _snapshot_of(chain), chain.head.number) for chain in node.chains)
        self._taken[self._next_id] = _Taken(snapshot, branches)
        self._next_id += 1
        return self._next_id - 1

    def revert(self, snapshot_id: int) -> bool:
        """Go back; False when the id was never given out or is used up."""
        taken = self._taken.get(snapshot_id)
        if taken is None:
            return False
        for chain in self._node.chains:
            chain.sequencer.mend()
        self._node.between_blocks()
        self._node.l2.rotated_signers = taken.snapshot.signers  # before blocks are announced again, with signatures
        for later in [later for later in self._taken if later >= snapshot_id]:
            del self._taken[later]
        for branch in taken.branches:
            _restore_blocks(branch)
        self._restore_settings(taken)
        return True

    def keep_blocks_above(self, chain: LocalChain, number: int) -> None:
        """To be called before blocks above ``number`` leave ``chain``: remembers them for the snapshots that need
        them.
        """
        for taken in self._taken.values():
            for branch in taken.branches:
                if branch.chain is chain and branch.shared > number:
                    branch.own = (*chain.store.blocks(number + 1, branch.shared), *branch.own)
                    branch.shared = number

    def forget(self) -> None:
        """Drop them all; no id that was given out is any good from now on."""
        self._taken.clear()

    def taken(self, chain: LocalChain) -> dict[int, SealedBlock]:
        """Ids that can be reverted to, with the head of ``chain`` that each remembers."""
        return {
            snapshot_id: branch.snapshot.head
            for snapshot_id, taken in self._taken.items()
            for branch in taken.branches
            if branch.chain is chain
        }

    def _restore_settings(self, taken: _Taken) -> None:
        node, (snapshot, branches) = self._node, taken
        for branch in branches:
            branch.chain.time.settings = replace(branch.snapshot.time, offset=branch.chain.time.settings.offset)
        # what the clock showed, not what was added to it: time that passed since is taken back too
        time = node.l2.time
        time.settings = replace(time.settings, offset=time.settings.offset + snapshot.now - time.now())
        node.accounts.impersonated = snapshot.impersonated
        node.accounts.auto_impersonate = snapshot.auto_impersonate
        node.accounts.signatures = snapshot.signatures
        node.logging = snapshot.logging
        if node.driver is not None and snapshot.progress is not None:
            node.driver.progress = snapshot.progress
        for branch in branches:
            branch.chain.mining.restore(branch.snapshot.mode, branch.snapshot.block_time)
            branch.chain.sequencer.restore_faults(branch.snapshot.faults)
        node.broken_promises.evidence = snapshot.evidence
        node.link.set(*snapshot.latency)
        node.link.is_cut = snapshot.is_cut


def _snapshot_of(chain: LocalChain) -> ChainSnapshot:
    sequencer = chain.sequencer
    return ChainSnapshot(
        head=sequencer.head,
        irregular=sequencer.irregular,
        pool=tuple(sequencer.pool.transactions()),
        spec=sequencer.spec,
        engine=sequencer.engine,
        time=sequencer.time.settings,
        blocks=sequencer.blocks,
        mode=sequencer.mode,
        block_time=chain.mining.block_time,
        faults=sequencer.faults,
    )


def _restore_blocks(branch: _Branch) -> None:
    """Blocks, state, txpool and what was set about blocks to come."""
    sequencer, snapshot = branch.chain.sequencer, branch.snapshot
    shared, own = branch.shared, branch.own
    while own and sequencer.store.by_number(shared + 1) is own[0]:
        shared, own = shared + 1, own[1:]  # it came back in the meantime
    # no other snapshot needs what is removed here: older ones share no more with the chain than this one did
    sequencer.set_rules(snapshot.spec, snapshot.engine)
    if own:
        sequencer.replace(shared, own, snapshot.irregular)
    else:
        sequencer.rewind(shared, snapshot.irregular)
    sequencer.pool.clear()
    for tx in snapshot.pool:
        sequencer.pool.admit(tx)
    sequencer.blocks = snapshot.blocks
