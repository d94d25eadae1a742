"""``megadev completion``: the script that lets a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from megadev.cli.options import Command

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_MEGADEV_COMPLETE"
"""By which the script asks the command for what may follow."""


@click.command(cls=Command, short_help="Print a completion script for a shell.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes megadev's commands and options.

    \b
      megadev completion bash > ~/.local/share/bash-completion/completions/megadev
      megadev completion zsh  > ~/.zfunc/_megadev
      megadev completion fish > ~/.config/fish/completions/megadev.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "megadev", VARIABLE).source())
