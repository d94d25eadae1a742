"""A plan becomes true: one change of each chain's state with the cause ``reload``, on the writer's thread, whole or not
at all, with a snapshot from just before.

Redeploying runs the new constructor at the address of the old contract, with empty storage, as a call whose code is the
creation code: so the address, the caller, the arguments and the value are those that they were. The contract keeps its
balance: the value that comes with the call is taken out of that first, and from the caller as far as it is spent.
"""

from __future__ import annotations

from megadev.chain.blocks import Tag
from megadev.errors import InvalidTransaction, ReloadRefused
from megadev.evm import calls
from megadev.evm.engine import CALL, Revert, TxEnv
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.primitives.abi import revert_reason
from megadev.primitives.keccak import keccak
from megadev.reload.deployments import Built, Deployed, chains_of
from megadev.reload.plan import Action, Plan, Step
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay

FIRST_NONCE = 1
"""Of a contract (EIP-161)."""


def apply(node: Node, plan: Plan) -> int:
    """Do what ``plan`` says, but for running scripts; returns the snapshot to go back to. Raises ``ReloadRefused``, and
    then nothing has changed."""
    node.between_blocks()
    if plan.is_refused:
        raise ReloadRefused("the plan is refused: see `megadev reload plan`")
    diffs = [
        (chain, _changes(chain, [step for step in plan.steps if step.deployed.chain == name]))
        for name, chain in chains_of(node).items()
    ]
    snapshot = node.snapshots.take()
    try:
        for chain, diff in diffs:
            if not diff.is_empty:
                chain.sequencer.apply_irregular(diff)
    except BaseException:
        node.snapshots.revert(snapshot)
        raise
    return snapshot


def _changes(chain: LocalChain, steps: list[Step]) -> StateDiff:
    """Returns the changes of ``steps`` to ``chain``."""
    diff = StateDiff(Cause.RELOAD)
    state = Overlay(chain.sequencer.head_state())
    for step in steps:
        if step.action is Action.SCRIPT:
            continue
        account = state.account(step.deployed.address)
        if account is None or state.code(account.code_hash) != step.deployed.code:
            raise ReloadRefused(f"the code at {step.deployed.where} changed since the plan was made: save again")
        if step.action is Action.REPLACE:
            change = _with_code(step.deployed, account, step.code)
        else:
            assert step.built is not None
            change = _redeploy(chain, state, step, account, step.built)
        state.apply(change)
        diff.absorb(change)
    return diff


def _with_code(deployed: Deployed, account: Account, code: bytes) -> StateDiff:
    code_hash = keccak(code)
    return StateDiff(
        Cause.RELOAD,
        accounts={deployed.address: Account(account.nonce, account.balance, code_hash)},
        codes={code_hash: code},
    )


def _redeploy(chain: LocalChain, state: Overlay, step: Step, account: Account, built: Built) -> StateDiff:
    address, sender, value = step.deployed.address, built.creation.creator, built.creation.value
    stage = StateDiff(Cause.RELOAD, cleared={address})
    init_hash = keccak(step.initcode)
    returned = min(value, account.balance)
    stage.accounts[address] = Account(FIRST_NONCE, account.balance - returned, init_hash)
    giver = state.account(sender) or EMPTY_ACCOUNT
    if returned:
        stage.accounts[sender] = Account(giver.nonce, giver.balance + returned, giver.code_hash)
    stage.codes[init_hash] = step.initcode
    before = state.fork()
    before.apply(stage)
    env = chain.scene(Tag.PENDING)[0]
    tx = TxEnv(sender=sender, to=address, value=value, gas_limit=env.gas_limit)
    try:
        execution = calls.call(chain.engine, env, tx, before, rules=CALL)
    except InvalidTransaction as problem:
        raise ReloadRefused(
            f"{step.new.key}: its constructor cannot be called with its original arguments: {problem}"
        ) from None
    result = execution.result
    if not execution.succeeded:
        why = revert_reason(result.output) if isinstance(result, Revert) else getattr(result, "reason", "")
        raise ReloadRefused(f"{step.new.key}: its constructor failed with its original arguments: {why or 'reverted'}")
    code = result.output
    limit = chain.spec.code_size_limit
    if not code or (limit is not None and len(code) > limit):
        raise ReloadRefused(f"{step.new.key}: its constructor left {len(code)} bytes of code")
    made = execution.diff
    caller = made.accounts.get(sender)
    if sender != address and caller is not None:  # calling is not its transaction
        made.accounts[sender] = Account(giver.nonce, caller.balance, caller.code_hash)
    stage.absorb(made)
    now = stage.accounts[address] or EMPTY_ACCOUNT
    stage.absorb(_with_code(step.deployed, now, code))
    del stage.codes[init_hash]
    stage.cause = Cause.RELOAD
    return stage
