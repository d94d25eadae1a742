"""The ``megadev`` command: which commands there are, and how errors reach a user.

Exit codes: 0 done or stopped by the user, 1 it did not work, 2 it was asked for wrongly.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from megadev import __version__
from megadev.errors import ConfigError, MegadevError
from megadev.primitives.suggestions import did_you_mean

COMMANDS: dict[str, str] = {
    "up": "Start a node.",
    "anvil": "Start a node as Anvil, for tools that start one.",
    "init": "Start a project from a template.",
    "trust": "Trust a directory's settings file.",
    "exec": "Run a command with its own node.",
    "wait": "Wait until a node is ready.",
    "chain": "Describe a running node's chains for client libraries.",
    "accounts": "Show the funded accounts and their keys.",
    "fund": "Fund an account of a running node with ether or tokens.",
    "time": "Move a running node's time.",
    "mine": "Mine blocks on a running node.",
    "deposit": "Deposit ether from L1 to L2 of a running node.",
    "withdraw": "Start a withdrawal from L2 to L1 of a running node.",
    "prove": "Prove a withdrawal on L1.",
    "finalize": "Finalize a proven withdrawal on L1.",
    "bridge": "Show messages between a running node's chains.",
    "propose": "Claim an output root on L1.",
    "challenge": "Challenge a claim on L1.",
    "prove-range": "Prove a claim about a range of blocks on L1.",
    "games": "Show and settle the claims about L2 on L1.",
    "rpc": "Send one JSON-RPC request to a running node.",
    "preconf": "Verify a signed preconfirmation.",
    "sequencer": "Control or break a running node's sequencer.",
    "fault": "Make a running node misbehave.",
    "demo": "Show what the rollup guarantees.",
    "gas": "Show the gas of a transaction or a test.",
    "parallel": "Show which transactions could have run in parallel.",
    "batches": "List what a running node has posted to L1.",
    "replica": "Keep a copy of a sequencer's chain, and serve reads from it.",
    "attest": "Attest: derive L2 from L1 alone, and sign the claims that are right.",
    "verify": "Check a rollup: derive L2 from L1 alone, and compare.",
    "da": "Run a store for batch data beside L1.",
    "oracle": "Set what MegaETH's oracle reads.",
    "trace": "Show what a transaction did, and where it failed.",
    "preinstalls": "Fetch well-known contracts from a network.",
    "fork": "Record what a fork reads, to run it offline.",
    "reload": "Plan, apply or undo hot reloads.",
    "explorer": "Serve the explorer for a running node.",
    "docs": "Read the documentation.",
    "completion": "Print a completion script for a shell.",
    "load": "Send many transactions to a running node.",
    "bench": "Benchmark a node, alone or against others.",
}
"""Each command, which lives in the module and the function of its name (with _ for -), and what help says of it."""
_ELSEWHERE = {"bench": "megadev.bench.command", "load": "megadev.bench.load.command"}
"""The modules of commands that have a package of their own."""

_STARTING = ("up", "anvil")
"""Those that start a node in this process, and let the garbage collector work once it runs: nearly all that is made
until then stays, and looking for rubbish in it takes a tenth of the time.
"""

DEBUG_VARIABLE = "MEGADEV_DEBUG"
"""When set to something other than 0, errors show their trace."""
INTERRUPTED = 130
"""The exit code of what was asked to end before it was done, as shells have it for Ctrl-C."""


class LazyGroup(click.Group):
    """Loads a command's module when that command is called, not for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(_ELSEWHERE.get(name, f"megadev.cli.{name}")), name)
        if name not in _STARTING:
            gc.enable()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"No such command {args[0]!r}{did_you_mean(args[0], COMMANDS) or '.'}", ctx)
        return super().resolve_command(ctx, args)

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
    gc.disable()
    try:
        outcome = cli.main(args=arguments, prog_name="megadev", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except ConfigError as error:
        report(error)
        return 2
    except MegadevError as error:
        report(error)
        return 1
    except Exception as error:
        report_unexpected(error)
        return 1
    finally:
        gc.enable()
    return outcome if isinstance(outcome, int) else 0


def report(error: MegadevError) -> None:
    """Say on stderr what went wrong; with MEGADEV_DEBUG also where."""
    if _debugging():
        traceback.print_exception(error)
    click.echo(f"error: {error}", err=True)


def report_unexpected(error: BaseException, where: str = "") -> None:
    """Say on stderr that megadev itself failed, and what to do about it."""
    if _debugging():
        traceback.print_exception(error)
    what = " ".join(str(error).split())
    happened = f"unexpected {type(error).__name__}{where and f' {where}'}{what and f': {what}'}"
    trace = "" if _debugging() else f" with the traceback that {DEBUG_VARIABLE}=1 prints"
    click.echo(f"error: {happened}; please report it{trace}", err=True)


def _debugging() -> bool:
    return os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0")
