"""Words for a message about a word that nobody knows: what it may be, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def either(words: tuple[str, ...]) -> str:
    """The words as a choice: ``a, b or c``."""
    return f"{', '.join(words[:-1])} or {words[-1]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion to append to a message, or nothing."""
    close = closest(word, known)
    return f". Did you mean {close}?" if close else ""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` is probably a misspelling of."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)), None)
