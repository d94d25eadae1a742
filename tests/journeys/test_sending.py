"""Transactions into the chain: by key, by impersonation, signed elsewhere; what is filled in, and what is refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account

from megadev import Devnet
from megadev.primitives.abi import encode_call
from megadev.rpc.client import RpcError
from tests.contracts import load

ETHER = 10**18
GWEI = 10**9
NOBODY = "0x" + "99" * 20


@pytest.fixture
def net() -> Devnet:
    return Devnet()


@pytest.fixture
def alice(net: Devnet) -> str:
    return net.accounts[0].address


@pytest.fixture
def bob(net: Devnet) -> str:
    return net.accounts[1].address


def number(quantity: str) -> int:
    return int(quantity, 16)


def deploy(net: Devnet, name: str) -> str:
    request = {"from": net.accounts[0].address, "data": "0x" + load(name).creation.hex()}
    address: str = net.rpc("eth_sendTransactionSync", request)["contractAddress"]
    return address


def refusal(net: Devnet, *params: Any, method: str = "eth_sendTransaction") -> RpcError:
    with pytest.raises(RpcError) as caught:
        net.rpc(method, *params)
    return caught.value


def signed(net: Devnet, key: int = 0, **fields: Any) -> str:
    """A transaction signed by eth-account with a dev account's key."""
    defaults = {
        "chainId": 31337,
        "nonce": 0,
        "gas": 21_000,
        "to": NOBODY,
        "value": 1,
        "maxFeePerGas": 10 * GWEI,
        "maxPriorityFeePerGas": GWEI,
    }
    if "gasPrice" in fields:
        del defaults["maxFeePerGas"], defaults["maxPriorityFeePerGas"]
    return "0x" + Account.sign_transaction(defaults | fields, net.accounts[key].private_key).raw_transaction.hex()


# -- eth_sendTransaction ------------------------------------------------------------------------------------------


def test_a_bare_transfer_is_filled_in_signed_and_mined(net: Devnet, alice: str, bob: str) -> None:
    base_fee = number(net.rpc("eth_baseFee"))
    tx_hash = net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": hex(ETHER)})
    receipt = net.rpc("eth_getTransactionReceipt", tx_hash)
    assert receipt["status"] == "0x1"
    assert number(net.rpc("eth_getBalance", bob)) == 10_001 * ETHER
    tx = net.rpc("eth_getTransactionByHash", tx_hash)
    assert (tx["type"], tx["nonce"], tx["gas"], tx["chainId"]) == ("0x2", "0x0", hex(21_000), "0x7a69")
    tip = number(tx["maxPriorityFeePerGas"])
    assert tip == GWEI
    assert number(tx["maxFeePerGas"]) == 2 * base_fee + tip
    raw = net.rpc("eth_getRawTransactionByHash", tx_hash)
    assert Account.recover_transaction(raw) == alice


def test_without_a_sender_it_is_the_first_account(net: Devnet, alice: str, bob: str) -> None:
    tx_hash = net.rpc("eth_sendTransaction", {"to": bob})
    assert net.rpc("eth_getTransactionByHash", tx_hash)["from"] == alice.lower()


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "0x2"),
        ({"gasPrice": hex(3 * GWEI)}, "0x0"),
        ({"gasPrice": hex(3 * GWEI), "accessList": []}, "0x1"),
        ({"accessList": [{"address": NOBODY, "storageKeys": ["0x" + "00" * 32]}]}, "0x2"),
        ({"type": "0x0"}, "0x0"),
        ({"type": "0x1", "accessList": []}, "0x1"),
        ({"type": "0x2"}, "0x2"),
        ({"maxFeePerGas": hex(3 * GWEI)}, "0x2"),
        ({"maxPriorityFeePerGas": "0x0"}, "0x2"),
    ],
)
def test_the_fields_decide_the_type(net: Devnet, alice: str, bob: str, fields: dict[str, Any], kind: str) -> None:
    receipt = net.rpc("eth_sendTransactionSync", {"from": alice, "to": bob, **fields})
    assert (receipt["type"], receipt["status"]) == (kind, "0x1")


