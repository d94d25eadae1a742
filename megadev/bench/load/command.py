"""``megadev load``: what is asked for, and how the outcome is shown."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from megadev.bench.load.run import Outcome, Settings, run
from megadev.bench.load.workloads import KINDS, TRANSFER
from megadev.cli.options import Command, rpc_url_option
from megadev.errors import ConfigError

COUNT, CONNECTIONS, ACCOUNTS, RECIPIENTS = 10_000, 8, 64, 100
METHODS = {"send": "eth_sendRawTransaction", "sync": "eth_sendRawTransactionSync"}
PERCENTILES = (50.0, 90.0, 99.0, 99.9)
BARS, BAR_WIDTH = 16, 40
INTERRUPTED = 130
KEY_VARIABLE = "MEGADEV_PRIVATE_KEY"


@click.command(cls=Command, short_help="Send many transactions to a running node.")
@click.argument("what", metavar="[KIND|SCRIPT]", default=TRANSFER)
@click.option(
    "--count", metavar="N", type=click.IntRange(1), help=f"Transactions in all. [default: {COUNT:,}, or no limit]"
)
@click.option(
    "--seconds", metavar="S", type=click.FloatRange(0, min_open=True), help="Stop after this number of seconds."
)
@click.option(
    "--rate",
    metavar="TX/S",
    type=click.FloatRange(0, min_open=True),
    help="Transactions per second. [default: as many as are answered]",
)
@click.option(
    "--concurrency",
    metavar="N",
    type=click.IntRange(1, 1_000),
    default=CONNECTIONS,
    show_default=True,
    help="Connections, each with one request at a time.",
)
@click.option(
    "--processes",
    metavar="N",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that share the connections.",
)
@click.option(
    "--batch",
    metavar="N",
    type=click.IntRange(1, 1_000),
    default=1,
    show_default=True,
    help="Transactions per request, in a JSON array.",
)
@click.option(
    "--accounts",
    metavar="N",
    type=click.IntRange(1, 10_000),
    help=f"Accounts that send. [default: {ACCOUNTS}, or one per connection]",
)
@click.option(
    "--recipients",
    metavar="N",
    type=click.IntRange(0),
    default=RECIPIENTS,
    show_default=True,
    help="Accounts that transfers go to; 0: a new one each time.",
)
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    default="send",
    show_default=True,
    help=f"'sync' waits for receipts ({METHODS['sync']}).",
)
@click.option(
    "--private-key",
    metavar="KEY",
    envvar=KEY_VARIABLE,
    help=f"The account that funds the others (also {KEY_VARIABLE}). [default: the richest of eth_accounts]",
)
@click.option("--seed", metavar="TEXT", help="Use the same accounts as the last load with this seed.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures to this file."
)
@rpc_url_option
def load(what: str, json_file: Path | None, **given: Any) -> int:
    """Send many transactions to a running node, and show how fast it took them: transactions per second, and
    percentiles and a histogram of the time to the answer.

    KIND is transfer (the default), erc20, swap or mix (half transfers, three tenths ERC-20 transfers, two tenths swaps
    in one pool). SCRIPT is a Python file with transaction(context, sender, number), which returns a dict with to,
    value, data and gas; and optionally prepare(setup), whose
    result is the context.

    \b
      megadev load                          10,000 transfers over 8 connections
      megadev load mix --rate 500 --seconds 60
      megadev load erc20 --batch 100 --processes 2
      megadev load mint.py --rpc-url http://127.0.0.1:8546

    It creates accounts and funds them. With --rate, latency is measured from the time a transaction was due.
    """
    settings = _settings(what, **given)
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise ConfigError(f"--json: there is no directory {json_file.absolute().parent}")
    outcome = _with_progress(settings)
    for line in report_lines(outcome):
        click.echo(line)
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(settings, outcome), indent=1) + "\n")
    if outcome.interrupted:
        return INTERRUPTED
    return 0 if outcome.included == outcome.taken == outcome.sent and outcome.taken else 1


def _settings(
    what: str,
    count: int | None,
    seconds: float | None,
    rate: float | None,
    concurrency: int,
    processes: int,
    batch: int,
    accounts: int | None,
    recipients: int,
    method: str,
    private_key: str | None,
    seed: str | None,
    rpc_url: str,
) -> Settings:
    """The same, checked. Raises ``ConfigError``."""
    script = None
    if what not in KINDS:
        script = Path(what)
        if script.suffix != ".py":
            raise ConfigError(f"{what!r} is neither a kind of load ({', '.join(KINDS)}) nor a Python file (.py)")
        if not script.is_file():
            raise ConfigError(f"there is no file {script}")
    if processes > concurrency:
        raise ConfigError(f"--processes: {processes} need a connection each; --concurrency is {concurrency}")
    if accounts is not None and accounts < concurrency:
        raise ConfigError(
            f"--accounts: each of the {concurrency} connections needs one of its own, not {accounts} in all"
        )
    key = None
    if private_key is not None:
        if not re.fullmatch(r"(0[xX])?[0-9a-fA-F]{64}", private_key):
            raise ConfigError(f"--private-key (or {KEY_VARIABLE}): must be 64 hex digits")
        key = bytes.fromhex(private_key[-64:])
    if count is None and seconds is None:
        count = COUNT
    if count is not None and count < concurrency:
        concurrency = count
        processes = min(processes, count)
    return Settings(
        url=rpc_url,
        kind="" if script else what,
        script=script,
        count=count,
        seconds=seconds,
        rate=rate,
        connections=concurrency,
        processes=processes,
        accounts=max(ACCOUNTS, concurrency) if accounts is None else accounts,
        recipients=recipients,
        batch=batch,
        method=METHODS[method],
        private_key=key,
        seed=seed,
    )


def _with_progress(settings: Settings) -> Outcome:
    """Run it, with a line on stderr that says how far it is, if that is a terminal."""
    if not sys.stderr.isatty():
        return run(settings, lambda line: None)
    from rich.console import Console

    with Console(stderr=True, highlight=False, markup=False).status("") as status:
        return run(settings, status.update)


# ---- showing


def report_lines(outcome: Outcome) -> Iterator[str]:
    """The outcome, line by line."""
    yield (
        f"{outcome.taken:,} of {outcome.sent:,} transactions taken in {outcome.seconds:.2f} s: "
        f"{_rate(outcome.taken, outcome.seconds)} tx/s"
    )
    where = "" if outcome.blocks is None else f", about blocks {outcome.blocks[0]:,} to {outcome.blocks[1]:,}"
    yield (
        f"{outcome.included:,} included within {outcome.included_seconds:.2f} s: "
        f"{_rate(outcome.included, outcome.included_seconds)} tx/s{where}"
    )
    failed = outcome.unsuccessful or outcome.failed
    if outcome.looked_at:
        told = f"{outcome.unsuccessful:,} of them failed" if outcome.unsuccessful else "all of them succeeded"
        yield f"{outcome.looked_at:,} receipts looked at: {told}"
    elif failed:
        yield f"{outcome.failed:,} failed"
    if outcome.again:
        yield f"{outcome.again:,} times the node asked to be sent a transaction later"
    for code, message, times in sorted(outcome.refused.values(), key=lambda each: -each[2]):
        yield f"{times:,} refused: {message} (code {code}); their accounts stopped sending"
    for problem in dict.fromkeys(outcome.lost):
        yield f"a connection was lost: {problem}"
    latencies = outcome.latencies
    if not latencies.counts:
        return
    yield ""
    shown = [f"p{percent:g} {_ms(latencies.percentile(percent))}" for percent in PERCENTILES]
    yield f"time to the answer:  mean {_ms(latencies.mean)}  {'  '.join(shown)}  max {_ms(latencies.largest)}"
    bars = list(latencies.bars(BARS))
    most = max(count for _, count in bars)
    for end, count in bars:
        bar = "█" * -(-count * BAR_WIDTH // most) if count else ""
        yield f"  ≤ {_ms(end):>10}  {count:>9,}  {bar}".rstrip()


def as_json(settings: Settings, outcome: Outcome) -> dict[str, Any]:
    """The figures for a program; times are seconds, latencies milliseconds."""
    latencies = outcome.latencies
    return {
        "what": settings.kind or str(settings.script),
        "url": settings.url,
        "count": settings.count,
        "rate": settings.rate,
        "connections": settings.connections,
        "processes": settings.processes,
        "batch": settings.batch,
        "accounts": settings.accounts,
        "sent": outcome.sent,
        "taken": outcome.taken,
        "included": outcome.included,
        "seconds": outcome.seconds,
        "includedSeconds": outcome.included_seconds,
        "takenPerSecond": outcome.taken / outcome.seconds if outcome.seconds else 0,
        "includedPerSecond": outcome.included / outcome.included_seconds if outcome.included_seconds else 0,
        "receiptsLookedAt": outcome.looked_at,
        "receiptsFailed": outcome.unsuccessful,
        "askedAgain": outcome.again,
        "refused": [
            {"code": code, "message": message, "times": times} for code, message, times in outcome.refused.values()
        ],
        "lost": outcome.lost,
        "interrupted": outcome.interrupted,
        "latency": {
            "mean": latencies.mean / 1e6,
            **{f"p{percent:g}": latencies.percentile(percent) / 1e6 for percent in PERCENTILES},
            "max": latencies.largest / 1e6,
        },
    }


def _rate(count: int, seconds: float) -> str:
    return f"{count / seconds:,.0f}" if seconds > 0 else "0"


def _ms(nanoseconds: float) -> str:
    value = nanoseconds / 1e6
    return f"{value:.3f} ms" if value < 10 else f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"
