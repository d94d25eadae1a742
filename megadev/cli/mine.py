"""``megadev mine``: blocks on a running node, as many as wanted."""

from __future__ import annotations

import click

from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option


@click.command(cls=Command, short_help="Mine blocks on a running node.")
@click.argument("blocks", type=click.IntRange(1), default=1)
@click.option("--interval", type=click.IntRange(1), metavar="SECONDS", help="Seconds between two blocks.")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@rpc_url_option
def mine(blocks: int, interval: int | None, quiet: bool, rpc_url: str) -> None:
    """Mine BLOCKS blocks (default: 1) and print the number of the latest. Use L1's URL to mine on L1.

    \b
      megadev mine 100000
      megadev mine 24 --interval 3600
    """
    apart = [] if interval is None else [hex(interval)]
    call(rpc_url, "anvil_mine", [hex(blocks), *apart])
    if not quiet:
        click.echo(int(call(rpc_url, "eth_blockNumber", []), 16))
