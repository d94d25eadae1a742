"""Prices from block to block, and what a wallet is told to offer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from megadev.chain import fees
from megadev.chain.blocks import Header, SealedBlock, seal_block
from megadev.chain.receipts import Receipt
from megadev.chain.spec import FORKS, GAS_PER_BLOB, FeeRules, Fork, Hardfork, dev_spec, fork_named
from megadev.errors import InvalidParams
from megadev.state.world import World

PRAGUE = dev_spec(hardfork=Hardfork.PRAGUE)
OSAKA = dev_spec(hardfork=Hardfork.OSAKA)
BPO2 = dev_spec(blobs=fork_named("bpo2").blobs)


WITH_BLOBS = [fork for fork in FORKS if fork.blobs.max]


def header(**fields: int) -> Header:
    return Header(parent_hash=bytes(32), **fields)  # type: ignore[arg-type]


def block(*paid: tuple[int, int], **fields: int) -> SealedBlock:
    """A block whose transactions ``paid`` (tip in wei, gas used)."""
    base_fee = fields.setdefault("base_fee", 100)
    fields.setdefault("gas_used", sum(gas for _, gas in paid))
    receipts = [
        Receipt(type=2, succeeded=True, cumulative_gas_used=0, gas_used=gas, effective_gas_price=base_fee + tip,
                logs=(), bloom=bytes(256))
        for tip, gas in paid
    ]  # fmt: skip
    return seal_block(header(**fields), (), receipts, World())


@pytest.mark.parametrize(
    ("base_fee", "gas_used", "following"),
    [
        (1_000_000_000, 0, 875_000_000),
        (1_000_000_000, 30_000_000, 1_125_000_000),
        (1_000_000_000, 15_000_000, 1_000_000_000),
        (7, 15_000_001, 8),  # never less than one wei up
        (7, 14_999_999, 7),
        (0, 0, 0),
    ],
)
def test_the_base_fee_follows_demand(base_fee: int, gas_used: int, following: int) -> None:
    parent = header(base_fee=base_fee, gas_used=gas_used, gas_limit=30_000_000)
    assert fees.next_base_fee(parent, FeeRules()) == following


def test_a_constant_base_fee_stays() -> None:
    parent = header(base_fee=5, gas_used=30_000_000, gas_limit=30_000_000)
    assert fees.next_base_fee(parent, FeeRules(constant_base_fee=1_000_000)) == 1_000_000


def test_a_tiny_gas_limit_does_not_break_the_fee() -> None:
    assert fees.next_base_fee(header(base_fee=9, gas_limit=1, gas_used=1), FeeRules()) == 9


@pytest.mark.parametrize(
    ("numerator", "price"),
    [(0, 1), (5_007_716 // 2, 1), (5_007_716, 2), (5_007_716 * 5, 148), (5_007_716 * 10, 22_026)],
)
def test_the_blob_price_grows_exponentially_with_the_excess(numerator: int, price: int) -> None:
    """EIP-4844's fake_exponential: e ** (excess / fraction), rounded down."""
    assert fees.blob_base_fee(numerator, PRAGUE) == price


def test_excess_blob_gas_is_the_amount_above_the_target() -> None:
    assert fees.next_excess_blob_gas(header(blob_gas_used=6 * GAS_PER_BLOB), PRAGUE) == 0
    assert fees.next_excess_blob_gas(header(blob_gas_used=9 * GAS_PER_BLOB), PRAGUE) == 3 * GAS_PER_BLOB
    assert fees.next_excess_blob_gas(header(blob_gas_used=15 * GAS_PER_BLOB), BPO2) == GAS_PER_BLOB
    assert fees.next_excess_blob_gas(header(excess_blob_gas=GAS_PER_BLOB), PRAGUE) == 0


def test_below_the_reserve_price_blob_gas_does_not_get_cheaper() -> None:
    """EIP-7918: 8,192 x the base fee of execution is the least that the gas of one blob should cost."""
    excess = 20 * GAS_PER_BLOB
    quiet = header(excess_blob_gas=excess, base_fee=10**9)
    assert fees.next_excess_blob_gas(quiet, PRAGUE) == 14 * GAS_PER_BLOB
    assert fees.next_excess_blob_gas(quiet, OSAKA) == excess
    full = header(excess_blob_gas=excess, base_fee=10**9, blob_gas_used=9 * GAS_PER_BLOB)
    assert fees.next_excess_blob_gas(full, OSAKA) == 23 * GAS_PER_BLOB  # a third of what was used
    # blob gas costs 1 wei here, and 16 x 8,192 is what a blob has of it
    assert fees.next_excess_blob_gas(header(excess_blob_gas=excess, base_fee=16), OSAKA) == 14 * GAS_PER_BLOB
    assert fees.next_excess_blob_gas(header(excess_blob_gas=excess, base_fee=17), OSAKA) == excess


