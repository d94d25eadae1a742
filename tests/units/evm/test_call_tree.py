"""Call frames as the tracers show them: what stands where for each kind of call, and what fails how."""

from __future__ import annotations

import json
from typing import Any

import pytest

from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import Authorization, TxEnv
from megadev.evm.engines.python import PythonEngine
from megadev.evm.tracers.call_tree import CallNode, CallTreeTracer
from megadev.evm.tracers.opcode_gas import OpcodeGasTracer
from megadev.evm.tracers.vm_trace import VmTracer
from megadev.primitives.abi import encode_call
from megadev.primitives.types import Address
from megadev.rpc.call_formatters import (
    TransactionGas,
    VmTracePen,
    flat_call_tracer,
    format_call,
    format_call_list,
    format_internal_operations,
    format_traces,
)
from megadev.rpc.envelope import write_result
from tests.conformance.engine_suite.cases import BLOCK, BOOM, CHAIN_ID, CONTRACT, OTHER, SENDER, THIRD
from tests.conformance.engine_suite.worlds import DictState, Has, asm, call, returning

ENGINE = PythonEngine(dev_spec(CHAIN_ID, Hardfork.OSAKA))
ETHER = 10**18
RICH = 1000 * ETHER
POP = asm("POP")
REASON = encode_call("Error(string)", "out of luck")
ITSELF = asm(0, 0, 0, 0, 0, "ADDRESS GAS CALL STOP")
"""Calls itself with all the gas there is."""


def hexed(address: Address) -> str:
    return "0x" + address.hex()


def says(data: bytes, end: str = "REVERT") -> bytes:
    """Code that ends with ``data``."""
    padded = data.ljust(-(-len(data) // 32) * 32, b"\0")
    words = b"".join(asm(padded[i : i + 32], i, "MSTORE") for i in range(0, len(padded), 32))
    return words + asm(len(data), 0, end)


def creating(code: bytes, *, value: int = 0, kind: str = "CREATE") -> bytes:
    """CREATE or CREATE2 with ``code``; leaves the address on the stack."""
    words = b"".join(asm(code[i : i + 32].ljust(32, b"\0"), i, "MSTORE") for i in range(0, len(code), 32))
    return words + asm(*([7] if kind == "CREATE2" else []), len(code), 0, value, kind)


def trace(
    code: bytes,
    world: dict[Address, Has] | None = None,
    *,
    to: Address | None = CONTRACT,
    gas: int = 3_000_000,
    tracer: CallTreeTracer | None = None,
    **fields: Any,
) -> CallNode:
    """The frames of a transaction that runs ``code``."""
    accounts = {SENDER: Has(RICH), CONTRACT: Has(1000, 1, code), **(world or {})}
    tx = TxEnv(SENDER, to, value=5, gas_limit=gas, gas_price=BLOCK.base_fee, max_fee_per_gas=BLOCK.base_fee, **fields)
    watching = CallTreeTracer() if tracer is None else tracer
    ENGINE.execute(BLOCK, tx, DictState(accounts), tracer=watching)
    assert watching.root is not None
    return watching.root


def calls(root: CallNode) -> list[dict[str, Any]]:
    return list(format_call(root).get("calls", []))


def test_the_top_frame_has_the_transactions_gas_as_in_geth() -> None:
    root = trace(asm("STOP"), gas=50_000)
    assert format_call(root, gas=TransactionGas(50_000, 21_000)) == {
        "type": "CALL",
        "from": hexed(SENDER),
        "to": hexed(CONTRACT),
        "gas": hex(50_000),
        "gasUsed": hex(21_000),
        "value": "0x5",
        "input": "0x",
    }
    assert format_traces(root)[0]["action"]["gas"] == hex(29_000), "Parity's is without the intrinsic gas"
    assert flat_call_tracer(root, gas=TransactionGas(50_000, 21_000))[0]["action"]["gas"] == hex(50_000)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("CALL", "0x2"), ("CALLCODE", "0x2"), ("DELEGATECALL", "0x5"), ("STATICCALL", None)],
)
def test_each_kind_of_call_has_accounts_and_value(kind: str, value: str | None) -> None:
    root = trace(call(kind, OTHER, value=2), {OTHER: Has(0, 1, asm("STOP"))})
    (frame,) = calls(root)
    assert (frame["type"], frame["from"], frame["to"]) == (kind, hexed(CONTRACT), hexed(OTHER))
    assert frame.get("value") == value
    assert format_traces(root)[1]["action"]["value"] == (value or "0x0")
    assert format_call_list(root)[1]["value"] == ("0x2" if kind in ("CALL", "CALLCODE") else None)


