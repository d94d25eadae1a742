"""Every command of ``megadev`` under both presets, on a node that has just begun and on the same one once it was started
again from its state. (What each does in particular is in tests of its own; bridge commands: test_bridge_commands.py.)
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from megadev.cli.main import COMMANDS, cli
from tests.conftest import RunningNode

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
STRANGER = "0x" + "34" * 20
NO_NODE = {
    "up",
    "anvil",
    "init",
    "docs",
    "completion",
    "bench",
    "demo",
    "da",
    "preinstalls",
    "fork",
    "reload",
    "explorer",
    "trust",
    "attest",
    "verify",
    "replica",
}
"""Commands that are asked for without a running node of one's own, or that need one that was started otherwise (a
watched project, an upstream): they have journeys of their own."""


class Asker:
    """Runs commands on a node, and notes which."""

    def __init__(self, node: RunningNode) -> None:
        self.node = node
        self.used: set[str] = set()

    def __call__(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, [*arguments, "--rpc-url", self.node.url], prog_name="megadev")
        assert done.exit_code == code and not isinstance(done.exception, Exception), (arguments, done.output, done)
        self.used.add(arguments[0])
        return done.output.strip()

    def alone(self, *arguments: str) -> str:
        """One that asks no node."""
        done = CliRunner().invoke(cli, arguments, prog_name="megadev")
        assert done.exit_code == 0, done.output
        self.used.add(arguments[0])
        return done.output.strip()


def every_command(ask: Asker, preset: str) -> None:
    """Each does what it says, whatever happened before."""
    rpc = ask.node.rpc
    assert ask("wait") == ask.node.url
    assert BOB in ask.alone("accounts")
    assert str(int(rpc("eth_chainId"), 16)) in ask("chain")
    before = int(rpc("eth_getBalance", STRANGER, "latest"), 16)
    ask("fund", STRANGER, "2")
    assert int(rpc("eth_getBalance", STRANGER, "latest"), 16) == before + 2 * 10**18
    number = int(rpc("eth_blockNumber"), 16)
    ask("mine", "3")
    assert int(rpc("eth_blockNumber"), 16) >= number + 3
    assert "UTC" in ask("time", "+1h")
    assert json.loads(ask("rpc", "eth_chainId")) == rpc("eth_chainId")

    sent = rpc("eth_sendTransaction", {"from": rpc("eth_accounts")[0], "to": BOB, "value": "0x1"})
    assert "success" in ask("trace", sent)
    assert "gas" in ask("gas", sent)
    assert ask("preconf", "verify", sent)
    assert "transaction" in ask("parallel", sent)
    assert "10 included" in ask("load", "--count", "10", "--seed", "same")

    for step in ("status", "pause", "resume", "crash", "restart", "rotate", "evidence"):
        assert json.loads(ask("sequencer", step)), step
    assert ask("fault", "censor", STRANGER) == ask("fault") == f"censor {STRANGER}"
    assert ask("fault", "--clear") == "no faults are on"
    ask("sequencer", "latency", "1ms")
    ask("sequencer", "latency", "0ms")
    if preset == "megaeth":
        ask("oracle", "set", "0x7=0x2a")
        assert "0x2a" in ask("oracle", "status") or "42" in ask("oracle", "status")
        ask("oracle", "unset", "0x7")
        ask("oracle", "hints")

    arrived = ask("deposit", "1.5", "--to", STRANGER).splitlines()
    assert [line.split()[0] for line in arrived] == ["L1", "L2"]
    assert rpc("eth_getTransactionReceipt", arrived[1].split()[1])["status"] == "0x1"
    withdrawal = re.findall("0x[0-9a-f]{64}", ask("withdraw", "0.5"))[0]
    assert ask("prove", withdrawal)
    assert "finalized" in ask("finalize", withdrawal, "--skip-window")
    assert withdrawal in ask("bridge", "status")
    ask("mine", "1")
    claimed = re.findall(r"game (\d+)", ask("propose", "--as", BOB, "--root", "0x" + "66" * 32))[0]
    assert "FALSE" in ask("games", "list")
    assert "challenged by" in ask("challenge", claimed)
    if preset == "megaeth":  # in dev, batches are posted where --batch asks for them
        ask("batches", "--flush")
    head = int(rpc("eth_getBlockByNumber", "safe" if preset == "megaeth" else "latest", False)["number"], 16)
    assert "not a zero-knowledge proof" in ask("prove-range", str(head - 1), str(head), "--print")


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_every_command_works_before_and_after_a_restart(
    megadev_up: Callable[..., RunningNode], tmp_path: Path, preset: str
) -> None:
    flags = ("--preset", preset, "--state", str(tmp_path / "state.json"), "--challenge-window", "600")
    first = Asker(megadev_up(*flags))
    every_command(first, preset)
    under_way = re.findall("0x[0-9a-f]{64}", first("withdraw", "0.25"))[0]
    balance = first.node.rpc("eth_getBalance", STRANGER, "latest")
    assert first.node.stop(signal.SIGTERM) == 0

    again = Asker(megadev_up(*flags))
    assert again.node.rpc("eth_getBalance", STRANGER, "latest") == balance
    assert under_way in again("bridge", "status")
    assert again("prove", under_way)
    assert "finalized" in again("finalize", under_way, "--skip-window")
    every_command(again, preset)
    expected = set(COMMANDS) - NO_NODE - {"exec"} - (set() if preset == "megaeth" else {"oracle", "batches"})
    assert first.used >= expected
    assert again.used >= expected


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_exec_gives_a_command_its_own_node(preset: str) -> None:
    asks = "import os, urllib.request; print(urllib.request.urlopen(os.environ['MEGADEV_RPC_URL'] + '/health').read())"
    done = CliRunner().invoke(cli, ["exec", "--preset", preset, "--", sys.executable, "-c", asks], prog_name="megadev")
    assert done.exit_code == 0, done.output
