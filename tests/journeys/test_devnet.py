"""``Devnet`` in Python: no sockets, web3.py at hand, a port on request, blocks by timer."""

from __future__ import annotations

import asyncio
import json
import urllib.request

import pytest

from megadev import ConfigError, Devnet

ETHER = 10**18


def transfer(net: Devnet, value: int = ETHER) -> str:
    alice, bob = net.accounts[:2]
    return str(net.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": hex(value)}))


def head(net: Devnet) -> int:
    return int(net.rpc("eth_blockNumber"), 16)


def test_web3_sends_and_reads_without_a_socket() -> None:
    with Devnet() as net:
        alice, bob = net.accounts[:2]
        tx_hash = net.w3.eth.send_transaction({"from": alice.address, "to": bob.address, "value": ETHER})
        assert net.w3.eth.get_transaction_receipt(tx_hash)["status"] == 1
        assert net.w3.eth.get_balance(bob.address) == 10_001 * ETHER


def test_web3_batches_in_process() -> None:
    with Devnet() as net, net.w3.batch_requests() as batch:
        batch.add(net.w3.eth.get_block("latest"))
        batch.add(net.w3.eth.get_balance(net.accounts[0].address))
        block, balance = batch.execute()
        assert block["number"] == 0 and balance == 10_000 * ETHER


def test_async_web3_too() -> None:
    async def journey() -> int:
        with Devnet() as net:
            alice, bob = net.accounts[:2]
            tx_hash = await net.async_w3.eth.send_transaction({"from": alice.address, "to": bob.address, "value": 1})
            receipt = await net.async_w3.eth.wait_for_transaction_receipt(tx_hash)
            return int(receipt["status"])

    assert asyncio.run(journey()) == 1


def test_a_served_devnet_answers_in_process_and_over_http() -> None:
    with Devnet() as net:
        transfer(net)
        url = net.serve()
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []}
        with urllib.request.urlopen(url, json.dumps(request).encode()) as answer:
            assert json.load(answer)["result"] == "0x1"
        transfer(net)
        assert head(net) == 2 and net.url == url
        with pytest.raises(ConfigError, match="already served"):
            net.serve()


def test_a_closed_devnet_lets_go_of_its_port() -> None:
    net = Devnet()
    url = net.serve()
    port = int(url.rsplit(":", 1)[1])
    net.close()
    net.close()
    with Devnet() as other:
        assert other.serve(port=port) == url


def test_blocks_are_sealed_by_timer_without_a_server() -> None:
    with Devnet(block_time=0.01) as net:
        tx_hash = transfer(net)
        receipt = net.w3.eth.wait_for_transaction_receipt(tx_hash, timeout=30, poll_latency=0.01)  # type: ignore[arg-type]
        assert receipt["blockNumber"] >= 1


def test_blocks_are_sealed_by_timer_once_interval_mining_is_set() -> None:
    with Devnet(no_mining=True) as net:
        tx_hash = transfer(net)
        assert net.rpc("eth_getTransactionReceipt", tx_hash) is None
        net.rpc("anvil_setIntervalMining", 1)
        receipt = net.w3.eth.wait_for_transaction_receipt(tx_hash, timeout=30, poll_latency=0.05)  # type: ignore[arg-type]
        assert receipt["blockNumber"] >= 1


def test_devnets_are_independent() -> None:
    with Devnet() as one, Devnet() as two:
        transfer(one)
        assert head(one) == 1 and head(two) == 0


def test_the_same_script_gives_the_same_hashes_everywhere() -> None:
    def script(**settings: object) -> str:
        with Devnet(timestamp=1_700_000_000, manual_clock=True, **settings) as net:
            transfer(net)
            net.rpc("evm_increaseTime", 100)
            transfer(net, 5)
            return str(net.rpc("eth_getBlockByNumber", "latest", False)["hash"])

    assert script() == script()
    assert script(no_l1=True) == "0x5d7d2180477aef7d725297fd07bed168b7ca757ac1212f875ef345dbcada378b"
