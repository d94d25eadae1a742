"""A function known to be quick ran on the event loop whatever its arguments: with a large one it stopped everybody else."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any

import pytest

from megadev import Devnet

CALL = {"to": "0x" + "99" * 20, "data": "0x11223344" + "00" * 32}


@pytest.mark.parametrize(
    "params",
    [
        [{**CALL, "data": "0x11223344" + "00" * 31 + "01"}],
        [{**CALL, "data": CALL["data"] + "00"}],
        [CALL, "pending"],
        [CALL, {"blockNumber": "pending"}],
        [CALL, "latest", {}],
    ],
)
def test_only_the_same_call_is_known_to_be_quick(params: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("megadev.rpc.dispatch.perf_counter_ns", lambda: 0)  # quick on any machine
    net = Devnet()
    offloaded = 0

    async def offload(work: Any, seconds: float) -> Any:
        return work()

    def leaves_the_loop(asked: list[Any]) -> bool:
        nonlocal offloaded
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": asked}).encode()
        answer = net.dispatcher.handle(body, None, offload)
        if not isinstance(answer, Awaitable):
            return False
        with pytest.raises(StopIteration):
            answer.send(None)  # type: ignore[attr-defined]
        return True

    assert leaves_the_loop([CALL])
    assert not leaves_the_loop([CALL])
    assert leaves_the_loop(params)
