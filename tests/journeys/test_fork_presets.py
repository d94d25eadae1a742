"""Forks of both kinds of chain under both presets: with L1 simulated, forked or left out, across a restart from saved
state, and from a bundle without upstream.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from megadev import Devnet
from megadev.clock import ManualClock

START = 1_700_000_000
FRIEND = "0x" + "43" * 20


class Upstreams(NamedTuple):
    """URLs of an L2 of each preset, and of an L1."""

    dev: str
    megaeth: str
    l1: str


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    with (
        Devnet(clock=ManualClock(START), accounts=3, manual_clock=True) as dev,
        Devnet(clock=ManualClock(START), accounts=3, preset="megaeth", manual_clock=True) as megaeth,
    ):
        for net in (dev, megaeth):
            pay(net, 5)
            net.rpc("evm_mine")
        yield Upstreams(dev.serve(), megaeth.serve(), dev.l1.url)


def pay(net: Devnet, amount: int) -> dict[str, Any]:
    """A transfer's receipt."""
    call = {"from": net.accounts[0].address, "to": FRIEND, "value": hex(amount)}
    receipt: dict[str, Any] = net.rpc("eth_sendTransactionSync", call)
    assert receipt["status"] == "0x1"
    return receipt


def owned(net: Devnet) -> int:
    return int(net.rpc("eth_getBalance", FRIEND, "latest"), 16)


@pytest.fixture(params=["dev", "megaeth"])
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["of dev", "of megaeth"])
def forked(request: pytest.FixtureRequest, upstreams: Upstreams) -> str:
    return upstreams.dev if request.param == "of dev" else upstreams.megaeth


@pytest.fixture(params=["L1", "forked L1", "no L1"])
def l1(request: pytest.FixtureRequest, upstreams: Upstreams) -> dict[str, Any]:
    of: dict[str, dict[str, Any]] = {"L1": {}, "forked L1": {"fork_l1": (upstreams.l1,)}, "no L1": {"no_l1": True}}
    return of[str(request.param)]


def test_a_fork_continues_after_a_restart_from_saved_state(
    preset: str, forked: str, l1: dict[str, Any], tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"fork_url": (forked,), "preset": preset, "fork_cache": tmp_path / "cache"} | l1
    state = tmp_path / "state.json"
    with Devnet(state=state, **settings) as net:
        net.serve()
        receipt = pay(net, 7)
        net.rpc("evm_mine")
        traced = net.rpc("debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"})
        assert int(traced["value"], 16) == 7
        fees = net.rpc("eth_feeHistory", "0x4", "latest", [50])
        assert len(fees["baseFeePerGas"]) == len(fees["gasUsedRatio"]) + 1 > 2, "of blocks on both sides of the fork"
        assert net.rpc("eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest"}) is not None
        assert owned(net) == 12
        net.node.save()
    with Devnet(state=state, **settings) as net:
        net.serve()
        assert owned(net) == 12
        pay(net, 1)
        assert owned(net) == 13
        if "no_l1" not in l1:
            assert int(net.l1.rpc("eth_blockNumber"), 16) >= 0


def test_a_bundle_takes_the_place_of_upstream(preset: str, forked: str, l1: dict[str, Any], tmp_path: Path) -> None:
    def use(net: Devnet) -> tuple[str, list[Any], int]:
        number = net.rpc("anvil_nodeInfo")["forkConfig"]["forkBlockNumber"]
        return pay(net, 9)["gasUsed"], net.rpc("eth_getBlockReceipts", hex(number)), owned(net)

    bundle = tmp_path / "fork.bundle"
    with Devnet(fork_url=(forked,), preset=preset, fork_record=bundle, fork_cache=tmp_path / "cache", **l1) as net:
        expected = use(net)
    without = {name: value for name, value in l1.items() if name != "fork_l1"}
    with Devnet(fork_bundle=bundle, preset=preset, **without) as net:
        assert use(net) == expected
