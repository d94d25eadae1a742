"""What clients read: the fields of every JSON object, on values made by hand."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from megadev.chain.blocks import Header, SealedBlock
from megadev.chain.config import chain_config
from megadev.chain.fees import FeeHistory
from megadev.chain.receipts import Log, Receipt
from megadev.chain.spec import dev_spec
from megadev.chain.store import LocatedLog
from megadev.chain.transactions import SignedAuthorization, Transaction
from megadev.primitives.bloom import EMPTY_BLOOM, logs_bloom
from megadev.rpc import formatters
from megadev.state.world import World

SENDER, RECIPIENT, CREATED = b"\xaa" * 20, b"\xbb" * 20, b"\xcc" * 20
GWEI = 10**9


def names(text: str) -> set[str]:
    return set(text.split())


# what Anvil 1.7.1 sends (geth's fields, and totalDifficulty)
BLOCK_FIELDS = names(
    "hash parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty number gasLimit "
    "gasUsed timestamp extraData mixHash nonce baseFeePerGas withdrawalsRoot blobGasUsed excessBlobGas "
    "parentBeaconBlockRoot requestsHash totalDifficulty size uncles transactions withdrawals"
)
TRANSACTION_FIELDS = names(
    "type hash nonce from to value gas gasPrice input v r s blockHash blockNumber transactionIndex"
)
FEE_MARKET_FIELDS = {"maxFeePerGas", "maxPriorityFeePerGas"}
RECEIPT_FIELDS = names(
    "type status cumulativeGasUsed logs logsBloom transactionHash transactionIndex blockHash blockNumber gasUsed "
    "effectiveGasPrice from to contractAddress"
)
LOG_FIELDS = names(
    "address topics data blockHash blockNumber blockTimestamp transactionHash transactionIndex logIndex removed"
)


def transaction(kind: int, **fields: Any) -> Transaction:
    given: dict[str, Any] = {
        "type": kind,
        "chain_id": 31337,
        "nonce": 7,
        "gas_limit": 50_000,
        "to": RECIPIENT,
        "value": 10**18,
        "data": b"\x01\x02",
        "max_fee_per_gas": 3 * GWEI,
        "max_priority_fee_per_gas": GWEI,
        "v": 1,
        "r": 0x1234,
        "s": 0x5678,
        "sender": SENDER,
        "hash": bytes([kind]) * 32,
        "encoded": b"\x02\xc0",
    }
    return Transaction(**(given | fields))


def receipt(kind: int = 2, **fields: Any) -> Receipt:
    given: dict[str, Any] = {
        "type": kind,
        "succeeded": True,
        "cumulative_gas_used": 21_000,
        "gas_used": 21_000,
        "effective_gas_price": 2 * GWEI,
        "logs": (),
        "bloom": EMPTY_BLOOM,
    }
    return Receipt(**(given | fields))


def block(*included: tuple[Transaction, Receipt]) -> SealedBlock:
    return SealedBlock(
        header=Header(parent_hash=b"\x11" * 32, number=16, timestamp=1_700_000_000, base_fee=GWEI, gas_used=21_000),
        hash=b"\x22" * 32,
        transactions=tuple(tx for tx, _ in included),
        receipts=tuple(found for _, found in included),
        world=World(),
        size=0x267,
    )


def log(topic: int = 1) -> Log:
    return Log(CREATED, (topic.to_bytes(32, "big"),), b"\xff")


# -- blocks -------------------------------------------------------------------------------------------------------


def test_a_block_has_the_fields_of_prague_and_lists_hashes() -> None:
    answer = formatters.format_block(block((transaction(2), receipt())), full=False)
    assert set(answer) == BLOCK_FIELDS
    assert answer["number"] == "0x10"
    assert answer["size"] == "0x267"
    assert answer["timestamp"] == "0x6553f100"
    assert answer["nonce"] == "0x0000000000000000"
    assert answer["totalDifficulty"] == answer["difficulty"] == "0x0"
    assert answer["transactions"] == ["0x" + "02" * 32]
    assert answer["uncles"] == answer["withdrawals"] == []
    assert len(answer["logsBloom"]) == 2 + 512


def test_a_full_block_holds_the_transactions_themselves() -> None:
    sealed = block((transaction(0), receipt(0)), (transaction(2), receipt()))
    answer = formatters.format_block(sealed, full=True)
    assert [tx["transactionIndex"] for tx in answer["transactions"]] == ["0x0", "0x1"]
    assert answer["transactions"][1] == formatters.format_transaction(sealed, 1)


def test_a_pending_block_has_nulls_and_its_transactions_no_place() -> None:
    answer = formatters.format_block(block((transaction(2), receipt())), full=True, pending=True)
    assert set(answer) == BLOCK_FIELDS
    assert answer["hash"] is answer["nonce"] is answer["miner"] is None
    assert answer["number"] == "0x10"
    (tx,) = answer["transactions"]
    assert tx["blockHash"] is tx["blockNumber"] is tx["transactionIndex"] is None


def test_a_header_is_a_block_without_its_body() -> None:
    sealed = block((transaction(2), receipt()))
    header = formatters.format_header(sealed)
    assert set(header) == BLOCK_FIELDS - {"totalDifficulty", "size", "uncles", "transactions", "withdrawals"}
    assert header.items() <= formatters.format_block(sealed, full=False).items()


# -- transactions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tx", "more"),
    [
        (transaction(0, v=62710), {"chainId"}),
        (transaction(0, v=27, chain_id=None), set()),
        (transaction(1), {"chainId", "yParity", "accessList"}),
        (transaction(2), {"chainId", "yParity", "accessList", *FEE_MARKET_FIELDS}),
        (
            transaction(3),
            {"chainId", "yParity", "accessList", "maxFeePerBlobGas", "blobVersionedHashes", *FEE_MARKET_FIELDS},
        ),
        (transaction(4), {"chainId", "yParity", "accessList", "authorizationList", *FEE_MARKET_FIELDS}),
        (transaction(0x7E, source_hash=b"\x33" * 32, r=0, s=0, v=0), {"sourceHash", "mint", "isSystemTx", "yParity"}),
    ],
    ids=["legacy", "legacy unprotected", "access list", "dynamic fee", "blob", "set code", "deposit"],
)
def test_each_transaction_type_has_its_fields(tx: Transaction, more: set[str]) -> None:
    mined = formatters.format_transaction(block((tx, receipt(tx.type))), 0)
    waiting = formatters.format_pending_transaction(tx)
    assert set(mined) == TRANSACTION_FIELDS | more | {"blockTimestamp"}
    assert set(waiting) == TRANSACTION_FIELDS | more
    assert mined["type"] == waiting["type"] == hex(tx.type)


def test_a_mined_transaction_shows_the_paid_price_and_a_waiting_one_the_cap() -> None:
    tx = transaction(2)
    assert formatters.format_transaction(block((tx, receipt())), 0)["gasPrice"] == hex(2 * GWEI)
    assert formatters.format_pending_transaction(tx)["gasPrice"] == hex(3 * GWEI)


def test_transaction_lists_are_spelled_out() -> None:
    tx = transaction(
        4,
        access_list=((CREATED, (1, 2**255)),),
        authorization_list=(SignedAuthorization(0, CREATED, 5, 1, 10, 11),),
        blob_versioned_hashes=(b"\x01" * 32,),
    )
    answer = formatters.format_pending_transaction(tx)
    assert answer["accessList"] == [
        {"address": "0x" + "cc" * 20, "storageKeys": ["0x" + "0" * 63 + "1", "0x8" + "0" * 63]},
    ]
    assert answer["authorizationList"] == [
        {"chainId": "0x0", "address": "0x" + "cc" * 20, "nonce": "0x5", "yParity": "0x1", "r": "0xa", "s": "0xb"},
    ]
    blob = formatters.format_pending_transaction(transaction(3, blob_versioned_hashes=(b"\x01" * 32,)))
    assert blob["blobVersionedHashes"] == ["0x" + "01" * 32]


def test_a_deposit_shows_the_nonce_it_ran_with() -> None:
    tx = transaction(0x7E, source_hash=b"\x33" * 32, mint=5, nonce=0, r=0, s=0, v=0)
    included = block((tx, receipt(0x7E, deposit_nonce=9)))
    answer = formatters.format_transaction(included, 0)
    assert (answer["nonce"], answer["mint"], answer["sourceHash"]) == ("0x9", "0x5", "0x" + "33" * 32)
    deposited = formatters.format_receipt(included, 0)
    assert (deposited["type"], deposited["depositNonce"], deposited["depositReceiptVersion"]) == ("0x7e", "0x9", "0x1")


def test_a_pool_line_reads_as_geths() -> None:
    assert formatters.summarise_transaction(transaction(2, value=1)) == (
        "0x" + "bb" * 20 + ": 1 wei + 50000 gas × 3000000000 wei"
    )
    assert formatters.summarise_transaction(transaction(2, to=None)).startswith("contract creation: ")


# -- receipts and logs --------------------------------------------------------------------------------------------


def test_a_receipt_has_its_fields_and_numbers_are_hex() -> None:
    answer = formatters.format_receipt(block((transaction(2), receipt())), 0)
    assert set(answer) == RECEIPT_FIELDS
    assert answer["status"] == "0x1"
    assert answer["type"] == "0x2"
    assert answer["logsBloom"] == "0x" + "00" * 256
    assert answer["contractAddress"] is None
    timed = formatters.format_receipt(block((transaction(2), receipt())), 0, timestamped=True)
    assert timed == answer | {"blockTimestamp": "0x6553f100"}


def test_a_failed_creation_still_names_its_address() -> None:
    tx = transaction(2, to=None)
    answer = formatters.format_receipt(block((tx, receipt(succeeded=False, created=CREATED, error="out of gas"))), 0)
    assert (answer["status"], answer["to"], answer["contractAddress"]) == ("0x0", None, "0x" + "cc" * 20)


def test_blob_gas_is_in_receipts_of_blob_transactions_only() -> None:
    answer = formatters.format_receipt(block((transaction(3), receipt(3, blob_gas_used=131_072, blob_gas_price=1))), 0)
    assert (answer["blobGasUsed"], answer["blobGasPrice"]) == ("0x20000", "0x1")
    assert set(answer) == RECEIPT_FIELDS | {"blobGasUsed", "blobGasPrice"}


def test_log_indices_count_through_the_block_and_agree_everywhere() -> None:
    logs = (log(1), log(2))
    with_logs = receipt(logs=logs, bloom=logs_bloom(logs))
    sealed = block((transaction(2), with_logs), (transaction(1), receipt(1)), (transaction(0), with_logs))
    together = formatters.format_receipts(sealed)
    assert together == [formatters.format_receipt(sealed, index) for index in range(3)]
    assert [found["logIndex"] for answer in together for found in answer["logs"]] == ["0x0", "0x1", "0x2", "0x3"]
    third = together[2]["logs"][1]
    assert set(third) == LOG_FIELDS
    assert third == formatters.format_log(LocatedLog(logs[1], sealed, 2, 3))
    assert third["removed"] is False
    assert third["transactionIndex"] == "0x2"
    assert formatters.format_log(LocatedLog(logs[1], sealed, 2, 3), removed=True) == third | {"removed": True}
    assert together[2]["logsBloom"] == "0x" + logs_bloom(logs).hex()


# -- the rest -----------------------------------------------------------------------------------------------------


def test_fee_history_has_rewards_only_where_percentiles_were_asked_for() -> None:
    history = FeeHistory(
        oldest_block=3,
        base_fees=(10, 11),
        gas_used_ratios=(0.5,),
        blob_base_fees=(1, 1),
        blob_gas_used_ratios=(0.0,),
        rewards=None,
    )
    answer = formatters.format_fee_history(history)
    assert answer == {
        "oldestBlock": "0x3",
        "baseFeePerGas": ["0xa", "0xb"],
        "gasUsedRatio": [0.5],
        "baseFeePerBlobGas": ["0x1", "0x1"],
        "blobGasUsedRatio": [0.0],
    }
    with_rewards = formatters.format_fee_history(msgspec.structs.replace(history, rewards=((7, 8),)))
    assert with_rewards["reward"] == [["0x7", "0x8"]]


def test_the_fork_configuration_is_eip_7910s() -> None:
    answer = formatters.format_chain_config(chain_config(dev_spec(), bytes(32)))
    assert answer["next"] is answer["last"] is None
    current = answer["current"]
    assert current["chainId"] == "0x7a69"
    assert current["forkId"] == "0x190a55ad"  # CRC-32 of 32 zero bytes
    assert current["precompiles"]["P256VERIFY"] == "0x0000000000000000000000000000000000000100"
    assert list(current["precompiles"]) == sorted(current["precompiles"])
    assert current["systemContracts"]["BEACON_ROOTS_ADDRESS"] == "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"


def test_web3_py_reads_every_shape() -> None:
    from web3._utils.method_formatters import block_result_formatter, receipt_formatter, transaction_result_formatter

    def sent(value: Any) -> Any:
        return msgspec.json.decode(msgspec.json.encode(value))

    logs = (log(),)
    sealed = block(
        *[(transaction(kind), receipt(kind, logs=logs, bloom=logs_bloom(logs))) for kind in (0, 1, 2, 3, 4)],
    )
    for index in range(5):
        tx = transaction_result_formatter(sent(formatters.format_transaction(sealed, index)))
        assert (tx["blockNumber"], tx["transactionIndex"], tx["type"]) == (16, index, index)
        found = receipt_formatter(sent(formatters.format_receipt(sealed, index)))
        assert (found["gasUsed"], found["logs"][0]["logIndex"]) == (21_000, index)
    assert block_result_formatter(sent(formatters.format_block(sealed, full=True)))["number"] == 16
    pending = block_result_formatter(sent(formatters.format_block(sealed, full=True, pending=True)))
    assert (pending["number"], pending["hash"], pending["miner"]) == (16, None, None)
