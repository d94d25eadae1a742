"""Subscribers that do not keep up, and subscribers by the thousand: told, bounded, and nobody else's concern."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from megadev import Devnet
from tests.stage.slow_sockets import SECONDS, never_reads, request, subscriptions


def ask(client: ClientConnection, method: str, *params: Any) -> Any:
    client.send(json.dumps(request(method, *params)))
    while True:
        answer = json.loads(client.recv(SECONDS))
        if "id" in answer:
            return answer


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(subscriber_backlog=50_000) as net:
        net.serve()
        yield net


def port_of(net: Devnet) -> int:
    return int(net.url.rpartition(":")[2])


def test_a_client_that_never_reads_is_dropped_with_a_reason(net: Devnet) -> None:
    with closing(never_reads(port_of(net), times=200)) as stuck, connect(net.url.replace("http", "ws")) as attentive:
        ask(attentive, "eth_subscribe", "newHeads")
        assert len(subscriptions(net)) == 201
        for number in range(1, 200):
            net.rpc("evm_mine")
            assert int(json.loads(attentive.recv(SECONDS))["params"]["result"]["number"], 16) == number
            if len(subscriptions(net)) == 1:
                break
        assert len(subscriptions(net)) == 1, "its subscriptions ended with it, at once"
        received = bytearray()
        while not received.endswith(b"messages were waiting and are lost"):
            piece = stuck.recv(65_536)
            assert piece, "told why, once it reads"
            received += piece
        close = received[received.rindex(b"\x88") :]
        assert int.from_bytes(close[2:4], "big") == 1008
        assert close[4:].startswith(b"this subscriber reads too slowly: ")


@pytest.mark.skipif(sys.platform == "win32", reason="IPC needs Unix sockets")
def test_over_ipc_the_last_line_has_the_reason(megadev_up: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "n.ipc"
    node = megadev_up("--ipc", str(path), "--subscriber-backlog", "50000")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(SECONDS)
        client.connect(str(path))
        client.sendall(json.dumps([request("eth_subscribe", "newHeads")] * 200).encode())
        assert client.recv(1)
        node.rpc("anvil_mine", 20)
        received = bytearray()
        while piece := client.recv(65_536):
            received += piece
        last = json.loads(received.splitlines()[-1])
        assert (last["id"], last["error"]["code"]) == (None, -32005)
        assert "too slowly" in last["error"]["message"]


def test_max_subscriptions_limits_subscriptions() -> None:
    with Devnet(max_subscriptions=10) as net:
        net.serve()
        with connect(net.url.replace("http", "ws")) as client:
            ids = [ask(client, "eth_subscribe", "newHeads")["result"] for _ in range(10)]
            error = ask(client, "eth_subscribe", "logs")["error"]
            assert error["code"] == -32005
            assert error["message"].startswith("too many subscriptions: this node has 10, its maximum")
            assert "--max-subscriptions" in error["message"]
            ask(client, "eth_unsubscribe", ids[0])
            assert "result" in ask(client, "eth_subscribe", "logs")


def test_ten_thousand_subscriptions_are_served_from_one_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """On ten connections; every one of them hears of the block, and the block's header is formatted once."""
    from megadev.rpc import formatters, streams

    formatted: list[int] = []
    original = formatters.format_header

    def counting(block: Any, **options: Any) -> Any:
        formatted.append(block.number)
        return original(block, **options)

    monkeypatch.setattr(streams, "format_header", counting)
    with Devnet() as net, ExitStack() as stack:
        url = net.serve().replace("http", "ws")
        clients = [stack.enter_context(connect(url, max_size=None, max_queue=None)) for _ in range(10)]
        for client in clients:
            client.send(json.dumps([request("eth_subscribe", "newHeads")] * 1_000))
            assert len(json.loads(client.recv(SECONDS))) == 1_000
        assert len(subscriptions(net)) == 10_000
        net.rpc("evm_mine")
        for client in clients:
            told = {json.loads(client.recv(SECONDS))["params"]["subscription"] for _ in range(1_000)}
            assert len(told) == 1_000
        assert formatted == [1]


def test_equal_log_filters_are_one_stream_and_each_log_is_encoded_once(
    net: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    from megadev.primitives.abi import encode_call
    from megadev.rpc import formatters, streams
    from tests.contracts import load

    formatted: list[int] = []
    original = formatters.format_log

    def counting(found: Any, **options: Any) -> Any:
        formatted.append(found.log_index)
        return original(found, **options)

    monkeypatch.setattr(streams, "format_log", counting)
    alice = net.accounts[0].address
    creation = {"from": alice, "data": "0x" + load("Logger").creation.hex()}
    logger = net.rpc("eth_sendTransactionSync", creation)["contractAddress"]
    filters = [
        {},
        {"address": logger},
        {"address": [logger.upper().replace("X", "x")], "topics": []},
        {"topics": [None]},
    ]
    with connect(net.url.replace("http", "ws")) as client:
        ids = {ask(client, "eth_subscribe", "logs", wanted)["result"] for wanted in filters * 3}
        assert len(subscriptions(net)._streams["logs"]) == 3, "an address given alone or in a list is the same filter"
        data = "0x" + encode_call("many(uint256)", 2).hex()
        net.rpc("eth_sendTransactionSync", {"from": alice, "to": logger, "data": data})
        heard = [json.loads(client.recv(SECONDS))["params"] for _ in range(24)]
        assert {each["subscription"] for each in heard} == ids
        assert sorted(formatted) == [0, 1]


def test_an_ended_subscription_s_last_messages_come_before_the_answer(net: Devnet) -> None:
    with connect(net.url.replace("http", "ws")) as client:
        heads = ask(client, "eth_subscribe", "newHeads")["result"]
        net.rpc("anvil_mine", 20)
        client.send(json.dumps(request("eth_unsubscribe", heads)))
        told = [json.loads(client.recv(SECONDS)) for _ in range(21)]
        assert [each["params"]["result"]["number"] for each in told[:-1]] == [hex(number) for number in range(1, 21)]
        assert told[-1]["result"] is True
        net.rpc("evm_mine")
        client.send(json.dumps(request("eth_chainId")))
        assert json.loads(client.recv(SECONDS))["result"] == "0x7a69"


def test_a_subscriber_that_disconnects_does_not_affect_others(net: Devnet) -> None:
    with connect(net.url.replace("http", "ws")) as attentive:
        ask(attentive, "eth_subscribe", "newHeads")
        for number in range(1, 6):
            gone = never_reads(port_of(net), times=20)
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            gone.close()
            net.rpc("evm_mine")
            assert int(json.loads(attentive.recv(SECONDS))["params"]["result"]["number"], 16) == number
        with pytest.raises(ConnectionClosed):
            net.close()
            attentive.recv(SECONDS)
