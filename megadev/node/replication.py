"""Updates for replicas, as values: sealed blocks and mini-blocks with their changes and the sequencer's signature, and
removed blocks. ``replica`` applies them; here they are made.

Blocks are those of the store (``storage/records``), in msgspec's JSON: byte strings are base64, since nobody reads them
who is not a replica.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import sign_block, sign_mini_block
from megadev.chain.receipts import Receipt
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import Transaction
from megadev.errors import StateUnavailable
from megadev.events import BlockSealed, BlocksRemoved, Event, MiniBlockSealed, PreconfirmationsLost
from megadev.node.chain import LocalChain
from megadev.node.storage.records import BlockRecord, block_record
from megadev.state.diff import StateDiff


class BlockUpdate(msgspec.Struct, frozen=True, kw_only=True, tag="block", tag_field="type", gc=False):
    """A sealed block, with what makes its state of its parent's. ``signature``: the sequencer's, over the block's hash
    (r ‖ s ‖ v). ``spec``: its rules, where those are not the block's before it.
    """

    block: BlockRecord
    signature: bytes
    spec: ChainSpec | None


class MiniBlockUpdate(msgspec.Struct, frozen=True, kw_only=True, tag="miniBlock", tag_field="type", gc=False):
    """A mini-block of a block that is still open, with what each transaction changed. ``signature``: (y_parity, r, s)
    over its digest.
    """

    block_number: int
    block_timestamp: int
    index: int
    number: int
    timestamp: int
    gas_used: int
    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]
    tx_offset: int
    log_offset: int
    diffs: tuple[StateDiff, ...]
    signature: tuple[int, int, int]

    @property
    def mini_block(self) -> MiniBlock:
        """Without the signature."""
        fields = {name: getattr(self, name) for name in MiniBlock.__struct_fields__}
        return MiniBlock(**fields)


class RemovedUpdate(msgspec.Struct, frozen=True, tag="removed", tag_field="type"):
    """Blocks ``first`` to ``last`` left the chain."""

    first: int
    last: int


class LostUpdate(msgspec.Struct, frozen=True, tag="lost", tag_field="type"):
    """Updates of the open block became void."""

    block_number: int


Update: TypeAlias = BlockUpdate | MiniBlockUpdate | RemovedUpdate | LostUpdate


class Updates(msgspec.Struct, frozen=True, rename="camel"):
    """Blocks in a row, and what else a replica begins with: the numbers of the chain's first and newest block, and
    whether mini-blocks come before blocks.
    """

    first: int
    head: int
    continuous: bool
    blocks: tuple[BlockUpdate, ...]


def update_of(chain: LocalChain, event: Event) -> Update | None:
    """The update of a replica of ``chain`` for ``event``; None if the event changes nothing there."""
    if isinstance(event, BlockSealed):
        return block_update(chain, event.block, event.diffs)
    if isinstance(event, MiniBlockSealed):
        if not chain.is_continuous:
            return None  # its block says the same at once
        found = event.mini_block
        signature = sign_mini_block(found, chain.signers.at(found.block_number).key)
        return MiniBlockUpdate(
            **{name: getattr(found, name) for name in MiniBlock.__struct_fields__}, signature=signature
        )
    if isinstance(event, BlocksRemoved):
        return RemovedUpdate(event.first, event.last)
    if isinstance(event, PreconfirmationsLost):
        return LostUpdate(event.block_number)
    return None


def block_update(chain: LocalChain, block: SealedBlock, diffs: tuple[StateDiff, ...] = ()) -> BlockUpdate:
    """``block`` of ``chain``; ``diffs`` make its state of its parent's, where they are known. Raises
    ``StateUnavailable`` where its state is not all here.
    """
    store = chain.store
    is_first = block.number == store.genesis.number
    before = None if is_first else store.by_number(block.number - 1)
    if not (block.world.is_known and block.world.is_whole):
        raise StateUnavailable(
            f"state unavailable: the state after block {block.number} is not all here (a fork's, or a pruned one), so "
            "that nobody can be told of it"
        )
    spec = None if before is not None and before.spec == block.spec else block.spec or chain.spec
    world = before.world if before is not None and before.world.is_known else None
    record = block_record(block, world, diffs or None, lambda _: 0)
    return BlockUpdate(block=record, signature=sign_block(block.hash, chain.signers.at(block.number).key), spec=spec)


def updates(chain: LocalChain, first: int | None, limit: int) -> Updates:
    """At most ``limit`` blocks of ``chain`` from number ``first`` on, or from its first block."""
    store = chain.store
    begin = store.genesis.number if first is None else max(first, store.genesis.number)
    last = min(begin + limit - 1, store.head.number)
    blocks = tuple(block_update(chain, block) for block in store.blocks(begin, last)) if begin <= last else ()
    return Updates(store.genesis.number, store.head.number, chain.is_continuous, blocks)
