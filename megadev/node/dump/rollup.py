"""A dump's data about the rollup beside its chains, in megadev's own fields: L1 data of blocks without a transaction
for it, the first valid batches, the first block changed by a cheat, and the content of the DA store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from megadev.chain.blocks import SealedBlock, SystemCall
from megadev.chain.documents import JsonObject, as_byte_list, as_bytes, as_number, as_object
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rollup.consolidator import SyncStart
from megadev.rollup.deposits import DEPOSITOR
from megadev.rollup.derivation import L1Origin
from megadev.rollup.derivation.batch_queue import L2Block
from megadev.rollup.derivation.config import BlockId
from megadev.rollup.derivation.consolidation import ByHand
from megadev.rollup.predeploys import L1_BLOCK

if TYPE_CHECKING:
    from megadev.node.node import Node


class DumpedRollup(msgspec.Struct, frozen=True):
    """``told``: by block number, what a system call told L2 of L1."""

    told: Mapping[int, bytes] = {}
    sync_start: SyncStart | None = None
    by_hand: ByHand | None = None
    data: tuple[bytes, ...] = ()

    def on(self, block: SealedBlock) -> SealedBlock:
        """``block`` with what it was told of L1."""
        told = self.told.get(block.number)
        if told is None:
            return block
        return msgspec.structs.replace(block, system_call=SystemCall(DEPOSITOR, L1_BLOCK, told))


def rollup_of(node: Node) -> DumpedRollup | None:
    """The rollup part of a running node's dump; None without an L1."""
    driver = node.driver
    if driver is None:
        return None
    store = node.l2.store
    told = {
        block.number: block.system_call.data
        for block in store.blocks(store.genesis.number, store.head.number).made
        if block.system_call is not None
    }
    by_hand = None if driver.consolidator is None else driver.consolidator.first_underivable()
    data = node.da_store.kept() if node.config.da_dir is None else ()
    return DumpedRollup(told, driver.progress.sync_start, by_hand, data)


def written_rollup(rollup: DumpedRollup) -> JsonObject:
    """The rollup part as JSON; empty if there is nothing to write."""
    document: JsonObject = {}
    if rollup.told:
        document["told"] = {str(number): to_data(data) for number, data in rollup.told.items()}
    if rollup.sync_start is not None:
        l1, safe = rollup.sync_start.l1, rollup.sync_start.safe
        document["syncStart"] = {
            "l1": {"number": l1.number, "hash": to_data(l1.hash)},
            "l2": {
                "number": safe.number,
                "hash": to_data(safe.hash),
                "timestamp": safe.timestamp,
                "origin": {
                    "number": safe.origin.number,
                    "hash": to_data(safe.origin.hash),
                    "sequenceNumber": safe.origin.sequence_number,
                },
            },
        }
    if rollup.by_hand is not None:
        number, block_hash, reason = rollup.by_hand
        document["byHand"] = {"number": number, "hash": to_data(block_hash), "reason": reason}
    if rollup.data:
        document["data"] = [to_data(each) for each in rollup.data]
    return document


def read_rollup(document: JsonObject) -> DumpedRollup:
    """Parse the output of ``written_rollup``. Raises ``InvalidDocument``."""
    told = as_object(document.get("told") or {}, "rollup.told")
    start, by_hand = document.get("syncStart"), document.get("byHand")
    return DumpedRollup(
        {as_number(number, "rollup.told", 63): as_bytes(data, "rollup.told") for number, data in told.items()},
        None if start is None else _read_start(as_object(start, "rollup.syncStart")),
        None if by_hand is None else _read_by_hand(as_object(by_hand, "rollup.byHand")),
        as_byte_list(document.get("data") or [], "rollup.data"),
    )


def _read_start(start: JsonObject) -> SyncStart:
    where = "rollup.syncStart"
    l1, l2 = as_object(start.get("l1"), f"{where}.l1"), as_object(start.get("l2"), f"{where}.l2")
    origin = as_object(l2.get("origin"), f"{where}.l2.origin")
    return SyncStart(
        BlockId(*_block(l1, f"{where}.l1")),
        L2Block(
            *_block(l2, f"{where}.l2"),
            as_number(l2.get("timestamp"), f"{where}.l2.timestamp"),
            L1Origin(
                *_block(origin, f"{where}.l2.origin"),
                as_number(origin.get("sequenceNumber"), f"{where}.l2.origin.sequenceNumber"),
            ),
        ),
    )


def _read_by_hand(entry: JsonObject) -> ByHand:
    return ByHand(*_block(entry, "rollup.byHand"), str(entry.get("reason")))


def _block(entry: JsonObject, where: str) -> tuple[int, Hash32]:
    return as_number(entry.get("number"), f"{where}.number", 63), as_bytes(entry.get("hash"), f"{where}.hash", 32)
