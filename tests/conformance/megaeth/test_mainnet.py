"""Transactions that MegaETH's mainnet has executed: their gas, status, logs and the state they leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.megaeth.mainnet import files, read, run_unit


@pytest.mark.parametrize("spec", ["rex4", "rex5", "rex6"])
@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_a_transaction_of_mainnet(path: Path, spec: str) -> None:
    for unit in read(path).values():
        for wanted in unit["post"].values():  # the specs agree on all of them
            want = {key: value for key, value in wanted[0].items() if key != "indexes"}
            assert run_unit(unit, spec) == want
