"""Disks that fail under a running node: writes, syncs and renames that the C library itself refuses. The node goes on,
says once what is wrong, keeps what it had kept, and keeps all again when the disk does.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

COMPILER = shutil.which("cc") or shutil.which("clang")
SOURCE = Path(__file__).parents[1] / "stage" / "failing_disk.c"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or COMPILER is None, reason="takes the C library's place, with a C compiler"
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library") / "failing_disk.so"
    assert COMPILER is not None
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", made, SOURCE, "-ldl"], check=True, timeout=60)
    return made


@pytest.fixture
def disk(library: Path, tmp_path: Path) -> tuple[dict[str, str], Path]:
    """The environment of a node whose disk may fail, and the file that says with which calls."""
    calls = tmp_path / "calls"
    folder = tmp_path / "kept"
    folder.mkdir()
    return {"LD_PRELOAD": str(library), "FAILING_FOLDER": str(folder), "FAILING_CALLS": str(calls)}, calls


def _send(node: Any, count: int) -> None:
    sender, other = node.rpc("eth_accounts")[:2]
    for _ in range(count):
        node.rpc("eth_sendTransaction", {"from": sender, "to": other, "value": "0x1"})


@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_store_on_a_disk_that_fails_for_a_while(
    disk: tuple[dict[str, str], Path], megadev_up: Callable[..., Any], call: str
) -> None:
    environment, calls = disk
    flags = ("--state", "kept/", "--durability", "block", "--no-l1", "--accounts", "2")
    node = megadev_up(*flags, env=environment)
    _send(node, 3)
    assert node.rpc("megadev_durable")["l2"] == "0x3"
    calls.write_text(call)
    _send(node, 5)
    durable = node.rpc("megadev_durable")
    assert (durable["isDurable"], durable["l2"], node.rpc("eth_blockNumber")) == (False, "0x3", "0x8")
    node.wait_for("no longer durable")
    calls.unlink()
    _send(node, 1)
    assert node.rpc("megadev_durable") | {"isDurable": True, "l2": "0x9", "problem": None} == node.rpc(
        "megadev_durable"
    )
    node.wait_for("durable again")
    head = node.rpc("eth_getBlockByNumber", "latest", True)
    calls.write_text(call)
    _send(node, 4)
    node.process.send_signal(signal.SIGKILL)
    node.process.wait(timeout=60)
    calls.unlink()
    again = megadev_up(*flags, env=environment)
    assert again.rpc("eth_getBlockByNumber", "0x9", True) == head, "what was durable is there"


@pytest.mark.parametrize("call", ["write", "sync", "rename"])
def test_a_state_file_on_a_disk_that_fails_for_a_while(
    disk: tuple[dict[str, str], Path], megadev_up: Callable[..., Any], tmp_path: Path, call: str
) -> None:
    environment, calls = disk
    flags = ("--state", "kept/state.json", "--state-interval", "0.1", "--no-l1", "--accounts", "2")
    node = megadev_up(*flags, env=environment)
    _send(node, 2)
    file = tmp_path / "kept" / "state.json"
    while not file.exists() or b'"best_block_number":2' not in file.read_bytes():
        assert node.process.poll() is None
    whole = file.read_bytes()
    calls.write_text(call)
    _send(node, 2)
    node.wait_for("cannot dump the state")
    assert file.read_bytes() == whole, "the former dump stays whole"
    assert node.rpc("eth_blockNumber") == "0x4"
    calls.unlink()
    node.wait_for("dumped again")
    assert b'"best_block_number":4' in file.read_bytes()
    node.process.send_signal(signal.SIGKILL)
    node.process.wait(timeout=60)
    again = megadev_up(*flags, env=environment)
    assert again.rpc("eth_blockNumber") == "0x4"
