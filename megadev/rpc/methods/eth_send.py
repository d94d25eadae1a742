"""eth_*: transactions into the txpool, signed by the caller, by a key held here, or by nobody (impersonation).

What a request leaves open is filled in: the nonce from the txpool, the type from its fields (2 unless they say
otherwise), fees that survive a few full blocks, and gas by estimate. An estimate that fails is no reason to refuse: the
transaction is sent with a whole block's gas and fails on the chain, where it can be looked at, as in Anvil.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable

import msgspec

from megadev.artifacts import explain
from megadev.chain.blobs import sidecar_of, versioned_hash
from megadev.chain.blocks import Tag
from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.chain.documents import JsonObject
from megadev.chain.fees import blob_base_fee, next_excess_blob_gas
from megadev.chain.mini_blocks import PlacedBlock
from megadev.chain.spec import Hardfork
from megadev.chain.transactions import (
    ACCESS_LIST,
    BLOB,
    DEPOSIT,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    BlobSidecar,
    Transaction,
    UnsignedTransaction,
    bars_sending,
    decode_transaction,
    encode_network_form,
    impersonated_transaction,
    sign_transaction,
)
from megadev.errors import (
    ExecutionHalted,
    ExecutionReverted,
    GasAllowanceExceeded,
    InvalidParams,
    InvalidTransaction,
    NonceGap,
    NotReady,
    PrefetchNeeded,
    RealtimeExpired,
    ReceiptTimeout,
    SequencerUnavailable,
    StateUnavailable,
    TransactionFailed,
    UnknownSigner,
    UnsupportedTransactionType,
    WrongChainId,
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
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from megadev.rpc.codec import CallRequest, DataParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_pending_transaction, format_receipt
from megadev.rpc.methods.eth_calls import explainer, scene_at
from megadev.rpc.methods.eth_fees import suggested_tip
from megadev.rpc.methods.megadev_preconfirmation import preconfirmation
from megadev.rpc.node import RpcNode
from megadev.sequencer.admission import QUICK_GAS, may_run_long

MAX_SYNC_TIMEOUT_MS = 60_000
"""How long the *Sync methods wait for a receipt at most, whatever their callers say."""
BASE_FEE_HEADROOM = 2
"""The fee cap is the base fee times this, and the tip: enough for five full blocks in a row."""


# -- methods ------------------------------------------------------------------------------------------------------


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
    """The same, by MegaETH's name for it."""
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


# -- filling in ---------------------------------------------------------------------------------------------------


def completed(node: RpcNode, request: CallRequest, *, forgiving: bool = True) -> tuple[UnsignedTransaction, Address]:
    """``request`` with nothing left open, and its sender (the first account where it names none).

    ``forgiving``: where the estimate fails, a whole block's gas. Raises ``InvalidParams`` for fields that do not go
    together, ``WrongChainId``, ``UnsupportedTransactionType`` and what an estimate raises.
    """
    coinbase = node.chain.sequencer.blocks.coinbase
    asked = (request.sender, request.to, coinbase, HISTORY_STORAGE_ADDRESS, BEACON_ROOTS_ADDRESS)
    foreseen = [address for address in asked if address is not None]
    node.chain.prefetch(foreseen)
    try:
        return _completed(node, request, forgiving)
    except PrefetchNeeded as missing:
        rest = missing.fetch

        def fetch() -> None:
            node.chain.prefetch(foreseen)
            rest()
            with contextlib.suppress(ExecutionReverted, ExecutionHalted, GasAllowanceExceeded, InvalidTransaction):
                _completed(node, request, forgiving)

        raise PrefetchNeeded("what filling in the transaction needs", fetch) from None


def _completed(node: RpcNode, request: CallRequest, forgiving: bool) -> tuple[UnsignedTransaction, Address]:
    chain = node.chain
    sender = request.sender if request.sender is not None else first_account(node)
    if request.chain_id is not None and request.chain_id != chain.spec.chain_id:
        raise WrongChainId(request.chain_id, chain.spec.chain_id)
    kind = _type_of(request)
    sidecar, hashes = _blobs(request, chain)
    max_fee, tip = _fees(node, request, kind)
    return (
        UnsignedTransaction(
            type=kind,
            chain_id=chain.spec.chain_id,
            nonce=chain.nonce(sender, Tag.PENDING) if request.nonce is None else request.nonce,
            gas_limit=_gas(node, request, sender, hashes, forgiving),
            to=request.to,
            value=request.value or 0,
            data=request.data or b"",
            max_fee_per_gas=max_fee,
            max_priority_fee_per_gas=tip,
            access_list=request.access_list or (),
            max_fee_per_blob_gas=_blob_fee(chain, request) if kind == BLOB else 0,
            blob_versioned_hashes=hashes,
            authorization_list=request.authorization_list or (),
            sidecar=sidecar,
        ),
        sender,
    )


