"""The table of cases that are not run stays true: every name in it is a case of a suite that we run."""

from __future__ import annotations

from web3._utils.module_testing import AsyncEthModuleTest, EthModuleTest, Web3ModuleTest
from web3._utils.module_testing.persistent_connection_provider import PersistentConnectionProviderTest

from tests.conformance.web3py.deselected import DESELECTED, NEED_NAMES

SUITES = {
    suite.__name__: suite
    for suite in (EthModuleTest, AsyncEthModuleTest, Web3ModuleTest, PersistentConnectionProviderTest)
}


def test_every_listed_case_exists() -> None:
    listed = [name.partition("[")[0].split(".") for name in (*DESELECTED, *NEED_NAMES)]
    assert not [f"{suite}.{case}" for suite, case in listed if not hasattr(SUITES[suite], case)]
