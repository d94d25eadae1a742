"""Otterscan, pointed at a devnet: what it asks to show blocks, addresses and transactions."""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.primitives.abi import encode_call
from megadev.rpc.client import RpcError
from tests.conformance.engine_suite.worlds import asm, call
from tests.contracts import load
from tests.stage.wallet import Wallet

ETHER = 10**18
UNKNOWN = "0x" + "11" * 32
HEIR = "0x" + "77" * 20


class Explorer:
    """A devnet with a factory, and the questions of an address page."""

    def __init__(self) -> None:
        self.net = Devnet()
        self.a, self.b, self.c = (account.address for account in self.net.accounts[:3])
        self.factory: str = self.wallet().send(data="0x" + load("Factory").creation.hex())["contractAddress"]

    def wallet(self, sender: str | None = None) -> Wallet:
        return Wallet(self.net.rpc, sender or self.a)

    def create(self, tag: int, **request: Any) -> tuple[dict[str, Any], str]:
        """A child by the factory: the receipt, and its address."""
        data = "0x" + encode_call("create(uint256)", tag).hex()
        receipt = self.wallet().send(to=self.factory, data=data, gas=1_000_000, **request)
        return receipt, "0x" + receipt["logs"][0]["topics"][1][-40:]

    def before(self, address: str, block: int, size: int) -> tuple[list[str], bool, bool]:
        return self._page("ots_searchTransactionsBefore", address, block, size)

    def after(self, address: str, block: int, size: int) -> tuple[list[str], bool, bool]:
        return self._page("ots_searchTransactionsAfter", address, block, size)

    def _page(self, method: str, address: str, block: int, size: int) -> tuple[list[str], bool, bool]:
        page = self.net.rpc(method, address, block, size)
        hashes = [tx["hash"] for tx in page["txs"]]
        assert [receipt["transactionHash"] for receipt in page["receipts"]] == hashes
        assert all(receipt["timestamp"] for receipt in page["receipts"])
        return hashes, page["firstPage"], page["lastPage"]


@pytest.fixture
def explorer() -> Explorer:
    return Explorer()


def test_otterscan_finds_a_compatible_node(explorer: Explorer) -> None:
    net = explorer.net
    assert net.rpc("ots_getApiLevel") == 8
    header = net.rpc("erigon_getHeaderByNumber", "0x1")
    assert header["hash"] == net.rpc("eth_getBlockByNumber", "0x1", False)["hash"]
    assert net.rpc("erigon_getHeaderByNumber", "0x99") is None


def test_has_code_works_at_any_block(explorer: Explorer) -> None:
    net = explorer.net
    assert net.rpc("ots_hasCode", explorer.factory, "latest") is True
    assert net.rpc("ots_hasCode", explorer.factory, 0) is False
    assert net.rpc("ots_hasCode", explorer.a, "latest") is False


def test_a_contracts_creator_is_found(explorer: Explorer) -> None:
    net = explorer.net
    born, child = explorer.create(1)
    for _ in range(5):
        explorer.wallet().send(to=explorer.b, value=1)
    assert net.rpc("ots_getContractCreator", explorer.factory)["creator"] == explorer.a.lower()
    assert net.rpc("ots_getContractCreator", child) == {
        "hash": born["transactionHash"],
        "creator": explorer.factory.lower(),
    }
    net.rpc("anvil_setCode", HEIR, "0x00")
    net.rpc("anvil_mine")
    for nobodys in (explorer.a, HEIR, "0x" + "99" * 20):
        assert net.rpc("ots_getContractCreator", nobodys) is None