def first_account(node: RpcNode) -> Address:
    """Who sends what names no sender. Raises ``UnknownSigner`` where the node holds no account."""
    accounts = node.node.accounts.addresses
    if not accounts:
        raise UnknownSigner("unknown account: this node holds none; name a sender it may impersonate")
    return accounts[0]


_SENDABLE = (LEGACY, ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE)


def _type_of(request: CallRequest) -> int:
    """The type asked for, or the one whose fields are used. Raises ``InvalidParams`` where the two disagree."""
    has_blobs = request.blobs is not None or request.blob_versioned_hashes is not None
    if request.source_hash is not None or request.mint is not None or request.is_system:
        raise UnsupportedTransactionType(DEPOSIT, _SENDABLE)
    if request.authorization_list is not None:
        implied = SET_CODE
    elif has_blobs:
        implied = BLOB
    elif request.gas_price is not None:
        implied = LEGACY if request.access_list is None else ACCESS_LIST
    else:
        implied = DYNAMIC_FEE
    kind = implied if request.type is None else request.type
    if kind not in _SENDABLE:
        raise UnsupportedTransactionType(kind, _SENDABLE)
    has_dynamic_fee = request.max_fee_per_gas is not None or request.max_priority_fee_per_gas is not None
    if kind in (LEGACY, ACCESS_LIST) and has_dynamic_fee:
        raise InvalidParams(f"a type {kind} transaction pays a gasPrice: no maxFeePerGas, no maxPriorityFeePerGas")
    if kind not in (LEGACY, ACCESS_LIST) and request.gas_price is not None:
        raise InvalidParams(f"a type {kind} transaction has no gasPrice: give maxFeePerGas and maxPriorityFeePerGas")
    if kind == LEGACY and request.access_list:
        raise InvalidParams("a type 0 transaction has no access list: send type 1 or 2")
    if implied in (BLOB, SET_CODE) and kind != implied:
        raise InvalidParams(f"type {kind} does not go with the fields of a type {implied} transaction")
    return kind


def _fees(node: RpcNode, request: CallRequest, kind: int) -> tuple[Wei, Wei]:
    """Fee cap and tip, in wei per gas."""
    chain = node.chain
    if kind in (LEGACY, ACCESS_LIST):
        price = request.gas_price
        if price is None:
            price = node.chain.gas_price
        if price is None:
            price = chain.sequencer.next_base_fee() + suggested_tip(chain)
        return price, price
    tip, max_fee = request.max_priority_fee_per_gas, request.max_fee_per_gas
    if tip is None:
        tip = suggested_tip(chain)
        if max_fee is not None:
            tip = min(tip, max_fee)
    if max_fee is None:
        max_fee = chain.sequencer.next_base_fee() * BASE_FEE_HEADROOM + tip
    return max_fee, tip


def _blob_fee(chain: LocalChain, request: CallRequest) -> Wei:
    if request.max_fee_per_blob_gas is not None:
        return request.max_fee_per_blob_gas
    return blob_base_fee(next_excess_blob_gas(chain.head.header, chain.spec), chain.spec) * BASE_FEE_HEADROOM


def _blobs(request: CallRequest, chain: LocalChain) -> tuple[BlobSidecar | None, tuple[Hash32, ...]]:
    """Commitments and proofs for blobs that came bare, and the hashes by which the transaction names them."""
    given = request.blob_versioned_hashes
    if request.blobs is None:
        if given is not None:
            raise InvalidParams("blobVersionedHashes came without blobs: a blob transaction is sent with its blobs")
        return None, ()
    sidecar = sidecar_of(request.blobs, version=int(chain.spec.hardfork >= Hardfork.OSAKA))
    hashes = tuple(map(versioned_hash, sidecar.commitments))
    if given is not None and given != hashes:
        raise InvalidParams("blobVersionedHashes do not match the blobs: leave them out")
    return sidecar, hashes


def _gas(node: RpcNode, request: CallRequest, sender: Address, hashes: tuple[Hash32, ...], forgiving: bool) -> int:
    """As asked for; else by estimate or, for who expects Hardhat's, all that a transaction may have: a call that
    survives the failure of another then runs as it was written.
    """
    if request.gas is not None:
        return request.gas
    if node.throws_on_revert:
        return _most_gas(node.chain, node.chain.sequencer.blocks.gas_limit)
    return _estimated(node, request, sender, hashes, forgiving)


def _most_gas(chain: LocalChain, block_gas_limit: int) -> int:
    """The most gas that a transaction may ask for."""
    cap = chain.spec.transaction_gas_cap
    return block_gas_limit if cap is None else min(cap, block_gas_limit)


