"""What must hold of traces whatever is traced, on programs nobody wrote: watching changes nothing, the gas of struct logs
adds up to the receipt, and what the prestate tracer shows is all that the transaction needs to run again.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from megadev.chain.spec import Hardfork, dev_spec
from megadev.clock import ManualClock
from megadev.evm.engine import Execution, Halt, TxEnv
from megadev.evm.engines.python import PythonEngine
from megadev.primitives.hexcodec import parse_data
from megadev.rpc.codec import decoder_for
from megadev.rpc.tracing import TRACERS, Budget, Traced, TraceOptions, begin
from tests.conformance.engine_suite.cases import BLOCK, BLOCK_HASHES, CHAIN_ID, CONTRACT, GWEI, SENDER
from tests.conformance.engine_suite.programs import programs, relaxed, world_around
from tests.conformance.engine_suite.worlds import DictState, Has

SPEC = dev_spec(CHAIN_ID, Hardfork.OSAKA)
ENGINE = PythonEngine(SPEC)
CALLS = ("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL")
CREATIONS = ("CREATE", "CREATE2")
ENDS = ("STOP", "RETURN", "REVERT", "SELFDESTRUCT")

transactions = st.one_of(
    st.tuples(st.binary(max_size=40), st.sampled_from([30_000, 100_000, 400_000])).map(
        lambda made: TxEnv(SENDER, CONTRACT, 0, 3, made[0], made[1], 2 * GWEI, 2 * GWEI)
    ),
    programs.map(lambda code: TxEnv(SENDER, None, 0, 3, code, 500_000, 2 * GWEI, 2 * GWEI)),
)


def run(state: DictState, tx: TxEnv, **options: Any) -> tuple[Execution, Any]:
    """What came of ``tx``, and what a tracer shows of it, as a client reads it."""
    asked: TraceOptions = decoder_for(TraceOptions)(options)
    started = begin(asked, SPEC, Budget(ManualClock(), None))
    execution = ENGINE.execute(BLOCK, tx, state, tracer=started.tracer)
    return execution, json.loads(msgspec.json.encode(started.answer(Traced(BLOCK, tx, state, execution))))


@relaxed
@given(programs, programs, transactions, st.sampled_from([None, *TRACERS]))
def test_tracing_does_not_change_the_result(code: bytes, other: bytes, tx: TxEnv, tracer: str | None) -> None:
    world = world_around(code, other)
    alone = ENGINE.execute(BLOCK, tx, DictState(world, BLOCK_HASHES))
    config = {"callTracer": {"withLog": True}, "4byteTracer": {}} if tracer == "muxTracer" else {}
    watched, _ = run(DictState(world, BLOCK_HASHES), tx, tracer=tracer, tracerConfig=config)
    assert watched == alone


@relaxed
@given(programs, programs, transactions)
def test_the_gas_of_struct_logs_adds_up_to_the_receipt(code: bytes, other: bytes, tx: TxEnv) -> None:
    execution, trace = run(DictState(world_around(code, other), BLOCK_HASHES), tx)
    steps = trace["structLogs"]
    assert trace["failed"] is not execution.succeeded
    assert trace["gas"] == execution.gas.used
    for step, following in pairwise(steps):
        within = following["depth"] - step["depth"]
        left = step["gas"] - step["gasCost"]
        if within == 1:
            if step["op"] in CREATIONS:
                assert following["gas"] == left - left // 64
            else:
                assert step["gasCost"] >= following["gas"] - 2300
                assert following["gas"] <= step["gas"]
        elif within == 0 and step["op"] not in CALLS + CREATIONS:
            assert following["gas"] == left
    for index, step in enumerate(steps):
        if step["op"] in CALLS and any(after["depth"] > step["depth"] for after in steps[index + 1 : index + 2]):
            back = next(i for i in range(index + 1, len(steps)) if steps[i]["depth"] == step["depth"])
            last = max(i for i in range(index + 1, back) if steps[i]["depth"] == step["depth"] + 1)
            assert steps[back]["gas"] == step["gas"] - step["gasCost"] + left_at(steps[last])
    if steps and tx.to is not None:
        peak = tx.gas_limit - (0 if isinstance(execution.result, Halt) else left_at(steps[-1]))
        assert execution.gas.used == max(peak - execution.gas.refunded, execution.gas.floor)
        if execution.succeeded:
            assert execution.gas.refunded <= steps[-1].get("refund", 0)


def left_at(last: dict[str, Any]) -> int:
    """The gas a frame has left after its last step."""
    return int(last["gas"] - last["gasCost"]) if last["op"] in ENDS and "error" not in last else 0


def state_of(accounts: dict[str, Any]) -> DictState:
    """A state of nothing but what a prestate answer shows."""
    return DictState(
        {
            parse_data(address): Has(
                int(account["balance"], 16),
                account.get("nonce", 0),
                parse_data(account.get("code", "0x")),
                {int(slot, 16): int(value, 16) for slot, value in account.get("storage", {}).items()},
            )
            for address, account in accounts.items()
        },
        BLOCK_HASHES,
    )


@relaxed
@given(programs, programs, transactions)
def test_the_prestate_is_all_that_the_transaction_needs_to_run_again(code: bytes, other: bytes, tx: TxEnv) -> None:
    execution, accounts = run(DictState(world_around(code, other), BLOCK_HASHES), tx, tracer="prestateTracer")
    assert ENGINE.execute(BLOCK, tx, state_of(accounts)) == execution


@relaxed
@given(programs, programs, transactions)
def test_the_prestate_diff_leads_from_the_state_before_to_the_state_after(code: bytes, other: bytes, tx: TxEnv) -> None:
    before = DictState(world_around(code, other), BLOCK_HASHES)
    execution, answer = run(before, tx, tracer="prestateTracer", tracerConfig={"diffMode": True})
    after = DictState(world_around(code, other), BLOCK_HASHES)
    after.apply(execution.diff)
    pre, post = answer["pre"], answer["post"]
    found = {
        address
        for address in before.accounts.keys() | after.accounts.keys()
        if _seen(before, address) != _seen(after, address)
    }
    assert {parse_data(address) for address in pre.keys() | post.keys()} == found
    for address in found:
        name = "0x" + address.hex()
        told = {**_seen(before, address)}
        shown = pre.get(name, {})
        assert name in pre or not told, "an account that was not empty is shown as it was"
        for key in ("balance", "nonce", "code"):
            assert shown.get(key, _zero(key)) == told.get(key, _zero(key))
        slots = dict(told.get("storage", {}))
        assert shown.get("storage", {}).items() <= slots.items()
        if name not in post:
            assert after.accounts.get(address) is None
            continue
        for slot in shown.get("storage", {}):
            del slots[slot]
        then = {**told, **post[name], "storage": {**slots, **post[name].get("storage", {})}}
        really = _seen(after, address)
        for key in ("balance", "nonce", "code"):
            assert then.get(key, _zero(key)) == really.get(key, _zero(key))
        assert then["storage"] == really.get("storage", {})


def _zero(key: str) -> Any:
    return {"balance": "0x0", "nonce": 0, "code": "0x"}[key]


def _seen(state: DictState, address: bytes) -> dict[str, Any]:
    """An account in the words of the prestate tracer; nothing where there is none or an empty one."""
    account = state.accounts.get(address)
    if account is None or account.is_empty:
        return {}
    return {
        "balance": hex(account.balance),
        "nonce": account.nonce,
        "code": "0x" + state.codes[account.code_hash].hex(),
        "storage": {
            f"0x{slot:064x}": f"0x{value:064x}"
            for (owner, slot), value in state.slots.items()
            if owner == address and value
        },
    }
