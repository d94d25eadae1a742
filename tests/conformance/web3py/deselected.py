"""Cases of web3.py's suites that are not run against megadev, each with its reason. The shorter, the better."""

from __future__ import annotations

from functools import cache

import pytest
from ens.utils import is_valid_name

_BYTES = (
    "wants geth's {raw, tx} from eth_signTransaction; megadev answers with the bytes alone, as the execution API says "
    "and as viem, ethers and cast expect"
)
_RANGE = "wants an error for a log range that ends before it begins; megadev finds nothing there, as Anvil"
_SYNCING = "feigns a first message; megadev has sent one already (false: it is in sync), as geth once it is in sync"

DESELECTED = {
    "test_eth_sign_transaction": _BYTES,
    "test_eth_sign_transaction_legacy": _BYTES,
    "test_eth_sign_transaction_hex_fees": _BYTES,
    "test_eth_sign_transaction_ens_names": _BYTES,
    "test_async_eth_sign_transaction": _BYTES,
    "test_async_eth_sign_transaction_legacy": _BYTES,
    "test_async_eth_sign_transaction_hex_fees": _BYTES,
    "test_async_eth_sign_transaction_ens_names": _BYTES,
    "test_eth_get_logs_without_logs": _RANGE,
    "test_async_eth_get_logs_without_logs": _RANGE,
    "test_async_eth_subscribe_syncing_mocked[syncing-True]": _SYNCING,
}
"""Case name (with its parameters, where only some of them are meant) to reason; whatever the transport."""

BROKEN_NAMES = "this web3.py cannot normalise names with this pyunormalize, which is not the node's doing"
NEED_NAMES = frozenset(
    {
        "test_eth_get_balance_with_ens_name",
        "test_eth_get_storage_at_ens_name",
        "test_eth_get_transaction_count_ens_name",
        "test_eth_get_code_ens_address",
        "test_eth_sign_ens_names",
        "test_async_eth_get_storage_at_ens_name",
        "test_async_eth_sign_ens_names",
        "test_solidity_keccak_ens",
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
    if case.originalname in NEED_NAMES and not names_work():
        return BROKEN_NAMES
    return DESELECTED.get(case.originalname) or DESELECTED.get(case.name)
