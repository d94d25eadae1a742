"""Clients in JavaScript, and cast: where they are on this machine, and what their scripts say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from megadev import Devnet

SCRIPTS = Path(__file__).parents[1] / "journeys" / "js"


SCRIPT_SECONDS = 300
"""Far more than a script takes; each of its journeys has a limit of its own."""


# read now: no test sees such variables
NODE_MODULES = os.environ.get("MEGADEV_NODE_MODULES", "")
"""A node_modules directory with viem and ethers."""


CAST = os.environ.get("MEGADEV_CAST", "cast")
"""Foundry's cast."""


def outcomes(net: Devnet, client: str, script: str = "") -> dict[str, str]:
    """Run a client's script (named as it is, unless said otherwise); what became of each of its journeys."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    if not NODE_MODULES or not (Path(NODE_MODULES) / client).is_dir():
        pytest.skip(f"set MEGADEV_NODE_MODULES to a node_modules directory that has {client}")
    env = {
        **os.environ,
        "MEGADEV_NODE_MODULES": str(Path(NODE_MODULES).resolve()),
        "KEYS": json.dumps([account.private_key for account in net.accounts]),
    }
    done = subprocess.run(
        [node, str(SCRIPTS / f"{script or client}.mjs"), net.url],
        env=env,
        capture_output=True,
        text=True,
        timeout=SCRIPT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, str] = json.loads(done.stdout)
    return result
