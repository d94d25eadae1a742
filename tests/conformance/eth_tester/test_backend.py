"""eth-tester's suite for backends, on megadev: all of it, with what is in ``CHANGED`` run in another form."""

from __future__ import annotations

from typing import Any

import pytest
from eth_tester import EthereumTester
from eth_tester.utils.backend_testing import (
    CONTRACT_TRANSACTION_EMPTY_TO,
    CONTRACT_TRANSACTION_MISSING_TO,
    SIMPLE_TRANSACTION,
    BaseTestBackendDirect,
)

from tests.conformance.eth_tester.backend import MegadevBackend

CHANGED = {
    "test_manual_mine_pending_transactions": (
        "sends legacy transactions, which eth-tester cannot offer twice when their signature names a chain (EIP-155): "
        "its check of v allows one byte; run with EIP-1559 fees instead"
    ),
}
"""Cases that we override, each with its reason. No case is left out."""


@pytest.fixture
def eth_tester() -> EthereumTester:
    return EthereumTester(MegadevBackend())


def with_dynamic_fees(transaction: dict[str, Any]) -> dict[str, Any]:
    fees = {"max_fee_per_gas": 2 * 10**9, "max_priority_fee_per_gas": 10**9}
    return {name: value for name, value in transaction.items() if name != "gas_price"} | fees


class TestBackend(BaseTestBackendDirect):  # type: ignore[misc]  # eth-tester is untyped
    @pytest.mark.parametrize(
        "test_transaction",
        [SIMPLE_TRANSACTION, CONTRACT_TRANSACTION_EMPTY_TO, CONTRACT_TRANSACTION_MISSING_TO],
        ids=["simple", "creation with empty to", "creation without to"],
    )
    def test_manual_mine_pending_transactions(
        self, eth_tester: EthereumTester, test_transaction: dict[str, Any]
    ) -> None:
        super().test_manual_mine_pending_transactions(eth_tester, with_dynamic_fees(test_transaction))


def test_only_listed_tests_are_changed() -> None:
    ours = {name for name in vars(TestBackend) if name.startswith("test_")}
    assert ours == set(CHANGED)
    assert all(hasattr(BaseTestBackendDirect, name) for name in CHANGED)
