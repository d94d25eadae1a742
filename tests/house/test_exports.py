"""The public names: few, lazy, and documented."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import megadev
from tests.house.source import REPOSITORY

PUBLIC = {
    "Devnet",
    "DevnetConfig",
    "MegadevError",
    "ConfigError",
    "InvalidParams",
    "InvalidTransaction",
    "NotFound",
    "__version__",
}


def test_the_public_names_are_these() -> None:
    assert set(megadev.__all__) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_a_public_name_is_importable_and_documented(name: str) -> None:
    assert getattr(megadev, name).__doc__
    assert name in dir(megadev)


def test_a_misspelled_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Devnets"):
        _ = megadev.Devnets


@pytest.mark.parametrize(
    "statement",
    [
        "import megadev",
        "import megadev.testing.plugin",
        "from megadev.cli.main import run; run(['--help'])",
        "from megadev.cli.main import run; run(['up', '--help'])",
    ],
)
def test_a_run_loads_no_heavy_modules(statement: str) -> None:
    """No EVM, no web3, no server: pytest loads the plugin in every project, and help should answer at once."""
    heavy = ("eth", "web3", "eth_account", "uvicorn", "rich", "pydantic", "asyncio")
    code = f"{statement}\nimport sys; print('\\n' + ' '.join(m for m in {heavy!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == []


def test_the_version_is_the_distribution_s() -> None:
    import tomllib

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["version"] == megadev.__version__


def test_pytest_finds_the_plugin_where_megadev_is_installed() -> None:
    found = [point.value for point in entry_points(group="pytest11") if point.name == "megadev"]
    if not found:
        pytest.skip("megadev runs from its source folder here; it is not installed")
    assert found == ["megadev.testing.plugin"]
