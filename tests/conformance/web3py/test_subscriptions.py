"""web3.py's suite for subscriptions, over WebSocket, on a node whose blocks come by a clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from web3 import AsyncWeb3, WebSocketProvider
from web3._utils.module_testing.persistent_connection_provider import PersistentConnectionProviderTest

from megadev import Devnet
from tests.conformance.web3py.conftest import CHAIN_ID, Runner, connected

BLOCK_TIME = 0.1


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with Devnet(chain_id=CHAIN_ID, block_time=BLOCK_TIME, mixed_mining=True) as net:
        net.serve()
        yield net


@pytest.fixture(scope="module")
def async_w3(net: Devnet, run: Runner) -> Iterator[AsyncWeb3[Any]]:
    with connected(WebSocketProvider(net.url.replace("http", "ws")), run) as w3:
        yield w3


@pytest.fixture(autouse=True)
def _no_head_between(request: pytest.FixtureRequest, net: Devnet) -> Iterator[None]:
    """The case that plays a head of its own to the client finds the clock stopped, or a true head might come first."""
    if "extradata_poa" not in request.node.name:
        yield
        return
    net.rpc("evm_setIntervalMining", 0)
    try:
        yield
    finally:
        net.rpc("evm_setIntervalMining", BLOCK_TIME)
        net.rpc("evm_setAutomine", True)


class TestSubscriptions(PersistentConnectionProviderTest):
    pass
