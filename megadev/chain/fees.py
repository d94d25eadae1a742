"""The price of gas and blob gas from one block to the next, and suggested fees: pure functions over headers and
receipts. Prices are wei per gas.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from megadev.chain.blocks import Header, SealedBlock
from megadev.chain.spec import GAS_PER_BLOB, ChainSpec, FeeRules, Hardfork
from megadev.errors import InvalidParams
from megadev.primitives.types import Wei

MIN_BLOB_BASE_FEE: Wei = 1
"""EIP-4844: blob gas never costs less."""
BLOB_BASE_COST = 8_192
"""EIP-7918: execution gas that blob gas may not undercut, per blob."""

TIP_SAMPLE_BLOCKS = 20
"""How far back a suggested tip looks; geth's value, so that wallets see what they are used to."""
TIP_SAMPLES_PER_BLOCK = 3
TIP_PERCENTILE = 60
MAX_SUGGESTED_TIP: Wei = 500 * 10**9

MAX_PERCENTILES = 100
"""The most percentiles one eth_feeHistory may ask for."""


def next_base_fee(parent: Header, fees: FeeRules) -> Wei:
    """The base fee of the block after ``parent`` (EIP-1559), in wei per gas."""
    if fees.constant_base_fee is not None:
        return fees.constant_base_fee
    base_fee = parent.base_fee
    if parent.number == fees.level_after:
        return base_fee
    target = parent.gas_limit // fees.elasticity_multiplier
    if parent.gas_used == target or target == 0:
        return base_fee
    if parent.gas_used > target:
        rise = base_fee * (parent.gas_used - target) // target // fees.base_fee_change_denominator
        return base_fee + max(rise, 1)
    return base_fee - base_fee * (target - parent.gas_used) // target // fees.base_fee_change_denominator


def next_excess_blob_gas(parent: Header, spec: ChainSpec) -> int:
    """The excess blob gas of the block after ``parent`` (EIP-4844; since Osaka with EIP-7918's reserve price)."""
    if not spec.blobs.max:
        return 0
    excess, used = parent.excess_blob_gas, parent.blob_gas_used
    target = spec.blobs.target * GAS_PER_BLOB
    if excess + used < target:
        return 0
    reserve = BLOB_BASE_COST * parent.base_fee if spec.hardfork >= Hardfork.OSAKA else 0
    if reserve > GAS_PER_BLOB * blob_base_fee(excess, spec):
        # Below the reserve price the fee must not fall further: the target is not subtracted, and what was used counts
        # in proportion, so that a full block raises the price exactly as much as it does above the reserve.
        return excess + used * (spec.blobs.max - spec.blobs.target) // spec.blobs.max
    return excess + used - target


def blob_base_fee(excess_blob_gas: int, spec: ChainSpec) -> Wei:
    """The price of one blob gas in a block with that excess (EIP-4844); the least one where there are no blobs yet."""
    if not spec.blobs.max:
        return MIN_BLOB_BASE_FEE
    return blob_base_fee_of(excess_blob_gas, spec.blobs.base_fee_update_fraction)


def blob_base_fee_of(excess_blob_gas: int, update_fraction: int) -> Wei:
    """The same on a chain whose price has that slope."""
    if excess_blob_gas == 0:
        return MIN_BLOB_BASE_FEE
    return _fake_exponential(MIN_BLOB_BASE_FEE, excess_blob_gas, update_fraction)


@lru_cache(maxsize=1024)
def _fake_exponential(factor: int, numerator: int, denominator: int) -> int:
    """factor * e ** (numerator / denominator) by its Taylor series, as EIP-4844 defines it in integers."""
    total, term, i = 0, factor * denominator, 1
    while term > 0:
        total += term
        term = term * numerator // (denominator * i)
        i += 1
    return total // denominator


