"""Everything a chain can be asked, checked against what it means: proofs lead to roots, hashes are those of the fields,
and the same fact is the same wherever it is read. The libraries rlp and trie are the judges.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import rlp
from eth_utils import keccak, to_bytes
from trie import HexaryTrie
from trie.exceptions import BadTrieProof

import megadev.rpc.methods  # noqa: F401  (registers them)
from megadev import __version__
from megadev.chain.blobs import BlobSidecar, versioned_hash
from megadev.chain.transactions import UnsignedTransaction, sign_transaction
from megadev.config.settings import DevnetConfig
from megadev.node import cheats
from megadev.node.node import Node
from megadev.rpc.client import InProcessClient, RpcError
from megadev.rpc.dispatch import Dispatcher
from megadev.rpc.node import RpcNode
from megadev.sequencer.modes import MiningMode
from megadev.sequencer.reorganisation import rewind
from tests.conformance.rpc.fixed_chain import fixed_node

BLOCKS = range(13)
NOBODY = "0x" + "22" * 20
EMPTY_TRIE_ROOT = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


def client_of(node: Node) -> InProcessClient:
    return InProcessClient(Dispatcher(RpcNode.of(node, node.l2), before_request=node.settle))


@pytest.fixture
def node() -> Node:
    return fixed_node()


@pytest.fixture
def chain(node: Node) -> InProcessClient:
    return client_of(node)


def number(quantity: str) -> int:
    return int(quantity, 16)


def unhex(*items: str) -> list[bytes]:
    return [to_bytes(hexstr=item) for item in items]


def verified(root: str, key: bytes, proof: list[str]) -> bytes:
    """What the proof shows for ``key`` under ``root``, b'' for absence. Raises BadTrieProof where it shows nothing."""
    nodes = [rlp.decode(node) for node in unhex(*proof)]
    return bytes(HexaryTrie.get_from_proof(to_bytes(hexstr=root), keccak(key), nodes))


def contracts(chain: InProcessClient) -> list[str]:
    """Logger, Storage, Reverter."""
    receipts = [receipt for block in BLOCKS for receipt in chain.rpc("eth_getBlockReceipts", hex(block))]
    return [receipt["contractAddress"] for receipt in receipts if receipt["contractAddress"]]


# -- proofs -------------------------------------------------------------------------------------------------------


def test_account_proofs_lead_to_the_state_root_of_every_block(chain: InProcessClient) -> None:
    for block in map(hex, BLOCKS):
        root = chain.rpc("eth_getBlockByNumber", block)["stateRoot"]
        for address in [*chain.rpc("eth_accounts")[:4], *contracts(chain), NOBODY]:
            proof = chain.rpc("eth_getProof", address, [], block)
            leaf = verified(root, to_bytes(hexstr=address), proof["accountProof"])
            if not leaf:
                assert (proof["nonce"], proof["balance"], proof["storageHash"]) == ("0x0", "0x0", EMPTY_TRIE_ROOT)
                continue
            nonce, balance, storage_root, code_hash = rlp.decode(leaf)
            assert int.from_bytes(nonce, "big") == number(proof["nonce"])
            assert int.from_bytes(balance, "big") == number(proof["balance"])
            assert [storage_root, code_hash] == unhex(proof["storageHash"], proof["codeHash"])
            # and what the proof says is what the other methods say
            assert proof["balance"] == chain.rpc("eth_getBalance", address, block)
            assert proof["nonce"] == chain.rpc("eth_getTransactionCount", address, block)
            assert keccak(to_bytes(hexstr=chain.rpc("eth_getCode", address, block))) == code_hash
            account = chain.rpc("eth_getAccount", address, block)
            assert unhex(account["storageRoot"], account["codeHash"]) == [storage_root, code_hash]


def test_storage_proofs_lead_to_the_storage_root(chain: InProcessClient) -> None:
    _, storage, _ = contracts(chain)
    slots = [0, 7, 2**256 - 1]
    for block in (5, 6, 7, 8, 12):
        proof = chain.rpc("eth_getProof", storage, [hex(slot) for slot in slots], hex(block))
        for slot, answer in zip(slots, proof["storageProof"], strict=True):
            leaf = verified(proof["storageHash"], slot.to_bytes(32, "big"), answer["proof"])
            assert (int.from_bytes(rlp.decode(leaf), "big") if leaf else 0) == number(answer["value"])
            assert number(chain.rpc("eth_getStorageAt", storage, hex(slot), hex(block))) == number(answer["value"])
    assert [answer["value"] for answer in proof["storageProof"]] == ["0x2a", "0x0", "0x1"]


def test_a_proof_is_invalid_for_another_block(chain: InProcessClient) -> None:
    sender = chain.rpc("eth_accounts")[0]
    proof = chain.rpc("eth_getProof", sender, [], "0x4")["accountProof"]
    with pytest.raises(BadTrieProof):
        verified(chain.rpc("eth_getBlockByNumber", "0x5")["stateRoot"], to_bytes(hexstr=sender), proof)


def test_a_cheat_is_read_and_proved_at_once_and_under_a_headers_root_once_mined(node: Node) -> None:
    chain = client_of(node)
    cheats.set_balance(node.l2, to_bytes(hexstr=NOBODY), 5)
    cheats.set_storage(node.l2, to_bytes(hexstr=NOBODY), 1, 6)
    assert chain.rpc("eth_getBalance", NOBODY) == chain.rpc("eth_getAccount", NOBODY)["balance"] == "0x5"
    assert chain.rpc("eth_getAccount", NOBODY)["storageRoot"] != EMPTY_TRIE_ROOT
    assert number(chain.rpc("eth_getStorageAt", NOBODY, "0x1")) == 6
    assert chain.rpc("eth_getBalance", NOBODY, "0xb") == "0x0"
    early = chain.rpc("eth_getProof", NOBODY, ["0x1"])
    leaf = rlp.decode(verified(early["stateRoot"], to_bytes(hexstr=NOBODY), early["accountProof"]))
    assert early["balance"] == "0x5" and int.from_bytes(leaf[1], "big") == 5
    node.l2.sequencer.mine()
    proof = chain.rpc("eth_getProof", NOBODY, ["0x1"])
    root = chain.rpc("eth_getBlockByNumber", "latest")["stateRoot"]
    assert number(proof["balance"]) == int.from_bytes(
        rlp.decode(verified(root, to_bytes(hexstr=NOBODY), proof["accountProof"]))[1], "big"
    )
    assert proof["storageProof"][0]["value"] == "0x6"


# -- blocks, transactions, receipts -------------------------------------------------------------------------------


def header_fields(block: dict[str, Any]) -> list[bytes]:
    """The header's RLP items, from the JSON alone (Yellow Paper and EIPs 1559, 4895, 4844, 4788, 7685)."""
    names = (
        "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom #difficulty #number #gasLimit "
        "#gasUsed #timestamp extraData mixHash nonce #baseFeePerGas withdrawalsRoot #blobGasUsed #excessBlobGas "
        "parentBeaconBlockRoot requestsHash"
    )
    return [
        rlp.sedes.big_endian_int.serialize(number(block[name[1:]])) if name[0] == "#" else to_bytes(hexstr=block[name])
        for name in names.split()
    ]


