"""Blocks run again by somebody who has no state: from a witness alone, or from an access list without running anything.

The witness's verifier is written here, over the library ``trie``, which fails for each node that is missing.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
import rlp
from trie import HexaryTrie

from megadev import Devnet
from megadev.chain.blocks import SealedBlock
from megadev.chain.transactions import Transaction, decode_transaction
from megadev.config.settings import DevnetConfig
from megadev.inspect.replay import run_again
from megadev.node.node import Node
from megadev.node.reopening import block_start
from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, Address, Hash32
from megadev.rpc.client import InProcessClient, RpcError
from megadev.rpc.dispatch import Dispatcher
from megadev.rpc.node import RpcNode
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World
from tests.conformance.rpc.fixed_chain import fixed_node
from tests.contracts import load


def client_of(node: Node) -> InProcessClient:
    return InProcessClient(Dispatcher(RpcNode.of(node, node.l2), before_request=node.settle))


def unhex(items: list[str]) -> list[bytes]:
    return [bytes.fromhex(item[2:]) for item in items]


class Stateless(World):
    """State out of a witness. Asked for anything else, ``trie`` raises."""

    __slots__ = ("by_hash", "codes", "root")

    def __init__(self, witness: dict[str, list[str]]) -> None:
        self.by_hash = {keccak(node): node for node in unhex(witness["state"])}
        self.codes = {keccak(code): code for code in unhex(witness["codes"])}
        self.root = rlp.decode(unhex(witness["headers"])[-1])[3]

    def trie(self, root: Hash32) -> HexaryTrie:
        return HexaryTrie(self.by_hash, root, prune=False)

    def leaf(self, address: Address) -> list[bytes]:
        found = self.trie(self.root).get(keccak(address))
        return rlp.decode(found) if found else [b"", b"", EMPTY_TRIE_ROOT, EMPTY_CODE_HASH]

    def account(self, address: Address) -> Account | None:
        if not self.trie(self.root).get(keccak(address)):
            return None
        nonce, balance, _, code_hash = self.leaf(address)
        return Account(int.from_bytes(nonce, "big"), int.from_bytes(balance, "big"), code_hash)

    def storage(self, address: Address, slot: int) -> int:
        found = self.trie(self.leaf(address)[2]).get(keccak(slot.to_bytes(32, "big")))
        return int.from_bytes(rlp.decode(found), "big") if found else 0

    def code(self, code_hash: Hash32) -> bytes:
        return b"" if code_hash == EMPTY_CODE_HASH else self.codes[code_hash]

    def root_after(self, diff: StateDiff, order: random.Random) -> Hash32:
        """The root once ``diff`` is made, its parts in any order."""
        accounts = self.trie(self.root)
        addresses = sorted(diff.accounts.keys() | diff.storage.keys())
        order.shuffle(addresses)
        for address in addresses:
            leaf = self.leaf(address)
            storage = self.trie(EMPTY_TRIE_ROOT if address in diff.cleared else leaf[2])
            slots = sorted(diff.storage.get(address, {}).items())
            order.shuffle(slots)
            for slot, value in slots:
                key = keccak(slot.to_bytes(32, "big"))
                if value:
                    storage.set(key, rlp.encode(value))
                elif storage.get(key):
                    storage.delete(key)
            account = diff.accounts.get(address, self.account(address))
            if account is None:
                if accounts.get(keccak(address)):
                    accounts.delete(keccak(address))
            else:
                fields = [account.nonce, account.balance, storage.root_hash, account.code_hash]
                accounts.set(keccak(address), rlp.encode(fields))
        return bytes(accounts.root_hash)


def check_witness(node: Node, block: SealedBlock) -> None:
    """Run ``block`` from its witness alone, more than once, and find its roots."""
    witness = client_of(node).rpc("debug_executionWitness", "0x" + block.hash.hex())
    headers = unhex(witness["headers"])
    assert keccak(headers[-1]) == block.header.parent_hash
    hashes = {int.from_bytes(rlp.decode(header)[8], "big"): keccak(header) for header in headers}
    for seed in range(3):
        state = Stateless(witness)
        builder = block_start(node.l2, block, before=state, block_hash=hashes.__getitem__)
        for _ in run_again(builder, block):
            pass
        assert tuple(builder.receipts) == block.receipts
        assert state.root_after(builder.state.diff, random.Random(seed)) == block.header.state_root


def check_access_list(node: Node, block: SealedBlock) -> None:
    """The block's access list alone makes the state after it out of that before it."""
    client = client_of(node)
    accounts = client.rpc("eth_getBlockAccessList", "0x" + block.hash.hex())
    before = node.l2.block(block.header.parent_hash).world
    if block.irregular is not None:
        before = before.apply(block.irregular)
    diff = StateDiff(Cause.TRANSACTION)
    for shown in accounts:
        address = bytes.fromhex(shown["address"][2:])
        changes = {name: shown[name] for name in ("balanceChanges", "nonceChanges", "codeChanges")}
        for listed in (*changes.values(), *(slot["changes"] for slot in shown["storageChanges"])):
            indices = [int(change["index"], 16) for change in listed]
            assert indices == sorted(set(indices))
            assert all(0 <= index <= len(block.transactions) for index in indices)
        account = before.account(address) or Account()
        if any(changes.values()):
            nonce, balance, code_hash = account.nonce, account.balance, account.code_hash
            if changes["nonceChanges"]:
                nonce = int(changes["nonceChanges"][-1]["value"], 16)
            if changes["balanceChanges"]:
                balance = int(changes["balanceChanges"][-1]["value"], 16)
            if changes["codeChanges"]:
                code = bytes.fromhex(changes["codeChanges"][-1]["code"][2:])
                code_hash = keccak(code)
                diff.codes[code_hash] = code
            diff.accounts[address] = Account(nonce, balance, code_hash)
        written = {int(slot["key"], 16): int(slot["changes"][-1]["value"], 16) for slot in shown["storageChanges"]}
        assert written.keys().isdisjoint(int(slot, 16) for slot in shown["storageReads"])
        if written:
            diff.storage[address] = written
    assert before.apply(diff).state_root == block.header.state_root
    assert [shown["address"] for shown in accounts] == sorted(shown["address"] for shown in accounts)
    raw = rlp.decode(bytes.fromhex(client.rpc("eth_getBlockAccessListRaw", hex(block.number))[2:]))
    assert [account[0] for account in raw] == [bytes.fromhex(shown["address"][2:]) for shown in accounts]