def suggested_tip(recent: Sequence[SealedBlock], fees: FeeRules) -> Wei:
    """The tip worth offering now: geth's oracle, over the last ``TIP_SAMPLE_BLOCKS`` of ``recent`` (oldest first).

    The 60th percentile of the three lowest tips of each block, not below ``fees.minimum_tip`` and at most 500 gwei.
    Where the base fee is constant no tip buys anything: ``fees.minimum_tip``.
    """
    if fees.constant_base_fee is not None:
        return fees.minimum_tip
    samples: list[Wei] = []
    for block in recent[-TIP_SAMPLE_BLOCKS:]:
        if block.receipts:
            samples += sorted(_tips(block))[:TIP_SAMPLES_PER_BLOCK]
    if not samples:
        return fees.minimum_tip
    samples.sort()
    tip = samples[(len(samples) - 1) * TIP_PERCENTILE // 100]
    return min(max(tip, fees.minimum_tip), MAX_SUGGESTED_TIP)


def _tips(block: SealedBlock) -> list[Wei]:
    """Returns each transaction's tip above the base fee; a deposit pays none."""
    base_fee = block.header.base_fee
    return [max(receipt.effective_gas_price - base_fee, 0) for receipt in block.receipts]


class FeeHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to eth_feeHistory for n blocks: n ratios; n + 1 fees, the last of them the next block's.

    ``rewards`` is None when no percentile was asked for; otherwise one row per block, one tip per percentile.
    """

    oldest_block: int
    base_fees: tuple[Wei, ...]
    gas_used_ratios: tuple[float, ...]
    blob_base_fees: tuple[Wei, ...]
    blob_gas_used_ratios: tuple[float, ...]
    rewards: tuple[tuple[Wei, ...], ...] | None


def fee_history(
    blocks: Sequence[SealedBlock],
    percentiles: Sequence[float],
    *,
    next_base_fee: Wei,
    next_blob_base_fee: Wei,
    spec: ChainSpec,
) -> FeeHistory:
    """Fees over consecutive ``blocks`` (oldest first, at least one) as geth reports them.

    ``next_base_fee`` and ``next_blob_base_fee`` are those of the block after the last. A percentile's reward is the tip
    of the transaction at which that share of the block's gas is reached, transactions ordered by tip.

    Raises ``InvalidParams`` for percentiles outside 0..100, out of order, or more than ``MAX_PERCENTILES``.
    """
    validate_percentiles(percentiles)
    headers = [block.header for block in blocks]
    max_blob_gas = spec.blobs.max * GAS_PER_BLOB
    blob_base_fees = (*(blob_base_fee(header.excess_blob_gas, spec) for header in headers), next_blob_base_fee)
    return FeeHistory(
        oldest_block=headers[0].number,
        base_fees=(*(header.base_fee for header in headers), next_base_fee),
        gas_used_ratios=tuple(header.gas_used / header.gas_limit if header.gas_limit else 0.0 for header in headers),
        blob_base_fees=blob_base_fees if spec.hardfork >= Hardfork.CANCUN else (0,) * len(blob_base_fees),
        blob_gas_used_ratios=tuple(header.blob_gas_used / max_blob_gas if max_blob_gas else 0.0 for header in headers),
        rewards=tuple(_rewards(block, percentiles) for block in blocks) if percentiles else None,
    )


def validate_percentiles(percentiles: Sequence[float]) -> None:
    """Raises ``InvalidParams`` unless they are in order, between 0 and 100, and at most ``MAX_PERCENTILES``."""
    if len(percentiles) > MAX_PERCENTILES:
        raise InvalidParams(
            f"invalid reward percentile: over the query limit {MAX_PERCENTILES}, asked for {len(percentiles)}"
        )
    previous = 0.0
    for index, percentile in enumerate(percentiles):
        if not 0 <= percentile <= 100:
            raise InvalidParams(f"invalid reward percentile: {percentile} is not between 0 and 100")
        if percentile < previous:
            raise InvalidParams(
                f"invalid reward percentile: #{index - 1}:{previous} is greater than #{index}:{percentile}; sort them"
            )
        previous = percentile


def _rewards(block: SealedBlock, percentiles: Sequence[float]) -> tuple[Wei, ...]:
    if not block.receipts:
        return (0,) * len(percentiles)
    by_tip = sorted(zip(_tips(block), (receipt.gas_used for receipt in block.receipts), strict=True))
    rewards: list[Wei] = []
    position, gas_so_far = 0, by_tip[0][1]
    for percentile in percentiles:
        threshold = int(block.header.gas_used * percentile / 100)
        while gas_so_far < threshold and position < len(by_tip) - 1:
            position += 1
            gas_so_far += by_tip[position][1]
        rewards.append(by_tip[position][0])
    return tuple(rewards)
