"""``megadev load`` at a running node: what it says is what the chain then holds; wrong wishes are told clearly."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from megadev.cli.main import cli, run
from tests.anvil import Anvil, need_anvil
from tests.conftest import REPOSITORY, RunningNode

STORES = "0x600580600b6000396000f3" + "6000600055"
"""Creation of a contract that clears slot 0."""
SCRIPT = f"""
def prepare(setup):
    return {{"to": setup.deploy("{STORES}"), "senders": len(setup.accounts)}}

def transaction(context, sender, number):
    assert context["senders"] == 4
    return {{"to": context["to"], "data": number.to_bytes(2, "big")}}
"""


def load(node: RunningNode, *arguments: str) -> str:
    done = CliRunner().invoke(cli, ["load", *arguments, "--rpc-url", node.url])
    assert done.exit_code == 0 and not done.exception, (done.output, done.exception)
    return done.output


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_load_is_accepted_included_and_reported(
    megadev_up: Callable[..., RunningNode], tmp_path: Path, preset: str
) -> None:
    node = megadev_up("--preset", preset)
    figures = tmp_path / "figures.json"
    said = load(node, "mix", "--count", "60", "--processes", "2", "--concurrency", "4", "--batch", "5", "--recipients", "0",
                "--json", str(figures))  # fmt: skip
    assert "60 of 60 transactions taken" in said and "\n60 included" in said and "all of them succeeded" in said
    assert "p99.9" in said and "█" in said
    told = json.loads(figures.read_text())
    assert (told["sent"], told["taken"], told["included"], told["receiptsFailed"]) == (60, 60, 60, 0)
    assert 0 < told["latency"]["p50"] <= told["latency"]["p99"] <= told["latency"]["max"]

    before = int(node.rpc("eth_blockNumber"), 16)
    script = tmp_path / "own.py"
    script.write_text(SCRIPT)
    said = load(node, str(script), "--count", "9", "--rate", "300", "--accounts", "4", "--concurrency", "3",
                "--method", "sync", "--seed", "again")  # fmt: skip
    assert "9 of 9 transactions taken" in said and "9 receipts looked at: all of them succeeded" in said
    node.rpc("evm_mine")
    blocks = range(before + 1, int(node.rpc("eth_blockNumber"), 16) + 1)
    inputs = [
        tx["input"] for number in blocks for tx in node.rpc("eth_getBlockByNumber", hex(number), True)["transactions"]
    ]
    assert {f"0x{number:04x}" for number in range(9)} <= set(inputs)
    # the same accounts once more, from where they are now, and a key that the user has
    key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    assert "8 of 8" in load(node, "--count", "8", "--seed", "again")
    assert "2 of 2" in load(node, "--count", "2", "--private-key", key)


def test_impossible_loads_are_refused(
    megadev_up: Callable[..., RunningNode], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = megadev_up("--no-l1")
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def transaction(c, s, n):\n    return {'to': s, 'gas': 21_000, 'value': n // 5 * 10**40}\n")
    poor = "0x" + "11" * 32
    for code, words, arguments in (
        (2, "neither a kind of load (transfer, erc20, swap, mix) nor a Python file", ["transfers"]),
        (2, "there is no file nothere.py", ["nothere.py"]),
        (2, "--processes: 3 need a connection each", ["--processes", "3", "--concurrency", "2"]),
        (2, "--accounts: each of the 8 connections needs one", ["--accounts", "2"]),
        (2, "must be 64 hex digits", ["--private-key", "0x12"]),
        (2, "has no ether to fund", ["--private-key", poor]),
        (1, "5 refused: insufficient funds", [str(wrong), "--count", "10", "--concurrency", "5"]),
    ):
        assert run(["load", *arguments, "--rpc-url", node.url]) == code
        said = capsys.readouterr()
        assert words in said.err + said.out
    assert run(["load", "--rpc-url", "http://127.0.0.1:1"]) == 1
    assert "no node answers at http://127.0.0.1:1" in capsys.readouterr().err


def test_an_interrupted_load_prints_its_results(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--no-l1")
    command = [sys.executable, "-m", "megadev", "load", "--seconds", "100", "--rpc-url", node.url]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        # a shell ignores interrupts for what it runs in the background, and all that this runs inherits it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while int(node.rpc("eth_blockNumber"), 16) < 20:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    said, complaints = process.communicate(timeout=60)
    assert process.returncode == 130 and not complaints
    assert "transactions taken in" in said and "included" in said


@pytest.mark.anvil
def test_a_load_runs_against_anvil() -> None:
    need_anvil()
    anvil = Anvil()
    try:
        done = CliRunner().invoke(cli, ["load", "mix", "--count", "40", "--rpc-url", anvil.url])
    finally:
        anvil.close()
    assert done.exit_code == 0 and "40 of 40" in done.output and "all of them succeeded" in done.output, done.output
