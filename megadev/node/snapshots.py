"""Snapshots: everything a revert brings back, as one value. The structs are the checklist.

A snapshot is of all chains of a node at once, whichever of them was asked for it, and so is a revert. It lies between
two blocks: in continuous mode either seals the open block first.

Taking one costs nothing that grows with the chain: worlds are persistent and blocks are never changed, so a snapshot
holds the heads, what waited in the txpools, and copies of small settings. Reverting to one forgets the blocks above it.
Where blocks *below* a snapshot leave a chain (a rollback, a reorganisation, a revert to an older one) they are kept
for it, so that it can still be reverted to.

The sequencer's faults come back as they were, its keys and the evidence against it too, and the latency. A snapshot
cannot be taken while a stopped sequencer has a block open, but whatever has happened to it, a revert gets past it.

A snapshot that was taken for Python (``hold``) is more: it does not count among the ids that clients get, outlives a
reset or another chain being loaded, can be gone back to again and again, and brings back what ``Held`` lists besides.

Two things are not brought back by an id. Keys that were added stay: they are the caller's, not the chain's. Filters
stay too, and follow the chain as their owner saw it: what they have shown of blocks that a revert removes they take
back, and they go on from there, so that nothing is told twice or left standing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import force_setattr, replace
from rpds import HashTrieSet

from megadev.chain.blocks import SealedBlock
from megadev.chain.spans import Piece, span_of
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import Transaction
from megadev.errors import InvalidParams
from megadev.evm.engine import EcrecoverAnswers, Engine
from megadev.node.broken_promises import Evidence
from megadev.node.chain import LocalChain
from megadev.node.faults import set_store_faults
from megadev.primitives.latency import Latency
from megadev.primitives.types import Address
from megadev.rollup.da.store import StoreFaults
from megadev.rollup.progress import Progress
from megadev.sequencer.fault_control import mend, restore_faults
from megadev.sequencer.faults import Faults
from megadev.sequencer.modes import BlockSettings, MiningMode
from megadev.sequencer.reorganisation import replace_above, rewind, take_up
from megadev.sequencer.signers import Signers
from megadev.sequencer.time_keeper import TimeSettings
from megadev.state.diff import StateDiff
from megadev.state.world import World

if TYPE_CHECKING:
    from megadev.artifacts.registry import AddedArtifacts
    from megadev.node.accounts import KeyedAccount
    from megadev.node.fork import Fork
    from megadev.node.genesis import ChainOrigin
    from megadev.node.node import Node
    from megadev.rollup.predeploys import L1Addresses


class ChainSnapshot(msgspec.Struct, frozen=True):
    """The state of one chain that a revert restores. ``pool`` is in order of arrival; of ``time``, the offset is not
    the chain's own.
    """

    head: SealedBlock
    world: World
    """The head's, which may have been pruned since."""
    irregular: StateDiff | None
    pool: tuple[Transaction, ...]
    spec: ChainSpec
    engine: Engine
    time: TimeSettings
    blocks: BlockSettings
    mode: MiningMode
    block_time: float | None
    faults: Faults | None
    oracle: Mapping[int, int] | None


class Snapshot(msgspec.Struct, frozen=True):
    """The state shared by the chains that a revert restores. ``now`` is L2's time in seconds; ``progress`` is the
    driver's.
    """

    now: int
    impersonated: HashTrieSet[Address]
    auto_impersonate: bool
    signatures: EcrecoverAnswers
    logging: bool
    progress: Progress | None
    signers: Signers | None
    evidence: Evidence
    latency: tuple[Latency | None, Latency | None, int]
    is_cut: bool
    store_faults: StoreFaults
    replica_lag: Latency | None
    standbys: tuple[int, ...]


class _Branch(msgspec.Struct, eq=False):
    """One chain's part of a snapshot: up to block ``shared`` it is that of ``store``, from there on ``own``."""

    chain: LocalChain
    snapshot: ChainSnapshot
    store: ChainStore
    shared: int
    own: tuple[Piece, ...] = ()


class _Taken(msgspec.Struct, frozen=True, eq=False):
    """A snapshot with where its chains are, L2 first."""

    snapshot: Snapshot
    branches: tuple[_Branch, ...]


class Held(msgspec.Struct, frozen=True, eq=False):
    """A snapshot taken for Python, with what ids do not bring back: keys, artifacts added by hand, how many console
    messages there were on each chain, the ids that could be reverted to, which instance the node was, and, of each
    chain, what a reset goes back to. A fork stays open as long as one of these is of it.
    """

    taken: _Taken
    ids: dict[int, _Taken]
    next_id: int
    keyed: tuple[KeyedAccount, ...]
    artifacts: AddedArtifacts
    messages: tuple[int, ...]
    instance_id: bytes
    began_with: tuple[tuple[ChainOrigin, BlockSettings], ...]
    bridge: L1Addresses | None


