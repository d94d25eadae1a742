"""What Anvil 1.7.1 dumps, loads here. The files beside this one are its own, of one chain:

    block 1   a contract with a log and a slot         type 2
    block 2   a transfer                               type 0
    block 3   a transfer                               type 2
    block 4   one blob                                 type 3
    block 5   an authorization                         type 4
    block 6   a transfer of 0x…aa, impersonated        type 2
    block 7, 8   nothing

``anvil-1.7.1-history`` ends there and has the states of old blocks (--preserve-historical-states). ``anvil-1.7.1`` is of
another process, with --optimism and --balance 0, that had loaded it and went on:

    block 9   a deposit                                type 0x7e
    block 10  a contract creation, INVALID             type 0
    block 11  a contract creation, REVERT              type 0
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.chain.blocks import transactions_root
from megadev.chain.receipts import receipts_root
from megadev.chain.transactions import BLOB
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.rpc.client import RpcError

FOLDER = Path(__file__).parent
HISTORY, PLAIN = "anvil-1.7.1-history.json.gz", "anvil-1.7.1.json.gz"
FIRST, SECOND = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"
CONTRACT, IMPERSONATED = "0x5fbdb2315678afecb367f032d93f642f64180aa3", "0x00000000000000000000000000000000000000aa"


def document(name: str) -> Any:
    return json.loads(gzip.decompress((FOLDER / name).read_bytes()))


@pytest.mark.parametrize(("name", "height"), [(HISTORY, 8), (PLAIN, 11)])
def test_blocks_transactions_and_receipts_are_those_of_the_file(name: str, height: int) -> None:
    with Devnet(load_state=FOLDER / name) as net:
        assert net.rpc("eth_blockNumber") == hex(height)
        entries = {entry["info"]["transaction_hash"]: entry for entry in document(name)["transactions"]}
        for number in range(height + 1):
            block = net.l2.chain.block(number)
            assert number == 0 or block.header.parent_hash == net.l2.chain.block(number - 1).hash
            assert receipts_root(block.receipts) == block.header.receipts_root
            # Anvil takes this root over a blob transaction with its blobs, which are no part of a block
            assert (transactions_root(block.transactions) == block.header.transactions_root) == all(
                tx.type != BLOB for tx in block.transactions
            )
            for tx, receipt in zip(block.transactions, net.rpc("eth_getBlockReceipts", hex(number)), strict=True):
                entry = entries.pop(receipt["transactionHash"])
                assert receipt["blockHash"] == entry["block_hash"]
                assert receipt["from"] == entry["info"]["from"]
                assert receipt["contractAddress"] == entry["info"]["contract_address"]
                assert int(receipt["gasUsed"], 16) == entry["info"]["gas_used"]
                assert receipt["status"] == entry["receipt"]["status"]
                assert receipt["logsBloom"] == entry["receipt"]["logsBloom"]
                assert net.rpc("eth_getTransactionByHash", "0x" + tx.hash.hex())["blockNumber"] == hex(number)
        assert not entries


def test_state_code_storage_and_logs_are_those_of_the_file() -> None:
    with Devnet(load_state=FOLDER / HISTORY) as net, Devnet() as fresh:
        for address, account in document(HISTORY)["accounts"].items():
            assert net.rpc("eth_getBalance", address, "latest") == account["balance"]
            here = int(fresh.rpc("eth_getTransactionCount", address, "latest"), 16)
            assert net.rpc("eth_getTransactionCount", address, "latest") == hex(max(account["nonce"], here))
            assert net.rpc("eth_getCode", address, "latest") == account["code"]
            for slot, word in account["storage"].items():
                assert net.rpc("eth_getStorageAt", address, slot, "latest") == word
        (log,) = net.rpc("eth_getLogs", {"fromBlock": "0x0", "address": CONTRACT})
        assert (log["blockNumber"], int(log["data"], 16)) == ("0x1", 42)
        versioned = net.rpc("eth_getBlockByNumber", "0x4", True)["transactions"][0]["blobVersionedHashes"][0]
        assert bytes.fromhex(net.rpc("anvil_getBlobByHash", versioned)[2:]).strip(b"\x00").endswith(b"hello\n")


def test_old_states_answer_and_lead_to_the_roots_in_the_headers() -> None:
    with Devnet(load_state=FOLDER / HISTORY) as net:
        balances = [int(net.rpc("eth_getBalance", SECOND, hex(number)), 16) - 10_000 * 10**18 for number in range(9)]
        assert balances == [0, 0, 1, 2, 2, 2, 2, 2, 2]
        assert net.rpc("eth_getStorageAt", CONTRACT, "0x1", "0x0") == "0x" + "00" * 32
        assert net.rpc("eth_getCode", FIRST, "0x4") == "0x"
        assert net.rpc("eth_getCode", FIRST, "0x5") == "0xef0100" + SECOND[2:]
        for number in (1, 2, 3, 4, 6, 7, 8):  # before block 6 a cheat funded its sender; Anvil counts that to block 5
            block = net.l2.chain.block(number)
            assert block.world.state_root == block.header.state_root, number


def test_without_old_states_only_the_last_block_has_a_state() -> None:
    with Devnet(load_state=FOLDER / PLAIN) as net:
        assert net.rpc("eth_getTransactionCount", FIRST, "0xb") == "0x9"
        with pytest.raises(RpcError, match="block 10 was loaded from a dump without its state"):
            net.rpc("eth_getTransactionCount", FIRST, "0xa")


def test_a_loaded_chain_continues_and_dumps_all_of_it() -> None:
    with Devnet(load_state=FOLDER / HISTORY) as net, Devnet() as other:
        net.rpc("eth_sendTransaction", {"from": FIRST, "to": IMPERSONATED, "value": "0x1"})
        block = net.rpc("eth_getBlockByNumber", "0x9", False)
        assert block["parentHash"] == net.rpc("eth_getBlockByNumber", "0x8", False)["hash"]
        other.rpc("anvil_loadState", net.rpc("anvil_dumpState", True))
        for number in range(10):
            asked = ("eth_getBlockByNumber", hex(number), True)
            assert other.rpc(*asked) == net.rpc(*asked)
            asked_receipts = ("eth_getBlockReceipts", hex(number))
            assert other.rpc(*asked_receipts) == net.rpc(*asked_receipts)
        assert other.rpc("eth_getBalance", SECOND, "0x2") == net.rpc("eth_getBalance", SECOND, "0x2")


def test_older_spellings_mean_the_same() -> None:
    modern = document(HISTORY)
    old = document(HISTORY)
    old["block"]["coinbase"] = old["block"].pop("beneficiary")
    old["block"]["gas_limit"] = hex(old["block"]["gas_limit"])
    old["best_block_number"] = hex(old["best_block_number"])
    names = {"0x0": "Legacy", "0x1": "EIP2930", "0x2": "EIP1559", "0x3": "EIP4844", "0x4": "EIP7702"}
    for block in old["blocks"]:
        block["header"]["ommersHash"] = block["header"].pop("sha3Uncles")
        block["header"]["beneficiary"] = block["header"].pop("miner")
        for tx in block["transactions"]:
            tx["transaction"] = {names[tx["transaction"].pop("type")]: tx["transaction"]}
    with Devnet() as first, Devnet() as second:
        first.rpc("anvil_loadState", "0x" + gzip.compress(json.dumps(modern).encode()).hex())
        second.rpc("anvil_loadState", "0x" + gzip.compress(json.dumps(old).encode()).hex())
        assert second.rpc("anvil_dumpState", True) == first.rpc("anvil_dumpState", True)


def test_a_header_from_before_later_forks_keeps_its_hash() -> None:
    """Shanghai, Cancun and Prague each made headers longer; a child's parent hash is over what there was."""
    london = (
        "parentHash",
        "sha3Uncles",
        "miner",
        "stateRoot",
        "transactionsRoot",
        "receiptsRoot",
        "logsBloom",
        "difficulty",
        "number",
        "gasLimit",
        "gasUsed",
        "timestamp",
        "extraData",
        "mixHash",
        "nonce",
        "baseFeePerGas",
    )
    dump = document(HISTORY)
    empty = next(block for block in dump["blocks"] if block["header"]["number"] == "0x8")
    headers = [{name: empty["header"][name] for name in london} | {"number": hex(number)} for number in range(2)]
    numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
    values = headers[0].items()
    raw = [int(value, 16) if name in numbers else bytes.fromhex(value[2:]) for name, value in values]
    headers[1]["parentHash"] = "0x" + keccak(rlp.encode(raw)).hex()
    old = {
        "accounts": {},
        "best_block_number": 1,
        "blocks": [{"header": header, "transactions": [], "ommers": []} for header in headers],
    }
    with Devnet() as net:
        net.rpc("anvil_loadState", "0x" + json.dumps(old).encode().hex())
        assert net.rpc("eth_getBlockByNumber", "0x0", False)["hash"] == headers[1]["parentHash"]
