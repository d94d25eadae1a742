"""A JSON number of more digits than a float holds was an internal error of eth_feeHistory."""

from __future__ import annotations

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError


@pytest.mark.parametrize("percentile", [10**310, -(10**310), 2**256])
def test_a_percentile_of_hundreds_of_digits_is_a_wrong_parameter(percentile: int) -> None:
    with pytest.raises(RpcError, match="invalid") as caught:
        Devnet().rpc("eth_feeHistory", 1, "latest", [percentile])
    assert caught.value.code == -32602
