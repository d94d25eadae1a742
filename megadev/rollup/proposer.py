"""Tells L1 what L2's state is: the proposer claims output roots as games, and sees its games through to their end.

It acts by ordinary transactions of its own account on L1's own sequencer, as anybody could. By default it makes a
claim when L2 holds a withdrawal that no claim covers yet, so that an L2 without withdrawals leaves L1 alone; it can be
told to claim every so many L2 blocks or seconds instead. What it knows is what L1 and L2 hold: after a revert it does
again what is no longer done.

A game of its own is resolved once nothing can change its outcome any more, and made the anchor once that outcome is
final. What others claimed it leaves to them, unless it is told to see that through, too. Where L1 makes blocks only for
transactions, time does not pass for who asks its state; so when a proof has become old enough, and nothing else moves
L1, the proposer has an empty L1 block made.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, sign_transaction
from megadev.errors import InvalidTransaction
from megadev.evm import calls
from megadev.evm.engine import TxEnv
from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import address_of
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.faults import wrong_root
from megadev.rollup.games import (
    Game,
    GameStatus,
    anchor_number,
    claim_bond,
    claiming_call,
    finality_delay,
    is_finalized,
    maturity_delay,
    respected_type,
)
from megadev.rollup.known_games import KnownGames
from megadev.rollup.predeploys import GAME_TYPE, L1Addresses
from megadev.rollup.withdrawals import (
    WITHDRAWALS,
    output_after,
    provable_output,
    withdrawal_logs,
    withdrawal_of_log,
)
from megadev.sequencer.sequencer import Sequencer
from megadev.state.reader import StateReader

PROVEN_TOPIC = keccak(b"WithdrawalProven(bytes32,address,address)")
MOST_CLAIMS = 4
"""Claims that follow from one change of the chains, at most: where faults have L1 contradict L2's blocks, each claim
makes an L1 block that replaces the L2 block which it is about, without end.
"""
_GAS = 2_000_000
"""More than a claim takes; what is left over is not paid for."""


class Cadence(msgspec.Struct, frozen=True):
    """The times of claims: once ``blocks`` L2 blocks or ``seconds`` have passed since the last one, whichever is first;
    with neither, when there is a withdrawal to be proven. ``is_off``: never.
    """

    blocks: int | None = None
    seconds: int | None = None
    is_off: bool = False


_AT_WITHDRAWALS = Cadence()


class Proposer:
    """The proposer of one pair of chains. All methods run on the writer thread."""

    def __init__(
        self, l1: Sequencer, l2: Sequencer, addresses: L1Addresses, key: bytes, cadence: Cadence | None = None
    ) -> None:
        self.l1 = l1
        self.l2 = l2
        self.addresses = addresses
        self.address = address_of(key)
        self.cadence = Cadence() if cadence is None else cadence
        self.due: int | None = None
        """When, in seconds of L1's time, there will be something to do if neither chain changes before."""
        self.prove: Callable[[Game], bytes | None] | None = None
        """What proves a claim, where claims are proven as soon as they are made; None for one that is wrong."""
        self.claimable: Callable[[], SealedBlock] = lambda: self.l2.store.head
        """The newest block that claims may be about."""
        self.claims_wrong_roots: Callable[[], bool] = lambda: False
        """Whether it does so on purpose."""
        self.games = KnownGames()
        """Those on L1, for all that look at them."""
        self._key = key
        self._rested: tuple[SealedBlock, SealedBlock] | None = None
        self._done: tuple[SealedBlock, SealedBlock, int] | None = None
        """An L1 block as of which all that L2 has sent, up to an L2 block, is finalized or was claimed, by a claim
        about the block with that number at most.
        """
        self._claims = 0
        self._settled: tuple[SealedBlock, int] | None = None
        """An L1 block as of which the first so many games were resolved."""
        self._proven: tuple[SealedBlock, int | None] | None = None
        """An L1 block, and the time of the last one up to it in which a withdrawal was proven."""

    def start_over(self, addresses: L1Addresses) -> None:
        """The chains have become others, with the bridge at ``addresses``."""
        self.addresses = addresses
        self.due = self._rested = self._done = self._settled = self._proven = None

    def begin_turn(self) -> None:
        """Count claims from here: see ``MOST_CLAIMS``."""
        self._claims = 0

    def wake(self) -> None:
        """There may be something to do though neither chain changed."""
        self._rested = None

    @property
    def rests(self) -> bool:
        """True if it has nothing to do until a chain changes, or until ``due``."""
        rested = self._rested
        return rested is not None and rested[0] is self.l1.store.head and rested[1] is self.l2.store.head

    def act(self) -> bool:
        """Do the next thing that is due; False where there is nothing. Costs nothing while neither chain changes and no
        window ends.
        """
        l1_head, l2_head = self.l1.store.head, self.l2.store.head
        rested = self._rested
        is_unchanged = rested is not None and rested[0] is l1_head and rested[1] is l2_head
        if is_unchanged and (self.due is None or self.l1.time.now() < self.due):
            return False
        if rested is not None and rested[0] is l1_head and self._has_nothing_from(rested[1], l2_head):
            self._rested = (l1_head, l2_head)
            return False
        self.due = None
        if self._is_waiting():
            return False
        l1, now = self.l1.head_state(), self.l1.time.now()
        acts = (self._claim, self._prove, self._see_games_through, self._pass_time)
        acted = any(act(l1, now) for act in acts)
        self._rested = None if acted else (l1_head, l2_head)
        return acted

    def claim(self, block: SealedBlock) -> bool:
        """Claim the output root of L2 after ``block``; False where L1 takes no such claim."""
        l1, at = self.l1.head_state(), self.addresses
        if block.number <= anchor_number(l1, at):
            return False
        data = claiming_call(at, self._claimed(output_after(block).root), block.number)
        return self._send(at.dispute_game_factory, data, claim_bond(l1, at))

    def resolve_for_others(self) -> bool:
        """Resolve the oldest game of any proposer whose outcome is final; False if there is none."""
        l1, now = self.l1.head_state(), self.l1.time.now()
        return any(game.is_over(now) and self._resolve(game) for game in self._unresolved(l1))

    # -- what there is to do ----------------------------------------------------------------------------------------

    def _claim(self, l1: StateReader, now: int) -> bool:
        """Make a claim, if one is wanted."""
        if self.cadence.is_off or respected_type(l1, self.addresses) != GAME_TYPE:
            return False
        head = self.claimable()
        last = self._last_good_game(l1)
        since = self.l2.store.genesis.number if last is None else last.l2_number
        if head.number <= since:
            return False
        wanted = self._has_unclaimed_withdrawal(l1, head, since)
        cadence = self.cadence
        if cadence.blocks is not None or cadence.seconds is not None:
            start = self.l1.store.genesis.timestamp if last is None else last.created_at
            wanted = cadence.blocks is not None and head.number - since >= cadence.blocks
            if cadence.seconds is not None:
                wanted = wanted or now - start >= cadence.seconds
                self._wake_at(start + cadence.seconds, now)
        if not wanted or self._claims == MOST_CLAIMS:
            return False
        self._claims += 1
        return self.claim(head)

    def _has_nothing_from(self, before: SealedBlock, head: SealedBlock) -> bool:
        """True if there is nothing to do because L2 only has one more block, ``head``, than when there was nothing, and
        that sends no withdrawals. Nearly all blocks are such, and all else that it does goes by L1 and by time.
        """
        done = self._done
        if (
            head.header.parent_hash != before.hash
            or (self.due is not None and self.l1.time.now() >= self.due)
            or self.prove is not None
            or self.cadence != _AT_WITHDRAWALS
            or done is None
            or done[0] is not self.l1.store.head
            or done[1] is not before
            or self.claimable() is not head
            or (any(receipt.logs for receipt in head.receipts) and WITHDRAWALS.in_block(head))
        ):
            return False
        self._done = (done[0], head, done[2])
        return True

    def _has_unclaimed_withdrawal(self, l1: StateReader, head: SealedBlock, since: int) -> bool:
        """True if L2 sent a withdrawal, up to ``head``, that can be proven by no claim about a block up to ``since``
        and has not been finalized.
        """
        done, first = self._done, since + 1
        if (
            done is not None
            and done[2] <= since
            and self.l1.store.by_hash(done[0].hash) is not None
            and self.l2.store.by_hash(done[1].hash) is not None
        ):
            first = max(first, done[1].number + 1)
        for located in withdrawal_logs(self.l2.store, first, head.number):
            withdrawal = withdrawal_of_log(located.log)
            if withdrawal is not None and not is_finalized(l1, self.addresses, withdrawal.hash):
                return True
        self._done = (self.l1.store.head, head, since)
        return False

    def _last_good_game(self, l1: StateReader) -> Game | None:
        """The newest game that counts, claims what L2 holds, and proves withdrawals: of a block that L2 was loaded
        with, but not with its state, there is no proof.
        """
        for game in reversed(self.games.of(l1, self.addresses)):
            if game is None or game.status is GameStatus.CHALLENGER_WINS or not game.counts:
                continue
            block = self.l2.store.by_number(game.l2_number)
            output = None if block is None else provable_output(block)
            if output is not None and self._claimed(output.root) == game.root:
                return game
        return None

    def _claimed(self, root: Hash32) -> Hash32:
        """Returns the claim for the output root ``root``."""
        return wrong_root(root) if self.claims_wrong_roots() else root

    def _prove(self, l1: StateReader, now: int) -> bool:
        """Prove a claim that is right, whosever it is."""
        if self.prove is None:
            return False
        for game in self._unresolved(l1):
            proof = self.prove(game) if game.is_provable(now) else None
            if proof is not None and self._send(game.address, encode_call("prove(bytes)", proof)):
                return True
        return False

    def _see_games_through(self, l1: StateReader, now: int) -> bool:
        """Resolve a game of one's own whose outcome is certain, or make a final one the anchor."""
        for game in self._unresolved(l1):
            if game.creator != self.address:
                continue
            if not game.is_over(now):
                self._wake_at(game.deadline, now)
            elif self._resolve(game):
                return True
        final = self._newest_won(l1)
        if final is None:
            return False
        at_last = final.resolved_at + finality_delay(l1, self.addresses) + 1
        self._wake_at(at_last, now)
        call = encode_call("setAnchorState(address)", final.address)
        return now >= at_last and self._send(self.addresses.anchor_state_registry, call)

    def _resolve(self, game: Game) -> bool:
        return self._send(game.address, encode_call("resolve()"))

    def _unresolved(self, l1: StateReader) -> list[Game]:
        """The games that are in progress, oldest first."""
        known = self._settled
        first = 0 if known is None or self.l1.store.by_hash(known[0].hash) is None else known[1]
        games = self.games.of(l1, self.addresses)
        found = (games[index] for index in range(first, len(games)))
        left = [game for game in found if game is not None and game.status is GameStatus.IN_PROGRESS]
        self._settled = (self.l1.store.head, left[0].index if left else len(games))
        return left

    def _newest_won(self, l1: StateReader) -> Game | None:
        """The newest game of one's own that has won and counts, if the anchor is older."""
        anchor = anchor_number(l1, self.addresses)
        for game in reversed(self.games.of(l1, self.addresses)):
            if game is None or game.creator != self.address or game.status is GameStatus.IN_PROGRESS:
                continue
            if game.status is GameStatus.DEFENDER_WINS and game.counts:
                return game if game.l2_number > anchor else None
        return None

    def _pass_time(self, l1: StateReader, now: int) -> bool:
        """Have L1's newest block be late enough for the proof that was given last."""
        if not self.l1.mode.is_instant:
            return False
        store, proven = self.l1.store, self._last_proof()
        if proven is None:
            return False
        at_last = proven + maturity_delay(l1, self.addresses) + 1
        if store.head.timestamp >= at_last:
            return False
        self._wake_at(at_last, now)
        if now < at_last:
            return False
        self.l1.mine()
        return True

    def _last_proof(self) -> int | None:
        """The time of the newest L1 block in which a withdrawal was proven."""
        store, known = self.l1.store, self._proven
        first, proven = store.genesis.number, None
        if known is not None and store.by_hash(known[0].hash) is not None:
            first, proven = known[0].number + 1, known[1]
        proofs = store.logs(first, store.head.number, (self.addresses.portal,), ((PROVEN_TOPIC,),))
        found = proofs[-1].block.timestamp if proofs else proven
        self._proven = (store.head, found)
        return found

    # -- acting -----------------------------------------------------------------------------------------------------

    def _wake_at(self, time: int, now: int) -> None:
        if time > now and (self.due is None or time < self.due):
            self.due = time

    def _is_waiting(self) -> bool:
        """True if something that it sent is not included yet."""
        return self.l1.pool.holds_any_of(self.address)

    def _send(self, to: Address, data: bytes, value: Wei = 0) -> bool:
        """Send a transaction; False, and nothing is sent, where it would fail: it is tried again when L1 changes."""
        pending = self.l1.pending.builder()
        tried = TxEnv(self.address, to, value=value, data=data, gas_limit=_GAS)
        try:
            if not calls.call(self.l1.engine, pending.env, tried, pending.state).succeeded:
                return False
        except InvalidTransaction:
            return False
        fee = self.l1.next_base_fee()
        tx = UnsignedTransaction(
            type=DYNAMIC_FEE,
            chain_id=self.l1.spec.chain_id,
            nonce=self.l1.next_nonce(self.address),
            gas_limit=min(_GAS, self.l1.blocks.gas_limit),
            to=to,
            value=value,
            data=data,
            max_fee_per_gas=2 * fee + self.l1.spec.fees.minimum_tip,
            max_priority_fee_per_gas=self.l1.spec.fees.minimum_tip,
        )
        try:
            self.l1.submit(sign_transaction(tx, self._key))
        except InvalidTransaction:
            return False
        self.l1.settle()
        return True
