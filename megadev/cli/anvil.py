"""``megadev anvil``: the node for tools that start a program called ``anvil``, with Anvil's flags, banner and log.

``--install-shim`` writes that program: a script that becomes this command, so that signals reach it and its exit code
is the node's.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from megadev.cli.options import Decorated, config_from, idle_options, setting_options
from megadev.cli.output import Output
from megadev.cli.up import UpCommand, run_node
from megadev.config.anvil import HOST_VARIABLE, IDLE, OP_STACK_FORKS, anvil_settings
from megadev.config.settings import ANVIL
from megadev.errors import ConfigError

if TYPE_CHECKING:
    from megadev.cli.terminal.console import StartReport
    from megadev.cli.terminal.failures import FailureLocator
    from megadev.cli.terminal.log import Explain, Lines
    from megadev.devnet import Devnet, Endpoint

PACKAGE = Path(__file__).resolve().parents[1]
SHIM = "anvil"
MARK = "# Written by: megadev anvil --install-shim"
"""How we know our own."""


class AnvilCommand(UpCommand):
    """A command that also accepts ``anvil help``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--help"] if args == ["help"] else args)


def _show_version(ctx: click.Context, param: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        from megadev.cli.terminal.anvil_lines import version_text

        click.echo(version_text())
        ctx.exit()


def _anvil_options(command: Decorated) -> Decorated:
    """The settings, Anvil's other flags, and this command's own."""
    command = idle_options(IDLE)(command)
    command = click.option(
        "-V",
        "--version",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_show_version,
        help="Print which Anvil this stands in for.",
    )(command)
    command = click.option(
        "--install-shim",
        metavar="DIR",
        help="Write a program called anvil to this folder, which becomes megadev anvil, and do nothing else.",
    )(command)
    return setting_options(rows=anvil_settings())(command)


@click.command(cls=AnvilCommand, short_help="Start a node as Anvil, for tools that start one.")
@_anvil_options
def anvil(config_file: str | None, install_shim: str | None, **flags: Any) -> int:
    """Start a node that takes Anvil's flags and prints what Anvil prints: for alloy, prool, ape-foundry and whatever
    else starts a program called anvil. --preset is anvil unless something else is said.

    \b
      megadev anvil --port 0 --block-time 1
      megadev anvil --install-shim ~/bin       and have that folder first on the PATH
    """
    if install_shim is not None:
        return _install(Path(install_shim).expanduser())
    idle = _idle_flags(flags)
    if flags.get("hardfork") is not None and idle.keys() & {"network", "optimism"}:
        flags["hardfork"] = OP_STACK_FORKS.get(str(flags["hardfork"]).lower(), flags["hardfork"])
    if not flags.get("host") and os.environ.get(HOST_VARIABLE):
        flags["host"] = (os.environ[HOST_VARIABLE],)
    config = config_from(flags, config_file, preset=ANVIL)

    class Printed(AnvilOutput):
        notes: ClassVar[Sequence[str]] = _notes(idle)

    return run_node(config, Printed)


def _idle_flags(flags: dict[str, Any]) -> dict[str, str]:
    """Removes from ``flags`` those without an effect and returns their names, as a user types them. Raises
    ``ConfigError``.
    """
    found: dict[str, str] = {}
    for row in IDLE:
        given = flags.pop(row.name)
        if given is None:
            continue
        try:
            row.read(given)
        except ValueError as problem:
            raise ConfigError(f"{row.flags[0]}: {problem}") from None
        found[row.name] = row.flags[0]
    return found


def _notes(idle: dict[str, str]) -> list[str]:
    """One line about all flags that did nothing."""
    if not idle:
        return []
    does = "does" if len(idle) == 1 else "do"
    return [f"Warning: {', '.join(idle.values())} {does} nothing here; megadev anvil --help says why."]


class AnvilOutput(Output):
    """Prints as Anvil does. ``notes`` stand in the banner: on stderr, prool would take them for a failed start."""

    notes: ClassVar[Sequence[str]] = ()
    gather = 0.0
    """Anvil writes a method's name before it answers, and tests look for it right after."""

    def _banner(self, report: StartReport, urls: Sequence[str], addresses: Sequence[str]) -> str:
        from megadev.cli.terminal.anvil_lines import anvil_banner

        return anvil_banner(report, addresses, self.notes, self._paint)

    def _lines(self, devnet: Devnet, endpoint: Endpoint, name: str, explain: Explain, locator: FailureLocator) -> Lines:
        if name:  # what happens beside the chain asked for is told as ever, with the other's name
            return super()._lines(devnet, endpoint, name, explain, locator)
        from megadev.cli.terminal.anvil_lines import AnvilLines

        return AnvilLines(self._paint, explain, console=not self._config.disable_console_log)


def _install(folder: Path) -> int:
    """Write the program. Raises ``ConfigError`` where there is another one."""
    shim = folder / SHIM
    try:
        if shim.is_symlink() or (shim.exists() and MARK not in shim.read_text(encoding="utf-8", errors="replace")):
            raise ConfigError(
                f"--install-shim: {shim} exists already and was not written by megadev: remove it, or choose "
                "another folder"
            )
        folder.mkdir(parents=True, exist_ok=True)
        new = shim.with_name(f".{SHIM}.new")
        new.write_text(shim_text(), encoding="utf-8")
        new.chmod(0o755)
        new.replace(shim)
    except OSError as problem:
        raise ConfigError(f"--install-shim: {problem.filename or shim}: {problem.strerror or problem}") from None
    click.echo(f"{shim.absolute()} is megadev anvil now")
    first = shlex.quote(str(folder.absolute()))
    if str(folder.absolute()) not in os.environ.get("PATH", "").split(os.pathsep):
        click.echo(f'to have tools find it: export PATH={first}:"$PATH"')
    return 0


def shim_text(imports: Callable[[Sequence[str]], bool] | None = None) -> str:
    """The program: this Python, which needs no PATH, and this megadev. ``imports``: whether a Python that was started
    so finds this megadev by itself."""
    python = [sys.executable, "-P"]  # what stands in the working directory is nobody's module
    found = (_imports_this if imports is None else imports)(python)
    path = (
        ""
        if found
        else f"PYTHONPATH={shlex.quote(str(PACKAGE.parent))}${{PYTHONPATH:+:$PYTHONPATH}} && export PYTHONPATH\n"
    )
    return f'#!/bin/sh\n{MARK}\n{path}exec {_quoted(python)} -m megadev anvil "$@"\n'


def _quoted(words: Iterable[str]) -> str:
    return " ".join(map(shlex.quote, words))


def _imports_this(python: Sequence[str]) -> bool:
    """True if ``python`` finds this megadev without being told where it is."""
    asked = [*python, "-c", "import megadev; print(megadev.__path__[0])"]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    answer = subprocess.run(asked, capture_output=True, text=True, env=clean, cwd="/", check=False)
    return answer.stdout.strip() == str(PACKAGE)
