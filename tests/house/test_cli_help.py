"""The help texts, as golden files: a flag cannot change unseen."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from megadev.cli.main import COMMANDS, cli
from tests.house.golden import check_golden

FOLDER = Path(__file__).parent / "cli_help"


def help_of(command: str) -> str:
    """What ``megadev [command] --help`` prints on a terminal of 100 columns."""
    arguments = ["--help"] if command == "megadev" else [command, "--help"]
    done = CliRunner().invoke(cli, arguments, prog_name="megadev", terminal_width=100)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("command", ["megadev", *COMMANDS])
def test_help_is_as_reviewed(command: str) -> None:
    check_golden(FOLDER / f"{command}.txt", help_of(command))


def test_no_help_file_is_left_for_a_removed_command() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} <= {"megadev", *COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    found = cli.get_command(None, command)  # type: ignore[arg-type]
    assert found is not None and found.help
    assert not [param.name for param in found.params if isinstance(param, click.Option) and not param.help]
