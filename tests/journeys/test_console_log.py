"""console.log: what contracts print is seen in the terminal, under what printed it, and over RPC."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from megadev import Devnet
from megadev.node.console import MESSAGES_KEPT
from megadev.primitives.abi import encode_call
from megadev.rpc.client import RpcError
from tests.conftest import RunningNode
from tests.contracts import load
from tests.stage.wallet import Wallet

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
KINDS = [
    "",
    str(2**256 - 1),
    "-42",
    "a text: 5 €",
    "true",
    "0x000000000000000000636F6e736F6c652e6c6f67",
    "0xc0ffee",
    "0xdeadbeef",
    "0x" + "00" * 31 + "01",
    "7",
    "5 wei",
    "left over: 1 false",
    "1 two true 0x0000000000000000000000000000000000000004",
]
"""What ``Printer.kinds`` prints, compiled from Solidity as the libraries are."""
Rpc = Callable[..., Any]
Up = Callable[..., RunningNode]


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet() as net:
        yield net


@pytest.fixture
def printer(net: Devnet) -> str:
    return deploy(net.rpc)


def deploy(rpc: Rpc) -> str:
    receipt = Wallet(rpc, gas=5_000_000).send(data="0x" + load("Printer").creation.hex())
    address: str = receipt["contractAddress"]
    return address


def data(signature: str, *arguments: Any) -> str:
    return "0x" + encode_call(signature, *arguments).hex()


def texts(logs: list[dict[str, Any]]) -> list[str]:
    return [each["message"] for each in logs]


# -- in the terminal ---------------------------------------------------------------------------------------------------


def following(node: RunningNode, count: int) -> list[str]:
    return [node.next_line().rstrip("\n") for _ in range(count)]


def test_transactions_calls_and_estimates_print_below_themselves(megadev_up: Up) -> None:
    node = megadev_up()
    printer = deploy(node.rpc)
    node.wait_for(r"^    success")
    assert following(node, 2) == ["    console.log:", f"      made by {ALICE}"]

    Wallet(node.rpc, gas=5_000_000).send(to=printer, data=data("kinds()"))
    node.wait_for(r"^    success")
    assert following(node, 14) == ["    console.log:", *(f"      {text}" for text in KINDS)]

    Wallet(node.rpc, gas=5_000_000).send(to=printer, data=data("fail()"))
    node.wait_for(r"^    execution reverted: the end")
    assert following(node, 2) == ["    console.log:", "      before the end"]

    node.rpc("eth_call", {"to": printer, "data": data("greet(string)", "\x1b[2Jworld")}, "latest")
    node.wait_for(r"^eth_call ")
    assert following(node, 2) == ["  console.log:", "    hello ·[2Jworld"]

    node.rpc("eth_estimateGas", {"from": ALICE, "to": printer, "data": data("kinds()")})
    node.wait_for(r"^eth_estimateGas ")
    assert following(node, 14) == ["  console.log:", *(f"    {text}" for text in KINDS)]
    node.rpc("eth_chainId")
    assert following(node, 1)[0].startswith("eth_chainId"), "an estimate runs often and prints once"


@pytest.mark.parametrize("flag", ["--disable-console-log", "--no-console-log"])
def test_the_terminal_can_be_spared(megadev_up: Up, flag: str) -> None:
    node = megadev_up(flag)
    printer = deploy(node.rpc)
    node.rpc("eth_call", {"to": printer, "data": data("greet(string)", "you")}, "latest")
    assert texts(node.rpc("megadev_getConsoleLogs")) == [f"made by {ALICE}", "hello you"]
    node.wait_for("^megadev_getConsoleLogs")
    assert not any("console.log" in line for line in node.printed)


def test_the_json_log_contains_console_output(megadev_up: Up) -> None:
    node = megadev_up("--json", listening=r"Listening on [^\"]+:(\d+)")
    printer = deploy(node.rpc)
    node.rpc("eth_call", {"to": printer, "data": data("greet(string)", "a\nb")}, "latest")
    told: dict[str, Any] = {}
    seen = {}
    while told.get("method") != "eth_call":
        told = json.loads(node.next_line())
        seen[told["event"]] = told.get("console")
    assert seen["transaction"] == [f"made by {ALICE}"]
    assert told["console"] == ["hello a\nb"]


# -- over RPC ------------------------------------------------------------------------------------------------------


def test_console_logs_are_returned_by_hash_also_for_reverted_transactions(net: Devnet, printer: str) -> None:
    done = Wallet(net.rpc, gas=5_000_000).send(to=printer, data=data("kinds()"))
    assert texts(net.rpc("megadev_getConsoleLogs", done["transactionHash"])) == KINDS
    failed = Wallet(net.rpc, gas=5_000_000).send(to=printer, data=data("fail()"))
    (message,) = net.rpc("megadev_getConsoleLogs", failed["transactionHash"])
    assert message == {
        "message": "before the end",
        "arguments": [{"type": "string", "value": "before the end"}],
        "address": printer,
        "contract": None,
        "transactionHash": failed["transactionHash"],
        "method": None,
        "blockNumber": failed["blockNumber"],
    }
    assert net.rpc("megadev_getConsoleLogs", Wallet(net.rpc, gas=5_000_000).send(to=ALICE)["transactionHash"]) == []
    with pytest.raises(RpcError, match="transaction not found"):
        net.rpc("megadev_getConsoleLogs", "0x" + "12" * 32)


def test_the_latest_messages_are_those_of_calls_and_transactions_in_order(net: Devnet, printer: str) -> None:
    greeting = {"to": printer, "data": data("greet(string)", "call")}
    net.rpc("eth_call", greeting, "latest")
    net.rpc("eth_estimateGas", greeting)
    net.rpc("eth_callMany", [{"transactions": [greeting, greeting]}])
    net.rpc("eth_simulateV1", {"blockStateCalls": [{"calls": [greeting]}]})
    Wallet(net.rpc, gas=5_000_000).send(to=printer, data=data("fail()"))
    latest = net.rpc("megadev_getConsoleLogs")
    assert [(each["message"], each["method"]) for each in latest] == [
        (f"made by {ALICE}", None),
        ("hello call", "eth_call"),
        ("hello call", "eth_estimateGas"),
        ("hello call", "eth_callMany"),
        ("hello call", "eth_callMany"),
        ("hello call", "eth_simulateV1"),
        ("before the end", None),
    ]
    assert [each["number"] for each in latest] == [hex(number) for number in range(1, 8)]
    assert net.rpc("megadev_getConsoleLogs", {"limit": "0x2"}) == latest[-2:]
    assert net.rpc("megadev_getConsoleLogs", {"after": "0x5"}) == latest[5:]
    assert net.rpc("megadev_getConsoleLogs", {"after": "0x2", "limit": "0x1"}) == latest[-1:]
    assert net.rpc("megadev_getConsoleLogs", {"after": "0x7"}) == []


def test_a_call_that_fails_has_printed_all_the_same(net: Devnet, printer: str) -> None:
    for method in ("eth_call", "eth_estimateGas"):
        with pytest.raises(RpcError, match="the end"):
            net.rpc(method, {"to": printer, "data": data("fail()")})
    assert texts(net.rpc("megadev_getConsoleLogs", {"after": "0x1"})) == ["before the end"] * 2


def test_kept_console_output_is_bounded(net: Devnet, printer: str) -> None:
    for _ in range(3):
        net.rpc("eth_call", {"to": printer, "data": data("chatter(uint256)", 500), "gas": hex(20_000_000)})
    kept = net.rpc("megadev_getConsoleLogs")
    assert len(kept) == MESSAGES_KEPT
    assert kept[-1]["number"] == hex(1501)


def test_sending_prints_once_though_its_gas_is_estimated(net: Devnet, printer: str) -> None:
    net.rpc("eth_sendTransactionSync", {"from": ALICE, "to": printer, "data": data("kinds()")})
    assert texts(net.rpc("megadev_getConsoleLogs", {"after": "0x1"})) == KINDS


def test_the_contract_is_named_where_its_artifact_is_known(net: Devnet, printer: str) -> None:
    artifact = load("Printer")
    net.rpc(
        "megadev_addArtifact",
        {
            "contractName": "Printer",
            "abi": artifact.abi,
            "bytecode": "0x" + artifact.creation.hex(),
            "deployedBytecode": "0x" + artifact.runtime.hex(),
        },
    )
    net.rpc("eth_call", {"to": printer, "data": data("greet(string)", "you")})
    (message,) = net.rpc("megadev_getConsoleLogs", {"limit": "0x1"})
    assert message["contract"] == "Printer"