def test_a_delegatecall_within_a_delegatecall_comes_from_the_contract_whose_storage_it_uses() -> None:
    inner = call("DELEGATECALL", THIRD)
    root = trace(call("DELEGATECALL", OTHER), {OTHER: Has(0, 1, inner), THIRD: Has(0, 1, asm("STOP"))})
    frame = calls(root)[0]["calls"][0]
    assert (frame["from"], frame["to"]) == (hexed(CONTRACT), hexed(THIRD))


def test_a_revert_has_its_reason_and_its_output() -> None:
    (frame,) = calls(trace(call("CALL", OTHER), {OTHER: Has(0, 1, says(REASON))}))
    assert (frame["error"], frame["revertReason"]) == ("execution reverted", "out of luck")
    assert frame["output"] == "0x" + REASON.hex()
    (silent,) = calls(trace(call("CALL", OTHER), {OTHER: Has(0, 1, asm(0, 0, "REVERT"))}))
    assert "output" not in silent and "revertReason" not in silent
    (custom,) = calls(trace(call("CALL", OTHER), {OTHER: Has(0, 1, says(b"\x12\x34\x56\x78"))}))
    assert custom["output"] == "0x12345678" and "revertReason" not in custom


@pytest.mark.parametrize(
    ("code", "error", "parity"),
    [
        (asm("INVALID"), "invalid opcode: INVALID", "Bad instruction"),
        (asm("JUMPDEST", 0, "JUMP"), "out of gas", "Out of gas"),
        (asm(3, "JUMP"), "invalid jump destination", "Bad jump destination"),
        (asm("POP"), "stack underflow (0 <=> 1)", "Stack underflow"),
        (asm(1, 0, 0, "RETURNDATACOPY"), "return data out of bounds", "Out of bounds"),
        (asm("PUSH0") * 1025, "stack limit reached 1024 (1023)", "Out of stack"),
        (asm(0, 0, "REVERT"), "execution reverted", "Reverted"),
    ],
)
def test_errors_are_in_geths_words_and_in_paritys(code: bytes, error: str, parity: str) -> None:
    root = trace(call("CALL", OTHER, gas=10_000), {OTHER: Has(0, 1, code)})
    (frame,) = calls(root)
    assert frame["error"] == error
    flat = format_traces(root)[1]
    assert flat["error"] == parity
    assert (flat["result"] is None) == (parity != "Reverted")
    assert flat_call_tracer(root)[1]["error"] == error
    converted = flat_call_tracer(root, convert_parity_errors=True)[1]
    assert converted["error"] == parity
    assert ("result" in converted) == (parity == "Reverted")


def test_writing_in_a_static_call() -> None:
    root = trace(call("STATICCALL", OTHER), {OTHER: Has(0, 1, asm(1, 0, "SSTORE"))})
    assert calls(root)[0]["error"] == "write protection"
    assert format_traces(root)[1]["error"] == "Mutable Call In Static Context"


def test_a_call_that_is_refused_for_lack_of_balance_is_shown_and_costs_nothing() -> None:
    root = trace(call("CALL", OTHER, value=10**6) + POP + creating(b"\0", value=10**6))
    refused, creation = calls(root)
    assert refused["error"] == creation["error"] == "insufficient balance for transfer"
    assert refused["gasUsed"] == creation["gasUsed"] == "0x0"
    assert refused["to"] == hexed(OTHER) and "to" not in creation
    assert [flat.get("error") for flat in format_traces(root)] == [None] + ["Insufficient balance for transfer"] * 2
    assert format_internal_operations(root) == [], "no ether was moved"


def test_creations_show_their_code_and_failed_ones_no_address() -> None:
    runtime = asm("STOP")
    root = trace(creating(returning(runtime), value=3) + POP + creating(BOOM, kind="CREATE2"))
    made, failed = calls(root)
    assert (made["type"], made["output"], made["input"]) == ("CREATE", "0x00", "0x" + returning(runtime).hex())
    assert (failed["type"], failed["error"]) == ("CREATE2", "execution reverted")
    assert "to" not in failed and failed["output"].endswith("0bad")
    flat, flat_failed = format_traces(root)[1:]
    assert flat["result"] == {"address": made["to"], "code": "0x00", "gasUsed": made["gasUsed"]}
    assert (flat_failed["action"]["creationMethod"], flat_failed["error"]) == ("create2", "Reverted")
    assert flat_failed["result"]["code"] == failed["output"]
    assert "address" not in flat_call_tracer(root)[2]["result"]
    assert format_internal_operations(root) == [{"type": 2, "from": hexed(CONTRACT), "to": made["to"], "value": "0x3"}]


