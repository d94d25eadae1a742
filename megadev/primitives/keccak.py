"""keccak256, and the cached keys under which addresses and storage slots stand in the state tries.

Why tiny-keccak: sealing a block hashes some thirty short strings, and on 32 to 110 bytes it takes 0.5 µs where
safe-pysha3 takes 0.9 and pycryptodome behind ``eth_hash`` over 4 (532 bytes, a full trie branch: 1.6, 2.2 and 5). One
wheel per platform serves every Python we run on. ``eth_hash`` stays the oracle in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from tiny_keccak import keccak256

from megadev.primitives.types import Address, Hash32

keccak: Callable[[bytes], Hash32] = keccak256
"""keccak256 of bytes: the library's function itself, for a wrapper would cost as much as a short hash."""


@lru_cache(maxsize=1 << 16)
def address_key(address: Address) -> Hash32:
    """The key of ``address`` in the state trie: its keccak256. Cached by content, 65,536 entries."""
    return keccak(address)


@lru_cache(maxsize=1 << 16)
def slot_key(slot: int) -> Hash32:
    """The key of storage ``slot`` in an account's storage trie. Cached by content, 65,536 entries."""
    return keccak(slot.to_bytes(32, "big"))
