"""Hosts that no web page can own were refused, and a refusal said neither what lets the host in nor showed anywhere.

.local, .test, names without a dot and Kubernetes' services passed for names of strangers.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable

from tests.conftest import RunningNode

PRIVATE = ("laptop.local:8545", "app.test", "api.internal", "megadev", "megadev.dev.svc.cluster.local:8545")
BODY = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []})
UPGRADE = {
    "Upgrade": "websocket", "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


def ask(node: RunningNode, host: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)
    method, body = ("GET", None) if "Upgrade" in headers else ("POST", BODY)
    connection.request(method, "/", body, {"Host": host, **headers})
    answer = connection.getresponse()
    told = "" if answer.status == 101 else answer.read().decode()
    connection.close()
    return answer.status, told


def test_private_hosts_pass_and_a_refusal_names_the_flag(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--no-l1")
    for host in PRIVATE:
        assert ask(node, host)[0] == 200, host
        assert ask(node, host, **UPGRADE)[0] == 101, host
    for headers in ({}, UPGRADE):
        status, told = ask(node, "evil.example:8545", **headers)
        assert (status, "start with --allowed-hosts evil.example\n" in told) == (403, True), told
    line = node.wait_for("refused a request")
    assert "host 'evil.example:8545' is not allowed" in line.string
    assert "--allowed-hosts evil.example" in line.string
    assert ask(node, "other.example")[0] == 403
    assert "other.example" in node.wait_for("refused a request").string, "the first is told once"


def test_the_flag_that_the_refusal_names_allows_the_host(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--no-l1", "--allowed-hosts", "evil.example")
    assert ask(node, "evil.example:8545")[0] == 200


def test_a_refusal_names_the_flag_that_allows_the_origin(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--no-l1", "--allow-origin", "https://app.example", "--json")
    status, told = ask(node, "localhost", Origin="https://evil.example")
    assert (status, "--allow-origin https://evil.example" in told) == (403, True)
    told_json = json.loads(node.wait_for('"event":"refused"').string)
    assert "origin 'https://evil.example' is not allowed" in told_json["reason"]


def test_an_invalid_host_is_refused_with_a_short_message(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--no-l1")
    for host in ("a b", "x.y" * 200, "evil.example, localhost"):
        status, told = ask(node, host)
        assert (status, len(told) < 500) == (403, True), told
