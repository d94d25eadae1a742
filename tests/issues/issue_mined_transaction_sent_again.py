"""A transaction that was mined and sent again was "already known", as if it still waited: ethers tells NONCE_EXPIRED by
"nonce too low", and goes on waiting otherwise.
"""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError

WAYS = ("eth_sendRawTransaction", "eth_sendRawTransactionSync", "realtime_sendRawTransaction")


def signed(net: Devnet) -> str:
    filled: Any = {"from": net.accounts[0].address, "to": net.accounts[1].address, "value": "0x1", "gas": "0x186a0"}
    answer = net.rpc("eth_signTransaction", filled)
    return str(answer["raw"] if isinstance(answer, dict) else answer)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_its_nonce_is_too_low(preset: str, way: str) -> None:
    with Devnet(preset=preset) as net:
        raw = signed(net)
        net.rpc("eth_sendRawTransaction", raw)
        for _ in range(2):  # in the open block, where there is one, and in a sealed one
            with pytest.raises(RpcError, match=r"^nonce too low: .* is in (block 1|the open block)") as refused:
                net.rpc(way, raw)
            assert refused.value.code == -32003
            net.rpc("evm_mine")


def test_a_waiting_transaction_is_already_known() -> None:
    with Devnet(no_mining=True) as net:
        raw = signed(net)
        net.rpc("eth_sendRawTransaction", raw)
        with pytest.raises(RpcError, match="^already known"):
            net.rpc("eth_sendRawTransaction", raw)


def test_a_transaction_is_mined_again_after_its_nonce_was_reset() -> None:
    with Devnet() as net:
        raw = signed(net)
        tx_hash = net.rpc("eth_sendRawTransaction", raw)
        net.rpc("anvil_setNonce", net.accounts[0].address, "0x0")
        assert net.rpc("eth_sendRawTransaction", raw) == tx_hash
        assert net.rpc("eth_getTransactionReceipt", tx_hash)["blockNumber"] == "0x2"