def test_the_right_creator_among_several_in_a_block_is_found(explorer: Explorer) -> None:
    net = explorer.net
    net.rpc("evm_setAutomine", False)
    data = "0x" + encode_call("create(uint256)", 1).hex()
    requests = ({"to": explorer.b}, {"to": explorer.factory, "data": data}, {"to": explorer.factory, "data": data})
    hashes = [net.rpc("eth_sendTransaction", {"from": explorer.a, "gas": 1_000_000, **each}) for each in requests]
    net.rpc("evm_mine")
    for tx_hash in hashes[1:]:
        child = "0x" + net.rpc("eth_getTransactionReceipt", tx_hash)["logs"][0]["topics"][1][-40:]
        assert net.rpc("ots_getContractCreator", child)["hash"] == tx_hash


def test_every_transaction_in_which_an_address_takes_part_is_found(explorer: Explorer) -> None:
    net = explorer.net
    born, child = explorer.create(1, value=5)
    sent = explorer.wallet().send(
        to=child, data="0x" + encode_call("destroy(address)", bytes.fromhex(HEIR[2:])).hex(), gas=99_999
    )
    payer = "0x" + "aa" * 20
    net.rpc("anvil_setCode", payer, "0x" + call("CALL", bytes.fromhex(explorer.c[2:]), value=1).hex())
    paid = explorer.wallet().send(to=payer, value=1, gas=100_000)
    refusing = explorer.wallet().send(to=payer, gas=100_000)
    assert explorer.before(child, 0, 25)[0] == [sent["transactionHash"], born["transactionHash"]]
    assert explorer.before(HEIR, 0, 25)[0] == [sent["transactionHash"]]
    assert explorer.before(explorer.c, 0, 25)[0] == [refusing["transactionHash"], paid["transactionHash"]]
    assert len(explorer.before(explorer.a, 0, 25)[0]) == 5
    assert explorer.before("0x" + "99" * 20, 0, 25) == ([], True, True)


def test_pages_of_history_follow_each_other_without_gaps(explorer: Explorer) -> None:
    net = explorer.net
    hashes = []
    for size in (1, 3, 1, 2, 1):
        net.rpc("evm_setAutomine", False)
        hashes += [
            net.rpc("eth_sendTransaction", {"from": explorer.b, "to": HEIR, "value": 1, "nonce": len(hashes) + number})
            for number in range(size)
        ]
        net.rpc("evm_mine")
        net.rpc("anvil_mine", 2)
    newest_first = hashes[::-1]

    page, first, last = explorer.before(explorer.b, 0, 2)
    assert (page, first, last) == (newest_first[:3], True, False), "no block is divided"
    seen = list(page)
    while not last:
        oldest = int(net.rpc("eth_getTransactionByHash", seen[-1])["blockNumber"], 16)
        page, first, last = explorer.before(explorer.b, oldest, 2)
        assert not first
        seen += page
    assert seen == newest_first

    page, first, last = explorer.after(explorer.b, 0, 2)
    assert (page, first, last) == (newest_first[-4:], False, True)
    seen = list(page)
    while not first:
        newest = int(net.rpc("eth_getTransactionByHash", seen[0])["blockNumber"], 16)
        page, first, last = explorer.after(explorer.b, newest, 2)
        assert not last
        seen = page + seen
    assert seen == newest_first


def test_an_exactly_full_page_is_the_last(explorer: Explorer) -> None:
    explorer.wallet(explorer.b).send(to=HEIR, value=1)
    explorer.wallet(explorer.b).send(to=HEIR, value=1)
    explorer.wallet().send(to=explorer.c, value=1)
    assert explorer.before(explorer.b, 0, 2)[1:] == (True, True)
    assert explorer.after(explorer.b, 0, 2)[1:] == (True, True)


