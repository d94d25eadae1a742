"""The txpool's promises: nonce lanes, replacement rules, order, limits."""

from __future__ import annotations

import random

import pytest

from megadev.chain.transactions import Transaction
from megadev.errors import AlreadyKnown, PoolFull, ReplacementUnderpriced
from megadev.primitives.keccak import keccak
from megadev.sequencer.txpool import TxPool

ALICE, BOB, CAROL = (bytes([n]) * 20 for n in (1, 2, 3))
GWEI = 10**9


def tx(sender: bytes, nonce: int, cap: int = 2 * GWEI, tip: int = GWEI, salt: int = 0, blobs: int = 0) -> Transaction:
    return Transaction(
        type=3 if blobs else 2,
        chain_id=1,
        nonce=nonce,
        gas_limit=21_000,
        to=BOB,
        value=0,
        data=b"",
        max_fee_per_gas=cap,
        max_priority_fee_per_gas=tip,
        v=0,
        r=1,
        s=1,
        sender=sender,
        hash=keccak(repr((sender, nonce, cap, tip, salt, blobs)).encode()),
        encoded=b"",
        max_fee_per_blob_gas=1 if blobs else 0,
        blob_versioned_hashes=(bytes(32),) * blobs,
    )


def ready(pool: TxPool, base_fee: int = GWEI, **nonces: int) -> list[tuple[bytes, int]]:
    known = {ALICE: nonces.get("alice", 0), BOB: nonces.get("bob", 0), CAROL: nonces.get("carol", 0)}
    return [(found.sender, found.nonce) for found in pool.ready(lambda sender: known[sender], base_fee)]


def test_transactions_behind_a_gap_wait_until_it_is_filled() -> None:
    pool = TxPool()
    pool.admit(tx(ALICE, 2))
    pool.admit(tx(ALICE, 1))
    assert ready(pool) == []
    pending, queued = pool.lanes(lambda sender: 0)
    assert not pending and [waiting.nonce for waiting in queued[ALICE]] == [1, 2]
    pool.admit(tx(ALICE, 0))
    assert ready(pool) == [(ALICE, 0), (ALICE, 1), (ALICE, 2)]
    assert pool.pending_nonce(ALICE, 0) == 3


def test_the_best_paid_goes_first_and_each_sender_in_nonce_order() -> None:
    pool = TxPool()
    pool.admit(tx(ALICE, 0, cap=9 * GWEI, tip=1))
    pool.admit(tx(ALICE, 1, cap=9 * GWEI, tip=5 * GWEI))
    pool.admit(tx(BOB, 0, cap=9 * GWEI, tip=2 * GWEI))
    pool.admit(tx(CAROL, 0, cap=GWEI + 3, tip=3 * GWEI))
    assert ready(pool) == [(BOB, 0), (CAROL, 0), (ALICE, 0), (ALICE, 1)]


def test_arrival_decides_when_asked_to() -> None:
    pool = TxPool(order_by_fee=False)
    for sender in (CAROL, ALICE, BOB):
        pool.admit(tx(sender, 0, tip=sender[0]))
    assert [sender for sender, _ in ready(pool)] == [CAROL, ALICE, BOB]


def test_a_transaction_below_the_base_fee_holds_its_lane_back() -> None:
    pool = TxPool()
    pool.admit(tx(ALICE, 0, cap=GWEI))
    pool.admit(tx(ALICE, 1, cap=9 * GWEI))
    assert ready(pool, base_fee=2 * GWEI) == []


def test_replacement_needs_ten_percent_on_both_caps() -> None:
    pool = TxPool()
    first = tx(ALICE, 0, cap=1001, tip=101)
    pool.admit(first)
    for cap, tip in ((1101, 112), (1102, 111)):
        with pytest.raises(ReplacementUnderpriced) as caught:
            pool.admit(tx(ALICE, 0, cap=cap, tip=tip, salt=1))
        assert caught.value.replaced == first.hash and caught.value.got + 1 == caught.value.needed
        assert pool.get(first.hash) is first
    second = tx(ALICE, 0, cap=1102, tip=112)
    assert pool.admit(second) is first
    assert pool.get(first.hash) is None and pool.get(second.hash) is second and len(pool) == 1


def test_a_blob_transaction_needs_double_to_be_replaced() -> None:
    pool = TxPool()
    pool.admit(tx(ALICE, 0, cap=1000, tip=100, blobs=1))
    with pytest.raises(ReplacementUnderpriced):
        pool.admit(tx(ALICE, 0, cap=1999, tip=200, blobs=1))


def test_the_same_transaction_twice_is_already_known() -> None:
    pool = TxPool()
    pool.admit(tx(ALICE, 0))
    with pytest.raises(AlreadyKnown):
        pool.admit(tx(ALICE, 0))


def test_pool_limits_refuse_new_transactions_and_allow_replacement() -> None:
    pool = TxPool(limit=2, sender_limit=1)
    pool.admit(tx(ALICE, 0, cap=1000, tip=100))
    with pytest.raises(PoolFull, match=ALICE.hex()):
        pool.admit(tx(ALICE, 1))
    pool.admit(tx(BOB, 0))
    with pytest.raises(PoolFull, match="2 transactions"):
        pool.admit(tx(CAROL, 0))
    assert pool.admit(tx(ALICE, 0, cap=1100, tip=110)) is not None


def test_used_nonces_are_forgotten() -> None:
    pool = TxPool()
    for nonce in range(3):
        pool.admit(tx(ALICE, nonce))
    assert [stale.nonce for stale in pool.forget_below(ALICE, 2)] == [0, 1]
    assert ready(pool, alice=2) == [(ALICE, 2)]
    assert pool.forget_below(BOB, 5) == []


def test_removing_and_clearing_empty_the_pool() -> None:
    pool = TxPool()
    one, two = tx(ALICE, 0), tx(BOB, 0)
    pool.admit(one)
    pool.admit(two)
    assert pool.remove(one.hash) is one and pool.remove(one.hash) is None
    assert pool.clear() == [two]
    assert len(pool) == 0 and pool.transactions() == [] and ready(pool) == []


@pytest.mark.parametrize("seed", range(20))
def test_the_next_nonce_follows_the_unbroken_run(seed: int) -> None:
    chance, pool = random.Random(seed), TxPool()
    lane: dict[int, bytes] = {}
    for step in range(200):
        nonce = chance.randrange(14)
        if nonce in lane and chance.random() < 0.5:
            pool.remove(lane.pop(nonce))
        elif nonce not in lane:
            waiting = tx(ALICE, nonce, salt=step)
            pool.admit(waiting)
            lane[nonce] = waiting.hash
        for start in range(15):
            expected = start
            while expected in lane:
                expected += 1
            assert pool.pending_nonce(ALICE, start) == expected
