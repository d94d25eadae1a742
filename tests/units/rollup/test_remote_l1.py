"""An L1 over JSON-RPC that does not answer as it should is one that cannot be had at present, never a failure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from megadev.errors import UpstreamFailed
from megadev.rollup.derivation.l1_source import L1Unavailable
from megadev.rollup.derivation.pipeline import Pipeline, Waiting
from megadev.rollup.derivation.remote_l1 import RemoteL1
from tests.units.rollup.deriving import FakeL1, FakeL2, config_for


def remote(answer: Any, blobs: bytes | None = None) -> RemoteL1:
    def ask(calls: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        if isinstance(answer, Exception):
            raise answer
        return ["0x5" if method == "eth_blockNumber" else answer for method, _ in calls]

    return RemoteL1(ask, lambda path: blobs, lambda excess: 1)


@pytest.mark.parametrize(
    "answer",
    [UpstreamFailed("gone"), OSError("gone"), {}, [], "0x", 5, {"number": "junk", "hash": "0x12"}, {"hash": 5}],
)
def test_derivation_waits_when_the_l1_answer_is_not_a_block(answer: Any) -> None:
    config = config_for(FakeL1())
    step = Pipeline(config, remote(answer), FakeL2(config)).step()
    assert isinstance(step, Waiting)
    assert step.is_stalled


@pytest.mark.parametrize("body", [None, b"", b"junk", b"{}", b'{"data": 5}', b'{"data": ["0x12"]}', b'{"data": []}'])
def test_derivation_waits_when_the_beacon_answer_is_not_blobs(body: bytes | None) -> None:
    block = FakeL1().blocks[0]
    with pytest.raises(L1Unavailable):
        remote(None, body).blobs(block, (b"\x01" * 32,))
    assert remote(None, body).blobs(block, ()) == []


def test_blocks_that_are_not_confirmed_are_not_read() -> None:
    source = remote({"hash": "0x" + "11" * 32})
    assert source.block_hash(5) == b"\x11" * 32
    source.confirmations = 1
    assert source.block_hash(5) is None
    assert source.block_hash(4) == b"\x11" * 32
