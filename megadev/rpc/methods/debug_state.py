"""debug_*: state in the middle of blocks, what changed between them, code by its hash, and witnesses."""

from __future__ import annotations

import gc
from typing import Annotated, Any, TypeAlias

from megadev.chain.blocks import BlockRef, SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams, NotFound, ResourceNotFound, StateUnavailable
from megadev.inspect.replay import run_again
from megadev.inspect.witness import execution_witness
from megadev.node import reorg
from megadev.node.chain import LocalChain
from megadev.node.reopening import block_start
from megadev.primitives.hexcodec import to_data, to_word
from megadev.primitives.keccak import address_key, slot_key
from megadev.primitives.types import Address, Hash32
from megadev.rpc.codec import (
    AddressParam,
    BlockParam,
    DataParam,
    Decode,
    HashParam,
    NumberOrTagParam,
    Uint64Param,
    decode_data,
    decode_string,
)
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.state.overlay import Overlay
from megadev.state.world import World, WorldView

CODE_PREFIX = b"c"
"""What geth's database puts in front of a code's hash."""


def _decode_key(value: Any) -> bytes:
    """A database key: bytes as hex, or as they are."""
    text = decode_string(value)
    return decode_data(text) if text[:2] in ("0x", "0X") else text.encode()


KeyParam: TypeAlias = Annotated[bytes, Decode(_decode_key)]


@method("debug_storageRangeAt")
def debug_storageRangeAt(
    node: RpcNode, block: BlockParam, index: Uint64Param, address: AddressParam, start: DataParam, limit: Uint64Param
) -> JsonObject:
    """An account's storage before a block's transaction number ``index``: up to ``limit`` slots in the order of their
    keys' hashes, from the hash ``start`` on, and the hash to go on from.
    """
    found = node.chain.block(block)
    count = len(found.transactions)
    if index >= max(count, 1):
        raise InvalidParams(f"transaction index {index} out of range for block {found.number}, which has {count}")
    state = _state_before(node.chain, found, index)
    if state.account(address) is None:
        raise NotFound(f"account not found: {to_data(address)} doesn't exist there")
    slots = _storage_of(state, address)
    hashed = sorted((key, slot) for slot in slots if (key := slot_key(slot)) >= start)
    shown = {to_data(key): {"key": to_word(slot), "value": to_word(slots[slot])} for key, slot in hashed[:limit]}
    return {"storage": shown, "nextKey": to_data(hashed[limit][0]) if limit < len(hashed) else None}


@method("debug_accountInfoAt")
def debug_accountInfoAt(
    node: RpcNode, block: BlockParam, index: Uint64Param, address: AddressParam
) -> JsonObject | None:
    """Balance, nonce and code right after a block's transaction number ``index``; null if the account is missing."""
    found = node.chain.block(block)
    count = len(found.transactions)
    if index >= count:
        raise InvalidParams(f"transaction index {index} out of range for block {found.number}, which has {count}")
    state = _state_before(node.chain, found, index + 1)
    account = state.account(address)
    if account is None:
        return None
    return {
        "balance": hex(account.balance),
        "nonce": hex(account.nonce),
        "code": to_data(state.code(account.code_hash)),
    }


@method("debug_executionWitness")
def debug_executionWitness(node: RpcNode, block: BlockParam) -> JsonObject:
    """All that it takes to run a block from its parent's state root alone."""
    found = node.chain.block(block)
    faults = node.chain.sequencer.faults
    if faults is not None and faults.keeps_witnesses:
        raise StateUnavailable(f"the witness of block {found.number} is withheld (fault withhold-witness)")
    witness = execution_witness(node.chain, found)
    answer: JsonObject = {
        "state": _hexes(witness.state),
        "codes": _hexes(witness.codes),
        "keys": _hexes(witness.keys),
        "headers": _hexes(witness.headers),
    }
    call = found.system_call
    if call is not None:  # no transaction of the block says so, and whoever runs it makes it first
        answer["systemCall"] = {"from": to_data(call.sender), "to": to_data(call.to), "input": to_data(call.data)}
    return answer


@method("debug_codeByHash")
def debug_codeByHash(node: RpcNode, code_hash: HashParam, block: BlockParam = Tag.LATEST) -> str:
    """The code with that keccak256, 0x where no account ever had it."""
    return to_data(node.chain.state(block).code(code_hash))


