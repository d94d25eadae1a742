"""The fixture projects, and a chain to run their contracts on."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from megadev import Devnet
from megadev.artifacts.artifact import Artifact, Code
from megadev.artifacts.formats.origin import Origin
from megadev.artifacts.formats.reading import read
from megadev.artifacts.registry import ArtifactRegistry
from megadev.chain.blocks import Tag
from megadev.evm import calls
from megadev.evm.engine import CALL, Execution, Frame, FrameExit, Step, TxEnv
from megadev.primitives.abi import encode, encode_call
from megadev.rpc.scenes import scene_at

PROJECTS = Path(__file__).parents[2] / "artifacts"
LIMIT = 100


def document(path: str, root: str = "hardhat2") -> list[Artifact]:
    """What a single file of a compiler describes; its sources are those of the project ``root``."""
    return read((PROJECTS / path).read_bytes(), Origin(PROJECTS / path, PROJECTS / root))


def solidity(project: str) -> dict[str, Artifact]:
    """Vault and Limits by name, as one tool left them."""
    if project == "truffle":
        found = [one for name in ("Vault", "Limits") for one in document(f"solc/truffle/{name}.json")]
    elif project in ("standard", "combined"):
        found = document(f"solc/{project}.json")
    else:
        found = list(ArtifactRegistry(PROJECTS / project).artifacts)
    return {artifact.name: artifact for artifact in found}


def vyper(project: str) -> Artifact:
    """Box, as one tool left it."""
    if project == "foundry":
        found = list(ArtifactRegistry(PROJECTS / project).artifacts)
    else:
        found = document(f"vyper/{project}.json", "vyper")
    return next(artifact for artifact in found if artifact.name == "Box")


class Walker:
    """Notes where the failing frame stood, and where it had been before."""

    wants_steps = True

    def __init__(self) -> None:
        self._open: list[tuple[Frame, deque[int]]] = []
        self.failed: tuple[Frame, list[int]] | None = None

    def enter(self, frame: Frame) -> None:
        self._open.append((frame, deque(maxlen=64)))

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        entered, trail = self._open.pop()
        if outcome.error is not None and self.failed is None and trail:
            self.failed = entered, list(trail)

    def step(self, step: Step) -> None:
        self._open[-1][1].append(step.pc)

    def step_done(self, gas_left: int) -> None: ...

    def log(self, log: Any) -> None: ...


class Stage:
    """A chain with contracts on it."""

    def __init__(self, net: Devnet) -> None:
        self.net = net
        self.me = net.accounts[0].address

    def deploy(self, code: bytes) -> bytes:
        """Where the new contract is."""
        tx = self.net.rpc("eth_sendTransaction", {"from": self.me, "data": "0x" + code.hex(), "gas": hex(5_000_000)})
        receipt = self.net.rpc("eth_getTransactionReceipt", tx)
        assert receipt["status"] == "0x1"
        return bytes.fromhex(receipt["contractAddress"][2:])

    def code(self, address: bytes) -> bytes:
        return bytes.fromhex(self.net.rpc("eth_getCode", "0x" + address.hex())[2:])

    def vault(self, found: dict[str, Artifact]) -> bytes:
        """A Vault, linked with its library."""
        limits, vault = found["Limits"].creation, found["Vault"].creation
        assert limits is not None and vault is not None
        return self.deploy(linked(vault, self.deploy(limits.code)) + encode(["uint256"], [LIMIT]))

    def fail(self, to: bytes | None, data: bytes) -> tuple[Execution, Frame, list[int]]:
        """Run what fails; the frame that did, and where it was, the end last."""
        scene = scene_at(self.net.l2.chain, Tag.LATEST)
        walker = Walker()
        tx = TxEnv(
            sender=bytes.fromhex(self.me[2:]), to=to, nonce=0, value=0, data=data, gas_limit=1_000_000, gas_price=0,
            max_fee_per_gas=0, access_list=(), blob_versioned_hashes=(), max_fee_per_blob_gas=0, authorizations=(),
        )  # fmt: skip
        execution = calls.call(self.net.l2.chain.engine, scene.env, tx, scene.state, rules=CALL, tracer=walker)
        assert walker.failed is not None, "it did not fail"
        return execution, *walker.failed


def linked(code: Code, library: bytes) -> bytes:
    filled = bytearray(code.code)
    assert code.links
    for hole in code.links:
        filled[hole.start : hole.start + hole.length] = library
    return bytes(filled)


def call_data(signature: str, *args: Any) -> bytes:
    return encode_call(signature, *args)


def place(artifact: Artifact, trail: Sequence[int], *, creation: bool = False) -> tuple[str, int, str, str]:
    """File, line, function and note of where a trail ends."""
    found = artifact.location(trail[-1], creation, trail[:-1])
    assert found is not None
    return Path(found.path).name, found.line, found.function, found.note
