"""eth_*: transactions into the txpool, signed by the caller, by a key held here, or by nobody (impersonation).

What a request leaves open is filled in: the nonce from the txpool, the type from its fields (2 unless they say
otherwise), fees that survive a few full blocks, and gas by estimate. An estimate that fails is no reason to refuse: the
transaction is sent with a whole block's gas and fails on the chain, where it can be looked at, as in Anvil.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import PlacedBlock
from megadev.chain.transactions import (
    Transaction,
    decode_transaction,
    encode_network_form,
    impersonated_transaction,
)
from megadev.errors import (
    InvalidParams,
    InvalidTransaction,
    NonceGap,
    NotReady,
    RealtimeExpired,
    ReceiptTimeout,
    SequencerUnavailable,
)
from megadev.events import (
    BlockSealed,
    Event,
    SequencerCondition,
    SequencerTurned,
    TransactionDropped,
    TransactionPreconfirmed,
)
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import CallRequest, DataParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.filling import authorized, completed, first_account, signing_key
from megadev.rpc.formatters import format_pending_transaction, format_receipt
from megadev.rpc.node import RpcNode
from megadev.rpc.promises import preconfirmation
from megadev.rpc.sending import is_long, needs_long_estimate, submitted

MAX_SYNC_TIMEOUT_MS = 60_000
"""How long the *Sync methods wait for a receipt at most, whatever their callers say."""


@method("eth_sendRawTransaction")
def eth_sendRawTransaction(node: RpcNode, raw: DataParam) -> str | Awaitable[str]:
    """Take a signed transaction; the answer is its hash."""
    return _take(node, decode_transaction(raw, node.chain.spec))


@method("eth_sendRawTransactionSync")
def eth_sendRawTransactionSync(
    node: RpcNode, raw: DataParam, timeout_ms: Uint64Param | None = None
) -> JsonObject | Awaitable[JsonObject]:
    """Take a signed transaction; the answer is its receipt (EIP-7966)."""
    return _submit_and_wait(node, decode_transaction(raw, node.chain.spec), timeout_ms)


@method("realtime_sendRawTransaction")
def realtime_sendRawTransaction(
    node: RpcNode, raw: DataParam, timeout_ms: Uint64Param | None = None
) -> JsonObject | Awaitable[JsonObject]:
    """eth_sendRawTransactionSync under MegaETH's name."""
    return _submit_and_wait(node, decode_transaction(raw, node.chain.spec), timeout_ms)


@method("eth_sendTransaction")
def eth_sendTransaction(node: RpcNode, request: CallRequest) -> str | Awaitable[str]:
    """Fill in, sign and take a transaction of an account held or impersonated here; the answer is its hash."""
    if needs_long_estimate(node, request):
        tx_hash: str | Awaitable[str] = node.node.apart(lambda: submitted(node, _authorized(node, request)))
        return tx_hash
    return _take(node, _authorized(node, request))


@method("eth_sendTransactionSync")
def eth_sendTransactionSync(
    node: RpcNode, request: CallRequest, timeout_ms: Uint64Param | None = None
) -> JsonObject | Awaitable[JsonObject]:
    """As ``eth_sendTransaction``; the answer is the receipt."""
    if needs_long_estimate(node, request):
        receipt: JsonObject | Awaitable[JsonObject] = node.node.apart(
            lambda: _submitted(node, _authorized(node, request), timeout_ms)
        )
        return receipt
    return _submit_and_wait(node, _authorized(node, request), timeout_ms)


@method("eth_sendUnsignedTransaction")
def eth_sendUnsignedTransaction(node: RpcNode, request: CallRequest) -> str | Awaitable[str]:
    """Take a transaction for any account as if it had signed; the answer is its hash."""
    if request.sender is None:
        raise InvalidParams("an unsigned transaction needs its sender: give from")

    def take() -> str | Awaitable[str]:
        return _take(node, impersonated_transaction(*completed(node, request)))

    return node.node.apart(take) if needs_long_estimate(node, request) else take()


@method("eth_fillTransaction")
def eth_fillTransaction(node: RpcNode, request: CallRequest) -> JsonObject:
    """A transaction with its gaps filled in, as ``raw`` bytes without a signature and as the object ``tx``.

    Unlike sending, an estimate that fails is an error.
    """
    unsigned, sender = completed(node, request, forgiving=False)
    tx = impersonated_transaction(unsigned, sender)
    return {"raw": to_data(encode_network_form(tx)), "tx": format_pending_transaction(tx)}


def _authorized(node: RpcNode, request: CallRequest) -> Transaction:
    """``request`` as a transaction of its sender: signed where the key is held, else impersonated."""
    sender = request.sender if request.sender is not None else first_account(node)
    key = signing_key(node, sender)
    unsigned, _ = completed(node, request)
    return authorized(unsigned, sender, key)


