"""Documents that mean harm, at every door that takes one. What a door may do is refuse; what it must not is end the
process, or show a defect."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from megadev import Devnet


def try_all_doors(seed: int, count: int) -> None:
    command = [sys.executable, "-m", "tests.journeys.hostile.doors", str(seed), str(count)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.startswith("tried "), done.stdout
    assert "Traceback" not in done.stderr, done.stderr[-2_000:]


def test_no_document_gets_past_a_door() -> None:
    try_all_doors(14, 15)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_no_document_gets_past_a_door_for_long(seed: int) -> None:
    try_all_doors(seed, 1_500)


def test_a_web_page_cannot_end_the_node_with_a_nested_dump(megadev_up: Callable[..., Any]) -> None:
    node = megadev_up()
    dump = gzip.compress(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
    assert len(dump) < 2_000
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "anvil_loadState", "params": ["0x" + dump.hex()]})
    request = urllib.request.Request(node.url, body.encode(), {"Content-Type": "text/plain"})
    with urllib.request.urlopen(request) as response:
        assert "nested" in json.load(response)["error"]["message"]
    assert node.rpc("eth_chainId") == "0x7a69"


@pytest.mark.parametrize("engine", ["interpreter", "compiled", "py-evm"])
def test_1024_calls_within_calls_need_no_higher_recursion_limit(engine: str) -> None:
    """Neither in the main thread nor in one that its program gave a small stack; and their writes are all there."""
    here = "0x" + "c0" * 20
    limit = sys.getrecursionlimit()
    with Devnet(engine=engine, gas_limit=2**40, no_l1=True, disable_code_size_limit=True) as net:
        counts = "0x5f546001015f555f5f5f5f5f305af100"  # how deep it is, in slot 0, then the next
        net.rpc("anvil_setCode", here, counts)
        outcome: list[Any] = []

        def run() -> None:
            sent = {"from": net.accounts[0].address, "to": here, "gas": hex(2**38)}
            outcome.append(net.rpc("eth_sendTransaction", sent))

        threading.stack_size(1024 * 1024)
        try:
            thread = threading.Thread(target=run)
            thread.start()
        finally:
            threading.stack_size(0)
        thread.join()
        assert net.rpc("eth_getTransactionReceipt", outcome[0])["status"] == "0x1"
        assert int(net.rpc("eth_getStorageAt", here, "0x0"), 16) == 1_025
    assert sys.getrecursionlimit() == limit
