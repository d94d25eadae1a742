"""The execution of a deposit transaction (0x7E), composed above the engine seam (OP Stack specification, "Deposits").

What was locked on L1 is minted to the sender first, always: nothing that happens afterwards takes it back. Then the
transaction runs as a call that pays nothing and whose nonce nobody checks. It cannot be refused, since it is on L1
already: where it cannot even start it is a failed transaction that used all its gas. The sender's nonce goes up in
either case.
"""

from __future__ import annotations

from msgspec.structs import replace

from megadev.chain.transactions import MAX_NONCE, Transaction
from megadev.errors import InvalidTransaction
from megadev.evm.engine import (
    CALL,
    AccessSet,
    BlockEnv,
    EcrecoverAnswers,
    Engine,
    Execution,
    GasReport,
    Halt,
    Tracer,
    TxEnv,
    show_unstarted,
)
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader


def execute_deposit(
    engine: Engine,
    block: BlockEnv,
    tx: Transaction,
    state: StateReader,
    *,
    ecrecover_answers: EcrecoverAnswers = (),
    tracer: Tracer | None = None,
) -> Execution:
    """Run ``tx``, a deposit, in ``block`` over ``state``. Never raises ``InvalidTransaction``."""
    minted = _mint(tx, state)
    # an overlay goes on with the diff that it is given
    over = state if minted is None else Overlay(state, minted.copy())
    account = over.account(tx.sender) or EMPTY_ACCOUNT
    # a contract that the deposit creates goes where the sender's nonce says
    env = TxEnv(
        tx.sender,
        tx.to,
        account.nonce,
        tx.value,
        tx.data,
        tx.gas_limit,
        type=tx.type,
        is_deposit=True,
        is_system=tx.is_system,
        mint=tx.mint,
    )
    rules = replace(CALL, bump_nonce=account.nonce < MAX_NONCE, ecrecover_answers=ecrecover_answers)
    try:
        execution = engine.execute(block, env, over, rules=rules, tracer=tracer)
    except InvalidTransaction as error:
        return _failed(env, account, minted, str(error), tracer)
    if minted is None:
        return execution
    return Execution(
        execution.result,
        execution.gas,
        execution.logs,
        minted.then(execution.diff),
        execution.accessed,
        execution.console,
    )


def _mint(tx: Transaction, state: StateReader) -> StateDiff | None:
    if not tx.mint:
        return None
    account = state.account(tx.sender) or EMPTY_ACCOUNT
    richer = Account(account.nonce, account.balance + tx.mint, account.code_hash)
    return StateDiff(Cause.DEPOSIT_MINT, accounts={tx.sender: richer})


def _failed(tx: TxEnv, account: Account, minted: StateDiff | None, reason: str, tracer: Tracer | None) -> Execution:
    """Returns the outcome of a deposit that could not start: the mint, the nonce, and all of its gas used."""
    nonce = min(account.nonce + 1, MAX_NONCE)
    after = StateDiff(Cause.TRANSACTION, accounts={tx.sender: Account(nonce, account.balance, account.code_hash)})
    created: Address | None = None
    if tx.to is None:
        created = keccak(rlp.encode((tx.sender, account.nonce)))[12:]
    show_unstarted(tracer, tx, created, reason)
    return Execution(
        Halt(reason, b"", created),
        GasReport(tx.gas_limit),
        (),
        after if minted is None else minted.then(after),
        AccessSet({tx.sender}),
    )
