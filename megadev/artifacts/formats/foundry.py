"""Foundry: ``out/Vault.sol/Vault.json``, with its cache and build-info for the numbers of files."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from megadev.artifacts.artifact import SOLIDITY, VYPER, Artifact, Details
from megadev.artifacts.formats.documents import DOCUMENT, BuildInfo, Document, Metadata, decode, decoded_by, kept_bytes
from megadev.artifacts.formats.origin import SOURCE_SUFFIXES, Origin
from megadev.artifacts.formats.parts import code_of, contract_name, digest_of, interface_of, positions_of, unwrap


class _CacheEntry(msgspec.Struct, rename="camel"):
    path: str = ""
    build_id: str = msgspec.field(name="build_id", default="")


class _CachedFile(msgspec.Struct, rename="camel"):
    source_name: str = ""
    artifacts: dict[str, dict[str, dict[str, _CacheEntry]]] = {}


class _Cache(msgspec.Struct):
    """Foundry's cache/solidity-files-cache.json."""

    files: dict[str, _CachedFile] = {}


def foundry_artifact(data: bytes, document: Document, origin: Origin, name: str) -> Artifact:
    """``out/Vault.sol/Vault.json``: solc's bytecode objects, with ``metadata``, and ``ast`` where asked for."""
    metadata = document.metadata if isinstance(document.metadata, Metadata) else Metadata()
    target = (metadata.settings.compilation_target if metadata.settings is not None else None) or {}
    source_path, own_name = next(iter(target.items()), ("", ""))
    if not source_path and document.ast is not None:
        source_path = document.ast.absolute_path
    folder = origin.path.parent.name if origin.path is not None else ""
    if not source_path and folder.endswith(SOURCE_SUFFIXES):
        source_path = _foundry_source(origin, folder)
    creation, runtime = unwrap(document.bytecode), unwrap(document.deployed_bytecode)
    is_vyper = source_path.endswith((".vy", ".vyi"))
    own_name = own_name or document.contract_name or document.name or ""
    artifact_name = (
        own_name or contract_name(name, origin).partition(".")[0]
    )  # Vault.0.8.20.json: of several compilers'

    # no closure may hold the document: its raw members hold the whole file
    kept = data if origin.path is None else None
    own_number = document.id if isinstance(document.id, int) else 0

    def details() -> Details:
        again = decoded_by(kept_bytes(kept, origin), DOCUMENT)
        paths = _foundry_paths(origin, source_path) or {own_number: source_path}
        known = {path: digest_of(entry.keccak256) for path, entry in (metadata.sources or {}).items()}
        sources = {number: origin.source(path, digest=known.get(path)) for number, path in paths.items()}
        maps = (positions_of(unwrap(again.bytecode), is_vyper), positions_of(unwrap(again.deployed_bytecode), is_vyper))
        return Details(*maps, sources)

    return Artifact(
        artifact_name,
        interface_of(document.abi),
        source_path,
        code_of(creation),
        code_of(runtime),
        VYPER if is_vyper else SOLIDITY,
        metadata.compiler.version if metadata.compiler is not None else "",
        details,
    )


def _foundry_cache(origin: Origin) -> _Cache:
    if origin.root is None:
        return _Cache()
    try:
        return decode((origin.root / "cache" / "solidity-files-cache.json").read_bytes(), _Cache)
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
            found = decode(path.read_bytes(), BuildInfo).source_id_to_path or {}
        except (OSError, ValueError):
            continue
        if source_path in found.values():
            return {int(number): name for number, name in found.items() if number.isdecimal()}
    return {}
