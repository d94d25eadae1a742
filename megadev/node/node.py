"""What a node is made of: the clock, the keys, the chains, and how the settings reach them.

This is the composition root. Nothing below it sees ``DevnetConfig``; nothing here knows a transport.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from megadev.artifacts.registry import ArtifactRegistry
from megadev.chain.genesis import Genesis, genesis_block
from megadev.chain.spec import ChainSpec
from megadev.chain.store import ChainStore
from megadev.clock import Clock, StoppedClock, SystemClock
from megadev.config import DevnetConfig
from megadev.errors import ConfigError
from megadev.evm.engines import open_engine
from megadev.node.accounts import Accounts
from megadev.node.broken_promises import NO_EVIDENCE, BrokenPromises
from megadev.node.bus import Bus
from megadev.node.chain import LocalChain
from megadev.node.genesis import genesis_world, plan_chain, plan_l1
from megadev.node.link import Link
from megadev.node.mining import Mining
from megadev.node.roles import Roles, derive_roles
from megadev.node.snapshots import Snapshots
from megadev.node.state_files import Capture, load_first, state_file
from megadev.node.wallet import choose_mnemonic
from megadev.primitives.mnemonic import derive_keys
from megadev.primitives.types import Address, Wei
from megadev.rollup.driver import Driver, Progress
from megadev.rollup.predeploys import MAINNET_ADDRESSES
from megadev.rollup.proposer import Cadence, Proposer
from megadev.sequencer.sequencer import BlockSettings, MiningMode, Sequencer
from megadev.sequencer.time_keeper import Shift, TimeKeeper
from megadev.sequencer.txpool import TxPool

if TYPE_CHECKING:
    import asyncio

_ALARM_MARGIN = 0.01
"""Seconds by which a window is over for good: timers may fire a moment early."""


class Node:
    """One running devnet: its chains and everything they share.

    Raises ``ConfigError`` for settings that cannot work together or files that cannot be read.
    """

    def __init__(self, config: DevnetConfig, clock: Clock | None = None) -> None:
        self.config = config
        self.instance_id = secrets.token_bytes(32)
        self.clock = clock if clock is not None else _clock(config)
        self._shift = Shift()
        self.mnemonic = choose_mnemonic(config)
        self.accounts = Accounts(
            derive_keys(self.mnemonic, config.derivation_path, config.accounts),
            auto_impersonate=config.auto_impersonate,
        )
        """Keys and impersonations; good on every chain."""
        self.artifacts = ArtifactRegistry(_project(config))
        """What is known of contracts: names, sources, errors."""
        time = self._keeper(config.timestamp)
        spec, genesis = plan_chain(config, self.accounts, time.now())
        self.l2 = self._open(
            spec,
            genesis,
            time,
            mode=_mode(config),
            block_time=config.block_time,
            mini_block_time=config.mini_block_time,
            max_transactions=config.max_transactions,
            gas_price=config.gas_price,
        )
        self.broken_promises = BrokenPromises(lambda block: self.l2.signers.at(block))
        """The evidence against the sequencer."""
        self.l2.bus.subscribe(self.broken_promises.event)
        self.link = Link(config.latency)
        """The way between clients and this node."""
        self.l1: LocalChain | None = None
        """The chain that L2 settles on; None where the settings leave it out."""
        self.driver: Driver | None = None
        if not config.no_l1:
            roles, time, first = self.roles, self._keeper(), self.l2.head
            l1_spec, l1_genesis = plan_l1(config, self.accounts, roles, genesis, spec, first, time.now())
            timed = config.l1_block_time is not None
            self.l1 = self._open(
                l1_spec,
                l1_genesis,
                time,
                mode=MiningMode.INTERVAL if timed else MiningMode.INSTANT,
                block_time=config.l1_block_time,
            )
        self.chains: tuple[LocalChain, ...] = (self.l2,) if self.l1 is None else (self.l2, self.l1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: int | None = None
        self.snapshots = Snapshots(self)
        if self.l1 is not None:
            self.driver = self._driver(self.l1)
        self.logging = True
        """Whether what happens is to be shown, where it is at all (anvil_setLoggingEnabled)."""
        self._started = self.l2.time.now()
        self.state_file = state_file(config)
        """Where the chains are dumped to, now and then and in the end; None: nowhere."""
        load_first(self, config)

    @property
    def roles(self) -> Roles:
        """Who acts for the chains themselves."""
        return derive_roles(self.mnemonic, self.config.sequencer_key)

    def acts_by_itself(self, chain: LocalChain) -> frozenset[Address]:
        """Whose transactions on ``chain`` are the node's own doing."""
        return frozenset(account.raw_address for account in self.roles.on_l1) if chain is self.l1 else frozenset()

    def reset(self, chain: LocalChain) -> None:
        """Take one chain back to its first block, an empty txpool and the first settings of blocks to come; the time is
        that at which the node started, snapshots are forgotten, and the node is another instance. The sequencer runs
        without faults and with its first key. As in Anvil, the mining mode and impersonations stay.

        What that means for the other chain is told in ``reorg``: an L2 that starts over takes up L1's deposits again,
        and finds claims there about blocks that are no more. A snapshot brings both back together.
        """
        chain.sequencer.mend()
        self.between_blocks()
        self.snapshots.keep_blocks_above(chain, chain.store.genesis.number)
        chain.reset()
        chain.time.set_time(self._started)
        self.snapshots.forget()
        self.l2.rotated_signers = None
        self.link.reset()
        self.broken_promises.evidence = NO_EVIDENCE
        self.instance_id = secrets.token_bytes(32)

    def save(self) -> None:
        """Dump the chains, where the settings say so. Raises ``ConfigError`` where they cannot be written."""
        if self.state_file is not None:
            self.l2.sequencer.mend()  # what it still holds is to be saved too
            self.between_blocks()
            self.state_file.save(Capture(self))

    def settle(self) -> None:
        """Finish what answered requests left due on either chain (see ``Sequencer.settle``), and let L2 take up what L1
        has for it.
        """
        self.l2.sequencer.settle()
        if self.l1 is not None and self.driver is not None:
            self.l1.sequencer.settle()
            self.driver.advance()
            if self.driver.due != self._alarm_at:
                self._set_alarm(self.driver.due)

    def _set_alarm(self, due: int | None) -> None:
        """Settle again at ``due``, in L1's seconds, where a loop runs: windows on L1 end though nobody asks."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._loop is None or self.l1 is None:
            return
        self._alarm_at = due
        if due is not None:
            seconds = max(due - self.l1.time.now_us() / 1_000_000, 0) + _ALARM_MARGIN
            self._alarm = self._loop.call_later(seconds, self._ring)

    def _ring(self) -> None:
        self._alarm = self._alarm_at = None
        self.settle()

    def between_blocks(self) -> None:
        """Make room for a change that concerns every chain (see ``Sequencer.between_blocks``)."""
        for chain in self.chains:
            chain.sequencer.between_blocks()

    def prepare(self) -> None:
        """Work ahead while nobody waits (see ``Sequencer.prepare``)."""
        self.l2.sequencer.prepare()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the chains' timers on ``loop``, which is the writer thread's."""
        self._loop = loop
        for chain in self.chains:
            chain.mining.start(loop)

    def stop(self) -> None:
        """Stop the timers."""
        self._set_alarm(None)
        self._loop = None
        for chain in self.chains:
            chain.mining.stop()

    def call_when_timer_needed(self, callback: Callable[[], object]) -> None:
        """See ``Mining.call_when_timer_needed``; for all chains, and ``callback`` may come more than once."""
        for chain in self.chains:
            chain.mining.call_when_timer_needed(callback)

    def _driver(self, l1: LocalChain) -> Driver:
        """What moves L2 along as L1 grows, and acts for L2 on L1."""
        addresses, l1_sequencer, l2_sequencer = MAINNET_ADDRESSES, l1.sequencer, self.l2.sequencer
        config, every = self.config, self.config.propose_every
        cadence = Cadence(blocks=every or None, is_off=every == 0)
        driver = Driver(
            l1_sequencer,
            l2_sequencer,
            addresses,
            progress=Progress(
                safe_distance=config.safe_distance, finalized_distance=config.finalized_distance
            ),
            proposer=Proposer(l1_sequencer, l2_sequencer, addresses, self.roles.proposer.raw_key, cadence),
            keep_blocks_above=lambda number: self.snapshots.keep_blocks_above(self.l2, number),
        )
        self.l2.heads = driver.heads
        return driver

    def _keeper(self, start: int | None = None) -> TimeKeeper:
        return TimeKeeper(
            self.clock, allow_equal=self.config.allow_same_timestamp, start=start, shift=self._shift
        )

    def _open(
        self,
        spec: ChainSpec,
        genesis: Genesis,
        time: TimeKeeper,
        *,
        mode: MiningMode,
        block_time: float | None,
        mini_block_time: float | None = None,
        max_transactions: int | None = None,
        gas_price: Wei | None = None,
    ) -> LocalChain:
        """A chain wired up, at its first block."""
        config, bus = self.config, Bus()
        sequencer = Sequencer(
            spec,
            open_engine(config.engine, spec),
            ChainStore(genesis_block(genesis, genesis_world(genesis), spec)),
            TxPool(order_by_fee=config.order == "fees"),
            time,
            mode=mode,
            blocks=BlockSettings(
                coinbase=genesis.coinbase,
                gas_limit=genesis.gas_limit,
                max_transactions=max_transactions,
                extra_data=spec.extra_data,
            ),
            check_pool_balance=not config.disable_pool_balance_checks,
            ecrecover_answers=lambda: self.accounts.signatures,
            publish=bus.publish,
        )
        return LocalChain(
            genesis,
            sequencer,
            bus=bus,
            mining=Mining(sequencer, block_time, mini_block_time, after_tick=self.settle),
            epoch_slots=config.slots_in_an_epoch,
            sequencer_key=lambda: self.roles.sequencer.raw_key,
            gas_price=gas_price,
        )


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
