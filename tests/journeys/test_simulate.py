"""eth_simulateV1: blocks that were never mined, held against blocks that were."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from eth_utils import keccak

from megadev import Devnet
from megadev.primitives.abi import Value, encode_call
from megadev.rpc.client import RpcError
from tests.contracts import load

ETHER = 10**18
GWEI = 10**9
PAYER, PAYEE, THIRD = ("0xc" + str(n) + "00" * 19 for n in range(3))
ELSEWHERE = "0x" + "00123456" * 5
ETHER_TOKEN = "0x" + "ee" * 20
TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
RETURN_42 = "0x602a5f5260205ff3"


def word(number: int) -> str:
    return f"0x{number:064x}"


def padded(address: str) -> str:
    return "0x" + "00" * 12 + address[2:].lower()


def call(to: str, signature: str, *args: Value, **fields: Any) -> dict[str, Any]:
    return {"to": to, "data": "0x" + encode_call(signature, *args).hex(), **fields}


@pytest.fixture
def net() -> Devnet:
    return Devnet()


@pytest.fixture
def alice(net: Devnet) -> str:
    return net.accounts[0].address.lower()


def simulate(net: Devnet, *blocks: dict[str, Any], at: Any = "latest", **options: Any) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = net.rpc("eth_simulateV1", {"blockStateCalls": list(blocks), **options}, at)
    return answer


def refusal(net: Devnet, *blocks: dict[str, Any], **options: Any) -> RpcError:
    with pytest.raises(RpcError) as caught:
        simulate(net, *blocks, **options)
    return caught.value


def deploy(net: Devnet, name: str) -> str:
    request = {"from": net.accounts[0].address, "data": "0x" + load(name).creation.hex()}
    address: str = net.rpc("eth_sendTransactionSync", request)["contractAddress"]
    return address


def header_hash(block: dict[str, Any]) -> str:
    """The hash of a block's header, from its fields."""
    names = (
        "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number gasLimit gasUsed "
        "timestamp extraData mixHash nonce baseFeePerGas withdrawalsRoot blobGasUsed excessBlobGas parentBeaconBlockRoot "
        "requestsHash"
    ).split()
    numbers = {
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "baseFeePerGas",
        "blobGasUsed",
        "excessBlobGas",
    }
    fields = [int(block[name], 16) if name in numbers else bytes.fromhex(block[name][2:]) for name in names]
    return "0x" + keccak(rlp.encode(fields)).hex()


def test_a_simulated_block_is_the_block_that_would_be_mined(net: Devnet, alice: str) -> None:
    counter = deploy(net, "Counter")
    sends = [
        {"from": alice, "to": PAYEE, "value": "0x5", "gas": hex(21_000)},
        call(counter, "setNumber(uint256)", 7, **{"from": alice, "gas": hex(100_000)}),
    ]
    fees = {"maxFeePerGas": hex(10 * GWEI), "maxPriorityFeePerGas": hex(GWEI)}
    head = net.rpc("eth_getBlockByNumber", "latest", False)
    at = int(head["timestamp"], 16) + 100
    randao = word(77)
    (simulated,) = simulate(
        net,
        {"calls": [send | fees for send in sends], "blockOverrides": {"time": hex(at), "prevRandao": randao}},
        validation=True,
    )
    net.rpc("evm_setAutomine", False)
    for send in sends:
        net.rpc("eth_sendTransaction", send | fees)
    net.rpc("anvil_setNextBlockPrevRandao", randao)
    net.rpc("evm_mine", {"timestamp": at})
    mined = net.rpc("eth_getBlockByNumber", "latest", False)
    for field in simulated.keys() - {"hash", "transactionsRoot", "transactions", "calls", "size"}:
        assert simulated[field] == mined[field], field
    assert [outcome["gasUsed"] for outcome in simulated["calls"]] == [
        receipt["gasUsed"] for receipt in net.rpc("eth_getBlockReceipts", "latest")
    ]


