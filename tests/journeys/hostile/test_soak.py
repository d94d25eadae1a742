"""A node that lives long, shortened: what it remembers grows as slowly in the end as in the beginning."""

from __future__ import annotations

import sys

import pytest

from tests.journeys.hostile.heartbeat import UP, started
from tests.journeys.hostile.soak import soak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see what the node's memory does")


@pytest.mark.long
@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_memory_grows_by_a_few_kilobytes_a_block(preset: str) -> None:
    with started(*UP, "--preset", preset) as (process, port):
        lines = list(soak(process, port, 20_000, 8))
    middle, end = lines[3], lines[-1]
    assert end.blocks >= 20_000
    assert (end.megabytes - middle.megabytes) * 1_000_000 / (end.blocks - middle.blocks) < 12_000
    assert end.median < 100
