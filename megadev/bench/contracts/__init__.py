"""The contracts that ``megadev bench`` deploys: sources, committed artifacts, and the loader."""

from __future__ import annotations

from importlib.resources import files

from megadev.chain.contracts import Artifact, decode_artifact


def load(name: str) -> Artifact:
    """'BenchToken' or 'BenchWork'; neither takes constructor arguments."""
    return decode_artifact((files(__name__) / f"{name}.json").read_bytes())
