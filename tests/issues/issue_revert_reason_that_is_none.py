"""callTracer gave a ``revertReason`` of revert data that begins like ``Error(string)`` and is none: geth gives none."""

from __future__ import annotations

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.abi import ERROR_SELECTOR
from tests.conformance.engine_suite.worlds import asm

CODE = "0x" + "c0de" * 10


def test_data_that_only_begins_like_an_error_states_no_reason() -> None:
    net = Devnet(clock=ManualClock(1_700_000_000))
    word = int.from_bytes(ERROR_SELECTOR + b"\xff" * 28, "big")
    net.rpc("anvil_setCode", CODE, "0x" + asm(word, 0, "MSTORE", 32, 0, "REVERT").hex())
    traced = net.rpc("debug_traceCall", {"to": CODE}, "latest", {"tracer": "callTracer"})
    assert traced["output"].startswith("0x08c379a0ff")
    assert "revertReason" not in traced
