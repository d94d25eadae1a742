"""web3.py's suites for asynchronous clients, on ``Devnet.async_w3``: no socket, no server."""

from __future__ import annotations

from typing import Any

import pytest
from web3 import AsyncWeb3, Web3
from web3._utils.module_testing import AsyncEthModuleTest, AsyncNetModuleTest
from web3._utils.module_testing.web3_module import AsyncWeb3ModuleTest

from megadev import Devnet
from tests.conformance.web3py.conftest import CHAIN_ID


@pytest.fixture(scope="module")
def net() -> Devnet:
    return Devnet(chain_id=CHAIN_ID)


@pytest.fixture(scope="module")
def async_w3(net: Devnet) -> AsyncWeb3[Any]:
    return net.async_w3


@pytest.fixture(scope="module")
def w3(net: Devnet) -> Web3:
    """For the cases without input or output that the asynchronous suite inherits."""
    return net.w3


class TestEth(AsyncEthModuleTest):
    pass


class TestNet(AsyncNetModuleTest):
    pass


class TestWeb3(AsyncWeb3ModuleTest):
    def _check_web3_client_version(self, client_version: str) -> None:
        assert "megadev/" in client_version
