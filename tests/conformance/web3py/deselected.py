"""Cases of web3.py's suites that are not run against megadev, each with its reason. The shorter, the better."""

from __future__ import annotations

DESELECTED: dict[str, str] = {}
"""Case name to reason, whatever the transport."""


def reason_to_deselect(module: str, case: str) -> str | None:
    """Why ``case`` does not run in the test module named ``module``; None if it does."""
    return DESELECTED.get(case)