class Snapshots:
    """Snapshots by id. Reverting to an id consumes it and every later one, as peers do."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._taken: dict[int, _Taken] = {}
        self._held: list[Held] = []
        self._next_id = 0

    def take(self) -> int:
        """Remember the present; returns the id to come back with."""
        self._node.between_blocks()
        self._taken[self._next_id] = self._take()
        self._next_id += 1
        return self._next_id - 1

    def hold(self) -> Held:
        """Remember the present until ``release``."""
        node = self._node
        node.between_blocks()
        held = Held(
            taken=self._take(),
            ids=dict(self._taken),
            next_id=self._next_id,
            keyed=tuple(node.accounts.keyed),
            artifacts=node.artifacts.added,
            messages=tuple(chain.console.count for chain in node.chains),
            instance_id=node.instance_id,
            began_with=tuple(chain.began_with for chain in node.chains),
            bridge=None if node.driver is None else node.driver.addresses,
        )
        self._held.append(held)
        return held

    def release(self, held: Held) -> None:
        """Let go of it, and of all that were held after it."""
        if held in self._held:
            self._drop(self._held.index(held))

    def return_to(self, held: Held) -> None:
        """Go back, and let go of all that were held after it. Raises ``InvalidParams`` where it was let go of."""
        if held not in self._held:
            raise InvalidParams(
                "this snapshot no longer exists: it was released, or an earlier snapshot was reverted to"
            )
        node, forks = self._node, self._node.forks
        for chain, began_with in zip(node.chains, held.began_with, strict=True):
            chain.began_with = began_with
        if node.driver is not None and held.bridge is not None and held.bridge is not node.driver.addresses:
            node.driver.start_over(held.bridge)
        self._restore(held.taken)
        self._drop(self._held.index(held) + 1, forks)
        self._taken, self._next_id = dict(held.ids), held.next_id
        node.accounts.hold_only(held.keyed)
        node.artifacts.added = held.artifacts
        for chain, messages in zip(node.chains, held.messages, strict=True):
            chain.console.go_back(messages)
        node.instance_id = held.instance_id

    def changed_since(self, held: Held) -> bool:
        """True if returning to it would change the chains or their settings (time passing by itself does not count)."""
        if any(branch.chain.sequencer.unsealed for branch in held.taken.branches):
            return True
        present, then = self._take(), held.taken
        return (
            replace(present.snapshot, now=then.snapshot.now) != then.snapshot
            or any(
                _differ(now.snapshot, before.snapshot)
                for now, before in zip(present.branches, then.branches, strict=True)
            )
            or len(self._node.accounts.keyed) != len(held.keyed)
        )

    @property
    def forks(self) -> set[Fork]:
        """The forks at the times of the held snapshots."""
        return {began.fork for held in self._held for began, _ in held.began_with if began.fork is not None}

    def close_unless_needed(self, fork: Fork) -> None:
        """Let go of ``fork`` where neither a chain is of it nor a snapshot that is held."""
        if fork not in self.forks and fork not in self._node.forks:
            fork.close()

    def _drop(self, index: int, forks: Iterable[Fork | None] = ()) -> None:
        """Let go of the snapshots held from that index on, and of forks, theirs or ``forks``, that nobody needs."""
        before = {*self.forks, *forks}
        del self._held[index:]
        for fork in before:
            if fork is not None:
                self.close_unless_needed(fork)

    def _take(self) -> _Taken:
        node = self._node
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
            store_faults=node.da_store.faults,
            replica_lag=node.replica_lag,
            standbys=() if node.standbys is None else node.standbys.up,
        )
        branches = (_Branch(chain, _snapshot_of(chain), chain.store, chain.head.number) for chain in node.chains)
        return _Taken(snapshot, tuple(branches))

    def revert(self, snapshot_id: int) -> bool:
        """Go back; False when the id was never given out or is used up."""
        taken = self._taken.get(snapshot_id)
        if taken is None:
            return False
        self._restore(taken)
        for later in [later for later in self._taken if later >= snapshot_id]:
            del self._taken[later]
        return True

    def keep_blocks_above(self, chain: LocalChain, number: int) -> None:
        """To be called before blocks above ``number`` leave ``chain``: remembers them for the snapshots that need
        them.
        """
        store = chain.store
        for taken in self._all():
            for branch in taken.branches:
                if branch.store is store and branch.shared > number:
                    own = store.brought_back(number + 1, branch.shared)
                    head = branch.snapshot.head
                    if own and isinstance(own[-1], SealedBlock) and own[-1].hash == head.hash:
                        own = (*own[:-1], head)  # with its state
                    branch.own = (*own, *branch.own)
                    branch.shared = number

    def keep_all(self, chain: LocalChain) -> None:
        """To be called before another store takes the place of that of ``chain``: where a snapshot is of it, it holds
        all its blocks itself.
        """
        if any(branch.store is chain.store for taken in self._all() for branch in taken.branches):
            chain.store.bring_back()

    def _all(self) -> set[_Taken]:
        """Every snapshot that may be gone back to, those too whose ids a return brings back."""
        found = set(self._taken.values())
        for held in self._held:
            found.add(held.taken)
            found.update(held.ids.values())
        return found

    def forget(self) -> None:
        """Drop those with ids; no id that was given out is any good from now on."""
        self._taken.clear()

    def taken(self, chain: LocalChain) -> dict[int, SealedBlock]:
        """Ids that can be reverted to, with the head of ``chain`` that each remembers."""
        return {
            snapshot_id: branch.snapshot.head
            for snapshot_id, taken in self._taken.items()
            for branch in taken.branches
            if branch.chain is chain
        }

    def _restore(self, taken: _Taken) -> None:
        node = self._node
        for chain in node.chains:
            mend(chain.sequencer)
        node.between_blocks()
        node.l2.rotated_signers = taken.snapshot.signers  # before blocks are announced again, with signatures
        for branch in taken.branches:
            self._restore_blocks(branch)
        self._restore_settings(taken.snapshot, taken.branches)

    def _restore_blocks(self, branch: _Branch) -> None:
        """Blocks, state, txpool and what was set about blocks to come."""
        sequencer, snapshot = branch.chain.sequencer, branch.snapshot
        if sequencer.store is not branch.store:
            self.keep_all(branch.chain)
            take_up(sequencer, branch.store)
        shared, own = branch.shared, branch.own
        while own and sequencer.store.by_number(shared + 1) is own[0]:
            shared, own = shared + 1, own[1:]  # it came back in the meantime
        self.keep_blocks_above(branch.chain, shared)
        sequencer.set_rules(snapshot.spec, snapshot.engine)
        if not snapshot.head.world.is_known:
            force_setattr(snapshot.head, "world", snapshot.world)
        here = sequencer.store.by_number(shared)
        if not own and here is not None and here is not snapshot.head and not here.world.is_known:
            shared, own = shared - 1, (snapshot.head,)  # the store has the block, but its state is only here
        if own:
            replace_above(sequencer, shared, span_of(own), snapshot.irregular)
        else:
            rewind(sequencer, shared, snapshot.irregular)
        sequencer.pool.clear()
        for tx in snapshot.pool:
            sequencer.pool.admit(tx)
        sequencer.blocks = snapshot.blocks

    def _restore_settings(self, snapshot: Snapshot, branches: tuple[_Branch, ...]) -> None:
        node = self._node
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
            restore_faults(branch.chain.sequencer, branch.snapshot.faults)
            if branch.chain.sequencer.oracle is not None and branch.snapshot.oracle is not None:
                branch.chain.sequencer.oracle.values = branch.snapshot.oracle
        node.broken_promises.evidence = snapshot.evidence
        node.link.set(*snapshot.latency)
        node.link.is_cut = snapshot.is_cut
        set_store_faults(node, snapshot.store_faults)
        node.read_behind(snapshot.replica_lag)
        if node.standbys is not None:
            node.standbys.up = snapshot.standbys


def _snapshot_of(chain: LocalChain) -> ChainSnapshot:
    sequencer = chain.sequencer
    return ChainSnapshot(
        head=sequencer.head,
        world=sequencer.head.world,
        irregular=sequencer.irregular,
        pool=tuple(sequencer.pool.transactions()),
        spec=sequencer.spec,
        engine=sequencer.engine,
        time=sequencer.time.settings,
        blocks=sequencer.blocks,
        mode=sequencer.mode,
        block_time=chain.mining.block_time,
        faults=sequencer.faults,
        oracle=None if sequencer.oracle is None else sequencer.oracle.values,
    )


def _differ(now: ChainSnapshot, then: ChainSnapshot) -> bool:
    """Blocks and what cheats changed by identity, as whoever changes them makes new ones."""
    return (
        now.head is not then.head
        or now.irregular is not then.irregular
        or replace(now, head=then.head, irregular=then.irregular) != then
    )
