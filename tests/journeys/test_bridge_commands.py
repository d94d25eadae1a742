"""The bridge from the command line: each command against a node that runs in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from megadev.cli.client import call
from megadev.cli.main import cli
from megadev.errors import MegadevError
from tests.conftest import RunningNode

STRANGER = "0x" + "34" * 20
ETHER = 10**18


@pytest.fixture(params=["dev", "megaeth"])
def ask(megadev_up: Callable[..., RunningNode], request: pytest.FixtureRequest) -> Callable[..., str]:
    """Run a command on a node; what it prints. Raises what the command raises."""
    node = megadev_up("--preset", request.param)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(cli, [*arguments, "--rpc-url", node.url], prog_name="megadev")
        if isinstance(done.exception, MegadevError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output.strip()

    run.node = node  # type: ignore[attr-defined]
    return run


def rpc(ask: Any, method: str, *params: Any) -> Any:
    return ask.node.rpc(method, *params)


def l1_balance(ask: Any, address: str) -> int:
    (url,) = rpc(ask, "megadev_chainConfig")["l1"]["rpcUrls"]["default"]["http"]
    return int(call(url, "eth_getBalance", [address, "latest"]), 16)


def test_ether_is_deposited_and_withdrawn(ask: Callable[..., str]) -> None:
    assert ask("bridge", "status") == "Nothing has crossed between the chains yet."
    deposited = ask("deposit", "1.5", "--to", STRANGER).splitlines()
    assert [line.split()[0] for line in deposited] == ["L1", "L2"]
    assert int(rpc(ask, "eth_getBalance", STRANGER, "latest"), 16) == 3 * ETHER // 2
    assert rpc(ask, "eth_getTransactionReceipt", deposited[1].split()[1])["type"] == "0x7e"

    withdrawal = ask("withdraw", "0.5", "--to", STRANGER)
    listed = ask("bridge", "status").splitlines()
    assert listed[0].startswith("L1 → L2") and "1.5 ETH" in listed[0]
    assert "executed" in listed[1]
    assert listed[2] == f"L2 → L1  {withdrawal}  0.5 ETH"
    assert f"megadev prove {withdrawal}" in listed[3]

    assert ask("prove", withdrawal).startswith("waiting-to-finalize, for ")
    with pytest.raises(MegadevError, match="ready-to-prove|waiting-to-finalize|ready-to-finalize"):
        ask("prove", withdrawal)
    assert ask("finalize", withdrawal, "--skip-window") == "finalized"
    assert l1_balance(ask, STRANGER) == ETHER // 2
    with pytest.raises(MegadevError, match="finalized"):
        ask("finalize", withdrawal)
    (sent,) = json.loads(ask("bridge", "status", "--json"))["withdrawals"]
    assert (sent["withdrawalHash"], sent["status"]) == (withdrawal, "finalized")


def test_a_withdrawal_is_waited_for(ask: Callable[..., str]) -> None:
    """Its windows pass while nobody asks the node for anything but that."""
    hash_, status = ask("withdraw", "0.25", "--to", STRANGER, "--wait").splitlines()
    assert (len(hash_), status) == (66, "finalized")
    assert l1_balance(ask, STRANGER) == ETHER // 4


def test_a_call_is_made_from_l1(ask: Callable[..., str]) -> None:
    printed = ask("deposit", "0", "--to", "0x" + "00" * 19 + "02", "--data", "0x12", "--gas", "100000")
    tx = rpc(ask, "eth_getTransactionByHash", printed.splitlines()[1].split()[1])
    assert (tx["input"], tx["gas"]) == ("0x12", hex(100_000))


def test_a_failure_on_l2_is_reported(ask: Callable[..., str]) -> None:
    # the eighth precompile refuses input that is no pairing
    assert "call failed" in ask("deposit", "1", "--to", "0x" + "00" * 19 + "08", "--data", "0x12")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["deposit", "much"], "AMOUNT"),
        (["deposit", "1", "--to", "0x12"], "--to"),
        (["deposit", "1", "--data", "0x1"], "--data"),
        (["withdraw", "1", "--to", "nobody"], "--to"),
        (["prove", "0x" + "00" * 32], "no withdrawal"),
        (["finalize", "0x" + "00" * 32], "no withdrawal"),
    ],
)
def test_invalid_arguments_are_reported(ask: Callable[..., str], arguments: list[str], reason: str) -> None:
    with pytest.raises(MegadevError, match=reason):
        ask(*arguments)


def test_a_node_without_l1_has_no_bridge(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--no-l1")
    for command in (["deposit", "1"], ["withdraw", "1"], ["bridge", "status"]):
        done = CliRunner().invoke(cli, [*command, "--rpc-url", node.url])
        assert "no L1" in str(done.exception)


def test_a_withdrawal_completes_at_once(ask: Callable[..., str]) -> None:
    _, status = ask("withdraw", "0.25", "--to", STRANGER, "--skip-window").splitlines()
    assert status == "finalized" and l1_balance(ask, STRANGER) == ETHER // 4


def test_a_deposit_reports_that_it_waits_for_the_sequencer(ask: Callable[..., str]) -> None:
    ask("sequencer", "pause")
    (url,) = rpc(ask, "megadev_chainConfig")["l1"]["rpcUrls"]["default"]["http"]
    portal = rpc(ask, "megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]
    sender = rpc(ask, "eth_accounts")[0]
    call(url, "eth_sendTransaction", [{"from": sender, "to": portal, "value": "0x1"}])
    assert "megadev sequencer resume" in ask("bridge", "status")
