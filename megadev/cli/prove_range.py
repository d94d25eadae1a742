"""``megadev prove-range``: have a claim about some of L2's blocks proven on L1, by an attestation."""

from __future__ import annotations

import json

import click

from megadev.cli.bridging import sender_option
from megadev.cli.client import call
from megadev.cli.games import who
from megadev.cli.options import Command, rpc_url_option


@click.command("prove-range", cls=Command, short_help="Prove a claim about a range of blocks on L1.")
@click.argument("first", metavar="FROM", type=click.IntRange(min=0))
@click.argument("last", metavar="TO", type=click.IntRange(min=1))
@click.option("--print", "only_print", is_flag=True, help="Print the attestation as JSON, and send nothing.")
@sender_option
@rpc_url_option
def prove_range(first: int, last: int, only_print: bool, sender: str | None, rpc_url: str) -> None:
    """Have the node's attesters execute the L2 blocks after FROM up to TO again and sign the result, and prove a
    claim about it on L1 with the signatures, which settles the claim at once. If there is no such claim, create it.

    What is sent is a signed re-execution, not a zero-knowledge proof.
    """
    bounds = [hex(first), hex(last)]
    if only_print:
        click.echo(json.dumps(call(rpc_url, "megadev_attestRange", bounds), indent=2))
        return
    found = call(rpc_url, "megadev_proveRange", [*bounds, who(sender)])
    click.echo(
        f"game {int(found['index'], 16)} at {found['game']} is proven: output root "
        f"{found['publicValues']['rootClaim']} after L2 block {last}\n"
        f"signed by {', '.join(found['attesters'])}\n{found['note']}"
    )
