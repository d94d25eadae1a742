"""``megadev trust``: let a settings file run programs and write files."""

from __future__ import annotations

from pathlib import Path

import click

from megadev.cli.options import Command, trust_record
from megadev.config.settings import DEFAULT_FILE
from megadev.errors import ConfigError


@click.command(cls=Command, short_help="Trust a directory's settings file.")
@click.argument("file", default=DEFAULT_FILE, metavar="[FILE]")
@click.option("--revoke", is_flag=True, help="Trust it no longer.")
def trust(file: str, revoke: bool) -> None:
    """Let FILE (default: ./megadev.toml), as it is now, run programs and write files. Until then a node does not start
    where such settings are in it. After a change it must be trusted again.

    In CI, use megadev up --trust or MEGADEV_TRUST=1 instead. A file named with --config is trusted.
    """
    path = Path(file)
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror or problem}") from None
    record = trust_record()
    if revoke:
        click.echo(f"{path} is no longer trusted" if record.remove(path, content) else f"{path} was not trusted")
        return
    record.add(path, content)
    click.echo(f"{path} is trusted")
