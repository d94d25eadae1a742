"""The L1 data fee that a transaction pays beside its gas (OP Stack specification, "L1-Cost fees", Fjord). Pure.

The price of a byte comes from L1's base fee and blob base fee; the bytes that count are those that a batch is expected
to take, estimated from the size to which FastLZ compresses the signed transaction.
"""

from __future__ import annotations

import msgspec

from megadev.primitives.byte_cache import ByteCache
from megadev.primitives.types import Wei

SIGNATURE_SIZE = 68
"""Bytes that a signature is taken to add to what an unsigned transaction compresses to."""
LEAST_SIZE = 100_000_000
"""In millionths of a byte, as all estimates: no transaction counts as less than 100 bytes."""
_INTERCEPT, _SLOPE = -42_585_600, 836_500
_DATA_GAS = 16
_LITERAL_RUN, _LONG_MATCH = 32, 262
_WINDOW, _UNSEARCHED = 8_191, 13
_HASH_FACTOR = 2_654_435_769


class L1Prices(msgspec.Struct, frozen=True):
    """L1's prices as recorded on L2: fees in wei per gas, and their weights in millionths; and the operator fee (OP
    Stack, Isthmus), in millionths of a wei per gas and in wei.
    """

    base_fee: Wei
    blob_base_fee: Wei
    base_fee_scalar: int
    blob_base_fee_scalar: int
    operator_fee_scalar: int = 0
    operator_fee_constant: Wei = 0


class L1Cost(msgspec.Struct, frozen=True):
    """The L1 fee of one transaction, in wei; ``gas_used`` is the gas that its data would cost as L1 calldata."""

    fee: Wei
    gas_used: int
    prices: L1Prices


def l1_cost(encoded: bytes, prices: L1Prices) -> L1Cost:
    """Returns the L1 fee of a signed transaction."""
    return _cost(_estimated_size(encoded, 0), prices)


def l1_cost_of_unsigned(encoded: bytes, prices: L1Prices) -> L1Cost:
    """Returns the estimated L1 fee of a transaction, from its encoding without a signature, like GasPriceOracle."""
    return _cost(_estimated_size(encoded, SIGNATURE_SIZE), prices)


def da_size(encoded: bytes) -> int:
    """Bytes that a signed transaction is taken to need of L1's data space (OP Stack specification, "Fjord")."""
    return _estimated_size(encoded, 0) // 10**6


def _cost(size: int, prices: L1Prices) -> L1Cost:
    price = prices.base_fee_scalar * _DATA_GAS * prices.base_fee + prices.blob_base_fee_scalar * prices.blob_base_fee
    return L1Cost(size * price // 10**12, size * _DATA_GAS // 10**6, prices)


def _estimated_size(encoded: bytes, more: int) -> int:
    return _sizes((encoded, more))


def _estimate_size(encoded: bytes, more: int) -> int:
    # each run of literals costs a byte: what cannot compress to more than the least size need not be looked at
    length = len(encoded)
    most = length + length // _LITERAL_RUN + 1 + more
    if _INTERCEPT + _SLOPE * most <= LEAST_SIZE:
        return LEAST_SIZE
    return max(LEAST_SIZE, _INTERCEPT + _SLOPE * (compressed_size(encoded) + more))


_sizes: ByteCache[tuple[bytes, int], int] = ByteCache(
    lambda key: _estimate_size(*key), lambda key, size: len(key[0]) + 300, budget=16 * 1024 * 1024
)


def compressed_size(data: bytes) -> int:
    """The length to which FastLZ (level 1) compresses ``data``.

    From the third byte on, each three bytes are looked up where their hash was seen last; a match up to 8,191 bytes
    back takes two bytes where it is shorter than 9 and three otherwise, in pieces of up to 264. Whatever lies between
    matches goes in runs of up to 32 behind a byte each. The last 13 bytes are not searched.
    """
    end = len(data) - _UNSEARCHED
    seen: dict[int, int] = {}
    size = done = 0
    at = 2
    while at < end - 1:
        three = data[at : at + 3]
        bucket = _bucket(three)
        earlier = seen.get(bucket, 0)
        seen[bucket] = at
        if at - earlier > _WINDOW or data[earlier : earlier + 3] != three:
            at += 1
            continue
        stop = at + 3
        while stop < end + 8 and data[stop] == data[earlier + stop - at]:
            stop += 1
        pieces, rest = divmod(stop - at - 3, _LONG_MATCH)
        size += _literals(at - done) + 3 * pieces + (3 if rest > 5 else 2)
        for near in (stop - 2, stop - 1):
            seen[_bucket(data[near : near + 3])] = near
        at = done = stop
    return size + _literals(len(data) - done)


def _bucket(three: bytes) -> int:
    return (int.from_bytes(three, "little") * _HASH_FACTOR & 0xFFFFFFFF) >> 19


def _literals(count: int) -> int:
    runs, rest = divmod(count, _LITERAL_RUN)
    return runs * (_LITERAL_RUN + 1) + (rest + 1 if rest else 0)
