"""A compiled contract, as far as a reload needs it, read from the outputs of solc, forge and Vyper.

Beside the artifact (interface and code) that is the storage layout, and the names of what only deployment fills in:
the compiler numbers immutables anew in every run, so their values can only be taken along by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from megadev.artifacts.artifact import SOLIDITY, VYPER, Artifact
from megadev.artifacts.formats.origin import NotAnArtifact, Origin
from megadev.artifacts.formats.reading import abi_json, read
from megadev.artifacts.layout import (
    Immutable,
    Layout,
    SyntaxTrees,
    Type,
    UnknownFirstSlot,
    UnknownLayout,
    VyperTypes,
    vyper_layout,
)
from megadev.primitives.guarded_json import decode_json
from megadev.reload.compatibility import Fault

OWN_ADDRESS = "library_deploy_address"
"""What solc calls the hole (with ``viaIR``) in which a library keeps where it is, to refuse being called directly."""
_NO_TREES = "the compiler's output has no syntax tree"


@dataclass(frozen=True, slots=True)
class DataItem:
    """An immutable of Vyper, behind the runtime code: ``offset`` and ``length`` in bytes from its end; ``type`` is None
    where it cannot be told."""

    name: str
    type: Type | None
    offset: int
    length: int


@dataclass(frozen=True, eq=False)
class Contract:
    """One contract as compiled once. ``layout`` is None where it cannot be told; ``unknown`` says why, ``fault`` what
    to do.

    ``immutables``: by the number in the code's holes; None where they have no names. ``data``: Vyper's.
    """

    artifact: Artifact
    layout: Layout | None = None
    unknown: str = _NO_TREES
    fault: Fault = Fault.UNKNOWN
    immutables: Mapping[str, Immutable] | None = None
    data: tuple[DataItem, ...] = ()

    @property
    def key(self) -> str:
        """``src/Vault.sol:Vault``: what stays the same from one compilation to the next."""
        return str(self.artifact)

    @property
    def name(self) -> str:
        return self.artifact.name

    @property
    def source(self) -> str:
        return self.artifact.source_path

    @property
    def has_code(self) -> bool:
        """Not an interface or an abstract contract."""
        return self.artifact.runtime is not None and bool(self.artifact.runtime.code)

    @property
    def data_size(self) -> int:
        """Bytes of Vyper's immutables."""
        return max((item.offset + item.length for item in self.data), default=0)

    @property
    def needs_names(self) -> bool:
        """It has immutables, and nobody knows which is which."""
        runtime = self.artifact.runtime
        if runtime is None or not runtime.immutables:
            return False
        holes = [hole.name for hole in runtime.immutables if hole.name != OWN_ADDRESS]
        return bool(holes) and (self.immutables is None or not self.immutables.keys() >= set(holes))

    def abi(self) -> list[Mapping[str, Any]]:
        """The ABI as JSON."""
        return abi_json(self.artifact)


Build: TypeAlias = dict[str, Contract]
"""Contracts by key."""


@dataclass(frozen=True, slots=True)
class _Trees:
    """The trees of one run, with what was already read from them."""

    trees: SyntaxTrees
    immutables: Mapping[str, Immutable] = field(default_factory=dict)

    @staticmethod
    def of(sources: Mapping[str, Mapping[str, Any]]) -> _Trees:
        trees = SyntaxTrees(sources)
        return _Trees(trees, trees.immutables())


def _solidity(artifact: Artifact, trees: _Trees | None, source: str) -> Contract:
    if trees is None:
        return Contract(artifact)
    try:
        layout = trees.trees.layout(source, artifact.name)
        return Contract(_with(layout, artifact), layout, "", immutables=trees.immutables)
    except UnknownLayout as problem:
        fault = Fault.FIRST_SLOT if isinstance(problem, UnknownFirstSlot) else Fault.UNKNOWN
        return Contract(artifact, None, str(problem), fault, trees.immutables)


def _with(layout: Layout | None, artifact: Artifact) -> Artifact:
    return artifact if layout is None else replace(artifact, load_layout=lambda: layout)


