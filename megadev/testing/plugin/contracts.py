"""The contracts that ``deploy`` accepts: by name, artifacts, sources, code with its ABI."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from megadev.artifacts.artifact import Artifact, Code
from megadev.artifacts.formats.origin import NotAnArtifact, Origin
from megadev.artifacts.formats.reading import abi_json, read
from megadev.errors import MegadevError
from megadev.primitives.guarded_json import decode_json
from megadev.primitives.hexcodec import parse_data, to_data
from megadev.reload.project import sources
from megadev.rpc.client import RpcError

if TYPE_CHECKING:
    from web3.contract import Contract

    from megadev.devnet import Devnet, Endpoint

__tracebackhide__ = True
"""pytest leaves this module's frames out of a failing test's report."""
SOURCES = (".vy", ".sol")
COMPILE_SECONDS = 300


class CannotDeploy(MegadevError):
    """There is no such contract, its source has errors, or its constructor reverted."""


class Deployer:
    """The fixture ``deploy``; remembers what it compiled as long as the file does not change."""

    def __init__(self, devnet: Devnet, root: Path) -> None:
        self._devnet = devnet
        self._root = root
        self._compiled: dict[tuple[Path, int], list[Artifact]] = {}

    def __call__(
        self,
        what: str | Path | Mapping[str, Any] | None = None,
        /,
        *arguments: Any,
        abi: Any = None,
        bytecode: str | bytes | None = None,
        on: Endpoint | None = None,
        sender: Any = None,
        value: int = 0,
        libraries: Mapping[str, str] | None = None,
    ) -> Contract:
        """See the fixture."""
        if what is None:
            if abi is None or bytecode is None:
                raise TypeError("deploy takes a contract's name, a file or an artifact, or abi= and bytecode=")
            code = bytecode if isinstance(bytecode, str) else to_data(bytes(bytecode))
            artifact = self._read({"abi": abi, "bytecode": code if code.startswith("0x") else "0x" + code})
        elif abi is not None or bytecode is not None:
            raise TypeError("deploy takes an artifact, or abi= and bytecode=, not both")
        elif isinstance(what, Mapping):
            artifact = self._read(what)
        else:
            artifact = self._find(what)
        endpoint = self._devnet.l2 if on is None else on
        return self._deploy(endpoint, artifact, arguments, sender, value, libraries or {})

    def _deploy(
        self,
        endpoint: Endpoint,
        artifact: Artifact,
        arguments: tuple[Any, ...],
        sender: Any,
        value: int,
        libraries: Mapping[str, str],
    ) -> Contract:
        interface = abi_json(artifact)
        code = _linked(artifact, libraries)
        made: Any = endpoint.w3.eth.contract(abi=interface, bytecode=code)
        data = made.constructor(*arguments).data_in_transaction
        if sender is None:
            if not self._devnet.accounts:
                raise CannotDeploy("no account to deploy from: pass sender=")
            sender = self._devnet.accounts[0]
            endpoint.w3.eth.default_account = sender.address  # who deployed a contract may use it
        address = getattr(sender, "address", sender)
        if self._devnet.node.artifacts.contract_of_creation(parse_data(data)) is None:
            self._devnet.node.artifacts.add([artifact])  # so that a trace of its constructor can be read
        try:
            tx_hash = endpoint.rpc("eth_sendTransaction", {"from": address, "data": data, "value": hex(value)})
            receipt = endpoint.rpc("eth_getTransactionReceipt", tx_hash)
            if receipt is None:
                endpoint.rpc("evm_mine")  # blocks are sealed when asked, or by timer
                receipt = endpoint.rpc("eth_getTransactionReceipt", tx_hash)
        except RpcError as refused:
            raise CannotDeploy(f"{artifact.name}: {refused.message}") from None
        if receipt is None or receipt["status"] != "0x1":
            raise CannotDeploy(f"{artifact.name}: the deployment failed: {tx_hash}")
        created = receipt["contractAddress"]
        self._remember(endpoint, artifact, created)
        return made(address=endpoint.w3.to_checksum_address(created))  # type: ignore[no-any-return]

    def _remember(self, endpoint: Endpoint, artifact: Artifact, address: str) -> None:
        """Let traces and reports know a contract that the project does not have, by the code that it has now."""
        registry = self._devnet.node.artifacts
        runtime = parse_data(endpoint.rpc("eth_getCode", address, "latest"))
        if registry.contract_of(runtime) is None:
            known = Artifact(
                artifact.name,
                artifact.interface,
                artifact.source_path,
                artifact.creation,
                Code(runtime),
                artifact.language,
                artifact.compiler,
                artifact.load_details,
            )
            registry.add([known])

    def _read(self, document: Mapping[str, Any]) -> Artifact:
        try:
            found = read(msgspec.json.encode(dict(document)), Origin(), "Contract")
        except NotAnArtifact as problem:
            raise CannotDeploy(f"invalid artifact: {problem}") from None
        return _only(found, "the artifact")

    def _find(self, what: str | Path) -> Artifact:
        """By the name of a contract, or the path of a file, perhaps with the contract's name: ``Vault.sol:Vault``."""
        text = str(what)
        file, _, name = text.partition(":")
        path = self._root / file
        if path.suffix in SOURCES and path.is_file():
            return _only(self._compile(path), file, name or path.stem)
        if path.suffix == ".json" and path.is_file():
            try:
                found = read(path.read_bytes(), Origin(path, self._root), path.stem)
            except NotAnArtifact as problem:
                raise CannotDeploy(f"{file}: {problem}") from None
            return _only(found, file, name)
        registry = self._devnet.node.artifacts
        found = registry.named(text)
        if not found:
            registry.look_again()
            found = registry.named(text)
        if not found and (beside := self._sources(text)):
            return _only(self._compile(beside[0]), _relative(beside[0]), text)
        if not found:
            known = sorted({artifact.name for artifact in registry.artifacts})
            hint = f"known are {', '.join(known[:20])}" if known else "the project has no compiled contracts"
            raise CannotDeploy(f"no contract or file {text!r} in {_relative(self._root)}: {hint}")
        return _only(found, text)

    def _sources(self, name: str) -> list[Path]:
        """Source files of the project that have a contract's name. Raises ``CannotDeploy`` where there are several."""
        if not name.isidentifier():
            return []
        found = [path for path in sources([self._root], SOURCES) if path.stem == name]
        if len(found) > 1:
            names = ", ".join(_relative(path) for path in found)
            raise CannotDeploy(f"{name} is ambiguous: use one of {names}")
        return found

    def _compile(self, path: Path) -> list[Artifact]:
        key = path, path.stat().st_mtime_ns
        if key not in self._compiled:
            run = _compile_vyper if path.suffix == ".vy" else _compile_solidity
            try:
                self._compiled[key] = read(run(path, self._root), Origin(path, self._root), path.stem)
            except NotAnArtifact as problem:
                raise CannotDeploy(f"{_relative(path)}: {problem}") from None
        return self._compiled[key]


