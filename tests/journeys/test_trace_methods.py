"""trace_*: what a transaction called, changed and executed, asked over RPC, at any block and before anything is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.abi import encode_call
from megadev.rpc import searches, tracing
from megadev.rpc.client import RpcError
from tests.conformance.engine_suite.worlds import asm
from tests.conftest import RunningNode
from tests.contracts import load
from tests.manual_loop import ManualLoop
from tests.stage.wallet import Wallet

UNKNOWN = "0x" + "11" * 32
ITSELF = "0x" + asm(0, 0, 0, 0, 0, "ADDRESS GAS CALL STOP").hex()
"""Calls itself with all the gas there is."""
LOOP = "0x" + asm("JUMPDEST", 0, "JUMP").hex()


class Chain:
    """A devnet with a factory: A creates children, B only pays."""

    def __init__(self, net: Devnet) -> None:
        self.net = net
        self.a, self.b = (account.address for account in net.accounts[:2])
        self.wallet = Wallet(net.rpc, self.a)
        self.factory: str = self.wallet.send(data="0x" + load("Factory").creation.hex())["contractAddress"]

    def create(self, tag: int, **request: Any) -> dict[str, Any]:
        data = "0x" + encode_call("create(uint256)", tag).hex()
        return self.wallet.send(to=self.factory, data=data, **{"gas": 1_000_000, **request})


@pytest.fixture
def chain() -> Chain:
    return Chain(Devnet())


def test_a_transactions_calls_are_those_it_made_back_then(chain: Chain) -> None:
    net = chain.net
    receipt = chain.create(1, value=5)
    net.rpc("anvil_setCode", chain.factory, "0x00")
    top, creation = net.rpc("trace_transaction", receipt["transactionHash"])
    assert (top["action"]["to"], top["subtraces"]) == (chain.factory.lower(), 1)
    assert (creation["type"], creation["traceAddress"], creation["action"]["value"]) == ("create", [0], "0x5")
    assert {trace["blockHash"] for trace in (top, creation)} == {receipt["blockHash"]}
    assert (top["blockNumber"], top["transactionPosition"]) == (int(receipt["blockNumber"], 16), 0)
    assert net.rpc("trace_get", receipt["transactionHash"], ["0x0"]) == creation
    assert net.rpc("trace_block", receipt["blockNumber"]) == [top, creation]


def test_tracing_an_unknown_object_is_never_an_empty_list(chain: Chain) -> None:
    net = chain.net
    assert net.rpc("trace_transaction", UNKNOWN) is None
    assert net.rpc("trace_get", UNKNOWN, []) is None
    assert net.rpc("trace_block", "0x99") is None
    assert net.rpc("trace_replayBlockTransactions", "0x99", ["trace"]) is None
    assert net.rpc("trace_transactionOpcodeGas", UNKNOWN) is None
    with pytest.raises(RpcError, match="transaction not found"):
        net.rpc("trace_replayTransaction", UNKNOWN, ["trace"])
    net.rpc("evm_setAutomine", False)
    waiting = net.rpc("eth_sendTransaction", {"from": chain.a, "to": chain.b})
    assert net.rpc("trace_transaction", waiting) is None
    with pytest.raises(RpcError, match="is still in the txpool"):
        net.rpc("trace_replayTransaction", waiting, ["trace"])


def test_a_filter_finds_calls_by_who_made_and_received_them(chain: Chain) -> None:
    net = chain.net
    child = chain.create(1)["logs"][0]["topics"][1][-40:]
    destroy = chain.wallet.send(
        to="0x" + child, data="0x" + encode_call("destroy(address)", b"\x77" * 20).hex(), gas=100_000
    )
    chain.wallet.send(to=chain.b, value=1)

    def find(**wanted: Any) -> list[tuple[int, str, list[int]]]:
        return [(t["blockNumber"], t["type"], t["traceAddress"]) for t in net.rpc("trace_filter", wanted)]

    everything = find()
    assert len(everything) == 6
    assert find(fromAddress=[chain.factory]) == [(2, "create", [0])]
    assert find(toAddress=["0x" + child]) == [(2, "create", [0]), (3, "call", [])]
    assert find(toAddress=["0x" + "77" * 20]) == [(3, "suicide", [0])]
    assert find(fromAddress=[chain.a], toAddress=["0x" + child], mode="intersection") == [(3, "call", [])]
    assert len(find(fromAddress=[chain.a], toAddress=["0x" + child])) == 5
    assert find(after=2, count=2) == everything[2:4]
    assert find(fromBlock=destroy["blockNumber"], toBlock="latest") == everything[3:]
    assert find(fromBlock="pending", toBlock="pending") == everything[-1:]
    assert find(fromBlock="0x99") == find(count=0) == []
    with pytest.raises(RpcError, match="invalid block range"):
        find(fromBlock="0x3", toBlock="0x2")


def test_a_filter_finds_the_same_again_after_a_reorganisation(chain: Chain) -> None:
    net = chain.net
    snapshot = net.rpc("evm_snapshot")
    chain.create(1)
    assert len(net.rpc("trace_filter", {"fromAddress": [chain.factory]})) == 1
    net.rpc("evm_revert", snapshot)
    assert net.rpc("trace_filter", {"fromAddress": [chain.factory]}) == []
    chain.wallet.send(to=chain.b, value=1)
    assert net.rpc("trace_filter", {"fromAddress": [chain.factory]}) == []


def test_a_search_that_takes_too_long_is_refused(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "SEARCH_SECONDS", -1)
    with pytest.raises(RpcError, match="limit exceeded: the search reached block 1 ") as caught:
        chain.net.rpc("trace_filter", {})
    assert caught.value.code == -32005


def test_a_failing_call_is_traced_and_changes_no_state(chain: Chain) -> None:
    net = chain.net
    before = net.rpc("eth_getBlockByNumber", "latest", False)
    data = "0x" + encode_call("create(uint256)", 13).hex()
    request = {"from": chain.a, "to": chain.factory, "data": data, "value": "0x2"}
    answer = net.rpc("trace_call", request, ["trace", "stateDiff"])
    top, creation = answer["trace"]
    assert top["error"] == creation["error"] == "Reverted"
    assert creation["result"]["code"] == answer["output"] == top["result"]["output"]
    assert list(answer["stateDiff"]) == [chain.a.lower()], "nothing but the sender's nonce"
    assert answer["vmTrace"] is None
    assert net.rpc("eth_getBlockByNumber", "latest", False) == before


def test_calls_can_pretend(chain: Chain) -> None:
    request = {"to": chain.b}
    code = {"code": "0x" + asm("NUMBER", 0, "SSTORE").hex()}
    answer = chain.net.rpc(
        "trace_call", request, ["stateDiff", "vmTrace"], "latest", {chain.b: code}, {"number": "0x1234"}
    )
    word = answer["stateDiff"][chain.b.lower()]["storage"]["0x" + "00" * 32]["*"]["to"]
    assert int(word, 16) == 0x1234
    assert [op["op"] for op in answer["vmTrace"]["ops"]] == ["NUMBER", "PUSH0", "SSTORE", "STOP"]
    assert answer["trace"] == []


def test_calls_in_a_row_see_each_other(chain: Chain) -> None:
    write, read = asm(7, 0, "SSTORE"), asm(0, "SLOAD", 0, "MSTORE", 32, 0, "RETURN")
    code = asm("CALLDATASIZE", len(read) + 4, "JUMPI") + read + asm("JUMPDEST") + write
    chain.net.rpc("anvil_setCode", chain.b, "0x" + code.hex())
    first, second = chain.net.rpc(
        "trace_callMany", [[{"to": chain.b, "data": "0x01"}, ["stateDiff"]], [{"to": chain.b}, ["trace"]]]
    )
    assert list(first["stateDiff"]) == ["0x" + "00" * 20, chain.b.lower()]
    assert int(second["output"], 16) == 7
    assert chain.net.rpc("eth_getStorageAt", chain.b, "0x0", "latest") == "0x" + "00" * 32


def test_a_signed_transaction_is_traced_without_being_sent(chain: Chain) -> None:
    net = chain.net
    nonce = net.rpc("eth_getTransactionCount", chain.a, "latest")
    raw = net.rpc(
        "eth_signTransaction",
        {"from": chain.a, "to": chain.b, "value": "0x9", "gas": "0x5208", "nonce": nonce, "gasPrice": "0x77359400"},
    )
    answer = net.rpc("trace_rawTransaction", raw["raw"], ["trace", "stateDiff"])
    assert answer["trace"][0]["action"]["value"] == "0x9"
    nonces = answer["stateDiff"][chain.a.lower()]["nonce"]["*"]
    assert int(nonces["to"], 16) == int(nonces["from"], 16) + 1
    assert net.rpc("eth_getTransactionCount", chain.a, "latest") == nonce


def test_replays_show_state_changes_and_opcode_costs(chain: Chain) -> None:
    net = chain.net
    tx_hash = chain.create(3)["transactionHash"]
    replayed = net.rpc("trace_replayTransaction", tx_hash, ["trace", "stateDiff", "vmTrace"])
    assert [trace["type"] for trace in replayed["trace"]] == ["call", "create"]
    born = [change for change in replayed["stateDiff"].values() if change != "=" and "+" in change["nonce"]]
    assert born[0]["code"]["+"] == replayed["trace"][1]["result"]["code"]
    creation = next(op for op in replayed["vmTrace"]["ops"] if op["op"] == "CREATE")
    assert creation["sub"]["code"] == replayed["trace"][1]["action"]["init"]
    opcodes = net.rpc("trace_transactionOpcodeGas", tx_hash)["opcodeGas"]
    assert sum(entry["gasUsed"] for entry in opcodes) == int(replayed["trace"][0]["result"]["gasUsed"], 16)
    block = net.rpc("trace_blockOpcodeGas", "latest")
    assert block["transactions"] == [{"transactionHash": tx_hash, "opcodeGas": opcodes}]


def test_transactions_in_a_block_see_those_before_them(chain: Chain) -> None:
    net = chain.net
    count = asm(0, "SLOAD", 1, "ADD", "DUP1", 0, "SSTORE", 0, "MSTORE", 32, 0, "RETURN")
    net.rpc("anvil_setCode", chain.b, "0x" + count.hex())
    net.rpc("evm_setAutomine", False)
    hashes = [net.rpc("eth_sendTransaction", {"from": chain.a, "to": chain.b, "gas": 60_000}) for _ in range(3)]
    assert [trace["blockHash"] for trace in net.rpc("trace_block", "pending")] == [None] * 3
    net.rpc("evm_mine")
    outputs = [net.rpc("trace_transaction", tx_hash)[0]["result"]["output"] for tx_hash in hashes]
    assert [int(output, 16) for output in outputs] == [1, 2, 3]


def test_a_preconfirmed_transaction_is_traced_before_its_block_is_sealed() -> None:
    clock = ManualClock(1_700_000_000)
    with Devnet(preset="megaeth", no_l1=True, clock=clock, loop=ManualLoop(clock)) as net:
        a, b = (account.address for account in net.accounts[:2])
        net.rpc("eth_sendTransaction", {"from": a, "to": b, "value": 1})
        tx_hash = net.rpc("eth_sendTransaction", {"from": a, "to": b, "value": 2})
        (found,) = net.rpc("trace_transaction", tx_hash)
        assert (found["action"]["value"], found["transactionPosition"]) == ("0x2", 1)
        assert found["blockHash"] == net.rpc("eth_getTransactionReceipt", tx_hash)["blockHash"]
        assert net.rpc("trace_replayTransaction", tx_hash, ["trace"])["trace"][0]["action"] == found["action"]
        assert net.rpc("ots_traceTransaction", tx_hash)[0]["value"] == "0x2"
        assert net.rpc("trace_filter", {}) == [], "not sealed"
        assert len(net.rpc("trace_block", "pending")) == 2


def test_a_trace_of_millions_of_instructions_is_refused(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "TRACE_BYTES", 1 << 20)
    overrides = {chain.b: {"code": LOOP}}
    with pytest.raises(RpcError, match="limit exceeded: the trace is over"):
        chain.net.rpc("trace_call", {"to": chain.b}, ["vmTrace"], "latest", overrides)
    answer = chain.net.rpc("trace_call", {"to": chain.b, "gas": 100_000}, ["trace"], "latest", overrides)
    assert answer["trace"][0]["error"] == "Out of gas"


def test_a_trace_of_1024_nested_calls_is_served(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--disable-block-gas-limit", "--gas-limit", "500000000000")
    sender = node.rpc("eth_accounts")[0]
    target = "0x" + "c1" * 20
    node.rpc("anvil_setCode", target, ITSELF)
    request = {"from": sender, "to": target, "gas": hex(200_000_000_000)}
    overrides = {target: {"code": ITSELF}}
    traces = node.rpc("trace_call", request, ["trace"], "latest", overrides)["trace"]
    assert len(traces) == 1026
    assert traces[-1]["traceAddress"] == [0] * 1025
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)  # for this test's own decoding
    try:
        called = node.rpc("debug_traceCall", request, "latest", {"tracer": "callTracer"})
    finally:
        sys.setrecursionlimit(limit)
    depth = 0
    while "calls" in called:
        (called,) = called["calls"]
        depth += 1
    assert (depth, called["error"]) == (1025, "max call depth exceeded")
