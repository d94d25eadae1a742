"""web3.py's suites for synchronous clients, on ``Devnet.w3``: no socket, no server."""

from __future__ import annotations

import pytest
from web3 import Web3
from web3._utils.module_testing import (
    EthModuleTest,
    GoEthereumDebugModuleTest,
    GoEthereumTxPoolModuleTest,
    NetModuleTest,
    Web3ModuleTest,
)

from megadev import Devnet
from tests.conformance.web3py.conftest import CHAIN_ID


@pytest.fixture(scope="module")
def net() -> Devnet:
    return Devnet(chain_id=CHAIN_ID)


@pytest.fixture(scope="module")
def w3(net: Devnet) -> Web3:
    return net.w3


class TestEth(EthModuleTest):
    pass


class TestNet(NetModuleTest):
    pass


class TestDebug(GoEthereumDebugModuleTest):
    pass


class TestTxpool(GoEthereumTxPoolModuleTest):
    pass


class TestWeb3(Web3ModuleTest):
    def _check_web3_client_version(self, client_version: str) -> None:
        assert "megadev/" in client_version
