"""Saving sources as editors do, on a node that watches them, with real compilers."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunningNode

VYPER = os.environ.get("MEGADEV_VYPER") or shutil.which(
    "vyper", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"
)


def needs(*programs: str | None) -> Callable[[Any], Any]:
    """Marks a test that runs these compilers."""
    missing = pytest.mark.skipif(None in programs, reason="no compiler: MEGADEV_SOLC, MEGADEV_VYPER, MEGADEV_FORGE")
    return lambda test: pytest.mark.compilers(pytest.mark.slow(missing(test)))


def save(folder: Path, files: dict[str, str]) -> None:
    """Write sources as editors do: beside, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != text:
            beside = folder / f".{name}.tmp"
            beside.write_text(text)
            os.replace(beside, path)


def event(node: RunningNode, kind: str) -> dict[str, Any]:
    """The next of hot reload's notices of that kind."""
    while True:
        found = json.loads(node.next_line(timeout=300))
        if found["event"] == f"reload.{kind}":
            return dict(found)


def creation(node: RunningNode, name: str) -> bytes:
    """Creation code, as the node knows it."""
    return bytes.fromhex(node.rpc("megadev_getArtifact", name)["bytecode"][2:])
