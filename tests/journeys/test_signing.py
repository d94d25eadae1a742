"""Signatures of the accounts that the node holds keys for, checked by eth-account."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from megadev import Devnet
from megadev.primitives.keccak import keccak
from tests.stage.refusals import refusal

STRANGER = "0x" + "99" * 20
MAIL: dict[str, Any] = {
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "version", "type": "string"},
            {"name": "chainId", "type": "uint256"},
            {"name": "verifyingContract", "type": "address"},
        ],
        "Person": [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[]"}],
        "Mail": [
            {"name": "from", "type": "Person"},
            {"name": "to", "type": "Person[]"},
            {"name": "contents", "type": "string"},
        ],
    },
    "primaryType": "Mail",
    "domain": {"name": "Ether Mail", "version": "1", "chainId": 31337, "verifyingContract": "0x" + "cc" * 20},
    "message": {
        "from": {"name": "Cow", "wallets": ["0x" + "cd" * 20, "0x" + "de" * 20]},
        "to": [{"name": "Bob", "wallets": ["0x" + "bb" * 20]}],
        "contents": "Hello, Bob!",
    },
}


@pytest.fixture
def net() -> Devnet:
    return Devnet()


@pytest.fixture
def alice(net: Devnet) -> str:
    return net.accounts[0].address


@pytest.mark.parametrize("message", [b"", b"hello", b"\x00\xff" * 40])
def test_personal_messages_are_signed_under_the_prefix(net: Devnet, alice: str, message: bytes) -> None:
    data = "0x" + message.hex()
    signature = net.rpc("personal_sign", data, alice)
    assert signature == net.rpc("eth_sign", alice, data)
    assert Account.recover_message(encode_defunct(message), signature=signature) == alice


@pytest.mark.parametrize("as_text", [True, False])
def test_typed_data_is_signed_whether_object_or_text(net: Devnet, alice: str, as_text: bool) -> None:
    signature = net.rpc("eth_signTypedData_v4", alice, json.dumps(MAIL) if as_text else MAIL)
    assert Account.recover_message(encode_typed_data(full_message=MAIL), signature=signature) == alice


def test_a_transaction_is_filled_in_and_signed_but_not_sent(net: Devnet, alice: str) -> None:
    answer = net.rpc("eth_signTransaction", {"from": alice, "to": STRANGER, "value": "0x1"})
    raw = answer["raw"]
    assert answer["tx"]["hash"] == "0x" + keccak(bytes.fromhex(raw[2:])).hex()
    assert Account.recover_transaction(raw) == alice
    assert net.rpc("eth_blockNumber") == "0x0"
    assert net.rpc("eth_sendRawTransactionSync", raw)["status"] == "0x1"


def test_an_account_without_a_key_cannot_sign(net: Devnet) -> None:
    net.rpc("anvil_impersonateAccount", STRANGER)
    for method, *params in (
        ("eth_sign", STRANGER, "0x12"),
        ("personal_sign", "0x12", STRANGER),
        ("eth_signTypedData_v4", STRANGER, MAIL),
        ("eth_signTransaction", {"from": STRANGER, "to": STRANGER, "gas": "0x5208"}),
    ):
        error = refusal(net, method, *params)
        assert (error.code, "unknown account" in error.message) == (-32000, True), method


@pytest.mark.parametrize(
    "params",
    [
        ("eth_sign",),
        ("eth_sign", "ALICE", "hello"),
        ("eth_sign", "0x12", "0x12"),
        ("personal_sign", "ALICE", "0x12"),
        ("eth_signTypedData_v4", "ALICE", "{"),
        ("eth_signTypedData_v4", "ALICE", None),
        ("eth_signTypedData_v4", "ALICE", {}),
        ("eth_signTypedData_v4", "ALICE", MAIL | {"primaryType": "Letter"}),
        ("eth_signTypedData_v4", "ALICE", MAIL | {"message": {"from": 3}}),
        ("eth_signTypedData_v4", "ALICE", MAIL | {"types": []}),
        ("eth_signTypedData_v4", "ALICE", "[" * 100_000),
        ("eth_signTransaction", {"to": "0x12"}),
    ],
)
def test_unsignable_data_is_an_invalid_parameter(net: Devnet, alice: str, params: tuple[Any, ...]) -> None:
    method, *rest = params
    assert refusal(net, method, *(alice if one == "ALICE" else one for one in rest)).code == -32602


FLAT = MAIL | {
    "types": {"EIP712Domain": MAIL["types"]["EIP712Domain"], "Mail": [{"name": "contents", "type": "string"}]},
    "message": {"contents": "Hello, Bob!"},
}


def test_the_name_in_eip_712_itself_works_too(net: Devnet, alice: str) -> None:
    assert net.rpc("eth_signTypedData", alice, MAIL) == net.rpc("eth_signTypedData_v4", alice, MAIL)


def test_sign_typed_data_v3_signs_supported_types(net: Devnet, alice: str) -> None:
    assert net.rpc("eth_signTypedData_v3", alice, FLAT) == net.rpc("eth_signTypedData_v4", alice, FLAT)
    error = refusal(net, "eth_signTypedData_v3", alice, MAIL)
    assert (error.code, "eth_signTypedData_v4" in error.message) == (-32602, True)


def test_an_array_of_fixed_length_must_have_it(net: Devnet, alice: str) -> None:
    two = [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[2]"}]
    fixed = MAIL | {"types": MAIL["types"] | {"Person": two}}
    error = refusal(net, "eth_signTypedData_v4", alice, fixed)
    assert (error.code, error.message) == (
        -32602,
        "Expected 2 items for array type address[2], got 1 items: Mail.to[0].wallets",
    )
    bob = {"name": "Bob", "wallets": ["0x" + "bb" * 20, "0x" + "bc" * 20]}
    right = fixed | {"message": MAIL["message"] | {"to": [bob]}}
    signature = net.rpc("eth_signTypedData_v4", alice, right)
    assert Account.recover_message(encode_typed_data(full_message=right), signature=signature) == alice


@pytest.mark.parametrize("method", ["eth_signTypedData", "eth_signTypedData_v3", "eth_signTypedData_v4"])
@pytest.mark.parametrize(
    "data", [[{"type": "string", "name": "a", "value": "b"}], MAIL | {"types": {"Mail": "x"}}, "[]"]
)
def test_invalid_typed_data_is_refused(net: Devnet, alice: str, method: str, data: Any) -> None:
    assert refusal(net, method, alice, data).code == -32602
