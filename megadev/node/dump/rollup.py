"""A dump's data about the rollup beside its chains, in megadev's own fields: L1 data of blocks without a transaction
for it, the first valid batches, the first block changed by a cheat, and the content of the DA store.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from megadev.chain.blocks import SealedBlock, SystemCall
from megadev.chain.documents import JsonObject, as_byte_list, as_bytes, as_list, as_number, as_object, fail
from megadev.chain.l1_fees import L1Prices, l1_cost
from megadev.chain.transactions import DEPOSIT
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
    """``told``: by block number, what a system call told L2 of L1. ``prices``: L1's, which transactions paid for their
    data, each from a block on; None where nobody paid. ``free``: the transactions that paid nothing all the same.
    """

    told: Mapping[int, bytes] = {}
    sync_start: SyncStart | None = None
    by_hand: ByHand | None = None
    data: tuple[bytes, ...] = ()
    prices: tuple[tuple[int, L1Prices | None], ...] = ()
    free: frozenset[Hash32] = frozenset()

    def on(self, block: SealedBlock) -> SealedBlock:
        """``block`` with what it was told of L1, and its receipts with what was paid for data there."""
        told = self.told.get(block.number)
        if told is not None:
            block = msgspec.structs.replace(block, system_call=SystemCall(DEPOSITOR, L1_BLOCK, told))
        place = bisect_right(self.prices, block.number, key=lambda change: change[0])
        prices = self.prices[place - 1][1] if place else None
        if prices is None or not block.receipts:
            return block
        receipts = tuple(
            receipt
            if tx.type == DEPOSIT or tx.hash in self.free
            else msgspec.structs.replace(receipt, l1_cost=l1_cost(tx.encoded, prices))
            for tx, receipt in zip(block.transactions, block.receipts, strict=True)
        )
        return msgspec.structs.replace(block, receipts=receipts)


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


def with_prices(rollup: DumpedRollup | None, blocks: Iterable[SealedBlock]) -> DumpedRollup | None:
    """``rollup`` with what ``blocks`` paid for data on L1."""
    changes: list[tuple[int, L1Prices | None]] = []
    free: set[Hash32] = set()
    for block in blocks:
        costs = {
            tx.hash: receipt.l1_cost
            for tx, receipt in zip(block.transactions, block.receipts, strict=True)
            if tx.type != DEPOSIT
        }
        if not costs:
            continue
        prices = next((cost.prices for cost in costs.values() if cost is not None), None)
        if prices != (changes[-1][1] if changes else None):
            changes.append((block.number, prices))
        if prices is not None:
            free.update(tx_hash for tx_hash, cost in costs.items() if cost is None)
    if not changes:
        return rollup
    return msgspec.structs.replace(rollup or DumpedRollup(), prices=tuple(changes), free=frozenset(free))


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
    if rollup.prices:
        document["l1Prices"] = [
            [number, None if prices is None else [hex(each) for each in msgspec.structs.astuple(prices)]]
            for number, prices in rollup.prices
        ]
    if rollup.free:
        document["l1Free"] = sorted(map(to_data, rollup.free))
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
        tuple(_read_prices(each) for each in as_list(document.get("l1Prices") or [], "rollup.l1Prices")),
        frozenset(as_byte_list(document.get("l1Free") or [], "rollup.l1Free")),
    )


def _read_prices(entry: object) -> tuple[int, L1Prices | None]:
    where = "rollup.l1Prices"
    number, *rest = as_list(entry, where) or [None]
    values = None if rest in ([], [None]) else [as_number(each, where) for each in as_list(rest[0], where)]
    if values is not None and len(values) != len(L1Prices.__struct_fields__):
        fail(where, f"{len(L1Prices.__struct_fields__)} numbers", rest[0])
    return as_number(number, where, 63), None if values is None else L1Prices(*values)


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
