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

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = "/docs"
"""Where a browser finds the pages."""
SECTIONS = ("", "guides", "reference", "explanation")
"""Folders in the order in which they are listed; the first has the pages that stand alone."""
FIRST = ("start", "contributing", "changelog")
"""The pages that stand alone, in order."""
FOUND_FIRST = ("guides", "start", "explanation", "reference", "contributing", "changelog")
"""Sections and pages that stand alone, in the order in which a search prefers them."""
COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
"""Marks of generated parts, and a page's subjects: not for readers."""


@dataclass(frozen=True)
class Page:
    """``name`` is the path without suffix (``guides/forks``); ``title`` the first heading; ``text`` Markdown;
    ``subjects`` what users may call the page's subject, from its line ``<!-- subjects: … -->``.
    """

    name: str
    title: str
    text: str
    subjects: str = ""

    @property
    def section(self) -> str:
        """The folder; empty for pages that stand alone."""
        return self.name.rpartition("/")[0]

    @property
    def summary(self) -> str:
        """The first sentence below the title, without Markdown."""
        paragraphs = self.text.split("\n\n")[1:]
        prose = next((text for text in paragraphs if not text.startswith(("#", "|", "-", "`" * 3))), "")
        return re.split(r"(?<=[.:]) ", plain(prose))[0].rstrip(":")

    @property
    def headings(self) -> list[str]:
        """The text of each heading below the title."""
        return [line.lstrip("# ") for line in self.text.splitlines() if line.startswith("##")]


@dataclass(frozen=True)
class Found:
    """A line of a page that matches a search. ``heading``: the nearest one above it."""

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
        subjects = re.search(r"<!-- subjects: (.*?) -->", text, re.DOTALL)
        shown = COMMENT.sub("", text)
        found.append(Page(name, shown.partition("\n")[0].lstrip("# "), shown, subjects[1] if subjects else ""))
    found.sort(key=_order)
    return {page.name: page for page in found}


def find(name: str) -> Page | None:
    """The page with this name: its path (``guides/forks``), or the last part of it where only one page has it."""
    wanted = name.removesuffix(".md").strip("/").lower()
    if wanted in pages():
        return pages()[wanted]
    matches = [page for page in pages().values() if page.name.rpartition("/")[2] == wanted]
    return matches[0] if len(matches) == 1 else None


def by_page(results: list[Found]) -> list[list[Found]]:
    """The results of a search, one list for each page; headings only where a page has no other line."""
    groups = [list(group) for _, group in groupby(results, key=lambda found: found.page.name)]
    return [[found for found in group if not found.text.startswith("#")] or group for group in groups]


def plain(markdown: str) -> str:
    """A piece of Markdown in one line, without its marks; links keep their text only."""
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", markdown)
    text = re.sub(r"\*{1,2}(\w[^*`]*)\*{1,2}", r"\1", text)
    return " ".join(re.sub(r"`|^#+ |^[-|] | [|]$", "", text).split())


def search(words: str) -> list[Found]:
    """The lines that have all of ``words``, in any case and order; best pages first.

    A page about the words (in its title or subjects, then in a heading or its first paragraph) comes before one that
    mentions them; among equals, guides come before explanations, references and the changelog, then the page with more
    such lines. If no line has all of the words, lines of pages that have all of them count, then words that only begin
    so, then words without a final s.
    """
    wanted = [re.escape(word) for word in words.lower().split()]
    for kind in (
        [rf"{word}s?(?![a-z0-9])" for word in wanted],
        wanted,
        [word.removesuffix("s") for word in wanted],
    ):
        patterns = [re.compile(rf"(?<![a-z0-9]){word}") for word in kind]
        for choose in (_lines_with_all, _lines_with_any):
            results = choose(patterns)
            if results:
                count = Counter(found.page.name for found in results)
                return sorted(results, key=lambda f: (_rank(f.page, patterns), -count[f.page.name], f.page.name))
    return []


_Patterns = list[re.Pattern[str]]


def _lines_with_all(patterns: _Patterns) -> list[Found]:
    """A page that has the words among its subjects is found by its first paragraph."""
    found = []
    for page in pages().values():
        lines = [each for each in _lines(page) if _has_all(each.text, patterns)]
        if not lines and _has_all(page.subjects, patterns):
            lines = [Found(page, 1, page.title, page.summary)]
        found += lines
    return found


def _lines_with_any(patterns: _Patterns) -> list[Found]:
    complete = [page for page in pages().values() if _has_all(page.text.lower(), patterns)]
    return [each for page in complete for each in _lines(page) if any(p.search(each.text.lower()) for p in patterns)]


def _lines(page: Page) -> Iterator[Found]:
    heading = page.title
    for number, line in enumerate(page.text.splitlines(), 1):
        if line.startswith("#"):
            heading = line.lstrip("# ")
        yield Found(page, number, heading, line.strip())


def _has_all(text: str, patterns: _Patterns) -> bool:
    return bool(patterns) and all(pattern.search(text.lower()) for pattern in patterns)


def _rank(page: Page, patterns: _Patterns) -> tuple[int, int]:
    if _has_all(f"{page.name} {page.title} {page.subjects}", patterns):
        relevance = 0
    elif any(_has_all(line, patterns) for line in [*page.headings, page.summary]):
        relevance = 1
    else:
        relevance = 2
    return relevance, FOUND_FIRST.index(page.name if page.name in FIRST else page.section)


def _order(page: Page) -> tuple[int, int, str]:
    alone = FIRST.index(page.name) if page.name in FIRST else len(FIRST)
    return SECTIONS.index(page.section), alone, page.title.lower()
