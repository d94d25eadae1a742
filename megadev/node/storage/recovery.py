"""Reads a store, and restores a node from it.

Reading happens in two steps: what decides how the chains begin, before they are made, and all the rest after that.

Where a row is damaged, the chain is recovered up to the piece before it; the damaged file is kept under another name
and a new one begun. An L2 that is then behind its L1, or ahead of it, follows it as after a reorganisation.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace
from rpds import HashTrieSet

from megadev.chain.blocks import SealedBlock
from megadev.chain.spans import Piece, span_of
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.chain.transactions import Transaction
from megadev.errors import ConfigError, InvalidTransaction, StateUnavailable
from megadev.evm.engines import open_engine
from megadev.node.chain import LocalChain
from megadev.node.dump.document import OnProgress
from megadev.node.fork import Fork, ForkRequest
from megadev.node.storage.archive import Archive
from megadev.node.storage.capture import Extent
from megadev.node.storage.database import Damaged, Database
from megadev.node.storage.records import (
    BlockRecord,
    ChainRecord,
    NodeRecord,
    RowRecord,
    block_of,
    decode,
    evidence_of,
    row_of,
)
from megadev.primitives.types import Hash32
from megadev.sequencer.fault_control import restore_faults
from megadev.sequencer.reorganisation import restart, resume
from megadev.sequencer.reserved import EmptyRow
from megadev.sequencer.signers import Signer, Signers
from megadev.state.unavailable import UnavailableWorld
from megadev.state.world import World

if TYPE_CHECKING:
    from megadev.node.node import Node

_LOG = logging.getLogger("megadev.node")
_NAMES = ("L2", "L1")
_UNREADABLE = (Damaged, msgspec.MsgspecError, sqlite3.DatabaseError)
_STEP = 512
MANY = 4_096
"""Pieces of a chain that are left in the store, but for the newest; fewer are read at once."""
_Record = TypeVar("_Record")


class Stored(msgspec.Struct, frozen=True):
    """A store's records before its blocks are read. ``starts``: timestamps of the chains' first blocks, L2's first;
    ``chains`` and ``node`` are None where that row is damaged.
    """

    starts: tuple[int, ...]
    chains: tuple[ChainRecord | None, ...]
    node: NodeRecord | None


def read_beginning(database: Database) -> Stored | None:
    """The first step; None: nothing was ever written. Raises ``ConfigError`` where no block can be read."""
    starts: list[int] = []
    chains: list[ChainRecord | None] = []
    try:
        for index in range(2):
            first = next(database.pieces(index), None)
            if first is None:
                break
            starts.append(decode(first[2], BlockRecord).header.timestamp)
            chains.append(_rest(database, f"chain{index}", ChainRecord))
    except _UNREADABLE as problem:
        raise ConfigError(
            f"{database.path}: the store is damaged from its start ({problem}) and no block of "
            f"{_NAMES[len(starts)]} can be read: move it away to create a new one, or use another directory"
        ) from None
    if not starts:
        if any(database.promised.heads):
            raise ConfigError(f"{database.path}: the store is empty, but blocks were written to it: was it replaced?")
        return None
    return Stored(tuple(starts), tuple(chains), _rest(database, "node", NodeRecord))


def _rest(database: Database, name: str, kind: type[_Record]) -> _Record | None:
    try:
        data = database.rest(name)
        return None if data is None else decode(data, kind)
    except _UNREADABLE as problem:
        _LOG.warning("%s: settings (%s) are lost: %s", database.path, name, problem)
        return None


def pinned(
    stored: Stored | None, index: int, request: ForkRequest | None, database: Database | None
) -> ForkRequest | None:
    """``request``, at the block that a store is of. Raises ``ConfigError`` where it is of another fork, or of none."""
    if stored is None or database is None or index >= len(stored.chains):
        return request
    record = stored.chains[index]
    if record is None:
        return request
    flag = ("--fork-url", "--fork-l1")[index]
    if record.fork is None:
        if request is not None:
            raise ConfigError(f"{database.folder}: the {_NAMES[index]} in this store is not a fork: drop {flag}")
        return None
    chain_id, number, _ = record.fork
    if request is None:
        raise ConfigError(
            f"{database.folder}: the {_NAMES[index]} in this store is a fork of chain {chain_id} at block {number}: "
            f"give the URL of a node that has it ({flag})"
        )
    if (
        request.bundle is not None
        or request.tx_hash is not None
        or (isinstance(request.block, int) and request.block >= 0)
    ):
        return request
    return replace(request, block=number)


def check_fork(stored: Stored | None, index: int, fork: Fork | None, database: Database | None) -> None:
    """Raises ``ConfigError`` where ``fork`` is not the one that a store is of."""
    if stored is None or database is None or index >= len(stored.chains):
        return
    record = stored.chains[index]
    if record is None or record.fork is None or fork is None:
        return
    if record.fork[2] != fork.hash:
        raise ConfigError(
            f"{database.folder}: the {_NAMES[index]} in this store is a fork of chain {record.fork[0]} at block "
            f"{record.fork[1]}, not of chain {fork.chain_id} at block {fork.header.number}: fork that block, or "
            "use another directory"
        )


def check_chains(stored: Stored, chains: tuple[LocalChain, ...], database: Database) -> None:
    """Raises ``ConfigError`` where the settings are for other chains than a store holds."""
    if len(stored.starts) != len(chains):
        had = "no L1: start with --no-l1" if len(stored.starts) == 1 else "an L1: drop --no-l1"
        raise ConfigError(f"{database.folder}: this store has {had}, or use another directory")
    for index, (chain, record) in enumerate(zip(chains, stored.chains, strict=True)):
        if record is None:
            continue
        for what, was, now in (
            ("chain id", record.first_spec.chain_id, chain.spec.chain_id),
            ("gas model", record.first_spec.model.name, chain.spec.model.name),
        ):
            if was != now:
                raise ConfigError(
                    f"{database.folder}: the {_NAMES[index]} in this store has {what} {was}, but the settings "
                    f"give {now}: start with the settings that created it, or use another directory"
                )


def _check_contracts(stored: Stored, node: Node, database: Database) -> None:
    was = None if stored.node is None else stored.node.l1_contracts
    now = None if node.driver is None else node.driver.addresses.profile.name
    if was is not None and now is not None and was != now:
        raise ConfigError(
            f"{database.folder}: the L1 in this store has the contracts of --l1-contracts {was}, but the settings give "
            f"{now}: start with --l1-contracts {was}, or use another directory"
        )


def recover(
    node: Node, database: Database, stored: Stored, archives: tuple[Archive, ...], on_progress: OnProgress
) -> tuple[tuple[Extent, ...], int]:
    """Make ``node`` what the store says; how far its chains stand in the store, and how many pieces of the DA store do.
    Says what was lost.
    """
    check_chains(stored, node.chains, database)
    _check_contracts(stored, node, database)
    extents: list[Extent] = []
    is_damaged = False
    record = stored.node
    if record is not None:
        _restore_shared(node, record)
    data = list(database.data())
    if None in data:
        is_damaged = True
        _LOG.warning("%s: %d pieces of the DA store are lost", database.path, data.count(None))
    for content in data:
        if content is not None:
            node.da_store.put(content)
    counts = [database.count(index) for index in range(len(node.chains))]
    for index, chain in enumerate(node.chains):
        chain_record = stored.chains[index]
        if (
            counts[index] >= MANY
            and (late := resumed(chain, chain_record, database, index, archives[index])) is not None
        ):
            extents.append(late)
            continue
        reader = _ChainReader(database, index, chain)
        done = sum(counts[:index])
        pieces: list[Piece] = []
        try:
            for piece in reader.pieces():
                pieces.append(piece)
                if len(pieces) % _STEP == 0:
                    on_progress(done + len(pieces), sum(counts))
        except _UNREADABLE as problem:
            is_damaged = True
            reader.problem = str(problem)
        while pieces and not isinstance(pieces[-1], SealedBlock):
            pieces.pop()  # a chain ends with a block that is there
        if not pieces:
            raise ConfigError(
                f"{database.path}: no block of {_NAMES[index]} can be read ({reader.problem}): move it away to "
                "create a new one, or use another directory"
            )
        head = pieces[-1]
        assert isinstance(head, SealedBlock)
        irregular = None if chain_record is None or chain_record.head != head.hash else chain_record.irregular
        restart(chain.sequencer, span_of(pieces), irregular)
        promised = database.promised.heads[index] if index < len(database.promised.heads) else 0
        if reader.problem is not None or promised > head.number:
            is_damaged = True
            to = f" to {promised}" if promised > head.number + 1 else ""
            _LOG.warning(
                "%s: blocks of %s from %d%s are lost: %s",
                database.path,
                _NAMES[index],
                head.number + 1,
                to,
                reader.problem or "the end of the store is missing",
            )
        extents.append(
            Extent(
                head.number, tuple((piece.first, piece.last) for piece in pieces if not isinstance(piece, SealedBlock))
            )
        )
        _LOG.info("%s: %s continues after block %d", database.path, _NAMES[index], head.number)
    if record is not None:  # again: the blocks, as they were told, may have changed the key
        turns = record.turns or (((), 0),) * len(record.signers)
        terms = zip(record.signers, turns, strict=True)
        signers = Signers(tuple(Signer(*signer, *turn) for signer, turn in terms))
        node.l2.rotated_signers = signers if signers.terms else None
    for index, chain in enumerate(node.chains):
        chain_record = stored.chains[index]
        if chain_record is not None:
            _restore_chain(chain, chain_record)
        _restore_pool(chain, database, index)
    for chain in node.chains:
        sequencer = chain.sequencer
        if len(sequencer.pool) and sequencer.mode.executes_on_arrival:
            with suppress(StateUnavailable):
                sequencer.include_ready()
    if is_damaged:
        aside = database.set_aside()
        _LOG.warning("%s: the damaged store was moved to %s; a new store is written", database.path, aside.name)
        return tuple(Extent(chain.store.genesis.number - 1) for chain in node.chains), 0
    return tuple(extents), len(data)


def resumed(
    chain: LocalChain, record: ChainRecord | None, database: Database, index: int, archive: Archive
) -> Extent | None:
    """Have ``chain`` go on, with most of its blocks left in the store; how far it stands there. None where that cannot
    be, because something is damaged, or no state is written from which it could go on.
    """
    reader = _ChainReader(database, index, chain)
    try:
        last, rows = database.check_pieces(index)
        state = archive.newest_state(last)
        if state is None or last < database.promised_head(index):
            return None
        first = next(reader.pieces())
        if not isinstance(first, SealedBlock) or any(row.first < state <= row.last for row in rows):
            return None
        store = ChainStore(first)
        archive.begin_with(store.genesis)
        ranges, begin = [], first.number + 1
        older: list[EmptyRow] = []
        for row in rows:
            if row.last >= state:
                break
            older.append(reader.row(row, archive.make(row.plan.number - 1), store.block_hash))
            ranges.append(range(begin, row.first))
            begin = row.last + 1
            store.begin_with_kept(archive, [*ranges, range(begin, state)], older)
        ranges.append(range(begin, state))
        store.begin_with_kept(archive, ranges, older)
        recent = list(reader.pieces(state, archive.make(state)))
    except (*_UNREADABLE, StateUnavailable) as problem:
        _LOG.info("%s: %s is read as a whole: %s", database.path, _NAMES[index], problem)
        return None
    head = recent[-1]
    if not isinstance(head, SealedBlock):
        return None
    irregular = None if record is None or record.head != head.hash else record.irregular
    resume(chain.sequencer, store, recent, irregular)
    _LOG.info("%s: %s continues after block %d", database.path, _NAMES[index], head.number)
    return Extent(head.number, tuple((row.first, row.last) for row in rows))


class _ChainReader:
    """Reads the pieces of one chain."""

    def __init__(self, database: Database, index: int, chain: LocalChain) -> None:
        self._database = database
        self._index = index
        self._chain = chain
        self.problem: str | None = None

    def specs(self) -> dict[int, ChainSpec]:
        """The rules that blocks name."""
        specs = {number: decode(data, ChainSpec) for number, data in self._database.specs()}
        return {number: self._known(spec) for number, spec in specs.items()}

    def row(self, record: RowRecord, before: World, earlier: Callable[[int], Hash32]) -> EmptyRow:
        """The row that was written; ``before`` is the state before the first of its plan."""
        return row_of(record, before, self.specs()[record.spec], self._chain.sequencer.attributes_later, earlier)

    def pieces(self, begin: int = -1, begun: World | None = None) -> Iterator[Piece]:
        """In order, from number ``begin`` on, after which the state is ``begun`` if that is not the first. Raises
        ``Damaged`` and others of ``_UNREADABLE`` at the first that is not whole.
        """
        specs = self.specs()
        sequencer = self._chain.sequencer
        world, expected, parent = World(), None, None
        worlds: dict[int, World] = {}
        row_from = 0

        def earlier(number: int) -> Hash32:
            return sequencer.store.block_hash(number)

        for first, is_row, data in self._database.pieces(self._index, begin):
            if expected is not None and first != expected:
                raise Damaged(f"block {expected} is missing")
            if is_row:
                record = decode(data, RowRecord)
                before = worlds.get(record.plan.number - 1, world) if record.is_known else UnavailableWorld(first - 1)
                row = row_of(record, before, specs[record.spec], sequencer.attributes_later, earlier)
                worlds = {record.plan.number - 1: before}
                row_from, expected, parent = first, record.last + 1, row.hash_of(record.last)
                yield row
                continue
            found = decode(data, BlockRecord)
            if found.header.number != first or (parent is not None and found.header.parent_hash != parent):
                raise Damaged(f"block {first} does not follow the one before it")
            if expected is None and begun is not None:
                block = block_of(found, begun, None if found.spec is None else specs[found.spec])
            elif expected is None and found.hash == self._chain.beginning.block.hash:
                block = self._chain.beginning.block
            elif found.state == "fork":
                raise Damaged("its first block is of a fork that is not available")
            else:
                if found.state == "unknown":
                    world = UnavailableWorld(first)
                else:
                    world = World() if found.state == "whole" else world
                    for diff in found.diffs:
                        world = world.apply(diff)
                block = block_of(found, world, None if found.spec is None else specs[found.spec])
            world = block.world
            expected, parent = first + 1, block.hash
            if row_from:
                worlds[first] = world
            else:
                worlds = {first: world}
            yield block

    def _known(self, spec: ChainSpec) -> ChainSpec:
        """The chain's own value, where it is the same: what asks whether rules have changed compares by identity."""
        return self._chain.spec if spec == self._chain.spec else spec


