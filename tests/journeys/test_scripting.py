"""Starting a node from scripts and CI: ``exec``, ``wait``, ``up --script``, ``--ready-file``, and their exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from megadev.config.settings import GIVEN
from tests.conftest import REPOSITORY, START_SECONDS, RunningNode
from tests.stage.commands import SEND, megadev
from tests.stage.programs import program

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


Up = Callable[..., RunningNode]


def test_exec_gives_a_command_a_node_and_prints_a_summary(tmp_path: Path) -> None:
    done = megadev(tmp_path, "exec", "--", sys.executable, "-c", SEND + "print(rpc('eth_chainId'))")
    assert (done.returncode, done.stdout) == (0, "0x7a69\n")
    assert "megadev: 1 transaction, 1 block, 21000 gas · " in done.stderr and "done" in done.stderr


def test_exec_takes_the_settings_of_up_and_no_port_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "megadev.toml").write_text("port = 1\nchain-id = 9\n")
    code = SEND + "print(rpc('eth_chainId'), len(os.environ['MEGADEV_PRIVATE_KEYS'].split(',')))"
    done = megadev(tmp_path, "exec", "--accounts", "3", "--quiet", sys.executable, "-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0x9 3\n", "")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["sh", "-c", "exit 7"], 7, "exit code 7"),
        (["sh", "-c", "kill -KILL $$"], 128 + 9, "signal 9"),
        (["no-such-command"], 127, "there is no command no-such-command"),
    ],
)
def test_exec_ends_as_the_command_does(tmp_path: Path, command: list[str], code: int, said: str) -> None:
    done = megadev(tmp_path, "exec", "--", *command)
    assert done.returncode == code and said in done.stderr


ASK_BOTH = program("scripting/ask_both.py")


def test_programs_find_the_documented_variables(tmp_path: Path) -> None:
    told = "import os; print(sorted(n for n in os.environ if n in %r))"
    done = megadev(tmp_path, "exec", "--", sys.executable, "-c", ASK_BOTH + told % (sorted(GIVEN),))
    assert done.stdout == f"0x7a69 0x7a69 0x384\nTrue\nTrue\n{ALICE} 66\n{sorted(GIVEN)}\n"


def test_programs_inherit_no_variables_of_another_node(tmp_path: Path) -> None:
    """Not even of the node around it."""
    code = f"import os; print(sorted(set({sorted(GIVEN)}) - set(os.environ)))"
    outer = {"MEGADEV_L1_RPC_URL": "http://127.0.0.1:1", "MEGADEV_PRIVATE_KEY": "0x01"}
    done = megadev(tmp_path, "exec", "--no-l1", "--accounts", "0", "--", sys.executable, "-c", code, env=outer)
    absent = ["MEGADEV_L1_RPC_URL", "MEGADEV_L1_WS_URL", "MEGADEV_ADDRESSES", "MEGADEV_PRIVATE_KEYS", "MEGADEV_ADDRESS"]
    assert done.stdout == f"{sorted([*absent, 'MEGADEV_PRIVATE_KEY'])}\n"


def test_exec_counts_users_transactions_on_both_chains(tmp_path: Path) -> None:
    crossing = f"{sys.executable} -m megadev deposit 1; {sys.executable} -m megadev withdraw 1 --skip-window"
    done = megadev(tmp_path, "exec", "--", "sh", "-ec", crossing)
    assert done.returncode == 0, done.stderr
    summary = done.stderr.splitlines()[-1]
    # a deposit and a withdrawal; the deposit, the proof and the end of the withdrawal
    assert re.match(r"megadev: 2 transactions, \d+ blocks, \d+ gas · on L1 3 transactions, .* · sh: done$", summary)


def test_exec_runs_a_script_first(tmp_path: Path) -> None:
    (tmp_path / "deploy.py").write_text(SEND + "print('deployed')\n")
    (tmp_path / "megadev.toml").write_text("script = 'deploy.py'\nconfig-out = 'node.json'\n")
    command = ("exec", "--trust", "--", sys.executable, "-c", SEND + "print(rpc('eth_blockNumber'))")
    done = megadev(tmp_path, *command)
    assert (done.returncode, done.stdout) == (0, "deployed\n0x2\n"), done.stderr
    assert json.loads((tmp_path / "node.json").read_text())["chain_id"] == 31337
    (tmp_path / "deploy.py").write_text("raise SystemExit(3)\n")
    failed = megadev(tmp_path, "exec", "--trust", "--", "echo", "never")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr == "error: --script: deploy.py ended with exit code 3\n"


def test_exec_reports_failed_transactions(tmp_path: Path) -> None:
    data = "0x6000600060006000600060006000f0" + "600160005260206000fd"
    code = SEND + f"rpc('eth_sendTransaction', {{'from': alice, 'data': '{data}', 'gas': '0x30000'}})"
    done = megadev(tmp_path, "exec", "--", sys.executable, "-c", code)
    assert done.returncode == 0
    assert "2 transactions (1 failed)" in done.stderr and "  failed 0x" in done.stderr


def test_a_command_within_exec_may_start_another_node(tmp_path: Path) -> None:
    """What it finds in its environment is not mistaken for settings."""
    inner = f"{sys.executable} -m megadev exec -- sh -c 'echo $ETH_RPC_URL'"
    done = megadev(tmp_path, "exec", "--", "sh", "-c", f"echo $ETH_RPC_URL; {inner}")
    outer_url, inner_url = done.stdout.split()
    assert done.returncode == 0 and outer_url != inner_url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_reaches_the_command_of_exec(tmp_path: Path, number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    script = f"trap 'echo asked; exit 5' {name}; echo ready; while :; do sleep 0.05; done"
    process = subprocess.Popen(
        [sys.executable, "-m", "megadev", "exec", "--", "sh", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # as in CI, where there is no terminal
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == "asked\n"
        assert process.wait(START_SECONDS) == 5
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")
def test_ctrl_c_in_a_terminal_reaches_the_command_of_exec_once(tmp_path: Path) -> None:
    from tests.stage.terminals import Terminal

    (tmp_path / "wait.sh").write_text(
        "trap 'echo asked >> asked' INT\necho ready\nwhile [ ! -e done ]; do sleep 0.05; done\nexit 5\n"
    )
    terminal = Terminal(tmp_path, "-m megadev exec -- sh wait.sh", 80, 24)
    try:
        terminal.shows("ready")
        terminal.press("C-c")
        terminal.until(lambda screen: (tmp_path / "asked").exists())
        (tmp_path / "done").touch()
        terminal.shows("ended with 5")
        assert (tmp_path / "asked").read_text() == "asked\n"
    finally:
        terminal.tmux("kill-server")


@pytest.mark.parametrize("kind", ["py", "sh", "program"])
def test_a_script_runs_once_the_node_listens(megadev_up: Up, tmp_path: Path, kind: str) -> None:
    (tmp_path / "send.py").write_text(SEND + "print('deployed')\n")
    shell = f"exec {sys.executable} send.py\n"
    name = {"py": "send.py", "sh": "deploy.sh", "program": "deploy"}[kind]
    if kind != "py":
        (tmp_path / name).write_text(shell if kind == "sh" else f"#!/bin/sh\n{shell}")
    if kind == "program":
        (tmp_path / name).chmod(0o755)
    node = megadev_up("--script", name, "--ready-file", "ready.json")
    node.wait_for("^deployed$")
    waited = megadev(tmp_path, "wait", "--ready-file", "ready.json")
    assert (waited.returncode, waited.stdout) == (0, f"{node.url}\n"), waited.stderr
    ready = json.loads((tmp_path / "ready.json").read_text())
    assert (ready["urls"], ready["chain_id"], ready["available_accounts"][0]) == ([node.url], 31337, ALICE.lower())
    assert node.rpc("eth_blockNumber") == "0x1"
    assert node.stop() == 0
    assert not (tmp_path / "ready.json").exists()


def test_a_script_that_fails_stops_the_node(megadev_up: Up, tmp_path: Path) -> None:
    (tmp_path / "deploy.sh").write_text("exit 3\n")
    node = megadev_up("--script", "deploy.sh", "--ready-file", "ready.json")
    assert node.process.wait(START_SECONDS) == 1
    node.wait_for(r"^error: --script: deploy.sh ended with exit code 3$")
    assert not (tmp_path / "ready.json").exists()


def test_stopping_a_node_stops_its_script_and_reports_not_ready(megadev_up: Up, tmp_path: Path) -> None:
    (tmp_path / "slow.sh").write_text("echo $$\nexec sleep 600\n")
    node = megadev_up("--script", "slow.sh")
    pid = int(node.wait_for(r"^(\d+)$").group(1))
    assert node.stop() == 130
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def is_gone(pid: int) -> bool:
    """Whether a process has ended; who inherited it may not have looked yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("ignores", ["", "trap '' TERM; "])
