"""A store's files: one SQLite database, and a lock that says which process has it and up to where it was written.

Each row carries a CRC-32 of its key and content. SQLite's write-ahead log has checksums of its own; they end it
silently at the first record that is torn, so the lock file also says the last moment that was promised, and whoever
opens the store can tell what is missing.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO
from zlib import crc32

import msgspec

from megadev.config.kinds import STORE_NAME as FILE_NAME
from megadev.errors import ConfigError
from megadev.files import check_regular, open_lock, try_lock
from megadev.node.storage.records import RowRecord, decode
from megadev.primitives.guarded_json import decode_json

LOCK_NAME = "lock"
VERSION = 2
"""Of the tables and of what stands in them. Version 1, without an index, is migrated; any other is refused."""
OLD_VERSION = 1
APPLICATION = 0x6D656761
"""What SQLite's header says that the file is of: "mega"."""

FIRST = "first"
"""What the names of those rows of the rest begin with that are copies of chains' first blocks: without these nothing of
a chain can be read, and they are the largest.
"""
DATA = "data"
"""What the names of those rows of the rest begin with that are pieces of the DA store, in the order of arrival."""

_TABLES = """
CREATE TABLE specs (number INTEGER PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE pieces (
    chain INTEGER NOT NULL, first INTEGER NOT NULL, is_row INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (chain, first)
);
CREATE TABLE pool (
    chain INTEGER NOT NULL, hash BLOB NOT NULL, place INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (chain, hash)
);
CREATE TABLE rest (name TEXT PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL);
"""
INDEX_TABLES = """
CREATE TABLE places (
    chain INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, tx_offset INTEGER NOT NULL,
    mini_block_offset INTEGER NOT NULL, is_known INTEGER NOT NULL, PRIMARY KEY (chain, number)
) WITHOUT ROWID;
CREATE INDEX mini_blocks ON places (chain, mini_block_offset);
CREATE TABLE found (
    chain INTEGER NOT NULL, key BLOB NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (chain, key, number)
) WITHOUT ROWID;
CREATE TABLE states (
    chain INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, crc INTEGER NOT NULL,
    PRIMARY KEY (chain, number)
);
"""
"""What leads to a block. ``found``: by what is in it (``keys_of``); it may lead to blocks that are there no more, or
are others now, so whoever follows it looks whether it is so. ``states``: what makes the state after some blocks of that
after the first one.
"""
KEY_SIZE = 12
"""Bytes of a hash or address that stand in a key."""
BLOCK_KEY, TX_KEY, ADDRESS_KEY, TOPIC_KEY, LOGS_KEY = b"b", b"t", b"a", b"l", b"w"


_HEAD_SIZE = 100
"""Bytes of the header of SQLite's files."""
_LOG = logging.getLogger("megadev.node")


class BlockEntry(NamedTuple):
    """The place of a block: see ``SealedBlock``. ``is_known``: whether the state after it is."""

    number: int
    hash: bytes
    tx_offset: int
    mini_block_offset: int
    is_known: bool


class Promise(msgspec.Struct, frozen=True):
    """The owner of a store, and the heads of its chains, L2's first, at the last write."""

    pid: int = 0
    heads: tuple[int, ...] = ()


class Damaged(Exception):
    """A row is not what was written."""


