"""What a worker process finds out about a signed transaction, for a node that is sent many at once
(``node/recovery``): all that ``decode_transaction`` does, the sender included.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from megadev.chain.transactions import DYNAMIC_FEE, Transaction, decode_transaction
from megadev.errors import MegadevError

Recovered: TypeAlias = tuple[Any, ...] | None
"""The fields of a transaction, in the order of ``transaction_of``; None for one that is left to the node."""


def recovered(raw: bytes) -> Recovered:
    """Returns the fields of the transaction that ``raw`` encodes, as plain values. None for one that is none, which the
    node refuses, and for kinds that nobody floods a node with: blobs, authorizations, deposits.
    """
    try:
        tx = decode_transaction(raw)
    except MegadevError:
        return None
    if tx.type > DYNAMIC_FEE:
        return None
    return (
        tx.type,
        tx.chain_id,
        tx.nonce,
        tx.gas_limit,
        tx.to,
        tx.value,
        tx.data,
        tx.max_fee_per_gas,
        tx.max_priority_fee_per_gas,
        tx.v,
        tx.r,
        tx.s,
        tx.sender,
        tx.hash,
        tx.access_list,
    )


def transaction_of(raw: bytes, fields: tuple[Any, ...]) -> Transaction:
    """The transaction that ``raw`` encodes, of the fields that ``recovered`` found."""
    kind, chain_id, nonce, gas_limit, to, value, data, cap, tip, v, r, s, sender, tx_hash, access_list = fields
    return Transaction(
        type=kind,
        chain_id=chain_id,
        nonce=nonce,
        gas_limit=gas_limit,
        to=to,
        value=value,
        data=data,
        max_fee_per_gas=cap,
        max_priority_fee_per_gas=tip,
        v=v,
        r=r,
        s=s,
        sender=sender,
        hash=tx_hash,
        encoded=raw,
        access_list=access_list,
    )
