"""A dump as one document: what it is made of, how it is written, compressed and read. Pure functions."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

import msgspec

from megadev.chain.blocks import SealedBlock, block_size, header_hash
from megadev.chain.documents import (
    JsonObject,
    as_address,
    as_bytes,
    as_list,
    as_number,
    as_object,
    fail,
    read_transaction,
)
from megadev.chain.fees import blob_base_fee
from megadev.chain.receipts import Receipt
from megadev.chain.spans import Piece, Span, span_of
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import (
    Transaction,
)
from megadev.errors import InvalidDocument, InvalidParams
from megadev.node.dump.accounts import BLOCK_HASHES, Accounts, read_accounts, written_accounts
from megadev.node.dump.blocks import Found, chain_of, read_header, written_block
from megadev.node.dump.history import read_histories, world_after, written_history
from megadev.node.dump.receipts import Outcomes, read_outcomes, read_receipt, written_receipt
from megadev.node.dump.rollup import DumpedRollup, read_rollup, written_rollup
from megadev.node.dump.rows import built_again, is_behind_row, read_row, read_rows, written_row
from megadev.node.dump.settings import NOTHING_SET, Settings, read_settings, written_settings
from megadev.primitives.guarded_json import DecodeError, decode_large, let_go
from megadev.primitives.hexcodec import to_data
from megadev.primitives.json_pieces import joined, pieces
from megadev.primitives.types import ZERO_ADDRESS, Address, Hash32
from megadev.state.unavailable import UnavailableWorld
from megadev.state.world import World

OnProgress: TypeAlias = Callable[[int, int], object]
"""Hears how much of how much is done."""


MAX_DUMP = 1 << 30
"""Bytes of JSON that a compressed dump may unfold to."""


_GZIP_MAGIC = b"\x1f\x8b"


def silent(done: int, count: int) -> None:
    """A progress callback that shows nothing."""


class Dump(msgspec.Struct, frozen=True):
    """The content of a dump document. ``blocks`` is one chain, its last block's world made of ``accounts``; empty where
    the document has only accounts. ``coinbase`` and ``gas_limit`` are for blocks to come; None: not said. ``adopted``:
    see the module.
    """

    accounts: Accounts
    blocks: Span
    coinbase: Address | None
    gas_limit: int | None
    adopted: int = 0
    settings: Settings = NOTHING_SET
    rollup: DumpedRollup = DumpedRollup()


def encode_dump(
    blocks: Span,
    state: World,
    spec: ChainSpec,
    *,
    coinbase: Address = ZERO_ADDRESS,
    gas_limit: int | None = None,
    zeroed: Mapping[Address, Iterable[int]] | None = None,
    history: bool = False,
    l1: bytes | None = None,
    adopted: int = 0,
    settings: Settings = NOTHING_SET,
    rollup: DumpedRollup | None = None,
) -> Iterator[bytes]:
    """The document, as JSON, piece by piece: ``blocks`` (a whole chain) and ``state``, which is that of now. ``l1``:
    the document of the L1 beside it; ``adopted``, ``settings`` and ``rollup``: see the module.

    ``zeroed``: slots that a fresh node would have and that must be said to be empty where they are. ``history``: also
    the state after every block but the last, where it is known. The same chain gives the same bytes.
    """
    made = blocks.made
    written: list[msgspec.Raw] = []
    outcomes: list[msgspec.Raw] = []
    hashes: dict[str, str] = {}
    for block in made:  # once: old ones are unpacked, or read, for that
        written.append(_encoded(written_block(block)))
        outcomes += [_encoded(written_receipt(block, index)) for index in range(len(block.transactions))]
        if header_hash(block.header) != block.hash:
            hashes[hex(block.number)] = to_data(block.hash)
    again = _behind_rows(blocks) if history else frozenset()
    known = _codes_from_the_start(made[0].world, state) if history else frozenset()
    head = made[-1].header
    document = {
        "block": {
            "number": hex(head.number),
            "beneficiary": to_data(coinbase),
            "timestamp": hex(head.timestamp),
            "gas_limit": head.gas_limit if gas_limit is None else gas_limit,
            "basefee": head.base_fee,
            "difficulty": hex(head.difficulty),
            "prevrandao": to_data(head.prev_randao),
            "blob_excess_gas_and_price": {
                "excess_blob_gas": head.excess_blob_gas,
                "blob_gasprice": blob_base_fee(head.excess_blob_gas, spec),
            },
            "slot_num": 0,
        },
        "accounts": {address: _encoded(account) for address, account in written_accounts(state, zeroed or {})},
        "best_block_number": head.number,
        "blocks": written,
        "transactions": outcomes,
        "historical_states": [
            [
                to_data(block.hash),
                _encoded(
                    written_history(_world_at(block, after), made[max(0, place - BLOCK_HASHES) : place + 1], known)
                ),
            ]
            for place, (block, after) in enumerate(pairwise(made))
            if block.world.is_known and block.number not in again
        ]
        if history
        else None,
    }
    if l1 is not None:
        document["l1"] = msgspec.Raw(l1)
    if adopted:
        document["adopted"] = adopted
    if settings != NOTHING_SET:
        document["settings"] = written_settings(settings)
    if rollup is not None and (said := written_rollup(rollup)):
        document["rollup"] = said
    if blocks.rows:
        document["rows"] = [written_row(row, state) for row in blocks.rows]
    if hashes:
        document["hashes"] = hashes
    return pieces([document])


def _encoded(value: object) -> msgspec.Raw:
    """A part of a document as JSON: to encode all of it at once would keep every other thread waiting."""
    return msgspec.Raw(msgspec.json.encode(value))


def encode_accounts(state: World, zeroed: Mapping[Address, Iterable[int]] | None = None) -> bytes:
    """A document that holds nothing but ``state``."""
    return msgspec.json.encode({"accounts": dict(written_accounts(state, zeroed or {}))})


def compress(document: Iterable[bytes]) -> bytes:
    """As RPC hands it out: gzip, the same bytes for the same document."""
    packing = zlib.compressobj(level=9, wbits=31)

    def packed() -> Iterator[bytes]:
        yield from map(packing.compress, document)
        yield packing.flush()

    return joined(packed())


def _behind_rows(blocks: Span) -> frozenset[int]:
    """The numbers of blocks whose states are not written, because they are had again from a row's: a year of blocks
    fills the history contract, and so many times 16,000 words say nothing.
    """
    found: set[int] = set()
    follows = False
    for piece in blocks.pieces() if blocks.rows else ():
        follows = is_behind_row(piece) and follows if isinstance(piece, SealedBlock) else piece.is_known
        if isinstance(piece, SealedBlock) and follows:
            found.add(piece.number)
    return frozenset(found)


def _codes_from_the_start(genesis: World, state: World) -> frozenset[Hash32]:
    """The hashes of code that the first block had and ``state`` still has: the predeploys', mostly."""
    if not genesis.is_known:
        return frozenset()
    begun = {account.code_hash for _, account in genesis.accounts()}
    return frozenset(begun.intersection(account.code_hash for _, account in state.accounts()))


