"""Transactions with conditions, transactions sent again, and calls that wait or run ahead: who sees what, and when."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from megadev import Devnet
from megadev.chain.transactions import UnsignedTransaction, encode_network_form, sign_transaction
from megadev.primitives.abi import encode_call
from megadev.rpc.client import RpcError
from megadev.rpc.methods import eth_log_pages
from tests.contracts import load

GWEI = 10**9
COUNTER = "0x" + "11" * 20
COUNT = "0x5f546001015f5500"  # slot 0 goes up by one


def signed(net: Devnet, account: int = 0, **fields: Any) -> str:
    """A signed transaction, by default a call of COUNTER."""
    given = {
        "type": 2, "chain_id": 31337, "nonce": 0, "gas_limit": 100_000, "to": bytes.fromhex(COUNTER[2:]),
        "max_fee_per_gas": 5 * GWEI, "max_priority_fee_per_gas": GWEI,
    }  # fmt: skip
    tx = sign_transaction(UnsignedTransaction(**(given | fields)), net.accounts[account].raw_key)
    return "0x" + encode_network_form(tx).hex()


def conditional(net: Devnet, raw: str, condition: dict[str, Any]) -> str:
    answer = net.rpc("eth_sendRawTransactionConditional", raw, condition)
    assert isinstance(answer, str)
    return answer


def waiting(net: Devnet) -> int:
    return int(net.rpc("txpool_status")["pending"], 16)


def test_the_second_conditional_transaction_for_one_state_is_refused() -> None:
    with Devnet() as net:
        net.rpc("anvil_setCode", COUNTER, COUNT)
        unspent = {"knownAccounts": {COUNTER: {"0x0": "0x0"}}}
        conditional(net, signed(net, 0), unspent)
        with pytest.raises(RpcError, match="failed storage check") as refused:
            conditional(net, signed(net, 1), unspent)
        assert refused.value.code == -32003
        conditional(net, signed(net, 1), {"knownAccounts": {COUNTER: {"0x0": "0x1"}}})
        root = net.rpc("eth_getProof", COUNTER, [], "latest")["storageHash"]
        conditional(net, signed(net, 2), {"knownAccounts": {COUNTER: root}})
        assert net.rpc("eth_getStorageAt", COUNTER, "0x0")[-1] == "3"


def test_a_transaction_that_waits_is_dropped_once_its_block_is_past() -> None:
    with Devnet(no_mining=True) as net:
        net.rpc("anvil_setNextBlockBaseFeePerGas", hex(100 * GWEI))
        with pytest.raises(RpcError, match="base fee"):
            conditional(net, signed(net), {"blockNumberMax": "0x1"})
        net.rpc("anvil_reset")
        raw = signed(net, max_fee_per_gas=5 * GWEI)
        conditional(net, raw, {"blockNumberMax": "0x1"})
        net.rpc("anvil_setNextBlockBaseFeePerGas", hex(100 * GWEI))
        assert waiting(net) == 1
        net.rpc("evm_mine")
        assert waiting(net) == 0
        assert net.rpc("eth_getBlockByNumber", "0x1", False)["transactions"] == []


def test_a_waiting_transaction_is_dropped_once_its_condition_fails() -> None:
    with Devnet(no_mining=True) as net:
        net.rpc("anvil_setCode", COUNTER, COUNT)
        net.rpc("evm_mine")
        conditional(net, signed(net, max_fee_per_gas=2 * GWEI), {"knownAccounts": {COUNTER: {"0x0": "0x0"}}})
        net.rpc("eth_sendRawTransaction", signed(net, 1, max_fee_per_gas=100 * GWEI))
        net.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * GWEI))
        net.rpc("evm_mine")
        assert waiting(net) == 0
        assert net.rpc("eth_getStorageAt", COUNTER, "0x0")[-1] == "1"


def test_a_waiting_transaction_with_a_fulfilled_condition_is_included() -> None:
    with Devnet(no_mining=True) as net:
        tx_hash = conditional(net, signed(net), {"blockNumberMax": "0x5", "timestampMax": hex(2**40)})
        net.rpc("evm_mine")
        assert net.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"
        net.rpc("evm_mine")


def test_a_resent_transaction_of_an_impersonated_account_takes_the_place_of_the_first() -> None:
    nobody = "0x" + "55" * 20
    with Devnet(no_mining=True) as net:
        net.rpc("anvil_setBalance", nobody, hex(10**18))
        net.rpc("anvil_impersonateAccount", nobody)
        first = net.rpc("eth_sendTransaction", {"from": nobody, "to": COUNTER, "value": "0x1", "nonce": "0x0"})
        again = net.rpc("eth_resend", {"from": nobody, "nonce": "0x0", "value": "0x1"}, hex(50 * GWEI))
        assert first != again
        net.rpc("evm_mine")
        assert net.rpc("eth_getTransactionReceipt", first) is None
        assert net.rpc("eth_getTransactionReceipt", again)["effectiveGasPrice"] == hex(50 * GWEI)


def test_a_bundle_costs_the_same_as_mined_transactions() -> None:
    builder = "0x" + "77" * 20
    tip = "0x" + "5f5f5f5f34" + "41" + "5af100"  # send the whole value to the coinbase
    with Devnet(no_mining=True) as net:
        net.rpc("anvil_setCode", COUNTER, tip)
        net.rpc("anvil_setCoinbase", builder)
        net.rpc("evm_mine")
        txs = [signed(net, nonce=0, value=12345), signed(net, nonce=1, value=5), signed(net, 1, to=None, data=b"\xfe")]
        bundle = net.rpc("eth_callBundle", {"txs": txs, "blockNumber": "0x2", "stateBlockNumber": "latest"})
        assert net.rpc("eth_getBalance", builder) == "0x0"
        assert waiting(net) == 0
        hashes = [net.rpc("eth_sendRawTransaction", raw) for raw in txs]
        net.rpc("evm_mine")
        receipts = [net.rpc("eth_getTransactionReceipt", tx_hash) for tx_hash in hashes]
        assert [item["txHash"] for item in bundle["results"]] == hashes
        assert [item["gasUsed"] for item in bundle["results"]] == [int(item["gasUsed"], 16) for item in receipts]
        assert bundle["coinbaseDiff"] == str(int(net.rpc("eth_getBalance", builder), 16))
        assert bundle["ethSentToCoinbase"] == "12350"
        assert int(bundle["gasFees"]) + 12350 == int(bundle["coinbaseDiff"])
        assert bundle["totalGasUsed"] == sum(item["gasUsed"] for item in bundle["results"])
        assert bundle["results"][2]["error"].startswith("invalid opcode")
        assert bundle["results"][0]["value"] == "0x"


def ask(net: Devnet, method: str, *params: Any) -> Any:
    """What the dispatcher has to say on a running loop: an answer, or something to await."""
    return net.dispatcher.handle(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode())


async def eventually(answer: Any) -> Any:
    if not isinstance(answer, bytes):
        answer = await answer
    return json.loads(answer)


@pytest.mark.parametrize("by", ["a transaction", "a cheat"])
def test_call_after_waits_for_the_nonce_and_sees_the_state_then(by: str) -> None:
    async def run(net: Devnet) -> Any:
        condition = {"account": net.accounts[0].address, "nonce": "0x1", "timeout": 60_000}
        call = asyncio.ensure_future(eventually(ask(net, "eth_callAfter", {"to": COUNTER}, condition)))
        await asyncio.sleep(0)
        assert not call.done()
        if by == "a cheat":
            await eventually(ask(net, "anvil_setStorageAt", COUNTER, "0x0", "0x" + "00" * 31 + "09"))
            await eventually(ask(net, "anvil_setNonce", condition["account"], "0x1"))
        else:
            value = {"to": COUNTER, "data": "0x01", "from": condition["account"], "gas": "0x186a0"}
            await eventually(ask(net, "eth_sendTransaction", value))
            net.dispatcher.after_answer()  # as a server does once the answer is written
        return await call

    # with data: 9 into slot 0; without: what is there
    code = "0x" + "3615600a57" + "60095f5500" + "5b" + "5f545f5260205ff3"
    net = Devnet()
    net.rpc("anvil_setCode", COUNTER, code)
    assert asyncio.run(run(net)) == {"jsonrpc": "2.0", "id": 1, "result": "0x" + "00" * 31 + "09"}
    net.close()


def test_pages_of_logs_are_all_the_logs_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eth_log_pages, "PAGE", 7)
    monkeypatch.setattr(eth_log_pages, "STRIDE", 2)
    with Devnet() as net:
        sender = net.accounts[0].address
        created = net.rpc("eth_sendTransactionSync", {"from": sender, "data": "0x" + load("Logger").creation.hex()})[
            "contractAddress"
        ]
        for count in (3, 0, 20, 1, 6):
            data = encode_call("many(uint256)", count)
            net.rpc("eth_sendTransaction", {"from": sender, "to": created, "data": "0x" + data.hex()})
        wanted = {"fromBlock": "earliest", "toBlock": "latest", "address": created}
        everything = net.rpc("eth_getLogs", wanted)
        assert len(everything) == 30
        pages, cursor = [], {}
        while True:
            page = net.rpc("eth_getLogsWithCursor", wanted | cursor)
            pages.append(page["logs"])
            if "cursor" not in page:
                break
            cursor = {"cursor": page["cursor"]}
        assert [len(page) for page in pages] == [7, 7, 7, 7, 2]
        assert [log for page in pages for log in page] == everything
