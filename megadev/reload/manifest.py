"""The file in which users say which contract stands at which address (``--reload-manifest``)."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from megadev.errors import ConfigError
from megadev.primitives.guarded_json import decode_json
from megadev.reload.deployments import L1, L2, DeployedAt

Manifest: TypeAlias = tuple[tuple[DeployedAt, str], ...]
"""Places, each with what it is called there."""


def read_manifest(path: Path) -> Manifest:
    """Reads the manifest. Raises ``ConfigError`` where it cannot be read or says something else."""
    try:
        listed = decode_json(path.read_bytes())
        by_chain = {L2: {key: which for key, which in listed.items() if key not in (L1, L2)}}
        by_chain[L2] |= listed.get(L2, {})
        by_chain[L1] = listed.get(L1, {})
        pairs = tuple(
            ((chain, bytes.fromhex(address.removeprefix("0x"))), which)
            for chain, names in by_chain.items()
            for address, which in names.items()
        )
        if not all(isinstance(which, str) for _, which in pairs):
            raise TypeError("an address maps to something other than a name")
    except (OSError, ValueError, AttributeError, TypeError) as problem:
        shape = '{"0x…": "Vault", "l1": {"0x…": "Portal"}}'
        raise ConfigError(f"--reload-manifest: {path}: {problem}; it must be like {shape}") from None
    return pairs
