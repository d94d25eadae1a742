"""Parameters: what callers may write, what it becomes, and what they are told when it cannot be understood."""

from __future__ import annotations

from typing import Any

import pytest

from megadev.chain.blocks import Tag
from megadev.errors import InvalidParams, OverrideRefused
from megadev.rpc import codec
from megadev.rpc.codec import decoder_for

ADDRESS = "0x" + "aB" * 20
HASH = "0x" + "cd" * 32


def decode(annotation: Any, value: Any) -> Any:
    return decoder_for(annotation)(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("0x0", 0),
        ("0x1", 1),
        ("0x0001", 1),
        ("0XfF", 255),
        ("17", 17),
        ("007", 7),
        (0, 0),
        (2**256 - 1, 2**256 - 1),
        ("0x" + "f" * 64, 2**256 - 1),
        (str(2**256 - 1), 2**256 - 1),
        (1e18, 10**18),
        (1.0, 1),
    ],
)
def test_numbers_may_be_hex_decimal_or_plain(value: Any, number: int) -> None:
    assert decode(codec.QuantityParam, value) == number


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        None,
        "",
        "0x",
        "x",
        "-1",
        "-0x1",
        -1,
        2**256,
        "0x1" + "0" * 64,
        1.5,
        [],
        {},
        " 1",
        "1 ",
        "0x1_0",
        "1_0",
        "0x 1",
        "+1",
        "١",
        "9" * 5000,
        float("inf"),
        "1e18",
        1 << 10_000,
    ],
    ids=lambda value: codec.describe(value)[:20],
)
def test_an_invalid_number_is_refused_with_its_kind(value: Any) -> None:
    with pytest.raises(InvalidParams, match="expected a quantity") as refused:
        decode(codec.QuantityParam, value)
    assert len(str(refused.value)) < 250, "a message a person can read, whatever came"


def test_sixty_four_bits_are_enough_for_gas_and_nonces() -> None:
    assert decode(codec.Uint64Param, 2**64 - 1) == 2**64 - 1
    with pytest.raises(InvalidParams):
        decode(codec.Uint64Param, 2**64)


def test_addresses_and_hashes_have_their_length_and_any_case() -> None:
    assert decode(codec.AddressParam, ADDRESS) == b"\xab" * 20
    assert decode(codec.HashParam, HASH) == b"\xcd" * 32
    assert decode(codec.WordParam, HASH) == b"\xcd" * 32


@pytest.mark.parametrize(
    "value",
    ["0x", ADDRESS[2:], ADDRESS[:-1], ADDRESS[:-2], ADDRESS + "00", "0x" + "zz" * 20, "0x" + "1 " * 20, 1, None],
)
def test_a_bad_address_is_refused(value: Any) -> None:
    with pytest.raises(InvalidParams, match="20-byte address"):
        decode(codec.AddressParam, value)


def test_bytes_are_hex_with_an_even_number_of_digits() -> None:
    assert decode(codec.DataParam, "0x") == b""
    assert decode(codec.DataParam, "0xAbcd") == b"\xab\xcd"
    assert decode(codec.DataParam, "") == b""
    for bad in ("abcd", "0xabc", "0xzz", "0xab cd", "0x ab", b"\x00", 0, None, True, "0xab\n"):
        with pytest.raises(InvalidParams, match="expected bytes"):
            decode(codec.DataParam, bad)


def test_a_block_may_be_named_in_every_way_of_the_execution_api() -> None:
    for tag in Tag:
        assert decode(codec.BlockParam, tag.value) is tag
    for number in ("0x10", 16):
        assert decode(codec.BlockParam, number) == 16
    with pytest.raises(InvalidParams):
        decode(codec.BlockParam, "16")
    assert decode(codec.BlockParam, HASH) == b"\xcd" * 32
    assert decode(codec.BlockParam, {"blockHash": HASH}) == b"\xcd" * 32
    assert decode(codec.BlockParam, {"blockHash": HASH, "requireCanonical": True}) == b"\xcd" * 32
    assert decode(codec.BlockParam, {"blockNumber": "0x10"}) == 16
    assert decode(codec.BlockParam, {"blockNumber": "latest"}) is Tag.LATEST


@pytest.mark.parametrize(
    "value",
    [
        "LATEST",
        "newest",
        "",
        True,
        -1,
        2**64,
        {},
        [],
        {"blockHash": HASH, "blockNumber": "0x1"},
        {"blockHash": "0x1"},
        {"requireCanonical": True},
        {"blockHash": HASH, "requireCanonical": 1},
        {"number": 1},
        HASH[:-1] + "g",
    ],
)
def test_an_invalid_block_reference_is_refused(value: Any) -> None:
    with pytest.raises(InvalidParams):
        decode(codec.BlockParam, value)


