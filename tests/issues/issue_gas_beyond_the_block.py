"""--disable-block-gas-limit let a transaction of 100 million gas be sent, which no call, estimate or simulation could
try: their caps of 30 and 50 million stayed, and a call that ran into one was told "out of gas" and not why.
"""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError

HERE = "0x" + "99" * 20
NEEDY = "0x5a630416000010600d575f5ffd5b60075f5260205ff3"
"""Returns 7 where it has more than 68.5 million gas, reverts with less."""
LOOP = "0x5b600056"
ASKED = hex(80_000_000)


def seven(answer: str) -> bool:
    return int(answer, 16) == 7


@pytest.fixture
def unlimited() -> Any:
    with Devnet(disable_block_gas_limit=True) as net:
        net.rpc("anvil_setCode", HERE, NEEDY)
        yield net


def test_a_sendable_transaction_can_be_called(unlimited: Devnet) -> None:
    call = {"from": unlimited.accounts[0].address, "to": HERE, "gas": ASKED}
    receipt = unlimited.rpc("eth_getTransactionReceipt", unlimited.rpc("eth_sendTransaction", call))
    assert receipt["status"] == "0x1"
    assert seven(unlimited.rpc("eth_call", call))
    assert "error" not in unlimited.rpc("eth_createAccessList", call)
    assert not unlimited.rpc("debug_traceCall", call, "latest")["failed"]
    assert seven(unlimited.rpc("eth_callMany", [{"transactions": [call]}])[0][0]["value"])
    assert seven(unlimited.rpc("trace_call", call, ["trace"])["output"])
    [block] = unlimited.rpc("eth_simulateV1", {"blockStateCalls": [{"calls": [call, call]}]})
    assert [made["status"] for made in block["calls"]] == ["0x1", "0x1"]


@pytest.mark.parametrize("gas", [{}, {"gas": ASKED}])
def test_a_sendable_transaction_can_be_estimated(unlimited: Devnet, gas: dict[str, str]) -> None:
    call = {"from": unlimited.accounts[0].address, "to": HERE, **gas}
    needed = int(unlimited.rpc("eth_estimateGas", call), 16)
    assert 68_550_000 < needed < 80_000_000
    filled = unlimited.rpc("eth_fillTransaction", {**call, "gas": None})
    assert int(filled["tx"]["gas"], 16) == needed
    sent = unlimited.rpc("eth_sendTransaction", {**call, "gas": None})
    assert unlimited.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_cap_that_cuts_a_callers_gas_is_named(method: str) -> None:
    with Devnet() as net:
        net.rpc("anvil_setCode", HERE, LOOP)
        with pytest.raises(RpcError) as refused:
            net.rpc(method, {"to": HERE, "gas": ASKED})
        assert "asked for 80000000 gas" in str(refused.value)
        assert "--disable-block-gas-limit" in str(refused.value)
        with pytest.raises(RpcError) as own:
            net.rpc(method, {"to": HERE, "gas": hex(100_000)})
        assert "asked for" not in str(own.value)


def test_errors_within_an_answer_name_the_gas_too() -> None:
    with Devnet() as net:
        net.rpc("anvil_setCode", HERE, LOOP)
        call = {"to": HERE, "gas": ASKED}
        assert "asked for 80000000 gas" in net.rpc("eth_createAccessList", call)["error"]
        assert "asked for 80000000 gas" in net.rpc("eth_callMany", [{"transactions": [call]}])[0][0]["error"]


def test_an_estimate_stays_below_the_transaction_gas_cap() -> None:
    with Devnet(enable_tx_gas_limit=True) as net:
        net.rpc("anvil_setCode", HERE, "0x5a630111700010600d575f5ffd5b00")  # more than 17,920,000 gas
        with pytest.raises(RpcError):
            net.rpc("eth_estimateGas", {"to": HERE})
