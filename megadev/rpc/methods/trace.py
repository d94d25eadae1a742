"""trace_*: calls, state changes and instructions as OpenEthereum showed them, and Erigon, reth and Anvil after it.

A transaction or block that is not on the chain is null, as in Erigon and reth, and where the shape has no null
(trace_replayTransaction) an error; never an empty list, which would say that nothing was called. Transactions of the
open block can be traced before it is sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.chain.spans import MayHold
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import decode_transaction, is_delegation
from megadev.errors import InvalidParams, NotInBundle, UpstreamLacksMethod
from megadev.evm import calls
from megadev.evm.engine import CONSENSUS, Execution, Tracer
from megadev.evm.rules import EVM_RULES
from megadev.evm.tracers.call_tree import CallTreeTracer
from megadev.evm.tracers.opcode_gas import OpcodeGasTracer
from megadev.evm.tracers.vm_trace import VmTracer
from megadev.inspect.appearances import appearances, appears_in
from megadev.inspect.replay import Replayed, placed_transaction, replay
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address
from megadev.rpc.call_formatters import VmTracePen, format_state_diff, format_traces, place_traces
from megadev.rpc.codec import (
    AddressesParam,
    BlockOverridesParam,
    BlockParam,
    CallRequest,
    DataParam,
    Decode,
    HashParam,
    NumberOrTagParam,
    StateOverridesParam,
    Uint64Param,
    decoder_for,
    describe,
)
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.scenes import scene_at
from megadev.rpc.searches import Patience, call_trees
from megadev.rpc.tracing import Bounded, Budget
from megadev.sequencer.block_builder import OpenBlock, transaction_env
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader

KINDS = ("trace", "stateDiff", "vmTrace")


def _decode_kinds(value: Any) -> frozenset[str]:
    if type(value) is not list:
        raise InvalidParams(f"expected an array of {', '.join(KINDS)}, got {describe(value)}")
    for kind in value:
        if kind not in KINDS:
            raise InvalidParams(f"expected {', '.join(KINDS)}, got {describe(kind)}")
    return frozenset(value)


KindsParam: TypeAlias = Annotated[frozenset[str], Decode(_decode_kinds)]


_decode_call = decoder_for(CallRequest, is_exact=True)


def _decode_traced_call(value: Any) -> tuple[CallRequest, frozenset[str]]:
    if type(value) is not list or len(value) != 2:
        raise InvalidParams(f"expected a call and the kinds of traces, [call, kinds], got {describe(value)}")
    return _decode_call(value[0]), _decode_kinds(value[1])


TracedCallParam: TypeAlias = Annotated[tuple[CallRequest, frozenset[str]], Decode(_decode_traced_call)]


def _decode_mode(value: Any) -> str:
    if value not in ("union", "intersection"):
        raise InvalidParams(f'expected "union" or "intersection", got {describe(value)}')
    assert isinstance(value, str)
    return value


ModeParam: TypeAlias = Annotated[str, Decode(_decode_mode)]


class TraceFilter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Selects traces: in a range of blocks (default: the whole chain), between addresses (default: any).

    Where addresses are given for both sides, ``mode`` "union" (the default) asks for one of the two to match,
    "intersection" for both. ``after`` traces that match are passed over, then ``count`` given.
    """

    from_block: NumberOrTagParam | None = None
    to_block: NumberOrTagParam | None = None
    from_address: AddressesParam = ()
    to_address: AddressesParam = ()
    mode: ModeParam = "union"
    after: Uint64Param = 0
    count: Uint64Param | None = None


@method("trace_transaction")
def trace_transaction(node: RpcNode, tx_hash: HashParam) -> list[JsonObject] | None:
    """The calls of an included transaction, one after another; null for one that is in no block."""
    placed = node.chain.placed(tx_hash)
    return None if placed is None else _traces_of(node, *placed)


@method("trace_get")
def trace_get(node: RpcNode, tx_hash: HashParam, address: tuple[Uint64Param, ...]) -> JsonObject | None:
    """One call of a transaction by its trace address: the third that its second call makes is [1, 2]."""
    traces = trace_transaction(node, tx_hash)
    wanted = list(address)
    return next((trace for trace in traces or () if trace["traceAddress"] == wanted), None)


