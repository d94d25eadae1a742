"""Hex in and out of the execution API."""

from __future__ import annotations

import pytest
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from megadev.errors import InvalidParams
from megadev.primitives.hexcodec import (
    checksum_address,
    parse_data,
    parse_fixed,
    parse_quantity,
    to_data,
    to_quantity,
)


@given(st.integers(0, 2**256 - 1), st.binary(max_size=64))
def test_hex_round_trips(number: int, data: bytes) -> None:
    assert parse_quantity(to_quantity(number)) == number
    assert parse_data(to_data(data)) == data
    assert parse_fixed(to_data(data), len(data)) == data


@given(st.binary(min_size=20, max_size=20))
def test_checksummed_addresses_agree_with_eth_utils(address: bytes) -> None:
    assert checksum_address(address) == to_checksum_address(address)


def test_either_case_is_read() -> None:
    assert parse_quantity("0XfF") == 255
    assert parse_data("0xaBcD") == b"\xab\xcd"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0x", 'zero is "0x0"'),
        ("0x00", "leading zeros"),
        ("0x01", "leading zeros"),
        ("1f", "missing 0x prefix"),
        ("", "missing 0x prefix"),
        ("0xzz", "not hex digits"),
        ("0x1_0", "not hex digits"),
        ("0x-1", "not hex digits"),
        ("0x 1", "not hex digits"),
        ("0x١", "not hex digits"),
        ("0x1\n", "not hex digits"),
        ("0x1" + "0" * 64, "wider than 256 bits"),
        (31, "got 31"),
        pytest.param(10**5000, "a very large number", id="large"),
        (None, "got null"),
        (True, "got true"),
        (1.5, "got 1.5"),
        ([], "got an array"),
        ({}, "got an object"),
    ],
)
def test_bad_quantities_are_refused_in_words(text: object, says: str) -> None:
    with pytest.raises(InvalidParams) as refusal:
        parse_quantity(text)
    assert says in str(refusal.value)


def test_bad_data_is_refused_in_words() -> None:
    for text, says in (("0xabc", "odd number"), ("abcd", "missing 0x"), ("0xab cd", "not hex digits"), (7, "got 7")):
        with pytest.raises(InvalidParams, match=says):
            parse_data(text)
    with pytest.raises(InvalidParams, match="2 bytes long, expected 20"):
        parse_fixed("0xabcd", 20)


def test_a_huge_argument_is_not_quoted_whole() -> None:
    with pytest.raises(InvalidParams) as refusal:
        parse_fixed("0x" + "ab" * 100_000, 32)
    assert len(str(refusal.value)) < 200


def test_negative_numbers_have_no_quantity() -> None:
    with pytest.raises(ValueError, match="cannot be negative"):
        to_quantity(-1)
