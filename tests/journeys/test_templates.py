"""``megadev init``: each template is copied whole, and its own tests pass where it was copied to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from megadev.cli.init import TEMPLATES, templates_folder
from megadev.rpc.streams import KINDS
from tests.conftest import REPOSITORY
from tests.journeys.test_pytest_plugin import INSTALLED
from tests.journeys.test_scripting import megadev

FORGE = os.environ.get("MEGADEV_FORGE") or shutil.which("forge")
CAST = os.environ.get("MEGADEV_CAST") or shutil.which("cast")
SOLC = os.environ.get("MEGADEV_SOLC") or shutil.which("solc")


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


def test_every_folder_is_a_template() -> None:
    assert {path.name for path in templates_folder().iterdir() if path.is_dir()} == set(TEMPLATES)


def test_the_templates_are_listed_and_the_usual_one_needs_no_name(tmp_path: Path) -> None:
    listed = megadev(tmp_path, "init").stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(TEMPLATES)
    assert megadev(tmp_path, "init", "here").returncode == 0
    assert (tmp_path / "here" / "contracts" / "Counter.vy").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing", "x"], "there is no 'nothing'; there are vyper"),
        (["foundry"], "say where to, as in: megadev init foundry my-project"),
        (["full"], "full exists already and is not empty"),
        (["vyper", "full/file"], "full/file exists already"),
    ],
)
def test_what_cannot_be_made_is_said(tmp_path: Path, words: list[str], said: str) -> None:
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
    assert FORGE is not None and CAST is not None and SOLC is not None
    megadev(tmp_path, "init", "foundry", "project")
    for name, program in (("forge", FORGE), ("cast", CAST)):
        (tmp_path / "bin" / name).symlink_to(Path(program).absolute())
    environment |= {"FOUNDRY_SOLC": SOLC, "FOUNDRY_OFFLINE": "true"}
    assert "2 tests passed" in run(tmp_path / "project", environment, "forge", "test")
    printed = run(tmp_path / "project", environment, "megadev", "exec", "--", "sh", "script/deploy.sh")
    assert printed.endswith("and says 6\n")


@pytest.mark.node_js
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
@pytest.mark.skipif("miniBlocks" not in KINDS, reason="this node has no stream of mini-blocks")
def test_the_realtime_page_s_own_tests_pass(tmp_path: Path, environment: dict[str, str]) -> None:
    megadev(tmp_path, "init", "realtime", "project")
    if subprocess.run(["node", "-e", "WebSocket"], capture_output=True, check=False).returncode:
        environment |= {"NODE_OPTIONS": "--experimental-websocket"}  # before Node.js 22
    node = ("megadev", "exec", "--preset", "megaeth", "--", "node", "--test")
    assert "# pass 2" in run(tmp_path / "project", environment, *node, "--test-reporter=tap")


def test_the_realtime_page_names_what_its_script_fills(tmp_path: Path) -> None:
    """Every element that the script looks up is in the page, and every file that the page loads is there."""
    folder = templates_folder() / "realtime"
    page, script = (folder / "index.html").read_text(), (folder / "app.js").read_text()
    wanted = set(re.findall(r"""(?:getElementById|show)\("(\w+)\"""", script))
    assert wanted and wanted <= set(re.findall(r'id="(\w+)"', page))
    loaded = re.findall(r'src="(.+?)"', page) + re.findall(r'from "\./(.+?)"', script)
    assert loaded and all((folder / name).is_file() for name in loaded)