@method("trace_block")
def trace_block(node: RpcNode, block: BlockParam) -> list[JsonObject] | None:
    """The calls of all transactions of a block; null for a block that does not exist."""
    found = node.chain.find_block(block)
    if found is None:
        return None
    traces = [
        trace
        for index, root in call_trees(node, found)
        for trace in place_traces(format_traces(root, _precompiles(node.chain, found)), found, index)
    ]
    if block is Tag.PENDING:
        for trace in traces:
            trace["blockHash"] = None
    return traces


@method("trace_filter")
def trace_filter(node: RpcNode, filter_: TraceFilter) -> list[JsonObject]:
    """Calls in a range of blocks, from or to addresses.

    Raises ``LimitExceeded`` when the search takes longer than ``SEARCH_SECONDS``.
    """
    chain = node.chain
    wanted = filter_.from_address + filter_.to_address
    answers: list[JsonObject] = []
    if filter_.count == 0:
        return answers
    first, last_block = _range(chain, filter_)
    passed = 0
    if first <= chain.history.last:
        end = None if filter_.count is None else filter_.after + filter_.count
        older = _traces_of_history(node, filter_, first, min(last_block, chain.history.last))[:end]
        answers, passed = older[filter_.after :], len(older)
        if passed == end:
            return answers
    may_hold = (lambda block: appears_in(chain, block, wanted)) if wanted else None
    for block in _searched(node, first, last_block, may_hold):
        last = len(block.transactions) - 1
        if wanted:
            who = appearances(chain, block)
            while last >= 0 and who[last].isdisjoint(wanted):
                last -= 1
        if last < 0:
            continue
        precompiles = _precompiles(chain, block)
        for index, root in call_trees(node, block, stop=last + 1):
            for trace in format_traces(root, precompiles):
                if not _matches(filter_, trace):
                    continue
                passed += 1
                if passed > filter_.after:
                    answers += place_traces([trace], block, index)
                    if len(answers) == filter_.count:
                        return answers
            root.let_go()
    return answers


def _traces_of_history(node: RpcNode, filter_: TraceFilter, first: int, last: int) -> list[JsonObject]:
    """On a fork: all that matches in upstream's blocks ``first`` to ``last``, as upstream's own trace_filter tells it;
    where it has none, from running those blocks again here.
    """
    asked: JsonObject = {"fromBlock": hex(first), "toBlock": hex(last), "mode": filter_.mode}
    for name, addresses in (("fromAddress", filter_.from_address), ("toAddress", filter_.to_address)):
        if addresses:
            asked[name] = [to_data(address) for address in addresses]
    if filter_.count is not None:
        asked["count"] = filter_.after + filter_.count
    try:
        key = "trace_filter " + msgspec.json.encode(asked, order="sorted").decode()
        return list(node.chain.history.query(key, "trace_filter", asked) or [])
    except (UpstreamLacksMethod, NotInBundle):
        pass  # looked for here, block by block
    patience, found = Patience(node.node.clock), list[JsonObject]()
    for number in range(first, last + 1):
        patience.check(number)
        block = node.chain.block(number)
        precompiles = _precompiles(node.chain, block)
        for index, root in call_trees(node, block):
            traces = [trace for trace in format_traces(root, precompiles) if _matches(filter_, trace)]
            found += place_traces(traces, block, index)
    return found


def _range(chain: LocalChain, filter_: TraceFilter) -> tuple[int, int]:
    first, last = filter_.from_block, filter_.to_block
    if isinstance(first, int) and isinstance(last, int) and first > last:
        raise InvalidParams(f"invalid block range: fromBlock {first} is after toBlock {last}")
    return _number(chain, first, Tag.EARLIEST), _number(chain, last, Tag.LATEST)


def _number(chain: LocalChain, ref: Tag | int | None, default: Tag) -> int:
    """One end of a range. The pending block counts as the head: it can still change."""
    if isinstance(ref, int):
        return ref
    if Tag.EARLIEST in (ref, default if ref is None else None):
        return chain.first_number
    return chain.block(default if ref is None else Tag.LATEST if ref is Tag.PENDING else ref).number


def _searched(node: RpcNode, first: int, last: int, may_hold: MayHold | None = None) -> Iterator[SealedBlock]:
    """The blocks of a range that hold transactions, as long as there is time. ``may_hold``: see ``Span``."""
    patience = Patience(node.node.clock)
    for block in node.chain.store.blocks(first, last).with_transactions(may_hold):
        patience.check(block.number)
        yield block


