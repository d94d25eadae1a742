"""What the execution API's own records of conversations found: codes and shapes that were not theirs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from megadev import Devnet
from megadev.errors import InvalidParams
from megadev.rpc.client import RpcError
from megadev.rpc.codec import decoder_for
from megadev.rpc.dispatch import LENIENT, METHODS

SOMEBODY, OTHER = "0xc0" + "00" * 19, "0xc1" + "00" * 19
TWICE = [{"from": SOMEBODY, "to": OTHER}] * 2
LAST_NONCE = {SOMEBODY: {"nonce": "0xffffffffffffffff"}}


@pytest.fixture(scope="module")
def net() -> Any:
    with Devnet() as net:
        net.rpc("anvil_mine", 5)
        yield net


def refusal(net: Devnet, method: str, *params: Any) -> tuple[int, str]:
    with pytest.raises(RpcError) as refused:
        net.rpc(method, *params)
    return refused.value.code, refused.value.message


@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getLogsWithCursor"])
@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"fromBlock": "0x3", "toBlock": "0x2"}, "invalid block range params"),
        ({"fromBlock": "0x7", "toBlock": "latest"}, "invalid block range params"),
        ({"fromBlock": "0x7"}, "invalid block range params"),
        ({"fromBlock": "latest", "toBlock": "earliest"}, "invalid block range params"),
        ({"fromBlock": "0x1", "toBlock": "0x6"}, "block range extends beyond current head block"),
        ({"fromBlock": "0x8", "toBlock": "0x9"}, "block range extends beyond current head block"),
    ],
)
def test_a_log_range_outside_the_chain_is_refused(net: Devnet, method: str, ends: dict[str, str], words: str) -> None:
    code, message = refusal(net, method, ends)
    assert (code, message[: len(words)]) == (-32602, words)


def test_log_ranges_up_to_the_open_block_are_of_the_chain() -> None:
    with Devnet(preset="megaeth") as net:
        for ends in ({}, {"toBlock": "pending"}, {"fromBlock": "pending", "toBlock": "pending"}, {"fromBlock": "0x0"}):
            assert net.rpc("eth_getLogs", ends) == []


def test_the_last_nonce_counts_only_where_nonces_do(net: Devnet) -> None:
    block = {"stateOverrides": LAST_NONCE, "calls": TWICE}
    [simulated] = net.rpc("eth_simulateV1", {"blockStateCalls": [block]})
    assert [call["status"] for call in simulated["calls"]] == ["0x1", "0x1"]
    code, message = refusal(net, "eth_simulateV1", {"blockStateCalls": [block], "validation": True})
    assert (code, "nonce has max value" in message) == (-32603, True)
    assert net.rpc("eth_call", TWICE[0], "latest", LAST_NONCE) == "0x"


@pytest.mark.parametrize("name", ["movePrecompileToAddress", "MovePrecompileToAddress"])
def test_only_precompiles_are_moved(net: Devnet, name: str) -> None:
    overrides = {SOMEBODY: {name: OTHER}}
    for refused in (
        refusal(net, "eth_simulateV1", {"blockStateCalls": [{"stateOverrides": overrides}]}),
        refusal(net, "eth_call", {}, "latest", overrides),
        refusal(net, "debug_traceCall", {}, "latest", {"stateOverrides": overrides}),
    ):
        assert (refused[0], "is not a precompile" in refused[1]) == (-32000, True)


def test_state_is_replaced_or_changed(net: Devnet) -> None:
    overrides = {SOMEBODY: {"state": {}, "stateDiff": {}}}
    assert refusal(net, "eth_call", {}, "latest", overrides)[0] == -32000


def test_capabilities() -> None:
    with Devnet() as net:
        answer = net.rpc("eth_capabilities")
        assert answer["head"] == {"number": "0x0", "hash": net.rpc("eth_getBlockByNumber", "0x0", False)["hash"]}
        assert set(answer) == {"head", "state", "tx", "logs", "receipts", "blocks", "stateproofs"}
        assert all(answer[kind] == {"disabled": False, "oldestBlock": "0x0"} for kind in set(answer) - {"head"})


def test_capabilities_after_a_dump_without_its_states() -> None:
    with Devnet() as source:
        source.rpc("anvil_mine", 4)
        dump = source.rpc("anvil_dumpState", False)
    with Devnet() as net:
        net.rpc("anvil_loadState", dump)
        net.rpc("anvil_mine", 2)
        answer = net.rpc("eth_capabilities")
        oldest = int(answer["state"]["oldestBlock"], 16)
        assert net.rpc("eth_getBalance", SOMEBODY, hex(oldest)) == "0x0"
        if oldest:
            assert refusal(net, "eth_getBalance", SOMEBODY, hex(oldest - 1))[0] == -32000


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_getStorageValues", [{}]),
        ("eth_getBlockByNumber", ["2", False]),
        ("debug_getRawBlock", ["2"]),
        ("debug_getRawHeader", ["2"]),
        ("debug_getRawReceipts", ["2"]),
        ("debug_traceBlockByNumber", ["2"]),
        ("eth_getBalance", [SOMEBODY, "2"]),
        ("eth_getBalance", [SOMEBODY, {"blockNumber": "2"}]),
        ("eth_call", [{}, "10"]),
        ("eth_getLogs", [{"fromBlock": "2"}]),
        ("eth_feeHistory", ["0x1", "2", []]),
        ("eth_getStorageAt", [SOMEBODY, "0x" + "00" * 33, "latest"]),
        ("eth_getStorageAt", [SOMEBODY, "0x" + "0" * 65, "latest"]),
        ("eth_getStorageAt", [SOMEBODY, "0xasdf", "latest"]),
        ("eth_getStorageValues", [{SOMEBODY: ["0x" + "00" * 33]}]),
        ("eth_getProof", [SOMEBODY, ["0x" + "00" * 33], "latest"]),
        ("eth_call", [{"accessList": [{"address": SOMEBODY, "storageKeys": ["0x" + "00" * 33]}]}]),
        ("eth_call", [{}, "latest", {SOMEBODY: {"stateDiff": {"0x" + "00" * 33: "0x01"}}}]),
        ("debug_getRawTransaction", ["10" * 32]),
        ("eth_getTransactionByBlockNumberAndIndex", ["0x0", "0"]),
        ("eth_getTransactionBySenderAndNonce", [SOMEBODY, "0"]),
        ("eth_getStorageAt", [SOMEBODY, "10", "latest"]),
        ("eth_getProof", [SOMEBODY, ["10"], "latest"]),
        ("eth_call", [{"gas": "100000"}]),
        ("eth_estimateGas", [{"value": "1"}]),
        ("eth_sendTransaction", [{"from": SOMEBODY, "nonce": "1"}]),
        ("eth_call", [{}, "latest", {SOMEBODY: {"balance": "10"}}]),
        ("eth_call", [{}, "latest", {}, {"time": "10"}]),
        ("debug_traceCall", [{}, "latest", {"blockOverrides": {"number": "10"}}]),
        ("eth_simulateV1", [{"blockStateCalls": [{"calls": [{"gas": "100000"}]}]}]),
        ("trace_call", [{"value": "1"}, ["trace"]]),
    ],
)
def test_an_unknown_parameter_is_invalid(net: Devnet, method: str, params: list[Any]) -> None:
    assert refusal(net, method, *params)[0] == -32602


COUNTS = {("eth_feeHistory", "count")}
"""Numbers that geth takes in decimal text."""


def _numbers_in(annotation: Any) -> Iterator[Any]:
    """The kinds of number that parameters of a type may hold."""
    if get_origin(annotation) is Annotated and get_args(annotation)[0] is int:
        yield annotation
    elif isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        for hint in get_type_hints(annotation, include_extras=True).values():
            yield from _numbers_in(hint)
    else:
        for part in get_args(annotation):
            yield from _numbers_in(part)


def test_no_method_of_the_execution_api_takes_a_number_in_decimal_text() -> None:
    looked_at = 0
    METHODS.complete()
    for name, entry in METHODS.items():
        function = inspect.unwrap(entry.function)
        for parameter, annotation in get_type_hints(function, include_extras=True).items():
            for kind in _numbers_in(annotation):
                if name.startswith(LENIENT):
                    assert decoder_for(kind)("17") == 17, (name, parameter)
                elif (name, parameter) not in COUNTS:
                    with pytest.raises(InvalidParams):
                        pytest.fail(f"{name}, {parameter}: {decoder_for(kind, is_exact=True)('17')}")
                    looked_at += 1
    assert looked_at > 100


def test_who_asks_as_a_client_of_anvil_may_send_decimal_text() -> None:
    with Devnet(preset="anvil") as net:
        call = {"from": net.accounts[0].address, "to": OTHER, "value": "17", "gas": "100000"}
        net.rpc("eth_sendTransaction", call)
        assert net.rpc("eth_getBalance", OTHER) == "0x11"
        assert refusal(net, "eth_getBalance", OTHER, "1")[0] == -32602


def test_receipts_have_no_time_unless_asked(net: Devnet) -> None:
    sent = {"from": net.accounts[0].address, "to": OTHER}
    answers = [net.rpc("eth_sendTransactionSync", sent)]
    answers.append(net.rpc("eth_getTransactionReceipt", answers[0]["transactionHash"]))
    answers += net.rpc("eth_getBlockReceipts", "latest")
    assert not any("blockTimestamp" in answer for answer in answers)
    with Devnet(receipt_timestamps=True) as asked:
        sent = {"from": asked.accounts[0].address, "to": OTHER}
        answers = [asked.rpc("eth_sendTransactionSync", sent)]
        answers.append(asked.rpc("eth_getTransactionReceipt", answers[0]["transactionHash"]))
        answers += asked.rpc("eth_getBlockReceipts", "latest")
        time = asked.rpc("eth_getBlockByNumber", "latest", False)["timestamp"]
        assert [answer["blockTimestamp"] for answer in answers] == [time] * 3


RECORDED_CHAIN = 3503995874084926
"""The chain id of the execution API's records."""


