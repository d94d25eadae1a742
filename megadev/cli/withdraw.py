"""``megadev withdraw``: ether from L2 to L1 through the message passer, to its end where asked."""

from __future__ import annotations

import click

from megadev.cli.bridging import chains_at, check_address, ether, finalize, prove, sender_option, url_options
from megadev.cli.client import call
from megadev.cli.options import Command
from megadev.primitives.abi import encode_call
from megadev.rollup.predeploys import MESSAGE_PASSER
from megadev.rollup.withdrawals import PASSED_TOPIC


@click.command(cls=Command, short_help="Start bringing ether from L2 to L1 of a running node.")
@click.argument("amount")
@click.option("--to", metavar="ADDRESS", help="Who gets it on L1. [default: the sender]")
@click.option("--wait", "waits", is_flag=True, help="Prove and finalize it too, waiting for its windows.")
@click.option("--skip-window", is_flag=True, help="Prove and finalize it too, with the windows' time passing at once.")
@sender_option
@url_options
def withdraw(
    amount: str, to: str | None, waits: bool, skip_window: bool, sender: str | None, rpc_url: str, l1_url: str | None
) -> None:
    """Withdraw AMOUNT ETH from L2 and print the withdrawal's hash, by which it is proven and finalized on L1.

    \b
      megadev withdraw 1               then megadev prove HASH, and later megadev finalize HASH
      megadev withdraw 1 --wait        all of it
    """
    check_address("--to", to)
    wei = ether("AMOUNT", amount)
    chains = chains_at(rpc_url, l1_url)
    who = sender if sender is not None else call(chains.l2, "eth_accounts", [])[0]
    target = bytes.fromhex((who if to is None else to)[2:])
    encoded = encode_call("initiateWithdrawal(address,uint256,bytes)", target, 100_000, b"")
    passer = "0x" + MESSAGE_PASSER.hex()
    receipt = chains.send(chains.l2, who, passer, "0x" + encoded.hex(), wei)
    log = next(log for log in receipt["logs"] if log["topics"][0] == "0x" + PASSED_TOPIC.hex())
    withdrawal_hash = "0x" + log["data"][2:][3 * 64 : 4 * 64]  # value, gas limit, where the data is, the hash
    click.echo(withdrawal_hash)
    if waits or skip_window:
        prove(chains, withdrawal_hash, who)
        click.echo(finalize(chains, withdrawal_hash, who, skip_window=skip_window, waits=waits)["status"])
