"""eth_sendRawTransactionConditional (ERC-7796): take a transaction only while the chain looks as its sender expects.

The condition is of the block that the transaction would go into and of the state before it. Where blocks are built at
once that is one moment; a transaction that has to wait is looked at again after each block, and dropped when its
condition can hold no longer or does not hold.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import Annotated, Any, TypeAlias

import msgspec

from megadev.chain.transactions import Transaction, decode_transaction
from megadev.errors import ConditionNotMet, InvalidParams, LimitExceeded, RangeConditionNotMet, StorageConditionNotMet
from megadev.events import BlockSealed, BlocksRemoved, Event
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Address, Hash32
from megadev.rpc.codec import (
    DataParam,
    Decode,
    SlotParam,
    Uint64Param,
    decode_address,
    decode_hash,
    decoder_for,
)
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.sending import is_long
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import World, WorldView

MAX_LOOKUPS = 1_000
"""Accounts and slots that one condition may name (op-geth's limit)."""

_decode_slots = decoder_for(dict[SlotParam, SlotParam], is_exact=True)


def _decode_known(value: Any) -> dict[Address, Hash32 | dict[int, int]]:
    if type(value) is not dict:
        raise InvalidParams("expected an object of accounts, each with its storage root or an object of slots")
    return {
        decode_address(address): decode_hash(known) if type(known) is str else _decode_slots(known)
        for address, known in value.items()
    }


KnownAccountsParam: TypeAlias = Annotated[dict[Address, Hash32 | dict[int, int]], Decode(_decode_known)]


class Condition(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """All of it must hold; bounds are inclusive, times in seconds. ``known_accounts``: an account's storage root, or
    what some of its slots hold.
    """

    known_accounts: KnownAccountsParam | None = None
    block_number_min: Uint64Param | None = None
    block_number_max: Uint64Param | None = None
    timestamp_min: Uint64Param | None = None
    timestamp_max: Uint64Param | None = None

    def __post_init__(self) -> None:
        for what, low, high in (
            ("blockNumber", self.block_number_min, self.block_number_max),
            ("timestamp", self.timestamp_min, self.timestamp_max),
        ):
            if low is not None and high is not None and low > high:
                raise InvalidParams(f"{what}Min {low} is above {what}Max {high}: no value can meet both")

    @property
    def lookups(self) -> int:
        """Its cost: how much of the state it asks for."""
        known = (self.known_accounts or {}).values()
        return sum(len(item) if isinstance(item, dict) else 1 for item in known)


@method("eth_sendRawTransactionConditional")
def eth_sendRawTransactionConditional(node: RpcNode, raw: DataParam, condition: Condition) -> str | Awaitable[str]:
    """Take a signed transaction if the condition holds for the next block; the answer is its hash.

    Raises ``ConditionNotMet`` saying what does not hold, and ``LimitExceeded`` for a condition that asks for too much.
    """
    chain = node.chain
    if condition.lookups > MAX_LOOKUPS:
        raise LimitExceeded(f"conditional cost, {condition.lookups}, exceeded max: {MAX_LOOKUPS}; give fewer slots")
    tx = decode_transaction(raw, chain.spec)

    def take() -> str:
        chain.sequencer.settle()
        check(chain, condition)
        chain.sequencer.submit(tx)
        if chain.pool.get(tx.hash) is not None:
            _watch(node, tx, condition)
        return to_data(tx.hash)

    tx_hash: str | Awaitable[str] = node.node.apart(take) if is_long(node, tx) else take()
    return tx_hash


def check(chain: LocalChain, condition: Condition) -> None:
    """Raises ``ConditionNotMet`` unless ``condition`` holds for a block built now."""
    sequencer = chain.sequencer
    head, unsealed = sequencer.head, sequencer.tip.open
    if unsealed is None:
        number, timestamp = head.number + 1, sequencer.time.next_timestamp(head.header.timestamp, sequencer.window)
    else:
        number, timestamp = unsealed.plan.number, unsealed.plan.timestamp
    _between("block number", number, condition.block_number_min, condition.block_number_max)
    _between("timestamp", timestamp, condition.timestamp_min, condition.timestamp_max)
    if not condition.known_accounts:
        return
    world = _world_of(sequencer.head_state())
    for address, known in condition.known_accounts.items():
        if isinstance(known, dict):
            for slot, value in known.items():
                found = world.storage(address, slot)
                if found != value:
                    raise StorageConditionNotMet(address, slot, found, value)
        elif (root := world.storage_root(address)) != known:
            raise StorageConditionNotMet(address, None, root, known)


def _world_of(state: StateReader) -> World:
    """The newest state as a world, for its roots."""
    if isinstance(state, Overlay):
        return _world_of(state.base).apply(state.diff)
    assert isinstance(state, WorldView)
    return state.world


def _between(what: str, value: int, low: int | None, high: int | None) -> None:
    if low is not None and value < low:
        raise RangeConditionNotMet(what, value, low, is_above=False)
    if high is not None and value > high:
        raise RangeConditionNotMet(what, value, high, is_above=True)


def _watch(node: RpcNode, tx: Transaction, condition: Condition) -> None:
    """Drop ``tx`` from the txpool as soon as a new head does not fulfil ``condition``."""
    chain = node.chain

    def on_event(event: Event) -> None:
        if chain.pool.get(tx.hash) is None:
            unsubscribe()
        elif isinstance(event, BlockSealed | BlocksRemoved):
            try:
                check(chain, condition)
            except ConditionNotMet as error:
                unsubscribe()
                node.node.writer.when_free(partial(chain.sequencer.drop, tx.hash, str(error)))

    unsubscribe = node.chain.bus.subscribe(on_event)
