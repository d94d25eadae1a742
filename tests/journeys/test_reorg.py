"""Blocks taken back and replaced: anvil_reorg, anvil_rollback and anvil_reset, and who is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from websockets.sync.client import connect

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.abi import encode_call
from megadev.rpc.client import RpcError
from tests.contracts import load

START = 1_700_000_000
NOBODY = "0x" + "99" * 20
SECONDS = 120


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def net(clock: ManualClock) -> Iterator[Devnet]:
    with Devnet(clock=clock) as net:
        yield net


@pytest.fixture
def alice(net: Devnet) -> str:
    return net.accounts[0].address


@pytest.fixture
def bob(net: Devnet) -> str:
    return net.accounts[1].address


def block(net: Devnet, number: int | str, full: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = net.rpc("eth_getBlockByNumber", number if isinstance(number, str) else hex(number), full)
    return found


def head(net: Devnet) -> int:
    return int(net.rpc("eth_blockNumber"), 16)


def balance(net: Devnet, address: str) -> int:
    return int(net.rpc("eth_getBalance", address), 16)


def pay(net: Devnet, sender: str, to: str, value: int) -> str:
    tx_hash: str = net.rpc("eth_sendTransaction", {"from": sender, "to": to, "value": hex(value)})
    return tx_hash


def assert_chain_hangs_together(net: Devnet) -> None:
    for number in range(1, head(net) + 1):
        sealed = net.l2.chain.store.by_number(number)
        parent = net.l2.chain.store.by_number(number - 1)
        assert sealed is not None and parent is not None
        assert sealed.header.parent_hash == parent.hash
        assert sealed.header.state_root == sealed.world.state_root
        assert net.rpc("eth_getBlockByHash", "0x" + sealed.hash.hex(), False)["number"] == hex(number)


# -- anvil_reorg --------------------------------------------------------------------------------------------------


def test_a_reorg_replaces_the_last_blocks_by_empty_ones(net: Devnet, alice: str) -> None:
    kept = pay(net, alice, NOBODY, 1)
    lost = [pay(net, alice, NOBODY, 10), pay(net, alice, NOBODY, 100)]
    old = [block(net, number) for number in (1, 2, 3)]
    assert net.rpc("anvil_reorg", 2, []) is None
    new = [block(net, number) for number in (1, 2, 3)]
    assert head(net) == 3
    assert new[0] == old[0]
    assert [one["transactions"] for one in new[1:]] == [[], []]
    assert {one["hash"] for one in new[1:]}.isdisjoint({one["hash"] for one in old})
    assert balance(net, NOBODY) == 1
    assert net.rpc("eth_getTransactionReceipt", kept) is not None
    for tx_hash in lost:
        assert net.rpc("eth_getTransactionReceipt", tx_hash) is None
        assert net.rpc("eth_getTransactionByHash", tx_hash) is None, (
            "as in Anvil, they are not put back into the txpool"
        )
    assert net.rpc("eth_getBlockByHash", old[2]["hash"], False) is None
    assert_chain_hangs_together(net)


def test_blocks_that_hold_the_same_differ_after_a_reorg_and_keep_their_times(net: Devnet) -> None:
    net.rpc("anvil_mine", 3, 60)
    old = [block(net, number) for number in (2, 3)]
    net.rpc("anvil_reorg", 2)
    new = [block(net, number) for number in (2, 3)]
    assert all(one["hash"] != other["hash"] for one, other in zip(old, new, strict=True))
    assert [one["timestamp"] for one in new] == [one["timestamp"] for one in old]
    assert new[0]["stateRoot"] == old[0]["stateRoot"]
    again = Devnet(clock=ManualClock(START))
    again.rpc("anvil_mine", 3, 60)
    again.rpc("anvil_reorg", 2)
    assert block(again, 3)["hash"] == new[1]["hash"], "the same script gives the same hashes"


def test_a_reorg_takes_transactions_signed_or_described(net: Devnet, alice: str, bob: str) -> None:
    for _ in range(3):
        pay(net, alice, NOBODY, 1)
    key = net.accounts[1].private_key
    fees = {"gas": 21_000, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9}
    signed = Account.from_key(key).sign_transaction(
        {"to": NOBODY, "value": 500, "nonce": 0, "chainId": 31337, "type": 2, **fees}
    )
    net.rpc("anvil_impersonateAccount", NOBODY)
    net.rpc("anvil_setBalance", NOBODY, hex(10**18))
    net.rpc("evm_mine")
    pairs = [
        ["0x" + signed.raw_transaction.hex(), 0],
        [{"from": alice, "to": NOBODY, "value": hex(10**18)}, 0],
        [{"from": alice, "to": NOBODY, "value": "0x2"}, "0x2"],
        [{"from": NOBODY, "to": bob, "value": "0x3"}, 2],
    ]
    net.rpc("anvil_reorg", 3, pairs)
    held = [block(net, number, True)["transactions"] for number in range(1, 5)]
    assert [len(transactions) for transactions in held] == [1, 2, 0, 2]
    assert held[1][0]["hash"] == "0x" + signed.hash.hex()
    assert [int(tx["nonce"], 16) for tx in held[1] + held[3]] == [0, 1, 2, 0]
    assert all(tx["gas"] == hex(21_000) for transactions in held for tx in transactions)
    receipts = [net.rpc("eth_getTransactionReceipt", tx["hash"]) for transactions in held for tx in transactions]
    assert [receipt["status"] for receipt in receipts] == ["0x1"] * 5
    assert balance(net, NOBODY) == 1 + 500 + 10**18 + 2 - 3 - 21_000 * int(receipts[-1]["effectiveGasPrice"], 16)
    assert_chain_hangs_together(net)


def test_a_reorg_by_object(net: Devnet, alice: str) -> None:
    net.rpc("anvil_mine", 2)
    net.rpc("anvil_reorg", {"depth": "0x2", "txBlockPairs": [[{"from": alice, "to": NOBODY, "value": "0x5"}, 1]]})
    assert (head(net), len(block(net, 2)["transactions"]), balance(net, NOBODY)) == (2, 1, 5)


def test_contracts_of_a_reorg_find_each_other_and_its_hashes(net: Devnet, alice: str) -> None:
    """A contract made in one new block is called in the next, and its gas is estimated where it runs."""
    net.rpc("anvil_mine", 2)
    creation = "0x" + load("Logger").creation.hex()
    logger = net.rpc("eth_call", {"from": alice, "data": creation})
    assert len(logger) > 2
    snapshot = net.rpc("evm_snapshot")
    address = net.rpc("eth_sendTransactionSync", {"from": alice, "data": creation})["contractAddress"]
    net.rpc("evm_revert", snapshot)
    call = "0x" + encode_call("many(uint256)", 2).hex()
    net.rpc(
        "anvil_reorg", 2, [[{"from": alice, "data": creation}, 0], [{"from": alice, "to": address, "data": call}, 1]]
    )
    assert len(net.rpc("eth_getLogs", {"fromBlock": "0x0", "address": address})) == 2
    # BLOCKHASH(1) from block 3: PUSH1 1 BLOCKHASH PUSH0 MSTORE PUSH1 32 PUSH0 RETURN
    net.rpc("evm_mine")
    net.rpc("anvil_setCode", NOBODY, "0x6001405f5260205ff3")
    assert net.rpc("eth_call", {"to": NOBODY}) == block(net, 1)["hash"]


def test_waiting_transactions_survive_a_reorg_unless_their_nonce_is_used(net: Devnet, alice: str, bob: str) -> None:
    net.rpc("anvil_mine", 2)
    net.rpc("evm_setAutomine", False)
    stale, waiting = pay(net, alice, NOBODY, 1), pay(net, bob, NOBODY, 1)
    net.rpc("anvil_reorg", 1, [[{"from": alice, "to": NOBODY, "value": "0x7", "nonce": "0x0"}, 0]])
    assert net.rpc("eth_getTransactionByHash", stale) is None
    assert net.rpc("eth_getTransactionByHash", waiting)["blockNumber"] is None


def test_an_impossible_reorg_changes_nothing(net: Devnet, alice: str, bob: str) -> None:
    pay(net, alice, NOBODY, 1)
    pay(net, alice, NOBODY, 1)
    net.rpc("anvil_setBalance", bob, "0x5")
    before = [block(net, "latest"), balance(net, bob), net.rpc("evm_increaseTime", 0)]
    far = "0x" + "f" * 17
    for params, code, message in (
        ((3, []), -32602, "Reorg depth must not exceed current chain height: current height 2, depth 3"),
        ((2, [[{"from": alice}, 2]]), -32602, "Block number 2 must not exceed (depth-1) 1"),
        ((1, [[{"from": bob, "to": alice, "value": hex(10**18 * 10**6)}, 0]]), -32003, "nsufficient funds"),
        ((1, [[{"from": alice, "to": bob, "nonce": "0x0"}, 0]]), -32003, "nonce too low"),
        ((1, [[{"from": NOBODY}, 0]]), -32000, "unknown account"),
        ((1, [["0x02", 0]]), -32602, ""),
        ((1, [["signed", 0]]), -32602, "tx_block_pairs)[0]"),
        ((1, [[{"from": alice}]]), -32602, "expected [transaction, block index]"),
        ((1, {"0": 0}), -32602, "expected an array"),
        ((), -32602, "missing value"),
        (("deep",), -32602, "quantity"),
        ((far, []), -32602, "quantity"),
        (({"txBlockPairs": []},), -32602, "depth"),
    ):
        with pytest.raises(RpcError) as caught:
            net.rpc("anvil_reorg", *params)
        assert message in caught.value.message, (params, caught.value)
        assert caught.value.code == code, (params, caught.value)
    assert [block(net, "latest"), balance(net, bob), net.rpc("evm_increaseTime", 0)] == before


def test_a_reorg_of_depth_zero_does_nothing(net: Devnet) -> None:
    net.rpc("evm_mine")
    net.rpc("anvil_setBalance", NOBODY, "0x5")
    before = block(net, "latest")
    net.rpc("anvil_reorg", 0, [])
    net.rpc("anvil_rollback", 0)
    assert (block(net, "latest"), balance(net, NOBODY)) == (before, 5)


# -- anvil_rollback -----------------------------------------------------------------------------------------------


def test_a_rollback_removes_blocks_and_the_time_that_they_took(net: Devnet, clock: ManualClock, alice: str) -> None:
    net.rpc("anvil_mine", 4, 100)
    pay(net, alice, NOBODY, 5)
    times = [int(block(net, number)["timestamp"], 16) for number in range(6)]
    net.rpc("anvil_rollback")
    assert (head(net), balance(net, NOBODY)) == (4, 0)
    net.rpc("anvil_rollback", "0x1")
    net.rpc("anvil_rollback", 2)
    assert head(net) == 1
    clock.advance(7)
    net.rpc("evm_mine")
    assert int(block(net, 2)["timestamp"], 16) == times[1] + 7
    assert pay(net, alice, NOBODY, 5) is not None, "the nonce is free again"


@pytest.mark.parametrize("depth", [2, "0x2", -1, "all", True, [1]])
def test_a_rollback_further_than_the_chain_is_refused(net: Devnet, depth: Any) -> None:
    net.rpc("evm_mine")
    with pytest.raises(RpcError) as caught:
        net.rpc("anvil_rollback", depth)
    assert caught.value.code == -32602
    assert head(net) == 1


def test_a_reorg_stops_at_a_first_block_with_a_number(clock: ManualClock) -> None:
    net = Devnet(clock=clock, number=100)
    net.rpc("anvil_mine", 2)
    with pytest.raises(RpcError, match="current height 2, depth 3"):
        net.rpc("anvil_rollback", 3)
    net.rpc("anvil_rollback", 2)
    assert head(net) == 100


# -- anvil_reset --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("params", [(), (None,), ({},), ({"forking": {"blockNumber": None}},)])
@pytest.mark.parametrize("method", ["anvil_reset", "hardhat_reset"])
def test_a_reset_starts_over(net: Devnet, clock: ManualClock, alice: str, method: str, params: tuple[Any, ...]) -> None:
    fresh = [block(net, "latest"), net.rpc("eth_getBlockByNumber", "pending", False), net.rpc("anvil_nodeInfo")]
    instance = net.rpc("anvil_metadata")["instanceId"]
    pay(net, alice, NOBODY, 5)
    snapshot = net.rpc("evm_snapshot")
    net.rpc("anvil_setBalance", NOBODY, "0x5")
    net.rpc("anvil_setCoinbase", NOBODY)
    net.rpc("anvil_setNextBlockBaseFeePerGas", "0x5")
    net.rpc("evm_setBlockGasLimit", 50_000_000)
    net.rpc("anvil_setBlockTimestampInterval", 12)
    net.rpc("evm_increaseTime", 1000)
    net.rpc("evm_setAutomine", False)
    clock.advance(100)
    waiting = pay(net, alice, NOBODY, 6)
    assert net.rpc(method, *params) is (True if method == "hardhat_reset" else None)
    assert [block(net, "latest"), net.rpc("eth_getBlockByNumber", "pending", False), net.rpc("anvil_nodeInfo")] == fresh
    assert (balance(net, NOBODY), net.rpc("eth_getTransactionCount", alice, "pending")) == (0, "0x0")
    assert net.rpc("eth_getTransactionByHash", waiting) is None
    assert net.rpc("evm_revert", snapshot) is False
    metadata = net.rpc("anvil_metadata")
    assert (metadata["snapshots"], metadata["instanceId"] != instance) == ({}, True)
    assert net.rpc("anvil_removeBlockTimestampInterval") is False
    assert net.rpc("anvil_getAutomine") is False, "as in Anvil, the mining mode stays"


@pytest.mark.parametrize(
    "options",
    [
        {"forking": {"jsonRpcUrl": "127.0.0.1:1"}},
        {"forking": {"blockNumber": 1}},
        {"forking": "http://127.0.0.1:1"},
        "fresh",
        7,
    ],
)
def test_an_impossible_reset_changes_nothing(net: Devnet, options: Any) -> None:
    net.rpc("evm_mine")
    before = net.rpc("anvil_metadata")
    with pytest.raises(RpcError) as caught:
        net.rpc("anvil_reset", options)
    assert caught.value.code == -32602
    assert net.rpc("anvil_metadata") == before


# -- who is told --------------------------------------------------------------------------------------------------


def test_a_subscriber_sees_a_reorg(net: Devnet, alice: str) -> None:
    """Removed logs, newest block first, then the new blocks' heads and logs; nothing else."""
    creation = {"from": alice, "data": "0x" + load("Logger").creation.hex()}
    logger = net.rpc("eth_sendTransactionSync", creation)["contractAddress"]
    log_once = {"from": alice, "to": logger, "data": "0x" + encode_call("many(uint256)", 1).hex()}
    old = [net.rpc("eth_sendTransactionSync", log_once)["logs"][0] for _ in range(2)]
    polled = net.rpc("eth_newFilter", {"address": logger, "fromBlock": "0x0"})
    blocks = net.rpc("eth_newBlockFilter")
    assert net.rpc("eth_getFilterChanges", polled) == old
    with connect(net.serve().replace("http", "ws")) as socket:
        for kind in ("newHeads", "logs"):
            socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": [kind]}))
            socket.recv(SECONDS)
        net.rpc("anvil_reorg", 2, [[log_once, 1]])
        told = [json.loads(socket.recv(SECONDS))["params"]["result"] for _ in range(5)]
        socket.send('{"jsonrpc":"2.0","id":2,"method":"eth_chainId"}')
        assert json.loads(socket.recv(SECONDS))["id"] == 2, "nothing more was sent"
    new_log = net.rpc("eth_getLogs", {"fromBlock": "0x3", "address": logger})
    assert told[:2] == [log | {"removed": True} for log in reversed(old)]
    assert [one["hash"] for one in told[2:4]] == [block(net, 2)["hash"], block(net, 3)["hash"]]
    assert told[4:] == new_log
    assert net.rpc("eth_getFilterChanges", polled) == [*told[:2], *new_log]
    assert net.rpc("eth_getFilterChanges", blocks) == [block(net, 2)["hash"], block(net, 3)["hash"]]


