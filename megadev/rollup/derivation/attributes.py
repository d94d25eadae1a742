"""From a batch to a block's attributes: everything that a block is made of, so that whoever executes it gets the same
hash. Pure.

What the batch does not say follows from the parent, the L1 origin and the configuration: the L1 attributes (a
transaction, or a system call where blocks do not lead with one), the origin's deposits in its first block, the header's
fields. ``prevRandao`` is the parent's hash, hashed, as the sequencer has it where nobody sets another; there is no
beacon chain, so its root is zero.
"""

from __future__ import annotations

import msgspec

from megadev.chain.blocks import SealedBlock, SystemCall
from megadev.chain.spec import ChainSpec
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_HASH, Address, Hash32
from megadev.rollup.deposits import DEPOSITOR, L1Attributes, attributes_transaction, encode_attributes
from megadev.rollup.derivation.batch_queue import Epoch, L2Block, NextBlock, block_gas_limit
from megadev.rollup.derivation.config import RollupConfig
from megadev.rollup.derivation.l1_origin import L1Fees, L1Origin, l1_attributes
from megadev.rollup.predeploys import L1_BLOCK
from megadev.sequencer.block_builder import PLAIN_START, BlockPlan, BlockStart


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """A block that is to be built after ``parent``: ``start`` is what L1 has it begin with, ``transactions`` are the
    batch's (EIP-2718 bytes). ``origin`` is how far on L1 the block has got. Time in seconds.
    """

    parent: L2Block
    timestamp: int
    origin: L1Origin
    start: BlockStart
    transactions: tuple[bytes, ...]
    coinbase: Address
    gas_limit: int
    extra_data: bytes
    prev_randao: Hash32
    parent_beacon_root: Hash32

    @property
    def number(self) -> int:
        return self.parent.number + 1

    def without_transactions(self) -> Attributes:
        """The attributes with L1's transactions only."""
        return msgspec.structs.replace(self, transactions=())


def attributes_after(parent: L2Block, block: NextBlock, config: RollupConfig) -> Attributes:
    """The attributes of ``block``, which follows ``parent``."""
    epoch = block.epoch
    is_told = parent.origin.hash != epoch.hash
    sequence_number = 0
    if not is_told:
        sequence_number = parent.origin.sequence_number + config.leads_with_l1_attributes
    told = attributes_of_epoch(epoch, sequence_number)
    if config.leads_with_l1_attributes:
        start = BlockStart(None, attributes_transaction(told), block.deposits)
    elif is_told:
        start = BlockStart(SystemCall(DEPOSITOR, L1_BLOCK, encode_attributes(told)), None, block.deposits)
    else:
        start = PLAIN_START
    return Attributes(
        parent=parent,
        timestamp=block.timestamp,
        origin=L1Origin(epoch.number, epoch.hash, sequence_number),
        start=start,
        transactions=block.transactions,
        coinbase=config.coinbase,
        gas_limit=block_gas_limit(epoch, config),
        extra_data=config.extra_data,
        prev_randao=keccak(parent.hash),
        parent_beacon_root=ZERO_HASH,
    )


def attributes_of_epoch(epoch: Epoch, sequence_number: int) -> L1Attributes:
    """The L1 attributes of ``epoch``."""
    fees = L1Fees(epoch.base_fee, epoch.blob_base_fee)
    return l1_attributes(epoch.number, epoch.timestamp, epoch.hash, fees, epoch.system_config, sequence_number)


def plan_of(attributes: Attributes, parent: SealedBlock, spec: ChainSpec) -> BlockPlan:
    """Returns the plan with which a block builder builds it after ``parent``, on a chain of ``spec``."""
    return BlockPlan.after(
        parent,
        spec,
        timestamp=attributes.timestamp,
        coinbase=attributes.coinbase,
        gas_limit=attributes.gas_limit,
        prev_randao=attributes.prev_randao,
        parent_beacon_root=attributes.parent_beacon_root,
        extra_data=attributes.extra_data,
        start=attributes.start,
    )