def _relative(path: Path) -> str:
    """A path as it is seen from the working directory, where it lies below that."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _only(found: list[Artifact], where: str, name: str = "") -> Artifact:
    """The one that can be deployed, of that name where several can."""
    whole = [artifact for artifact in found if artifact.creation is not None and artifact.creation.code]
    if len(whole) > 1 and name:
        whole = [artifact for artifact in whole if name in (artifact.name, str(artifact))]
    if not whole:
        raise CannotDeploy(f"{where}: it has no code to deploy{f' of a contract {name}' if name else ''}")
    if len({str(artifact) for artifact in whole}) > 1:
        names = ", ".join(sorted(str(artifact) for artifact in whole))
        raise CannotDeploy(f"{where} has several contracts: use one of {names}")
    return whole[0]


def _linked(artifact: Artifact, libraries: Mapping[str, str]) -> str:
    """Creation code with the addresses of its libraries."""
    assert artifact.creation is not None
    code = bytearray(artifact.creation.code)
    for hole in artifact.creation.links:
        name = next((name for name in libraries if name in (hole.name, hole.name.rpartition(":")[2])), None)
        if name is None:
            raise CannotDeploy(f"{artifact.name} needs the library {hole.name or '(unnamed)'}: pass libraries=")
        code[hole.start : hole.start + hole.length] = parse_data(str(libraries[name]))
    return to_data(bytes(code))


def _compile_vyper(path: Path, root: Path) -> bytes:
    command = [sys.executable, "-m", "vyper"] if find_spec("vyper") is not None else _program("vyper", path)
    return _output([*command, "-f", "combined_json", str(path)], path, root)


def _compile_solidity(path: Path, root: Path) -> bytes:
    """With metadata and sources left to the files: they are where the compiler was told."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    settings = {
        "outputSelection": {
            "*": {
                "*": ["abi", "metadata", "evm.bytecode", "evm.deployedBytecode"],
            }
        }
    }
    request = {"language": "Solidity", "sources": {name: {"content": path.read_text()}}, "settings": settings}
    answer = _output([*_program("solc", path), "--standard-json"], path, root, msgspec.json.encode(request))
    answer = answer[answer.index(b"{") :]
    errors = decode_json(answer).get("errors", ())
    told = [error["formattedMessage"] for error in errors if error["severity"] == "error"]
    if told:
        raise CannotDeploy("\n".join(told))
    return answer


def _program(name: str, path: Path) -> list[str]:
    found = shutil.which(name)
    if found is None:
        raise CannotDeploy(
            f"{path.name} cannot be compiled: {name} is not installed. Install it (pip install vyper; solc), or "
            "compile the project with its own tool and deploy by the contract's name"
        )
    return [found]


def _output(command: list[str], path: Path, root: Path, given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(command, cwd=root, input=given, capture_output=True, timeout=COMPILE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise CannotDeploy(f"{path.name} cannot be compiled: {problem}") from None
    if done.returncode:
        raise CannotDeploy(f"{path.name} does not compile:\n{done.stderr.decode(errors='replace').strip()}")
    return done.stdout
