"""``megadev init``: each template is copied whole, and its own tests pass where it was copied to."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.cli.init import TEMPLATES, templates_folder
from megadev.config.installation import requirement
from megadev.rollup.contracts import load
from megadev.rpc.streams import KINDS
from tests.conftest import REPOSITORY
from tests.stage.commands import megadev
from tests.stage.forge import solc_for_forge
from tests.stage.installed import INSTALLED

FORGE = os.environ.get("MEGADEV_FORGE") or shutil.which("forge")
CAST = os.environ.get("MEGADEV_CAST") or shutil.which("cast")
SOLC = os.environ.get("MEGADEV_SOLC") or shutil.which("solc")
HARDHAT = os.environ.get("MEGADEV_HARDHAT", "")
"""A node_modules directory with Hardhat 3 and its viem toolbox."""
NODE = os.environ.get("MEGADEV_NODE") or shutil.which("node")
"""Node.js, which for Hardhat must be 22.13 or later."""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where ``megadev`` is a command, as it is where it is installed."""
    commands = tmp_path / "bin"
    commands.mkdir()
    command = commands / "megadev"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m megadev "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), "PATH": f"{commands}:{os.environ['PATH']}"}


def run(folder: Path, environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_is_copied_whole(tmp_path: Path, template: str) -> None:
    done = megadev(tmp_path, "init", template, "project")
    assert done.returncode == 0, done.stderr
    source = templates_folder() / template

    def files(folder: Path) -> set[Path]:
        return {p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts}

    assert files(tmp_path / "project") == files(source)
    assert len((source / "README.md").read_text().splitlines()) == 5
    if (source / "requirements.txt").exists():  # megadev comes first, from where this one came
        assert (tmp_path / "project" / "requirements.txt").read_text().splitlines()[0] == requirement()
    assert "pip install megadev" not in (tmp_path / "project" / "README.md").read_text()


def test_every_folder_is_a_template() -> None:
    assert {path.name for path in templates_folder().iterdir() if path.is_dir()} == set(TEMPLATES)


def test_templates_are_listed_and_the_default_needs_no_name(tmp_path: Path) -> None:
    listed = megadev(tmp_path, "init").stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(TEMPLATES)
    assert megadev(tmp_path, "init", "here").returncode == 0
    assert (tmp_path / "here" / "contracts" / "Counter.vy").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing", "x"], "unknown template 'nothing'; there are vyper"),
        (["founrdy", "x"], "Did you mean foundry?"),
        (["foundry"], "DIR is missing, as in: megadev init foundry my-project"),
        (["full"], "full exists already and is not empty"),
        (["vyper", "full/file"], "full/file exists already"),
    ],
)
def test_an_impossible_project_is_reported(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    done = megadev(tmp_path, "init", *words)
    assert done.returncode == 2 and said in done.stderr
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(find_spec("vyper") is None and shutil.which("vyper") is None, reason="there is no vyper here")
def test_the_vyper_project_passes_its_tests(tmp_path: Path, environment: dict[str, str]) -> None:
    megadev(tmp_path, "init", "vyper", "project")
    plugin = () if INSTALLED else ("-p", "megadev.testing.plugin")
    command = (sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider", "--megadev-gas-report")
    printed = run(tmp_path / "project", environment, *command)
    assert "3 passed" in printed and "Counter   increment" in printed


@pytest.mark.skipif(find_spec("vyper") is None, reason="there is no vyper in this Python")
def test_the_vyper_project_deploys(tmp_path: Path, environment: dict[str, str]) -> None:
    megadev(tmp_path, "init", "vyper", "project")
    printed = run(tmp_path / "project", environment, "megadev", "exec", "--", sys.executable, "scripts/deploy.py")
    assert printed.startswith("Counter is at 0x")


@pytest.mark.foundry
@pytest.mark.skipif(None in (FORGE, CAST, SOLC), reason="there is no forge, cast and solc here")
def test_the_foundry_project_passes_its_tests_and_deploys(tmp_path: Path, environment: dict[str, str]) -> None:
    assert FORGE is not None and CAST is not None
    megadev(tmp_path, "init", "foundry", "project")
    for name, program in (("forge", FORGE), ("cast", CAST)):
        (tmp_path / "bin" / name).symlink_to(Path(program).absolute())
    environment |= {"FOUNDRY_SOLC": solc_for_forge(tmp_path), "FOUNDRY_OFFLINE": "true"}
    assert "2 tests passed" in run(tmp_path / "project", environment, "forge", "test")
    printed = run(tmp_path / "project", environment, "megadev", "exec", "--", "sh", "script/deploy.sh")
    assert printed.endswith("and says 6\n")


@pytest.mark.node_js
@pytest.mark.skipif(NODE is None or SOLC is None, reason="there is no Node.js and solc here")
@pytest.mark.skipif(not HARDHAT, reason="set MEGADEV_HARDHAT to a node_modules directory with Hardhat 3")
def test_the_hardhat_project_passes_its_tests_and_deploys(tmp_path: Path, environment: dict[str, str]) -> None:
    assert NODE is not None and SOLC is not None
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, version[1:].split(".")[:2])) < (22, 13):
        pytest.skip(f"Hardhat 3 needs Node.js 22.13, and this is {version.strip()}: set MEGADEV_NODE")
    project = tmp_path / "project"
    megadev(tmp_path, "init", "hardhat", "project")
    (project / "node_modules").symlink_to(Path(HARDHAT).absolute())
    (tmp_path / "bin" / "node").symlink_to(Path(NODE).absolute())
    compiler = Path(SOLC).absolute()
    environment |= {
        "SOLC_PATH": str(compiler / "soljson.js" if compiler.is_dir() else compiler),
        "HOME": str(tmp_path),  # where Hardhat keeps what it has downloaded
        "PATH": f"{project / 'node_modules' / '.bin'}:{environment['PATH']}",
    }
    command = json.loads((project / "package.json").read_text())["scripts"]["test"]
    assert "3 passing" in run(project, environment, "sh", "-c", command)
    printed = run(project, environment, "megadev", "exec", "--", "hardhat", "run", "scripts/deploy.ts")
    assert printed.strip().endswith("and says 6")


