"""On Hardhat's node a send whose transaction fails is answered with an error, though it is mined, and thousands of tests
rely on it: those of who sends with a fixed gas limit, so that no estimate tells them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError

HERE = "0x" + "99" * 20


def reverting(data: bytes) -> str:
    """Code that reverts with up to 68 bytes."""
    words = [data[start : start + 32].ljust(32, b"\0") for start in range(0, len(data), 32)]
    stores = "".join(f"7f{word.hex()}60{32 * index:02x}52" for index, word in enumerate(words))
    return "0x" + stores + f"60{len(data):02x}5ffd"


def error_data(selector: str, *words: bytes) -> bytes:
    return bytes.fromhex(selector) + b"".join(word.rjust(32, b"\0") for word in words)


REASON = bytes.fromhex("08c379a0") + (32).to_bytes(32, "big") + (2).to_bytes(32, "big") + b"no".ljust(32, b"\0")
PANIC = error_data("4e487b71", b"\x11")
CUSTOM = bytes.fromhex("deadbeef")


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
@pytest.mark.parametrize(
    ("code", "data", "words"),
    [
        (reverting(b""), b"", "Transaction reverted without a reason string"),
        (
            reverting(PANIC),
            PANIC,
            "VM Exception while processing transaction: reverted with panic code 0x11 (Arithmetic operation overflowed "
            "outside of an unchecked block)",
        ),
        (
            reverting(CUSTOM),
            CUSTOM,
            "VM Exception while processing transaction: reverted with an unrecognized custom error (return data: "
            "0xdeadbeef)",
        ),
        (reverting(REASON), REASON, "VM Exception while processing transaction: reverted with reason string 'no'"),
        ("0x5b5f56", b"", "Transaction ran out of gas"),
        ("0xfe", b"", "VM Exception while processing transaction: invalid opcode"),
    ],
)
def test_the_send_answers_with_hardhats_error_and_the_transaction_is_mined(
    preset: str, code: str, data: bytes, words: str
) -> None:
    with Devnet(preset=preset, throw_on_revert=True) as net:
        net.rpc("anvil_setCode", HERE, code)
        with pytest.raises(RpcError) as thrown:
            net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": HERE, "gas": "0x186a0"})
        error = thrown.value
        assert (error.code, error.message[: len(words)]) == (-32000, words)
        assert error.data["data"] == "0x" + data.hex()
        assert error.data["transactionHash"] == error.data["txHash"]
        assert net.rpc("eth_getTransactionReceipt", error.data["transactionHash"])["status"] == "0x0"
        signed = {"from": net.accounts[0].address, "to": HERE, "gas": "0x186a0"}
        with pytest.raises(RpcError):
            net.rpc("eth_sendRawTransaction", net.rpc("eth_signTransaction", signed)["raw"])


def test_a_waiting_transaction_throws_no_error() -> None:
    with Devnet(throw_on_revert=True, no_mining=True) as net:
        net.rpc("anvil_setCode", HERE, "0xfe")
        assert net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": HERE, "gas": "0x186a0"})
        net.rpc("evm_mine")


def test_without_it_the_hash_is_answered() -> None:
    with Devnet() as net:
        net.rpc("anvil_setCode", HERE, "0xfe")
        sent = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": HERE, "gas": "0x186a0"})
        assert net.rpc("eth_getTransactionReceipt", sent)["status"] == "0x0"


def test_a_send_without_gas_takes_a_blocks() -> None:
    with Devnet(throw_on_revert=True, gas_limit=7_000_000) as net:
        sent = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": HERE})
        assert net.rpc("eth_getTransactionByHash", sent)["gas"] == hex(7_000_000)
        assert net.rpc("eth_fillTransaction", {"from": HERE, "to": HERE})["tx"]["gas"] == hex(7_000_000)


def test_calls_and_estimates_are_made_as_if_the_sender_could_pay() -> None:
    poor = {"from": "0x" + "77" * 20, "to": HERE, "value": hex(10**18)}
    with Devnet(throw_on_revert=True) as net:
        assert net.rpc("eth_estimateGas", poor) == "0x5208"
        assert net.rpc("eth_estimateGas", {**poor, "maxFeePerGas": hex(10**10)}) == "0x5208"
        assert net.rpc("eth_call", poor) == "0x"
    with Devnet() as net, pytest.raises(RpcError, match="insufficient"):
        net.rpc("eth_estimateGas", {**poor, "maxFeePerGas": hex(10**10)})


def test_struct_logs_show_storage_at_every_step() -> None:
    code = "0x60015f5560025f555f54505b00"  # sstore, sstore, sload, jumpdest, stop
    with Devnet(throw_on_revert=True) as net:
        net.rpc("anvil_setCode", HERE, code)
        sent = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": HERE})
        for trace in (net.rpc("debug_traceTransaction", sent), net.rpc("debug_traceCall", {"to": HERE}, "latest")):
            assert all("storage" in step for step in trace["structLogs"])
            assert trace["structLogs"][0]["storage"] == {}
            assert list(trace["structLogs"][-1]["storage"].values()) == ["0x" + f"{2:064x}"]
        bare = net.rpc("debug_traceTransaction", sent, {"disableStorage": True})
        assert not any("storage" in step for step in bare["structLogs"])


def ask(url: str, method: str, *params: Any, agent: str = "test") -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    head = {"Content-Type": "application/json", "User-Agent": agent}
    with urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=10) as answer:
        return json.load(answer)


def test_a_url_enables_it_for_one_client() -> None:
    with Devnet() as net:
        net.serve()
        net.rpc("anvil_setCode", HERE, "0xfe")
        send = {"from": net.accounts[0].address, "to": HERE, "gas": "0x186a0"}
        assert "result" in ask(net.url, "eth_sendTransaction", send)
        thrown = ask(net.url + "/?dialect=hardhat", "eth_sendTransaction", send)["error"]
        assert (thrown["code"], thrown["data"]["data"]) == (-32000, "0x")
        with pytest.raises(urllib.error.HTTPError) as refused:
            ask(net.url + "/?dialect=truffle", "eth_chainId")
        assert (refused.value.code, "choose one of" in refused.value.read().decode()) == (400, True)


def test_a_client_that_expects_bare_bytes_gets_them() -> None:
    with Devnet() as net:
        net.serve()
        request = {"from": net.accounts[0].address, "to": HERE, "nonce": "0x0"}
        whole = ask(net.url, "eth_signTransaction", request)["result"]
        assert whole.keys() == {"raw", "tx"}
        assert whole["tx"]["hash"] == ask(net.url, "eth_sendRawTransaction", whole["raw"])["result"]
        for url, agent in ((net.url + "/?dialect=anvil", "test"), (net.url, "foundry/1.7.1")):
            assert ask(url, "eth_signTransaction", request, agent=agent)["result"].startswith("0x02")


@pytest.mark.skipif(shutil.which("cast") is None, reason="needs cast")
def test_cast_signs_with_the_nodes_key() -> None:
    with Devnet() as net:
        net.serve()
        made = subprocess.run(
            ["cast", "mktx", "--ethsign", "--from", net.accounts[0].address, HERE, "--rpc-url", net.url],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert made.stdout.startswith("0x02"), made.stderr
