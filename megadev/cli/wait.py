"""``megadev wait``: until a node that was started elsewhere is ready, for scripts and CI."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import click

from megadev.cli.client import CallFailed, call
from megadev.cli.options import Command, rpc_url_option
from megadev.clock import SystemClock
from megadev.errors import MegadevError
from megadev.primitives.guarded_json import decode_json

ASK_AGAIN_SECONDS = 0.05


class NotReady(MegadevError):
    """It took too long."""


@click.command(cls=Command, short_help="Wait until a node is ready.")
@click.option(
    "--timeout", metavar="SECONDS", type=click.FloatRange(0), default=60, show_default=True, help="Time limit."
)
@click.option(
    "--ready-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Wait for this file, which `megadev up --ready-file` writes once its script is done, then for the node "
    "that it names.",
)
@rpc_url_option
def wait(timeout: float, ready_file: Path | None, rpc_url: str) -> None:
    """Wait until a node answers and print its URL. Exit code 1: the timeout passed first."""
    clock = SystemClock()
    give_up = clock.monotonic_ns() + int(timeout * 1e9)
    never = threading.Event()
    while True:
        url = rpc_url if ready_file is None else _named_in(ready_file)
        problem = f"there is no {ready_file}"
        if url is not None:
            try:
                call(url, "eth_chainId", [])
            except CallFailed as failure:
                problem = str(failure)
            else:
                click.echo(url)
                return
        left = (give_up - clock.monotonic_ns()) / 1e9
        if left <= 0:
            raise NotReady(f"no node was ready within {timeout:g} seconds: {problem}")
        never.wait(min(ASK_AGAIN_SECONDS, left))


def _named_in(file: Path) -> str | None:
    """The URL in a ready file; None while there is none."""
    try:
        content: Any = decode_json(file.read_bytes())
        return str(content["urls"][0])
    except (OSError, ValueError, LookupError, TypeError):
        return None
