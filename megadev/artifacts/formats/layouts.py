"""Storage layouts in what tools leave behind: solc's ``storageLayout`` where it was asked for, otherwise computed from
the syntax trees of the contract's file and of all that it imports; Vyper's ``layout``.

All of it is read when a slot is first to be named, from the file again: syntax trees weigh more than all else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from megadev.artifacts.layout import Layout, SyntaxTrees, UnknownLayout, VyperTypes, solc_layout, vyper_layout
from megadev.primitives.guarded_json import DecodeError, decode_json

_MOST_FILES = 1_000
"""Files whose syntax trees one contract may need."""


def own_layout(document: Mapping[str, Any], source: str, name: str) -> Layout | None:
    """Of a document that holds one contract: what it says itself. Raises ``UnknownLayout``."""
    tree = document.get("ast")
    own = tree.get("absolutePath", source) if isinstance(tree, dict) else source
    return _best({own: tree} if isinstance(tree, dict) else {}, document.get("storageLayout"), own, name)


def standard_layout(document: Mapping[str, Any], source: str, name: str) -> Layout | None:
    """Of a contract in a standard JSON output, or in a build-info that holds one. Raises ``UnknownLayout``."""
    made = document.get("output") or document
    contracts, entries = made.get("contracts") or {}, made.get("sources") or {}
    path = source if source in contracts else f"project/{source}"  # as Hardhat 3 has it
    contract = contracts.get(path, {}).get(name, {})
    if isinstance(contract.get("layout"), dict):
        contents = ((document.get("input") or {}).get("sources") or {}).values()
        return vyper_layout(contract["layout"], VyperTypes.of(entry.get("content") or "" for entry in contents))
    trees = {each: entry["ast"] for each, entry in entries.items() if isinstance(entry, dict) and "ast" in entry}
    return _best(trees, contract.get("storageLayout"), path, name)


def foundry_layout(
    document: Mapping[str, Any], source: str, name: str, beside: Callable[[str], Path | None]
) -> Layout | None:
    """Of one of Foundry's artifacts. ``beside``: where the artifact of another source of the same run lies. Raises
    ``UnknownLayout``."""
    tree = document.get("ast")
    if not isinstance(tree, dict):
        return own_layout(document, source, name)
    own = tree.get("absolutePath", source)
    trees, waiting = {own: tree}, [tree]
    while waiting and len(trees) < _MOST_FILES:
        for node in waiting.pop().get("nodes", ()):
            path = node.get("absolutePath") if node.get("nodeType") == "ImportDirective" else None
            there = beside(path) if path is not None and path not in trees else None
            found = _tree(there) if there is not None else None
            if found is not None:
                trees[path] = found
                waiting.append(found)
    return _best(trees, document.get("storageLayout"), own, name)


def _best(trees: Mapping[str, Any], printed: Any, path: str, name: str) -> Layout | None:
    """From the trees, which also know namespaces and the words of enums; otherwise what was printed."""
    is_printed = isinstance(printed, dict) and "storage" in printed
    try:
        return SyntaxTrees(trees).layout(path, name) if path in trees else solc_layout(printed) if is_printed else None
    except UnknownLayout:
        if not is_printed:
            raise
        return solc_layout(printed)


def document_of(data: bytes) -> Mapping[str, Any]:
    """The JSON object in ``data``; an empty one where there is none."""
    try:
        found = decode_json(data)
    except DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _tree(path: Path) -> Any:
    try:
        return document_of(path.read_bytes()).get("ast")
    except OSError:
        return None
