"""The configuration of a rollup, as far as derivation needs it: its start, the L1 addresses of batches and deposits,
and the rules for valid batches. Also the part of it that is set on L1 while it runs (``SystemConfig``).

``to_json`` and ``config_of_json`` are the form in which it is handed to other processes: op-node's ``rollup.json``,
with what it has no word for under ``megadev``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from megadev.chain.receipts import Log
from megadev.chain.spec import PRAGUE_BLOBS
from megadev.chain.transactions import ACCESS_LIST, DYNAMIC_FEE, LEGACY, SET_CODE
from megadev.errors import ConfigError
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_ADDRESS, Address, Hash32, Wei
from megadev.rollup.channel import MAX_CHANNEL_BYTES

CONFIG_UPDATE_TOPIC: Hash32 = keccak(b"ConfigUpdate(uint256,uint8,bytes)")
_BATCHER, _FEE_SCALARS, _GAS_LIMIT, _OPERATOR_FEE = 0, 1, 2, 5
"""Kinds of updates that derivation follows; of those it does not, nothing on L2 depends here."""
_ECOTONE_SCALARS = 1
"""First byte of the word that holds both fee scalars."""
_U64, _U32 = 2**64 - 1, 2**32 - 1


class Pace(Enum):
    """The valid times and L1 origins of L2's blocks.

    STRICT, the OP Stack's: each block one block time after its parent; each L1 block is the origin of at least one; no
    block before its origin's time. FREE, a devnet's, whose blocks are made when there is something to make them for:
    any time from the parent's on, several L1 blocks may be advanced over at once, and only a block's parent tells
    whether a batch is next.
    """

    STRICT = "strict"
    FREE = "free"


class SystemConfig(msgspec.Struct, frozen=True, kw_only=True):
    """L1's SystemConfig at some L1 block: the batcher's address, L2's fees for L1, L2's gas limit."""

    batcher: Address
    gas_limit: int = 30_000_000
    base_fee_scalar: int = 0
    blob_base_fee_scalar: int = 0
    operator_fee_scalar: int = 0
    operator_fee_constant: Wei = 0

    def after(self, log: Log) -> SystemConfig:
        """Returns the configuration after ``log``, one of its contract's. What is no ``ConfigUpdate`` of version 0, or
        not as the contract makes it, changes nothing.
        """
        topics = log.topics
        if len(topics) != 3 or topics[0] != CONFIG_UPDATE_TOPIC or any(topics[1]):
            return self
        kind, payload = int.from_bytes(topics[2], "big"), _payload(log.data)
        word = int.from_bytes(payload[-32:], "big")
        if kind == _BATCHER and len(payload) == 32 and word < 2**160:
            return msgspec.structs.replace(self, batcher=payload[12:])
        if kind == _FEE_SCALARS and len(payload) == 64 and payload[32] == _ECOTONE_SCALARS:
            scalars = {"base_fee_scalar": word & _U32, "blob_base_fee_scalar": word >> 32 & _U32}
            return msgspec.structs.replace(self, **scalars)
        if kind == _GAS_LIMIT and len(payload) == 32 and word <= _U64:
            return msgspec.structs.replace(self, gas_limit=word)
        if kind == _OPERATOR_FEE and len(payload) == 32:
            fees = {"operator_fee_scalar": word >> 64 & _U32, "operator_fee_constant": word & _U64}
            return msgspec.structs.replace(self, **fees)
        return self


def _payload(data: bytes) -> bytes:
    """The one ``bytes`` that a log's data holds; nothing where it holds something else."""
    if len(data) < 64 or int.from_bytes(data[:32], "big") != 32:
        return b""
    size = int.from_bytes(data[32:64], "big")
    return data[64 : 64 + size] if len(data) == 64 + (size + 31) // 32 * 32 else b""


class BlockId(msgspec.Struct, frozen=True):
    """A block by number and hash."""

    number: int
    hash: Hash32


class RollupConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One rollup. Times and ``block_time`` in seconds; ``sequencing_window`` and ``channel_timeout`` in L1 blocks.

    ``l1_genesis`` and ``l2_genesis`` are where deriving begins, ``genesis_time`` is the latter's timestamp,
    ``system_config`` what held at the former. ``max_drift``: seconds that a block with transactions may be later than
    its L1 origin; None: any. ``gas_limit`` of L2's blocks, where it does not follow the system configuration.
    ``first_batch_block``: the first L1 block whose batches count, and in which the sequencing window may have passed.
    ``transaction_types``: what batches may hold. ``da_stores``: whose certificates count; None: no data is elsewhere.
    The blob base fee of L1 has ``l1_blob_fee_fraction`` for its slope (EIP-4844).
    """

    l2_chain_id: int
    l1_chain_id: int
    l1_genesis: BlockId
    l2_genesis: BlockId
    genesis_time: int
    system_config: SystemConfig
    batch_inbox: Address
    portal: Address
    system_config_address: Address
    block_time: int = 2
    sequencing_window: int = 3_600
    max_drift: int | None = 1_800
    channel_timeout: int = 50
    max_channel_bytes: int = MAX_CHANNEL_BYTES
    pace: Pace = Pace.STRICT
    leads_with_l1_attributes: bool = True
    transaction_types: frozenset[int] = frozenset({LEGACY, ACCESS_LIST, DYNAMIC_FEE, SET_CODE})
    coinbase: Address = ZERO_ADDRESS
    extra_data: bytes = b""
    gas_limit: int | None = None
    da_stores: tuple[Address, ...] | None = None
    l1_blob_fee_fraction: int = PRAGUE_BLOBS.base_fee_update_fraction
    first_batch_block: int = 0


# --- as JSON ----------------------------------------------------------------------------------------------------------


def to_json(config: RollupConfig) -> dict[str, Any]:
    """Returns the input of ``config_of_json``: op-node's fields, with its spelling and its decimal numbers, and
    ours.
    """
    system = config.system_config
    scalar = _ECOTONE_SCALARS << 248 | system.blob_base_fee_scalar << 32 | system.base_fee_scalar
    stores = config.da_stores
    return {
        "genesis": {
            "l1": {"hash": _hex(config.l1_genesis.hash), "number": config.l1_genesis.number},
            "l2": {"hash": _hex(config.l2_genesis.hash), "number": config.l2_genesis.number},
            "l2_time": config.genesis_time,
            "system_config": {
                "batcherAddr": _hex(system.batcher),
                "overhead": _hex(bytes(32)),
                "scalar": _hex(scalar.to_bytes(32, "big")),
                "gasLimit": system.gas_limit,
                "operatorFeeParams": _hex(
                    (system.operator_fee_scalar << 64 | system.operator_fee_constant).to_bytes(32, "big")
                ),
            },
        },
        "block_time": config.block_time,
        "max_sequencer_drift": config.max_drift,
        "seq_window_size": config.sequencing_window,
        "channel_timeout": config.channel_timeout,
        "l1_chain_id": config.l1_chain_id,
        "l2_chain_id": config.l2_chain_id,
        **{f"{fork}_time": 0 for fork in _FORKS},
        "batch_inbox_address": _hex(config.batch_inbox),
        "deposit_contract_address": _hex(config.portal),
        "l1_system_config_address": _hex(config.system_config_address),
        "megadev": {
            "pace": config.pace.value,
            "leads_with_l1_attributes": config.leads_with_l1_attributes,
            "transaction_types": sorted(config.transaction_types),
            "coinbase": _hex(config.coinbase),
            "extra_data": _hex(config.extra_data),
            "gas_limit": config.gas_limit,
            "max_channel_bytes": config.max_channel_bytes,
            "da_stores": None if stores is None else [_hex(store) for store in stores],
            "l1_blob_fee_fraction": config.l1_blob_fee_fraction,
            "first_batch_block": config.first_batch_block,
        },
    }


_FORKS = ("regolith", "canyon", "delta", "ecotone", "fjord", "granite", "holocene", "isthmus")
"""The OP Stack's, all of them active from genesis on."""


def config_of_json(document: Mapping[str, Any]) -> RollupConfig:
    """The rollup that a ``rollup.json`` describes. What stands under ``megadev`` may be missing: then it is as on the
    OP Stack. Raises ``ConfigError`` naming what is missing or malformed.
    """
    try:
        genesis = document["genesis"]
        system = genesis["system_config"]
        scalar = int(system["scalar"], 16)
        operator = int(system.get("operatorFeeParams", "0x0"), 16)
        ours = dict(document.get("megadev", {}))
        if "pace" in ours:
            ours["pace"] = Pace(ours["pace"])
        for name in ("coinbase", "extra_data"):
            if name in ours:
                ours[name] = _bytes(ours[name])
        if "transaction_types" in ours:
            ours["transaction_types"] = frozenset(ours["transaction_types"])
        if ours.get("da_stores") is not None:
            ours["da_stores"] = tuple(map(_bytes, ours["da_stores"]))
        return RollupConfig(
            l2_chain_id=document["l2_chain_id"],
            l1_chain_id=document["l1_chain_id"],
            l1_genesis=_block_id(genesis["l1"]),
            l2_genesis=_block_id(genesis["l2"]),
            genesis_time=genesis["l2_time"],
            system_config=SystemConfig(
                batcher=_bytes(system["batcherAddr"]),
                gas_limit=system["gasLimit"],
                base_fee_scalar=scalar & _U32,
                blob_base_fee_scalar=scalar >> 32 & _U32,
                operator_fee_scalar=operator >> 64 & _U32,
                operator_fee_constant=operator & _U64,
            ),
            batch_inbox=_bytes(document["batch_inbox_address"]),
            portal=_bytes(document["deposit_contract_address"]),
            system_config_address=_bytes(document["l1_system_config_address"]),
            block_time=document["block_time"],
            sequencing_window=document["seq_window_size"],
            max_drift=document["max_sequencer_drift"],
            channel_timeout=document["channel_timeout"],
            **ours,
        )
    except KeyError as missing:
        raise ConfigError(f"rollup configuration: {missing.args[0]} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"rollup configuration: {error}") from None


def _block_id(document: Mapping[str, Any]) -> BlockId:
    return BlockId(document["number"], _bytes(document["hash"]))


def _hex(value: bytes) -> str:
    return to_data(value)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
