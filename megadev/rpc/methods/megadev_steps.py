"""megadev_getSteps and megadev_getStep: a transaction, instruction by instruction, with its source lines."""

from __future__ import annotations

from megadev.chain.documents import JsonObject
from megadev.evm.opcodes import OPCODES
from megadev.inspect.steps import Steps, step_at, steps_of
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import HashParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.tracing import Bounded, Budget

STEPS_SHOWN = 200_000
"""Steps of one answer; further ones are asked for by their start."""


@method("megadev_getSteps")
def megadev_getSteps(node: RpcNode, tx_hash: HashParam, start: Uint64Param = 0) -> JsonObject:
    """Every instruction that an included transaction ran, from step ``start`` on, 200,000 at most.

    ``steps`` has arrays with an entry each: ``pc``, ``op`` (the opcode's number), ``gas`` (what was left), ``frame``
    and ``line`` (indices into the tables of the same answer; line 0 is code without a source). ``total`` counts all
    steps. ``frames`` has all frames; ``lines``, ``sources`` and ``opcodes`` what occurs in these steps. Numbers are
    JSON numbers.

    Raises ``NotFound`` for a transaction that is in no block.
    """
    budget = Budget(node.node.clock)
    steps = steps_of(
        node.chain, node.node.artifacts, tx_hash, start, STEPS_SHOWN, lambda tracer: Bounded(tracer, budget)
    )
    used = set(steps.ops)
    return {
        "total": steps.total,
        "start": start,
        "steps": {
            "pc": steps.pcs,
            "op": steps.ops,
            "gas": steps.gas,
            "frame": steps.frames,
            "line": steps.lines,
        },
        "opcodes": {str(row.number): row.name for row in OPCODES if row is not None and row.number in used},
        "frames": _frames(steps),
        "lines": [
            None
            if place is None
            else {"source": place.path, "line": place.line, "column": place.column, "function": place.function or None}
            for place in steps.places
        ],
        "sources": _sources(steps),
    }


@method("megadev_getStep")
def megadev_getStep(node: RpcNode, tx_hash: HashParam, index: Uint64Param) -> JsonObject | None:
    """The machine's state before one instruction of an included transaction; null beyond its last step.

    ``stack`` has the top last; ``storage`` the slots of the contract that were used before; ``functions`` those under
    way, innermost first, each with the line that it stands at. Raises ``NotFound`` for a
    transaction that is in no block.
    """
    budget = Budget(node.node.clock)
    state = step_at(node.chain, node.node.artifacts, tx_hash, index, lambda tracer: Bounded(tracer, budget))
    if state is None:
        return None
    return {
        "pc": state.pc,
        "op": state.op,
        "gas": state.gas,
        "depth": state.depth,
        "stack": [hex(word) for word in state.stack],
        "memory": to_data(state.memory),
        "returnData": to_data(state.return_data),
        "storage": {hex(slot): hex(value) for slot, value in state.storage.items()},
        "transient": {hex(slot): hex(value) for slot, value in state.transient.items()},
        "functions": [
            {
                "contract": entry.contract or None,
                "function": entry.function or None,
                "address": to_data(entry.address),
                "source": None if entry.location is None else entry.location.path,
                "line": None if entry.location is None else entry.location.line,
            }
            for entry in state.functions
        ],
    }


def _frames(steps: Steps) -> list[JsonObject]:
    trace = steps.trace
    assert trace is not None
    return [
        {
            "depth": depth,
            "type": each.frame.kind,
            "address": to_data(each.frame.to),
            "code": to_data(each.frame.code_address),
            "contract": trace.contract_of(each) or None,
            "text": str(trace.call_of(each)),
            "input": to_data(each.frame.input[:4_096]),
            "failed": each.failed,
        }
        for each, depth in zip(steps.nodes, steps.depths, strict=True)
    ]


def _sources(steps: Steps) -> dict[str, str]:
    """The files that lines are of, as they are on disk now."""
    trace = steps.trace
    assert trace is not None
    wanted = {place.path for place in steps.places if place is not None}
    found: dict[str, str] = {}
    for each in steps.nodes:
        artifact = trace.artifact_of(each)
        if artifact is not None and not wanted <= found.keys():
            for source in artifact.details.sources.values():
                if source.path in wanted:
                    found.setdefault(source.path, source.content.decode(errors="replace"))
    return found
