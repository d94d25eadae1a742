"""The bridge's own contracts by name, for whoever shows calls of them: a project's artifacts do not know them."""

from __future__ import annotations

from functools import cache

import msgspec

from megadev.artifacts.artifact import Artifact
from megadev.artifacts.interface import Interface, Item
from megadev.artifacts.registry import ArtifactRegistry
from megadev.primitives.types import Address
from megadev.rollup.contracts import load
from megadev.rollup.predeploys import PREDEPLOYS, L1Addresses


@cache
def bridge_contracts(at: L1Addresses) -> tuple[ArtifactRegistry, dict[Address, Artifact]]:
    """Returns the interfaces and addresses of the bridge's contracts, on both chains. Reads some files, once."""
    registry, placed, contracts = ArtifactRegistry(), {}, at.profile.contracts
    for field in msgspec.structs.fields(at):
        placed[getattr(at, field.name)] = _artifact(contracts[field.name], contracts[field.name])
    for each in PREDEPLOYS:
        placed[each.address] = _artifact(each.name, each.contract)
    registry.add({each.name: each for each in placed.values()}.values())
    return registry, placed


def _artifact(name: str, contract: str) -> Artifact:
    return Artifact(name, Interface(msgspec.convert(load(contract).abi, list[Item])), source_path=contract)
