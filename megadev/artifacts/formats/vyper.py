"""Vyper's own JSON: ``vyper -f combined_json``."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import msgspec

from megadev.artifacts.artifact import VYPER, Artifact, Details
from megadev.artifacts.formats.documents import Bytecode, decode
from megadev.artifacts.formats.origin import NotAnArtifact, Origin
from megadev.artifacts.formats.parts import already, code_of, interface_of, positions_of
from megadev.primitives.guarded_json import DecodeError, decode_json


class _VyperCombined(msgspec.Struct):
    """A contract in ``vyper -f combined_json``."""

    bytecode: str
    bytecode_runtime: str
    abi: msgspec.Raw
    source_map: dict[str, Any] | None = None
    source_map_runtime: dict[str, Any] | None = None


def vyper_combined_artifacts(data: bytes, origin: Origin) -> list[Artifact]:
    """``vyper -f combined_json``: contracts by path, beside the version; [] where it is something else."""
    try:
        members = decode_json(data, dict[str, msgspec.Raw])
    except DecodeError as problem:
        raise NotAnArtifact(str(problem)) from None
    found = []
    for path, raw in members.items():
        if not path.endswith((".vy", ".vyi")):
            continue
        contract = decode(bytes(raw), _VyperCombined)
        has_both = contract.source_map_runtime is not None
        creation = Bytecode(contract.bytecode, source_map=contract.source_map if has_both else None)
        runtime = Bytecode(
            contract.bytecode_runtime,
            source_map=contract.source_map_runtime if has_both else contract.source_map,
        )
        found.append(
            Artifact(
                PurePosixPath(path).stem,
                interface_of(contract.abi),
                path,
                code_of(creation),
                code_of(runtime),
                VYPER,
                decode(bytes(members["version"]), str) if "version" in members else "",
                already(Details(positions_of(creation, True), positions_of(runtime, True), {0: origin.source(path)})),
            )
        )
    return found