class Database:
    """An open store. One thread at a time. Methods raise ``sqlite3.Error`` where the file cannot be read or written."""

    def __init__(self, folder: Path, *, synced: bool) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self._synced = synced
        self._lock = _claim(folder)
        self.promised = self._read_promise()
        """What the last process that had the store said, and then what this one has."""
        try:
            self._write_promise(self.promised.heads)
            self._connection = self._open()
        except BaseException:
            self._lock.close()
            raise

    def _open(self) -> sqlite3.Connection:
        check_regular(self.path)
        is_new = not self.path.exists() or self.path.stat().st_size == 0
        try:
            if is_new:
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            self._fill_up()
            connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=1)
            if is_new:
                connection.executescript(
                    f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; "
                    f"BEGIN; {_TABLES} {INDEX_TABLES} COMMIT;"
                )
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if application != APPLICATION:
                raise ConfigError(
                    f"{self.path}: not a megadev store, but another SQLite database: use another directory"
                )
            self.is_old = version == OLD_VERSION
            if version not in (VERSION, OLD_VERSION):
                raise ConfigError(
                    f"{self.path}: the store has version {version}, this megadev reads version {VERSION}: open "
                    "it with the megadev that wrote it and move the chain with anvil_dumpState, or use another "
                    "directory"
                )
            self._inode = os.stat(self.path).st_ino
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._synced else 'OFF'}")
        except sqlite3.DatabaseError as problem:
            if isinstance(problem, sqlite3.OperationalError):
                raise ConfigError(f"{self.path}: the store cannot be opened: {problem}") from None
            raise ConfigError(
                f"{self.path}: the store is damaged from its start ({problem}) and no block can be read: move "
                "it away to create a new one, or use another directory"
            ) from None
        except OSError as problem:
            raise ConfigError(f"{self.path}: the store cannot be opened: {problem.strerror or problem}") from None
        return connection

    def _fill_up(self) -> None:
        """Give a file that was torn its length again: SQLite reads nothing of one that is too short, and with zeros at
        its end all but what is missing. Raises ``OSError``.
        """
        with open(self.path, "rb") as file:
            head = file.read(_HEAD_SIZE)
        if head[:16] != b"SQLite format 3\0" or len(head) < _HEAD_SIZE:
            return
        page = int.from_bytes(head[16:18], "big")
        whole, size = int.from_bytes(head[28:32], "big") * (65536 if page == 1 else page), self.path.stat().st_size
        if size < whole:
            _LOG.warning("%s: the store is torn: %d of its %d bytes are there", self.path, size, whole)
            os.truncate(self.path, whole)

    def _check_present(self) -> None:
        """Raises ``OSError`` where the file has gone from its place: what is written to it then, nobody finds."""
        try:
            found = os.stat(self.path).st_ino
        except FileNotFoundError:
            raise FileNotFoundError("the store was removed") from None
        if found != self._inode:
            raise FileNotFoundError("the store was replaced by another file")

    def set_aside(self) -> Path:
        """Keep the present file under another name, and begin a new one. Returns the name. Raises ``ConfigError`` where
        it cannot be renamed.
        """
        self._connection.close()
        try:
            aside = self._rename()
        except OSError as problem:
            raise ConfigError(
                f"{self.path}: the damaged store cannot be kept under another name: {problem.strerror or problem}"
            ) from None
        self._connection = self._open()
        return aside

    def _rename(self) -> Path:
        number = 1
        while (aside := self.folder / f"{FILE_NAME}.damaged-{number}").exists():
            number += 1
        for suffix in ("-wal", "-shm"):
            beside = self.path.with_name(self.path.name + suffix)
            if beside.exists():
                os.replace(beside, aside.with_name(aside.name + suffix))
        os.replace(self.path, aside)
        return aside

    def close(self) -> None:
        """Let go of it; others may have it then."""
        self._connection.close()
        self._lock.close()

    def reader(self) -> Reader:
        """A reader that can be used on any thread while this object writes."""
        return Reader(self.path)

    # -- reading ------------------------------------------------------------------------------------------------------

    def rest(self, name: str) -> bytes | None:
        """The content of a row of the rest; None where there is none. Raises ``Damaged``."""
        row = self._connection.execute("SELECT data, crc FROM rest WHERE name = ?", (name,)).fetchone()
        return None if row is None else _checked(row[0], row[1], "rest", name)

    def data(self) -> Iterator[bytes | None]:
        """The pieces of the DA store, in order; None for one that is damaged."""
        rows = self._connection.execute(
            "SELECT name, data, crc FROM rest WHERE name BETWEEN ? AND ? ORDER BY name", (f"{DATA}0", f"{DATA}:")
        ).fetchall()
        for name, data, crc in rows:
            try:
                yield _checked(data, crc, "rest", name)
            except Damaged:
                yield None

    def pieces(self, chain: int, begin: int = -1) -> Iterator[tuple[int, bool, bytes]]:
        """First number, whether it is a row, and content of each piece of a chain from number ``begin`` on, in order.
        Raises ``Damaged``.
        """
        rows = self._connection.execute(
            "SELECT first, is_row, data, crc FROM pieces WHERE chain = ? AND first >= ? ORDER BY first", (chain, begin)
        )
        is_first = begin < 0
        for first, is_row, data, crc in rows:
            try:
                whole = _checked(data, crc, chain, first)
            except Damaged:
                copy = self.rest(f"{FIRST}{chain}") if is_first else None
                if copy is None:
                    raise
                _LOG.warning("%s: block %d of chain %d is damaged, and read from its copy", self.path, first, chain)
                whole = copy
            is_first = False
            yield first, bool(is_row), whole

    def check_pieces(self, chain: int) -> tuple[int, list[RowRecord]]:
        """Checks that all pieces of a chain are intact and consecutive; returns the last number, and the rows. Raises
        ``Damaged``.
        """
        expected: int | None = None
        rows: list[RowRecord] = []
        for first, is_row, data in self.pieces(chain):
            if expected is not None and first != expected:
                raise Damaged(f"block {expected} is missing")
            expected = first + 1
            if is_row:
                rows.append(decode(data, RowRecord))
                expected = rows[-1].last + 1
        if expected is None:
            raise Damaged("no block is there")
        return expected - 1, rows

    def promised_head(self, chain: int) -> int:
        """The head of a chain at the last moment that was promised."""
        return self.promised.heads[chain] if chain < len(self.promised.heads) else 0

    def count(self, chain: int) -> int:
        """The number of pieces of a chain."""
        found = self._connection.execute("SELECT count(*) FROM pieces WHERE chain = ?", (chain,)).fetchone()[0]
        return int(found)

    def specs(self) -> Iterator[tuple[int, bytes]]:
        """The rules that blocks name, by number. Raises ``Damaged``."""
        for number, data, crc in self._connection.execute("SELECT number, data, crc FROM specs ORDER BY number"):
            yield number, _checked(data, crc, "spec", number)

    def pool(self, chain: int) -> Iterator[bytes]:
        """The waiting transactions, in order of arrival. Damaged rows are skipped."""
        rows = self._connection.execute(
            "SELECT hash, data, crc FROM pool WHERE chain = ? ORDER BY place", (chain,)
        ).fetchall()
        for tx_hash, data, crc in rows:
            try:
                yield _checked(data, crc, chain, tx_hash.hex())
            except Damaged:
                continue

    # -- writing ------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Database:
        self._check_present()
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is None:
            try:
                self._connection.execute("COMMIT")
                return
            except sqlite3.Error:
                self._roll_back()
                raise
        self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def truncate(self, chain: int, above: int) -> None:
        """Forget the pieces of a chain that begin above a number."""
        self._connection.execute("DELETE FROM pieces WHERE chain = ? AND first > ?", (chain, above))
        self._connection.execute("DELETE FROM places WHERE chain = ? AND number > ?", (chain, above))
        self._connection.execute("DELETE FROM states WHERE chain = ? AND number > ?", (chain, above))

    def append(self, chain: int, pieces: Iterable[tuple[int, bool, bytes]]) -> None:
        """Write pieces as ``pieces`` gives them."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO pieces VALUES (?, ?, ?, ?, ?)",
            ((chain, first, is_row, data, _sum(data, chain, first)) for first, is_row, data in pieces),
        )

    def index(self, chain: int, places: Iterable[BlockEntry], keys: Iterable[tuple[bytes, int, int]]) -> None:
        """Write what leads to blocks: their places, and keys with the block's number and the place in it."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?)", ((chain, *place) for place in places)
        )
        self._connection.executemany("INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?)", ((chain, *key) for key in keys))

    def write_state(self, chain: int, number: int, data: bytes) -> None:
        """Write what makes the state after a block."""
        self._connection.execute(
            "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?)",
            (chain, number, data, _sum(data, "state", chain, number)),
        )

    def become_new(self) -> None:
        """Have the index, which an old store had not, and be of the present version. In a transaction."""
        for statement in INDEX_TABLES.split(";"):
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version = {VERSION}")
        self.is_old = False

    def number_of_spec(self, data: bytes) -> int:
        """The number under which rules are written; they are where they are not yet."""
        found = self._connection.execute("SELECT number FROM specs WHERE data = ?", (data,)).fetchone()
        if found is not None:
            return int(found[0])
        number = int(self._connection.execute("SELECT coalesce(max(number), 0) + 1 FROM specs").fetchone()[0])
        self._connection.execute("INSERT INTO specs VALUES (?, ?, ?)", (number, data, _sum(data, "spec", number)))
        return number

    def write_rest(self, name: str, data: bytes) -> None:
        """Write a row of the rest."""
        self._connection.execute("INSERT OR REPLACE INTO rest VALUES (?, ?, ?)", (name, data, _sum(data, "rest", name)))

    def empty_pools(self) -> None:
        """Forget all that waits."""
        self._connection.execute("DELETE FROM pool")

    def change_pool(self, chain: int, gone: Iterable[bytes], come: Iterable[tuple[bytes, int, bytes]]) -> None:
        """Forget what waits no more, by hash; write what has come: hash, place in the order of arrival, content."""
        self._connection.executemany("DELETE FROM pool WHERE chain = ? AND hash = ?", ((chain, each) for each in gone))
        self._connection.executemany(
            "INSERT OR REPLACE INTO pool VALUES (?, ?, ?, ?, ?)",
            ((chain, tx_hash, place, data, _sum(data, chain, tx_hash.hex())) for tx_hash, place, data in come),
        )

    def promise(self, heads: tuple[int, ...]) -> None:
        """Say up to where what was written is promised. Raises ``OSError``."""
        self._write_promise(heads)

    def _read_promise(self) -> Promise:
        self._lock.seek(0)
        try:
            return decode_json(self._lock.read(4096), Promise)
        except (msgspec.MsgspecError, ValueError):
            return Promise()

    def _write_promise(self, heads: tuple[int, ...]) -> None:
        promise = Promise(os.getpid(), heads)
        os.pwrite(self._lock.fileno(), msgspec.json.encode(promise).ljust(160) + b"\n", 0)
        self.promised = promise


