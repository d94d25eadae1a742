"""``megadev oracle``: what a running node's oracle contract answers from outside the chain."""

from __future__ import annotations

import json
from typing import Any

import click

from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option

PREFIX = "megadev_oracle_"


@click.group(short_help="Set what MegaETH's oracle reads.")
def oracle() -> None:
    """Set what the oracle contract of a running node (0x6342…0001) reads from outside the chain.

    \b
      megadev oracle set 100=0x2a 101=7     reads of these slots see these values
      megadev oracle set 0=1780973018031375 fix the high-precision timestamp, in microseconds
      megadev oracle unset 0                follow the clock again
      megadev oracle hints                  what contracts sent with sendHint

    A value is written into the contract just before the transaction that reads it. Each command prints JSON.
    """


@oracle.command(cls=Command, short_help="Show set and stored values.")
@rpc_url_option
def status(rpc_url: str) -> None:
    """Print the oracle's answer for each slot, and the slot's value on the chain."""
    _ask(rpc_url, "status")


@oracle.command("set", cls=Command, short_help="Set values of slots.")
@click.argument("pairs", metavar="SLOT=VALUE", nargs=-1, required=True)
@rpc_url_option
def set_slots(pairs: tuple[str, ...], rpc_url: str) -> None:
    """Answer reads of SLOT with VALUE from now on; numbers are decimal or 0x hex."""
    values: dict[str, str] = {}
    for pair in pairs:
        slot, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"expected SLOT=VALUE, got {pair!r}")
        values[slot] = value
    _ask(rpc_url, "setSlots", values)


@oracle.command(cls=Command, short_help="Remove set values.")
@click.argument("slots", metavar="SLOT", nargs=-1, required=True)
@rpc_url_option
def unset(slots: tuple[str, ...], rpc_url: str) -> None:
    """Answer reads of SLOT with its value on the chain, and the time from the clock."""
    _ask(rpc_url, "setSlots", dict.fromkeys(slots))


@oracle.command(cls=Command, short_help="List what contracts sent.")
@click.option("--limit", type=int, default=100, show_default=True, metavar="N", help="Maximum number to list.")
@rpc_url_option
def hints(limit: int, rpc_url: str) -> None:
    """Print the hints that contracts sent with sendHint, newest first."""
    _ask(rpc_url, "hints", limit)


def _ask(rpc_url: str, name: str, *params: Any) -> None:
    click.echo(json.dumps(call(rpc_url, PREFIX + name, list(params)), indent=2))
