"""The parts that all formats share once a document is decoded: names, interfaces, code with its holes, source maps."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from megadev.artifacts.artifact import Code, Details, Hole
from megadev.artifacts.formats.documents import Bytecode, Immutables, Links, convert
from megadev.artifacts.formats.origin import NotAnArtifact, Origin
from megadev.artifacts.interface import Interface, Item
from megadev.artifacts.source_map import ByteMap, InstructionMap, PositionMap, VyperMap
from megadev.primitives.guarded_json import decode_guarded

MAX_CODE_BYTES = 1024 * 1024

_PLACEHOLDER = re.compile(r"__.{36}__")

_LINK_BYTES = 20

_ITEMS: msgspec.json.Decoder[list[Item]] = msgspec.json.Decoder(list[Item])


def contract_name(name: str, origin: Origin) -> str:
    found = name or (origin.path.stem if origin.path is not None else "")
    if not found:
        raise NotAnArtifact("the contract has no name: set its name field")
    return found


def interface_of(abi: msgspec.Raw) -> Interface:
    try:
        items: list[Item] = decode_guarded(abi, _ITEMS)
        return Interface(items)
    except (ValueError, RecursionError) as problem:  # DecodeError is a ValueError
        raise NotAnArtifact(f"abi: {problem}") from None


def unwrap(given: str | Bytecode | None) -> Bytecode | None:
    return Bytecode(given) if isinstance(given, str) else given


def bare(
    given: str | Bytecode | None, links: Links | None = None, immutables: Immutables | None = None
) -> Bytecode | None:
    """A bytecode object of its parts, where they lie side by side."""
    if isinstance(given, Bytecode) or given is None:
        return given
    return Bytecode(given, link_references=links, immutable_references=immutables)


def code_of(given: Bytecode | None) -> Code | None:
    """None where there is none, as for interfaces. Raises ``NotAnArtifact`` for what is no hex."""
    text = (given.object or given.bytecode).removeprefix("0x") if given is not None else ""
    if not text or given is None:
        return None
    if len(text) > 2 * MAX_CODE_BYTES:
        raise NotAnArtifact(f"bytecode of {len(text) // 2} bytes exceeds the limit of {MAX_CODE_BYTES}")
    links: tuple[Hole, ...] = ()
    if "_" in text:
        links = tuple(Hole(match.start() // 2, _LINK_BYTES) for match in _PLACEHOLDER.finditer(text))
        text = _PLACEHOLDER.sub("0" * 2 * _LINK_BYTES, text)
    if isinstance(given.link_references, dict) and given.link_references:  # Ape's list says less than the placeholders
        references = convert(given.link_references, Links)
        links = tuple(
            Hole(place.start, place.length, f"{path}:{library}")
            for path, libraries in references.items()
            for library, places in libraries.items()
            for place in places
        )
    immutables = tuple(
        Hole(place.start, place.length, number)
        for number, places in (given.immutable_references or {}).items()
        for place in places
    )
    try:
        code = bytes.fromhex(text)
    except ValueError:
        raise NotAnArtifact("bytecode is not hex") from None
    if any(not 0 <= hole.start <= hole.start + hole.length <= len(code) for hole in (*links, *immutables)):
        raise NotAnArtifact("link or immutable references are outside the bytecode")
    return Code(code, links, immutables)


def positions_of(given: Bytecode | None, is_vyper: bool) -> PositionMap | None:
    if given is None or not given.source_map:
        return None
    if isinstance(given.source_map, dict):
        return VyperMap(given.source_map)
    if is_vyper:
        return ByteMap(given.source_map)
    code = code_of(given)
    return None if code is None else InstructionMap(given.source_map, code.code)


def digest_of(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text.removeprefix("0x")) or None
    except ValueError:
        return None


def already(details: Details) -> Callable[[], Details]:
    return lambda: details


def path_in_project(path: str) -> str:
    """A source's path in its project: Hardhat 3 puts ``project/`` in front when it compiles."""
    return path.removeprefix("project/")
