"""``megadev trace``: what a transaction did and why it failed, as a tree, with the names that the node's project knows.

The node does the work (``megadev_getStackTrace``); here it is put into lines. Whatever comes from contracts, and so
from anybody, is made printable first.

Why deep and wide trees are cut here and not only there: the answer is for programs too, but nobody reads a thousand
calls of one loop. What is left out is counted.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.client import CallFailed, call
from megadev.cli.gas import limit_lines
from megadev.cli.options import Command, rpc_url_option
from megadev.cli.terminal.console import one_line, paint_for
from megadev.cli.terminal.quantities import address
from megadev.errors import ConfigError

if TYPE_CHECKING:
    from rich.text import Text

METHOD_NOT_FOUND = -32601
DEPTH = 24
"""Nested calls shown unless told otherwise; more do not fit on a line."""
SIBLINGS = 60
"""Of what one call does, the first half and the last half of so many are shown."""
STACK_ENTRIES = 30
"""Of the stack, likewise, repetitions not counted."""
LONGEST_LINE = 2_000


@dataclass(slots=True)
class _Node:
    """An entry of the answer, and what happened in it."""

    entry: dict[str, Any]
    inner: list[_Node] = field(default_factory=list)


@click.command(cls=Command, short_help="Show what a transaction did, and where it failed.")
@click.argument("tx_hash", metavar="HASH")
@click.option(
    "--depth",
    metavar="N",
    type=click.IntRange(0),
    default=DEPTH,
    show_default=True,
    help="Maximum depth of nested calls.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the node's whole answer as JSON.")
@rpc_url_option
def trace(tx_hash: str, depth: int, as_json: bool, rpc_url: str) -> int:
    """Show the calls, events and console messages of the transaction HASH as a tree, and the source line where it
    failed.

    Names and sources come from compiled artifacts: those of the node's project (--project), and those added by
    megadev_addArtifact. Without artifacts, selectors and hex are shown.
    """
    if not re.fullmatch(r"0[xX][0-9a-fA-F]{64}", tx_hash):
        raise ConfigError(f"HASH: must be a transaction's hash (0x and 64 hex digits), not {tx_hash!r}")
    try:
        answer = call(rpc_url, "megadev_getStackTrace", [tx_hash.lower()])
    except CallFailed as failure:
        if failure.code == METHOD_NOT_FOUND:
            raise CallFailed(f"the node at {rpc_url} is not megadev: it lacks megadev_getStackTrace") from None
        raise
    if as_json:
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return 0
    from rich.console import Console

    colored = paint_for(sys.stdout, "auto").enabled
    console = Console(
        file=sys.stdout, highlight=False, markup=False, emoji=False, no_color=not colored, force_terminal=colored
    )
    for line in head_lines(answer):
        console.print(line, soft_wrap=True)
    if answer["status"] == "0x0" and "computeGas" in answer:  # MegaETH's limits may have ended it
        _, *limits = (*limit_lines(call(rpc_url, "megadev_gasReport", [tx_hash.lower()])), "")
        for shown in limits:
            console.print(shown, soft_wrap=True)
    for line in tree_lines(answer, depth):
        # what is too long for the terminal is cut, so that the tree stays one; a file gets all of it
        if console.is_terminal:
            console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
        else:
            console.print(line, soft_wrap=True)
    return 0


def head_lines(answer: dict[str, Any]) -> Iterator[Text]:
    """The outcome of the transaction, its reason and its source lines."""
    from rich.text import Text

    failed = answer["status"] == "0x0"
    yield Text.assemble(
        ("success" if not failed else "failed", "bold green" if not failed else "bold red"),
        f" · block {int(answer['blockNumber'], 16)} · {int(answer['gasUsed'], 16)} gas{_kinds(answer)}",
        f" · from {address(answer['from'])}",
    )
    if failed:
        yield Text(_printable(answer["error"] or "failed"), "red")
        yield from _stack_lines(answer["stack"])
    yield Text("")


def _stack_lines(stack: list[dict[str, Any]]) -> Iterator[Text]:
    """Yields the stack of the failure, innermost first; for a deep recursion both ends."""
    from rich.text import Text

    shown = [(entry, len(list(equal))) for entry, equal in groupby(stack)]
    left_out = len(shown) - STACK_ENTRIES
    told = False
    for number, (entry, times) in enumerate(shown):
        if left_out > 0 and STACK_ENTRIES // 2 <= number < STACK_ENTRIES // 2 + left_out:
            if number == STACK_ENTRIES // 2:
                yield Text(f"  … {left_out} more", "dim")
            continue
        line = Text.assemble(("  at ", "dim"), (_printable(function_name(entry)), "bold"))
        if entry["source"] is not None:
            line.append(f"  {_printable(entry['source'])}:{entry['line']}:{entry['column']}", "cyan")
        else:
            line.append(f"  {address(entry['address'])}, pc {int(entry['pc'], 16)}", "dim")
        if times > 1:
            line.append(f"  ({times} times)", "dim")
        yield line
        if entry["source"] is not None and entry["text"]:
            yield Text("       " + _printable(entry["text"]), "dim" if told else "")
            if entry["note"]:
                yield Text(f"       ({_printable(entry['note'])})", "yellow")
            told = True


def function_name(entry: dict[str, Any]) -> str:
    """``Token.transfer`` of a stack's entry; an unknown contract by its address."""
    contract, function = entry["contract"], entry["function"] or "?"
    if contract is None:
        return f"{address(entry['address'])}.{function}"
    return str(function) if "." in function else f"{contract}.{function}"