def _estimated(
    node: RpcNode, request: CallRequest, sender: Address, hashes: tuple[Hash32, ...], forgiving: bool
) -> int:
    """Gas by estimate, on top of what waits in the txpool."""
    chain = node.chain
    scene = scene_at(chain, Tag.PENDING)
    # without a price: what the sender can afford is checked when the transaction is offered
    call = msgspec.structs.replace(
        request,
        sender=sender,
        gas_price=None,
        max_fee_per_gas=None,
        max_priority_fee_per_gas=None,
        max_fee_per_blob_gas=None,
        blob_versioned_hashes=hashes,
    )
    tx, rules = scene.transaction(call)
    try:
        words = explainer(node, scene.state, tx)
        return scene.estimate(call, tx, rules, explain=words)
    except (ExecutionReverted, ExecutionHalted, GasAllowanceExceeded):
        if not forgiving:
            raise
    return _most_gas(chain, scene.env.gas_limit)


# -- signing and submitting ---------------------------------------------------------------------------------------


def _authorized(node: RpcNode, request: CallRequest) -> Transaction:
    """``request`` as a transaction of its sender: signed where the key is held, else impersonated."""
    sender = request.sender if request.sender is not None else first_account(node)
    key = signing_key(node, sender)
    unsigned, _ = completed(node, request)
    return authorized(unsigned, sender, key)


def signing_key(node: RpcNode, sender: Address) -> bytes | None:
    """The key that signs for ``sender``, None where it is impersonated. Raises ``UnknownSigner``."""

    def has_code() -> bool:
        state = node.chain.state(Tag.LATEST)
        account = state.account(sender)
        return account is not None and bars_sending(state.code(account.code_hash))

    return node.node.accounts.signing_key(sender, has_code)


def authorized(unsigned: UnsignedTransaction, sender: Address, key: bytes | None) -> Transaction:
    """``unsigned`` as ``sender``'s: signed with its ``key``, or as if it were."""
    return impersonated_transaction(unsigned, sender) if key is None else sign_transaction(unsigned, key)


def submitted(node: RpcNode, tx: Transaction) -> str:
    """Submit ``tx`` here and now; the answer is its hash.

    Raises what ``submit`` does and, for who expects Hardhat's, ``TransactionFailed`` where it was executed at once and
    failed.
    """
    chain = node.chain
    chain.sequencer.submit(tx)
    if node.throws_on_revert:
        chain.sequencer.settle()
        placed = chain.placed(tx.hash)
        if placed is not None:
            _raise_for_failure(node, tx, *placed)
    return to_data(tx.hash)


def _raise_for_failure(node: RpcNode, tx: Transaction, block: PlacedBlock, index: int) -> None:
    receipt = block.receipts[index]
    if receipt.succeeded:
        return
    near = None
    if tx.to is not None:
        account = node.chain.state(Tag.LATEST).account(tx.to)
        code = b"" if account is None else node.chain.state(Tag.LATEST).code(account.code_hash)
        near = node.node.artifacts.contract_at(tx.to, code)
    words = explain.failed_transaction(node.node.artifacts, receipt.error or "", receipt.output, near)
    raise TransactionFailed(tx.hash, words, receipt.output)


def needs_long_estimate(node: RpcNode, request: CallRequest) -> bool:
    """Whether the gas of what is to be sent is found out by running code, for as long as that takes, or its blobs need
    proofs.
    """
    if request.blobs is not None or request.authorization_list is not None:
        return True
    return request.gas is None and (request.to is None or bool(request.data) or has_code(node, request.to))


def has_code(node: RpcNode, address: Address) -> bool:
    """Whether something runs when ``address`` is called, as far as is known here."""
    try:
        account = node.chain.sequencer.head_state().account(address)
    except StateUnavailable:
        return True
    return account is not None and account.code_hash != EMPTY_CODE_HASH


def _take(node: RpcNode, tx: Transaction) -> str | Awaitable[str]:
    """Submit ``tx``: at once, or on the writer's thread where it may run for long; its hash."""
    if is_long(node, tx):
        tx_hash: str | Awaitable[str] = node.node.apart(lambda: submitted(node, tx))
        return tx_hash
    return submitted(node, tx)


def is_long(node: RpcNode, tx: Transaction) -> bool:
    """Whether taking ``tx`` may keep others waiting."""
    sequencer = node.chain.sequencer
    if not sequencer.mode.executes_on_arrival or tx.gas_limit <= QUICK_GAS:
        return False
    return may_run_long(tx, sequencer.head_state())


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
                    f"permanent error forwarding request: the sequencer crashed while 0x{tx.hash.hex()} waited"
                )
            )

    unsubscribe = node.chain.bus.subscribe(on_event)
    if chain.placed(tx.hash) is not None:  # since whoever submitted it looked
        done.set_result(None)
    try:
        await asyncio.wait_for(done, timeout_ms / 1000)
    finally:
        unsubscribe()
