"""What data on L1 costs: FastLZ's lengths and the Fjord formula, as a live chain charged it."""

from __future__ import annotations

import random

import pytest

from megadev.chain.l1_fees import LEAST_SIZE, L1Prices, compressed_size, l1_cost, l1_cost_of_unsigned
from tests.stage.fastlz import estimated_size, fastlz_length

LIVE = L1Prices(base_fee=12_822, blob_base_fee=1, base_fee_scalar=1368, blob_base_fee_scalar=0)


@pytest.mark.parametrize(
    ("data", "length"),
    [(b"", 0), (b"a" * 12, 13), (b"a" * 20, 12), (bytes(512), 15), (bytes(range(256)) * 2, 273)],
    ids=["nothing", "12 letters", "20 letters", "zeros", "all bytes twice"],
)
def test_lengths_are_fastlzs(data: bytes, length: int) -> None:
    assert compressed_size(data) == length


def test_lengths_are_fastlzs_for_data_of_every_kind() -> None:
    drawn = random.Random(7)
    for _ in range(150):
        letters = drawn.choice([1, 2, 5, 256])
        data = bytes(drawn.randrange(letters) for _ in range(drawn.randrange(3_000)))
        data += data[: drawn.randrange(len(data) + 1)]
        assert compressed_size(data) == fastlz_length(data)


def test_a_small_transaction_pays_mainnets_fee() -> None:
    cost = l1_cost(bytes(110), LIVE)
    assert (cost.fee, cost.gas_used) == (0x6DA0, 0x640)


def test_larger_ones_pay_by_their_compressed_size() -> None:
    drawn = random.Random(8)
    prices = L1Prices(base_fee=10**9, blob_base_fee=10**9, base_fee_scalar=1368, blob_base_fee_scalar=810_949)
    for size in (90, 130, 150, 165, 170, 171, 180, 250, 1_000):
        data = drawn.randbytes(size)
        expected = estimated_size(fastlz_length(data))
        price = (1368 * 16 + 810_949) * 10**9
        assert l1_cost(data, prices).fee == expected * price // 10**12
        assert l1_cost(data, prices).gas_used == expected * 16 // 10**6
        unsigned = estimated_size(fastlz_length(data) + 68)
        assert l1_cost_of_unsigned(data, prices).fee == unsigned * price // 10**12
    assert LEAST_SIZE == 100 * 10**6
