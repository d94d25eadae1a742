"""debug_trace*: watching transactions again, from anywhere in history, with every tracer, without changing a thing."""

from __future__ import annotations

import json
import sys
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from megadev import Devnet
from megadev.chain.transactions import UnsignedTransaction, encode_network_form, sign_transaction
from megadev.clock import ManualClock
from megadev.primitives.abi import Value, encode_call
from megadev.rpc import tracing
from megadev.rpc.client import RpcError
from tests.conformance.engine_suite.worlds import asm
from tests.conftest import RunningNode
from tests.contracts import load
from tests.stage.wallet import Wallet

START = 1_700_000_000
CODE = "0x" + "c0de" * 10
OTHER = "0x" + "bb" * 20
HEIR = bytes.fromhex(OTHER[2:])
TRACERS: tuple[dict[str, Any], ...] = (
    {},
    {"enableMemory": True, "enableReturnData": True},
    {"tracer": "callTracer", "tracerConfig": {"withLog": True}},
    {"tracer": "flatCallTracer"},
    {"tracer": "prestateTracer"},
    {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}},
    {"tracer": "4byteTracer"},
    {"tracer": "noopTracer"},
    {"tracer": "muxTracer", "tracerConfig": {"callTracer": {}, "prestateTracer": {"diffMode": True}}},
)


@pytest.fixture
def net() -> Devnet:
    return Devnet(clock=ManualClock(START))


def deploy(net: Devnet, name: str) -> str:
    return str(Wallet(net.rpc, gas=5_000_000).send(data="0x" + load(name).creation.hex())["contractAddress"])


def data(signature: str, *args: Value) -> str:
    return "0x" + encode_call(signature, *args).hex()


def trace(net: Devnet, receipt: dict[str, Any], **options: Any) -> Any:
    return net.rpc("debug_traceTransaction", receipt["transactionHash"], options)


def refusal(net: Devnet, *request: Any) -> RpcError:
    with pytest.raises(RpcError) as caught:
        net.rpc(*request)
    return caught.value


# -- history ------------------------------------------------------------------------------------------------------


def test_an_old_transaction_is_traced_at_its_place(net: Devnet) -> None:
    storage = deploy(net, "Storage")
    receipts = [
        Wallet(net.rpc, gas=5_000_000).send(to=storage, data=data("setValue(uint256)", number))
        for number in (5, 6, 6, 0)
    ]
    net.rpc("anvil_mine", 20)
    stores = [[step for step in trace(net, one)["structLogs"] if step["op"] == "SSTORE"] for one in receipts]
    assert [step["gasCost"] for (step,) in stores] == [22_100, 5000, 2200, 5000]
    assert [step.get("refund") for (step,) in stores] == [None, None, None, 4800]
    assert [trace(net, one)["gas"] for one in receipts] == [int(one["gasUsed"], 16) for one in receipts]


def test_transactions_before_it_in_the_block_have_run(net: Devnet) -> None:
    storage = deploy(net, "Storage")
    net.rpc("evm_setAutomine", False)
    request = {"from": net.accounts[0].address, "to": storage, "gas": "0x100000"}
    hashes = [net.rpc("eth_sendTransaction", {**request, "data": data("setValue(uint256)", n)}) for n in (5, 6)]
    net.rpc("evm_mine")
    diff = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
    slot = "0x" + "0" * 64
    changes = [net.rpc("debug_traceTransaction", one, diff) for one in hashes]
    assert [change["post"][storage]["storage"][slot][-1] for change in changes] == ["5", "6"]
    assert slot not in changes[0]["pre"][storage].get("storage", {})
    assert changes[1]["pre"][storage]["storage"][slot][-1] == "5"
    block = net.rpc("eth_getBlockByNumber", "latest", False)
    for answer in (
        net.rpc("debug_traceBlockByNumber", block["number"], diff),
        net.rpc("debug_traceBlockByNumber", "latest", diff),
        net.rpc("debug_traceBlockByHash", block["hash"], diff),
        net.rpc("debug_traceBlock", net.rpc("debug_getRawBlock", block["number"]), diff),
    ):
        assert answer == [{"txHash": one, "result": change} for one, change in zip(hashes, changes, strict=True)]


