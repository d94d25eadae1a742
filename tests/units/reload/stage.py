"""A devnet whose sources change by the word: what the compilers would make of each version is committed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from megadev import Devnet
from megadev.primitives.abi import encode, encode_call
from megadev.reload.compiler import Compiled, CompileFailed
from megadev.reload.contracts import Build, Contract, read_solc, read_vyper
from megadev.reload.notices import Notice
from megadev.reload.reloader import Reloader, ReloadSettings
from tests.stage.wallet import Wallet
from tests.units.reload.project import VYPER_VERSIONS

MADE: dict[str, Any] = json.loads((Path(__file__).parent / "project.json").read_bytes())
BROKEN = "broken"
BROKEN_SAYS = "Counter.sol:7:3: ParserError: Expected ';'"


def build(language: str, version: str, root: Path) -> Build:
    made = json.dumps(MADE[language][version]).encode()
    if language == "solidity":
        return read_solc(made, root)
    return read_vyper(made, root, {"Box.vy": (VYPER_VERSIONS[version]["Box.vy"],)})


def creation_code(contract: Contract, library: str | None = None) -> bytes:
    """What is sent to create it, constructor arguments apart; linked with the one library that it needs."""
    artifact = contract.artifact.creation
    assert artifact is not None
    filled = bytearray(artifact.code)
    for hole in artifact.links:
        assert library is not None
        filled[hole.start : hole.start + hole.length] = bytes.fromhex(library[2:])
    return bytes(filled)


class Committed:
    """A compiler that looks up what it would make."""

    name = "committed"

    def __init__(self, root: Path, language: str) -> None:
        self.folders = (root,)
        self.version = "first"
        self._language = language

    def concerns(self, path: Path) -> bool:
        return path.suffix in (".sol", ".vy")

    def compile(self, changed: Iterable[Path] | None) -> Compiled:
        if self.version == BROKEN:
            raise CompileFailed(BROKEN_SAYS)
        return Compiled(build(self._language, self.version, self.folders[0]))


class Stage:
    """A devnet, its reloader without a thread, and somebody who deploys and calls."""

    def __init__(self, root: Path, language: str = "solidity", net: Devnet | None = None, **settings: Any) -> None:
        self.net = net if net is not None else Devnet(accounts=2, project=root)
        self.me = self.net.accounts[0].address
        self.at = self.net.l2
        """The chain that is talked to."""
        self.compiler = Committed(root, language)
        self.source = root / ("Counter.sol" if language == "solidity" else "Box.vy")
        self.source.touch()
        self.notices: list[Notice] = []
        self.reloader = Reloader(
            self.net.node, root, [self.compiler], ReloadSettings(**settings),
            on_writer=self.net._on_writer, tell=self.notices.append,
        )  # fmt: skip
        self.net.node.reloads = self.reloader
        self.reloader.pipeline.changed(None)

    @property
    def wallet(self) -> Wallet:
        return Wallet(self.at.rpc, self.me, gas=30_000_000)

    def save(self, version: str) -> Notice:
        """What is told last of saving that version."""
        self.compiler.version = version
        before = len(self.notices)
        self.reloader.pipeline.changed([self.source])
        assert len(self.notices) > before, "nothing was told"
        return self.notices[-1]

    def call(self, to: str, signature: str, *arguments: Any) -> int:
        data = "0x" + encode_call(signature, *arguments).hex()
        return int(self.at.rpc("eth_call", {"to": to, "data": data}, "latest"), 16)

    def deploy(
        self, key: str, *arguments: Any, links: str | None = None, types: str = "uint256", value: int = 0
    ) -> str:
        """The address of a new contract of the present version."""
        made = build(self.compiler._language, self.compiler.version, self.compiler.folders[0])
        code = creation_code(made[key], links)
        given = [bytes.fromhex(each[2:]) if types == "address" else each for each in arguments]
        encoded = encode([types], given) if arguments else b""
        address: str = self.wallet.make(None, code + encoded, value)["contractAddress"]
        return self.net.w3.to_checksum_address(address)

    def counter(self, step: int = 5) -> tuple[str, str]:
        """A Counter and its library."""
        library = self.deploy("Lib.sol:Lib")
        return self.deploy("Counter.sol:Counter", step, links=library), library

    def bump(self, counter: str) -> None:
        self.wallet.make(counter, encode_call("bump()"))

    def storage(self, address: str) -> dict[int, int]:
        world = self.at.chain.head.world
        return dict(world.storage_of(bytes.fromhex(address[2:])))

    def everything(self) -> object:
        """All there is to change: each chain's state root, with what no block holds yet, and its head."""
        heads = [chain.head.hash for chain in self.net.node.chains]
        snapshot = self.net.rpc("evm_snapshot")
        for endpoint in self.net.endpoints:
            endpoint.rpc("evm_mine")
        roots = [chain.head.header.state_root for chain in self.net.node.chains]
        self.net.rpc("evm_revert", snapshot)
        return roots, heads
