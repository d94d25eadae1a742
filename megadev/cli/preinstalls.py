"""``megadev preinstalls``: fetch the code of well-known contracts from a network, for ``megadev up --preinstalls``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from megadev.chain.preinstalls import PREINSTALLS
from megadev.cli.client import call
from megadev.cli.options import Command, read_address
from megadev.cli.terminal.console import counted
from megadev.errors import ConfigError, MegadevError
from megadev.primitives.hexcodec import checksum_address


class NothingFetched(MegadevError):
    """None of the contracts has code on that network."""


@click.group(short_help="Fetch well-known contracts from a network.")
def preinstalls() -> None:
    """Fetch the code of Permit2, CreateX, EntryPoint, Safe and others from a network, and start chains with it.

    megadev up --preinstalls FILE adds the fetched contracts to the genesis of both chains.
    """


@preinstalls.command("list", cls=Command, short_help="List the known contracts.")
def list_() -> None:
    """List the contracts that fetch knows, with their addresses."""
    for name, address in PREINSTALLS.items():
        click.echo(f"{name:36}{checksum_address(address)}")


@preinstalls.command(cls=Command, short_help="Write code to a file.")
@click.option("--rpc-url", required=True, metavar="URL", help="A node of the network to fetch from.")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--address", "more", multiple=True, metavar="ADDRESS", help="Fetch this contract as well.")
def fetch(rpc_url: str, output: Path, more: tuple[str, ...]) -> None:
    """Fetch the code of all contracts that list shows, at the network's latest block, and write it to a file.

    Only code is fetched, no storage. A contract that the network does not have is left out.

    \b
      megadev preinstalls fetch --rpc-url https://rpc.example -o preinstalls.json
      megadev up --preinstalls preinstalls.json
    """
    wanted = {address: name for name, address in PREINSTALLS.items()}
    for given in more:
        wanted.setdefault(read_address("--address", given), "")
    alloc, missing = {}, []
    for address, name in wanted.items():
        shown = checksum_address(address)
        code = call(rpc_url, "eth_getCode", [shown, "latest"])
        if code in ("0x", "", None):
            missing.append(name or shown)
        else:
            alloc[shown] = {"name": name, "nonce": "0x1", "balance": "0x0", "code": code}
    if not alloc:
        raise NothingFetched(f"none of the {len(wanted)} contracts has code on {rpc_url}: name another network")
    try:
        output.write_text(json.dumps({"alloc": alloc}, indent=1) + "\n", encoding="utf-8")
    except OSError as problem:
        raise ConfigError(f"{output}: {problem.strerror or problem}") from None
    click.echo(f"{output}: {counted(len(alloc), 'contract')}; use them with megadev up --preinstalls {output}")
    if missing:
        click.echo(f"not on this network: {', '.join(missing)}", err=True)
