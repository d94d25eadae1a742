"""When blocks come: instantly, by timer, both or only when asked, switched while the node runs. And logging, likewise."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError
from megadev.sequencer.modes import MiningMode

NOBODY = "0x" + "99" * 20


class Loop:
    """As much of an event loop as a timer needs; ``tick`` lets its time pass."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Any]] = []

    def call_later(self, delay: float, callback: Any) -> Any:
        timer = (delay, callback)
        self.timers.append(timer)
        loop = self

        class Handle:
            def cancel(self) -> None:
                if timer in loop.timers:
                    loop.timers.remove(timer)

        return Handle()

    def tick(self) -> float:
        """Run the one timer that is set; says how long it was set for, in seconds."""
        ((delay, callback),) = self.timers
        self.timers.clear()
        callback()
        return delay


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def net(loop: Loop) -> Devnet:
    net = Devnet(manual_clock=True)
    net.node.l2.mining.start(loop)  # type: ignore[arg-type]
    return net


def height(net: Devnet) -> int:
    return int(net.rpc("eth_blockNumber"), 16)


def pay(net: Devnet) -> str:
    tx_hash: str = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": NOBODY, "value": "0x1"})
    return tx_hash


def is_mined(net: Devnet, tx_hash: str) -> bool:
    return net.rpc("eth_getTransactionReceipt", tx_hash) is not None


def test_every_mode_can_be_reached_from_every_other_while_it_runs(net: Devnet, loop: Loop) -> None:
    assert is_mined(net, pay(net))
    net.rpc("evm_setIntervalMining", 2)  # interval
    waiting = pay(net)
    assert not is_mined(net, waiting)
    assert loop.tick() == 2
    assert is_mined(net, waiting)
    net.rpc("evm_setAutomine", True)  # mixed
    assert is_mined(net, pay(net))
    before = height(net)
    loop.tick()
    assert height(net) == before + 1
    net.rpc("evm_setIntervalMining", 0)  # instant
    assert loop.timers == []
    assert is_mined(net, pay(net))
    net.rpc("evm_setAutomine", False)  # none
    waiting = pay(net)
    assert not is_mined(net, waiting) and loop.timers == []
    net.rpc("evm_mine")
    assert is_mined(net, waiting)


def test_the_timer_takes_fractions_of_a_second(net: Devnet, loop: Loop) -> None:
    net.rpc("evm_setIntervalMining", 0.25)
    assert [loop.tick() for _ in range(3)] == [0.25] * 3
    assert (height(net), net.rpc("anvil_getIntervalMining")) == (3, 0.25)


def test_a_new_interval_replaces_the_old_one(net: Devnet, loop: Loop) -> None:
    net.rpc("evm_setIntervalMining", 10)
    net.rpc("anvil_setIntervalMining", "0x3")
    assert loop.tick() == 3
    assert len(loop.timers) == 1


def test_waiting_transactions_are_mined_when_automine_is_enabled(net: Devnet) -> None:
    net.rpc("evm_setIntervalMining", 60)
    waiting = pay(net)
    net.rpc("evm_setAutomine", True)
    assert is_mined(net, waiting)


def test_a_revert_restores_mode_and_timer(net: Devnet, loop: Loop) -> None:
    net.rpc("evm_setIntervalMining", 5)
    timed = net.rpc("evm_snapshot")
    net.rpc("evm_setIntervalMining", 0)
    net.rpc("evm_setAutomine", True)
    instant = net.rpc("evm_snapshot")
    net.rpc("evm_setAutomine", False)
    net.rpc("evm_revert", instant)
    assert (net.node.l2.mining.mode, loop.timers) == (MiningMode.INSTANT, [])
    net.rpc("evm_revert", timed)
    assert (net.node.l2.mining.mode, net.rpc("anvil_getIntervalMining")) == (MiningMode.INTERVAL, 5)
    assert loop.tick() == 5


def test_blocks_are_sealed_by_a_real_timer() -> None:
    """The one test that waits: for the event, not for a time."""

    async def third_block() -> int:
        with Devnet(loop=asyncio.get_running_loop()) as net:
            done = asyncio.Event()
            net.node.l2.bus.subscribe(lambda event: done.set() if height_of(net) >= 3 else None)
            net.node.l2.mining.set(MiningMode.INTERVAL, 0.01)
            await asyncio.wait_for(done.wait(), 30)
            net.node.l2.mining.stop()
            return height_of(net)

    def height_of(net: Devnet) -> int:
        return net.l2.chain.head.number

    assert asyncio.run(third_block()) >= 3


@pytest.mark.parametrize(("method", "answer"), [("anvil_setLoggingEnabled", None), ("hardhat_setLoggingEnabled", True)])
def test_logging_is_switched_off_and_on(net: Devnet, method: str, answer: object) -> None:
    assert net.rpc(method, False) is answer
    assert net.node.logging is False
    net.rpc(method, True)
    assert net.node.logging is True


def test_a_terminal_stays_quiet_while_logging_is_off(megadev_up: Any) -> None:
    node = megadev_up()
    node.rpc("eth_chainId")
    node.wait_for("eth_chainId")
    node.rpc("anvil_setLoggingEnabled", False)
    node.rpc("eth_gasPrice")
    node.rpc("anvil_setLoggingEnabled", True)
    node.rpc("eth_blobBaseFee")
    node.wait_for("eth_blobBaseFee")
    assert not any("eth_gasPrice" in line for line in node.printed)


@pytest.mark.parametrize("method", ["anvil_setMinGasPrice", "hardhat_setMinGasPrice"])
def test_there_is_no_minimal_gas_price_beside_a_base_fee(net: Devnet, method: str) -> None:
    with pytest.raises(RpcError, match="not supported when EIP-1559 is active") as caught:
        net.rpc(method, "0x1")
    assert caught.value.code == -32602


@pytest.mark.parametrize(
    "params",
    [
        ("anvil_setLoggingEnabled",),
        ("anvil_setLoggingEnabled", "no"),
        ("anvil_setLoggingEnabled", 0),
        ("anvil_setMinGasPrice",),
        ("anvil_setMinGasPrice", "cheap"),
        ("evm_setIntervalMining", "soon"),
        ("evm_setIntervalMining", -0.5),
        ("evm_setIntervalMining", 1e12),
        ("evm_setIntervalMining", [1000, 2000]),
        ("anvil_mine", 1, -1),
        ("anvil_mine", 1, 2**64),
        ("anvil_mine", 10, 2**63),
        ("anvil_mine", 1, 1, 1),
        ("anvil_removeBlockTimestampInterval", 1),
        ("anvil_setBlockTimestampInterval", 2**60),
        ("anvil_getIntervalMining", 1),
    ],
)
def test_invalid_arguments_are_refused_and_change_nothing(net: Devnet, params: tuple[Any, ...]) -> None:
    before = (
        net.rpc("anvil_nodeInfo"),
        net.node.l2.mining.mode,
        net.node.l2.mining.block_time,
        net.node.l2.time.settings,
    )
    with pytest.raises(RpcError) as caught:
        net.rpc(*params)
    assert caught.value.code == -32602
    after = (
        net.rpc("anvil_nodeInfo"),
        net.node.l2.mining.mode,
        net.node.l2.mining.block_time,
        net.node.l2.time.settings,
    )
    assert (after, net.node.logging) == (before, True)
