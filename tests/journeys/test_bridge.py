"""Across the bridge of one devnet: deposits that arrive by the hash that was predicted, withdrawals through each of
their states, and what the chains look like to those who do not use it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_utils import to_checksum_address
from web3.types import TxReceipt

from megadev import Devnet
from megadev.chain.transactions import deposit_transaction
from megadev.rollup.predeploys import L1_BLOCK, L1_FEE_VAULT, MAINNET_ADDRESSES
from megadev.rpc.client import RpcError
from tests.bridging import PORTAL, Bridge, deposits_of
from tests.contracts import load
from tests.stage.javascript import outcomes
from tests.units.rollup.chains import ETHER, Withdrawal, aliased, refusal

STRANGER = to_checksum_address("0x" + "34" * 20)
DEPOSITOR = "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001"
PASSER = "0x4200000000000000000000000000000000000016"


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    made = Bridge()
    yield made
    made.close()


@pytest.fixture(params=["dev", "megaeth"])
def either(request: pytest.FixtureRequest) -> Iterator[Bridge]:
    """Under both presets; in megaeth the test itself ends each block: the timer of a second would do so at any moment."""
    made = Bridge(preset=request.param, **({"block_time": 3_600.0} if request.param == "megaeth" else {}))
    made.seals_itself = request.param == "megaeth"
    yield made
    made.close()


def balance(net: Any, address: str) -> int:
    return int(net.rpc("eth_getBalance", address, "latest"), 16)


def head(net: Any) -> int:
    return int(net.rpc("eth_blockNumber"), 16)


def block(net: Any, number: int | str = "latest") -> dict[str, Any]:
    found: dict[str, Any] = net.rpc("eth_getBlockByNumber", hex(number) if isinstance(number, int) else number, True)
    return found


def users(block: dict[str, Any]) -> list[dict[str, Any]]:
    """Its transactions but for the one that tells L2 of L1, which MegaETH's blocks begin with."""
    return [tx for tx in block["transactions"] if tx["from"] != DEPOSITOR]


def deposit(
    bridge: Bridge, to: str = STRANGER, *, value: int = 0, mint: int = 0, gas: int = 100_000, data: bytes = b"",
    is_creation: bool = False, sender: str | None = None,
) -> TxReceipt:  # fmt: skip
    function = bridge.portal.functions.depositTransaction(to, value, gas, is_creation, data)
    receipt = bridge.send(function, sender, value=mint)
    bridge.settle()
    return receipt


def withdraw(bridge: Bridge, value: int = 5, sender: str | None = None) -> Withdrawal:
    sent = bridge.send(bridge.passer.functions.initiateWithdrawal(STRANGER, 100_000, b""), sender, value=value)
    (withdrawal,) = bridge.withdrawals(sent)
    bridge.settle()
    return withdrawal


# -- deposits -------------------------------------------------------------------------------------------------------


def test_ether_sent_to_the_portal_is_on_l2(either: Bridge) -> None:
    before = balance(either.l2, either.alice)
    tx_hash = either.l1.w3.eth.send_transaction({"from": either.alice, "to": PORTAL, "value": ETHER, "gasPrice": 0})
    either.settle()
    receipt = either.l1.w3.eth.get_transaction_receipt(tx_hash)
    (arrived,) = either.carry(receipt)
    assert arrived["status"] == 1
    assert balance(either.l2, either.alice) == before + ETHER
    tx = either.l2.rpc("eth_getTransactionByHash", "0x" + arrived["transactionHash"].hex())
    (predicted,) = deposits_of(receipt)
    assert tx["sourceHash"] == "0x" + (predicted.source_hash or b"").hex()
    assert (tx["type"], tx["mint"], tx["isSystemTx"], tx["gasPrice"]) == ("0x7e", hex(ETHER), False, "0x0")
    assert (tx["nonce"], tx["depositReceiptVersion"]) == ("0x0", "0x1")
    assert (tx["v"], tx["r"], tx["s"]) == ("0x0", "0x0", "0x0")
    shown = either.l2.rpc("eth_getTransactionReceipt", tx["hash"])
    assert (shown["type"], shown["depositNonce"], shown["depositReceiptVersion"]) == ("0x7e", "0x0", "0x1")
    assert shown["effectiveGasPrice"] == "0x0"
    assert either.l2.w3.eth.get_transaction_count(either.alice) == 1  # a deposit uses up its sender's nonce


