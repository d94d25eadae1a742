"""What subscribers of a chain with mini-blocks are told, and when: time passes when a test says so.

The same over real connections, with clients that people use, is in ``test_realtime_clients``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from megadev.chain.mini_blocks import UNSEALED_HASH, mini_block
from megadev.chain.preconfirmations import sign_block
from megadev.events import MiniBlockSealed, PreconfirmationsLost
from megadev.primitives.abi import Value, encode_call
from megadev.primitives.signatures import recover
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.stage.mini_blocks import NOBODY, Chain

UNSEALED = "0x" + UNSEALED_HASH.hex()


class Listener:
    """A connection that stays, without a socket."""

    id = "listener"

    def __init__(self, chain: Chain) -> None:
        self.told: dict[str, list[Any]] = {}
        self._dispatcher = chain.net.dispatcher
        self._node = self._dispatcher.node_for(self)
        self._close: list[Callable[[], None]] = []

    def notify(self, message: bytes, shared: bytes = b"") -> None:
        notice = json.loads(message + shared)
        assert (notice["jsonrpc"], notice["method"]) == ("2.0", "eth_subscription")
        self.told.setdefault(notice["params"]["subscription"], []).append(notice["params"]["result"])

    def on_close(self, callback: Callable[[], None]) -> None:
        self._close.append(callback)

    def subscribe(self, *params: Any) -> list[Any]:
        """Subscribe; the list that fills with what is told."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": params}).encode()
        answer = self._dispatcher.handle(body, self._node)
        assert isinstance(answer, bytes)
        decoded = json.loads(answer)
        if "error" in decoded:
            raise RpcError(decoded["error"]["code"], decoded["error"]["message"])
        return self.told.setdefault(decoded["result"], [])


