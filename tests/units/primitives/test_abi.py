"""The ABI codec against eth_abi, and what reverts say."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

import eth_abi
import pytest
from eth_abi.exceptions import DecodingError
from eth_utils import to_checksum_address
from eth_utils.abi import function_signature_to_4byte_selector
from hypothesis import given
from hypothesis import strategies as st

from megadev.primitives.abi import decode, encode, encode_call, format_value, revert_reason

TYPES: dict[str, st.SearchStrategy[Any]] = {
    "uint256": st.integers(0, 2**256 - 1),
    "uint8": st.integers(0, 255),
    "int256": st.integers(-(2**255), 2**255 - 1),
    "int16": st.integers(-(2**15), 2**15 - 1),
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20),
    "bytes32": st.binary(min_size=32, max_size=32),
    "bytes4": st.binary(min_size=4, max_size=4),
    "bytes": st.binary(max_size=70),
    "string": st.text("a0 é€😀\0", max_size=40),
    "function": st.binary(min_size=24, max_size=24),
}


def arrays(kind: str) -> st.SearchStrategy[tuple[str, Any]]:
    values = TYPES[kind]
    return st.one_of(
        values.map(lambda value: (kind, value)),
        st.lists(values, max_size=4).map(lambda value: (f"{kind}[]", value)),
        st.lists(values, min_size=2, max_size=2).map(lambda value: (f"{kind}[2]", value)),
        st.lists(st.lists(values, max_size=2), max_size=3).map(lambda value: (f"{kind}[][]", value)),
        st.lists(st.lists(values, min_size=2, max_size=2), max_size=3).map(lambda value: (f"{kind}[2][]", value)),
        st.lists(st.lists(values, max_size=2), min_size=2, max_size=2).map(lambda value: (f"{kind}[][2]", value)),
    )


ARGUMENTS = st.lists(st.sampled_from(sorted(TYPES)).flatmap(arrays), max_size=5)


@given(ARGUMENTS)
def test_arguments_match_eth_abi_and_round_trip(arguments: list[tuple[str, Any]]) -> None:
    types = [kind for kind, _ in arguments]
    values = [value for _, value in arguments]
    encoded = encode(types, values)
    assert encoded == eth_abi.encode(types, values)
    assert decode(types, encoded) == tuple(values)
    signature = f"f({','.join(types)})"
    assert encode_call(signature, *values) == function_signature_to_4byte_selector(signature) + encoded


@given(st.sampled_from(sorted(TYPES)), st.sampled_from(["", "[]", "[2]"]), st.binary(max_size=200))
def test_garbage_is_refused_or_decoded_as_eth_abi_does(kind: str, suffix: str, data: bytes) -> None:
    try:
        (ours,) = decode([kind + suffix], data)
    except ValueError:
        return
    (theirs,) = eth_abi.decode([kind + suffix], data, strict=False)
    if kind == "address":
        ours = to_checksum_address(ours).lower() if not suffix else [to_checksum_address(one).lower() for one in ours]
    assert ours == (list(theirs) if suffix else theirs)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256), ("uint256", -1), ("int8", 128), ("bool", 1), ("uint256", True), ("address", bytes(19)),
        ("bytes4", b"abc"), ("string", b"x"), ("bytes", "x"), ("uint256[2]", [1]), ("uint256[]", 1), ("uint", 1),
        ("uint7", 1), ("bytes33", b""), ("(uint256)", 1), ("(uint256)", []), ("(uint256", [1]), ("(uint8))", [1]),
        ("bytes[]", "ab"), ("fixed128x81", 1), ("ufixed8x1", 256), ("uint8" + "[]" * 40, []), ("[]", []), ("", 1),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_their_type_are_refused(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        encode([kind], [value])


def test_call_arguments_must_match_the_signature() -> None:
    with pytest.raises(ValueError, match="1 types but 0 values"):
        encode_call("f(uint256)")
    with pytest.raises(ValueError, match="not a signature"):
        encode_call("f")


def test_an_announced_size_beyond_the_data_allocates_nothing() -> None:
    huge = (32).to_bytes(32, "big") + (2**255).to_bytes(32, "big")
    for kind in ("bytes", "string", "uint256[]", "uint256[1000000][]"):
        with pytest.raises(ValueError, match="outside the data"):
            decode([kind], huge)
    with pytest.raises(ValueError, match="does not fit the data"):
        decode(["uint256[1000000]"], bytes(64))


def members(deeper: int) -> st.SearchStrategy[tuple[str, Any]]:
    """A type that may hold others, and a value of it."""
    one = st.sampled_from(sorted(TYPES)).flatmap(arrays)
    if not deeper:
        return one
    several = st.lists(members(deeper - 1), min_size=1, max_size=3)
    tuples = several.map(lambda given: (f"({','.join(kind for kind, _ in given)})", tuple(value for _, value in given)))
    return st.one_of(
        one,
        tuples,
        st.tuples(tuples, st.integers(0, 3)).map(lambda made: (f"{made[0][0]}[]", [made[0][1]] * made[1])),
        tuples.map(lambda made: (f"{made[0]}[2]", [made[1], made[1]])),
    )


@given(members(2))
def test_tuples_match_eth_abi_and_round_trip(argument: tuple[str, Any]) -> None:
    kind, value = argument
    encoded = encode([kind], [value])
    assert encoded == eth_abi.encode([kind], [value])
    assert decode([kind], encoded) == (value,)
    assert isinstance(format_value(kind, value), str)
    assert encode_call(f"f({kind},bool)", value, True)[4:] == eth_abi.encode([kind, "bool"], [value, True])


@given(members(2), st.binary(max_size=300))
def test_garbage_is_refused_or_decoded_as_eth_abi_does_in_tuples_too(argument: tuple[str, Any], data: bytes) -> None:
    kind, value = argument
    for given_data in (data, encode([kind], [value])[: len(data)], encode([kind], [value]) + data):
        try:
            (ours,) = decode([kind], given_data)
        except ValueError:
            continue
        try:
            (theirs,) = eth_abi.decode([kind], given_data, strict=False)
        except DecodingError:
            continue  # it allows no offset into a head, as Solidity does
        assert encode([kind], [ours]) == eth_abi.encode([kind], [theirs])


@given(st.integers(-(2**127), 2**127 - 1), st.integers(1, 80))
def test_fixed_point_numbers_are_the_integers_behind_them(number: int, decimals: int) -> None:
    kind = f"fixed128x{decimals}"
    exact = Decimal(number).scaleb(-decimals, Context(prec=100))
    assert encode([kind], [number]) == eth_abi.encode([kind], [exact])
    assert decode([kind], encode([kind], [number])) == (number,)
    assert Decimal(format_value(kind, number)) == exact


def test_nested_offsets_to_one_place_do_not_multiply() -> None:
    """Each of 30 heads points to the same next array, eight levels deep: 30**8 values in 8 kB."""
    level = b"".join([(30).to_bytes(32, "big"), *[(30 * 32).to_bytes(32, "big")] * 30])
    data = (32).to_bytes(32, "big") + level * 8 + (0).to_bytes(32, "big")
    with pytest.raises(ValueError, match="more values than it has room for"):
        decode(["uint256" + "[]" * 9], data)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("uint256", 10**18, "1000000000000000000"), ("int8", -1, "-1"), ("bool", True, "true"),
        ("address", bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266"),
         "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
        ("bytes4", b"abcd", "0x61626364"), ("bytes", b"", "0x"), ("bytes32", bytes(32), "0x" + "00" * 32),
        ("bytes", bytes(range(100)), "0x000102030405060708090a0b0c0d0e0f…60616263 (100 bytes)"),
        ("string", 'a "b"\n', '"a \\"b\\"\\n"'), ("string", "x" * 300, f'"{"x" * 256}"… (300 characters)'),
        ("uint8[]", list(range(18)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, … 2 more]"),
        ("(uint8,(bool,string)[])", (1, [(False, "x")]), '(1, [(false, "x")])'),
        ("fixed168x10", -15, "-0.0000000015"), ("fixed168x10", 12345678901, "1.2345678901"),
    ],
)  # fmt: skip
def test_values_are_shown_as_people_read_them(kind: str, value: Any, shown: str) -> None:
    assert format_value(kind, value) == shown


ERROR, PANIC = bytes.fromhex("08c379a0"), bytes.fromhex("4e487b71")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", ""),
        (ERROR + eth_abi.encode(["string"], ["nope reason"]), "nope reason"),
        (ERROR + eth_abi.encode(["string"], [""]), ""),
        (ERROR + eth_abi.encode(["bytes"], [b"\xff\xfe"]), "��"),
        (PANIC + (0x00).to_bytes(32, "big"), "panic: generic/unspecified error (0x00)"),
        (PANIC + (0x01).to_bytes(32, "big"), "panic: assertion failed (0x01)"),
        (PANIC + (0x11).to_bytes(32, "big"), "panic: arithmetic underflow or overflow (0x11)"),
        (PANIC + (0x12).to_bytes(32, "big"), "panic: division or modulo by zero (0x12)"),
        (PANIC + (0x21).to_bytes(32, "big"), "panic: failed to convert value into enum type (0x21)"),
        (PANIC + (0x22).to_bytes(32, "big"), "panic: storage byte array incorrectly encoded (0x22)"),
        (PANIC + (0x31).to_bytes(32, "big"), "panic: called `.pop()` on an empty array (0x31)"),
        (PANIC + (0x32).to_bytes(32, "big"), "panic: array out-of-bounds access (0x32)"),
        (PANIC + (0x41).to_bytes(32, "big"), "panic: memory allocation error (0x41)"),
        (PANIC + (0x51).to_bytes(32, "big"), "panic: called an invalid internal function (0x51)"),
        (PANIC + (0x99).to_bytes(32, "big"), "panic: unknown code (0x99)"),
        (bytes.fromhex("01020304") + b"\xaa" * 32, f"custom error 0x01020304: {'aa' * 32}"),
        (bytes.fromhex("01020304"), "custom error 0x01020304"),
        (b"Oops", "custom error 0x4f6f7073"),
        (b"\xff", "custom error 0xff"),
        (b"text from assembly", "text from assembly"),
        (ERROR + b"\x01", "custom error 0x08c379a0: 01"),
        (PANIC, "custom error 0x4e487b71"),
    ],
)
def test_revert_reasons_match_anvils_words(data: bytes, says: str) -> None:
    assert revert_reason(data) == says


@given(st.binary(max_size=120), st.sampled_from([b"", ERROR, PANIC]))
def test_no_return_data_breaks_the_reading_of_it(rest: bytes, head: bytes) -> None:
    assert isinstance(revert_reason(head + rest), str)
