"""``megadev deposit``: ether from L1 to L2, and a call with it, through the portal."""

from __future__ import annotations

import re

import click

from megadev.cli.bridging import chains_at, ether, sender_option, url_options, wait_for
from megadev.cli.client import call
from megadev.cli.options import Command, read_address
from megadev.errors import ConfigError
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.testing.bridge import DEPOSIT_SIGNATURE, deposit_hash


@click.command(cls=Command, short_help="Deposit ether from L1 to L2 of a running node.")
@click.argument("amount")
@click.option("--to", metavar="ADDRESS", help="Receiver, or called contract, on L2. [default: the sender]")
@click.option("--data", default="0x", metavar="HEX", help="Calldata of the call on L2.")
@click.option("--gas", type=click.IntRange(21_000), default=200_000, show_default=True, help="Gas of the call on L2.")
@sender_option
@url_options
def deposit(
    amount: str, to: str | None, data: str, gas: int, sender: str | None, rpc_url: str, l1_url: str | None
) -> None:
    """Deposit AMOUNT ETH on L1, wait until it arrives on L2, and print both transactions.

    \b
      megadev deposit 1.5
      megadev deposit 0 --to 0x5FbDB2315678afecb367f032d93F642f64180aa3 --data 0xd09de08a
    """
    if not re.fullmatch(r"0x([0-9a-fA-F]{2})*", data):
        raise ConfigError(f"--data: must be 0x and pairs of hex digits, not {data!r}")
    if to is not None:
        read_address("--to", to)
    wei = ether("AMOUNT", amount)
    chains = chains_at(rpc_url, l1_url)
    who = sender if sender is not None else call(chains.l1, "eth_accounts", [])[0]
    target = bytes.fromhex((who if to is None else to)[2:])
    encoded = encode_call(DEPOSIT_SIGNATURE, target, wei, gas, False, bytes.fromhex(data[2:]))
    receipt = chains.send(chains.l1, who, chains.portal, to_data(encoded), wei)
    tx_hash = deposit_hash(receipt, chains.portal)
    click.echo(f"L1  {receipt['transactionHash']}  block {int(receipt['blockNumber'], 16)}")
    arrived = wait_for(lambda: call(chains.l2, "eth_getTransactionReceipt", [tx_hash]), f"deposit {tx_hash}")
    outcome = "" if arrived["status"] == "0x1" else "  the call failed; what was minted is with its sender"
    click.echo(f"L2  {tx_hash}  block {int(arrived['blockNumber'], 16)}{outcome}")
