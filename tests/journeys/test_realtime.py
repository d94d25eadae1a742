"""Submissions that are answered with receipts, streams and the Flashblocks feed, over real connections and with clients
that people use. Tests wait for messages, never for a time.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from hexbytes import HexBytes
from web3 import AsyncWeb3, WebSocketProvider
from web3.utils.subscriptions import EthSubscription
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from megadev import Devnet
from megadev.chain.blocks import Header, encode_header, transactions_root
from megadev.chain.receipts import Log, Receipt, receipts_root
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, decode_transaction, sign_transaction
from megadev.primitives.abi import encode_call
from megadev.primitives.bloom import join_blooms
from megadev.primitives.keccak import keccak
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.stage.javascript import outcomes
from tests.stage.mini_blocks import NOBODY, UNSEALED, Chain
from tests.stage.slow_sockets import never_reads
from tests.stage.sockets import SECONDS, Socket

GAS = 60_000


@pytest.fixture
def net() -> Iterator[Devnet]:
    """The preset on a port, its blocks sealed once a test asks for it."""
    with Devnet(preset="megaeth", no_l1=True, no_mining=True, flashblocks=True, accounts=20) as net:
        net.serve()
        yield net


@pytest.fixture
def socket(net: Devnet) -> Iterator[Socket]:
    socket = Socket(net.url.replace("http", "ws"))
    yield socket
    socket.close()


def transfer(net: Devnet, account: int = 0, nonce: int = 0, **fields: Any) -> str:
    """A signed transaction of one wei."""
    given: dict[str, Any] = {
        "type": DYNAMIC_FEE,
        "chain_id": net.l2.chain.spec.chain_id,
        "nonce": nonce,
        "gas_limit": GAS,
        "to": bytes.fromhex(NOBODY[2:]),
        "value": 1,
        "max_fee_per_gas": 10**10,
        **fields,
    }
    key = bytes.fromhex(net.accounts[account].private_key[2:])
    return "0x" + sign_transaction(UnsignedTransaction(**given), key).encoded.hex()


# -- submissions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["realtime_sendRawTransaction", "eth_sendRawTransactionSync"])
def test_a_submission_is_answered_with_the_receipt_of_the_open_block(net: Devnet, socket: Socket, method: str) -> None:
    over_socket = socket.rpc(method, transfer(net))
    in_process = net.rpc(method, transfer(net, nonce=1), 1_000)
    for index, receipt in enumerate((over_socket, in_process)):
        assert (receipt["status"], receipt["blockNumber"], receipt["blockHash"]) == ("0x1", "0x1", UNSEALED)
        assert receipt["transactionIndex"] == hex(index)
        assert receipt == net.rpc("eth_getTransactionReceipt", receipt["transactionHash"])
    net.rpc("evm_mine")
    sealed = net.rpc("eth_getTransactionReceipt", over_socket["transactionHash"])
    assert sealed == over_socket | {"blockHash": net.rpc("eth_getBlockByNumber", "0x1", False)["hash"]}


def refused(chain: Chain | Devnet, method: str, *params: Any) -> RpcError:
    with pytest.raises(RpcError) as error:
        chain.rpc(method, *params)
    return error.value


def test_a_submission_that_is_not_executed_in_time_expires_in_megaeths_words(net: Devnet) -> None:
    error = refused(net, "realtime_sendRawTransaction", transfer(net, nonce=1), 1)
    assert (error.code, error.message, error.data) == (-32000, "realtime transaction expired", None)
    again = refused(net, "realtime_sendRawTransaction", transfer(net, nonce=1), 1)
    assert "already known" in again.message, "what becomes of it was left open"
    net.rpc("realtime_sendRawTransaction", transfer(net))
    late = refused(net, "realtime_sendRawTransaction", transfer(net, nonce=1))
    assert "already known" in late.message or "nonce too low" in late.message
    other = refused(net, "realtime_sendRawTransaction", transfer(net, nonce=1, value=2))
    assert "nonce too low" in other.message


def test_a_submission_waits_for_what_comes_before_it(net: Devnet) -> None:
    answers: list[Any] = []
    waiting = threading.Event()
    net.node.l2.bus.subscribe(lambda event: waiting.set())
    asking = threading.Thread(
        target=lambda: answers.append(net.rpc("realtime_sendRawTransaction", transfer(net, nonce=1), 60_000))
    )
    asking.start()
    assert waiting.wait(SECONDS)
    net.rpc("realtime_sendRawTransaction", transfer(net))
    asking.join(SECONDS)
    assert (answers[0]["transactionIndex"], answers[0]["blockHash"]) == ("0x1", UNSEALED)


@pytest.mark.parametrize("timeout", ["0xzz", -1, 1.5, "soon", [1]])
def test_an_invalid_timeout_is_refused(net: Devnet, timeout: Any) -> None:
    assert refused(net, "realtime_sendRawTransaction", transfer(net), timeout).code == -32602
    assert refused(net, "realtime_sendRawTransaction", "0xdeadbeef").code == -32602
    assert net.rpc("eth_getTransactionCount", net.accounts[0].address, "latest") == "0x0"


def test_timeout_and_errors_of_sync_methods_are_settings_with_defaults_per_preset() -> None:
    assert (Devnet().config.sync_timeout, Devnet().config.sync_errors) == (2.0, "wait")
    megaeth = Devnet(preset="megaeth", no_l1=True, no_mining=True).config
    assert (megaeth.sync_timeout, megaeth.sync_errors) == (5.0, "megaeth")
    with Devnet(preset="megaeth", no_l1=True, no_mining=True, sync_timeout=0.001, sync_errors="wait") as net:
        error = refused(net, "eth_sendRawTransactionSync", transfer(net, nonce=1))
        assert error.code == 4
        assert net.rpc("eth_getTransactionByHash", error.data)["blockHash"] is None


def test_eip_7966_errors_name_the_reason_at_once() -> None:
    with Devnet(sync_errors="eip-7966", disable_pool_balance_checks=True) as net:
        net.rpc("eth_sendRawTransactionSync", transfer(net))
        gap = refused(net, "eth_sendRawTransactionSync", transfer(net, nonce=3), 60_000)
        assert (gap.code, gap.data) == (6, "0x1")
        assert "nonce gap" in gap.message
        assert net.rpc("txpool_status")["queued"] == "0x1", "it waits in the txpool"
        net.rpc("evm_setAutomine", False)
        unpaid = refused(net, "eth_sendRawTransactionSync", transfer(net, 1, value=10**30), 60_000)
        assert unpaid.code == 5
        assert net.rpc("eth_getTransactionByHash", unpaid.data)["value"] == hex(10**30)
        assert refused(net, "eth_sendRawTransactionSync", transfer(net, 2), 1).code == 4


# -- load ---------------------------------------------------------------------------------------------------------


def test_under_load_numbers_have_no_gaps_and_each_transaction_is_in_one_mini_block_and_one_block() -> None:
    senders, each = 5, 60
    with Devnet(preset="megaeth", no_l1=True, block_time=0.1, accounts=senders) as net, ExitStack() as open_sockets:
        url = net.serve().replace("http", "ws")

        def opened() -> Socket:
            socket = Socket(url)
            open_sockets.callback(socket.close)
            return socket

        listener = opened()
        minis = listener.rpc("eth_subscribe", "miniBlocks")
        sockets = [opened() for _ in range(senders)]
        raw = [[transfer(net, sender, nonce) for nonce in range(each)] for sender in range(senders)]
        hashes: list[str] = []

        def send(sender: int) -> None:
            for number, one in enumerate(raw[sender]):
                if number % 2:
                    hashes.append(sockets[sender].rpc("realtime_sendRawTransaction", one)["transactionHash"])
                else:
                    hashes.append(sockets[sender].rpc("eth_sendRawTransaction", one))

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(senders)]
        for thread in threads:
            thread.start()
        seen: list[Any] = []
        while sum(len(mini["transactions"]) for mini in seen) < senders * each:
            seen.append(listener.next(minis))
        for thread in threads:
            thread.join(SECONDS)
        net.rpc("evm_mine")

        assert [int(mini["mini_block_number"], 16) for mini in seen] == list(range(len(seen)))
        told = [tx["hash"] for mini in seen for tx in mini["transactions"]]
        assert len(told) == len(set(told)) == senders * each
        assert set(told) == set(hashes)
        assert [receipt["transactionHash"] for mini in seen for receipt in mini["receipts"]] == told
        blocks = [
            net.rpc("eth_getBlockByNumber", hex(n), False) for n in range(int(net.rpc("eth_blockNumber"), 16) + 1)
        ]
        assert [tx_hash for block in blocks for tx_hash in block["transactions"]] == told
        per_block: dict[str, list[int]] = {}
        for mini in seen:
            per_block.setdefault(mini["block_number"], []).append(int(mini["index"], 16))
        assert all(indices == list(range(len(indices))) for indices in per_block.values())
        counts = {block["number"]: int(block["miniBlockCount"], 16) for block in blocks if block["transactions"]}
        assert counts == {number: len(indices) for number, indices in per_block.items()}


def test_subscribers_that_never_read_are_dropped_and_the_sequencer_does_not_wait_for_them() -> None:
    kinds = [["miniBlocks"], ["stateChanges"], ["logs", {"fromBlock": "pending"}], ["newHeads"]]
    with Devnet(preset="megaeth", no_l1=True, no_mining=True, flashblocks=True, subscriber_backlog=50_000) as net:
        net.serve()
        port = int(net.url.rpartition(":")[2])
        with closing(never_reads(port, 100, kinds)), closing(never_reads(port, 100, kinds)):
            attentive = Socket(net.url.replace("http", "ws"))
            minis = attentive.rpc("eth_subscribe", "miniBlocks")
            subscriptions = net.l2.dispatcher.node.subscriptions
            assert len(subscriptions) == 801
            for nonce in range(300):
                receipt = net.rpc("realtime_sendRawTransaction", transfer(net, nonce=nonce))
                assert receipt["status"] == "0x1"
                assert attentive.next(minis)["transactions"][0]["hash"] == receipt["transactionHash"]
                if len(subscriptions) == 1:
                    break
            assert len(subscriptions) == 1, "they were dropped; whoever reads hears everything"
            attentive.close()


# -- clients ------------------------------------------------------------------------------------------------------


def test_web3py_consumes_every_stream(net: Devnet) -> None:
    creation = {"from": net.accounts[1].address, "data": "0x" + load("Logger").creation.hex()}
    logger = net.rpc("eth_sendTransactionSync", creation)["contractAddress"]
    data = encode_call("many(uint256)", 2)

    async def run() -> tuple[dict[str, list[Any]], str]:
        told: dict[str, list[Any]] = {}
        async with AsyncWeb3(WebSocketProvider(net.url.replace("http", "ws"))) as w3:
            subscriptions = {
                await w3.eth.subscribe("newHeads"): "newHeads",
                await w3.eth.subscribe("logs", {"address": logger}): "logs",
                await w3.eth.subscribe("newPendingTransactions"): "newPendingTransactions",
            }
            for params in (
                ("logs", {"address": logger, "fromBlock": "pending", "toBlock": "pending"}),
                ("miniBlocks",),
                ("stateChanges", [logger, net.accounts[0].address]),
                ("lostPreconfirmations",),
            ):
                subscription: EthSubscription[Any] = EthSubscription(params)
                name = params[0] if len(params) == 1 or params[0] != "logs" else "early logs"
                subscriptions[await w3.subscription_manager.subscribe(subscription)] = str(name)
            raw = transfer(net, to=bytes.fromhex(logger[2:]), value=0, data=data, gas_limit=200_000)
            answer = await w3.provider.make_request("realtime_sendRawTransaction", [raw])  # type: ignore[arg-type]
            sent: str = answer["result"]["transactionHash"]
            async with asyncio.timeout(SECONDS):
                async for message in w3.socket.process_subscriptions():
                    told.setdefault(subscriptions[message["subscription"]], []).append(message["result"])
                    if len(told.get("early logs", ())) == 2 and "newHeads" not in told and "miniBlocks" in told:
                        await w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
                    if "newHeads" in told and len(told.get("logs", ())) == 2:
                        break
            return told, sent

    told, sent = asyncio.run(run())
    assert told["newPendingTransactions"][0].to_0x_hex() == sent
    mini = told["miniBlocks"][-1]
    assert mini["transactions"][-1]["hash"] == sent
    assert [log["logIndex"] for log in told["logs"]] == [log["logIndex"] for log in told["early logs"]]
    assert {log["blockHash"].to_0x_hex() for log in told["early logs"]} == {UNSEALED}
    assert told["logs"][0]["blockHash"] == HexBytes(told["newHeads"][0]["hash"])
    assert int(told["newHeads"][0]["miniBlockCount"], 16) >= 1
    assert {change["address"] for change in told["stateChanges"]} >= {net.accounts[0].address.lower()}


VIEM = ("a receipt in one request", "every stream, over WebSocket")


@pytest.fixture(scope="module")
def viem_outcomes() -> Iterator[dict[str, str]]:
    with Devnet(preset="megaeth", no_l1=True, accounts=20) as net:
        net.serve()
        yield outcomes(net, "viem", "viem_realtime")


@pytest.mark.node_js
@pytest.mark.parametrize("journey", VIEM)
def test_viem(viem_outcomes: dict[str, str], journey: str) -> None:
    assert viem_outcomes[journey] == "ok"


@pytest.mark.node_js
def test_every_journey_of_the_script_is_listed(viem_outcomes: dict[str, str]) -> None:
    assert tuple(viem_outcomes) == VIEM


# -- Flashblocks --------------------------------------------------------------------------------------------------


def quantity(value: str) -> int:
    return int(value, 16)


def data(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def receipt_of(shown: dict[str, Any]) -> Receipt:
    """As much of a receipt as a receipts trie holds."""
    logs = tuple(Log(data(log["address"]), tuple(map(data, log["topics"])), data(log["data"])) for log in shown["logs"])
    return Receipt(
        type=quantity(shown["type"]), succeeded=shown["status"] == "0x1", logs=logs, bloom=data(shown["logsBloom"]),
        cumulative_gas_used=quantity(shown["cumulativeGasUsed"]), gas_used=0, effective_gas_price=0,
    )  # fmt: skip


def rebuilt(pieces: list[dict[str, Any]], net: Devnet) -> tuple[str, list[str]]:
    """Hash and transactions of the block that Flashblocks tell of, made of nothing else."""
    assert [piece["index"] for piece in pieces] == list(range(len(pieces)))
    assert len({piece["payload_id"] for piece in pieces}) == 1
    base, last = pieces[0]["base"], pieces[-1]["diff"]
    raws = [raw for piece in pieces for raw in piece["diff"]["transactions"]]
    transactions = [decode_transaction(data(raw), net.l2.chain.spec) for raw in raws]
    receipts = [receipt_of(shown) for piece in pieces for shown in piece["metadata"]["receipts"].values()]
    hashes = ["0x" + tx.hash.hex() for tx in transactions]
    assert [tx_hash for piece in pieces for tx_hash in piece["metadata"]["receipts"]] == hashes
    assert {piece["metadata"]["block_number"] for piece in pieces} == {quantity(base["block_number"])}
    header = Header(
        parent_hash=data(base["parent_hash"]),
        coinbase=data(base["fee_recipient"]),
        state_root=data(last["state_root"]),
        transactions_root=transactions_root(transactions),
        receipts_root=receipts_root(receipts),
        logs_bloom=join_blooms(receipt.bloom for receipt in receipts),
        number=quantity(base["block_number"]),
        gas_limit=quantity(base["gas_limit"]),
        gas_used=receipts[-1].cumulative_gas_used if receipts else 0,
        timestamp=quantity(base["timestamp"]),
        extra_data=data(base["extra_data"]),
        prev_randao=data(base["prev_randao"]),
        base_fee=quantity(base["base_fee_per_gas"]),
        withdrawals_root=data(last["withdrawals_root"]),
        blob_gas_used=quantity(last["blob_gas_used"]),
        parent_beacon_root=data(base["parent_beacon_block_root"]),
    )
    assert quantity(last["gas_used"]) == header.gas_used
    assert (data(last["receipts_root"]), data(last["logs_bloom"])) == (header.receipts_root, header.logs_bloom)
    block_hash = "0x" + keccak(encode_header(header)).hex()
    assert last["block_hash"] == block_hash
    return block_hash, hashes


def next_piece(feed: ClientConnection) -> dict[str, Any]:
    piece: dict[str, Any] = json.loads(feed.recv(SECONDS))
    return piece


def test_a_block_can_be_made_again_from_its_flashblocks(net: Devnet) -> None:
    creation = {"from": net.accounts[1].address, "data": "0x" + load("Logger").creation.hex()}
    with connect(net.url.replace("http", "ws") + "/flashblocks") as feed:
        logger = net.rpc("eth_sendTransactionSync", creation)["contractAddress"]
        pieces = [next_piece(feed)]  # by time: nothing else ends it
        logs = encode_call("many(uint256)", 3)
        for nonce in range(5):
            fields = {"to": bytes.fromhex(logger[2:]), "value": 0, "data": logs, "gas_limit": 200_000}
            net.rpc("eth_sendRawTransaction", transfer(net, 0, nonce, **fields))
        pieces.append(next_piece(feed))
        net.rpc("eth_sendRawTransaction", transfer(net, 2))
        net.rpc("evm_mine")
        while pieces[-1]["diff"]["block_hash"] != net.rpc("eth_getBlockByNumber", "0x1", False)["hash"]:
            pieces.append(next_piece(feed))
        block_hash, hashes = rebuilt(pieces, net)
        block = net.rpc("eth_getBlockByNumber", "0x1", False)
        assert (block_hash, hashes) == (block["hash"], block["transactions"])
        assert len(pieces) >= 3
        assert quantity(pieces[-1]["metadata"]["new_account_balances"][NOBODY]) == 1
        assert all("base" not in piece for piece in pieces[1:])

        net.rpc("evm_mine")
        assert rebuilt([next_piece(feed)], net) == (net.rpc("eth_getBlockByNumber", "0x2", False)["hash"], [])


def test_after_blocks_are_taken_back_the_feed_begins_again_at_their_parent(net: Devnet) -> None:
    with connect(net.url.replace("http", "ws") + "/flashblocks") as feed:
        parent = net.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
        for value in (1, 2):
            net.rpc("eth_sendRawTransaction", transfer(net, value=value))
            net.rpc("evm_mine")
            piece = next_piece(feed)
            assert (piece["index"], piece["base"]["parent_hash"], piece["metadata"]["block_number"]) == (0, parent, 1)
            net.rpc("anvil_rollback", 1)


def test_the_flashblocks_feed_is_optional_and_accepts_no_requests(net: Devnet) -> None:
    with connect(net.url.replace("http", "ws") + "/flashblocks") as feed:
        feed.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}))
        net.rpc("evm_mine")
        assert next_piece(feed)["index"] == 0
    with (
        Devnet() as other,
        pytest.raises(InvalidStatus, match="404"),
        connect(other.serve().replace("http", "ws") + "/flashblocks"),
    ):
        pass


def test_in_the_dev_preset_each_block_is_one_flashblock() -> None:
    with Devnet(flashblocks=True) as net, connect(net.serve().replace("http", "ws") + "/flashblocks") as feed:
        for nonce in range(3):
            receipt = net.rpc("eth_sendRawTransactionSync", transfer(net, nonce=nonce))
            assert rebuilt([next_piece(feed)], net) == (receipt["blockHash"], [receipt["transactionHash"]])


def test_the_banner_shows_the_feeds_url(megadev_up: Any) -> None:
    node = megadev_up("--flashblocks")
    assert any(f"ws://127.0.0.1:{node.port}/flashblocks" in line for line in node.printed)
