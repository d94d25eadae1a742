"""A rollup's configuration, read from the first blocks of the two chains that are it. Pure."""

from __future__ import annotations

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.primitives.types import Address
from megadev.rollup.derivation.config import BlockId, Pace, RollupConfig, SystemConfig
from megadev.rollup.derivation.l1_origin import system_config_in
from megadev.rollup.predeploys import BATCH_INBOX, L1Addresses

REAL_WINDOW, REAL_DRIFT, REAL_TIMEOUT = 3_600, 1_800, 50
"""The OP Stack's sequencing window (L1 blocks), drift (seconds, since Fjord) and channel timeout (L1 blocks, since
Granite).
"""


def config_of(
    l1: SealedBlock,
    l2: SealedBlock,
    l1_spec: ChainSpec,
    l2_spec: ChainSpec,
    addresses: L1Addresses,
    *,
    batch_inbox: Address = BATCH_INBOX,
    pace: Pace = Pace.FREE,
    block_time: int = 1,
    sequencing_window: int = REAL_WINDOW,
    max_drift: int | None = None,
    channel_timeout: int = REAL_TIMEOUT,
    gas_limit: int | None = None,
    coinbase: Address | None = None,
    extra_data: bytes | None = None,
    da_stores: tuple[Address, ...] | None = None,
    system_config: SystemConfig | None = None,
) -> RollupConfig:
    """The rollup whose L1 begins with ``l1`` and whose L2 begins with ``l2``. Gas limit, fee recipient and extra data
    of L2's blocks are its first block's limit and its spec's where not given; ``system_config`` is what L1's state has.
    """
    return RollupConfig(
        l2_chain_id=l2_spec.chain_id,
        l1_chain_id=l1_spec.chain_id,
        l1_genesis=BlockId(l1.number, l1.hash),
        l2_genesis=BlockId(l2.number, l2.hash),
        genesis_time=l2.timestamp,
        system_config=system_config_in(l1.world, addresses.system_config) if system_config is None else system_config,
        batch_inbox=batch_inbox,
        portal=addresses.portal,
        system_config_address=addresses.system_config,
        block_time=block_time,
        sequencing_window=sequencing_window,
        max_drift=max_drift,
        channel_timeout=channel_timeout,
        pace=pace,
        leads_with_l1_attributes=l2_spec.leads_with_l1_attributes,
        transaction_types=l2_spec.transaction_types,
        coinbase=l2_spec.coinbase if coinbase is None else coinbase,
        extra_data=l2_spec.extra_data if extra_data is None else extra_data,
        gas_limit=l2.header.gas_limit if gas_limit is None else gas_limit,
        da_stores=da_stores,
        l1_blob_fee_fraction=l1_spec.blobs.base_fee_update_fraction,
    )