def test_deposits_get_separate_blocks(bridge: Bridge) -> None:
    bridge.l2.w3.eth.send_transaction({"from": bridge.bob, "to": STRANGER, "value": 1})
    deposit(bridge)
    tx_hash = bridge.l2.w3.eth.send_transaction({"from": bridge.bob, "to": STRANGER, "value": 1})
    kinds = [[tx["type"] for tx in block(bridge.l2, number)["transactions"]] for number in (1, 2, 3)]
    assert kinds == [["0x2"], ["0x7e"], ["0x2"]]
    assert bridge.l2.w3.eth.get_transaction_receipt(tx_hash)["transactionIndex"] == 0


def test_an_l1_block_without_deposits_makes_no_l2_block(either: Bridge) -> None:
    before = either.l2.rpc("eth_getBlockByNumber", "latest", True)
    either.l1.rpc("anvil_mine", "0x20")
    either.l1.w3.eth.send_transaction({"from": either.bob, "to": STRANGER, "value": 1, "gasPrice": 0})
    assert either.l2.rpc("eth_getBlockByNumber", "latest", True) == before


def test_l2_knows_its_l1_origin(either: Bridge) -> None:
    either.l1.rpc("anvil_mine", "0x3")
    known = either.l1_block.functions
    assert known.number().call() == 0  # nobody has needed a block since
    either.l2.rpc("evm_mine")
    newest = either.l1.w3.eth.get_block("latest")
    assert known.number().call() == newest["number"]
    assert known.hash().call() == newest["hash"]
    assert known.timestamp().call() == newest["timestamp"]
    assert known.basefee().call() == newest["baseFeePerGas"]
    assert either.oracle.functions.l1BaseFee().call() == newest["baseFeePerGas"]
    assert known.baseFeeScalar().call() == 1368
    assert users(block(either.l2)) == []
    receipt = deposit(either)
    assert known.number().call() == receipt["blockNumber"]


def test_deposits_of_one_l1_block_keep_their_order(either: Bridge) -> None:
    either.l1.rpc("evm_setAutomine", False)
    hashes = [
        either.portal.functions.depositTransaction(STRANGER, 0, 100_000 + index, False, b"").transact(
            {"from": who, "value": index, "gasPrice": 0, "gas": 1_000_000}
        )
        for index, who in enumerate([either.alice, either.bob, either.carol])
    ]
    assert head(either.l2) == 0
    either.l1.rpc("evm_mine")
    either.l1.rpc("evm_setAutomine", True)
    receipts = [either.l1.w3.eth.get_transaction_receipt(tx_hash) for tx_hash in hashes]
    in_order = sorted(receipts, key=lambda receipt: receipt["transactionIndex"])
    predicted = ["0x" + tx.hash.hex() for receipt in in_order for tx in deposits_of(receipt)]
    either.settle()
    assert [tx["hash"] for tx in users(block(either.l2))] == predicted
    assert len(predicted) == 3


def test_a_deposit_that_fails_keeps_its_mint_and_its_nonce(either: Bridge) -> None:
    target = either.receiver(either.l2)
    either.send(target.functions.setBroken(True))
    before, nonce = balance(either.l2, either.bob), either.l2.w3.eth.get_transaction_count(either.bob)
    (arrived,) = either.carry(deposit(either, target.address, value=7, mint=7, sender=either.bob))
    assert arrived["status"] == 0
    assert balance(either.l2, either.bob) == before + 7
    assert balance(either.l2, target.address) == 0
    assert either.l2.w3.eth.get_transaction_count(either.bob) == nonce + 1
    trace = either.l2.rpc("debug_traceTransaction", "0x" + arrived["transactionHash"].hex(), {"tracer": "callTracer"})
    assert trace["error"] == "execution reverted"


