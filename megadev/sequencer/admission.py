"""The checks before a transaction may wait in the txpool, against the newest state; whether it may run long."""

from __future__ import annotations

from megadev.chain.admission import (
    check_base_fee,
    check_blob_fee,
    check_block_gas,
    check_funds,
    check_nonce,
    check_sender_code,
)
from megadev.chain.l1_fees import l1_cost
from megadev.chain.spec import GAS_PER_BLOB
from megadev.chain.transactions import DEPOSIT, Transaction
from megadev.errors import (
    NonceTooLow,
    StateUnavailable,
)
from megadev.evm.l1_fees import l1_prices, operator_fee
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import EMPTY_CODE_HASH
from megadev.sequencer.chain_tip import ChainTip
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.reader import StateReader

QUICK_GAS = 350_000
"""Gas that no code runs on for longer than 70 ms or so (additions on bn254 do, most code takes a tenth of that). A swap
takes less, under MegaETH's rules too; on a thread of its own its answer would take a tenth longer.
"""


def check_admission(tx: Transaction, tip: ChainTip) -> None:
    """Check a transaction against the newest state before it may enter the pool.

    Raises ``InvalidTransaction`` subclasses, and ``StateUnavailable``.
    """
    state = tip.writers_state()
    account = state.account(tx.sender) or EMPTY_ACCOUNT
    if tx.nonce < account.nonce and (where := _where(tx, tip)):
        raise NonceTooLow(tx.sender, account.nonce, tx.nonce, where)
    check_nonce(tx.sender, tx.nonce, account.nonce, may_wait=True)
    if account.code_hash != EMPTY_CODE_HASH and not tx.is_impersonated:
        check_sender_code(tx.sender, state.code(account.code_hash))
    check_block_gas(tx.gas_limit, tip.blocks.gas_limit - leading_gas(tip), tip.spec)
    check_base_fee(tx.sender, tx.max_fee_per_gas, tip.next_base_fee())
    blob_gas = GAS_PER_BLOB * len(tx.blob_versioned_hashes)
    if blob_gas:
        check_blob_fee(tx.sender, tx.max_fee_per_blob_gas, tip.next_blob_base_fee())
    if tip.check_pool_balance:
        cost = tx.gas_limit * tx.max_fee_per_gas + tx.value + blob_gas * tx.max_fee_per_blob_gas
        if tip.spec.charges_l1_fee or tip.spec.keeps_base_fee:
            prices = l1_prices(state)
            if tip.spec.charges_l1_fee:
                cost += l1_cost(tx.encoded, prices).fee
            if tip.spec.keeps_base_fee and (operator := operator_fee(prices)) is not None:
                cost += operator.of(tx.gas_limit)
        check_funds(tx.sender, account.balance, cost)


def leading_gas(tip: ChainTip) -> int:
    """The part of a block's gas that no user has: what the transaction uses that tells L2 of L1, as far as is known."""
    if not tip.spec.leads_with_l1_attributes:
        return 0
    block = tip.tip.open or tip.head
    if not block.transactions or block.transactions[0].type != DEPOSIT:
        return 0
    return block.receipts[0].cumulative_gas_used


def _where(tx: Transaction, tip: ChainTip) -> str:
    """Returns the place of ``tx`` in words; '' if it is unknown."""
    sealed = tip.store.transaction(tx.hash)
    if sealed is not None:
        return f"; {to_data(tx.hash)} is in block {sealed[0].number}"
    unsealed = tip.tip.open
    if unsealed is not None and unsealed.holds(tx.hash):
        return f"; {to_data(tx.hash)} is in the open block"
    return ""


def may_run_long(tx: Transaction, state: StateReader) -> bool:
    """True if executing ``tx`` may take more than some milliseconds: code, and much gas to run it with."""
    if tx.gas_limit <= QUICK_GAS:
        return False
    if tx.to is None or tx.access_list or tx.authorization_list or tx.to[:18] == bytes(18):
        return True
    try:
        account = state.account(tx.to)
    except StateUnavailable:
        return True
    return account is not None and account.code_hash != EMPTY_CODE_HASH
