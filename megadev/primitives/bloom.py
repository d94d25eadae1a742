"""The 2048-bit filter of a receipt's or block's log addresses and topics (Yellow Paper, 4.3.1).

A filter is 256 bytes. It may say yes wrongly, never no.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32

EMPTY_BLOOM = bytes(256)


class Loggable(Protocol):
    """The part of a log that the filter uses."""

    @property
    def address(self) -> Address: ...

    @property
    def topics(self) -> tuple[Hash32, ...]: ...


@lru_cache(maxsize=1 << 13)
def bloom_mask(item: bytes) -> int:
    """The (up to) three bits of ``item`` in a filter read as a big-endian integer.

    To ask many filters about one item, take its mask once. Cached because tokens and event signatures repeat; 8,192
    entries of at most 300 bytes.
    """
    digest = keccak(item)
    return (
        1 << ((digest[0] & 7) << 8 | digest[1])
        | 1 << ((digest[2] & 7) << 8 | digest[3])
        | 1 << ((digest[4] & 7) << 8 | digest[5])
    )


def logs_bloom(logs: Iterable[Loggable]) -> bytes:
    """The filter of all addresses and topics in ``logs``."""
    bits = 0
    for log in logs:
        bits |= bloom_mask(log.address)
        for topic in log.topics:
            bits |= bloom_mask(topic)
    return bits.to_bytes(256, "big") if bits else EMPTY_BLOOM


def join_blooms(blooms: Iterable[bytes]) -> bytes:
    """The filter of everything in any of ``blooms``: a block's from its receipts'."""
    bits = 0
    for bloom in blooms:
        if bloom is not EMPTY_BLOOM:
            bits |= int.from_bytes(bloom, "big")
    return bits.to_bytes(256, "big") if bits else EMPTY_BLOOM


def bloom_may_contain(bloom: bytes, item: bytes) -> bool:
    """False: no log with that address or topic is in the filter. True: perhaps."""
    mask = bloom_mask(item)
    return int.from_bytes(bloom, "big") & mask == mask
