"""A devnet whose sources change by the word: what the compilers would make of each version is committed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from megadev import Devnet
from megadev.primitives.abi import encode, encode_call
from megadev.reload.compiler import Compiled, CompileFailed
from megadev.reload.contracts import Build, read_solc, read_vyper
from megadev.reload.reloader import Notice, Reloader, ReloadSettings
from tests.units.reload.project import VYPER_VERSIONS

MADE: dict[str, Any] = json.loads((Path(__file__).parent / "project.json").read_bytes())
BROKEN = "broken"
BROKEN_SAYS = "Counter.sol:7:3: ParserError: Expected ';'"


def build(language: str, version: str, root: Path) -> Build:
    made = json.dumps(MADE[language][version]).encode()
    if language == "solidity":
        return read_solc(made, root)
    return read_vyper(made, root, {"Box.vy": (VYPER_VERSIONS[version]["Box.vy"],)})


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
        self.compiler = Committed(root, language)
        self.source = root / ("Counter.sol" if language == "solidity" else "Box.vy")
        self.source.touch()
        self.notices: list[Notice] = []
        self.reloader = Reloader(
            self.net.node, root, [self.compiler], ReloadSettings(**settings),
            on_writer=self.net._on_writer, tell=self.notices.append, url=lambda: "http://127.0.0.1:1",
        )  # fmt: skip
        self.net.node.reloads = self.reloader
        self.reloader.changed(None)

    def save(self, version: str) -> Notice:
        """What is told last of saving that version."""
        self.compiler.version = version
        before = len(self.notices)
        self.reloader.changed([self.source])
        assert len(self.notices) > before, "nothing was told"
        return self.notices[-1]

    def send(self, to: str | None, data: bytes) -> dict[str, Any]:
        call = {"from": self.me, "data": "0x" + data.hex(), "gas": hex(3_000_000)}
        receipt: dict[str, Any] = self.net.rpc("eth_sendTransactionSync", call if to is None else {**call, "to": to})
        assert receipt["status"] == "0x1"
        return receipt

    def call(self, to: str, signature: str, *arguments: Any) -> int:
        data = "0x" + encode_call(signature, *arguments).hex()
        return int(self.net.rpc("eth_call", {"to": to, "data": data}, "latest"), 16)

    def deploy(self, key: str, *arguments: Any, links: str | None = None, types: str = "uint256") -> str:
        """The address of a new contract of the present version."""
        code = build(self.compiler._language, self.compiler.version, self.compiler.folders[0])[key].artifact.creation
        assert code is not None
        filled = bytearray(code.code)
        for hole in code.links:
            assert links is not None
            filled[hole.start : hole.start + hole.length] = bytes.fromhex(links[2:])
        given = [bytes.fromhex(each[2:]) if types == "address" else each for each in arguments]
        encoded = encode([types], given) if arguments else b""
        address: str = self.send(None, bytes(filled) + encoded)["contractAddress"]
        return self.net.w3.to_checksum_address(address)

    def counter(self, step: int = 5) -> tuple[str, str]:
        """A Counter and its library."""
        library = self.deploy("Lib.sol:Lib")
        return self.deploy("Counter.sol:Counter", step, links=library), library

    def bump(self, counter: str) -> None:
        self.send(counter, encode_call("bump()"))

    def storage(self, address: str) -> dict[int, int]:
        world = self.net.l2.chain.head.world
        return dict(world.storage_of(bytes.fromhex(address[2:])))

    def everything(self) -> object:
        """All there is to change: the state root, with what no block holds yet, and the head."""
        head = self.net.l2.chain.head.hash
        snapshot = self.net.rpc("evm_snapshot")
        self.net.rpc("evm_mine")
        root = self.net.l2.chain.head.header.state_root
        self.net.rpc("evm_revert", snapshot)
        return root, head
