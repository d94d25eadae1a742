"""Snapshots: everything a revert brings back, as one value. The struct is the checklist.

A snapshot lies between two blocks, and so does a revert: in continuous mode either seals the open block first.

Taking one costs nothing that grows with the chain: worlds are persistent and blocks are never changed, so a snapshot
holds the head, what waited in the txpool, and copies of small settings. Reverting to one forgets the blocks above it.
Where blocks *below* a snapshot leave the chain (a rollback, a reorganisation, a revert to an older one) they are kept
for it, so that it can still be reverted to.

A snapshot that was taken for Python (``hold``) is more: it does not count among the ids that clients get, outlives a
reset or another chain being loaded, can be gone back to again and again, and brings back what ``Held`` lists besides.

Two things are not brought back by an id. Keys that were added stay: they are the caller's, not the chain's. Filters
stay too, and follow the chain as their owner saw it: what they have shown of blocks that a revert removes they take
back, and they go on from there, so that nothing is told twice or left standing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import Transaction
from megadev.errors import InvalidParams
from megadev.evm.engine import EcrecoverAnswers, Engine
from megadev.primitives.types import Address
from megadev.sequencer.sequencer import BlockSettings, MiningMode
from megadev.sequencer.time_keeper import TimeSettings
from megadev.state.diff import StateDiff

if TYPE_CHECKING:
    from megadev.artifacts.registry import AddedArtifacts
    from megadev.node.accounts import KeyedAccount
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


@dataclass(slots=True, eq=False)
class _Taken:
    """A snapshot and where its chain is: up to block ``shared`` it is that of ``store``, from there on ``own``."""

    snapshot: Snapshot
    store: ChainStore
    shared: int
    own: tuple[SealedBlock, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A snapshot taken for Python, with what ids do not bring back: keys, artifacts added by hand, how many console
    messages there were, the ids that could be reverted to, and which instance the node was.
    """

    taken: _Taken
    ids: dict[int, _Taken]
    next_id: int
    keyed: tuple[KeyedAccount, ...]
    artifacts: AddedArtifacts
    messages: int
    instance_id: bytes


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
            messages=node.console.count,
            instance_id=node.instance_id,
        )
        self._held.append(held)
        return held

    def release(self, held: Held) -> None:
        """Let go of it, and of all that were held after it."""
        if held in self._held:
            del self._held[self._held.index(held) :]

    def return_to(self, held: Held) -> None:
        """Go back, and let go of all that were held after it. Raises ``InvalidParams`` where it was let go of."""
        if held not in self._held:
            raise InvalidParams("this snapshot is gone: an earlier one was gone back to, or it was released")
        node = self._node
        node.between_blocks()
        if node.l2.store is not held.taken.store:
            node.l2.sequencer.resume(held.taken.store)
        self._restore_chain(held.taken)
        self._restore_settings(held.taken.snapshot)
        del self._held[self._held.index(held) + 1 :]
        self._taken, self._next_id = dict(held.ids), held.next_id
        node.accounts.hold_only(held.keyed)
        node.artifacts.added = held.artifacts
        node.console.go_back(held.messages)
        node.instance_id = held.instance_id

    def changed_since(self, held: Held) -> bool:
        """Whether returning to it would change the chain or its settings (time passing by itself does not count)."""
        now, then = self._present(), held.taken.snapshot
        return (
            self._node.l2.sequencer.tip.open is not None
            or now.head is not then.head
            or now.irregular is not then.irregular
            or any(getattr(now, name) != getattr(then, name) for name in _COMPARED)
            or len(self._node.accounts.keyed) != len(held.keyed)
        )

    def _take(self) -> _Taken:
        store = self._node.l2.store
        return _Taken(self._present(), store, store.head.number)

    def _present(self) -> Snapshot:
        node, sequencer = self._node, self._node.l2.sequencer
        return Snapshot(
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
        )

    def revert(self, snapshot_id: int) -> bool:
        """Go back; False when the id was never given out or is used up."""
        taken = self._taken.get(snapshot_id)
        if taken is None:
            return False
        self._node.between_blocks()
        for later in [later for later in self._taken if later >= snapshot_id]:
            del self._taken[later]
        self._restore_chain(taken)
        self._restore_settings(taken.snapshot)
        return True

    def keep_blocks_above(self, number: int) -> None:
        """To be called before blocks above ``number`` leave the chain: remembers them for the snapshots that need
        them.
        """
        store = self._node.l2.store
        for taken in self._all():
            if taken.store is store and taken.shared > number:
                taken.own = (*store.blocks(number + 1, taken.shared), *taken.own)
                taken.shared = number

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

    @property
    def taken(self) -> dict[int, SealedBlock]:
        """Ids that can be reverted to, with the head each remembers."""
        return {snapshot_id: taken.snapshot.head for snapshot_id, taken in self._taken.items()}

    def _restore_chain(self, taken: _Taken) -> None:
        sequencer = self._node.l2.sequencer
        shared, own = taken.shared, taken.own
        while own and sequencer.store.by_number(shared + 1) is own[0]:
            shared, own = shared + 1, own[1:]  # it came back in the meantime
        self.keep_blocks_above(shared)
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


_COMPARED = tuple(name for name in Snapshot.__slots__ if name not in ("head", "irregular", "now"))
"""Fields of a snapshot that are equal where nothing changed; what passes of time by itself does not count."""
