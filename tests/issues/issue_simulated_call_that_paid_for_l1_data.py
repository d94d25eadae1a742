"""eth_simulateV1 of a free call by somebody without ether was refused where transactions pay for their data on L1."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError

NOBODY, FRIEND = "0x" + "a1" * 20, "0x" + "a2" * 20


@pytest.mark.parametrize("settings", [{"preset": "megaeth"}, {"l1_fee": True}])
def test_calls_without_a_price_pay_nothing(settings: dict[str, Any]) -> None:
    with Devnet(manual_clock=True, accounts=1, **settings) as net:

        def simulated(call: dict[str, str], **options: Any) -> list[dict[str, Any]]:
            [block] = net.rpc("eth_simulateV1", {"blockStateCalls": [{"calls": [call]}], **options}, "latest")
            calls: list[dict[str, Any]] = block["calls"]
            return calls

        for call in ({"to": FRIEND}, {"from": NOBODY, "to": FRIEND, "input": "0x" + "ff" * 100}):
            assert [each["status"] for each in simulated(call)] == ["0x1"]
            for method in ("eth_call", "eth_estimateGas", "eth_createAccessList", "debug_traceCall"):
                assert net.rpc(method, call, "latest")
            assert net.rpc("trace_call", call, ["trace"], "latest")["trace"]
        price = {"maxFeePerGas": hex(10**10), "gas": hex(100_000)}
        for options in ({}, {"validation": True}):
            with pytest.raises(RpcError, match="insufficient funds"):
                simulated({"from": NOBODY, "to": FRIEND} | price, **options)
        payer = net.accounts[0].address
        assert [each["status"] for each in simulated({"from": payer, "to": FRIEND} | price, validation=True)] == ["0x1"]
