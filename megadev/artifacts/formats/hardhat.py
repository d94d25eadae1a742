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
from megadev.artifacts.formats.layouts import layout_in
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
        made = _hardhat_output(origin.path, source_path, build).read_bytes()
        return layout_in(made, artifact, compiled_as)

    artifact = Artifact(
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
    return artifact


def _hardhat_build(path: Path, source_path: str, build: str | None) -> tuple[StandardInput | None, StandardOutput]:
    """Returns the compiler's input and output for the artifact in ``path``; ``build`` is its id in Hardhat 3."""
    if build is not None:
        infos = path.parents[len(PurePosixPath(source_path).parts)] / "build-info"
        given = decode((infos / f"{build}.json").read_bytes(), BuildInfo)
        made = decode(_hardhat_output(path, source_path, build).read_bytes(), BuildInfo)
        return given.input, made.output or StandardOutput()
    both = decode(_hardhat_output(path, source_path, build).read_bytes(), BuildInfo)
    return both.input, both.output or StandardOutput()


def _hardhat_output(path: Path, source_path: str, build: str | None) -> Path:
    """The file with what the compiler made, for the artifact in ``path``."""
    if build is not None:
        return path.parents[len(PurePosixPath(source_path).parts)] / "build-info" / f"{build}.output.json"
    return path.parent / decode(path.with_suffix(".dbg.json").read_bytes(), _DebugFile).build_info
