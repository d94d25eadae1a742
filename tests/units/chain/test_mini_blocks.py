"""Mini-blocks: their digest, against other libraries, and how a sealed block gives them back."""

from __future__ import annotations

import msgspec
import pytest
import rlp as rlp_library
from eth_hash.auto import keccak as other_keccak
from trie import HexaryTrie

from megadev.chain.blocks import Cut, Header, seal_block
from megadev.chain.mini_blocks import MiniBlock, mini_block, mini_block_index, mini_blocks
from megadev.chain.receipts import Log, Receipt, encode_receipt
from megadev.chain.store import ChainStore, LogMatcher
from megadev.chain.transactions import Transaction, UnsignedTransaction, sign_transaction
from megadev.primitives.bloom import logs_bloom
from megadev.state.world import World

WORLD = World()
TOPICS = [bytes([number]) * 32 for number in range(4)]


def transaction(nonce: int) -> Transaction:
    fields = UnsignedTransaction(
        type=2, chain_id=1, nonce=nonce, gas_limit=21_000, to=bytes(20), value=nonce, data=b"",
        max_fee_per_gas=9, max_priority_fee_per_gas=1,
    )  # fmt: skip
    return sign_transaction(fields, b"\x07" * 32)


def receipt(number: int, logs: int = 1) -> Receipt:
    made = tuple(Log(bytes([number]) * 20, (TOPICS[number % 4],), b"") for _ in range(logs))
    return Receipt(
        type=2, succeeded=True, cumulative_gas_used=100 * (number + 1), gas_used=100, effective_gas_price=1,
        logs=made, bloom=logs_bloom(made),
    )  # fmt: skip


TRANSACTIONS = [transaction(nonce) for nonce in range(5)]
RECEIPTS = [receipt(number, logs=number) for number in range(5)]
BLOCK = seal_block(
    Header(parent_hash=bytes(32), number=7, timestamp=50), TRANSACTIONS, RECEIPTS, WORLD,
    tx_offset=10, mini_block_offset=4, cuts=(Cut(2, 49_000_001), Cut(3, 49_500_000), Cut(5, 50_000_000)),
)  # fmt: skip


def other_root(items: list[bytes]) -> bytes:
    trie = HexaryTrie({})
    for index, item in enumerate(items):
        trie[rlp_library.encode(index)] = item
    return trie.root_hash


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_digest_is_the_hash_of_eight_fields_and_the_roots_are_those_of_its_own_tries(index: int) -> None:
    mini = mini_block(BLOCK, index)
    transactions = other_root([tx.encoded for tx in mini.transactions])
    receipts = other_root([encode_receipt(receipt) for receipt in mini.receipts])
    assert (mini.transaction_root, mini.receipt_root) == (transactions, receipts)
    fields = [7, 50, index, 4 + index, mini.timestamp, mini.gas_used, transactions, receipts]
    assert mini.digest == other_keccak(rlp_library.encode(fields))


def test_the_digest_of_a_mini_block_with_zeroes_has_them_minimal() -> None:
    mini = MiniBlock(
        block_number=0, block_timestamp=0, index=0, number=0, timestamp=0, gas_used=0, transactions=(), receipts=(),
        tx_offset=0, log_offset=0,
    )  # fmt: skip
    empty = other_root([])
    assert mini.digest == other_keccak(rlp_library.encode([0, 0, 0, 0, 0, 0, empty, empty]))


def test_a_block_gives_its_mini_blocks_back() -> None:
    minis = mini_blocks(BLOCK)
    assert [tx for mini in minis for tx in mini.transactions] == TRANSACTIONS
    assert [(mini.number, mini.index, mini.tx_offset, mini.log_offset, mini.gas_used) for mini in minis] == [
        (4, 0, 0, 0, 200), (5, 1, 2, 1, 100), (6, 2, 3, 3, 200),
    ]  # fmt: skip
    assert [mini_block_index(BLOCK, index) for index in range(5)] == [0, 0, 1, 2, 2]
    with pytest.raises(IndexError):
        mini_block(BLOCK, 3)


def test_a_foreign_block_is_one_mini_block_unless_empty() -> None:
    whole = seal_block(Header(parent_hash=bytes(32), number=1, timestamp=5), TRANSACTIONS, RECEIPTS, WORLD)
    assert [(len(mini.transactions), mini.timestamp) for mini in mini_blocks(whole)] == [(5, 5_000_000)]
    assert mini_blocks(seal_block(Header(parent_hash=bytes(32), number=1, timestamp=5), (), (), WORLD)) == []


def test_the_store_finds_the_block_of_a_mini_block_among_empty_ones() -> None:
    store = ChainStore(seal_block(Header(parent_hash=bytes(32)), (), (), WORLD))
    offset, expected = 0, {}
    for number, cuts in enumerate((0, 2, 0, 0, 1, 1, 0), start=1):
        block = seal_block(
            Header(number=number, parent_hash=store.head.hash), TRANSACTIONS[:cuts], RECEIPTS[:cuts], WORLD,
            mini_block_offset=offset, cuts=tuple(Cut(end + 1, 0) for end in range(cuts)),
        )  # fmt: skip
        store.append(block)
        expected |= dict.fromkeys(range(offset, offset + cuts), number)
        offset += cuts
    found = {number: block.number for number in range(-1, 9) if (block := store.by_mini_block(number)) is not None}
    assert found == expected == {0: 2, 1: 2, 2: 5, 3: 6}


def test_logs_of_a_mini_block_have_their_places_in_the_block() -> None:
    mini = mini_block(BLOCK, 2)
    everything = LogMatcher((), ()).in_mini_block(mini)
    assert [(index, log_index) for _, index, log_index in everything] == [
        (3, 3),
        (3, 4),
        (3, 5),
        *((4, n) for n in range(6, 10)),
    ]
    assert LogMatcher((bytes([4]) * 20,), ([TOPICS[0]],)).in_mini_block(mini) == everything[3:]
    whole = LogMatcher((), ()).in_block(BLOCK)
    assert [(found.transaction_index, found.log_index) for found in whole[3:]] == [(i, n) for _, i, n in everything]


def test_a_mini_block_equals_the_announced_one_without_its_changes() -> None:
    mini = mini_block(BLOCK, 1)
    _ = mini.digest
    assert msgspec.structs.replace(mini, diffs=()) == mini_block(BLOCK, 1)
