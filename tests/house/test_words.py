"""Plain English: what users read (errors, log lines, help, answers in words, documentation) avoids constructions that
readers stumble over. How often each occurred before the list was made is written beside it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from megadev.docs import FOLDER
from tests.house.source import REPOSITORY

RIDDLES = {
    r"(?<![Tt]here )\b(?:is|are|was|were) no\b(?! longer)": "'is not a …' or 'invalid …' (27 times)",
    r"(?<![Tt]here )\b(?:is|are) none\b": "'invalid …' (5 times)",
    r"(?:^|[:;,] )say\b|\bnot say\b|\b(?:says?|said|answered) nothing\b": "'give …', 'no output' (24 times)",
    r"\b(?:is|are|was|were) (?:not )?told\b": "'is unknown', 'its L1 attributes' (5 times)",
    r"\bstands? (?:still|where)\b": "'expected …, got …' or 'stops' (10 times)",
    r"\bgo(?:es)? on\b": "'continues' (4 times)",
    r"\bbrings? (?:it|them) back\b|\b(?:gone|goes|went|taken|takes?) (?:it )?back\b": "'restart', 'revert' (11 times)",
    r"\b(?:not|whose \w+ is not|known) here\b": "'unknown …', 'not implemented' (7 times)",
    r"\bgot to\b": "'reached', 'derived' (3 times)",
    r"\blies? (?:in|outside|between)\b": "'must be in …' (8 times)",
    r"\b(?:any|no) more\b(?! than)": "'no longer' (5 times)",
    r"\b(?:[Ww]hoever|[Ss]omebody)\b|\bwhom\?|\bwhat\?": "name who: 'subscribers', 'other users' (5 times)",
    r"\bat hand\b|\bby hand\b|\byour word\b": "'not available', 'by a cheat' (7 times)",
    r"\bask (?:again )?for (?:less|more)\b": "what to lower or raise (3 times)",
    r"\bso (?:many|much)\b": "'this number of …' (12 times)",
    r"\bwhat is (?:no|none)\b": "'invalid …' (5 times)",
}
"""Constructions, as regular expressions, and what to write instead."""
PROSE = RIDDLES | {
    r"\bsays? (?:so|otherwise)\b": "'by default', 'set --flag' (7 times)",
    r"\b[Ww]hat(?:ever)? (?:it|they|you|one) (?:is|are|has|have|had|was|were|does|gets?|meets?)\b": "name it (4 times)",
    r"\b(?:any|no|every|some)body\b": "'anyone', 'clients', 'every node' (12 times)",
    r"\bmend(?:s|ed)?\b": "'clear', 'repair' (5 times)",
    r"\b(?:go(?:es)?|come|taken) (?:with|back|again)\b": "'rolls back', 'is sent again' (5 times)",
    r"(?:^|[.:;] )Who \w+": "'clients that …' (2 times)",
    r"\bin the place of\b|\bstands? (?:behind|in|on|there|beside)\b": "'instead of', 'is on L1' (4 times)",
    r"\bit all\b|\ball there (?:is|are)\b|\b(?:its|their|your) doing\b|\bat home\b": "name it (7 times)",
}
"""The same for the documentation, which has more room to talk around things."""
QUOTED = "- No riddles:"
"""The line of docs/contributing.md that quotes some of them."""
TEXTS = [*(REPOSITORY / "megadev").rglob("*.py"), *(REPOSITORY / "tests" / "house" / "cli_help").glob("*.txt")]


def texts(source: str) -> Iterator[tuple[int, str]]:
    """A module's strings of several words by line, docstrings and comments aside; {} stands for what is filled in."""
    tree = ast.parse(source)
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            skipped.update(map(id, node.values))
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def riddles(text: str, constructions: dict[str, str] = RIDDLES) -> list[str]:
    """The advice for each of the constructions in a text."""
    return [better for pattern, better in constructions.items() if re.search(pattern, text)]


def test_strings_and_help_are_in_plain_english() -> None:
    found = []
    for path in TEXTS:
        source = path.read_text(encoding="utf-8")
        lines = texts(source) if path.suffix == ".py" else enumerate(source.splitlines(), 1)
        found += [
            f"{path.relative_to(REPOSITORY)}:{line}: {text!r}: {better}"
            for line, text in lines
            if " " in text
            for better in riddles(text)
        ]
    assert not found, "write plainly (docs/contributing.md, Style):\n" + "\n".join(found)


def test_the_documentation_is_in_plain_english() -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()!r}: {better}"
        for path in [REPOSITORY / "README.md", *FOLDER.rglob("*.md")]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if not line.startswith(QUOTED)
        for better in riddles(line, PROSE)
    ]
    assert not found, "write plainly (docs/contributing.md, Style):\n" + "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "It serves on port 8547 unless `--port` says otherwise.",
        "meets what it meets in production: a receipt that is null",
        "Nothing stands behind them that a wallet could not send",
        "turn a fault on, and mend it",
        "Who had relied on that sees a reorganisation",
    ],
)
def test_earlier_riddles_in_prose_are_found(text: str) -> None:
    assert riddles(text, PROSE)


@pytest.mark.parametrize(
    "text",
    [
        "invalid URL: its host or port is none",
        "bucket 3 is none: they go from 65536 to 16777215",
        "this is no fork bundle; megadev fork record makes them",
        "the sequencer has crashed already: megadev_sequencer_restart brings it back",
        "a chain id lies in [1, 2**63), got 0",
        "the length of an array is not told",
        "a list stands where data belongs",
    ],
)
def test_earlier_riddles_are_found(text: str) -> None:
    assert riddles(text)


@pytest.mark.parametrize("text", ["there is no directory out", "the block is no longer on L1", "unknown setting"])
def test_plain_sentences_pass(text: str) -> None:
    assert not riddles(text)
