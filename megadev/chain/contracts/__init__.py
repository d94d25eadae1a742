"""The contracts every megadev chain has from genesis: our sources, their committed artifacts, and the loader; and the
state of the CREATE2 deployer (``create2_deployer.py``), which is public chain data.

Start reading at ``Multicall3.sol``; ``build.py`` turns it into the JSON of the same name, byte for byte, with the
pinned compiler. May import ``errors`` and ``primitives``.

Why artifacts are committed: a user installs megadev without a Solidity compiler. Why Multicall3 is ours and not the
well-known deployment's bytecode: what callers rely on is the interface and the address, and both are kept. Other
well-known contracts are fetched by those who want them (``megadev preinstalls``).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from megadev.primitives.types import Address

MULTICALL3: Address = bytes.fromhex("ca11bde05977b3631167028862be2a173976ca11")
"""Where client libraries look for Multicall3."""


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled contract.

    ``creation`` and ``runtime`` are bytecode. ``source`` names the file next to the artifact, ``source_sha256`` is its
    hex digest; ``compiler`` and ``settings`` say what reproduces the artifact from it.
    """

    name: str
    source: str
    source_sha256: str
    compiler: str
    settings: dict[str, Any]
    abi: list[dict[str, Any]]
    creation: bytes
    runtime: bytes


def decode_artifact(text: bytes) -> Artifact:
    """The artifact in the JSON that ``build.py`` writes, where bytecode is ``0x`` hex."""
    fields = msgspec.json.decode(text, type=dict[str, Any])
    for bytecode in ("creation", "runtime"):
        fields[bytecode] = bytes.fromhex(fields[bytecode].removeprefix("0x"))
    return msgspec.convert(fields, Artifact)


@cache
def load(name: str) -> Artifact:
    """The genesis contract ``name`` ('Multicall3'), read on first use.

    Raises ``FileNotFoundError`` for any other name.
    """
    return decode_artifact((files(__name__) / f"{name}.json").read_bytes())
