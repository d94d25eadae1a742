"""Subscriptions over a real WebSocket: who is told what, in which order, and when no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from megadev import Devnet
from megadev.primitives.abi import Value, encode_call
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.stage.sockets import Socket


def word(number: int) -> str:
    return f"0x{number:064x}"


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet() as net:
        net.serve()
        yield net


@pytest.fixture
def socket(net: Devnet) -> Iterator[Socket]:
    socket = Socket(net.url.replace("http", "ws"))
    yield socket
    socket.close()


class Logger:
    def __init__(self, net: Devnet) -> None:
        self.net = net
        self.alice = net.accounts[0].address
        creation = {"from": self.alice, "data": "0x" + load("Logger").creation.hex()}
        self.address = net.rpc("eth_sendTransactionSync", creation)["contractAddress"]

    def log(self, signature: str, *args: Value) -> dict[str, Any]:
        data = "0x" + encode_call(signature, *args).hex()
        request = {"from": self.alice, "to": self.address, "data": data}
        receipt: dict[str, Any] = self.net.rpc("eth_sendTransactionSync", request)
        return receipt


def test_new_heads_come_with_every_field_of_a_header(net: Devnet, socket: Socket) -> None:
    heads = socket.rpc("eth_subscribe", "newHeads")
    assert re.fullmatch("0x[0-9a-f]{32}", heads)
    net.rpc("anvil_mine", 2)
    for number in ("0x1", "0x2"):
        assert socket.next(heads) == net.rpc("eth_getHeaderByNumber", number)


def test_a_sender_is_notified_of_its_block_after_its_answer(net: Devnet, socket: Socket) -> None:
    heads = socket.rpc("eth_subscribe", "newHeads")
    tx_hash = socket.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": net.accounts[1].address})
    assert socket.waiting == []
    assert socket.next(heads)["number"] == "0x1"
    assert socket.rpc("eth_getTransactionReceipt", tx_hash)["blockNumber"] == "0x1"


def test_logs_are_chosen_by_address_and_topic(net: Devnet, socket: Socket) -> None:
    logger = Logger(net)
    everything = socket.rpc("eth_subscribe", "logs")
    second = socket.rpc("eth_subscribe", "logs", {"address": [logger.address], "topics": [[], word(1)]})
    socket.rpc("eth_subscribe", "logs", {"address": "0x" + "99" * 20})
    receipt = logger.log("many(uint256)", 2)
    assert [socket.next(everything), socket.next(everything)] == receipt["logs"]
    assert socket.next(second) == receipt["logs"][1]
    assert socket.is_quiet()


def test_pending_transactions_come_as_hashes_or_whole(net: Devnet, socket: Socket) -> None:
    hashes = socket.rpc("eth_subscribe", "newPendingTransactions")
    whole = socket.rpc("eth_subscribe", "newPendingTransactions", True)
    wrapped = socket.rpc("eth_subscribe", "newPendingTransactions", {"includeTransactions": True})
    plain = socket.rpc("eth_subscribe", "newPendingTransactions", False)
    tx_hash = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": net.accounts[1].address})
    assert {socket.next(hashes), socket.next(plain)} == {tx_hash}
    for subscription in (whole, wrapped):
        tx = socket.next(subscription)
        assert (tx["hash"], tx["blockHash"]) == (tx_hash, None)


def test_receipts_come_by_block_and_can_be_chosen(net: Devnet, socket: Socket) -> None:
    everything = socket.rpc("eth_subscribe", "transactionReceipts")
    net.rpc("evm_setAutomine", False)
    send = {"from": net.accounts[0].address, "to": net.accounts[1].address}
    first, second = net.rpc("eth_sendTransaction", send), net.rpc("eth_sendTransaction", send)
    chosen = socket.rpc("eth_subscribe", "transactionReceipts", {"transactionHashes": [second]})
    net.rpc("evm_mine")
    assert [receipt["transactionHash"] for receipt in socket.next(everything)] == [first, second]
    assert socket.next(chosen) == [net.rpc("eth_getTransactionReceipt", second)]
    net.rpc("evm_mine")
    assert socket.is_quiet()


def test_syncing_sends_false_once_after_the_id(socket: Socket) -> None:
    syncing = socket.rpc("eth_subscribe", "syncing")
    assert socket.waiting == []
    assert socket.next(syncing) is False
    assert socket.is_quiet()


def test_a_revert_sends_removed_logs_and_the_new_head(net: Devnet, socket: Socket) -> None:
    logger = Logger(net)
    snapshot = net.rpc("evm_snapshot")
    older, newer = logger.log("many(uint256)", 1), logger.log("many(uint256)", 2)
    logs = socket.rpc("eth_subscribe", "logs")
    heads = socket.rpc("eth_subscribe", "newHeads")
    net.rpc("evm_revert", snapshot)
    for log in newer["logs"] + older["logs"]:
        assert socket.next(logs) == log | {"removed": True}
    assert socket.next(heads) == net.rpc("eth_getHeaderByNumber", "latest")
    assert socket.is_quiet()


def test_an_ended_subscription_is_silent_and_unknown(net: Devnet, socket: Socket) -> None:
    heads = socket.rpc("eth_subscribe", "newHeads")
    assert socket.rpc("eth_unsubscribe", heads) is True
    net.rpc("evm_mine")
    assert socket.is_quiet()
    with pytest.raises(RpcError, match="subscription not found"):
        socket.rpc("eth_unsubscribe", heads)


def test_a_subscription_belongs_to_its_connection(net: Devnet, socket: Socket) -> None:
    heads = socket.rpc("eth_subscribe", "newHeads")
    other = Socket(net.url.replace("http", "ws"))
    try:
        with pytest.raises(RpcError, match="subscription not found"):
            other.rpc("eth_unsubscribe", heads)
        net.rpc("evm_mine")
        assert other.is_quiet()
    finally:
        other.close()
    assert socket.next(heads)["number"] == "0x1"


def test_a_closed_connection_ends_its_subscriptions(net: Devnet, socket: Socket) -> None:
    subscriptions = net.l2.dispatcher.node.subscriptions
    for kind in ("newHeads", "logs", "newPendingTransactions", "transactionReceipts"):
        socket.rpc("eth_subscribe", kind)
    assert len(subscriptions) == 4
    socket.close()
    other = Socket(net.url.replace("http", "ws"))
    try:
        for _ in range(1000):  # each answer is a turn of the loop; the loss of the connection needs a few
            if not len(subscriptions):
                break
            other.rpc("eth_chainId")
    finally:
        other.close()
    assert len(subscriptions) == 0
    net.rpc("evm_mine")


def test_events_are_formatted_once_for_all_subscribers(
    net: Devnet, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from megadev.rpc import formatters, streams

    formatted: list[int] = []
    original = formatters.format_header

    def counting(block: Any, **options: Any) -> Any:
        formatted.append(block.number)
        return original(block, **options)

    monkeypatch.setattr(streams, "format_header", counting)
    ids = [socket.rpc("eth_subscribe", "newHeads") for _ in range(5)]
    net.rpc("evm_mine")
    assert [socket.next(each)["number"] for each in ids] == ["0x1"] * 5
    assert formatted == [1]


@pytest.mark.parametrize(
    "params",
    [
        [],
        [7],
        ["newBlocks"],
        ["logs", "0x"],
        ["logs", {"address": "0x12"}],
        ["newPendingTransactions", "yes"],
        ["newPendingTransactions", {"includeTransactions": "yes"}],
        ["transactionReceipts", {"transactionHashes": ["0x12"]}],
        ["newHeads", {}, {}],
    ],
)
def test_an_unknown_subscription_is_refused(socket: Socket, params: list[Any]) -> None:
    with pytest.raises(RpcError) as caught:
        socket.rpc("eth_subscribe", *params)
    assert caught.value.code == -32602


def test_over_http_the_error_names_websocket(net: Devnet) -> None:
    for method, argument in (("eth_subscribe", "newHeads"), ("eth_unsubscribe", "0x1")):
        with pytest.raises(RpcError, match="WebSocket") as caught:
            net.rpc(method, argument)
        assert caught.value.code == -32601
