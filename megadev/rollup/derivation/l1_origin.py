"""An L1 block as L2 sees it: its deposits, in order, and its attributes. Pure functions.

Everything is read from sealed L1 blocks, receipts and state; nothing comes from events. What a chain has been told is
read back from L1Block, so a state says by itself how far its chain has got.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from megadev.chain.blocks import SealedBlock
from megadev.chain.fees import blob_base_fee
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore, LocatedLog
from megadev.chain.transactions import DEPOSIT, Transaction
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.contracts import load
from megadev.rollup.deposits import DEPOSITED_TOPIC, DEPOSITOR, InvalidDepositLog, L1Attributes, deposit_of_log
from megadev.rollup.derivation.config import SystemConfig
from megadev.rollup.predeploys import L1_BLOCK
from megadev.state.reader import StateReader
from megadev.state.world import World

_U64, _U32 = 2**64 - 1, 2**32 - 1


class L1Origin(NamedTuple):
    """A chain's position on L1: a block, and the number of L2 blocks since it was reached. A hash of zeros: nowhere
    yet.
    """

    number: int
    hash: Hash32
    sequence_number: int


class L1Fees(NamedTuple):
    """Prices of gas and blob gas on L1, in wei."""

    base_fee: Wei
    blob_base_fee: Wei


def deposits_in(l1: ChainStore, block: SealedBlock, portal: Address) -> tuple[Transaction, ...]:
    """The deposits that ``block`` has for L2, in the order of their logs. Logs that the portal cannot have made mean
    nothing.
    """
    found = []
    for located in deposit_logs(l1, block.number, block.number, portal):
        try:
            found.append(deposit_of_log(located.log, block.hash, located.log_index))
        except InvalidDepositLog:
            continue
    return tuple(found)


def deposit_logs(l1: ChainStore, first: int, last: int, portal: Address) -> list[LocatedLog]:
    """The portal's deposits in L1 blocks ``first`` to ``last``, both included."""
    return l1.logs(first, last, (portal,), ((DEPOSITED_TOPIC,),))


def attributes_of(
    block: SealedBlock, spec: ChainSpec, config: SystemConfig, sequence_number: int, fees: L1Fees | None = None
) -> L1Attributes:
    """Returns the attributes of the L1 block ``block``, of a chain of ``spec`` with the settings ``config``; ``fees``
    instead of its own.
    """
    header = block.header
    if fees is None:
        fees = L1Fees(header.base_fee, blob_base_fee(header.excess_blob_gas, block.spec or spec))
    return l1_attributes(block.number, block.timestamp, block.hash, fees, config, sequence_number)


def l1_attributes(
    number: int, timestamp: int, block_hash: Hash32, fees: L1Fees, config: SystemConfig, sequence_number: int
) -> L1Attributes:
    """The attributes of an L1 block, from its parts."""
    return L1Attributes(
        number=number,
        timestamp=timestamp,
        base_fee=fees.base_fee,
        blob_base_fee=fees.blob_base_fee,
        hash=block_hash,
        sequence_number=sequence_number,
        batcher=config.batcher,
        base_fee_scalar=config.base_fee_scalar,
        blob_base_fee_scalar=config.blob_base_fee_scalar,
        operator_fee_scalar=config.operator_fee_scalar,
        operator_fee_constant=config.operator_fee_constant,
    )


def origin_told(block: SealedBlock) -> L1Origin | None:
    """The L1 block that ``block`` was told of by what it begins with; None where it was told nothing, and has got no
    further than its parent.
    """
    if block.system_call is not None:
        return decode_origin(block.system_call.data) if block.system_call.to == L1_BLOCK else None
    first = block.transactions[0] if block.transactions else None
    if first is None or first.type != DEPOSIT or first.sender != DEPOSITOR or first.to != L1_BLOCK:
        return None
    return decode_origin(first.data)


def decode_origin(data: bytes) -> L1Origin | None:
    """The L1 block that ``data``, what updates L1Block is called with, tells of."""
    if len(data) < 132:
        return None
    return L1Origin(int.from_bytes(data[28:36], "big"), data[100:132], int.from_bytes(data[12:20], "big"))


def without_fees(data: bytes) -> bytes:
    """The call data without L1's fees."""
    return data[:36] + bytes(64) + data[100:]


def origin_in(state: StateReader | World) -> L1Origin | None:
    """Returns the L1 origin in the L2 state ``state``; None if it does not have our L1Block."""
    if not _has_l1_block(state):
        return None
    return L1Origin(
        state.storage(L1_BLOCK, 0) & _U64,
        state.storage(L1_BLOCK, 2).to_bytes(32, "big"),
        state.storage(L1_BLOCK, 3) & _U64,
    )


def config_told(state: StateReader | World, first: SystemConfig) -> SystemConfig:
    """The settings that the L2 state ``state`` was told last, the rest and where it was told none ``first``."""
    if not _has_l1_block(state) or not state.storage(L1_BLOCK, 2):
        return first
    scalars, operator = state.storage(L1_BLOCK, 3), state.storage(L1_BLOCK, 8)
    return SystemConfig(
        gas_limit=first.gas_limit,
        batcher=state.storage(L1_BLOCK, 4).to_bytes(32, "big")[12:],
        base_fee_scalar=scalars >> 96 & _U32,
        blob_base_fee_scalar=scalars >> 64 & _U32,
        operator_fee_scalar=operator >> 64 & _U32,
        operator_fee_constant=operator & _U64,
    )


def system_config_in(world: StateReader | World, address: Address) -> SystemConfig:
    """The settings of the SystemConfig at ``address`` in the L1 state ``world``."""
    limits, operator = world.storage(address, 104), world.storage(address, 106)
    return SystemConfig(
        batcher=world.storage(address, 103).to_bytes(32, "big")[12:],
        gas_limit=limits & _U64,
        base_fee_scalar=limits >> 64 & _U32,
        blob_base_fee_scalar=limits >> 96 & _U32,
        operator_fee_scalar=operator >> 64 & _U32,
        operator_fee_constant=operator & _U64,
    )


def _has_l1_block(state: StateReader | World) -> bool:
    account = state.account(L1_BLOCK)
    return account is not None and account.code_hash == _l1_block_code_hash()


@cache
def _l1_block_code_hash() -> Hash32:
    return keccak(load("L1Block").runtime)
