"""``megadev docs``: the documentation of this version, in the terminal."""

from __future__ import annotations

import re
import sys
from itertools import groupby

import click

from megadev.docs import Page, by_page, find, pages, search
from megadev.primitives.suggestions import did_you_mean

WIDTH = 100
"""Columns at most: longer lines are hard to read."""
SHOWN = 3
"""Lines of one page that a search prints."""
NOT_FOUND = 1
_PAGE_LINK = re.compile(r"\]\((?:[^():]*/)?([\w-]+)\.md(?:#[^)]*)?\)")
"""A link to another page, of which the name is shown: that is what ``megadev docs`` takes."""


def _completions(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    names = [each for name in pages() for each in (name, name.rpartition("/")[2])]
    return sorted({name for name in names if name.startswith(begun)})


@click.command(short_help="Read the documentation.")
@click.argument("page", required=False, shell_complete=_completions)
@click.option(
    "--search", "words", metavar="WORDS", help="List the pages and lines that have all of these words, best first."
)
@click.option("--plain", is_flag=True, help="Print Markdown as it is, without a pager.")
def docs(page: str | None, words: str | None, plain: bool) -> None:
    """Show a page of the documentation; without PAGE, list them all.

    A page is named by its path (guides/forks) or by its last part (forks). The same pages are at /docs of a running
    node.
    """
    if words is not None:
        _search(words)
    elif page is None:
        _list()
    else:
        found = find(page)
        if found is None:
            names = [name.rpartition("/")[2] for name in pages()]
            raise click.UsageError(f"There is no page {page!r}{did_you_mean(page, names) or '.'}")
        _show(found, plain or not sys.stdout.isatty())


def _list() -> None:
    for section, group in groupby(pages().values(), key=lambda page: page.section):
        if section:
            click.echo(f"\n{section.capitalize()}")
        for page in group:
            click.echo(f"  {page.name:28} {page.title}")


def _search(words: str) -> None:
    results = search(words)
    for lines in by_page(results):
        page = lines[0].page
        click.echo(f"{page.name}  {page.title}")
        for found in lines[:SHOWN]:
            click.echo(f"  {found.line:4}  {_shortened(found.text)}")
        if len(lines) > SHOWN:
            click.echo(f"        {len(lines) - SHOWN} more")
    if not results:
        click.echo(f"Nothing found for {words!r}.", err=True)
        raise click.exceptions.Exit(NOT_FOUND)


def _shortened(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _show(page: Page, plain: bool) -> None:
    if plain:
        click.echo(page.text.rstrip())
        return
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import Markdown, TableElement
    from rich.table import Table

    class Folded(TableElement):
        """A table whose long words are broken, not cut off."""

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            for part in super().__rich_console__(console, options):
                if isinstance(part, Table):
                    for column in part.columns:
                        column.overflow = "fold"
                yield part

    class FoldedMarkdown(Markdown):
        elements = {**Markdown.elements, "table_open": Folded}

    width = min(Console().width, WIDTH)
    console = Console(width=width)
    text = _PAGE_LINK.sub(r"](\1)", page.text)
    with console.capture() as shown:
        console.print(FoldedMarkdown(text, hyperlinks=False))
    click.echo_via_pager(shown.get())
