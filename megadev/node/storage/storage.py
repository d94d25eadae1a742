"""``--state DIR`` of one node: its store, from before the chains are made until the node is closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from megadev.config.kinds import store_folder
from megadev.config.settings import DevnetConfig
from megadev.node.dump.document import OnProgress
from megadev.node.dump.files import FILE_NAME as OLD_NAME
from megadev.node.dump.files import StateFile
from megadev.node.storage.archive import Archive
from megadev.node.storage.capture import Extent, Firsts
from megadev.node.storage.database import Database
from megadev.node.storage.migration import migrate
from megadev.node.storage.recorder import BLOCK, OFF, Recorder
from megadev.node.storage.recovery import Stored, check_fork, pinned, read_beginning, recover
from megadev.node.wallet import choose_mnemonic

if TYPE_CHECKING:
    from megadev.node.fork import Fork, ForkRequest
    from megadev.node.node import Node


class Recovered(msgspec.Struct, frozen=True):
    """Up to which block each chain was recovered, L2's first."""

    heads: tuple[int, ...]


def open_storage(config: DevnetConfig) -> Storage | None:
    """Open and lock the store that the settings name; None if they name none. Raises ``ConfigError``."""
    folder = store_folder(config.state)
    if folder is None:
        return None
    database = Database(folder, synced=config.durability != OFF)
    try:
        migrate(database)
        return Storage(database, config, read_beginning(database))
    except BaseException:
        database.close()
        raise


class Storage:
    """A store and what was in it when the node began. Methods raise ``ConfigError`` where the two do not fit."""

    def __init__(self, database: Database, config: DevnetConfig, stored: Stored | None) -> None:
        self._database = database
        self._reader = database.reader()
        self._config = config
        self._stored = stored
        self.recorder: Recorder | None = None
        """What keeps the node in it, from ``begin`` on."""
        self.recovered: Recovered | None = None
        """What it began with; None: nothing."""

    @property
    def path(self) -> str:
        """The store's directory."""
        return str(self._database.folder)

    @property
    def is_empty(self) -> bool:
        """Nothing was in it."""
        return self._stored is None

    def mnemonic(self, config: DevnetConfig) -> str:
        """The phrase of the node: that of the store, where the settings say that any will do."""
        record = None if self._stored is None else self._stored.node
        return record.mnemonic if record is not None and config.mnemonic_random is not None else choose_mnemonic(config)

    def pinned(self, index: int, request: ForkRequest | None) -> ForkRequest | None:
        """``request``, at the block that the chain in the store is a fork of."""
        return pinned(self._stored, index, request, self._database)

    def check_forks(self, *forks: Fork | None) -> None:
        """Checks that the forks are those of the chains in the store."""
        for index, fork in enumerate(forks):
            check_fork(self._stored, index, fork, self._database)

    def start(self, index: int, now: int) -> int:
        """The timestamp of a chain's first block; ``now`` where none is in the store."""
        stored = self._stored
        return now if stored is None or index >= len(stored.starts) else stored.starts[index]

    def begin(self, node: Node, on_progress: OnProgress) -> None:
        """Restore ``node`` from the store, and record its changes from now on."""
        firsts = tuple(map(Firsts.of, node.chains))
        extents = tuple(Extent(chain.store.genesis.number - 1) for chain in node.chains)
        # what a node was told to keep in a directory used to be a dump there
        old = self._database.folder / OLD_NAME
        if self._stored is None and old.is_file():
            StateFile(old).load(node, on_progress)
        data = 0
        if self._stored is not None:
            archives = tuple(Archive.of(chain, index, self._reader) for index, chain in enumerate(node.chains))
            extents, data = recover(node, self._database, self._stored, archives, on_progress)
            self.recovered = Recovered(tuple(chain.head.number for chain in node.chains))
        config = self._config
        self.recorder = Recorder(
            node,
            self._database,
            mode=config.durability,
            seconds=config.durability_interval,
            firsts=firsts,
            extents=extents,
            data=data,
            reader=self._reader,
            keep_bodies=config.keep_bodies,
        )
        self.recorder.start()

    @property
    def kept(self) -> Callable[[], Awaitable[None]] | None:
        """The future that an answer waits for, if it must wait until its changes are written."""
        recorder = self.recorder
        return recorder.kept if recorder is not None and recorder.mode == BLOCK else None

    def close(self) -> None:
        """Write the remaining changes, and close the store."""
        if self.recorder is not None:
            self.recorder.close()
        self._reader.close()

    def abandon(self) -> None:
        """Let go of the store as it is."""
        self._reader.close()
        if self.recorder is None:
            self._database.close()
