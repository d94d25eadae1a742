"""Rows of empty blocks: the short way gives exactly what mining them one by one gives."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from megadev import Devnet
from megadev.chain.config import BEACON_ROOTS_ADDRESS, HISTORY_STORAGE_ADDRESS
from megadev.sequencer import rows, sequencer
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World

START = 1_700_000_000
ETHER = 10**18


def twins(monkeypatch: pytest.MonkeyPatch, *script: tuple[Any, ...], **settings: Any) -> tuple[Devnet, Devnet]:
    """Two nodes after the same requests, the second one mining every block the ordinary way."""
    pair = []
    for shortest in (rows.SHORTEST_ROW, 10**9):
        monkeypatch.setattr(sequencer, "SHORTEST_ROW", shortest)
        net = Devnet(timestamp=START, manual_clock=True, **settings)
        for request in script:
            net.rpc(*request)
        pair.append(net)
    return pair[0], pair[1]


def assert_same_chain(one: Devnet, other: Devnet) -> None:
    assert one.l2.chain.head.number == other.l2.chain.head.number
    for number in range(one.l2.chain.head.number + 1):
        mine, theirs = one.l2.chain.store.by_number(number), other.l2.chain.store.by_number(number)
        assert mine is not None and theirs is not None
        assert (mine.header, mine.hash, mine.size) == (theirs.header, theirs.hash, theirs.size), number
    assert one.node.l2.time.settings == other.node.l2.time.settings


def content(world: World) -> dict[bytes, Any]:
    return {address: (account, dict(world.storage_of(address))) for address, account in world.accounts()}


def payment(net: Devnet) -> dict[str, Any]:
    return {"from": net.accounts[0].address, "to": "0x" + "99" * 20, "value": "0x5", "gas": "0x5208"}


@pytest.mark.parametrize(
    "script",
    [
        [("anvil_mine", 40)],
        [("anvil_mine", 20, 3600), ("anvil_mine", 20)],
        [("anvil_setBlockTimestampInterval", 12), ("anvil_mine", 20), ("evm_mine",)],
        [("evm_setNextBlockTimestamp", START + 500), ("anvil_mine", 20)],
        [("evm_setNextBlockTimestamp", START + 500), ("anvil_mine", 20, 7)],
        [("anvil_setNextBlockBaseFeePerGas", hex(10**9)), ("anvil_mine", 20), ("anvil_setBalance", "0x" + "99" * 20, "0x5"),
         ("anvil_mine", 20), ("anvil_setNextBlockPrevRandao", "0x" + "77" * 32), ("anvil_mine", 20)],
        [("anvil_setCode", "0x" + HISTORY_STORAGE_ADDRESS.hex(), "0x00"), ("anvil_mine", 20)],
        [("anvil_setStorageAt", "0x" + BEACON_ROOTS_ADDRESS.hex(), hex((START + 15) % 8191 + 8191), "0x" + "01" * 32),
         ("anvil_mine", 40)],
    ],
)  # fmt: skip
def test_rows_equal_their_blocks(monkeypatch: pytest.MonkeyPatch, script: list[tuple[Any, ...]]) -> None:
    one, other = twins(monkeypatch, *script)
    assert_same_chain(one, other)
    for number in (17, 3, 11, one.l2.chain.head.number):
        mine, theirs = one.l2.chain.store.by_number(number), other.l2.chain.store.by_number(number)
        assert mine is not None and theirs is not None
        assert content(mine.world) == content(theirs.world)
        made = World().apply(whole(mine.world))
        assert made.state_root == mine.header.state_root


def whole(world: World) -> StateDiff:
    """A whole world as one diff, for computing its root afresh."""
    diff = StateDiff(Cause.GENESIS)
    for address, account in world.accounts():
        diff.accounts[address] = account
        diff.storage[address] = dict(world.storage_of(address))
    return diff


def test_a_row_that_wraps_the_history_ring_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("megadev.evm.system_calls.RING", 50)
    one, other = twins(monkeypatch, ("anvil_mine", 120))
    assert_same_chain(one, other)
    assert content(one.l2.chain.head.world) == content(other.l2.chain.head.world)


def test_rows_follow_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "LONGEST_ROW", 10)
    one, other = twins(monkeypatch, ("anvil_mine", 35), ("evm_snapshot",), ("anvil_mine", 15), ("evm_revert", "0x0"))
    assert_same_chain(one, other)
    one.rpc("anvil_mine", 20)
    other.rpc("anvil_mine", 20)
    assert_same_chain(one, other)
    assert content(one.l2.chain.head.world) == content(other.l2.chain.head.world)


def test_waiting_transactions_go_into_the_first_block_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Devnet(timestamp=START, manual_clock=True)
    net.rpc("evm_setAutomine", False)
    tx_hash = net.rpc("eth_sendTransaction", payment(net))
    net.rpc("anvil_mine", 30)
    assert net.rpc("eth_getTransactionReceipt", tx_hash)["blockNumber"] == "0x1"
    assert net.rpc("eth_getBalance", "0x" + "99" * 20, 15) == "0x5"
    assert net.rpc("eth_blockNumber") == "0x1e"


def test_the_chain_continues_from_any_block_of_a_row() -> None:
    net = Devnet(timestamp=START, manual_clock=True)
    net.rpc("anvil_mine", 30)
    net.rpc("anvil_rollback", 13)
    net.rpc("eth_sendTransaction", payment(net))
    head = net.l2.chain.head
    assert (head.number, head.world.state_root) == (18, head.header.state_root)
    proof = net.rpc("eth_getProof", "0x" + HISTORY_STORAGE_ADDRESS.hex(), [hex(16)], 17)
    assert int(proof["storageProof"][0]["value"], 16) == int(
        net.rpc("eth_getBlockByNumber", hex(16), False)["hash"], 16
    )


def test_ten_thousand_blocks_are_all_real() -> None:
    net = Devnet(timestamp=START, manual_clock=True)
    net.rpc("hardhat_mine", hex(10_000))
    blocks = net.l2.chain.store.blocks(0, 10_000)
    assert len(blocks) == 10_001 == len({block.hash for block in blocks})
    assert all(block.header.parent_hash == parent.hash for parent, block in pairwise(blocks))
    made = World().apply(whole(blocks[-1].world))
    assert made.state_root == blocks[-1].header.state_root
