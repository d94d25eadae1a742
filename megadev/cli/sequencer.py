"""``megadev sequencer``: a running node's sequencer, broken on purpose and mended."""

from __future__ import annotations

import json
from typing import Any

import click

from megadev.cli.bridging import sender_option, wait_for
from megadev.cli.client import call
from megadev.cli.games import who
from megadev.cli.options import Command, rpc_url_option
from megadev.node.faults import FAULTS

PREFIX = "megadev_sequencer_"


@click.group(short_help="Control or break a running node's sequencer.")
def sequencer() -> None:
    """Pause, crash and restart a running node's sequencer, change its key, delay it, or make it break promises.

    \b
      megadev sequencer pause                  transactions are admitted but not executed
      megadev sequencer crash --lose           stop, and lose what is not sealed
      megadev sequencer latency 5ms±2ms        delay answers and notifications
      megadev sequencer fault withhold 0x…     preconfirm, but do not include
      megadev sequencer evidence               promises that were broken
      megadev sequencer evidence --submit      take the sequencer's bond on L1 for them

    Each command prints the sequencer's status afterwards, as JSON.
    """


@sequencer.command(cls=Command, short_help="Show its status and faults.")
@rpc_url_option
def status(rpc_url: str) -> None:
    """Print the sequencer's condition, key, faults and latency."""
    _ask(rpc_url, "status")


@sequencer.command(cls=Command, short_help="Admit transactions without executing them.")
@rpc_url_option
def pause(rpc_url: str) -> None:
    """Pause the sequencer: transactions are accepted but not executed, and no block is sealed."""
    _ask(rpc_url, "pause")


@sequencer.command(cls=Command, short_help="Continue after a pause.")
@rpc_url_option
def resume(rpc_url: str) -> None:
    """Resume the sequencer after a pause."""
    _ask(rpc_url, "resume")


@sequencer.command(cls=Command, short_help="Crash it.")
@click.option("--lose", is_flag=True, help="Lose unsealed and pending transactions; otherwise both survive a restart.")
@click.option(
    "--blocks",
    type=int,
    metavar="N",
    help="With --lose: lose the last N sealed blocks as well. [default: 1 if nothing is unsealed or pending, else 0]",
)
@click.option("--no-reads", is_flag=True, help="Stop the gateway too: reads fail as well.")
@rpc_url_option
def crash(lose: bool, blocks: int | None, no_reads: bool, rpc_url: str) -> None:
    """Crash the sequencer: transactions are refused until `megadev sequencer restart`."""
    if blocks is None:
        blocks = 1 if lose and _holds_only_blocks(rpc_url) else 0
    _ask(rpc_url, "crash", {"survive": not lose, "blocks": blocks, "reads": not no_reads})


def _holds_only_blocks(url: str) -> bool:
    """True if a crash could lose nothing but sealed blocks, and there is one to lose."""
    unsealed, waiting = call(url, "megadev_sequencer_status", [])["unsealed"], call(url, "txpool_status", [])
    held = any(int(count, 16) for count in (unsealed, *waiting.values()))
    return not held and call(url, "eth_blockNumber", []) != "0x0"


@sequencer.command(cls=Command, short_help="Start it again after a crash.")
@rpc_url_option
def restart(rpc_url: str) -> None:
    """Restart the sequencer after a crash; surviving transactions are executed again, in order."""
    _ask(rpc_url, "restart")


@sequencer.command(cls=Command, short_help="Change its key at a block boundary.")
@click.option("--key", metavar="KEY", help="The new private key; a random one unless given.")
@click.option("--block", type=int, metavar="N", help="The first block it signs; the next one unless given.")
@rpc_url_option
def rotate(key: str | None, block: int | None, rpc_url: str) -> None:
    """Make the sequencer sign with another key from a future block on."""
    _ask(rpc_url, "rotateKey", {"key": key, "block": block})


