"""``read`` tells formats apart by their members and reads each with its own module.

Only interface and code are decoded then; what points to the sources is decoded when a location is asked for, from the
same bytes or from the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from megadev.artifacts.artifact import Artifact
from megadev.artifacts.formats.documents import (
    ABSENT,
    DOCUMENT,
    Bytecode,
    Document,
    StandardInput,
    decode,
    decoded_by,
    kept_bytes,
)
from megadev.artifacts.formats.flat import flat_artifact, manifest_artifacts
from megadev.artifacts.formats.foundry import foundry_artifact
from megadev.artifacts.formats.hardhat import hardhat_artifact
from megadev.artifacts.formats.layouts import layout_in
from megadev.artifacts.formats.origin import NotAnArtifact, Origin
from megadev.artifacts.formats.parts import contract_name, interface_of
from megadev.artifacts.formats.solc import solc_combined_artifacts, standard_artifacts
from megadev.artifacts.formats.vyper import vyper_combined_artifacts
from megadev.artifacts.interface import ITEM_TYPES


def read(data: bytes, origin: Origin, name: str = "") -> list[Artifact]:
    """The contracts that a document describes. ``name``: of the only one, where the document does not say.

    Raises ``NotAnArtifact``, which is a ValueError, saying what is missing or wrong.
    """
    kept = data if origin.path is None else None
    return [_with_layout(artifact, kept, origin) for artifact in _read(data, origin, name)]


def _with_layout(artifact: Artifact, kept: bytes | None, origin: Origin) -> Artifact:
    if artifact.runtime is None or artifact.load_layout is not None:
        return artifact
    return replace(artifact, load_layout=lambda: layout_in(kept_bytes(kept, origin), artifact))


def _read(data: bytes, origin: Origin, name: str) -> list[Artifact]:
    stripped = data.lstrip()
    if stripped[:1] == b"[":
        interface = interface_of(msgspec.Raw(data))
        if not interface.items or any(item.type not in ITEM_TYPES for item in interface.items):
            raise NotAnArtifact("the array is not an ABI")
        return [Artifact(contract_name(name, origin), interface)]
    if stripped[:1] != b"{":
        raise NotAnArtifact("expected an artifact (an object) or an ABI (an array)")
    if b'"bytecode_runtime"' in data and (combined := vyper_combined_artifacts(data, origin)):
        return combined
    document = decoded_by(data, DOCUMENT)
    if document.output != ABSENT:
        wrapped = decode(bytes(document.output), Document)
        if wrapped.contracts is not None:
            given = decode(bytes(document.input), StandardInput) if document.input != ABSENT else None
            return list(standard_artifacts(bytes(document.output), wrapped, given, origin))
    if document.contracts is not None:
        if any(":" in key and "abi" in value for key, value in document.contracts.items() if isinstance(value, dict)):
            return list(solc_combined_artifacts(data, document, origin))
        return list(standard_artifacts(data, document, None, origin))
    if document.contract_types is not None:
        return list(manifest_artifacts(document, origin))
    if document.abi == ABSENT:
        raise NotAnArtifact("it has no abi")
    if document.format.startswith(("hh-sol-artifact", "hh3-artifact")):
        return [hardhat_artifact(document, origin)]
    if isinstance(document.bytecode, Bytecode) or isinstance(document.deployed_bytecode, Bytecode):
        return [foundry_artifact(data, document, origin, name)]
    return [flat_artifact(data if origin.path is None else None, document, origin, name)]


def abi_json(artifact: Artifact) -> list[Mapping[str, Any]]:
    """An artifact's ABI as JSON, with the members that the ABI specification knows."""
    items: list[Mapping[str, Any]] = [_without_nulls(item) for item in msgspec.to_builtins(artifact.interface.items)]
    return items


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(member) for key, member in value.items() if member is not None}
    return [_without_nulls(member) for member in value] if isinstance(value, list | tuple) else value
