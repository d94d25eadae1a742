"""``megadev parallel``: which transactions could have run side by side, and which variables keep them in a row.

The node does the work (``megadev_parallelism``); here it is put into lines.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.client import CallFailed, call
from megadev.cli.options import Command, rpc_url_option
from megadev.cli.terminal.console import one_line, paint_for
from megadev.cli.terminal.quantities import address, number
from megadev.errors import ConfigError

if TYPE_CHECKING:
    from rich.text import Text

METHOD_NOT_FOUND = -32601
ROWS = 15
"""Shown unless told otherwise; --json has all of them."""
LINKS = 10
TAGS = ("latest", "pending", "safe", "finalized", "earliest")
LONGEST_NAME = 100


@click.command(cls=Command, short_help="Show which transactions could have run in parallel.")
@click.argument("what", metavar="[HASH|BLOCK]", default="latest")
@click.option(
    "--blocks",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Analyse N blocks, up to this one, together.",
)
@click.option(
    "--rows", metavar="N", type=click.IntRange(0), default=ROWS, show_default=True, help="Number of rows to show."
)
@click.option("--json", "as_json", is_flag=True, help="Print the node's whole answer as JSON.")
@rpc_url_option
def parallel(what: str, blocks: int, rows: int, as_json: bool, rpc_url: str) -> None:
    """Show which transactions of a block could have run in parallel, and which slots made the others sequential, with
    variable names if an artifact has them.

    A transaction conflicts with an earlier one if it reads a value that the earlier one changed: an optimistic parallel
    execution would have to run it again. The speed-up counts gas.

    \b
      megadev parallel                  the latest block
      megadev parallel 120              a block by its number; also by hash or tag
      megadev parallel 0x9efe…          the block of a transaction, and what that one waits for
      megadev parallel --blocks 100     the last hundred blocks, where each holds one transaction
    """
    try:
        answer = call(rpc_url, "megadev_parallelism", [_block(what), {"blocks": hex(blocks)}])
    except CallFailed as failure:
        if failure.code == METHOD_NOT_FOUND:
            raise CallFailed(f"the node at {rpc_url} is not megadev: it lacks megadev_parallelism") from None
        raise
    if as_json:
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    colored = paint_for(sys.stdout, "auto").enabled
    console = Console(
        file=sys.stdout, highlight=False, markup=False, emoji=False, no_color=not colored, force_terminal=colored
    )
    for line in report_lines(answer, rows):
        console.print(line, soft_wrap=True)


def _block(what: str) -> str:
    """A block or a transaction as the node takes it. Raises ``ConfigError``."""
    if what in TAGS:
        return what
    if re.fullmatch(r"0[xX][0-9a-fA-F]{64}", what):
        return what.lower()
    if re.fullmatch(r"\d{1,20}", what, re.ASCII):
        return hex(int(what))
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", what):
        return hex(int(what, 16))
    raise ConfigError(
        f"{what!r} is neither a hash (0x and 64 hex digits), a block's number nor one of {', '.join(TAGS)}"
    )


def report_lines(answer: dict[str, Any], rows: int = ROWS) -> Iterator[Text | str]:
    """The report, line by line."""
    from rich.text import Text

    first, last, count = (int(answer[key], 16) for key in ("fromBlock", "toBlock", "transactions"))
    where = f"block {last:,}" if first == last else f"blocks {first:,} to {last:,}"
    yield Text(f"{where}: {_count(count, 'transaction')}, {number(answer['gasUsed'])} gas", "bold")
    if count < 2:
        yield "nothing to run side by side: with --blocks N, N blocks are taken as if they were one"
        return
    again = int(answer["reExecutions"], 16)
    speed = answer["speedUp"]
    yield (
        f"{_count(again, 'transaction')} of them look{'s' * (again == 1)} at what an earlier one changed"
        + ("" if answer["isExact"] else " (or may do so: they were too many to be watched)")
    )
    workers = ", ".join(f"{factor:.2f}× with {name}" for name, factor in speed.items() if name != "unlimited")
    yield f"side by side they could be {speed['unlimited']:.2f}× as fast at most: {workers} workers"
    path = answer["criticalPath"]
    yield f"the longest row: {_count(int(path['length'], 16), 'transaction')}, {number(path['gasUsed'])} gas"
    yield from _execution(answer.get("execution"))
    if "transaction" in answer:
        yield from _transaction(answer["transaction"])
    if answer["contended"] and rows:
        yield ""
        yield Text(f"{'conflicts':>9}  {'transactions':>12}  what they contend for", "bold")
        for entry in answer["contended"][:rows]:
            yield f"{number(entry['conflicts']):>9}  {number(entry['transactions']):>12}  {_name(entry)}"
        yield from _more(len(answer["contended"]) - rows)
        yield ""
        yield Text(f"{'conflicts':>9}  {'without it':>12}  account", "bold")
        for entry in answer["contracts"][:rows]:
            who = entry["contract"] or address(entry["address"])
            without = "" if entry["speedUpWithout"] is None else f"{entry['speedUpWithout']:.2f}×"
            variables = ", ".join(f"{one['name']} {number(one['conflicts'])}" for one in entry["variables"][:4])
            yield f"{number(entry['conflicts']):>9}  {without:>12}  {one_line(f'{who}: {variables}', LONGEST_NAME)}"
        yield from _more(len(answer["contracts"]) - rows)


def _execution(found: dict[str, Any] | None) -> Iterator[Text | str]:
    """What came of executing the blocks in parallel, where the node did."""
    if found is None:
        return
    count = {name: int(found[name], 16) for name in ("workers", "transactions", "adopted", "conflicts", "late")}
    yield (
        f"this node executed them with {_count(count['workers'], 'worker')}: {count['adopted']:,} of "
        f"{_count(count['transactions'], 'transaction')} were adopted, {count['conflicts']:,} executed again after a "
        f"conflict, {count['late']:,} not finished in time; "
        f"{found['speedUp']:.2f}× as fast as one after the other"
    )
    for entry in found["contended"][:LINKS]:
        yield f"{number(entry['conflicts']):>9}  executed again because of {_name(entry)}"
    if found["stopped"]:
        yield "  parallel execution was stopped within the block: most of what workers had executed did not hold"


def _more(count: int) -> Iterator[Text | str]:
    from rich.text import Text

    if count > 0:
        yield Text(f"{'':>25}… {count} more", "dim")


def _transaction(entry: dict[str, Any]) -> Iterator[Text | str]:
    """Yields the dependencies of one transaction, and the transactions that depend on it."""
    from rich.text import Text

    yield ""
    yield Text(f"{entry['transactionHash']}", "bold")
    if not entry["waitsFor"] and not entry["holdsUp"]:
        yield "  waits for none of the others, and none waits for it"
    for title, links in (("waits for", entry["waitsFor"]), ("holds up", entry["holdsUp"])):
        for link in links[:LINKS]:
            because = "; ".join(_name(each) for each in link["because"])
            yield f"  {title} {link['transactionHash']}: {one_line(because, 2 * LONGEST_NAME)}"
        if len(links) > LINKS:
            yield Text(f"  … {len(links) - LINKS} more", "dim")


def _name(entry: dict[str, Any]) -> str:
    if entry["kind"] != "storage":
        contract = f" ({entry['contract']})" if entry["contract"] else ""
        return one_line(entry["name"] + contract, LONGEST_NAME)
    return one_line(f"{entry['contract'] or address(entry['address'])}.{entry['name']}", LONGEST_NAME)


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
