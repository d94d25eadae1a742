"""Every case under every spec it has results for: what it did, what it is said to have used, and what is in the state
afterwards.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conformance.megaeth.cases import LEVELS, differences, expected, files, official_codes, read, run_case

SPECS = ("isthmus", "rex4", "rex5", "rex6")


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("path", files(), ids=lambda path: path.name.split(".")[0])
def test_cases(path: Path, spec: str) -> None:
    wrong = []
    for case in read(path):
        if spec not in case["expect"] or _cannot_run(case):
            continue
        found = differences(case, expected(case, spec), run_case(case, spec), max(LEVELS))
        wrong += [f"{case['name']}: {difference}" for difference in found]
    assert not wrong, "\n".join(wrong[:20])


def _cannot_run(case: dict[str, Any]) -> bool:
    """Without the bytecode that is MegaETH's own."""
    return "official-code" in case.get("needs", ()) and not official_codes()
