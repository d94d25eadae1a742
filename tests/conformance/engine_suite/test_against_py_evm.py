"""What Prague means, case by case: both engines give what py-evm's own VM gives: result, gas, logs and every value that
changed.
"""

from __future__ import annotations

import sys

import pytest

from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import Engine
from megadev.evm.engines import open_engine
from tests.conformance.engine_suite.cases import (
    AUTHORITY,
    BLOCK,
    BLOCK_HASHES,
    CASES,
    CHAIN_ID,
    Case,
    transaction,
    world_of,
)
from tests.conformance.engine_suite.judging import check
from tests.conformance.engine_suite.oracle import judge, sign_authorization
from tests.conformance.engine_suite.worlds import DictState

pytestmark = pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode present:DeprecationWarning")


@pytest.fixture(scope="module", params=["interpreter", "compiled", "py-evm"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return open_engine(request.param, dev_spec(CHAIN_ID, Hardfork.PRAGUE))


@pytest.mark.parametrize("case", [case for case in CASES if not case.py_evm_is_wrong], ids=lambda case: case.name)
def test_prague(engine: Engine, case: Case) -> None:
    if case.is_deep and sys.version_info[:2] == (3, 12):
        pytest.skip("py-evm cannot recurse so deep on Python 3.12")
    world, tx = world_of(case), transaction(case)
    judgement = judge(
        world,
        BLOCK,
        tx,
        signed_authorizations=tuple(sign_authorization(AUTHORITY, *a) for a in case.authorizations),
        block_hashes=BLOCK_HASHES,
    )
    execution = engine.execute(BLOCK, tx, DictState(world, BLOCK_HASHES))
    assert execution.succeeded == case.succeeds, execution.result
    check(judgement, world, tx, execution)
