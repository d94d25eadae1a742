"""Cases of web3.py's suites that are not run against megadev, each with its reason. The shorter, the better."""

from __future__ import annotations

from functools import cache

import pytest
from ens.utils import is_valid_name

_SYNCING = "feigns a first message; megadev has sent one already, as soon as it was asked: false, it is in sync"
_CLIENT_SIDE = (
    "wants the ValueError of a client that encodes typed data itself; from a node the same words come in a Web3RPCError"
)
_ASYNC_TYPED_DATA = (
    "fails inside web3.py 8.0.0 before anything is sent: async_map_if_collection mistakes values for items"
)

DESELECTED = {
    "EthModuleTest.test_invalid_eth_sign_typed_data": _CLIENT_SIDE,
    "AsyncEthModuleTest.test_invalid_eth_sign_typed_data": _ASYNC_TYPED_DATA,
    "AsyncEthModuleTest.test_eth_sign_typed_data": _ASYNC_TYPED_DATA,
    "PersistentConnectionProviderTest.test_async_eth_subscribe_syncing_mocked[syncing-True]": _SYNCING,
}
"""Suite and case (with its parameters, where only some of them are meant) to reason; whatever the transport."""

BROKEN_NAMES = "this web3.py cannot normalise names with this pyunormalize, which is not the node's doing"
NEED_NAMES = frozenset(
    {
        "EthModuleTest.test_eth_get_balance_with_ens_name",
        "EthModuleTest.test_eth_get_storage_at_ens_name",
        "EthModuleTest.test_eth_get_transaction_count_ens_name",
        "EthModuleTest.test_eth_get_code_ens_address",
        "EthModuleTest.test_eth_sign_ens_names",
        "EthModuleTest.test_eth_sign_transaction_ens_names",
        "AsyncEthModuleTest.test_async_eth_sign_transaction_ens_names",
        "AsyncEthModuleTest.test_async_eth_get_storage_at_ens_name",
        "AsyncEthModuleTest.test_async_eth_sign_ens_names",
        "Web3ModuleTest.test_solidity_keccak_ens",
    }
)
"""Cases with names of the Ethereum Name Service, run where web3.py's own part works (``names_work``)."""


@cache
def names_work() -> bool:
    """Whether web3.py can normalise a name: 8.0.0 hands lists to pyunormalize, which since 18 takes strings only."""
    try:
        return bool(is_valid_name("tester.eth"))
    except AttributeError:
        return False


def reason_to_deselect(case: pytest.Function) -> str | None:
    """Why ``case`` does not run; None if it does."""
    suites = [] if case.cls is None else [kind.__name__ for kind in case.cls.__mro__]
    if not names_work() and any(f"{suite}.{case.originalname}" in NEED_NAMES for suite in suites):
        return BROKEN_NAMES
    names = (f"{suite}.{name}" for suite in suites for name in (case.originalname, case.name))
    return next((DESELECTED[name] for name in names if name in DESELECTED), None)
