"""``megadev challenge``: doubt a claim about L2 that is on L1."""

from __future__ import annotations

import click

from megadev.cli.bridging import sender_option
from megadev.cli.client import call
from megadev.cli.games import shown, who
from megadev.cli.options import Command, rpc_url_option


@click.command(cls=Command, short_help="Challenge a claim on L1.")
@click.argument("index", type=click.IntRange(min=0))
@sender_option
@rpc_url_option
def challenge(index: int, sender: str | None, rpc_url: str) -> None:
    """Challenge the claim that game INDEX makes (see `megadev games list`), with the required bond.
    Unless it is proven within --prove-window, the claim loses.
    """
    click.echo(shown(call(rpc_url, "megadev_challengeGame", [hex(index), who(sender)])))
