"""Recovering the senders of many transactions on other cores.

Recovery is the dearest step of admitting a transaction, and threads do not help: libsecp256k1's calls hand the
interpreter's lock over three times in 40 µs. So when a batch with many transactions comes, ``workers`` recover
what stands further behind in it while the node takes what stands in front. Only bytes go to and fro (transactions
there, an address back), and ``signatures.put_recovered`` keeps it until the transaction's turn. What is not there by
then is recovered here: nobody ever waits for a worker, and one that is gone costs nothing but its help.

No worker is started before it is needed for the first time, and none for a transaction that comes alone. Where most
answers come too late (the other cores are busy, or there are none) workers are left alone for a while.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from megadev.chain.recovering import Recovered
from megadev.clock import SystemClock
from megadev.node.workers import Workers
from megadev.primitives.signatures import put_recovered
from megadev.sequencer.executing import packed

MANY = 32
"""Transactions of a batch from which on it is worth the while."""
CHUNK = 16
"""Transactions that a worker gets at once: some milliseconds of work."""
LARGEST = 64 * 1024
"""Bytes of a chunk; what is larger is mostly data, and recovered here."""
LOOKS, PAUSE_NS = 32, 2_000_000_000
"""After so many chunks it is looked at how many came in time; if fewer than half did, there is a pause."""
_SENT = re.compile(rb'"method"\s*:\s*"(?:eth|realtime)_sendRawTransaction(?:Sync)?"')
_RAW = re.compile(rb'"params"\s*:\s*\[\s*"0x((?:[0-9a-fA-F]{2})+)"')
monotonic_ns = SystemClock().monotonic_ns
"""Decides only who does the work."""


class _Chunk:
    """Some transactions of a batch. ``is_due``: its turn has come, what a worker finds out is of no use any more."""

    def __init__(self, transactions: list[bytes]) -> None:
        self.transactions = transactions
        self.is_given = False
        self.is_due = False
        self.is_answered = False

    def answered(self, answer: Sequence[Recovered]) -> None:
        self.is_answered = True
        if self.is_due:
            return
        for each in answer:
            if each is not None:
                message_hash, y_parity, r, s, address = each
                put_recovered(message_hash, y_parity, int.from_bytes(r, "big"), int.from_bytes(s, "big"), address)


class Recovery:
    """What ``workers`` recover."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.given = self.in_time = 0
        """Chunks, since it was last looked at."""
        self._paused_until = 0

    def ahead_of(self, members: Sequence[msgspec.Raw]) -> Ahead | None:
        """Starts the preparation of a batch of JSON-RPC requests; None if it is not worthwhile."""
        if not self.workers.most or len(members) < MANY or monotonic_ns() < self._paused_until:
            return None
        chunks = []
        sent = 0
        for start in range(0, len(members), CHUNK):
            found = [raw for member in members[start : start + CHUNK] if (raw := _sent(member)) is not None]
            sent += len(found)
            chunks.append(_Chunk(found))
        return Ahead(self, chunks) if sent >= MANY and self.workers.started() else None

    def give(self, chunk: _Chunk) -> bool:
        """Give a chunk to a worker; False if all are busy."""
        message = packed("recover", chunk.transactions)
        return any(worker.has_room and worker.give(message, chunk.answered) for worker in self.workers.all)

    def look(self) -> None:
        """Decides whether workers currently help, from the last chunks."""
        if self.given >= LOOKS:
            if self.in_time * 2 < self.given:
                self._paused_until = monotonic_ns() + PAUSE_NS
            self.given = self.in_time = 0


class Ahead:
    """The prepared work for one batch. Call ``reach`` with the number of each member before its turn."""

    def __init__(self, recovery: Recovery, chunks: Sequence[_Chunk]) -> None:
        self._recovery = recovery
        self._chunks = chunks
        self._next = 1  # the first one's turn is now

    def reach(self, index: int) -> None:
        if index % CHUNK:
            return
        here, recovery = index // CHUNK, self._recovery
        recovery.workers.collect()
        chunk = self._chunks[here]
        chunk.is_due = True
        if chunk.is_given:
            recovery.given += 1
            recovery.in_time += chunk.is_answered
        self._next = max(self._next, here + 1)
        while self._next < len(self._chunks):
            following = self._chunks[self._next]
            if following.transactions and sum(map(len, following.transactions)) <= LARGEST:
                following.is_given = recovery.give(following)
                if not following.is_given:
                    break
            self._next += 1
        recovery.look()


def _sent(member: msgspec.Raw) -> bytes | None:
    """The transaction that a request sends, where it does; whatever this overlooks is recovered in its turn."""
    body = bytes(member)
    if _SENT.search(body) is None:
        return None
    found = _RAW.search(body)
    return None if found is None else bytes.fromhex(found[1].decode())