def test_traces_see_cheats_before_the_block(net: Devnet) -> None:
    net.rpc("anvil_setCode", CODE, "0x60015400")
    net.rpc("anvil_setStorageAt", CODE, "0x1", "0x" + f"{7:064x}")
    receipt = Wallet(net.rpc, gas=5_000_000).send(to=CODE)
    net.rpc("anvil_setCode", CODE, "0x00")
    net.rpc("anvil_mine", 3)
    (load_step,) = [step for step in trace(net, receipt)["structLogs"] if step["op"] == "SLOAD"]
    assert load_step["storage"] == {f"0x{1:064x}": f"0x{7:064x}"}
    assert trace(net, receipt, tracer="prestateTracer")[CODE]["code"] == "0x60015400"


def test_the_pending_block_can_be_traced(net: Devnet) -> None:
    net.rpc("evm_setAutomine", False)
    request = {"from": net.accounts[0].address, "to": OTHER, "value": "0x5"}
    waiting = net.rpc("eth_sendTransaction", request)
    (traced,) = net.rpc("debug_traceBlockByNumber", "pending", {"tracer": "callTracer"})
    assert traced["txHash"] == waiting
    assert traced["result"]["value"] == "0x5"
    assert refusal(net, "debug_traceTransaction", waiting).message.startswith("transaction not found")


def test_a_block_of_another_chain_is_traced_on_a_parent_that_is_known(net: Devnet) -> None:
    elsewhere = Devnet(clock=ManualClock(START))
    storage = deploy(net, "Storage")
    assert storage == deploy(elsewhere, "Storage")
    sender = net.accounts[0]
    tx = sign_transaction(
        UnsignedTransaction(
            type=2, chain_id=31337, nonce=1, gas_limit=200_000, to=bytes.fromhex(storage[2:]),
            data=encode_call("setValue(uint256)", 9), max_fee_per_gas=10**10, max_priority_fee_per_gas=1,
        ),
        sender.raw_key,
    )  # fmt: skip
    elsewhere.rpc("eth_sendRawTransaction", "0x" + encode_network_form(tx).hex())
    raw = elsewhere.rpc("debug_getRawBlock", "latest")
    assert net.rpc("debug_traceBlock", raw) == elsewhere.rpc("debug_traceBlockByNumber", "latest")
    assert net.rpc("eth_blockNumber") == "0x1"
    Wallet(net.rpc, gas=5_000_000).send(to=OTHER, value="0x1")  # uses the nonce, but only after the parent
    assert len(net.rpc("debug_traceBlock", raw, {"tracer": "callTracer"})) == 1
    elsewhere.rpc("anvil_mine", 2)
    assert "parent" in refusal(net, "debug_traceBlock", elsewhere.rpc("debug_getRawBlock", "latest")).message


# -- nothing changes ----------------------------------------------------------------------------------------------


def test_tracing_changes_no_state() -> None:
    traced, alone = (Devnet(clock=ManualClock(START)) for _ in range(2))

    def story(net: Devnet, look: Callable[[dict[str, Any]], None]) -> list[str]:
        factory, logger = deploy(net, "Factory"), deploy(net, "Logger")
        for fields in (
            {"to": factory, "data": data("create(uint256)", 1), "value": "0x5"},
            {
                "to": factory,
                "data": data("createAndDestroy(uint256,bytes32,address)", 2, bytes(32), HEIR),
                "value": "0x3",
            },
            {"to": logger, "data": data("many(uint256)", 3)},
            {"to": OTHER, "value": "0x7"},
        ):
            look(Wallet(net.rpc, gas=5_000_000).send(**fields))
        return [net.rpc("eth_getBlockByNumber", number, False)["hash"] for number in range(7)]

    def with_everything(receipt: dict[str, Any]) -> None:
        for options in TRACERS:
            trace(traced, receipt, **options)
            traced.rpc("debug_traceBlockByNumber", "latest", options)
            traced.rpc("debug_traceCall", {"to": OTHER, "from": traced.accounts[1].address, "value": "0x1"}, "latest",
                       {**options, "stateOverrides": {OTHER: {"code": "0x5f5f5500"}}})  # fmt: skip

    assert story(traced, with_everything) == story(alone, lambda receipt: None)
    assert traced.l2.chain.head.header == alone.l2.chain.head.header


