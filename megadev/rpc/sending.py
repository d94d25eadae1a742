"""Taking a transaction: submitting it, and whether that may take long."""

from __future__ import annotations

from megadev.artifacts import explain
from megadev.chain.blocks import Tag
from megadev.chain.mini_blocks import PlacedBlock
from megadev.chain.transactions import (
    Transaction,
)
from megadev.errors import (
    StateUnavailable,
    TransactionFailed,
)
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import EMPTY_CODE_HASH, Address
from megadev.rpc.codec import CallRequest
from megadev.rpc.node import RpcNode
from megadev.sequencer.admission import QUICK_GAS, may_run_long


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


def is_long(node: RpcNode, tx: Transaction) -> bool:
    """True if taking ``tx`` may keep others waiting."""
    sequencer = node.chain.sequencer
    if not sequencer.mode.executes_on_arrival or tx.gas_limit <= QUICK_GAS:
        return False
    return may_run_long(tx, sequencer.head_state())


def needs_long_estimate(node: RpcNode, request: CallRequest) -> bool:
    """True if the gas of what is to be sent is found out by running code, for as long as that takes, or its blobs need
    proofs.
    """
    if request.blobs is not None or request.authorization_list is not None:
        return True
    return request.gas is None and (request.to is None or bool(request.data) or has_code(node, request.to))


def has_code(node: RpcNode, address: Address) -> bool:
    """True if something runs when ``address`` is called, as far as is known here."""
    try:
        account = node.chain.sequencer.head_state().account(address)
    except StateUnavailable:
        return True
    return account is not None and account.code_hash != EMPTY_CODE_HASH
