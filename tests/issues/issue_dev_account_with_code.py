"""A dev account that was given code could not send any more, impersonated or not: the key that the node holds for it won
over the impersonation, and no signature is good for an account with code (EIP-3607).
"""

from __future__ import annotations

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError

CODE = "0x5b00"
TO = "0x" + "99" * 20


def send_in_every_way(net: Devnet, sender: str) -> None:
    call = {"from": sender, "to": TO, "value": "0x1"}
    before = int(net.rpc("eth_getTransactionCount", sender, "latest"), 16)
    sent = net.rpc("eth_getTransactionReceipt", net.rpc("eth_sendTransaction", call))
    assert (sent["status"], sent["from"]) == ("0x1", sender.lower())
    assert net.rpc("eth_sendTransactionSync", call)["status"] == "0x1"
    net.rpc("anvil_setAutomine", False)
    waiting = net.rpc("eth_sendTransaction", call)
    nonce = hex(before + 2)
    again = net.rpc("eth_resend", {**call, "nonce": nonce}, hex(10**11))
    assert again != waiting
    net.rpc("evm_mine")
    net.rpc("anvil_setAutomine", True)
    assert net.rpc("eth_getTransactionReceipt", again)["status"] == "0x1"
    net.rpc("anvil_reorg", 1, [[call, 0]])
    assert int(net.rpc("eth_getTransactionCount", sender, "latest"), 16) == before + 3


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_dev_account_with_code_sends_while_it_is_impersonated(preset: str) -> None:
    with Devnet(preset=preset) as net:
        sender = net.accounts[1].address
        net.rpc("anvil_setCode", sender, CODE)
        with pytest.raises(RpcError, match="sender not an eoa"):
            net.rpc("eth_sendTransaction", {"from": sender, "to": TO})
        net.rpc("anvil_impersonateAccount", sender)
        send_in_every_way(net, sender)
        net.rpc("anvil_stopImpersonatingAccount", sender)
        with pytest.raises(RpcError, match="sender not an eoa"):
            net.rpc("eth_sendTransaction", {"from": sender, "to": TO})


def test_a_dev_account_with_code_sends_under_auto_impersonation() -> None:
    with Devnet(auto_impersonate=True) as net:
        sender = net.accounts[1].address
        net.rpc("anvil_setCode", sender, CODE)
        send_in_every_way(net, sender)


def test_auto_impersonation_keeps_real_signatures_of_known_keys() -> None:
    with Devnet(auto_impersonate=True) as net:
        sent = net.rpc("eth_sendTransaction", {"from": net.accounts[1].address, "to": TO})
        assert net.rpc("eth_getTransactionByHash", sent)["r"] != "0x0"
