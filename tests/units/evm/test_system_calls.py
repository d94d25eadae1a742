"""Writing the storage of the system contracts directly is what really calling them would do."""

from __future__ import annotations

import pytest

from megadev.chain.config import BEACON_ROOTS_ADDRESS as ROOTS
from megadev.chain.config import HISTORY_STORAGE_ADDRESS as HISTORY
from megadev.chain.genesis import BEACON_ROOTS_CODE, HISTORY_STORAGE_CODE
from megadev.chain.spec import Hardfork, dev_spec
from megadev.evm.engine import SYSTEM, BlockEnv, TxEnv
from megadev.evm.engines.python import PythonEngine
from megadev.evm.system_calls import block_start_diff
from megadev.state.diff import Cause, StateDiff
from tests.conformance.engine_suite.worlds import DictState, Has

SYSTEM_ADDRESS = bytes.fromhex("fffffffffffffffffffffffffffffffffffffffe")
PARENT, BEACON = b"\x11" * 32, b"\x22" * 32


@pytest.mark.parametrize(("number", "timestamp"), [(1, 1), (8191, 8191), (8192, 16_382), (20_000, 1_700_000_000)])
def test_direct_writes_equal_the_calls(number: int, timestamp: int) -> None:
    world = {ROOTS: Has(0, 1, BEACON_ROOTS_CODE), HISTORY: Has(0, 1, HISTORY_STORAGE_CODE)}
    called, written = DictState(world), DictState(world)
    engine = PythonEngine(dev_spec())
    for to, data in ((ROOTS, BEACON), (HISTORY, PARENT)):
        tx = TxEnv(SYSTEM_ADDRESS, to, data=data, gas_limit=30_000_000)
        execution = engine.execute(BlockEnv(number, timestamp, 30_000_000), tx, called, rules=SYSTEM)
        assert execution.succeeded
        called.apply(execution.diff)
    written.apply(block_start_diff(written, number, timestamp, PARENT, BEACON, Hardfork.PRAGUE))
    assert {key: value for key, value in written.slots.items() if value} == called.slots
    assert written.accounts == called.accounts


def test_other_code_at_system_addresses_is_called() -> None:
    """It gets what the standard's would get; without code nobody is called."""
    called: list[tuple[bytes, bytes]] = []

    def call(to: bytes, data: bytes) -> StateDiff:
        called.append((to, data))
        return StateDiff(Cause.SYSTEM_CALL, storage={to: {0: 1}})

    state = DictState({ROOTS: Has(0, 1, b"\x00"), HISTORY: Has(0, 1, b"")})
    diff = block_start_diff(state, 5, 5, PARENT, BEACON, Hardfork.PRAGUE, call=call)
    assert called == [(ROOTS, BEACON)]
    assert diff.storage == {ROOTS: {0: 1}}


def test_each_system_call_exists_from_its_hardfork() -> None:
    state = DictState({ROOTS: Has(0, 1, BEACON_ROOTS_CODE), HISTORY: Has(0, 1, HISTORY_STORAGE_CODE)})
    for hardfork, written in ((Hardfork.LONDON, 0), (Hardfork.SHANGHAI, 0), (Hardfork.CANCUN, 1), (Hardfork.PRAGUE, 2)):
        assert len(block_start_diff(state, 5, 1_700_000_000, PARENT, BEACON, hardfork).storage) == written
