"""How tools write contracts down: Foundry, Hardhat 2 and 3, solc's and Vyper's own JSON, Brownie, Truffle and Ape, and
plain ``{abi, bytecode}``.

``read`` tells them apart by their members. Only interface and code are decoded then; what points to the sources is
decoded when a location is asked for, from the same bytes or from the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import msgspec

from megadev.artifacts.artifact import SOLIDITY, VYPER, Artifact, Code, Details, Hole
from megadev.artifacts.interface import ITEM_TYPES, Interface, Item
from megadev.artifacts.source_map import ByteMap, InstructionMap, ListedMap, PositionMap, Source, VyperMap
from megadev.primitives.documents import DecodeError, decode_guarded, decode_json

SOURCE_SUFFIXES = (".sol", ".vy", ".vyi", ".yul")
MAX_SOURCE_BYTES = 8 * 1024 * 1024
MAX_CODE_BYTES = 1024 * 1024
_PLACEHOLDER = re.compile(r"__.{36}__")
_LINK_BYTES = 20
_ABSENT = msgspec.Raw(b"null")
T = TypeVar("T")


class NotAnArtifact(ValueError):
    """A document that describes no contract; the message says why."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document comes from. ``path``: its file, None where it was handed over. ``root``: the project, whose
    sources may be read; a document that was handed over names no others, for whoever did it may not be who runs us.
    """

    path: Path | None = None
    root: Path | None = None

    def read_source(self, name: str) -> Callable[[], bytes]:
        """Reads the source that a compiler was told is called ``name``."""

        def read() -> bytes:
            if self.root is None or not name.endswith(SOURCE_SUFFIXES):
                raise ValueError(f"{name} is not to be read")
            path = (self.root / name).resolve()
            if self.path is None and not path.is_relative_to(self.root.resolve()):
                raise ValueError(f"{name} lies outside the project")
            with path.open("rb") as file:
                return file.read(MAX_SOURCE_BYTES)

        return read

    def source(self, name: str, content: str | None = None, digest: bytes | None = None) -> Source:
        """``content`` where the document brings it, otherwise the file."""
        if content is not None:
            encoded = content.encode(errors="replace")
            return Source(name, lambda: encoded)
        return Source(name, self.read_source(name), digest=digest)


# -- documents ------------------------------------------------------------------------------------------------------


class _Reference(msgspec.Struct):
    start: int
    length: int


_Links = dict[str, dict[str, list[_Reference]]]
_Immutables = dict[str, list[_Reference]]


class _Bytecode(msgspec.Struct, rename="camel"):
    """One of solc's bytecode objects; Ape's calls the hex ``bytecode``."""

    object: str = ""
    bytecode: str = ""
    source_map: str | dict[str, Any] | None = None
    link_references: dict[str, Any] | list[Any] | None = None
    immutable_references: _Immutables | None = None


class _Compiler(msgspec.Struct):
    version: str = ""
    name: str = ""


class _Target(msgspec.Struct, rename="camel"):
    compilation_target: dict[str, str] | None = None


class _Digest(msgspec.Struct):
    keccak256: str = ""


class _Metadata(msgspec.Struct):
    """solc's metadata, as far as it is of use ("Contract Metadata" in the Solidity documentation)."""

    compiler: _Compiler | None = None
    language: str = ""
    settings: _Target | None = None
    sources: dict[str, _Digest] | None = None


class _Tree(msgspec.Struct, rename="camel"):
    absolute_path: str = ""
    src: str = ""


