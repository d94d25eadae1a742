"""The chain in the browser: an explorer and debugger that a node serves, or ``megadev explorer`` for any node.

It is a client of the public JSON-RPC and of its subscriptions: plain ES modules and one style sheet under ``assets/``,
shown as they stand there. This package only hands files out; it may import nothing of ours. Start with ``page``; in the
browser with ``assets/app.js``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
PREFIX = "/explorer/"
TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
}


@dataclass(frozen=True)
class Site:
    """The data that the pages get. ``rpc`` and ``l1``: URLs of the chains, relative to the page or whole; '' for what
    is to be asked of the node. ``is_read_only`` hides what changes anything.
    """

    rpc: str = "/"
    l1: str = ""
    is_read_only: bool = False
    version: str = ""


def page(site: Site, shown_first: str = "") -> str:
    """The document that all pages are. ``shown_first``: HTML that stands there until the first page is drawn."""
    told = {"rpc": site.rpc, "l1": site.l1, "readOnly": site.is_read_only, "version": site.version}
    text = _read("index.html")
    return text.replace("{{site}}", escape(json.dumps(told), quote=True)).replace("{{first}}", shown_first)


def asset(path: str) -> tuple[str, bytes] | None:
    """Text and content type of the file at ``path`` (``/explorer/app.js``); None where there is none."""
    name = path.removeprefix(PREFIX)
    if not path.startswith(PREFIX) or name not in names():
        return None
    return _read(name), TYPES[Path(name).suffix]


@cache
def names() -> frozenset[str]:
    """The files that are handed out, by their paths below ``assets/``."""
    return frozenset(
        path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in TYPES and path.is_file()
    )


@cache
def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
