"""web3.py's suites for asynchronous clients, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from web3 import AsyncHTTPProvider, AsyncWeb3, Web3
from web3._utils.module_testing import (
    AsyncEthModuleTest,
    AsyncNetModuleTest,
    GoEthereumAsyncDebugModuleTest,
    GoEthereumAsyncTxPoolModuleTest,
)
from web3._utils.module_testing.web3_module import AsyncWeb3ModuleTest

from megadev import Devnet
from tests.conformance.web3py.conftest import CHAIN_ID, Runner


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with Devnet(chain_id=CHAIN_ID) as net:
        net.serve()
        yield net


@pytest.fixture(scope="module")
def async_w3(net: Devnet, run: Runner) -> Iterator[AsyncWeb3[Any]]:
    w3 = AsyncWeb3(AsyncHTTPProvider(net.url))
    yield w3
    run(w3.provider.disconnect())


@pytest.fixture(scope="module")
def w3(net: Devnet) -> Web3:
    """For the cases without input or output that the asynchronous suite inherits."""
    return net.w3


class TestEth(AsyncEthModuleTest):
    pass


class TestNet(AsyncNetModuleTest):
    pass


class TestDebug(GoEthereumAsyncDebugModuleTest):
    pass


class TestTxpool(GoEthereumAsyncTxPoolModuleTest):
    pass


class TestWeb3(AsyncWeb3ModuleTest):
    def _check_web3_client_version(self, client_version: str) -> None:
        assert "megadev/" in client_version