def test_background_processes_of_a_script_end_with_the_node(megadev_up: Up, tmp_path: Path, ignores: str) -> None:
    (tmp_path / "serve.sh").write_text(f"({ignores}while :; do sleep 0.05; done) & echo $!\n")
    node = megadev_up("--script", "serve.sh", "--ready-file", "ready.json")
    pid = int(node.wait_for(r"^(\d+)$").group(1))
    assert megadev(tmp_path, "wait", "--ready-file", "ready.json").returncode == 0
    assert not is_gone(pid)
    assert node.stop() == 0
    assert is_gone(pid)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")
def test_a_failed_script_leaves_no_processes(megadev_up: Up, tmp_path: Path) -> None:
    (tmp_path / "fail.sh").write_text("sleep 600 & echo $!\nexit 3\n")
    node = megadev_up("--script", "fail.sh")
    pid = int(node.wait_for(r"^(\d+)$").group(1))
    assert node.process.wait(START_SECONDS) == 1
    assert is_gone(pid)


@pytest.mark.parametrize(
    ("name", "said"), [("missing.py", "there is no file missing.py"), ("notes.txt", "neither a .py nor a .sh")]
)
def test_an_unrunnable_script_is_reported_before_the_start(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("nothing\n")
    done = megadev(tmp_path, "up", "--port", "0", "--script", name)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and len(done.stderr.splitlines()) == 1


def test_an_unwritable_ready_file_is_reported_before_the_script_runs(tmp_path: Path) -> None:
    (tmp_path / "deploy.sh").write_text("touch deployed\n")
    done = megadev(tmp_path, "up", "--port", "0", "--script", "deploy.sh", "--ready-file", "nowhere/ready.json")
    assert done.returncode == 2 and done.stderr == "error: --ready-file: there is no directory nowhere\n"
    assert not (tmp_path / "deployed").exists()


def test_wait_sees_a_node_that_runs(megadev_up: Up, tmp_path: Path) -> None:
    url = megadev_up().url
    waited = megadev(tmp_path, "wait", env={"MEGADEV_RPC_URL": url})
    assert (waited.returncode, waited.stdout) == (0, f"{url}\n")


def test_wait_gives_up(tmp_path: Path) -> None:
    missing = megadev(tmp_path, "wait", "--timeout", "0.1", "--ready-file", "never.json")
    assert missing.returncode == 1 and "there is no never.json" in missing.stderr
    silent = megadev(tmp_path, "wait", "--timeout", "0", "--rpc-url", "http://127.0.0.1:1")
    assert silent.returncode == 1 and silent.stderr.startswith("error: no node was ready within 0 seconds: ")


def test_in_json_only_json_is_printed_though_the_script_talks(megadev_up: Up, tmp_path: Path) -> None:
    (tmp_path / "talk.sh").write_text("echo hello\n")
    done = subprocess.Popen(
        [sys.executable, "-m", "megadev", "up", "--port", "0", "--json", "--script", "talk.sh", "--ready-file", "r"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert megadev(tmp_path, "wait", "--ready-file", "r").returncode == 0
        done.send_signal(signal.SIGINT)
        printed, told = done.communicate(timeout=START_SECONDS)
    finally:
        done.kill()
        done.wait()
    events = [json.loads(line)["event"] for line in printed.splitlines()]
    assert events[0] == "listening"
    assert told == "hello\n"
