"""Blocks that come faster than seconds are dated ahead of the clock. evm_increaseTime moved the clock alone, so after a burst of
transactions the chain did not travel at all, and a timelock test failed without a word.
"""

from __future__ import annotations

import pytest

from megadev import Devnet


def latest(net: Devnet) -> int:
    return int(net.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


@pytest.mark.parametrize("manual", [True, False])
def test_time_travel_starts_at_the_head_when_it_is_ahead_of_the_clock(manual: bool) -> None:
    with Devnet(manual_clock=manual) as net:
        net.rpc("anvil_mine", 200)
        before = latest(net)
        net.rpc("evm_increaseTime", 100)
        net.rpc("evm_mine")
        assert 100 <= latest(net) - before <= 110


def test_a_revert_takes_the_distance_back_too() -> None:
    with Devnet(manual_clock=True) as net:
        snapshot = net.rpc("evm_snapshot")
        net.rpc("anvil_mine", 200)
        net.rpc("evm_revert", snapshot)
        before = latest(net)
        net.rpc("evm_increaseTime", 7)
        net.rpc("evm_mine")
        assert latest(net) - before == 7
