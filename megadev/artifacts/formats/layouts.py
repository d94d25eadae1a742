"""Storage layouts, from the documents that contracts were read from.

What the syntax trees say is taken where all of them are there, for they also know namespaces and the words of enums;
else solc's ``storageLayout`` where it was asked for. Vyper's is what it prints as ``layout``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from megadev.artifacts.artifact import Artifact
from megadev.artifacts.layout import Layout, SyntaxTrees, UnknownLayout, VyperTypes, solc_layout, vyper_layout
from megadev.primitives.guarded_json import decode_json


def layout_in(data: bytes, artifact: Artifact, compiled_as: str = "") -> Layout | None:
    """The layout of one of the contracts in a document; None where it does not tell. ``compiled_as``: the path of its
    source as the compiler was told it, where that is another than the artifact's. Raises ``ValueError``.
    """
    try:
        return _layout(decode_json(data), artifact, compiled_as)
    except (AttributeError, KeyError, TypeError) as problem:
        raise ValueError(f"no document of a compiler: {problem}") from None


def _layout(document: Any, artifact: Artifact, compiled_as: str) -> Layout | None:
    made = document.get("output", document)
    path = compiled_as or artifact.source_path
    contracts = made.get("contracts")
    own: Any = document
    if isinstance(contracts, dict):
        by_name = contracts.get(path) or contracts.get(f"project/{path}") or {}
        own = by_name.get(artifact.name, {})
    elif isinstance(made.get(path), dict):  # Vyper's combined_json
        own = made[path]
    if isinstance(own.get("layout"), dict):
        return vyper_layout(own["layout"], VyperTypes.of(_texts(artifact)))
    trees, printed = _trees(made), own.get("storageLayout")
    is_printed = isinstance(printed, dict) and printed.get("storage") is not None
    at = path if path in trees else f"project/{path}"  # as Hardhat 3 has it
    try:
        if at in trees:
            return SyntaxTrees(trees).layout(at, artifact.name)
    except UnknownLayout:  # a file that it imports is missing, most likely
        if not is_printed:
            raise
    return solc_layout(printed) if is_printed else None


def _trees(made: Mapping[str, Any]) -> dict[str, Any]:
    tree = made.get("ast")
    if isinstance(tree, dict) and "absolutePath" in tree:
        return {tree["absolutePath"]: tree}
    sources = made.get("sources")
    if not isinstance(sources, dict):
        return {}
    return {path: entry["ast"] for path, entry in sources.items() if isinstance(entry, dict) and entry.get("ast")}


def _texts(artifact: Artifact) -> list[str]:
    return [source.content.decode(errors="replace") for source in artifact.details.sources.values()]