@pytest.mark.parametrize("number", range(1, 13))
def test_every_block_of_the_fixed_chain_can_be_run_and_its_state_made_without_the_state(number: int) -> None:
    node = fixed_node()
    block = node.l2.block(number)
    check_witness(node, block)
    check_access_list(node, block)


def test_slots_that_are_emptied_leave_no_gap_in_the_witness() -> None:
    """A branch with one child left is no branch: the child must be known too."""
    drawn = random.Random(7)
    node = Node(DevnetConfig(manual_clock=True, no_mining=True))
    client = client_of(node)
    sender = node.accounts.keyed[0].address
    client.rpc("eth_sendTransaction", {"from": sender, "data": "0x" + load("Storage").creation.hex()})
    node.l2.sequencer.mine()
    created = node.l2.head.receipts[0].created
    assert created is not None
    for _ in range(12):
        for _ in range(drawn.randrange(1, 8)):
            data = encode_call("write(uint256,uint256)", drawn.randrange(12), drawn.choice((0, 0, 1, 2)))
            call = {"from": sender, "to": "0x" + created.hex(), "data": "0x" + data.hex(), "gas": "0x186a0"}
            client.rpc("eth_sendTransaction", call)
        [block] = node.l2.sequencer.mine()
        check_witness(node, block)
        check_access_list(node, block)


def run_code(net: Devnet, code: str, **fields: Any) -> SealedBlock:
    """The block of a transaction that runs ``code`` as creation code."""
    call = {"from": net.accounts[0].address, "data": "0x" + code, "gas": "0x1e8480", **fields}
    tx_hash = net.rpc("eth_sendTransaction", call)
    placed = net.l2.chain.store.transaction(bytes.fromhex(tx_hash[2:]))
    assert placed is not None
    return placed[0]


def test_headers_reach_back_as_far_as_blockhash_did() -> None:
    with Devnet() as net:
        net.rpc("anvil_mine", 10)
        block = run_code(net, "6004405f55")  # BLOCKHASH(4) into slot 0
        witness = net.rpc("debug_executionWitness", "latest")
        numbers = [int.from_bytes(rlp.decode(header)[8], "big") for header in unhex(witness["headers"])]
        assert numbers == [4, 5, 6, 7, 8, 9, 10]
        check_witness(net.node, block)


