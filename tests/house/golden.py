"""Golden text: a file that is rewritten when it no longer matches, in a test that still fails then.

So the cure for an intended change is to run the tests once more and to look at the diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.source import REPOSITORY


def check_golden(path: Path, expected: str) -> None:
    """Fail unless ``path`` holds ``expected``; after the failure it does."""
    found = path.read_text(encoding="utf-8") if path.exists() else None
    if found != expected:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(expected, encoding="utf-8")
        pytest.fail(f"{path.relative_to(REPOSITORY)} was out of date and has been rewritten: look at its diff")
