"""Recovering the senders of many transactions on other cores.

Recovery is the dearest step of admitting a transaction, and threads do not help: libsecp256k1's calls hand the
interpreter's lock over three times in 40 µs. So when a batch with many transactions comes, ``workers`` decode and
recover what stands further behind in it while the node takes what stands in front. Only bytes go to and fro (the
transactions there, their fields back), and ``transactions.put_decoded`` keeps each until its turn. What is not there by
then is recovered here: nobody ever waits for a worker, and one that is gone costs nothing but its help.

No worker is started before it is needed for the first time, and none for a transaction that comes alone. Where most
answers come too late, or this thread itself has to wait for a core, workers are left alone for a while.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from megadev.chain.recovering import Recovered, transaction_of
from megadev.chain.transactions import Transaction, decode_transaction, put_decoded
from megadev.clock import processor_ns
from megadev.errors import MegadevError
from megadev.node.workers import Workers, monotonic_ns
from megadev.sequencer.executing import packed
from megadev.sequencer.parallel import STARVED

MANY = 32
"""Transactions of a batch from which on it is worth the while."""
CHUNK = 16
"""Transactions that a worker gets at once: some milliseconds of work."""
LARGEST = 64 * 1024
"""Bytes of a chunk; what is larger is mostly data, and recovered here."""
STEPS = 2
"""Chunks that are decoded here at most while the one whose turn it is has not been answered: a millisecond each."""
LOOKS = 16
"""After so many chunks it is looked at how many came in time; if fewer than half did, there is a pause."""
STRIKES = 2
"""Batches in a row in which this thread has to wait for a core, before there is a pause: one may be chance."""
Expect: TypeAlias = Callable[[Sequence[Transaction]], None]
_NAME = b"_sendRawTransaction"
_SENT = re.compile(rb'"method"\s*:\s*"(?:eth|realtime)_sendRawTransaction(?:Sync)?"')
_RAW = re.compile(rb'"params"\s*:\s*\[\s*"0x((?:[0-9a-fA-F]{2})+)"')


class _Chunk:
    """Some transactions of a batch. ``is_due``: its turn has come, what a worker finds out is of no use any more."""

    def __init__(self, members: Sequence[msgspec.Raw]) -> None:
        self._members = members
        self._transactions: list[bytes] | None = None
        self.is_given = False
        self.is_due = False
        self.is_answered = False
        self.decoded: list[Transaction] | None = None

    @property
    def transactions(self) -> list[bytes]:
        """Looked for when they are first asked for: nobody asks for the last ones while a worker could work."""
        if self._transactions is None:
            self._transactions = [raw for member in self._members if (raw := _sent(member)) is not None]
        return self._transactions

    def answered(self, answer: Sequence[Recovered]) -> None:
        self.is_answered = True
        if not self.is_due:
            self.keep(
                [
                    transaction_of(raw, fields)
                    for raw, fields in zip(self.transactions, answer, strict=True)
                    if fields is not None
                ]
            )

    def keep(self, decoded: list[Transaction]) -> None:
        """Keep what was decoded until its turn."""
        self.decoded = decoded
        for tx in decoded:
            put_decoded(tx)


class Recovery:
    """What ``workers`` recover."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.given = self.in_time = 0
        """Chunks, since it was last looked at."""
        self._starved = 0
        """Batches in a row in which this thread had to wait for a core."""

    def ahead_of(self, members: Sequence[msgspec.Raw], expect: Expect = lambda transactions: None) -> Ahead | None:
        """Starts the preparation of a batch of JSON-RPC requests; None if it is not worthwhile. ``expect`` is told of
        transactions that were decoded before their turn, in their order.
        """
        if not self.workers.most or len(members) < MANY:
            return None
        self.workers.collect()
        if self.workers.is_paused or sum([_NAME in bytes(member) for member in members]) < MANY:
            return None
        if not self.workers.started():
            return None
        return Ahead(self, [_Chunk(members[at : at + CHUNK]) for at in range(0, len(members), CHUNK)], expect)

    def give(self, chunk: _Chunk) -> bool:
        """Give a chunk to a worker; False if all are busy."""
        message = packed("recover", chunk.transactions)
        return any(
            worker.has_room and worker.give(message, chunk.answered, executes=False) for worker in self.workers.all
        )

    def look(self) -> None:
        """Decides whether workers currently help, from the last chunks."""
        if self.given >= LOOKS:
            if self.in_time * 2 < self.given:
                self.workers.leave_alone()
            self.given = self.in_time = 0

    def batch_done(self, took: int, worked: int) -> None:
        """A batch took so many nanoseconds, and so many of processor time. Meanwhile this thread waits for nothing but
        a core: where it had to twice in a row, there is none for workers.
        """
        self._starved = self._starved + 1 if took > STARVED * worked else 0
        if self._starved >= STRIKES:
            self._starved = STRIKES - 1
            self.workers.leave_alone()
        elif not self._starved:
            self.workers.helped()


class Ahead:
    """The prepared work for one batch. Call ``reach`` with the number of each member before its turn."""

    def __init__(self, recovery: Recovery, chunks: Sequence[_Chunk], expect: Expect) -> None:
        self._recovery = recovery
        self._chunks = chunks
        self._expect = expect
        self._expected = 1
        self._began = monotonic_ns(), processor_ns()
        self._next = 1  # the first one's turn is now

    def reach(self, index: int) -> None:
        if index % CHUNK:
            return
        here, recovery = index // CHUNK, self._recovery
        chunk = self._chunks[here]
        recovery.workers.collect()
        self._next = max(self._next, here + 1)
        self._give()
        for _ in range(STEPS):
            if not chunk.is_given or chunk.is_answered or not self._decode_next():
                break
            recovery.workers.collect()
            self._give()
        chunk.is_due = True
        if chunk.is_given:
            recovery.given += 1
            recovery.in_time += chunk.is_answered
        recovery.look()
        self._tell()
        if here == len(self._chunks) - 1:
            recovery.batch_done(monotonic_ns() - self._began[0], processor_ns() - self._began[1])

    def _tell(self) -> None:
        """Tell of what has been decoded of what is to come."""
        while self._expected < len(self._chunks):
            chunk = self._chunks[self._expected]
            if not chunk.is_due:
                if chunk.decoded is None:
                    break
                self._expect(chunk.decoded)
            chunk.decoded = None
            self._expected += 1

    def _give(self) -> None:
        """Give workers what they have room for."""
        while self._next < len(self._chunks):
            following = self._chunks[self._next]
            if following.transactions and sum(map(len, following.transactions)) <= LARGEST:
                following.is_given = self._recovery.give(following)
                if not following.is_given:
                    break
            self._next += 1

    def _decode_next(self) -> bool:
        """Decode here what would be given to a worker next: while that of this turn is still being recovered, so that
        nothing is recovered twice. False if nothing is left.
        """
        if self._next >= len(self._chunks):
            return False
        chunk = self._chunks[self._next]
        decoded: list[Transaction] = []
        for raw in chunk.transactions:
            with contextlib.suppress(MegadevError):
                decoded.append(decode_transaction(raw))
        chunk.keep(decoded)
        self._next += 1
        return True


def _sent(member: msgspec.Raw) -> bytes | None:
    """The transaction that a request sends, where it does; whatever this overlooks is recovered in its turn."""
    body = bytes(member)
    if _SENT.search(body) is None:
        return None
    found = _RAW.search(body)
    return None if found is None else bytes.fromhex(found[1].decode())