def root_of(items: list[bytes]) -> bytes:
    """The root of a trie of items by index."""
    trie = HexaryTrie({})
    for index, item in enumerate(items):
        trie[rlp.encode(index)] = item
    return bytes(trie.root_hash)


def encoded_receipt(receipt: dict[str, Any]) -> bytes:
    logs = [
        [to_bytes(hexstr=log["address"]), unhex(*log["topics"]), to_bytes(hexstr=log["data"])]
        for log in receipt["logs"]
    ]
    bloom = to_bytes(hexstr=receipt["logsBloom"])
    payload = rlp.encode([number(receipt["status"]), number(receipt["cumulativeGasUsed"]), bloom, logs])
    return bytes([number(receipt["type"])]) * (receipt["type"] != "0x0") + payload


def test_every_hash_and_root_can_be_recomputed(chain: InProcessClient) -> None:
    parent = "0x" + "00" * 32
    for block_number in map(hex, BLOCKS):
        block = chain.rpc("eth_getBlockByNumber", block_number, False)
        assert block["parentHash"] == parent
        parent = block["hash"]
        header = header_fields(block)
        assert "0x" + keccak(rlp.encode(header)).hex() == block["hash"]
        count = number(chain.rpc("eth_getBlockTransactionCountByHash", block["hash"]))
        raws = unhex(
            *(chain.rpc("eth_getRawTransactionByBlockHashAndIndex", block["hash"], hex(i)) for i in range(count))
        )
        assert ["0x" + keccak(raw).hex() for raw in raws] == block["transactions"]
        assert "0x" + root_of(raws).hex() == block["transactionsRoot"]
        receipts = chain.rpc("eth_getBlockReceipts", block["hash"])
        assert "0x" + root_of([encoded_receipt(receipt) for receipt in receipts]).hex() == block["receiptsRoot"]
        body = [rlp.decode(raw) if raw[0] >= 0xC0 else raw for raw in raws]
        assert number(block["size"]) == len(rlp.encode([header, body, [], []]))


