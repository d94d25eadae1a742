"""RLP against the ``rlp`` package."""

from __future__ import annotations

from typing import Any

import pytest
import rlp as oracle
from hypothesis import example, given
from hypothesis import strategies as st

from megadev.primitives import rlp

ITEMS = st.recursive(
    st.binary(max_size=70) | st.integers(0, 2**256), lambda inner: st.lists(inner, max_size=6), max_leaves=20
)


def as_bytes(item: Any) -> Any:
    """What decoding gives back for an encoded item: integers come back as bytes, sequences as lists."""
    if isinstance(item, int):
        return item.to_bytes((item.bit_length() + 7) // 8, "big")
    return item if isinstance(item, bytes) else [as_bytes(member) for member in item]


@given(ITEMS)
@example(bytes(55))
@example(bytes(56))
@example(bytes(256))
@example(bytes(70_000))
@example([bytes(100)] * 700)
@example(2**500)
def test_encoding_agrees_with_the_library_and_decodes_to_itself(item: Any) -> None:
    encoded = rlp.encode(item)
    assert encoded == oracle.encode(item)
    assert rlp.decode(encoded) == as_bytes(item)


@given(st.binary(max_size=80))
@example(b"")
@example(b"\x81\x05")
@example(b"\x80\x00")
@example(b"\xb8\x05hello")
@example(b"\xb9\x00\x38" + bytes(56))
@example(b"\xf8\x05hello")
@example(b"\xc2\x01")
@example(b"\xc1\xb8")
@example(b"\xc2\x83ab")
@example(b"\xff" * 9)
def test_decoding_refuses_the_same_inputs_as_the_library(data: bytes) -> None:
    try:
        expected = oracle.decode(data)
    except (oracle.exceptions.DecodingError, IndexError):  # the library trips over some sizes that are cut short
        with pytest.raises(ValueError, match="RLP"):
            rlp.decode(data)
    else:
        assert rlp.encode(rlp.decode(data)) == data
        assert oracle.encode(expected) == data


def test_subclasses_encode_like_their_base() -> None:
    class Word(bytes):
        pass

    assert rlp.encode([Word(b"ab"), True, bytearray(b"x"), (1, ())]) == oracle.encode([b"ab", 1, b"x", [1, []]])
    assert rlp.encode(Word(b"\x05")) == b"\x05"


def test_negative_integers_and_foreign_types_are_refused() -> None:
    for wrong in (-1, [-1]):
        with pytest.raises(ValueError, match="negative"):
            rlp.encode(wrong)  # type: ignore[arg-type]
    for foreign in ("text", None, [1.5]):
        with pytest.raises(TypeError):
            rlp.encode(foreign)  # type: ignore[arg-type]


def test_input_nested_too_deep_for_recursion_is_still_an_answer() -> None:
    encoded = b"\xc0"
    for _ in range(5_000):
        encoded = rlp.list_prefix(len(encoded)) + encoded
    item = rlp.decode(encoded)
    depth = 0
    while item:
        assert isinstance(item, list)
        item, depth = item[0], depth + 1
    assert depth == 5_000
