"""Forking another node: its state and history as if they were ours, changes on top, and all that upstream may do."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from megadev import Devnet
from megadev.cli.fork import record
from megadev.clock import ManualClock
from megadev.errors import ConfigError, UpstreamFailed
from megadev.primitives.abi import Value, encode, encode_call
from megadev.rpc.client import RpcError
from tests.anvil import Anvil
from tests.conftest import REPOSITORY, RunningNode
from tests.contracts import load
from tests.faulty_upstream import FaultyUpstream, faulty_upstream, refusing
from tests.stage.refusals import refusal

START = 1_700_000_000
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
STRANGER = "0x" + "42" * 20


class Upstream:
    """A chain of twelve blocks: a token, transfers of it and of ether."""

    def __init__(self) -> None:
        self.net = Devnet(clock=ManualClock(START), accounts=4, manual_clock=True)
        self.users = [account.address for account in self.net.accounts]
        gold = load("Token").creation + encode(["string", "string", "uint256"], ["Gold", "AU", 1000])
        receipt = self.net.rpc("eth_sendTransactionSync", {"from": self.users[0], "data": "0x" + gold.hex()})
        self.token: str = receipt["contractAddress"]
        self.sent: list[str] = [receipt["transactionHash"]]
        for amount in range(1, 6):
            call = {"from": self.users[0], "to": self.token, "data": transfer(self.users[1], amount)}
            self.sent.append(self.net.rpc("eth_sendTransaction", call))
            pay = {"from": self.users[0], "to": STRANGER, "value": hex(amount)}
            self.sent.append(self.net.rpc("eth_sendTransaction", pay))
        self.net.rpc("evm_mine")
        self.height = int(self.net.rpc("eth_blockNumber"), 16)
        self.url = self.net.serve()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    chain = Upstream()
    yield chain
    chain.net.close()


@pytest.fixture
def faulty(upstream: Upstream) -> Iterator[FaultyUpstream]:
    with faulty_upstream(upstream.url) as proxy:
        yield proxy


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[Callable[..., Devnet]]:
    opened: list[Devnet] = []

    def open_one(url: str | None = None, **settings: Any) -> Devnet:
        if url is not None:
            settings["fork_url"] = (url,)
        usual = {"accounts": 2, "clock": ManualClock(START + 500), "fork_cache": tmp_path, "fork_retry_backoff": 0}
        net = Devnet(**(usual | settings))
        opened.append(net)
        return net

    yield open_one
    for net in opened:
        net.node.config = net.node.config.replace(fork_record=None)
        net.close()


def data(signature: str, *args: Value) -> str:
    return "0x" + encode_call(signature, *args).hex()


def transfer(to: str, amount: int) -> str:
    return data("transfer(address,uint256)", bytes.fromhex(to[2:]), amount)


def balance_of(net: Devnet, token: str, owner: str, block: str = "latest", *overrides: Any) -> int:
    call = {"to": token, "data": data("balanceOf(address)", bytes.fromhex(owner[2:]))}
    return int(net.rpc("eth_call", call, block, *overrides), 16)


def ask(url: str, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


# -- state --------------------------------------------------------------------------------------------------------


def test_a_fork_shows_upstreams_state_and_keeps_changes_local(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)
    assert int(net.rpc("eth_blockNumber"), 16) == upstream.height
    assert net.rpc("eth_chainId") == upstream.net.rpc("eth_chainId")
    assert balance_of(net, upstream.token, upstream.users[1]) == 15
    call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 100)}
    receipt = net.rpc("eth_sendTransactionSync", call)
    assert receipt["status"] == "0x1" and int(receipt["blockNumber"], 16) == upstream.height + 1
    assert balance_of(net, upstream.token, STRANGER) == 100
    assert balance_of(upstream.net, upstream.token, STRANGER) == 0
    assert int(upstream.net.rpc("eth_blockNumber"), 16) == upstream.height


def test_the_accounts_are_funded_on_top_and_keep_their_nonces(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url, balance=77)
    sender = upstream.users[0]
    assert int(net.rpc("eth_getBalance", sender), 16) == 77 * 10**18
    assert net.rpc("eth_getTransactionCount", sender) == upstream.net.rpc("eth_getTransactionCount", sender)
    assert net.rpc("eth_getBalance", upstream.users[3]) == upstream.net.rpc("eth_getBalance", upstream.users[3])


def test_dev_accounts_lose_upstreams_delegations(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    delegated = "0xef0100" + upstream.token[2:]
    before = upstream.net.rpc("evm_snapshot")
    for who in (upstream.users[0], upstream.users[3]):
        upstream.net.rpc("anvil_setCode", who, delegated)
    upstream.net.rpc("evm_mine")
    net = fork(upstream.url, accounts=2, no_storage_caching=True)
    assert net.rpc("eth_getCode", upstream.users[0], "latest") == "0x"
    assert net.rpc("eth_getCode", upstream.users[3], "latest") == delegated, "it is none of the fork's"
    paid = net.rpc("eth_sendTransactionSync", {"from": upstream.users[1], "to": upstream.users[0], "value": "0x1"})
    assert paid["gasUsed"] == "0x5208"
    upstream.net.rpc("evm_revert", before)


def test_a_fork_reads_the_pinned_block(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(f"{upstream.url}@4")
    assert net.rpc("eth_blockNumber") == "0x4"
    assert net.rpc("eth_getBalance", STRANGER) == upstream.net.rpc("eth_getBalance", STRANGER, "0x4")
    assert int(fork(upstream.url, fork_block_number=-2).rpc("eth_blockNumber"), 16) == upstream.height - 2
    assert net.rpc("eth_getBlockByNumber", "0x5") is None
    assert net.rpc("eth_getTransactionReceipt", upstream.sent[-1]) is None, "upstream mined it after the forked block"


def test_the_block_behind_a_url_may_be_a_tag_or_a_hash(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    fourth = upstream.net.rpc("eth_getBlockByNumber", "0x4", False)["hash"]
    latest, finalized, earliest = (
        int(upstream.net.rpc("eth_getBlockByNumber", tag, False)["number"], 16)
        for tag in ("latest", "finalized", "earliest")
    )
    key = f"{upstream.url}/v2/key"
    for url, number in (
        (f"{key}@{fourth}", 4),
        (f"{key}@latest", latest),
        (f"{key}@finalized", finalized),
        (f"{upstream.url}@earliest", earliest),
        (f"{upstream.url}/@0x5", 5),
    ):
        net = fork(url, no_l1=True)
        assert int(net.rpc("eth_blockNumber"), 16) == number, url
    with pytest.raises(ConfigError, match="has no block 0xabab"):
        fork(f"{key}@0x{'ab' * 32}")


def test_snapshots_and_reverts_work_over_remote_state(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)
    root = net.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"]
    before = net.rpc("evm_snapshot")
    net.rpc("anvil_setBalance", STRANGER, "0x1")
    net.rpc("evm_mine")
    assert net.rpc("eth_getBalance", STRANGER) == "0x1"
    assert net.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"] != root
    assert net.rpc("evm_revert", before) is True
    assert net.rpc("eth_getBalance", STRANGER) == upstream.net.rpc("eth_getBalance", STRANGER)
    assert net.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"] == root


def test_fork_roots_depend_on_changes_not_on_reads(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    first, second = fork(upstream.url), fork(upstream.url)
    second.rpc("eth_getBalance", "0x" + "77" * 20)
    assert balance_of(second, upstream.token, upstream.users[3]) == 0
    hashes = []
    for net in (first, second):
        net.rpc("anvil_setNextBlockTimestamp", hex(START + 10_000))
        net.rpc("anvil_setStorageAt", upstream.token, "0x5", "0x" + "00" * 31 + "07")
        net.rpc("evm_mine")
        hashes.append(net.rpc("eth_getBlockByNumber", "latest", False)["hash"])
    assert hashes[0] == hashes[1]


def test_random_reads_and_calls_equal_upstreams(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net, chance = fork(upstream.url), random.Random(8)
    people = [*upstream.users[2:], STRANGER, upstream.token, "0x" + "55" * 20]
    for _ in range(300):
        block = hex(chance.randrange(1, upstream.height + 1))
        who = chance.choice(people)
        transaction = chance.choice(upstream.sent)
        method, params = chance.choice(
            [
                ("eth_getBalance", [who, block]),
                ("eth_getCode", [who, block]),
                ("eth_getTransactionCount", [who, block]),
                ("eth_getStorageAt", [upstream.token, hex(chance.randrange(6)), block]),
                (
                    "eth_call",
                    [{"to": upstream.token, "data": data("balanceOf(address)", bytes.fromhex(who[2:]))}, block],
                ),
                ("eth_getBlockByNumber", [block, chance.random() < 0.5]),
                ("eth_getBlockReceipts", [block]),
                ("eth_getTransactionByHash", [transaction]),
                ("eth_getTransactionReceipt", [transaction]),
                ("eth_getTransactionByBlockNumberAndIndex", [block, "0x0"]),
                ("eth_getLogs", [{"fromBlock": hex(chance.randrange(9)), "toBlock": block}]),
                ("debug_traceTransaction", [transaction, {"tracer": "callTracer"}]),
                ("eth_getProof", [who, ["0x2"], block]),
                ("eth_feeHistory", ["0x2", block, [50]]),
            ]
        )
        try:
            expected = upstream.net.rpc(method, *params)
        except RpcError:  # a call to nobody, before there was a token
            continue
        assert net.rpc(method, *params) == expected, (method, params)


# -- history ------------------------------------------------------------------------------------------------------


def test_logs_are_found_on_both_sides_of_the_forked_block(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)
    call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 9)}
    net.rpc("eth_sendTransaction", call)
    wanted = {"fromBlock": "earliest", "toBlock": "latest", "address": upstream.token, "topics": [TRANSFER]}
    amounts = [int(log["data"], 16) for log in net.rpc("eth_getLogs", wanted)]
    assert amounts == [1000, 1, 2, 3, 4, 5, 9]
    assert net.rpc("eth_getLogs", wanted | {"fromBlock": hex(upstream.height + 1)})[0]["data"][-1] == "9"


def test_a_filter_from_an_old_block_has_the_old_logs(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)
    wanted = {"fromBlock": "0x3", "address": upstream.token, "topics": [TRANSFER]}
    watching = net.rpc("eth_newFilter", wanted)
    net.rpc("eth_sendTransaction", {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 9)})
    expected = net.rpc("eth_getLogs", wanted)
    assert len(expected) > 2
    assert net.rpc("eth_getFilterLogs", watching) == expected
    assert net.rpc("eth_getFilterChanges", watching) == expected
    assert net.rpc("eth_getFilterChanges", watching) == []
    assert net.rpc("eth_getFilterLogs", watching) == expected


def test_log_pages_cross_the_forked_block(
    upstream: Upstream, fork: Callable[..., Devnet], monkeypatch: pytest.MonkeyPatch
) -> None:
    net = fork(upstream.url)
    net.rpc("eth_sendTransaction", {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 9)})
    net.rpc("eth_sendTransaction", {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 8)})
    wanted = {"fromBlock": "earliest", "toBlock": "latest", "address": upstream.token}
    expected = net.rpc("eth_getLogs", wanted)
    monkeypatch.setattr("megadev.rpc.methods.eth_log_pages.PAGE", 3)
    pages = [net.rpc("eth_getLogsWithCursor", wanted)]
    while "cursor" in pages[-1]:
        pages.append(net.rpc("eth_getLogsWithCursor", wanted | {"cursor": pages[-1]["cursor"]}))
    assert [len(page["logs"]) for page in pages] == [3, 3, 2]
    assert [log for page in pages for log in page["logs"]] == expected
    at_hash = {"blockHash": upstream.net.rpc("eth_getBlockByNumber", "0x2", False)["hash"]}
    assert net.rpc("eth_getLogsWithCursor", at_hash)["logs"] == net.rpc("eth_getLogs", at_hash)


def test_past_fees_are_requested_from_upstream_once(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    at = upstream.height
    net = fork(f"{faulty.url}@{at}", no_l1=True)
    net.serve()
    asked = [net.rpc("eth_feeHistory", "0x5", "latest", [50])]
    for _ in range(3):
        net.rpc("evm_mine")
        asked.append(net.rpc("eth_feeHistory", "0x5", "latest", [50]))
    assert [int(fees["oldestBlock"], 16) for fees in asked] == [at - 4, at - 3, at - 2, at - 1]
    assert all(len(fees["baseFeePerGas"]) == 6 and len(fees["reward"]) == 5 for fees in asked)
    assert asked[3]["reward"][:2] == asked[0]["reward"][3:]
    assert faulty.methods.count("eth_feeHistory") == 1

    def two_blocks(call: Any) -> Any:
        if call["method"] == "eth_feeHistory":
            call = call | {"params": ["0x2", *call["params"][1:]]}
        return ask(upstream.url, call["method"], *call["params"]) | {"id": call["id"]}

    def without_blobs(call: Any) -> Any:
        answer = two_blocks(call)
        if call["method"] == "eth_feeHistory":
            answer["result"].pop("baseFeePerBlobGas")
            answer["result"].pop("blobGasUsedRatio")
        return answer

    def nonsense(call: Any) -> Any:
        return two_blocks(call) | ({"result": {"oldestBlock": "0x1"}} if call["method"] == "eth_feeHistory" else {})

    def ask_again(each: Callable[[Any], Any], count: int) -> Any:
        faulty.always = lambda batch: [each(call) for call in batch]
        return net.rpc("eth_feeHistory", hex(count), "latest", [50])

    capped = ask_again(two_blocks, 6)
    assert int(capped["oldestBlock"], 16) == at - 1 and len(capped["gasUsedRatio"]) == 5
    bare = ask_again(without_blobs, 7)
    assert bare["blobGasUsedRatio"][:2] == [0, 0] and len(bare["baseFeePerBlobGas"]) == 6
    with pytest.raises(RpcError, match="eth_feeHistory did not return its blocks"):
        ask_again(nonsense, 8)
    faulty.always = lacking(upstream.url, "eth_feeHistory")
    here = net.rpc("eth_feeHistory", "0x9", "latest", [50])
    there = upstream.net.rpc("eth_feeHistory", "0x6", hex(at), [50])
    assert here["oldestBlock"] == there["oldestBlock"] == hex(at - 5)
    for column in ("gasUsedRatio", "reward", "baseFeePerGas", "blobGasUsedRatio"):
        assert here[column][:6] == there[column][:6] and len(here[column]) >= 9, "worked out of upstream's blocks"
    assert net.rpc("eth_feeHistory", "0x4", hex(at), [50])["reward"] == there["reward"][2:]
    assert net.rpc("eth_feeHistory", "0x3", hex(at - 2), []) == upstream.net.rpc(
        "eth_feeHistory", "0x3", hex(at - 2), []
    )


@pytest.fixture(params=["with", "without"])
def searched(request: pytest.FixtureRequest, upstream: Upstream, faulty: FaultyUpstream) -> FaultyUpstream:
    """An upstream that has trace_filter and ots_*, and one that does not."""
    if request.param == "without":
        faulty.always = lacking(upstream.url, "trace_", "ots_", "debug_")
    return faulty


def lacking(url: str, *prefixes: str) -> Callable[[Any], Any]:
    """A node without the methods whose names begin so."""

    def answer(asked: Any) -> Any:
        def one(call: Any) -> Any:
            if call["method"].startswith(prefixes):
                error = {"code": -32601, "message": f"the method {call['method']} does not exist/is not available"}
                return {"jsonrpc": "2.0", "id": call["id"], "error": error}
            return ask(url, call["method"], *call["params"]) | {"id": call["id"]}

        return [one(call) for call in asked] if isinstance(asked, list) else one(asked)

    return answer


def test_traces_are_searched_for_on_both_sides_of_the_forked_block(
    upstream: Upstream, searched: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(searched.url)
    call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 9)}
    net.rpc("eth_sendTransaction", call)
    wanted = {"fromBlock": "0x1", "toAddress": [upstream.token, STRANGER]}
    old = upstream.net.rpc("trace_filter", wanted)
    found = net.rpc("trace_filter", wanted)
    assert len(old) > 8 and found[: len(old)] == old
    assert [trace["blockNumber"] for trace in found[len(old) :]] == [upstream.height + 1]
    for after, count in ((0, 3), (2, 4), (len(old) - 1, 5), (len(old), 1)):
        page = net.rpc("trace_filter", wanted | {"after": after, "count": count})
        assert page == found[after : after + count]
    for method in ("trace_block", "trace_replayBlockTransactions", "debug_traceBlockByNumber"):
        more = {"trace_replayBlockTransactions": (["trace"],)}.get(method, ())
        for block in ("0x2", hex(upstream.height), hex(upstream.height - 1)):
            assert net.rpc(method, block, *more) == upstream.net.rpc(method, block, *more)


def test_an_address_is_searched_for_on_both_sides_of_the_forked_block(
    upstream: Upstream, searched: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(searched.url)
    call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 9)}
    mine = net.rpc("eth_sendTransactionSync", call)["transactionHash"]
    if searched.always is not None:
        error = refusal(net, "ots_searchTransactionsBefore", upstream.token, 0, 25)
        assert "does not have that method" in error.message and error.code == -32601
        assert "does not have that method" in refusal(net, "ots_getContractCreator", upstream.token).message
        after = net.rpc("ots_searchTransactionsAfter", upstream.token, upstream.height, 25)
        assert [tx["hash"] for tx in after["txs"]] == [mine]
        return
    old = [tx["hash"] for tx in upstream.net.rpc("ots_searchTransactionsBefore", upstream.token, 0, 25)["txs"]]
    found = net.rpc("ots_searchTransactionsBefore", upstream.token, 0, 25)
    assert [tx["hash"] for tx in found["txs"]] == [mine, *old]
    assert (found["firstPage"], found["lastPage"]) == (True, True)
    assert [receipt["transactionHash"] for receipt in found["receipts"]] == [mine, *old]
    first = net.rpc("ots_searchTransactionsBefore", upstream.token, 0, 1)
    assert [tx["hash"] for tx in first["txs"]] == [mine] and not first["lastPage"]
    page = net.rpc("ots_searchTransactionsBefore", upstream.token, upstream.height + 1, 2)
    assert [tx["hash"] for tx in page["txs"]] == old[:2] and not page["lastPage"] and not page["firstPage"]
    after = net.rpc("ots_searchTransactionsAfter", upstream.token, 0, 25)
    assert [tx["hash"] for tx in after["txs"]] == [mine, *old] and after["firstPage"] and after["lastPage"]
    after = net.rpc("ots_searchTransactionsAfter", upstream.token, 0, 2)
    assert [tx["hash"] for tx in after["txs"]] == old[-2:] and not after["firstPage"]
    assert net.rpc("ots_getContractCreator", upstream.token) == upstream.net.rpc(
        "ots_getContractCreator", upstream.token
    )
    for method in ("ots_traceTransaction", "ots_getInternalOperations", "ots_getTransactionError"):
        assert net.rpc(method, upstream.sent[1]) == upstream.net.rpc(method, upstream.sent[1])
    sent = ("ots_getTransactionBySenderAndNonce", upstream.users[0], 1)
    assert net.rpc(*sent) == upstream.net.rpc(*sent) == upstream.sent[1]


def test_traces_under_rules_that_are_not_known_are_upstreams(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url, fork_chain_id=777)
    faulty.forget()
    traced = net.rpc("debug_traceTransaction", upstream.sent[1], {"tracer": "callTracer"})
    assert traced == upstream.net.rpc("debug_traceTransaction", upstream.sent[1], {"tracer": "callTracer"})
    assert "debug_traceTransaction" in faulty.methods
    assert net.rpc("trace_block", "0x2") == upstream.net.rpc("trace_block", "0x2")
    assert "trace_block" in faulty.methods
    faulty.always = lacking(upstream.url, "trace_", "debug_")
    again = net.rpc("trace_transaction", upstream.sent[2])
    assert again == upstream.net.rpc("trace_transaction", upstream.sent[2]), "run here, where upstream does not trace"


def test_a_trace_that_differs_from_upstream_is_refused(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url)

    def cheaper(asked: Any) -> Any:
        def one(call: Any) -> Any:
            answer = there(call)
            if call["method"] == "eth_getBlockReceipts":
                answer["result"] = [receipt | {"gasUsed": "0x5208"} for receipt in answer["result"]]
            return answer

        return [one(call) for call in asked] if isinstance(asked, list) else one(asked)

    there = lacking(upstream.url)
    faulty.always = cheaper
    traced = net.rpc("trace_transaction", upstream.sent[1])
    assert traced == upstream.net.rpc("trace_transaction", upstream.sent[1]), "upstream's own word counts"
    there = lacking(upstream.url, "trace_", "debug_")
    net = fork(faulty.url, no_storage_caching=True)
    assert "rules that megadev does not implement" in refusal(net, "trace_transaction", upstream.sent[1]).message


def test_calls_at_old_blocks_take_overrides(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)
    assert balance_of(net, upstream.token, upstream.users[1], "0x2") == 1
    slots = [hex(slot) for slot in range(8)]
    override: dict[str, Any] = {
        upstream.token: {"code": "0x60005460005260206000f3", "state": {s: hex(7) for s in slots}}
    }
    words = {
        a: {**o, "state": {"0x" + f"{int(k, 16):064x}": "0x" + f"{int(v, 16):064x}" for k, v in o["state"].items()}}
        for a, o in override.items()
    }
    assert balance_of(net, upstream.token, upstream.users[1], "0x2", words) == 7


def test_blockhash_reaches_behind_the_forked_block(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)
    net.rpc("evm_mine")

    answer = net.rpc("eth_call", {"to": STRANGER}, "latest", {STRANGER: {"code": "0x6003430340" + "60005260206000f3"}})

    assert answer == upstream.net.rpc("eth_getBlockByNumber", hex(upstream.height - 2), False)["hash"]


def test_a_proof_is_upstreams_or_refused(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)
    at = hex(upstream.height)
    assert net.rpc("eth_getProof", upstream.token, ["0x2"], at) == upstream.net.rpc(
        "eth_getProof", upstream.token, ["0x2"], at
    )
    assert "no proof" in refusal(net, "eth_getProof", net.accounts[0].address, [], at).message, "its balance is ours"
    net.rpc("evm_mine")
    assert "on a fork needs" in refusal(net, "eth_getProof", upstream.token, [], "latest").message


def test_a_fork_can_begin_just_after_a_transaction(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    receipt = upstream.net.rpc("eth_getTransactionReceipt", upstream.sent[3])
    net = fork(upstream.url, fork_transaction_hash=upstream.sent[3], accounts=0)
    assert net.rpc("eth_blockNumber") == receipt["blockNumber"]
    again = net.rpc("eth_getTransactionReceipt", upstream.sent[3])
    differing = {"blockHash", "logs"}  # its block has a root of ours
    assert {k: v for k, v in again.items() if k not in differing} == {
        k: v for k, v in receipt.items() if k not in differing
    }
    assert [log["data"] for log in again["logs"]] == [log["data"] for log in receipt["logs"]]
    assert balance_of(net, upstream.token, upstream.users[1]) == 3, "two transfers had been made"


# -- fetched beforehand -------------------------------------------------------------------------------------------

MANY = bytes.fromhex("5f5b80545060010180600d1160015700")
"""A contract that reads its slots 0 to 12 one after another."""


@pytest.fixture(scope="module")
def reader(upstream: Upstream) -> str:
    """It stands upstream, where a transaction ran it once."""
    address = "0x" + "bc" * 20
    upstream.net.rpc("anvil_setCode", address, "0x" + MANY.hex())
    for slot in range(13):
        upstream.net.rpc("anvil_setStorageAt", address, hex(slot), "0x" + "00" * 31 + "01")
    upstream.net.rpc("evm_mine")
    upstream.sent.append(upstream.net.rpc("eth_sendTransaction", {"from": upstream.users[0], "to": address}))
    upstream.net.rpc("evm_mine")
    upstream.height = int(upstream.net.rpc("eth_blockNumber"), 16)
    return address


def rounds_of(faulty: FaultyUpstream, work: Callable[[], object]) -> int:
    """How many requests went upstream for ``work``."""
    faulty.forget()
    work()
    return len(faulty.bodies)


@pytest.mark.parametrize("what", ["call", "transaction", "served transaction"])
def test_a_calls_state_is_fetched_in_one_batch(
    upstream: Upstream, reader: str, faulty: FaultyUpstream, fork: Callable[..., Devnet], what: str
) -> None:
    def work(net: Devnet) -> Callable[[], object]:
        if what == "served transaction":
            net.serve()
        method = "eth_call" if what == "call" else "eth_sendTransaction"
        return lambda: net.rpc(method, {"from": upstream.users[0], "to": reader, "gas": "0x186a0"})

    assert rounds_of(faulty, work(fork(faulty.url, no_storage_caching=True))) <= 4, "accounts, list, slots"
    faulty.always = lacking(upstream.url, "eth_createAccessList")
    assert rounds_of(faulty, work(fork(faulty.url, no_storage_caching=True))) >= 13, "one by one without the list"


@pytest.mark.parametrize("lacks", [(), ("debug_",), ("debug_", "eth_createAccessList")])
def test_a_replayed_transactions_state_is_fetched_in_one_batch(
    upstream: Upstream, reader: str, faulty: FaultyUpstream, fork: Callable[..., Devnet], lacks: tuple[str, ...]
) -> None:
    if lacks:
        faulty.always = lacking(upstream.url, *lacks)
    sent = upstream.sent[-1]
    net = fork(faulty.url, no_storage_caching=True, no_l1=True)
    asked = rounds_of(faulty, lambda: net.rpc("trace_transaction", sent))
    begun = rounds_of(faulty, lambda: fork(faulty.url, no_storage_caching=True, no_l1=True, fork_transaction_hash=sent))
    assert (asked > 13, begun > 13) == ((True, True) if len(lacks) == 2 else (False, False)), (asked, begun)
    assert len(lacks) == 2 or (asked <= 10 and begun <= 8), (asked, begun)
    hints = {"debug_traceTransaction", "debug_traceBlockByHash"} if not lacks else {"eth_createAccessList"}
    assert len(lacks) == 2 or hints & set(faulty.methods)


def test_a_fork_whose_state_is_on_disk_asks_for_no_hints(
    upstream: Upstream, reader: str, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    call = {"from": upstream.users[0], "to": reader}
    first = fork(f"{faulty.url}@{upstream.height}")
    first.rpc("eth_call", call)
    second = fork(f"{faulty.url}@{upstream.height}")
    assert rounds_of(faulty, lambda: second.rpc("eth_call", call)) == 0


# -- control ------------------------------------------------------------------------------------------------------


def test_reset_forks_again_or_starts_an_unforked_chain(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork()
    net.rpc("anvil_reset", {"forking": {"jsonRpcUrl": upstream.url, "blockNumber": 3}})
    assert net.rpc("eth_blockNumber") == "0x3"
    assert balance_of(net, upstream.token, upstream.users[1]) == 1
    info = net.rpc("anvil_nodeInfo")["forkConfig"]
    assert info == {"forkUrl": upstream.url, "forkBlockNumber": 3, "forkRetryBackoff": 0}
    assert net.rpc("anvil_metadata")["forkedNetwork"]["forkBlockNumber"] == 3
    net.rpc("evm_mine")
    net.rpc("anvil_reset", {"forking": {"blockNumber": 5}})
    assert net.rpc("eth_blockNumber") == "0x5"
    net.rpc("anvil_reset")
    assert net.rpc("eth_blockNumber") == "0x0" and net.rpc("eth_getCode", upstream.token) == "0x"


def test_a_snapshot_restores_the_chain_before_the_fork(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(f"{upstream.url}@4")
    old = net.rpc("eth_getBlockByNumber", "0x2", True)
    held = net.snapshot()
    net.rpc("anvil_reset")
    assert net.rpc("eth_getBlockByNumber", "0x2", True) is None
    net.revert(held)
    assert net.rpc("eth_getBlockByNumber", "0x2", True) == old
    net.rpc("anvil_reset", {"forking": {"blockNumber": 6}})
    assert net.rpc("eth_getBlockByNumber", "0x5", False) is not None
    net.revert(held)
    assert net.rpc("eth_getBlockByNumber", "0x5", False) is None
    assert balance_of(net, upstream.token, upstream.users[1], "0x2") == 1


def test_a_reset_that_fails_leaves_everything(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url, retries=0)
    net.rpc("evm_mine")
    before = net.rpc("eth_getBlockByNumber", "latest", False)
    refusal(net, "anvil_reset", {"forking": {"jsonRpcUrl": "http://127.0.0.1:9"}})
    refusal(net, "anvil_reset", {"forking": {"blockNumber": 1000}})
    assert net.rpc("eth_getBlockByNumber", "latest", False) == before


def test_another_url_is_asked_from_then_on(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url, retries=0)
    faulty.always = "drop"
    assert "127.0.0.1" in refusal(net, "eth_getBalance", STRANGER).message
    net.rpc("anvil_setRpcUrl", upstream.url)
    assert net.rpc("eth_getBalance", STRANGER) == upstream.net.rpc("eth_getBalance", STRANGER)


def test_upstream_requests_follow_the_settings(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    fork(
        faulty.url.replace("http://", "http://me:pass@"),
        fork_header=("X-Key: abc", "X-Other:1"),
        fork_chain_id=9,
        timeout=2_000,
        retries=3,
        fork_retry_backoff=7,
        compute_units_per_second=10**6,
    )
    assert faulty.methods[0] == "eth_getBlockByNumber"
    assert "eth_chainId" not in faulty.methods, "the chain id is known"
    sent = faulty.headers[0]
    assert (sent["X-Key"], sent["X-Other"], sent["Authorization"]) == ("abc", "1", "Basic bWU6cGFzcw==")
    with pytest.raises(ConfigError, match="NAME:VALUE"):
        fork(upstream.url, fork_header=("nonsense",))
    for header in ("X-Key: hidden\nY: 1", "X-Key: hidd\u00e9n", "X Key: hidden"):
        with pytest.raises(ConfigError, match="one line of ASCII") as caught:
            fork(upstream.url, fork_header=(header,))
        assert "hidd" not in str(caught.value)
    with pytest.raises(ConfigError, match="several blocks"):
        fork(f"{upstream.url}@3", fork_block_number=4)
    for settings in ({"fork_bundle": "x"}, {"fork_transaction_hash": "0x", "fork_block_number": 1}):
        with pytest.raises(ConfigError):
            fork(upstream.url, **settings)


def test_an_unknown_chain_is_warned_about(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url, fork_chain_id=987_654)
    assert "987654" in net.node.l2.fork.warnings[0] and "--hardfork" in net.node.l2.fork.warnings[0]
    assert not fork(upstream.url, fork_chain_id=987_654, hardfork="prague").node.l2.fork.warnings
    assert fork(upstream.url, fork_chain_id=1).l2.chain.spec.hardfork.label == "shanghai", "as Ethereum was in 2023"


# -- economy ------------------------------------------------------------------------------------------------------


def test_every_key_is_fetched_once_and_accounts_in_one_request(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url, no_storage_caching=True, no_l1=True)
    assert len(faulty.bodies) == 1, "the block and the chain id come together"
    faulty.forget()
    call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 1), "gas": "0x186a0"}
    net.rpc("eth_sendTransaction", call)
    first = len(faulty.bodies)
    assert first <= 6
    state = [(method, str(params)) for method, params in faulty.calls]
    assert len(state) == len(set(state)), "nothing is asked twice"
    net.rpc("eth_sendTransaction", call)
    net.rpc("eth_call", call)
    assert len(faulty.bodies) == first, "all of it is here by now"


def test_a_second_run_asks_for_the_block_only(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    assert balance_of(fork(faulty.url), upstream.token, upstream.users[1]) == 15
    faulty.forget()
    assert balance_of(fork(faulty.url), upstream.token, upstream.users[1]) == 15
    assert set(faulty.methods) == {"eth_getBlockByNumber", "eth_chainId"}


def test_state_of_the_last_run_is_prefetched(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    before = fork(f"{faulty.url}@6")
    balance_of(before, upstream.token, upstream.users[1])
    before.close()
    after = fork(f"{faulty.url}@8")
    assert after.node.prefetching is not None
    after.node.prefetching.join()
    faulty.forget()
    assert balance_of(after, upstream.token, upstream.users[1]) == balance_of(
        upstream.net, upstream.token, upstream.users[1], "0x8"
    )
    assert not faulty.bodies


def test_state_that_failed_to_prefetch_is_fetched_on_demand(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fork(f"{faulty.url}@6", no_l1=True)
    before.rpc("eth_getBalance", STRANGER)
    before.close()
    fetching, waiting, results = threading.Event(), threading.Event(), Future.result

    def fail_late(asked: Any) -> Any:
        fetching.set()
        assert waiting.wait(60)
        return refusing(-32000, "missing trie node 0xabc (path )")(asked)

    def waited(future: Future[Any], timeout: float | None = None) -> Any:
        waiting.set()
        return results(future, timeout)

    faulty.planned.extend([None, fail_late])
    after = fork(f"{faulty.url}@8", no_l1=True)
    assert fetching.wait(60) and after.node.prefetching is not None
    monkeypatch.setattr(Future, "result", waited)
    assert after.rpc("eth_getBalance", STRANGER) == upstream.net.rpc("eth_getBalance", STRANGER, "0x8")
    after.node.prefetching.join()


def test_others_are_answered_while_one_request_waits_for_upstream(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    url = fork(faulty.url, retries=0).serve()
    faulty.always = "hang"
    answers: list[Any] = []
    sending = {"from": upstream.users[0], "to": STRANGER, "value": "0x1"}
    waiting = [
        threading.Thread(target=lambda m=m, p=p: answers.append(ask(url, m, *p)))
        for m, p in (
            ("eth_getBalance", [STRANGER, "latest"]),
            ("eth_call", [{"to": STRANGER}]),
            ("eth_sendTransaction", [sending]),
        )
    ]
    for thread in waiting:
        thread.start()
    for _ in range(20):
        assert ask(url, "eth_blockNumber")["result"] == hex(upstream.height)
    assert not answers
    faulty.released.set()
    for thread in waiting:
        thread.join()
    assert all("error" in answer for answer in answers)
    faulty.always = None
    assert "result" in ask(url, "eth_sendTransaction", sending), "what failed may be asked again"


def test_requests_of_one_process_and_loop_fetch_what_they_need(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)

    async def inside_a_loop() -> Any:
        return net.rpc("eth_getStorageValues", {upstream.token: ["0x0", "0x1", "0x2"]})

    assert asyncio.run(inside_a_loop()) == upstream.net.rpc(
        "eth_getStorageValues", {upstream.token: ["0x0", "0x1", "0x2"]}
    )


def test_many_slots_are_fetched_at_once_for_a_request_on_the_loop(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    url = fork(faulty.url).serve()
    faulty.forget()
    slots = [hex(slot) for slot in range(90)]
    assert len(ask(url, "eth_getStorageValues", {upstream.token: slots})["result"][upstream.token]) == 90
    assert len(faulty.bodies) == 1


def test_a_dump_is_laid_over_a_fork_without_hiding_it(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    first = fork(upstream.url)
    first.rpc("anvil_setBalance", STRANGER, "0x63")
    first.rpc("evm_mine")
    second = fork(upstream.url)
    second.rpc("anvil_loadState", first.rpc("anvil_dumpState"))
    assert second.rpc("eth_getBalance", STRANGER) == "0x63"
    assert balance_of(second, upstream.token, upstream.users[1]) == 15


def test_queries_of_the_whole_upstream_state_are_refused(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(upstream.url)
    sent = net.rpc("eth_sendTransactionSync", {"from": upstream.users[0], "to": STRANGER, "value": "0x1"})
    zero = "0x" + "00" * 32
    error = refusal(net, "debug_storageRangeAt", sent["blockHash"], 0, upstream.token, zero, 5)
    assert "state unavailable" in error.message
    assert "state unavailable" in refusal(net, "debug_executionWitness", "latest").message


# -- trouble ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["429", "503", "limit", "cut", "garbage", "drop"])
def test_trouble_that_passes_is_not_noticed(
    fault: str, upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url, no_rate_limit=True)
    faulty.planned.extend([fault, fault])
    assert balance_of(net, upstream.token, upstream.users[1]) == 15


@pytest.mark.parametrize("fault", ["429", "503", "limit", "cut", "garbage", "drop"])
def test_a_permanent_upstream_failure_is_named_and_changes_nothing(
    fault: str, upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    url = faulty.url.replace("http://", "http://user:secret@") + "/v2/apikey?token=hidden"
    net = fork(url, retries=1, no_rate_limit=True)
    faulty.always = fault
    head = net.rpc("eth_blockNumber")
    call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 1), "gas": "0x186a0"}
    error = refusal(net, "eth_sendTransaction", call)
    assert error.code == -32000
    assert "127.0.0.1" in error.message and "eth_get" in error.message and "ask again" in error.message
    assert not {"secret", "apikey", "hidden"} & set(error.message.replace("/", " ").replace("=", " ").split())
    assert net.rpc("eth_blockNumber") == head
    assert net.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    faulty.always = None
    assert net.rpc("eth_sendTransactionSync", call)["status"] == "0x1"


CATALOGUE: dict[str, tuple[Any, str, str]] = {
    "HTTP 429": ("429", "HTTP 429, too many requests", "lower --compute-units-per-second"),
    "-32005": ("limit", "daily request count exceeded", "lower --compute-units-per-second"),
    "a time-out": ("hang", "no answer within 1 s", "give it more time with --timeout"),
    "a truncated answer": ("cut", "truncated", "check that the node is running"),
    "no JSON": ("garbage", "not JSON", "check that the node is running"),
    "a busy node": ("503", "HTTP 503", "check that the node is running"),
    "a dead node": ("drop", "the connection was closed", "check that the node is running"),
    "no access": ("401", "refused access (HTTP 401)", "--fork-header"),
    "no node at all": ("404", "HTTP 404", "check the URL"),
    "pruned state": (refusing(-32000, "missing trie node 0xabc (path )"), "missing trie node", "use an archive node"),
    "erigon's words": (refusing(-32000, "state at block #7 is pruned"), "is pruned", "use an archive node"),
    "a reorganised block": (refusing(-32000, "header not found"), "header not found", "fork again"),
    "another chain's block": (refusing(-32000, "hash 0x1 is not currently canonical"), "canonical", "fork again"),
}
"""What upstream does, what is said of that, and what of the remedy."""
ASKED: dict[str, Callable[[Upstream], tuple[str, list[Any]]]] = {
    "state": lambda _: ("eth_getBalance", ["0x" + "31" * 20, "latest"]),
    "a call": lambda chain: ("eth_call", [{"to": chain.token, "data": "0x06fdde03"}, "latest"]),
    "old state": lambda _: ("eth_getBalance", ["0x" + "31" * 20, "0x3"]),
    "history": lambda chain: ("eth_getTransactionReceipt", [chain.sent[2]]),
    "logs": lambda _: ("eth_getLogs", [{"fromBlock": "0x1", "toBlock": "latest"}]),
    "a trace": lambda chain: ("debug_traceTransaction", [chain.sent[2]]),
    "a proof": lambda _: ("eth_getProof", ["0x" + "31" * 20, [], "0x3"]),
}


@pytest.mark.parametrize("trouble", CATALOGUE)
def test_each_upstream_failure_names_url_method_and_remedy(
    trouble: str, upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    fault, said, remedy = CATALOGUE[trouble]
    url = faulty.url.replace("http://", "http://user:secret@") + "/v2/apikey?token=hidden"
    hangs = fault == "hang"
    net = fork(url, retries=3 if hangs else 1, no_rate_limit=True, timeout=1_000 if hangs else 45_000)
    net.serve()
    for asked in [ASKED["state"]] if hangs else ASKED.values():
        method, params = asked(upstream)
        faulty.always = fault
        error = refusal(net, method, *params)
        assert error.code == -32000 and error.message.startswith("state unavailable: http://127.0.0.1:"), error.message
        assert said in error.message and remedy in error.message, error.message
        assert fault in ("401", "404") or "eth_get" in error.message, "the method is named"
        assert not any(word in error.message for word in ("secret", "apikey", "hidden"))
        faulty.always = None
        assert net.rpc(method, *params) == upstream.net.rpc(method, *params), "asked again, it is answered"


@pytest.mark.parametrize("served", [False, True], ids=["in process", "served"])
@pytest.mark.parametrize(
    "settings",
    [{}, {"mini_block_time": 3600.0, "block_time": 3600.0}, {"no_mining": True}],
    ids=["instant", "continuous", "on request"],
)
def test_an_upstream_that_dies_midway_leaves_no_partial_change(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet], settings: dict[str, Any], served: bool
) -> None:
    answered = 0
    while True:
        net = fork(faulty.url, retries=0, no_storage_caching=True, no_l1=True, **settings)
        if served:
            net.serve()
        head = net.rpc("eth_getBlockByNumber", "latest", False)
        call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 4), "gas": "0x186a0"}
        paid = {"gasPrice": hex(10**10), "nonce": upstream.net.rpc("eth_getTransactionCount", upstream.users[0])}
        faulty.planned.extend([None] * answered)
        faulty.always = "drop"

        def work(net: Devnet = net, request: dict[str, str] = call | paid) -> Any:
            sent = net.rpc("eth_sendTransaction", request)
            net.rpc("evm_mine")
            return sent

        try:
            sent = work()
            break
        except RpcError as error:
            assert "state unavailable" in error.message
        faulty.planned.clear()
        waiting = int(net.rpc("txpool_status")["pending"], 16)
        assert waiting in ((0, 1) if settings.get("no_mining") else (0,))
        faulty.always = None
        assert net.rpc("eth_getBlockByNumber", "latest", False) == head
        assert balance_of(net, upstream.token, STRANGER) == 0
        if waiting:
            net.rpc("evm_mine")
        else:
            work()
        assert balance_of(net, upstream.token, STRANGER) == 4
        assert int(net.rpc("eth_blockNumber"), 16) >= upstream.height + 1
        answered += 1
        assert answered < 40
    faulty.planned.clear()
    faulty.always = None
    assert answered >= 2 and net.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"


def test_a_pruned_upstream_is_recognised(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url)
    faulty.always = refusing(-32000, "missing trie node 0xabc (path )")
    assert "archive node" in refusal(net, "eth_getBalance", STRANGER).message
    faulty.always = None
    assert int(net.rpc("eth_getBalance", STRANGER), 16) == 15


def test_a_reorganised_block_is_noticed(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url)
    faulty.always = refusing(-32000, "hash 0x12 is not currently canonical")
    assert "reorganisation" in refusal(net, "eth_getBalance", STRANGER).message


def test_history_of_a_reorganised_upstream_is_not_mixed(
    upstream: Upstream, fork: Callable[..., Devnet], tmp_path: Path
) -> None:
    held = upstream.net.snapshot()
    upstream.net.rpc("evm_mine")
    forked = upstream.net.rpc("eth_getBlockByNumber", "latest", False)
    net = fork(upstream.url, no_l1=True)
    upstream.net.revert(held)
    upstream.net.rpc("anvil_setNextBlockTimestamp", hex(int(forked["timestamp"], 16) + 7))
    upstream.net.rpc("evm_mine")
    try:
        assert upstream.net.rpc("eth_getBlockByNumber", forked["number"], False)["hash"] != forked["hash"]
        for method, *params in (
            ("eth_getBlockByNumber", "latest", False),
            ("eth_getBlockReceipts", forked["number"]),
            ("eth_getBlockByNumber", "0x2", False),
            ("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}),
            ("eth_getTransactionReceipt", upstream.sent[1]),
        ):
            error = refusal(net, method, *params)
            assert "a reorganisation has removed it" in error.message and "fork again" in error.message, method
    finally:
        upstream.net.rpc("anvil_rollback", 1)
    assert not [
        line for file in tmp_path.rglob("*.answers") for line in file.read_text().split("\n") if "eth_get" in line
    ]


def test_a_reorganised_block_is_noticed_on_nodes_that_know_numbers_only(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url)
    other = {"number": hex(upstream.height), "hash": "0x" + "ab" * 32}

    def old_node(asked: Any) -> Any:
        answers = []
        for call in asked:
            if call["method"] == "eth_getBlockByNumber":
                answers.append({"jsonrpc": "2.0", "id": call["id"], "result": other})
            elif isinstance(call["params"][-1], dict):
                error = {"code": -32602, "message": "invalid argument 1: json: cannot unmarshal object"}
                answers.append({"jsonrpc": "2.0", "id": call["id"], "error": error})
            else:
                answers.append({"jsonrpc": "2.0", "id": call["id"], "result": "0x0"})
        return answers

    faulty.always = old_node
    assert "reorganisation" in refusal(net, "eth_getBalance", "0x" + "31" * 20).message
    other["hash"] = upstream.net.rpc("eth_getBlockByNumber", hex(upstream.height), False)["hash"]


def test_a_block_that_is_reorganised_between_two_batches_is_noticed_on_nodes_that_know_numbers_only(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url, no_l1=True, no_storage_caching=True)
    slots = [(bytes.fromhex(upstream.token[2:]), slot) for slot in range(150)]
    reorganised = True

    def old_node(asked: Any) -> Any:
        is_later = reorganised and not any(call["params"][1:2] == [f"{0:#066x}"] for call in asked)
        answers = []
        for call in asked:
            if isinstance(call["params"][-1], dict):
                answer = {"error": {"code": -32602, "message": "invalid argument: cannot unmarshal object"}}
            else:
                answer = ask(upstream.url, call["method"], *call["params"])
                if is_later and call["method"] == "eth_getBlockByNumber":
                    answer["result"]["hash"] = "0x" + "ab" * 32
            answers.append(answer | {"id": call["id"]})
        return answers

    faulty.always = old_node
    fetched = net.node.l2.fork.state
    with pytest.raises(UpstreamFailed, match="a reorganisation has removed it"):
        fetched.load(slots=slots)
    assert not fetched.touched()[1], "nothing of it is believed"
    reorganised = False
    faulty.forget()
    fetched.load(slots=slots)
    assert [fetched.storage(*slot) for slot in slots] == [
        int(upstream.net.rpc("eth_getStorageAt", upstream.token, hex(slot), hex(fetched.number)), 16)
        for _, slot in slots
    ]
    assert max(map(len, faulty.bodies)) == 100 and len(faulty.bodies) == 2


def test_a_node_that_takes_no_batches_is_asked_singly(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    def single(asked: Any) -> Any:
        if isinstance(asked, list):
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batches are not supported"}}
        return ask(upstream.url, asked["method"], *asked["params"]) | {"id": asked["id"]}

    faulty.always = single
    assert balance_of(fork(faulty.url), upstream.token, upstream.users[1]) == 15


def test_the_second_url_takes_over(upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]) -> None:
    net = fork(fork_url=(faulty.url, upstream.url))
    faulty.always = "drop"
    assert balance_of(net, upstream.token, upstream.users[1]) == 15


def test_timers_continue_while_upstream_is_dead(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(faulty.url, no_mining=True, retries=0)
    net.rpc("eth_getBalance", upstream.users[0])
    call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 1), "gas": "0x186a0"}
    sent = net.rpc("eth_sendTransaction", call)
    faulty.always = "drop"
    head = net.rpc("eth_blockNumber")
    refusal(net, "evm_mine")
    assert net.rpc("eth_blockNumber") == head and net.rpc("txpool_status")["pending"] == "0x1"
    faulty.always = None
    net.rpc("evm_mine")
    assert net.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"


def test_a_failed_start_reports_the_reason(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    with pytest.raises(ConfigError, match="has no block"):
        fork(f"{upstream.url}@999")
    with pytest.raises(ConfigError, match="http"):
        fork("ftp://example.org")
    faulty.always = "429"
    with pytest.raises(UpstreamFailed, match="429"):
        fork(faulty.url, retries=1, no_rate_limit=True)


# -- another node ---------------------------------------------------------------------------------------------------


@pytest.fixture
def anvil() -> Iterator[str]:
    """A real Anvil, by its URL."""
    with Anvil("--timestamp", str(START)) as anvil:
        yield anvil.url


@pytest.mark.anvil
def test_anvil_can_be_forked(anvil: str, fork: Callable[..., Devnet]) -> None:
    def there(method: str, *params: Any) -> Any:
        return ask(anvil, method, *params)["result"]

    sender, friend = there("eth_accounts")[:2]
    gold = load("Token").creation + encode(["string", "string", "uint256"], ["Gold", "AU", 1000])
    there("eth_sendTransaction", {"from": sender, "data": "0x" + gold.hex(), "gas": "0x4c4b40"})
    there("evm_mine")
    token = there("eth_getTransactionReceipt", there("eth_getBlockByNumber", "0x1", False)["transactions"][0])[
        "contractAddress"
    ]
    call = {"from": sender, "to": token, "data": transfer(friend, 12), "gas": "0x186a0"}
    sent = there("eth_sendTransaction", call)
    there("evm_mine")
    block = there("eth_getTransactionReceipt", sent)["blockNumber"]
    net = fork(f"{anvil}@{int(block, 16)}")
    assert balance_of(net, token, friend) == 12
    for method, *params in (
        ("eth_getBlockByNumber", block, True),
        ("eth_getTransactionByHash", sent),
        ("eth_getTransactionReceipt", sent),
        ("eth_getLogs", {"fromBlock": "0x0", "toBlock": block}),
        ("eth_getCode", token, block),
    ):
        assert net.rpc(method, *params) == there(method, *params)
    again = net.rpc("eth_sendTransactionSync", call)
    assert again["status"] == "0x1" and balance_of(net, token, friend) == 24
    replayed = fork(anvil, fork_transaction_hash=sent, accounts=0)
    assert (
        replayed.rpc("eth_getTransactionReceipt", sent)["gasUsed"]
        == there("eth_getTransactionReceipt", sent)["gasUsed"]
    )


# -- offline ------------------------------------------------------------------------------------------------------


def used(net: Devnet, upstream: Upstream) -> list[Any]:
    call = {"from": upstream.users[0], "to": upstream.token, "data": transfer(STRANGER, 1)}
    return [
        balance_of(net, upstream.token, upstream.users[1]),
        net.rpc("eth_sendTransactionSync", call)["gasUsed"],
        net.rpc("eth_getTransactionReceipt", upstream.sent[2]),
        balance_of(net, upstream.token, upstream.users[1], "0x2"),
    ]


def test_a_bundle_replays_without_upstream_and_names_missing_keys(
    upstream: Upstream, faulty: FaultyUpstream, fork: Callable[..., Devnet], tmp_path: Path
) -> None:
    bundle = tmp_path / "run.bundle"
    recorded = Devnet(accounts=2, fork_url=(faulty.url,), fork_cache=tmp_path, fork_record=bundle)
    answers = used(recorded, upstream)
    recorded.close()
    first = bundle.read_bytes()
    again = Devnet(accounts=2, fork_url=(upstream.url,), no_storage_caching=True, fork_record=bundle)
    assert used(again, upstream) == answers
    again.close()
    assert bundle.read_bytes() == first, "the same reads, through a cache or not, give the same bytes"
    faulty.always = "drop"
    faulty.forget()
    net = fork(fork_bundle=bundle)
    assert used(net, upstream) == answers
    error = refusal(net, "eth_getBalance", "0x" + "12" * 20)
    assert "account 0x" + "12" * 20 in error.message and "megadev fork record" in error.message
    assert not faulty.bodies


def test_a_bundle_contains_reads_before_and_after_resets(
    upstream: Upstream, fork: Callable[..., Devnet], tmp_path: Path
) -> None:
    bundle, at = tmp_path / "run.bundle", upstream.height - 1
    recorded = Devnet(accounts=2, fork_url=(f"{upstream.url}@{at}",), no_storage_caching=True, fork_record=bundle)
    expected = [balance_of(recorded, upstream.token, upstream.users[1])]
    recorded.rpc("anvil_reset", {"forking": {"blockNumber": at}})
    expected.append(int(recorded.rpc("eth_getBalance", STRANGER), 16))
    recorded.rpc("anvil_reset", {"forking": {"blockNumber": 3}})
    recorded.rpc("eth_getBalance", "0x" + "31" * 20)
    recorded.rpc("anvil_reset")
    recorded.close()
    net = fork(fork_bundle=bundle)
    assert int(net.rpc("eth_blockNumber"), 16) == at
    assert balance_of(net, upstream.token, upstream.users[1]) == expected[0]
    net.rpc("anvil_setBalance", STRANGER, "0x1")
    for forking in ({}, {"blockNumber": at}):
        net.rpc("anvil_reset", {"forking": forking})
        assert int(net.rpc("eth_getBalance", STRANGER), 16) == expected[1], "the chain starts over, from the bundle"
    assert f"holds only block {at}" in refusal(net, "anvil_reset", {"forking": {"blockNumber": 3}}).message
    assert "does not hold account" in refusal(net, "eth_getBalance", "0x" + "31" * 20).message, "of another block"


def test_a_damaged_bundle_is_refused(upstream: Upstream, fork: Callable[..., Devnet], tmp_path: Path) -> None:
    bundle = tmp_path / "run.bundle"
    net = Devnet(fork_url=(upstream.url,), no_storage_caching=True, fork_record=bundle)
    balance_of(net, upstream.token, upstream.users[1])
    net.close()
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError, match="damaged"):
        fork(fork_bundle=bundle)
    bundle.write_bytes(whole.replace(b"0xf", b"0xe", 1))
    with pytest.raises(ConfigError, match="damaged"):
        fork(fork_bundle=bundle)
    bundle.write_bytes(b"hello\n")
    with pytest.raises(ConfigError, match="not a fork bundle"):
        fork(fork_bundle=bundle)


def test_the_command_line_records_shows_and_replays(
    upstream: Upstream, tmp_path: Path, megadev_up: Callable[..., RunningNode]
) -> None:
    bundle = tmp_path / "cli.bundle"
    asking = (
        "import json, os, urllib.request as u;"
        "body = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'eth_getBalance', 'params': [os.environ['WHO'], 'latest']});"
        "h = {'Content-Type': 'application/json'};"
        "print(json.load(u.urlopen(u.Request(os.environ['ETH_RPC_URL'], body.encode(), h)))['result'])"
    )
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "WHO": STRANGER}
    command = [sys.executable, "-m", "megadev", "fork"]
    recording = ["record", "-o", str(bundle), "-f", upstream.url, "--", sys.executable, "-c", asking]
    done = subprocess.run([*command, *recording], capture_output=True, text=True, env=environment, timeout=120)
    assert (done.returncode, done.stdout) == (0, "0xf\n"), done.stderr
    shown = subprocess.run([*command, "info", str(bundle)], capture_output=True, text=True, env=environment, timeout=60)
    assert f"Block number:   {upstream.height}" in shown.stdout and "account" in shown.stdout
    node = megadev_up("--fork-bundle", str(bundle))
    assert node.rpc("eth_getBalance", STRANGER, "latest") == "0xf"
    assert "Fork\n" in "".join(node.printed)


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("kept", "directory"),
        ("kept/", "directory"),
        ("new/", "directory"),
        ("new/run.bundle", "No such file or directory"),
        ("kept/file/run.bundle", "Not a directory"),
        ("/proc/run.bundle", "cannot write"),
    ],
)
def test_a_bundle_that_cannot_be_written_is_refused_before_the_command_runs(
    where: str, why: str, faulty: FaultyUpstream, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    ran = tmp_path / "ran"
    program = [sys.executable, "-c", f"open({str(ran)!r}, 'w')"]
    done = CliRunner().invoke(record, ["-o", os.path.join(tmp_path, where), "-f", faulty.url, "--", *program])
    assert isinstance(done.exception, ConfigError) and why in str(done.exception), done.output
    assert not ran.exists() and not faulty.bodies and not (tmp_path / "new").exists()
    if not where.endswith("/"):
        with pytest.raises(ConfigError, match=why):
            Devnet(fork_url=(faulty.url,), fork_record=tmp_path / where)
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["file", "kept"]


def test_a_killed_node_leaves_its_cache_and_no_partial_bundle(
    upstream: Upstream, faulty: FaultyUpstream, tmp_path: Path, megadev_up: Callable[..., RunningNode]
) -> None:
    pinned, bundle = f"{faulty.url}@{upstream.height}", tmp_path / "killed.bundle"
    flags = ("--fork-url", pinned, "--fork-cache", str(tmp_path / "cache"))
    node = megadev_up(*flags, "--fork-record", str(bundle))
    call = {"to": upstream.token, "data": data("balanceOf(address)", bytes.fromhex(upstream.users[1][2:]))}
    answer = node.rpc("eth_call", call, "latest")
    node.stop(signal.SIGKILL)
    assert not list(tmp_path.glob("*.bundle*")), "it is written in the end, whole or not at all"
    second = megadev_up(*flags)
    faulty.always = "drop"
    assert second.rpc("eth_call", call, "latest") == answer


def test_two_nodes_at_once_share_a_cache(
    upstream: Upstream, faulty: FaultyUpstream, tmp_path: Path, megadev_up: Callable[..., RunningNode]
) -> None:
    flags = ("--fork-url", f"{faulty.url}@{upstream.height}", "--fork-cache", str(tmp_path / "cache"), "--no-l1")
    nodes = [megadev_up(*flags), megadev_up(*flags)]
    people = [f"0x{number:040x}" for number in range(100, 160)]
    answers: dict[str, str] = {}

    def read(node: RunningNode, who: list[str]) -> None:
        for person in who:
            answers[person] = node.rpc("eth_getBalance", person, "latest")

    threads = [
        threading.Thread(target=read, args=(node, who))
        for node, who in zip(nodes, (people[:40], people[20:][::-1]), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    third = megadev_up(*flags)
    faulty.always = "drop"
    assert {person: third.rpc("eth_getBalance", person, "latest") for person in people} == answers


def test_a_bundle_does_not_depend_on_the_recorder(upstream: Upstream, tmp_path: Path) -> None:
    asking = (
        "import json, os, sys, urllib.request as u\n"
        "for who in sys.argv[1:]:\n"
        "    body = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'eth_getBalance', 'params': [who, 'latest']})\n"
        "    h = {'Content-Type': 'application/json'}\n"
        "    u.urlopen(u.Request(os.environ['ETH_RPC_URL'], body.encode(), h)).read()\n"
    )
    people = [f"0x{number:040x}" for number in range(1, 9)]
    written = []
    for seed, order in (("1", people), ("2", people[::-1])):
        home = tmp_path / seed
        home.mkdir()
        bundle = home / "run.bundle"
        recording = [
            "record",
            "-o",
            str(bundle),
            "-f",
            f"{upstream.url}@{upstream.height}",
            "--",
            sys.executable,
            "-c",
            asking,
        ]
        environment = {
            "PYTHONPATH": str(REPOSITORY),
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "PYTHONHASHSEED": seed,
        }
        command = [sys.executable, "-m", "megadev", "fork", *recording, *order]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
        assert done.returncode == 0, done.stderr
        written.append(bundle.read_bytes())
    assert written[0] == written[1] and people[3].encode() in written[0]
