"""A sequencer's block beside what L1 says of it: what a batch says for it, whether a batch can, and whether what was
derived is the same block. Pure.

A devnet can do to its chain what no rollup's sequencer could: change state between blocks, send for accounts whose keys
nobody has, set a base fee. Such a block is *underivable*: nothing on L1 could say how it came about. It is named, with
the reason, before anyone wonders why a hash differs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from megadev.chain.blocks import SealedBlock, SystemCall
from megadev.chain.fees import next_base_fee
from megadev.chain.spec import ChainSpec
from megadev.chain.system_contracts import ORACLE
from megadev.chain.transactions import DEPOSIT, Transaction
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_HASH, Hash32
from megadev.rollup.batches import SingularBatch
from megadev.rollup.deposits import DEPOSITOR
from megadev.rollup.derivation.attributes import Attributes
from megadev.rollup.derivation.config import Pace, RollupConfig
from megadev.rollup.derivation.l1_origin import L1Origin, origin_told, without_fees
from megadev.sequencer.oracle import is_system_transaction
from megadev.state.world import WorldView


class ByHand(NamedTuple):
    """A block that depends on a cheat, and which: it cannot be derived from L1 alone."""

    number: int
    hash: Hash32
    reason: str


def batch_of(block: SealedBlock, origin: L1Origin) -> SingularBatch:
    """The batch of ``block``, whose L1 origin is given."""
    return SingularBatch(
        block.header.parent_hash,
        origin.number,
        origin.hash,
        block.timestamp,
        tuple(tx.encoded for tx in batched(block)),
    )


def batched(block: SealedBlock) -> list[Transaction]:
    """The transactions of ``block`` that a batch has to say: all that L1 does not know already."""
    return [tx for tx in block.transactions if tx.type != DEPOSIT]


def underivable(block: SealedBlock, parent: SealedBlock, spec: ChainSpec, config: RollupConfig) -> str | None:
    """Returns why no batch could describe ``block`` after ``parent`` on a chain of ``spec``; None if one can.

    (What L2 was told of L1 is not looked at here: ``difference`` finds it, once the block is derived.)
    """
    header = block.header
    if block.irregular is not None and (block.irregular.accounts or block.irregular.storage):
        return "state was changed outside a block (a cheat such as anvil_setBalance, or a reload)"
    if block.spec is not None and block.spec != spec:
        return "it was built under other rules than the chain began with"
    if block.ecrecover_answers:
        return "ecrecover answers were set while it was built (a cheat)"
    for tx in batched(block):
        if tx.is_impersonated and not _is_system(tx, block, spec):
            return f"transaction {to_data(tx.hash)} was sent from an impersonated account and has no signature"
        if tx.type not in config.transaction_types:
            return f"transaction {to_data(tx.hash)} is of type {tx.type:#04x}, which batches cannot contain"
    if header.base_fee != next_base_fee(parent.header, spec.fees):
        return f"its base fee {header.base_fee} was set by a cheat"
    if header.prev_randao != keccak(parent.hash):
        return "its prevRandao was set by a cheat"
    if header.parent_beacon_root != ZERO_HASH:
        return "it has a parent beacon block root, L1 has none"
    if header.coinbase != config.coinbase:
        return f"its fee recipient {to_data(header.coinbase)} is not the rollup's {to_data(config.coinbase)}"
    if header.extra_data != config.extra_data:
        return f"its extra data {to_data(header.extra_data)} is not the rollup's {to_data(config.extra_data)}"
    if config.gas_limit is not None and header.gas_limit != config.gas_limit:
        return f"its gas limit {header.gas_limit} is not the rollup's {config.gas_limit}"
    if config.pace is Pace.STRICT and block.timestamp != parent.timestamp + config.block_time:
        return (
            f"it comes {block.timestamp - parent.timestamp} s after its parent, but the block time is "
            f"{config.block_time} s"
        )
    return None


def _is_system(tx: Transaction, block: SealedBlock, spec: ChainSpec) -> bool:
    """True if ``tx`` of ``block`` is the protocol's own, which whoever derives the block knows without a signature."""
    if spec.system_contracts is None or tx.to != ORACLE:
        return False
    return not block.world.is_known or is_system_transaction(tx, WorldView(block.world))


