"""Finding blocks, transactions and logs, going back, and reading while the chain grows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from megadev.chain.blocks import Header, SealedBlock, Tag, seal_block
from megadev.chain.receipts import Log, Receipt
from megadev.chain.store import ChainStore, LocatedLog, LogMatcher, TopicFilter, first_log_index
from megadev.chain.transactions import Transaction, UnsignedTransaction, impersonated_transaction
from megadev.errors import UnknownBlock
from megadev.primitives.bloom import join_blooms, logs_bloom
from megadev.state.world import World

WORLD = World()
ADDRESSES = [bytes([value]) * 20 for value in range(1, 5)]
TOPICS = [bytes([value]) * 32 for value in range(10, 14)]


def tx(nonce: int) -> Transaction:
    return impersonated_transaction(
        UnsignedTransaction(type=2, chain_id=1, nonce=nonce, gas_limit=21_000, to=None), b"\x01" * 20
    )


def receipt(*logs: Log) -> Receipt:
    return Receipt(type=2, succeeded=True, cumulative_gas_used=0, gas_used=0, effective_gas_price=0, logs=logs,
                   bloom=logs_bloom(logs))  # fmt: skip


def following(parent: SealedBlock | None, number: int, *logs_by_tx: Sequence[Log], salt: int = 0) -> SealedBlock:
    """A block with one transaction per member of ``logs_by_tx``."""
    receipts = [receipt(*logs) for logs in logs_by_tx]
    header = Header(
        parent_hash=parent.hash if parent else bytes(32),
        number=number,
        timestamp=salt,
        logs_bloom=join_blooms(each.bloom for each in receipts),
    )
    transactions = [tx(salt * 10**6 + number * 100 + index) for index in range(len(receipts))]
    return seal_block(header, transactions, receipts, WORLD)


def grow(store: ChainStore, *logs_by_tx: Sequence[Log], salt: int = 0) -> SealedBlock:
    block = following(store.head, store.head.number + 1, *logs_by_tx, salt=salt)
    store.append(block)
    return block


@pytest.fixture
def store() -> ChainStore:
    return ChainStore(following(None, 0))


def test_blocks_are_found_by_number_hash_and_tag(store: ChainStore) -> None:
    first, second = grow(store), grow(store, [])
    assert store.head is second
    assert len(store) == 3
    assert store.by_number(1) is first
    assert store.by_hash(second.hash) is second
    assert store.by_number(3) is store.by_number(-1) is store.by_hash(bytes(32)) is None
    assert store.block_hash(1) == first.hash
    assert store.block_hash(9) == bytes(32)
    assert store.resolve(1) is store.resolve(first.hash) is first
    assert store.resolve(Tag.LATEST) is store.resolve(Tag.PENDING) is second
    assert store.resolve(Tag.EARLIEST) is store.genesis
    assert store.resolve(Tag.SAFE) is store.resolve(Tag.FINALIZED) is second
    assert store.resolve(Tag.SAFE, safe=1) is first
    assert store.resolve(Tag.FINALIZED, safe=1, finalized=-5) is store.genesis
    assert list(store.blocks(1, 2)) == [first, second]
    assert list(store.blocks(-3, 0)) == [store.genesis]
    assert list(store.blocks(2, 99)) == [second]


@pytest.mark.parametrize("ref", [3, -1, b"\x07" * 32])
def test_a_block_that_does_not_exist_is_named(store: ChainStore, ref: int | bytes) -> None:
    with pytest.raises(UnknownBlock, match="header not found: no block"):
        store.resolve(ref)


def test_a_chain_may_begin_anywhere() -> None:
    store = ChainStore(following(None, 1_000))
    block = grow(store, [])
    assert store.resolve(Tag.EARLIEST).number == 1_000
    assert store.by_number(0) is store.by_number(999) is None
    assert store.by_number(1_001) is block
    assert list(store.blocks(0, 5_000)) == [store.genesis, block]
    assert store.transaction(block.transactions[0].hash) == (block, 0)
    with pytest.raises(UnknownBlock):
        store.truncate(999)


def test_a_block_must_follow_the_head(store: ChainStore) -> None:
    with pytest.raises(ValueError, match="block 2 does not follow block 0"):
        store.append(following(store.head, 2))
    assert len(store) == 1
    assert store.by_number(2) is None


def test_a_transaction_is_found_with_its_place(store: ChainStore) -> None:
    block = grow(store, [], [], [])
    assert store.transaction(block.transactions[2].hash) == (block, 2)
    assert store.transaction(bytes(32)) is None


def test_truncating_the_store_forgets_later_blocks(store: ChainStore) -> None:
    log = Log(ADDRESSES[0], (TOPICS[0],), b"")
    kept, gone, gone_too = grow(store, [log]), grow(store, [log, log]), grow(store, [log])
    assert list(store.truncate(1)) == [gone, gone_too]
    assert store.head is kept
    assert store.by_hash(gone.hash) is store.transaction(gone.transactions[0].hash) is None
    assert [each.block for each in store.logs(0, 99)] == [kept]
    again = grow(store, [log], salt=1)
    assert store.by_number(2) is again
    assert [each.block for each in store.logs(0, 99, [ADDRESSES[0]])] == [kept, again]
    assert list(store.truncate(2)) == []
    with pytest.raises(UnknownBlock):
        store.truncate(3)
    assert store.head is again


def test_a_transaction_mined_again_after_going_back_is_found_where_it_is(store: ChainStore) -> None:
    first = grow(store, [])
    store.truncate(0)
    empty = grow(store, salt=1)
    moved = seal_block(Header(parent_hash=empty.hash, number=2), first.transactions, first.receipts, WORLD)
    store.append(moved)
    assert store.transaction(first.transactions[0].hash) == (moved, 0)


def test_of_a_transaction_in_two_blocks_the_last_is_found_and_the_first_after_going_back(store: ChainStore) -> None:
    """A cheat that sets the nonce back lets the same bytes in twice."""
    first = grow(store, [])
    second = seal_block(Header(parent_hash=first.hash, number=2), first.transactions, first.receipts, WORLD)
    store.append(second)
    tx_hash = first.transactions[0].hash
    assert store.transaction(tx_hash) == (second, 0)
    store.truncate(1)
    assert store.transaction(tx_hash) == (first, 0)
    store.truncate(0)
    assert store.transaction(tx_hash) is None


# --- logs -------------------------------------------------------------------------------------------------------------

logs_of_a_tx = st.lists(
    st.builds(
        Log,
        st.sampled_from(ADDRESSES),
        st.lists(st.sampled_from(TOPICS), max_size=4).map(tuple),
        st.binary(max_size=2),
    ),
    max_size=3,
)
chains = st.lists(st.lists(logs_of_a_tx, max_size=3), max_size=12)
topic_filters = st.lists(st.none() | st.lists(st.sampled_from([*TOPICS, b"\xee" * 32]), max_size=3), max_size=5)


def every_log(store: ChainStore) -> Iterator[LocatedLog]:
    """The plain way to all logs."""
    for block in store.blocks(0, store.head.number):
        index = 0
        for position, each in enumerate(block.receipts):
            for log in each.logs:
                yield LocatedLog(log, block, position, index)
                index += 1


def matches(log: Log, addresses: Sequence[bytes], topics: TopicFilter) -> bool:
    """What eth_getLogs promises."""
    if addresses and log.address not in addresses:
        return False
    if len(topics) > len(log.topics):
        return False
    return all(not choice or mine in choice for choice, mine in zip(topics, log.topics, strict=False))


@given(chains, st.integers(-1, 13), st.integers(-1, 13), st.lists(st.sampled_from(ADDRESSES), max_size=3),
       topic_filters, st.integers(0, 12))  # fmt: skip
@settings(max_examples=80)
def test_a_log_query_finds_what_a_scan_of_everything_finds(
    chain: list[list[list[Log]]], low: int, high: int, addresses: list[bytes], topics: TopicFilter, back_to: int
) -> None:
    store = ChainStore(following(None, 0))
    for block in chain:
        grow(store, *block)
    if back_to <= store.head.number:
        store.truncate(back_to)
        for block in chain[::-1]:
            grow(store, *block, salt=1)
    expected = [
        each for each in every_log(store)
        if low <= each.block.number <= high and matches(each.log, addresses, topics)
    ]  # fmt: skip
    assert store.logs(low, high, addresses, topics) == expected
    matcher = LogMatcher(addresses, topics)  # as a subscription asks block by block, without the indices
    assert [each for block in store.blocks(low, high) for each in matcher.in_block(block)] == expected


def test_the_first_log_of_a_transaction_counts_those_before_it(store: ChainStore) -> None:
    log = Log(ADDRESSES[0], (), b"")
    block = grow(store, [log, log], [], [log])
    assert [first_log_index(block, index) for index in range(3)] == [0, 2, 2]


def test_readers_see_consistent_chains_during_appends_and_rollbacks(store: ChainStore) -> None:
    """Every block of chain ``salt`` logs ``salt`` as data: a reader that saw two of them saw half of each chain."""
    problems: list[str] = []
    finished = threading.Event()

    def read() -> None:
        try:
            while not finished.is_set() and not problems:
                look()
        except Exception as problem:
            problems.append(repr(problem))

    def look() -> None:
        head = store.head
        if store.resolve(Tag.LATEST) is None or store.by_number(head.number + 1000) is not None:
            problems.append("a head out of reach")
        for asked in ([ADDRESSES[0]], ()):
            found = store.logs(0, 10**6, asked)
            if len({each.log.data for each in found}) > 1:
                problems.append("logs of two chains in one answer")
            numbers = [each.block.number for each in found]
            if numbers != list(range(1, len(numbers) + 1)):
                problems.append(f"a hole: {numbers}")
        for block in store.blocks(0, 10**6):
            for transaction in block.transactions:
                place = store.transaction(transaction.hash)
                if place is not None and place[0].transactions[place[1]].hash != transaction.hash:
                    problems.append("a transaction in the wrong place")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for salt in range(60):
            store.truncate(0)
            for _ in range(12):
                grow(store, [Log(ADDRESSES[0], (TOPICS[0],), bytes([salt]))], salt=salt)
    finally:
        finished.set()
        for reader in readers:
            reader.join(timeout=30)
    assert not problems, problems[:3]


def test_a_query_overtaken_by_a_revert_answers_for_one_chain(
    store: ChainStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(ADDRESSES[0], (), b"")
    for _ in range(3):
        grow(store, [log])
    look_up = store._candidates

    def interrupted(*query: Any) -> Sequence[int]:
        monkeypatch.undo()
        store.truncate(0)
        grow(store, [], salt=1)
        grow(store, [log], salt=1)
        return look_up(*query)

    monkeypatch.setattr(store, "_candidates", interrupted)
    assert [each.block for each in store.logs(0, 9)] == [store.head]


def test_a_located_log_can_be_compared(store: ChainStore) -> None:
    block = grow(store, [Log(ADDRESSES[1], (), b"x")])
    (found,) = store.logs(0, 1)
    assert (found.block, found.transaction_index, found.log_index) == (block, 0, 0)
    assert msgspec.structs.replace(found) == found
