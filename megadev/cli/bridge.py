"""``megadev bridge``: what is on its way between the chains of a running node."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import click

from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option


@click.group(short_help="Show messages between a running node's chains.", context_settings={
    "help_option_names": ["-h", "--help"]
})  # fmt: skip
def bridge() -> None:
    """Show the messages between L1 and L2 of a running node."""


@bridge.command(cls=Command, short_help="List every message with its state, its age and the next step.")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known of them as JSON.")
@rpc_url_option
def status(as_json: bool, rpc_url: str) -> None:
    """List every deposit and withdrawal, oldest first, with its status, age and next step."""
    found = call(rpc_url, "megadev_getBridgeStatus", [])
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    lines = [
        *(_line("L1 → L2", each["mint"], each["l2TransactionHash"], each) for each in found["deposits"]),
        *(_line("L2 → L1", each["value"], each["withdrawalHash"], each) for each in found["withdrawals"]),
    ]
    click.echo("\n".join(lines) if lines else "Nothing has crossed between the chains yet.")


def _line(way: str, wei: str, name: str, message: dict[str, Any]) -> str:
    amount = f"{Decimal(int(wei, 16)).scaleb(-18).normalize():f} ETH"
    ready_in = message.get("readyIn")
    left = "" if ready_in is None else f" ({int(ready_in, 16)} s left)"
    status = f"{message['status']}{left}, {_age(int(message['age'], 16))} old"
    return f"{way}  {name}  {amount}\n         {status}; next: {message['next'].replace('HASH', name)}"


def _age(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
