"""Names for the plain values that cross every layer. Inside megadev quantities are ``int`` and blobs are ``bytes``;
hex strings exist only in ``rpc``.

Why aliases and not ``NewType``: an address passes through dozens of calls per transaction, and a wrapper call costs
more than the check it buys in Python.
"""

from __future__ import annotations

from typing import TypeAlias

Address: TypeAlias = bytes
"""20 bytes."""

Hash32: TypeAlias = bytes
"""32 bytes."""

Wei: TypeAlias = int
"""10**-18 ether."""

ZERO_ADDRESS: Address = bytes(20)
ZERO_HASH: Hash32 = bytes(32)
EMPTY_CODE_HASH: Hash32 = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
"""keccak256(b'')."""
EMPTY_TRIE_ROOT: Hash32 = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""keccak256(rlp(b'')): the root of a trie with no keys."""
EMPTY_OMMERS_HASH: Hash32 = bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347")
"""keccak256(rlp([]))."""
EMPTY_REQUESTS_HASH: Hash32 = bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
"""sha256(b''): no EIP-7685 requests."""
