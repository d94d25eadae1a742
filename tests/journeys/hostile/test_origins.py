"""A web page may use the node, but not through it this machine: methods that reach outside of the process are refused to
pages of foreign origins, over HTTP and WebSocket alike."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from megadev import Devnet
from megadev.rpc.catalog import CATALOG

FOREIGN = ("https://evil.example", "http://127.0.0.1.evil.example", "null", "http://6.6.6.6:8545", "file://")
KNOWN = (
    None,
    "http://localhost:3000",
    "http://127.0.0.1:5173",
    "http://[::1]:80",
    "https://app.localhost",
    "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn",
    "moz-extension://4cb6e9b1-6a5c-4a3f-9d53-1c2b5b6b6f1f",
)
REACHING = [name for entry in CATALOG if entry.reaches for name in (entry.name, *entry.aliases)]
UNAUTHORIZED = 4100
ARGUMENTS: dict[str, list[Any]] = {
    "anvil_setRpcUrl": ["http://127.0.0.1:1"],
    "anvil_reset": [{"forking": {"jsonRpcUrl": "http://127.0.0.1:1"}}],
    "hardhat_reset": [{"forking": {"jsonRpcUrl": "http://127.0.0.1:1"}}],
    "megadev_trackContract": ["0x" + "11" * 20, "Token"],
    "megadev_getArtifact": ["Token"],
    "megadev_getSources": ["0x" + "11" * 20],
    "megadev_getStorage": ["0x" + "11" * 20],
    "megadev_getStateChanges": ["0x" + "11" * 32],
    "megadev_getStackTrace": ["0x" + "11" * 32],
    "megadev_gasReport": ["0x" + "11" * 32],
}
"""What would reach outside, where a call without arguments would not."""


def body(method: str, *params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})


def post(url: str, content: str, origin: str | None, **headers: str) -> Any:
    """As a page does without asking first: text/plain needs no preflight."""
    if origin is not None:
        headers["Origin"] = origin
    request = urllib.request.Request(url, content.encode(), {"Content-Type": "text/plain", **headers})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def code(answer: Any) -> int | None:
    return answer["error"]["code"] if "error" in answer else None


@pytest.fixture(scope="module", params=[{}, {"preset": "megaeth"}, {"gateway_limits": "control"}], ids=str)
def net(request: Any) -> Iterator[Devnet]:
    with Devnet(retries=0, **request.param) as net:
        net.serve()
        yield net


def test_methods_that_reach_outside_are_marked() -> None:
    assert {"anvil_setRpcUrl", "anvil_reset", "hardhat_reset", "megadev_reloadApply"} <= set(REACHING)


@pytest.mark.parametrize("method", REACHING)
def test_foreign_pages_are_refused_and_others_are_not(net: Devnet, method: str) -> None:
    content = body(method, *ARGUMENTS.get(method, []))
    for url in (net.url, net.l1.url):
        for origin in FOREIGN:
            answer = post(url, content, origin)
            assert code(answer) == UNAUTHORIZED, origin
            assert "--allow-origin" in answer["error"]["message"]
        for origin in KNOWN:
            assert code(post(url, content, origin)) != UNAUTHORIZED, origin


def test_over_websocket_and_in_batches_too(net: Devnet) -> None:
    if net.config.gateway_limits != "off":
        pytest.skip("that gateway lets few methods through over WebSocket")
    batch = f"[{body('eth_chainId')},{body('anvil_setRpcUrl', 'http://127.0.0.1:1')}]"
    assert [code(each) for each in post(net.url, batch, FOREIGN[0])] == [None, UNAUTHORIZED]
    for origin, expected in ((FOREIGN[0], UNAUTHORIZED), ("null", UNAUTHORIZED), (KNOWN[1], None), (None, None)):
        with connect(net.url.replace("http", "ws"), origin=origin) as client:  # type: ignore[arg-type]
            client.send(body("anvil_setRpcUrl", "http://127.0.0.1:1"))
            assert code(json.loads(client.recv(20))) == expected
            client.send(body("eth_chainId"))
            assert "result" in json.loads(client.recv(20))


@pytest.mark.parametrize("origin", [*FOREIGN, *KNOWN])
def test_everything_else_works_from_any_page(net: Devnet, origin: str | None) -> None:
    alice, bob = (account.address for account in net.accounts[:2])
    if net.config.gateway_limits == "off":
        sent = post(net.url, body("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"}), origin)
        assert len(sent["result"]) == 66
    assert post(net.url, body("anvil_setBalance", bob, "0x1"), origin)["result"] is None
    assert post(net.url, body("anvil_reset"), origin)["result"] is None


def test_an_origin_that_is_named_is_allowed_while_all_may_read() -> None:
    with Devnet(no_l1=True, allow_origin=("*", "https://app.example")) as net:
        url = net.serve()
        content = body("anvil_setRpcUrl", "http://127.0.0.1:1")
        assert code(post(url, content, "https://app.example")) is None
        assert code(post(url, content, "https://other.example")) == UNAUTHORIZED
        assert "result" in post(url, body("eth_chainId"), "https://other.example")


def test_a_page_of_the_host_under_which_the_node_was_reached_is_no_stranger() -> None:
    with Devnet(no_l1=True, allowed_hosts=("*",)) as net:
        url, content = net.serve(), body("anvil_setRpcUrl", "http://127.0.0.1:1")
        assert code(post(url, content, "http://192.168.1.7:3000", Host="192.168.1.7:8545")) is None
        assert code(post(url, content, "http://192.168.1.7:3000", Host="192.168.1.8:8545")) == UNAUTHORIZED
        answer = post(url, content, "http://evil.example", Host="evil.example")
        assert code(answer) == UNAUTHORIZED, "DNS rebinding, where --allowed-hosts does not stop it"


def test_the_command_line_takes_several(megadev_up: Callable[..., Any]) -> None:
    node = megadev_up("--no-l1", "--allow-origin", "*,https://app.example", "--allow-origin", "https://b.example")
    content = body("anvil_setRpcUrl", "http://127.0.0.1:1")
    assert [code(post(node.url, content, f"https://{name}.example")) for name in ("app", "b", "c")] == [
        None,
        None,
        UNAUTHORIZED,
    ]