# -- calls --------------------------------------------------------------------------------------------------------


def test_a_call_is_traced_with_overrides_and_in_the_middle_of_a_block(net: Devnet) -> None:
    read = {"to": CODE}
    overrides = {"stateOverrides": {CODE: {"code": "0x435f5260205ff3"}}}
    head = int(net.rpc("eth_blockNumber"), 16)
    assert int(net.rpc("debug_traceCall", read, "latest", overrides)["returnValue"], 16) == head
    there = {**overrides, "blockOverrides": {"number": "0x63"}}
    assert int(net.rpc("debug_traceCall", read, "latest", there)["returnValue"], 16) == 0x63
    storage = deploy(net, "Storage")
    net.rpc("evm_setAutomine", False)
    request = {"from": net.accounts[0].address, "to": storage, "gas": "0x100000"}
    for number in (5, 6):
        net.rpc("eth_sendTransaction", {**request, "data": data("setValue(uint256)", number)})
    net.rpc("evm_mine")
    value = {"to": storage, "data": data("value()")}
    block = net.rpc("eth_getBlockByNumber", "latest", False)
    for named in ("latest", block["number"], block["hash"], {"blockHash": block["hash"]}):
        seen = [
            int(net.rpc("debug_traceCall", value, named, options)["returnValue"], 16)
            for options in ({"txIndex": "0x0"}, {"txIndex": "0x1"}, {"txIndex": "0x2"}, {})
        ]
        assert seen == [0, 5, 6, 6]
    assert "out of range" in refusal(net, "debug_traceCall", value, "latest", {"txIndex": "0x3"}).message
    assert int(net.rpc("debug_traceCall", value, "0x1")["returnValue"], 16) == 0
    assert int(net.rpc("debug_traceCall", value, "pending")["returnValue"], 16) == 6


def test_a_call_that_could_not_be_made_is_refused_as_eth_call_does(net: Devnet) -> None:
    request = {"from": OTHER, "to": CODE, "value": "0x1"}
    assert refusal(net, "debug_traceCall", request, "latest").message == refusal(net, "eth_call", request).message


def test_a_failing_call_answers_with_its_trace(net: Devnet) -> None:
    reverter = deploy(net, "Reverter")
    answer = net.rpc("debug_traceCall", {"to": reverter, "data": data("withReason()")}, "latest")
    assert answer["failed"] is True
    assert answer["returnValue"].startswith("0x08c379a0")
    assert answer["structLogs"][-1]["op"] == "REVERT"
    halted = net.rpc("debug_traceCall", {"to": CODE}, "latest", {"stateOverrides": {CODE: {"code": "0xfe"}}})
    assert halted == {
        "failed": True, "gas": 30_000_000, "returnValue": "0x",
        "structLogs": [{"pc": 0, "op": "INVALID", "gas": 29_979_000, "gasCost": 0, "depth": 1,
                        "error": "invalid opcode: INVALID", "stack": []}],
    }  # fmt: skip


def test_a_call_without_code_gives_an_empty_trace_with_the_right_gas(net: Devnet) -> None:
    receipt = Wallet(net.rpc, gas=5_000_000).send(to=OTHER, value="0x1")
    assert trace(net, receipt) == {"failed": False, "gas": 21_000, "returnValue": "0x", "structLogs": []}
    hashed = net.rpc("debug_traceCall", {"to": "0x" + "00" * 19 + "02", "data": "0x01"}, "latest")
    assert hashed["structLogs"] == []
    assert len(hashed["returnValue"]) == 66


