"""Batches as a user meets them: posted to L1 by a running node, read back from there, and derived by somebody who has
nothing else; what becomes of L2 where L1 says something else, or nothing; under both presets and across a restart.
"""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from megadev import Devnet
from megadev.beacon import beacon_answer
from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import blob_base_fee
from megadev.chain.system_contracts import ORACLE
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, sign_transaction
from megadev.clock import StoppedClock
from megadev.config.settings import DevnetConfig
from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.rollup.batcher import BatchFormat, Channel, build
from megadev.rollup.batches import SingularBatch
from megadev.rollup.channel import Compression
from megadev.rollup.da import DaKind
from megadev.rollup.da.client import StoreClient
from megadev.rollup.derivation.config import config_of_json
from megadev.rollup.derivation.execution import DerivedChain
from megadev.rollup.derivation.pipeline import Derived, Pipeline
from megadev.rollup.derivation.remote_l1 import RemoteL1
from megadev.rollup.predeploys import BATCH_INBOX
from megadev.rpc.client import RpcError
from tests.bridging import Bridge, deposits_of
from tests.units.rollup.chains import START

# blocks on request: timers would come in between
PRESETS: dict[str, dict[str, Any]] = {
    "dev": {"batch": True},
    "megaeth": {"preset": "megaeth", "block_time": None, "mini_block_time": None, "no_mining": True},
}
STRANGER = "0x" + "42" * 20


