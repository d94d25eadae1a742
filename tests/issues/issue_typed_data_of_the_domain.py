"""Typed data whose primary type is the domain's own could not be signed, and what was missing was named as Python names
a missing key: 'y'.
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import SignableMessage

from megadev import Devnet
from megadev.primitives.keccak import keccak
from megadev.rpc.client import RpcError

DOMAIN = [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}]
POINT = [{"name": "x", "type": "uint8"}, {"name": "y", "type": "uint8"}]
LINE = [{"name": "ends", "type": "Point[2]"}, {"name": "owner", "type": "address"}]


@pytest.fixture(scope="module")
def net() -> Any:
    with Devnet() as net:
        yield net


def data(primary: str, message: Any, **changes: Any) -> dict[str, Any]:
    types = {"EIP712Domain": DOMAIN, "Point": POINT, "Line": LINE}
    return {"types": types, "primaryType": primary, "domain": {"name": "a", "chainId": 1}, "message": message} | changes


def test_typed_data_with_only_a_domain_is_signed(net: Devnet) -> None:
    alice = net.accounts[0].address
    signature = net.rpc("eth_signTypedData_v4", alice, data("EIP712Domain", {}))
    kind = keccak(b"EIP712Domain(string name,uint256 chainId)")
    separator = keccak(kind + keccak(b"a") + (1).to_bytes(32, "big"))
    message = SignableMessage(version=b"\x01", header=separator, body=b"")
    assert Account.recover_message(message, signature=signature) == alice


@pytest.mark.parametrize(
    ("primary", "message", "words"),
    [
        ("Point", {"x": 1}, "missing value for field y of type uint8 in Point"),
        ("Point", {"x": 1, "y": 256}, "Point.y (uint8)"),
        ("Point", [], "Point (Point) must be an object, got an array"),
        ("Line", {"ends": [{"x": 1, "y": 1}], "owner": "0x" + "11" * 20}, "got 1 items: Line.ends"),
        (
            "Line",
            {"ends": [{"x": 1, "y": 1}, {"x": 1, "y": "no"}], "owner": "0x" + "11" * 20},
            "Line.ends[1].y (uint8)",
        ),
        ("Line", {"ends": [{"x": 1, "y": 1}] * 2, "owner": "0x11"}, "Line.owner (address)"),
        ("Line", {"ends": 5, "owner": "0x11"}, "Line.ends (Point[2]) must be an array, got 5"),
        ("Nobody", {}, "do not define the primary type Nobody"),
    ],
)
def test_type_and_field_are_named(net: Devnet, primary: str, message: Any, words: str) -> None:
    with pytest.raises(RpcError) as refused:
        net.rpc("eth_signTypedData_v4", net.accounts[0].address, data(primary, message))
    assert refused.value.code == -32602
    assert words in refused.value.message


def test_an_invalid_member_of_the_domain_is_named(net: Devnet) -> None:
    with pytest.raises(RpcError, match=r"domain\.chainId \(uint256\)"):
        asked = data("Point", {"x": 1, "y": 1}, domain={"name": "a", "chainId": "no"})
        net.rpc("eth_signTypedData_v4", net.accounts[0].address, asked)


def test_an_empty_string_is_accepted_as_empty_bytes(net: Devnet) -> None:
    alice = net.accounts[0].address
    call = {"from": alice, "to": "0x" + "99" * 20}
    for member in ({"data": ""}, {"input": ""}, {"data": "", "input": "0x"}):
        assert net.rpc("eth_call", call | member) == "0x"
        assert net.rpc("eth_estimateGas", call | member) == "0x5208"
        assert net.rpc("eth_sendTransactionSync", call | member)["status"] == "0x1"
    assert net.rpc("web3_sha3", "") == "0x" + keccak(b"").hex()
    assert net.rpc("personal_sign", "", alice) == net.rpc("personal_sign", "0x", alice)
    assert net.rpc("anvil_setCode", alice, "") is None
    assert net.rpc("eth_call", call, "latest", {call["to"]: {"code": ""}}) == "0x"
    with pytest.raises(RpcError) as refused:
        net.rpc("eth_sendRawTransaction", "")
    assert refused.value.code == -32602
