"""``megadev fork``: offline bundles. ``record`` runs a command against a fork and keeps what it read; ``info`` tells
what a bundle holds. ``megadev up --fork-bundle FILE`` runs on one.
"""

from __future__ import annotations

import collections
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from megadev.cli.progress import REFRESH_SECONDS, Bar, is_wanted
from megadev.config import DevnetConfig, resolve
from megadev.errors import ConfigError, MegadevError

if TYPE_CHECKING:
    from megadev.devnet import Devnet


class CommandFailed(MegadevError):
    """The command that was recorded could not be started."""


@click.group(short_help="Record what a fork reads, to run it offline.")
def fork() -> None:
    """Record what a fork reads from upstream in a bundle, one file, and look at bundles.

    A bundle is used by megadev up --fork-bundle FILE, without any network.
    """


@fork.command(short_help="Run a command against a fork and keep what it reads.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The bundle to write.")
@click.option("-f", "--fork-url", multiple=True, required=True, metavar="URL[@BLOCK]", help="The node to fork.")
@click.option("--fork-block-number", type=int, metavar="BLOCK", help="The block to fork. [default: the latest]")
@click.option("--fork-header", multiple=True, metavar="NAME:VALUE", help="An HTTP header to send upstream.")
@click.argument("command", nargs=-1, required=True)
def record(
    output: Path,
    fork_url: tuple[str, ...],
    fork_block_number: int | None,
    fork_header: tuple[str, ...],
    command: Sequence[str],
) -> int:
    """Start a node that forks URL, run COMMAND, and write what was read from upstream to a bundle.

    COMMAND finds the node in MEGADEV_RPC_URL and ETH_RPC_URL. Other settings come from MEGADEV_* variables. The exit
    code is COMMAND's; the bundle is written whatever it is.

    Example: megadev fork record -o mainnet.bundle -f https://rpc.example@19000000 -- pytest
    """
    from megadev.devnet import Devnet

    flags: dict[str, object] = {
        "fork_url": fork_url,
        "fork_block_number": fork_block_number,
        "fork_header": fork_header or None,
        "fork_record": output,
    }
    config: DevnetConfig = resolve(flags, os.environ, None)
    with Devnet(config) as net:
        _wait_for_prefetch(net, quiet=config.quiet or config.json)
        url = net.serve()
        environment = {**os.environ, "MEGADEV_RPC_URL": url, "ETH_RPC_URL": url}
        try:
            code = subprocess.run(list(command), env=environment, check=False).returncode
        except OSError as problem:
            raise CommandFailed(f"{command[0]}: {problem.strerror or problem}") from None
    click.echo(f"{output}: {output.stat().st_size} bytes; use it with megadev up --fork-bundle {output}", err=True)
    return code if code >= 0 else 128 - code


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
    try:
        block = found.head["block"]
        lines = [
            f"Chain ID:       {int(found.head['chainId'], 16)}",
            f"Block number:   {int(block['number'], 16)}",
            f"Block hash:     {block['hash']}",
        ]
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"{bundle}: the bundle does not say which block it is of; record it again") from None
    lines += [f"Size:           {bundle.stat().st_size} bytes", f"Answers:        {sum(kinds.values())}"]
    lines += [f"  {kind:<13} {count}" for kind, count in sorted(kinds.items())]
    click.echo("\n".join(lines))
    return 0


def _kind(key: str) -> str:
    """What an answer is about: the first word of its key, or the second where an older block comes first."""
    words = key.split()
    return words[1] if words[0].startswith("@") else words[0]