@pytest.mark.node_js
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
@pytest.mark.skipif("miniBlocks" not in KINDS, reason="this node has no stream of mini-blocks")
def test_the_realtime_page_s_own_tests_pass(tmp_path: Path, environment: dict[str, str]) -> None:
    megadev(tmp_path, "init", "realtime", "project")
    if subprocess.run(["node", "-e", "WebSocket"], capture_output=True, check=False).returncode:
        environment |= {"NODE_OPTIONS": "--experimental-websocket"}  # before Node.js 22
    node = ("megadev", "exec", "--preset", "megaeth", "--", "node", "--test")
    assert "# pass 3" in run(tmp_path / "project", environment, *node, "--test-reporter=tap")


def test_the_realtime_page_has_the_elements_of_its_script(tmp_path: Path) -> None:
    """Every element that the script looks up is in the page, and every file that the page loads is there."""
    folder = templates_folder() / "realtime"
    page, script = (folder / "index.html").read_text(), (folder / "app.js").read_text()
    wanted = set(re.findall(r"""(?:getElementById|show)\("(\w+)\"""", script))
    assert wanted and wanted <= set(re.findall(r'id="(\w+)"', page))
    loaded = re.findall(r'src="(.+?)"', page) + re.findall(r'from "\./(.+?)"', script)
    assert loaded and all((folder / name).is_file() for name in loaded)


def test_the_bridge_script_passes_its_tests(tmp_path: Path, environment: dict[str, str]) -> None:
    megadev(tmp_path, "init", "bridge", "project")
    plugin = () if INSTALLED else ("-p", "megadev.testing.plugin")
    command = (sys.executable, "-m", "pytest", *plugin, "-p", "no:cacheprovider")
    assert "3 passed" in run(tmp_path / "project", environment, *command)


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_the_bridge_script_deposits_and_withdraws(tmp_path: Path, environment: dict[str, str], preset: str) -> None:
    megadev(tmp_path, "init", "bridge", "project")
    node = ("megadev", "exec", "--preset", preset, "--")
    printed = run(tmp_path / "project", environment, *node, sys.executable, "bridge.py", "0.5")
    assert [line.partition(" on")[0] for line in printed.splitlines()] == [
        "deposited",
        "arrived",
        "withdrawn",
        "claimed",
        "proven",
        "finalized",
    ]


def test_the_bridge_script_continues_a_withdrawal(tmp_path: Path, environment: dict[str, str]) -> None:
    megadev(tmp_path, "init", "bridge", "project")
    with Devnet() as net:
        environment |= {"MEGADEV_RPC_URL": net.serve()}
        passer = "0x4200000000000000000000000000000000000016"
        sent = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": passer, "value": "0x5"})
        for words in (["claimed", "proven", "finalized"], []):  # all of it, and then there is nothing left to do
            printed = run(tmp_path / "project", environment, sys.executable, "bridge.py", sent)
            assert [line.partition(" on")[0] for line in printed.splitlines()] == words
        assert [each["status"] for each in net.rpc("megadev_getBridgeStatus")["withdrawals"]] == ["finalized"]


def test_the_bridge_script_calls_existing_functions() -> None:
    names = {
        "portal": "OptimismPortal2",
        "disputeGameFactory": "DisputeGameFactory",
        "disputeGame": "ValidityDisputeGame",
        "messagePasser": "L2ToL1MessagePasser",
    }
    abi = json.loads((templates_folder() / "bridge" / "abi.json").read_text())
    assert abi.keys() == names.keys()
    for key, entries in abi.items():
        assert all(entry in json.loads(json.dumps(load(names[key]).abi)) for entry in entries)


def docker_runs() -> bool:
    return (
        shutil.which("docker") is not None
        and subprocess.run(["timeout", "10", "docker", "info"], capture_output=True, timeout=30).returncode == 0
    )


@pytest.mark.network
@pytest.mark.skipif(not os.environ.get("MEGADEV_TEST_NETWORK"), reason="MEGADEV_TEST_NETWORK is not set")
@pytest.mark.skipif(not docker_runs(), reason="there is no Docker daemon here")
def test_the_container_is_built(tmp_path: Path, environment: dict[str, str]) -> None:
    """With this checkout in place of a published package."""
    megadev(tmp_path, "init", "docker", "project")
    project = tmp_path / "project"
    ignored = shutil.ignore_patterns(".git", ".ci", ".venv", "__pycache__", "tests", ".*_cache")
    shutil.copytree(REPOSITORY, project / "checkout", ignore=ignored)
    (project / "requirements.txt").write_text("/checkout\n")
    text = (project / "Dockerfile").read_text().replace("COPY req", "COPY checkout /checkout\nCOPY req")
    (project / "Dockerfile").write_text(text)
    run(project, environment, "docker", "build", "-t", "megadev-template-test", ".")
    assert "0.1.0" in run(
        project, environment, "docker", "run", "--rm", "--entrypoint", "megadev", "megadev-template-test", "--version"
    )


def test_the_container_s_settings_are_settings(tmp_path: Path) -> None:
    from megadev.config.resolve import resolve

    config = resolve({}, {}, templates_folder() / "docker" / "megadev.toml")
    assert (config.host, config.l1_port) == (("0.0.0.0",), 9545)
