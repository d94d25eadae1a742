"""The one writer: whatever fails, what waits behind it has its turn."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future

import pytest

from megadev.node.writer import Writer
from megadev.rpc.client import await_outcome

PATIENCE = 20.0


def _fail() -> None:
    raise ValueError("it failed")


async def _served() -> Writer:
    writer = Writer()
    writer.server_started(asyncio.get_running_loop())
    return writer


def test_a_call_on_the_loop_that_fails_stops_nothing_that_was_told_after_it(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> list[str]:
        writer, heard = await _served(), []

        def change() -> str:
            writer.on_loop(_fail)
            writer.on_loop(lambda: heard.append("told"))
            return "done"

        for _ in range(2):
            outcome = await asyncio.wait_for(writer.take_turn(lambda: writer.run_apart(change)), PATIENCE)
            heard.append(outcome if isinstance(outcome, str) else await asyncio.wait_for(outcome, PATIENCE))
        await asyncio.wait_for(writer.free(), PATIENCE)
        writer.server_closed()
        return heard

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(scenario()) == ["told", "done"] * 2
    assert "it failed" in caplog.text


def test_a_change_that_fails_stops_none_that_waits_behind_it(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        writer = await _served()
        may_end = threading.Event()
        outcome = writer.run_apart(lambda: may_end.wait(PATIENCE))
        writer.when_free(_fail)
        behind = asyncio.ensure_future(writer.take_turn(lambda: "behind"))
        await asyncio.sleep(0)
        may_end.set()
        assert not isinstance(outcome, bool)
        assert await asyncio.wait_for(asyncio.gather(outcome, behind), PATIENCE) == [True, "behind"]
        assert await asyncio.wait_for(writer.take_turn(lambda: "later"), PATIENCE) == "later"
        writer.server_closed()

    with caplog.at_level(logging.ERROR):
        asyncio.run(scenario())
    assert "it failed" in caplog.text


def test_waiting_for_a_closed_loop_raises_a_connection_error() -> None:
    loop = asyncio.new_event_loop()
    given = asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop)
    loop.run_until_complete(asyncio.wrap_future(given, loop=loop))
    assert await_outcome(given, loop) is None
    loop.close()
    with pytest.raises(ConnectionError, match="closed before it answered"):
        await_outcome(Future(), loop)