@method("debug_dbGet")
def debug_dbGet(node: RpcNode, key: KeyParam) -> str:
    """The value of a key in geth's database. Only keys of code are supported: ``c`` and the code's hash."""
    if len(key) != 33 or key[:1] != CODE_PREFIX:
        raise InvalidParams(f"only code can be looked up: give 0x63 and its 32-byte hash, got {len(key)} bytes")
    code = node.chain.state(Tag.LATEST).code(key[1:])
    if not code:
        raise NotFound(f"not found: no code with hash {to_data(key[1:])}")
    return to_data(code)


@method("eth_getCodeByHash")
def eth_getCodeByHash(node: RpcNode, code_hash: HashParam) -> str:
    """The code with that keccak256, 0x where no account ever had it."""
    return to_data(node.chain.state(Tag.LATEST).code(code_hash))


@method("debug_getModifiedAccountsByNumber")
def debug_getModifiedAccountsByNumber(
    node: RpcNode, start: NumberOrTagParam, end: NumberOrTagParam | None = None
) -> list[str]:
    """Accounts that the blocks after ``start`` up to ``end`` changed and left; of block ``start`` itself without
    ``end``. In the order of their addresses' hashes, as geth.
    """
    return _modified(node.chain, start, end)


@method("debug_getModifiedAccountsByHash")
def debug_getModifiedAccountsByHash(node: RpcNode, start: HashParam, end: HashParam | None = None) -> list[str]:
    """As ``debug_getModifiedAccountsByNumber``."""
    return _modified(node.chain, start, end)


@method("debug_getHistoryTransactionCount")
def debug_getHistoryTransactionCount(node: RpcNode, block: BlockParam) -> str:
    """The number of transactions in the chain up to a block."""
    if block is Tag.PENDING:
        raise ResourceNotFound("Resource not found: the pending block is not part of history")
    last = node.chain.block(block)
    return hex(last.tx_offset + len(last.transactions))


@method("debug_clearTxpool")
def debug_clearTxpool(node: RpcNode) -> None:
    """Empty the txpool."""
    for tx in node.chain.pool.transactions():
        node.chain.sequencer.drop(tx.hash)


@method("debug_getBadBlocks")
def debug_getBadBlocks(node: RpcNode) -> list[JsonObject]:
    """Blocks that were refused: none, as nobody but the sequencer hands in any."""
    return []


@method("debug_setHead")
def debug_setHead(node: RpcNode, number: Uint64Param) -> None:
    """Take back the blocks after that one, as anvil_rollback does."""
    chain = node.chain
    chain.block(number)
    node.node.make_room(chain)  # an open block counts among those that are taken back
    reorg.rollback(node.node, chain, chain.head.number - number)


@method("debug_freeOSMemory")
def debug_freeOSMemory(node: RpcNode) -> None:
    """Collect garbage now."""
    gc.collect()


def _state_before(chain: LocalChain, block: SealedBlock, index: int) -> Overlay:
    """The state before a block's transaction number ``index``; of the first block, the state it begins with."""
    if block.number == chain.store.genesis.number:
        return Overlay(WorldView(block.world))
    builder = block_start(chain, block)
    for _ in run_again(builder, block, stop=index):
        pass
    return builder.state


def _whole(world: World) -> World:
    """``world``, where it holds all there is. Raises ``StateUnavailable`` on a fork."""
    if not world.is_whole:
        raise StateUnavailable(
            "state unavailable: a fork cannot list the storage of an account: it fetches only the slots that "
            "are read; ask upstream, or read single slots"
        )
    return world


def _storage_of(state: Overlay, address: Address) -> dict[int, int]:
    """All slots of an account that are not 0."""
    base, diff = state.base, state.diff
    assert isinstance(base, WorldView)  # what block_start lays its overlay on
    slots = {} if address in diff.cleared else dict(_whole(base.world).storage_of(address))
    slots.update(diff.storage.get(address, {}))
    return {slot: value for slot, value in slots.items() if value}


def _modified(chain: LocalChain, start: BlockRef, end: BlockRef | None) -> list[str]:
    first = chain.block(start)
    if end is None:
        last = first
        if first.number == chain.store.genesis.number:
            raise InvalidParams(f"block {first.number} is the first block: it has no parent to compare with")
        first = chain.block(first.header.parent_hash)
    else:
        last = chain.block(end)
        if first.number >= last.number:
            raise InvalidParams(
                f"start block height ({first.number}) must be less than end block height ({last.number})"
            )
    old, new = first.world, last.world
    changed: list[tuple[Hash32, Address]] = []
    for address, account in new.accounts():
        if old.account(address) != account or old.storage_root(address) != new.storage_root(address):
            changed.append((address_key(address), address))
    return [to_data(address) for _, address in sorted(changed)]


def _hexes(items: tuple[bytes, ...]) -> list[str]:
    return [to_data(item) for item in items]
