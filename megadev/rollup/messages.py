"""Everything that crosses between the chains, with where it stands: read from both chains, nothing is kept.

What L2's open block holds counts too: it was executed, and a withdrawal in it can be claimed once it is sealed.

A withdrawal's status is the one that viem's ``getWithdrawalStatus`` finds, from the same places: L2's log, the games
and the portal's proofs on L1, as they are at L1's newest block.
"""

from __future__ import annotations

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
    game_at,
    game_count,
    is_finalized,
    last_proof,
    maturity_delay,
    read_game,
)
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
    withdrawal_hash: Hash32 | None = None,
    open_block: PlacedBlock | None = None,
) -> list[SentWithdrawal]:
    """Every withdrawal on L2, oldest first, or those with a hash; as they stand for L1's state at ``l1_time``.
    ``open_block``: L2's, where one is open.
    """
    games = good_games(l1, l2, at)
    found = []
    logs = withdrawal_logs(l2, l2.genesis.number, l2.head.number)
    if open_block is not None and open_block.number > l2.head.number:
        logs += [
            LocatedLog(log, open_block, transaction_index, log_index)
            for log, transaction_index, log_index in WITHDRAWALS.in_receipts(open_block.receipts)
        ]
    for located in logs:
        withdrawal = withdrawal_of_log(located.log)
        if withdrawal is None or (withdrawal_hash is not None and withdrawal.hash != withdrawal_hash):
            continue
        found.append(_stand(l1, l1_time, at, games, located, withdrawal))
    return found


def good_games(l1: StateReader, l2: ChainStore, at: L1Addresses) -> list[Game]:
    """The games that claim what L2 holds, by which it can be proven, that have not lost and count, newest first."""
    found = []
    for index in range(game_count(l1, at) - 1, -1, -1):
        game = game_at(l1, at, index)
        block = None if game is None else l2.by_number(game.l2_number)
        if game is None or block is None or game.status is GameStatus.CHALLENGER_WINS or not game.counts:
            continue
        output = provable_output(block)
        if output is not None and output.root == game.root:
            found.append(game)
    return found


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
    l1: StateReader, now: int, at: L1Addresses, games: list[Game], located: LocatedLog, withdrawal: Withdrawal
) -> SentWithdrawal:
    if is_finalized(l1, at, withdrawal.hash):
        return SentWithdrawal(located, withdrawal, WithdrawalStatus.FINALIZED, None)
    proof = last_proof(l1, at, withdrawal.hash)
    game = None if proof is None else read_game(l1, at, proof.game)
    is_usable = game is not None and game.status is not GameStatus.CHALLENGER_WINS and game.counts
    if proof is None or game is None or not is_usable or proof.timestamp <= game.created_at:
        # any game that came after it will do; the oldest is resolved first
        covering = [each for each in games if each.l2_number >= located.block.number]
        if not covering:
            return SentWithdrawal(located, withdrawal, WithdrawalStatus.WAITING_TO_PROVE, None)
        return SentWithdrawal(located, withdrawal, WithdrawalStatus.READY_TO_PROVE, covering[-1])
    resolved_at = game.resolved_at or max(game.deadline, now)
    ready_at = max(proof.timestamp + maturity_delay(l1, at), resolved_at + finality_delay(l1, at)) + 1
    waits = game.status is GameStatus.IN_PROGRESS or now < ready_at
    status = WithdrawalStatus.WAITING_TO_FINALIZE if waits else WithdrawalStatus.READY_TO_FINALIZE
    return SentWithdrawal(located, withdrawal, status, game, proof.submitter, ready_at if waits else None)
