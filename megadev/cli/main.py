"""The ``megadev`` command: which commands there are, and how errors reach a user.

Exit codes: 0 done or stopped by the user, 1 it did not work, 2 it was asked for wrongly.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from megadev import __version__
from megadev.errors import ConfigError, MegadevError

COMMANDS: dict[str, str] = {
    "up": "Start a node.",
    "accounts": "Show the funded accounts and their keys.",
    "rpc": "Ask a running node one JSON-RPC question.",
    "bench": "Measure a node, alone or against others.",
}
"""Each command, which lives in the module and the function of its name, and what help says of it."""

DEBUG_VARIABLE = "MEGADEV_DEBUG"
"""When set to something other than 0, errors show their trace."""
ISSUES_URL = "https://github.com/megadev/megadev/issues"


class LazyGroup(click.Group):
    """Loads a command's module when that command is called, not for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"megadev.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="megadev %(version)s")
def cli() -> None:
    """A local MegaETH-like devnet in one Python process."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit. No traceback reaches a user unless MEGADEV_DEBUG is set."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        outcome = cli.main(args=arguments, prog_name="megadev", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except ConfigError as error:
        return _fail(error, 2)
    except MegadevError as error:
        return _fail(error, 1)
    except BrokenPipeError:
        # Whoever read our output has gone (`megadev rpc … | head`); keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _fail(error, 1, unexpected=True)
    return outcome if isinstance(outcome, int) else 0


def _fail(error: Exception, code: int, *, unexpected: bool = False) -> int:
    """Say on stderr what went wrong."""
    debugging = os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0")
    if debugging:
        traceback.print_exception(error)
    if unexpected:
        remedy = "" if debugging else f"; run it again with {DEBUG_VARIABLE}=1 and"
        click.echo(f"error: unexpected {type(error).__name__}: {error}{remedy} report it at {ISSUES_URL}", err=True)
    else:
        click.echo(f"error: {error}", err=True)
    return code