def test_two_transfers_give_the_receipts_root_of_the_execution_apis_example(net: Devnet) -> None:
    pays = [{"from": PAYER, "to": PAYEE, "value": "0x3e8"}, {"from": PAYEE, "to": THIRD, "value": "0x3e8"}]
    (block,) = simulate(net, {"stateOverrides": {PAYER: {"balance": "0x3e8"}}, "calls": pays})
    assert block["receiptsRoot"] == "0x75308898d571eafb5cd8cde8278bf5b3d13c5f6ec074926de3bb895b519264e1"
    assert block["gasUsed"] == "0xa410"
    ok = {"returnData": "0x", "logs": [], "gasUsed": "0x5208", "maxUsedGas": "0x5208", "status": "0x1"}
    assert block["calls"] == [ok, ok]


def test_blocks_are_chained_by_real_hashes_and_gaps_are_filled(net: Devnet) -> None:
    net.rpc("anvil_mine", 3)
    head = net.rpc("eth_getBlockByNumber", "latest", False)
    show_hash = {ELSEWHERE: {"code": "0x5f35405f5260205ff3"}}  # BLOCKHASH of the word in the call data
    blocks = simulate(
        net,
        {"stateOverrides": show_hash},
        {"blockOverrides": {"number": "0x8", "time": hex(int(head["timestamp"], 16) + 1000)}},
        {"calls": [{"to": ELSEWHERE, "data": word(number)} for number in (3, 4, 7, 8, 9)]},
    )
    assert [int(block["number"], 16) for block in blocks] == [4, 5, 6, 7, 8, 9]
    times = [int(block["timestamp"], 16) - int(head["timestamp"], 16) for block in blocks]
    assert times == [12, 24, 36, 48, 1000, 1012]
    parents = [head, *blocks[:-1]]
    assert [block["parentHash"] for block in blocks] == [parent["hash"] for parent in parents]
    assert [block["hash"] for block in blocks] == [header_hash(block) for block in blocks]
    seen = [outcome["returnData"] for outcome in blocks[-1]["calls"]]
    assert seen == [head["hash"], blocks[0]["hash"], blocks[3]["hash"], blocks[4]["hash"], word(0)]


def test_simulated_state_carries_over_and_is_discarded(net: Devnet, alice: str) -> None:
    counter = deploy(net, "Counter")
    head = net.rpc("eth_blockNumber")
    increment, read = call(counter, "increment()", **{"from": alice}), call(counter, "number()")
    first, second = simulate(net, {"calls": [increment, increment, read]}, {"calls": [increment, read]})
    assert first["calls"][2]["returnData"] == word(2)
    assert second["calls"][1]["returnData"] == word(3)
    assert first["stateRoot"] != second["stateRoot"]
    assert (net.rpc("eth_call", read), net.rpc("eth_blockNumber")) == (word(0), head)


def test_overrides_apply_from_their_block_on(net: Devnet) -> None:
    read = [{"to": ELSEWHERE}]
    first, second, third = simulate(
        net,
        {"stateOverrides": {ELSEWHERE: {"code": RETURN_42}}, "calls": read},
        {"calls": read},
        {"stateOverrides": {ELSEWHERE: {"code": "0x"}}, "calls": read},
    )
    assert [block["calls"][0]["returnData"] for block in (first, second, third)] == [word(42), word(42), "0x"]


@pytest.mark.parametrize(
    ("override", "opcode", "seen"),
    [
        ({"number": "0x20"}, 0x43, 32),
        ({"gasLimit": "0x1e8480"}, 0x45, 2_000_000),
        ({"feeRecipient": THIRD}, 0x41, int(THIRD, 16)),
        ({"prevRandao": word(5)}, 0x44, 5),
        ({"baseFeePerGas": "0xa"}, 0x48, 10),
        ({"blobBaseFee": "0x7"}, 0x4A, 7),
        ({}, 0x48, 0),
    ],
)
def test_a_block_can_be_made_up(net: Devnet, override: dict[str, Any], opcode: int, seen: int) -> None:
    show = {ELSEWHERE: {"code": f"0x{opcode:02x}5f5260205ff3"}}
    block = simulate(net, {"blockOverrides": override, "stateOverrides": show, "calls": [{"to": ELSEWHERE}]})[-1]
    assert block["calls"][0]["returnData"] == word(seen)


