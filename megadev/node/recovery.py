"""Recovering the senders of many transactions on other cores.

Recovery is the dearest step of admitting a transaction, and threads do not help: libsecp256k1's calls hand the
interpreter's lock over three times in 40 µs. So when a batch with many transactions comes, worker processes recover
what stands further behind in it while the node takes what stands in front. Only bytes go to and fro (transactions
there, an address back), and ``signatures.put_recovered`` keeps it until the transaction's turn. What is not there by
then is recovered here: nobody ever waits for a worker, and one that is gone costs nothing but its help.

No worker is started before it is needed for the first time, and none for a transaction that comes alone. Where most
answers come too late (the other cores are busy, or there are none) workers are left alone for a while.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence

import msgspec

from megadev.chain.recovering import LENGTH, Recovered, framed
from megadev.clock import SystemClock
from megadev.primitives.signatures import put_recovered

MANY = 32
"""Transactions of a batch from which on it is worth the while."""
CHUNK = 16
"""Transactions that a worker gets at once: some milliseconds of work."""
LARGEST = 64 * 1024
"""Bytes of a chunk; what is larger is mostly data, and recovered here."""
AT_ONCE = 3
"""Chunks that a worker has at most, so that it need not wait for the next one."""
MOST_WORKERS = 4
"""Started by default at most: one core takes what so many recover."""
LOOKS, PAUSE_NS = 32, 2_000_000_000
"""After so many chunks it is looked at how many came in time; if fewer than half did, there is a pause."""
_BUFFER = 1 << 20
_SENT = re.compile(rb'"method"\s*:\s*"(?:eth|realtime)_sendRawTransaction(?:Sync)?"')
_RAW = re.compile(rb'"params"\s*:\s*\[\s*"0x((?:[0-9a-fA-F]{2})+)"')
_log = logging.getLogger("megadev.node")
monotonic_ns = SystemClock().monotonic_ns
"""Decides only who does the work."""


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Worker:
    """A process with what it was given and has not answered."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        with theirs:
            for end in (self.socket, theirs):
                for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                    end.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
            command = [sys.executable, "-m", "megadev.chain.recovering", str(theirs.fileno())]
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
            )
        self.socket.setblocking(False)
        self.chunks: deque[_Chunk] = deque()
        self.is_ready = False
        self._buffer = bytearray()

    @property
    def has_room(self) -> bool:
        return self.is_ready and len(self.chunks) < AT_ONCE

    def give(self, chunk: _Chunk) -> None:
        """Raises ``OSError`` where it is gone, or takes nothing more."""
        message = framed(chunk.transactions)
        if self.socket.send(message) != len(message):
            raise BlockingIOError("it does not read")
        self.chunks.append(chunk)

    def collect(self) -> None:
        """Take what it has answered by now. Raises ``OSError`` where it is gone."""
        buffer = self._buffer
        with contextlib.suppress(BlockingIOError):
            while True:
                received = self.socket.recv(_BUFFER)
                if not received:
                    raise ConnectionResetError("it ended")
                buffer += received
        while len(buffer) >= LENGTH and len(buffer) >= (end := LENGTH + int.from_bytes(buffer[:LENGTH], "little")):
            answer = msgspec.msgpack.decode(bytes(buffer[LENGTH:end]), type=list[Recovered])
            del buffer[:end]
            if self.is_ready:
                self.chunks.popleft().answered(answer)
            self.is_ready = True

    def end(self) -> int | None:
        """Let it go; its exit code, if it has ended by itself."""
        self.socket.close()
        code = self.process.poll()
        if code is None:
            self.process.terminate()
            self.process.wait()
        return code


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
    """A node's workers: ``most`` of them (None: one for each core but one, four at most)."""

    def __init__(self, most: int | None = None) -> None:
        self.most = min(max(cores() - 1, 0), MOST_WORKERS) if most is None else most
        self.workers: list[_Worker] = []
        self.given = self.in_time = 0
        """Chunks, since it was last looked at."""
        self._is_started = False
        self._paused_until = 0

    def ahead_of(self, members: Sequence[msgspec.Raw]) -> Ahead | None:
        """Starts the preparation of a batch of JSON-RPC requests; None if it is not worthwhile."""
        if not self.most or len(members) < MANY or monotonic_ns() < self._paused_until:
            return None
        chunks = []
        sent = 0
        for start in range(0, len(members), CHUNK):
            found = [raw for member in members[start : start + CHUNK] if (raw := _sent(member)) is not None]
            sent += len(found)
            chunks.append(_Chunk(found))
        if sent < MANY:
            return None
        if not self._is_started:
            self._is_started = True
            self._start()
        return Ahead(self, chunks) if self.workers else None

    def close(self) -> None:
        """End the workers; there will be no others."""
        self.most = 0
        while self.workers:
            self.workers.pop().end()

    def collect(self) -> None:
        """Take what has been recovered by now."""
        for worker in self.workers[:]:
            try:
                worker.collect()
            except (OSError, msgspec.DecodeError) as problem:
                self._lose(worker, problem)

    def give(self, chunk: _Chunk) -> bool:
        """Give a chunk to a worker; False if all are busy."""
        for worker in self.workers[:]:
            if worker.has_room:
                try:
                    worker.give(chunk)
                except OSError as problem:
                    self._lose(worker, problem)
                    continue
                return True
        return False

    def look(self) -> None:
        """Decides whether workers currently help, from the last chunks."""
        if self.given >= LOOKS:
            if self.in_time * 2 < self.given:
                self._paused_until = monotonic_ns() + PAUSE_NS
            self.given = self.in_time = 0

    def _start(self) -> None:
        try:
            for _ in range(self.most):
                self.workers.append(_Worker())
        except OSError as problem:
            _log.warning("no process to recover senders can be started (%s): they are recovered here", problem)

    def _lose(self, worker: _Worker, problem: Exception) -> None:
        self.workers.remove(worker)
        code = worker.end()
        _log.warning(
            "a process that recovers senders is gone (%s): its work is done here",
            problem if code is None else f"exit code {code}",
        )


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
        recovery.collect()
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
