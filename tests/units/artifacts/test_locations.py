"""Failures lead to the line of source that failed, whoever compiled it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.artifacts.formats.origin import Origin
from megadev.artifacts.formats.reading import read
from megadev.artifacts.registry import ArtifactRegistry
from megadev.artifacts.source_map import CHANGED
from megadev.primitives.abi import encode
from tests.units.artifacts.stage import LIMIT, PROJECTS, Stage, call_data, linked, place, solidity, vyper

VIA_IR = {"share(uint256)": ("Vault.sol", 9, ""), "item(uint256)": ("Vault.sol", 40, "Vault.item")}
"""Hardhat 3's was compiled via IR: of these checks, the compiler no longer knows the very line."""
SOLIDITY = ["foundry", "hardhat2", "hardhat3", "standard", "combined", "truffle"]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Devnet(accounts=1) as net:
        yield Stage(net)


@pytest.mark.parametrize("project", SOLIDITY)
def test_a_failing_solidity_contract_leads_to_its_line(stage: Stage, project: str) -> None:
    found = solidity(project)
    vault, limits = found["Vault"], found["Limits"]
    address = stage.vault(found)
    failures = {
        "withdraw(uint256)": [(0, ("Vault.sol", 16, "Vault.positive")), (5, ("Vault.sol", 47, "Vault._take"))],
        "share(uint256)": [(0, ("Vault.sol", 36, "Vault.share"))],
        "item(uint256)": [(3, ("Vault.sol", 41, "Vault.item"))],
    }
    for signature, cases in failures.items():
        for argument, expected in cases:
            _, frame, trail = stage.fail(address, call_data(signature, argument))
            assert frame.to == address
            if project == "hardhat3":
                expected = VIA_IR.get(signature, expected)
            assert place(vault, trail)[:3] == expected, f"{signature} {argument}"
    _, frame, trail = stage.fail(address, call_data("withdraw(uint256)", LIMIT + 1))
    assert frame.code_address != address, "the library failed"
    if project != "truffle":
        assert place(limits, trail)[:3] == ("Limits.sol", 17, "Limits.check")


@pytest.mark.parametrize("project", SOLIDITY)
def test_a_failing_constructor_leads_to_its_line(stage: Stage, project: str) -> None:
    vault = solidity(project)["Vault"]
    assert vault.creation is not None
    _, _, trail = stage.fail(None, linked(vault.creation, bytes(19) + b"\x09") + encode(["uint256"], [13]))
    assert place(vault, trail, creation=True)[:3] == ("Vault.sol", 21, "Vault.constructor")


@pytest.mark.parametrize("project", ["foundry", "combined", "standard"])
def test_a_failing_vyper_contract_leads_to_its_line(stage: Stage, project: str) -> None:
    box = vyper(project)
    assert box.creation is not None
    address = stage.deploy(box.creation.code + encode(["uint256"], [LIMIT]))
    for data, expected in (
        (call_data("put(uint256)", 0), ("Box.vy", 26, "Box._add")),
        (call_data("take(uint256)", 1), ("Box.vy", 31, "Box.take")),
        (call_data("put(uint256)", 1000), ("checks.vy", 4, "checks.small")),
    ):
        if project == "combined" and expected[0] == "checks.vy":
            continue  # it has no list of sources: a place in another than the first is not known
        _, _, trail = stage.fail(address, data)
        assert place(box, trail)[:3] == expected
    _, _, trail = stage.fail(None, box.creation.code + encode(["uint256"], [13]))
    assert place(box, trail, creation=True)[:3] == ("Box.vy", 15, "Box.__init__")


def test_vypers_checks_are_explained(stage: Stage) -> None:
    box = vyper("standard")
    assert box.creation is not None
    address = stage.deploy(box.creation.code + encode(["uint256"], [LIMIT]))
    _, _, trail = stage.fail(address, call_data("take(uint256)", 1))
    assert place(box, trail) == ("Box.vy", 31, "Box.take", "safesub")


def test_a_changed_source_is_reported(stage: Stage, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECTS / "foundry", project)
    found = {one.name: one for one in ArtifactRegistry(project).artifacts}
    address = stage.vault(found)
    source = project / "src" / "Vault.sol"
    source.write_text("// a line more\n" + source.read_text())
    _, _, trail = stage.fail(address, call_data("withdraw(uint256)", 5))
    assert place(found["Vault"], trail)[3] == CHANGED


def test_the_source_line_is_included(stage: Stage) -> None:
    found = solidity("foundry")
    _, _, trail = stage.fail(stage.vault(found), call_data("withdraw(uint256)", 5))
    location = found["Vault"].location(trail[-1], trail=trail[:-1])
    assert location is not None
    assert location.text.strip() == "revert InsufficientBalance(have, amount);"
    assert str(location).startswith("src/Vault.sol:47:")


def test_an_artifact_handed_over_reads_no_file() -> None:
    """A web page may hand one over, and ask where it fails: that must not show it the developer's files."""
    data = (PROJECTS / "solc/combined.json").read_bytes()
    vault = next(one for one in read(data, Origin()) if one.name == "Vault")
    assert vault.runtime is not None
    assert all(vault.location(pc) is None for pc in range(len(vault.runtime.code)))


def test_only_source_files_are_read_as_sources(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET=1\n" * 200)
    data = (PROJECTS / "solc/combined.json").read_bytes().replace(b'"contracts/Vault.sol"', b'".env"')
    vault = next(one for one in read(data, Origin(tmp_path / "combined.json", tmp_path)) if one.name == "Vault")
    assert vault.runtime is not None
    assert all(vault.location(pc) is None for pc in range(len(vault.runtime.code)))


@pytest.mark.parametrize(
    "damaged", ["", ";;;", "x:y:z", "9999999:1:0:-", "-1:-1:-1", "0:0:99", "1:2:3:4:5:6;:::::", "1;1:" + "9" * 5000]
)
def test_a_damaged_source_map_is_ignored(damaged: str) -> None:
    data = json.loads((PROJECTS / "foundry/compiled/Vault.sol/Vault.json").read_bytes())
    data["deployedBytecode"]["sourceMap"] = damaged
    [vault] = read(json.dumps(data).encode(), Origin(None, PROJECTS / "foundry"), "Vault")
    for pc in (-1, 0, 10, 10**9):
        assert vault.location(pc, trail=(1, 2, 10**9)) is None
