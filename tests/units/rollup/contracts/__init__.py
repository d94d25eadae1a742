"""Contracts that use the bridge in tests: ``Receiver`` · ``OddToken`` · ``OldGame`` · ``HashVerifier``."""

from __future__ import annotations

from pathlib import Path

from megadev.chain.contracts import Artifact, decode_artifact


def load(name: str) -> Artifact:
    """The artifact of the contract ``name``."""
    return decode_artifact((Path(__file__).parent / f"{name}.json").read_bytes())
