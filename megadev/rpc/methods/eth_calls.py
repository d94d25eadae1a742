"""eth_*: what a transaction would do, without sending it: its result, its gas, the state it touches.

A call runs in the environment and on the state of the block it names; overrides pretend that either is different. As in
geth it pays nothing unless it names a price; then the price must meet the base fee and the sender must afford it.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject, access_list_document
from megadev.chain.l1_fees import l1_cost_of_unsigned
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, encode_unsigned
from megadev.errors import ExecutionHalted, ExecutionReverted, InvalidParams
from megadev.evm import calls
from megadev.evm.engine import BlockEnv, Execution, TxEnv
from megadev.evm.l1_fees import l1_prices, operator_fee
from megadev.evm.rules import EVM_RULES
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import (
    BlockOverridesParam,
    BlockParam,
    CallRequest,
    Decode,
    StateOverridesParam,
    Uint64Param,
    decode_uint64,
)
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.scenes import Scene, called, expected, explainer, scene_at, scene_before
from megadev.state.overlay import Overlay

DEFAULT_TIMEOUT_MS = 5_000
"""How long an eth_callMany may take where the caller does not say."""


@method("eth_call")
def eth_call(
    node: RpcNode,
    call: CallRequest,
    block: BlockParam = Tag.LATEST,
    state_overrides: StateOverridesParam | None = None,
    block_overrides: BlockOverridesParam | None = None,
) -> str:
    """Execute a call and return its output."""
    return to_data(called(node, call, block, state_overrides, block_overrides))


@method("eth_estimateGas")
def eth_estimateGas(
    node: RpcNode,
    call: CallRequest,
    block: BlockParam = Tag.PENDING,
    state_overrides: StateOverridesParam | None = None,
    block_overrides: BlockOverridesParam | None = None,
) -> str:
    """The smallest gas limit with which a transaction succeeds; after those that wait unless a block is named."""
    scene = expected(node, scene_at(node.chain, block), call).overridden(state_overrides, block_overrides)
    scene, tx, rules = scene.of_call(call)

    def watch(execution: Execution) -> None:
        node.chain.console.called("eth_estimateGas", scene.env.number, execution.console)

    words = explainer(node, scene.state, tx)
    env = scene.env
    if rules.charge_fees:
        env, tx = _charged_by_rollup(scene, tx)
    return hex(scene.estimate(call, tx, rules, env=env, explain=words, watch=watch))


def _charged_by_rollup(scene: Scene, tx: TxEnv) -> tuple[BlockEnv, TxEnv]:
    """``tx`` with what it pays for its data on L1, in a block whose operator asks for what it asks for."""
    spec, env = scene.chain.spec, scene.env
    if not (spec.charges_l1_fee or spec.keeps_base_fee):
        return env, tx
    prices = l1_prices(scene.state)
    if spec.keeps_base_fee and (operator := operator_fee(prices)) is not None:
        env = msgspec.structs.replace(env, operator_fee=operator)
    if not spec.charges_l1_fee:
        return env, tx
    unsigned = UnsignedTransaction(
        type=DYNAMIC_FEE,
        chain_id=scene.chain.spec.chain_id,
        nonce=tx.nonce,
        gas_limit=tx.gas_limit,
        to=tx.to,
        value=tx.value,
        data=tx.data,
        max_fee_per_gas=tx.max_fee_per_gas,
        max_priority_fee_per_gas=tx.max_fee_per_gas,
        access_list=tx.access_list,
    )
    return env, msgspec.structs.replace(tx, l1_fee=l1_cost_of_unsigned(encode_unsigned(unsigned), prices).fee)


@method("eth_createAccessList")
def eth_createAccessList(
    node: RpcNode,
    call: CallRequest,
    block: BlockParam = Tag.LATEST,
    state_overrides: StateOverridesParam | None = None,
) -> JsonObject:
    """The access list (EIP-2930) that covers what a transaction touches, and the gas it uses with that list.

    A transaction that fails has one too; ``error`` then says how it failed.
    """
    scene = scene_at(node.chain, block).overridden(state_overrides, None)
    scene, tx, rules = scene.of_call(call)
    words = explainer(node, scene.state, tx)
    entries, gas_used, error = calls.access_list(
        node.chain.engine,
        scene.env,
        tx,
        scene.state,
        precompiles=EVM_RULES[node.chain.spec.hardfork].precompiles,
        rules=rules,
        explain=words,
    )
    answer: JsonObject = {"accessList": access_list_document(entries), "gasUsed": hex(gas_used)}
    if error is not None:
        note = scene.cut(call) if error == calls.OUT_OF_GAS else ""
        answer["error"] = f"{error}: {note}" if note else error
    return answer


def _decode_transaction_index(value: Any) -> int | None:
    return None if value == -1 else decode_uint64(value, is_exact=True)


TransactionIndexParam: TypeAlias = Annotated[int | None, Decode(_decode_transaction_index)]
"""None, or -1 on the wire: after all of a block's transactions."""


