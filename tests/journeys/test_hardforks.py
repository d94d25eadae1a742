"""A chain under each hardfork from London on: what its headers hold, which transactions it takes, what its code can do."""

from __future__ import annotations

from typing import Any

import pytest
from web3 import Web3
from web3.exceptions import Web3RPCError

from megadev import Devnet
from megadev.errors import ConfigError
from megadev.rpc.client import RpcError

NEWER_FIELDS = ("withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash")


@pytest.mark.parametrize(
    ("hardfork", "fields", "types"),
    [
        ("london", 0, 3),
        ("grayglacier", 0, 3),
        ("merge", 0, 3),
        ("shanghai", 1, 3),
        ("cancun", 4, 4),
        ("prague", 5, 5),
    ],
)
def test_headers_and_transactions_are_those_of_the_hardfork(hardfork: str, fields: int, types: int) -> None:
    with Devnet(hardfork=hardfork) as net:
        w3 = net.w3
        sender = w3.eth.accounts[0]
        sent = w3.eth.send_transaction({"from": sender, "to": w3.eth.accounts[1], "value": 1})
        assert w3.eth.wait_for_transaction_receipt(sent)["status"] == 1
        block: Any = w3.eth.get_block("latest")
        assert [name for name in NEWER_FIELDS if name in block] == list(NEWER_FIELDS[:fields])
        assert ("withdrawals" in block) == (fields > 0)
        assert (block["difficulty"] > 0) == (hardfork in ("london", "grayglacier"))
        raw = w3.provider.make_request("debug_getRawHeader", ["latest"])["result"]
        assert Web3.keccak(hexstr=raw) == block["hash"]
        if types < 5:
            with pytest.raises(Web3RPCError, match="transaction type not supported"):
                authorization: Any = {"chainId": 1, "address": sender, "nonce": 0, "yParity": 0, "r": 1, "s": 1}
                w3.eth.send_transaction({"from": sender, "to": sender, "type": 4, "authorizationList": [authorization]})
        has_push0 = hardfork in ("shanghai", "cancun", "prague")
        call = w3.provider.make_request("eth_call", [{"data": "0x5f5ff3"}, "latest"])
        assert ("result" in call) == has_push0


@pytest.mark.parametrize("hardfork", ["isthmus", "rex4", "rex5", "rex6"])
def test_py_evm_refuses_megaeths_rules_by_name(hardfork: str) -> None:
    with pytest.raises(ConfigError, match=rf"--engine py-evm does not run MegaETH's rules \({hardfork}\)"):
        Devnet(preset="megaeth", hardfork=hardfork, engine="py-evm")
    with Devnet(preset="megaeth", hardfork="prague", engine="py-evm", no_l1=True) as net:
        assert (
            int(net.rpc("eth_estimateGas", {"from": net.accounts[0].address, "to": net.accounts[1].address}), 16)
            == 21_000
        )


@pytest.mark.parametrize("hardfork", ["rex6", "isthmus"])
def test_blobs_are_l1s_alone_under_megaeths_rules(hardfork: str) -> None:
    """As on the OP Stack: what carries blobs is refused by its type."""
    with Devnet(preset="megaeth", hardfork=hardfork) as net:
        account = net.accounts[0].address
        carried = {"from": account, "to": account, "blobs": ["0x" + bytes(131_072).hex()]}
        with pytest.raises(RpcError, match="0x03; this chain takes 0x0, 0x1, 0x2, 0x4"):
            net.rpc("eth_sendTransaction", carried)
        assert net.l1.rpc("eth_sendTransaction", carried)
