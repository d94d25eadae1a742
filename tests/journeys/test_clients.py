"""Clients that people point at a node, unmodified: web3.py, MetaMask's requests, viem, ethers and cast."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3
from web3.exceptions import ContractCustomError, Web3RPCError

from megadev import Devnet
from tests.contracts import load
from tests.stage.javascript import CAST, outcomes

ETHER = 10**18


GWEI = 10**9


STRANGER = "0x00000000000000000000000000000000DeaDBeef"


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with Devnet(accounts=20) as net:
        net.serve()
        # the node's messages then name errors, and clients must go by the data all the same
        for name in ("Token", "Reverter"):
            net.rpc("megadev_addArtifact", {"name": name, "abi": abi_of(name)})
        yield net


def test_a_newcomer_deploys_calls_sends_and_reads_events_with_web3py() -> None:
    with Devnet() as net:
        w3 = Web3(Web3.HTTPProvider(net.serve()))
        assert w3.is_connected()
        alice, bob = w3.eth.accounts[:2]
        assert w3.eth.get_balance(alice) == 10_000 * ETHER

        artifact = load("Token")
        factory = w3.eth.contract(abi=abi_of("Token"), bytecode=artifact.creation)
        deployed = w3.eth.wait_for_transaction_receipt(
            factory.constructor("Gold", "AU", 1000).transact({"from": alice})
        )
        gold = w3.eth.contract(address=deployed["contractAddress"], abi=abi_of("Token"))
        assert gold.functions.name().call() == "Gold"

        receipt = w3.eth.wait_for_transaction_receipt(gold.functions.transfer(bob, 300).transact({"from": alice}))
        assert receipt["status"] == 1
        assert gold.functions.balanceOf(bob).call() == 300
        assert gold.functions.balanceOf(bob).call(block_identifier=deployed["blockNumber"]) == 0
        assert [event["args"]["value"] for event in gold.events.Transfer.get_logs(from_block=0)] == [1000, 300]

        with pytest.raises(ContractCustomError) as refused:
            gold.functions.transfer(bob, 5000).transact({"from": alice})
        selector = Web3.keccak(text="InsufficientBalance(address,uint256,uint256)")[:4]
        assert refused.value.data[:10] == "0x" + selector.hex()

        with pytest.raises(Web3RPCError, match="nonce too low"):
            w3.eth.send_transaction({"from": alice, "to": bob, "value": 1, "nonce": 0})
        with pytest.raises(Web3RPCError, match="insufficient funds"):
            w3.eth.send_transaction({"from": alice, "to": bob, "value": 10**30})


def test_a_receipt_asked_right_after_sending_exists_also_on_a_long_chain() -> None:
    with Devnet() as net:
        net.rpc("anvil_mine", 10_000)
        w3 = Web3(Web3.HTTPProvider(net.serve()))
        key = net.accounts[0].private_key
        fields = {
            "chainId": 31337,
            "to": STRANGER,
            "value": 1,
            "gas": 21_000,
            "maxFeePerGas": 2 * GWEI,
            "maxPriorityFeePerGas": 1,
        }
        transactions = [Account.sign_transaction({**fields, "nonce": nonce}, key) for nonce in range(200)]
        missed = 0
        for transaction in transactions:
            tx_hash = w3.eth.send_raw_transaction(transaction.raw_transaction).to_0x_hex()
            missed += w3.manager.request_blocking("eth_getTransactionReceipt", [tx_hash]) is None
        assert missed == 0
        assert w3.eth.block_number == 10_200
        assert w3.eth.get_balance(STRANGER) == 200


def abi_of(contract: str) -> list[dict[str, Any]]:
    path = Path(__file__).parents[1] / "contracts" / f"{contract}.json"
    abi: list[dict[str, Any]] = json.loads(path.read_bytes())["abi"]
    return abi


def test_a_wallet_adds_the_network_and_sends_a_transaction() -> None:
    with Devnet() as net:
        net.serve()
        sender = net.accounts[0].address.lower()
        assert preflight(net.url)["access-control-allow-origin"] == "*"

        def ask(method: str, *params: Any) -> Any:
            return ask_as_extension(net.url, method, *params)

        # adding the network, and what is polled from then on
        assert ask("eth_chainId") == "0x7a69"
        assert ask("net_version") == "31337"
        assert ask("eth_blockNumber") == "0x0"
        block = ask("eth_getBlockByNumber", "0x0", False)
        assert int(block["baseFeePerGas"], 16) > 0
        assert ask("eth_getBalance", sender, "0x0") == hex(10_000 * ETHER)
        assert ask("eth_getCode", sender, "latest") == "0x"
        # its balance checker is not here, and it takes that from the answer
        assert (
            ask("eth_call", {"to": "0xb1f8e55c7f64d203c1400b9d8555d050f94adf39", "data": "0xf0002ea9"}, "latest")
            == "0x"
        )

        # sending
        assert int(ask("eth_gasPrice"), 16) > 0
        history = ask("eth_feeHistory", "0x5", "latest", [10, 20, 30])
        assert set(history) >= {"oldestBlock", "baseFeePerGas", "gasUsedRatio", "reward"}
        request = {"from": sender, "to": STRANGER, "value": "0x1", "data": "0x", "type": "0x2"}
        assert ask("eth_estimateGas", request) == hex(21_000)
        nonce = ask("eth_getTransactionCount", sender, "latest")
        assert ask("eth_getTransactionCount", sender, "pending") == nonce
        fields = {
            "chainId": 31337,
            "nonce": int(nonce, 16),
            "to": STRANGER,
            "value": 1,
            "gas": 21_000,
            "maxFeePerGas": 3 * GWEI,
            "maxPriorityFeePerGas": GWEI,
        }
        signed = Account.sign_transaction(fields, net.accounts[0].private_key)
        tx_hash = ask("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
        assert tx_hash == signed.hash.to_0x_hex()

        # watching it
        receipt = ask("eth_getTransactionReceipt", tx_hash)
        assert receipt["status"] == "0x1"
        assert ask("eth_getTransactionByHash", tx_hash)["blockHash"] == receipt["blockHash"]
        assert ask("eth_getBlockByHash", receipt["blockHash"], False)["transactions"] == [tx_hash]
        assert ask("eth_blockNumber") == receipt["blockNumber"]
        assert ask("eth_getTransactionCount", sender, receipt["blockNumber"]) == "0x1"


EXTENSION = "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn"


def ask_as_extension(url: str, method: str, *params: Any) -> Any:
    """The result of one request as a browser sends it for an extension."""
    body = json.dumps({"id": 7, "jsonrpc": "2.0", "method": method, "params": params}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Origin": EXTENSION}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as response:
        assert response.headers["access-control-allow-origin"] == "*"
        answer = json.load(response)
    assert "error" not in answer, (method, answer["error"])
    assert answer["id"] == 7
    return answer["result"]


def preflight(url: str) -> dict[str, str]:
    """The headers that allow an extension to ask."""
    headers = {
        "Origin": EXTENSION,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    request = urllib.request.Request(url, headers=headers, method="OPTIONS")
    with urllib.request.urlopen(request, timeout=60) as response:
        return {name.lower(): value for name, value in response.headers.items()}


def test_blocks_mined_zero_seconds_apart_use_the_clock(net: Devnet) -> None:
    """viem's ``mine({ blocks })`` asks for it."""
    before = int(net.rpc("eth_blockNumber"), 16)
    net.rpc("anvil_mine", "0x3", "0x0")
    assert int(net.rpc("eth_blockNumber"), 16) == before + 3


