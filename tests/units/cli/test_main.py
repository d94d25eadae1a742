"""The command line's manners: lazy commands, exit codes, and no traceback for anybody who did not ask for one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

import megadev
from megadev.cli import main as command_line
from megadev.cli.main import COMMANDS, cli, run
from megadev.cli.options import config_from
from megadev.cli.up import up
from megadev.errors import ConfigError, MegadevError

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make every command raise."""

    def make(error: BaseException) -> None:
        def fail(self: object, context: object, name: str) -> click.Command:
            raise error

        monkeypatch.setattr(command_line.LazyGroup, "get_command", fail)

    return make


def test_version() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output == f"megadev {megadev.__version__}\n"


def test_python_dash_m_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "megadev", "--version"], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, f"megadev {megadev.__version__}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_commands_help_matches_the_overview(command: str) -> None:
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    assert found.get_short_help_str() == COMMANDS[command]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("--port: no"), 2, "error: --port: no\n"),
        (MegadevError("it did not work"), 1, "error: it did not work\n"),
        (KeyboardInterrupt(), 130, ""),
        (click.UsageError("what?"), 2, "what?"),
        (
            ZeroDivisionError("a\nb"),
            1,
            "error: unexpected ZeroDivisionError: a b; please report it with the traceback that MEGADEV_DEBUG=1",
        ),
    ],
)
def test_an_error_has_its_exit_code_and_one_line(
    error: BaseException,
    code: int,
    said: str,
    failing: Callable[[BaseException], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing(error)
    assert run(["up"]) == code
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told


def test_a_traceback_is_shown_on_request(
    failing: Callable[[BaseException], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEGADEV_DEBUG", "1")
    failing(ZeroDivisionError("x"))
    assert run(["up"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--prot", "1"], "--port"),
        (["up", "--port", "x"], "--port: must be a whole number, not 'x'"),
        (["up", "--no-mining", "--block-time", "1"], "exclude each other"),
        (["up", "--config", "/nonexistent.toml"], "/nonexistent.toml: No such file"),
        (["upp"], "upp"),
        (["accounts", "--mnemonic", "not a phrase"], "mnemonic"),
        (["accounts", "--derivation-path", "m/x"], "derivation path"),
    ],
)
def test_an_invalid_command_line_is_refused_before_loading_modules(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert said in capsys.readouterr().err


def test_the_default_accounts_are_the_well_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["accounts"]) == 0
    printed = capsys.readouterr().out
    assert "(9) 0xa0Ee7A142d267C1f36714E4a8F75612F20a79720 (10000.000000000000000000 ETH)" in printed
    assert "(9) 0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6" in printed


def test_accounts_read_the_settings_file_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "megadev.toml").write_text("accounts = 1\nbalance = 2.5\nport = 1\n")
    monkeypatch.chdir(tmp_path)
    assert run(["accounts"]) == 0
    printed = capsys.readouterr().out
    assert "(0) 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 (2.500000000000000000 ETH)" in printed
    assert "(1)" not in printed


@pytest.mark.parametrize(
    ("typed", "watched"),
    [
        (("--watch",), (".",)),
        (("--watch", "--port", "0"), (".",)),
        (("--watch", "src"), ("src",)),
        (("--watch", "src", "vy", "--port", "0"), ("src", "vy")),
        (("--watch", "src", "--watch", "vy"), ("src", "vy")),
        (("--watch=src", "vy", "lib"), ("src", "vy", "lib")),
        (("--watch", "src,vy", "lib"), ("src", "vy", "lib")),
    ],
)
def test_several_places_to_watch_are_named_as_people_type_them(
    typed: tuple[str, ...], watched: tuple[str, ...]
) -> None:
    flags = up.make_context("up", list(typed)).params
    assert config_from(flags, flags.pop("config_file")).watch == watched


@pytest.mark.parametrize("typed", [("src",), ("--watch", "src", "--port", "0", "vy")])
def test_a_word_that_belongs_to_no_flag_is_refused(typed: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError, match=f"unexpected extra argument \\({typed[-1]}\\)"):
        up.make_context("up", list(typed))


def test_a_mistyped_command_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.run(["deposti"]) == 2
    assert "No such command 'deposti'. Did you mean deposit?" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_MEGADEV_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["depo"], {"deposit"}),
        (["up", "--pres"], {"--preset", "--preserve-historical-states"}),
        (["up", "--preset", "m"], {"megaeth"}),
        (["docs", "--pl"], {"--plain"}),
    ],
)
def test_completion_offers_commands_options_and_values(typed: list[str], offered: set[str]) -> None:
    complete = ShellComplete(command_line.cli, {}, "megadev", "_MEGADEV_COMPLETE")
    found = {item.value for item in complete.get_completions(typed[:-1], typed[-1])}
    assert found >= offered and all(value.startswith(typed[-1]) for value in found)
