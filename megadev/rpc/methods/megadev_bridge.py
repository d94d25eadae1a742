"""megadev_*: the bridge between the chains: every message with how far it has got, the L1 call that brings a withdrawal
on, and time that passes at once. Both chains' endpoints give the same answers.
"""

from __future__ import annotations

import msgspec

from megadev.chain.documents import JsonObject
from megadev.errors import ResourceNotFound
from megadev.events import SequencerCondition
from megadev.node.chain import LocalChain
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.rollup.derivation import L1Fees
from megadev.rollup.driver import Driver
from megadev.rollup.games import GameStatus
from megadev.rollup.messages import (
    DepositStatus,
    SentDeposit,
    SentWithdrawal,
    WithdrawalStatus,
    sent_deposits,
)
from megadev.rollup.withdrawals import finalizing_call, output_after, prove_inclusion, proving_call
from megadev.rpc.codec import HashParam, QuantityParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode, bridge

NEXT_FOR_DEPOSIT = {
    DepositStatus.WAITING: "wait for the next L2 block, which includes it",
    DepositStatus.EXECUTED: "nothing: it has arrived",
    DepositStatus.FAILED: "nothing: its call failed, the minted ether stays with its sender on L2",
    DepositStatus.RELAY_FAILED: "call relayMessage on L2's messenger again, with more gas or once its target works",
}
NEXT_FOR_WITHDRAWAL = {
    WithdrawalStatus.WAITING_TO_PROVE: "wait for an output root, or propose one now: `megadev prove HASH`",
    WithdrawalStatus.READY_TO_PROVE: "prove it on L1: `megadev prove HASH`",
    WithdrawalStatus.WAITING_TO_FINALIZE: "wait, or skip the time: `megadev finalize HASH --skip-window`",
    WithdrawalStatus.READY_TO_FINALIZE: "finalize it on L1: `megadev finalize HASH`",
    WithdrawalStatus.FINALIZED: "nothing: its call was made on L1",
}

NEXT_FOR_GAME = "resolve its claim, which anybody may: `megadev finalize HASH --wait` does it"


@method("megadev_getBridgeStatus")
def megadev_getBridgeStatus(node: RpcNode) -> JsonObject:
    """Every message in either direction, oldest first, with its status, age and next step."""
    l1, l2, driver = bridge(node)
    now, open_block = l1.time.now(), l2.open_block
    return {
        "deposits": [
            _format_deposit(each, now, l2, driver.consolidator is not None)
            for each in sent_deposits(l1.store, l2.store, driver.addresses, open_block)
        ],
        "withdrawals": [_format_withdrawal(each, now) for each in _withdrawals(l1, l2, driver)],
    }


@method("megadev_getWithdrawal")
def megadev_getWithdrawal(node: RpcNode, withdrawal_hash: HashParam) -> JsonObject:
    """A withdrawal and, where the next step is a call of the portal, that call: to be sent on L1 by anybody."""
    l1, l2, driver = bridge(node)
    found = _withdrawals(l1, l2, driver, withdrawal_hash)
    if not found:
        raise ResourceNotFound(f"resource not found: L2 has no withdrawal {to_data(withdrawal_hash)}")
    now = l1.time.now()
    data = _next_call(l2, found[0])
    call = None if data is None else {"to": to_data(driver.addresses.portal), "data": to_data(data)}
    if _waits_for_its_game(found[0], now) and found[0].game is not None:
        call = {"to": to_data(found[0].game.address), "data": to_data(encode_call("resolve()"))}
    return {**_format_withdrawal(found[0], now), "call": call}


@method("megadev_skipWithdrawalWindows")
def megadev_skipWithdrawalWindows(node: RpcNode, withdrawal_hash: HashParam | None = None) -> str:
    """Let time pass on both chains until every withdrawal that was proven, or that one, can be finalized; the seconds
    that passed.
    """
    _, _, driver = bridge(node)
    node.node.between_blocks()
    return hex(driver.skip_windows(withdrawal_hash))


class FeesOfL1(msgspec.Struct, frozen=True, rename="camel"):
    """Prices of gas and blob gas on L1, in wei."""

    base_fee: QuantityParam
    blob_base_fee: QuantityParam = 1


