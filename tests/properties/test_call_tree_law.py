"""The flat trace, the call tree, the instructions and the state changes tell the same story, whatever ran."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from megadev import Devnet
from megadev.chain.spec import Hardfork, dev_spec
from megadev.chain.transactions import is_delegation
from megadev.evm.engine import Execution, TxEnv
from megadev.evm.engines.python import PythonEngine
from megadev.evm.rules import EVM_RULES
from megadev.evm.tracers.call_tree import CallNode, CallTreeTracer
from megadev.evm.tracers.opcode_gas import OpcodeGasTracer
from megadev.evm.tracers.vm_trace import VmTracer
from megadev.primitives.hexcodec import parse_data
from megadev.primitives.types import Address
from megadev.rpc.call_formatters import (
    VmTracePen,
    flat_call_tracer,
    format_call,
    format_call_list,
    format_state_diff,
    format_traces,
)
from megadev.state.account import EMPTY_ACCOUNT, Account
from tests.conformance.engine_suite.cases import BLOCK, BLOCK_HASHES, CHAIN_ID, CONTRACT, GWEI, OTHER, SENDER
from tests.conformance.engine_suite.programs import programs, relaxed, world_around
from tests.conformance.engine_suite.worlds import DictState

SPEC = dev_spec(CHAIN_ID, Hardfork.OSAKA)
RULES = EVM_RULES[Hardfork.OSAKA]
ENGINE = PythonEngine(SPEC)
CONVERTED = {
    "execution reverted": "Reverted",
    "out of gas": "Out of gas",
    "invalid jump destination": "Bad jump destination",
    "write protection": "write protection",
}
"""geth's ``convertParityErrors``."""
PARITY_WORDS = {**CONVERTED, "write protection": "Mutable Call In Static Context"}

transactions = st.one_of(
    st.tuples(st.binary(max_size=40), st.sampled_from([30_000, 100_000, 400_000])).map(
        lambda made: TxEnv(SENDER, CONTRACT, 0, 3, made[0], made[1], 2 * GWEI, 2 * GWEI)
    ),
    programs.map(lambda code: TxEnv(SENDER, None, 0, 3, code, 500_000, 2 * GWEI, 2 * GWEI)),
)


def tree_of(state: DictState, tx: TxEnv) -> tuple[Execution, CallNode]:
    tracer = CallTreeTracer()
    execution = ENGINE.execute(BLOCK, tx, state, tracer=tracer)
    assert tracer.root is not None
    return execution, tracer.root


def nested(traces: list[dict[str, Any]]) -> dict[str, Any]:
    """Frames within frames, made of flat traces by their addresses alone."""
    by_path: dict[tuple[int, ...], dict[str, Any]] = {}
    for trace in traces:
        path = tuple(trace["traceAddress"])
        trace["calls"] = []
        by_path[path] = trace
        if path:
            siblings = by_path[path[:-1]]["calls"]
            assert len(siblings) == path[-1], "in the order of their beginning"
            siblings.append(trace)
    for trace in traces:
        assert trace["subtraces"] == len(trace["calls"])
    return by_path[()]


def is_same(flat: dict[str, Any], frame: dict[str, Any], words: dict[str, str]) -> None:
    """A flat trace with what is below it tells what a frame of the call tree does."""
    action, result = flat["action"], flat.get("result")
    if frame["type"] == "SELFDESTRUCT":
        assert flat["type"] == "suicide"
        told = (action["address"], action["refundAddress"], action["balance"])
        assert told == (frame["from"], frame["to"], frame["value"])
        return
    assert (action["from"], action["gas"], action["value"]) == (frame["from"], frame["gas"], frame.get("value", "0x0"))
    error = frame.get("error")
    assert flat.get("error") == (None if error is None else words.get(error, flat["error"]))
    output = frame.get("output", "0x")
    if frame["type"] in ("CREATE", "CREATE2"):
        assert (flat["type"], action["creationMethod"]) == ("create", frame["type"].lower())
        assert action["init"] == frame["input"]
        if error is None:
            assert result == {"gasUsed": frame["gasUsed"], "address": frame["to"], "code": output}
    else:
        assert (flat["type"], action["callType"]) == ("call", frame["type"].lower())
        assert (action["to"], action["input"]) == (frame["to"], frame["input"])
        if error in (None, "execution reverted"):
            assert result == {"gasUsed": frame["gasUsed"], "output": output}
    if error not in (None, "execution reverted"):
        assert result is None
    for child, called in zip(flat["calls"], frame.get("calls", []), strict=True):
        is_same(child, called, words)


