"""Time could be moved to where a block's timestamp no longer fits into its 64 bits, and never back: blocks do not age."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError
from megadev.sequencer.time_keeper import MAX_TIMESTAMP


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("evm_increaseTime", [2**64 - 1]),
        ("evm_increaseTime", [MAX_TIMESTAMP]),
        ("anvil_setBlockTimestampInterval", [2**64 - 1]),
        ("anvil_mine", [3, 2**64 - 1]),
        ("anvil_mine", [1_000, MAX_TIMESTAMP // 100]),
        ("evm_setIntervalMining", [2**64 - 1]),
    ],
)
def test_times_beyond_64_bits_are_refused(method: str, params: list[Any]) -> None:
    net = Devnet()
    with pytest.raises(RpcError) as caught:
        net.rpc(method, *params)
    assert caught.value.code == -32602
    assert net.rpc("eth_blockNumber") == "0x0", "not one block was mined"
    net.rpc("anvil_mine")
    assert abs(net.l2.chain.head.header.timestamp - net.node.clock.now()) < 60


def test_at_the_latest_possible_time_the_chain_continues() -> None:
    net = Devnet()
    net.rpc("evm_increaseTime", MAX_TIMESTAMP - net.node.l2.time.now() - 60)
    net.rpc("anvil_mine")
    net.rpc("anvil_setBlockTimestampInterval", 2**32)
    net.rpc("anvil_mine", 100)
    assert MAX_TIMESTAMP < net.l2.chain.head.header.timestamp < 2**64
