"""An authorization whose parity has more than 8 bits was put into a block, in bytes that nothing could decode again."""

from __future__ import annotations

import pytest

from megadev import Devnet
from megadev.chain.transactions import decode_transaction
from megadev.rpc.client import RpcError


def request(parity: int) -> dict[str, object]:
    authorization = {
        "chainId": "0x0",
        "address": "0x" + "99" * 20,
        "nonce": "0x0",
        "yParity": hex(parity),
        "r": "0x1",
        "s": "0x1",
    }
    return {"to": "0x" + "99" * 20, "authorizationList": [authorization]}


def test_a_sent_transaction_can_be_decoded_again() -> None:
    net = Devnet()
    for parity in (0, 1, 2, 27, 255):
        raw = net.rpc("eth_getRawTransactionByHash", net.rpc("eth_sendTransaction", request(parity)))
        assert decode_transaction(bytes.fromhex(raw[2:])).authorization_list[0].y_parity == parity
    for method in ("eth_sendTransaction", "eth_call", "eth_fillTransaction"):
        with pytest.raises(RpcError, match="yParity") as caught:
            net.rpc(method, request(256))
        assert caught.value.code == -32602