def _tree(entries: list[dict[str, Any]]) -> _Node:
    """The flat list as a tree; entries whose calls are left out hang on the nearest that is not."""
    root = _Node(entries[0])
    path = [root]
    for entry in entries[1:]:
        while len(path) > 1 and path[-1].entry["depth"] >= entry["depth"]:
            path.pop()
        node = _Node(entry)
        path[-1].inner.append(node)
        path.append(node)
    return root


def tree_lines(answer: dict[str, Any], depth: int = DEPTH) -> Iterator[Text]:
    """The call tree, each call with its events and calls indented below it."""
    from rich.text import Text

    omitted = int(answer["omitted"], 16)
    waiting: list[tuple[str, str, int, _Node | str]] = [("", "", 0, _tree(answer["calls"]))]
    while waiting:
        before, below, level, node = waiting.pop()
        if isinstance(node, str):
            yield Text(before + node, "dim")
            continue
        yield Text.assemble((before, "dim"), _entry_line(node.entry))
        if not node.inner:
            continue
        inner: list[_Node | str] = [*node.inner]
        if level >= depth:
            inner = [f"… {_size(node)} more below"]
        elif len(inner) > SIBLINGS:
            half = SIBLINGS // 2
            left_out = node.inner[half:-half]
            inner[half:-half] = [f"… {sum(1 + _size(each) for each in left_out)} more"]
        last = len(inner) - 1
        for number, each in reversed(list(enumerate(inner))):
            mark, space = ("└─ ", "   ") if number == last else ("├─ ", "│  ")
            waiting.append((below + mark, below + space, level + 1, each))
    if omitted:
        yield Text(f"({omitted} calls, events and messages in the middle were left out)", "dim")


def _size(node: _Node) -> int:
    """Returns the number of entries below an entry."""
    count, waiting = 0, [node]
    while waiting:
        inner = waiting.pop().inner
        count += len(inner)
        waiting += inner
    return count


def _entry_line(entry: dict[str, Any]) -> Text:
    from rich.text import Text

    kind = entry["type"]
    if kind == "CONSOLE":
        return Text.assemble(("console.log ", "dim"), _printable(entry["text"]))
    if kind == "LOG":
        return Text.assemble(("emit ", "dim"), (_printable(entry["text"]), "cyan"))
    if kind == "SELFDESTRUCT":
        return Text.assemble(("selfdestruct ", "magenta"), f"to {address(entry['to'])}, {ether(entry['value'])}")
    failed = entry["error"] is not None
    line = Text()
    line.append(f"[{_gas(entry)}] ", "dim")
    if kind != "CALL":
        line.append(f"{kind.lower()} ", "magenta")
    text = _printable(entry["text"])
    if entry["contract"] is None:
        text = f"{address(entry['to'])}.{text}" if not kind.startswith("CREATE") else f"new {address(entry['to'])}"
    line.append(text, "red" if failed else "bold")
    if int(entry["value"], 16):
        line.append(f" {{value: {ether(entry['value'])}}}", "yellow")
    if kind.startswith("CREATE") and entry["contract"] is not None:
        line.append(f" → {address(entry['to'])}", "dim")
    if failed:
        line.append(f" ✗ {_printable(entry['error'])}", "red")
    elif entry["returned"] is not None:
        line.append(f" → {_printable(entry['returned'])}", "green")
    return line


def _gas(entry: dict[str, Any]) -> str:
    """A call's gas; under MegaETH's rules compute and storage gas."""
    if "storageGas" not in entry:
        return str(int(entry["gasUsed"], 16))
    return f"{int(entry['computeGas'], 16)} + {int(entry['storageGas'], 16)}"


def _kinds(answer: dict[str, Any]) -> str:
    if "storageGas" not in answer:
        return ""
    return f" ({int(answer['computeGas'], 16)} compute + {int(answer['storageGas'], 16)} storage)"


def ether(wei: str) -> str:
    """An amount of wei, in hex, in ETH without trailing zeros; small ones in wei."""
    amount = int(wei, 16)
    if amount < 10**12:
        return f"{amount} wei"
    whole, rest = divmod(amount, 10**18)
    fraction = f"{rest:018}".rstrip("0")
    return f"{whole}{fraction and '.'}{fraction} ETH"


def _printable(text: str) -> str:
    return one_line(text, LONGEST_LINE)