# -- special frames -----------------------------------------------------------------------------------------------


def test_a_creation_that_reverts(net: Devnet) -> None:
    receipt = Wallet(net.rpc, gas=5_000_000).send(data="0x" + asm(0x1234, 0, "MSTORE", 2, 30, "REVERT").hex())
    assert receipt["status"] == "0x0"
    answer = trace(net, receipt)
    assert (answer["failed"], answer["returnValue"]) == (True, "0x1234")
    frame = trace(net, receipt, tracer="callTracer")
    assert (frame["type"], frame["error"], frame["output"]) == ("CREATE", "execution reverted", "0x1234")
    assert set(trace(net, receipt, tracer="prestateTracer", tracerConfig={"diffMode": True})["post"]) == {
        net.accounts[0].address.lower(), net.rpc("eth_coinbase"),
    }  # fmt: skip


def test_a_contract_that_is_created_and_destroyed(net: Devnet) -> None:
    factory = deploy(net, "Factory")
    call = data("createAndDestroy(uint256,bytes32,address)", 2, bytes(32), HEIR)
    receipt = Wallet(net.rpc, gas=5_000_000).send(to=factory, data=call, value="0x3")
    root = trace(net, receipt, tracer="callTracer")
    assert [frame["type"] for frame in root["calls"]] == ["CREATE2", "CALL"]
    (destroyed,) = root["calls"][1]["calls"]
    assert (destroyed["type"], destroyed["to"], destroyed["value"]) == ("SELFDESTRUCT", OTHER, "0x3")
    child = root["calls"][0]["to"]
    diff = trace(net, receipt, tracer="prestateTracer", tracerConfig={"diffMode": True})
    assert child not in diff["pre"] | diff["post"]
    assert diff["post"][OTHER] == {"balance": "0x3"}
    ops = [step["op"] for step in trace(net, receipt)["structLogs"]]
    assert ops.count("CREATE2") == ops.count("SELFDESTRUCT") == 1


def test_a_delegated_account_runs_the_code_it_points_to(net: Devnet) -> None:
    net.rpc("anvil_setCode", OTHER, "0x6007600155")
    net.rpc("anvil_setCode", CODE, "0xef0100" + OTHER[2:])
    receipt = Wallet(net.rpc, gas=5_000_000).send(to=CODE)
    steps = trace(net, receipt)["structLogs"]
    assert steps[-2]["storage"] == {f"0x{1:064x}": f"0x{7:064x}"}
    prestate = trace(net, receipt, tracer="prestateTracer")
    assert prestate[CODE]["code"] == "0xef0100" + OTHER[2:]
    assert prestate[OTHER]["code"] == "0x6007600155"
    assert f"0x{1:064x}" in prestate[CODE]["storage"]


def test_accounts_that_were_empty_are_shown_on_request(net: Devnet) -> None:
    receipt = Wallet(net.rpc, gas=5_000_000).send(to=OTHER, value="0x1")
    assert OTHER not in trace(net, receipt, tracer="prestateTracer")
    assert trace(net, receipt, tracer="prestateTracer", tracerConfig={"includeEmpty": True})[OTHER] == {
        "balance": "0x0"
    }