def _restore_shared(node: Node, record: NodeRecord) -> None:
    accounts = node.accounts
    for key in record.keys:
        accounts.add(key)
    accounts.impersonated = HashTrieSet(record.impersonated)
    accounts.auto_impersonate = accounts.auto_impersonate or record.auto_impersonate
    accounts.signatures = record.signatures
    node.logging = record.logging
    if node.driver is not None and record.progress is not None:
        node.driver.progress = record.progress
        if node.driver.consolidator is not None:
            node.driver.consolidator.known_by_hand = record.by_hand
            node.driver.consolidator.known = record.derived
    node.da_store.faults = record.da_faults
    node.read_behind(record.replica_lag)
    if node.standbys is not None and record.standbys and node.standbys.check_order(record.standbys):
        node.standbys.up = record.standbys
    node.broken_promises.evidence = evidence_of(record)
    node.link.set(*record.latency)
    node.link.is_cut = record.is_cut


def _restore_chain(chain: LocalChain, record: ChainRecord) -> None:
    """Restores the settings made while the node ran, unless the start's settings have changed: then those apply."""
    sequencer, spec, blocks = chain.sequencer, chain.spec, chain.sequencer.blocks
    if record.first_spec == spec and record.spec != spec:
        sequencer.set_rules(record.spec, open_engine(sequencer.engine.info.name, record.spec))
    if record.first_blocks == blocks:
        sequencer.blocks = record.blocks
    sequencer.time.settings = record.time
    chain.gas_price = record.gas_price if chain.gas_price is None else chain.gas_price
    if (record.first_mode, record.first_block_time) == (sequencer.mode, chain.mining.block_time):
        chain.mining.restore(record.mode, record.block_time)
    restore_faults(sequencer, record.faults)
    if sequencer.oracle is not None and record.oracle is not None:
        sequencer.oracle.set(record.oracle)


def _restore_pool(chain: LocalChain, database: Database, index: int) -> None:
    with suppress(sqlite3.DatabaseError):
        for data in database.pool(index):
            tx = decode(data, Transaction)
            if tx.nonce >= chain.sequencer.next_nonce(tx.sender) and chain.store.transaction(tx.hash) is None:
                with suppress(InvalidTransaction):
                    chain.pool.admit(tx)