VIEM = (
    "deploy, transfer, read, events",
    "a custom error, decoded",
    "refusals, recognised",
    "blocks and events, watched over WebSocket",
    "several reads at once by multicall",
    "typed data and messages, signed by the node and verified",
    "fees of EIP-1559, estimated and paid",
    "an account with code (EIP-7702)",
    "a blob transaction (EIP-4844)",
    "a node under control",
)


ETHERS = (
    "deploy, transfer, read, events",
    "a custom error, decoded",
    "refusals, recognised",
    "blocks and events, watched over WebSocket",
    "typed data and messages, signed by the node and verified",
    "fees of EIP-1559, estimated and paid",
    "an account with code (EIP-7702)",
)


@pytest.fixture(scope="module")
def viem_outcomes(net: Devnet) -> dict[str, str]:
    return outcomes(net, "viem")


@pytest.fixture(scope="module")
def ethers_outcomes(net: Devnet) -> dict[str, str]:
    return outcomes(net, "ethers")


@pytest.mark.node_js
@pytest.mark.parametrize("journey", VIEM)
def test_viem(viem_outcomes: dict[str, str], journey: str) -> None:
    assert viem_outcomes[journey] == "ok"


@pytest.mark.node_js
@pytest.mark.parametrize("journey", ETHERS)
def test_ethers(ethers_outcomes: dict[str, str], journey: str) -> None:
    assert ethers_outcomes[journey] == "ok"


