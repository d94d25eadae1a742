"""Makes a store of an older version one of the present: version 1 had the same blocks, and no index of them."""

from __future__ import annotations

import logging
import sqlite3

import msgspec

from megadev.errors import ConfigError
from megadev.node.storage.archive import keys_of, place_of
from megadev.node.storage.database import BlockEntry, Damaged, Database
from megadev.node.storage.records import BlockRecord, RowRecord, block_of, decode
from megadev.state.unavailable import UnavailableWorld
from megadev.state.world import World

_LOG = logging.getLogger("megadev.node")
_AT_ONCE = 1_024


def migrate(database: Database) -> None:
    """Have ``database`` be of the present version, whole or not at all. What is damaged is left for recovery to find.
    Raises ``ConfigError`` where it cannot be written.
    """
    if not database.is_old:
        return
    try:
        with database:
            database.become_new()
            for chain in range(2):
                _index(database, chain)
    except (sqlite3.Error, OSError) as problem:
        raise ConfigError(f"{database.path}: this old store cannot be migrated: {problem}") from None
    _LOG.info("%s: the store was of an older version, and has been migrated", database.path)


def _index(database: Database, chain: int) -> None:
    tx_offset = mini_block_offset = 0
    places: list[BlockEntry] = []
    keys: list[tuple[bytes, int, int]] = []
    try:
        for _, is_row, data in database.pieces(chain):
            if is_row:
                row = decode(data, RowRecord)
                count = (row.last - row.first + 1) * row.tells
                tx_offset, mini_block_offset = tx_offset + count, mini_block_offset + count
                continue
            record = decode(data, BlockRecord)
            number = record.header.number
            world = UnavailableWorld(number) if record.state == "unknown" else World()
            block = msgspec.structs.replace(
                block_of(record, world, None), tx_offset=tx_offset, mini_block_offset=mini_block_offset
            )
            places.append(place_of(block))
            keys += keys_of(block)
            tx_offset += len(block.transactions)
            mini_block_offset += len(block.cuts)
    except (Damaged, msgspec.MsgspecError):
        pass
    database.index(chain, places, keys)