def test_a_transaction_and_its_receipt_are_the_same_from_every_side(chain: InProcessClient) -> None:
    for block_number in map(hex, BLOCKS):
        block = chain.rpc("eth_getBlockByNumber", block_number, True)
        assert block == chain.rpc("eth_getBlockByHash", block["hash"], True)
        assert chain.rpc("eth_getHeaderByNumber", block_number).items() <= block.items()
        receipts = chain.rpc("eth_getBlockReceipts", block_number)
        for index, tx in enumerate(block["transactions"]):
            assert tx == chain.rpc("eth_getTransactionByHash", tx["hash"])
            assert tx == chain.rpc("eth_getTransactionByBlockNumberAndIndex", block_number, hex(index))
            assert tx == chain.rpc("eth_getTransactionByBlockHashAndIndex", block["hash"], hex(index))
            assert tx == chain.rpc("eth_getTransactionBySenderAndNonce", tx["from"], tx["nonce"])
            receipt = chain.rpc("eth_getTransactionReceipt", tx["hash"])
            assert receipt == receipts[index]
            for name in ("from", "to", "type", "blockHash", "blockNumber", "transactionIndex"):
                assert receipt[name] == tx[name]
            assert receipt["effectiveGasPrice"] == tx["gasPrice"]
        if receipts:
            assert receipts[-1]["cumulativeGasUsed"] == block["gasUsed"]


def test_the_logs_of_a_range_are_those_of_its_receipts(chain: InProcessClient) -> None:
    from_receipts = [
        log for block in BLOCKS for receipt in chain.rpc("eth_getBlockReceipts", hex(block)) for log in receipt["logs"]
    ]
    assert len(from_receipts) == 11
    assert chain.rpc("eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest"}) == from_receipts
    for log in from_receipts:
        wanted = {"blockHash": log["blockHash"], "topics": log["topics"], "address": log["address"]}
        assert log in chain.rpc("eth_getLogs", wanted)


@pytest.mark.parametrize("blocks", [{"fromBlock": "0xd", "toBlock": "latest"}, {"fromBlock": "0x0", "toBlock": "0xd"}])
def test_a_range_that_a_revert_has_put_beyond_the_head_is_refused(node: Node, blocks: dict[str, str]) -> None:
    """As the execution API's records have it."""
    chain = client_of(node)
    rewind(node.l2.sequencer, 6)
    with pytest.raises(RpcError, match="block range") as refused:
        chain.rpc("eth_getLogs", blocks)
    assert refused.value.code == -32602


def test_a_nonce_that_a_cheat_skipped_or_took_back_has_no_transaction(node: Node) -> None:
    chain = client_of(node)
    (sender,) = chain.rpc("eth_accounts")[:1]
    cheats.set_nonce(node.l2, to_bytes(hexstr=sender), 20)
    node.l2.sequencer.mine()
    assert chain.rpc("eth_getTransactionBySenderAndNonce", sender, "0xf") is None
    assert chain.rpc("eth_getTransactionBySenderAndNonce", sender, "0x7") is not None
    cheats.set_nonce(node.l2, to_bytes(hexstr=sender), 3)
    node.l2.sequencer.mine()
    assert chain.rpc("eth_getTransactionBySenderAndNonce", sender, "0x7") is None


def test_a_blob_transaction_shows_its_blob_gas_and_leaves_its_blobs_behind(node: Node) -> None:
    chain = client_of(node)
    account = node.accounts.keyed[5]
    nothing = b"\xc0" + bytes(47)  # the point at infinity: commitment and proofs of a blob of zeros
    tx = sign_transaction(
        UnsignedTransaction(
            type=3,
            chain_id=31337,
            nonce=0,
            gas_limit=21_000,
            to=account.raw_address,
            max_fee_per_gas=5 * 10**9,
            max_priority_fee_per_gas=10**9,
            max_fee_per_blob_gas=10,
            blob_versioned_hashes=(versioned_hash(nothing),),
            sidecar=BlobSidecar((bytes(131_072),), (nothing,), (nothing,) * 128, version=1),
        ),
        account.raw_key,
    )
    tx_hash = "0x" + tx.hash.hex()
    node.l2.sequencer.mode = MiningMode.NONE
    node.l2.sequencer.submit(tx)
    waiting = chain.rpc("eth_getTransactionByHash", tx_hash)
    assert waiting["blobVersionedHashes"] == ["0x" + versioned_hash(nothing).hex()]
    assert waiting["maxFeePerBlobGas"] == "0xa"
    assert len(to_bytes(hexstr=chain.rpc("eth_getRawTransactionByHash", tx_hash))) > 131_072
    node.l2.sequencer.mine()
    raw = to_bytes(hexstr=chain.rpc("eth_getRawTransactionByHash", tx_hash))
    assert (len(raw) < 300, "0x" + keccak(raw).hex()) == (True, tx_hash)
    receipt = chain.rpc("eth_getTransactionReceipt", tx_hash)
    assert (receipt["type"], receipt["status"]) == ("0x3", "0x1")
    assert (receipt["blobGasUsed"], receipt["blobGasPrice"]) == (hex(131_072), "0x1")
    block = chain.rpc("eth_getBlockByHash", receipt["blockHash"])
    assert (block["blobGasUsed"], block["excessBlobGas"]) == (hex(131_072), "0x0")
    assert chain.rpc("eth_feeHistory", "0x2", "latest")["blobGasUsedRatio"] == [0.0, 1 / 9]


