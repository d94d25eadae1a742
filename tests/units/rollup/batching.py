"""Transactions of every type and rows of blocks, drawn by Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from megadev.chain.transactions import SignedAuthorization, UnsignedTransaction, sign_transaction
from megadev.rollup.batches import SingularBatch

CHAIN_ID = 31337
GENESIS_TIME = 1_700_000_000
KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")

words = st.integers(0, 2**256 - 1)
_addresses = st.binary(min_size=20, max_size=20)
_access_lists = st.lists(st.tuples(_addresses, st.lists(words, max_size=2).map(tuple)), max_size=2).map(tuple)
_authorizations = st.builds(
    SignedAuthorization, words, _addresses, st.integers(0, 2**64 - 1), st.integers(0, 255), words, words
)


@st.composite
def transactions(draw: st.DrawFn) -> bytes:
    """A signed transaction of a type that a span batch can say, as EIP-2718 bytes."""
    kind = draw(st.sampled_from([0, 1, 2, 4]))
    to = draw(_addresses if kind == 4 else st.none() | _addresses)
    protected = kind != 0 or draw(st.booleans())
    tx = UnsignedTransaction(
        type=kind,
        chain_id=CHAIN_ID if protected else None,
        nonce=draw(st.integers(0, 2**64 - 1)),
        gas_limit=draw(st.integers(0, 2**64 - 1)),
        to=to,
        value=draw(words),
        data=draw(st.binary(max_size=80)),
        max_fee_per_gas=draw(words),
        max_priority_fee_per_gas=draw(words),
        access_list=draw(_access_lists) if kind else (),
        authorization_list=draw(st.lists(_authorizations, max_size=2).map(tuple)) if kind == 4 else (),
    )
    return sign_transaction(tx, KEY).encoded


@st.composite
def rows(draw: st.DrawFn) -> list[SingularBatch]:
    """Consecutive blocks two seconds apart."""
    count = draw(st.integers(1, 10))
    time = GENESIS_TIME + draw(st.integers(0, 2**32))
    origin = draw(st.integers(0, 2**40))
    row: list[SingularBatch] = []
    for index in range(count):
        origin += draw(st.integers(0, 1)) if index else 0
        txs = tuple(draw(st.lists(transactions(), max_size=3)))
        row.append(SingularBatch(bytes([index]) * 32, origin, origin.to_bytes(32, "big"), time + 2 * index, txs))
    return row