def test_given_fees_are_kept(net: Devnet, alice: str, bob: str) -> None:
    legacy = net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "gasPrice": hex(7 * GWEI)})
    assert net.rpc("eth_getTransactionByHash", legacy)["gasPrice"] == hex(7 * GWEI)
    low_cap = net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "maxFeePerGas": hex(GWEI - 1)})
    tx = net.rpc("eth_getTransactionByHash", low_cap)
    assert (tx["maxFeePerGas"], tx["maxPriorityFeePerGas"]) == (hex(GWEI - 1), hex(GWEI - 1))


def test_a_delegation_is_sent_as_type_4_and_takes_effect(net: Devnet, alice: str, bob: str) -> None:
    signed_tuple = Account.sign_authorization(
        {"chainId": 31337, "address": bytes.fromhex(NOBODY[2:]), "nonce": 0}, net.accounts[1].private_key
    )
    authorization = {
        "chainId": "0x7a69",
        "address": NOBODY,
        "nonce": "0x0",
        "yParity": hex(signed_tuple.y_parity),
        "r": hex(signed_tuple.r),
        "s": hex(signed_tuple.s),
    }
    receipt = net.rpc("eth_sendTransactionSync", {"from": alice, "to": alice, "authorizationList": [authorization]})
    assert (receipt["type"], receipt["status"]) == ("0x4", "0x1")
    assert net.rpc("eth_getCode", bob) == "0xef0100" + NOBODY[2:]


@pytest.mark.slow
def test_blobs_get_their_commitments_and_proofs(net: Devnet, alice: str, bob: str) -> None:
    receipt = net.rpc("eth_sendTransactionSync", {"from": alice, "to": bob, "blobs": ["0x" + bytes(131_072).hex()]})
    assert (receipt["type"], receipt["status"], receipt["blobGasUsed"]) == ("0x3", "0x1", hex(131_072))


