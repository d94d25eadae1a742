"""Receipts: what a transaction left behind, and how it goes into the receipts trie (EIP-658, EIP-2718)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from megadev.chain.l1_fees import L1Cost
from megadev.primitives import rlp
from megadev.primitives.trie import ordered_root
from megadev.primitives.types import Address, Hash32, Wei

_DEPOSIT = 0x7E
_DEPOSIT_RECEIPT_VERSION = 1


class Log(msgspec.Struct, frozen=True, gc=False):
    """One event: topics are 32-byte words."""

    address: Address
    topics: tuple[Hash32, ...]
    data: bytes


CONSOLE: Final[Address] = bytes(9) + b"console.log"
"""Where Hardhat's and forge-std's console libraries send what is to be printed; nothing is there."""


class ConsoleCall(msgspec.Struct, frozen=True):
    """A call to ``CONSOLE``: who printed, and the call data."""

    sender: Address
    data: bytes


REVERTED: Final = "execution reverted"
"""Why an execution failed that gave up by itself, as geth words it; any other error is the reason of a halt."""


class Receipt(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The outcome of one included transaction.

    ``created`` is the new contract's address (also when the creation failed, as geth reports it). ``output`` (return or
    revert data), ``error`` (None, ``REVERTED`` or a halt reason) and ``console`` (what was printed, by reverted
    frames too) are ours: not part of the encoding. Nor is ``l1_cost``, what was paid for data on L1, where it is, nor
    are ``compute_gas`` and ``storage_gas``, the two kinds that MegaETH's rules tell apart, before refund and floor.
    """

    type: int
    succeeded: bool
    cumulative_gas_used: int
    gas_used: int
    effective_gas_price: Wei
    logs: tuple[Log, ...]
    bloom: bytes
    created: Address | None = None
    blob_gas_used: int = 0
    blob_gas_price: Wei = 0
    output: bytes = b""
    error: str | None = None
    console: tuple[ConsoleCall, ...] = ()
    deposit_nonce: int | None = None
    l1_cost: L1Cost | None = None
    compute_gas: int | None = None
    storage_gas: int | None = None


def encode_receipt(receipt: Receipt) -> bytes:
    """The receipt's consensus form, with its type in front unless it is 0 (EIP-2718).

    A deposit's also holds the nonce it ran with and a version, as the OP Stack does since Canyon.
    """
    logs = b"".join([_encode_log(log) for log in receipt.logs])
    status = b"\x01" if receipt.succeeded else b"\x80"
    payload = b"".join(
        (
            status,
            rlp.encode_int(receipt.cumulative_gas_used),
            b"\xb9\x01\x00",  # of a string of 256 bytes
            receipt.bloom,
            rlp.list_prefix(len(logs)),
            logs,
        )
    )
    if receipt.type == _DEPOSIT and receipt.deposit_nonce is not None:
        payload += rlp.encode_int(receipt.deposit_nonce) + rlp.encode_int(_DEPOSIT_RECEIPT_VERSION)
    encoded = rlp.list_prefix(len(payload)) + payload
    return bytes((receipt.type,)) + encoded if receipt.type else encoded


def _encode_log(log: Log) -> bytes:
    """The RLP of a log, whose address has 20 bytes and each of its topics 32."""
    topics = b"\xa0" + b"\xa0".join(log.topics) if log.topics else b""
    payload = b"\x94" + log.address + rlp.list_prefix(len(topics)) + topics + rlp.encode_bytes(log.data)
    return rlp.list_prefix(len(payload)) + payload


def receipts_root(receipts: Sequence[Receipt]) -> Hash32:
    """The root of the trie of a block's receipts, keyed by their index."""
    return ordered_root([encode_receipt(receipt) for receipt in receipts])
