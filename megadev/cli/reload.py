"""``megadev reload``: what hot reload would do, doing it, and taking it back."""

from __future__ import annotations

import click

from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option


@click.group(short_help="See, apply or undo what a saved source changes.")
def reload() -> None:
    """Hot reload on a node that was started with `megadev up --watch`.

    \b
      megadev reload plan             what would be done now, contract by contract
      megadev reload apply            do it (with --reload ask)
      megadev reload apply --force    whatever the storage layouts say
      megadev reload undo             back to just before the latest reload
      megadev reload list             what is deployed
    """


@reload.command(cls=Command, short_help="What would be done now.")
@rpc_url_option
def plan(rpc_url: str) -> int:
    """Print what reloading would do now. Exit code 1: it would be refused."""
    answer = call(rpc_url, "megadev_reloadPlan", [])
    click.echo(answer["text"])
    return 1 if answer["refused"] else 0


@reload.command(cls=Command, short_help="Reload now.")
@click.option("--force", is_flag=True, help="Replace code though its storage layout is not that of the old code.")
@rpc_url_option
def apply(force: bool, rpc_url: str) -> None:
    """Reload now what was saved."""
    answer = call(rpc_url, "megadev_reloadApply", [force])
    click.echo(answer["text"])
    if answer["number"] is not None:
        click.echo(f"reload {answer['number']} done; `megadev reload undo` takes it back")


@reload.command(cls=Command, short_help="Go back to before the latest reload.")
@rpc_url_option
def undo(rpc_url: str) -> None:
    """Take the chain back to just before the latest reload, with every block since. The contracts keep their old code
    until their sources are saved again."""
    answer = call(rpc_url, "megadev_reloadUndo", [])
    blocks = f" (blocks taken back: {answer['blocks']})" if answer["blocks"] else ""
    click.echo(f"undid reload {answer['number']}: {', '.join(answer['contracts'])}{blocks}")


@reload.command("list", cls=Command, short_help="What is deployed.")
@rpc_url_option
def list_(rpc_url: str) -> None:
    """List the project's contracts on the chain, with what deployment filled in."""
    for each in call(rpc_url, "megadev_listDeployments", []):
        behind = f" behind {', '.join(each['proxies'])}" if each["proxies"] else ""
        click.echo(f"{each['address']}  {each['contract']}{behind}{'' if each['isLatest'] else '  (older version)'}")
        for name, value in (*each["immutables"].items(), *each["libraries"].items()):
            click.echo(f"    {name} = {value}")