def _matches(filter_: TraceFilter, trace: JsonObject) -> bool:
    senders, receivers = filter_.from_address, filter_.to_address
    if not senders and not receivers:
        return True
    action, result = trace["action"], trace["result"]
    if trace["type"] == "suicide":
        sender, receiver = action["address"], action["refundAddress"]
    elif trace["type"] == "create":
        sender, receiver = action["from"], None if result is None else result["address"]
    else:
        sender, receiver = action["from"], action["to"]
    sent = bytes.fromhex(sender[2:]) in senders
    received = receiver is not None and bytes.fromhex(receiver[2:]) in receivers
    if senders and receivers and filter_.mode == "intersection":
        return sent and received
    return sent or received


@method("trace_replayTransaction")
def trace_replayTransaction(node: RpcNode, tx_hash: HashParam, kinds: KindsParam) -> JsonObject:
    """An included transaction, run again: its output and the ``kinds`` of traces. Raises ``NotFound``."""
    block, index = placed_transaction(node.chain, tx_hash)
    return next(_replayed(node, block, kinds, only=index))[1]


@method("trace_replayBlockTransactions")
def trace_replayBlockTransactions(node: RpcNode, block: BlockParam, kinds: KindsParam) -> list[JsonObject] | None:
    """All transactions of a block, as trace_replayTransaction has them; null for a block that does not exist."""
    found = node.chain.find_block(block)
    if found is None:
        return None
    return [
        {**answer, "transactionHash": to_data(replayed.tx.hash)} for replayed, answer in _replayed(node, found, kinds)
    ]


@method("trace_transactionOpcodeGas")
def trace_transactionOpcodeGas(node: RpcNode, tx_hash: HashParam) -> JsonObject | None:
    """The count and gas of each opcode in a transaction; null if it is not in a block."""
    placed = node.chain.placed(tx_hash)
    return None if placed is None else _opcode_gas(node, _sealed(placed[0]), only=placed[1])[0]


@method("trace_blockOpcodeGas")
def trace_blockOpcodeGas(node: RpcNode, block: BlockParam) -> JsonObject | None:
    """The count and gas of each opcode in all transactions of a block."""
    found = node.chain.find_block(block)
    if found is None:
        return None
    return {
        "blockHash": None if block is Tag.PENDING else to_data(found.hash),
        "blockNumber": found.number,
        "transactions": _opcode_gas(node, found),
    }


@method("trace_call")
def trace_call(
    node: RpcNode,
    call: CallRequest,
    kinds: KindsParam,
    block: BlockParam = Tag.LATEST,
    state_overrides: StateOverridesParam | None = None,
    block_overrides: BlockOverridesParam | None = None,
) -> JsonObject:
    """Execute a call like eth_call and return its output and the given ``kinds`` of traces, also if it fails."""
    scene = scene_at(node.chain, block).overridden(state_overrides, block_overrides)
    scene, tx, rules = scene.of_call(call)
    watched = _Watched(node, scene.chain.spec, kinds)
    execution = calls.call(node.chain.engine, scene.env, tx, scene.state, rules=rules, tracer=watched.tracer)
    node.chain.console.called("trace_call", scene.env.number, execution.console)
    return watched.answer(scene.state, execution)


@method("trace_callMany")
def trace_callMany(
    node: RpcNode, calls_: tuple[TracedCallParam, ...], block: BlockParam = Tag.LATEST
) -> list[JsonObject]:
    """Calls that see each other's effects, each as trace_call has it."""
    scene = scene_at(node.chain, block)
    state = Overlay(scene.state)
    scene = replace(scene, state=state)
    answers = []
    for call, kinds in calls_:
        here, tx, rules = scene.of_call(call)
        watched = _Watched(node, scene.chain.spec, kinds)
        execution = calls.call(node.chain.engine, scene.env, tx, here.state, rules=rules, tracer=watched.tracer)
        node.chain.console.called("trace_callMany", scene.env.number, execution.console)
        answers.append(watched.answer(state, execution))
        state.apply(execution.diff)
    return answers


@method("trace_rawTransaction")
def trace_rawTransaction(
    node: RpcNode, raw: DataParam, kinds: KindsParam, block: BlockParam = Tag.LATEST
) -> JsonObject:
    """Trace a signed transaction after a block without sending it. Raises ``InvalidTransaction``."""
    scene = scene_at(node.chain, block)
    tx = decode_transaction(raw, scene.chain.spec)
    rules = replace(CONSENSUS, ecrecover_answers=scene.rules.ecrecover_answers)
    watched = _Watched(node, scene.chain.spec, kinds)
    execution = node.chain.engine.execute(
        scene.env, transaction_env(tx, scene.env.base_fee), scene.state, rules=rules, tracer=watched.tracer
    )
    node.chain.console.called("trace_rawTransaction", scene.env.number, execution.console)
    return watched.answer(scene.state, execution)


