"""The txpool: transactions that were accepted and are not yet in a block.

Each sender has a lane ordered by nonce. A lane's unbroken run from the account's next nonce is *pending* (ready to be
included); what lies behind a gap is *queued*. A transaction replaces another of the same sender and nonce when both its
fee caps are at least 10 % higher. The pool knows nothing of state: callers tell it each sender's next nonce.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

import msgspec

from megadev.chain.transactions import Transaction
from megadev.errors import AlreadyKnown, PoolFull, ReplacementUnderpriced
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32

PRICE_BUMP_PERCENT = 10
"""What a replacement must add to both fee caps (geth's default)."""
BLOB_PRICE_BUMP_PERCENT = 100
"""The same for blob transactions (geth's blob pool)."""
POOL_LIMIT = 50_000
SENDER_LIMIT = 10_000
BYTE_LIMIT = 256 * 1024 * 1024
"""Bytes of waiting transactions, blobs included. One may have a megabyte of data: their number alone bounds nothing."""

NextNonce = Callable[[Address], int]


class PooledTransaction(msgspec.Struct, frozen=True):
    """A waiting transaction and its place in the order of arrival."""

    tx: Transaction
    arrival: int


class TxPool:
    """Lanes of waiting transactions. Methods raise ``PoolRejection`` subclasses and change nothing when they do."""

    def __init__(
        self,
        *,
        order_by_fee: bool = True,
        limit: int = POOL_LIMIT,
        sender_limit: int = SENDER_LIMIT,
        byte_limit: int = BYTE_LIMIT,
    ) -> None:
        self.order_by_fee = order_by_fee
        self.limit = limit
        self.sender_limit = sender_limit
        self.byte_limit = byte_limit
        self.version = 0
        """Changes whenever the content does; caches of a pending block key on it."""
        self._lanes: dict[Address, dict[int, PooledTransaction]] = {}
        self._runs: dict[Address, tuple[int, int]] = {}
        """By sender, two nonces: all from the first up to the second, which is not included, are in its lane. Without
        it each question for the next nonce would walk through all that waits. Readers only read it."""
        self._by_hash: dict[Hash32, PooledTransaction] = {}
        self._bytes = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._by_hash)

    def get(self, tx_hash: Hash32) -> Transaction | None:
        """The waiting transaction with that hash."""
        pooled = self._by_hash.get(tx_hash)
        return pooled.tx if pooled is not None else None

    def admit(self, tx: Transaction) -> Transaction | None:
        """Take ``tx`` in; returns the transaction it replaced, if any."""
        if tx.hash in self._by_hash:
            raise AlreadyKnown(tx.hash, "waits in the txpool")
        lane = self._lanes.get(tx.sender)
        replaced = lane.get(tx.nonce) if lane is not None else None
        if replaced is not None:
            _check_replacement(replaced.tx, tx)
        elif len(self._by_hash) >= self.limit:
            raise PoolFull(f"{self.limit} transactions wait")
        elif lane is not None and len(lane) >= self.sender_limit:
            raise PoolFull(f"{self.sender_limit} transactions of {to_data(tx.sender)} wait already")
        size = self._bytes + _size(tx) - (_size(replaced.tx) if replaced is not None else 0)
        if size > self.byte_limit:
            raise PoolFull(f"{self._bytes} bytes of transactions wait")
        pooled = PooledTransaction(tx, self._arrivals)
        self._arrivals += 1
        self._bytes = size
        if lane is None:
            self._lanes[tx.sender] = {tx.nonce: pooled}
        else:
            lane[tx.nonce] = pooled
        self._extend_run(tx.sender, tx.nonce)
        if replaced is not None:
            del self._by_hash[replaced.tx.hash]
        self._by_hash[tx.hash] = pooled
        self.version += 1
        return replaced.tx if replaced is not None else None

    def _extend_run(self, sender: Address, nonce: int) -> None:
        """A transaction with that nonce has come into the sender's lane."""
        lane = self._lanes[sender]
        first, end = self._runs.get(sender, (nonce, nonce))
        if first == end or nonce < first - 1:
            first = end = nonce
        elif nonce == first - 1:
            first = nonce
        if nonce == end:
            while end in lane:
                end += 1
        self._runs[sender] = first, end

    def remove(self, tx_hash: Hash32) -> Transaction | None:
        """Take a transaction out: included, invalid or dropped by request."""
        pooled = self._by_hash.pop(tx_hash, None)
        if pooled is None:
            return None
        tx = pooled.tx
        lane = self._lanes[tx.sender]
        del lane[tx.nonce]
        first, end = self._runs.get(tx.sender, (0, 0))
        if tx.nonce == first < end:
            self._runs[tx.sender] = first + 1, end
        elif first < tx.nonce < end:
            self._runs[tx.sender] = first, tx.nonce
        if not lane:
            del self._lanes[tx.sender]
            self._runs.pop(tx.sender, None)
        self._bytes -= _size(tx)
        self.version += 1
        return tx

    def holds_any_of(self, sender: Address) -> bool:
        """True if the pool has transactions of the sender."""
        return sender in self._lanes

    def clear(self) -> list[Transaction]:
        """Drop everything; returns what was dropped."""
        dropped = [pooled.tx for pooled in self._by_hash.values()]
        self._lanes.clear()
        self._runs.clear()
        self._by_hash.clear()
        self._bytes = 0
        self.version += 1
        return dropped

    def forget_below(self, sender: Address, next_nonce: int) -> list[Transaction]:
        """Drop a sender's transactions whose nonce has been used by another; returns them."""
        lane = self._lanes.get(sender)
        if lane is None or min(lane) >= next_nonce:
            return []
        stale = [pooled.tx for nonce, pooled in lane.items() if nonce < next_nonce]
        for tx in stale:
            self.remove(tx.hash)
        return stale

    def pending_nonce(self, sender: Address, next_nonce: int) -> int:
        """The nonce a sender's next transaction should carry, counting its pending run."""
        lane = self._lanes.get(sender)
        if lane is None:
            return next_nonce
        first, end = self._runs.get(sender, (0, 0))
        if first <= next_nonce < end:
            next_nonce = end
        while next_nonce in lane:
            next_nonce += 1
        return next_nonce

    def ready(self, next_nonce: NextNonce, base_fee: int) -> Iterator[Transaction]:
        """Pending transactions that can pay ``base_fee``, best first, each sender's in nonce order.

        Lazily: a caller that mines one block per transaction takes the first and asks again. Safe on a reader's thread:
        the lanes are taken down at once, and later changes to them are seen or not seen as whole transactions.
        """
        heads: list[tuple[tuple[int, int], PooledTransaction]] = []
        for sender, lane in list(self._lanes.items()):
            first = lane.get(next_nonce(sender))
            if first is not None and first.tx.max_fee_per_gas >= base_fee:
                heads.append((self._rank(first, base_fee), first))
        heapq.heapify(heads)
        while heads:
            _, pooled = heads[0]
            yield pooled.tx
            following = self._lanes.get(pooled.tx.sender, {}).get(pooled.tx.nonce + 1)
            if following is not None and following.tx.max_fee_per_gas >= base_fee:
                heapq.heapreplace(heads, (self._rank(following, base_fee), following))
            else:
                heapq.heappop(heads)

    def lanes(self, next_nonce: NextNonce) -> tuple[dict[Address, list[Transaction]], dict[Address, list[Transaction]]]:
        """Everything that waits, as (pending, queued) by sender in nonce order."""
        pending: dict[Address, list[Transaction]] = {}
        queued: dict[Address, list[Transaction]] = {}
        for sender, lane in self._lanes.items():
            expected = next_nonce(sender)
            for nonce in sorted(lane):
                side = pending if nonce == expected else queued
                side.setdefault(sender, []).append(lane[nonce].tx)
                if nonce == expected:
                    expected += 1
        return pending, queued

    def transactions(self) -> list[Transaction]:
        """Everything that waits, in order of arrival."""
        return [pooled.tx for pooled in sorted(self._by_hash.values(), key=lambda pooled: pooled.arrival)]

    def _rank(self, pooled: PooledTransaction, base_fee: int) -> tuple[int, int]:
        tip = min(pooled.tx.max_priority_fee_per_gas, pooled.tx.max_fee_per_gas - base_fee) if self.order_by_fee else 0
        return -tip, pooled.arrival


def _size(tx: Transaction) -> int:
    return len(tx.encoded) + (sum(map(len, tx.sidecar.blobs)) if tx.sidecar is not None else 0)


def _check_replacement(old: Transaction, new: Transaction) -> None:
    bump = BLOB_PRICE_BUMP_PERCENT if old.blob_versioned_hashes else PRICE_BUMP_PERCENT
    for what, before, after in (
        ("maxFeePerGas", old.max_fee_per_gas, new.max_fee_per_gas),
        ("maxPriorityFeePerGas", old.max_priority_fee_per_gas, new.max_priority_fee_per_gas),
        ("maxFeePerBlobGas", old.max_fee_per_blob_gas, new.max_fee_per_blob_gas),
    ):
        needed = -(-before * (100 + bump) // 100)
        if after < needed:
            raise ReplacementUnderpriced(old.hash, what, after, needed)
