"""Forking a node that lacks methods failed with its bare words: Hardhat's node and Ganache have no eth_getBlockReceipts,
Ganache writes words of empty storage as ``0x``.

What upstream lacks is made of what it has, and where nothing can be made of that, the error says which node lacks which
method, and what to fork instead.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.faulty_upstream import FaultyUpstream, answering, ask, faulty_upstream

START = 1_700_000_000
STRANGER = "0x" + "42" * 20
HARDHAT_LACKS = (
    "eth_getBlockReceipts",
    "eth_getHeader",
    "eth_getRawTransaction",
    "eth_getUncle",
    "eth_createAccessList",
    "ots_",
    "trace_",
)


class Chain:
    """Blocks with several transactions each, and a contract that logs."""

    def __init__(self) -> None:
        self.net = Devnet(clock=ManualClock(START), accounts=3, manual_clock=True, no_mining=True, no_l1=True)
        users = [account.address for account in self.net.accounts]
        self.sent: list[str] = []
        for block in range(1, 5):
            for user in users:
                paid = {"from": user, "to": STRANGER, "value": hex(block)}
                self.sent.append(self.net.rpc("eth_sendTransaction", paid))
            made = {"from": users[0], "data": "0x" + load("Logger").creation.hex()}
            self.sent.append(self.net.rpc("eth_sendTransaction", made))
            self.net.rpc("evm_mine")
        self.height = 4
        self.url = self.net.serve()


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    made = Chain()
    yield made
    made.net.close()


def hardhats_words(method: str) -> dict[str, Any]:
    return {"code": -32004, "message": f"Method {method} is not supported", "data": {"method": method}}


def ganaches_words(method: str) -> dict[str, Any]:
    return {"message": f"The method {method} does not exist/is not available", "code": -32600}


def lacking(words: Callable[[str], dict[str, Any]], *prefixes: str) -> Callable[[str, list[Any]], Any]:
    """An answerer for ``answering``: those methods are refused in these words."""

    def refuse(method: str, _: list[Any]) -> dict[str, Any] | None:
        return {"error": words(method)} if method.startswith(prefixes) else None

    return refuse


@pytest.fixture(params=[hardhats_words, ganaches_words], ids=["Hardhat", "Ganache"])
def proxy(request: pytest.FixtureRequest, chain: Chain) -> Iterator[FaultyUpstream]:
    with faulty_upstream(chain.url) as made:
        made.always = answering(chain.url, lacking(request.param, *HARDHAT_LACKS))
        yield made


@pytest.fixture
def fork() -> Iterator[Callable[..., Devnet]]:
    opened: list[Devnet] = []

    def open_one(*urls: str, **settings: Any) -> Devnet:
        usual = {"accounts": 2, "clock": ManualClock(START + 500), "no_storage_caching": True, "fork_retry_backoff": 0}
        opened.append(Devnet(fork_url=urls, **(usual | settings)))
        return opened[-1]

    yield open_one
    for net in opened:
        net.close()


@pytest.mark.parametrize("served", [False, True], ids=["in process", "served"])
def test_history_matches_that_of_a_full_node(
    chain: Chain, proxy: FaultyUpstream, fork: Callable[..., Devnet], served: bool
) -> None:
    net = fork(proxy.url)
    if served:
        net.serve()
    block = chain.net.rpc("eth_getBlockByNumber", "0x2", False)
    for number in ("0x2", "0x4", "latest"):
        for method, *more in (
            ("eth_getBlockReceipts",),
            ("eth_getHeaderByNumber",),
            ("eth_getRawTransactionByBlockNumberAndIndex", "0x1"),
            ("eth_getUncleCountByBlockNumber",),
            ("eth_getUncleByBlockNumberAndIndex", "0x0"),
            ("eth_getTransactionByBlockNumberAndIndex", "0x2"),
            ("eth_getBlockTransactionCountByNumber",),
            ("debug_traceBlockByNumber", {"tracer": "callTracer"}),
            ("trace_block",),
        ):
            assert net.rpc(method, number, *more) == chain.net.rpc(method, number, *more), (method, number)
    for method, *more in (
        ("eth_getBlockReceipts",),
        ("eth_getHeaderByHash",),
        ("eth_getRawTransactionByBlockHashAndIndex", "0x1"),
        ("eth_getUncleCountByBlockHash",),
    ):
        assert net.rpc(method, block["hash"], *more) == chain.net.rpc(method, block["hash"], *more), method
    for sent in chain.sent[:4]:
        for method in ("eth_getTransactionReceipt", "eth_getRawTransactionByHash", "debug_traceTransaction"):
            assert net.rpc(method, sent) == chain.net.rpc(method, sent)
    before = proxy.methods.count("eth_getBlockReceipts")
    assert before == 1, "it was asked for once, and is known not to be there"
    assert (
        net.rpc("eth_feeHistory", "0x3", "latest", [10, 90])["reward"]
        == (chain.net.rpc("eth_feeHistory", "0x3", "0x4", [10, 90])["reward"])
    )


def test_fees_at_the_forked_block_need_no_receipts(
    chain: Chain, proxy: FaultyUpstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(proxy.url, no_l1=True)
    proxy.forget()
    net.rpc("eth_feeHistory", "0x3", "latest", [50])
    assert proxy.methods.count("eth_feeHistory") == 1 and "eth_getTransactionReceipt" not in proxy.methods


def test_a_fork_can_begin_after_a_transaction(chain: Chain, proxy: FaultyUpstream, fork: Callable[..., Devnet]) -> None:
    sent = chain.sent[6]
    net = fork(proxy.url, fork_transaction_hash=sent, accounts=0)
    assert net.rpc("eth_blockNumber") == "0x2"
    here, there = (each.rpc("eth_getTransactionReceipt", sent) for each in (net, chain.net))
    assert (here["gasUsed"], here["cumulativeGasUsed"]) == (there["gasUsed"], there["cumulativeGasUsed"])


def test_a_bundle_of_such_a_fork_replays(
    chain: Chain, proxy: FaultyUpstream, fork: Callable[..., Devnet], tmp_path: Path
) -> None:
    asked = [("eth_getBlockReceipts", ("0x3",)), ("debug_traceTransaction", (chain.sent[5],))]
    bundle = tmp_path / "fork.bundle"
    recorded = Devnet(fork_url=(proxy.url,), fork_record=bundle, no_l1=True, clock=ManualClock(START + 500))
    expected = [recorded.rpc(method, *params) for method, params in asked]
    recorded.close()
    with Devnet(fork_bundle=bundle, no_l1=True, clock=ManualClock(START + 500)) as replayed:
        assert [replayed.rpc(method, *params) for method, params in asked] == expected


UNKNOWN_METHODS: dict[str, tuple[str, list[Any], str]] = {
    "eth_getProof": ("eth_getProof", [STRANGER, [], "0x2"], "one that has it"),
    "eth_getLogs": ("eth_getLogs", [{"fromBlock": "0x1", "toBlock": "0x3"}], "one that has it"),
    "ots_": ("ots_searchTransactionsBefore", [STRANGER, 0, 5], "Erigon, reth"),
}


@pytest.mark.parametrize("lacked", UNKNOWN_METHODS)
@pytest.mark.parametrize("words", [hardhats_words, ganaches_words])
def test_an_unavailable_answer_names_node_method_and_remedy(
    chain: Chain, fork: Callable[..., Devnet], lacked: str, words: Callable[[str], dict[str, Any]]
) -> None:
    method, params, remedy = UNKNOWN_METHODS[lacked]
    with faulty_upstream(chain.url) as proxy:
        proxy.always = answering(chain.url, lacking(words, lacked))
        net = fork(proxy.url + "/v2/secretkey")
        for _ in range(2):
            with pytest.raises(RpcError) as caught:
                net.rpc(method, *params)
            assert caught.value.code == -32601
            for said in (proxy.url, method, "does not have that method", remedy):
                assert said in caught.value.message
            assert "secretkey" not in caught.value.message
        assert proxy.methods.count(method) == 1


def test_a_receipt_is_found_among_those_of_its_block(chain: Chain, fork: Callable[..., Devnet]) -> None:
    with faulty_upstream(chain.url) as proxy:
        proxy.always = answering(chain.url, lacking(hardhats_words, "eth_getTransactionReceipt"))
        net = fork(proxy.url)
        for sent in chain.sent[::5]:
            assert net.rpc("eth_getTransactionReceipt", sent) == chain.net.rpc("eth_getTransactionReceipt", sent)


def test_a_refusal_names_the_refusing_node(chain: Chain, fork: Callable[..., Devnet]) -> None:
    def limited(method: str, _: list[Any]) -> dict[str, Any] | None:
        if method != "eth_getLogs":
            return None
        return {"error": {"code": -32005, "message": "query returned more than 10000 results", "data": {"from": "0x1"}}}

    with faulty_upstream(chain.url) as proxy:
        proxy.always = answering(chain.url, limited)
        net = fork(proxy.url)
        with pytest.raises(RpcError) as caught:
            net.rpc("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x3"})
    assert (caught.value.code, caught.value.data) == (-32005, {"from": "0x1"})
    for said in (proxy.url, "eth_getLogs", "query returned more than 10000 results", "fewer blocks"):
        assert said in caught.value.message


def test_another_node_that_has_the_method_is_asked(chain: Chain, fork: Callable[..., Devnet]) -> None:
    with faulty_upstream(chain.url) as poor, faulty_upstream(chain.url) as rich:
        poor.always = answering(chain.url, lacking(hardhats_words, "eth_getProof"))
        net = fork(poor.url, rich.url)
        for slot in range(3):
            wanted = (STRANGER, [hex(slot)], "0x2")
            assert net.rpc("eth_getProof", *wanted) == chain.net.rpc("eth_getProof", *wanted)
        assert poor.methods.count("eth_getProof") <= 1


def test_a_tag_that_upstream_does_not_know_is_named(chain: Chain, fork: Callable[..., Devnet]) -> None:
    def old(method: str, params: list[Any]) -> dict[str, Any] | None:
        if params[:1] != ["finalized"]:
            return None
        return {"error": {"code": -32602, "message": "invalid argument 0: hex string without 0x prefix"}}

    with faulty_upstream(chain.url) as proxy:
        proxy.always = answering(chain.url, old)
        with pytest.raises(Exception, match=r"finalized.*give its number") as caught:
            fork(f"{proxy.url}@finalized")
    assert "hex string without 0x prefix" in str(caught.value)


def test_words_of_empty_storage_are_zero_and_no_value_is_named(chain: Chain, fork: Callable[..., Devnet]) -> None:
    told = "0x"

    def storage(method: str, _: list[Any]) -> dict[str, Any] | None:
        return {"result": told} if method == "eth_getStorageAt" else None

    with faulty_upstream(chain.url) as proxy:
        proxy.always = answering(chain.url, storage)
        net = fork(proxy.url, no_l1=True)
        assert net.rpc("eth_getStorageAt", STRANGER, "0x1", "latest") == "0x" + "00" * 32
        told = "nothing"
        with pytest.raises(RpcError, match="answered eth_getStorageAt with 'nothing'"):
            net.rpc("eth_getStorageAt", STRANGER, "0x2", "latest")


@pytest.mark.parametrize(
    ("status", "body", "largest"),
    [
        (400, b"<html>Bad Request</html>", 1),
        (405, b"batches are not allowed", 1),
        (413, b"<html>Request Entity Too Large</html>", 6),
        (
            200,
            b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batch size 100 exceeds the limit of 7"}}',
            7,
        ),
        (200, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"batch too large, limit exceeded"}}', 6),
    ],
)
def test_batches_are_as_large_as_the_node_takes_them(
    chain: Chain, fork: Callable[..., Devnet], status: int, body: bytes, largest: int
) -> None:
    with faulty_upstream(chain.url) as proxy:
        proxy.largest_batch, proxy.refused_batch = largest, (status, body)
        net = fork(proxy.url)
        addresses = [f"0x{number:040x}" for number in range(1, 9)]
        proxy.forget()
        net.rpc("eth_getStorageValues", {STRANGER: [hex(slot) for slot in range(20)]}, "latest")
        for address in addresses:
            assert net.rpc("eth_getCode", address, "latest") == chain.net.rpc("eth_getCode", address, "latest")
        sizes = [len(body) if isinstance(body, list) else 1 for body in proxy.bodies]
        assert max(sizes) <= largest, "what it does not take is not sent to it again"


# -- the real ones ------------------------------------------------------------------------------------------------


def _program(name: str) -> list[str]:
    """A node from npm: ``node_modules`` that ``MEGADEV_FORK_NODES`` names, one that has hardhat or ganache."""
    folder, node = FORK_NODES, shutil.which("node")
    found = {"hardhat": "hardhat/internal/cli/bootstrap.js", "ganache": "ganache/dist/node/cli.js"}[name]
    if not folder or node is None or not Path(folder, found).exists():
        pytest.skip(f"set MEGADEV_FORK_NODES to a node_modules directory that has {name} (hardhat@2, ganache@7)")
    return [node, str(Path(folder, found).resolve())]


FORK_NODES = os.environ.get("MEGADEV_FORK_NODES", "")
"""Read on import: the tests' own environment has no MEGADEV_* in it."""


