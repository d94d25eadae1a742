"""What a node is made of: the clock, the keys, the chains, and how the settings reach them.

This is the composition root. Nothing below it sees ``DevnetConfig``; nothing here knows a transport.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from megadev.artifacts.registry import ArtifactRegistry
from megadev.chain.genesis import genesis_block
from megadev.chain.store import ChainStore
from megadev.clock import Clock, StoppedClock, SystemClock
from megadev.config import DevnetConfig
from megadev.errors import ConfigError
from megadev.evm.engines import open_engine
from megadev.node.accounts import Accounts
from megadev.node.bus import Bus
from megadev.node.chain import LocalChain
from megadev.node.console import ConsoleHistory
from megadev.node.genesis import genesis_world, plan_chain
from megadev.node.mining import Mining
from megadev.node.snapshots import Snapshots
from megadev.node.state_files import Capture, load_first, state_file
from megadev.node.wallet import choose_mnemonic
from megadev.primitives.mnemonic import derive_keys
from megadev.sequencer.sequencer import BlockSettings, MiningMode, Sequencer
from megadev.sequencer.time_keeper import TimeKeeper
from megadev.sequencer.txpool import TxPool

SEQUENCER_PATH = "m/44'/60'/4326'/0/"
"""Where the keys of the chain's own roles are derived, the sequencer's as the first: under an account number (MegaETH's
chain id) that no wallet gets to."""


class Node:
    """One running devnet: its chains and everything they share.

    Raises ``ConfigError`` for settings that cannot work together or files that cannot be read.
    """

    def __init__(self, config: DevnetConfig, clock: Clock | None = None) -> None:
        self.config = config
        self.instance_id = secrets.token_bytes(32)
        self.clock = clock if clock is not None else _clock(config)
        self.time = TimeKeeper(self.clock, allow_equal=config.allow_same_timestamp, start=config.timestamp)
        self.mnemonic = choose_mnemonic(config)
        self.accounts = Accounts(
            derive_keys(self.mnemonic, config.derivation_path, config.accounts),
            auto_impersonate=config.auto_impersonate,
        )
        self.artifacts = ArtifactRegistry(_project(config))
        """What is known of contracts: names, sources, errors."""
        self.bus = Bus()
        self.console = ConsoleHistory()
        self.bus.subscribe(self.console.event)
        spec, genesis = plan_chain(config, self.accounts, self.time.now())
        engine = open_engine(config.engine, spec)
        store = ChainStore(genesis_block(genesis, genesis_world(genesis), spec))
        sequencer = Sequencer(
            spec,
            engine,
            store,
            TxPool(order_by_fee=config.order == "fees"),
            self.time,
            mode=_mode(config),
            blocks=BlockSettings(
                coinbase=genesis.coinbase,
                gas_limit=genesis.gas_limit,
                max_transactions=config.max_transactions,
                extra_data=spec.extra_data,
            ),
            check_pool_balance=not config.disable_pool_balance_checks,
            ecrecover_answers=lambda: self.accounts.signatures,
            publish=self.bus.publish,
        )
        self.l2 = LocalChain(
            genesis,
            sequencer,
            epoch_slots=config.slots_in_an_epoch,
            sequencer_key=lambda: config.sequencer_key or derive_keys(self.mnemonic, SEQUENCER_PATH, 1)[0],
        )
        self.mining = Mining(sequencer, config.block_time, config.mini_block_time)
        self.snapshots = Snapshots(self)
        self.logging = True
        """Whether what happens is to be shown, where it is at all (anvil_setLoggingEnabled)."""
        self._first_block = store.genesis
        self._first_blocks = sequencer.blocks
        self._started = self.time.now()
        self.state_file = state_file(config)
        """Where the chain is dumped to, now and then and in the end; None: nowhere."""
        load_first(self, config)

    def reset(self) -> None:
        """Go back to the first block, the time at which the node started, an empty txpool and no snapshots; settings
        of blocks to come are the first ones again, and the node is another instance. As in Anvil, the mining mode and
        impersonations stay.
        """
        sequencer = self.l2.sequencer
        if self.l2.store.genesis is self._first_block:
            self.snapshots.keep_blocks_above(self._first_block.number)
            sequencer.rewind(self._first_block.number)
        else:
            sequencer.restart((self._first_block,))
        for tx in self.l2.pool.transactions():
            sequencer.drop(tx.hash, "the chain was reset")
        sequencer.blocks = self._first_blocks
        self.time.set_interval(None)
        self.time.set_time(self._started)
        self.snapshots.forget()
        self.instance_id = secrets.token_bytes(32)

    def save(self) -> None:
        """Dump the chain, where the settings say so. Raises ``ConfigError`` where it cannot be written."""
        if self.state_file is not None:
            self.between_blocks()
            self.state_file.save(Capture(self.l2))

    def settle(self) -> None:
        """Finish what answered requests left due (see ``Sequencer.settle``)."""
        self.l2.sequencer.settle()

    def between_blocks(self) -> None:
        """Make room for a change outside transactions (see ``Sequencer.between_blocks``)."""
        self.l2.sequencer.between_blocks()

    def prepare(self) -> None:
        """Work ahead while nobody waits (see ``Sequencer.prepare``)."""
        self.l2.sequencer.prepare()


def _clock(config: DevnetConfig) -> Clock:
    if not config.manual_clock:
        return SystemClock()
    return StoppedClock(config.timestamp if config.timestamp is not None else int(SystemClock().now()))


def _project(config: DevnetConfig) -> Path:
    """Where to look for artifacts, once something is to be explained: in the working directory unless said."""
    if config.project is None:
        return Path()
    if not config.project.is_dir():
        raise ConfigError(f"--project: {config.project} is not a directory")
    return config.project


def _mode(config: DevnetConfig) -> MiningMode:
    if config.mini_block_time is not None:
        return MiningMode.CONTINUOUS
    if config.no_mining:
        return MiningMode.NONE
    if config.block_time is None:
        return MiningMode.INSTANT
    return MiningMode.MIXED if config.mixed_mining else MiningMode.INTERVAL
