"""``megadev finalize``: have L1 make the call that a withdrawal asks for."""

from __future__ import annotations

import click

from megadev.cli.bridging import chains_at, sender_option, url_options
from megadev.cli.bridging import finalize as finalize_withdrawal
from megadev.cli.options import Command


@click.command(cls=Command, short_help="Finalize a proven withdrawal on L1.")
@click.argument("withdrawal_hash")
@click.option("--wait", "waits", is_flag=True, help="Wait until its windows have passed.")
@click.option("--skip-window", is_flag=True, help="Move time past its windows, on both chains.")
@sender_option
@url_options
def finalize(
    withdrawal_hash: str, waits: bool, skip_window: bool, sender: str | None, rpc_url: str, l1_url: str | None
) -> None:
    """Finalize the proven withdrawal WITHDRAWAL_HASH and print its status."""
    chains = chains_at(rpc_url, l1_url)
    found = finalize_withdrawal(chains, withdrawal_hash, sender, skip_window=skip_window, waits=waits)
    click.echo(found["status"])