@pytest.fixture(params=["hardhat", "ganache"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = _program(request.param)
    where = tmp_path
    if request.param == "hardhat":
        where = Path(FORK_NODES).resolve().parent  # it looks for itself from there
        (tmp_path / "hardhat.config.js").write_text("module.exports = {solidity: '0.8.30'};")
        command += ["--config", str(tmp_path / "hardhat.config.js"), "node"]
    env = os.environ | {"HARDHAT_DISABLE_TELEMETRY_PROMPT": "true"}
    process = subprocess.Popen([*command, "--port", port], cwd=where, env=env, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(url, b"{}", timeout=1)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                assert process.poll() is None, "it did not start"
                time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.wait()


@pytest.mark.node_js
@pytest.mark.slow
@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_hardhats_node_and_ganache_can_be_forked(real: str, preset: str, fork: Callable[..., Devnet]) -> None:
    def there(method: str, *params: Any) -> Any:
        return ask(real, method, *params)["result"]

    sender = there("eth_accounts")[0]
    # a constructor that writes slot 0 and returns a contract that answers with it
    init = "0x602a600055600b6011600039600b6000f3" + "60005460005260206000f3"
    made = there("eth_sendTransaction", {"from": sender, "data": init, "gas": "0x30d40"})
    stored = there("eth_getTransactionReceipt", made)["contractAddress"]
    sent = there("eth_sendTransaction", {"from": sender, "to": STRANGER, "value": "0x5", "gas": "0x5208"})
    head = there("eth_blockNumber")
    net = fork(real, preset=preset)
    net.serve()
    assert net.rpc("eth_blockNumber") == head
    assert int(net.rpc("eth_call", {"to": stored, "data": "0x"}, "latest"), 16) == 42
    for method, *params in (
        ("eth_getTransactionReceipt", made),
        ("eth_getTransactionByHash", sent),
        ("eth_getBlockByNumber", head, True),
        ("eth_getLogs", {"fromBlock": "0x0", "toBlock": head}),
    ):
        assert net.rpc(method, *params) == there(method, *params)
    assert net.rpc("eth_getBlockReceipts", head) == [there("eth_getTransactionReceipt", sent)]
    fees = net.rpc("eth_feeHistory", "0x2", "latest", [50])
    assert fees["reward"] == there("eth_feeHistory", "0x2", head, [50])["reward"]
    if preset == "dev":
        traced = net.rpc("debug_traceTransaction", sent, {"tracer": "callTracer"})
        assert (traced["value"], traced["gasUsed"]) == ("0x5", "0x5208")
    else:  # and those nodes know no such tracer
        with pytest.raises(RpcError, match="it ran under rules that megadev does not implement"):
            net.rpc("debug_traceTransaction", sent, {"tracer": "callTracer"})
    user = net.accounts[0].address
    receipt = net.rpc("eth_sendTransactionSync", {"from": user, "to": STRANGER, "value": "0x1"})
    assert receipt["status"] == "0x1" and int(net.rpc("eth_getBalance", STRANGER), 16) >= 6
