"""The documents themselves, as far as anything is read from them, and how they are decoded.

One ``Document`` has the members of every format: by them ``reading.read`` tells formats apart.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from megadev.artifacts.formats.origin import NotAnArtifact, Origin
from megadev.primitives.guarded_json import DecodeError, decode_guarded

ABSENT = msgspec.Raw(b"null")

T = TypeVar("T")


class _Reference(msgspec.Struct):
    start: int
    length: int


Links = dict[str, dict[str, list[_Reference]]]

Immutables = dict[str, list[_Reference]]


class Bytecode(msgspec.Struct, rename="camel"):
    """One of solc's bytecode objects; Ape's calls the hex ``bytecode``."""

    object: str = ""
    bytecode: str = ""
    source_map: str | dict[str, Any] | None = None
    link_references: dict[str, Any] | list[Any] | None = None
    immutable_references: Immutables | None = None


class Compiler(msgspec.Struct):
    version: str = ""
    name: str = ""


class _Target(msgspec.Struct, rename="camel"):
    compilation_target: dict[str, str] | None = None


class _Digest(msgspec.Struct):
    keccak256: str = ""


class Metadata(msgspec.Struct):
    """solc's metadata, as far as it is of use ("Contract Metadata" in the Solidity documentation)."""

    compiler: Compiler | None = None
    language: str = ""
    settings: _Target | None = None
    sources: dict[str, _Digest] | None = None


class Tree(msgspec.Struct, rename="camel"):
    absolute_path: str = ""
    src: str = ""


class Document(msgspec.Struct, rename="camel"):
    """Every member by which a format is told, or from which something is read."""

    format: str = msgspec.field(name="_format", default="")
    abi: msgspec.Raw = ABSENT
    name: str | None = None
    contract_name: str | None = None
    source_name: str | None = None
    source_path: str | None = None
    source_id: str | None = None
    bytecode: str | Bytecode | None = None
    deployed_bytecode: str | Bytecode | None = None
    deployment_bytecode: Bytecode | None = None
    runtime_bytecode: Bytecode | None = None
    link_references: Links | None = None
    deployed_link_references: Links | None = None
    immutable_references: Immutables | None = None
    metadata: Metadata | str | None = None
    ast: Tree | None = None
    id: int | str | None = None
    language: str | None = None
    compiler: Compiler | str | None = None
    source: str | None = None
    all_source_paths: dict[str, str] | None = None
    build_info_id: str | None = None
    input_source_name: str | None = None
    contracts: dict[str, Any] | None = None
    sources: dict[str, Any] | None = None
    source_list: list[str] | None = None
    contract_types: dict[str, msgspec.Raw] | None = None
    output: msgspec.Raw = ABSENT
    input: msgspec.Raw = ABSENT
    version: str | None = None


class Evm(msgspec.Struct, rename="camel"):
    bytecode: Bytecode | None = None
    deployed_bytecode: Bytecode | None = None


class Output(msgspec.Struct):
    """A contract in a standard JSON output."""

    abi: msgspec.Raw = ABSENT
    evm: Evm | None = None
    metadata: str | None = None


class _Numbered(msgspec.Struct):
    id: int | None = None


class StandardOutput(msgspec.Struct, rename="camel"):
    contracts: dict[str, dict[str, Output]] = {}
    sources: dict[str, _Numbered] = {}
    compiler: str = ""


class Content(msgspec.Struct):
    content: str | None = None


class StandardInput(msgspec.Struct):
    sources: dict[str, Content] = {}
    language: str = ""


class BuildInfo(msgspec.Struct, rename="camel"):
    """Hardhat's and Foundry's build-info."""

    id: str = ""
    source_id_to_path: dict[str, str] | None = msgspec.field(name="source_id_to_path", default=None)
    input: StandardInput | None = None
    output: StandardOutput | None = None
    solc_long_version: str = ""


DOCUMENT = msgspec.json.Decoder(Document)


def decode(data: bytes, kind: type[T]) -> T:
    return decoded_by(data, msgspec.json.Decoder(kind))


def decoded_by(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decode_guarded(data, decoder)
    except DecodeError as problem:
        raise NotAnArtifact(str(problem)) from None


def kept_bytes(kept: bytes | None, origin: Origin) -> bytes:
    """A document: as kept, or from its file again, for memory is dearer than a rare read."""
    return kept if kept is not None or origin.path is None else origin.path.read_bytes()  # type: ignore[return-value]


def convert(value: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:
        raise NotAnArtifact(str(problem)) from None
