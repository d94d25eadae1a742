"""Rows of empty blocks that nobody has made (``sequencer.reserved``), as a dump has them: what decides them, and what
was another in the state before them than it is now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import (
    JsonObject,
    as_address,
    as_bytes,
    as_list,
    as_number,
    as_object,
    fail,
    read_transaction,
    transaction_document,
)
from megadev.chain.fees import blob_base_fee
from megadev.chain.spans import Row
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import DEPOSIT
from megadev.evm.engines import open_engine
from megadev.node.dump.accounts import Accounts, DumpedAccount, read_storage
from megadev.node.dump.history import world_after
from megadev.primitives.hexcodec import to_data, to_optional, to_word
from megadev.primitives.types import ZERO_HASH, Hash32
from megadev.rollup.deposits import attributes_later
from megadev.sequencer.block_builder import PLAIN_START, BlockBuilder, BlockPlan, BlockStart
from megadev.sequencer.reserved import EmptyRow, RowPlan, drawn_hash
from megadev.state.unavailable import UnavailableWorld
from megadev.state.world import World


def written_row(row: Row, now: World) -> JsonObject:
    """A row of a chain whose state is ``now``."""
    assert isinstance(row, EmptyRow), "there is no other kind"
    plan = row.plan.block
    return {
        "first": hex(row.first),
        "last": hex(row.last),
        "key": to_data(row.plan.key),
        "begin": hex(plan.number),
        "parentHash": to_data(plan.parent_hash),
        "timestamp": hex(plan.timestamp),
        "step": hex(row.plan.step),
        "miner": to_data(plan.coinbase),
        "gasLimit": hex(plan.gas_limit),
        "baseFeePerGas": hex(plan.base_fee),
        "excessBlobGas": hex(plan.excess_blob_gas),
        "extraData": to_data(plan.extra_data),
        "attributes": None if plan.start.attributes is None else transaction_document(plan.start.attributes),
        "state": dict(_written_difference(row.plan.world, now)) if row.is_known else None,
    }


def _written_difference(world: World, now: World) -> Iterator[tuple[str, JsonObject | None]]:
    """Yields the changes that turn ``now`` into ``world``: accounts in the dump's format, but only with differing
    slots, and code if it differs; null for accounts that did not exist.
    """
    for address, account in sorted(world.accounts()):
        present = now.account(address)
        were, are = world.storage_of(address), now.storage_of(address)
        slots = {
            to_word(slot): to_word(were.get(slot, 0))
            for slot in sorted(were.keys() | are.keys())
            if were.get(slot, 0) != are.get(slot, 0)
        }
        if account != present or slots:
            has_code = present is not None and present.code_hash == account.code_hash
            code = None if has_code else world.code(account.code_hash)
            yield (
                to_data(address),
                {
                    "nonce": account.nonce,
                    "balance": hex(account.balance),
                    "code": to_optional(code),
                    "storage": slots,
                },
            )
    for address, _ in sorted(now.accounts()):
        if world.account(address) is None:
            yield to_data(address), None


class DumpedRow(msgspec.Struct, frozen=True):
    """A row as a document has it: enough to know its hashes."""

    first: int
    last: int
    begin: int
    key: bytes
    parent_hash: Hash32
    fields: JsonObject
    where: str

    @property
    def before(self) -> tuple[int, Hash32]:
        """Number and hash of the block that it follows."""
        return self.first - 1, self.hash_of(self.first - 1)

    def hash_of(self, number: int) -> Hash32:
        """The hash of one of its blocks, or of the one before."""
        return self.parent_hash if number < self.begin else drawn_hash(self.key, number)


def read_rows(value: object) -> list[DumpedRow]:
    """The rows of a document. Raises ``InvalidParams``."""
    found = []
    for place, item in enumerate(as_list(value, "rows")):
        where = f"rows[{place}]"
        fields = as_object(item, where)

        def number(name: str, fields: JsonObject = fields, where: str = where) -> int:
            return as_number(fields.get(name), f"{where}.{name}", 63)

        row = DumpedRow(
            number("first"),
            number("last"),
            number("begin"),
            as_bytes(fields.get("key"), f"{where}.key", 32),
            as_bytes(fields.get("parentHash"), f"{where}.parentHash", 32),
            fields,
            where,
        )
        if not 1 <= row.begin <= row.first <= row.last:
            fail(where, "numbers with 1 <= begin <= first <= last", fields)
        found.append(row)
    return found


def read_row(row: DumpedRow, now: Accounts, earlier: Mapping[int, Hash32], spec: ChainSpec) -> EmptyRow:
    """A row of a chain whose state is ``now``; ``earlier``: hashes of the blocks before. Raises ``InvalidParams``."""
    fields, where = row.fields, row.where

    def number(name: str, bits: int = 63) -> int:
        return as_number(fields.get(name), f"{where}.{name}", bits)

    excess = number("excessBlobGas")
    attributes = fields.get("attributes")
    tx = None if attributes is None else read_transaction(attributes, f"{where}.attributes")
    block = BlockPlan(
        number=row.begin,
        timestamp=number("timestamp"),
        parent_hash=row.parent_hash,
        coinbase=as_address(fields.get("miner"), f"{where}.miner"),
        gas_limit=number("gasLimit"),
        base_fee=number("baseFeePerGas", 256),
        blob_base_fee=blob_base_fee(excess, spec),
        excess_blob_gas=excess,
        prev_randao=ZERO_HASH,
        parent_beacon_root=ZERO_HASH,
        extra_data=as_bytes(fields.get("extraData"), f"{where}.extraData"),
        start=PLAIN_START if tx is None else BlockStart(attributes=tx),
    )
    plan = RowPlan(
        spec,
        open_engine("interpreter", spec),
        block,
        number("step"),
        _read_world(row, now),
        lambda number: earlier.get(number, ZERO_HASH),
        attributes_later if tx is not None else None,
        row.key,
    )
    return EmptyRow.planned(plan, row.last).part(row.first, row.last)


def is_behind_row(block: SealedBlock) -> bool:
    """True if the state after ``block``, which follows a row or one like itself, can be had again from what it holds:
    there is nothing in it but what the protocol does.
    """
    return block.irregular is None and all(tx.type == DEPOSIT for tx in block.transactions)


def built_again(block: SealedBlock, before: World, earlier: Mapping[int, Hash32], spec: ChainSpec) -> World | None:
    """The state after ``block`` upon ``before``; None where it comes to another than its header says."""
    header = block.header
    plan = BlockPlan.of(header, spec)
    engine = open_engine("interpreter", spec)
    builder = BlockBuilder(spec, engine, plan, before, lambda number: earlier.get(number, ZERO_HASH)).begin()
    for tx in block.transactions:
        builder.append(tx, builder.execute(tx))
    world = builder.seal().world
    return world if world.state_root == header.state_root else None


def _read_world(row: DumpedRow, now: Accounts) -> World:
    state = row.fields.get("state")
    if state is None:
        return UnavailableWorld(row.begin - 1)
    where = f"{row.where}.state"
    accounts: Accounts = dict(now)
    for name, item in as_object(state, where).items():
        at = f"{where}.{name}"
        address = as_address(name, at)
        if item is None:
            accounts.pop(address, None)
        else:
            accounts[address] = _read_account(as_object(item, at), now.get(address), at)
    return world_after(World(), {}, accounts)


def _read_account(fields: JsonObject, present: DumpedAccount | None, where: str) -> DumpedAccount:
    code = fields.get("code")
    return DumpedAccount(
        as_number(fields.get("nonce", 0), f"{where}.nonce", 64),
        as_number(fields.get("balance", 0), f"{where}.balance"),
        (b"" if present is None else present.code) if code is None else as_bytes(code, f"{where}.code"),
        ({} if present is None else present.storage) | read_storage(fields.get("storage") or {}, f"{where}.storage"),
    )
