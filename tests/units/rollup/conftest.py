"""The two chains with the bridge, fresh for each test or shared by a module's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.units.rollup.chains import Chains


@pytest.fixture
def chains(tmp_path: Path) -> Iterator[Chains]:
    made = Chains(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chains]:
    """For tests that only ask."""
    made = Chains(tmp_path_factory.mktemp("chains"))
    yield made
    made.close()
