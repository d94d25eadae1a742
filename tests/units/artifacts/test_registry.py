"""Contracts are recognised by their code, whoever compiled and deployed them, and projects are read as they change."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.artifacts.artifact import trailer_size
from megadev.artifacts.formats.origin import NotAnArtifact, Origin
from megadev.artifacts.formats.reading import read
from megadev.artifacts.project import artifact_folders, find_root
from megadev.artifacts.registry import ArtifactRegistry
from megadev.errors import InvalidParams
from megadev.primitives.abi import encode, selector
from tests.units.artifacts.stage import LIMIT, PROJECTS, Stage, linked, solidity, vyper

TRANSFER = {"type": "function", "name": "transfer", "inputs": [{"name": "to", "type": "address"}]}


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Devnet(accounts=1) as net:
        yield Stage(net)


def nested(deep: int) -> dict[str, Any]:
    """A tuple in a tuple in a tuple…"""
    return {"type": "tuple", "components": [nested(deep - 1)]} if deep else {"type": "bool"}


def plain(name: str, **members: Any) -> bytes:
    return json.dumps({"contractName": name, "abi": [TRANSFER], **members}).encode()


def registry_of(*documents: bytes) -> ArtifactRegistry:
    registry = ArtifactRegistry()
    for document in documents:
        registry.add(read(document, Origin()))
    return registry


@pytest.mark.parametrize("project", ["foundry", "hardhat2", "hardhat3", "standard", "combined", "truffle"])
def test_a_deployed_contract_is_recognised_despite_immutables_and_libraries(stage: Stage, project: str) -> None:
    found = solidity(project)
    registry = ArtifactRegistry()
    registry.add(found.values())
    address = stage.vault(found)
    assert registry.contract_of(stage.code(address)) is found["Vault"]
    assert found["Limits"].creation is not None
    library = stage.deploy(found["Limits"].creation.code)
    assert registry.contract_of(stage.code(library)) is found["Limits"], "a library holds its own address"


@pytest.mark.parametrize("project", ["foundry", "combined", "standard"])
def test_a_vyper_contract_is_recognised_by_the_code_before_its_immutables(stage: Stage, project: str) -> None:
    box = vyper(project)
    assert box.creation is not None and box.runtime is not None
    registry = ArtifactRegistry()
    registry.add([box])
    code = stage.code(stage.deploy(box.creation.code + encode(["uint256"], [LIMIT])))
    assert len(code) == len(box.runtime.code) + 32
    assert registry.contract_of(code) is box
    assert registry.contract_of_creation(box.creation.code + b"x" * 32) == (box, b"x" * 32)


def test_metadata_does_not_matter_unless_it_decides() -> None:
    body = bytes.fromhex("6001600255") * 4
    trailers = [bytes.fromhex("a165") + bytes([number]) * 50 + (52).to_bytes(2, "big") for number in (1, 2, 3)]
    assert all(trailer_size(body + trailer) == 54 for trailer in trailers)
    registry = registry_of(
        plain("First", deployedBytecode="0x" + (body + trailers[0]).hex()),
        plain("Second", deployedBytecode="0x" + (body + trailers[1]).hex()),
    )
    first, second = registry.contract_of(body + trailers[0]), registry.contract_of(body + trailers[1])
    assert first is not None and second is not None
    assert (first.name, second.name) == ("First", "Second")
    assert registry.contract_of(body + trailers[2]) is not None, "compiled with other comments"
    assert registry.contract_of(body) is not None, "compiled without metadata"
    assert registry.contract_of(body[1:] + trailers[0]) is None
    assert registry.contract_of(body + b"\x00" + trailers[0]) is None
    assert registry.contract_of(b"") is None


def test_creation_code_is_separated_from_constructor_arguments(stage: Stage) -> None:
    found = solidity("hardhat2")
    registry = ArtifactRegistry()
    registry.add(found.values())
    assert found["Vault"].creation is not None
    code = linked(found["Vault"].creation, b"\x11" * 20)
    arguments = encode(["uint256"], [7])
    assert registry.contract_of_creation(code + arguments) == (found["Vault"], arguments)
    assert registry.contract_of_creation(code[:-100]) is None
    assert registry.contract_of_creation(b"") is None


def test_added_artifacts_come_first_and_replace_earlier_ones() -> None:
    registry = ArtifactRegistry(PROJECTS / "foundry")
    assert [one.name for one in registry.artifacts] == ["Box", "Limits", "Vault", "checks"]
    vault = next(one for one in registry.artifacts if one.name == "Vault")
    assert vault.runtime is not None
    for _ in range(2):
        registry.add(read(plain("Mine", deployedBytecode="0x" + vault.runtime.code.hex()), Origin()))
    assert [one.name for one in registry.artifacts] == ["Mine", "Box", "Limits", "Vault", "checks"]
    recognised = registry.contract_of(vault.runtime.code)
    assert recognised is not None and recognised.name == "Mine"


def test_an_address_can_be_named_with_any_code() -> None:
    registry = ArtifactRegistry()
    named = read(plain("Proxy"), Origin())
    registry.add(named, b"\x01" * 20)
    assert registry.contract_at(b"\x01" * 20, b"anything") is named[0]
    assert registry.contract_at(b"\x02" * 20, b"anything") is None
    with pytest.raises(InvalidParams, match="cannot have 2"):
        registry.add([*named, *named], b"\x03" * 20)


def test_a_project_is_found_from_below_and_its_settings_followed(tmp_path: Path) -> None:
    shutil.copytree(PROJECTS / "foundry", tmp_path / "project")
    below = tmp_path / "project" / "test" / "deep"
    below.mkdir(parents=True)
    assert find_root(below) == tmp_path / "project"
    assert [path.name for path in artifact_folders(tmp_path / "project")] == ["compiled"]
    assert ArtifactRegistry(below).named("src/Vault.sol:Vault")
    assert find_root(tmp_path / "nowhere") == tmp_path / "nowhere"
    assert ArtifactRegistry(tmp_path / "nowhere").artifacts == ()


def test_a_compiler_run_meanwhile_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("megadev.artifacts.registry.LOOK_AGAIN_AFTER", 0)
    (tmp_path / "out" / "A.sol").mkdir(parents=True)
    registry = ArtifactRegistry(tmp_path)
    assert registry.artifacts == ()
    file = tmp_path / "out" / "A.sol" / "A.json"
    for number, name in enumerate(("first", "second")):
        item = {"type": "error", "name": name, "inputs": []}
        file.write_text(json.dumps({"abi": [item], "bytecode": {"object": "0x"}}))
        os.utime(file, (number, number))
        assert registry.errors(selector(f"{name}()")), name
    assert not registry.errors(selector("first()"))
    file.unlink()
    assert registry.artifacts == ()


def test_files_that_are_no_artifacts_are_passed_over_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    broken = {
        "half.json": b'{"abi": [', "text.json": b'the "abi"', "list.json": b'[{"inputs": []}, {"type": "Feature"}]',
        "types.json": b'{"abi": "0x"}', "hex.json": plain("Hex", bytecode="0xzz"), "binary.json": b'\xff"abi"',
        "odd.json": plain("Odd", deployedBytecode="0x123"), "nested.json": b'{"abi":' * 50_000,
        "tuple.json": json.dumps({"abi": [{"name": "f", "inputs": [{"type": "tuple", "components": 7}]}]}).encode(),
        "deep.json": json.dumps({"abi": [{"outputs": [nested(20)]}]}).encode(),
        "components.json": b'{"abi": [{"inputs": [{"type": "uint8", "components": [{"type": "bool"}]}]}]}',
        "holes.json": plain("Holes", bytecode="0x00", linkReferences={"a": {"b": [{"start": 5, "length": 20}]}}),
    }  # fmt: skip
    for name, data in broken.items():
        (folder / name).write_bytes(data)
    (folder / "good.json").write_bytes(plain("Good"))
    for number, data in enumerate((b"", b"{}", b"[]", b'{"version": 3}')):
        (folder / f"other{number}.json").write_bytes(data)
    registry = ArtifactRegistry(tmp_path)
    assert [one.name for one in registry.artifacts] == ["Good"]
    assert {Path(path).name for path in registry.skipped} == set(broken)
    assert all(registry.skipped.values())


def test_the_registry_is_thread_safe(tmp_path: Path) -> None:
    shutil.copytree(PROJECTS / "hardhat2", tmp_path / "project")
    registry = ArtifactRegistry(tmp_path / "project")
    answers: list[int] = []

    def ask() -> None:
        answers.append(len(registry.errors(selector("InsufficientBalance(uint256,uint256)"))))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8 and all(answers)


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"contractName": "Brownie", "abi": [TRANSFER], "bytecode": "00", "deployedBytecode": "00", "language": "Vyper",
          "sourcePath": "contracts/B.vy", "pcMap": {"0": {"op": "STOP", "path": "0", "offset": [0, 5]}},
          "allSourcePaths": {"0": "contracts/B.vy"}, "compiler": {"version": "0.3.10"}}, "Brownie"),
        ({"contractName": "Ape", "sourceId": "contracts/A.vy", "abi": [TRANSFER],
          "deploymentBytecode": {"bytecode": "0x00"}, "runtimeBytecode": {"bytecode": "0x00"},
          "pcmap": {"0": {"location": [1, 0, 1, 4]}}}, "Ape"),
        ({"manifest": "ethpm/3", "sources": {"A.vy": {"content": "abcdef"}},
          "contractTypes": {"M": {"contractName": "M", "sourceId": "A.vy", "abi": [TRANSFER],
                                  "runtimeBytecode": {"bytecode": "0x00"}, "pcmap": {"0": [1, 0, 1, 4]}}}}, "M"),
        ({"name": "Plain", "abi": [TRANSFER], "bytecode": "0x00"}, "Plain"),
        ({"id": "x", "input": {"language": "Solidity", "sources": {"a.sol": {"content": "contract C {}"}}},
          "output": {"contracts": {"a.sol": {"C": {"abi": [TRANSFER]}}}, "sources": {"a.sol": {"id": 0}}}}, "C"),
    ],
)  # fmt: skip
def test_other_tools_artifacts_are_read(document: dict[str, Any], name: str) -> None:
    [artifact] = read(json.dumps(document).encode(), Origin())
    assert artifact.name == name
    assert [item.signature for item in artifact.interface.functions.values()] == ["transfer(address)"]
    if name == "M":
        found = artifact.location(0)
        assert found is not None and (found.path, found.line, found.text) == ("A.vy", 1, "abcdef")


def test_a_bare_abi_needs_a_name() -> None:
    data = json.dumps([TRANSFER]).encode()
    assert read(data, Origin(), "Token")[0].name == "Token"
    with pytest.raises(NotAnArtifact, match="no name"):
        read(data, Origin())