def test_a_simulated_transaction_has_the_hash_of_its_bytes() -> None:
    """The hash is that of the record ``ethSimulate-simple-validation-fulltx``."""
    call = {"from": SOMEBODY, "to": OTHER, "maxFeePerGas": "0x10", "value": "0x2540be400", "gas": "0x2faf080"}
    block = {
        "blockOverrides": {"baseFeePerGas": "0xf", "gasLimit": "0xbebc200"},
        "stateOverrides": {SOMEBODY: {"balance": "0xe8d4a51000"}},
        "calls": [call],
    }
    with Devnet(chain_id=RECORDED_CHAIN) as net:
        asked = {"blockStateCalls": [block], "validation": True, "returnFullTransactions": True}
        [simulated] = net.rpc("eth_simulateV1", asked)
    [tx] = simulated["transactions"]
    assert tx["hash"] == "0xc2df7444d2b0604cdfaa20cad5855422b575d8d2ec02868ed9eb45eb20490f66"


def test_difficulty_cannot_be_simulated(net: Devnet) -> None:
    asked = {"blockStateCalls": [{"blockOverrides": {"difficulty": "0x1"}}]}
    assert refusal(net, "eth_simulateV1", asked)[0] == -32602


def test_steps_leave_out_empty_memory_and_return_data(net: Devnet) -> None:
    sent = net.rpc("eth_sendTransactionSync", {"from": net.accounts[0].address, "data": "0x600160005260205ff3"})
    traced = net.rpc(
        "debug_traceTransaction", sent["transactionHash"], {"enableMemory": True, "enableReturnData": True}
    )
    first, *_, last = traced["structLogs"]
    assert not {"memory", "returnData"} & set(first)
    assert last["memory"] == ["0x" + "00" * 31 + "01"] and "returnData" not in last


