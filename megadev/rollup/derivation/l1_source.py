"""L1 as derivation sees it: blocks one after the other, with what they say to L2. Where they come from is an
``L1Source``; this module has the one over a chain of this process, ``remote_l1`` the one over JSON-RPC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import blob_base_fee
from megadev.chain.receipts import Log
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import blobs_of
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.derivation.config import CONFIG_UPDATE_TOPIC


class L1Transaction(Protocol):
    """The fields of an L1 transaction that derivation needs; ``chain.transactions.Transaction`` has them."""

    @property
    def type(self) -> int: ...
    @property
    def sender(self) -> Address: ...
    @property
    def to(self) -> Address | None: ...
    @property
    def data(self) -> bytes: ...
    @property
    def blob_versioned_hashes(self) -> tuple[Hash32, ...]: ...


class IndexedLog(NamedTuple):
    """A log with its index in its block, counted over all transactions."""

    log: Log
    position: int


class L1Block(msgspec.Struct, frozen=True, kw_only=True):
    """A block of L1: its transactions, and the logs of those that succeeded. Time in seconds, fees in wei."""

    number: int
    hash: Hash32
    parent_hash: Hash32
    timestamp: int
    base_fee: Wei
    blob_base_fee: Wei
    transactions: Sequence[L1Transaction]
    logs: Sequence[IndexedLog]


class L1Unavailable(Exception):
    """L1, or data that it only names, cannot be had at present: asking again later may help. Its text says what."""


class L1Source(Protocol):
    """An L1 that can be read. All methods may raise ``L1Unavailable``."""

    def block(self, number: int) -> L1Block | None:
        """The block with that number on L1's present chain, None where L1 has not got there (or not been confirmed as
        far as this source waits for)."""
        ...

    def block_hash(self, number: int) -> Hash32 | None:
        """Returns that block's hash."""
        ...

    def blobs(self, block: L1Block, hashes: Sequence[Hash32]) -> list[bytes]:
        """The blobs of ``block`` that ``hashes`` name, in their order, one for each."""
        ...

    def config_logs(self, system_config: Address, first: int, last: int) -> list[Log]:
        """The contract's ConfigUpdate logs in blocks ``first`` to ``last``, both included, oldest first."""
        ...


class ChainL1(L1Source):
    """The L1 of this process. ``store`` gives its chain, which may be replaced by another; ``confirmations`` blocks at
    its end are not read.
    """

    def __init__(self, store: Callable[[], ChainStore], spec: ChainSpec, confirmations: int = 0) -> None:
        self.confirmations = confirmations
        self._store = store
        self._spec = spec

    def block(self, number: int) -> L1Block | None:
        block = self._sealed(number)
        return None if block is None else l1_block_of(block, self._spec)

    def block_hash(self, number: int) -> Hash32 | None:
        block = self._sealed(number)
        return None if block is None else block.hash

    def _sealed(self, number: int) -> SealedBlock | None:
        store = self._store()
        return store.by_number(number) if number <= store.head.number - self.confirmations else None

    def blobs(self, block: L1Block, hashes: Sequence[Hash32]) -> list[bytes]:
        sealed = self._store().by_hash(block.hash)
        if sealed is None:
            raise L1Unavailable(f"L1 block {block.number} is no longer on L1")
        kept = dict(blobs_of(sealed.transactions))
        for each in hashes:
            if each not in kept:
                raise L1Unavailable(f"blob {to_data(each)} of L1 block {block.number} is no longer available")
        return [kept[each] for each in hashes]

    def config_logs(self, system_config: Address, first: int, last: int) -> list[Log]:
        found = self._store().logs(first, last, (system_config,), ((CONFIG_UPDATE_TOPIC,),))
        return [each.log for each in found]


def l1_block_of(block: SealedBlock, spec: ChainSpec) -> L1Block:
    """A sealed block of a chain of ``spec`` as derivation sees it."""
    logs: list[IndexedLog] = []
    for receipt in block.receipts:
        logs += map(IndexedLog, receipt.logs, range(len(logs), len(logs) + len(receipt.logs)))
    header = block.header
    return L1Block(
        number=header.number,
        hash=block.hash,
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        base_fee=header.base_fee,
        blob_base_fee=blob_base_fee(header.excess_blob_gas, block.spec or spec),
        transactions=block.transactions,
        logs=logs,
    )
