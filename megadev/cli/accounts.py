"""``megadev accounts``: the accounts that some settings give, or those of a running node."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from megadev.cli.client import call
from megadev.cli.options import GroupedCommand, config_from, setting_options
from megadev.cli.terminal.console import account_sections, in_ether, paint_for, section, wallet_section
from megadev.config.settings import ACCOUNTS
from megadev.config.settings import SETTINGS as TABLE

SETTINGS = frozenset(row.name for row in TABLE if row.group == ACCOUNTS) - {"fund", "auto_impersonate"}
"""Those that decide which accounts there are, and what each owns."""


@click.command(cls=GroupedCommand, short_help="Show the funded accounts and their keys.")
@setting_options(SETTINGS)
@click.option("--rpc-url", metavar="URL", help="Show the accounts of this running node.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def accounts(config_file: str | None, rpc_url: str | None, as_json: bool, **flags: Any) -> None:
    """Show the accounts that a node with these settings funds, and their private keys.

    With --rpc-url: the accounts of a running node and their balances; a node does not reveal its keys.
    """
    if rpc_url is None:
        _of_settings(flags, config_file, as_json)
    else:
        _of_node(rpc_url, as_json)


def _of_settings(flags: dict[str, Any], config_file: str | None, as_json: bool) -> None:
    from megadev.node.wallet import choose_mnemonic, derive_accounts

    config = config_from(flags, config_file, among=SETTINGS)
    mnemonic = choose_mnemonic(config)
    found = derive_accounts(mnemonic, config)
    if as_json:
        click.echo(json.dumps([{"address": a.address, "privateKey": a.private_key} for a in found], indent=2))
        return
    paint = paint_for(sys.stdout, "auto")
    lines = account_sections(found, config.balance_wei, paint) + wallet_section(mnemonic, config.derivation_path, paint)
    click.echo("\n".join(lines).rstrip())


def _of_node(url: str, as_json: bool) -> None:
    from megadev.primitives.hexcodec import checksum_address

    addresses = [checksum_address(bytes.fromhex(address[2:])) for address in call(url, "eth_accounts", [])]
    balances = [int(call(url, "eth_getBalance", [address, "latest"]), 16) for address in addresses]
    if as_json:
        rows = [
            {"address": address, "balance": str(balance)} for address, balance in zip(addresses, balances, strict=True)
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    paint = paint_for(sys.stdout, "auto")
    lines = [*section("Available Accounts", paint), ""]
    for index, (address, balance) in enumerate(zip(addresses, balances, strict=True)):
        lines.append(f"({index}) {paint(address, fg='green')} ({in_ether(balance)} ETH)")
    click.echo("\n".join(lines))