ATTRIBUTES = {
    "prevRandao": "0x" + "11" * 32,
    "suggestedFeeRecipient": OTHER,
    "withdrawals": [],
    "parentBeaconBlockRoot": "0x" + "22" * 32,
}


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_block_is_built_and_committed_as_described(preset: str) -> None:
    with Devnet(preset=preset, no_l1=True) as net:
        head = net.rpc("eth_getBlockByNumber", "latest", False)
        attributes = ATTRIBUTES | {"timestamp": hex(int(head["timestamp"], 16) + 7)}
        [first, second] = [_signed(net, nonce) for nonce in (0, 1)]
        wanted = (attributes, [first, second], "0x746573745f6e616d65")
        payload = net.rpc("testing_buildBlockV1", head["hash"], *wanted)["executionPayload"]
        assert net.rpc("eth_getBlockByNumber", "latest", False)["hash"] == head["hash"]
        assert (payload["transactions"], payload["extraData"]) == ([first, second], wanted[2])
        assert refusal(net, "testing_commitBlockV1", attributes, [second])[0] == -32000
        assert net.rpc("eth_getBlockByNumber", "latest", False)["hash"] == head["hash"]
        assert net.rpc("testing_commitBlockV1", *wanted) == payload["blockHash"]
        block = net.rpc("eth_getBlockByNumber", "latest", False)
        assert (block["hash"], block["miner"], block["mixHash"]) == (payload["blockHash"], OTHER, "0x" + "11" * 32)
        assert net.rpc("eth_getTransactionReceipt", block["transactions"][1])["status"] == "0x1"
        assert net.rpc("evm_mine") == "0x0"


