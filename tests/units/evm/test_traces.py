"""Hot loops run as compiled traces, and must compute what the opcodes say."""

from __future__ import annotations

import pytest

from megadev.chain.spec import dev_spec
from megadev.evm.engine import CALL, BlockEnv, TxEnv
from megadev.evm.engines.python import PythonEngine
from megadev.primitives.keccak import keccak
from tests.conformance.engine_suite.worlds import DictState, Has

SENDER, CONTRACT = b"\x01" * 20, b"\x02" * 20
ROUNDS = 200


@pytest.mark.parametrize("size", [32, 64, 96, 1024])
def test_a_loop_that_hashes_memory(size: int) -> None:
    """Each round: mem[0] = keccak(mem[0:size]), with the size known to the compiler."""
    loop = bytes.fromhex(f"60{ROUNDS:02x}5b61{size:04x}60002060005260019003806002575b60206000f3")
    state = DictState({SENDER: Has(), CONTRACT: Has(code=loop)}, {})
    block = BlockEnv(number=1, timestamp=1, gas_limit=30_000_000)
    execution = PythonEngine(dev_spec()).execute(block, TxEnv(SENDER, CONTRACT, gas_limit=10**7), state, rules=CALL)
    memory = bytes(size)
    for _ in range(ROUNDS):
        memory = keccak(memory) + memory[32:]
    assert execution.succeeded and execution.result.output == memory[:32]