@pytest.mark.parametrize(
    ("fields", "gas_used"),
    [
        ({"gas": 60_000, "data": b"fill"}, 60_000),  # runs out
        ({"value": 10**30}, 100_000),  # moves what nobody has
        ({"gas": 21_000 + 40 * 4, "data": b"\xff" * 4, "is_creation": True}, 21_160),  # less than a creation costs
    ],
)
def test_a_deposit_whose_gas_or_ether_does_not_suffice_fails_and_keeps_its_mint(
    either: Bridge, fields: dict[str, Any], gas_used: int
) -> None:
    target = either.receiver(either.l2)
    if fields.get("data") == b"fill":
        fields = fields | {"data": bytes.fromhex(target.encode_abi("fill", [20])[2:])}
    to = "0x" + "00" * 20 if fields.get("is_creation") else target.address
    before = balance(either.l2, either.bob)
    (arrived,) = either.carry(deposit(either, to, mint=3, sender=either.bob, **fields))
    assert (arrived["status"], arrived["gasUsed"]) == (0, gas_used)
    assert balance(either.l2, either.bob) == before + 3
    tx_hash = "0x" + arrived["transactionHash"].hex()
    for options in ({"tracer": "callTracer"}, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}, {}):
        assert either.l2.rpc("debug_traceTransaction", tx_hash, options)
    assert either.l2.rpc("trace_transaction", tx_hash)[0]["error"]
    assert either.l2.rpc("ots_traceTransaction", tx_hash)
    assert either.l2.rpc("megadev_getStackTrace", tx_hash)


def test_a_contract_is_deployed_from_l1(either: Bridge) -> None:
    token = load("Token")
    creation = either.l2.w3.eth.contract(abi=token.abi, bytecode=token.creation).constructor("Gold", "AU", 1000)
    data = bytes.fromhex(creation.data_in_transaction[2:])
    (arrived,) = either.carry(deposit(either, "0x" + "00" * 20, gas=19_000_000, data=data, is_creation=True))
    gold = either.l2.w3.eth.contract(address=arrived["contractAddress"], abi=token.abi)
    assert gold.functions.balanceOf(either.alice).call() == 1000


def test_a_contract_on_l1_acts_under_another_name(either: Bridge) -> None:
    contract = either.receiver(either.l1)
    call = either.portal.encode_abi("depositTransaction", [STRANGER, 1, 100_000, False, b""])
    (arrived,) = either.carry(either.send(contract.functions.call(PORTAL, bytes.fromhex(call[2:])), value=2))
    assert arrived["from"] == aliased(contract.address)
    assert balance(either.l2, aliased(contract.address)) == 1


def test_a_deposit_cannot_be_sent_to_l2(either: Bridge) -> None:
    forged = deposit_transaction(
        source_hash=bytes(32), sender=bytes(20), to=bytes(20), mint=ETHER, value=0, gas_limit=21_000, data=b""
    )
    for method in ("eth_sendRawTransaction", "eth_sendRawTransactionSync", "trace_rawTransaction"):
        further = [["trace"]] if method.startswith("trace") else []
        with pytest.raises(RpcError, match="transaction type not supported"):
            either.l2.rpc(method, "0x" + forged.encoded.hex(), *further)
    assert head(either.l2) == 0


def test_a_waiting_transaction_whose_nonce_a_deposit_used_is_dropped(either: Bridge) -> None:
    either.l2.rpc("evm_setAutomine", False)
    either.l2.w3.eth.send_transaction({"from": either.bob, "to": STRANGER, "value": 1})
    either.send(either.portal.functions.depositTransaction(STRANGER, 0, 100_000, False, b""), either.bob)
    assert head(either.l2) == 0  # where blocks come only when asked for, so do deposits
    either.l2.rpc("evm_mine")
    assert [tx["type"] for tx in users(block(either.l2))] == ["0x7e"]
    assert either.l2.rpc("txpool_status")["pending"] == "0x0"


def test_deposits_are_in_replays_witnesses_and_the_trie_of_receipts(either: Bridge) -> None:
    target = either.receiver(either.l2)
    data = bytes.fromhex(target.encode_abi("fill", [1])[2:])
    (arrived,) = either.carry(deposit(either, target.address, mint=9, gas=1_000_000, data=data, sender=either.bob))
    either.settle()
    number = hex(arrived["blockNumber"])
    *_, traced = either.l2.rpc("debug_traceBlockByNumber", number, {"tracer": "callTracer"})
    assert "error" not in traced["result"]
    *_, replayed = either.l2.rpc("trace_replayBlockTransactions", number, ["stateDiff"])
    assert either.bob.lower() in replayed["stateDiff"]
    assert either.l2.rpc("debug_executionWitness", number)["state"]
    *_, raw = either.l2.rpc("debug_getRawReceipts", number)
    assert raw.startswith("0x7e")
    *_, raw_tx = either.l2.rpc("debug_getRawTransactions", number)
    assert raw_tx.startswith("0x7e")
    # a later block began with a system call, which its replay makes too
    either.l1.rpc("evm_mine")
    tx_hash = either.l2.w3.eth.send_transaction({"from": either.carol, "to": "0x" + L1_BLOCK.hex(), "gas": 90_000})
    assert either.l2.rpc("debug_traceTransaction", tx_hash.to_0x_hex(), {"tracer": "callTracer"})["gasUsed"]
    witness = either.l2.rpc("debug_executionWitness", "latest")
    assert witness["codes"]


