"""The file that dApps read: addresses and ABIs of what is deployed, as JSON or as TypeScript whose types follow."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from megadev.errors import ConfigError
from megadev.files import write_whole
from megadev.node.node import Node
from megadev.primitives.hexcodec import checksum_address
from megadev.reload.deployments import Deployed, chains_of


def describe(node: Node, deployed: Iterable[Deployed]) -> dict[str, Any]:
    """By chain (``l2``, ``l1``) its id and its contracts: by name (by ``path:name`` where several have it) the ABI, the
    address, which is a proxy's where there is one, and all of its addresses."""
    found = list(deployed)
    return {
        name: {"chainId": chain.spec.chain_id, "contracts": _contracts([one for one in found if one.chain == name])}
        for name, chain in chains_of(node).items()
    }


def _contracts(deployed: list[Deployed]) -> dict[str, Any]:
    by_key: dict[str, list[Deployed]] = {}
    for one in deployed:
        by_key.setdefault(one.contract.key, []).append(one)
    names = [found[0].contract.name for found in by_key.values()]
    contracts = {}
    for key, found in by_key.items():
        name = found[0].contract.name
        addresses = [checksum_address(at) for one in found for at in (*one.proxies, one.address)]
        contracts[name if names.count(name) == 1 else key] = {
            "source": found[0].contract.source,
            "address": addresses[0],
            "addresses": addresses,
            "abi": found[-1].contract.abi(),
        }
    return contracts


def text_of(path: Path, described: dict[str, Any]) -> str:
    """Returns the content of the file: TypeScript for ``.ts`` and ``.mts``, JSON otherwise."""
    text = json.dumps(described, indent=2)
    if path.suffix in (".ts", ".mts"):
        return f"// written by megadev\nexport const deployments = {text} as const;\n"
    return text + "\n"


def write(path: Path, described: dict[str, Any]) -> bool:
    """Write the file, whole or not at all, where it changes; whether it did. Raises ``ConfigError``."""
    text = text_of(path, described)
    try:
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode(), private=False)
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"--reload-abi-out: {path}: {getattr(problem, 'strerror', None) or problem}") from None
    return True
