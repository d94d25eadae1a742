"""``megadev propose``: claim on L1 what L2's output root is, as the proposer or as anybody."""

from __future__ import annotations

import re

import click

from megadev.cli.client import call
from megadev.cli.options import Command, read_address, rpc_url_option
from megadev.errors import ConfigError


@click.command(cls=Command, short_help="Claim an output root on L1.")
@click.option("--as", "claimant", metavar="ACCOUNT", help="Account that claims. [default: the node's proposer]")
@click.option("--block", type=int, metavar="N", help="The L2 block the claim is about. [default: the newest]")
@click.option("--root", metavar="ROOT", help="The output root to claim, right or wrong. [default: L2's]")
@click.option("--parent", type=int, metavar="INDEX", help="The game it builds on. [default: the anchor]")
@rpc_url_option
def propose(claimant: str | None, block: int | None, root: str | None, parent: int | None, rpc_url: str) -> None:
    """Claim L2's output root on L1 with the required bond, and print the game. Anyone can: a withdrawal can be proven
    with the game, and finalized once the game is settled.

    \b
      megadev propose --as 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
      megadev propose --block 5 --root 0x00…                           a wrong claim, to be challenged
    """
    options: dict[str, str] = {}
    if claimant is not None:
        read_address("--as", claimant)
        options["from"] = claimant
    if block is not None:
        options["blockNumber"] = _quantity("--block", block)
    if root is not None:
        if not re.fullmatch("0x[0-9a-fA-F]{64}", root):
            raise ConfigError(f"--root: expected 0x and 64 hex digits, not {root!r}")
        options["outputRoot"] = root
    if parent is not None:
        options["parentIndex"] = _quantity("--parent", parent)
    found = call(rpc_url, "megadev_proposeOutput", [options] if options else [])
    if found is None:
        click.echo("L1 takes no claim about L2's newest block: it has one, or L2 has no block to claim yet")
        return
    number = int(found["l2BlockNumber"], 16)
    where = "waits for an L1 block" if found["game"] is None else f"game {int(found['index'], 16)} at {found['game']}"
    click.echo(f"{where}: output root {found['outputRoot']} after L2 block {number}")


def _quantity(name: str, number: int) -> str:
    if number < 0:
        raise ConfigError(f"{name}: must not be negative, got {number}")
    return hex(number)
