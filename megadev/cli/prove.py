"""``megadev prove``: show L1 that L2 recorded a withdrawal."""

from __future__ import annotations

import click

from megadev.cli.bridging import chains_at, sender_option, url_options
from megadev.cli.bridging import prove as prove_withdrawal
from megadev.cli.options import Command


@click.command(cls=Command, short_help="Prove a withdrawal on L1.")
@click.argument("withdrawal_hash")
@sender_option
@url_options
def prove(withdrawal_hash: str, sender: str | None, rpc_url: str, l1_url: str | None) -> None:
    """Prove the withdrawal WITHDRAWAL_HASH on L1. If no output root covers it yet, one is proposed first."""
    found = prove_withdrawal(chains_at(rpc_url, l1_url), withdrawal_hash, sender)
    ready_in = found["readyIn"]
    click.echo(found["status"] + ("" if ready_in is None else f", for {int(ready_in, 16)} s"))
