"""megadev_*: why a transaction or a call did what it did, with the names and sources that the project's artifacts know.

Nodes that trace answer in opcodes and bytes, which is for programs; this is for people, in a terminal or an editor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice

from megadev.artifacts.explain import Argument
from megadev.artifacts.registry import ArtifactRegistry
from megadev.artifacts.source_map import SourceLocation
from megadev.chain.blocks import BlockRef, Tag
from megadev.chain.documents import JsonObject
from megadev.chain.receipts import REVERTED, Log
from megadev.evm import calls
from megadev.evm.engine import Tracer
from megadev.evm.tracers.call_tree import CallNode
from megadev.inspect.stack_trace import StackEntry, StackTrace, StackTracer, trace_transaction
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import BlockParam, CallRequest, WhatParam
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_value
from megadev.rpc.node import RpcNode
from megadev.rpc.scenes import scene_at
from megadev.rpc.tracing import Bounded, Budget, by_steps_if_quick

ENTRIES_SHOWN = 20_000
"""Calls, logs and messages of one answer: the first half and the last half of so many where there were more."""


BYTES_SHOWN = 4_096
"""Input, output and arguments that are longer stand in no answer; the readable texts tell their beginnings, and so many
characters of what contracts say or print.
"""


@method("megadev_getStackTrace")
def megadev_getStackTrace(node: RpcNode, what: WhatParam, block: BlockParam = Tag.LATEST) -> JsonObject:
    """The calls of a transaction and where it failed; or those of a call, executed like eth_call in ``block``.

    ``stack`` is innermost first, empty for what succeeded. ``calls`` lists calls, logs and console messages in order of
    occurrence, each with its depth. Of what ran very many instructions the functions under way are not told, only where
    it failed. Raises ``NotFound`` for a transaction that is in no block.
    """
    registry = node.node.artifacts

    def watched(steps: bool, budget: Budget) -> tuple[StackTrace, int]:
        tracer = StackTracer(wants_steps=steps)
        if isinstance(what, bytes):
            return trace_transaction(node.chain, registry, what, tracer, lambda tracer: Bounded(tracer, budget))
        return _trace_call(node.chain, registry, what, block, Bounded(tracer, budget), tracer)

    trace, block_number = by_steps_if_quick(node.node.clock, watched)
    execution, root = trace.execution, trace.root
    meters = execution.gas.meters
    calls, omitted = _entries(trace)
    return {
        "transactionHash": to_data(what) if isinstance(what, bytes) else None,
        "blockNumber": hex(block_number),
        "status": "0x1" if execution.succeeded else "0x0",
        "from": to_data(root.frame.sender),
        "to": to_data(root.frame.to),
        "gasUsed": hex(execution.gas.used),
        **({} if meters is None else {"computeGas": hex(meters.compute_gas), "storageGas": hex(meters.storage_gas)}),
        "error": None if trace.error is None else _beginning(trace.error),
        "stack": [_format_stack_entry(entry) for entry in trace.stack],
        "calls": calls,
        "omitted": hex(omitted),
    }


def _trace_call(
    chain: LocalChain,
    registry: ArtifactRegistry,
    call: CallRequest,
    block: BlockRef,
    watcher: Tracer,
    tracer: StackTracer,
) -> tuple[StackTrace, int]:
    scene = scene_at(chain, block)
    scene, tx, rules = scene.of_call(call)
    execution = calls.call(chain.engine, scene.env, tx, scene.state, rules=rules, tracer=watcher)
    return StackTrace(registry, tracer, execution, scene.state), scene.env.number


def _entries(trace: StackTrace) -> tuple[list[JsonObject], int]:
    """Returns the entries in order, and the number of omitted ones in the middle."""
    happened = _occurrences(trace.root)
    first = list(islice(happened, ENTRIES_SHOWN // 2))
    last: deque[tuple[int, CallNode, CallNode | Log]] = deque(maxlen=ENTRIES_SHOWN // 2)
    count = len(first)
    for occurrence in happened:
        last.append(occurrence)
        count += 1
    shown = [_format_occurrence(trace, *occurrence) for occurrence in (*first, *last)]
    return shown, count - len(shown)


def _occurrences(root: CallNode) -> Iterator[tuple[int, CallNode, CallNode | Log]]:
    """Calls and logs in order: (depth, the frame it happened in, what happened)."""
    waiting: list[tuple[int, CallNode, CallNode | Log]] = [(0, root, root)]
    while waiting:
        depth, node, event = waiting.pop()
        yield depth, node, event
        if isinstance(event, CallNode):
            waiting.extend((depth + 1, event, inner) for inner in reversed(event.events))


def _format_occurrence(trace: StackTrace, depth: int, node: CallNode, event: CallNode | Log) -> JsonObject:
    if isinstance(event, Log):
        decoded = trace.log_of(node, event)
        return {
            "depth": depth,
            "type": "LOG",
            "address": to_data(event.address),
            "contract": decoded.contract or None,
            "event": decoded.name or None,
            "arguments": _arguments(decoded.arguments, event.data) if decoded.name else None,
            "text": str(decoded),
            "topics": [to_data(topic) for topic in event.topics],
            "data": _data(event.data),
        }
    frame, outcome = event.frame, event.outcome
    printed = trace.printed_by(event)
    if printed is not None:
        contract = trace.contract_of(node)
        return {
            "depth": depth,
            "type": "CONSOLE",
            "address": to_data(frame.sender),
            "contract": contract or None,
            "text": _beginning(printed),
        }
    call = trace.call_of(event)
    return {
        "depth": depth,
        "type": frame.kind,
        "from": to_data(frame.sender),
        "to": to_data(frame.to),
        "contract": trace.contract_of(event) or None,
        "function": call.name,
        "arguments": _arguments(call.arguments, frame.input) if call.item is not None else None,
        "text": str(call),
        "value": hex(frame.value),
        "gas": hex(frame.gas),
        "gasUsed": hex(outcome.gas_used),
        **_two_kinds(outcome.gas_used, trace.storage_of(event)),
        "input": _data(frame.input),
        "output": _data(outcome.output),
        "returned": None if event.failed else trace.returned_by(event, call) or None,
        "error": _beginning(trace.error_of(event) or REVERTED) if event.failed else None,
    }


def _two_kinds(gas_used: int, storage: int | None) -> JsonObject:
    """MegaETH's two kinds of a frame's gas, where they are told apart."""
    if storage is None:
        return {}
    return {"computeGas": hex(max(gas_used - storage, 0)), "storageGas": hex(storage)}


def _format_stack_entry(entry: StackEntry) -> JsonObject:
    return {
        "contract": entry.contract or None,
        "function": entry.function or None,
        **_format_location(entry.location),
        "address": to_data(entry.address),
        "pc": hex(entry.pc),
    }


def _format_location(location: SourceLocation | None) -> JsonObject:
    """Lines and columns as numbers: they count from 1, as in editors."""
    if location is None:
        return {"source": None, "line": None, "column": None, "text": None, "note": None}
    return {
        "source": location.path,
        "line": location.line,
        "column": location.column,
        "text": location.text.strip(),
        "note": location.note or None,
    }


def _arguments(arguments: Sequence[Argument], encoded: bytes) -> list[JsonObject] | None:
    if len(encoded) > BYTES_SHOWN:
        return None
    return [
        {"name": argument.name or None, "type": argument.type, "value": format_value(argument.value)}
        for argument in arguments
    ]


def _beginning(text: str) -> str:
    """Returns the start of a contract's output, which may be of any length."""
    return text if len(text) <= BYTES_SHOWN else f"{text[:BYTES_SHOWN]}… ({len(text)} characters)"


def _data(data: bytes) -> str | None:
    return to_data(data) if len(data) <= BYTES_SHOWN else None