class _Document(msgspec.Struct, rename="camel"):
    """Every member by which a format is told, or from which something is read."""

    format: str = msgspec.field(name="_format", default="")
    abi: msgspec.Raw = _ABSENT
    name: str | None = None
    contract_name: str | None = None
    source_name: str | None = None
    source_path: str | None = None
    source_id: str | None = None
    bytecode: str | _Bytecode | None = None
    deployed_bytecode: str | _Bytecode | None = None
    deployment_bytecode: _Bytecode | None = None
    runtime_bytecode: _Bytecode | None = None
    link_references: _Links | None = None
    deployed_link_references: _Links | None = None
    immutable_references: _Immutables | None = None
    metadata: _Metadata | str | None = None
    ast: _Tree | None = None
    id: int | str | None = None
    language: str | None = None
    compiler: _Compiler | str | None = None
    source: str | None = None
    all_source_paths: dict[str, str] | None = None
    build_info_id: str | None = None
    input_source_name: str | None = None
    contracts: dict[str, Any] | None = None
    sources: dict[str, Any] | None = None
    source_list: list[str] | None = None
    contract_types: dict[str, msgspec.Raw] | None = None
    output: msgspec.Raw = _ABSENT
    input: msgspec.Raw = _ABSENT
    version: str | None = None


class _Maps(msgspec.Struct, rename="camel"):
    """What locates instructions, in the same document as ``_Document``."""

    source_map: str | None = None
    deployed_source_map: str | None = None
    pc_map: dict[str, Any] | None = None
    pcmap: dict[str, Any] | None = None
    sourcemap: str | None = None


class _VyperCombined(msgspec.Struct):
    """A contract in ``vyper -f combined_json``."""

    bytecode: str
    bytecode_runtime: str
    abi: msgspec.Raw
    source_map: dict[str, Any] | None = None
    source_map_runtime: dict[str, Any] | None = None


class _Evm(msgspec.Struct, rename="camel"):
    bytecode: _Bytecode | None = None
    deployed_bytecode: _Bytecode | None = None


class _Output(msgspec.Struct):
    """A contract in a standard JSON output."""

    abi: msgspec.Raw = _ABSENT
    evm: _Evm | None = None
    metadata: str | None = None


class _Numbered(msgspec.Struct):
    id: int | None = None


class _StandardOutput(msgspec.Struct, rename="camel"):
    contracts: dict[str, dict[str, _Output]] = {}
    sources: dict[str, _Numbered] = {}
    compiler: str = ""


class _Content(msgspec.Struct):
    content: str | None = None


class _StandardInput(msgspec.Struct):
    sources: dict[str, _Content] = {}
    language: str = ""


class _BuildInfo(msgspec.Struct, rename="camel"):
    """Hardhat's and Foundry's build-info."""

    id: str = ""
    source_id_to_path: dict[str, str] | None = msgspec.field(name="source_id_to_path", default=None)
    input: _StandardInput | None = None
    output: _StandardOutput | None = None
    solc_long_version: str = ""


class _DebugFile(msgspec.Struct, rename="camel"):
    build_info: str = ""


class _CacheEntry(msgspec.Struct, rename="camel"):
    path: str = ""
    build_id: str = msgspec.field(name="build_id", default="")


class _CachedFile(msgspec.Struct, rename="camel"):
    source_name: str = ""
    artifacts: dict[str, dict[str, dict[str, _CacheEntry]]] = {}


class _Cache(msgspec.Struct):
    """Foundry's cache/solidity-files-cache.json."""

    files: dict[str, _CachedFile] = {}


_ITEMS: msgspec.json.Decoder[list[Item]] = msgspec.json.Decoder(list[Item])
_DOCUMENT = msgspec.json.Decoder(_Document)


# -- telling formats apart ------------------------------------------------------------------------------------------


