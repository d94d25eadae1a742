"""The megaeth preset: transactions are executed as they arrive, made known in mini-blocks and sealed into a block later.

Nothing here waits: time passes when a test says so, but for one test with real timers, which waits for an event.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from megadev import Devnet
from megadev.chain.blocks import Tag
from megadev.chain.mini_blocks import mini_blocks
from megadev.events import BlockSealed, BlocksRemoved, Event, MiniBlockSealed, TransactionPreconfirmed
from megadev.inspect.replay import replay
from megadev.node.reopening import block_start
from megadev.rpc.client import RpcError
from megadev.sequencer.modes import MiningMode
from tests.stage.mini_blocks import NOBODY, START, UNSEALED, Chain

LOGGER = "0x5f355f55600160405260206040a000"
"""sstore(0, calldata word), log0 of one word."""


@pytest.fixture
def chain() -> Iterator[Chain]:
    chain = Chain()
    yield chain
    chain.net.close()


def test_a_transaction_is_executed_on_arrival_and_sealed_when_the_second_is_over(chain: Chain) -> None:
    chain.loop.advance(0.25)
    tx_hash = chain.pay()
    (preconfirmed,) = chain.of(TransactionPreconfirmed)
    assert (preconfirmed.block_number, preconfirmed.index) == (1, 0)
    early = chain.receipt(tx_hash)
    assert (early["blockHash"], early["blockNumber"], early["status"]) == (UNSEALED, "0x1", "0x1")
    assert chain.height() == 0
    chain.loop.advance(0.75)
    late = chain.receipt(tx_hash)
    block = chain.rpc("eth_getBlockByNumber", "0x1", False)
    assert late == early | {"blockHash": block["hash"]}
    assert (block["transactions"], block["timestamp"]) == ([tx_hash], hex(START + 1))
    assert chain.rpc("eth_getTransactionByHash", tx_hash)["blockHash"] == block["hash"]


def test_a_block_is_sealed_every_second_even_if_empty(chain: Chain) -> None:
    chain.loop.advance(5)
    chain.pay()
    chain.loop.advance(5)
    blocks = [chain.rpc("eth_getBlockByNumber", hex(number), False) for number in range(11)]
    assert [int(block["timestamp"], 16) for block in blocks] == list(range(START, START + 11))
    assert [len(block["transactions"]) for block in blocks] == [0] * 6 + [1] + [0] * 4


def test_mini_blocks_close_a_hundredth_of_a_second_after_their_first_transaction_and_only_then(chain: Chain) -> None:
    chain.loop.advance(0.5)
    assert chain.of(MiniBlockSealed) == []
    chain.pay()
    chain.loop.advance(0.005)
    chain.pay()
    assert chain.of(MiniBlockSealed) == []
    chain.loop.advance(0.005)
    chain.pay()
    chain.loop.advance(0.3)
    first, second = (event.mini_block for event in chain.of(MiniBlockSealed))
    assert [len(mini.transactions) for mini in (first, second)] == [2, 1]
    assert [(mini.number, mini.index, mini.block_number) for mini in (first, second)] == [(0, 0, 1), (1, 1, 1)]
    assert (first.timestamp, second.timestamp) == (START * 1_000_000 + 510_000, START * 1_000_000 + 520_000)


def test_mini_blocks_are_numbered_along_the_chain_and_made_again_from_its_blocks_as_they_were(chain: Chain) -> None:
    for _ in range(4):
        for _ in range(3):
            chain.pay()
            chain.loop.advance(0.125)
        chain.loop.advance(0.625)
    announced = [event.mini_block for event in chain.of(MiniBlockSealed)]
    assert [mini.number for mini in announced] == list(range(12))
    assert [(mini.block_number, mini.index) for mini in announced] == [(b, i) for b in (1, 2, 3, 4) for i in (0, 1, 2)]
    kept = [msgspec.structs.replace(mini, diffs=()) for mini in announced]
    store = chain.net.l2.chain.store
    assert [mini for block in store.blocks(0, store.head.number) for mini in mini_blocks(block)] == kept
    assert [chain.net.l2.chain.mini_block(number) for number in range(13)] == [*kept, None]
    for mini in kept:
        assert [chain.net.l2.chain.mini_block_of(tx.hash) for tx in mini.transactions] == [mini]
    shown = [chain.rpc("eth_getBlockByNumber", hex(number), False) for number in range(5)]
    assert [(b["txOffset"], b["miniBlockOffset"], b["miniBlockCount"]) for b in shown] == [
        ("0x0", "0x0", "0x0"), ("0x0", "0x0", "0x3"), ("0x3", "0x3", "0x3"), ("0x6", "0x6", "0x3"), ("0x9", "0x9", "0x3"),
    ]  # fmt: skip


def test_a_mini_block_never_spans_two_blocks(chain: Chain) -> None:
    chain.loop.advance(0.995)
    chain.pay()
    chain.loop.advance(0.005)  # the block's end comes first
    chain.pay()
    chain.loop.advance(0.1)
    assert [event.mini_block.block_number for event in chain.of(MiniBlockSealed)] == [1, 2]
    assert [event.mini_block.timestamp for event in chain.of(MiniBlockSealed)] == [
        (START + 1) * 1_000_000, (START + 1) * 1_000_000 + 5_000,
    ]  # fmt: skip


def test_a_mini_block_contains_each_transactions_changes(chain: Chain) -> None:
    chain.pay()
    chain.loop.advance(0.01)
    (sealed,) = chain.of(MiniBlockSealed)
    (diff,) = sealed.mini_block.diffs
    assert diff.accounts[bytes.fromhex(NOBODY[2:])].balance == 1


def test_in_the_dev_preset_each_transaction_is_its_own_mini_block_and_block() -> None:
    chain = Chain(preset="dev")
    for _ in range(3):
        chain.pay()
    assert [type(event).__name__ for event in chain.events if type(event) in (MiniBlockSealed, BlockSealed)] == [
        "MiniBlockSealed", "BlockSealed",
    ] * 3  # fmt: skip
    minis = [event.mini_block for event in chain.of(MiniBlockSealed)]
    assert [(mini.number, mini.index, mini.block_number, len(mini.transactions)) for mini in minis] == [
        (0, 0, 1, 1), (1, 0, 2, 1), (2, 0, 3, 1),
    ]  # fmt: skip
    assert all(0 < mini.block_timestamp * 1_000_000 - mini.timestamp < 1_000_000 for mini in minis)
    assert "miniBlockCount" not in chain.rpc("eth_getBlockByNumber", "latest", False)


def test_by_interval_all_transactions_of_a_block_are_one_mini_block() -> None:
    chain = Chain(preset="dev", block_time=2)
    chain.pay()
    chain.pay()
    assert chain.of(MiniBlockSealed) == []
    chain.loop.advance(2)
    (sealed,) = chain.of(MiniBlockSealed)
    assert len(sealed.mini_block.transactions) == 2


def test_latest_and_pending_are_the_newest_state_and_numbers_are_sealed_blocks(chain: Chain) -> None:
    chain.rpc("anvil_setCode", NOBODY, LOGGER)
    chain.loop.advance(1)
    head = hex(chain.height())
    chain.pay(value="0x7", data="0x" + "2a".rjust(64, "0"))
    for tag in ("latest", "pending"):
        assert chain.nonce(tag) == 1
        assert int(chain.rpc("eth_getBalance", NOBODY, tag), 16) == 7
        assert int(chain.rpc("eth_getStorageAt", NOBODY, "0x0", tag), 16) == 0x2A
        assert chain.rpc("eth_getAccountInfo", NOBODY, tag)["balance"] == "0x7"
        assert chain.rpc("eth_getAccount", NOBODY, tag)["balance"] == "0x7"
        bundle = [{"transactions": [{"to": NOBODY, "from": chain.sender}]}]
        assert chain.rpc("eth_callMany", bundle, {"blockNumber": tag}) == [[{"value": "0x"}]]
    for ref in (
        head,
        "safe",
        "finalized",
        "earliest",
        {"blockHash": chain.rpc("eth_getBlockByNumber", head, False)["hash"]},
    ):
        assert chain.rpc("eth_getTransactionCount", chain.sender, ref) == "0x0"
        assert chain.rpc("eth_getBalance", NOBODY, ref) == "0x0"
    assert chain.rpc("eth_getBlockByNumber", "latest", False)["number"] == head
    assert chain.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}) == []


def test_a_call_sees_the_open_block_around_it(chain: Chain) -> None:
    number_and_time = "0x436000524260205260406000f3"  # two words: the block's number, its timestamp
    chain.loop.advance(3)
    chain.pay()
    for tag in ("latest", "pending"):
        answer = chain.rpc("eth_call", {"input": number_and_time}, tag)
        assert [int(answer[2:66], 16), int(answer[66:], 16)] == [4, START + 4]


def test_a_dependent_transaction_can_be_estimated_and_sent_at_once(chain: Chain) -> None:
    created = chain.rpc(
        "eth_sendTransaction", {"from": chain.sender, "data": "0x600a600c600039600a6000f3602a60005260206000f3"}
    )
    contract = chain.receipt(created)["contractAddress"]
    assert chain.rpc("eth_getCode", contract) == "0x602a60005260206000f3"
    assert int(chain.rpc("eth_call", {"to": contract}), 16) == 42
    sent = chain.rpc("eth_sendTransaction", {"from": chain.sender, "to": contract})
    assert chain.receipt(sent)["blockNumber"] == chain.receipt(created)["blockNumber"] == "0x1"
    simulated = chain.rpc("eth_simulateV1", {"blockStateCalls": [{"calls": [{"to": contract}]}]}, "latest")
    assert int(simulated[0]["calls"][0]["returnData"], 16) == 42


def test_the_pending_block_is_the_open_one(chain: Chain) -> None:
    first = chain.pay()
    assert chain.rpc("eth_getBlockByNumber", "pending", False)["transactions"] == [first]
    second = chain.pay()
    pending = chain.rpc("eth_getBlockByNumber", "pending", False)
    chain.rpc("evm_mine")
    sealed = chain.rpc("eth_getBlockByNumber", "latest", False)
    assert pending["transactions"] == sealed["transactions"] == [first, second]
    assert pending["stateRoot"] == sealed["stateRoot"]


def test_the_sync_method_answers_at_once_with_a_receipt_of_the_open_block(chain: Chain) -> None:
    receipt = chain.rpc("eth_sendTransactionSync", {"from": chain.sender, "to": NOBODY, "value": "0x1"})
    assert (receipt["blockHash"], receipt["blockNumber"]) == (UNSEALED, "0x1")


def test_a_transaction_of_the_open_block_has_used_its_nonce(chain: Chain) -> None:
    tx_hash = chain.pay()
    raw = chain.rpc("eth_getRawTransactionByHash", tx_hash)
    with pytest.raises(RpcError, match="nonce too low: .* is in the open block"):
        chain.rpc("eth_sendRawTransaction", raw)
    with pytest.raises(RpcError, match="nonce too low"):
        chain.pay(nonce="0x0", value="0x2")
    assert chain.rpc("eth_getTransactionBySenderAndNonce", chain.sender, "0x0")["hash"] == tx_hash


def test_readers_on_other_threads_see_a_consistent_state(chain: Chain) -> None:
    """Views taken while transactions join are each of one moment, and stay what they were."""
    l2, views = chain.net.l2.chain, []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            view = l2.open_block
            if view is not None and (not views or views[-1] is not view):
                views.append(view)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(150):
            chain.pay()
            assert l2.open_block is not None
    finally:
        done.set()
        reader.join()
    nobody = bytes.fromhex(NOBODY[2:])
    for view in views:
        account = view.state.account(nobody)
        assert account is not None and account.balance == view.count == len(view.transactions) == len(view.receipts)


def test_a_transaction_that_does_not_fit_waits_for_the_next_block() -> None:
    chain = Chain(gas_limit=280_000)
    hashes = [chain.pay(gas="0x11170") for _ in range(5)]  # 70,000 gas asked for, 60,000 used
    assert [chain.receipt(tx_hash) is not None for tx_hash in hashes] == [True, True, True, True, False]
    small = chain.rpc("eth_sendTransaction", {"from": chain.other, "to": NOBODY, "gas": hex(60_000)})
    assert chain.receipt(small) is None, "there is no room for it either"
    chain.loop.advance(1)
    assert [chain.receipt(tx_hash)["blockNumber"] for tx_hash in [*hashes, small]] == ["0x1"] * 4 + ["0x2"] * 2
    assert chain.receipt(small)["blockHash"] == UNSEALED, "executed as soon as there was room"
    assert chain.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_max_transactions_limits_a_block() -> None:
    chain = Chain(max_transactions=2)
    for _ in range(5):
        chain.pay()
    chain.loop.advance(3)
    counts = [chain.rpc("eth_getBlockTransactionCountByNumber", hex(number)) for number in (1, 2, 3)]
    assert counts == ["0x2", "0x2", "0x1"]


def test_transactions_behind_a_nonce_gap_run_once_it_is_filled(chain: Chain) -> None:
    later = [chain.pay(nonce=hex(nonce)) for nonce in (2, 1)]
    assert [chain.receipt(tx_hash) for tx_hash in later] == [None, None]
    first = chain.pay(nonce="0x0")
    places = [chain.receipt(tx_hash) for tx_hash in (first, later[1], later[0])]
    assert [(place["blockNumber"], place["transactionIndex"]) for place in places] == [
        ("0x1", "0x0"), ("0x1", "0x1"), ("0x1", "0x2"),
    ]  # fmt: skip


def test_evm_mine_seals_the_open_block_now(chain: Chain) -> None:
    tx_hash = chain.pay()
    chain.rpc("evm_mine")
    assert chain.receipt(tx_hash)["blockHash"] == chain.rpc("eth_getBlockByNumber", "0x1", False)["hash"]
    chain.rpc("anvil_mine", 3)
    assert chain.height() == 4


def test_a_cheat_is_visible_at_once_and_happens_between_blocks(chain: Chain) -> None:
    before = chain.pay()
    chain.rpc("anvil_setBalance", NOBODY, "0x64")
    assert int(chain.rpc("eth_getBalance", NOBODY), 16) == 100
    after = chain.pay()
    assert int(chain.rpc("eth_getBalance", NOBODY), 16) == 101
    assert [chain.receipt(tx_hash)["blockNumber"] for tx_hash in (before, after)] == ["0x1", "0x2"]
    chain.loop.advance(1)
    block = chain.net.l2.chain.block(2)
    assert block.irregular is not None and block.irregular.accounts[bytes.fromhex(NOBODY[2:])].balance == 100  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "call",
    [
        ("evm_increaseTime", 100),
        ("evm_setTime", START + 100),
        ("evm_setNextBlockTimestamp", START + 100),
        ("anvil_setBlockTimestampInterval", 99),
        ("anvil_setCoinbase", NOBODY),
        ("anvil_setNextBlockBaseFeePerGas", "0x5"),
        ("anvil_setNextBlockPrevRandao", "0x" + "07" * 32),
        ("evm_setBlockGasLimit", 8_000_000),
        ("anvil_setChainId", 4326),
        ("anvil_impersonateSignature", "0x" + "11" * 64 + "1b", NOBODY),
        ("evm_setIntervalMining", 7),
        ("evm_setAutomine", False),
        ("anvil_dumpState",),
        ("evm_snapshot",),
    ],
    ids=lambda call: str(call[0]),
)
def test_settings_of_future_blocks_seal_the_open_one(chain: Chain, call: tuple[Any, ...]) -> None:
    tx_hash = chain.pay()
    chain.rpc(*call)
    receipt, block = chain.receipt(tx_hash), chain.rpc("eth_getBlockByNumber", "latest", False)
    assert (receipt["blockHash"], block["number"]) == (block["hash"], "0x1")
    assert (block["timestamp"], block["miner"], block["baseFeePerGas"]) == (
        hex(START + 1), "0x4200000000000000000000000000000000000011", "0xf4240",
    )  # fmt: skip


def test_the_next_transaction_runs_under_the_new_settings(chain: Chain) -> None:
    chain.pay()
    chain.rpc("evm_setNextBlockTimestamp", START + 1000)
    chain.rpc("anvil_setNextBlockBaseFeePerGas", "0x77")
    chain.rpc("anvil_setCoinbase", NOBODY)
    tx_hash = chain.pay(to=chain.other, maxFeePerGas="0x100", maxPriorityFeePerGas="0x0")
    assert chain.receipt(tx_hash)["effectiveGasPrice"] == "0x77"
    chain.rpc("evm_mine")
    block = chain.rpc("eth_getBlockByNumber", "latest", False)
    assert (block["timestamp"], block["baseFeePerGas"], block["miner"]) == (hex(START + 1000), "0x77", NOBODY)
    chain.loop.advance(1)
    assert chain.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"] == "0xf4240"


def test_a_revert_discards_the_open_block_and_reports_it(chain: Chain) -> None:
    kept = chain.pay()
    snapshot = chain.rpc("evm_snapshot")
    lost = chain.pay()
    chain.loop.advance(0.01)
    assert chain.rpc("evm_revert", snapshot) is True
    assert chain.receipt(lost) is None and chain.receipt(kept) is not None
    assert chain.nonce("latest") == 1
    (removed,) = chain.of(BlocksRemoved)
    assert ["0x" + tx.hash.hex() for block in removed.blocks for tx in block.transactions] == [lost]
    again = chain.pay(value="0x2")
    chain.loop.advance(1)
    assert chain.net.l2.chain.mini_block_of(bytes.fromhex(again[2:])).number == 1  # type: ignore[union-attr]


def test_a_reorganisation_announces_the_mini_blocks_of_its_blocks(chain: Chain) -> None:
    for _ in range(3):
        chain.pay()
        chain.loop.advance(1)
    chain.pay()
    chain.events.clear()
    chain.rpc("anvil_reorg", 2, [[{"from": chain.sender, "to": NOBODY, "value": "0x9"}, 0]])
    kinds = [type(event) for event in chain.events]
    assert kinds == [
        MiniBlockSealed, BlockSealed, BlocksRemoved, MiniBlockSealed, BlockSealed, BlockSealed,
    ]  # fmt: skip
    assert chain.events[3].mini_block.number == 2  # type: ignore[union-attr]
    assert [chain.net.l2.chain.block(number).mini_block_offset for number in range(5)] == [0, 0, 1, 2, 3]
    assert [chain.net.l2.chain.block(number).tx_offset for number in range(5)] == [0, 0, 1, 2, 3]


def test_a_dump_contains_the_open_block_and_a_loaded_chain_has_mini_blocks(chain: Chain) -> None:
    hashes = [chain.pay() for _ in range(3)]
    dump = chain.rpc("anvil_dumpState")
    other = Chain()
    other.pay(to=other.other)
    other.rpc("anvil_loadState", dump)
    assert [other.receipt(tx_hash)["blockNumber"] for tx_hash in hashes] == ["0x1"] * 3
    minis = [mini for block in other.net.l2.chain.store.blocks(0, 9) for mini in mini_blocks(block)]
    assert [(mini.number, len(mini.transactions)) for mini in minis] == [(0, 3)]
    other.pay()
    other.loop.advance(1)
    assert other.net.l2.chain.mini_block(1) is not None


def test_blocks_of_the_preset_replay_to_the_same_roots(chain: Chain) -> None:
    chain.rpc("anvil_setCode", NOBODY, LOGGER)
    for value in range(6):
        chain.pay(data=f"0x{value + 1:064x}")
        chain.loop.advance(0.25)
        if value == 2:
            chain.rpc("anvil_setBalance", chain.other, "0x1")
    l2 = chain.net.l2.chain
    for number in range(1, l2.head.number + 1):
        block = l2.block(number)
        assert [replayed.tx for replayed in replay(l2, block)] == list(block.transactions)
        builder = block_start(l2, block)
        for tx in block.transactions:
            builder.include(tx)
        again = builder.seal()
        assert again.hash == block.hash
        assert again.world.state_root == block.header.state_root


def test_the_cadence_can_be_changed_while_it_runs(chain: Chain) -> None:
    mining = chain.net.node.l2.mining
    assert (mining.mode, chain.rpc("anvil_getAutomine")) == (MiningMode.CONTINUOUS, True)
    chain.rpc("evm_setIntervalMining", 5)
    chain.pay()
    chain.loop.advance(4)
    assert chain.height() == 0
    chain.loop.advance(1)
    assert chain.height() == 1
    chain.rpc("evm_setIntervalMining", 0)  # blocks when asked, transactions at once all the same
    tx_hash = chain.pay()
    chain.loop.advance(1000)
    assert (chain.height(), chain.receipt(tx_hash)["blockHash"]) == (1, UNSEALED)
    chain.rpc("evm_setAutomine", False)
    assert (chain.height(), mining.mode) == (2, MiningMode.NONE)
    waiting = chain.pay()
    assert chain.receipt(waiting) is None
    chain.rpc("evm_setAutomine", True)
    assert (chain.receipt(waiting)["blockHash"], mining.mode) == (UNSEALED, MiningMode.CONTINUOUS)
    chain.rpc("evm_setIntervalMining", 2)
    chain.rpc("evm_setAutomine", False)
    assert mining.mode is MiningMode.INTERVAL


def test_blocks_can_be_left_to_requests_alone() -> None:
    chain = Chain(no_mining=True)
    tx_hash = chain.pay()
    chain.loop.advance(60)
    assert (chain.height(), chain.receipt(tx_hash)["blockHash"]) == (0, UNSEALED)
    assert [event.mini_block.number for event in chain.of(MiniBlockSealed)] == [0]
    chain.rpc("evm_mine")
    assert chain.rpc("eth_getBlockByNumber", "latest", False)["transactions"] == [tx_hash]


def test_the_preset_can_do_without_mini_blocks() -> None:
    assert Chain(mini_block_time=0).net.node.l2.mining.mode is MiningMode.INTERVAL
    assert Chain(mixed_mining=True).net.node.l2.mining.mode is MiningMode.MIXED
    chain = Chain(block_time=None, mini_block_time=None)
    assert chain.net.node.l2.mining.mode is MiningMode.INSTANT
    assert chain.receipt(chain.pay())["effectiveGasPrice"] == "0xf4240"


def test_the_dev_preset_can_have_mini_blocks() -> None:
    chain = Chain(preset="dev", block_time=1, mini_block_time=0.05)
    assert chain.receipt(chain.pay())["blockHash"] == UNSEALED


def test_the_preset_has_megaeths_parameters(chain: Chain) -> None:
    chain.loop.advance(2)
    for number in ("0x0", "0x2"):
        block = chain.rpc("eth_getBlockByNumber", number, False)
        assert block["gasLimit"] == hex(10**10)
        assert block["baseFeePerGas"] == hex(1_000_000)
        assert block["miner"] == "0x4200000000000000000000000000000000000011"
        assert block["extraData"] == "0x00000003e800000002"
    assert chain.rpc("eth_chainId") == hex(432_631_337)
    assert (chain.rpc("eth_gasPrice"), chain.rpc("eth_maxPriorityFeePerGas")) == ("0xf4240", "0x0")
    assert chain.net.l2.chain.spec.hardfork.label == "prague"


def test_a_tip_that_is_offered_is_paid_to_the_sequencers_vault(chain: Chain) -> None:
    tx_hash = chain.pay(gas=hex(60_000), maxFeePerGas="0xf4241", maxPriorityFeePerGas="0x1")
    assert chain.receipt(tx_hash)["effectiveGasPrice"] == "0xf4241"
    assert int(chain.rpc("eth_getBalance", "0x4200000000000000000000000000000000000011"), 16) == 60_000


def test_each_parameter_can_be_changed() -> None:
    chain = Chain(chain_id=4326, base_fee=7, gas_limit=30_000_000, hardfork="osaka", accounts=3)
    chain.loop.advance(3)
    block = chain.rpc("eth_getBlockByNumber", "latest", False)
    assert (block["baseFeePerGas"], block["gasLimit"]) == ("0x7", hex(30_000_000))
    assert (chain.rpc("eth_chainId"), chain.net.l2.chain.spec.hardfork.label) == (hex(4326), "osaka")


def test_mini_blocks_and_blocks_are_sealed_by_real_timers() -> None:
    """The one test that waits: for the events, not for a time."""

    async def run() -> list[type]:
        with Devnet(preset="megaeth", no_l1=True, loop=asyncio.get_running_loop(), block_time=0.05) as net:
            seen: list[type] = []
            done = asyncio.Event()

            def notice(event: Event) -> None:
                if type(event) in (MiniBlockSealed, BlockSealed):
                    seen.append(type(event))
                if MiniBlockSealed in seen and seen[-1] is BlockSealed:
                    done.set()

            net.node.l2.bus.subscribe(notice)
            net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": NOBODY})
            await asyncio.wait_for(done.wait(), 60)
            net.node.l2.mining.stop()
            return seen

    assert MiniBlockSealed in asyncio.run(run())


def test_web3_sends_and_gets_receipts() -> None:
    with Devnet(preset="megaeth", no_l1=True) as net:
        w3, (sender, receiver) = net.w3, net.accounts[:2]
        sealed = threading.Event()
        net.node.l2.bus.subscribe(
            lambda event: sealed.set() if type(event) is BlockSealed and event.block.transactions else None
        )
        signed = w3.eth.account.sign_transaction(
            {
                "to": receiver.address, "value": 1, "gas": 60_000, "nonce": 0, "chainId": w3.eth.chain_id,
                "maxFeePerGas": 2 * 10**6, "maxPriorityFeePerGas": 0,
            },
            sender.private_key,
        )  # fmt: skip
        receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))
        assert (receipt["status"], w3.eth.get_transaction_count(sender.address)) == (1, 1)
        assert sealed.wait(60)
        receipt = w3.eth.get_transaction_receipt(receipt["transactionHash"])
        assert w3.eth.get_block(receipt["blockHash"])["transactions"] == [receipt["transactionHash"]]


def test_the_banner_names_the_preset_and_its_gas(megadev_up: Any) -> None:
    node = megadev_up("--preset", "megaeth", "--block-time", "3600")
    assert any("megaeth: EVM blocks every 3600 s, mini-blocks every 0.01 s" in line for line in node.printed)
    assert any("Gas is charged as on Ethereum" in line for line in node.printed)
    assert node.rpc("eth_chainId") == hex(432_631_337)
    assert node.rpc("eth_getBlockByNumber", "latest", False)["miniBlockCount"] == "0x0"


def test_the_preset_starts_from_a_differing_genesis_file(tmp_path: Any) -> None:
    file = tmp_path / "genesis.json"
    file.write_bytes(
        msgspec.json.encode(
            {
                "config": {"chainId": 99},
                "gasLimit": "0x1c9c380",
                "difficulty": "0x0",
                "alloc": {},
                "baseFeePerGas": "0x9",
            }
        )
    )
    chain = Chain(init=file)
    chain.loop.advance(2)
    assert chain.rpc("eth_chainId") == hex(99)
    assert chain.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"] == "0x9"
    assert chain.net.l2.chain.block(Tag.LATEST).header.gas_limit == 30_000_000
