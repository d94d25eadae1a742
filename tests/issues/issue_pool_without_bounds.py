"""The txpool counted transactions and not their bytes: fifty thousand of a megabyte each could wait for a nonce in vain."""

from __future__ import annotations

import pytest

from megadev.chain.transactions import Transaction, UnsignedTransaction, impersonated_transaction
from megadev.errors import PoolFull, ReplacementUnderpriced
from megadev.sequencer.txpool import TxPool

ALICE = b"\xaa" * 20


def waiting(nonce: int, size: int, price: int = 10) -> Transaction:
    tx = UnsignedTransaction(
        type=2,
        chain_id=1,
        nonce=nonce,
        gas_limit=21_000,
        to=ALICE,
        data=bytes(size),
        max_fee_per_gas=price,
        max_priority_fee_per_gas=price,
    )
    return impersonated_transaction(tx, ALICE)


def test_large_transactions_fill_the_pool_sooner() -> None:
    pool = TxPool(byte_limit=10_000)
    first, second = waiting(1, 4_000), waiting(2, 4_000)
    pool.admit(first)
    pool.admit(second)
    version = pool.version
    with pytest.raises(PoolFull, match="txpool is full"):
        pool.admit(waiting(3, 4_000))
    with pytest.raises(PoolFull, match="txpool is full"):
        pool.admit(waiting(1, 8_000, price=20))
    with pytest.raises(ReplacementUnderpriced):
        pool.admit(waiting(1, 10))
    assert (pool.version, pool.transactions()) == (version, [first, second]), "a refusal changes nothing"

    assert pool.admit(waiting(1, 5_000, price=20)) is first, "what it replaces makes room for it"
    pool.remove(second.hash)
    pool.admit(waiting(3, 4_000))
    pool.clear()
    pool.admit(waiting(0, 9_000))
