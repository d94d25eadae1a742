"""``megadev gas``: what a transaction, a call or a test pays for, in compute and storage gas, and what that would be
under the other rules.

The node does the work (``megadev_gasReport``); tests are run by pytest, with the gas report of our plugin.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.client import CallFailed, call
from megadev.cli.options import Command, rpc_url_option
from megadev.cli.terminal.console import one_line, paint_for
from megadev.cli.terminal.quantities import address, number
from megadev.errors import ConfigError
from megadev.primitives.guarded_json import decode_json

if TYPE_CHECKING:
    from rich.text import Text

METHOD_NOT_FOUND = -32601
LINES, FUNCTIONS, FRAMES = 20, 20, 40
"""Shown unless told otherwise; --json has all of them."""
LONGEST_LINE = 200
_METERS = {
    "computeGas": "compute gas",
    "dataSize": "data size (bytes)",
    "kvUpdates": "KV updates",
    "stateGrowth": "state growth",
}


@click.command(cls=Command, short_help="Show the gas of a transaction or a test.")
@click.argument("what", metavar="HASH|FILE|TEST")
@click.option(
    "--lines",
    metavar="N",
    type=click.IntRange(0),
    default=LINES,
    show_default=True,
    help="Number of source lines to show.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the node's whole answer as JSON.")
@rpc_url_option
def gas(what: str, lines: int, as_json: bool, rpc_url: str) -> int:
    """Show compute and storage gas by frame, function and source line, MegaETH's meters and what is left of
    each, where gas detention began, and the limit that made a transaction fail.

    \b
      megadev gas 0x9efe…         a transaction, by its hash
      megadev gas call.json       a call that is not sent: eth_call's object in a file
      megadev gas tests/test_token.py::test_transfer
                                  each contract and function that a test's transactions call

    Beside it is the gas under Ethereum's rules; on a chain with those rules, under MegaETH's.
    """
    if re.fullmatch(r"0[xX][0-9a-fA-F]{64}", what):
        return _show(_ask(rpc_url, what.lower()), lines, as_json)
    path = Path(what.partition("::")[0])
    if not path.exists():
        raise ConfigError(f"{what!r} is neither a transaction hash (0x and 64 hex digits) nor a file")
    if path.suffix != ".json":
        command = [sys.executable, "-m", "pytest", "-q", "--megadev-gas-report", what]
        return subprocess.run(command, check=False).returncode
    try:
        request = decode_json(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise ConfigError(f"{path}: {problem}") from None
    if not isinstance(request, dict):
        raise ConfigError(f"{path}: expected an object as eth_call takes it, with from, to, data, value")
    return _show(_ask(rpc_url, request), lines, as_json)


def _ask(rpc_url: str, what: object) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = call(rpc_url, "megadev_gasReport", [what])
    except CallFailed as failure:
        if failure.code == METHOD_NOT_FOUND:
            raise CallFailed(f"the node at {rpc_url} is not megadev: it lacks megadev_gasReport") from None
        raise
    return answer


def _show(answer: dict[str, Any], lines: int, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return 0
    from rich.console import Console

    colored = paint_for(sys.stdout, "auto").enabled
    console = Console(
        file=sys.stdout, highlight=False, markup=False, emoji=False, no_color=not colored, force_terminal=colored
    )
    for line in report_lines(answer, lines):
        console.print(line, soft_wrap=True)
    return 0


def limit_lines(answer: dict[str, Any]) -> Iterator[Text | str]:
    """The limit that ended the transaction, where it was reached, and the remedy; empty if it hit no limit."""
    from rich.text import Text

    limited = answer["limited"]
    if limited is None:
        return
    yield ""
    used = "" if limited["used"] is None else f", {number(limited['used'])} used"
    name = _METERS.get(limited["name"], limited["name"])
    yield Text(f"{limited['of']} limit reached: {name}, {number(limited['limit'])}{used}", "bold red")
    yield from _where(limited["at"])
    yield Text(f"  remedy: {limited['remedy']}", "yellow")


def report_lines(answer: dict[str, Any], most: int = LINES) -> Iterator[Text | str]:
    """The report, line by line."""
    from rich.text import Text

    failed = answer["status"] == "0x0"
    yield Text.assemble(
        ("failed" if failed else "success", "bold red" if failed else "bold green"),
        f" under {answer['rules']}: {number(answer['gasUsed'])} gas = {number(answer['computeGas'])} compute"
        f" + {number(answer['storageGas'])} storage",
        f" − {number(answer['refunded'])} refunded" if int(answer["refunded"], 16) else "",
        f" (the floor is {number(answer['floor'])})" if int(answer["gasUsed"], 16) == int(answer["floor"], 16) else "",
    )
    if failed and answer["error"]:
        yield Text(_printable(answer["error"]), "red")
    other = answer["compared"]
    if other is not None:
        what = f"{number(other['gasUsed'])} gas" if other["gasUsed"] else f"refused ({_printable(other['error'])})"
        if other["gasUsed"] and other["error"]:
            what += f", {_printable(other['error'])}"
        yield f"the same under {other['rules']}: {what}"
    yield f"before anything runs: {_kinds(answer['intrinsic'])}"
    yield from limit_lines(answer)
    detention = answer["detention"]
    if detention is not None:
        yield ""
        yield Text(
            f"detained: {', '.join(answer['volatile'])} was read; since then the limit is "
            f"{number(detention['limit'])} compute gas, of which {number(detention['computeAfter'])} were used",
            "yellow",
        )
        yield from _where(detention["at"])
    if answer["meters"]:
        yield ""
        yield Text(f"{'meter':<20}{'used':>14}{'limit':>14}{'left':>14}", "bold")
        for name, gauge in answer["meters"].items():
            numbers = "".join(f"{number(gauge[key]):>14}" for key in ("used", "limit", "left"))
            yield f"{_METERS.get(name, name):<20}{numbers}"
    multiplied = [bucket for bucket in answer["buckets"] if int(bucket["multiplier"], 16) > 1]
    if multiplied:
        yield ""
        yield Text("multiplied", "bold")
        for bucket in multiplied:
            slot = "" if bucket["slot"] is None else f" slot {bucket['slot']}"
            where = f"{address(bucket['address'])}{slot} (bucket {int(bucket['bucket'], 16)})"
            yield f"  × {int(bucket['multiplier'], 16)}  {where}"
    yield from _table("frame", [(_frame(one), one) for one in answer["frames"]], FRAMES)
    yield from _table("function", [(_printable(one["function"]), one) for one in answer["functions"]], FUNCTIONS)
    places = [(f"{_printable(one['source'])}:{one['line']}  {_printable(one['text'])}", one) for one in answer["lines"]]
    yield from _table("line", places, most)
    if not answer["isByLine"] and most:
        yield ""
        yield Text("it ran too many instructions to tell its gas by function and line", "dim")


def _table(head: str, rows: list[tuple[str, dict[str, Any]]], most: int) -> Iterator[Text | str]:
    from rich.text import Text

    if not rows or not most:
        return
    yield ""
    yield Text(f"{'compute':>12}{'storage':>14}  {head}", "bold")
    for name, entry in rows[:most]:
        yield f"{number(entry['computeGas']):>12}{number(entry['storageGas']):>14}  {name}"
    if len(rows) > most:
        yield Text(f"{'':>26}  … {len(rows) - most} more", "dim")


def _frame(entry: dict[str, Any]) -> str:
    name = entry["function"] if entry["contract"] is None else f"{entry['contract']}.{entry['function']}"
    where = "" if entry["contract"] is not None else f" {address(entry['to'])}"
    error = "" if entry["error"] is None else f" ✗ {entry['error']}"
    kind = "" if entry["type"] == "CALL" else f"{entry['type'].lower()} "
    indent = "  " * int(entry["depth"])
    return f"{indent}{kind}{_printable(name + where + error)}"


def _where(at: dict[str, Any] | None) -> Iterator[Text | str]:
    if at is None:
        return
    place = f"{address(at['address'])}, pc {int(at['pc'], 16)}"
    if at["source"] is not None:
        place = f"{_printable(at['source'])}:{at['line']}  {_printable(at['text'])}"
    yield f"  {at['opcode']} at {place}"


def _kinds(spent: dict[str, Any]) -> str:
    return f"{number(spent['computeGas'])} compute + {number(spent['storageGas'])} storage"


def _printable(text: str) -> str:
    return one_line(text, LONGEST_LINE)