def read_solc(output: bytes, root: Path) -> Build:
    """The contracts in a standard JSON output, or in a build-info that holds one. Raises ``NotAnArtifact``."""
    document = decode_json(output)
    try:
        made = document.get("output", document)
        sources = {path: entry["ast"] for path, entry in made.get("sources", {}).items() if "ast" in entry}
    except (AttributeError, TypeError):
        raise NotAnArtifact("solc's output must be an object with sources and contracts") from None
    trees = _Trees.of(sources) if sources else None
    if not made.get("contracts"):
        return {}
    found = (_solidity(artifact, trees, _tree_path(sources, artifact)) for artifact in read(output, Origin(root=root)))
    return {contract.key: contract for contract in found}


def read_document(data: bytes) -> list[Contract]:
    """The contracts in an artifact that was handed over, with their layouts where it brings a syntax tree. Raises
    ``NotAnArtifact``."""
    found = read(data, Origin())
    document = decode_json(data)
    tree = document.get("ast") if isinstance(document, dict) else None
    trees = _Trees.of({tree["absolutePath"]: tree}) if isinstance(tree, dict) and "absolutePath" in tree else None
    return [_solidity(artifact, trees, artifact.source_path) for artifact in found]


def _tree_path(sources: Mapping[str, Any], artifact: Artifact) -> str:
    path = artifact.source_path
    return path if path in sources else f"project/{path}"  # as Hardhat 3 has it


def read_vyper(output: bytes, root: Path, closures: Mapping[str, tuple[str, ...]]) -> Build:
    """The contracts in ``vyper -f combined_json``; ``closures``: texts of each contract and of what it imports."""
    document = decode_json(output)
    found: Build = {}
    for artifact in read(output, Origin(root=root)):
        printed = document[artifact.source_path].get("layout")
        layout, unknown = None, "the compiler printed no layout"
        types = VyperTypes.of(closures[artifact.source_path])
        if printed is not None:
            try:
                layout = vyper_layout(printed, types)
            except UnknownLayout as problem:
                unknown = str(problem)
        data = tuple(data_items((printed or {}).get("code_layout", {}), types))
        contract = Contract(_with(layout, artifact), layout, unknown, data=data)
        found[contract.key] = contract
    return found


def data_items(tree: Mapping[str, Any], types: VyperTypes, prefix: str = "") -> list[DataItem]:
    """The immutables in the ``code_layout`` that Vyper prints."""
    found: list[DataItem] = []
    for name, entry in tree.items():
        if "offset" not in entry:
            found += data_items(entry, types, f"{prefix}{name}.")
            continue
        try:
            type_ = types.type(entry["type"])
        except UnknownLayout:
            type_ = None
        found.append(DataItem(f"{prefix}{name}", type_, entry["offset"], entry["length"]))
    return found


def read_foundry(out: Path, cache: Path, root: Path) -> Build:
    """The contracts in Foundry's ``out``; ``cache``: its cache file, which tells what was compiled in one run."""
    runs = _runs(cache)
    documents: list[tuple[Artifact, str]] = []
    trees: dict[str, dict[str, Any]] = {}
    for path in sorted(out.rglob("*.json")):
        if "build-info" in path.parts:
            continue
        data = path.read_bytes()
        try:
            (artifact,) = read(data, Origin(path, root))
        except (NotAnArtifact, ValueError):
            continue
        run = runs.get(str(path.relative_to(out)), "")
        documents.append((artifact, run))
        tree = decode_json(data).get("ast")
        if tree and run:
            trees.setdefault(run, {})[tree["absolutePath"]] = tree
    known = {run: _Trees.of(sources) for run, sources in trees.items()}
    found = [
        _solidity(artifact, known.get(run), artifact.source_path)
        for artifact, run in documents
        if artifact.language in (SOLIDITY, VYPER)
    ]
    return {contract.key: contract for contract in found}


def _runs(cache: Path) -> dict[str, str]:
    """Each artifact's file below ``out``, with the run that made it."""
    try:
        files = decode_json(cache.read_bytes())["files"]
        return {
            entry["path"]: entry["build_id"]
            for cached in files.values()
            for by_version in cached["artifacts"].values()
            for by_profile in by_version.values()
            for entry in by_profile.values()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
