"""The composition of a node: the clock, the keys, the chains, and the settings of each.

This is the composition root. Nothing below it sees ``DevnetConfig``; nothing here knows a transport.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from megadev.artifacts.registry import ArtifactRegistry
from megadev.chain.blocks import SealedBlock
from megadev.chain.store import ChainStore
from megadev.clock import Clock, StoppedClock, SystemClock
from megadev.config.settings import DevnetConfig
from megadev.errors import ConfigError, MegadevError
from megadev.events import BlockSealed, BlocksRemoved, MiniBlockEquivocated, PreconfirmationsLost
from megadev.evm.engines import open_engine
from megadev.node import faults, registry
from megadev.node.accounts import Accounts
from megadev.node.attester import Attester, Prover
from megadev.node.batching import open_store, rollup_config, settings_of
from megadev.node.behind import Behind
from megadev.node.broken_promises import NO_EVIDENCE, BrokenPromises
from megadev.node.bus import Bus
from megadev.node.chain import LocalChain
from megadev.node.dump.capture import Capture
from megadev.node.dump.document import OnProgress, silent
from megadev.node.dump.files import load_first, state_file
from megadev.node.follower import DerivedRollup
from megadev.node.fork import Fork, ForkRequest, check_urls, fork_request, l1_fork_request, open_fork, write_bundle
from megadev.node.forked_bridge import addresses_on_l1, origin_of
from megadev.node.genesis import ChainOrigin, begin_l1, begin_l2, funded_balances, role_balances
from megadev.node.link import Link
from megadev.node.mining import Mining
from megadev.node.oracle_script import load_oracle_script
from megadev.node.pruning import limit_states
from megadev.node.quorum import Quorum
from megadev.node.recovery import Recovery
from megadev.node.reloads import Reloads
from megadev.node.reopening import replay_fork
from megadev.node.roles import Roles, derive_roles
from megadev.node.settling import Settling
from megadev.node.snapshots import Snapshots
from megadev.node.standby import Standbys
from megadev.node.storage.storage import open_storage
from megadev.node.wallet import choose_mnemonic
from megadev.node.workers import Workers
from megadev.node.writer import Writer
from megadev.primitives.latency import Latency
from megadev.primitives.mnemonic import derive_keys
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.batcher import Batcher
from megadev.rollup.block_starts import BlockStarts
from megadev.rollup.consolidator import Consolidator, SyncStart
from megadev.rollup.deposits import attributes_later
from megadev.rollup.derivation import system_config_in
from megadev.rollup.driver import Driver
from megadev.rollup.fee_policy import FeePolicy
from megadev.rollup.predeploys import MAINNET_ADDRESSES, L1Addresses, addresses_for
from megadev.rollup.progress import Progress
from megadev.rollup.proposer import Cadence, Proposer
from megadev.sequencer.block_builder import PLAIN_START, BlockStart
from megadev.sequencer.chain_tip import ChainTip, Later
from megadev.sequencer.fault_control import mend
from megadev.sequencer.modes import BlockSettings, MiningMode
from megadev.sequencer.parallel import Parallel
from megadev.sequencer.sequencer import MANY_TRANSACTIONS, Sequencer
from megadev.sequencer.signers import Signers
from megadev.sequencer.standby import FixedOrder, RoundRobin, Succession
from megadev.sequencer.time_keeper import Shift, TimeKeeper
from megadev.sequencer.txpool import TxPool

_LOG = logging.getLogger("megadev.node")

_ALARM_MARGIN = 0.01
"""Seconds by which a window is over for good: timers may fire a moment early."""


class Node:
    """One running devnet: its chains and everything they share.

    ``on_progress`` hears how many of how many blocks are loaded, where a file with a chain is. ``beginning``: what L2
    begins with, of a node that follows a chain others build; settings of the chain count for nothing then. Raises
    ``ConfigError`` for settings that cannot work together or files that cannot be read.
    """

    def __init__(
        self,
        config: DevnetConfig,
        clock: Clock | None = None,
        on_progress: OnProgress = silent,
        beginning: ChainOrigin | None = None,
    ) -> None:
        self.config = config
        self.followed = beginning
        """What the chain begins with that it follows; None: it builds its own."""
        self.instance_id = secrets.token_bytes(32)
        self.clock = clock if clock is not None else _clock(config)
        self.writer = Writer()
        """Where changes are made, one at a time."""
        self._shift = Shift()
        self.workers = Workers(config.workers)
        """The processes that help when there is much to do."""
        self.recovery = Recovery(self.workers)
        """Who recovers senders ahead, when many transactions come at once."""
        self.storage = open_storage(config)
        """The store in which the chains are kept as they grow; None: there is none."""
        try:
            self._make(config, on_progress)
        except BaseException:
            if self.storage is not None:
                self.storage.abandon()
            raise

    def _make(self, config: DevnetConfig, on_progress: OnProgress) -> None:
        """Everything else that there is."""
        storage = self.storage
        self.standbys = _standbys(self, config)
        """The sequencers that may take over; None: there are none."""
        self.mnemonic = choose_mnemonic(config) if storage is None else storage.mnemonic(config)
        self.accounts = Accounts(
            derive_keys(self.mnemonic, config.derivation_path, config.accounts),
            auto_impersonate=config.auto_impersonate,
        )
        """Keys and impersonations; good on every chain."""
        self.artifacts = ArtifactRegistry(_project(config))
        """What is known of contracts: names, sources, errors."""
        check_urls(config)
        request = fork_request(config)
        fork = self.open_fork(request if storage is None else storage.pinned(0, request))
        self.prefetching = None if fork is None else fork.prefetch()
        request = None if config.no_l1 else l1_fork_request(config)
        if storage is not None and not config.no_l1:
            request = storage.pinned(1, request)
        l1_fork = self.open_l1_fork(request, fork)
        if storage is not None:
            storage.check_forks(fork, l1_fork)
        if l1_fork is not None:
            l1_fork.prefetch()
        self._first_forks = (fork, l1_fork)
        """What was forked at the start, which is what a bundle is of."""
        start = config.timestamp
        if start is None:  # as in Anvil: what contracts hold of that time is not stale
            start = max((each.header.timestamp for each in (fork, l1_fork) if each is not None), default=None)
        time = self._keeper(start)
        begun = time.now() if storage is None else storage.start(0, time.now())
        beginning = self.followed or begin_l2(config, self.accounts, lambda: self.roles, fork, begun)
        self.l1: LocalChain | None = None
        """The chain that L2 settles on; None where the settings leave it out."""
        starts: BlockStarts | None = None
        if not config.no_l1:
            l1_time, l1_block_time = self._keeper(), config.timing.l1_block_time
            begun = l1_time.now() if storage is None else storage.start(1, l1_time.now())
            self.l1 = self._open(
                begin_l1(config, self.accounts, self.roles, beginning, self._addresses(fork), l1_fork, begun),
                l1_time,
                mode=MiningMode.INSTANT if l1_block_time is None else MiningMode.INTERVAL,
                block_time=l1_block_time,
            )
            starts = self._starts(self.l1, fork)
        self.l2 = self._open(
            beginning,
            time,
            block_start=(lambda tip: PLAIN_START) if starts is None else starts.next,
            attributes_later=attributes_later if starts and beginning.spec.leads_with_l1_attributes else None,
            mode=_mode(config),
            block_time=config.block_time,
            mini_block_time=config.mini_block_time,
            max_transactions=config.max_transactions,
            gas_price=config.gas_price,
            next_base_fee=None if fork is None else config.base_fee,
        )
        if self.workers.most:
            self.l2.sequencer.parallel = Parallel(self.workers.wanted)
        for chain in (self.l2, self.l1):
            if chain is not None:
                chain.sequencer.packs_blocks = config.keep_bodies is None
        limit_states(config, self.l2, self.l1, lambda: starts.addresses if starts is not None else MAINNET_ADDRESSES)
        self.broken_promises = BrokenPromises(lambda: self.l2)
        """The evidence against the sequencer."""
        self.l2.bus.subscribe(self.broken_promises.event, PreconfirmationsLost, BlocksRemoved, MiniBlockEquivocated)
        if self.followed is not None:
            self.l2.told_signatures = {}
        else:
            followed = registry.Followed(self.l2, lambda: [account.raw_key for account in self.accounts.keyed])
            self.l2.bus.subscribe(followed.event, BlockSealed)
        if config.oracle_script is not None:
            if self.l2.sequencer.oracle is None:
                raise ConfigError("--oracle-script: this chain has no oracle (--preset megaeth has)")
            self.l2.sequencer.oracle.hook = load_oracle_script(config.oracle_script)
        self.behind: Behind | None = None
        """L2 as reads show it, where that is not as it is, or was not: filters and subscriptions stay with it."""
        self.replica_lag: Latency | None = None
        """How far reads of L2 are behind; None: they are not."""
        self.call_when_behind: Callable[[], object] = lambda: None
        """Called once there is ``behind``."""
        self.link = Link(config.latency)
        """The way between clients and this node."""
        self.quorum = self._agree(config)
        """The votes of sequencers for mini-blocks; None: the one that sequences decides."""
        self.attester: Attester | None = None
        """Who signs what executing L2 again leads to; None where there is no L1."""
        self._prover: Prover | None = None
        self.settling = Settling(self.writer, self.l2, self.l1)
        """What answered requests left due."""
        self.derived: DerivedRollup | None = None
        """What it derives from an L1 that is elsewhere, where it does."""
        self.chains: tuple[LocalChain, ...] = (self.l2,) if self.l1 is None else (self.l2, self.l1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.snapshots = Snapshots(self)
        self.reloads: Reloads | None = None
        """Hot reload, where it is on."""
        self.da_store = open_store(config, self.clock)
        """What lies beside L1 where batches are posted as commitments."""
        if self.l1 is not None and starts is not None:
            self.settling.driver = self._driver(self.l1, starts)
        self.logging = True
        """Whether what happens is to be shown, where it is at all (anvil_setLoggingEnabled)."""
        self._started = self.l2.time.now()
        self.state_file = self._state_file = state_file(config)
        """Where the chains are dumped to, now and then and in the end; None: nowhere."""
        if fork is not None and (storage is None or storage.is_empty):
            replay_fork(self.l2, fork)
            if self.driver is not None:
                self.driver.adopt()  # what was built again there was told of the forked L2's own L1
        try:
            load_first(self, config, on_progress)
            if storage is not None:
                storage.begin(self, on_progress)
            self._be_at_fault()
            if self.behind is not None:  # of what there is now, reads are not behind
                self.behind.begin_again()
        except BaseException:
            if self._state_file is not None:
                self._state_file.release()
            raise

    def _be_at_fault(self) -> None:
        """As the settings say. Raises ``ConfigError``."""
        if self.config.replica_lag is not None:
            self.read_behind(self.config.replica_lag)
        try:
            faults.apply_settings(self)
        except MegadevError as problem:
            raise ConfigError(f"--fault: {problem}") from None

    def read_behind(self, lag: Latency | None) -> None:
        """Have reads of L2 be that far behind from now on; None: not any more."""
        if lag == self.replica_lag:
            return
        self.replica_lag = lag
        if self.behind is not None:
            self.behind.lag = Latency(0) if lag is None else lag
        elif lag is not None:
            self.behind = self._follow_behind(self.l2.beginning, lag)
            self.call_when_behind()

    def _follow_behind(self, beginning: ChainOrigin, lag: Latency) -> Behind:
        """A second L2 that is always ``lag`` behind."""
        config, is_continuous = self.config, self.config.mini_block_time is not None
        chain = self._open(
            beginning,
            self._keeper(),
            mode=MiningMode.CONTINUOUS if is_continuous else MiningMode.NONE,
            block_time=None,
            mini_block_time=config.mini_block_time,
            gas_price=config.gas_price,
        )

        def later(seconds: float, call: Callable[[], object]) -> None:
            if self._loop is not None:
                self._loop.call_later(seconds, call)

        return Behind(self.l2, chain, lag, SystemClock(), later)

    @property
    def roles(self) -> Roles:
        """The accounts that act for the chains."""
        return derive_roles(self.mnemonic, self.config.sequencer_key, self.config.attesters)

    def acts_by_itself(self, chain: LocalChain) -> frozenset[Address]:
        """The senders on ``chain`` whose transactions the node itself makes."""
        return frozenset(account.raw_address for account in self.roles.on_l1) if chain is self.l1 else frozenset()

    def reset(self, chain: LocalChain) -> None:
        """Take one chain back to its first block, an empty txpool and the first settings of blocks to come; the time is
        that at which the node started, snapshots are forgotten, and the node is another instance. The sequencer runs
        without faults and with its first key. As in Anvil, the mining mode and impersonations stay.

        What that means for the other chain is told in ``reorg``: an L2 that starts over takes up L1's deposits again,
        and finds claims there about blocks that are no more. A snapshot brings both back together.
        """
        self._mend()
        self.between_blocks()
        self.snapshots.keep_blocks_above(chain, chain.store.genesis.number)
        self.snapshots.keep_all(chain)
        chain.reset()
        chain.time.set_time(self._started)
        self._begin_anew()

    def start_over(self, chain: LocalChain, fork: Fork | None) -> None:
        """As ``reset``, but the chain is from now on that of ``fork``, or (None) one that forks nothing. An L1 beside
        the L2 that starts over does so too, with a bridge for the chain that L2 is then.

        Raises ``ConfigError`` where that cannot be; then nothing changed.
        """
        l2, l1, config = self.l2, self.l1, self.config
        started = self._started if fork is None else fork.header.timestamp
        before = chain.fork
        beginning = begin_l2(config, self.accounts, lambda: self.roles, fork, started) if chain is l2 else l2.beginning
        addresses = self._addresses(beginning.fork)
        l1_beginning: ChainOrigin | None = None
        if l1 is not None:
            l1_fork = fork if chain is l1 else l1.fork
            l1_beginning = begin_l1(config, self.accounts, self.roles, beginning, addresses, l1_fork, started)
        self._mend()
        self.between_blocks()
        for each in self.chains:
            self.snapshots.keep_all(each)
        if chain is l2:
            l2.start_over(beginning, open_engine(config.engine, beginning.spec))
        if l1 is not None and l1_beginning is not None:
            l1.start_over(l1_beginning, open_engine(config.engine, l1_beginning.spec))
        if self.driver is not None:
            self.driver.start_over(addresses)
        for each in self.chains:
            each.time.set_time(started)
        self._begin_anew()
        if before is not None:
            self.snapshots.close_unless_needed(before)

    def _begin_anew(self) -> None:
        """Be another instance: what was known of the chain that was is known no more."""
        self.snapshots.forget()
        self.l2.rotated_signers = None
        if self.standbys is not None:
            self.standbys.reset()
        self.link.reset()
        self.broken_promises.evidence = NO_EVIDENCE
        self.instance_id = secrets.token_bytes(32)
        self._be_at_fault()

    def _mend(self) -> None:
        """Have nothing be wrong any more, before a chain becomes another."""
        for chain in self.chains:
            mend(chain.sequencer)
        faults.turn_off(self)

    def save(self) -> None:
        """Dump the chains, if the settings say so. Raises ``ConfigError`` if they cannot be written."""
        if self.state_file is not None:
            at_fault = faults.faults_on(self)
            try:
                mend(self.l2.sequencer)  # what it still holds is to be saved too
                self.between_blocks()
            except Exception as problem:
                _LOG.error("unsealed transactions are not dumped", exc_info=problem)
            self.state_file.save_at_last(Capture(self, at_fault))
        if self.storage is not None:
            try:
                self.between_blocks()
            except MegadevError as problem:  # a sequencer that stands still: what is open waits in the store
                _LOG.info("%s: the open block stays open: %s", self.storage.path, problem)
            self.storage.close()

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that runs the chains' timers, while one does."""
        return self._loop

    @property
    def forks(self) -> list[Fork | None]:
        """The fork of each chain."""
        return [chain.fork for chain in self.chains]

    def close(self) -> None:
        """Let go of what is forked and of the state file; write the bundle, where the settings say so. Raises
        ``ConfigError``.
        """
        self.workers.close()
        if self._state_file is not None:
            self._state_file.release()
        if self.config.fork_record is not None and any(self._first_forks):
            l2, l1 = (None if fork is None else fork.recorded for fork in self._first_forks)
            write_bundle(self.config.fork_record, l2, l1, has_l1=self.l1 is not None)
        for fork in {*self.forks, *self.snapshots.forks}:
            if fork is not None:
                fork.close()

    @property
    def driver(self) -> Driver | None:
        """The driver that advances L2 as L1 grows; None without L1."""
        return self.settling.driver

    @property
    def held_up_by(self) -> str | None:
        """The reason why L2 does not follow L1, if it should."""
        return self.settling.held_up_by

    def settle(self) -> asyncio.Task[None] | None:
        """Finish what is due on either chain (see ``Settling.settle``)."""
        return self.settling.settle()

    def wake(self) -> None:
        """Something may be due though no chain has changed."""
        self.settling.wake()

    def is_laden(self) -> bool:
        """True if any change may take long, because it seals a block with many transactions."""
        return any(chain.sequencer.unsealed > MANY_TRANSACTIONS for chain in self.chains)

    def apart(self, change: Callable[[], Any]) -> Any:
        """Make a change that may take long, on the writer's thread where there is one; what it leaves due with it. What
        it gives, or an awaitable of that.
        """

        def whole() -> Any:
            try:
                return change()
            finally:
                self.settle()

        return self.writer.run_apart(whole)

    def between_blocks(self) -> None:
        """Make room for a change that concerns every chain (see ``Sequencer.between_blocks``)."""
        for chain in self.chains:
            chain.sequencer.between_blocks()

    def make_room(self, chain: LocalChain) -> None:
        """Make room for a change of one chain's blocks: what the other has open is sealed too where its sequencer runs,
        and stays as it is where that stands still.
        """
        for each in self.chains:
            if each is chain or each.sequencer.is_running:
                each.sequencer.between_blocks()

    def prepare(self) -> None:
        """Work ahead while the node is idle (see ``Sequencer.prepare``)."""
        if self.writer.is_engaged:
            return
        self.l2.sequencer.prepare()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the chains' timers on ``loop``, which is the writer thread's."""
        self._loop = loop
        self.settling.start(loop)
        for chain in self.chains:
            chain.mining.start(loop)
        if self.standbys is not None:
            self.standbys.start(loop)

    def stop(self) -> None:
        """Stop the timers."""
        self._loop = None
        self.settling.stop()
        if self._prover is not None:
            self._prover.give_up()
        for chain in self.chains:
            chain.mining.stop()
        if self.standbys is not None:
            self.standbys.stop()

    def call_when_timer_needed(self, callback: Callable[[], object]) -> None:
        """See ``Mining.call_when_timer_needed``; for all chains, and ``callback`` may come more than once."""
        for chain in self.chains:
            chain.mining.call_when_timer_needed(callback)
        if self.standbys is not None:
            self.standbys.call_when_timer_needed = callback

    def _starts(self, l1: LocalChain, fork: Fork | None) -> BlockStarts:
        """Returns the start of L2's blocks."""
        timing = self.config.timing
        return BlockStarts(
            l1.sequencer,
            self._addresses(fork),
            Progress(
                safe_distance=timing.safe_distance,
                finalized_distance=timing.finalized_distance,
                batching=settings_of(self.config),
            ),
            lambda addresses: system_config_in(l1.beginning.block.world, addresses.system_config),
            timing.max_drift,
        )

    def _driver(self, l1: LocalChain, starts: BlockStarts) -> Driver:
        """Returns the driver that advances L2 as L1 grows, and acts for L2 on L1."""
        l1_sequencer, l2_sequencer = l1.sequencer, self.l2.sequencer
        config, every = self.config, self.config.propose_every
        cadence = Cadence(blocks=every or None, is_off=every == 0)
        proposer = Proposer(l1_sequencer, l2_sequencer, starts.addresses, self.roles.proposer.raw_key, cadence)
        self.attester = Attester(
            tuple(account.raw_key for account in self.roles.attesters),
            l1,
            self.l2,
            lambda: starts.addresses,
            lambda: rollup_config(config, l1, self.l2, starts.addresses, self.da_store),
            self._derived_at,
            is_apart=config.attest_apart,
        )
        if config.prove or config.attest_apart:
            proposer.prove = self._prover = Prover(
                self.attester, self._l2_hash, self.settling.make_aside, proposer.wake
            )
            proposer.claimable = self._newest_provable
        proposer.claims_wrong_roots = lambda: starts.progress.faults.claims_wrong_roots
        driver = Driver(
            l1_sequencer,
            l2_sequencer,
            starts,
            proposer=proposer,
            keep_blocks_above=lambda number: self.snapshots.keep_blocks_above(self.l2, number),
        )
        self.l2.heads = driver.heads
        self.l2.l1_block_in = driver.l1_block_in
        if config.posts_batches:
            self._post_batches(l1, driver)
        return driver

    def _derived_at(self, l1_number: int) -> int | None:
        """Up to which block L2 derives from L1 up to a block; None where no batches are posted."""
        consolidator = None if self.driver is None else self.driver.consolidator
        return None if consolidator is None else consolidator.safe_at(l1_number).safe.number

    def _newest_provable(self) -> SealedBlock:
        """The newest L2 block that a claim of now can be proven about."""
        store = self.l2.store
        derived = None if self.l1 is None else self._derived_at(self.l1.head.number)
        return store.head if derived is None else store.resolve(min(derived, store.head.number))

    def _l2_hash(self, number: int) -> Hash32 | None:
        block = self.l2.store.by_number(number)
        return None if block is None else block.hash

    def _post_batches(self, l1: LocalChain, driver: Driver) -> None:
        """Have ``driver`` post L2's blocks to L1, and derive them from there."""

        def start_from(start: SyncStart) -> None:
            driver.progress = msgspec.structs.replace(driver.progress, sync_start=start)

        driver.consolidator = Consolidator(
            l1.sequencer,
            self.l2.sequencer,
            lambda: rollup_config(self.config, l1, self.l2, driver.addresses, self.da_store),
            self.da_store,
            spec=lambda: self.l2.beginning.spec,
            sync_start=lambda: driver.progress.sync_start,
            start_from=start_from,
            adopted=lambda: driver.progress.adopted,
            aside=self.settling.make_aside,
            keep_blocks_above=lambda number: self.snapshots.keep_blocks_above(self.l2, number),
        )
        driver.batcher = Batcher(
            l1.sequencer, self.l2.sequencer, driver.consolidator, self._key_of, self.da_store, self.settling.make_aside
        )
        self.l2.trails_by_slots = False
        if self.config.l1_fee_policy == "cost":
            driver.fee_policy = FeePolicy(l1.sequencer, self.l2.sequencer, driver.batcher, self.roles.owner.raw_key)

    def _key_of(self, address: Address) -> bytes | None:
        """The private key of an account that acts for the chains, or is everybody's."""
        known = (*self.roles.on_l1, *self.accounts.keyed)
        return next((account.raw_key for account in known if account.raw_address == address), None)

    # -- what the chains begin with -----------------------------------------------------------------------------------

    def open_fork(self, request: ForkRequest | None) -> Fork | None:
        """The fork for L2 that ``request`` asks for. Blocks. Raises ``ConfigError``, ``StateUnavailable``."""
        if request is None:
            return None
        return open_fork(request, funded_balances(self.config, self.accounts), self._keyed)

    def open_l1_fork(self, request: ForkRequest | None, l2: Fork | None) -> Fork | None:
        """The same for L1: where the request names no block, of the one that the L2 which is forked has got to."""
        if request is None:
            return None
        balances = role_balances(self.roles) | funded_balances(self.config, self.accounts)
        return open_fork(request, balances, self._keyed, None if l2 is None else origin_of(l2))

    @property
    def _keyed(self) -> list[Address]:
        """The accounts whose keys everybody has."""
        return [account.raw_address for account in self.accounts.keyed]

    def open_fork_of(self, chain: LocalChain, request: ForkRequest) -> Fork:
        """The fork for one of the chains that there are. Blocks. Raises as they do. One of the block that was forked
        at the start adds to the same record.
        """
        is_l2 = chain is self.l2
        fork = self.open_fork(request) if is_l2 else self.open_l1_fork(request, self.l2.fork)
        assert fork is not None, "a request was given"
        first = self._first_forks[0 if is_l2 else 1]
        if first is not None and (first.chain_id, first.hash) == (fork.chain_id, fork.hash):
            fork.source.used = first.source.used
        return fork

    def _addresses(self, l2: Fork | None) -> L1Addresses:
        """Returns the bridge's addresses on L1."""
        return addresses_for(self.config.l1_contracts, MAINNET_ADDRESSES if l2 is None else addresses_on_l1(l2))

    def _agree(self, config: DevnetConfig) -> Quorum | None:
        """Have sequencers agree before anything is preconfirmed, where the settings say so."""
        if config.quorum is None or self.standbys is None:
            return None
        quorum = Quorum(self, self.standbys, config.quorum)
        self.standbys.needed = quorum.needed
        self.l2.bus.subscribe(quorum.event)
        self.l2.votes_for = quorum.votes
        self.link.wait_for(quorum)
        return quorum

    def _first_signers(self) -> Signers:
        """Returns the first signers."""
        standbys = self.standbys
        if standbys is None:
            return Signers.from_genesis(self.roles.sequencer.raw_key)
        return Signers((standbys.succession.term(0, standbys.keys),))

    def _keeper(self, start: int | None = None) -> TimeKeeper:
        return TimeKeeper(self.clock, allow_equal=self.config.allow_same_timestamp, start=start, shift=self._shift)

    def _open(
        self,
        beginning: ChainOrigin,
        time: TimeKeeper,
        *,
        mode: MiningMode,
        block_time: float | None,
        mini_block_time: float | None = None,
        max_transactions: int | None = None,
        gas_price: Wei | None = None,
        next_base_fee: Wei | None = None,
        block_start: Callable[[ChainTip], BlockStart] = lambda tip: PLAIN_START,
        attributes_later: Later | None = None,
    ) -> LocalChain:
        """A chain wired up, at its first block."""
        config, bus = self.config, Bus(self.writer)
        spec, genesis = beginning.spec, beginning.genesis
        sequencer = Sequencer(
            spec,
            open_engine(config.engine, spec),
            ChainStore(beginning.block),
            TxPool(order_by_fee=config.order == "fees"),
            time,
            mode=mode,
            blocks=BlockSettings(
                coinbase=genesis.coinbase,
                gas_limit=genesis.gas_limit,
                max_transactions=max_transactions,
                next_base_fee=next_base_fee,
                extra_data=spec.extra_data,
            ),
            check_pool_balance=not config.disable_pool_balance_checks,
            ecrecover_answers=lambda: self.accounts.signatures,
            block_start=block_start,
            attributes_later=attributes_later,
            publish=bus.publish,
        )
        return LocalChain(
            beginning,
            sequencer,
            bus=bus,
            mining=Mining(sequencer, block_time, mini_block_time, writer=self.writer, after_tick=self.settle),
            epoch_slots=config.slots_in_an_epoch,
            first_signers=self._first_signers,
            gas_price=gas_price,
        )


def _standbys(node: Node, config: DevnetConfig) -> Standbys | None:
    if not config.standby:
        return None
    succession: Succession = FixedOrder() if config.turn is None else RoundRobin(config.turn)
    return Standbys(node, config.standby, config.takeover.seconds, succession)


def _clock(config: DevnetConfig) -> Clock:
    if not config.manual_clock:
        return SystemClock()
    return StoppedClock(config.timestamp if config.timestamp is not None else int(SystemClock().now()))


def _project(config: DevnetConfig) -> Path:
    """Returns the directory of artifacts: the working directory by default."""
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