@pytest.mark.parametrize("mode", [{"block_time": 1000.0}, {"no_mining": True}])
def test_a_deposit_waits_for_the_next_block_when_blocks_are_sealed_on_request(mode: dict[str, Any]) -> None:
    bridge = Bridge(**mode)
    deposit(bridge, mint=1)
    assert head(bridge.l2) == 0
    bridge.l2.rpc("evm_mine")
    assert [tx["type"] for tx in block(bridge.l2)["transactions"]] == ["0x7e"]
    bridge.close()


# -- the megaeth preset ---------------------------------------------------------------------------------------------


@pytest.fixture
def mega() -> Iterator[Bridge]:
    # blocks on request: the timers' would come in between
    made = Bridge(free=False, preset="megaeth", block_time=None, mini_block_time=None, no_mining=True)
    yield made
    made.close()


def test_every_block_of_the_megaeth_preset_begins_with_the_l1_attributes(mega: Bridge) -> None:
    mega.l2.rpc("evm_mine")
    mega.l2.rpc("evm_mine")
    tx_hash = mega.portal.functions.depositTransaction(STRANGER, 1, 100_000, False, b"").transact(
        {"from": mega.alice, "value": 1}
    )
    receipt = mega.l1.w3.eth.get_transaction_receipt(tx_hash)
    user = mega.l2.w3.eth.send_transaction({"from": mega.bob, "to": STRANGER, "value": 1})
    mega.l2.rpc("evm_mine")
    blocks = [block(mega.l2, number)["transactions"] for number in (1, 2, 3)]
    assert [[tx["from"] for tx in each] for each in blocks] == [
        [DEPOSITOR],
        [DEPOSITOR],
        [DEPOSITOR, mega.alice.lower(), mega.bob.lower()],
    ]
    assert blocks[2][1]["hash"] == "0x" + deposits_of(receipt)[0].hash.hex()
    assert mega.l2.w3.eth.get_transaction_receipt(user)["transactionIndex"] == 2
    assert mega.l1_block.functions.number().call() == receipt["blockNumber"]
    assert mega.l1_block.functions.sequenceNumber().call() == 0
    mega.l2.rpc("evm_mine")
    assert mega.l1_block.functions.sequenceNumber().call() == 1
    assert [tx["nonce"] for each in blocks for tx in each[:1]] == ["0x0", "0x1", "0x2"]


def test_deposits_of_several_l1_blocks_arrive_in_one_l2_block(mega: Bridge) -> None:
    sent = [
        mega.portal.functions.depositTransaction(STRANGER, 1, 100_000, False, b"").transact(
            {"from": mega.alice, "value": 1}
        )
        for _ in range(20)
    ]
    receipts = [mega.l1.w3.eth.get_transaction_receipt(each) for each in sent]
    assert len({receipt["blockNumber"] for receipt in receipts}) == 20
    mega.l2.rpc("evm_mine")
    wanted = ["0x" + deposits_of(receipt)[0].hash.hex() for receipt in receipts]
    assert [tx["hash"] for tx in block(mega.l2, 1)["transactions"]][1:] == wanted
    assert mega.l1_block.functions.number().call() == receipts[-1]["blockNumber"]