@pytest.mark.node_js
def test_every_journey_of_the_scripts_is_listed(viem_outcomes: dict[str, str], ethers_outcomes: dict[str, str]) -> None:
    assert (tuple(viem_outcomes), tuple(ethers_outcomes)) == (VIEM, ETHERS)


Cast = Callable[..., Any]


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    """Run cast on a node; what it prints, decoded where that is JSON."""
    program = shutil.which(CAST)
    if program is None:
        pytest.skip("cast is not installed: set MEGADEV_CAST to where it is")
    with Devnet() as net:
        env = {**os.environ, "ETH_RPC_URL": net.serve(), "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1"}

        def run(*arguments: str, fails: bool = False) -> Any:
            command = [program, *arguments]
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
            has_failed = done.returncode != 0 or done.stderr.startswith("Error:")  # npm's cast ends with 0
            assert has_failed == fails, done.stderr
            if fails:
                return done.stderr
            try:
                return json.loads(done.stdout)
            except ValueError:
                return done.stdout.strip()

        yield run


@pytest.fixture(scope="module")
def signing() -> tuple[str, str]:
    return "--private-key", Devnet().accounts[0].private_key


@pytest.fixture(scope="module")
def gold(cast: Cast, signing: tuple[str, str]) -> str:
    """A token that ``cast send --create`` deployed."""
    code = "0x" + load("Token").creation.hex()
    constructor = ["constructor(string,string,uint256)", "Gold", "AU", "1000"]
    address: str = cast("send", *signing, "--json", "--create", code, *constructor)["contractAddress"]
    assert cast("code", address) == "0x" + load("Token").runtime.hex()
    return address


@pytest.mark.foundry
def test_cast_sends_ether_and_finds_the_receipt(cast: Cast, signing: tuple[str, str]) -> None:
    sent = cast("send", STRANGER, "--value", "1ether", *signing, "--json")
    assert sent["status"] == "0x1"
    receipt = cast("receipt", sent["transactionHash"], "--json")
    assert {**receipt, **sent} == receipt
    assert cast("tx", sent["transactionHash"], "--json")["hash"] == sent["transactionHash"]
    assert cast("block", sent["blockHash"], "--json")["transactions"] == [sent["transactionHash"]]


@pytest.mark.foundry
def test_cast_sends_from_an_account_of_the_node(cast: Cast) -> None:
    assert cast("send", STRANGER, "--from", Devnet().accounts[1].address, "--unlocked", "--json")["status"] == "0x1"


@pytest.mark.foundry
def test_cast_calls_sends_to_and_reads_the_logs_of_a_contract(cast: Cast, signing: tuple[str, str], gold: str) -> None:
    assert cast("call", gold, "name()(string)") == "Gold"
    sent = cast("send", gold, "transfer(address,uint256)", STRANGER, "300", *signing, "--json")
    assert sent["logs"][0]["address"] == gold
    assert cast("call", gold, "balanceOf(address)(uint256)", STRANGER) == 300
    logs = cast("logs", "Transfer(address,address,uint256)", "--address", gold, "--from-block", "0", "--json")
    assert [int(log["data"], 16) for log in logs] == [1000, 300]


@pytest.mark.foundry
def test_cast_shows_why_a_transaction_would_fail(cast: Cast, signing: tuple[str, str], gold: str) -> None:
    transfer = ["transfer(address,uint256)", STRANGER, "5000"]
    selector = Web3.keccak(text="InsufficientBalance(address,uint256,uint256)")[:4].hex()
    assert selector in cast("call", gold, *transfer, fails=True)
    assert selector in cast("send", gold, *transfer, *signing, fails=True)
    assert "insufficient funds" in cast("send", STRANGER, "--value", "1000000ether", *signing, fails=True).lower()
