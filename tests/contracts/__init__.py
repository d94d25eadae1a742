"""Contracts for tests: a source and an artifact each, and the loader.

``Token`` · ``Counter`` · ``Reverter`` · ``Logger`` · ``Storage`` · ``Factory`` and its ``Child`` · ``Payable`` ·
``Rejecter`` · ``HeavyLoop`` · ``Signatures`` · ``Printer`` · ``Preconfirmations`` · ``PackedToken`` ·
``FlaggedToken`` · ``NamespacedToken`` · ``VyperToken`` · ``SharesToken`` · ``ProxyToken`` · ``SwapPair`` and its
``SwapFactory``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from megadev.chain.contracts import Artifact, decode_artifact


@cache
def load(name: str) -> Artifact:
    """The artifact of the contract ``name``; append ABI-encoded constructor arguments to its ``creation`` code."""
    return decode_artifact((Path(__file__).parent / f"{name}.json").read_bytes())