def test_the_pending_nonce_counts_waiting_transactions(net: Devnet, alice: str, bob: str) -> None:
    net.rpc("evm_setAutomine", False)
    hashes = [net.rpc("eth_sendTransaction", {"from": alice, "to": bob}) for _ in range(3)]
    assert [net.rpc("eth_getTransactionByHash", tx_hash)["nonce"] for tx_hash in hashes] == ["0x0", "0x1", "0x2"]
    net.rpc("evm_mine")
    assert all(net.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1" for tx_hash in hashes)


def test_a_transaction_bound_to_fail_is_mined_and_shows_it(net: Devnet, alice: str) -> None:
    data = "0x" + encode_call("withReason()").hex()
    tx_hash = net.rpc("eth_sendTransaction", {"from": alice, "to": deploy(net, "Reverter"), "data": data})
    assert net.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x0"
    assert net.rpc("eth_getTransactionByHash", tx_hash)["gas"] == hex(30_000_000)


def test_a_gap_in_nonces_makes_it_wait_until_filled(net: Devnet, alice: str, bob: str) -> None:
    later = net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "nonce": "0x1"})
    assert net.rpc("eth_getTransactionReceipt", later) is None
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "nonce": "0x0"})
    assert net.rpc("eth_getTransactionReceipt", later)["status"] == "0x1"


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"from": NOBODY}, -32000, "unknown account"),
        ({"chainId": "0x1"}, -32602, "invalid chain id"),
        ({"nonce": "0xffffffffffffffff"}, -32003, "nonce has max value"),
        ({"value": hex(20_000 * ETHER)}, -32003, "insufficient funds"),
        ({"gas": hex(20_999)}, -32000, "intrinsic gas too low"),
        ({"gas": hex(30_000_001)}, -32000, "exceeds block gas limit"),
        ({"maxFeePerGas": "0x1"}, -32003, "less than block base fee"),
        ({"maxFeePerGas": hex(GWEI), "maxPriorityFeePerGas": hex(2 * GWEI)}, -32003, "higher than max fee per gas"),
        ({"type": "0x5"}, -32003, "type not supported"),
        ({"type": "0x7e"}, -32003, "type not supported"),
        ({"sourceHash": "0x" + "11" * 32}, -32003, "type not supported"),
        ({"type": "0x2", "gasPrice": hex(GWEI)}, -32602, "does not take gasPrice"),
        ({"type": "0x0", "maxFeePerGas": hex(GWEI)}, -32602, "not maxFeePerGas"),
        ({"type": "0x0", "accessList": [{"address": NOBODY, "storageKeys": []}]}, -32602, "cannot have an access list"),
        ({"blobVersionedHashes": ["0x01" + "00" * 31]}, -32602, "without blobs"),
        ({"type": "0x2", "blobVersionedHashes": []}, -32602, "contradicts the fields"),
        ({"authorizationList": []}, -32003, "authorization"),
        ({"gasPrice": "0x1", "maxFeePerGas": "0x1"}, -32602, "both gasPrice"),
        ({"value": "0x" + "f" * 65}, -32602, "value"),
    ],
)
def test_an_invalid_transaction_is_refused_and_changes_nothing(
    net: Devnet, alice: str, bob: str, fields: dict[str, Any], code: int, words: str
) -> None:
    error = refusal(net, {"from": alice, "to": bob, **fields})
    assert (error.code, words in error.message) == (code, True), error.message
    assert net.rpc("eth_blockNumber") == "0x0"
    assert net.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_a_used_nonce_and_a_cheap_replacement_are_refused(net: Devnet, alice: str, bob: str) -> None:
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob})
    assert refusal(net, {"from": alice, "to": bob, "nonce": "0x0", "value": "0x5"}).code == -32003
    net.rpc("evm_setAutomine", False)
    first = net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "maxFeePerGas": hex(10 * GWEI), "nonce": "0x1"})
    cheap = {"from": alice, "to": bob, "maxFeePerGas": hex(10 * GWEI), "nonce": "0x1", "value": "0x2"}
    assert "replacement transaction underpriced" in refusal(net, cheap).message
    dear = {**cheap, "maxFeePerGas": hex(20 * GWEI), "maxPriorityFeePerGas": hex(2 * GWEI)}
    second = net.rpc("eth_sendTransaction", dear)
    net.rpc("evm_mine")
    assert net.rpc("eth_getTransactionReceipt", second)["status"] == "0x1"
    assert net.rpc("eth_getTransactionByHash", first) is None


# -- eth_sendRawTransaction ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{}, {"gasPrice": 5 * GWEI}, {"gasPrice": 5 * GWEI, "accessList": []}])
def test_an_externally_signed_transaction_is_accepted(net: Devnet, fields: dict[str, Any]) -> None:
    raw = signed(net, **fields, **({"gas": 30_000} if "accessList" in fields else {}))
    tx_hash = net.rpc("eth_sendRawTransaction", raw)
    assert net.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"
    assert net.rpc("eth_getRawTransactionByHash", tx_hash) == raw


@pytest.mark.parametrize(
    ("raw", "code", "words"),
    [
        ("0x", -32602, "transaction"),
        ("0x02", -32602, "failed to decode transaction"),
        ("0x1234", -32003, "type not supported"),
        ("0xf8", -32602, "failed to decode transaction"),
        ("12", -32602, "bytes"),
        (None, -32602, "bytes"),
        ({}, -32602, "bytes"),
    ],
)
def test_invalid_transaction_bytes_are_refused(net: Devnet, raw: Any, code: int, words: str) -> None:
    for method in ("eth_sendRawTransaction", "eth_sendRawTransactionSync"):
        error = refusal(net, raw, method=method)
        assert (error.code, words in error.message.lower()) == (code, True), error.message


