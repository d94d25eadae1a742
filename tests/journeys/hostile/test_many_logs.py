"""Queries for more logs than one answer should hold: refused in the words that clients look for, with a range that
they can go on with. And filters that nobody polls hold what happened once, not once each."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError
from tests.stage.refusals import refusal

LOGGER = "0x" + "11" * 20
LIMIT = 20


@pytest.fixture(params=["dev", "megaeth"])
def net(request: Any) -> Iterator[Devnet]:
    with Devnet(preset=request.param, no_l1=True, max_logs=LIMIT, manual_clock=True) as net:
        net.rpc("anvil_setCode", LOGGER, "0x" + "5f5fa0" * 3 + "00")  # three logs
        alice = net.accounts[0].address
        for _ in range(12):
            net.rpc("eth_sendTransaction", {"from": alice, "to": LOGGER, "gas": "0x100000"})
            net.rpc("evm_mine")
        yield net


def test_the_error_names_a_range_and_following_it_gets_everything(net: Devnet) -> None:
    head = int(net.rpc("eth_blockNumber"), 16)
    found: list[Any] = []
    first, last, refusals = 0, head, 0
    while first <= head:
        try:
            found += net.rpc("eth_getLogs", {"fromBlock": hex(first), "toBlock": hex(last)})
            first, last = last + 1, head
        except RpcError as error:
            refusals += 1
            assert error.code == -32005
            told = re.search(
                rf"query returned more than {LIMIT} results. Try with this block range \[(0x\w+), (0x\w+)\]",
                error.message,
            )
            assert told is not None, error.message
            assert error.data == {"from": told[1], "to": told[2], "limit": LIMIT}
            assert int(told[1], 16) == first and first <= int(told[2], 16) < last
            last = int(told[2], 16)
    assert len(found) == 36 and refusals > 0
    assert [int(log["blockNumber"], 16) for log in found] == sorted(int(log["blockNumber"], 16) for log in found)


def test_a_single_block_and_a_fitting_range_are_answered(net: Devnet) -> None:
    alice = net.accounts[0].address
    net.rpc("anvil_setCode", LOGGER, "0x" + "5f5fa0" * (LIMIT + 5) + "00")
    receipt = net.rpc("eth_sendTransactionSync", {"from": alice, "to": LOGGER, "gas": "0x100000"})
    net.rpc("evm_mine")
    number = net.rpc("eth_getTransactionReceipt", receipt["transactionHash"])["blockNumber"]
    block = net.rpc("eth_getBlockByNumber", number, False)
    assert len(net.rpc("eth_getLogs", {"fromBlock": number, "toBlock": number})) == LIMIT + 5
    assert len(net.rpc("eth_getLogs", {"blockHash": block["hash"]})) == LIMIT + 5
    assert net.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": "0x" + "22" * 20}) == []


def test_a_filters_log_limit_does_not_apply_to_new_logs(net: Devnet) -> None:
    watched = net.rpc("eth_newFilter", {"fromBlock": "0x0"})
    assert refusal(net, "eth_getFilterLogs", watched).code == -32005
    assert len(net.rpc("eth_getFilterChanges", watched)) == 36


def test_zero_lifts_it() -> None:
    with Devnet(no_l1=True, max_logs=0) as net:
        net.rpc("anvil_setCode", LOGGER, "0x" + "5f5fa0" * 3 + "00")
        for _ in range(10):
            net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": LOGGER, "gas": "0x100000"})
        assert len(net.rpc("eth_getLogs", {"fromBlock": "0x0"})) == 30


def test_filters_share_unread_logs() -> None:
    with Devnet(no_l1=True) as net:
        filters = [net.rpc("eth_newPendingTransactionFilter") for _ in range(500)]
        alice = net.accounts[0].address
        sent = [net.rpc("eth_sendTransaction", {"from": alice, "to": LOGGER, "gas": "0x5208"}) for _ in range(50)]
        held = {id(each.tape) for each in net.l2.dispatcher.node.filters._filters.values()}  # type: ignore[union-attr]
        assert len(held) == 1
        assert sys.getsizeof(net.l2.dispatcher.node.filters._pending._items) < 10_000
        assert net.rpc("eth_getFilterChanges", filters[0]) == sent
        assert net.rpc("eth_getFilterChanges", filters[0]) == []
        sent += [net.rpc("eth_sendTransaction", {"from": alice, "to": LOGGER, "gas": "0x5208"})]
        assert net.rpc("eth_getFilterChanges", filters[0]) == sent[-1:]
        assert net.rpc("eth_getFilterChanges", filters[1]) == sent
