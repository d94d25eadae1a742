"""Filters that a client polls: nothing twice, nothing lost, and the truth when blocks leave the chain."""

from __future__ import annotations

import re
from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.abi import Value, encode_call
from megadev.primitives.keccak import keccak
from megadev.rpc import filters
from megadev.rpc.client import RpcError
from tests.contracts import load

TWO = "0x" + keccak(b"Two(uint256,uint256)").hex()


def word(number: int) -> str:
    return f"0x{number:064x}"


class Chain:
    """A devnet with a contract that logs: ``many(n)`` logs ``Two(i, i*i)`` for i below n."""

    def __init__(self) -> None:
        self.clock = ManualClock(1_700_000_000)
        self.net = Devnet(clock=self.clock)
        self.rpc = self.net.rpc
        self.alice = self.net.accounts[0].address
        creation = {"from": self.alice, "data": "0x" + load("Logger").creation.hex()}
        self.logger = self.rpc("eth_sendTransactionSync", creation)["contractAddress"]

    def log(self, signature: str, *args: Value) -> str:
        data = "0x" + encode_call(signature, *args).hex()
        tx_hash: str = self.rpc("eth_sendTransaction", {"from": self.alice, "to": self.logger, "data": data})
        return tx_hash

    def changes(self, filter_id: str) -> list[Any]:
        changes: list[Any] = self.rpc("eth_getFilterChanges", filter_id)
        return changes


@pytest.fixture
def chain() -> Chain:
    return Chain()


def refusal(chain: Chain, method: str, *params: Any) -> RpcError:
    with pytest.raises(RpcError) as caught:
        chain.rpc(method, *params)
    return caught.value


def test_a_log_filter_returns_each_log_once(chain: Chain) -> None:
    chain.log("many(uint256)", 2)
    watched = chain.rpc("eth_newFilter", {"address": chain.logger})
    assert re.fullmatch("0x[0-9a-f]{32}", watched)
    assert chain.changes(watched) == []
    tx_hash = chain.log("many(uint256)", 3)
    found = chain.changes(watched)
    assert found == chain.rpc("eth_getTransactionReceipt", tx_hash)["logs"]
    assert len(found) == 3
    assert chain.changes(watched) == []


def test_a_log_filter_chooses_by_address_and_topics(chain: Chain) -> None:
    second = chain.rpc("eth_newFilter", {"topics": [TWO, [word(1), word(4)]]})
    nobody = chain.rpc("eth_newFilter", {"address": "0x" + "99" * 20})
    chain.log("many(uint256)", 3)
    assert [log["topics"][1] for log in chain.changes(second)] == [word(1)]
    assert chain.changes(nobody) == []


def test_from_block_adds_history_and_to_block_ends_a_filter(chain: Chain) -> None:
    for _ in range(3):
        chain.log("many(uint256)", 1)
    everything = chain.rpc("eth_newFilter", {"fromBlock": "earliest", "address": chain.logger})
    some = chain.rpc("eth_newFilter", {"fromBlock": "0x3", "toBlock": "0x4"})
    future = chain.rpc("eth_newFilter", {"fromBlock": "0x6"})
    chain.log("many(uint256)", 1)
    chain.log("many(uint256)", 1)

    def numbers(filter_id: str) -> list[int]:
        return [int(log["blockNumber"], 16) for log in chain.changes(filter_id)]

    assert [numbers(everything), numbers(some), numbers(future)] == [[2, 3, 4, 5, 6], [3, 4], [6]]
    chain.log("many(uint256)", 1)
    assert [numbers(everything), numbers(some), numbers(future)] == [[7], [], [7]]


def test_a_filter_on_one_block_returns_its_logs(chain: Chain) -> None:
    receipt = chain.rpc("eth_getTransactionReceipt", chain.log("many(uint256)", 2))
    watched = chain.rpc("eth_newFilter", {"blockHash": receipt["blockHash"]})
    chain.log("many(uint256)", 1)
    assert chain.changes(watched) == receipt["logs"]
    assert chain.changes(watched) == []


def test_all_logs_of_a_filter_can_be_asked_for_again(chain: Chain) -> None:
    watched = chain.rpc("eth_newFilter", {"fromBlock": "0x0", "address": chain.logger})
    chain.log("many(uint256)", 2)
    assert len(chain.changes(watched)) == 2
    assert len(chain.rpc("eth_getFilterLogs", watched)) == 2


def test_a_block_filter_returns_hashes_in_order(chain: Chain) -> None:
    watched = chain.rpc("eth_newBlockFilter")
    head = int(chain.rpc("eth_blockNumber"), 16)
    chain.rpc("anvil_mine", 3)
    hashes = [chain.rpc("eth_getBlockByNumber", hex(head + n), False)["hash"] for n in (1, 2, 3)]
    assert chain.changes(watched) == hashes
    assert chain.changes(watched) == []