def read(data: bytes, origin: Origin, name: str = "") -> list[Artifact]:
    """The contracts that a document describes. ``name``: of the only one, where the document does not say.

    Raises ``NotAnArtifact``, which is a ValueError, saying what is missing or wrong.
    """
    stripped = data.lstrip()
    if stripped[:1] == b"[":
        interface = _interface(msgspec.Raw(data))
        if not interface.items or any(item.type not in ITEM_TYPES for item in interface.items):
            raise NotAnArtifact("an array that is no ABI")
        return [Artifact(_name(name, origin), interface)]
    if stripped[:1] != b"{":
        raise NotAnArtifact("neither an object nor an ABI")
    if b'"bytecode_runtime"' in data and (combined := _vyper_combined(data, origin)):
        return combined
    document = _decoded(data, _DOCUMENT)
    if document.output != _ABSENT:
        wrapped = _decode(bytes(document.output), _Document)
        if wrapped.contracts is not None:
            given = _decode(bytes(document.input), _StandardInput) if document.input != _ABSENT else None
            return list(_standard(bytes(document.output), wrapped, given, origin))
    if document.contracts is not None:
        if any(":" in key and "abi" in value for key, value in document.contracts.items() if isinstance(value, dict)):
            return list(_solc_combined(data, document, origin))
        return list(_standard(data, document, None, origin))
    if document.contract_types is not None:
        return list(_manifest(document, origin))
    if document.abi == _ABSENT:
        raise NotAnArtifact("there is no abi in it")
    if document.format.startswith(("hh-sol-artifact", "hh3-artifact")):
        return [_hardhat(document, origin)]
    if isinstance(document.bytecode, _Bytecode) or isinstance(document.deployed_bytecode, _Bytecode):
        return [_foundry(data, document, origin, name)]
    return [_flat(data if origin.path is None else None, document, origin, name)]


def _foundry(data: bytes, document: _Document, origin: Origin, name: str) -> Artifact:
    """``out/Vault.sol/Vault.json``: solc's bytecode objects, with ``metadata``, and ``ast`` where asked for."""
    metadata = document.metadata if isinstance(document.metadata, _Metadata) else _Metadata()
    target = (metadata.settings.compilation_target if metadata.settings is not None else None) or {}
    source_path, own_name = next(iter(target.items()), ("", ""))
    if not source_path and document.ast is not None:
        source_path = document.ast.absolute_path
    folder = origin.path.parent.name if origin.path is not None else ""
    if not source_path and folder.endswith(SOURCE_SUFFIXES):
        source_path = _foundry_source(origin, folder)
    creation, runtime = _unwrap(document.bytecode), _unwrap(document.deployed_bytecode)
    is_vyper = source_path.endswith((".vy", ".vyi"))
    own_name = own_name or document.contract_name or document.name or ""
    artifact_name = own_name or _name(name, origin).partition(".")[0]  # Vault.0.8.20.json: of several compilers'

    # no closure may hold the document: its raw members hold the whole file
    kept = data if origin.path is None else None
    own_number = document.id if isinstance(document.id, int) else 0

    def details() -> Details:
        again = _decoded(_bytes(kept, origin), _DOCUMENT)
        paths = _foundry_paths(origin, source_path) or {own_number: source_path}
        known = {path: _digest(entry.keccak256) for path, entry in (metadata.sources or {}).items()}
        sources = {number: origin.source(path, digest=known.get(path)) for number, path in paths.items()}
        maps = (_map(_unwrap(again.bytecode), is_vyper), _map(_unwrap(again.deployed_bytecode), is_vyper))
        return Details(*maps, sources)

    return Artifact(
        artifact_name,
        _interface(document.abi),
        source_path,
        _code(creation),
        _code(runtime),
        VYPER if is_vyper else SOLIDITY,
        metadata.compiler.version if metadata.compiler is not None else "",
        details,
    )


def _foundry_cache(origin: Origin) -> _Cache:
    if origin.root is None:
        return _Cache()
    try:
        return _decode((origin.root / "cache" / "solidity-files-cache.json").read_bytes(), _Cache)
    except (OSError, ValueError):
        return _Cache()


def _foundry_source(origin: Origin, folder: str) -> str:
    """The source of an artifact in ``out/folder`` that does not say it itself, as Vyper's do not."""
    if origin.root is not None:
        for directory in ("src", "contracts"):
            if (origin.root / directory / folder).is_file():
                return f"{directory}/{folder}"
    if origin.path is not None:
        wanted = f"{folder}/{origin.path.name}"
        for path, cached in _foundry_cache(origin).files.items():
            if any(entry.path == wanted for entry in _cache_entries(cached)):
                return path
    return folder


def _cache_entries(cached: _CachedFile) -> Iterator[_CacheEntry]:
    for by_version in cached.artifacts.values():
        for by_profile in by_version.values():
            yield from by_profile.values()


