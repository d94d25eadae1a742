"""``megadev games``: the claims about L2 on L1, as the games they are, and what settles them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import click

from megadev.cli.bridging import sender_option
from megadev.cli.client import call
from megadev.cli.options import Command, read_address, rpc_url_option


@click.group(short_help="Show and settle the claims about L2 on L1.", context_settings={
    "help_option_names": ["-h", "--help"]
})  # fmt: skip
def games() -> None:
    """Show the claims about L2 on L1, and settle them. A claim is a game: it wins once its window has passed,
    unless it is challenged (`megadev challenge`) and not proven in time.

    \b
      megadev games list
      megadev games resolve 0
      megadev games blacklist 0                                        as the guardian
    """


@games.command("list", cls=Command, short_help="List every game with its status.")
@click.option("--json", "as_json", is_flag=True, help="Print all that is known of them as JSON.")
@rpc_url_option
def list_(as_json: bool, rpc_url: str) -> None:
    """List every game, oldest first, with its claim, status and next step."""
    found = call(rpc_url, "megadev_getGames", [])
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    lines = [shown(each) for each in found["games"]]
    click.echo("\n".join(lines) if lines else "Nothing has been claimed yet.")


@games.command(cls=Command, short_help="Resolve a game whose window has passed.")
@click.argument("index", type=click.IntRange(min=0))
@sender_option
@rpc_url_option
def resolve(index: int, sender: str | None, rpc_url: str) -> None:
    """Settle game INDEX, once its outcome is final. Any account may; the proposer settles its own games."""
    click.echo(shown(call(rpc_url, "megadev_resolveGame", [hex(index), who(sender)])))


@games.command(cls=Command, short_help="Claim the bonds of a game.")
@click.argument("index", type=click.IntRange(min=0))
@click.option("--for", "recipient", metavar="ADDRESS", help="Whose credit it is. [default: the sender's]")
@sender_option
@rpc_url_option
def claim(index: int, recipient: str | None, sender: str | None, rpc_url: str) -> None:
    """Pay out the bonds of game INDEX, once it is settled and its finality delay has passed."""
    options = who(sender)
    if recipient is not None:
        read_address("--for", recipient)
        options["recipient"] = recipient
    click.echo(shown(call(rpc_url, "megadev_claimBond", [hex(index), options])))


@games.command(cls=Command, short_help="Blacklist a game (guardian).")
@click.argument("index", type=click.IntRange(min=0))
@rpc_url_option
def blacklist(index: int, rpc_url: str) -> None:
    """As the guardian, blacklist game INDEX: no withdrawal can be proven or finalized with it."""
    click.echo(shown(call(rpc_url, "megadev_blacklistGame", [hex(index)])))


@games.command(cls=Command, short_help="Retire all existing games (guardian).")
@rpc_url_option
def retire(rpc_url: str) -> None:
    """As the guardian, retire all existing games; withdrawals must be proven again with later ones."""
    _show_all(call(rpc_url, "megadev_retireGames", []))


@games.command(cls=Command, short_help="Set the valid type of game (guardian).")
@click.argument("game_type", type=click.IntRange(0, 2**32 - 2))
@rpc_url_option
def respect(game_type: int, rpc_url: str) -> None:
    """As the guardian, make the portal respect only games of GAME_TYPE, among those made from now on."""
    _show_all(call(rpc_url, "megadev_setRespectedGameType", [hex(game_type)]))


def _show_all(found: dict[str, Any]) -> None:
    click.echo(f"respected game type {int(found['respectedGameType'], 16)}")
    for each in found["games"]:
        click.echo(shown(each))


def who(sender: str | None) -> dict[str, str]:
    """The options of an act of ``sender``. Raises ``ConfigError``."""
    if sender is None:
        return {}
    read_address("--from", sender)
    return {"from": sender}


def shown(game: dict[str, Any]) -> str:
    """A game in two lines."""
    marks = [
        {True: "true", False: "FALSE: L2 holds another root", None: "of a block that is not available"}[game["isTrue"]],
        *(["blacklisted"] if game["isBlacklisted"] else []),
        *(["retired"] if game["isRetired"] else []),
        *([] if game["isRespected"] else ["not of the respected type"]),
        *([f"challenged by {game['challenger']}"] if game["challenger"] else []),
        *([f"proven by {game['prover']}: {game['proof']}"] if game["prover"] else []),
        *(f"{_ether(wei)} ETH for {address}" for address, wei in game["credit"].items()),
    ]
    parent = "the anchor" if game["parentIndex"] is None else f"game {int(game['parentIndex'], 16)}"
    index, block = int(game["index"], 16), int(game["l2BlockNumber"], 16)
    return (
        f"{index}  {game['outputRoot']}  after L2 block {block}, on {parent}\n"
        f"   {game['status']} ({', '.join(marks)}); next: {game['next']}"
    )


def _ether(wei: str) -> str:
    return f"{Decimal(int(wei, 16)).scaleb(-18).normalize():f}"
