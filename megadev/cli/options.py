"""Command-line options, made from the settings table, and the way back: from parsed flags to a ``DevnetConfig``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from megadev.config.kinds import Boolean, Choice, FilePath, Fundings, PrivateKey, TextList
from megadev.config.resolve import resolve
from megadev.config.settings import DEFAULT_FILE, DEV, GROUPS, SETTINGS, DevnetConfig, Setting
from megadev.config.trust import Trust
from megadev.errors import ConfigError
from megadev.primitives.types import Address

FILE_VARIABLE = "MEGADEV_CONFIG"
"""Names the settings file, like ``--config``."""
TRUST_VARIABLE = "MEGADEV_TRUST"
"""Set to something other than 0, it has the settings file trusted, like ``--trust``."""
RPC_URL_VARIABLE = "MEGADEV_RPC_URL"
DEFAULT_RPC_URL = "http://127.0.0.1:8545"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class GroupedOption(click.Option):
    """An option that help lists under a heading."""

    def __init__(self, *args: Any, group: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class Command(click.Command):
    """A command with ``-h``, also when it is not reached through the group: click remembers a command's help option
    from its first use.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.context_settings.setdefault("help_option_names", ["-h", "--help"])


class GroupedCommand(Command):
    """A command whose help lists grouped options under their headings, in the table's order."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                rows.setdefault(getattr(param, "group", "Options"), []).append(record)
        for group in sorted(rows, key=lambda name: GROUPS.index(name) if name in GROUPS else len(GROUPS)):
            with formatter.section(group):
                formatter.write_dl(rows[group])


def setting_options(
    names: Iterable[str] | None = None, rows: Iterable[Setting] | None = None
) -> Callable[[Decorated], Decorated]:
    """Add the options of all settings, of those named, or of ``rows``, and ``--config``."""
    chosen = tuple(SETTINGS if rows is None else rows)
    if names is not None:
        chosen = tuple(row for row in chosen if row.name in set(names))

    def decorate(command: Decorated) -> Decorated:
        command = click.option(
            "--config",
            "config_file",
            metavar="FILE",
            help=f"Read settings from this TOML file instead of ./{DEFAULT_FILE}.",
        )(command)
        if any(row.reach for row in chosen):
            command = click.option(
                "--trust",
                is_flag=True,
                expose_value=False,
                callback=_remember_trust,
                help=f"Let ./{DEFAULT_FILE} run programs and write files this time (also {TRUST_VARIABLE}=1). "
                "megadev trust lets it every time.",
            )(command)
        for row in reversed(chosen):
            command = _option(row)(command)
        return command

    return decorate


def idle_options(rows: Iterable[Setting]) -> Callable[[Decorated], Decorated]:
    """Add options that are not settings; the command handles their values."""

    def decorate(command: Decorated) -> Decorated:
        for row in reversed(tuple(rows)):
            command = _option(row)(command)
        return command

    return decorate


def rpc_url_option(command: Decorated) -> Decorated:
    """Add ``--rpc-url``, with the usual address as its default."""
    return click.option(
        "--rpc-url",
        metavar="URL",
        envvar=RPC_URL_VARIABLE,
        default=DEFAULT_RPC_URL,
        show_default=True,
        help=f"The running node to ask (also {RPC_URL_VARIABLE}).",
    )(command)


def data_options(command: Decorated) -> Decorated:
    """Add ``--da`` and ``--beacon``: the places of batch data for whoever derives L2."""
    beacon = click.option("--beacon", metavar="URL", help="The beacon API that has L1's blobs.  [default: --l1]")
    return click.option("--da", metavar="URL", help="The store of batch data beside L1.  [default: /da at --l1]")(
        beacon(command)
    )


def follow_options(command: Decorated) -> Decorated:
    """Add ``--dir``, ``--follow`` and ``--poll`` for whoever derives L2."""
    poll = click.option(
        "--poll",
        metavar="SECONDS",
        type=click.FloatRange(0.01),
        default=0.5,
        show_default=True,
        help="With --follow: interval between two polls of L1.",
    )
    follow = click.option("--follow", is_flag=True, help="Follow L1 until interrupted.")
    return click.option(
        "--dir",
        "directory",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Keep derived blocks there, and continue from them next time.",
    )(follow(poll(command)))


def read_private_key(name: str, given: str) -> bytes:
    """A private key that a user typed for the option ``name``. Raises ``ConfigError``."""
    try:
        return PrivateKey().read(given)
    except ValueError as problem:
        raise ConfigError(f"{name}: {problem}") from None


def read_address(name: str, given: object) -> Address:
    """An address that a user typed for the option or argument ``name``. Raises ``ConfigError``."""
    if not isinstance(given, str) or not re.fullmatch(r"0[xX][0-9a-fA-F]{40}", given):
        raise ConfigError(f"{name}: must be an address (0x and 40 hex digits), not {given!r}")
    return bytes.fromhex(given[2:])


def config_from(
    flags: dict[str, Any], config_file: str | None, *, among: frozenset[str] | None = None, preset: str = DEV
) -> DevnetConfig:
    """The configuration from parsed flags, this process's environment, and the settings file; ``preset`` if none of
    them sets one.

    Raises ConfigError; also when a file that was asked for does not exist.
    """
    named = config_file or os.environ.get(FILE_VARIABLE)
    context = click.get_current_context(silent=True)
    trusts_all = (
        bool(named)
        or (context is not None and context.meta.get(TRUST_VARIABLE, False))
        or (os.environ.get(TRUST_VARIABLE, "0") not in ("", "0"))
    )
    record = trust_record()
    file = Path(named) if named else Path(DEFAULT_FILE)
    given = {name: value for name, value in flags.items() if value is not None and value != ()}
    return resolve(
        given,
        os.environ,
        file if named or file.exists() else None,
        among=among,
        preset=preset,
        trusts=lambda file, content: trusts_all or record.has(file, content),
    )


def trust_record() -> Trust:
    """The record of the settings files that this user trusts."""
    data = os.environ.get("XDG_DATA_HOME")
    return Trust((Path(data) if data else Path.home() / ".local" / "share") / "megadev" / "trusted")


def _remember_trust(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        context.meta[TRUST_VARIABLE] = True


def _option(row: Setting) -> Callable[[Decorated], Decorated]:
    """A setting's option. It yields text: the table reads and checks it, so that every source has the same rules."""
    # Help shows short names first: that is where eyes look for them.
    flags = sorted(row.flags, key=lambda flag: flag.startswith("--"))
    traits: dict[str, Any] = {"default": None, "help": _help(row), "group": row.group, "cls": GroupedOption}
    if isinstance(row.kind, Boolean):
        traits["is_flag"] = True
        if True in row.presets.values():  # what a preset turns on can be turned off
            name = flags[-1].removeprefix("--")
            flags[-1] += "/--" + (name.removeprefix("no-") if name.startswith("no-") else f"no-{name}")
    elif row.bare is not None:
        traits |= {"is_flag": False, "flag_value": str(row.bare), "metavar": row.kind.metavar}
        traits["multiple"] = isinstance(row.kind, TextList)
    elif isinstance(row.kind, TextList | Fundings):
        traits |= {"multiple": True, "metavar": row.kind.metavar}
    else:
        traits["metavar"] = row.kind.metavar
    if not isinstance(row.kind, Boolean):
        traits["shell_complete"] = partial(_completions, row.kind)
    return click.option(*flags, row.name, **traits)


def _completions(kind: object, _: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """Returns the completions of a setting's value: its words, or files."""
    if isinstance(kind, Choice):
        return [CompletionItem(word) for word in kind.words if word.startswith(typed)]
    return [CompletionItem(typed, type="file")] if isinstance(kind, FilePath) else []


def _help(row: Setting) -> str:
    if row.default is None or row.default is False:
        return row.help
    return f"{row.help} [default: {row.describe(row.default)}]"