@sequencer.command(cls=Command, short_help="Delay answers.")
@click.argument("time", metavar="TIME[±TIME]")
@click.option("--only", type=click.Choice(["answers", "streams"]), help="Slow down only these.")
@click.option("--seed", type=int, default=0, metavar="N", help="Seed of the jitter.")
@rpc_url_option
def latency(time: str, only: str | None, seed: int, rpc_url: str) -> None:
    """Delay answers to transactions, and notifications, by TIME, like 5ms or 5ms±2ms; 0ms ends it."""
    answer, stream = None if only == "streams" else time, None if only == "answers" else time
    _ask(rpc_url, "setLatency", {"answer": answer, "stream": stream, "seed": seed})


@sequencer.command(cls=Command, short_help="List broken promises, or have them punished.")
@click.option("--submit", is_flag=True, help="Show them to L1's PreconfirmationSlasher, which takes the bond.")
@click.option("--skip-window", is_flag=True, help="With --submit: let the finality delay of a claim pass at once.")
@sender_option
@rpc_url_option
def evidence(submit: bool, skip_window: bool, sender: str | None, rpc_url: str) -> None:
    """Print promises that were broken and the mini-blocks it has signed twice. With --submit, show them to L1, and
    print what became of each: who shows them gets half of the sequencer's bond.

    A promise that L2 did not keep is shown against a claim about L2 that was proven: by a signed re-execution, not a
    zero-knowledge proof. Where there is none, it is made.
    """
    if not submit:
        _ask(rpc_url, "evidence")
        return
    options = {**who(sender), "skipWindow": skip_window}
    found = call(rpc_url, PREFIX + "submitEvidence", [options])

    def settled() -> Any:
        """The answer, once nothing waits for a claim to be final."""
        answer = call(rpc_url, PREFIX + "submitEvidence", [options])
        return None if _waits_for_finality(answer) else answer

    if _waits_for_finality(found):
        found = wait_for(settled, "the end of the claim's finality delay (--skip-window lets it pass at once)")
    click.echo(json.dumps(found, indent=2))


def _waits_for_finality(answer: dict[str, Any]) -> bool:
    return any("is final in" in each["next"] for each in answer["evidence"])


@sequencer.group(short_help="Make it break promises.")
def fault() -> None:
    """Make the sequencer break promises: reorder, withhold and equivocate happen once, censoring lasts. `megadev fault`
    has more faults.
    """


def _row(name: str, more: str = "") -> dict[str, Any]:
    """Return a command's help from the table of faults."""
    row = FAULTS[name]
    text = f"{row.does}{more}\n\nClients see: {row.seen}"
    return {"cls": Command, "name": name, "short_help": row.does, "help": text}


@fault.command(**_row("reorder"))
@rpc_url_option
def reorder(rpc_url: str) -> None:
    _ask(rpc_url, "reorder")


@fault.command(**_row("withhold"))
@click.argument("targets", metavar="HASH|ADDRESS", nargs=-1, required=True)
@click.option("--delay", is_flag=True, help="Only until the next block, not for good.")
@rpc_url_option
def withhold(targets: tuple[str, ...], delay: bool, rpc_url: str) -> None:
    addresses = [target for target in targets if len(target) == 42]
    hashes = [target for target in targets if len(target) != 42]
    _ask(rpc_url, "withhold", {"transactions": hashes, "addresses": addresses, "delay": delay})


@fault.command(**_row("censor", " Without an ADDRESS, nothing is censored."))
@click.argument("addresses", metavar="ADDRESS", nargs=-1)
@rpc_url_option
def censor(addresses: tuple[str, ...], rpc_url: str) -> None:
    _ask(rpc_url, "censor", list(addresses))


@fault.command(**_row("equivocate"))
@rpc_url_option
def equivocate(rpc_url: str) -> None:
    _ask(rpc_url, "equivocate")


@fault.command(cls=Command, short_help="Stop breaking promises.")
@rpc_url_option
def clear(rpc_url: str) -> None:
    """Stop breaking promises; censored transactions are included."""
    _ask(rpc_url, "behave")


def _ask(rpc_url: str, name: str, *params: Any) -> None:
    click.echo(json.dumps(call(rpc_url, PREFIX + name, list(params)), indent=2))