def test_a_transaction_that_fails_to_create_has_no_address() -> None:
    root = trace(b"", to=None, data=asm(0, 0, "REVERT"))
    assert "to" not in format_call(root)
    assert format_traces(root)[0]["type"] == "create"


def test_a_collision_takes_all_the_gas() -> None:
    twice = creating(returning(asm("STOP")), kind="CREATE2") + POP
    first, second = calls(trace(twice + twice))
    assert first.get("error") is None
    assert second["error"] == "contract address collision"
    assert second["gasUsed"] == second["gas"]


def test_self_destruction_is_a_separate_frame() -> None:
    root = trace(call("CALL", OTHER), {OTHER: Has(77, 1, asm(THIRD, "SELFDESTRUCT"))})
    (destructing,) = calls(root)
    assert destructing["calls"] == [
        {
            "type": "SELFDESTRUCT",
            "from": hexed(OTHER),
            "to": hexed(THIRD),
            "value": "0x4d",
            "gas": "0x0",
            "gasUsed": "0x0",
            "input": "0x",
        }
    ]
    suicide = format_traces(root)[2]
    assert suicide == {
        "type": "suicide",
        "action": {"address": hexed(OTHER), "refundAddress": hexed(THIRD), "balance": "0x4d"},
        "result": None,
        "subtraces": 0,
        "traceAddress": [0, 0],
    }
    assert format_internal_operations(root) == [{"type": 1, "from": hexed(OTHER), "to": hexed(THIRD), "value": "0x4d"}]
    assert format_call_list(root)[2]["depth"] == 2


def test_precompiles_are_shown_or_hidden_as_each_node_does() -> None:
    identity, paid = call("CALL", 4), call("CALL", 4, value=1)
    root = trace(identity + POP + paid + POP + call("CALL", OTHER) + POP + call("DELEGATECALL", 4))
    assert len(calls(root)) == 4, "geth's tree has them all"
    assert len(flat_call_tracer(root)) == 3, "geth's flat form those that are not called directly"
    assert len(flat_call_tracer(root, include_precompiles=True)) == 5
    traces = format_traces(root)
    assert [flat["traceAddress"] for flat in traces] == [[], [0], [1], [2]], "Parity's those that transfer nothing"
    assert traces[0]["subtraces"] == 3
    top = trace(b"", to=(4).to_bytes(20, "big"), data=b"\x12")
    assert format_traces(top)[0]["result"]["output"] == "0x12"
    assert len(flat_call_tracer(top)) == 1


def test_logs_are_ordered_among_calls_and_dropped_for_failed_frames() -> None:
    logging = asm(0, 0, "LOG0")
    code = logging + call("CALL", OTHER) + logging + call("CALL", THIRD) + logging
    root = trace(code, {OTHER: Has(0, 1, logging + call("CALL", THIRD)), THIRD: Has(0, 1, logging + BOOM)})
    tree = format_call(root, with_log=True, first_log=10)
    assert [(log["index"], log["position"]) for log in tree["logs"]] == [
        ("0xa", "0x0"),
        ("0xc", "0x1"),
        ("0xd", "0x2"),
    ]
    assert [(log["index"], log["position"]) for log in tree["calls"][0]["logs"]] == [("0xb", "0x0")]
    assert "logs" not in tree["calls"][0]["calls"][0] and "logs" not in tree["calls"][1]
    top = format_call(root, with_log=True, only_top_call=True)
    assert "calls" not in top
    assert [log["index"] for log in top["logs"]] == ["0x0", "0x2", "0x3"]
    failed = trace(logging + BOOM)
    assert "logs" not in format_call(failed, with_log=True)


def test_a_delegated_account_runs_its_delegates_code() -> None:
    delegated = Has(0, 1, b"\xef\x01\x00" + OTHER)
    root = trace(call("CALL", THIRD), {THIRD: delegated, OTHER: Has(0, 1, says(b"\x2a" * 32, "RETURN"))})
    (frame,) = calls(root)
    assert (frame["to"], frame["output"]) == (hexed(THIRD), "0x" + "2a" * 32)


