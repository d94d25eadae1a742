"""The documentation of this version: Markdown pages, shipped with the code.

``megadev docs`` shows them in a terminal, a running node at ``/docs``.

    start.md          ten minutes, from nothing to a broken sequencer
    guides/           one page per feature
    reference/        tables made from the code's own (tests/house/test_docs.py writes them)
    explanation/      why it works as it does
    contributing.md · changelog.md

May import: nothing. Start with ``pages``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = "/docs"
"""Where a browser finds the pages."""
SECTIONS = ("", "guides", "reference", "explanation")
"""Folders in the order in which they are listed; the first has the pages that stand alone."""
FIRST = ("start", "contributing", "changelog")
"""The pages that stand alone, in order."""


@dataclass(frozen=True)
class Page:
    """``name`` is the path without suffix (``guides/forks``); ``title`` the first heading; ``text`` Markdown."""

    name: str
    title: str
    text: str

    @property
    def section(self) -> str:
        """The folder; empty for pages that stand alone."""
        return self.name.rpartition("/")[0]

    @property
    def summary(self) -> str:
        """The first paragraph in one line."""
        paragraphs = self.text.split("\n\n")
        return " ".join(paragraphs[1].split()) if len(paragraphs) > 1 else ""


@dataclass(frozen=True)
class Found:
    """A line of a page that has what was searched for. ``heading``: the nearest one above it."""

    page: Page
    line: int
    heading: str
    text: str


@cache
def pages() -> dict[str, Page]:
    """All pages by name: those that stand alone first, then by section and title."""
    found = []
    for path in FOLDER.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(FOLDER).with_suffix("").as_posix()
        found.append(Page(name, text.partition("\n")[0].lstrip("# "), text))
    found.sort(key=_order)
    return {page.name: page for page in found}


def find(name: str) -> Page | None:
    """The page with this name: its path (``guides/forks``), or the last part of it where only one page has it."""
    wanted = name.removesuffix(".md").strip("/").lower()
    if wanted in pages():
        return pages()[wanted]
    matches = [page for page in pages().values() if page.name.rpartition("/")[2] == wanted]
    return matches[0] if len(matches) == 1 else None


def search(words: str) -> list[Found]:
    """Every line that has all of ``words``, in any case and order."""
    wanted = words.lower().split()
    results = []
    for page in pages().values():
        heading = page.title
        for number, line in enumerate(page.text.splitlines(), 1):
            if line.startswith("#"):
                heading = line.lstrip("# ")
            if wanted and all(word in line.lower() for word in wanted):
                results.append(Found(page, number, heading, line.strip()))
    return results


def _order(page: Page) -> tuple[int, int, str]:
    alone = FIRST.index(page.name) if page.name in FIRST else len(FIRST)
    return SECTIONS.index(page.section), alone, page.title.lower()
