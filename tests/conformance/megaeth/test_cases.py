"""Every case under every spec it has results for: what it did, what it is said to have used, and what is in the state
afterwards.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conformance.megaeth.cases import (
    CORNERS,
    LEVELS,
    cannot_run,
    differences,
    expected,
    files,
    own_codes,
    read,
    run_case,
)
from tests.conformance.megaeth.run import answer

SPECS = ("isthmus", "rex4", "rex5", "rex6")


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("path", [*files(), CORNERS], ids=lambda path: path.name.split(".")[0])
def test_cases(path: Path, spec: str) -> None:
    wrong = []
    for case in read(path):
        if spec not in case["expect"] or cannot_run(case):
            continue
        found = differences(case, expected(case, spec), run_case(case, spec), max(LEVELS))
        wrong += [f"{case['name']}: {difference}" for difference in found]
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("spec", SPECS)
def test_our_system_contracts_give_the_same_results(spec: str) -> None:
    """Where the engine answers in their place: all but the state's root, in which their code is."""
    wrong, count = [], 0
    for case in (case for path in files() for case in read(path)):
        names = {has["code"][1:] for has in case["pre"].values() if has.get("code", "").startswith("$")}
        if not names or not names <= own_codes().keys() or spec not in case["expect"]:
            continue
        want = [block | {"stateRoot": None} for block in expected(case, spec)]
        found = [block | {"stateRoot": None} for block in run_case(case, spec, own_codes())]
        wrong += [f"{case['name']}: {difference}" for difference in differences(case, want, found, max(LEVELS))]
        count += 1
    assert not wrong, "\n".join(wrong[:20])
    assert count or spec == "isthmus"


def test_every_line_is_answered() -> None:
    """Whatever a line is, the next one is a case again."""
    case = read(CORNERS)[0]
    lines = ["nonsense", "[]", "{}", "3", json.dumps(case | {"unknown": 1}), json.dumps(case | {"blocks": 7})]
    answers = [answer(line, ["rex6"]) for line in lines]
    assert ["error" in said for said in answers] == [True, True, False, True, False, False]
    assert answers[4]["expect"]["rex6"][0]["transactions"][0]["gasUsed"]
    assert all("error" in answers[index]["expect"]["rex6"] for index in (2, 5))
