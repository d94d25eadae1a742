"""``megadev reload``: what hot reload would do, doing it, and taking it back; what is deployed."""

from __future__ import annotations

import click

from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option


@click.group(short_help="Plan, apply or undo hot reloads.")
def reload() -> None:
    """Hot reload on a node that was started with `megadev up --watch`.

    \b
      megadev reload plan             what a reload would do, contract by contract
      megadev reload apply            do it (with --reload ask)
      megadev reload apply --force    reload even if storage layouts conflict
      megadev reload undo             back to just before the latest reload
      megadev reload list             what is deployed
      megadev reload track 0x… NAME   name a contract that its code does not identify
    """


@reload.command(cls=Command, short_help="Show what a reload would do.")
@rpc_url_option
def plan(rpc_url: str) -> int:
    """Print the reload that would be done now. Exit code 1: it would be refused."""
    answer = call(rpc_url, "megadev_reloadPlan", [])
    click.echo(answer["text"])
    return 1 if answer["refused"] else 0


@reload.command(cls=Command, short_help="Reload now.")
@click.option("--force", is_flag=True, help="Replace code even if its storage layout differs.")
@rpc_url_option
def apply(force: bool, rpc_url: str) -> None:
    """Reload the saved changes now."""
    answer = call(rpc_url, "megadev_reloadApply", [force])
    click.echo(answer["text"])
    if answer["number"] is not None:
        click.echo(f"reload {answer['number']} done; undo it with `megadev reload undo`")


@reload.command(cls=Command, short_help="Revert the latest reload.")
@rpc_url_option
def undo(rpc_url: str) -> None:
    """Take the chains back to just before the latest reload, with every block since. The contracts keep their old code
    until their sources are saved again."""
    click.echo(call(rpc_url, "megadev_reloadUndo", [])["text"])


@reload.command(cls=Command, short_help="Name the contract at an address.")
@click.argument("address")
@click.argument("contract")
@rpc_url_option
def track(address: str, contract: str, rpc_url: str) -> None:
    """Let what stands at ADDRESS follow the source of CONTRACT (a name, or path:name), though its code was compiled
    otherwise. On L1 with --rpc-url naming that."""
    answer = call(rpc_url, "megadev_trackContract", [address, contract])
    known = (
        "which its code confirms"
        if answer["codeMatches"]
        else "which its code does not confirm: megadev assumes that its storage layout matches"
    )
    click.echo(f"{answer['address']} is {answer['contract']}, {known}")


@reload.command("list", cls=Command, short_help="List deployed contracts.")
@rpc_url_option
def list_(rpc_url: str) -> None:
    """List the project's contracts on the chain, with what deployment filled in."""
    for each in call(rpc_url, "megadev_listDeployments", []):
        behind = f" behind {', '.join(each['proxies'])}" if each["proxies"] else ""
        on = "" if each["chain"] == "l2" else f" on {each['chain'].upper()}"
        older = "" if each["isLatest"] else "  (older version)"
        click.echo(f"{each['address']}{on}  {each['contract']}{behind}{older}")
        for name, value in (*each["immutables"].items(), *each["libraries"].items()):
            click.echo(f"    {name} = {value}")
