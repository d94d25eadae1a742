"""keccak256 and the keys made with it."""

from __future__ import annotations

from eth_utils import keccak as oracle
from hypothesis import given
from hypothesis import strategies as st

from megadev.primitives.keccak import address_key, keccak, slot_key
from megadev.primitives.types import EMPTY_CODE_HASH, EMPTY_OMMERS_HASH, EMPTY_TRIE_ROOT


@given(st.binary(max_size=300))
def test_hashes_agree_with_another_implementation(data: bytes) -> None:
    assert keccak(data) == oracle(data)


@given(st.binary(min_size=20, max_size=20), st.integers(0, 2**256 - 1))
def test_trie_keys_are_hashes_of_padded_words(address: bytes, slot: int) -> None:
    assert address_key(address) == oracle(address)
    assert slot_key(slot) == oracle(slot.to_bytes(32, "big"))


def test_the_constants_are_the_hashes_of_empty_values() -> None:
    assert keccak(b"") == EMPTY_CODE_HASH
    assert keccak(b"\x80") == EMPTY_TRIE_ROOT
    assert keccak(b"\xc0") == EMPTY_OMMERS_HASH
