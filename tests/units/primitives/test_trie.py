"""The trie against py-trie's HexaryTrie, as an oracle of roots and as a verifier of proofs."""

from __future__ import annotations

import pytest
import rlp as rlp_library
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from megadev.primitives.keccak import keccak
from megadev.primitives.rlp import encode
from megadev.primitives.trie import Trie, UnknownNode, ordered_root
from megadev.primitives.types import EMPTY_TRIE_ROOT

# few distinct nibbles, so that keys share prefixes of every length and one may be the start of another
CROWDED = st.lists(st.sampled_from([0x00, 0x01, 0x10, 0x11, 0x21]), max_size=4).map(bytes)
HASHED = st.lists(st.sampled_from([0x00, 0x01, 0x10, 0x11]), min_size=3, max_size=3).map(
    lambda tail: bytes(29) + bytes(tail)
)
VALUES = st.sampled_from([b"", b"\x01", b"v"]) | st.binary(max_size=6) | st.binary(min_size=30, max_size=70)


def changes(keys: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[dict[bytes, bytes]]]:
    return st.lists(st.dictionaries(keys, VALUES, max_size=12), max_size=6)


def settled(steps: list[dict[bytes, bytes]]) -> dict[bytes, bytes]:
    """What is left after all steps."""
    left: dict[bytes, bytes] = {}
    for step in steps:
        left.update(step)
    return {key: value for key, value in left.items() if value}


def oracle_root(items: dict[bytes, bytes]) -> bytes:
    oracle = HexaryTrie({})
    for key, value in items.items():
        oracle[key] = value
    return oracle.root_hash


@given(changes(CROWDED | HASHED))
@example([{b"\x11\x11": b"a", b"\x11": b"b"}, {b"\x11\x11": b""}])
@example([{b"": b"a", b"\x11": b"b" * 40}, {b"\x11": b""}])
@example([{b"\x11\x10": b"a", b"\x11\x11": b"b", b"\x21": b"c"}, {b"\x21": b""}, {b"\x11\x11": b""}])
@settings(max_examples=100)
def test_roots_do_not_depend_on_the_order_of_changes(steps: list[dict[bytes, bytes]]) -> None:
    bulk, single = Trie(), Trie()
    for step in steps:
        bulk = bulk.update(step)
        for key, value in step.items():
            single = single.set(key, value) if value else single.delete(key)
    expected = settled(steps)
    assert bulk.root == single.root == Trie(expected).root == oracle_root(expected)
    assert dict(bulk.items()) == expected
    assert list(bulk) == sorted(expected)
    assert bulk.is_empty == (not expected)
    for key in {key for step in steps for key in step}:
        assert bulk.get(key) == expected.get(key, b"")


@given(changes(HASHED), HASHED | st.binary(min_size=32, max_size=32))
@settings(max_examples=60)
def test_proofs_convince_an_independent_verifier(steps: list[dict[bytes, bytes]], stranger: bytes) -> None:
    trie = Trie()
    for step in steps:
        trie = trie.update(step)
    expected = settled(steps)
    for key in {stranger, *(key for step in steps for key in step)}:
        proof = [rlp_library.decode(node) for node in trie.prove(key)]
        assert HexaryTrie.get_from_proof(trie.root, key, proof) == expected.get(key, b"")


@given(changes(CROWDED | HASHED))
@settings(max_examples=30)
def test_earlier_tries_keep_their_answers(steps: list[dict[bytes, bytes]]) -> None:
    history = [Trie()]
    for step in steps:
        history.append(history[-1].update(step))
    for count, trie in enumerate(history):
        expected = settled(steps[:count])
        assert trie.root == oracle_root(expected)
        assert dict(trie.items()) == expected


def test_a_trie_of_many_hashed_keys_takes_many_changes_at_once() -> None:
    items = {keccak(number.to_bytes(4, "big")): number.to_bytes(40, "big") for number in range(1_000)}
    trie = Trie(items)
    oracle = HexaryTrie({})
    for key, value in items.items():
        oracle[key] = value
    assert trie.root == oracle.root_hash
    step = {key: b"" if place % 3 else b"new" for place, key in enumerate(list(items)[::2])}
    for key, value in step.items():
        oracle[key] = value
    assert trie.update(step).root == oracle.root_hash


def test_no_op_changes_give_the_same_trie() -> None:
    trie = Trie({b"\x01" * 32: b"a", b"\x02" * 32: b"b" * 40})
    assert trie.set(b"\x01" * 32, b"a") is trie
    assert trie.delete(b"\x03" * 32) is trie
    assert trie.update({}) is trie
    assert trie.update({b"\x01" * 32: b"a", b"\x04" * 32: b""}) == trie
    assert Trie().delete(b"x") == Trie()
    assert Trie().root == EMPTY_TRIE_ROOT
    assert Trie().prove(b"x") == []


@pytest.mark.parametrize("count", [0, 1, 2, 3, 16, 127, 128, 129, 300])
@pytest.mark.parametrize("size", [1, 20, 110, 2000])
def test_ordered_roots_are_those_of_a_trie_by_index(count: int, size: int) -> None:
    items = [bytes([index % 255 + 1]) * size for index in range(count)]
    assert ordered_root(items) == oracle_root({encode(index): item for index, item in enumerate(items)})


@given(st.dictionaries(st.binary(min_size=2, max_size=2), st.binary(min_size=1, max_size=40), max_size=30), st.data())
def test_a_trie_known_in_parts_changes_as_the_whole_or_names_the_node_it_lacks(
    items: dict[bytes, bytes], data: st.DataObject
) -> None:
    trie = Trie(items)
    keys = st.sampled_from(sorted(items)) if items else st.binary(min_size=2, max_size=2)
    changed = data.draw(st.dictionaries(keys | st.binary(min_size=2, max_size=2), st.sampled_from((b"", b"1" * 33))))
    witness = {
        keccak(node): node for node in trie.witness(changed, [key for key, value in changed.items() if not value])
    }
    known = Trie.of_nodes(trie.root, witness)
    assert known.root == trie.root
    assert {key: known.get(key) for key in changed} == {key: trie.get(key) for key in changed}
    assert known.update(changed).root == trie.update(changed).root
    for lacking in witness:
        fewer = {node_hash: node for node_hash, node in witness.items() if node_hash != lacking}
        try:
            after = Trie.of_nodes(trie.root, fewer).update(changed).root
        except UnknownNode as missing:
            assert missing.hash == lacking
        else:
            assert after == trie.update(changed).root