def test_a_witness_has_all_code_that_ran_or_was_measured_and_no_other() -> None:
    with Devnet() as net:
        for address, code in (("11", "5f5f5f5f5f73" + "33" * 20 + "5af1"), ("33", "00")):
            net.rpc("anvil_setCode", "0x" + address * 20, "0x" + code)
        net.rpc("anvil_setCode", "0x" + "44" * 20, "0x4400")
        net.rpc("evm_mine")
        net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": "0x" + "11" * 20, "gas": "0x186a0"})
        codes = set(net.rpc("debug_executionWitness", "latest")["codes"])
        ran = {net.rpc("eth_getCode", "0x" + address * 20) for address in ("11", "33")}
        assert ran <= codes
        assert "0x4400" not in codes
        check_witness(net.node, net.l2.chain.head)


def test_cheats_are_in_no_witness_and_no_access_list() -> None:
    with Devnet() as net:
        net.rpc("anvil_setBalance", "0x" + "77" * 20, "0x1")
        net.rpc("evm_mine")
        with pytest.raises(RpcError, match="changed outside a block") as refused:
            net.rpc("debug_executionWitness", "latest")
        assert refused.value.code == -32000
        assert "0x" + "77" * 20 not in {account["address"] for account in net.rpc("eth_getBlockAccessList", "latest")}
        check_access_list(net.node, net.l2.chain.head)


def test_an_access_list_contains_touched_not_declared_entries() -> None:
    touched, declared, precompile = "0x" + "11" * 20, "0x" + "22" * 20, "0x" + "00" * 19 + "02"
    with Devnet() as net:
        code = f"73{touched[2:]}3150" + f"5f5f5f5f73{precompile[2:]}5afa50" + "600754505f" + "5460095500"
        block = run_code(net, code, accessList=[{"address": declared, "storageKeys": ["0x1"]}])
        created = block.receipts[0].created
        assert block.receipts[0].succeeded
        assert created is not None
        accounts = {account["address"]: account for account in net.rpc("eth_getBlockAccessList", "latest")}
        assert {touched, precompile} <= accounts.keys()
        assert declared not in accounts
        assert [int(slot, 16) for slot in accounts["0x" + created.hex()]["storageReads"]] == [0, 7, 9]
        check_access_list(net.node, block)


def test_a_slot_read_by_one_transaction_and_written_by_another_is_written() -> None:
    with Devnet(no_mining=True) as net:
        target = "0x" + "11" * 20
        net.rpc("anvil_setCode", target, "0x5f54600101" + "5f5500")  # slot 0 goes up by one
        for _ in range(2):
            net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": target, "gas": "0x186a0"})
        net.rpc("evm_mine")
        [found] = [item for item in net.rpc("eth_getBlockAccessList", "latest") if item["address"] == target]
        [slot] = found["storageChanges"]
        assert [(int(change["index"], 16), int(change["value"], 16)) for change in slot["changes"]] == [(1, 1), (2, 2)]
        assert found["storageReads"] == []


def test_raw_bytes_match_the_hash_and_the_roots() -> None:
    node = fixed_node()
    client = client_of(node)
    for number in range(13):
        block = client.rpc("eth_getBlockByNumber", hex(number), False)
        [header, body, _, _] = rlp.decode(unhex([client.rpc("debug_getRawBlock", hex(number))])[0])
        raw = unhex([client.rpc("debug_getRawHeader", hex(number))])[0]
        assert rlp.encode(header) == raw
        assert "0x" + keccak(raw).hex() == block["hash"]
        for method, root in (("Transactions", "transactionsRoot"), ("Receipts", "receiptsRoot")):
            trie = HexaryTrie({})
            items = unhex(client.rpc(f"debug_getRaw{method}", block["hash"]))
            for index, item in enumerate(items):
                trie.set(rlp.encode(index), item)
            assert "0x" + trie.root_hash.hex() == block[root]
        transactions: list[Transaction] = [
            decode_transaction(item) for item in unhex(client.rpc("debug_getRawTransactions", hex(number)))
        ]
        assert ["0x" + tx.hash.hex() for tx in transactions] == block["transactions"]
        assert len(body) == len(transactions)
