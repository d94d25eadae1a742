"""Snapshots: everything a revert brings back, as one value. The struct is the checklist.

Taking one costs nothing that grows with the chain: worlds are persistent and blocks are never changed, so a snapshot
holds a block number and copies of small settings. Reverting to one forgets the blocks above it.
"""

from __future__ import annotations

from dataclasses import dataclass

from megadev.chain.transactions import Transaction
from megadev.node.accounts import Accounts
from megadev.node.chain import LocalChain
from megadev.node.mining import Mining
from megadev.primitives.types import Address
from megadev.sequencer.sequencer import BlockSettings, MiningMode
from megadev.sequencer.time_keeper import TimeKeeper, TimeSettings
from megadev.state.diff import StateDiff


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a revert restores."""

    number: int
    irregular: StateDiff | None
    pool: tuple[Transaction, ...]
    time: TimeSettings
    now: int
    blocks: BlockSettings
    mode: MiningMode
    block_time: float | None
    impersonated: frozenset[Address]
    auto_impersonate: bool


class Snapshots:
    """Snapshots by id. Reverting to an id consumes it and every later one, as peers do."""

    def __init__(self, chain: LocalChain, time: TimeKeeper, mining: Mining, accounts: Accounts) -> None:
        self._chain = chain
        self._time = time
        self._mining = mining
        self._accounts = accounts
        self._taken: dict[int, Snapshot] = {}
        self._next_id = 0

    def take(self) -> int:
        """Remember the present; returns the id to come back with."""
        sequencer = self._chain.sequencer
        sequencer.settle()
        self._taken[self._next_id] = Snapshot(
            number=sequencer.head.number,
            irregular=sequencer.irregular,
            pool=tuple(self._chain.pool.transactions()),
            time=self._time.settings,
            now=self._time.now(),
            blocks=sequencer.blocks,
            mode=sequencer.mode,
            block_time=self._mining.block_time,
            impersonated=self._accounts.impersonated,
            auto_impersonate=self._accounts.auto_impersonate,
        )
        self._next_id += 1
        return self._next_id - 1

    def revert(self, snapshot_id: int) -> bool:
        """Go back; False when the id was never given out or is used up."""
        snapshot = self._taken.get(snapshot_id)
        if snapshot is None:
            return False
        for taken in [taken for taken in self._taken if taken >= snapshot_id]:
            del self._taken[taken]
        sequencer = self._chain.sequencer
        sequencer.rewind(snapshot.number, snapshot.irregular)
        pool = self._chain.pool
        pool.clear()
        for tx in snapshot.pool:
            pool.admit(tx)
        self._time.settings = snapshot.time
        self._time.set_time(snapshot.now)
        self._time.settings = TimeSettings(self._time.settings.offset, snapshot.time.next_exact, snapshot.time.interval)
        sequencer.blocks = snapshot.blocks
        self._accounts.impersonated = snapshot.impersonated
        self._accounts.auto_impersonate = snapshot.auto_impersonate
        self._mining.set(snapshot.mode, snapshot.block_time)
        return True

    @property
    def ids(self) -> dict[int, int]:
        """Ids that can be reverted to, with the block number each remembers."""
        return {snapshot_id: snapshot.number for snapshot_id, snapshot in self._taken.items()}
