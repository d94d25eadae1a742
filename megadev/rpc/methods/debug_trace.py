"""debug_trace*: transactions and calls run again and watched, as geth shows them; see ``tracing`` for the tracers.

What is not on the chain is refused, never answered with an empty trace.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from megadev.chain.blocks import BlockRef, SealedBlock, Tag, decode_block, header_hash
from megadev.chain.documents import JsonObject
from megadev.chain.transactions import decode_transaction
from megadev.errors import InvalidParams, InvalidTransaction, NotTraceable, StateUnavailable, UnknownBlock
from megadev.evm import calls
from megadev.evm.engine import Tracer
from megadev.inspect.replay import placed_transaction, replay, unsealed
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import (
    JSON,
    BlockParam,
    CallRequest,
    DataParam,
    HashParam,
    NumberOrTagParam,
)
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.scenes import scene_at, scene_before
from megadev.rpc.tracing import Budget, Place, Started, TraceCallOptions, Traced, TraceOptions, begin
from megadev.sequencer.block_builder import transaction_env
from megadev.state.reader import StateReader

OptionsT = TypeVar("OptionsT", bound=TraceOptions)


@method("debug_traceTransaction")
def debug_traceTransaction(node: RpcNode, tx_hash: HashParam, options: TraceOptions | None = None) -> JSON:
    """An included transaction, run again on the state that it found.

    Raises ``NotFound`` for one that does not exist or waits in the txpool.
    """
    block, index = placed_transaction(node.chain, tx_hash)
    return _trace(node, block, options, only=index)[0]


@method("debug_traceCall")
def debug_traceCall(
    node: RpcNode, call: CallRequest, block: BlockParam = Tag.LATEST, options: TraceCallOptions | None = None
) -> JSON:
    """A call as eth_call makes it: after a block, or before its transaction number ``txIndex``, with overrides."""
    asked = TraceCallOptions() if options is None else options
    if asked.tx_index is None:
        scene = scene_at(node.chain, block)
    else:
        sealed = _traceable(node.chain, block)
        if asked.tx_index > len(sealed.transactions):
            raise InvalidParams(
                f"txIndex {asked.tx_index} is out of range: block {sealed.number} has {len(sealed.transactions)} "
                "transactions"
            )
        scene = scene_before(node.chain, sealed, asked.tx_index)
    scene = scene.overridden(asked.state_overrides, asked.block_overrides)
    asked = _as_expected(node, asked)
    scene, tx, rules = scene.of_call(call)
    started = begin(asked, node.chain.spec, Budget(node.node.clock, asked.timeout))
    execution = calls.call(node.chain.engine, scene.env, tx, scene.state, rules=rules, tracer=started.tracer)
    node.chain.console.called("debug_traceCall", scene.env.number, execution.console)
    return started.answer(Traced(scene.env, tx, scene.state, execution))


@method("debug_traceBlockByNumber")
def debug_traceBlockByNumber(
    node: RpcNode, block: NumberOrTagParam, options: TraceOptions | None = None
) -> list[JsonObject]:
    """All transactions of a block, the pending one too, each as debug_traceTransaction has it."""
    return _trace_block(node, _traceable(node.chain, block), options)


@method("debug_traceBlockByHash")
def debug_traceBlockByHash(
    node: RpcNode, block_hash: HashParam, options: TraceOptions | None = None
) -> list[JsonObject]:
    """All transactions of a block, each as debug_traceTransaction has it."""
    return _trace_block(node, _traceable(node.chain, block_hash), options)


@method("debug_traceBlock")
def debug_traceBlock(node: RpcNode, block: DataParam, options: TraceOptions | None = None) -> list[JsonObject]:
    """All transactions of a block given as RLP, on the state after its parent; it need not be of this chain.

    Raises ``UnknownBlock`` where its parent is not held, and ``InvalidTransaction`` for one that cannot run there.
    """
    try:
        header, raw = decode_block(block)
    except ValueError as error:
        raise InvalidParams(f"could not decode block: {error}") from None
    chain = node.chain
    known = chain.store.by_hash(header_hash(header))
    if known is not None:
        # with what stands in no RLP: cheats before it, and senders who did not sign
        return _trace_block(node, _traceable(chain, known.hash), options)
    parent = chain.store.by_hash(header.parent_hash)
    if header.number == 0 or parent is None or parent.number != header.number - 1:
        if header.number == 0:
            raise NotTraceable("genesis is not traceable: it has no parent")
        raise UnknownBlock(f"block not found: the parent {to_data(header.parent_hash)} of block {header.number}")
    foreign = SealedBlock(
        header=header,
        hash=header_hash(header),
        transactions=tuple(decode_transaction(each, chain.spec) for each in raw),
        receipts=(),
        world=parent.world,
        size=len(block),
    )
    try:
        return _trace_block(node, foreign, options)
    except StateUnavailable as error:
        if isinstance(error.__cause__, InvalidTransaction):
            raise error.__cause__ from None
        raise


def _as_expected(node: RpcNode, options: OptionsT) -> OptionsT:
    """With storage at every step, for whoever expects Hardhat's."""
    return msgspec.structs.replace(options, full_storage=True) if node.throws_on_revert else options


def _traceable(chain: LocalChain, ref: BlockRef) -> SealedBlock:
    """The block ``ref`` names. Raises ``UnknownBlock``, and ``NotTraceable`` for the first one."""
    block = chain.block(ref)
    if block.hash == chain.store.genesis.hash and block.number == chain.first_number:
        raise NotTraceable("genesis is not traceable: it has no parent")
    return unsealed(block) if ref is Tag.PENDING else chain.whole(block)


def _trace_block(node: RpcNode, block: SealedBlock, options: TraceOptions | None) -> list[JsonObject]:
    results = _trace(node, block, options)
    return [
        {"txHash": to_data(tx.hash), "result": result} for tx, result in zip(block.transactions, results, strict=True)
    ]


def _trace(node: RpcNode, block: SealedBlock, options: TraceOptions | None, *, only: int | None = None) -> list[JSON]:
    """Returns the tracer's results for each transaction of a block, or for number ``only``."""
    chain = node.chain
    asked = _as_expected(node, TraceOptions() if options is None else options)
    budget = Budget(node.node.clock, asked.timeout)
    spec, _ = chain.rules_of(block)
    started: Started | None = None
    if not block.transactions:
        begin(asked, spec, budget)  # a tracer that does not exist is refused here too

    def watch(index: int, tx: object, before: StateReader) -> Tracer | None:
        nonlocal started
        if only is not None and index != only:
            return None
        budget.start_transaction()
        started = begin(asked, spec, budget)
        return started.tracer

    results: list[JSON] = []
    for replayed in replay(chain, block, watch, stop=None if only is None else only + 1):
        if started is not None:
            tx = transaction_env(replayed.tx, replayed.env.base_fee)
            place = Place(block, replayed.index)
            results.append(started.answer(Traced(replayed.env, tx, replayed.before, replayed.execution, place)))
    return results