class Reader:
    """Reads a store that another thread or process may be writing. Methods raise ``sqlite3.Error`` and ``Damaged``."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
        self._connection.execute("PRAGMA query_only = ON")
        self._lock = threading.Lock()

    def _ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the reader."""
        with self._lock:
            self._connection.close()

    def blocks(self, chain: int, first: int, last: int) -> list[bytes]:
        """The content of the blocks from number ``first`` to ``last`` that stand in no row."""
        rows = self._ask(
            "SELECT first, data, crc FROM pieces WHERE chain = ? AND first BETWEEN ? AND ? AND NOT is_row "
            "ORDER BY first",
            chain,
            first,
            last,
        )
        return [_checked(data, crc, chain, number) for number, data, crc in rows]

    def spec(self, number: int) -> bytes | None:
        """The rules with that number."""
        rows = self._ask("SELECT data, crc FROM specs WHERE number = ?", number)
        return _checked(rows[0][0], rows[0][1], "spec", number) if rows else None

    def place(self, chain: int, number: int) -> BlockEntry | None:
        """The location of the block with that number."""
        rows = self._ask("SELECT * FROM places WHERE chain = ? AND number = ?", chain, number)
        return BlockEntry(*rows[0][1:]) if rows else None

    def with_mini_block(self, chain: int, number: int) -> int | None:
        """The newest block before whose end that mini-block is."""
        rows = self._ask(
            "SELECT number FROM places WHERE chain = ? AND mini_block_offset <= ? "
            "ORDER BY mini_block_offset DESC, number DESC LIMIT 1",
            chain,
            number,
        )
        return rows[0][0] if rows else None

    def find(self, chain: int, key: bytes) -> list[tuple[int, int]]:
        """Returns candidates: numbers of blocks and places in them, newest first."""
        rows = self._ask("SELECT number, place FROM found WHERE chain = ? AND key = ? ORDER BY number DESC", chain, key)
        return [(number, place) for number, place in rows]

    def find_between(self, chain: int, key: bytes, low: int, high: int) -> list[int]:
        """The numbers of blocks in which something may be, in order."""
        rows = self._ask(
            "SELECT number FROM found WHERE chain = ? AND key = ? AND number BETWEEN ? AND ? ORDER BY number",
            chain,
            key,
            low,
            high,
        )
        return [number for (number,) in rows]

    def state(self, chain: int, number: int) -> tuple[int, bytes] | None:
        """The newest state of a block up to ``number`` that is written: of which, and what makes it."""
        rows = self._ask(
            "SELECT number, data, crc FROM states WHERE chain = ? AND number <= ? ORDER BY number DESC LIMIT 1",
            chain,
            number,
        )
        if not rows:
            return None
        found, data, crc = rows[0]
        return found, _checked(data, crc, "state", chain, found)


def _claim(folder: Path) -> TextIO:
    """The lock of a store, had. Raises ``ConfigError`` where another process has it, or none can be."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = os.fdopen(open_lock(folder / LOCK_NAME), "r+")
    except OSError as problem:
        raise ConfigError(f"{folder}: cannot create a store there: {problem.strerror or problem}") from None
    if try_lock(lock):
        return lock
    try:
        pid = decode_json(lock.read(4096), Promise).pid
    except (msgspec.MsgspecError, ValueError):
        pid = 0
    finally:
        lock.close()
    raise ConfigError(
        f"{folder}: another node uses this store (process {pid or 'unknown'}): stop it, or use another directory"
    )


def _sum(data: bytes, *key: Any) -> int:
    return crc32(data, crc32(repr(key).encode()))


def _checked(data: bytes, crc: int, *key: Any) -> bytes:
    if type(data) is not bytes or _sum(data, *key) != crc:
        raise Damaged(f"the checksum of {key} does not match")
    return data
