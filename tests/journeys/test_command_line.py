"""``megadev up`` as a user meets it: a real process, started, asked, and ended."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY, RunningNode

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
Up = Callable[..., RunningNode]


def reverting_creation(reason: str) -> str:
    """Creation code that reverts with ``Error(reason)``: it copies its own tail to memory and reverts with that."""
    padded = reason.encode().ljust(32, b"\0")
    error = bytes.fromhex("08c379a0") + (32).to_bytes(32, "big") + len(reason).to_bytes(32, "big") + padded
    size = len(error)
    # PUSH1 size, PUSH1 10, PUSH0, CODECOPY, PUSH1 size, PUSH0, REVERT: ten bytes, then the data
    code = bytes([0x60, size, 0x60, 10, 0x5F, 0x39, 0x60, size, 0x5F, 0xFD]) + error
    return "0x" + code.hex()


def test_up_answers_once_it_prints_listening_and_ends_cleanly(megadev_up: Up) -> None:
    node = megadev_up()
    assert node.rpc("eth_chainId") == "0x7a69"
    assert node.stop(signal.SIGINT) == 0
    node.wait_for("Stopped")


def test_sigterm_ends_it_cleanly_too(megadev_up: Up) -> None:
    assert megadev_up().stop(signal.SIGTERM) == 0


def test_the_banner_shows_what_a_newcomer_needs(megadev_up: Up) -> None:
    banner = "".join(megadev_up().printed)
    for shown in (ALICE, "0xac0974be", "test test test", "31337", "osaka", "1000000000", "30000000", "RPC URLs"):
        assert shown in banner
    assert "\x1b" not in banner


def test_a_transfer_appears_below_its_request(megadev_up: Up) -> None:
    node = megadev_up()
    tx_hash = node.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
    node.wait_for(r"^eth_sendTransaction  [\d.]+ ms")
    assert node.next_line() == f"  {tx_hash}\n"
    assert node.next_line() == f"    {ALICE} → {BOB}\n"
    assert node.wait_for(r"^    success · 21000 gas · block 1 · preconfirmed in \d+ µs$")


def test_a_failed_deployment_shows_its_reason(megadev_up: Up) -> None:
    node = megadev_up()
    node.rpc("eth_sendTransaction", {"from": ALICE, "data": reverting_creation("no entry"), "gas": "0x30000"})
    node.wait_for(rf"{ALICE} → created 0x5FbDB2315678afecb367f032d93F642f64180aa3")
    assert "reverted: no entry · " in node.next_line()


def test_an_error_answer_is_shown_with_its_reason(megadev_up: Up) -> None:
    node = megadev_up()
    with pytest.raises(AssertionError):
        node.rpc("eth_nonsense")
    node.wait_for(r"^eth_nonsense  error -32601: .*does not exist")


def test_json_lines_are_json_from_the_first_to_the_last(megadev_up: Up) -> None:
    node = megadev_up("--json", listening=r"Listening on [^\"]+:(\d+)")
    start = json.loads(node.printed[-1])
    assert start["event"] == "listening"
    assert start["urls"] == [node.url]
    tx_hash = node.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
    seen: dict[str, Any] = {}
    while seen.get("event") != "transaction":
        seen = json.loads(node.next_line())
    assert (seen["hash"], seen["status"], seen["blockNumber"]) == (tx_hash, 1, 1)
    assert node.stop() == 0


def test_quiet_prints_no_output(megadev_up: Up, tmp_path: Path) -> None:
    """Over IPC, since a quiet node does not tell which port it took."""
    path = tmp_path / "node.ipc"
    node = megadev_up("--silent", "--ipc", str(path), listening="")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        while client.connect_ex(str(path)) != 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                pytest.fail(f"it ended with {node.process.wait(timeout=0.02)}")
        client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}\n')
        assert b'"0x7a69"' in client.recv(1000)
    assert node.stop() == 0
    assert node.lines.get(timeout=60) is None, "it printed something"


def test_config_out_exists_once_the_node_listens(megadev_up: Up, tmp_path: Path) -> None:
    megadev_up("--config-out", "node.json", "--accounts", "1", "--timestamp", "1700000000")
    written = json.loads((tmp_path / "node.json").read_text())
    assert written["available_accounts"] == [ALICE.lower()]
    assert written["wallet"]["mnemonic"].endswith("junk")
    assert (written["base_fee"], written["genesis_timestamp"]) == ("1000000000", "1700000000")


def test_a_busy_port_is_reported_in_one_line(megadev_up: Up) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("up", "--port", str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: port {port} on 127.0.0.1 is in use")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "x"], "--port: must be a whole number"),
        (["--init", "missing.json"], "missing.json"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
        (["--config-out", "no/such/folder/x.json", "--port", "0"], "--config-out"),
    ],
)
def test_a_failed_start_is_reported_in_one_line(arguments: list[str], said: str) -> None:
    done = command("up", *arguments)
    assert done.returncode in (1, 2)
    *others, line = done.stderr.splitlines()
    assert not any(
        "error" in other for other in others
    )  # what is said of others is settled before: a state of the machine
    assert line.startswith("error: ")
    assert said in line


def test_settings_come_from_the_environment_and_the_file(megadev_up: Up, tmp_path: Path) -> None:
    (tmp_path / "megadev.toml").write_text("chain-id = 5\naccounts = 2\n")
    node = megadev_up(env={"MEGADEV_CHAIN_ID": "77"})
    assert node.rpc("eth_chainId") == hex(77)
    assert len(node.rpc("eth_accounts")) == 2


def test_the_settings_of_the_chain_reach_the_chain(megadev_up: Up) -> None:
    node = megadev_up(
        *("--balance", "1.5", "--gas-limit", "0x1000000", "--base-fee", "7", "--number", "100"),
        *("--timestamp", "1700000000", "--hardfork", "prague", "--mnemonic-seed-unsafe", "1"),
    )
    block = node.rpc("eth_getBlockByNumber", "latest", False)
    assert {name: int(block[name], 16) for name in ("number", "gasLimit", "baseFeePerGas", "timestamp")} == {
        "number": 100,
        "gasLimit": 0x1000000,
        "baseFeePerGas": 7,
        "timestamp": 1700000000,
    }
    (account, *_) = node.rpc("eth_accounts")
    assert account.lower() != ALICE.lower()
    assert int(node.rpc("eth_getBalance", account, "latest"), 16) == 15 * 10**17


def test_a_manual_clock_gives_the_same_hashes_twice(megadev_up: Up) -> None:
    hashes = []
    for _ in range(2):
        node = megadev_up("--manual-clock", "--timestamp", "1700000000")
        for _ in range(3):
            node.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
        hashes.append(node.rpc("eth_getBlockByNumber", "latest", False)["hash"])
    assert hashes[0] == hashes[1]


def test_interval_mining_seals_without_being_asked(megadev_up: Up) -> None:
    node = megadev_up("--block-time", "0.05")
    for _ in range(2000):
        if int(node.rpc("eth_blockNumber"), 16) >= 2:
            return
    pytest.fail("no block was sealed")


def test_no_mining_waits_to_be_asked(megadev_up: Up) -> None:
    node = megadev_up("--no-mining")
    tx_hash = node.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
    assert node.rpc("eth_getTransactionReceipt", tx_hash) is None
    assert node.rpc("eth_blockNumber") == "0x0"


def test_ipc_is_offered_where_asked(megadev_up: Up, tmp_path: Path) -> None:
    node = megadev_up("--ipc", str(tmp_path / "node.ipc"))
    mode = os.stat(tmp_path / "node.ipc").st_mode
    assert stat.S_ISSOCK(mode)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(tmp_path / "node.ipc"))
        client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}\n')
        assert b'"0x7a69"' in client.recv(1000)
    assert node.stop() == 0
    assert not (tmp_path / "node.ipc").exists()


def test_rpc_and_accounts_talk_to_a_running_node(megadev_up: Up) -> None:
    url = megadev_up("--accounts", "1").url
    assert command("rpc", "eth_blockNumber", "--rpc-url", url).stdout == '"0x0"\n'
    assert ALICE in command("accounts", "--rpc-url", url).stdout
    refused = command("rpc", "eth_getBalance", "0x1", "--rpc-url", url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error -32602: ")


def test_unread_output_does_not_block_the_node(tmp_path: Path) -> None:
    """``megadev up | head -1``: the reader leaves, the node goes on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "megadev", "up", "--port", "0"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = next(line for line in process.stdout if line.startswith("Listening on "))
        process.stdout.close()
        node = RunningNode(process, queue.Queue(), port=int(line.rsplit(":", 1)[1]))
        for _ in range(3):
            node.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
        assert node.rpc("eth_blockNumber") == "0x3"
        assert node.stop() == 0
    finally:
        process.kill()
        process.wait()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A ``megadev`` command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "megadev", *arguments],
        cwd=REPOSITORY / "tests",
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=60,
    )
