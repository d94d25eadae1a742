"""Everything that crosses between the chains, with where it stands, read from both chains.

What L2's open block holds counts too: it was executed, and a withdrawal in it can be claimed once it is sealed.

A withdrawal's status is the one that viem's ``getWithdrawalStatus`` finds, from the same places: L2's log, the games
and the portal's proofs on L1, as they are at L1's newest block.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from enum import Enum

import msgspec

from megadev.chain.mini_blocks import PlacedBlock
from megadev.chain.store import ChainStore, LocatedLog
from megadev.chain.transactions import Transaction
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32
from megadev.rollup.deposits import InvalidDepositLog, deposit_of_log
from megadev.rollup.derivation import deposit_logs
from megadev.rollup.games import (
    Game,
    GameStatus,
    finality_delay,
    is_finalized,
    last_proof,
    maturity_delay,
    read_game,
)
from megadev.rollup.known_games import KnownGames
from megadev.rollup.predeploys import L2_MESSENGER, L1Addresses
from megadev.rollup.withdrawals import WITHDRAWALS, Withdrawal, provable_output, withdrawal_logs, withdrawal_of_log
from megadev.state.reader import StateReader

FAILED_RELAY_TOPIC = keccak(b"FailedRelayedMessage(bytes32)")


class DepositStatus(Enum):
    """The status of a deposit. ``RELAY_FAILED``: it was executed, but its message failed and can be relayed again."""

    WAITING = "waiting"
    EXECUTED = "executed"
    FAILED = "failed"
    RELAY_FAILED = "relay-failed"


class WithdrawalStatus(Enum):
    """The status of a withdrawal, in viem's words."""

    WAITING_TO_PROVE = "waiting-to-prove"
    READY_TO_PROVE = "ready-to-prove"
    WAITING_TO_FINALIZE = "waiting-to-finalize"
    READY_TO_FINALIZE = "ready-to-finalize"
    FINALIZED = "finalized"


class SentDeposit(msgspec.Struct, frozen=True):
    """A deposit: ``log`` on L1, ``tx`` what it is on L2, ``place`` where it ran there."""

    log: LocatedLog
    tx: Transaction
    place: tuple[PlacedBlock, int] | None
    status: DepositStatus


class SentWithdrawal(msgspec.Struct, frozen=True):
    """A withdrawal: ``log`` on L2; ``game``, the one to prove it by or that it was proven by, and ``submitter``, who
    proved it. ``ready_at``: when, in seconds of L1's time, a wait ends; None where no time is known.
    """

    log: LocatedLog
    withdrawal: Withdrawal
    status: WithdrawalStatus
    game: Game | None
    submitter: Address | None = None
    ready_at: int | None = None


def sent_deposits(
    l1: ChainStore, l2: ChainStore, at: L1Addresses, open_block: PlacedBlock | None = None
) -> list[SentDeposit]:
    """Every deposit on L1, oldest first. ``open_block``: L2's, where one is open."""
    being_built = {} if open_block is None else {tx.hash: place for place, tx in enumerate(open_block.transactions)}
    found = []
    for located in deposit_logs(l1, l1.genesis.number, l1.head.number, at.portal):
        try:
            tx = deposit_of_log(located.log, located.block.hash, located.log_index)
        except InvalidDepositLog:
            continue
        place: tuple[PlacedBlock, int] | None = l2.transaction(tx.hash)
        if place is None and open_block is not None and tx.hash in being_built:
            place = open_block, being_built[tx.hash]
        found.append(SentDeposit(located, tx, place, _deposit_status(tx, place)))
    return found


