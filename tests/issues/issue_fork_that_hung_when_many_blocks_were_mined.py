"""On a fork under MegaETH's rules, whoever mined many blocks got no answer: a listener raised where state of upstream's
was missing, and what was to be told after it, the answer too, was told to nobody.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.events import BlockSealed
from megadev.node.bus import Bus
from megadev.node.writer import Writer

START = 1_700_000_000
FRIEND = "0x" + "43" * 20
HISTORY = "0x0000F90827F1C53a10cb7A02335B175320002935"
LIMIT = 60.0
"""Seconds after which an answer is taken for lost."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with Devnet(clock=ManualClock(START), accounts=2, no_l1=True) as net:
        net.rpc("anvil_mine", 3)
        yield net.serve()


def ask(url: str, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    with urlopen(Request(url, body, {"content-type": "application/json"}), timeout=LIMIT) as answer:
        return json.load(answer)["result"]


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
@pytest.mark.parametrize("count", [10, 100_000])
def test_many_blocks_are_mined_on_a_fork(upstream: str, preset: str, count: int) -> None:
    with Devnet(preset=preset, fork_url=(upstream,), no_l1=True, manual_clock=True, accounts=2) as net:
        url = net.serve()
        pay = {"from": net.accounts[0].address, "to": FRIEND, "value": "0x7"}
        ask(url, "eth_sendTransactionSync", pay)
        before = int(ask(url, "eth_blockNumber"), 16)
        ask(url, "hardhat_mine", hex(count), "0xc")
        head = int(ask(url, "eth_blockNumber"), 16)
        assert head >= before + count
        middle = head - count // 2
        block = ask(url, "eth_getBlockByNumber", hex(middle), False)
        assert block["parentHash"] == ask(url, "eth_getBlockByNumber", hex(middle - 1), False)["hash"]
        assert ask(url, "eth_getBlockByHash", block["hash"], False) == block
        assert ask(url, "eth_getBalance", FRIEND, hex(middle)) == "0x7"
        assert ask(url, "eth_getStorageAt", HISTORY, hex((middle - 1) % 8191), hex(middle)) == block["parentHash"]
        assert ask(url, "eth_sendTransactionSync", pay)["status"] == "0x1"
        ask(url, "anvil_rollback", count // 4)
        assert ask(url, "eth_sendTransactionSync", pay)["status"] == "0x1"


def test_a_listener_that_raises_keeps_nothing_from_the_others(caplog: pytest.LogCaptureFixture) -> None:
    writer, heard = Writer(), []

    def fails(_: object) -> None:
        raise ValueError("a listener's own mistake")

    with Devnet(no_l1=True) as net:
        sealed = BlockSealed(net.node.l2.head)
    bus = Bus(writer)
    bus.subscribe(fails)
    bus.subscribe(heard.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(sealed)
    assert heard == [sealed]
    assert "a listener's own mistake" in caplog.text

    async def told_from_the_writers_thread() -> str:
        writer.server_started(asyncio.get_running_loop())

        def change() -> str:
            writer.on_loop(lambda: fails(None))
            writer.on_loop(lambda: heard.append("told"))
            return "done"

        try:
            outcome = writer.run_apart(change)
            return outcome if isinstance(outcome, str) else await asyncio.wait_for(outcome, LIMIT)
        finally:
            writer.server_closed()

    assert asyncio.run(told_from_the_writers_thread()) == "done"
    assert heard[-1] == "told"
