"""megadev_getStackTrace had no bounds. A loop over the console took gigabytes and ended the node, a loop without end took
hours of a worker, and what was too long to show stood in the answer all the same, as an error or a message.
"""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.chain.receipts import CONSOLE
from megadev.clock import ManualClock
from megadev.primitives.abi import selector
from megadev.rpc import tracing
from megadev.rpc.client import RpcError
from tests.conformance.engine_suite.worlds import asm

CODE = "0x" + "c0de" * 10
OTHER = "0x" + "bb" * 20
LOOP = "0x5b5f56"
PRINT = asm(int.from_bytes(selector("log(string)"), "big"), 0, "MSTORE", 32, 32, "MSTORE", 60_000, 64, "MSTORE")
PRINTED = asm(0, 0, 60_068, 28, int.from_bytes(CONSOLE, "big"), "GAS", "STATICCALL", "POP")


@pytest.fixture
def net() -> Devnet:
    return Devnet(clock=ManualClock(1_700_000_000))


def refusal(net: Devnet, *request: Any) -> RpcError:
    with pytest.raises(RpcError) as caught:
        net.rpc(*request)
    return caught.value


def test_calls_that_take_too_much_memory_are_refused(net: Devnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "TRACE_BYTES", 1 << 20)
    net.rpc("anvil_setCode", CODE, "0x" + (PRINT + PRINTED * 20).hex())
    sent = {"from": net.accounts[0].address, "to": CODE, "gas": hex(1_000_000)}
    receipt = net.rpc("eth_sendTransactionSync", sent)
    for what in (sent, receipt["transactionHash"]):
        error = refusal(net, "megadev_getStackTrace", what)
        assert error.code == -32005
        assert error.message.startswith("limit exceeded")


def test_where_steps_take_too_long_frames_are_told_and_where_those_do_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = Devnet()  # its clock goes on
    net.rpc("anvil_setCode", CODE, LOOP)
    net.rpc("anvil_setCode", OTHER, "0x5b" + PRINTED.hex() + LOOP[4:])
    monkeypatch.setattr(tracing, "STEPS_TIMEOUT_NS", 1)
    for to, timeout_ns in ((CODE, 10**11), (OTHER, 1)):
        sent = {"from": net.accounts[0].address, "to": to, "gas": hex(500_000)}
        receipt = net.rpc("eth_sendTransactionSync", sent)
        monkeypatch.setattr(tracing, "DEFAULT_TIMEOUT_NS", timeout_ns)
        for what in (sent, receipt["transactionHash"]):
            if to == CODE:
                assert net.rpc("megadev_getStackTrace", what)["error"] == "out of gas"
            else:
                assert refusal(net, "megadev_getStackTrace", what).message.startswith("execution timeout")


def test_long_errors_and_messages_are_truncated(net: Devnet) -> None:
    net.rpc("anvil_setCode", OTHER, "0x" + asm(65_536, 0, "REVERT").hex())
    net.rpc("anvil_setCode", CODE, "0x" + (PRINT + PRINTED + asm(0, 0, 0, 0, 0, int(OTHER, 16), "GAS", "CALL")).hex())
    told = net.rpc("megadev_getStackTrace", {"to": CODE})
    _, printed, failed = told["calls"]
    assert (printed["type"], failed["type"]) == ("CONSOLE", "CALL")
    assert len(printed["text"]) < 5_000
    assert printed["text"].endswith("… (60000 characters)")
    assert failed["error"].startswith("custom error 0x00000000: 00")
    assert len(failed["error"]) < 5_000
    assert len(net.rpc("megadev_getStackTrace", {"to": OTHER})["error"]) < 5_000
