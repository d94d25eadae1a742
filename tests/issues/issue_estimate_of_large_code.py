"""Code of 200 KB takes two billion gas under MegaETH's rules, and an estimate finds that without being told a limit."""

from __future__ import annotations

from megadev import Devnet


def test_a_large_contract_is_deployed_with_the_gas_that_was_estimated() -> None:
    with Devnet(preset="megaeth", no_l1=True, accounts=1) as net:
        deployment = {"from": net.accounts[0].address, "data": "0x620320005ff3"}  # returns 204,800 zeros
        gas = net.rpc("eth_estimateGas", deployment)
        receipt = net.rpc("eth_sendTransactionSync", {**deployment, "gas": gas})
        assert receipt["status"] == "0x1"
        assert receipt["gasUsed"] == gas
        assert len(net.rpc("eth_getCode", receipt["contractAddress"], "latest")) == 2 + 2 * 204_800