def test_a_coinbase_and_gas_limit_carry_over_but_a_base_fee_does_not(net: Devnet) -> None:
    made_up = {"feeRecipient": THIRD, "gasLimit": "0x1e8480", "baseFeePerGas": "0xa"}
    first, second = simulate(net, {"blockOverrides": made_up}, {})
    assert (first["miner"], first["gasLimit"], first["baseFeePerGas"]) == (THIRD, "0x1e8480", "0xa")
    assert (second["miner"], second["gasLimit"], second["baseFeePerGas"]) == (THIRD, "0x1e8480", "0x0")


def test_a_failed_simulated_call_has_a_reason_and_the_next_continues(net: Devnet) -> None:
    reverter = deploy(net, "Reverter")
    (block,) = simulate(
        net,
        {"calls": [call(reverter, "withReason()"), call(reverter, "withInvalidOpcode()", gas="0xffff"), {"to": PAYEE}]},
    )
    reverted, halted, fine = block["calls"]
    assert (reverted["status"], reverted["returnData"]) == ("0x0", "0x")
    assert reverted["error"]["code"] == 3
    assert reverted["error"]["message"] == "execution reverted: out of luck"
    assert reverted["error"]["data"].startswith("0x08c379a0")
    assert (halted["status"], halted["error"]["code"], halted["gasUsed"]) == ("0x0", -32015, "0xffff")
    assert "invalid opcode" in halted["error"]["message"]
    assert (fine["status"], "error" in fine) == ("0x1", False)


def test_simulated_logs_have_their_position(net: Devnet) -> None:
    logger = deploy(net, "Logger")
    (block,) = simulate(net, {"calls": [call(logger, "many(uint256)", 1), call(logger, "many(uint256)", 2)]})
    first, second = (outcome["logs"] for outcome in block["calls"])
    assert [int(log["logIndex"], 16) for log in first + second] == [0, 1, 2]
    assert [log["transactionIndex"] for log in first + second] == ["0x0", "0x1", "0x1"]
    assert {log["blockHash"] for log in first + second} == {block["hash"]}
    assert [first[0]["transactionHash"], second[0]["transactionHash"]] == block["transactions"]
    assert int(block["logsBloom"], 16)


def transfers(logs: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(log["topics"][1], log["topics"][2], int(log["data"], 16)) for log in logs if log["address"] == ETHER_TOKEN]


def test_movements_of_ether_become_logs_where_asked_for(net: Devnet, alice: str) -> None:
    wallet = deploy(net, "Payable")
    sends = [
        {"from": alice, "to": wallet, "value": "0x64"},
        call(wallet, "send(address,uint256)", bytes.fromhex(PAYEE[2:]), 40, **{"from": alice}),
    ]
    (block,) = simulate(net, {"calls": sends}, traceTransfers=True)
    received, sent = (outcome["logs"] for outcome in block["calls"])
    assert transfers(received) == [(padded(alice), padded(wallet), 100)]
    assert [log["address"] for log in received] == [ETHER_TOKEN, wallet]
    assert received[0]["topics"][0] == TRANSFER
    assert transfers(sent) == [(padded(wallet), padded(PAYEE), 40)]
    assert [int(log["logIndex"], 16) for log in received + sent] == [0, 1, 2]
    (plain,) = simulate(net, {"calls": sends})
    assert [len(outcome["logs"]) for outcome in plain["calls"]] == [1, 0]
    assert plain["receiptsRoot"] == block["receiptsRoot"]