def test_a_pending_filter_returns_hashes_or_whole_transactions(chain: Chain) -> None:
    hashes, whole = chain.rpc("eth_newPendingTransactionFilter"), chain.rpc("eth_newPendingTransactionFilter", True)
    tx_hash = chain.log("many(uint256)", 1)
    assert chain.changes(hashes) == [tx_hash]
    (tx,) = chain.changes(whole)
    assert (tx["hash"], tx["from"], tx["blockHash"]) == (tx_hash, chain.alice.lower(), None)
    assert chain.changes(hashes) == []


def test_logs_of_lost_blocks_are_returned_as_removed(chain: Chain) -> None:
    watched = chain.rpc("eth_newFilter", {"address": chain.logger})
    chain.log("many(uint256)", 1)
    snapshot = chain.rpc("evm_snapshot")
    chain.log("many(uint256)", 2)
    read = chain.changes(watched)
    chain.log("many(uint256)", 3)  # never read, so never removed either
    chain.rpc("evm_revert", snapshot)
    chain.log("many(uint256)", 1)  # in a block with the number of one that was read
    changes = chain.changes(watched)
    assert [log | {"removed": False} for log in changes[:2]] == read[1:]
    assert [log["removed"] for log in changes] == [True, True, False]
    assert changes[2]["blockHash"] == chain.rpc("eth_getBlockByNumber", "latest", False)["hash"]
    assert chain.changes(watched) == []


def test_a_block_filter_follows_the_chain_back(chain: Chain) -> None:
    watched = chain.rpc("eth_newBlockFilter")
    snapshot = chain.rpc("evm_snapshot")
    chain.rpc("anvil_mine", 3)
    chain.changes(watched)
    chain.rpc("evm_revert", snapshot)
    chain.rpc("anvil_mine", 1)
    assert chain.changes(watched) == [chain.rpc("eth_getBlockByNumber", "latest", False)["hash"]]


def test_an_uninstalled_filter_is_unknown(chain: Chain) -> None:
    watched = chain.rpc("eth_newBlockFilter")
    assert chain.rpc("eth_uninstallFilter", watched) is True
    assert chain.rpc("eth_uninstallFilter", watched) is False
    for method in ("eth_getFilterChanges", "eth_getFilterLogs"):
        error = refusal(chain, method, watched)
        assert (error.code, error.message.startswith("filter not found")) == (-32000, True)


def test_only_log_filters_have_logs(chain: Chain) -> None:
    assert refusal(chain, "eth_getFilterLogs", chain.rpc("eth_newBlockFilter")).message.startswith("filter not found")


def test_a_filter_expires_five_minutes_after_its_last_poll(chain: Chain) -> None:
    polled, left = chain.rpc("eth_newBlockFilter"), chain.rpc("eth_newFilter", {})
    chain.clock.advance(200)
    chain.changes(polled)
    chain.clock.advance(200)
    assert chain.changes(polled) == []
    assert refusal(chain, "eth_getFilterChanges", left).code == -32000
    chain.clock.advance(301)
    assert refusal(chain, "eth_getFilterChanges", polled).code == -32000


def test_travelling_in_chain_time_ends_no_filter(chain: Chain) -> None:
    watched = chain.rpc("eth_newBlockFilter")
    chain.rpc("evm_increaseTime", 10_000)
    assert chain.changes(watched) == []


def test_an_unread_filter_is_bounded(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = chain.rpc("eth_newPendingTransactionFilter")
    sent = [chain.log("many(uint256)", 0) for _ in range(3)]
    assert chain.changes(watched) == sent
    monkeypatch.setattr(filters, "MAX_BUFFERED", 2)
    bounded = chain.rpc("eth_newPendingTransactionFilter")
    sent = [chain.log("many(uint256)", 0) for _ in range(3)]
    assert chain.changes(bounded) == sent[1:]
    monkeypatch.setattr(filters, "MAX_FILTERS", 3)
    chain.clock.advance(1)
    chain.changes(watched)
    for _ in range(2):
        chain.rpc("eth_newBlockFilter")
    assert chain.changes(watched) == sent[:0]
    assert refusal(chain, "eth_getFilterChanges", bounded).code == -32000


@pytest.mark.parametrize(
    "params",
    [
        ("eth_newFilter", {"address": "0x12"}),
        ("eth_newFilter", {"topics": ["0x12"]}),
        ("eth_newFilter", {"topics": [None] * 5}),
        ("eth_newFilter", {"fromBlock": "0x5", "toBlock": "0x4"}),
        ("eth_newFilter", {"fromBlock": "0x5", "blockHash": "0x" + "11" * 32}),
        ("eth_newFilter", []),
        ("eth_newPendingTransactionFilter", "yes"),
        ("eth_getFilterChanges",),
        ("eth_getFilterChanges", 7),
        ("eth_uninstallFilter", None),
    ],
)
def test_parameters_that_make_no_sense_are_refused(chain: Chain, params: tuple[Any, ...]) -> None:
    assert refusal(chain, *params).code == -32602


def test_an_unknown_block_hash_is_refused(chain: Chain) -> None:
    assert refusal(chain, "eth_newFilter", {"blockHash": "0x" + "11" * 32}).code == -32000
