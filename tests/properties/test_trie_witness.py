"""A trie's witness is enough: whoever has the root and those nodes alone reads, writes and deletes as the trie does.

The library ``trie`` does it, key by key in any order, and fails for each node that is missing.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from megadev.primitives.keccak import keccak
from megadev.primitives.trie import Trie

KEYS = st.integers(0, 60).map(lambda number: keccak(bytes([number]))[:2] + bytes(30))
"""As long as real ones, and so alike that they share branches and extensions."""
VALUES = st.sampled_from((b"\x01", b"\x02" * 8, b"\x03" * 40))


@given(st.dictionaries(KEYS, VALUES, max_size=30), st.dictionaries(KEYS, VALUES | st.just(b""), max_size=12), st.data())
def test_reads_and_changes_need_no_other_nodes(
    items: dict[bytes, bytes], changes: dict[bytes, bytes], data: st.DataObject
) -> None:
    trie = Trie(items)
    read = data.draw(st.lists(KEYS, max_size=4))
    nodes = trie.witness([*read, *changes], [key for key, value in changes.items() if not value and key in items])
    partial = HexaryTrie({keccak(node): node for node in nodes}, trie.root, prune=False)
    assert [partial.get(key) for key in read] == [items.get(key, b"") for key in read]
    for key in data.draw(st.permutations(sorted(changes))):
        if changes[key]:
            partial.set(key, changes[key])
        elif partial.get(key):
            partial.delete(key)
    assert partial.root_hash == trie.update(changes).root
