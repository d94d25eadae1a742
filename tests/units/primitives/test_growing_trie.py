"""The trie that changes in place has the roots of the one that does not, and leaves that one alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from megadev.primitives.keccak import keccak
from megadev.primitives.trie import GrowingTrie, Trie

HASHED = st.integers(0, 300).map(lambda number: keccak(number.to_bytes(2, "big")))
ALIKE = st.tuples(st.integers(0, 20), st.binary(min_size=1, max_size=2)).map(
    lambda parts: (bytes(parts[0]) + parts[1]).ljust(32, b"\x11")
)
"""Keys that share long prefixes, as hashed ones hardly ever do: extensions, and branches far down."""
ITEMS = st.lists(st.tuples(HASHED | ALIKE, st.binary(min_size=1, max_size=40)), max_size=60)


@given(ITEMS, ITEMS)
def test_roots_are_those_of_the_trie_that_never_changes(
    before: list[tuple[bytes, bytes]], changes: list[tuple[bytes, bytes]]
) -> None:
    trie = Trie(dict(before))
    root = trie.root
    growing, grown = GrowingTrie(trie), trie
    assert growing.root == root
    for key, value in changes:
        growing.put(key, value)
        grown = grown.set(key, value)
        assert growing.root == grown.root
    assert trie.root == root == Trie(dict(before)).root
