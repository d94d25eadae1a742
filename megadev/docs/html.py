"""Pages as HTML for a browser: no scripts, nothing fetched from elsewhere."""

from __future__ import annotations

import posixpath
import re
from html import escape
from itertools import groupby
from urllib.parse import parse_qs

from megadev.docs import ROOT, Page, by_page, pages, plain, search

_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;margin:0;color-scheme:light dark;display:flex;flex-wrap:wrap}"
    "nav{flex:0 0 15em;padding:1.5em;font-size:.9em}nav a{display:block;text-decoration:none}"
    "nav a[aria-current]{font-weight:700}main{flex:1 1 24em;max-width:66em;min-width:0;padding:.5em 1.5em 4em}"
    "main>p,main>ul,main>ol{max-width:52em}td:last-child{min-width:14em}"
    "pre{overflow-x:auto;padding:.8em;border:1px solid #8884;border-radius:4px}code{font-size:.9em}"
    "table{border-collapse:collapse;display:block;overflow-x:auto;font-size:.9em}"
    "td,th{border:1px solid #8884;padding:.3em .6em;text-align:left;vertical-align:top}"
    "@media(min-width:45em){p code,li code,td code{white-space:nowrap}td code{white-space:normal}}"
    "@media(max-width:45em){nav{order:1;flex:1 1 100%}}"
)
SHOWN = 3
"""Lines of one page among the results of a search."""
_LINK = re.compile(r'href="([^":#]+)\.md(#[^"]*)?"')
_METHODS = re.compile(r"<td>(<code>([a-z0-9]+_\w+)</code>(?:, <code>\w+</code>)*)</td>")
"""The first cell of a method's row in the table of JSON-RPC methods."""
_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)


def answer(target: str, playground: str = "") -> str | None:
    """The document at ``target`` (``/docs`` or below), None where there is none; with ``?q=WORDS`` what is found for
    these. ``playground``: where the explorer tries a method whose name follows; '' where there is no explorer.
    """
    path, _, query = target.partition("?")
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        return None
    name = path.removeprefix(ROOT).strip("/")
    words = " ".join(parse_qs(query).get("q", ()))
    if words:
        return _document("Search", _results(words), "")
    if not name:
        return _document("Documentation", _contents(), "")
    page = pages().get(name.removesuffix(".md"))
    return None if page is None else _document(page.title, _body(page, playground), page.name)


def _body(page: Page, playground: str) -> str:
    from markdown_it import MarkdownIt  # half a second that a node without readers does not spend

    text = MarkdownIt("commonmark", {"html": False}).enable("table").render(page.text)
    text = _HEADING.sub(lambda found: f'<h{found[1]} id="{anchor(found[2])}">{found[2]}</h{found[1]}>', text)
    if page.name == "reference/rpc" and playground:
        text = _METHODS.sub(lambda found: f'<td>{found[1]} <a href="{playground}{found[2]}">Try it</a></td>', text)
    return _LINK.sub(lambda found: f'href="{_target(page, found[1])}{found[2] or ""}"', text)


def anchor(heading: str) -> str:
    """The fragment of a heading, as GitHub makes it: lower case, dashes for spaces, no punctuation."""
    plain = re.sub(r"<[^>]+>|`", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def _target(page: Page, link: str) -> str:
    return f"{ROOT}/{posixpath.normpath(posixpath.join(page.section, link))}"


def _contents() -> str:
    parts = ["<h1>megadev</h1>", _SEARCH]
    for section, group in groupby(pages().values(), key=lambda page: page.section):
        rows = "".join(
            f'<li><a href="{ROOT}/{page.name}">{escape(page.title)}</a> {escape(page.summary)}</li>' for page in group
        )
        parts.append((f"<h2>{escape(section.capitalize())}</h2>" if section else "") + f"<ul>{rows}</ul>")
    return "".join(parts)


_SEARCH = f'<form action="{ROOT}"><input type="search" name="q" aria-label="Search"> <button>Search</button></form>'


def _results(words: str) -> str:
    rows = ""
    for lines in by_page(search(words)):
        page = lines[0].page
        rows += f'<li><a href="{ROOT}/{page.name}">{escape(page.title)}</a>'
        for found in lines[:SHOWN]:
            link = f"{ROOT}/{page.name}#{anchor(found.heading)}"
            rows += (
                f'<br>{escape(plain(found.text))} <small><a href="{link}">{escape(plain(found.heading))}</a></small>'
            )
        if len(lines) > SHOWN:
            rows += f"<br><small>{len(lines) - SHOWN} more</small>"
        rows += "</li>"
    return f"<h1>{escape(words)}</h1>{_SEARCH}" + (f"<ul>{rows}</ul>" if rows else "<p>Nothing found.</p>")


def _link(page: Page, is_current: bool) -> str:
    return f'<a href="{ROOT}/{page.name}"{" aria-current=page" if is_current else ""}>{escape(page.title)}</a>'


def _document(title: str, body: str, current: str) -> str:
    links = []
    for section, group in groupby(pages().values(), key=lambda page: page.section):
        links.append(f"<p>{escape(section.capitalize())}</p>" if section else "")
        links += [_link(page, page.name == current) for page in group]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)} · megadev</title><style>{_STYLE}</style>"
        f'<nav><a href="{ROOT}"><strong>megadev</strong></a>{"".join(links)}</nav><main>{body}</main></html>'
    )