def without_precompiles(frame: dict[str, Any], *, with_value: bool) -> dict[str, Any]:
    """As the flat forms leave calls of precompiles out."""
    precompiles = {"0x" + address.hex() for address in RULES.precompiles}
    kept = [
        without_precompiles(call, with_value=with_value)
        for call in frame.get("calls", [])
        if not (
            call["type"] in ("CALL", "STATICCALL")
            and call.get("to") in precompiles
            and (with_value or call.get("value", "0x0") == "0x0")
        )
    ]
    return {**frame, "calls": kept}


@relaxed
@given(programs, programs, transactions)
def test_the_flat_trace_and_the_call_tree_describe_the_same_calls(code: bytes, other: bytes, tx: TxEnv) -> None:
    _, root = tree_of(DictState(world_around(code, other), BLOCK_HASHES), tx)
    tree = format_call(root)
    is_same(nested(format_traces(root)), without_precompiles(tree, with_value=False), PARITY_WORDS)
    shown = nested(flat_call_tracer(root, convert_parity_errors=True))
    is_same(shown, without_precompiles(tree, with_value=True), CONVERTED)
    is_same(nested(flat_call_tracer(root, convert_parity_errors=True, include_precompiles=True)), tree, CONVERTED)


@relaxed
@given(programs, programs, transactions)
def test_otterscans_list_is_the_call_tree_by_depth(code: bytes, other: bytes, tx: TxEnv) -> None:
    _, root = tree_of(DictState(world_around(code, other), BLOCK_HASHES), tx)
    waiting = [(0, format_call(root))]
    for entry in format_call_list(root):
        depth, frame = waiting.pop()
        assert (entry["depth"], entry["type"], entry["from"]) == (depth, frame["type"], frame["from"])
        waiting += [(depth + 1, call) for call in reversed(frame.get("calls", []))]
    assert not waiting


@relaxed
@given(programs, programs, transactions)
def test_a_trees_logs_are_those_of_the_receipt(code: bytes, other: bytes, tx: TxEnv) -> None:
    execution, root = tree_of(DictState(world_around(code, other), BLOCK_HASHES), tx)
    found: dict[int, tuple[str, str]] = {}
    waiting = [format_call(root, with_log=True)]
    while waiting:
        frame = waiting.pop()
        waiting += frame.get("calls", [])
        found |= {int(log["index"], 16): (log["address"], log["data"]) for log in frame.get("logs", [])}
    logs = [("0x" + log.address.hex(), "0x" + log.data.hex()) for log in execution.logs]
    assert [found[index] for index in sorted(found)] == logs
    assert sorted(found) == list(range(len(logs)))


@relaxed
@given(programs, programs, transactions)
def test_the_state_diff_leads_from_the_state_before_to_the_state_after(code: bytes, other: bytes, tx: TxEnv) -> None:
    world = world_around(code, other)
    before, after = DictState(world, BLOCK_HASHES), DictState(world, BLOCK_HASHES)
    execution, _ = tree_of(before, tx)
    changes = format_state_diff(before, execution.diff)
    after.apply(execution.diff)
    replayed = DictState(world, BLOCK_HASHES)
    for name, change in changes.items():
        address = parse_data(name)
        old = replayed.accounts.get(address, EMPTY_ACCOUNT)
        balance = parsed(change["balance"], old.balance)
        nonce = parsed(change["nonce"], old.nonce)
        runs = parsed_code(change["code"], replayed.codes[old.code_hash])
        if balance is None or nonce is None or runs is None:
            assert balance is nonce is runs is None
            del replayed.accounts[address]
        else:
            code_hash = next(key for key, value in after.codes.items() if value == runs)
            replayed.accounts[address] = Account(nonce, balance, code_hash)
        for slot, word in change["storage"].items():
            replayed.slots[address, int(slot, 16)] = parsed(word, replayed.storage(address, int(slot, 16))) or 0
    assert replayed.accounts == after.accounts
    assert {k: v for k, v in replayed.slots.items() if v} == {k: v for k, v in after.slots.items() if v}


