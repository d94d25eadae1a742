"""``megadev fork``: offline bundles. ``record`` runs a command against a fork and keeps what it read; ``info`` tells
what a bundle holds. ``megadev up --fork-bundle FILE`` runs on one.
"""

from __future__ import annotations

import collections
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.scripts import as_shells_say, environment, run_program
from megadev.cli.terminal.progress import REFRESH_SECONDS, Bar, is_wanted
from megadev.config.resolve import resolve
from megadev.config.settings import DevnetConfig
from megadev.errors import ConfigError

if TYPE_CHECKING:
    from megadev.devnet import Devnet


@click.group(short_help="Record what a fork reads, to run it offline.")
def fork() -> None:
    """Record a fork's reads from upstream in a bundle (one file), and show a bundle's contents.

    A bundle is used by megadev up --fork-bundle FILE, without any network.
    """


@fork.command(short_help="Run a command against a fork and keep what it reads.")
@click.option("-o", "--output", type=click.Path(), required=True, help="The bundle to write.")
@click.option("-f", "--fork-url", multiple=True, metavar="URL[@BLOCK]", help="The node to fork.")
@click.option("--fork-l1", multiple=True, metavar="URL[@BLOCK]", help="The node to fork L1 from.")
@click.option("--fork-block-number", type=int, metavar="BLOCK", help="The block to fork. [default: the latest]")
@click.option("--fork-header", multiple=True, metavar="NAME:VALUE", help="An HTTP header to send upstream.")
@click.argument("command", nargs=-1, required=True)
def record(
    output: str,
    fork_url: tuple[str, ...],
    fork_l1: tuple[str, ...],
    fork_block_number: int | None,
    fork_header: tuple[str, ...],
    command: Sequence[str],
) -> int:
    """Start a node that forks URL, run COMMAND, and write what was read from upstream to a bundle.

    COMMAND finds the node in its environment, as with megadev exec. Other settings come from MEGADEV_* variables. The
    exit code is COMMAND's; the bundle is written whatever it is.

    Example: megadev fork record -o mainnet.bundle -f https://rpc.example@19000000 -- pytest
    """
    from megadev.devnet import Devnet

    bundle = Path(output)
    if output.endswith(("/", os.sep)):  # which a Path would not tell
        raise ConfigError(f"{output}: is a directory: name a file for the bundle")
    flags: dict[str, object] = {
        "fork_url": fork_url or None,
        "fork_l1": fork_l1 or None,
        "fork_block_number": fork_block_number,
        "fork_header": fork_header or None,
        "fork_record": bundle,
    }
    config: DevnetConfig = resolve(flags, os.environ, None)
    with Devnet(config) as net:
        _wait_for_prefetch(net, quiet=config.quiet or config.json)
        net.serve()
        code = run_program(command, environment(net))
    click.echo(f"{bundle}: {bundle.stat().st_size} bytes; use it with megadev up --fork-bundle {bundle}", err=True)
    return as_shells_say(code)


def _wait_for_prefetch(net: Devnet, *, quiet: bool) -> None:
    """Have fetched first what the last recording used: COMMAND, which may be timed, then waits for little."""
    thread, found = net.node.prefetching, net.node.l2.fork
    if thread is None or found is None:
        return
    with Bar("fetching ahead", "calls", is_shown=is_wanted(sys.stderr, quiet=quiet)) as bar:
        while thread.is_alive():
            thread.join(REFRESH_SECONDS)
            if found.prefetched is not None:
                bar.at(*found.prefetched)


@fork.command(short_help="Show what a bundle holds.")
@click.argument("bundle", type=click.Path(path_type=Path))
def info(bundle: Path) -> int:
    """Show which block BUNDLE is of, and how much of it there is."""
    from megadev.state.answers import read_bundle

    found = read_bundle(bundle)
    kinds = collections.Counter(_kind(key) for key in found.keys())  # noqa: SIM118  # no mapping
    lines: list[str] = []
    try:
        if "block" in found.head or "l1" not in found.head:
            lines += _about(found.head)
        if "l1" in found.head:
            lines += ["L1", *(f"  {line}" for line in _about(found.head["l1"]))]
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"{bundle}: the bundle does not name its block; record it again") from None
    lines += [f"Size:           {bundle.stat().st_size} bytes", f"Answers:        {sum(kinds.values())}"]
    width = max(map(len, kinds), default=0)
    lines += [f"  {kind:<{width}}  {count}" for kind, count in sorted(kinds.items())]
    click.echo("\n".join(lines))
    return 0


def _about(head: Mapping[str, Any]) -> list[str]:
    """Returns the chain and block of one of a bundle's forks."""
    block = head["block"]
    return [
        f"Chain ID:       {int(head['chainId'], 16)}",
        f"Block number:   {int(block['number'], 16)}",
        f"Block hash:     {block['hash']}",
    ]


def _kind(key: str) -> str:
    """Returns the kind of an answer: the first word of its key, after the mark of L1 or of an older block."""
    words = key.split()
    mark = "L1 " if words[0] == "L1" else ""
    words = words[1:] if mark else words
    return mark + (words[1] if words[0].startswith("@") else words[0])