def _traces_of(node: RpcNode, block: SealedBlock | OpenBlock, index: int) -> list[JsonObject]:
    sealed = _sealed(block)
    ((_, root),) = call_trees(node, sealed, only=index)
    return place_traces(format_traces(root, _precompiles(node.chain, sealed)), block, index)


def _sealed(block: SealedBlock | OpenBlock) -> SealedBlock:
    return block.sealed if isinstance(block, OpenBlock) else block


def _precompiles(chain: LocalChain, block: SealedBlock) -> Collection[Address]:
    return EVM_RULES[chain.rules_of(block)[0].hardfork].precompiles


class _Watched:
    """One execution, watched for some kinds of traces."""

    def __init__(self, node: RpcNode, spec: ChainSpec, kinds: frozenset[str]) -> None:
        rules = EVM_RULES[spec.hardfork]
        budget = Budget(node.node.clock)
        self._kinds = kinds
        self._precompiles = rules.precompiles
        self._pen = VmTracePen(rules.opcodes, spend=budget.spend)
        self._tree = VmTracer(self._pen) if "vmTrace" in kinds else CallTreeTracer()
        self.tracer: Tracer = Bounded(self._tree, budget)

    def answer(self, before: StateReader, execution: Execution) -> JsonObject:
        """Returns the results; those not requested are null, and ``trace`` an empty list."""
        root = self._tree.root
        assert root is not None
        answer: JsonObject = {
            "output": to_data(root.outcome.output),
            "trace": format_traces(root, self._precompiles) if "trace" in self._kinds else [],
            "stateDiff": format_state_diff(before, execution.diff) if "stateDiff" in self._kinds else None,
            "vmTrace": self._pen.answer(_code_in(before, execution)) if "vmTrace" in self._kinds else None,
        }
        root.let_go()
        return answer


def _code_in(before: StateReader, execution: Execution) -> Callable[[Address], bytes]:
    """Returns the code that ran at an account that the transaction did not create: also by delegation (EIP-7702)."""
    after = Overlay(before, execution.diff)

    def code_of(address: Address) -> bytes:
        code = after.code((after.account(address) or EMPTY_ACCOUNT).code_hash)
        if is_delegation(code):
            code = after.code((after.account(code[3:]) or EMPTY_ACCOUNT).code_hash)
        return code

    return code_of


def _replayed(
    node: RpcNode, block: SealedBlock, kinds: frozenset[str], *, only: int | None = None
) -> Iterator[tuple[Replayed, JsonObject]]:
    """A block's transactions, or number ``only``, with what was seen of them."""
    if not block.transactions:
        return
    spec, _ = node.chain.rules_of(block)
    watched: _Watched | None = None

    def watch(index: int, tx: object, before: StateReader) -> Tracer | None:
        nonlocal watched
        if only is not None and index != only:
            return None
        watched = _Watched(node, spec, kinds)
        return watched.tracer

    for replayed in replay(node.chain, block, watch, stop=None if only is None else only + 1):
        if watched is not None:
            yield replayed, watched.answer(replayed.before, replayed.execution)


def _opcode_gas(node: RpcNode, block: SealedBlock, *, only: int | None = None) -> list[JsonObject]:
    if not block.transactions:
        return []
    names = EVM_RULES[node.chain.rules_of(block)[0].hardfork].opcodes
    tracers = [OpcodeGasTracer() for _ in block.transactions]
    budget = Budget(node.node.clock)

    def watch(index: int, tx: object, before: StateReader) -> Tracer | None:
        if only not in (None, index):
            return None
        budget.start_transaction()
        return Bounded(tracers[index], budget)

    answers: list[JsonObject] = []
    for replayed in replay(node.chain, block, watch, stop=None if only is None else only + 1):
        if only not in (None, replayed.index):
            continue
        tracer = tracers[replayed.index]
        answers.append(
            {
                "transactionHash": to_data(replayed.tx.hash),
                "opcodeGas": [
                    {
                        "opcode": names.get(op, f"opcode {op:#x} not defined"),
                        "count": count,
                        "gasUsed": tracer.gas[op],
                    }
                    for op, count in tracer.counts.items()
                ],
            }
        )
    return answers