def parsed(change: Any, old: int) -> int | None:
    """What a number is after a change; None where it is no more. What it was must be what is there."""
    after = parsed_text(change, hex(old), lambda text: hex(int(text, 16)))
    return None if after is None else int(after, 16)


def parsed_code(change: Any, old: bytes) -> bytes | None:
    after = parsed_text(change, "0x" + old.hex(), str)
    return None if after is None else parse_data(after)


def parsed_text(change: Any, old: str, normal: Any) -> str | None:
    if change == "=":
        return old
    ((kind, value),) = change.items()
    if kind == "+":
        return str(value)
    assert normal(value["from"] if kind == "*" else value) == old
    return str(value["to"]) if kind == "*" else None


@relaxed
@given(programs, programs, transactions)
def test_the_instructions_are_those_that_ran_and_their_gas_adds_up(code: bytes, other: bytes, tx: TxEnv) -> None:
    state = DictState(world_around(code, other), BLOCK_HASHES)
    counted = OpcodeGasTracer()
    execution = ENGINE.execute(BLOCK, tx, state, tracer=counted)
    pen = VmTracePen(RULES.opcodes, spend=lambda size: None)
    tracer = VmTracer(pen)
    assert ENGINE.execute(BLOCK, tx, state, tracer=tracer) == execution
    answer = json.loads(msgspec.json.encode(pen.answer(code_in(state))))
    names: dict[str, int] = {}
    waiting = [answer]
    while waiting:
        frame = waiting.pop()
        runs = parse_data(frame["code"])
        for number, step in enumerate(frame["ops"]):
            names[step["op"]] = names.get(step["op"], 0) + 1
            assert named(runs[step["pc"] : step["pc"] + 1]) == step["op"]
            assert step["ex"] is not None or number == len(frame["ops"]) - 1, "only the last can fail"
            if step["sub"] is not None:
                waiting.append(step["sub"])
        for step, following in zip(frame["ops"], frame["ops"][1:], strict=False):
            if step["sub"] is None and following["ex"] is not None:
                assert step["ex"]["used"] == following["ex"]["used"] + following["cost"] or following["sub"] is not None
    assert names == {named(bytes([op])): count for op, count in counted.counts.items()}
    root = tracer.root
    assert root is not None
    total = sum(counted.gas.values())
    if execution.succeeded and tx.to is not None:
        assert total == root.outcome.gas_used
    else:
        assert total <= root.outcome.gas_used


def named(op: bytes) -> str:
    """An instruction's name; beyond the code's end there is STOP."""
    number = op[0] if op else 0
    return RULES.opcodes.get(number, f"opcode {number:#x} not defined")


def code_in(state: DictState) -> Callable[[Address], bytes]:
    def code(address: Address) -> bytes:
        found = state.code(state.accounts.get(address, EMPTY_ACCOUNT).code_hash)
        return code(found[3:]) if is_delegation(found) else found

    return code


@relaxed
@given(programs, programs, programs)
def test_a_blocks_traces_are_those_of_its_transactions(code: bytes, other: bytes, creation: bytes) -> None:
    with Devnet() as net:
        net.rpc("evm_setAutomine", False)
        sender, contract = net.accounts[0].address, "0x" + CONTRACT.hex()
        net.rpc("anvil_setCode", contract, "0x" + code.hex())
        net.rpc("anvil_setCode", "0x" + OTHER.hex(), "0x" + other.hex())
        hashes = [
            net.rpc("eth_sendTransaction", {"from": sender, "gas": 300_000, **request})
            for request in ({"to": contract, "value": 5}, {"data": "0x" + creation.hex()}, {"to": contract})
        ]
        net.rpc("evm_mine")
        traces = net.rpc("trace_block", "latest")
        assert traces == [trace for tx_hash in hashes for trace in net.rpc("trace_transaction", tx_hash)]
        assert traces == net.rpc("trace_filter", {"fromBlock": "latest"})
        assert [trace["transactionHash"] for trace in traces if not trace["traceAddress"]] == hashes
        for tx_hash, whole in zip(
            hashes, net.rpc("trace_replayBlockTransactions", "latest", ["trace", "stateDiff"]), strict=True
        ):
            assert whole == {
                **net.rpc("trace_replayTransaction", tx_hash, ["trace", "stateDiff"]),
                "transactionHash": tx_hash,
            }
