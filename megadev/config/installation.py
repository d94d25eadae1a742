"""The source of this installation, so that a message or a new project can tell how to install it again."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import msgspec

from megadev.primitives.guarded_json import decode_json


class _Vcs(msgspec.Struct):
    vcs: str
    commit_id: str


class _Source(msgspec.Struct):
    """PEP 610's ``direct_url.json``: what pip was told to install, where it was not a package of an index."""

    url: str
    vcs_info: _Vcs | None = None


def requirement(extra: str = "", *, recorded: Callable[[], str | None] | None = None) -> str:
    """Returns the pip requirement of this megadev, as a line of requirements.txt (PEP 508); ``extra`` is one of its
    extras.

    Only a megadev that came from an index is called ``megadev`` alone. ``recorded`` answers ``direct_url.json``'s text.
    """
    name = f"megadev[{extra}]" if extra else "megadev"
    try:
        text = (_recorded if recorded is None else recorded)()
    except PackageNotFoundError:  # run from a checkout without being installed
        return f"{name} @ {Path(__file__).resolve().parents[2].as_uri()}"
    if text is None:
        return name
    source = decode_json(text, _Source)
    if source.vcs_info is not None:
        return f"{name} @ {source.vcs_info.vcs}+{source.url}@{source.vcs_info.commit_id}"
    return f"{name} @ {source.url}"


def pip_install(extra: str = "") -> str:
    """The command that installs this megadev, for a shell."""
    return f"pip install {shlex.quote(requirement(extra))}"


def _recorded() -> str | None:
    return distribution("megadev").read_text("direct_url.json")
