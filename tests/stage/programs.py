"""Programs that tests run, as files: suites for pytest, contracts, scripts."""

from __future__ import annotations

from pathlib import Path

PROGRAMS = Path(__file__).parents[1] / "programs"


def program(name: str) -> str:
    """The text of ``tests/programs/NAME``."""
    return (PROGRAMS / name).read_text(encoding="utf-8")