@given(st.integers(0, 2**26), st.integers(0, 10**12), st.sampled_from(WITH_BLOBS))
def test_a_block_without_blobs_never_raises_their_price(excess: int, base_fee: int, fork: Fork) -> None:
    spec = dev_spec(hardfork=fork.hardfork, blobs=fork.blobs)
    parent = header(excess_blob_gas=excess, blob_gas_used=0, base_fee=base_fee)
    assert 0 <= fees.next_excess_blob_gas(parent, spec) <= excess


@given(st.integers(0, 2**26), st.integers(0, 10**12), st.sampled_from(WITH_BLOBS))
def test_a_block_full_of_blobs_raises_their_price_by_the_same_on_either_side_of_the_reserve(
    excess: int, base_fee: int, fork: Fork
) -> None:
    spec = dev_spec(hardfork=fork.hardfork, blobs=fork.blobs)
    parent = header(excess_blob_gas=excess, blob_gas_used=fork.blobs.max * GAS_PER_BLOB, base_fee=base_fee)
    rise = (fork.blobs.max - fork.blobs.target) * GAS_PER_BLOB
    assert fees.next_excess_blob_gas(parent, spec) == excess + rise


# --- tips -------------------------------------------------------------------------------------------------------------


def test_an_idle_chain_suggests_the_minimum_tip() -> None:
    assert fees.suggested_tip([block()], FeeRules(minimum_tip=7)) == 7
    assert fees.suggested_tip([], FeeRules(minimum_tip=7)) == 7


def test_the_suggested_tip_follows_recent_tips() -> None:
    rules = FeeRules(minimum_tip=1)
    assert fees.suggested_tip([block((40, 21_000)), block((50, 21_000)), block((60, 21_000))], rules) == 50
    assert fees.suggested_tip([block((40, 21_000))] * 5 + [block((9, 21_000))] * fees.TIP_SAMPLE_BLOCKS, rules) == 9
    assert fees.suggested_tip([block((10**15, 21_000))], rules) == fees.MAX_SUGGESTED_TIP
    assert fees.suggested_tip([block((10, 21_000))], FeeRules(minimum_tip=99)) == 99


# --- fee history ------------------------------------------------------------------------------------------------------


def history(*blocks: SealedBlock, percentiles: tuple[float, ...] = ()) -> fees.FeeHistory:
    return fees.fee_history(blocks, percentiles, next_base_fee=77, next_blob_base_fee=3, spec=OSAKA)


def test_fee_history_includes_the_next_base_fee() -> None:
    found = history(
        block(number=4, base_fee=5, gas_limit=100, gas_used=50, blob_gas_used=3 * GAS_PER_BLOB),
        block(number=5, base_fee=6, gas_limit=100, gas_used=25, excess_blob_gas=5_007_716),
    )
    assert found.oldest_block == 4
    assert found.base_fees == (5, 6, 77)
    assert found.blob_base_fees == (1, 2, 3)
    assert found.gas_used_ratios == (0.5, 0.25)
    assert found.blob_gas_used_ratios == (3 / 9, 0.0)
    assert found.rewards is None


def test_rewards_are_percentiles_weighted_by_gas() -> None:
    busy = block((30, 50), (10, 20), (20, 30))  # by tip: 10 for 20 gas, 20 for 30, 30 for 50
    assert history(busy, percentiles=(0, 20, 21, 50, 51, 100)).rewards == ((10, 10, 20, 20, 30, 30),)


def test_an_empty_block_has_zero_rewards() -> None:
    assert history(block(), percentiles=(10, 90)).rewards == ((0, 0),)


def test_a_free_transaction_counts_as_a_zero_tip() -> None:
    free = block((-100, 21_000))  # as a deposit: its gas price is 0
    assert history(free, percentiles=(50,)).rewards == ((0,),)
    assert fees.suggested_tip([free], FeeRules(minimum_tip=0)) == 0


@pytest.mark.parametrize("percentiles", [(-1.0,), (100.5,), (50.0, 10.0), (1.0,) * 101, (float("nan"),)])
def test_invalid_percentiles_are_refused(percentiles: tuple[float, ...]) -> None:
    with pytest.raises(InvalidParams, match="invalid reward percentile"):
        history(block(), percentiles=percentiles)
