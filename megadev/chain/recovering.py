"""What a worker process finds out about a signed transaction, for a node that is sent many at once
(``node/recovery``).
"""

from __future__ import annotations

from typing import TypeAlias

from megadev.chain.transactions import DEPOSIT, decode_transaction, signing_hash
from megadev.errors import MegadevError
from megadev.primitives.types import Address, Hash32

Recovered: TypeAlias = tuple[Hash32, int, bytes, bytes, Address] | None
"""Message hash, y parity, r, s and address of a transaction's signature; None for what is no transaction with one."""


def recovered(raw: bytes) -> Recovered:
    """Returns the sender and other values recovered from a transaction's signature. A transaction that is none is for
    the node to refuse.
    """
    try:
        tx = decode_transaction(raw)
    except MegadevError:
        return None
    if tx.type == DEPOSIT:
        return None
    return signing_hash(tx), tx.y_parity, tx.r.to_bytes(32, "big"), tx.s.to_bytes(32, "big"), tx.sender