@method("megadev_setL1Fees")
def megadev_setL1Fees(node: RpcNode, fees: tuple[FeesOfL1, ...]) -> None:
    """Set the L1 fees that L2 uses from L1's next block on. Of a list, each block takes the next entry, starting again
    after the last. Without an argument, L1's own fees are used again.
    """
    l1, _, driver = bridge(node)
    node.node.between_blocks()
    told = tuple(L1Fees(each.base_fee, each.blob_base_fee) for each in fees)
    driver.progress = msgspec.structs.replace(driver.progress, fees=told, fees_from=l1.head.number + 1)


def _withdrawals(
    l1: LocalChain, l2: LocalChain, driver: Driver, withdrawal_hash: bytes | None = None
) -> list[SentWithdrawal]:
    open_block = l2.open_block  # before the chain: what is sealed meanwhile is found there
    return driver.sent_withdrawals(l1.head.timestamp, withdrawal_hash, open_block)


def _waits_for_its_game(sent: SentWithdrawal, now: int) -> bool:
    """True if the wait ends only once somebody resolves the game: the proposer resolves its own."""
    game = sent.game
    waits = sent.status is WithdrawalStatus.WAITING_TO_FINALIZE and game is not None
    return waits and game is not None and game.status is GameStatus.IN_PROGRESS and game.is_over(now)


def _next_call(l2: LocalChain, sent: SentWithdrawal) -> bytes | None:
    game = sent.game
    if sent.status is WithdrawalStatus.READY_TO_PROVE and game is not None:
        block = l2.block(game.l2_number)
        proof = prove_inclusion(block, sent.withdrawal.hash)
        return proving_call(sent.withdrawal, game.index, output_after(block), proof)
    if sent.status is WithdrawalStatus.READY_TO_FINALIZE and sent.submitter is not None:
        return finalizing_call(sent.withdrawal, sent.submitter)
    return None


def _format_deposit(sent: SentDeposit, now: int, l2: LocalChain, is_forced: bool) -> JsonObject:
    located, tx, place = sent.log, sent.tx, sent.place
    block = located.block
    return {
        "status": sent.status.value,
        "from": to_data(tx.sender),
        "to": None if tx.to is None else to_data(tx.to),
        "mint": hex(tx.mint),
        "value": hex(tx.value),
        "gas": hex(tx.gas_limit),
        "data": to_data(tx.data),
        "l1TransactionHash": to_data(block.transactions[located.transaction_index].hash),
        "l1BlockNumber": hex(block.number),
        "l2TransactionHash": to_data(tx.hash),
        "l2BlockNumber": None if place is None else hex(place[0].number),
        "age": hex(max(now - block.timestamp, 0)),
        "next": _next_for_deposit(sent.status, l2, is_forced),
    }


def _next_for_deposit(status: DepositStatus, l2: LocalChain, is_forced: bool) -> str:
    """``is_forced``: where batches are posted, and L2 is derived from L1."""
    condition = l2.sequencer.condition
    if status is DepositStatus.WAITING and condition is not SequencerCondition.RUNNING:
        remedy = "restart" if condition is SequencerCondition.CRASHED else "resume"
        forced = ", or once the sequencing window has passed" if is_forced and l2.sequencer.is_down else ""
        return (
            f"an L2 block includes it once the sequencer, which is {condition.value}, runs again{forced}: "
            f"megadev sequencer {remedy}"
        )
    return NEXT_FOR_DEPOSIT[status]


def _format_withdrawal(sent: SentWithdrawal, now: int) -> JsonObject:
    located, withdrawal = sent.log, sent.withdrawal
    block = located.block
    return {
        "status": sent.status.value,
        "withdrawalHash": to_data(withdrawal.hash),
        "nonce": hex(withdrawal.nonce),
        "sender": to_data(withdrawal.sender),
        "target": to_data(withdrawal.target),
        "value": hex(withdrawal.value),
        "gasLimit": hex(withdrawal.gas_limit),
        "data": to_data(withdrawal.data),
        "l2TransactionHash": to_data(block.transactions[located.transaction_index].hash),
        "l2BlockNumber": hex(block.number),
        "game": None if sent.game is None else to_data(sent.game.address),
        "age": hex(max(now - block.timestamp, 0)),
        "readyIn": None if sent.ready_at is None else hex(max(sent.ready_at - now, 0)),
        "next": NEXT_FOR_GAME if _waits_for_its_game(sent, now) else NEXT_FOR_WITHDRAWAL[sent.status],
    }
