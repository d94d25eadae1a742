"""The settings of the batcher and derivation: the rollup's configuration, the DA store, the content and timing of
batches.
"""

from __future__ import annotations

from megadev.clock import Clock
from megadev.config.settings import DevnetConfig
from megadev.node.chain import LocalChain
from megadev.node.data_directory import Directory
from megadev.rollup.batcher import BatcherSettings, BatchFormat, ChannelBounds
from megadev.rollup.channel import Compression
from megadev.rollup.da import DaKind
from megadev.rollup.da.store import DEFAULT_KEY, Store
from megadev.rollup.derivation import system_config_in
from megadev.rollup.derivation.beginning import config_of
from megadev.rollup.derivation.config import RollupConfig
from megadev.rollup.predeploys import L1Addresses


def settings_of(config: DevnetConfig) -> BatcherSettings:
    """The batcher's initial settings."""
    return BatcherSettings(
        da=DaKind(config.da),
        format=BatchFormat(config.batch_format),
        compression=Compression(config.batch_compression),
        bounds=ChannelBounds(config.channel_bytes, config.channel_blocks, config.channel_seconds),
    )


def open_store(config: DevnetConfig, clock: Clock) -> Store:
    """The store that external data goes to. Raises ``ConfigError`` where its directory cannot be used."""
    shelf = None if config.da_dir is None else Directory(config.da_dir)
    return Store(DEFAULT_KEY, shelf, clock.now)


def rollup_config(
    config: DevnetConfig, l1: LocalChain, l2: LocalChain, addresses: L1Addresses, store: Store
) -> RollupConfig:
    """The rollup that the two chains are, as it began."""
    timing, first = config.timing, l1.store.genesis
    state = first.world if first.world.is_known else l1.beginning.block.world
    return config_of(
        first,
        l2.store.genesis,
        l1.spec,
        l2.beginning.spec,
        addresses,
        system_config=system_config_in(state, addresses.system_config),
        sequencing_window=timing.sequencing_window,
        max_drift=timing.max_drift,
        channel_timeout=timing.channel_timeout,
        da_stores=(store.address,),
    )