def test_a_transaction_for_another_chain_or_sent_twice_is_refused(net: Devnet) -> None:
    assert refusal(net, signed(net, chainId=1), method="eth_sendRawTransaction").code == -32602
    raw = signed(net)
    net.rpc("eth_sendRawTransaction", raw)
    error = refusal(net, raw, method="eth_sendRawTransaction")
    assert (error.code, "nonce too low" in error.message) == (-32003, True)


# -- *Sync --------------------------------------------------------------------------------------------------------


def test_the_sync_methods_answer_with_the_receipt(net: Devnet, alice: str, bob: str) -> None:
    receipt = net.rpc("eth_sendRawTransactionSync", signed(net))
    assert receipt == net.rpc("eth_getTransactionReceipt", receipt["transactionHash"])
    receipt = net.rpc("eth_sendTransactionSync", {"from": alice, "to": bob})
    assert receipt == net.rpc("eth_getTransactionReceipt", receipt["transactionHash"])


def test_sync_methods_return_the_hash_after_a_timeout(net: Devnet) -> None:
    net.rpc("evm_setAutomine", False)
    error = refusal(net, signed(net), 5, method="eth_sendRawTransactionSync")
    assert error.code == 4
    assert net.rpc("eth_getTransactionByHash", error.data)["blockHash"] is None


def served(net: Devnet, body: Callable[[Devnet], None]) -> None:
    net.serve()
    try:
        body(net)
    finally:
        net.close()


def test_a_sync_method_waits_for_another_clients_block(net: Devnet, alice: str) -> None:
    net.rpc("evm_setAutomine", False)
    answers: list[Any] = []

    def wait_and_mine(net: Devnet) -> None:
        waiting = threading.Event()
        net.node.l2.bus.subscribe(lambda event: waiting.set())  # the txpool took it
        asking = threading.Thread(
            target=lambda: answers.append(net.rpc("eth_sendRawTransactionSync", signed(net), 60_000))
        )
        asking.start()
        assert waiting.wait(30)
        net.rpc("evm_mine")
        asking.join(30)

    served(net, wait_and_mine)
    assert answers[0]["status"] == "0x1"


def test_a_sync_method_hears_when_its_transaction_is_dropped(net: Devnet) -> None:
    net.rpc("evm_setAutomine", False)
    errors: list[RpcError] = []

    def wait_and_drop(net: Devnet) -> None:
        waiting = threading.Event()
        net.node.l2.bus.subscribe(lambda event: waiting.set())
        asking = threading.Thread(
            target=lambda: errors.append(refusal(net, signed(net), 60_000, method="eth_sendRawTransactionSync"))
        )
        asking.start()
        assert waiting.wait(30)
        net.rpc("anvil_dropAllTransactions")
        asking.join(30)

    served(net, wait_and_drop)
    assert "dropped" in errors[0].message


def test_a_sync_method_works_where_a_loop_is_running_already(net: Devnet) -> None:
    async def send() -> Any:
        return net.rpc("eth_sendRawTransactionSync", signed(net))

    assert asyncio.run(send())["status"] == "0x1"


# -- without a signature ------------------------------------------------------------------------------------------


def test_an_impersonated_account_sends_and_a_stranger_does_not(net: Devnet, bob: str) -> None:
    net.rpc("anvil_setBalance", NOBODY, hex(ETHER))
    assert refusal(net, {"from": NOBODY, "to": bob, "value": "0x1"}).code == -32000
    net.rpc("anvil_impersonateAccount", NOBODY)
    receipt = net.rpc("eth_sendTransactionSync", {"from": NOBODY, "to": bob, "value": "0x1"})
    assert (receipt["from"], receipt["status"]) == (NOBODY, "0x1")
    tx = net.rpc("eth_getTransactionByHash", receipt["transactionHash"])
    assert (tx["r"], tx["s"], tx["v"]) == ("0x0", "0x0", "0x0")
    net.rpc("anvil_stopImpersonatingAccount", NOBODY)
    assert refusal(net, {"from": NOBODY, "to": bob}).code == -32000


