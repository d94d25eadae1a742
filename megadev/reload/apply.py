"""A plan becomes true: one change of state with the cause ``reload``, on the writer's thread, whole or not at all, with
a snapshot from just before.

Redeploying runs the new constructor at the address of the old contract, with empty storage, as a call whose code is the
creation code: so the address, the caller and the arguments are those that they were.
"""

from __future__ import annotations

from megadev.chain.blocks import Tag
from megadev.errors import ReloadRefused
from megadev.evm import calls
from megadev.evm.engine import CALL, Revert, TxEnv
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.primitives.abi import revert_reason
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.keccak import keccak
from megadev.reload.deployments import Creation, Deployed
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
    chain = node.l2
    diff = StateDiff(Cause.RELOAD)
    state = Overlay(chain.sequencer.head_state())
    for step in plan.steps:
        if step.action is Action.SCRIPT:
            continue
        account = state.account(step.deployed.address)
        if account is None or state.code(account.code_hash) != step.deployed.code:
            where = checksum_address(step.deployed.address)
            raise ReloadRefused(f"the code at {where} changed since the plan was made: save again")
        if step.action is Action.REPLACE:
            change = _with_code(step.deployed, account, step.code)
        else:
            assert step.creation is not None
            change = _redeploy(chain, state, step, account, step.creation)
        state.apply(change)
        diff.absorb(change)
    snapshot = node.snapshots.take()
    if not diff.is_empty:
        chain.sequencer.apply_irregular(diff)
    return snapshot


def _with_code(deployed: Deployed, account: Account, code: bytes) -> StateDiff:
    code_hash = keccak(code)
    return StateDiff(
        Cause.RELOAD,
        accounts={deployed.address: Account(account.nonce, account.balance, code_hash)},
        codes={code_hash: code},
    )


def _redeploy(chain: LocalChain, state: Overlay, step: Step, account: Account, creation: Creation) -> StateDiff:
    address, sender = step.deployed.address, creation.tx.sender
    stage = StateDiff(Cause.RELOAD, cleared={address})
    init_hash = keccak(step.initcode)
    stage.accounts[address] = Account(FIRST_NONCE, account.balance, init_hash)
    stage.codes[init_hash] = step.initcode
    before = state.fork()
    before.apply(stage)
    env = chain.scene(Tag.PENDING)[0]
    tx = TxEnv(sender=sender, to=address, gas_limit=env.gas_limit)
    execution = calls.call(chain.engine, env, tx, before, rules=CALL)
    result = execution.result
    if not execution.succeeded:
        why = revert_reason(result.output) if isinstance(result, Revert) else getattr(result, "reason", "")
        raise ReloadRefused(f"{step.new.key}: its constructor failed with the arguments of before: {why or 'reverted'}")
    code = result.output
    limit = chain.spec.code_size_limit
    if not code or (limit is not None and len(code) > limit):
        raise ReloadRefused(f"{step.new.key}: its constructor left {len(code)} bytes of code")
    made = execution.diff
    caller, was = made.accounts.get(sender), state.account(sender)
    if sender != address and caller is not None and was is not None:  # calling is not its transaction
        made.accounts[sender] = Account(was.nonce, caller.balance, caller.code_hash)
    stage.absorb(made)
    now = stage.accounts[address] or EMPTY_ACCOUNT
    stage.absorb(_with_code(step.deployed, now, code))
    del stage.codes[init_hash]
    stage.cause = Cause.RELOAD
    return stage
