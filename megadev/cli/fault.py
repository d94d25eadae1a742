"""``megadev fault``: the table of faults (``node/faults``) of a running node, from a shell."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option
from megadev.node.faults import FAULTS


class _FaultCommand(Command):
    """A command whose help has the table."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        of: dict[str, list[tuple[str, str]]] = {}
        for row in FAULTS.values():
            of.setdefault(row.of, []).append((f"{row.name} {row.takes}".rstrip(), row.does))
        for name, rows in of.items():
            with formatter.section(f"Faults of the {name}"):
                formatter.write_dl(rows)


def _names(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=row.does) for name, row in FAULTS.items() if name.startswith(typed)]


@click.command(cls=_FaultCommand, short_help="Make a running node misbehave.")
@click.argument("name", required=False, shell_complete=_names)
@click.argument("arguments", metavar="[ARGUMENTS]...", nargs=-1)
@click.option("--clear", is_flag=True, help="Clear the named fault, or all active ones.")
@click.option("--all", "shows_all", is_flag=True, help="List all faults and what clients see.")
@rpc_url_option
def fault(name: str | None, arguments: tuple[str, ...], clear: bool, shows_all: bool, rpc_url: str) -> None:
    """Have a running node's sequencer, batcher, proposer, DA store or replicas misbehave; without a NAME,
    list the active faults.

    \b
      megadev fault censor 0x7099…             never include transactions from or to an address
      megadev fault bad-batch future-epoch     post batches that derivation drops
      megadev fault                            list the active faults
      megadev fault censor --clear             clear one fault
      megadev fault --clear                    clear all faults
    """
    if clear and arguments:
        raise click.UsageError("--clear takes the name of a fault, without its arguments.")
    if clear:
        found = call(rpc_url, "megadev_fault_clear", [] if name is None else [name])
    elif name is not None:
        found = call(rpc_url, "megadev_fault_set", [name, list(arguments)])
    else:
        rows = call(rpc_url, "megadev_fault_list", [])
        if shows_all:
            click.echo("\n\n".join(map(_described, rows)))
            return
        found = [row for row in rows if row["on"]]
    click.echo("\n".join(map(_line, found)) if found else "no faults are on")


def _line(row: dict[str, Any]) -> str:
    return " ".join((row["name"], *row["arguments"]))


def _described(row: dict[str, Any]) -> str:
    head = f"{row['name']} {row['takes']}".rstrip() + (" (on)" if row["on"] else "")
    return f"{head}\n  {row['of']}: {row['does']}\n  clients see: {row['seen']}"
