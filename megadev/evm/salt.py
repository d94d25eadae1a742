"""MegaETH's state buckets: which one a key of the state falls into, and what a bucket's capacity multiplies.

A key is an account's address, or address and slot. Its bucket is a hash of it (AHash 0.8's portable variant, seeded as
SALT seeds it); storage gas grows with the capacity of that bucket, which starts at 256 entries and doubles when it is
more than 80 % full.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from megadev.chain.spec import BUCKETS, FIRST_BUCKET, LARGEST_CAPACITY
from megadev.primitives.types import Address

FULL_PERCENT: Final = 80

_64: Final = (1 << 64) - 1
_MULTIPLE: Final = 6_364_136_223_846_793_005
_SEEDS: Final = (0x921321F4, 0x2CCB667E, 0x60D68842, 0x077ADA9D)
_PI: Final = (0x452821E638D01377, 0xBE5466CF34E90C6C, 0xC0AC29B7C97C50DD, 0x3F84D5B5B5470917)
_PAD, _BUFFER, _KEY_LOW, _KEY_HIGH = (seed ^ pi for seed, pi in zip(_SEEDS, _PI, strict=True))


def _fold(left: int, right: int) -> int:
    product = left * right
    return (product & _64) ^ (product >> 64)


def _rotate(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) & _64 if bits else word


def salt_hash(data: bytes) -> int:
    """64 bits of AHash over ``data``."""
    size = len(data)
    buffer = (_BUFFER + size) * _MULTIPLE & _64

    def number(start: int, end: int) -> int:
        return int.from_bytes(data[start:end], "little")

    if size > 16:
        pairs = [(number(size - 16, size - 8), number(size - 8, size))]
        pairs += [(number(i, i + 8), number(i + 8, i + 16)) for i in range(0, size - 16, 16)]
    elif size > 8:
        pairs = [(number(0, 8), number(size - 8, size))]
    elif size >= 4:
        pairs = [(number(0, 4), number(size - 4, size))]
    elif size >= 2:
        pairs = [(number(0, 2), data[-1])]
    else:
        pairs = [(data[0], data[0]) if size else (0, 0)]
    for low, high in pairs:
        buffer = _rotate((buffer + _PAD & _64) ^ _fold(low ^ _KEY_LOW, high ^ _KEY_HIGH), 23)
    return _rotate(_fold(buffer, _PAD), buffer & 63)


@lru_cache(maxsize=1 << 14)
def bucket_of(key: bytes) -> int:
    """The bucket of an account (20 bytes) or a slot (address and slot, 52 bytes)."""
    return salt_hash(key) % BUCKETS + FIRST_BUCKET


def slot_bucket(address: Address, slot: int) -> int:
    """The bucket of one storage slot."""
    return bucket_of(address + slot.to_bytes(32, "big"))


def grown(capacity: int, used: int) -> int:
    """The capacity that a bucket of ``capacity`` has once ``used`` entries are in it."""
    while used * 100 > capacity * FULL_PERCENT and capacity < LARGEST_CAPACITY:
        capacity *= 2
    return capacity
