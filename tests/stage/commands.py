"""The ``megadev`` command, run as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY, START_SECONDS

SEND = """
import json, os, sys, urllib.request

def rpc(method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(os.environ["MEGADEV_RPC_URL"], body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request))["result"]

alice, bob = os.environ["MEGADEV_ADDRESSES"].split(",")[:2]
rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
"""


def megadev(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "megadev", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})},
        capture_output=True,
        text=True,
        timeout=START_SECONDS * 2,
    )
