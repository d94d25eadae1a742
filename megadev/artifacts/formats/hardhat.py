"""Hardhat 2 and 3: ``artifacts/contracts/Vault.sol/Vault.json``, with source maps in build-info."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import msgspec

from megadev.artifacts.artifact import SOLIDITY, Artifact, Details
from megadev.artifacts.formats.documents import (
    BuildInfo,
    Content,
    Document,
    Evm,
    Output,
    StandardInput,
    StandardOutput,
    decode,
)
from megadev.artifacts.formats.layouts import document_of, own_layout, standard_layout
from megadev.artifacts.formats.origin import Origin
from megadev.artifacts.formats.parts import bare, code_of, contract_name, interface_of, path_in_project, positions_of
from megadev.artifacts.layout import Layout


class _DebugFile(msgspec.Struct, rename="camel"):
    build_info: str = ""


def hardhat_artifact(document: Document, origin: Origin) -> Artifact:
    """``artifacts/contracts/Vault.sol/Vault.json``, whose source maps lie in a build-info file."""
    name = document.contract_name or contract_name("", origin)
    source_path = document.source_name or ""
    compiled_as = document.input_source_name or source_path
    build = document.build_info_id

    def details() -> Details:
        if origin.path is None:
            return Details()
        given, output = _hardhat_build(origin.path, source_path, build)
        evm = output.contracts.get(compiled_as, {}).get(name, Output()).evm or Evm()
        contents = given.sources if given is not None else {}
        sources = {
            numbered.id: origin.source(path_in_project(path), contents.get(path, Content()).content)
            for path, numbered in output.sources.items()
            if numbered.id is not None
        }
        return Details(positions_of(evm.bytecode, False), positions_of(evm.deployed_bytecode, False), sources)

    def layout() -> Layout | None:
        if origin.path is None:
            return None
        own = own_layout(document_of(origin.path.read_bytes()), source_path, name)
        return own or standard_layout(document_of(_made(origin.path, source_path, build)), compiled_as, name)

    return Artifact(
        name,
        interface_of(document.abi),
        source_path,
        code_of(bare(document.bytecode, document.link_references)),
        code_of(bare(document.deployed_bytecode, document.deployed_link_references, document.immutable_references)),
        SOLIDITY,
        "",
        details,
        layout,
    )


def _made(path: Path, source_path: str, build: str | None) -> bytes:
    """The build-info with what the compiler made, for the artifact in ``path``."""
    if build is not None:
        return (_infos(path, source_path) / f"{build}.output.json").read_bytes()
    return (path.parent / decode(path.with_suffix(".dbg.json").read_bytes(), _DebugFile).build_info).read_bytes()


def _infos(path: Path, source_path: str) -> Path:
    """Where Hardhat 3 puts its build-info."""
    return path.parents[len(PurePosixPath(source_path).parts)] / "build-info"


def _hardhat_build(path: Path, source_path: str, build: str | None) -> tuple[StandardInput | None, StandardOutput]:
    """What the compiler was given and what it made, for the artifact in ``path``; ``build`` is its id in Hardhat 3."""
    if build is not None:
        infos = _infos(path, source_path)
        given = decode((infos / f"{build}.json").read_bytes(), BuildInfo)
        made = decode(_made(path, source_path, build), BuildInfo)
        return given.input, made.output or StandardOutput()
    both = decode(_made(path, source_path, build), BuildInfo)
    return both.input, both.output or StandardOutput()
