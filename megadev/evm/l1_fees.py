"""Charging transactions for their data on L1, composed above the engine seam: the fee is taken before a transaction
runs and paid to its vault, whatever becomes of it (OP Stack specification, "L1-Cost fees").
"""

from __future__ import annotations

from msgspec.structs import replace

from megadev.chain.admission import check_funds
from megadev.chain.l1_fees import L1Prices
from megadev.chain.spec import L1_BLOCK, L1_FEE_VAULT
from megadev.evm.engine import BlockEnv, Engine, Execution, Rules, Tracer, TxEnv
from megadev.primitives.types import Address, Wei
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader

_U32 = 2**32 - 1


def l1_prices(state: StateReader) -> L1Prices:
    """What L2 was told of L1's fees last, from L1Block's variables."""
    scalars = state.storage(L1_BLOCK, 3)
    return L1Prices(
        base_fee=state.storage(L1_BLOCK, 1),
        blob_base_fee=state.storage(L1_BLOCK, 7),
        base_fee_scalar=scalars >> 96 & _U32,
        blob_base_fee_scalar=scalars >> 64 & _U32,
    )


def execute_charged(
    engine: Engine,
    block: BlockEnv,
    tx: TxEnv,
    state: StateReader,
    fee: Wei,
    *,
    rules: Rules,
    tracer: Tracer | None = None,
) -> Execution:
    """Run ``tx`` with the L1 ``fee`` taken from its sender first. Raises what ``Engine.execute`` raises, and
    ``InsufficientFunds`` where the fee itself is not there.
    """
    charged = fee_taken(tx.sender, state, fee)
    execution = engine.execute(block, tx, Overlay(state, charged.copy()), rules=rules, tracer=tracer)
    diff = charged.then(execution.diff)
    vault = diff.accounts.get(L1_FEE_VAULT) or state.account(L1_FEE_VAULT) or EMPTY_ACCOUNT
    diff.accounts[L1_FEE_VAULT] = Account(vault.nonce, vault.balance + fee, vault.code_hash)
    return replace(execution, diff=diff)


def fee_taken(sender: Address, state: StateReader, fee: Wei) -> StateDiff:
    """``sender`` poorer by ``fee``. Raises ``InsufficientFunds``."""
    account = state.account(sender) or EMPTY_ACCOUNT
    check_funds(sender, account.balance, fee)
    poorer = Account(account.nonce, account.balance - fee, account.code_hash)
    return StateDiff(Cause.TRANSACTION, accounts={sender: poorer})