def _take(node: RpcNode, tx: Transaction) -> str | Awaitable[str]:
    """Submit ``tx``: at once, or on the writer's thread where it may run for long; its hash."""
    if is_long(node, tx):
        tx_hash: str | Awaitable[str] = node.node.apart(lambda: submitted(node, tx))
        return tx_hash
    return submitted(node, tx)


def _submit_and_wait(node: RpcNode, tx: Transaction, timeout_ms: int | None) -> JsonObject | Awaitable[JsonObject]:
    """Submit ``tx`` and answer with its receipt; on the writer's thread where the transaction may run for long."""
    if is_long(node, tx):
        receipt: JsonObject | Awaitable[JsonObject] = node.node.apart(lambda: _submitted(node, tx, timeout_ms))
        return receipt
    return _submitted(node, tx, timeout_ms)


def _submitted(node: RpcNode, tx: Transaction, timeout_ms: int | None) -> JsonObject | Awaitable[JsonObject]:
    """Here and now. Where it is executed at once, its receipt is there at once; else wait for it, up to the timeout.

    Raises ``ReceiptTimeout`` or ``NotReady``, as the settings have it, and ``InvalidTransaction`` where the pool gives
    up the transaction meanwhile.
    """
    chain = node.chain
    chain.sequencer.submit(tx)
    chain.sequencer.settle()
    placed = chain.placed(tx.hash)
    if placed is not None:
        return _receipt(node, *placed)
    if node.node.config.sync_errors == "eip-7966":
        _check_ready(chain, tx)
    return _receipt_later(node, tx, timeout_ms)


def _check_ready(chain: LocalChain, tx: Transaction) -> None:
    """Raises ``NotReady`` where ``tx`` waits for more than a block."""
    next_nonce = chain.sequencer.next_nonce(tx.sender)
    expected = chain.pool.pending_nonce(tx.sender, next_nonce)
    if tx.nonce > expected:
        raise NonceGap(tx.hash, tx.nonce, expected)
    account = chain.state(Tag.LATEST).account(tx.sender)
    cost = tx.gas_limit * tx.max_fee_per_gas + tx.value
    if tx.nonce == next_nonce and (account is None or account.balance < cost):
        raise NotReady(tx.hash, f"insufficient funds: it may cost {cost} wei")


async def _receipt_later(node: RpcNode, tx: Transaction, timeout_ms: int | None) -> JsonObject:
    config = node.node.config
    limit = min(timeout_ms or round(config.sync_timeout * 1_000), MAX_SYNC_TIMEOUT_MS)
    expired = RealtimeExpired if config.sync_errors == "megaeth" else ReceiptTimeout
    try:
        await _included(node, tx, limit)
    except TimeoutError:
        raise expired(tx.hash, limit) from None
    placed = node.chain.placed(tx.hash)
    if placed is None:
        raise expired(tx.hash, limit)
    return _receipt(node, *placed)


def _receipt(node: RpcNode, block: PlacedBlock, index: int) -> JsonObject:
    receipt = format_receipt(block, index, timestamped=node.node.config.receipt_timestamps)
    if node.node.config.preconf_receipts:
        receipt["preconfirmation"] = preconfirmation(node, block, index)
    return receipt


async def _included(node: RpcNode, tx: Transaction, timeout_ms: int) -> None:
    """Return when a block holds ``tx``: a sealed one, or the open one where that is seen.

    Raises ``TimeoutError``, ``InvalidTransaction`` where it was dropped and ``SequencerUnavailable`` after a crash.
    """
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    chain = node.chain

    def on_event(event: Event) -> None:
        if done.done():
            return
        if isinstance(event, TransactionPreconfirmed):
            if event.tx.hash == tx.hash and chain.is_continuous:
                done.set_result(None)
        elif isinstance(event, BlockSealed):
            if any(included.hash == tx.hash for included in event.block.transactions):
                done.set_result(None)
        elif isinstance(event, TransactionDropped) and event.tx.hash == tx.hash:
            done.set_exception(InvalidTransaction(f"the transaction was dropped while waiting: {event.reason}"))
        elif isinstance(event, SequencerTurned) and event.condition is SequencerCondition.CRASHED:
            done.set_exception(
                SequencerUnavailable(
                    f"permanent error forwarding request: the sequencer crashed while {to_data(tx.hash)} waited"
                )
            )

    unsubscribe = node.chain.bus.subscribe(on_event)
    if chain.placed(tx.hash) is not None:  # since whoever submitted it looked
        done.set_result(None)
    try:
        await asyncio.wait_for(done, timeout_ms / 1000)
    finally:
        unsubscribe()