# -- fees ---------------------------------------------------------------------------------------------------------


def test_fee_history_agrees_with_the_blocks(chain: InProcessClient) -> None:
    history = chain.rpc("eth_feeHistory", "0x400", "latest", [0, 100])
    blocks = [chain.rpc("eth_getBlockByNumber", hex(block)) for block in BLOCKS]
    assert history["oldestBlock"] == "0x0"
    assert history["baseFeePerGas"] == [block["baseFeePerGas"] for block in blocks] + [chain.rpc("eth_baseFee")]
    assert history["gasUsedRatio"] == [number(block["gasUsed"]) / number(block["gasLimit"]) for block in blocks]
    assert history["baseFeePerBlobGas"][-1] == chain.rpc("eth_blobBaseFee")
    for block, (lowest, highest) in zip(blocks, history["reward"], strict=True):
        base_fee = number(block["baseFeePerGas"])
        receipts = chain.rpc("eth_getBlockReceipts", block["hash"])
        tips = [number(receipt["effectiveGasPrice"]) - base_fee for receipt in receipts] or [0]
        assert (number(lowest), number(highest)) == (min(tips), max(tips))


def test_the_gas_price_suffices_for_the_next_block(chain: InProcessClient) -> None:
    price, tip = number(chain.rpc("eth_gasPrice")), number(chain.rpc("eth_maxPriorityFeePerGas"))
    assert price == number(chain.rpc("eth_baseFee")) + tip


def test_the_set_gas_price_is_returned() -> None:
    assert client_of(Node(DevnetConfig(gas_price=7))).rpc("eth_gasPrice") == "0x7"


# -- limits and identity ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "params"),
    [("eth_getStorageValues", [{NOBODY: ["0x0"] * 1025}]), ("eth_getProof", [NOBODY, ["0x0"] * 1025])],
)
def test_more_slots_than_one_request_may_ask_for_are_refused(
    chain: InProcessClient, method: str, params: list[Any]
) -> None:
    with pytest.raises(RpcError, match=r"too many .* \(max 1024\)") as refused:
        chain.rpc(method, *params)
    assert refused.value.code == -32602


def test_helper_libraries_take_it_for_anvil_and_people_for_megadev(chain: InProcessClient) -> None:
    version = chain.rpc("web3_clientVersion")
    assert re.match(r"(HardhatNetwork|anvil)/", version)
    assert re.fullmatch(r"v\d+\.\d+\.\d+", version.split("/")[1])
    assert version.endswith(f"/megadev/{__version__}")


def test_web3_py_reads_the_chain() -> None:
    from web3 import Web3

    from megadev.testing.web3_provider import InProcessProvider

    node = fixed_node(paused=True)
    w3 = Web3(InProcessProvider(client_of(node).request))
    latest = w3.eth.get_block("latest", full_transactions=True)
    assert latest["number"] == w3.eth.block_number == 12
    assert [tx["transactionIndex"] for tx in latest["transactions"]] == [0, 1, 2]
    pending = w3.eth.get_block("pending")
    assert (pending["number"], pending["hash"], len(pending["transactions"])) == (13, None, 2)
    assert w3.eth.get_transaction(pending["transactions"][0])["blockHash"] is None
    assert w3.eth.get_transaction_receipt(latest["transactions"][0]["hash"])["logs"][0]["logIndex"] == 0
    assert len(w3.eth.get_block_receipts(12)) == 3
    assert len(w3.eth.get_logs({"fromBlock": 0, "toBlock": "latest"})) == 11
    assert len(w3.eth.fee_history(4, "latest", [50])["reward"]) == 4
    proof = w3.eth.get_proof(w3.eth.accounts[0], [0, 1], 5)  # type: ignore[call-arg]
    assert proof["nonce"] == w3.eth.get_transaction_count(w3.eth.accounts[0], 5)
    assert w3.eth.get_storage_at(w3.eth.accounts[0], 0) == bytes(32)
    assert w3.client_version.startswith("anvil/")
    assert w3.net.version == "31337"
    assert len(w3.geth.txpool.content()["queued"]) == 1