class Logger:
    """A deployed contract that logs what it is told."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.address: str = chain.rpc(
            "eth_sendTransactionSync", {"from": chain.other, "data": "0x" + load("Logger").creation.hex()}
        )["contractAddress"]
        chain.loop.advance(1)

    def log(self, signature: str, *args: Value) -> Any:
        data = "0x" + encode_call(signature, *args).hex()
        return self._chain.rpc(
            "eth_sendTransactionSync", {"from": self._chain.sender, "to": self.address, "data": data}
        )


@pytest.fixture
def chain() -> Iterator[Chain]:
    chain = Chain()
    yield chain
    chain.net.close()


@pytest.fixture
def listener(chain: Chain) -> Listener:
    return Listener(chain)


# -- mini-blocks --------------------------------------------------------------------------------------------------


def test_a_mini_block_is_sent_complete_when_it_closes(chain: Chain, listener: Listener) -> None:
    told = listener.subscribe("miniBlocks")
    hashes = [chain.pay(), chain.pay()]
    assert told == []
    chain.loop.advance(0.01)
    (shown,) = told
    assert list(shown) == [
        "block_number", "block_timestamp", "index", "mini_block_number", "mini_block_timestamp", "gas_used",
        "transactions", "receipts", "transaction_root", "receipt_root", "signature",
    ]  # fmt: skip
    (mini,) = (event.mini_block for event in chain.of(MiniBlockSealed))
    numbers = (mini.block_number, mini.block_timestamp, mini.index, mini.number, mini.timestamp, mini.gas_used)
    assert [int(shown[name], 16) for name in list(shown)[:6]] == list(numbers)
    assert shown["transactions"] == [chain.rpc("eth_getTransactionByHash", tx_hash) for tx_hash in hashes]
    assert shown["receipts"] == [chain.receipt(tx_hash) for tx_hash in hashes]
    assert {place["blockHash"] for place in shown["transactions"] + shown["receipts"]} == {UNSEALED}
    assert [shown["transaction_root"], shown["receipt_root"]] == [
        "0x" + mini.transaction_root.hex(), "0x" + mini.receipt_root.hex(),
    ]  # fmt: skip


def test_a_mini_blocks_signature_is_that_of_the_sequencer_of_its_block(chain: Chain, listener: Listener) -> None:
    told = listener.subscribe("miniBlocks")
    chain.pay()
    chain.loop.advance(1)
    signature = {name: int(value, 16) for name, value in told[0]["signature"].items()}
    digest = mini_block(chain.net.l2.chain.block(1), 0).digest
    signer = recover(digest, signature["yParity"], signature["r"], signature["s"])
    assert signer is not None and "0x" + signer.hex() == chain.rpc("megadev_sequencerAt", "0x1")


def test_receipts_count_gas_and_logs_from_the_start_of_the_block(chain: Chain, listener: Listener) -> None:
    logger = Logger(chain)
    told = listener.subscribe("miniBlocks")
    for _ in range(3):
        logger.log("many(uint256)", 2)
        chain.loop.advance(0.02)
    receipts = [receipt for shown in told for receipt in shown["receipts"]]
    assert [receipt["transactionIndex"] for receipt in receipts] == ["0x0", "0x1", "0x2"]
    assert [int(log["logIndex"], 16) for receipt in receipts for log in receipt["logs"]] == list(range(6))
    used = [int(receipt["gasUsed"], 16) for receipt in receipts]
    assert [int(receipt["cumulativeGasUsed"], 16) for receipt in receipts] == [used[0], sum(used[:2]), sum(used)]
    assert [shown["index"] for shown in told] == ["0x0", "0x1", "0x2"]


def test_in_the_dev_preset_each_transaction_is_sent_as_a_mini_block() -> None:
    chain = Chain(preset="dev")
    told = Listener(chain).subscribe("miniBlocks")
    hashes = [chain.pay() for _ in range(3)]
    assert [[tx["hash"] for tx in shown["transactions"]] for shown in told] == [[tx_hash] for tx_hash in hashes]
    assert [(shown["mini_block_number"], shown["index"]) for shown in told] == [
        ("0x0", "0x0"),
        ("0x1", "0x0"),
        ("0x2", "0x0"),
    ]


# -- heads --------------------------------------------------------------------------------------------------------


def test_a_new_head_has_its_mini_block_offsets_and_a_signature(chain: Chain, listener: Listener) -> None:
    told = listener.subscribe("newHeads")
    for _ in range(2):
        chain.pay()
        chain.loop.advance(0.5)
    chain.loop.advance(1)
    head, empty = told
    block = chain.net.l2.chain.block(1)
    assert {name: head[name] for name in ("txOffset", "miniBlockOffset", "miniBlockCount")} == {
        "txOffset": "0x0", "miniBlockOffset": "0x0", "miniBlockCount": "0x2",
    }  # fmt: skip
    assert (empty["txOffset"], empty["miniBlockOffset"], empty["miniBlockCount"]) == ("0x2", "0x2", "0x0")
    assert head == chain.rpc("eth_getHeaderByNumber", "0x1") | {"signature": head["signature"]}
    signature = bytes.fromhex(head["signature"][2:])
    assert signature == sign_block(block.hash, chain.net.l2.chain.signers.at(1).key)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    assert recover(block.hash, signature[64] - 27, r, s) == chain.net.l2.chain.signers.at(1).address


# -- logs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tag", ["pending", "latest"])
def test_logs_from_pending_or_latest_are_sent_with_their_mini_block(chain: Chain, listener: Listener, tag: str) -> None:
    logger = Logger(chain)
    early = listener.subscribe("logs", {"address": logger.address, "fromBlock": tag, "toBlock": tag})
    sealed = listener.subscribe("logs", {"address": logger.address})
    listener.subscribe("logs", {"address": NOBODY, "fromBlock": tag})
    receipts = [logger.log("many(uint256)", 2), logger.log("many(uint256)", 1)]
    assert early == []
    chain.loop.advance(0.01)
    logs = [log for receipt in receipts for log in receipt["logs"]]
    assert early == logs
    assert {log["blockHash"] for log in early} == {UNSEALED}
    assert sealed == []
    chain.loop.advance(1)
    block_hash = chain.rpc("eth_getBlockByNumber", "0x2", False)["hash"]
    assert sealed == [log | {"blockHash": block_hash} for log in logs]
    assert len(early) == 3, "once each"
    assert sum(map(len, listener.told.values())) == 6


def test_in_the_dev_preset_logs_are_sent_with_their_block() -> None:
    chain = Chain(preset="dev")
    logger, told = Logger(chain), Listener(chain).subscribe("logs", {"fromBlock": "latest"})
    assert told == logger.log("many(uint256)", 2)["logs"]
    assert told[0]["blockHash"] == chain.rpc("eth_getBlockByNumber", "latest", False)["hash"]


def test_logs_of_the_open_block_are_found_at_pending(chain: Chain) -> None:
    logger = Logger(chain)
    first = logger.log("many(uint256)", 2)
    chain.loop.advance(1)
    second, third = logger.log("many(uint256)", 1), logger.log("many(uint256)", 3)
    criteria = {"address": logger.address, "fromBlock": "0x0"}
    sealed = chain.rpc("eth_getLogs", criteria | {"toBlock": "latest"})
    unsealed = second["logs"] + third["logs"]
    assert [log["transactionHash"] for log in sealed] == [first["transactionHash"]] * 2
    for method, found in (("eth_getLogs", lambda logs: logs), ("eth_getLogsWithCursor", lambda page: page["logs"])):
        assert found(chain.rpc(method, criteria | {"toBlock": "pending"})) == sealed + unsealed
        assert found(chain.rpc(method, {"fromBlock": "pending", "toBlock": "pending"})) == unsealed
        assert found(chain.rpc(method, criteria | {"toBlock": "latest"})) == sealed
        assert found(chain.rpc(method, {"fromBlock": "0x3", "toBlock": "0x3"})) == unsealed
    assert [log["logIndex"] for log in unsealed] == ["0x0", "0x1", "0x2", "0x3"]
    page = chain.rpc("eth_getLogsWithCursor", criteria | {"toBlock": "pending", "cursor": "0x0000000300000001"})
    assert page == {"logs": unsealed[1:]}
    chain.loop.advance(1)
    assert chain.rpc("eth_getLogs", {"fromBlock": "pending", "toBlock": "pending"}) == []
    assert len(chain.rpc("eth_getLogs", criteria | {"toBlock": "pending"})) == 6, "none twice"


def test_a_filter_from_pending_on_has_logs_as_mini_blocks_make_them_known(chain: Chain) -> None:
    logger = Logger(chain)
    early = chain.rpc("eth_newFilter", {"address": logger.address, "fromBlock": "pending"})
    usual = chain.rpc("eth_newFilter", {"address": logger.address, "fromBlock": "latest"})
    receipt = logger.log("many(uint256)", 2)
    assert chain.rpc("eth_getFilterChanges", early) == []
    chain.loop.advance(0.01)
    assert chain.rpc("eth_getFilterChanges", early) == receipt["logs"]
    assert chain.rpc("eth_getFilterLogs", early) == []
    assert chain.rpc("eth_getFilterChanges", usual) == []
    chain.loop.advance(1)
    assert chain.rpc("eth_getFilterChanges", early) == []
    assert [log["logIndex"] for log in chain.rpc("eth_getFilterChanges", usual)] == ["0x0", "0x1"]


# -- state --------------------------------------------------------------------------------------------------------


def test_each_changed_account_is_sent_once_per_mini_block(chain: Chain, listener: Listener) -> None:
    told = listener.subscribe("stateChanges")
    for _ in range(3):
        chain.pay(value="0x5")
    chain.loop.advance(0.01)
    by_address = {change["address"]: change for change in told}
    assert len(by_address) == len(told)
    assert by_address[NOBODY] == {"address": NOBODY, "nonce": "0x0", "balance": "0xf", "storage": {}}
    sender = by_address[chain.sender.lower()]
    assert (sender["nonce"], sender["balance"]) == ("0x3", chain.rpc("eth_getBalance", chain.sender))
    chain.pay()
    chain.loop.advance(0.01)
    assert [change["balance"] for change in told if change["address"] == NOBODY] == ["0xf", "0x10"]


def test_state_changes_contain_only_changed_slots(chain: Chain, listener: Listener) -> None:
    storage: str = chain.rpc(
        "eth_sendTransactionSync", {"from": chain.other, "data": "0x" + load("Storage").creation.hex()}
    )["contractAddress"]
    chain.loop.advance(1)
    chosen = listener.subscribe("stateChanges", [storage])
    others = listener.subscribe("stateChanges", [NOBODY, "0x" + "77" * 20])

    def write(slot: int, value: int) -> None:
        data = "0x" + encode_call("write(uint256,uint256)", slot, value).hex()
        chain.rpc("eth_sendTransaction", {"from": chain.sender, "to": storage, "data": data, "gas": "0x30000"})

    def word(value: int) -> str:
        return f"0x{value:064x}"

    write(7, 1)
    write(7, 2)
    write(2**256 - 1, 3)
    chain.loop.advance(0.01)
    write(7, 0)
    chain.loop.advance(0.01)
    assert chosen == [
        {
            "address": storage,
            "nonce": "0x1",
            "balance": "0x0",
            "storage": {word(7): word(2), word(2**256 - 1): word(3)},
        },
        {"address": storage, "nonce": "0x1", "balance": "0x0", "storage": {word(7): word(0)}},
    ]
    assert others == []


def test_a_subscription_has_at_most_256_accounts(listener: Listener) -> None:
    addresses = [f"0x{number:040x}" for number in range(257)]
    listener.subscribe("stateChanges", addresses[:256])
    listener.subscribe("stateChanges", [])
    with pytest.raises(RpcError, match="at most 256 addresses") as refused:
        listener.subscribe("stateChanges", addresses)
    assert refused.value.code == -32602
    for options in ("0x" + "11" * 20, [1], {"address": []}):
        with pytest.raises(RpcError, match="invalid options for stateChanges"):
            listener.subscribe("stateChanges", options)


def test_each_preconfirmation_comes_with_the_time_it_took(chain: Chain, listener: Listener) -> None:
    told = listener.subscribe("preconfirmations")
    receipt = chain.rpc("eth_getTransactionReceipt", chain.pay())
    chain.loop.advance(0.01)
    entries = [each for message in told for each in message]
    (own,) = (each for each in entries if each["transactionHash"] == receipt["transactionHash"])
    assert own == {
        **own,
        "blockNumber": receipt["blockNumber"],
        "transactionIndex": receipt["transactionIndex"],
    }
    assert 0 <= int(own["duration"], 16) < 10**10


# -- what is lost -------------------------------------------------------------------------------------------------


def test_transactions_lost_in_a_crash_are_announced(chain: Chain, listener: Listener) -> None:
    """The event is published here by hand: what it does to subscribers does not depend on how it came about."""
    logger = Logger(chain)
    lost = listener.subscribe("lostPreconfirmations")
    logs = listener.subscribe("logs", {"fromBlock": "pending"})
    sealed = listener.subscribe("logs")
    state = listener.subscribe("stateChanges", [NOBODY])
    filter_id = chain.rpc("eth_newFilter", {"fromBlock": "pending"})
    receipt = logger.log("many(uint256)", 2)
    chain.pay()
    chain.loop.advance(0.01)
    (mini,) = (event.mini_block for event in chain.of(MiniBlockSealed) if event.mini_block.block_number == 2)
    chain.net.node.l2.bus.publish(PreconfirmationsLost(2, mini.transactions, "crash", (mini,)))
    hashes = ["0x" + tx.hash.hex() for tx in mini.transactions]
    assert lost == [
        {"blockNumber": "0x2", "transactionHashes": hashes, "miniBlockNumbers": [hex(mini.number)], "reason": "crash"}
    ]
    told = receipt["logs"] + [log | {"removed": True} for log in receipt["logs"]]
    assert logs == told
    assert chain.rpc("eth_getFilterChanges", filter_id) == told
    assert sealed == []
    assert len(state) == 2, "the values that hold now, which here are those of before"


# -- one encoding for all -----------------------------------------------------------------------------------------


def test_a_message_is_encoded_once_for_all_subscribers(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    from megadev.rpc import streams

    made = []
    encode = streams._encode
    monkeypatch.setattr(streams, "_encode", lambda value: made.append(value) or encode(value))
    listeners = [Listener(chain) for _ in range(20)]
    for number, listener in enumerate(listeners):
        listener.id = f"listener-{number}"
        listener.subscribe("miniBlocks")
        listener.subscribe("stateChanges")
        listener.subscribe("stateChanges", [NOBODY])
        listener.subscribe("logs", {"fromBlock": "pending"})
    chain.pay()
    chain.loop.advance(0.01)
    assert len(made) == 4, "a mini-block, two accounts and the vault that keeps the base fee"
    assert all(sum(map(len, listener.told.values())) == 5 for listener in listeners)
