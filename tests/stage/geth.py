"""go-ethereum beside us: it takes a chain in, block by block with every root, and answers about it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

import pytest

SECONDS = 60


class Geth:
    """A process that serves, over IPC, the chain of which ``genesis`` is the beginning and ``blocks`` are the rest,
    RLP one after the other. ``AssertionError`` where it refuses a block.
    """

    def __init__(self, folder: Path, genesis: dict[str, Any], blocks: bytes) -> None:
        program = shutil.which("geth")
        if program is None:
            pytest.skip("no geth on the PATH")
        (folder / "genesis.json").write_text(json.dumps(genesis))
        (folder / "chain.rlp").write_bytes(blocks)
        self._command = [program, "--datadir", str(folder / "data")]
        self._run("init", str(folder / "genesis.json"))
        self._run("--gcmode", "archive", "import", str(folder / "chain.rlp"))
        self._ipc = folder / "ipc"
        quiet = ["--port", "0", "--authrpc.port", "0", "--nodiscover", "--maxpeers", "0", "--ipcpath", str(self._ipc)]
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen([*self._command, "--gcmode", "archive", *quiet], stderr=self._log)
        self._socket = self._connect()
        self._answers = self._socket.makefile("rb")

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [*self._command, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        assert done.returncode == 0 and "Import error" not in done.stderr, done.stderr[-2000:]

    def _connect(self) -> socket.socket:
        deadline = time.monotonic() + SECONDS
        while True:
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(SECONDS)
            try:
                connection.connect(str(self._ipc))
            except OSError:
                connection.close()
                assert self._process.poll() is None and time.monotonic() < deadline, "geth did not start"
                time.sleep(0.02)
            else:
                return connection

    def answer(self, method: str, *params: Any) -> dict[str, Any]:
        """The result or the error."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        self._socket.sendall(json.dumps(body).encode() + b"\n")
        said: dict[str, Any] = json.loads(self._answers.readline())
        return {name: said[name] for name in ("result", "error") if name in said}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._socket.close()
        self._process.terminate()
        self._process.wait(SECONDS)
        self._log.close()
