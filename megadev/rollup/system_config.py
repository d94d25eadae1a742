"""The settings of L2 that are made on L1 (SystemConfig) and that L2 is told of with every L1 block: who posts batches,
and the scalars of the L1 fee and of the operator fee. Pure functions.

They are read from L1's state where that is at hand. Where an L1 block came without its state they follow from the
ConfigUpdate logs around it, as derivation follows them (OP Stack specification, "System configuration").
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import Log
from megadev.chain.store import ChainStore
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Wei
from megadev.state.reader import StateReader
from megadev.state.world import World

CONFIG_UPDATE_TOPIC = keccak(b"ConfigUpdate(uint256,uint8,bytes)")
_BATCHER, _SCALARS, _OPERATOR = 103, 104, 106
"""Slots of SystemConfig."""
_U64, _U32 = 2**64 - 1, 2**32 - 1


class UpdateType(IntEnum):
    """What a ConfigUpdate log changes, of what L2 is told."""

    BATCHER = 0
    FEE_SCALARS = 1
    OPERATOR_FEE = 5


_KINDS = frozenset(UpdateType)


class SystemConfig(NamedTuple):
    """What L2 is told of SystemConfig, as of one L1 block."""

    batcher: Address
    base_fee_scalar: int
    blob_base_fee_scalar: int
    operator_fee_scalar: int
    operator_fee_constant: Wei


def config_in(state: StateReader | World, address: Address) -> SystemConfig:
    """The settings in L1's state, of the SystemConfig at ``address``."""
    scalars, operator = state.storage(address, _SCALARS), state.storage(address, _OPERATOR)
    return SystemConfig(
        batcher=state.storage(address, _BATCHER).to_bytes(32, "big")[12:],
        base_fee_scalar=scalars >> 64 & _U32,
        blob_base_fee_scalar=scalars >> 96 & _U32,
        operator_fee_scalar=operator >> 64 & _U32,
        operator_fee_constant=operator & _U64,
    )


def config_at(l1: ChainStore, block: SealedBlock, address: Address, told: SystemConfig | None = None) -> SystemConfig:
    """The settings as of the L1 block ``block``. ``told``: what L2 was told of an L1 block not after it, where it was.

    Where the state after ``block`` is not at hand, each setting is what the last log up to ``block`` says or, without
    one, what it is now where no log changed it since, or else what L2 was told.
    """
    if block.world.is_known:
        return config_in(block.world, address)
    located = l1.logs(l1.genesis.number, l1.head.number, (address,), ((CONFIG_UPDATE_TOPIC,),))
    before = [each.log for each in located if each.block.number <= block.number]
    after = {kind_of(each.log) for each in located if each.block.number > block.number}
    config = config_in(l1.head.world, address)
    if told is not None:
        config = _taken_from(told, config, after)
    for log in before:
        config = updated(config, log)
    return config


def kind_of(log: Log) -> UpdateType | None:
    """What a ConfigUpdate log changes; None where it is nothing that L2 is told of, or no log of SystemConfig's."""
    if len(log.topics) != 3 or log.topics[0] != CONFIG_UPDATE_TOPIC or any(log.topics[1]):
        return None
    number = int.from_bytes(log.topics[2], "big")
    return UpdateType(number) if number in _KINDS else None


def updated(config: SystemConfig, log: Log) -> SystemConfig:
    """``config`` after a ConfigUpdate log; as it was after one that is malformed or tells of something else."""
    kind, data = kind_of(log), log.data
    words = [int.from_bytes(data[place : place + 32], "big") for place in range(0, len(data), 32)]
    if kind is None or len(words) < 3 or words[0] != 32 or words[1] > len(data) - 64:
        return config
    values = words[2 : 2 + words[1] // 32]
    if kind is UpdateType.BATCHER and values:
        return config._replace(batcher=values[0].to_bytes(32, "big")[12:])
    if kind is UpdateType.FEE_SCALARS and len(values) == 2:
        packed = values[1]  # version 1: the blobs' scalar above that of the base fee (Ecotone)
        return config._replace(base_fee_scalar=packed & _U32, blob_base_fee_scalar=packed >> 32 & _U32)
    if kind is UpdateType.OPERATOR_FEE and values:
        return config._replace(operator_fee_scalar=values[0] >> 64 & _U32, operator_fee_constant=values[0] & _U64)
    return config


def _taken_from(told: SystemConfig, present: SystemConfig, changed: set[UpdateType | None]) -> SystemConfig:
    """``present``, but what has changed since as ``told``."""
    config = present
    if UpdateType.BATCHER in changed:
        config = config._replace(batcher=told.batcher)
    if UpdateType.FEE_SCALARS in changed:
        config = config._replace(base_fee_scalar=told.base_fee_scalar, blob_base_fee_scalar=told.blob_base_fee_scalar)
    if UpdateType.OPERATOR_FEE in changed:
        config = config._replace(
            operator_fee_scalar=told.operator_fee_scalar, operator_fee_constant=told.operator_fee_constant
        )
    return config
