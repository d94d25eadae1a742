"""eth_simulateV1: blocks of calls over a sealed block, each seeing what those before it did."""

from __future__ import annotations

import msgspec

from megadev.artifacts import explain
from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.chain.store import LocatedLog
from megadev.errors import ExecutionHalted, ExecutionReverted, InvalidParams, SimulationTooLarge
from megadev.evm.calls import OUT_OF_GAS, raise_for_result
from megadev.inspect.simulate import MAX_BLOCKS, BlockRequest, SimulatedBlock, SimulatedCall, simulate
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import (
    AnyParam,
    BlockOverrides,
    BlockParam,
    BoolParam,
    CallRequest,
    HashParam,
    StateOverridesParam,
)
from megadev.rpc.dispatch import method
from megadev.rpc.envelope import Failure
from megadev.rpc.errors import failure_for, row_for
from megadev.rpc.formatters import format_block, format_log
from megadev.rpc.node import RpcNode

VM_ERROR = -32015
"""The code of a simulated call that ended exceptionally."""


class SimulatedBlockOverrides(BlockOverrides, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """As for calls, with what only a whole block has."""

    beacon_root: HashParam | None = None
    withdrawals: tuple[AnyParam, ...] | None = None

    def __post_init__(self) -> None:
        if self.withdrawals:
            raise InvalidParams("withdrawals cannot be simulated: this chain does not have withdrawals")
        if self.difficulty is not None:
            raise InvalidParams("difficulty override is not allowed after the merge: prevRandao takes its place")
        if self.block_hash:
            raise InvalidParams("blockHash cannot be overridden here: simulated blocks have hashes of their own")


class BlockStateCalls(msgspec.Struct, frozen=True, rename="camel"):
    """One block to simulate."""

    block_overrides: SimulatedBlockOverrides | None = None
    state_overrides: StateOverridesParam | None = None
    calls: tuple[CallRequest, ...] = ()


class Payload(msgspec.Struct, frozen=True, rename="camel"):
    """Parameters of eth_simulateV1 (execution API)."""

    block_state_calls: tuple[BlockStateCalls, ...]
    trace_transfers: BoolParam = False
    validation: BoolParam = False
    return_full_transactions: BoolParam = False


@method("eth_simulateV1")
def eth_simulateV1(node: RpcNode, payload: Payload, block: BlockParam = Tag.LATEST) -> list[JsonObject]:
    """The simulated blocks, each with the outcomes of its calls."""
    if not payload.block_state_calls:
        raise InvalidParams("empty input: blockStateCalls needs at least one block")
    if len(payload.block_state_calls) > MAX_BLOCKS:
        raise SimulationTooLarge(f"too many blocks: {len(payload.block_state_calls)}; at most {MAX_BLOCKS}")
    chain = node.chain
    base, irregular = chain.block_and_irregular(block)
    simulated = simulate(
        chain.spec,
        chain.engine,
        base,
        [_request(wanted) for wanted in payload.block_state_calls],
        block_hash=chain.store.block_hash,
        irregular=irregular,
        ecrecover_answers=chain.sequencer.ecrecover_answers(),
        validation=payload.validation,
        trace_transfers=payload.trace_transfers,
    )
    for result in simulated:
        for made in result.calls:
            node.chain.console.called("eth_simulateV1", result.block.number, made.execution.console)
    return [_format_block(node, result, full=payload.return_full_transactions) for result in simulated]


def _request(wanted: BlockStateCalls) -> BlockRequest:
    overrides = wanted.block_overrides or SimulatedBlockOverrides()
    return BlockRequest(
        calls=wanted.calls,
        overrides=wanted.state_overrides,
        number=overrides.number,
        time=overrides.time,
        gas_limit=overrides.gas_limit,
        coinbase=overrides.fee_recipient,
        prev_randao=overrides.prev_randao,
        base_fee=overrides.base_fee_per_gas,
        blob_base_fee=overrides.blob_base_fee,
        parent_beacon_root=overrides.beacon_root,
    )


def _format_block(node: RpcNode, result: SimulatedBlock, *, full: bool) -> JsonObject:
    answer = format_block(result.block, full=full)
    first_log, calls = 0, []
    for index, call in enumerate(result.calls):
        calls.append(_format_call(node, result, index, call, first_log))
        first_log += len(call.logs)
    answer["calls"] = calls
    return answer


def _format_call(node: RpcNode, result: SimulatedBlock, index: int, call: SimulatedCall, first_log: int) -> JsonObject:
    execution = call.execution
    answer: JsonObject = {
        "returnData": to_data(execution.result.output) if execution.succeeded else "0x",
        "logs": [
            format_log(LocatedLog(log, result.block, index, log_index))
            for log_index, log in enumerate(call.logs, first_log)
        ],
        "gasUsed": hex(execution.gas.used),
        "maxUsedGas": hex(execution.gas.limit_needed),
        "status": "0x1" if execution.succeeded else "0x0",
    }
    try:
        raise_for_result(execution, lambda data: explain.error(node.node.artifacts, data))
    except ExecutionReverted as error:
        answer["error"] = failure_for(error, row_for(ExecutionReverted))
    except ExecutionHalted as error:
        words = str(error)
        if call.cut_from is not None and error.reason == OUT_OF_GAS:
            words += f": the call asked for {call.cut_from} gas, but the simulation had less left"
        answer["error"] = Failure(VM_ERROR, words)
    return answer