class Rollup(Bridge):
    """A node that posts batches, and what its clients do with it."""

    def __init__(self, preset: str, **settings: Any) -> None:
        super().__init__(free=False, **PRESETS[preset] | settings)
        self.preset = preset
        self.node = self.net.node

    def pay(self, count: int = 1) -> list[str]:
        return [self.send_from(self.alice) for _ in range(count)]

    def send_from(self, sender: str, **fields: Any) -> str:
        request = {"from": sender, "to": STRANGER, "value": "0x1", **fields}
        sent: str = self.l2.rpc("eth_sendTransaction", request)
        self.seal()
        return sent

    def seal(self) -> None:
        if self.node.l2.sequencer.mode.value == "none":
            self.l2.rpc("evm_mine")

    def deposit(self, value: int = 1) -> str:
        """Send a deposit; the hash it has on L2."""
        function = self.portal.functions.depositTransaction(STRANGER, value, 100_000, False, b"")
        receipt = self.l1.w3.eth.get_transaction_receipt(function.transact({"from": self.bob, "value": value}))
        return "0x" + deposits_of(receipt)[0].hash.hex()

    def flush(self, **how: str) -> Any:
        return self.l2.rpc("megadev_batcher_flush", how)

    def head(self, tag: str = "latest") -> int:
        return int(self.l2.rpc("eth_getBlockByNumber", tag, False)["number"], 16)

    def heads(self) -> tuple[int, int, int]:
        return self.head("latest"), self.head("safe"), self.head("finalized")

    def batches(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.l2.rpc("megadev_getBatches")["batches"]
        return found

    def included(self, tx_hash: str) -> bool:
        receipt = self.l2.rpc("eth_getTransactionReceipt", tx_hash)
        return receipt is not None and receipt["status"] == "0x1"

    def blocks(self) -> list[SealedBlock]:
        store = self.node.l2.store
        return list(store.blocks(store.genesis.number + 1, store.head.number))

    def derive(self) -> DerivedChain:
        """L2 as somebody makes it who has L1's RPC, its blobs, the DA store, the genesis and the configuration."""
        config = config_of_json(self.l2.rpc("optimism_rollupConfig"))
        l1, l2 = self.node.l1, self.node.l2
        assert l1 is not None

        def get(path: str) -> bytes | None:
            answer = beacon_answer(l1, path)
            return answer[1].encode() if answer is not None and answer[0] == 200 else None

        source = RemoteL1(
            lambda calls: [self.l1.rpc(method, *parameters) for method, parameters in calls],
            get,
            lambda excess: blob_base_fee(excess, l1.spec),
        )
        chain = DerivedChain(config, l2.store.genesis, l2.beginning.spec, l2.engine)
        for step in Pipeline(config, source, chain, self.node.da_store).run():
            if isinstance(step, Derived):
                assert not step.is_emptied
        return chain

    def check_derived(self) -> None:
        """All that is safe is what L1 alone makes."""
        chain = self.derive()
        safe = self.head("safe")
        assert chain.store.head.number >= safe
        ours = self.node.l2.store
        for number in range(safe + 1):
            assert chain.store.resolve(number).header == ours.resolve(number).header, number

    def post(self, batches: list[SingularBatch], parent: Any = None) -> None:
        """Post something as the batcher, whatever the batcher itself posts."""
        driver = self.node.driver
        assert driver is not None and driver.consolidator is not None
        settings = driver.progress.batching
        channel = Channel(parent or driver.consolidator.derived, bytes(32), bytes(32), tuple(batches), settings)
        for piece in build(channel, driver.consolidator.config, self.node.da_store):
            self.to_inbox(piece.data)

    def to_inbox(self, data: bytes) -> None:
        role = self.node.roles.batcher
        tx = UnsignedTransaction(
            type=DYNAMIC_FEE,
            chain_id=self.node.l1.spec.chain_id,  # type: ignore[union-attr]
            nonce=int(self.l1.rpc("eth_getTransactionCount", role.address, "latest"), 16),
            gas_limit=1_000_000,
            to=BATCH_INBOX,
            data=data,
            max_fee_per_gas=10**11,
            max_priority_fee_per_gas=10**9,
        )
        self.l1.rpc("eth_sendRawTransaction", "0x" + sign_transaction(tx, role.raw_key).encoded.hex())


TAGS = "latest", "safe", "finalized"


@pytest.fixture(params=list(PRESETS))
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def open_rollup(preset: str) -> Iterator[Callable[..., Rollup]]:
    made: list[Rollup] = []

    def make(**settings: Any) -> Rollup:
        made.append(Rollup(preset, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def rollup(open_rollup: Callable[..., Rollup]) -> Rollup:
    return open_rollup(channel_seconds=1_000)


# -- posting and deriving -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("da", list(DaKind))
@pytest.mark.parametrize("format", list(BatchFormat))
def test_posted_blocks_are_safe_and_derived_from_l1_alone(
    open_rollup: Callable[..., Rollup], da: DaKind, format: BatchFormat
) -> None:
    rollup = open_rollup(da=da.value, batch_format=format.value, channel_seconds=1_000)
    rollup.pay(3)
    arrived = rollup.deposit()
    rollup.seal()
    rollup.send_from(rollup.bob, data="0x6001600155", to=None)
    rollup.l2.rpc("evm_increaseTime", 77)
    rollup.pay(2)
    assert rollup.head("safe") == 0
    rollup.flush()
    assert rollup.head("safe") == rollup.head() > 5
    assert rollup.included(arrived)
    rollup.check_derived()
    (batch,) = rollup.batches()
    assert (batch["da"], batch["complete"], batch["payer"]) == (
        da.value,
        True,
        rollup.node.roles.batcher.address.lower(),
    )
    assert (int(batch["firstBlock"], 16), int(batch["lastBlock"], 16)) == (1, rollup.head())
    assert int(batch["transactions"], 16) == 6
    assert int(batch["spans"], 16) > 0 if format is BatchFormat.SPAN else int(batch["spans"], 16) == 0
    assert (int(batch["blobGas"], 16) > 0) == (da is DaKind.BLOBS)
    assert int(batch["cost"], 16) // 6 == int(batch["costPerTransaction"], 16) > 0


def test_the_data_location_can_be_set_for_each_channel(rollup: Rollup) -> None:
    for kind, method in ((DaKind.CALLDATA, Compression.ZLIB), (DaKind.BLOBS, Compression.BROTLI)):
        rollup.pay()
        assert rollup.flush(da=kind.value, compression=method.value)["da"] == "calldata"
    rollup.l2.rpc("megadev_batcher_set", {"da": "external", "format": "singular"})
    rollup.pay()
    rollup.flush()
    assert [(each["da"], each["compression"]) for each in rollup.batches()] == [
        ("external", "brotli"), ("blobs", "brotli"), ("calldata", "zlib")
    ]  # fmt: skip
    rollup.check_derived()
    with pytest.raises(RpcError, match="expected calldata or blobs or external"):
        rollup.flush(da="paper")


@pytest.mark.parametrize(
    ("settings", "act"),
    [
        ({"channel_seconds": 5}, lambda rollup: rollup.l2.rpc("evm_increaseTime", 5)),
        ({"channel_seconds": 10**6, "channel_bytes": 600}, lambda rollup: rollup.pay(6)),
        ({"channel_seconds": 10**6, "channel_blocks": 3}, lambda rollup: rollup.l1.rpc("anvil_mine", "0x4")),
    ],
)
def test_a_channel_is_closed_once_it_is_old_or_full(
    open_rollup: Callable[..., Rollup], settings: dict[str, Any], act: Callable[[Rollup], object]
) -> None:
    rollup = open_rollup(**settings)
    rollup.pay(2)
    assert rollup.batches() == []
    act(rollup)
    rollup.pay()
    assert len(rollup.batches()) >= 1
    assert rollup.head("safe") >= 2
    rollup.check_derived()


def test_large_channels_go_in_frames_within_l1s_limits(rollup: Rollup) -> None:
    for seed in range(3):
        data = random.Random(seed).randbytes(90_000)
        rollup.send_from(rollup.alice, data="0x" + data.hex(), gas=hex(rollup.node.l2.spec.gas_limit // 2))
    rollup.flush()
    (batch,) = rollup.batches()
    assert len(batch["l1Transactions"]) == 3
    assert rollup.head("safe") == rollup.head()
    rollup.check_derived()


def test_the_more_transactions_share_a_batch_the_less_each_costs(rollup: Rollup) -> None:
    costs = []
    for count in (1, 10, 40):
        rollup.pay(count)
        rollup.flush()
        costs.append(int(rollup.batches()[0]["costPerTransaction"], 16))
    assert costs[0] > 2 * costs[1] > 2 * costs[2]


def test_l2_fees_for_l1_can_follow_the_cost_of_batches(open_rollup: Callable[..., Rollup]) -> None:
    rollup = open_rollup(channel_seconds=1_000, l1_fee=True, l1_fee_policy="cost")
    fees = []
    for count in (1, 10, 100, 100):
        sent = rollup.pay(count)
        charged = [int(rollup.l2.rpc("eth_getTransactionReceipt", each)["l1Fee"], 16) for each in sent]
        rollup.flush()
        cost = int(rollup.batches()[0]["cost"], 16)
        fees.append((charged[-1], cost // count, sum(charged), cost))
    # what is charged is what the batch before has cost for each of its transactions
    assert fees[0][0] < fees[0][1] / 1_000
    for (_, before, _, _), (now, _, _, _) in itertools.pairwise(fees):
        assert 0.8 < now / before < 1.2
    assert fees[1][0] > 2 * fees[2][0] > 3 * fees[3][0]
    assert 0.8 < fees[3][2] / fees[3][3] < 1.2, "all together they pay what it costs"
    rollup.check_derived()


def test_unsafe_safe_and_finalized_heads_are_reported_alike_everywhere(open_rollup: Callable[..., Rollup]) -> None:
    rollup = open_rollup(channel_seconds=1_000, finalized_distance=2)
    for _ in range(3):
        rollup.pay()
        rollup.flush()
    rollup.pay()
    unsafe, safe, finalized = rollup.heads()
    assert unsafe > safe > finalized > 0
    status = rollup.l2.rpc("optimism_syncStatus")
    shown = tuple(status[f"{name}_l2"]["number"] for name in ("unsafe", "safe", "finalized"))
    assert shown == (unsafe, safe, finalized)
    assert status["current_l1"]["number"] == status["head_l1"]["number"] == 3
    at = [rollup.l2.rpc("optimism_safeHeadAtL1Block", hex(number)) for number in range(4)]
    assert [each["safeHead"]["number"] for each in at][1::2] == [finalized, safe]
    assert at[3]["l1Block"] == {"number": 3, "hash": rollup.l1.rpc("eth_getBlockByNumber", "latest", False)["hash"]}
    with pytest.raises(RpcError, match="L1 has no block 9"):
        rollup.l2.rpc("optimism_safeHeadAtL1Block", "0x9")
    output = rollup.l2.rpc("optimism_outputAtBlock", hex(safe))
    assert output["syncStatus"]["safe_l2"]["number"] == safe


def test_without_batches_the_safe_head_of_dev_is_genesis() -> None:
    with Devnet(clock=StoppedClock(START)) as net:
        net.rpc("anvil_mine", "0x20")
        assert net.rpc("eth_getBlockByNumber", "safe", False)["number"] == "0x0"
        with pytest.raises(RpcError, match="start the node with --batch"):
            net.rpc("megadev_getBatches")
        assert net.l1.rpc("eth_blockNumber") == "0x0"


def test_without_an_l1_no_batches_are_posted() -> None:
    with Devnet(preset="megaeth", no_l1=True, clock=StoppedClock(START)) as net, pytest.raises(RpcError, match="no L1"):
        net.rpc("megadev_getBatches")


# -- L1 says something else, or nothing -------------------------------------------------------------------------------


def test_a_block_that_differs_from_l1_is_replaced_and_its_transactions_rerun(rollup: Rollup) -> None:
    rollup.pay()
    rollup.flush()
    first = rollup.blocks()[-1]
    filter_id = rollup.l2.rpc("eth_newBlockFilter")
    sent = rollup.pay(2)
    before = [block.hash for block in rollup.blocks()]
    second = rollup.blocks()[first.number]
    driver = rollup.node.driver
    assert driver is not None and driver.consolidator is not None
    origin = driver.consolidator.derived.origin
    # the batcher posts the block without its transactions
    rollup.post([SingularBatch(first.hash, origin.number, origin.hash, second.timestamp, ())])
    after = rollup.blocks()
    assert after[first.number].hash not in before
    assert [tx for tx in after[first.number].transactions if tx.type != 0x7E] == []
    assert rollup.head("safe") == first.number + 1
    rollup.seal()
    assert all(map(rollup.included, sent))
    assert "0x" + after[first.number].hash.hex() in rollup.l2.rpc("eth_getFilterChanges", filter_id)
    rollup.flush()
    assert rollup.head("safe") == rollup.head()
    rollup.check_derived()


def test_when_the_window_passes_without_a_batch_deposits_get_in_and_users_are_done_again(
    open_rollup: Callable[..., Rollup],
) -> None:
    rollup = open_rollup(sequencing_window=6, channel_seconds=1_000)
    rollup.l2.rpc("megadev_batcher_stop")
    sent = rollup.pay(2)
    built = rollup.blocks()[0].hash
    arrived = rollup.deposit()
    rollup.l1.rpc("anvil_mine", "0xa")
    assert rollup.node.held_up_by is None
    assert rollup.head("safe") > 0
    first = rollup.blocks()[0]
    assert first.hash != built
    assert all(tx.type == 0x7E for tx in first.transactions)
    rollup.seal()
    assert rollup.included(arrived)
    assert all(map(rollup.included, sent))
    rollup.l2.rpc("megadev_batcher_start")
    rollup.flush()
    assert rollup.head("safe") == rollup.head()
    rollup.check_derived()


def test_l1_mines_before_l2_exceeds_max_drift(open_rollup: Callable[..., Rollup]) -> None:
    rollup = open_rollup(max_drift=60, channel_seconds=10**6)
    rollup.pay(80)
    rollup.l2.rpc("evm_increaseTime", 100_000)
    rollup.pay(3)
    rollup.l2.rpc("anvil_setNextBlockTimestamp", rollup.blocks()[-1].timestamp + 5_000)
    rollup.pay(2)
    rollup.flush()
    assert rollup.head("safe") == rollup.head()
    assert rollup.node.held_up_by is None
    rollup.check_derived()


def test_withheld_or_falsified_data_delays_derivation(rollup: Rollup) -> None:
    for fault, words in (({"withhold": True}, "withheld"), ({"corrupt": True}, "wrong"), ({"delay": 50}, "withheld")):
        rollup.pay()
        safe = rollup.head("safe")
        assert rollup.l2.rpc("megadev_da_misbehave", fault)["withhold"] in (True, False)
        rollup.flush(da="external")
        assert rollup.head("safe") == safe
        found = rollup.l2.rpc("megadev_getBatches")
        assert words in found["stalled"]
        assert found["batches"][0]["transactions"] is None
        rollup.l2.rpc("megadev_da_misbehave")
        assert rollup.head("safe") == rollup.head()
        assert rollup.l2.rpc("megadev_getBatches")["stalled"] is None
    rollup.check_derived()


def test_a_strangers_batch_is_ignored(rollup: Rollup) -> None:
    rollup.pay()
    rollup.flush()
    data = rollup.l1.rpc("eth_getTransactionByHash", rollup.batches()[0]["l1Transactions"][0])["input"]
    request = {"from": rollup.carol, "to": "0x" + BATCH_INBOX.hex(), "data": data}
    rollup.l1.rpc("eth_sendTransaction", request)
    assert len(rollup.batches()) == 1
    rollup.pay()
    rollup.flush()
    rollup.check_derived()


# -- done by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("anvil_setBalance", (STRANGER, "0x5"), "state was changed outside a block"),
        ("anvil_setNextBlockBaseFeePerGas", ("0x77359400",), "base fee"),
        ("anvil_setNextBlockPrevRandao", ("0x" + "11" * 32,), "prevRandao"),
        ("anvil_setCoinbase", (STRANGER,), "fee recipient"),
        ("megadev_setL1Fees", ([{"baseFee": "0x64"}],), "L1 fees in its L1 attributes were set"),
    ],
)
def test_a_block_changed_by_a_cheat_is_named_and_kept(
    rollup: Rollup, method: str, params: tuple[Any, ...], words: str
) -> None:
    rollup.pay()
    rollup.flush()
    last = rollup.head()
    rollup.check_derived()
    assert rollup.l2.rpc("megadev_getBatches")["underivable"] is None
    rollup.l2.rpc(method, *params)
    rollup.l1.rpc("evm_mine")
    rollup.pay(2)
    hashes = [block.hash for block in rollup.blocks()]
    rollup.flush()
    assert [block.hash for block in rollup.blocks()] == hashes
    assert rollup.head("safe") == rollup.head()
    named = rollup.l2.rpc("megadev_getBatches")["underivable"]
    assert words in named["reason"]
    first = int(named["blockNumber"], 16)
    assert last < first <= last + 2
    chain, ours = rollup.derive(), rollup.node.l2.store
    assert all(chain.store.resolve(number).hash == ours.resolve(number).hash for number in range(first))
    found = chain.store.by_number(first)
    assert found is None or found.hash != ours.resolve(first).hash


def test_impersonated_transactions_are_named(rollup: Rollup) -> None:
    rollup.l2.rpc("anvil_setBalance", STRANGER, hex(10**18))
    rollup.pay()
    rollup.l2.rpc("anvil_impersonateAccount", STRANGER)
    rollup.send_from(STRANGER, to=rollup.bob)
    rollup.flush()
    assert rollup.head("safe") == rollup.head()
    assert "state was changed" in rollup.l2.rpc("megadev_getBatches")["underivable"]["reason"]


def test_oracle_answers_are_derived() -> None:
    """The protocol's own transactions carry no signature, and whoever derives knows whose they are."""
    rollup = Rollup("megaeth", channel_seconds=1_000)
    read = encode_call("getSlots(uint256[])", [100, 101])
    for value in (7, 8):
        rollup.l2.rpc("megadev_oracle_setSlots", {"100": value})
        rollup.send_from(rollup.alice, to="0x" + ORACLE.hex(), data="0x" + read.hex(), value="0x0", gas=hex(5_000_000))
        assert len(rollup.blocks()[-1].transactions) == 3
        rollup.pay()
    rollup.flush()
    assert rollup.head("safe") == rollup.head()
    assert rollup.l2.rpc("megadev_getBatches")["underivable"] is None
    rollup.check_derived()
    rollup.close()


# -- going back -------------------------------------------------------------------------------------------------------


def test_a_snapshot_restores_the_posted_batches(rollup: Rollup) -> None:
    rollup.pay()
    rollup.flush()
    heads, snapshot = rollup.heads(), rollup.l2.rpc("evm_snapshot")
    rollup.pay(2)
    rollup.l2.rpc("megadev_batcher_set", {"da": "blobs"})
    rollup.flush()
    assert rollup.l2.rpc("evm_revert", snapshot) is True
    assert rollup.heads() == heads
    assert rollup.l2.rpc("megadev_batcher_status")["da"] == "calldata"
    rollup.pay()
    rollup.flush()
    assert rollup.head("safe") == rollup.head()
    rollup.check_derived()


@pytest.mark.parametrize("how", ["anvil_rollback", "anvil_reorg"])
def test_batches_lost_by_l1_are_posted_again(rollup: Rollup, how: str) -> None:
    rollup.pay()
    rollup.flush()
    rollup.pay()
    rollup.flush()
    sent = rollup.pay()
    rollup.l1.rpc(how, 1)
    assert rollup.head("safe") < rollup.head()
    rollup.flush()
    assert rollup.head("safe") == rollup.head()
    assert all(map(rollup.included, sent))
    rollup.check_derived()


@pytest.mark.parametrize("how", ["anvil_rollback", "anvil_reorg"])
def test_an_l1_reorganisation_below_finality_reorganises_l2(open_rollup: Callable[..., Rollup], how: str) -> None:
    """The L1 blocks that finalized L2 was derived from go: origins, deposits, batches, games and heads go together."""
    rollup = open_rollup(channel_seconds=1_000, safe_distance=1, finalized_distance=3)
    kept = rollup.deposit()
    rollup.seal()
    rollup.flush()
    height = int(rollup.l1.rpc("eth_blockNumber"), 16)
    games = len(rollup.l2.rpc("megadev_getGames")["games"])
    batches = rollup.batches()
    sent, lost = [], []
    for _ in range(3):
        lost.append(rollup.deposit())
        sent += rollup.pay()
        rollup.flush()
        rollup.l2.rpc("megadev_proposeOutput")
    rollup.l1.rpc("anvil_mine", "0x5")
    latest, safe, finalized = rollup.heads()
    assert safe == finalized == latest and all(map(rollup.included, (kept, *lost, *sent)))
    assert len(rollup.l2.rpc("megadev_getGames")["games"]) > games
    rollup.l1.rpc(how, int(rollup.l1.rpc("eth_blockNumber"), 16) - height)
    rollup.seal()

    def check() -> None:
        latest, safe, finalized = rollup.heads()
        assert finalized <= safe <= latest
        head = int(rollup.l1.rpc("eth_blockNumber"), 16)
        for number in range(latest + 1):
            origin = rollup.l2.rpc("optimism_outputAtBlock", hex(number))["blockRef"]["l1origin"]
            assert origin["number"] <= head
            assert rollup.l1.rpc("eth_getBlockByNumber", hex(origin["number"]), False)["hash"] == origin["hash"]
        for posted in rollup.batches():
            for tx_hash in posted["l1Transactions"]:
                assert rollup.l1.rpc("eth_getTransactionReceipt", tx_hash) is not None
        assert len(rollup.l2.rpc("megadev_getGames")["games"]) == int(
            rollup.l1.rpc("eth_call", {"to": rollup.factory.address, "data": "0x4d1975b4"}, "latest"), 16
        )  # gameCount()

    check()
    assert rollup.head("finalized") < finalized
    assert not any(map(rollup.included, lost)), "their deposits are on L1 no more"
    assert all(map(rollup.included, (kept, *sent))), "what users had sent is done again"
    assert [each["l1Transactions"] for each in batches] == [
        each["l1Transactions"] for each in rollup.batches()[-len(batches) :]
    ]
    again = rollup.deposit()
    rollup.seal()
    rollup.flush()
    rollup.l1.rpc("anvil_mine", "0x5")
    check()
    assert rollup.heads() == (rollup.head(),) * 3 and rollup.included(again)
    rollup.check_derived()


def test_an_l1_is_not_reorganised_where_l2_cannot_follow() -> None:
    with Devnet(batch=True, channel_seconds=0, prune_history=3) as net:
        alice = net.accounts[0].address
        for _ in range(4):
            net.l1.rpc("evm_mine")
            for _ in range(3):
                net.rpc("eth_sendTransaction", {"from": alice, "to": STRANGER, "value": "0x1"})
        before = [net.l1.rpc("eth_blockNumber"), *(net.rpc("eth_getBlockByNumber", tag, False) for tag in TAGS)]
        for how in ("anvil_rollback", "anvil_reorg"):
            with pytest.raises(RpcError, match="L2 would have to revert .* larger --prune-history"):
                net.l1.rpc(how, 2)
            with pytest.raises(RpcError, match="older than the states .* larger --prune-history"):
                net.l1.rpc(how, 4)
        after = [net.l1.rpc("eth_blockNumber"), *(net.rpc("eth_getBlockByNumber", tag, False) for tag in TAGS)]
        assert after == before


@pytest.mark.parametrize("how", ["anvil_rollback", "anvil_reorg"])
def test_blocks_that_l2_rolled_back_are_not_derived_again(rollup: Rollup, how: str) -> None:
    first = rollup.pay(3)
    rollup.flush()
    depth = 2
    lost = rollup.blocks()[-depth].hash
    rollup.l2.rpc(how, depth)
    hashes = [block.hash for block in rollup.blocks()]
    assert lost not in hashes
    rollup.pay()
    rollup.flush()
    assert rollup.head("safe") == rollup.head()
    assert [block.hash for block in rollup.blocks()][: len(hashes)] == hashes
    assert not rollup.included(first[-1])


@pytest.mark.parametrize("on_l1", [False, True])
def test_a_reset_begins_anew(rollup: Rollup, on_l1: bool) -> None:
    rollup.pay(2)
    rollup.flush()
    (rollup.l1 if on_l1 else rollup.l2).rpc("anvil_reset")
    rollup.pay()
    rollup.flush()
    assert rollup.head("safe") == rollup.head() > 0
    assert rollup.node.held_up_by is None
    if on_l1:
        rollup.check_derived()


def test_the_batcher_uses_the_account_named_on_l1(rollup: Rollup) -> None:
    rollup.pay()
    rollup.flush()
    owner, at = rollup.node.roles.owner.address, rollup.system_config.address
    rollup.l1.rpc("anvil_impersonateAccount", owner)
    for who, posts in ((rollup.carol, True), (STRANGER, False), (rollup.alice, True)):
        data = encode_call("setBatcherHash(bytes32)", bytes.fromhex(who[2:]).rjust(32, b"\0"))
        rollup.l1.rpc("eth_sendTransaction", {"from": owner, "to": at, "data": "0x" + data.hex()})
        rollup.pay()
        safe = rollup.head("safe")
        rollup.flush()
        assert rollup.head("safe") == (rollup.head() if posts else safe)
        assert rollup.l2.rpc("megadev_batcher_status")["address"] == who.lower()
    assert [each["payer"] for each in rollup.batches()[:2]] == [rollup.alice.lower(), rollup.carol.lower()]
    rollup.check_derived()


def test_after_a_restart_the_cursor_is_read_off_l1(preset: str, tmp_path: Path) -> None:
    settings = {"state": tmp_path / "state.json", "channel_seconds": 1_000, "da_dir": tmp_path / "da"}
    first = Rollup(preset, **settings)
    events: list[Any] = []
    first.deposit()
    first.pay(2)
    for kind in DaKind:
        first.pay()
        first.flush(da=kind.value)
    unposted = first.pay(2)
    heads, posted = first.heads(), len(first.batches())
    first.close()
    again = Rollup(preset, **settings)
    again.node.l2.bus.subscribe(events.append)
    assert again.heads() == heads
    assert events == []  # nothing was put in another's place
    assert all(map(again.included, unposted))
    again.flush()
    assert again.head("safe") == again.head() == heads[0]
    assert len(again.batches()) == posted + 1
    assert again.l2.rpc("megadev_getBatches")["underivable"] is None
    again.check_derived()
    again.close()


def test_a_cheated_block_is_still_named_after_a_restart(preset: str, tmp_path: Path) -> None:
    settings = {"state": tmp_path / "state.json", "channel_seconds": 1_000, "da": "external"}
    first = Rollup(preset, **settings)
    first.pay()
    first.flush()
    first.l2.rpc("anvil_setBalance", STRANGER, "0x5")
    first.pay()
    hashes = [block.hash for block in first.blocks()]
    first.close()
    again = Rollup(preset, **settings)
    again.flush()
    assert [block.hash for block in again.blocks()] == hashes
    assert again.head("safe") == again.head()
    named = again.l2.rpc("megadev_getBatches")["underivable"]
    assert "state was changed outside a block" in named["reason"]
    assert int(named["blockNumber"], 16) == 2 if preset == "dev" else True
    again.close()


def test_a_rollback_of_l2_is_known_after_a_restart(preset: str, tmp_path: Path) -> None:
    settings = {"state": tmp_path / "state.json", "channel_seconds": 1_000}
    first = Rollup(preset, **settings)
    first.pay(3)
    first.flush()
    first.l2.rpc("anvil_rollback", 2)
    first.pay()
    hashes = [block.hash for block in first.blocks()]
    first.close()
    again = Rollup(preset, **settings)
    again.flush()
    assert [block.hash for block in again.blocks()] == hashes
    assert again.head("safe") == again.head()
    again.close()


# -- settings, commands -----------------------------------------------------------------------------------------------


def test_settings_reach_the_rollups_configuration(open_rollup: Callable[..., Rollup]) -> None:
    rollup = open_rollup(sequencing_window=50, max_drift=700, channel_timeout=9)
    shown = rollup.l2.rpc("optimism_rollupConfig")
    assert (shown["seq_window_size"], shown["max_sequencer_drift"], shown["channel_timeout"]) == (50, 700, 9)
    real = DevnetConfig(preset="megaeth", rollup_timing="real", safe_distance=1).timing
    assert (real.sequencing_window, real.max_drift, real.channel_timeout) == (3_600, 1_800, 50)
    assert (real.safe_distance, real.finalized_distance, real.l1_block_time) == (1, 64, 12.0)


def test_the_words_of_settings_are_those_of_the_code() -> None:
    from megadev.config.settings import SETTING_BY_NAME

    for name, words in (("da", DaKind), ("batch_format", BatchFormat), ("batch_compression", Compression)):
        assert set(SETTING_BY_NAME[name].kind.words) == {each.value for each in words}  # type: ignore[attr-defined]


def test_the_command_lists_posted_batches(preset: str) -> None:
    from megadev.cli.main import cli

    with Devnet(**PRESETS[preset], channel_seconds=1_000) as net:
        alice, bob = (account.address for account in net.accounts[:2])
        if net.serve(port=0, l1_port=0):
            net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
            run = CliRunner().invoke(cli, ["batches", "--rpc-url", net.url])
            assert "Nothing has been posted yet." in run.output, run
            net.rpc("anvil_mine", "0x1")
            run = CliRunner().invoke(cli, ["batches", "--flush", "--rpc-url", net.url])
            assert run.exit_code == 0, run.output
            heads, columns, row = run.output.splitlines()
            assert heads.startswith("L2: unsafe ") and "wei per tx" in columns and "calldata" in row
            run = CliRunner().invoke(cli, ["batches", "--json", "--rpc-url", net.url])
            assert json.loads(run.output)["batches"][0]["da"] == "calldata"


def wait_until(holds: Callable[[], bool]) -> None:
    """By asking again and again: each question lets the node go on."""
    for _ in range(3_000):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to be in 30 s")


def test_a_served_node_posts_and_derives_beside_its_clients(preset: str) -> None:
    """With timers, and enough to be built and read on threads of their own."""
    settings = {"dev": {"batch": True}, "megaeth": {"preset": "megaeth"}}[preset]
    with Devnet(**settings, channel_seconds=0, channel_bytes=3_000, port=0) as net:
        net.serve(port=0, l1_port=0)
        alice, bob = (account.address for account in net.accounts[:2])
        for seed in range(12):
            data = "0x" + random.Random(seed).randbytes(900).hex()
            net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1", "data": data, "gas": "0x100000"})
        newest = int(net.rpc("eth_blockNumber"), 16) or 1
        wait_until(lambda: int(net.rpc("eth_getBlockByNumber", "safe", False)["number"], 16) >= newest)
        assert net.rpc("megadev_getBatches")["stalled"] is None
        store = net.node.da_store
        net.rpc("megadev_da_misbehave", {"withhold": True})
        net.rpc("megadev_batcher_set", {"da": "external"})
        net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
        wait_until(lambda: "withheld" in (net.rpc("megadev_getBatches")["stalled"] or ""))
        net.rpc("megadev_da_misbehave")
        newest = int(net.rpc("eth_blockNumber"), 16)
        wait_until(lambda: int(net.rpc("eth_getBlockByNumber", "safe", False)["number"], 16) >= newest)
        assert len(store) > 0
        url = net.rpc("megadev_da_status")["url"]
        for kept in store.kept():
            assert StoreClient(url).get(keccak(kept)) == kept
        assert net.node.held_up_by is None


def test_a_block_far_ahead_in_time_is_derived_with_its_transactions(open_rollup: Callable[..., Rollup]) -> None:
    """Beyond the largest drift from its L1 origin it could hold nothing, so L1 goes on with it."""
    rollup = open_rollup(rollup_timing="real", safe_distance=0)
    rollup.l2.rpc("evm_setAutomine", False)
    rollup.l2.rpc("eth_sendTransaction", {"from": rollup.alice, "to": STRANGER, "value": "0x1"})
    before = rollup.node.l2.store.head.timestamp
    rollup.l2.rpc("evm_mine", hex(before + 5_000))
    block = rollup.node.l2.store.head
    assert (block.timestamp, len([tx for tx in block.transactions if tx.type == DYNAMIC_FEE])) == (before + 5_000, 1)
    rollup.flush()
    rollup.l1.rpc("anvil_mine")
    assert rollup.head("safe") == block.number
    rollup.check_derived()