def test_a_deposit_waits_for_the_block_after_the_open_one() -> None:
    """As transactions arrive, between the ticks of a clock that is far off here."""
    bridge = Bridge(free=False, preset="megaeth", block_time=3_600.0, mini_block_time=3_600.0)
    deposited = [
        bridge.portal.functions.depositTransaction(STRANGER, 1, 100_000, False, b"").transact(
            {"from": bridge.alice, "value": 1}
        )
        for _ in range(2)
    ]
    first, second = (
        deposits_of(bridge.l1.w3.eth.get_transaction_receipt(tx_hash))[0].hash.hex() for tx_hash in deposited
    )
    # nothing was open, so the first of them opened a block; the second waits for that to end
    assert bridge.l2.rpc("eth_getTransactionReceipt", "0x" + first)["blockNumber"] == "0x1"
    assert bridge.l2.rpc("eth_getTransactionReceipt", "0x" + second) is None
    bridge.l2.rpc("evm_mine")
    assert bridge.l2.rpc("eth_getTransactionReceipt", "0x" + second)["transactionIndex"] == "0x1"
    assert balance(bridge.l2, STRANGER) == 2
    bridge.close()


def test_the_fees_of_l1_are_played_from_a_list() -> None:
    bridge = Bridge()
    bridge.l2.rpc("megadev_setL1Fees", [{"baseFee": "0x64", "blobBaseFee": "0x7"}, {"baseFee": "0xc8"}])
    told = []
    for _ in range(4):
        bridge.l1.rpc("evm_mine")
        bridge.l2.rpc("evm_mine")
        known = bridge.l1_block.functions
        told.append((known.basefee().call(), known.blobBaseFee().call()))
    assert told == [(100, 7), (200, 1)] * 2
    bridge.l2.rpc("megadev_setL1Fees", [])
    bridge.l1.rpc("evm_mine")
    bridge.l2.rpc("evm_mine")
    assert bridge.l1_block.functions.basefee().call() == 0
    bridge.close()


def test_the_header_has_the_withdrawals_root_in_the_megaeth_preset(mega: Bridge) -> None:
    mega.passer.functions.initiateWithdrawal(STRANGER, 100_000, b"").transact({"from": mega.alice, "value": 5})
    mega.l2.rpc("evm_mine")
    proof = mega.l2.rpc("eth_getWithdrawalProof", PASSER, ["0x1"], "latest")
    newest = block(mega.l2)
    assert newest["withdrawalsRoot"] == proof["storageHash"]
    assert newest["withdrawals"] == []
    assert proof["accountProof"] == []
    assert (proof["balance"], proof["nonce"]) == ("0x0", "0x0")
    whole = mega.l2.rpc("eth_getProof", PASSER, ["0x1"], "latest")
    assert (whole["storageHash"], whole["storageProof"]) == (proof["storageHash"], proof["storageProof"])


def test_the_l1_fee_matches_the_gas_price_oracle(mega: Bridge) -> None:
    mega.l2.rpc("evm_mine")
    key = mega.net.accounts[1].private_key
    raw = Account.sign_transaction(
        {"chainId": 432631337, "nonce": 0, "to": STRANGER, "value": 1, "gas": 200_000, "data": os.urandom(300),
         "maxFeePerGas": 10**6, "maxPriorityFeePerGas": 0},
        key,
    ).raw_transaction  # fmt: skip
    before, vault = balance(mega.l2, mega.bob), balance(mega.l2, "0x" + L1_FEE_VAULT.hex())
    tx_hash = mega.l2.w3.eth.send_raw_transaction(raw)
    mega.l2.rpc("evm_mine")
    receipt = mega.l2.rpc("eth_getTransactionReceipt", tx_hash.to_0x_hex())
    fee = int(receipt["l1Fee"], 16)
    price = mega.oracle.functions.l1BaseFee().call()
    assert (int(receipt["l1GasPrice"], 16), int(receipt["l1BaseFeeScalar"], 16)) == (price, 1368)
    assert (receipt["l1BlobBaseFee"], receipt["l1BlobBaseFeeScalar"]) == ("0x1", "0x0")
    assert fee > 0
    # what the oracle asks for an unsigned transaction is meant to be about what a signed one pays
    estimate = mega.oracle.functions.getL1Fee(raw[:-67]).call()
    assert abs(fee - estimate) < fee / 10
    assert balance(mega.l2, "0x" + L1_FEE_VAULT.hex()) == vault + fee
    paid = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    assert balance(mega.l2, mega.bob) == before - 1 - paid - fee
    # deposits pay nothing
    assert "l1Fee" not in mega.l2.rpc("eth_getBlockReceipts", "latest")[0]