def said_by_batch(attributes: Attributes, block: SealedBlock, reason: str | None) -> str | None:
    """Returns the difference of ``block`` from ``attributes`` that no batch can express: changes by cheats (``reason``:
    why it is underivable, if known). None where L1 says something else.
    """
    header, told = block.header, origin_told(block)
    if (header.parent_hash, header.timestamp) != (attributes.parent.hash, attributes.timestamp):
        return None
    if [tx.encoded for tx in batched(block)] != list(attributes.transactions):
        return None
    origin = attributes.parent.origin if told is None else told
    if origin.number != attributes.origin.number or origin.hash not in (attributes.origin.hash, ZERO_HASH):
        return None
    if _deposits(block.transactions) != _deposits(attributes.start.transactions):
        return None
    mine, theirs = (
        _told(block.system_call, block.transactions),
        _told(attributes.start.system_call, attributes.start.transactions),
    )
    if mine is None and reason is not None:
        return reason  # a block that was put in another's place was told nothing
    if mine != theirs:
        if mine is None or theirs is None or without_fees(mine) != without_fees(theirs):
            return None
        return reason or "the L1 fees in its L1 attributes were set by a cheat"
    return reason


def _deposits(transactions: Iterable[Transaction]) -> list[bytes]:
    """Returns the users' deposits."""
    return [tx.encoded for tx in transactions if tx.type == DEPOSIT and tx.sender != DEPOSITOR]


def _told(call: SystemCall | None, transactions: Sequence[Transaction]) -> bytes | None:
    """The call data by which a block was told of L1."""
    if call is not None:
        return call.data
    first = transactions[0] if transactions else None
    return None if first is None or first.type != DEPOSIT or first.sender != DEPOSITOR else first.data


def difference(attributes: Attributes, block: SealedBlock) -> str | None:
    """Returns the first difference of ``block`` from ``attributes``; None if there is none, so executing them would
    give its hash (unless it is underivable).
    """
    header, start = block.header, attributes.start
    if header.parent_hash != attributes.parent.hash:
        return f"its parent is {to_data(header.parent_hash)}, derived is {to_data(attributes.parent.hash)}"
    for name, found, derived in (
        ("number", header.number, attributes.number),
        ("timestamp", header.timestamp, attributes.timestamp),
        ("gas limit", header.gas_limit, attributes.gas_limit),
    ):
        if found != derived:
            return f"its {name} is {found}, derived is {derived}"
    for name, given, wanted in (
        ("prevRandao", header.prev_randao, attributes.prev_randao),
        ("fee recipient", header.coinbase, attributes.coinbase),
        ("extra data", header.extra_data, attributes.extra_data),
        ("parent beacon block root", header.parent_beacon_root, attributes.parent_beacon_root),
    ):
        if given != wanted:
            return f"its {name} is {to_data(given)}, derived is {to_data(wanted)}"
    if block.system_call != start.system_call:
        return "its L1 attributes differ from L1"
    deposits = [tx.encoded for tx in block.transactions if tx.type == DEPOSIT]
    forced = [tx.encoded for tx in start.transactions]
    if deposits != forced:
        if deposits[:1] != forced[:1] and start.attributes is not None:
            return "its L1 attributes transaction differs from L1"
        return f"its {len(deposits)} deposits differ from the {len(forced)} derived"
    transactions = [tx.encoded for tx in batched(block)]
    if transactions != list(attributes.transactions):
        return f"its {len(transactions)} transactions differ from the {len(attributes.transactions)} derived"
    return None
