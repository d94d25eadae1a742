"""A request to send, made a transaction: what was left out is filled in, and it is signed where the key is here."""

from __future__ import annotations

import contextlib

import msgspec

from megadev.chain.blobs import sidecar_of, versioned_hash
from megadev.chain.blocks import Tag
from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.chain.fees import blob_base_fee, next_excess_blob_gas
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
    impersonated_transaction,
    sign_transaction,
)
from megadev.errors import (
    ExecutionHalted,
    ExecutionReverted,
    GasAllowanceExceeded,
    InvalidParams,
    InvalidTransaction,
    PrefetchNeeded,
    UnknownSigner,
    UnsupportedTransactionType,
    WrongChainId,
)
from megadev.node.chain import LocalChain
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rpc.codec import CallRequest
from megadev.rpc.fee_suggestions import suggested_tip
from megadev.rpc.node import RpcNode
from megadev.rpc.scenes import explainer, scene_at

BASE_FEE_HEADROOM = 2
"""The fee cap is the base fee times this, and the tip: enough for five full blocks in a row."""


def completed(node: RpcNode, request: CallRequest, *, forgiving: bool = True) -> tuple[UnsignedTransaction, Address]:
    """``request`` with nothing left open, and its sender (the first account where it names none).

    ``forgiving``: where the estimate fails, a whole block's gas. Raises ``InvalidParams`` for fields that do not go
    together, ``WrongChainId``, ``UnsupportedTransactionType`` and what an estimate raises.
    """
    coinbase = node.chain.sequencer.blocks.coinbase
    asked = (request.sender, request.to, coinbase, HISTORY_STORAGE_ADDRESS, BEACON_ROOTS_ADDRESS)
    accounts = [address for address in asked if address is not None]
    node.chain.history.prefetch(accounts)
    try:
        return _completed(node, request, forgiving)
    except PrefetchNeeded as missing:
        rest = missing.fetch

        def fetch() -> None:
            node.chain.history.prefetch(accounts)
            rest()
            with contextlib.suppress(ExecutionReverted, ExecutionHalted, GasAllowanceExceeded, InvalidTransaction):
                _completed(node, request, forgiving)

        raise PrefetchNeeded("values to fill in the transaction", fetch) from None


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
    """Returns the sender of a transaction without one. Raises ``UnknownSigner`` where the node holds no account."""
    accounts = node.node.accounts.addresses
    if not accounts:
        raise UnknownSigner("unknown account: this node has no accounts; give from, the address to impersonate")
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
        raise InvalidParams(f"a type {kind} transaction takes gasPrice, not maxFeePerGas or maxPriorityFeePerGas")
    if kind not in (LEGACY, ACCESS_LIST) and request.gas_price is not None:
        raise InvalidParams(
            f"a type {kind} transaction does not take gasPrice: give maxFeePerGas and maxPriorityFeePerGas"
        )
    if kind == LEGACY and request.access_list:
        raise InvalidParams("a type 0 transaction cannot have an access list: send type 1 or 2")
    if implied in (BLOB, SET_CODE) and kind != implied:
        raise InvalidParams(f"type {kind} contradicts the fields, which are of a type {implied} transaction")
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
            raise InvalidParams("blobVersionedHashes without blobs: send the blobs too")
        return None, ()
    sidecar = sidecar_of(request.blobs, version=int(chain.spec.hardfork >= Hardfork.OSAKA))
    hashes = tuple(map(versioned_hash, sidecar.commitments))
    if given is not None and given != hashes:
        raise InvalidParams("blobVersionedHashes do not match the blobs: omit them")
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
    scene, tx, rules = scene.of_call(call)
    try:
        words = explainer(node, scene.state, tx)
        return scene.estimate(call, tx, rules, explain=words)
    except (ExecutionReverted, ExecutionHalted, GasAllowanceExceeded):
        if not forgiving:
            raise
    return _most_gas(chain, scene.env.gas_limit)


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
