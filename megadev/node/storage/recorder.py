"""Writes a running node into its store, on a thread of its own.

``interval``: once a second or so what is new is taken, between two requests, and written and synced in one database
transaction. ``block``: before a request is answered, what it changed is; requests that come meanwhile share the next
transaction. ``off``: as ``interval``, but nothing is synced and nothing promised before the node is stopped.

What cannot be written is said once; the node goes on, and the next time all that is missing is tried again.

Where memory is to be bounded (``--keep-blocks``, ``--keep-bodies``), blocks stay in it until they are written: so they
are taken sooner when many come, and changes wait when the disk does not keep up.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import suppress
from operator import gt
from typing import TYPE_CHECKING

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.spans import Row
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import Transaction
from megadev.errors import PrefetchNeeded
from megadev.events import BlockSealed, Event
from megadev.node.storage.archive import Archive, keys_of, place_of
from megadev.node.storage.capture import (
    Capture,
    ChainCapture,
    ChainWatch,
    Extent,
    Firsts,
    new_data,
    node_record,
    set_by_hand,
)
from megadev.node.storage.database import DATA, FIRST, BlockEntry, Database, Reader
from megadev.node.storage.records import block_record, encode, row_record
from megadev.primitives.types import Hash32
from megadev.sequencer.reserved import EmptyRow
from megadev.state.world import World

if TYPE_CHECKING:
    from megadev.node.node import Node

OFF, INTERVAL, BLOCK = "off", "interval", "block"
STATE_EVERY = 1_024
"""Blocks after which a state is written as such, at the earliest."""
AT_ONCE = 64
"""Blocks that leave memory together."""
TAKEN_AFTER, MOST_BEHIND = 512, 1_536
"""Blocks of a chain that are taken before their time, and how many may be behind before changes wait."""
WAIT_SECONDS = 2.0
"""How long changes wait for the disk at once."""
RETRY_SECONDS = 0.02
"""How long the thread waits for its turn where no loop runs."""
_LOG = logging.getLogger("megadev.node")


class Durable(msgspec.Struct, frozen=True):
    """Up to which block each chain is kept, L2's first (None: nothing is promised), and why no more is, if so."""

    heads: tuple[int, ...] | None = None
    problem: str | None = None

    def limited(self, index: int, last: int) -> Durable:
        """The same after the blocks above ``last`` have left a chain."""
        if self.heads is None:
            return self
        heads = (*self.heads[:index], min(self.heads[index], last), *self.heads[index + 1 :])
        return Durable(heads, self.problem)


class _StateWriting(msgspec.Struct):
    """Of one chain: how many blocks, and bytes of them, came since a state was written as such, and how large that was.
    A state is written once the blocks since are as large, so that this at most doubles what is written.
    """

    blocks: int = 0
    size: int = 0
    last: int = 0


class _Job(msgspec.Struct):
    """A capture that is to be written, and who waits for that."""

    capture: Capture
    done: Future[None] = msgspec.field(default_factory=Future)


