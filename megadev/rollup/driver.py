"""Moves L2 along as L1 grows: which L1 block the next L2 block has got to, what deposits it begins with, and which of
L2's blocks count as safe and final.

The driver remembers next to nothing. How far L2 has got is in L2's own state (L1Block), what comes next is on L1, and
both are read again whenever either head is another; so a revert, a rollback and a reset bring back what is in flight by
bringing back the chains.

What L2 blocks begin with depends on the chain (``ChainSpec.leads_with_l1_attributes``):

- every block begins with the L1 attributes transaction, and with the deposits of an L1 block where it is the first one
  that has got to it (``megaeth``, as on the OP Stack); or
- a user's transaction stays the first of its block (``dev``, as on Anvil): L1Block is updated by a system call, in the
  next block that is built anyway; deposits are blocks of their own.

Deposits are never skipped, L1 blocks are: an instant L1 has a block for each transaction, and an L2 that had to have
one for each of those would change with everything that happens on L1. So one L2 block may get several L1 blocks ahead
of its parent, and begins with the deposits of all of them, as far as they fit (``derivation``, ``Pace.FREE``).

Where L1 loses blocks that L2 has got to, L2 loses its own blocks from there on, as a rollup does: they were built on
what is no more. What users sent and cheats changed in them is done again, in the same order; deposits come back if L1
has them again.

While L2's sequencer stands still (``sequencer/faults``), L2 follows nothing: whatever happens on L1 meanwhile, L2 is as
it was, and follows once its sequencer runs. No claim is made about blocks that L2 will have to lose. But a crash does
not hold up derivation: where batches are posted, L2 is then what L1 says, and goes on with what L1 forces on it.

An L2 that was loaded without the L1 it had got to, or without the states that it would have to go back to, is
*adopted*: what it holds up to there it keeps, whatever this L1 has, and from there on it follows this L1.

Where batches are posted to L1 (``batcher``), an L2 block is safe once it was derived from L1 (``consolidator``) up to
a block that lies so many blocks behind L1's head, and finalized likewise. Where none are, it is when the L1 block that
it has got to lies so many blocks behind.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.mini_blocks import PlacedBlock
from megadev.errors import StateUnavailable
from megadev.primitives.types import ZERO_HASH, Hash32
from megadev.rollup.batcher import Batcher
from megadev.rollup.block_starts import BlockStarts
from megadev.rollup.consolidator import Consolidator, SyncStart
from megadev.rollup.derivation import L1Origin, origin_in
from megadev.rollup.derivation.consolidation import ByHand
from megadev.rollup.fee_policy import FeePolicy
from megadev.rollup.known_games import KnownGames, WithdrawalIndex
from megadev.rollup.messages import SentWithdrawal, sent_withdrawals
from megadev.rollup.predeploys import L1Addresses
from megadev.rollup.progress import Progress
from megadev.rollup.proposer import Proposer
from megadev.sequencer.fault_control import overtake
from megadev.sequencer.reorganisation import build_again, rewind
from megadev.sequencer.sequencer import Sequencer
from megadev.state.diff import StateDiff
from megadev.state.reader import StateReader
from megadev.state.unavailable import NOT_IN_DUMP, UnavailableWorld
from megadev.state.world import World

_WINDOWS = 64
"""More waits than lie before any withdrawal: a window for each game that is waited for, and two delays."""


class Driver:
    """The driver of one pair of chains. All methods but ``heads`` run on the writer thread.

    ``proposer`` acts for L2 on L1 once L2 has followed it. ``keep_blocks_above`` is called before L2 loses its blocks
    above a number. ``starts``: what L2's blocks begin with.
    """

    def __init__(
        self,
        l1: Sequencer,
        l2: Sequencer,
        starts: BlockStarts,
        *,
        proposer: Proposer | None = None,
        keep_blocks_above: Callable[[int], None] = lambda number: None,
    ) -> None:
        self.l1 = l1
        self.l2 = l2
        self.starts = starts
        self.proposer = proposer
        self.games = KnownGames() if proposer is None else proposer.games
        self.withdrawals = WithdrawalIndex()
        self.consolidator: Consolidator | None = None
        """What derives L2 from L1, where batches are posted."""
        self.batcher: Batcher | None = None
        self.fee_policy: FeePolicy | None = None
        """What makes L2's charge for L1 follow what batches cost, where that is wanted."""
        self._keep_blocks_above = keep_blocks_above
        self._seen: tuple[SealedBlock, SealedBlock, StateDiff | None] | None = None

    @property
    def addresses(self) -> L1Addresses:
        """The addresses of the bridge on L1."""
        return self.starts.addresses

    @property
    def progress(self) -> Progress:
        """The state that neither chain has."""
        return self.starts.progress

    @progress.setter
    def progress(self, progress: Progress) -> None:
        self.starts.progress = progress

    def origin_of(self, block: SealedBlock) -> L1Origin | None:
        """See ``BlockStarts.origin_of``."""
        return self.starts.origin_of(self.l2, block)

    def l1_block_in(self, state: StateReader | World) -> tuple[int, Hash32] | None:
        """The number and hash of the L1 block that the L2 state ``state`` has got to, L1's first one where it was told
        of none; None where it does not tell.
        """
        origin = self.starts.origin_in(state)
        if origin is None:
            return None
        return origin.number, self.l1.store.genesis.hash if origin.hash == ZERO_HASH else origin.hash

    def start_over(self, addresses: L1Addresses) -> None:
        """The chains have become others, with the bridge at ``addresses``."""
        self.starts.start_over(addresses)
        self._seen = None
        self.games.start_over()
        if self.consolidator is not None and self.batcher is not None:
            self.consolidator.start_over()
            self.batcher.start_over()
        if self.proposer is not None:
            self.proposer.start_over(addresses)

    def adopt_if_strange(self) -> None:
        """Keeps L2's blocks if it was replaced by one with another L1."""
        origin = origin_in(self.l2.head.world)
        if origin is None or not self.starts.is_on_l1(origin):
            self.adopt()

    def adopt(self, number: int | None = None) -> None:
        """L2 keeps its blocks up to ``number``, or its head, whatever this L1 has: they followed another one."""
        self.progress = msgspec.structs.replace(
            self.progress, adopted=self.l2.store.head.number if number is None else number
        )

    def go_on_from(self, start: SyncStart | None, by_hand: ByHand | None) -> None:
        """The chains were loaded: batches count from ``start`` on; ``by_hand`` is known to be the first of L2's blocks
        that L1 alone does not make.
        """
        self.progress = msgspec.structs.replace(self.progress, sync_start=start)
        if self.consolidator is not None:
            self.consolidator.known_by_hand = by_hand
            self.consolidator.start_over()

    def advance(self) -> None:
        """Do what became due: follow L1, and let the proposer act. Costs nothing where neither chain changed.

        Raises ``StateUnavailable`` where state that it takes is not at hand; it can be called again.
        """
        if self.proposer is not None:
            self.proposer.begin_turn()
        while True:
            l1_head, (l2_head, irregular, _) = self.l1.store.head, self.l2.tip
            seen = self._seen
            if seen is not None and seen[0] is l1_head and seen[1] is l2_head and seen[2] is irregular:
                pass
            elif self.starts.has_followed(self.l2) and self.progress.adopted <= l2_head.header.number:
                self._seen = (l1_head, l2_head, None)  # L2 only has more blocks of its own
            else:
                if not self.l2.is_running and not (self.l2.is_down and self.consolidator is not None):
                    if self.starts.has_lost_its_origin(self.l2, l2_head):
                        return
                else:
                    self._follow_reorganisation()
                    self.l2.include_deposits()
                    self._seen = (l1_head, self.l2.head, self.l2.irregular)
            if self.consolidator is not None and self.batcher is not None:
                if self._keep_within_drift(self.consolidator.config.max_drift):
                    continue
                self.consolidator.follow()
                if self.batcher.act(self.progress.batching):
                    continue
                if self.fee_policy is not None and self.fee_policy.act(self.addresses.system_config):
                    continue
            if self.proposer is None or not self.proposer.act():
                return

    def _keep_within_drift(self, drift: int | None) -> bool:
        """Have L1 go on where L2's next block would be so late, half of ``drift`` seconds, for the newest that L1 has:
        beyond the whole, it could hold no transactions. True where L1 went on.
        """
        if drift is None:
            return False
        head = self.l1.store.head
        next_time = self.l2.time.next_timestamp(self.l2.store.head.timestamp, self.l2.window)
        if next_time - head.timestamp <= drift // 2:
            return False
        if next_time - self.l1.time.now() > drift // 2:  # L2's blocks came faster than time: that catches up
            self.l1.time.set_next(next_time, head.timestamp)
        self.l1.mine()
        return next_time - self.l1.store.head.timestamp <= drift // 2

    def give_up_aside(self) -> None:
        """Ignore the results of work that still runs aside."""
        if self.consolidator is not None and self.batcher is not None:
            self.consolidator.give_up()
            self.batcher.give_up()

    def flush(self, changes: Mapping[str, Any] | None = None) -> None:
        """Post all sealed blocks now, ``changes`` of how it is done included, and derive them. It takes as long as it
        takes. Where L1's blocks wait for a timer, so does what was posted.
        """
        self.advance()
        if self.consolidator is None or self.batcher is None:
            return
        self.consolidator.follow(here=True)
        settings = msgspec.structs.replace(self.progress.batching, **(changes or {}))
        while self.batcher.post_now(settings):
            self.consolidator.follow(here=True)
        self.advance()

    @property
    def rests(self) -> bool:
        """True if there is nothing to do until a chain or ``progress`` is another, or until ``due``."""
        seen, (l2_head, irregular, _) = self._seen, self.l2.tip
        return (
            seen is not None
            and seen[0] is self.l1.store.head
            and seen[1] is l2_head
            and seen[2] is irregular
            and (self.proposer is None or self.proposer.rests)
            and (self.batcher is None or self.batcher.rests)
            and (self.consolidator is None or self.consolidator.rests)
        )

    @property
    def due(self) -> int | None:
        """The time, in seconds of L1's time, of the next work if neither chain changes."""
        proposer, consolidator = self.proposer, self.consolidator
        if consolidator is None:
            return None if proposer is None else proposer.due
        times = [each.due for each in (proposer, self.batcher, consolidator) if each is not None]
        drift = consolidator.config.max_drift
        if drift is not None:
            times.append(self.l1.store.head.timestamp + drift // 2 + 1)
        return min((time for time in times if time is not None), default=None)

    def skip_windows(self, withdrawal_hash: Hash32 | None = None) -> int:
        """Let time pass, on both chains, until every withdrawal that was proven, or that one, can be finalized. Returns
        the seconds.

        The proposer does meanwhile what it would have done, and resolves what others claimed; L1's head shows the new
        time in the end.
        """
        time = self.l1.time
        start = time.now()
        for _ in range(_WINDOWS):
            self.l1.between_blocks()
            self.advance()
            while self.proposer is not None and self.proposer.resolve_for_others():
                self.advance()
            head = self.l1.store.head
            waiting = self.sent_withdrawals(head.timestamp, withdrawal_hash)
            ends = [each.ready_at for each in waiting if each.ready_at is not None]
            if not ends:
                break
            target = max(ends) if self.due is None else min(max(ends), self.due)
            time.increase(max(target - max(time.now(), head.timestamp), 0))
            self.advance()
            if self.l1.store.head is head:
                self.l1.mine()
        return time.now() - start

    def sent_withdrawals(
        self, l1_time: int, withdrawal_hash: Hash32 | None = None, open_block: PlacedBlock | None = None
    ) -> list[SentWithdrawal]:
        """See ``messages.sent_withdrawals``: as they stand now. On any thread."""
        state, l2, at = self.l1.head_state(), self.l2.store, self.addresses
        if withdrawal_hash is None:
            return sent_withdrawals(state, l1_time, l2, at, self.games, open_block=open_block)
        blocks = self.withdrawals.blocks_with(l2, withdrawal_hash)
        return sent_withdrawals(state, l1_time, l2, at, self.games, (withdrawal_hash, blocks), open_block)

    def heads(self) -> tuple[int, int]:
        """The numbers of L2's safe and finalized blocks. On any thread."""
        l1_head, progress = self.l1.store.head.number, self.progress
        if self.consolidator is not None:
            distances = progress.safe_distance, progress.finalized_distance
            derived = [self.consolidator.safe_at(l1_head - each).safe.number for each in distances]
            return derived[0], min(derived)
        safe = self._newest_at(l1_head - progress.safe_distance)
        return safe, min(safe, self._newest_at(l1_head - progress.finalized_distance))

    def safe_at(self, l1_number: int) -> int:
        """The number of the L2 block that was safe once L1 had got to a block, where no batches are posted."""
        return self._newest_at(l1_number - self.progress.safe_distance)

    def _newest_at(self, l1_number: int) -> int:
        """The number of the newest L2 block that has got to no later L1 block than ``l1_number``, or of the first."""
        store = self.l2.store
        head = store.head
        origin = self.origin_of(head)
        if origin is None or origin.number <= l1_number:
            return head.number
        known = store.oldest_state  # what came without its state is old

        def origin_after(number: int) -> int:
            found = self.starts.origin_in(store.world_after(number))
            return 0 if found is None else found.number

        newest = known - 1 + bisect_right(range(known, head.number), l1_number, key=origin_after)
        return max(newest, store.genesis.number)

    def check_can_follow(self, l1_number: int) -> None:
        """Raises ``StateUnavailable`` where L2 could not go back to where it was at the L1 block ``l1_number``, because
        it was loaded without its states of then.
        """
        known, _ = self._known_and_kept()
        origin = self.starts.origin_in(self.l2.store.world_after(known))
        if known > self.starts.first_own(self.l2) and origin is not None and origin.number > l1_number:
            before = self.l2.store.world_after(known - 1)
            why = before.why if isinstance(before, UnavailableWorld) else NOT_IN_DUMP
            raise StateUnavailable(
                f"state unavailable: L2 would have to revert to a block before {known}, but block {known - 1} {why}"
            )

    def _known_and_kept(self) -> tuple[int, int]:
        """The number of the first L2 block whose state is known, of those that need have followed this L1; and of the
        last whose L1 block is not lost, or the one before the first known.
        """
        store = self.l2.store
        first, head = self.starts.first_own(self.l2), store.head.number
        known = min(max(first, store.oldest_state), head)

        def is_lost(number: int) -> bool:
            if number <= first:
                return False
            origin = self.starts.origin_in(store.world_after(number))
            return origin is not None and not self.starts.is_on_l1(origin)

        # what L2 has got to only grows, and L1 has lost its end
        return known, known - 1 + bisect_left(range(known, head), True, key=is_lost)

    def _follow_reorganisation(self) -> None:
        """Take L2 back to its last block that has got to a block that L1 still has, and do again what came after."""
        store = self.l2.store
        self._forget_adopted_beyond(store.head.number)
        if not self.starts.has_lost_its_origin(self.l2, store.head):
            return
        if self.l2.is_down:
            overtake(self.l2)
        self.l2.between_blocks()
        known, number = self._known_and_kept()
        if number < known:
            self.adopt()  # it cannot go back: what it holds stays
            return
        self._keep_blocks_above(number)
        irregular = self.l2.irregular
        build_again(self.l2, rewind(self.l2, number), irregular)

    def _forget_adopted_beyond(self, number: int) -> None:
        """Blocks that L2 has lost are adopted no more: what takes their place follows this L1."""
        if self.progress.adopted > number:
            self.adopt(number)