def _world_at(block: SealedBlock, after: SealedBlock) -> World:
    """The state at ``block``, with what cheats changed before the block ``after`` it."""
    return block.world if after.irregular is None else block.world.apply(after.irregular)


def decode_dump(
    data: bytes, spec: ChainSpec, l1_spec: ChainSpec | None = None, on_progress: OnProgress = silent
) -> tuple[Dump, Dump | None]:
    """Decodes a dump, and its L1 if it has one and ``l1_spec`` is given. Plain JSON, or compressed as RPC hands it out.
    The specs tell the price of blobs. ``on_progress`` hears how many of how many blocks are read, now and then.

    Raises ``InvalidParams`` saying which entry cannot be used, and why.
    """
    try:
        document = decode_large(_unfolded(data))
    except DecodeError as error:
        raise InvalidParams(f"failed to decode state dump: neither JSON nor compressed JSON ({error})") from None
    try:
        return _read(document, spec, l1_spec, on_progress)
    except InvalidDocument as error:
        raise InvalidParams(f"failed to decode state dump: {error}") from None
    finally:
        let_go(document)


def _read(
    document: Any, spec: ChainSpec, l1_spec: ChainSpec | None, on_progress: OnProgress
) -> tuple[Dump, Dump | None]:
    entries = as_object(document, "it")
    l1 = None if l1_spec is None or entries.get("l1") is None else as_object(entries["l1"], "l1")
    steps = _Steps(sum(len(as_list(each.get("blocks") or [], "blocks")) for each in (entries, l1 or {})), on_progress)
    dump = _read_dump(entries, spec, steps)
    return dump, None if l1 is None or l1_spec is None else _read_dump(l1, l1_spec, steps)