def test_a_call_is_decoded_whole() -> None:
    call = decode(
        codec.CallRequest,
        {
            "from": ADDRESS,
            "to": ADDRESS,
            "gas": "0x5208",
            "maxFeePerGas": "2",
            "maxPriorityFeePerGas": 1,
            "value": "0x1",
            "input": "0x01",
            "nonce": 3,
            "chainId": "0x7a69",
            "type": "0x2",
            "unknown": 1,
            "gasPrice": None,
            "accessList": [{"address": ADDRESS, "storageKeys": ["0x1", HASH]}, {"address": ADDRESS}],
            "authorizationList": [
                {"chainId": "0x0", "address": ADDRESS, "nonce": "0x1", "yParity": "0x1", "r": "0x2", "s": "0x3"}
            ],
        },
    )
    assert (call.sender, call.to, call.gas, call.value, call.nonce) == (b"\xab" * 20, b"\xab" * 20, 21000, 1, 3)
    assert call.data == b"\x01", "whichever of data and input was sent"
    assert call.gas_price is None
    assert call.access_list == ((b"\xab" * 20, (1, int(HASH, 16))), (b"\xab" * 20, ()))
    assert call.authorization_list[0].y_parity == 1


def test_a_payload_sent_twice_must_agree() -> None:
    assert decode(codec.CallRequest, {"data": "0x01", "input": "0x01"}).data == b"\x01"
    with pytest.raises(InvalidParams, match="data and input"):
        decode(codec.CallRequest, {"data": "0x01", "input": "0x02"})


def test_two_kinds_of_fee_exclude_each_other() -> None:
    with pytest.raises(InvalidParams, match="gasPrice"):
        decode(codec.CallRequest, {"gasPrice": 1, "maxFeePerGas": 1})


def test_a_refusal_names_the_place_in_the_object() -> None:
    with pytest.raises(InvalidParams, match=r"^\.accessList\[1\]\.address: expected a 20-byte address"):
        decode(codec.CallRequest, {"accessList": [{"address": ADDRESS}, {"address": "0x1"}]})
    with pytest.raises(InvalidParams, match=r"stateDiff\[0x1\]: expected a quantity"):
        decode(codec.StateOverridesParam, {ADDRESS: {"stateDiff": {"0x1": "zz"}}})
    with pytest.raises(InvalidParams, match="missing field chainId"):
        decode(codec.CallRequest, {"authorizationList": [{}]})


def test_overrides_are_decoded_and_misspellings_found() -> None:
    overrides = decode(
        codec.StateOverridesParam,
        {ADDRESS: {"balance": "0x1", "nonce": 2, "code": "0x00", "stateDiff": {HASH: "0x5"}}, HASH[:42]: {"state": {}}},
    )
    assert overrides[b"\xab" * 20].state_diff == {int(HASH, 16): 5}
    assert overrides[b"\xcd" * 20].state == {}
    for bad, error in (({"stateDif": {}}, InvalidParams), ({"state": {}, "stateDiff": {}}, OverrideRefused)):
        with pytest.raises(error):
            decode(codec.StateOverridesParam, {ADDRESS: bad})
    with pytest.raises(InvalidParams, match="20-byte address"):
        decode(codec.StateOverridesParam, {"0x1": {}})


def test_block_overrides_accept_both_spellings() -> None:
    block = decode(
        codec.BlockOverridesParam, {"coinbase": ADDRESS, "random": HASH, "baseFee": "0x7", "difficulty": "0x1"}
    )
    same = decode(codec.BlockOverridesParam, {"feeRecipient": ADDRESS, "prevRandao": HASH, "baseFeePerGas": 7})
    assert (block.fee_recipient, block.prev_randao, block.base_fee_per_gas) == (b"\xab" * 20, b"\xcd" * 32, 7)
    assert (same.fee_recipient, same.prev_randao, same.base_fee_per_gas) == (b"\xab" * 20, b"\xcd" * 32, 7)


def test_a_filter_takes_one_address_or_many_and_topics_in_every_form() -> None:
    one = decode(codec.FilterParam, {"address": ADDRESS, "topics": [None, HASH, [HASH, HASH], []]})
    assert one.addresses == (b"\xab" * 20,)
    assert one.topics == ((), (b"\xcd" * 32,), (b"\xcd" * 32,) * 2, ())
    many = decode(codec.FilterParam, {"address": [ADDRESS, ADDRESS], "fromBlock": "0x1", "toBlock": "latest"})
    assert len(many.addresses) == 2
    assert (many.from_block, many.to_block) == (1, Tag.LATEST)
    assert decode(codec.FilterParam, {"topics": [[None, HASH]]}).topics == ((),)
    assert decode(codec.FilterParam, {"address": None, "topics": None}).topics == ()


@pytest.mark.parametrize(
    "value",
    [{"blockHash": HASH, "fromBlock": "0x1"}, {"topics": [HASH] * 5}, {"topics": HASH}, {"address": [1]}, [], "x"],
)
def test_a_filter_that_contradicts_itself_is_refused(value: Any) -> None:
    with pytest.raises(InvalidParams):
        decode(codec.FilterParam, value)


def test_an_undecodable_annotation_is_found_at_registration() -> None:
    with pytest.raises(TypeError, match="no decoder"):
        decoder_for(int)