def test_a_transaction_that_delegates_and_calls_shows_the_code_it_ran() -> None:
    runs = says(b"\x2a" * 32, "RETURN")
    pen = VmTracePen({}, spend=lambda size: None)
    root = trace(
        b"",
        {OTHER: Has(0, 1, runs), THIRD: Has(ETHER)},
        to=THIRD,
        tracer=VmTracer(pen),
        authorizations=(Authorization(CHAIN_ID, OTHER, 0, THIRD),),
    )
    assert root.outcome.output == b"\x2a" * 32
    answer = json.loads(bytes(pen.answer(lambda address: runs if address == THIRD else b"")))
    assert answer["code"] == "0x" + runs.hex()
    assert len(answer["ops"]) == 6


def test_code_that_was_created_and_called_at_once_is_shown() -> None:
    runtime = asm("CALLER POP STOP")
    code = creating(returning(runtime)) + asm(0, 0, 0, 0, 0, "DUP6 GAS CALL")
    pen = VmTracePen({}, spend=lambda size: None)
    trace(code, tracer=VmTracer(pen))
    answer = json.loads(bytes(pen.answer(lambda address: code)))
    subs = [op["sub"]["code"] for op in answer["ops"] if op["sub"]]
    assert subs == ["0x" + returning(runtime).hex(), "0x" + runtime.hex()]


def test_instructions_show_their_effects() -> None:
    code = asm(7, 3, "SSTORE", 0x2A, 0, "MSTORE", 1, 2, "SWAP1", "JUMPDEST") + call(
        "CALL", OTHER, out_size=32, gas=5000
    )
    pen = VmTracePen({}, spend=lambda size: None)
    trace(code, {OTHER: Has(0, 1, says(b"\x01", "RETURN"))}, tracer=VmTracer(pen))
    ops = json.loads(bytes(pen.answer(lambda address: b"")))["ops"]
    store, written, swapped, called = ops[2], ops[5], ops[8], ops[-2]
    assert store["ex"]["store"] == {"key": "0x3", "val": "0x7"}
    assert written["ex"]["mem"] == {"off": 0, "data": "0x" + f"{0x2A:064x}"}
    assert swapped["ex"]["push"] == ["0x2", "0x1"]
    assert called["cost"] == 2600 + 5000, "with the gas it hands on"
    assert called["ex"]["push"] == ["0x1"]
    assert called["ex"]["mem"]["data"].startswith("0x01")
    assert called["sub"]["ops"][-1]["ex"] is not None
    assert ops[0]["ex"]["used"] == ops[1]["ex"]["used"] + ops[1]["cost"]


def test_a_failed_instruction_has_no_effect() -> None:
    pen = VmTracePen({}, spend=lambda size: None)
    trace(asm(1, 0xFFFFFFFFFF, "MSTORE"), tracer=VmTracer(pen))
    ops = json.loads(bytes(pen.answer(lambda address: b"")))["ops"]
    assert [op["ex"] is None for op in ops] == [False, False, True]


def test_opcode_gas_is_counted_where_it_is_used() -> None:
    tracer = OpcodeGasTracer()
    state = DictState({SENDER: Has(ETHER), CONTRACT: Has(0, 1, call("CALL", OTHER)), OTHER: Has(0, 1, asm(0, "SLOAD"))})
    price = BLOCK.base_fee
    ENGINE.execute(
        BLOCK, TxEnv(SENDER, CONTRACT, gas_limit=100_000, gas_price=price, max_fee_per_gas=price), state, tracer=tracer
    )
    assert (tracer.gas[0xF1], tracer.gas[0x54]) == (2600, 2100)
    assert tracer.counts[0x5F] == 6


def test_1024_frames_within_each_other_are_shown_by_all() -> None:
    depth = 1024
    root = trace(ITSELF, gas=200_000_000_000)
    assert sum(1 for _ in root.walk()) == depth + 2, "the deepest is refused"
    tree = format_call(root)
    assert write_result(b"1", tree).count(b'"calls":[{') == depth + 1
    while "calls" in tree:
        (tree,) = tree["calls"]
    assert tree["error"] == "max call depth exceeded"
    assert len(format_traces(root)[-1]["traceAddress"]) == depth + 1
    assert len(flat_call_tracer(root)) == len(format_call_list(root)) == depth + 2
    assert len(list(root.lasting())) == depth + 1
    pen = VmTracePen({}, spend=lambda size: None)
    trace(ITSELF, gas=200_000_000_000, tracer=VmTracer(pen))
    text = write_result(b"1", {"vmTrace": pen.answer(lambda address: ITSELF)})
    assert text.count(ITSELF.hex().encode()) == depth + 2
