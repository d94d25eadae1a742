"""The same cases, and those that only Osaka knows, held against Ethereum's executable specification.

Needs the ``ethereum-execution`` package; skipped where it is not installed.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import TxEnv
from megadev.evm.engines import open_engine
from tests.conformance.engine_suite.cases import (
    AUTHORITY,
    BLOCK,
    BLOCK_HASHES,
    CASES,
    CHAIN_ID,
    CONTRACT,
    GWEI,
    OSAKA_CASES,
    SENDER,
    Case,
    transaction,
    world_of,
)
from tests.conformance.engine_suite.judging import check
from tests.conformance.engine_suite.programs import programs, relaxed, world_around
from tests.conformance.engine_suite.worlds import DictState

pytest.importorskip("ethereum.forks.osaka.fork", reason="pip install ethereum-execution")
RUNS = [
    *(
        (fork, case)
        for fork in (Hardfork.LONDON, Hardfork.PARIS, Hardfork.SHANGHAI, Hardfork.CANCUN)
        for case in CASES
        if not (case.authorizations or (fork < Hardfork.CANCUN and transaction(case).blob_versioned_hashes))
    ),
    *((Hardfork.PRAGUE, case) for case in CASES),
    *((Hardfork.OSAKA, case) for case in (*CASES, *OSAKA_CASES) if transaction(case).gas_limit <= 1 << 24),
]


@pytest.fixture(scope="module", params=["interpreter", "compiled", "py-evm"])
def engine_name(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize(("hardfork", "case"), RUNS, ids=[f"{fork.label}: {case.name}" for fork, case in RUNS])
def test_specification(engine_name: str, hardfork: Hardfork, case: Case) -> None:
    from tests.conformance.engine_suite.specification import judge

    if case.is_deep and engine_name == "py-evm" and sys.version_info[:2] == (3, 12):
        pytest.skip("py-evm cannot recurse so deep on Python 3.12")
    engine = open_engine(engine_name, dev_spec(CHAIN_ID, hardfork))
    world, tx = world_of(case), transaction(case)
    judgement = judge(
        hardfork.label,
        world,
        BLOCK,
        tx,
        authorizations=tuple((AUTHORITY, *a) for a in case.authorizations),
        block_hashes=BLOCK_HASHES,
    )
    execution = engine.execute(BLOCK, tx, DictState(world, BLOCK_HASHES))
    check(judgement, world, tx, execution)


@pytest.mark.parametrize("hardfork", list(Hardfork), ids=lambda fork: fork.label)
@relaxed
@given(code=programs, other=programs, creates=st.booleans())
def test_specification_on_random_programs(hardfork: Hardfork, code: bytes, other: bytes, creates: bool) -> None:
    from tests.conformance.engine_suite.specification import judge

    world = world_around(code, other)
    to, data = (None, code) if creates else (CONTRACT, b"data")
    tx = TxEnv(SENDER, to, 0, 3, data, 300_000, 2 * GWEI, 2 * GWEI)
    judgement = judge(hardfork.label, world, BLOCK, tx, block_hashes=BLOCK_HASHES)
    for name in ("interpreter", "compiled"):
        execution = open_engine(name, dev_spec(CHAIN_ID, hardfork)).execute(BLOCK, tx, DictState(world, BLOCK_HASHES))
        check(judgement, world, tx, execution)