def test_ether_that_did_not_move_in_the_end_leaves_no_log(net: Devnet, alice: str) -> None:
    wallet, rejecter = deploy(net, "Payable"), deploy(net, "Rejecter")
    sends = [
        {"from": alice, "to": rejecter, "value": "0x64"},
        {"from": alice, "to": wallet, "value": "0x64"},
        call(wallet, "send(address,uint256)", bytes.fromhex(rejecter[2:]), 40, **{"from": alice}),
    ]
    (block,) = simulate(net, {"calls": sends}, traceTransfers=True)
    assert [outcome["status"] for outcome in block["calls"]] == ["0x0", "0x1", "0x0"]
    assert [len(transfers(outcome["logs"])) for outcome in block["calls"]] == [0, 1, 0]


def test_creation_and_destruction_move_ether_too(net: Devnet, alice: str) -> None:
    factory = deploy(net, "Factory")
    salt, heir = bytes(32), bytes.fromhex(PAYEE[2:])
    (block,) = simulate(
        net,
        {
            "calls": [
                call(
                    factory,
                    "createAndDestroy(uint256,bytes32,address)",
                    1,
                    salt,
                    heir,
                    **{"from": alice, "value": "0x9"},
                )
            ]
        },
        traceTransfers=True,
    )
    moved = transfers(block["calls"][0]["logs"])
    child = moved[1][1]
    assert moved == [(padded(alice), padded(factory), 9), (padded(factory), child, 9), (child, padded(PAYEE), 9)]


def test_full_transactions_are_shown_where_asked_for(net: Devnet, alice: str) -> None:
    fees = {"maxFeePerGas": "0x10"}
    (block,) = simulate(
        net,
        {"blockOverrides": {"baseFeePerGas": "0xf"}, "calls": [{"from": alice, "to": PAYEE, **fees}]},
        validation=True,
        returnFullTransactions=True,
    )
    (tx,) = block["transactions"]
    assert (tx["from"], tx["type"], tx["gasPrice"], tx["maxFeePerGas"], tx["nonce"]) == (
        alice,
        "0x2",
        "0xf",
        "0x10",
        "0x0",
    )
    assert (tx["blockHash"], tx["blockNumber"], tx["transactionIndex"]) == (block["hash"], block["number"], "0x0")


def test_a_simulation_starts_at_the_given_block(net: Devnet, alice: str) -> None:
    counter = deploy(net, "Counter")
    net.rpc("eth_sendTransactionSync", call(counter, "setNumber(uint256)", 9, **{"from": alice}))
    read = {"calls": [call(counter, "number()")]}
    assert simulate(net, read, at="0x1")[0]["calls"][0]["returnData"] == word(0)
    assert simulate(net, read)[0]["calls"][0]["returnData"] == word(9)
    net.rpc("anvil_setStorageAt", counter, "0x0", word(11))
    assert simulate(net, read)[0]["calls"][0]["returnData"] == word(11)
    assert simulate(net, read, at="0x1")[0]["number"] == "0x2"


def test_a_contract_may_send_and_nonces_are_free_without_validation(net: Devnet) -> None:
    wallet = deploy(net, "Payable")
    rich = {wallet: {"balance": hex(ETHER)}}
    free = [{"from": wallet, "to": PAYEE, "value": "0x1", "nonce": nonce} for nonce in ("0x63", "0x0")]
    (block,) = simulate(net, {"stateOverrides": rich, "calls": free})
    assert [outcome["status"] for outcome in block["calls"]] == ["0x1", "0x1"]
    priced = {"from": wallet, "to": PAYEE, "maxFeePerGas": hex(2 * GWEI)}
    (block,) = simulate(net, {"stateOverrides": rich, "calls": [priced]}, validation=True)
    assert block["calls"][0]["status"] == "0x1"


PRICED = {"maxFeePerGas": hex(2 * GWEI)}


