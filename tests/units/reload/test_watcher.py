"""What counts as a save, and which sources it touches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from megadev.errors import ConfigError
from megadev.reload.compiler import FoundryFolder, HardhatFolder, Vyper, _vyper_error, find_compilers
from megadev.reload.project import closure, foundry_sources, remappings, solidity_units, sources, touched, vyper_units
from megadev.reload.watcher import Changes, Watcher

PROJECTS = Path(__file__).parents[2] / "artifacts"
SECONDS = 60
"""Far longer than an event takes."""


@pytest.fixture
def saved(tmp_path: Path) -> Iterator[Callable[[], set[str]]]:
    """Names of the files of the next save."""
    changes = Changes()
    watcher = Watcher([tmp_path], lambda path: path.suffix == ".sol", changes.add)
    watcher.start()

    def take() -> set[str]:
        found = changes.take()
        assert found is not None
        return {path.name for path in found[0]}

    yield take
    watcher.stop()


def test_a_written_file_is_a_save(tmp_path: Path, saved: Callable[[], set[str]]) -> None:
    (tmp_path / "A.sol").write_text("contract A {}")
    assert saved() == {"A.sol"}


def test_an_editors_atomic_rename_is_a_save(tmp_path: Path, saved: Callable[[], set[str]]) -> None:
    beside = tmp_path / ".A.sol.swp"
    beside.write_text("contract A {}")
    os.replace(beside, tmp_path / "A.sol")
    assert saved() == {"A.sol"}


def test_a_deleted_file_is_a_save(tmp_path: Path, saved: Callable[[], set[str]]) -> None:
    (tmp_path / "A.sol").write_text("contract A {}")
    assert saved() == {"A.sol"}
    (tmp_path / "A.sol").unlink()
    assert saved() == {"A.sol"}


def test_a_file_in_a_new_folder_is_a_save(tmp_path: Path, saved: Callable[[], set[str]]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "B.sol").write_text("")
    assert "B.sol" in saved()


def test_files_saved_together_are_one_save() -> None:
    changes = Changes()
    for name in ("A.sol", "B.sol", "A.sol"):
        changes.add(Path(name))
    found = changes.take(quiet=0.001)
    assert found is not None and found[0] == {Path("A.sol"), Path("B.sol")}
    changes.close()
    assert changes.take() is None


def test_notices_while_closing_are_not_lost() -> None:
    changes = Changes()
    changes.add(Path("A.sol"))
    changes.close()
    found = changes.take(quiet=SECONDS)
    assert found is not None and found[0] == {Path("A.sol")}
    assert changes.take() is None


# -- sources --------------------------------------------------------------------------------------------------------


def test_a_change_affects_importing_files(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    for name, text in {
        "src/A.sol": 'import "./b/B.sol"; import {X} from "lib/L.sol"; contract A {}',
        "src/b/B.sol": "import * as C from '../C.sol'; // import \"./Nothing.sol\";\n/* import './No.sol'; */",
        "src/C.sol": "contract C {}",
        "src/D.sol": "contract D {}",
        "node_modules/lib/L.sol": "library L {}",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    files = sources([root], (".sol",))
    assert [path.name for path in files] == ["A.sol", "C.sol", "D.sol", "B.sol"]
    units = solidity_units(root, files)
    assert touched(root, units, [root / "src/C.sol"]) == {"src/A.sol", "src/b/B.sol", "src/C.sol"}
    assert closure(units, ["src/A.sol"]) == {"src/A.sol", "src/b/B.sol", "src/C.sol", "lib/L.sol"}
    assert touched(root, units, [root / "src/D.sol"]) == {"src/D.sol"}


def test_a_deletion_affects_importing_files(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "A.sol").write_text('import "./b/B.sol";')
    (root / "C.sol").write_text('import "./A.sol";')
    (root / "A.vy").write_text("from b import m\nfrom ethereum.ercs import IERC20\n")
    (root / "C.vy").write_text("import A\n")
    (root / "D.sol").write_text("")
    files = sources([root], (".sol",))
    assert touched(root, solidity_units(root, files), [root / "b/B.sol"]) == {"A.sol", "C.sol"}
    files = sources([root], (".vy",))
    assert touched(root, vyper_units(root, files), [root / "b/m.vy"]) == {"A.vy", "C.vy"}


def test_remappings_are_followed(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "vendor").mkdir()
    (root / "vendor" / "L.sol").write_text("")
    (root / "remappings.txt").write_text("@lib/=vendor/\n")
    (root / "A.sol").write_text('import "@lib/L.sol";')
    assert remappings(root) == [("@lib/", "vendor/")]
    assert set(solidity_units(root, [root / "A.sol"])) == {"A.sol", "vendor/L.sol"}


def test_vyper_modules_are_followed(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    (root / "lib").mkdir()
    (root / "A.vy").write_text("from lib import counter\nfrom ethereum.ercs import IERC20\nimport IB as B\n")
    (root / "lib" / "counter.vy").write_text("n: uint256\n")
    (root / "IB.vyi").write_text("")
    units = vyper_units(root, [root / "A.vy"])
    assert touched(root, units, [root / "lib/counter.vy"]) == {"A.vy", "lib/counter.vy"}
    assert set(units) == {"A.vy", "lib/counter.vy", "IB.vyi"}


# -- compilers ------------------------------------------------------------------------------------------------------


def test_a_folder_without_contracts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no contracts that can be compiled"):
        find_compilers(tmp_path, [])
    with pytest.raises(ConfigError, match="does not exist"):
        find_compilers(tmp_path, [tmp_path / "missing"])


def test_solidity_without_a_compiler_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("megadev.reload.compiler.find_spec", lambda name: None)
    (tmp_path / "A.sol").write_text("contract A {}")
    with pytest.raises(ConfigError, match="no solc was found: put it on PATH, name it with --solc"):
        find_compilers(tmp_path, [])
    (found,) = find_compilers(tmp_path, [], solc=Path("/opt/solc"))
    assert found.name == "solc"


def test_py_solc_x_is_asked_for_the_version_that_sources_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Solcx:
        """As much of py-solc-x as is used: nothing installed, everything can be fetched."""

        asked: list[str] = []

        @staticmethod
        def get_installed_solc_versions() -> list[str]:
            return []

        @staticmethod
        def select_pragma_version(pragma: str, versions: list[str]) -> None:
            assert versions == []

        @classmethod
        def install_solc_pragma(cls, pragma: str) -> str:
            cls.asked.append(pragma)
            return "0.8.30"

        @staticmethod
        def get_executable(version: str) -> Path:
            return Path(f"/home/solcx/solc-v{version}")

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("megadev.reload.compiler.find_spec", lambda name: object() if name == "solcx" else None)
    monkeypatch.setattr("megadev.reload.compiler.import_module", {"solcx.install": Solcx}.__getitem__)
    (tmp_path / "A.sol").write_text("pragma solidity ^0.8.20;\ncontract A {}")
    (found,) = find_compilers(tmp_path, [])
    assert found.command == ["/home/solcx/solc-v0.8.30", "--standard-json"]  # type: ignore[attr-defined]
    assert Solcx.asked == ["pragma solidity ^0.8.20;"]


def test_foundry_without_forge_is_followed_by_its_artifacts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    (found,) = [each for each in find_compilers(PROJECTS / "foundry", []) if each.name != "vyper"]
    assert isinstance(found, FoundryFolder)
    contracts = found.compile(None).contracts
    assert {"src/Vault.sol:Vault", "src/Limits.sol:Limits"} <= contracts.keys()
    assert "no syntax tree" in contracts["src/Vault.sol:Vault"].unknown


@pytest.mark.parametrize("project", ["hardhat2", "hardhat3"])
def test_hardhat_is_followed_by_its_artifacts(project: str) -> None:
    (found,) = find_compilers(PROJECTS / project, [])
    assert isinstance(found, HardhatFolder)
    contracts = found.compile(None).contracts
    assert {"contracts/Vault.sol:Vault", "contracts/Limits.sol:Limits"} == contracts.keys()
    assert not found.compile([]).contracts, "what did not change is not read again"


def test_an_empty_vyper_source_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "A.vy").write_text("\n")
    compiler = Vyper(tmp_path.resolve(), (tmp_path.resolve(),), ["/nothing/is/run"])
    assert not compiler.compile([tmp_path / "A.vy"]).contracts


def test_foundrys_own_source_folder_is_watched(tmp_path: Path) -> None:
    (tmp_path / "foundry.toml").write_text('[profile.default]\nsrc = "contracts"\n')
    assert foundry_sources(tmp_path) == tmp_path / "contracts"


def test_vypers_errors_have_file_line_and_column() -> None:
    printed = """Error compiling: Box.vy
vyper.exceptions.VyperException: Compilation failed with the following errors:

UnknownType: No builtin or user-defined type named 'uint257'.

  contract "Box.vy:8", function "put", line 8:11
       7 @external
  ---> 8 def put(x: uint257):

TypeMismatch: Given reference has type int256

  contract "lib/a.vy:5", line 5:16
"""
    assert _vyper_error(printed).splitlines() == [
        "Box.vy:8:12: UnknownType: No builtin or user-defined type named 'uint257'.",
        "lib/a.vy:5:17: TypeMismatch: Given reference has type int256",
    ]
