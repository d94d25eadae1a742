"""The scene of calls: a block's environment, the state at it, and the rules that a call is exempt from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
from msgspec.structs import replace

from megadev.artifacts import explain
from megadev.chain.admission import validate_tip
from megadev.chain.blocks import BlockRef, SealedBlock, Tag
from megadev.errors import ExecutionHalted, GasAllowanceExceeded, InvalidParams
from megadev.evm import calls
from megadev.evm.engine import CALL, BlockEnv, Execution, Rules, TxEnv
from megadev.evm.overrides import override_state
from megadev.inspect.bridge_contracts import bridge_contracts
from megadev.node.chain import LocalChain
from megadev.node.reopening import block_start
from megadev.primitives.abi import ERROR_SELECTOR, PANIC_SELECTOR, revert_reason
from megadev.primitives.types import ZERO_ADDRESS
from megadev.rpc.codec import (
    UINT64_MAX,
    BlockOverridesParam,
    CallRequest,
    StateOverridesParam,
)
from megadev.rpc.node import RpcNode
from megadev.sequencer.admission import leading_gas
from megadev.sequencer.block_builder import authorization_env
from megadev.sequencer.oracle import US, OracleView
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader

GAS_CAP = 50_000_000
"""The most gas one call may have (geth's default), or a block's gas limit where that is more. No limit where
transactions have none: what can be sent can be tried.
"""


DEFAULT_GAS = 1_000_000_000
"""The most gas a call has that names none: on a chain whose blocks take ten times that, an endless loop would otherwise
keep a thread busy for minutes."""


class Scene(msgspec.Struct, frozen=True):
    """The scene of a call: the environment, the state, and the rules that go with the overrides."""

    chain: LocalChain
    env: BlockEnv
    state: StateReader
    rules: Rules

    def overridden(
        self, state_overrides: StateOverridesParam | None, block_overrides: BlockOverridesParam | None
    ) -> Scene:
        """The same scene, pretending."""
        scene = self if not block_overrides else self._with_block(block_overrides)
        if not state_overrides:
            return scene
        diff, moved = override_state(scene.state, state_overrides, scene.chain.spec.hardfork)
        return replace(scene, state=Overlay(scene.state, diff), rules=replace(scene.rules, moved_precompiles=moved))

    def _with_block(self, overrides: BlockOverridesParam) -> Scene:
        changes = {
            "number": overrides.number,
            "timestamp": overrides.time,
            "gas_limit": overrides.gas_limit,
            "coinbase": overrides.fee_recipient,
            "prev_randao": overrides.prev_randao,
            "base_fee": overrides.base_fee_per_gas,
            "blob_base_fee": overrides.blob_base_fee,
        }
        env = msgspec.structs.replace(self.env, **{name: value for name, value in changes.items() if value is not None})
        if not overrides.block_hash:
            return replace(self, env=env)
        state = Overlay(self.state)
        for number, block_hash in overrides.block_hash.items():
            state.set_block_hash(number, block_hash)
        return replace(self, env=env, state=state)

    def of_call(self, call: CallRequest) -> tuple[Scene, TxEnv, Rules]:
        """``call`` as the engine takes it, the rules under which it runs, and the scene as it reads it: on a fork, the
        state is fetched for this call.
        """
        if call.chain_id is not None and call.chain_id != self.chain.spec.chain_id:
            raise InvalidParams(f"chainId {call.chain_id} does not match the node's: {self.chain.spec.chain_id}")
        max_fee = (call.max_fee_per_gas if call.gas_price is None else call.gas_price) or 0
        tip = (call.max_priority_fee_per_gas if call.gas_price is None else call.gas_price) or 0
        validate_tip(tip, max_fee)
        state = self.chain.history.reader_of_call(
            self.state,
            self.env.number,
            self.env.coinbase,
            (call.sender, call.to, call.value or 0, call.data or b""),
            call.access_list or (),
        )
        scene = self if state is self.state else replace(self, state=state)
        authorizations = call.authorization_list
        tx = TxEnv(
            sender=ZERO_ADDRESS if call.sender is None else call.sender,
            to=call.to,
            nonce=call.nonce or 0,
            value=call.value or 0,
            data=call.data or b"",
            gas_limit=min(self.default_gas if call.gas is None else call.gas, self._most_gas),
            gas_price=min(max_fee, self.env.base_fee + tip),
            max_fee_per_gas=max_fee,
            access_list=call.access_list or (),
            blob_versioned_hashes=call.blob_versioned_hashes or (),
            max_fee_per_blob_gas=call.max_fee_per_blob_gas or 0,
            authorizations=tuple(map(authorization_env, authorizations)) if authorizations else (),
        )
        if max_fee or call.max_fee_per_blob_gas:
            return scene, tx, replace(self.rules, check_balance=True, check_base_fee=True, charge_fees=True)
        return scene, tx, self.rules

    @property
    def within_block(self) -> bool:
        """True if a transaction may ask for no more gas than a block has."""
        return self.chain.spec.enforce_block_gas_limit

    @property
    def _most_gas(self) -> int:
        # the blocks' real limit: an overridden one is what opcodes see, not how long this node may be kept busy
        return max(GAS_CAP, self.chain.sequencer.blocks.gas_limit) if self.within_block else UINT64_MAX

    @property
    def default_gas(self) -> int:
        """The gas of a call without a limit."""
        # storage gas is cheap to execute, and code of some size takes billions of it
        usual = self.env.gas_limit if self.chain.spec.is_metered else DEFAULT_GAS
        return min(self.env.gas_limit, usual) if self.within_block else max(usual, DEFAULT_GAS)

    def cut(self, call: CallRequest) -> str:
        """Returns a note if ``call`` had less gas than it asked for, '' if it had all of it."""
        if call.gas is None or call.gas <= self._most_gas:
            return ""
        return (
            f"the call asked for {call.gas} gas and was given {self._most_gas}, the maximum; raise it with "
            "--gas-limit or --disable-block-gas-limit"
        )

    @contextmanager
    def naming_cut(self, call: CallRequest) -> Iterator[None]:
        """Adds a note to the error if an inner call runs out of gas that was cut."""
        try:
            yield
        except (ExecutionHalted, GasAllowanceExceeded) as error:
            note = self.cut(call)
            if not note:
                raise
            if isinstance(error, GasAllowanceExceeded):
                raise GasAllowanceExceeded(error.allowance, note) from None
            if error.reason != calls.OUT_OF_GAS:
                raise
            raise ExecutionHalted(error.reason, note) from None

    def estimate(
        self,
        call: CallRequest,
        tx: TxEnv,
        rules: Rules,
        *,
        env: BlockEnv | None = None,
        explain: calls.Explain = revert_reason,
        watch: Callable[[Execution], object] = lambda execution: None,
    ) -> int:
        """The gas that ``tx``, made of ``call``, needs here, in another ``env`` where given: what a transaction may ask
        for bounds it. Raises what ``estimate_gas`` does.
        """
        cap = self.chain.spec.transaction_gas_cap
        if self.within_block:  # no transaction can have what every block begins with
            room = self.chain.sequencer.blocks.gas_limit - leading_gas(self.chain.sequencer)
            cap = room if cap is None else min(cap, room)
        if cap is not None and cap < tx.gas_limit:
            tx = msgspec.structs.replace(tx, gas_limit=cap)
        with self.naming_cut(call):
            return calls.estimate_gas(
                self.chain.engine,
                self.env if env is None else env,
                tx,
                self.state,
                rules=rules,
                within_block=self.within_block,
                explain=explain,
                watch=watch,
            )


def scene_at(chain: LocalChain, block: BlockRef) -> Scene:
    """A block's environment, and the state after it."""
    env, state = chain.scene(block)
    service = chain.sequencer.oracle
    if service is not None and (block is Tag.LATEST or block is Tag.PENDING):
        state = OracleView(state, service, env.timestamp * US)
    return Scene(chain, env, state, rules_of_calls(chain))


def scene_before(chain: LocalChain, block: SealedBlock, index: int) -> Scene:
    """A block's environment, and the state before its transaction number ``index``."""
    builder = block_start(chain, block)
    for tx in block.transactions[:index]:
        builder.include(tx)
    return Scene(chain, builder.env, builder.state, rules_of_calls(chain))


def rules_of_calls(chain: LocalChain) -> Rules:
    """A call's rules, with the signatures that are passed off as somebody's."""
    answers = chain.sequencer.ecrecover_answers()
    return replace(CALL, ecrecover_answers=answers) if answers else CALL


def explainer(node: RpcNode, state: StateReader, tx: TxEnv) -> calls.Explain:
    """Says what revert data of ``tx`` means, with the errors of the contract that it calls or creates first."""

    def words(data: bytes) -> str:
        artifacts = node.node.artifacts
        if tx.to is None:
            created = artifacts.contract_of_creation(tx.data)
            return explain.error(artifacts, data, None if created is None else created[0])
        account = state.account(tx.to)
        code = b"" if account is None else state.code(account.code_hash)
        found = explain.error(artifacts, data, artifacts.contract_at(tx.to, code))
        driver = node.node.driver
        if driver is None or found != revert_reason(data) or data[:4] in (ERROR_SELECTOR, PANIC_SELECTOR):
            return found
        return explain.error(bridge_contracts(driver.addresses)[0], data)

    return words


def expected(node: RpcNode, scene: Scene, call: CallRequest) -> Scene:
    """``scene`` as a client expects it: for Hardhat's, the sender of a call has what it costs."""
    if not node.throws_on_revert or not (call.value or call.gas_price or call.max_fee_per_gas):
        return scene
    sender = ZERO_ADDRESS if call.sender is None else call.sender
    account = scene.state.account(sender) or EMPTY_ACCOUNT
    price = (call.max_fee_per_gas if call.gas_price is None else call.gas_price) or 0
    gas = scene.default_gas if call.gas is None else call.gas
    needed = (call.value or 0) + gas * price
    if account.balance >= needed:
        return scene
    diff = StateDiff(Cause.OVERRIDE)
    diff.accounts[sender] = Account(account.nonce, needed, account.code_hash)
    return replace(scene, state=Overlay(scene.state, diff))


def called(
    node: RpcNode,
    call: CallRequest,
    block: BlockRef,
    state_overrides: StateOverridesParam | None = None,
    block_overrides: BlockOverridesParam | None = None,
) -> bytes:
    """Returns the result of a call. Raises ``ExecutionReverted`` and ``ExecutionHalted``."""
    scene = expected(node, scene_at(node.chain, block), call).overridden(state_overrides, block_overrides)
    scene, tx, rules = scene.of_call(call)
    execution = calls.call(node.chain.engine, scene.env, tx, scene.state, rules=rules)
    node.chain.console.called("eth_call", scene.env.number, execution.console)
    with scene.naming_cut(call):
        calls.raise_for_result(execution, explainer(node, scene.state, tx))
    return execution.result.output