def test_a_sender_that_cannot_pay_the_l1_fee_is_refused(mega: Bridge) -> None:
    mega.l2.rpc("evm_mine")
    poor = Account.create()
    gas_money = 60_000 * 10**6
    fields = {
        "chainId": 432631337, "nonce": 0, "to": STRANGER, "value": 0, "gas": 60_000, "maxFeePerGas": 10**6,
        "maxPriorityFeePerGas": 0,
    }  # fmt: skip
    raw = poor.sign_transaction(fields).raw_transaction.to_0x_hex()
    mega.l2.rpc("anvil_setBalance", poor.address, hex(gas_money))
    with pytest.raises(RpcError, match="insufficient funds for gas"):
        mega.l2.rpc("eth_sendRawTransaction", raw)
    with pytest.raises(RpcError):
        mega.l2.rpc("eth_estimateGas", {"from": poor.address, "to": STRANGER, "gasPrice": hex(10**6)})
    mega.l2.rpc("anvil_setBalance", poor.address, hex(gas_money + 10**11))
    assert mega.l2.rpc("eth_estimateGas", {"from": poor.address, "to": STRANGER, "gasPrice": hex(10**6)})
    mega.l2.rpc("eth_sendRawTransaction", raw)


# -- withdrawals ----------------------------------------------------------------------------------------------------


def test_a_withdrawal_passes_through_each_status(either: Bridge) -> None:
    before = balance(either.l1, STRANGER)
    either.l1.rpc("evm_setAutomine", False)
    withdrawal = withdraw(either, 5)
    assert either.status(withdrawal) == "waiting-to-prove"
    either.l1.rpc("evm_mine")
    either.l1.rpc("evm_setAutomine", True)
    assert either.status(withdrawal) == "ready-to-prove"
    either.next_step(withdrawal, "ready-to-prove")
    assert either.status(withdrawal) == "waiting-to-finalize"
    assert refusal(either.finalizing(withdrawal), either.alice) == "OptimismPortal_ProofNotOldEnough"
    either.l2.rpc("megadev_skipWithdrawalWindows")
    assert either.status(withdrawal) == "ready-to-finalize"
    assert either.portal.functions.checkWithdrawal(withdrawal.hash, either.alice).call() == []
    either.next_step(withdrawal, "ready-to-finalize")
    assert either.status(withdrawal) == "finalized"
    assert balance(either.l1, STRANGER) == before + 5
    assert refusal(either.finalizing(withdrawal), either.alice) == "OptimismPortal_AlreadyFinalized"


def test_a_withdrawal_is_proven_with_public_methods(either: Bridge) -> None:
    """By hand: the game from the factory, the output and the proof from L2, all by standard methods."""
    withdrawal = withdraw(either)
    either.l1.rpc("eth_blockNumber")
    (found,) = either.factory.functions.findLatestGames(1337, 0, 1).call()
    number = int.from_bytes(found[4][:32], "big")
    said = either.l2.rpc("optimism_outputAtBlock", hex(number))
    assert said["outputRoot"] == "0x" + found[3].hex()
    assert said["blockRef"]["number"] == number
    proof = either.l2.rpc("eth_getProof", PASSER, ["0x" + withdrawal.slot.hex()], hex(number))
    output = [bytes.fromhex(each[2:]) for each in (
        said["version"], said["stateRoot"], said["withdrawalStorageRoot"], said["blockRef"]["hash"]
    )]  # fmt: skip
    nodes = [bytes.fromhex(node[2:]) for node in proof["storageProof"][0]["proof"]]
    either.send(either.portal.functions.proveWithdrawalTransaction(withdrawal.as_tuple(), found[0], output, nodes))
    assert either.status(withdrawal) == "waiting-to-finalize"


def test_an_l2_without_withdrawals_sends_nothing_to_l1(either: Bridge) -> None:
    before = head(either.l1)
    for _ in range(5):
        either.l2.w3.eth.send_transaction({"from": either.bob, "to": STRANGER, "value": 1})
    either.l2.rpc("anvil_mine", "0x20")
    assert head(either.l1) == before


def test_a_claim_can_be_asked_for(either: Bridge) -> None:
    assert either.l2.rpc("megadev_proposeOutput") is None  # the first block is the anchor
    either.l2.rpc("evm_mine")
    claim = either.l2.rpc("megadev_proposeOutput")
    assert claim["l2BlockNumber"] == "0x1"
    assert claim["outputRoot"] == either.l2.rpc("optimism_outputAtBlock", "0x1")["outputRoot"]
    assert either.factory.functions.gameCount().call() == 1