def test_internal_operations_that_lasted_are_shown(explorer: Explorer) -> None:
    net = explorer.net
    refusing, paying = "0x" + "aa" * 20, "0x" + "bb" * 20
    net.rpc("anvil_setCode", refusing, "0x" + (call("CALL", b"\x77" * 20, value=1) + asm(0, 0, "REVERT")).hex())
    code = call("CALL", b"\xaa" * 20, value=2) + call("CALL", b"\x77" * 20, value=3)
    net.rpc("anvil_setCode", paying, "0x" + code.hex())
    receipt = explorer.wallet().send(to=paying, value=9, gas=300_000)
    assert net.rpc("ots_getInternalOperations", receipt["transactionHash"]) == [
        {"type": 0, "from": paying, "to": HEIR, "value": "0x3"}
    ]
    calls = net.rpc("ots_traceTransaction", receipt["transactionHash"])
    assert [(entry["depth"], entry["to"]) for entry in calls] == [(0, paying), (1, refusing), (2, HEIR), (1, HEIR)]


def test_a_failed_transaction_has_its_reason(explorer: Explorer) -> None:
    receipt = explorer.wallet().send(
        to=explorer.factory, data="0x" + encode_call("create(uint256)", 13).hex(), gas=1_000_000
    )
    data = explorer.net.rpc("ots_getTransactionError", receipt["transactionHash"])
    assert data == "0x" + encode_call("Error(string)", "unlucky").hex()
    succeeded, _ = explorer.create(1)
    assert explorer.net.rpc("ots_getTransactionError", succeeded["transactionHash"]) == "0x"


def test_blocks_are_shown_with_their_fees(explorer: Explorer) -> None:
    net = explorer.net
    receipt = explorer.wallet(explorer.b).send(to=HEIR, value=1)
    details = net.rpc("ots_getBlockDetails", int(receipt["blockNumber"], 16))
    assert details == net.rpc("ots_getBlockDetailsByHash", receipt["blockHash"])
    assert int(details["totalFees"], 16) == int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    block = details["block"]
    assert (block["transactionCount"], block["logsBloom"], "transactions" in block) == (1, None, False)
    assert net.rpc("ots_getBlockDetails", 99) is None


def test_a_blocks_transactions_are_paged_from_its_end(explorer: Explorer) -> None:
    net = explorer.net
    net.rpc("evm_setAutomine", False)
    hashes = [net.rpc("eth_sendTransaction", {"from": explorer.b, "to": HEIR, "data": "0x1234567890", "gas": 30_000})
              for _ in range(5)]  # fmt: skip
    net.rpc("evm_mine")
    number = int(net.rpc("eth_blockNumber"), 16)
    pages = [net.rpc("ots_getBlockTransactions", number, page, 2) for page in range(4)]
    shown = [[tx["hash"] for tx in page["fullblock"]["transactions"]] for page in pages]
    assert shown == [hashes[3:], hashes[1:3], hashes[:1], []]
    for page, expected in zip(pages, shown, strict=True):
        assert page["fullblock"]["transactionCount"] == 5
        assert [receipt["transactionHash"] for receipt in page["receipts"]] == expected
        assert all(tx["input"] == "0x12345678" for tx in page["fullblock"]["transactions"])
        assert all(receipt["logs"] is None and receipt["logsBloom"] is None for receipt in page["receipts"])
    assert net.rpc("ots_getBlockTransactions", 99, 0, 5) is None


def test_transactions_are_found_by_sender_and_nonce_once_they_are_in_a_block(explorer: Explorer) -> None:
    net = explorer.net
    receipt = explorer.wallet(explorer.b).send(to=HEIR)
    assert net.rpc("ots_getTransactionBySenderAndNonce", explorer.b, 0) == receipt["transactionHash"]
    net.rpc("evm_setAutomine", False)
    net.rpc("eth_sendTransaction", {"from": explorer.b, "to": HEIR})
    assert net.rpc("ots_getTransactionBySenderAndNonce", explorer.b, 1) is None


@pytest.mark.parametrize("method", ["ots_getInternalOperations", "ots_traceTransaction", "ots_getTransactionError"])
def test_an_unknown_transaction_is_an_error(explorer: Explorer, method: str) -> None:
    with pytest.raises(RpcError, match="transaction not found"):
        explorer.net.rpc(method, UNKNOWN)
