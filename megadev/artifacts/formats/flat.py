"""Documents that hold one contract side by side: Brownie, Truffle, Ape and its manifests, plain ``{abi, bytecode}``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from megadev.artifacts.artifact import SOLIDITY, VYPER, Artifact, Details
from megadev.artifacts.formats.documents import ABSENT, Compiler, Document, Tree, decode, kept_bytes
from megadev.artifacts.formats.origin import Origin
from megadev.artifacts.formats.parts import bare, code_of, contract_name, interface_of
from megadev.artifacts.source_map import ByteMap, InstructionMap, ListedMap, PositionMap, VyperMap


class _Maps(msgspec.Struct, rename="camel"):
    """The source maps and sources in the same document as ``Document``."""

    source_map: str | None = None
    deployed_source_map: str | None = None
    pc_map: dict[str, Any] | None = None
    pcmap: dict[str, Any] | None = None
    sourcemap: str | None = None


def manifest_artifacts(document: Document, origin: Origin) -> Iterator[Artifact]:
    """Ape's ``.build/__local__.json``: a package manifest (EIP-2678)."""
    contents = {path: value.get("content") for path, value in (document.sources or {}).items() if type(value) is dict}
    for raw in (document.contract_types or {}).values():
        contract = decode(bytes(raw), Document)
        if contract.abi != ABSENT:
            content = contents.get(contract.source_id or "")
            yield flat_artifact(bytes(raw), contract, origin, "", content if isinstance(content, str) else None)


def flat_artifact(
    kept: bytes | None, document: Document, origin: Origin, name: str, content: str | None = None
) -> Artifact:
    """Brownie's and Truffle's ``build/contracts``, Ape's contract types, and plain ``{abi, bytecode}``.

    ``kept``: the document, None to read it from its file again.
    """
    source_path = document.source_path or document.source_name or document.source_id or ""
    if content is None:
        content = document.source
    language = document.language or ""
    is_vyper = language.lower() == "vyper" or source_path.endswith((".vy", ".vyi"))
    creation = document.deployment_bytecode or bare(document.bytecode, document.link_references)
    runtime = document.runtime_bytecode or bare(
        document.deployed_bytecode, document.deployed_link_references, document.immutable_references
    )
    compiler = document.compiler if isinstance(document.compiler, Compiler) else None
    created, runtime_code = code_of(creation), code_of(runtime)
    all_paths, tree = document.all_source_paths or {}, document.ast

    def details() -> Details:
        maps = decode(kept_bytes(kept, origin), _Maps)
        deployed: PositionMap | None = None
        if maps.pc_map:
            deployed = ListedMap(maps.pc_map)
        elif maps.pcmap:
            deployed = VyperMap({"pc_pos_map": {pc: _place(entry) for pc, entry in maps.pcmap.items()}})
        elif maps.deployed_source_map or maps.sourcemap:
            text = maps.deployed_source_map or maps.sourcemap or ""
            deployed = ByteMap(text) if is_vyper else InstructionMap(text, runtime_code.code if runtime_code else b"")
        made = InstructionMap(maps.source_map, created.code) if maps.source_map and created and not is_vyper else None
        paths = {int(number): path for number, path in all_paths.items() if number.isdecimal()}
        own = _own_number(tree, maps.deployed_source_map or maps.sourcemap or "")
        if source_path and source_path not in paths.values():
            paths[own] = source_path
        sources = {n: origin.source(path, content if path == source_path else None) for n, path in paths.items()}
        return Details(made, deployed, sources)

    return Artifact(
        document.contract_name or document.name or contract_name(name, origin),
        interface_of(document.abi),
        source_path,
        created,
        runtime_code,
        VYPER if is_vyper else (language or (SOLIDITY if source_path else "")),
        f"{compiler.name} {compiler.version}".strip() if compiler is not None else "",
        details,
    )


def _place(entry: Any) -> Any:
    """Line and column in an entry of Ape's ``pcmap``: a list, or an object with ``location``."""
    return entry.get("location") if isinstance(entry, dict) else entry


def _own_number(tree: Tree | None, compressed: str) -> int:
    """The compiler's number of an artifact's own file: from its syntax tree, else where its map begins."""
    place = tree.src if tree is not None and tree.src else compressed.partition(";")[0]
    parts = place.split(":")
    return int(parts[2]) if len(parts) > 2 and parts[2].isdecimal() else 0
