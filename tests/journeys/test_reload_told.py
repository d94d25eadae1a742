"""A node that watches, and who hears of it: ``--reload ask`` asks on a terminal before each reload, and elsewhere plans
wait for a command; dApps are told over their WebSockets.

What compilers would have made lies where Hardhat leaves it, so none is needed.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from megadev.primitives.abi import encode, encode_call
from tests.conftest import START_SECONDS, RunningNode
from tests.units.reload.project import SOLIDITY_VERSIONS
from tests.units.reload.stage import MADE, build, creation_code

Up = Callable[..., RunningNode]
QUESTION = r"^reload now\? \[y/n\]$"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A pseudo-terminal: where a person types, and what a process takes for its terminal."""
    person, process = pty.openpty()
    yield person, process
    os.close(person)
    os.close(process)


def compiled(root: Path, version: str) -> None:
    """What `npx hardhat compile` writes after sources became those of that version."""
    assert version in SOLIDITY_VERSIONS
    folder = root / "artifacts" / "build-info"
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{version}"
    beside.write_text(json.dumps(MADE["solidity"][version]))
    os.replace(beside, folder / f"{version}.json")


def deployed(root: Path, up: Up, mode: str = "ask", **started: int) -> tuple[RunningNode, str]:
    """A node that watches, and a Counter on it whose step is 5."""
    (root / "hardhat.config.js").touch()
    compiled(root, "first")
    node = up("--watch", "--reload", mode, **started)
    node.wait_for("watching")
    made = build("solidity", "first", root)
    library = _create(node, creation_code(made["Lib.sol:Lib"]))
    counter = _create(node, creation_code(made["Counter.sol:Counter"], library) + encode(["uint256"], [5]))
    node.wait_for("Counter is at")
    return node, counter


def _create(node: RunningNode, code: bytes) -> str:
    call = {"from": node.rpc("eth_accounts")[0], "data": "0x" + code.hex()}
    address: str = node.rpc("eth_sendTransactionSync", call)["contractAddress"]
    return address


def step_of(node: RunningNode, counter: str) -> int:
    """How far one bump goes."""
    me = node.rpc("eth_accounts")[0]
    before = _count(node, counter)
    node.rpc("eth_sendTransactionSync", {"from": me, "to": counter, "data": "0x" + encode_call("bump()").hex()})
    return _count(node, counter) - before


def _count(node: RunningNode, counter: str) -> int:
    return int(node.rpc("eth_call", {"to": counter, "data": "0x" + encode_call("count()").hex()}, "latest"), 16)


def reload_command(node: RunningNode, name: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "megadev", "reload", name, "--rpc-url", node.url]
    return subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, check=False)


def test_a_terminal_is_asked_before_each_reload(tmp_path: Path, megadev_up: Up, terminal: tuple[int, int]) -> None:
    person, process = terminal
    node, counter = deployed(tmp_path, megadev_up, stdin=process)
    os.write(person, b"y\n")  # nothing was asked yet: this answers nothing
    compiled(tmp_path, "doubled")
    node.wait_for(r"Counter\.sol:Counter at 0x\w+: replace code")
    node.wait_for(QUESTION)
    assert step_of(node, counter) == 5
    os.write(person, b"maybe\n")
    node.wait_for(QUESTION)
    os.write(person, b"y\n")
    node.wait_for("^reload 1: Counter replaced")
    assert step_of(node, counter) == 10
    # no: it stays as it was, and can be done by the command still
    compiled(tmp_path, "tripled")
    node.wait_for(QUESTION)
    os.write(person, b"No\n")
    node.wait_for("^not reloaded")
    assert step_of(node, counter) == 10
    done = reload_command(node, "apply")
    assert done.returncode == 0 and "reload 2 done" in done.stdout, done
    assert step_of(node, counter) == 15
    assert node.stop() == 0


def test_a_plan_that_has_changed_is_confirmed_again(tmp_path: Path, megadev_up: Up, terminal: tuple[int, int]) -> None:
    person, process = terminal
    node, counter = deployed(tmp_path, megadev_up, stdin=process)
    compiled(tmp_path, "doubled")
    node.wait_for(QUESTION)
    node.rpc("anvil_setCode", "0x" + "c1" * 20, f"0x363d3d373d3d3d363d73{counter[2:]}5af43d82803e903d91602b57fd5bf3")
    os.write(person, b"y\n")
    node.wait_for("^the plan has changed:")
    node.wait_for("behind 0x")
    node.wait_for(QUESTION)
    assert step_of(node, counter) == 5
    os.write(person, b"yes\n")
    node.wait_for("^reload 1")
    assert step_of(node, counter) == 10


def test_without_a_terminal_a_plan_waits_for_the_command(tmp_path: Path, megadev_up: Up) -> None:
    node, counter = deployed(tmp_path, megadev_up, stdin=subprocess.DEVNULL)
    compiled(tmp_path, "doubled")
    node.wait_for(r"Counter\.sol:Counter at 0x\w+: replace code")
    node.wait_for("^apply it with `megadev reload apply`$")
    assert step_of(node, counter) == 5
    assert "replace code" in reload_command(node, "plan").stdout
    assert reload_command(node, "apply").returncode == 0
    assert step_of(node, counter) == 10
    assert "reload now?" not in "".join(node.printed)


def test_a_quiet_node_reports_compiler_errors(tmp_path: Path, megadev_up: Up) -> None:
    (tmp_path / "A.sol").write_text("contract A {")
    solc = tmp_path / "solc"
    error = {"severity": "error", "type": "ParserError", "message": "no end"}
    error["sourceLocation"] = {"file": "A.sol", "start": 12, "end": 12}  # type: ignore[assignment]
    solc.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{json.dumps({'errors': [error]})}'\n")
    solc.chmod(0o755)
    node = megadev_up("--quiet", "--watch", "--solc", str(solc), listening="")
    assert node.next_line().rstrip() == "A.sol:1:13: ParserError: no end"
    assert node.next_line().rstrip() == "not reloaded, the chain is unchanged"
    assert node.stop() == 0


def test_a_connected_dapp_is_notified(tmp_path: Path, megadev_up: Up) -> None:
    node, counter = deployed(tmp_path, megadev_up, "auto")
    with connect(f"ws://127.0.0.1:{node.port}") as socket:
        socket.send('{"jsonrpc":"2.0","id":1,"method":"megadev_subscribe","params":["contractReloads"]}')
        subscription = json.loads(socket.recv(START_SECONDS))["result"]
        compiled(tmp_path, "appended")
        told = json.loads(socket.recv(START_SECONDS))
    assert (told["method"], told["params"]["subscription"]) == ("eth_subscription", subscription)
    (contract,) = told["params"]["result"]["contracts"]
    assert (contract["address"], contract["action"]) == (counter, "replaced")
    assert "last" in {item.get("name") for item in contract["abi"]}
