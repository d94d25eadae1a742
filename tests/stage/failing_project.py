"""A project of contracts that fail in known lines."""

from __future__ import annotations

import json
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "artifacts" / "foundry"


def bytecode(name: str) -> str:
    """Creation code as Foundry wrote it; libraries not linked."""
    (found,) = PROJECT.glob(f"compiled/*/{name}.json")
    text: str = json.loads(found.read_text())["bytecode"]["object"]
    return text


def line_of(source: str, text: str) -> int:
    """The number of the line that holds ``text``."""
    lines = (PROJECT / "src" / source).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
