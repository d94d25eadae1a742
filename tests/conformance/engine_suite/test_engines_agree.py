"""Programs nobody wrote: on random bytecode the fast loop and py-evm's loop give the same result, gas, logs, diff and
accesses. Whatever else the fast loop does to be fast, this is what it must not change.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import TxEnv
from megadev.evm.engines import open_engine, traces
from megadev.primitives.byte_cache import ByteCache
from tests.conformance.engine_suite.cases import BLOCK, BLOCK_HASHES, CHAIN_ID, CONTRACT, GWEI, SENDER
from tests.conformance.engine_suite.programs import programs, relaxed, world_around
from tests.conformance.engine_suite.worlds import DictState

pytestmark = pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode present:DeprecationWarning")


@pytest.fixture(autouse=True, scope="module", params=["at once", "when hot"])
def traces_are_made(request: pytest.FixtureRequest) -> Iterator[None]:
    """Compiled traces are held to the same: once with everything compiled at its first arrival, once as shipped."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "at once":
            patch.setattr(traces, "HOT", 1)
            patch.setattr(traces, "SPREAD", 1)
        known = traces._codes
        patch.setattr(traces, "_codes", ByteCache(known._make, known._weigh))  # nothing is known of any code
        yield


FAST, SLOW = (open_engine(name, dev_spec(CHAIN_ID, Hardfork.OSAKA)) for name in ("python", "py-evm"))


def same(code: bytes, other: bytes, tx: TxEnv) -> None:
    world = world_around(code, other)
    fast, slow = (engine.execute(BLOCK, tx, DictState(world, BLOCK_HASHES)) for engine in (FAST, SLOW))
    assert type(fast.result) is type(slow.result), (fast.result, slow.result)
    assert fast.result.output == slow.result.output
    assert fast.gas == slow.gas
    assert fast.logs == slow.logs
    assert fast.diff == slow.diff
    if fast.succeeded:  # a frame that fails may fail at another of its faults, having read less or more
        assert fast.accessed.slots == slow.accessed.slots


@relaxed
@given(programs, programs, st.binary(max_size=40), st.sampled_from([30_000, 100_000, 400_000]))
def test_calls(code: bytes, other: bytes, data: bytes, gas: int) -> None:
    same(code, other, TxEnv(SENDER, CONTRACT, 0, 3, data, gas, 2 * GWEI, 2 * GWEI))


@relaxed
@given(programs, programs)
def test_creations(code: bytes, other: bytes) -> None:
    same(b"", other, TxEnv(SENDER, None, 0, 3, code, 500_000, 2 * GWEI, 2 * GWEI))