def test_what_waits_is_built_of_and_committed() -> None:
    with Devnet(no_l1=True, no_mining=True) as net:
        head = net.rpc("eth_getBlockByNumber", "latest", False)
        attributes = ATTRIBUTES | {"timestamp": hex(int(head["timestamp"], 16) + 7)}
        waiting = _signed(net, 0)
        net.rpc("eth_sendRawTransaction", waiting)
        assert (
            net.rpc("testing_buildBlockV1", head["hash"], attributes, [], "0x")["executionPayload"]["transactions"]
            == []
        )
        built = net.rpc("testing_buildBlockV1", head["hash"], attributes, None, "0x")
        assert built["executionPayload"]["transactions"] == [waiting]
        assert int(built["blockValue"], 16) == 21_000 * 10**9
        assert net.rpc("testing_commitBlockV1", attributes, None) == built["executionPayload"]["blockHash"]
        assert net.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def _signed(net: Devnet, nonce: int) -> str:
    fields = {"to": OTHER, "value": "0x5", "gas": "0x186a0", "nonce": hex(nonce)}
    fees = {"maxFeePerGas": hex(10**10), "maxPriorityFeePerGas": hex(10**9)}
    return str(net.rpc("eth_signTransaction", {"from": net.accounts[0].address, **fields, **fees})["raw"])


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_the_head_is_set_back_to_a_block_by_its_number(preset: str) -> None:
    """Where a block is open, too, which counts among those that are taken back."""
    with Devnet(preset=preset) as net:
        alice = net.accounts[0].address
        for _ in range(4):
            net.rpc("eth_sendTransaction", {"from": alice, "to": OTHER})
            net.rpc("evm_mine")
        wanted = net.rpc("eth_getBlockByNumber", "0x2", False)
        net.rpc("eth_sendTransaction", {"from": alice, "to": OTHER})
        net.rpc("debug_setHead", "0x2")
        assert net.rpc("eth_getBlockByNumber", "latest", False) == wanted
        assert net.rpc("eth_sendTransactionSync", {"from": alice, "to": OTHER})["status"] == "0x1"