def sent_withdrawals(
    l1: StateReader,
    l1_time: int,
    l2: ChainStore,
    at: L1Addresses,
    known: KnownGames,
    only: tuple[Hash32, Sequence[int]] | None = None,
    open_block: PlacedBlock | None = None,
) -> list[SentWithdrawal]:
    """Every withdrawal on L2, oldest first, or ``only`` those with a hash, which the sealed blocks with those numbers
    sent; as they stand for L1's state at ``l1_time``. ``open_block``: L2's, where one is open.
    """
    games = _Games(l1, l2, at, known)
    found = []
    if only is None:
        logs = withdrawal_logs(l2, l2.genesis.number, l2.head.number)
    else:
        logs = [located for number in only[1] for located in withdrawal_logs(l2, number, number)]
    if open_block is not None and open_block.number > l2.head.number:
        logs += [
            LocatedLog(log, open_block, transaction_index, log_index)
            for log, transaction_index, log_index in WITHDRAWALS.in_receipts(open_block.receipts)
        ]
    for located in logs:
        withdrawal = withdrawal_of_log(located.log)
        if withdrawal is None or (only is not None and withdrawal.hash != only[0]):
            continue
        found.append(_stand(l1, l1_time, at, games, located, withdrawal))
    return found


class _Games:
    """The games that claim what L2 holds, by which it can be proven, that have not lost and count."""

    def __init__(self, l1: StateReader, l2: ChainStore, at: L1Addresses, known: KnownGames) -> None:
        self._l1, self._l2, self._at, self._known = l1, l2, at, known
        self._found: list[tuple[int, Game]] = []
        self._first: int | None = None

    def oldest_from(self, number: int) -> Game | None:
        """The oldest one that is about L2 block ``number`` or a later one. Costs least for rising numbers."""
        if self._first is None or number < self._first:
            self._found, self._first = self._oldest(number), number
        place = bisect_left(self._found, number, key=lambda each: each[0])
        return self._found[place][1] if place < len(self._found) else None

    def _oldest(self, first: int) -> list[tuple[int, Game]]:
        """Those about block ``first`` or a later one that no older one makes needless, each with its block's number, in
        order.
        """
        found: list[tuple[int, Game]] = []
        for game in reversed(self._known.of(self._l1, self._at)):
            if game is None or game.l2_number < first:
                continue
            block = self._l2.by_number(game.l2_number)
            if block is None or game.status is GameStatus.CHALLENGER_WINS or not game.counts:
                continue
            output = provable_output(block)
            if output is None or output.root != game.root:
                continue
            while found and found[-1][0] <= game.l2_number:
                found.pop()  # an older one is about all that it is about
            found.append((game.l2_number, game))
        return found[::-1]


def _deposit_status(tx: Transaction, place: tuple[PlacedBlock, int] | None) -> DepositStatus:
    if place is None:
        return DepositStatus.WAITING
    block, index = place
    receipt = block.receipts[index]
    if not receipt.succeeded:
        return DepositStatus.FAILED
    if any(log.address == L2_MESSENGER and log.topics[:1] == (FAILED_RELAY_TOPIC,) for log in receipt.logs):
        return DepositStatus.RELAY_FAILED
    return DepositStatus.EXECUTED


def _stand(
    l1: StateReader, now: int, at: L1Addresses, games: _Games, located: LocatedLog, withdrawal: Withdrawal
) -> SentWithdrawal:
    if is_finalized(l1, at, withdrawal.hash):
        return SentWithdrawal(located, withdrawal, WithdrawalStatus.FINALIZED, None)
    proof = last_proof(l1, at, withdrawal.hash)
    game = None if proof is None else read_game(l1, at, proof.game)
    is_usable = game is not None and game.status is not GameStatus.CHALLENGER_WINS and game.counts
    if proof is None or game is None or not is_usable or proof.timestamp <= game.created_at:
        # any game that came after it will do; the oldest is resolved first
        covering = games.oldest_from(located.block.number)
        if covering is None:
            return SentWithdrawal(located, withdrawal, WithdrawalStatus.WAITING_TO_PROVE, None)
        return SentWithdrawal(located, withdrawal, WithdrawalStatus.READY_TO_PROVE, covering)
    resolved_at = game.resolved_at or max(game.deadline, now)
    ready_at = max(proof.timestamp + maturity_delay(l1, at), resolved_at + finality_delay(l1, at)) + 1
    waits = game.status is GameStatus.IN_PROGRESS or now < ready_at
    status = WithdrawalStatus.WAITING_TO_FINALIZE if waits else WithdrawalStatus.READY_TO_FINALIZE
    return SentWithdrawal(located, withdrawal, status, game, proof.submitter, ready_at if waits else None)