class Recorder:
    """Keeps a node in a store. ``extents``: how far its chains stand there already; ``data``: how many pieces of the DA
    store do; ``keep_bodies``: how many of the newest blocks stay in memory, None: all that are there.
    """

    def __init__(
        self,
        node: Node,
        database: Database,
        *,
        mode: str,
        seconds: float,
        firsts: tuple[Firsts, ...],
        extents: tuple[Extent, ...],
        data: int = 0,
        reader: Reader,
        keep_bodies: int | None = None,
    ) -> None:
        self._node = node
        self._database = database
        self.mode = mode
        self._seconds = seconds
        self._watches = [
            ChainWatch(chain, first, extent.copy())
            for chain, first, extent in zip(node.chains, firsts, extents, strict=True)
        ]
        self._written = [extent.copy() for extent in extents]
        self._keep_bodies = keep_bodies
        self._reader = reader
        self._archives = [Archive.of(chain, index, reader) for index, chain in enumerate(node.chains)]
        self._states = [_StateWriting() for _ in node.chains]
        for index, chain in enumerate(node.chains):
            chain.sequencer.written_from = self._writer_of_states(index)
        self._pools: list[dict[Hash32, int]] = [{} for _ in node.chains]
        self._places = 0
        self._specs: dict[ChainSpec, int] = {}
        self._rest: dict[str, bytes] = {}
        self._data = self._written_data = data
        self._knows_database = False
        self.durable = Durable()
        """Replaced as a whole: on any thread."""
        self.on_durable: Callable[[Durable], object] = lambda durable: None
        """Called on the recorder's thread, or the writer's, when more is durable."""
        self._jobs: list[_Job] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._is_closing = self._is_asked = False
        self._flushed: tuple[object, ...] = ()
        self._last_done: Future[None] | None = None
        self._ends = [chain.bus.subscribe(self._listener(index)) for index, chain in enumerate(node.chains)]
        self._thread = threading.Thread(target=self._work, name="megadev-store", daemon=True)

    @property
    def path(self) -> str:
        """The store's directory."""
        return str(self._database.folder)

    def start(self) -> None:
        """Write from now on; what there is already, at once."""
        self.write_now()
        self._thread.start()

    # -- taking, by the writer ----------------------------------------------------------------------------------------

    def _listener(self, index: int) -> Callable[[Event], None]:
        watch = self._watches[index]

        def hear(event: Event) -> None:
            kept = watch.hear(event)
            if kept is not None:
                with self._lock:
                    jobs = [job.capture.chains[index].extent for job in self._jobs]
                    for extent in (watch.taken, self._written[index], *jobs):
                        extent.limit(kept)
                    self.durable = self.durable.limited(index, kept)
                store, archive = watch.chain.store, self._archives[index]
                if store.genesis is not archive.first:
                    self._archives[index] = Archive.of(watch.chain, index, self._reader)
                else:
                    archive.forget_above(kept)
            elif type(event) is BlockSealed:
                if self.mode == BLOCK or (
                    self._is_bounded(index) and event.block.number - watch.taken.last >= TAKEN_AFTER
                ):
                    self._ask()
                if self._keep_bodies is not None and event.block.number % AT_ONCE == 0:
                    last = min(event.block.number - self._keep_bodies, self._written[index].last - 1)
                    watch.chain.store.leave_to(self._archives[index], last)

        return hear

    def _is_bounded(self, index: int) -> bool:
        """True if blocks, or states, leave memory once they are written."""
        return self._keep_bodies is not None or self._watches[index].chain.sequencer.keep_states is not None

    def _is_behind(self) -> bool:
        """True if more is in memory for being unwritten than may be. Where nothing can be written it has to be."""
        return self.durable.problem is None and any(
            self._is_bounded(index) and watch.taken.last - written.last > MOST_BEHIND
            for index, (watch, written) in enumerate(zip(self._watches, self._written, strict=True))
        )

    def _writer_of_states(self, index: int) -> Callable[[], int]:
        """From which block of a chain on states are needed to write what comes."""
        return lambda: self._written[index].last

    def take(self) -> Future[None]:
        """Have what is new written; done when it is, whether that worked or not. By whoever may change the node now."""
        record, data = node_record(self._node), new_data(self._node, self._data)
        self._data += len(data)
        with self._lock:
            job = _Job(Capture(tuple(watch.capture() for watch in self._watches), record, data))
            self._jobs.append(job)
        self._wake.set()
        return job.done

    async def kept(self) -> None:
        """Return once all that was changed until now is written, in the mode that promises that."""
        node = self._node
        while True:
            try:
                node.settle()
                break
            except PrefetchNeeded as missing:  # on a fork
                await asyncio.to_thread(missing.fetch)
        await node.writer.free()
        moment = set_by_hand(node)
        if self._last_done is None or moment != self._flushed:
            self._flushed, self._last_done = moment, self.take()
        if not self._last_done.done():
            await asyncio.wrap_future(self._last_done)

    def write_now(self) -> None:
        """Write all changes on this thread, the only one that runs now."""
        self.take()
        self._write_all()

    def _ask(self) -> bool:
        """Have what is new taken soon: on the loop where one runs, else here; False where it is somebody's turn, who
        may wait for this very thread.
        """
        node = self._node
        loop = node.writer.loop or node.loop
        if loop is None or not loop.is_running():
            if self.mode == BLOCK and threading.current_thread() is not self._thread:
                return True  # whoever makes the request waits for it
            if not node.writer.turn.acquire(timeout=RETRY_SECONDS):
                return False
            try:
                self._is_asked = False
                self.take()
            finally:
                node.writer.turn.release()
            return True
        with self._lock:
            if self._is_asked:
                return True
            self._is_asked = True

        def settle() -> None:
            node.settle()
            node.writer.when_free(take)

        def take() -> None:
            self._is_asked = False
            if not self._is_closing:
                done = self.take()
                if self._is_behind():  # on the writer's thread: reads are answered meanwhile
                    node.writer.hand_over(lambda: _await(done))

        with suppress(RuntimeError):  # it was closed at this moment: the last words are written by ``close``
            loop.call_soon_threadsafe(node.writer.when_free, settle)
        return True

    # -- writing, on the thread ---------------------------------------------------------------------------------------

    def _work(self) -> None:
        seconds = self._seconds
        while not self._is_closing:
            if self._wake.wait(seconds):
                self._wake.clear()
                self._write_all()
            elif not self._is_closing:
                try:
                    seconds = self._seconds if self._ask() else RETRY_SECONDS
                except Exception:
                    _LOG.exception("the chain could not be taken for the store")

    def _write_all(self) -> None:
        """Write what was taken, all of it in one transaction."""
        with self._lock:
            jobs = list(self._jobs)
        if not jobs:
            return
        try:
            self._write([job.capture for job in jobs])
        except Exception as problem:
            jobs = self._fail(problem)
        else:
            self._succeed(jobs)
        for job in jobs:
            job.done.set_result(None)

    def _write(self, captures: list[Capture]) -> None:
        last = captures[-1]
        rest = {"node": encode(last.node)}
        rest |= {f"chain{index}": encode(chain.record) for index, chain in enumerate(last.chains)}
        changed = {name: record for name, record in rest.items() if self._rest.get(name) != record}
        pools = [
            next((each.chains[index].pool for each in reversed(captures) if each.chains[index].pool is not None), None)
            for index in range(len(last.chains))
        ]
        is_new = any(len(chain.new) for each in captures for chain in each.chains)
        data = [piece for each in captures for piece in each.data]
        is_same = not changed and not is_new and not data and all(pool is None for pool in pools)
        if self._knows_database and is_same:
            return
        self._promise_no_more_than(tuple(chain.head for chain in last.chains))
        with self._database as database:
            if not self._knows_database:
                self._specs.clear()
                database.empty_pools()
                self._pools = [{} for _ in last.chains]
            for each in captures:
                for index, chain in enumerate(each.chains):
                    self._write_chain(database, index, chain)
            for index, pool in enumerate(pools):
                if pool is not None:
                    self._write_pool(database, index, pool)
            for place, piece in enumerate(data, self._written_data):
                database.write_rest(f"{DATA}{place:08}", piece)
            for name, record in changed.items():
                database.write_rest(name, record)
        self._rest = rest
        self._written_data += len(data)
        self._knows_database = True

    def _promise_no_more_than(self, heads: tuple[int, ...]) -> None:
        """Take back what is promised of blocks that are about to leave the store: whoever is killed after they have,
        and before the new promise, is not to miss them.
        """
        promised = self._database.promised.heads
        if any(map(gt, promised, heads)):
            self._database.promise(tuple(map(min, promised, heads)))

    def _write_chain(self, database: Database, index: int, chain: ChainCapture) -> None:
        database.truncate(index, chain.base)
        if not len(chain.new):
            return
        before = chain.before
        pieces: list[tuple[int, bool, bytes]] = []
        keys: list[tuple[bytes, int, int]] = []
        places: list[BlockEntry] = []
        head: SealedBlock | None = None
        for piece in chain.new.pieces():
            if isinstance(piece, SealedBlock):
                record = block_record(piece, before, chain.diffs.get(piece.hash), self._number_of_spec)
                pieces.append((piece.number, False, encode(record)))
                if before is None:
                    database.write_rest(f"{FIRST}{index}", pieces[-1][2])
                places.append(place_of(piece))
                keys += keys_of(piece)
                before, head = piece.world, piece
            else:
                pieces.append((piece.first, True, encode(row_record(_empty(piece), self._number_of_spec))))
        database.append(index, pieces)
        database.index(index, places, keys)
        states = self._states[index]
        states.blocks += len(pieces)
        states.size += sum(len(data) for _, _, data in pieces)
        if head is not None and head.world.is_known and states.blocks >= STATE_EVERY and states.size >= states.last:
            state = encode(head.world.changes_since(chain.start if chain.start.is_known else World()))
            database.write_state(index, head.number, state)
            states.blocks = states.size = 0
            states.last = len(state)

    def _write_pool(self, database: Database, index: int, pool: tuple[Transaction, ...]) -> None:
        before, now = self._pools[index], {}
        come = []
        for tx in pool:
            place = before.get(tx.hash)
            if place is None:
                self._places += 1
                place = self._places
                come.append((tx.hash, place, encode(tx)))
            now[tx.hash] = place
        database.change_pool(index, before.keys() - now.keys(), come)
        self._pools[index] = now

    def _number_of_spec(self, spec: ChainSpec) -> int:
        number = self._specs.get(spec)
        if number is None:
            number = self._database.number_of_spec(encode(spec))
            self._specs[spec] = number
        return number

    def _succeed(self, jobs: list[_Job]) -> None:
        last = jobs[-1].capture.chains
        with self._lock:
            for index, chain in enumerate(last):
                self._written[index] = chain.extent.copy()
            del self._jobs[: len(jobs)]
            heads = self._written_heads()
        if self.durable.problem is not None:
            _LOG.warning("%s: the chain is durable again, up to block %d", self.path, heads[0])
        if self.mode == OFF and not self._is_closing:
            self.durable = Durable()
            return
        try:
            self._database.promise(heads)
        except OSError as problem:
            self._say(problem)
            return
        with self._lock:  # blocks may have left the chain since
            before, self.durable = self.durable, Durable(self._written_heads())
        if self.durable != before:
            self.on_durable(self.durable)

    def _written_heads(self) -> tuple[int, ...]:
        return tuple(extent.last for extent in self._written)

    def _fail(self, problem: Exception) -> list[_Job]:
        """Have all that was taken and is not written taken again; the jobs that are given up for that."""
        with self._lock:
            jobs, self._jobs = self._jobs, []
            for index, watch in enumerate(self._watches):
                watch.taken = self._written[index].copy()
                watch.forget()
            self._knows_database = False
            self._rest = {}
            self._data = self._written_data
        self._flushed = ()
        self._say(problem)
        return jobs

    def _say(self, problem: Exception) -> None:
        """Say why nothing is written, once for each reason."""
        expected = isinstance(problem, sqlite3.Error | OSError)
        reason = str(problem) if expected else f"{type(problem).__name__}: {problem}"
        if reason != self.durable.problem:
            _LOG.warning(
                "%s: the chain is no longer durable: %s; the node continues and retries",
                self.path,
                reason,
                exc_info=None if expected else problem,
            )
        self.durable = Durable(self.durable.heads, reason)

    def close(self) -> None:
        """Write the remaining changes, and close the store."""
        for chain in self._node.chains:
            chain.sequencer.written_from = lambda: None
        for end in self._ends:
            end()
        self._is_closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._write_all()
        self.write_now()
        self._database.close()


def _await(done: Future[None]) -> None:
    wait((done,), WAIT_SECONDS)


def _empty(row: Row) -> EmptyRow:
    assert isinstance(row, EmptyRow), "there is no other kind"
    return row