def test_a_subscriber_sees_a_rollback(net: Devnet) -> None:
    net.rpc("anvil_mine", 3)
    with connect(net.serve().replace("http", "ws")) as socket:
        socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}')
        socket.recv(SECONDS)
        net.rpc("anvil_rollback", 2)
        assert json.loads(socket.recv(SECONDS))["params"]["result"]["hash"] == block(net, 1)["hash"]


# -- snapshots across reorganisations -----------------------------------------------------------------------------


def test_a_snapshot_survives_a_reorg_of_its_blocks(net: Devnet, alice: str) -> None:
    for value in (1, 10, 100):
        pay(net, alice, NOBODY, value)
    older = net.rpc("evm_snapshot")
    chain = [block(net, number, True) for number in range(4)]
    pay(net, alice, NOBODY, 1000)
    newer = net.rpc("evm_snapshot")
    longer = [block(net, number, True) for number in range(5)]
    net.rpc("anvil_rollback", 3)
    net.rpc("anvil_mine", 9)
    net.rpc("anvil_reorg", 5)
    assert net.rpc("anvil_metadata")["snapshots"][newer] == [4, longer[4]["hash"]]
    assert net.rpc("evm_revert", newer) is True
    assert [block(net, number, True) for number in range(5)] == longer
    assert (head(net), balance(net, NOBODY)) == (4, 1111)
    assert_chain_hangs_together(net)
    assert net.rpc("evm_revert", older) is True
    assert [block(net, number, True) for number in range(4)] == chain
    assert (head(net), balance(net, NOBODY)) == (3, 111)
    assert_chain_hangs_together(net)
    for transaction in chain[3]["transactions"]:
        assert net.rpc("eth_getTransactionReceipt", transaction["hash"])["blockNumber"] == "0x3"
