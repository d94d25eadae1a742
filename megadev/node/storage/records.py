"""The records of a store, as values, and as the JSON in its rows. Pure functions.

Why JSON: msgspec writes and checks it in C for the chain's own structs, integers of 256 bits included, which no other
format does; and it can be read with any tool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import msgspec

from megadev.chain.blocks import Cut, Header, SealedBlock, SystemCall
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import SignedOrigin
from megadev.chain.receipts import Receipt
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import Transaction
from megadev.evm.engines import open_engine
from megadev.node.broken_promises import BrokenPromise, Equivocation, Evidence, SignedPromise, VoidMiniBlock
from megadev.primitives.guarded_json import decode_json
from megadev.primitives.latency import Latency
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.consolidator import Derived
from megadev.rollup.da.store import NO_FAULTS, StoreFaults
from megadev.rollup.derivation.consolidation import ByHand
from megadev.rollup.progress import Progress
from megadev.sequencer.block_builder import BlockPlan
from megadev.sequencer.chain_tip import Later
from megadev.sequencer.faults import Faults
from megadev.sequencer.modes import BlockSettings, MiningMode
from megadev.sequencer.reserved import EmptyRow, RowPlan
from megadev.sequencer.time_keeper import TimeSettings
from megadev.state.diff import StateDiff
from megadev.state.world import World

_Record = TypeVar("_Record")

_STEPS = 4
"""Diffs that one block's world is made with, at most."""

StateForm = Literal["changes", "whole", "fork", "unknown"]
"""How a block's record tells the state after it: what changed since the block before it that is there, all of it,
nothing (it is the forked block's, with what is laid on it), or that it is not known.
"""


class BlockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed block. ``spec``: the number of the record with its rules; None: not known."""

    header: Header
    hash: Hash32
    transactions: tuple[Transaction, ...]
    receipts: tuple[Receipt, ...]
    size: int
    state: StateForm
    diffs: tuple[StateDiff, ...]
    irregular: StateDiff | None
    spec: int | None
    ecrecover_answers: tuple[tuple[bytes, Address], ...]
    cuts: tuple[Cut, ...]
    system_call: SystemCall | None


class RowRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A row of empty blocks that nobody has made (``sequencer.reserved``). ``tells``: each begins with the L1
    attributes transaction.
    """

    first: int
    last: int
    key: bytes
    plan: BlockPlan
    step: int
    spec: int
    tells: bool
    is_known: bool


class ChainRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of one chain, and its changes since its head. ``first_…``: what the settings of the node said, which
    tells whether they say the same the next time.
    """

    head: Hash32
    irregular: StateDiff | None
    spec: ChainSpec
    first_spec: ChainSpec
    time: TimeSettings
    blocks: BlockSettings
    first_blocks: BlockSettings
    mode: MiningMode
    first_mode: MiningMode
    block_time: float | None
    first_block_time: float | None
    gas_price: Wei | None
    faults: Faults | None
    oracle: dict[int, int] | None
    fork: tuple[int, int, Hash32] | None
    """Chain id, number and hash of what is forked."""


class MiniBlockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A mini-block that is evidence, without what its transactions changed."""

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


class EquivocationRecord(msgspec.Struct, frozen=True, kw_only=True):
    signer: Address
    mini_blocks: tuple[MiniBlockRecord, MiniBlockRecord]
    signatures: tuple[tuple[int, int, int], tuple[int, int, int]]
    promises: tuple[SignedPromise, SignedPromise]
    origins: tuple[SignedOrigin, SignedOrigin] | None = None


class VoidMiniBlockRecord(msgspec.Struct, frozen=True, kw_only=True):
    mini_block: MiniBlockRecord
    signer: Address
    signature: tuple[int, int, int]
    reason: str
    origin: SignedOrigin | None = None


class NodeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The record that the chains share. ``keys``: private keys of all accounts that the node holds; ``signers``: the
    first block of each key of the sequencer, newest first, where it was changed; ``by_hand``: a block that is known to
    have come about by hand, of which the chain itself does not tell; ``derived``: how much of L2 was derived from L1;
    ``da_faults``: what the DA store does wrong; ``l1_contracts``: the profile of those on L1, None where there is none
    or it was not told.
    """

    mnemonic: str
    keys: tuple[bytes, ...]
    impersonated: tuple[Address, ...]
    auto_impersonate: bool
    signatures: tuple[tuple[bytes, Address], ...]
    logging: bool
    progress: Progress | None
    signers: tuple[tuple[int, bytes], ...]
    turns: tuple[tuple[tuple[bytes, ...], int], ...] = ()
    standbys: tuple[int, ...] = ()
    broken: dict[Hash32, BrokenPromise]
    equivocations: tuple[EquivocationRecord, ...]
    void_mini_blocks: tuple[VoidMiniBlockRecord, ...] = ()
    latency: tuple[Latency | None, Latency | None, int]
    is_cut: bool
    by_hand: ByHand | None = None
    derived: Derived | None = None
    da_faults: StoreFaults = NO_FAULTS
    replica_lag: Latency | None = None
    l1_contracts: str | None = None


def encode(record: msgspec.Struct | ChainSpec | Transaction) -> bytes:
    """A record as it stands in a row."""
    return msgspec.json.encode(record)


def decode(data: bytes, kind: type[_Record]) -> _Record:
    """The record in a row. Raises ``ValueError`` for anything else."""
    return decode_json(data, kind)


def block_record(
    block: SealedBlock,
    before: World | None,
    diffs: tuple[StateDiff, ...] | None,
    number_of_spec: Callable[[ChainSpec], int],
) -> BlockRecord:
    """``block`` as it is written; ``before``: the world of the block before it that is there, None for the first.
    ``diffs``: what made its world of that one, where it is known.
    """
    state: StateForm = "changes"
    if not block.world.is_known:
        state, diffs = "unknown", ()
    elif before is None and not block.world.is_whole:
        state, diffs = "fork", ()
    elif before is None or not before.is_known:
        state, diffs = "whole", (block.world.changes_since(World()),)
    elif not diffs:
        diffs = (block.world.written_since(before, _STEPS) or block.world.changes_since(before),)
    return BlockRecord(
        header=block.header,
        hash=block.hash,
        transactions=block.transactions,
        receipts=block.receipts,
        size=block.size,
        state=state,
        diffs=diffs or (),
        irregular=block.irregular,
        spec=None if block.spec is None else number_of_spec(block.spec),
        ecrecover_answers=block.ecrecover_answers,
        cuts=block.cuts,
        system_call=block.system_call,
    )


def block_of(record: BlockRecord, world: World, spec: ChainSpec | None) -> SealedBlock:
    """The block that was written. Its place among transactions and mini-blocks is the chain's to say."""
    return SealedBlock(
        header=record.header,
        hash=record.hash,
        transactions=record.transactions,
        receipts=record.receipts,
        world=world,
        size=record.size,
        irregular=record.irregular,
        spec=spec,
        ecrecover_answers=record.ecrecover_answers,
        cuts=record.cuts,
        system_call=record.system_call,
    )


def row_record(row: EmptyRow, number_of_spec: Callable[[ChainSpec], int]) -> RowRecord:
    """A row as it is written."""
    plan = row.plan
    return RowRecord(
        first=row.first,
        last=row.last,
        key=plan.key,
        plan=plan.block,
        step=plan.step,
        spec=number_of_spec(plan.spec),
        tells=plan.later is not None,
        is_known=row.is_known,
    )


def row_of(
    record: RowRecord, world: World, spec: ChainSpec, later: Later | None, earlier: Callable[[int], Hash32]
) -> EmptyRow:
    """The row that was written; ``world`` is the state before its first block, ``earlier`` knows the hashes before."""
    engine = open_engine("interpreter", spec)
    told = later if record.tells else None
    plan = RowPlan(spec, engine, record.plan, record.step, world, earlier, told, record.key)
    return EmptyRow.planned(plan, record.last).part(record.first, record.last)


def evidence_records(evidence: Evidence) -> tuple[EquivocationRecord, ...]:
    """The equivocations as they are written."""
    return tuple(
        EquivocationRecord(
            signer=found.signer,
            mini_blocks=(_mini_block_record(found.mini_blocks[0]), _mini_block_record(found.mini_blocks[1])),
            signatures=found.signatures,
            promises=found.promises,
            origins=found.origins,
        )
        for found in evidence.equivocations
    )


def void_records(evidence: Evidence) -> tuple[VoidMiniBlockRecord, ...]:
    """The mini-blocks that are void, as they are written."""
    return tuple(
        VoidMiniBlockRecord(
            mini_block=_mini_block_record(found.mini_block),
            signer=found.signer,
            signature=found.signature,
            reason=found.reason,
            origin=found.origin,
        )
        for found in evidence.mini_blocks
    )


def evidence_of(record: NodeRecord) -> Evidence:
    """The evidence that was written."""
    found = (
        Equivocation(
            each.signer,
            (_mini_block_of(each.mini_blocks[0]), _mini_block_of(each.mini_blocks[1])),
            each.signatures,
            each.promises,
            each.origins,
        )
        for each in record.equivocations
    )
    void = (
        VoidMiniBlock(_mini_block_of(each.mini_block), each.signer, each.signature, each.reason, each.origin)
        for each in record.void_mini_blocks
    )
    return Evidence(record.broken, tuple(found), tuple(void))


def _mini_block_record(mini_block: MiniBlock) -> MiniBlockRecord:
    fields: dict[str, Any] = {name: getattr(mini_block, name) for name in MiniBlockRecord.__struct_fields__}
    return MiniBlockRecord(**fields)


def _mini_block_of(record: MiniBlockRecord) -> MiniBlock:
    return MiniBlock(**msgspec.structs.asdict(record))
