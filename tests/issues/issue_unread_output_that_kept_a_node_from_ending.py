"""A node whose output nobody read did not end when asked to, and dumped no state: tools that start ``anvil`` keep its
pipes and read them when it has ended (web3-ethereum-defi does).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.stage.waiting import until

SMALL_PIPE = 8192
LIMIT = 30.0


@pytest.mark.skipif(sys.platform != "linux", reason="only there a pipe can be made small")
@pytest.mark.parametrize("command", [["up", "--no-l1", "--preset", "megaeth"], ["anvil"]])
def test_a_node_ends_and_saves_though_nobody_reads_what_it_prints(command: list[str], tmp_path: Path) -> None:
    import fcntl

    ready, state = tmp_path / "ready.json", tmp_path / "state.json"
    arguments = [*command, "--port", "0", "--ready-file", str(ready), "--dump-state", str(state)]
    node = subprocess.Popen(
        [sys.executable, "-m", "megadev", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert node.stdout is not None
    fcntl.fcntl(node.stdout, fcntl.F_SETPIPE_SZ, SMALL_PIPE)
    try:
        until(ready.exists, seconds=LIMIT)
        url = json.loads(ready.read_text())["urls"][0]

        def ask(method: str, *params: object) -> object:
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
            with urlopen(Request(url, body, {"content-type": "application/json"}), timeout=LIMIT) as answer:
                return json.load(answer)["result"]

        payer, friend, *_ = ask("eth_accounts")  # type: ignore[misc]
        for _ in range(100):
            ask("eth_sendTransaction", {"from": payer, "to": friend, "value": "0x1"})
            ask("eth_getBalance", friend, "latest")
        node.terminate()
        node.wait(LIMIT)
        assert node.returncode == 0
        assert json.loads(state.read_text())["accounts"]
    finally:
        node.kill()
        node.communicate()