def _foundry_paths(origin: Origin, source_path: str) -> dict[int, str]:
    """The compiler's numbers of files, from the build-info of the run that made this artifact."""
    if origin.path is None or origin.root is None:
        return {}
    infos = origin.path.parent.parent / "build-info"
    out = origin.path.parent.parent
    relative = origin.path.relative_to(out).as_posix()
    cached = _foundry_cache(origin).files.get(source_path)
    builds = [entry.build_id for entry in _cache_entries(cached) if entry.path == relative] if cached else []
    candidates = [infos / f"{build}.json" for build in builds if re.fullmatch(r"\w+", build)]
    if not candidates and infos.is_dir():
        candidates = sorted(infos.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in candidates:
        try:
            found = _decode(path.read_bytes(), _BuildInfo).source_id_to_path or {}
        except (OSError, ValueError):
            continue
        if source_path in found.values():
            return {int(number): name for number, name in found.items() if number.isdecimal()}
    return {}


def _hardhat(document: _Document, origin: Origin) -> Artifact:
    """``artifacts/contracts/Vault.sol/Vault.json``, whose source maps lie in a build-info file."""
    name = document.contract_name or _name("", origin)
    source_path = document.source_name or ""
    compiled_as = document.input_source_name or source_path
    build = document.build_info_id

    def details() -> Details:
        if origin.path is None:
            return Details()
        given, output = _hardhat_build(origin.path, source_path, build)
        evm = output.contracts.get(compiled_as, {}).get(name, _Output()).evm or _Evm()
        contents = given.sources if given is not None else {}
        sources = {
            numbered.id: origin.source(_own_name(path), contents.get(path, _Content()).content)
            for path, numbered in output.sources.items()
            if numbered.id is not None
        }
        return Details(_map(evm.bytecode, False), _map(evm.deployed_bytecode, False), sources)

    return Artifact(
        name,
        _interface(document.abi),
        source_path,
        _code(_bare(document.bytecode, document.link_references)),
        _code(_bare(document.deployed_bytecode, document.deployed_link_references, document.immutable_references)),
        SOLIDITY,
        "",
        details,
    )


def _own_name(path: str) -> str:
    """A source's path in its project: Hardhat 3 puts ``project/`` in front when it compiles."""
    return path.removeprefix("project/")


def _hardhat_build(path: Path, source_path: str, build: str | None) -> tuple[_StandardInput | None, _StandardOutput]:
    """What the compiler was given and what it made, for the artifact in ``path``; ``build`` is its id in Hardhat 3."""
    if build is not None:
        infos = path.parents[len(PurePosixPath(source_path).parts)] / "build-info"
        given = _decode((infos / f"{build}.json").read_bytes(), _BuildInfo)
        made = _decode((infos / f"{build}.output.json").read_bytes(), _BuildInfo)
        return given.input, made.output or _StandardOutput()
    debug = _decode(path.with_suffix(".dbg.json").read_bytes(), _DebugFile)
    both = _decode((path.parent / debug.build_info).read_bytes(), _BuildInfo)
    return both.input, both.output or _StandardOutput()


def _standard(data: bytes, document: _Document, given: _StandardInput | None, origin: Origin) -> Iterator[Artifact]:
    """A standard JSON output, of solc or Vyper; ``given``: the input, where the document has it too."""
    output = _decode(data, _StandardOutput)
    contents = given.sources if given is not None else {}
    numbers = {path: numbered.id for path, numbered in output.sources.items()}
    sources = {
        number: origin.source(_own_name(path), contents.get(path, _Content()).content)
        for path, number in numbers.items()
        if number is not None
    }
    for path, contracts in output.contracts.items():
        is_vyper = path.endswith((".vy", ".vyi"))
        for name, contract in contracts.items():
            if contract.abi == _ABSENT:
                continue
            evm = contract.evm or _Evm()
            maps = Details(_map(evm.bytecode, is_vyper), _map(evm.deployed_bytecode, is_vyper), sources)
            yield Artifact(
                name,
                _interface(contract.abi),
                _own_name(path),
                _code(evm.bytecode),
                _code(evm.deployed_bytecode),
                VYPER if is_vyper else SOLIDITY,
                output.compiler,
                _already(maps),
            )


def _solc_combined(data: bytes, document: _Document, origin: Origin) -> Iterator[Artifact]:
    """``solc --combined-json abi,bin,bin-runtime,srcmap,srcmap-runtime``."""
    contracts = msgspec.convert(document.contracts, dict[str, dict[str, Any]])
    sources = {number: origin.source(path) for number, path in enumerate(document.source_list or ())}
    for key in contracts:
        path, _, name = key.rpartition(":")
        contract = _convert(contracts[key], _CombinedParts)
        abi = contract.abi if isinstance(contract.abi, str) else msgspec.json.encode(contract.abi)
        creation = _Bytecode(contract.bin, source_map=contract.srcmap)
        runtime = _Bytecode(contract.bin_runtime, source_map=contract.srcmap_runtime)
        yield Artifact(
            name,
            _interface(msgspec.Raw(abi.encode() if isinstance(abi, str) else abi)),
            path,
            _code(creation),
            _code(runtime),
            SOLIDITY,
            document.version or "",
            _already(Details(_map(creation, False), _map(runtime, False), sources)),
        )


class _CombinedParts(msgspec.Struct):
    """A contract in ``solc --combined-json``; old compilers write the ABI as text."""

    abi: list[Any] | str
    bin: str = ""
    bin_runtime: str = msgspec.field(name="bin-runtime", default="")
    srcmap: str = ""
    srcmap_runtime: str = msgspec.field(name="srcmap-runtime", default="")


def _vyper_combined(data: bytes, origin: Origin) -> list[Artifact]:
    """``vyper -f combined_json``: contracts by path, beside the version; [] where it is something else."""
    try:
        members = decode_json(data, dict[str, msgspec.Raw])
    except DecodeError as problem:
        raise NotAnArtifact(str(problem)) from None
    found = []
    for path, raw in members.items():
        if not path.endswith((".vy", ".vyi")):
            continue
        contract = _decode(bytes(raw), _VyperCombined)
        has_both = contract.source_map_runtime is not None
        creation = _Bytecode(contract.bytecode, source_map=contract.source_map if has_both else None)
        runtime = _Bytecode(
            contract.bytecode_runtime,
            source_map=contract.source_map_runtime if has_both else contract.source_map,
        )
        found.append(
            Artifact(
                PurePosixPath(path).stem,
                _interface(contract.abi),
                path,
                _code(creation),
                _code(runtime),
                VYPER,
                _decode(bytes(members["version"]), str) if "version" in members else "",
                _already(Details(_map(creation, True), _map(runtime, True), {0: origin.source(path)})),
            )
        )
    return found


def _manifest(document: _Document, origin: Origin) -> Iterator[Artifact]:
    """Ape's ``.build/__local__.json``: a package manifest (EIP-2678)."""
    contents = {path: value.get("content") for path, value in (document.sources or {}).items() if type(value) is dict}
    for raw in (document.contract_types or {}).values():
        contract = _decode(bytes(raw), _Document)
        if contract.abi != _ABSENT:
            content = contents.get(contract.source_id or "")
            yield _flat(bytes(raw), contract, origin, "", content if isinstance(content, str) else None)


def _flat(kept: bytes | None, document: _Document, origin: Origin, name: str, content: str | None = None) -> Artifact:
    """Brownie's and Truffle's ``build/contracts``, Ape's contract types, and plain ``{abi, bytecode}``.

    ``kept``: the document, None to read it from its file again.
    """
    source_path = document.source_path or document.source_name or document.source_id or ""
    if content is None:
        content = document.source
    language = document.language or ""
    is_vyper = language.lower() == "vyper" or source_path.endswith((".vy", ".vyi"))
    creation = document.deployment_bytecode or _bare(document.bytecode, document.link_references)
    runtime = document.runtime_bytecode or _bare(
        document.deployed_bytecode, document.deployed_link_references, document.immutable_references
    )
    compiler = document.compiler if isinstance(document.compiler, _Compiler) else None
    created, runtime_code = _code(creation), _code(runtime)
    all_paths, tree = document.all_source_paths or {}, document.ast

    def details() -> Details:
        maps = _decode(_bytes(kept, origin), _Maps)
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
        document.contract_name or document.name or _name(name, origin),
        _interface(document.abi),
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


def _own_number(tree: _Tree | None, compressed: str) -> int:
    """The compiler's number of an artifact's own file: from its syntax tree, else where its map begins."""
    place = tree.src if tree is not None and tree.src else compressed.partition(";")[0]
    parts = place.split(":")
    return int(parts[2]) if len(parts) > 2 and parts[2].isdecimal() else 0


# -- parts ----------------------------------------------------------------------------------------------------------


def _decode(data: bytes, kind: type[T]) -> T:
    return _decoded(data, msgspec.json.Decoder(kind))


def _decoded(data: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decode_guarded(data, decoder)
    except DecodeError as problem:
        raise NotAnArtifact(str(problem)) from None


def _bytes(kept: bytes | None, origin: Origin) -> bytes:
    """A document: as kept, or from its file again, for memory is dearer than a rare read."""
    return kept if kept is not None or origin.path is None else origin.path.read_bytes()  # type: ignore[return-value]


def _convert(value: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:
        raise NotAnArtifact(str(problem)) from None


def _already(details: Details) -> Callable[[], Details]:
    return lambda: details


def _name(name: str, origin: Origin) -> str:
    found = name or (origin.path.stem if origin.path is not None else "")
    if not found:
        raise NotAnArtifact("the contract has no name: add one as name")
    return found


def _interface(abi: msgspec.Raw) -> Interface:
    try:
        items: list[Item] = decode_guarded(abi, _ITEMS)
        return Interface(items)
    except (ValueError, RecursionError) as problem:  # DecodeError is a ValueError
        raise NotAnArtifact(f"abi: {problem}") from None


def _unwrap(given: str | _Bytecode | None) -> _Bytecode | None:
    return _Bytecode(given) if isinstance(given, str) else given


def _bare(
    given: str | _Bytecode | None, links: _Links | None = None, immutables: _Immutables | None = None
) -> _Bytecode | None:
    """A bytecode object of its parts, where they lie side by side."""
    if isinstance(given, _Bytecode) or given is None:
        return given
    return _Bytecode(given, link_references=links, immutable_references=immutables)


def _code(given: _Bytecode | None) -> Code | None:
    """None where there is none, as for interfaces. Raises ``NotAnArtifact`` for what is no hex."""
    text = (given.object or given.bytecode).removeprefix("0x") if given is not None else ""
    if not text or given is None:
        return None
    if len(text) > 2 * MAX_CODE_BYTES:
        raise NotAnArtifact(f"bytecode of {len(text) // 2} bytes: at most {MAX_CODE_BYTES} are read")
    links: tuple[Hole, ...] = ()
    if "_" in text:
        links = tuple(Hole(match.start() // 2, _LINK_BYTES) for match in _PLACEHOLDER.finditer(text))
        text = _PLACEHOLDER.sub("0" * 2 * _LINK_BYTES, text)
    if isinstance(given.link_references, dict) and given.link_references:  # Ape's list says less than the placeholders
        references = _convert(given.link_references, _Links)
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
        raise NotAnArtifact("link or immutable references lie outside the bytecode")
    return Code(code, links, immutables)


def _map(given: _Bytecode | None, is_vyper: bool) -> PositionMap | None:
    if given is None or not given.source_map:
        return None
    if isinstance(given.source_map, dict):
        return VyperMap(given.source_map)
    if is_vyper:
        return ByteMap(given.source_map)
    code = _code(given)
    return None if code is None else InstructionMap(given.source_map, code.code)


def _digest(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text.removeprefix("0x")) or None
    except ValueError:
        return None


def abi_json(artifact: Artifact) -> list[Mapping[str, Any]]:
    """An artifact's ABI as JSON, with the members that the ABI specification knows."""
    items: list[Mapping[str, Any]] = [_without_nulls(item) for item in msgspec.to_builtins(artifact.interface.items)]
    return items


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(member) for key, member in value.items() if member is not None}
    return [_without_nulls(member) for member in value] if isinstance(value, list | tuple) else value