class _Steps:
    """Counts blocks that are read, each of which takes two steps: its header, then what it holds."""

    def __init__(self, count: int, on_progress: OnProgress) -> None:
        self._count = count
        self._done = 0
        self._on_progress = on_progress

    def one(self) -> None:
        self._done += 1
        if self._done % 512 == 0:
            self._on_progress(self._done // 2, self._count)


def _read_dump(entries: JsonObject, spec: ChainSpec, steps: _Steps) -> Dump:
    if "accounts" not in entries:
        fail("accounts", "an object of accounts", None)
    accounts = read_accounts(entries["accounts"])
    environment = as_object(entries.get("block") or {}, "block")
    rollup = read_rollup(as_object(entries.get("rollup") or {}, "rollup"))
    settings = read_settings(entries.get("settings") or {})
    blocks = _read_blocks(entries, environment, accounts, spec, steps, rollup, settings)
    coinbase = environment.get("beneficiary", environment.get("coinbase"))
    gas_limit = environment.get("gas_limit")
    return Dump(
        accounts,
        blocks,
        None if coinbase is None else as_address(coinbase, "block.beneficiary"),
        None if gas_limit is None else as_number(gas_limit, "block.gas_limit", 63),
        as_number(entries.get("adopted", 0), "adopted", 63),
        settings,
        rollup,
    )


def _unfolded(data: bytes) -> bytes:
    if not data.startswith(_GZIP_MAGIC):
        return data
    unfolding = zlib.decompressobj(wbits=31)
    try:
        document = unfolding.decompress(data, MAX_DUMP)
    except zlib.error as error:
        raise InvalidParams(f"failed to decode state dump: it is damaged ({error})") from None
    if unfolding.unconsumed_tail:
        raise InvalidParams(
            f"failed to decode state dump: it decompresses to more than {MAX_DUMP} bytes; load it as a file"
        )
    if not unfolding.eof:
        raise InvalidParams("failed to decode state dump: it is truncated")
    return document


def _read_blocks(
    entries: JsonObject,
    environment: JsonObject,
    accounts: Accounts,
    spec: ChainSpec,
    steps: _Steps,
    rollup: DumpedRollup,
    settings: Settings,
) -> Span:
    found = []
    hashes = {
        as_number(number, "hashes", 63): as_bytes(each, f"hashes.{number}", 32)
        for number, each in as_object(entries.get("hashes") or {}, "hashes").items()
    }
    for place, entry in enumerate(as_list(entries.get("blocks") or [], "blocks")):
        block = read_header(as_object(entry, f"blocks[{place}]"), f"blocks[{place}]")
        found.append(msgspec.structs.replace(block, hash=hashes.get(block.header.number, block.hash)))
        steps.one()
    if not found:
        return Span(0, [])
    rows = {row.last: row for row in read_rows(entries.get("rows") or [])}
    chain = chain_of(found, entries, environment, rows)
    outcomes = read_outcomes(entries.get("transactions") or [])
    has_history = bool(entries.get("historical_states"))
    states = read_histories(entries.get("historical_states") or [], accounts)
    states[chain[-1].hash] = accounts
    pieces: list[Piece] = []
    behind: World | None = None
    earlier: dict[int, Hash32] = {}
    world, before = World(), Accounts()
    for block in chain:
        row = rows.get(block.header.number - 1)
        if row is not None and pieces:
            pieces.append(made := read_row(row, accounts, earlier, settings.rules_of(row.last, spec) or spec))
            behind = made.world(made.last) if made.is_known and has_history else None
        earlier[block.header.number] = block.hash
        state = states.get(block.hash)
        if state is not None:
            world, before = world_after(world, before, state), state
        after = UnavailableWorld(block.header.number) if state is None else world
        read = _read_block(block, outcomes, after, spec)
        if (rules := settings.rules_of(read.number, spec)) is not None:
            read = msgspec.structs.replace(read, spec=rules)
        if behind is not None:
            behind = built_again(read, behind, earlier, spec) if is_behind_row(read) else None
            if behind is not None and state is None:
                read = msgspec.structs.replace(read, world=behind)
        pieces.append(rollup.on(read))
        steps.one()
    return span_of(pieces)


def _read_block(found: Found, outcomes: Outcomes, world: World, spec: ChainSpec) -> SealedBlock:
    header = found.header
    transactions: list[Transaction] = []
    receipts: list[Receipt] = []
    for index, item in enumerate(found.transactions):
        where = f"{found.where}.transactions[{index}]"
        tx = read_transaction(item, where)
        outcome = outcomes.get((found.hash, index)) or outcomes.get(tx.hash)
        if outcome is None:
            fail(where, f"an entry in transactions ({to_data(tx.hash)}) with its outcome", None)
        if tx.is_impersonated:
            # Anvil writes the hash of the fields here, and only there the one it goes by
            tx = msgspec.structs.replace(tx, hash=bytes.fromhex(outcome[0]["info"]["transaction_hash"][2:]))
        transactions.append(tx)
        receipts.append(read_receipt(*outcome, tx, header, spec))
    return SealedBlock(
        header=header,
        hash=found.hash,
        transactions=tuple(transactions),
        receipts=tuple(receipts),
        world=world,
        size=block_size(header, transactions),
    )
