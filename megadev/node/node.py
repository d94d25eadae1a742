"""What a node is made of: the clock, the keys, the chains, and how the settings reach them.

This is the composition root. Nothing below it sees ``DevnetConfig``; nothing here knows a transport.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec

from megadev.chain.contracts import CREATE2_DEPLOYER, GENESIS_CONTRACTS, load
from megadev.chain.genesis import Genesis, genesis_block, make_genesis, parse_genesis
from megadev.chain.spec import TRANSACTION_GAS_CAP, ChainSpec, FeeRules, dev_spec
from megadev.chain.store import ChainStore
from megadev.clock import Clock, ManualClock, SystemClock
from megadev.config import DevnetConfig
from megadev.errors import ConfigError
from megadev.evm.engines.py_evm import PyEvmEngine
from megadev.node.accounts import Accounts
from megadev.node.bus import Bus
from megadev.node.chain import LocalChain
from megadev.node.mining import Mining
from megadev.node.snapshots import Snapshots
from megadev.node.wallet import choose_mnemonic
from megadev.primitives.keccak import keccak
from megadev.primitives.mnemonic import derive_keys, generate_mnemonic, mnemonic_from_entropy
from megadev.sequencer.sequencer import BlockSettings, MiningMode, Sequencer
from megadev.sequencer.time_keeper import TimeKeeper
from megadev.sequencer.txpool import TxPool
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World


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
        self.accounts = Accounts(derive_keys(self.mnemonic, config.derivation_path, config.accounts))
        self.bus = Bus()
        spec = _spec(config)
        genesis = _genesis(config, spec, self.accounts, self.time.now())
        engine = PyEvmEngine(spec)
        store = ChainStore(genesis_block(genesis, _genesis_world(genesis)))
        sequencer = Sequencer(
            spec,
            engine,
            store,
            TxPool(order_by_fee=config.order == "fees"),
            self.time,
            mode=_mode(config),
            blocks=BlockSettings(
                coinbase=genesis.coinbase, gas_limit=genesis.gas_limit, max_transactions=config.max_transactions
            ),
            publish=self.bus.publish,
        )
        self.l2 = LocalChain(spec, engine, genesis, store, sequencer, epoch_slots=config.slots_in_an_epoch)
        self.mining = Mining(sequencer, config.block_time)
        self.snapshots = Snapshots(self.l2, self.time, self.mining, self.accounts)

    def settle(self) -> None:
        """Finish what answered requests left due (see ``Sequencer.settle``)."""
        self.l2.sequencer.settle()


def _clock(config: DevnetConfig) -> Clock:
    if not config.manual_clock:
        return SystemClock()
    return ManualClock(config.timestamp if config.timestamp is not None else int(SystemClock().now()))


def _mnemonic(config: DevnetConfig) -> str:
    if config.mnemonic_random is not None:
        return generate_mnemonic(config.mnemonic_random)
    if config.mnemonic_seed_unsafe is not None:
        return mnemonic_from_entropy(keccak(config.mnemonic_seed_unsafe.to_bytes(32, "big"))[:16])
    return config.mnemonic


def _mode(config: DevnetConfig) -> MiningMode:
    if config.no_mining:
        return MiningMode.NONE
    if config.block_time is None:
        return MiningMode.INSTANT
    return MiningMode.MIXED if config.mixed_mining else MiningMode.INTERVAL


def _spec(config: DevnetConfig) -> ChainSpec:
    return dev_spec(
        config.chain_id,
        config.hardfork,
        fees=FeeRules(
            initial_base_fee=config.base_fee, minimum_tip=0 if config.disable_min_priority_fee else 1_000_000_000
        ),
        gas_limit=config.gas_limit,
        code_size_limit=None if config.disable_code_size_limit else config.code_size_limit,
        transaction_gas_cap=TRANSACTION_GAS_CAP if config.enable_tx_gas_limit else None,
        enforce_block_gas_limit=not config.disable_block_gas_limit,
    )


def _genesis(config: DevnetConfig, spec: ChainSpec, accounts: Accounts, now: int) -> Genesis:
    """The first block's content: the dev accounts and contracts, laid over a genesis file where one is given."""
    contracts = {
        address: load(name).runtime
        for address, name in GENESIS_CONTRACTS.items()
        if not (address == CREATE2_DEPLOYER and config.disable_default_create2_deployer)
    }
    balances = {account.raw_address: config.balance_wei for account in accounts.keyed}
    genesis = make_genesis(
        spec, balances=balances, contracts=contracts, timestamp=now, number=config.number, base_fee=config.base_fee
    )
    if config.init is None:
        return genesis
    given = parse_genesis(_read_json(config.init), spec)
    for key in given.private_keys:
        accounts.add(key)
    return msgspec.structs.replace(given, accounts=genesis.accounts | given.accounts)


def _genesis_world(genesis: Genesis) -> World:
    """The state before any transaction."""
    diff = StateDiff(Cause.GENESIS)
    for address, account in genesis.accounts.items():
        code_hash = keccak(account.code)
        diff.accounts[address] = Account(account.nonce, account.balance, code_hash)
        if account.code:
            diff.codes[code_hash] = account.code
        if account.storage:
            diff.storage[address] = account.storage
    return World().apply(diff)


def _read_json(path: Path) -> object:
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror or problem}") from None
    except msgspec.DecodeError as problem:
        raise ConfigError(f"{path}: not JSON: {problem}") from None