def test_1024_frames_deep_under_every_tracer(net: Devnet) -> None:
    net.rpc("anvil_setCode", CODE, "0x" + asm(0, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", "STOP").hex())
    call = {"to": CODE, "gas": hex(2**45)}
    net.rpc("anvil_setBlockGasLimit", hex(2**46))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # for this test's own decoding
    try:
        for options in TRACERS:
            if options.get("enableMemory") is None:
                net.rpc("debug_traceCall", call, "latest", options)
        frame, depth = net.rpc("debug_traceCall", call, "latest", {"tracer": "callTracer"}), 0
        while "calls" in frame:
            (frame,), depth = frame["calls"], depth + 1
        assert depth == 1025
        assert frame["error"] == "max call depth exceeded"
        flat = net.rpc("debug_traceCall", call, "latest", {"tracer": "flatCallTracer"})
        assert len(flat[-1]["traceAddress"]) == 1025
        steps = net.rpc("debug_traceCall", call, "latest", {"disableStack": True})["structLogs"]
        assert max(step["depth"] for step in steps) == 1025
    finally:
        sys.setrecursionlimit(limit)


def test_the_deepest_trace_is_served_over_http(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--gas-limit", str(2**46))
    code = "0x" + asm(0, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", "STOP").hex()
    overrides = {"stateOverrides": {CODE: {"code": code}}, "tracer": "callTracer"}
    request = {"jsonrpc": "2.0", "id": 1, "method": "debug_traceCall",
               "params": [{"to": CODE, "gas": hex(2**45)}, "latest", overrides]}  # fmt: skip
    sent = urllib.request.Request(node.url, json.dumps(request).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(sent, timeout=60) as response:
        assert response.read().count(b'"calls":[{') == 1025


# -- limits -------------------------------------------------------------------------------------------------------


LOOP = "0x5b5f56"
"""JUMPDEST, PUSH0, JUMP: 12 gas a round."""


def test_a_limit_on_steps_is_kept(net: Devnet) -> None:
    options = {"limit": 7, "stateOverrides": {CODE: {"code": LOOP}}}
    answer = net.rpc("debug_traceCall", {"to": CODE, "gas": "0xf4240"}, "latest", options)
    assert len(answer["structLogs"]) == 7
    assert (answer["failed"], answer["gas"]) == (True, 1_000_000)


def test_a_trace_that_grows_too_large_is_refused_with_the_remedy(net: Devnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "TRACE_BYTES", 4 << 20)
    options: dict[str, Any] = {"stateOverrides": {CODE: {"code": LOOP}}}
    error = refusal(net, "debug_traceCall", {"to": CODE, "gas": hex(20_000_000)}, "latest", options)
    assert error.code == -32005
    assert error.message.startswith("limit exceeded: the trace is over 4 MiB")
    assert "disableStack" in error.message
    assert "limit" in error.message
    copies = b"".join(asm(0xC000, 0, 0, "CREATE", "POP") for _ in range(60))
    calls = {"data": "0x" + copies.hex(), "gas": hex(30_000_000)}
    assert refusal(net, "debug_traceCall", calls, "latest", {"tracer": "callTracer"}).code == -32005


def test_a_trace_that_takes_too_long_is_refused() -> None:
    net = Devnet()
    options = {"timeout": "1ns", "stateOverrides": {CODE: {"code": LOOP}}}
    call = {"to": CODE, "gas": hex(1_000_000)}
    error = refusal(net, "debug_traceCall", call, "latest", options)
    assert error.code == -32000
    assert error.message.startswith("execution timeout")
    error = refusal(net, "debug_traceCall", call, "latest", {**options, "tracer": "callTracer"})
    assert error.message.startswith("execution timeout")
    assert len(net.rpc("debug_traceCall", call, "latest", {**options, "timeout": "10m", "limit": 5})["structLogs"]) == 5


def test_others_are_answered_while_millions_of_steps_are_traced(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up()
    overrides = {"stateOverrides": {CODE: {"code": LOOP}}, "limit": 3, "tracer": None}
    with ThreadPoolExecutor(1) as pool:
        tracing_it = pool.submit(node.rpc, "debug_traceCall", {"to": CODE, "gas": hex(8_000_000)}, "latest", overrides)
        answered = 0
        while not tracing_it.done():  # two million steps
            assert node.rpc("eth_chainId") == "0x7a69"
            answered += 1
        assert answered
        assert tracing_it.result()["gas"] == 8_000_000


# -- refusals -----------------------------------------------------------------------------------------------------


def test_tracing_a_missing_object_is_an_error(net: Devnet) -> None:
    nothing = "0x" + "11" * 32
    error = refusal(net, "debug_traceTransaction", nothing)
    assert (error.code, error.message) == (-32000, f"transaction not found: {nothing}")
    for request in (("debug_traceBlockByHash", nothing), ("debug_traceBlockByNumber", "0xffff"),
                    ("debug_traceCall", {}, "0xffff"), ("debug_traceCall", {}, nothing)):  # fmt: skip
        error = refusal(net, *request)
        assert error.code == -32000
        assert "not found" in error.message
    for request in (("debug_traceBlockByNumber", "0x0"), ("debug_traceBlockByNumber", "earliest"),
                    ("debug_traceBlock", net.rpc("debug_getRawBlock", "0x0")),
                    ("debug_traceCall", {}, "0x0", {"txIndex": "0x0"})):  # fmt: skip
        error = refusal(net, *request)
        assert error.code == -32000
        assert error.message.startswith("genesis is not traceable")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tracer": "callTrace"}, 'tracer not found: "callTrace"; use one of 4byteTracer, callTracer, flatCallTracer'),
        ({"tracer": "{data: [], fault: function(log) {}}"}, "JavaScript tracers are not supported: use one of"),
        ({"tracer": "muxTracer", "tracerConfig": {"nopTracer": {}}}, 'tracer not found: "nopTracer"'),
        ({"tracer": "muxTracer", "tracerConfig": 5}, "tracerConfig of muxTracer: expected an object"),
        ({"tracer": "callTracer", "tracerConfig": {"withLog": "yes"}}, "tracerConfig of callTracer.withLog: expected"),
        ({"tracer": "prestateTracer", "tracerConfig": {"diffMode": True, "includeEmpty": True}}, "cannot use diffMode"),
        ({"timeout": "soon"}, 'expected a duration such as "5s"'),
        ({"timeout": 5}, 'expected a duration such as "5s"'),
        ({"limit": -1}, "options"),
    ],
)
def test_options_that_cannot_be_used_are_refused(net: Devnet, options: dict[str, Any], words: str) -> None:
    receipt = Wallet(net.rpc, gas=5_000_000).send(to=OTHER, value="0x1")
    for request in (
        ("debug_traceTransaction", receipt["transactionHash"], options),
        ("debug_traceBlockByNumber", "latest", options),
        ("debug_traceCall", {"to": OTHER}, "latest", options),
    ):
        error = refusal(net, *request)
        assert error.code == -32602
        assert words in error.message


def test_geths_options_without_effect_are_accepted(net: Devnet) -> None:
    receipt = Wallet(net.rpc, gas=5_000_000).send(to=OTHER, value="0x1")
    assert trace(net, receipt, reexec=128, debug=True, overrides={}, tracer=None, tracerConfig=None)["gas"] == 21_000
    assert trace(net, receipt, tracer="", timeout="1m30.5s") == trace(net, receipt)
    assert net.rpc("debug_traceTransaction", receipt["transactionHash"], None) == trace(net, receipt)


def test_invalid_block_bytes_are_refused(net: Devnet) -> None:
    for text in ("0x", "0x01", "0xc0", "0xc4c0c0c0c0"):
        error = refusal(net, "debug_traceBlock", text)
        assert error.code == -32602
        assert "could not decode block" in error.message


def test_an_engine_without_tracing_reports_it() -> None:
    net = Devnet(engine="py-evm")
    receipt = Wallet(net.rpc, gas=5_000_000).send(to=OTHER, value="0x1")
    assert refusal(net, "debug_traceTransaction", receipt["transactionHash"]).code == -32601
    assert trace(net, receipt, tracer="noopTracer") == {}
    assert json.dumps(trace(net, receipt, tracer="prestateTracer"))
