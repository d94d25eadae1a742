"""``megadev withdraw``: ether from L2 to L1 through the message passer, to its end where asked."""

from __future__ import annotations

import click

from megadev.cli.bridging import chains_at, ether, finalize, prove, sender_option, url_options
from megadev.cli.client import call
from megadev.cli.options import Command, read_address
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.rollup.predeploys import MESSAGE_PASSER
from megadev.testing.bridge import WITHDRAW_SIGNATURE, withdrawal_hash


@click.command(cls=Command, short_help="Start a withdrawal from L2 to L1 of a running node.")
@click.argument("amount")
@click.option("--to", metavar="ADDRESS", help="Receiver on L1. [default: the sender]")
@click.option("--wait", "waits", is_flag=True, help="Also prove and finalize it, waiting for its windows.")
@click.option("--skip-window", is_flag=True, help="Also prove and finalize it, moving time past its windows.")
@sender_option
@url_options
def withdraw(
    amount: str, to: str | None, waits: bool, skip_window: bool, sender: str | None, rpc_url: str, l1_url: str | None
) -> None:
    """Withdraw AMOUNT ETH from L2 and print the withdrawal's hash, which prove and finalize take.

    \b
      megadev withdraw 1               then megadev prove HASH, and later megadev finalize HASH
      megadev withdraw 1 --wait        do all steps
    """
    if to is not None:
        read_address("--to", to)
    wei = ether("AMOUNT", amount)
    chains = chains_at(rpc_url, l1_url)
    who = sender if sender is not None else call(chains.l2, "eth_accounts", [])[0]
    target = bytes.fromhex((who if to is None else to)[2:])
    encoded = encode_call(WITHDRAW_SIGNATURE, target, 100_000, b"")
    passer = to_data(MESSAGE_PASSER)
    receipt = chains.send(chains.l2, who, passer, to_data(encoded), wei)
    sent = withdrawal_hash(receipt)
    click.echo(sent)
    if waits or skip_window:
        prove(chains, sent, who)
        click.echo(finalize(chains, sent, who, skip_window=skip_window, waits=waits)["status"])