def test_games_resolve_and_become_the_anchor_as_time_passes(either: Bridge) -> None:
    withdraw(either)
    number = head(either.l2)
    for _ in range(3):
        either.l1.rpc("evm_increaseTime", 10)
        either.l1.rpc("eth_blockNumber")
    root, anchor = either.registry.functions.getAnchorRoot().call()
    assert anchor == number
    assert "0x" + root.hex() == either.l2.rpc("optimism_outputAtBlock", hex(number))["outputRoot"]


def test_every_message_is_listed_with_its_next_step(either: Bridge) -> None:
    target = either.receiver(either.l2)
    either.send(target.functions.setBroken(True))
    deposit(either, mint=1)
    deposit(either, target.address, mint=2, value=2)
    note = bytes.fromhex(target.encode_abi("note", [b""])[2:])
    either.send(either.l1_messenger.functions.sendMessage(target.address, note, 100_000))
    either.l2.rpc("evm_setAutomine", False)
    either.settle()
    either.send(either.portal.functions.depositTransaction(STRANGER, 0, 100_000, False, b""), value=3)
    either.l2.rpc("evm_increaseTime", 60)
    listed = either.l2.rpc("megadev_getBridgeStatus")
    assert [each["status"] for each in listed["deposits"]] == ["executed", "failed", "relay-failed", "waiting"]
    assert listed["deposits"][3]["l2BlockNumber"] is None
    assert int(listed["deposits"][0]["age"], 16) >= 50
    assert listed == either.l1.rpc("megadev_getBridgeStatus")
    either.l2.rpc("evm_setAutomine", True)
    withdrawal = withdraw(either)
    (listed,) = either.l2.rpc("megadev_getBridgeStatus")["withdrawals"]
    assert (listed["withdrawalHash"], listed["status"]) == ("0x" + withdrawal.hash.hex(), "ready-to-prove")
    assert "megadev prove" in listed["next"]
    with pytest.raises(RpcError, match="no withdrawal"):
        either.l2.rpc("megadev_getWithdrawal", "0x" + "00" * 32)


# -- the chains together --------------------------------------------------------------------------------------------


def test_a_revert_restores_both_chains_and_their_messages(either: Bridge) -> None:
    first = withdraw(either)
    either.next_step(first, "ready-to-prove")
    either.l2.rpc("evm_setAutomine", False)
    sent = deposit(either, mint=3)
    before = state(either)
    snapshot = either.l1.rpc("evm_snapshot")
    either.l2.rpc("evm_mine")
    either.carry(sent)
    either.l2.rpc("megadev_skipWithdrawalWindows")
    either.next_step(first, "ready-to-finalize")
    either.l2.rpc("evm_setAutomine", True)
    withdraw(either, 6)
    assert either.l2.rpc("evm_revert", snapshot) is True
    assert state(either) == before
    either.l2.rpc("evm_mine")
    assert [each["status"] for each in either.l2.rpc("megadev_getBridgeStatus")["deposits"]] == ["executed"]
    either.carry(sent)


def state(bridge: Bridge) -> str:
    heads = [
        bridge.l1.rpc("eth_getBlockByNumber", "latest", True),
        bridge.l2.rpc("eth_getBlockByNumber", "latest", True),
    ]
    status = bridge.l2.rpc("megadev_getBridgeStatus")
    for message in (*status["deposits"], *status["withdrawals"]):
        del message["age"]
    return json.dumps([heads, status, bridge.l2.rpc("optimism_syncStatus")], sort_keys=True)


def test_l2_loses_blocks_built_on_lost_l1_blocks(either: Bridge) -> None:
    either.l1.rpc("evm_mine")
    kept = either.l2.w3.eth.send_transaction({"from": either.bob, "to": STRANGER, "value": 1})
    (arrived,) = either.carry(deposit(either, mint=3))
    sent = either.l2.w3.eth.send_transaction({"from": either.carol, "to": STRANGER, "value": 2})
    either.l1.rpc("anvil_rollback", 1)
    assert either.l2.rpc("eth_getTransactionByHash", "0x" + arrived["transactionHash"].hex()) is None
    assert either.l2.w3.eth.get_transaction_receipt(kept)["blockNumber"] == 1
    # a user's transaction is sent again
    assert either.l2.w3.eth.get_transaction_receipt(sent)["blockNumber"] == 2
    assert balance(either.l2, STRANGER) == 3


