"""``megadev rpc``: one JSON-RPC question to a running node."""

from __future__ import annotations

import json
import sys

import click

from megadev.cli.client import CallFailed, call
from megadev.cli.options import Command, rpc_url_option
from megadev.cli.terminal.console import paint_for
from megadev.primitives.guarded_json import decode_json

_DEEP = 6_000
"""Frames that Python may stack to write a deep answer: two for each of a trace's 2,050 levels, and some."""


@click.command(cls=Command, short_help="Send one JSON-RPC request to a running node.")
@click.argument("method")
@click.argument("params", nargs=-1)
@rpc_url_option
def rpc(method: str, params: tuple[str, ...], rpc_url: str) -> int:
    """Send one JSON-RPC request to a running node and print the result as JSON.

    Each of PARAMS is JSON, or else a plain string: 0x5, latest and '{"to": "0x…"}' all work. Put -- before parameters
    that begin with a dash.

    \b
      megadev rpc eth_blockNumber
      megadev rpc eth_getBlockByNumber latest false
    """
    try:
        result = call(rpc_url, method, [read_param(text) for text in params])
    except CallFailed as failure:
        if failure.code is None:
            raise
        data = "" if failure.data is None else f"\ndata: {json.dumps(failure.data)}"
        click.echo(f"error {failure.code}: {failure}{data}", err=True)
        return 1
    try:
        text, is_deep = json.dumps(result, indent=2, ensure_ascii=False), False
    except RecursionError:
        text, is_deep = _deep_text(result), True
    if paint_for(sys.stdout, "auto").enabled and not is_deep:
        from rich.console import Console

        Console(soft_wrap=True).print_json(text)
    else:
        click.echo(text)
    return 0


def _deep_text(result: object) -> str:
    """``result`` as JSON though it is as deep as a trace of 1,024 nested calls. Raises ``CallFailed`` beyond that.

    Not indented: on a line of its own each value would have some thousand spaces before it.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _DEEP))
    try:
        return json.dumps(result, ensure_ascii=False)
    except RecursionError:
        raise CallFailed("the answer is nested too deeply to be printed") from None
    finally:
        sys.setrecursionlimit(limit)


def read_param(text: str) -> object:
    """A parameter as typed: JSON where it is, a string otherwise."""
    try:
        value: object = decode_json(text)
    except ValueError:
        return text
    return value
