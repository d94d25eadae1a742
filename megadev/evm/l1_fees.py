"""Fees beside gas, read from L2's state: for data on L1, and to the operator (OP Stack specification, "L1-Cost fees"
and "Operator fee").
"""

from __future__ import annotations

from megadev.chain.l1_fees import L1Prices
from megadev.chain.spec import L1_BLOCK
from megadev.evm.engine import OperatorFee
from megadev.state.reader import StateReader

_U32 = 2**32 - 1
_U64 = 2**64 - 1


def l1_prices(state: StateReader) -> L1Prices:
    """The latest L1 fees on L2, from L1Block's variables."""
    scalars, operator = state.storage(L1_BLOCK, 3), state.storage(L1_BLOCK, 8)
    return L1Prices(
        base_fee=state.storage(L1_BLOCK, 1),
        blob_base_fee=state.storage(L1_BLOCK, 7),
        base_fee_scalar=scalars >> 96 & _U32,
        blob_base_fee_scalar=scalars >> 64 & _U32,
        operator_fee_scalar=operator >> 64 & _U32,
        operator_fee_constant=operator & _U64,
    )


def operator_fee(prices: L1Prices) -> OperatorFee | None:
    """The operator's fee, None if it is zero."""
    if not prices.operator_fee_scalar and not prices.operator_fee_constant:
        return None
    return OperatorFee(prices.operator_fee_scalar, prices.operator_fee_constant)
