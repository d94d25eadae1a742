"""flatCallTracer told a block hash for transactions of a block that was still open: one that no block will ever have."""

from __future__ import annotations

import pytest

from megadev import Devnet
from megadev.clock import ManualClock

OPEN = "0x" + "ff" * 32
FLAT = {"tracer": "flatCallTracer"}


@pytest.mark.parametrize("muxed", [False, True])
def test_calls_in_an_open_block_have_no_block_hash(muxed: bool) -> None:
    net = Devnet(preset="megaeth", no_l1=True, no_mining=True, clock=ManualClock(1_700_000_000))
    options = {"tracer": "muxTracer", "tracerConfig": {"flatCallTracer": {}}} if muxed else FLAT
    tx_hash = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": net.accounts[1].address})

    def shown() -> str:
        answer = net.rpc("debug_traceTransaction", tx_hash, options)
        (call,) = answer["flatCallTracer"] if muxed else answer
        return str(call["blockHash"])

    assert shown() == net.rpc("eth_getTransactionReceipt", tx_hash)["blockHash"] == OPEN
    net.rpc("evm_mine")
    assert shown() == net.rpc("eth_getTransactionReceipt", tx_hash)["blockHash"] != OPEN


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_calls_in_the_pending_block_neither(preset: str) -> None:
    net = Devnet(preset=preset, no_l1=True, no_mining=True, clock=ManualClock(1_700_000_000))
    net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": net.accounts[1].address})
    (traced,) = net.rpc("debug_traceBlockByNumber", "pending", FLAT)
    assert traced["result"][0]["blockHash"] == OPEN