class Bundle(msgspec.Struct, frozen=True, rename="camel"):
    """Calls that run one after the other in the same block."""

    transactions: tuple[CallRequest, ...]
    block_override: BlockOverridesParam | None = None


class Context(msgspec.Struct, frozen=True, rename="camel"):
    """The position at which bundles run: in a block, before its transaction number ``transaction_index`` (default, -1:
    at the end).
    """

    block_number: BlockParam = Tag.LATEST
    transaction_index: TransactionIndexParam = None


@method("eth_callMany")
def eth_callMany(
    node: RpcNode,
    bundles: tuple[Bundle, ...],
    context: Context | None = None,
    state_overrides: StateOverridesParam | None = None,
    timeout_ms: Uint64Param | None = None,
) -> list[list[JsonObject]]:
    """Calls that see each other's effects. For each, ``{"value": return data}`` or ``{"error": why}``, by bundle.

    Raises ``InvalidTransaction`` for a call that could not start, ``ExecutionHalted`` when the time is up.
    """
    if not bundles:
        raise InvalidParams("bundles are empty: give at least one, with its transactions")
    where = Context() if context is None else context
    chain, clock = node.chain, node.node.clock
    deadline = clock.monotonic_ns() + (timeout_ms or DEFAULT_TIMEOUT_MS) * 1_000_000
    if where.transaction_index is None:
        scene = scene_at(chain, where.block_number)
    else:
        block = chain.block(where.block_number)
        if where.transaction_index > len(block.transactions):
            raise InvalidParams(
                f"transactionIndex {where.transaction_index} is out of range: block {block.number} has "
                f"{len(block.transactions)} transaction{'s' * (len(block.transactions) != 1)}"
            )
        scene = scene_before(chain, block, where.transaction_index)
    scene = scene.overridden(state_overrides, None)
    state = Overlay(scene.state)
    scene = replace(scene, state=state)
    answers = []
    for bundle in bundles:
        inside = scene.overridden(None, bundle.block_override)
        outcomes: list[JsonObject] = []
        for call in bundle.transactions:
            if clock.monotonic_ns() > deadline:
                raise ExecutionHalted(f"execution aborted (timeout = {timeout_ms or DEFAULT_TIMEOUT_MS} ms)")
            outcomes.append(_outcome(node, inside, state, call))
        answers.append(outcomes)
    return answers


def _outcome(node: RpcNode, scene: Scene, state: Overlay, call: CallRequest) -> JsonObject:
    """Run ``call`` and keep what it changed."""
    scene, tx, rules = scene.of_call(call)
    execution = calls.call(scene.chain.engine, scene.env, tx, scene.state, rules=rules)
    node.chain.console.called("eth_callMany", scene.env.number, execution.console)
    state.apply(execution.diff)
    try:
        with scene.naming_cut(call):
            calls.raise_for_result(execution, explainer(node, scene.state, tx))
    except (ExecutionReverted, ExecutionHalted) as error:
        return {"error": str(error)}
    return {"value": to_data(execution.result.output)}
