"""Asking what a transaction would do: calls, estimates, access lists and bundles, with state and blocks made up at will."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.abi import Value, decode, encode_call
from megadev.rpc.client import RpcError
from tests.contracts import load

ETHER = 10**18
NOBODY = "0x" + "99" * 20
ECRECOVER = "0x" + "00" * 19 + "01"
IDENTITY = "0x" + "00" * 19 + "04"
ELSEWHERE = "0x" + "00123456" * 5
RETURN_42 = "0x602a5f5260205ff3"
"""PUSH1 42, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN."""


def return_opcode(opcode: int) -> str:
    """Code that returns the word an opcode without arguments pushes."""
    return f"0x{opcode:02x}5f5260205ff3"


def blockhash_of(number: int) -> str:
    """Code that returns BLOCKHASH of a block below 256."""
    return f"0x60{number:02x}405f5260205ff3"


def word(number: int) -> str:
    return f"0x{number:064x}"


class Contract:
    """A deployed test contract."""

    def __init__(self, net: Devnet, name: str, arguments: bytes = b"") -> None:
        self.net = net
        data = "0x" + (load(name).creation + arguments).hex()
        receipt = net.rpc("eth_sendTransactionSync", {"from": net.accounts[0].address, "data": data})
        assert receipt["status"] == "0x1"
        self.address: str = receipt["contractAddress"]

    def request(self, signature: str, *args: Value, **fields: Any) -> dict[str, Any]:
        return {"to": self.address, "data": "0x" + encode_call(signature, *args).hex(), **fields}

    def send(self, signature: str, *args: Value, **fields: Any) -> dict[str, Any]:
        request = self.request(signature, *args, **{"from": self.net.accounts[0].address, **fields})
        receipt: dict[str, Any] = self.net.rpc("eth_sendTransactionSync", request)
        return receipt


def call_error(net: Devnet, *params: Any, method: str = "eth_call") -> RpcError:
    with pytest.raises(RpcError) as caught:
        net.rpc(method, *params)
    return caught.value


@pytest.fixture
def net() -> Devnet:
    return Devnet()


# -- eth_call -----------------------------------------------------------------------------------------------------


def test_a_call_reads_what_a_transaction_wrote_and_history_stays_readable(net: Devnet) -> None:
    counter = Contract(net, "Counter")
    before = net.rpc("eth_blockNumber")
    counter.send("setNumber(uint256)", 7)
    read = counter.request("number()")
    assert net.rpc("eth_call", read, "latest") == word(7)
    assert net.rpc("eth_call", read) == word(7)
    assert net.rpc("eth_call", read, before) == word(0)
    block_hash = net.rpc("eth_getBlockByNumber", before, False)["hash"]
    assert net.rpc("eth_call", read, {"blockHash": block_hash}) == word(0)


def test_a_call_at_pending_sees_waiting_transactions(net: Devnet) -> None:
    counter = Contract(net, "Counter")
    net.rpc("evm_setAutomine", False)
    net.rpc("eth_sendTransaction", counter.request("setNumber(uint256)", 5, **{"from": net.accounts[0].address}))
    assert net.rpc("eth_call", counter.request("number()"), "pending") == word(5)
    assert net.rpc("eth_call", counter.request("number()"), "latest") == word(0)


def test_a_call_changes_nothing(net: Devnet) -> None:
    counter = Contract(net, "Counter")
    net.rpc("eth_call", counter.request("increment()"))
    assert net.rpc("eth_call", counter.request("number()")) == word(0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("withReason()",), "execution reverted: out of luck"),
        (("withNothing()",), "execution reverted"),
        (("withAssert(uint256)", 0), "execution reverted: panic: assertion failed (0x01)"),
        (("withDivision(uint256,uint256)", 1, 0), "execution reverted: panic: division or modulo by zero (0x12)"),
        (("withNested()",), "execution reverted: out of luck"),
    ],
)
def test_a_revert_answers_with_code_3_its_reason_and_its_bytes(
    net: Devnet, call: tuple[Any, ...], message: str
) -> None:
    error = call_error(net, Contract(net, "Reverter").request(*call))
    assert (error.code, error.message) == (3, message)
    assert error.data.startswith("0x")
    if "out of luck" in message:
        assert decode(["string"], bytes.fromhex(error.data[10:])) == ("out of luck",)


def test_a_call_that_halts_is_an_error_without_data(net: Devnet) -> None:
    reverter = Contract(net, "Reverter")
    error = call_error(net, reverter.request("withInvalidOpcode()"))
    assert (error.code, error.data) == (-32000, None)
    assert "invalid opcode" in error.message
    error = call_error(net, reverter.request("withOutOfGas()", gas="0x10000"))
    assert "out of gas" in error.message


def test_a_call_needs_the_value_it_sends_but_no_money_for_gas(net: Devnet) -> None:
    assert net.rpc("eth_call", {"from": NOBODY, "to": net.accounts[0].address}) == "0x"
    error = call_error(net, {"from": NOBODY, "to": net.accounts[0].address, "value": "0x1"})
    assert error.code == -32003
    assert "insufficient funds" in error.message


def test_a_call_with_a_price_is_held_to_it(net: Devnet) -> None:
    alice = net.accounts[0].address
    price = return_opcode(0x3A)  # GASPRICE
    pretend = {ELSEWHERE: {"code": price}}
    assert net.rpc("eth_call", {"from": alice, "to": ELSEWHERE}, "latest", pretend) == word(0)
    priced = {"from": alice, "to": ELSEWHERE, "gasPrice": hex(5 * 10**9)}
    assert net.rpc("eth_call", priced, "latest", pretend) == word(5 * 10**9)
    capped = {"from": alice, "to": ELSEWHERE, "maxFeePerGas": hex(5 * 10**9), "maxPriorityFeePerGas": "0x7"}
    base_fee = int(net.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    assert net.rpc("eth_call", capped, "latest", pretend) == word(base_fee + 7)
    assert "less than block base fee" in call_error(net, {**priced, "gasPrice": "0x1"}).message
    assert "insufficient funds" in call_error(net, {**priced, "from": NOBODY}).message
    assert "higher than max fee" in call_error(net, {**capped, "maxPriorityFeePerGas": hex(10**12)}).message


def test_creation_code_can_be_called(net: Devnet) -> None:
    runtime = net.rpc("eth_call", {"data": "0x" + load("Counter").creation.hex()})
    assert runtime == "0x" + load("Counter").runtime.hex()


@pytest.mark.parametrize(
    "params",
    [
        [],
        ["latest"],
        [{"to": "0x12"}],
        [{"to": NOBODY, "data": "0x1"}],
        [{"to": NOBODY, "value": "-1"}],
        [{"to": NOBODY, "gas": "0x1" + "0" * 16}],
        [{"to": NOBODY, "data": "0x11", "input": "0x22"}],
        [{"to": NOBODY, "gasPrice": "0x1", "maxFeePerGas": "0x1"}],
        [{"to": NOBODY, "chainId": "0x1"}],
        [{"to": NOBODY}, "newest"],
        [{"to": NOBODY}, "latest", {"0x12": {}}],
        [{"to": NOBODY}, "latest", {NOBODY: {"colour": "0x1"}}],
        [{"to": NOBODY}, "latest", {}, {"colour": "0x1"}],
        [{"to": NOBODY}, "latest", {}, {}, "more"],
    ],
)
@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_parameters_that_make_no_sense_are_refused(net: Devnet, method: str, params: list[Any]) -> None:
    assert call_error(net, *params, method=method).code == -32602


def test_an_unknown_block_is_named_in_the_error(net: Devnet) -> None:
    error = call_error(net, {"to": NOBODY}, "0x1000000")
    assert error.code == -32000
    assert "16777216" in error.message


# -- overrides ----------------------------------------------------------------------------------------------------


def test_any_account_can_be_overridden_for_one_call(net: Devnet) -> None:
    counter = Contract(net, "Counter")
    counter.send("setNumber(uint256)", 7)
    read = counter.request("number()")
    assert net.rpc("eth_call", read, "latest", {counter.address: {"stateDiff": {word(0): word(9)}}}) == word(9)
    assert net.rpc("eth_call", read, "latest", {counter.address: {"state": {word(1): word(9)}}}) == word(0)
    assert net.rpc("eth_call", read, "latest", {counter.address: {"code": RETURN_42}}) == word(42)
    poor = {"from": NOBODY, "to": ELSEWHERE, "value": hex(ETHER)}
    assert net.rpc("eth_call", poor, "latest", {NOBODY: {"balance": hex(ETHER)}}) == "0x"
    assert net.rpc("eth_call", read) == word(7)


def test_a_nonce_override_decides_where_a_contract_would_be(net: Devnet) -> None:
    # CREATE with empty code, and return the address
    creator = {NOBODY: {"code": "0x5f5f5ff05f5260205ff3", "nonce": "0x7"}}
    from eth_utils import keccak
    from rlp import encode

    expected = keccak(encode([bytes.fromhex(NOBODY[2:]), 7]))[12:]
    assert net.rpc("eth_call", {"to": NOBODY}, "latest", creator) == "0x" + bytes(12).hex() + expected.hex()


def test_a_precompile_can_move_and_leave_room_for_code(net: Devnet) -> None:
    moved = {IDENTITY: {"code": RETURN_42, "movePrecompileToAddress": ELSEWHERE}}
    assert net.rpc("eth_call", {"to": IDENTITY, "data": "0x1234"}, "latest", moved) == word(42)
    assert net.rpc("eth_call", {"to": ELSEWHERE, "data": "0x1234"}, "latest", moved) == "0x1234"
    only_moved = {IDENTITY: {"movePrecompileToAddress": ELSEWHERE}}
    assert net.rpc("eth_call", {"to": IDENTITY, "data": "0x1234"}, "latest", only_moved) == "0x"
    replaced = {IDENTITY: {"code": RETURN_42}}
    assert net.rpc("eth_call", {"to": IDENTITY, "data": "0x1234"}, "latest", replaced) == word(42)
    assert net.rpc("eth_call", {"to": IDENTITY, "data": "0x1234"}) == "0x1234"


def test_a_precompile_cannot_move_onto_another_override(net: Devnet) -> None:
    onto = {IDENTITY: {"movePrecompileToAddress": ELSEWHERE}, ELSEWHERE: {"balance": "0x1"}}
    error = call_error(net, {"to": IDENTITY}, "latest", onto)
    assert error.code == -32000
    assert "already overridden" in error.message


@pytest.mark.parametrize(
    ("opcode", "override", "seen"),
    [
        (0x43, {"number": "0x3e8"}, 1000),
        (0x42, {"time": "0x3e8"}, 1000),
        (0x42, {"timestamp": 1000}, 1000),
        (0x45, {"gasLimit": "0x1e8480"}, 2_000_000),
        (0x41, {"feeRecipient": NOBODY}, int(NOBODY, 16)),
        (0x41, {"coinbase": NOBODY}, int(NOBODY, 16)),
        (0x44, {"prevRandao": word(77)}, 77),
        (0x4A, {"blobBaseFee": "0x63"}, 99),
    ],
)
def test_the_block_can_be_pretended_different(net: Devnet, opcode: int, override: dict[str, Any], seen: int) -> None:
    pretend = {ELSEWHERE: {"code": return_opcode(opcode)}}
    assert net.rpc("eth_call", {"to": ELSEWHERE}, "latest", pretend, override) == word(seen)


def test_a_base_fee_override_holds_for_calls_that_pay(net: Devnet) -> None:
    pretend = {ELSEWHERE: {"code": return_opcode(0x48)}}
    paying = {"from": net.accounts[0].address, "to": ELSEWHERE, "gasPrice": "0x64"}
    assert net.rpc("eth_call", paying, "latest", pretend, {"baseFeePerGas": "0x63"}) == word(99)
    assert net.rpc("eth_call", paying, "latest", pretend, {"baseFee": "0x63"}) == word(99)


def test_a_block_hash_can_be_pretended_different(net: Devnet) -> None:
    net.rpc("anvil_mine", 5)
    pretend = {ELSEWHERE: {"code": blockhash_of(3)}}
    real = net.rpc("eth_getBlockByNumber", "0x3", False)["hash"]
    assert net.rpc("eth_call", {"to": ELSEWHERE}, "latest", pretend) == real
    assert net.rpc("eth_call", {"to": ELSEWHERE}, "latest", pretend, {"blockHash": {"0x3": word(5)}}) == word(5)


# -- eth_estimateGas ----------------------------------------------------------------------------------------------


def test_an_estimate_is_exactly_enough(net: Devnet) -> None:
    storage = Contract(net, "Storage")
    request = storage.request("setTable(uint256,uint256)", 1, 2, **{"from": net.accounts[0].address})
    gas = int(net.rpc("eth_estimateGas", request), 16)
    assert "out of gas" in call_error(net, {**request, "gas": hex(gas - 1)}).message
    receipt = net.rpc("eth_sendTransactionSync", {**request, "gas": hex(gas)})
    assert receipt["status"] == "0x1"


def test_an_estimate_includes_waiting_transactions_unless_a_block_is_named(net: Devnet) -> None:
    storage = Contract(net, "Storage")
    net.rpc("evm_setAutomine", False)
    request = storage.request("setValue(uint256)", 5, **{"from": net.accounts[0].address})
    net.rpc("eth_sendTransaction", request)
    assert int(net.rpc("eth_estimateGas", request), 16) < int(net.rpc("eth_estimateGas", request, "latest"), 16)


def test_a_failing_estimate_returns_the_reason(net: Devnet) -> None:
    reverter = Contract(net, "Reverter")
    assert call_error(net, reverter.request("withReason()"), method="eth_estimateGas").code == 3
    starved = {"to": NOBODY, "gas": hex(20_000)}
    error = call_error(net, starved, method="eth_estimateGas")
    assert error.code == -32000
    assert "gas required exceeds allowance" in error.message
    assert (
        "insufficient funds"
        in call_error(net, {"from": NOBODY, "to": NOBODY, "value": "0x1"}, method="eth_estimateGas").message
    )


def test_an_estimate_takes_overrides(net: Devnet) -> None:
    burning = {ELSEWHERE: {"code": "0x5a5a5a00"}}  # GAS GAS GAS STOP: 6 gas
    assert net.rpc("eth_estimateGas", {"to": ELSEWHERE}, "latest", burning) == hex(21_006)
    assert net.rpc("eth_estimateGas", {"to": ELSEWHERE}) == hex(21_000)


# -- eth_createAccessList -----------------------------------------------------------------------------------------


def test_an_access_list_names_the_slots_and_the_gas_with_it(net: Devnet) -> None:
    storage = Contract(net, "Storage")
    request = storage.request("read(uint256)", 5, **{"from": net.accounts[0].address})
    answer = net.rpc("eth_createAccessList", request)
    assert answer["accessList"] == [{"address": storage.address, "storageKeys": [word(5)]}]
    listed = {**request, "accessList": answer["accessList"], "gas": "0x186a0"}
    assert net.rpc("eth_sendTransactionSync", listed)["gasUsed"] == answer["gasUsed"]


def test_a_failing_transaction_has_an_access_list_too(net: Devnet) -> None:
    answer = net.rpc("eth_createAccessList", Contract(net, "Reverter").request("withReason()"))
    assert answer["error"] == "execution reverted: out of luck"
    assert answer["accessList"][0]["storageKeys"] == [word(0)]


def test_an_access_list_takes_overrides_and_refuses_nonsense(net: Devnet) -> None:
    pretend = {ELSEWHERE: {"code": "0x6005545f5260205ff3"}}  # SLOAD 5
    answer = net.rpc("eth_createAccessList", {"to": ELSEWHERE}, "latest", pretend)
    assert answer["accessList"] == [{"address": ELSEWHERE, "storageKeys": [word(5)]}]
    assert call_error(net, {"to": "0x"}, method="eth_createAccessList").code == -32602


# -- eth_callMany -------------------------------------------------------------------------------------------------


def test_calls_of_a_bundle_see_each_other_and_change_no_state(net: Devnet) -> None:
    counter = Contract(net, "Counter")
    increment, read = counter.request("increment()"), counter.request("number()")
    bundles = [{"transactions": [increment, increment, read]}, {"transactions": [increment, read]}]
    assert net.rpc("eth_callMany", bundles) == [
        [{"value": "0x"}, {"value": "0x"}, {"value": word(2)}],
        [{"value": "0x"}, {"value": word(3)}],
    ]
    assert net.rpc("eth_call", read) == word(0)


def test_a_bundle_reports_failures_in_place_and_continues(net: Devnet) -> None:
    reverter = Contract(net, "Reverter")
    bundle = {
        "transactions": [
            reverter.request("withReason()"),
            reverter.request("withInvalidOpcode()"),
            reverter.request("touched()"),
        ]
    }
    failed, halted, read = net.rpc("eth_callMany", [bundle])[0]
    assert failed == {"error": "execution reverted: out of luck"}
    assert "invalid opcode" in halted["error"]
    assert read == {"value": word(0)}


def test_bundles_can_begin_inside_a_block(net: Devnet) -> None:
    counter = Contract(net, "Counter")
    net.rpc("evm_setAutomine", False)
    for _ in range(3):
        net.rpc("eth_sendTransaction", counter.request("increment()", **{"from": net.accounts[0].address}))
    net.rpc("evm_mine")
    bundle = [{"transactions": [counter.request("number()")]}]
    for index, seen in ((0, 0), (1, 1), ("0x2", 2), (3, 3), (-1, 3)):
        context = {"blockNumber": "latest", "transactionIndex": index}
        assert net.rpc("eth_callMany", bundle, context) == [[{"value": word(seen)}]]
    error = call_error(net, bundle, {"blockNumber": "latest", "transactionIndex": 4}, method="eth_callMany")
    assert error.code == -32602


def test_bundles_take_state_and_block_overrides(net: Devnet) -> None:
    pretend = {ELSEWHERE: {"code": return_opcode(0x43)}}
    bundles = [{"transactions": [{"to": ELSEWHERE}], "blockOverride": {"number": n}} for n in (100, 200)]
    assert net.rpc("eth_callMany", bundles, {"blockNumber": "latest"}, pretend) == [
        [{"value": word(100)}],
        [{"value": word(200)}],
    ]


class HurriedClock(ManualClock):
    """A second passes whenever somebody looks."""

    def monotonic_ns(self) -> int:
        self.advance(1)
        return super().monotonic_ns()


def test_bundles_end_when_their_time_is_up() -> None:
    net = Devnet(clock=HurriedClock(1_700_000_000))
    bundle = [{"transactions": [{"to": NOBODY}] * 3}]
    error = call_error(net, bundle, {}, {}, 2_500, method="eth_callMany")
    assert (error.code, error.message) == (-32000, "execution aborted (timeout = 2500 ms)")
    assert net.rpc("eth_callMany", bundle, {}, {}, 60_000) == [[{"value": "0x"}] * 3]


@pytest.mark.parametrize(
    "params", [[], [[]], [[{}]], [[{"transactions": "0x"}]], [[{"transactions": [{"to": "0x1"}]}]]]
)
def test_malformed_bundles_are_refused(net: Devnet, params: list[Any]) -> None:
    assert call_error(net, *params, method="eth_callMany").code == -32602
