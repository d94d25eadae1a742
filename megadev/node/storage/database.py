"""A store's files: one SQLite database, and a lock that says which process has it and up to where it was written.

Each row carries a CRC-32 of its key and content. SQLite's write-ahead log has checksums of its own; they end it
silently at the first record that is torn, so the lock file also says the last moment that was promised, and whoever
opens the store can tell what is missing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO
from zlib import crc32

import msgspec

from megadev.config.kinds import STORE_NAME as FILE_NAME
from megadev.errors import ConfigError
from megadev.files import check_regular, open_lock, try_lock

LOCK_NAME = "lock"
VERSION = 1
"""Of the tables and of what stands in them; another one is refused."""
APPLICATION = 0x6D656761
"""What SQLite's header says that the file is of: "mega"."""

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


def store_folder(path: Path | None) -> Path | None:
    """The directory of the store that ``--state`` names; None where it names none, or a file of another kind."""
    if path is None:
        return None
    if path.name == FILE_NAME:
        return path.parent
    return path if path.is_dir() else None


class Promise(msgspec.Struct, frozen=True):
    """Who has a store, and the heads of its chains, L2's first, at the last moment that was written."""

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
        """What the last process that had the store said."""
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
            connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=1)
            if is_new:
                connection.executescript(
                    f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; BEGIN; {_TABLES} COMMIT;"
                )
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if application != APPLICATION:
                raise ConfigError(
                    f"{self.path}: not a megadev store, but another SQLite database: use another directory"
                )
            if version != VERSION:
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

    def pieces(self, chain: int) -> Iterator[tuple[int, bool, bytes]]:
        """First number, whether it is a row, and content of each piece of a chain, in order. Raises ``Damaged``."""
        rows = self._connection.execute(
            "SELECT first, is_row, data, crc FROM pieces WHERE chain = ? ORDER BY first", (chain,)
        )
        for first, is_row, data, crc in rows:
            yield first, bool(is_row), _checked(data, crc, chain, first)

    def count(self, chain: int) -> int:
        """How many pieces of a chain there are."""
        found = self._connection.execute("SELECT count(*) FROM pieces WHERE chain = ?", (chain,)).fetchone()[0]
        return int(found)

    def specs(self) -> Iterator[tuple[int, bytes]]:
        """The rules that blocks name, by number. Raises ``Damaged``."""
        for number, data, crc in self._connection.execute("SELECT number, data, crc FROM specs ORDER BY number"):
            yield number, _checked(data, crc, "spec", number)

    def pool(self, chain: int) -> Iterator[bytes]:
        """What waits, in order of arrival. Rows that are damaged are left out."""
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

    def append(self, chain: int, pieces: Iterable[tuple[int, bool, bytes]]) -> None:
        """Write pieces as ``pieces`` gives them."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO pieces VALUES (?, ?, ?, ?, ?)",
            ((chain, first, is_row, data, _sum(data, chain, first)) for first, is_row, data in pieces),
        )

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
            return msgspec.json.decode(self._lock.read(4096), type=Promise)
        except (msgspec.MsgspecError, ValueError):
            return Promise()

    def _write_promise(self, heads: tuple[int, ...]) -> None:
        text = msgspec.json.encode(Promise(os.getpid(), heads))
        os.pwrite(self._lock.fileno(), text.ljust(160) + b"\n", 0)


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
        pid = msgspec.json.decode(lock.read(4096), type=Promise).pid
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
