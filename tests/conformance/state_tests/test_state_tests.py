"""The runner of the public state tests, on cases of ours in their format (``fill`` writes them)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.state_tests.runner import main

CASES = Path(__file__).parent / "cases"


@pytest.mark.parametrize("engine", ["interpreter", "auto", "compiled", "py-evm"])
def test_the_cases_pass(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(CASES), "--engine", engine, "--quiet"]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out == f"{len(list(CASES.iterdir()))} runs, 0 failed\n"


def test_the_cases_pass_with_everything_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(CASES), "--engine", "compiled", "--at-once", "--quiet"]) == 0, capsys.readouterr().out


PUBLIC = os.environ.get("GENERAL_STATE_TESTS", "")


@pytest.mark.long
@pytest.mark.skipif(not PUBLIC, reason="GENERAL_STATE_TESTS names no folder of Ethereum's public state tests")
@pytest.mark.parametrize("tier", [("interpreter",), ("auto",), ("compiled",), ("compiled", "--at-once")], ids="-".join)
def test_the_public_tests_pass(tier: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """``GENERAL_STATE_TESTS=FOLDER python -m pytest -m long tests/conformance/state_tests``."""
    engine, *options = tier
    assert main([PUBLIC, "--engine", engine, *options, "--quiet"]) == 0, capsys.readouterr().out


def changed(tmp_path: Path, name: str, **post: Any) -> Path:
    """A copy of a case that expects something else."""
    content = json.loads((CASES / f"{name}.json").read_text())
    for test in content.values():
        for posts in test["post"].values():
            posts[0] |= post
    (tmp_path / "changed.json").write_text(json.dumps(content))
    return tmp_path


@pytest.mark.parametrize(
    ("post", "said"),
    [
        ({"hash": "0x" + "11" * 32}, "state root is"),
        ({"logs": "0x" + "11" * 32}, "hash of the logs is"),
        ({"expectException": "TransactionException.NONCE_MISMATCH"}, "should have been refused"),
        ({"txbytes": "0x02c0"}, "was refused"),
    ],
)
def test_a_different_post_state_fails(
    post: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(changed(tmp_path, "logs_of_every_size", **post)), "--engine", "interpreter"]) == 1
    assert said in capsys.readouterr().out


def test_a_folder_without_tests_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().out == "0 runs, 0 failed\n"