def test_a_contract_can_be_impersonated(net: Devnet, bob: str) -> None:
    wallet = deploy(net, "Payable")
    net.rpc("anvil_setBalance", wallet, hex(ETHER))
    net.rpc("hardhat_impersonateAccount", wallet)
    assert net.rpc("eth_sendTransactionSync", {"from": wallet, "to": bob, "value": "0x1"})["status"] == "0x1"


def test_with_auto_impersonation_any_account_sends(net: Devnet, bob: str) -> None:
    net.rpc("anvil_autoImpersonateAccount", True)
    net.rpc("anvil_setBalance", NOBODY, hex(ETHER))
    assert net.rpc("eth_sendTransactionSync", {"from": NOBODY, "to": bob})["status"] == "0x1"


def test_an_unsigned_transaction_runs_but_must_be_paid_for(net: Devnet, bob: str) -> None:
    unsigned = {"from": NOBODY, "to": bob, "value": "0x1"}
    assert "insufficient funds" in refusal(net, unsigned, method="eth_sendUnsignedTransaction").message
    net.rpc("anvil_setBalance", NOBODY, hex(ETHER))
    tx_hash = net.rpc("eth_sendUnsignedTransaction", unsigned)
    assert net.rpc("eth_getTransactionReceipt", tx_hash)["from"] == NOBODY
    assert refusal(net, {"to": bob}, method="eth_sendUnsignedTransaction").code == -32602


def test_an_added_key_signs(net: Devnet, alice: str, bob: str) -> None:
    stranger = Account.create()
    assert net.rpc("personal_importRawKey", "0x" + stranger.key.hex(), "password") == stranger.address.lower()
    net.rpc("eth_sendTransaction", {"from": alice, "to": stranger.address, "value": hex(ETHER)})
    receipt = net.rpc("eth_sendTransactionSync", {"from": stranger.address, "to": bob})
    raw = net.rpc("eth_getRawTransactionByHash", receipt["transactionHash"])
    assert Account.recover_transaction(raw) == stranger.address


# -- eth_fillTransaction ------------------------------------------------------------------------------------------


def test_a_filled_transaction_lacks_only_its_signature(net: Devnet, alice: str, bob: str) -> None:
    answer = net.rpc("eth_fillTransaction", {"from": alice, "to": bob, "value": "0x1"})
    tx = answer["tx"]
    assert (tx["nonce"], tx["gas"], tx["type"], tx["r"]) == ("0x0", hex(21_000), "0x2", "0x0")
    fields = ("value", "gas", "nonce", "chainId", "maxFeePerGas", "maxPriorityFeePerGas", "type")
    mine = Account.sign_transaction({"to": bob} | {name: tx[name] for name in fields}, net.accounts[0].private_key)
    assert net.rpc("eth_sendRawTransactionSync", "0x" + mine.raw_transaction.hex())["status"] == "0x1"
    assert answer["raw"].endswith("c0808080")


def test_filling_keeps_given_fields_and_refuses_failing_transactions(net: Devnet, alice: str, bob: str) -> None:
    given = {"from": alice, "to": bob, "nonce": "0x9", "gas": "0xffff", "gasPrice": hex(GWEI)}
    tx = net.rpc("eth_fillTransaction", given)["tx"]
    assert (tx["nonce"], tx["gas"], tx["gasPrice"], tx["type"]) == ("0x9", "0xffff", hex(GWEI), "0x0")
    failing = {"from": alice, "to": deploy(net, "Reverter"), "data": "0x" + encode_call("withReason()").hex()}
    assert refusal(net, failing, method="eth_fillTransaction").code == 3
    assert refusal(net, {"to": "0x1"}, method="eth_fillTransaction").code == -32602
