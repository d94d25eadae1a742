"""Chains that change their mind: blocks taken back, and other blocks put in their place.

As in Anvil, transactions of removed blocks are gone; they do not return to the txpool, and state that was changed by
hand at one of them goes with them; what was changed at the common ancestor stays. Unlike Anvil, a reorganisation
happens whole or not at all: its blocks are built next to the chain, and only when all transactions have found their
place does the chain change.

Why a new block differs from the one it replaces even with the same content: on a live network another proposer made
it, whose RANDAO reveal is another. So its ``prevRandao`` is derived from both its parent and the block it replaces,
which also keeps the same script giving the same hashes. It carries the replaced block's timestamp: a slot is a slot.

Only the chain that was asked changes; a snapshot is what takes both back together. What crosses between them follows,
as on live networks: an L2 that lost blocks takes up again the deposits that were in them, while claims on L1 about
those blocks stand; an L1 that lost blocks has lost their deposits, proofs and games, and an L2 that had got to one of
them builds its own blocks from there on again (``rollup/driver``).

Why L1 may be reorganised while L2's sequencer stands still: L1 does not ask whether a sequencer is well. L2 follows
once its sequencer runs again, and after a crash at once where it is derived from batches; until then it stays as it
is. L2's own blocks are changed by nobody meanwhile who would
have to seal one: what does is refused with ``SequencerStopped``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec.structs import replace

from megadev.chain.admission import validate_transaction
from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import blob_base_fee, next_base_fee, next_excess_blob_gas
from megadev.chain.spans import Piece, Span, span_of
from megadev.chain.transactions import Transaction
from megadev.errors import InvalidParams
from megadev.evm.system_calls import has_other_code
from megadev.node.chain import LocalChain
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_HASH, Hash32
from megadev.sequencer import reserved
from megadev.sequencer.block_builder import BlockBuilder, BlockPlan
from megadev.sequencer.reorganisation import check_buildable, replace_above, rewind
from megadev.state.diff import StateDiff
from megadev.state.world import WorldView

if TYPE_CHECKING:
    from megadev.node.node import Node

MakeTransaction: TypeAlias = Callable[[BlockBuilder], Transaction]
"""A transaction that depends on what comes before it: made once its block is open and holds all earlier ones."""


def rollback(node: Node, chain: LocalChain, depth: int) -> None:
    """Remove the last ``depth`` blocks of ``chain``. The clock goes back to the time of the block that is then the
    head.

    Raises ``InvalidParams`` where the chain has fewer above its first, ``StateUnavailable`` where it was loaded without
    the state that it would go back to, or L2 without what it would have to, and ``SequencerStopped`` where L2 is to
    lose blocks and has one open that must stay.
    """
    common = _common(node, chain, depth, "Rollback")
    if depth == 0:
        return
    node.snapshots.keep_blocks_above(chain, common)
    lost = chain.head.hash
    rewind(chain.sequencer, common, _cheats_at(chain, common))
    chain.time.set_time(chain.head.header.timestamp)
    if chain is node.l1:  # the same time and transactions must not make a block come back that another L2 followed
        chain.sequencer.blocks = replace(chain.sequencer.blocks, next_prev_randao=keccak(chain.head.hash + lost))


def reorganise(node: Node, chain: LocalChain, depth: int, content: Sequence[Sequence[MakeTransaction]]) -> None:
    """Replace the last ``depth`` blocks of ``chain``; ``content`` says what the first ones hold, the rest are empty.

    Raises as ``rollback`` does, ``SequencerStopped`` also where L2's sequencer builds no blocks, and
    ``InvalidTransaction`` where one of ``content`` cannot be included; then nothing has changed.
    """
    common = _common(node, chain, depth, "Reorg")
    if depth == 0:
        return
    chain.sequencer.check_running()
    blocks = span_of(_build(chain, chain.store.blocks(common, chain.head.number), content))
    node.snapshots.keep_blocks_above(chain, common)
    replace_above(chain.sequencer, common, blocks)


def _common(node: Node, chain: LocalChain, depth: int, what: str) -> int:
    """The number of the last block that stays, once it is certain that the chains can do without those above it."""
    node.make_room(chain)
    common = chain.head.number - _checked(chain, depth, what)
    if depth:
        check_buildable(chain.store, common)
        if chain is node.l1 and node.driver is not None:
            node.driver.check_can_follow(common)
    return common


def _cheats_at(chain: LocalChain, number: int) -> StateDiff | None:
    """Returns the cheats at the block with that number."""
    block = chain.store.by_number(number)
    return None if block is None else chain.sequencer.irregular_after(block)


def _checked(chain: LocalChain, depth: int, what: str) -> int:
    """``depth``, if the chain has so many blocks above its first."""
    height = chain.head.number - chain.store.genesis.number
    if depth > height:
        raise InvalidParams(
            f"{what} depth must not exceed current chain height: current height {height}, depth {depth}"
        )
    return depth


def _build(chain: LocalChain, old: Span, content: Sequence[Sequence[MakeTransaction]]) -> list[Piece]:
    """Blocks for the places of ``old``, all but its first, upon that; a row where there was one, as soon as its blocks
    are all alike.
    """
    building = _Building(chain, old.at(old.first))
    contents = iter(content)
    for piece in old.between(old.first + 1, old.last).pieces():
        if isinstance(piece, SealedBlock):
            building.block(_Replaced(piece.number, piece.timestamp, piece.hash), next(contents, ()))
            continue
        for number in range(piece.first, piece.last + 1):
            made = next(contents, None)
            place = _Replaced(number, piece.timestamp_of(number), piece.hash_of(number))
            if made is None and number > piece.first and piece.last - number > reserved.SHORTEST:
                plan = building.plan(place)
                if building.is_even(plan):
                    building.row(plan, piece.timestamp_of(number + 1) - place.timestamp, piece.last)
                    break
            building.block(place, made or ())
    return building.pieces


class _Replaced(NamedTuple):
    """The kept data of a block that is replaced. ``timestamp`` in seconds."""

    number: int
    timestamp: int
    hash: Hash32


class _Building:
    """A chain that is built next to the present one, from ``parent`` on."""

    def __init__(self, chain: LocalChain, parent: SealedBlock) -> None:
        self.pieces: list[Piece] = []
        self._chain = chain
        self._parent = parent
        self._cheats = chain.sequencer.irregular_after(parent)
        self._hashes: dict[int, Hash32] = {}
        self._rows: list[reserved.EmptyRow] = []

    def block(self, place: _Replaced, content: Sequence[MakeTransaction]) -> None:
        """Build one block."""
        chain = self._chain
        builder = BlockBuilder(
            chain.spec,
            chain.engine,
            self.plan(place),
            self._parent.world,
            self._block_hash,
            self._cheats,
            ecrecover_answers=chain.sequencer.ecrecover_answers(),
        ).begin()
        for make in content:
            tx = make(builder)
            validate_transaction(tx, chain.spec)
            builder.include(tx)
        built = builder.seal()
        self._hashes[built.number] = built.hash
        self.pieces.append(built)
        self._parent, self._cheats = built, None

    def row(self, plan: BlockPlan, step: int, last: int) -> None:
        """Let empty blocks stand up to ``last``, from ``plan`` on."""
        chain = self._chain
        row_plan = reserved.RowPlan(chain.spec, chain.engine, plan, step, self._parent.world, self._block_hash)
        row = reserved.EmptyRow.planned(row_plan.keyed(), last)
        self._rows.append(row)
        self.pieces.append(row)
        self._parent = row.block(last)

    def is_even(self, plan: BlockPlan) -> bool:
        """True if the next block is like its parent, and so are those after it."""
        parent = self._parent.header
        if self._cheats is not None or has_other_code(WorldView(self._parent.world), self._chain.spec.hardfork):
            return False
        return (plan.base_fee, plan.excess_blob_gas, plan.gas_limit, plan.coinbase) == (
            parent.base_fee,
            parent.excess_blob_gas,
            parent.gas_limit,
            parent.coinbase,
        )

    def _block_hash(self, number: int) -> Hash32:
        known = self._hashes.get(number)
        if known is not None:
            return known
        row = next((row for row in self._rows if row.first <= number <= row.last), None)
        return self._chain.store.block_hash(number) if row is None else row.hash_of(number)

    def plan(self, place: _Replaced) -> BlockPlan:
        """Returns the plan of the block in that place."""
        chain, parent = self._chain, self._parent
        spec, settings = chain.spec, chain.sequencer.blocks
        excess = next_excess_blob_gas(parent.header, spec)
        return BlockPlan(
            number=place.number,
            timestamp=place.timestamp,
            parent_hash=parent.hash,
            coinbase=settings.coinbase,
            gas_limit=settings.gas_limit,
            base_fee=next_base_fee(parent.header, spec.fees),
            blob_base_fee=blob_base_fee(excess, spec),
            excess_blob_gas=excess,
            prev_randao=keccak(parent.hash + place.hash),
            parent_beacon_root=ZERO_HASH,
            extra_data=settings.extra_data,
        )
