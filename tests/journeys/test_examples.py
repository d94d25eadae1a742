"""Every example runs with the one command that its README gives, and does what it says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from megadev.chain.contracts.build import source_digest
from tests.conftest import REPOSITORY
from tests.stage.installed import INSTALLED

EXAMPLES = REPOSITORY / "examples"
PRINTS = {
    "game": r"^50 clicks, \d+ coins, now at \(\d+, \d+\)\npreconfirmed in [\d.]+ ms",
    "stream": r"3 passed",
    "deposit_and_withdraw": r"^there and back in 10\.5 days of the chains', [\d.]+ s of ours\n",
    "fork_bundle_in_ci": r"^live:   (block 7: bought 7496 for an ether)\nbundle: \1\nChain ID:",
    "order_book": r"^200 orders, \d+ trades, every balance as in the book kept beside it\n",
}


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "__pycache__"} == set(PRINTS)


@pytest.mark.parametrize("name", PRINTS)
def test_an_example_runs(name: str) -> None:
    (block,) = re.findall(r"^```sh\n(.+)\n```$", (EXAMPLES / name / "README.md").read_text(), re.MULTILINE)
    program, *arguments = shlex.split(block)
    command = [sys.executable, *arguments]
    if program == "pytest":
        plugin = () if INSTALLED else ("-p", "megadev.testing.plugin")
        command = [sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(PRINTS[name], done.stdout, re.MULTILINE), done.stdout


@pytest.mark.parametrize("artifact", sorted(EXAMPLES.glob("*/*.json")), ids=lambda path: path.stem)
def test_an_artifact_matches_its_source(artifact: Path) -> None:
    fields = json.loads(artifact.read_text())
    assert fields["source_sha256"] == source_digest(artifact.parent / fields["source"])
