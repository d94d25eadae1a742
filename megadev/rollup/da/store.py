"""A store of batch data beside L1: content-addressed, and able to misbehave when told to.

Whatever is put is certified (``commitments``) and can be had by its keccak-256 again. What may be wrong is a value
(``StoreFaults``): data that is withheld, comes late, or comes wrong. Nothing here knows of HTTP or files: a *shelf*
keeps the bytes, ``now`` tells the time.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from itertools import islice
from typing import Protocol

import msgspec

from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32
from megadev.rollup.da.commitments import Certificate, certify, store_address

DEFAULT_KEY: bytes = keccak(b"megadev data availability store")
"""What stores sign with unless told otherwise, so that their certificates count without anybody's say; no secret."""
MAX_DATA = 16 * 2**20
"""The most bytes that are taken at once: more than a batcher ever posts with one commitment."""


class DataSource(Protocol):
    """A source of data by its keccak-256."""

    def get(self, data_hash: Hash32) -> bytes | None:
        """The data with that hash, unverified; None if it is not available."""
        ...


class StoreFaults(msgspec.Struct, frozen=True):
    """The faults of a store: withheld data (None: nothing, empty: everything), the delay in seconds after which data is
    served, and whether it returns other bytes than were stored.
    """

    withheld: frozenset[Hash32] | None = None
    delay: float = 0
    corrupts: bool = False

    def withholds(self, data_hash: Hash32) -> bool:
        """True if that data is withheld."""
        return self.withheld is not None and (not self.withheld or data_hash in self.withheld)


NO_FAULTS = StoreFaults()


class Store:
    """A store that keeps its data on ``shelf`` and signs with ``key`` (32 bytes). ``now`` is in seconds, of any origin
    that stays the same.
    """

    def __init__(
        self, key: bytes, shelf: MutableMapping[Hash32, bytes] | None = None, now: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.address: Address = store_address(key)
        self.faults = NO_FAULTS
        self._key = key
        self._shelf: MutableMapping[Hash32, bytes] = {} if shelf is None else shelf
        self._now = now
        self._put_at: dict[Hash32, float] = {}

    def __len__(self) -> int:
        """Returns the number of stored pieces of data."""
        return len(self._shelf)

    def kept(self, begin: int = 0) -> tuple[bytes, ...]:
        """All the data that it keeps, faults or not, but for the ``begin`` pieces that it was given first."""
        return tuple(islice(self._shelf.values(), begin, None)) if begin < len(self._shelf) else ()

    def put(self, data: bytes) -> Certificate:
        """Keep ``data``. Raises ``ValueError`` for nothing, and for more than ``MAX_DATA`` bytes."""
        if not 0 < len(data) <= MAX_DATA:
            raise ValueError(f"a store takes 1 to {MAX_DATA} bytes at once, not {len(data)}")
        data_hash = keccak(data)
        if data_hash not in self._shelf:
            self._shelf[data_hash] = data
            self._put_at[data_hash] = self._now()
        return certify(data, self._key)

    def get(self, data_hash: Hash32) -> bytes | None:
        """The data with that hash, subject to the store's faults."""
        data = self._shelf.get(data_hash)
        if data is None or self.faults.withholds(data_hash) or self.seconds_late(data_hash) > 0:
            return None
        return data[:-1] + bytes((data[-1] ^ 1,)) if self.faults.corrupts else data

    def seconds_late(self, data_hash: Hash32) -> float:
        """For how long data that was put is still to stay away."""
        if not self.faults.delay or data_hash not in self._put_at:
            return 0.0
        return max(self._put_at[data_hash] + self.faults.delay - self._now(), 0.0)
