"""``--gateway-limits`` over real sockets: statuses, headers, closed connections. Each number is tested in
tests/units/rpc/test_gateway.py.
"""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from megadev import ConfigError, Devnet
from megadev.clock import ManualClock

SECONDS = 120


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_700_000_000)


@pytest.fixture
def net(clock: ManualClock) -> Iterator[Devnet]:
    with Devnet(clock=clock, gateway_limits="public") as net:
        net.serve()
        yield net


def request(method: str, *params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def post(net: Devnet, body: Any, **headers: str) -> tuple[int, http.client.HTTPMessage, Any]:
    """Status, headers and answer."""
    host, port = net.url.removeprefix("http://").split(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=SECONDS)) as connection:
        connection.request("POST", "/", body if isinstance(body, bytes) else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, response.headers, json.loads(text) if text else None


def socket(net: Devnet) -> ClientConnection:
    return connect(net.url.replace("http", "ws"), open_timeout=SECONDS, close_timeout=1)


def ask(client: ClientConnection, method: str, *params: Any) -> Any:
    client.send(json.dumps(request(method, *params)))
    return json.loads(client.recv(SECONDS))


def test_refusals_come_with_their_status(net: Devnet) -> None:
    for body, status, code in (
        (request("eth_newBlockFilter"), 403, -32601),
        (request("eth_getBalance", "0x" + "00" * 20, "0x64"), 400, -32019),
        (b"{", 400, -32700),
        (request("eth_subscribe", "newHeads"), 200, -32000),
        (json.dumps(request("eth_chainId")).encode() + b" " * 131_072, 413, -32099),
        (b" " * 2_700_000, 413, -32099),
    ):
        found, _, answer = post(net, body)
        assert (found, answer["error"]["code"]) == (status, code)
    for _ in range(200):
        assert post(net, [request("eth_call", {"to": "0x" + "00" * 20})])[0] == 200
    assert post(net, request("eth_call", {"to": "0x" + "00" * 20}))[0] == 429


def test_answers_are_not_to_be_stored_and_pages_may_still_read_them(net: Devnet) -> None:
    status, headers, answer = post(net, request("eth_chainId"), Origin="https://app.example")
    assert (status, answer["result"]) == (200, "0x7a69")
    assert headers["cache-control"] == "no-store"
    assert headers["access-control-allow-origin"] == "*"
    assert post(net, {"jsonrpc": "2.0", "method": "eth_chainId"})[0] == 204


def test_a_sixth_websocket_is_refused_until_another_closes(net: Devnet) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(socket(net)) for _ in range(5)]
        with pytest.raises(InvalidStatus) as refused:
            socket(net)
        assert refused.value.response.status_code == 429
        assert json.loads(refused.value.response.body or b"")["error"] == {
            "code": -32005,
            "message": "Rate limit exceeded",
        }
        clients[0].close()
        stack.enter_context(socket(net))


def test_a_websocket_message_over_64_kib_closes_it(net: Devnet) -> None:
    with socket(net) as client:
        assert "error" in ask(client, "eth_sendRawTransaction", "0x" + "00" * 32_000)
        with pytest.raises(ConnectionClosed) as closed:
            ask(client, "eth_sendRawTransaction", "0x" + "00" * 33_000)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_a_silent_websocket_is_closed_after_a_minute(net: Devnet, clock: ManualClock) -> None:
    with socket(net) as silent:
        ask(silent, "eth_subscribe", "newHeads")
        clock.advance(59)
        with socket(net) as lively:
            ask(lively, "eth_chainId")
            clock.advance(2)
            with pytest.raises(ConnectionClosed) as closed:
                silent.recv(SECONDS)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
            assert "idle timeout" in closed.value.rcvd.reason
            assert ask(lively, "eth_chainId")["result"] == "0x7a69"


def test_subscriptions_still_work_under_gateway_limits(net: Devnet) -> None:
    with socket(net) as client:
        heads = ask(client, "eth_subscribe", "newHeads")["result"]
        net.rpc("evm_mine")
        told = json.loads(client.recv(SECONDS))
        assert told["params"]["subscription"] == heads
        assert told["params"]["result"]["number"] == "0x1"
        assert ask(client, "eth_getBalance", "0x" + "00" * 20)["error"]["message"] == "rpc method is not whitelisted"


def test_a_waiting_submission_expires(net: Devnet) -> None:
    sender, receiver = (account.address for account in net.accounts[:2])
    net.rpc("evm_setAutomine", False)
    raw = net.rpc("eth_signTransaction", {"from": sender, "to": receiver, "gas": "0xea60"})["raw"]
    status, _, answer = post(net, request("eth_sendRawTransactionSync", raw, 1))
    assert (status, answer["error"]) == (200, {"code": -32000, "message": "realtime transaction expired"})


def test_the_node_itself_is_asked_past_the_gateway(net: Devnet) -> None:
    """In-process, and over IPC: below."""
    assert net.rpc("eth_newBlockFilter").startswith("0x")
    assert len(net.rpc("eth_accounts")) == 10


def test_gateway_limits_are_off_by_default() -> None:
    with Devnet() as net:
        net.serve()
        assert post(net, request("eth_newBlockFilter"))[0] == 200
        assert "cache-control" not in post(net, request("eth_chainId"))[1]
    with pytest.raises(ConfigError, match="off, public or control"):
        Devnet(gateway_limits="strict")


@pytest.mark.skipif(sys.platform == "win32", reason="IPC needs Unix sockets")
def test_the_flag_allows_the_public_methods_and_control_adds_others(
    megadev_up: Callable[..., Any], tmp_path: Path
) -> None:
    import socket as sockets

    path = tmp_path / "n.ipc"
    node = megadev_up("--gateway-limits", "--ipc", str(path))
    with pytest.raises(OSError, match="403"):
        node.rpc("evm_mine")
    with sockets.socket(sockets.AF_UNIX) as ipc:
        ipc.settimeout(SECONDS)
        ipc.connect(str(path))
        ipc.sendall(json.dumps(request("evm_mine")).encode())
        assert json.loads(ipc.recv(4_096))["result"] == "0x0"
    assert node.rpc("eth_blockNumber") == "0x1"
    steered = megadev_up("--gateway-limits", "control")
    assert steered.rpc("evm_mine") == "0x0"
    with pytest.raises(OSError, match="403"):
        steered.rpc("eth_newBlockFilter")