@pytest.mark.parametrize(
    ("blocks", "options", "code", "words"),
    [
        ([{"calls": [{"from": "ALICE", "to": PAYEE, "nonce": "0x0", **PRICED}]}], {}, -38010, "nonce too low"),
        ([{"calls": [{"from": "ALICE", "to": PAYEE, "nonce": "0x9", **PRICED}]}], {}, -38011, "nonce too high"),
        ([{"calls": [{"from": "ALICE", "to": PAYEE}]}], {}, -38012, "less than block base fee"),
        ([{"calls": [{"from": "ALICE", "to": PAYEE, "gas": "0x5207", **PRICED}]}], {}, -38013, "intrinsic gas too low"),
        ([{"calls": [{"from": PAYER, "to": PAYEE, "gas": "0x5208", **PRICED}]}], {}, -38014, "insufficient funds"),
        (
            [{"calls": [{"from": PAYER, "to": PAYEE, "value": "0x1"}]}],
            {"validation": False},
            -38014,
            "insufficient funds",
        ),
        ([{"calls": [{"from": "ALICE", "to": PAYEE, "gas": "0x1c9c381"}]}], {"validation": False}, -38015, "gas limit"),
        ([{"calls": [{"data": "0x" + "00" * 49_153}]}], {"validation": False}, -38025, "initcode"),
        (
            [{"calls": [{"to": PAYEE, "maxPriorityFeePerGas": "0x1"}]}],
            {"validation": False},
            -32602,
            "higher than max fee",
        ),
        ([{"blockOverrides": {"number": "0x1"}}], {}, -38020, "block numbers must be in order: 1 <= 1"),
        ([{"blockOverrides": {"number": "0x5"}}, {"blockOverrides": {"number": "0x5"}}], {}, -38020, "5 <= 5"),
        ([{"blockOverrides": {"time": "0x1"}}], {}, -38021, "block timestamps must be in order"),
        ([{"blockOverrides": {"number": "0x102"}}], {}, -38026, "too many blocks"),
        ([{}] * 257, {}, -38026, "too many blocks"),
        ([], {}, -32602, "empty input"),
        ([{"calls": [{"to": "0x12"}]}], {}, -32602, "to"),
        ([{"calls": [{"to": PAYEE, "chainId": "0x1"}]}], {}, -32602, "chainId"),
        ([{"blockOverrides": {"colour": "0x1"}}], {}, -32602, "unknown field"),
        ([{"blockOverrides": {"withdrawals": [{}]}}], {}, -32602, "withdrawals"),
        ([{"stateOverrides": {ELSEWHERE: {"movePrecompileToAddress": PAYEE}}}], {}, -32000, "not a precompile"),
        ([{}], {"validation": "yes"}, -32602, "boolean"),
    ],
)
def test_impossible_simulations_are_refused_with_the_execution_apis_codes(
    net: Devnet, alice: str, blocks: list[Any], options: dict[str, Any], code: int, words: str
) -> None:
    net.rpc("eth_sendTransaction", {"from": alice, "to": PAYEE})
    for block in blocks:
        for one in block.get("calls", []):
            if one.get("from") == "ALICE":
                one["from"] = alice
    error = refusal(net, *blocks, **({"validation": True} | options))
    assert (error.code, words in error.message) == (code, True), error


def test_all_calls_of_a_simulation_share_its_gas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("megadev.inspect.simulate.GAS_ALLOWANCE", 60_000)
    net = Devnet(gas_limit=50_000)
    block = {"calls": [{"to": PAYEE}]}
    first, second = simulate(net, block, block, returnFullTransactions=True)
    assert [first["transactions"][0]["gas"], second["transactions"][0]["gas"]] == [hex(50_000), hex(39_000)]
    error = refusal(net, block, block, block)
    assert (error.code, "used up its gas" in error.message) == (-38026, True)


def test_256_blocks_are_not_too_many(net: Devnet) -> None:
    assert len(simulate(net, {"blockOverrides": {"number": hex(256)}})) == 256


def test_an_unknown_base_is_refused(net: Devnet) -> None:
    assert refusal(net, {}, at="0x99").code == -32000