def test_deposits_of_lost_l2_blocks_are_included_again(either: Bridge) -> None:
    sent = deposit(either, mint=3)
    either.carry(sent)
    before = balance(either.l2, either.alice)
    either.l2.rpc("anvil_rollback", 1)
    either.carry(sent)
    assert balance(either.l2, either.alice) == before


def test_safe_and_finalized_follow_l1() -> None:
    bridge = Bridge(safe_distance=2, finalized_distance=4, slots_in_an_epoch=0)
    for _ in range(6):
        bridge.l1.rpc("evm_mine")
        bridge.l2.rpc("evm_mine")
    l1_head = head(bridge.l1)
    status = bridge.l2.rpc("optimism_syncStatus")
    for tag, name, distance in (("latest", "unsafe", 0), ("safe", "safe", 2), ("finalized", "finalized", 4)):
        assert status[f"{name}_l2"]["l1origin"]["number"] == l1_head - distance
        assert block(bridge.l2, tag)["hash"] == status[f"{name}_l2"]["hash"]
    assert status["head_l1"]["number"] == l1_head
    bridge.close()


def test_claims_are_made_as_often_as_asked() -> None:
    often, never = Bridge(propose_every=3), Bridge(propose_every=0)
    for bridge in (often, never):
        withdraw(bridge)
        for _ in range(5):
            bridge.l2.rpc("evm_mine")
    assert often.factory.functions.gameCount().call() == 2
    assert never.factory.functions.gameCount().call() == 0
    often.close()
    never.close()


def test_windows_are_as_long_as_asked() -> None:
    bridge = Bridge(challenge_window=7 * 86_400, proof_maturity_delay=604_800, finality_delay=302_400)
    withdrawal = withdraw(bridge)
    bridge.next_step(withdrawal, "ready-to-prove")
    waiting = bridge.l2.rpc("megadev_getWithdrawal", "0x" + withdrawal.hash.hex())
    assert 10 * 86_400 < int(waiting["readyIn"], 16) < 11 * 86_400
    passed = int(bridge.l2.rpc("megadev_skipWithdrawalWindows"), 16)
    assert 10 * 86_400 < passed < 11 * 86_400
    bridge.next_step(withdrawal, "ready-to-finalize")
    bridge.close()


def test_the_rollup_describes_itself(either: Bridge) -> None:
    config = either.l2.rpc("optimism_rollupConfig")
    assert config["deposit_contract_address"] == "0x" + MAINNET_ADDRESSES.portal.hex()
    assert config["l1_chain_id"] == 900 == int(either.l1.rpc("eth_chainId"), 16)
    assert config["l2_chain_id"] == int(either.l2.rpc("eth_chainId"), 16)
    assert config["genesis"]["l2"]["hash"] == block(either.l2, 0)["hash"]
    assert config["genesis"]["l1"]["hash"] == block(either.l1, 0)["hash"]
    assert either.l2.rpc("optimism_version").startswith("megadev/")


def test_without_an_l1_there_is_no_bridge() -> None:
    with Devnet(no_l1=True) as net, pytest.raises(RpcError, match="no L1"):
        net.rpc("optimism_syncStatus")


# -- viem -----------------------------------------------------------------------------------------------------------

VIEM = (
    "a deposit, found by the hash that its log predicts",
    "a contract deployed from L1",
    "a withdrawal through each of its states",
    "a withdrawal that waits for its windows",
    "ether through the standard bridge, there and back",
    "fees, estimated",
)


@pytest.fixture(scope="module")
def viem_outcomes() -> Iterator[dict[str, str]]:
    with Devnet(accounts=20) as net:
        net.serve()
        yield outcomes(net, "viem", "viem_op_stack")


@pytest.mark.node_js
@pytest.mark.parametrize("journey", VIEM)
def test_viem(viem_outcomes: dict[str, str], journey: str) -> None:
    assert viem_outcomes[journey] == "ok"


@pytest.mark.node_js
def test_every_journey_of_the_script_is_listed(viem_outcomes: dict[str, str]) -> None:
    assert tuple(viem_outcomes) == VIEM
