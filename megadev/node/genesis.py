"""How settings become the first block: the dev accounts and contracts, laid over a genesis file where one is given.

What a setting says explicitly wins over the file, and the file wins over the defaults.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from megadev.chain.contracts import CREATE2_DEPLOYER, GENESIS_CONTRACTS, load
from megadev.chain.genesis import Genesis, GenesisAccount, make_genesis, parse_genesis
from megadev.chain.networks import fee_rules_of, rules_at
from megadev.chain.spec import TRANSACTION_GAS_CAP, ChainSpec, FeeRules, dev_spec, fork_named, megaeth_spec
from megadev.config import MEGAETH, DevnetConfig
from megadev.errors import ConfigError
from megadev.node.accounts import Accounts
from megadev.node.fork import Fork
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Wei
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World


def plan_chain(config: DevnetConfig, accounts: Accounts, now: int) -> tuple[ChainSpec, Genesis]:
    """The chain's rules and its genesis. Keys that a genesis file holds join ``accounts``. Raises ``ConfigError``."""
    spec = _spec(config)
    balances = {account.raw_address: config.balance_wei for account in accounts.keyed}
    contracts = {
        address: load(name).runtime
        for address, name in GENESIS_CONTRACTS.items()
        if not (address == CREATE2_DEPLOYER and config.disable_default_create2_deployer)
    }
    genesis = make_genesis(
        spec,
        balances=balances,
        contracts=contracts,
        timestamp=now,
        coinbase=spec.coinbase,
        extra_data=spec.extra_data,
    )
    if config.init is not None:
        given = parse_genesis(_read_json(config.init), spec)
        for key in given.private_keys:
            accounts.add(key)
        genesis = msgspec.structs.replace(
            given, accounts=genesis.accounts | given.accounts, timestamp=given.timestamp or now
        )
    said = {
        name: value
        for name in ("chain_id", "timestamp", "number", "gas_limit", "base_fee")
        if (value := getattr(config, name)) is not None
    }
    genesis = msgspec.structs.replace(genesis, **said, accounts=_funded(genesis.accounts, config))
    fees = spec.fees
    if fees.constant_base_fee is not None:
        fees = replace(fees, constant_base_fee=genesis.base_fee)
    chain_id = spec.chain_id if genesis.chain_id is None else genesis.chain_id
    return replace(spec, chain_id=chain_id, gas_limit=genesis.gas_limit, fees=fees), genesis


def plan_fork(config: DevnetConfig, fork: Fork) -> tuple[ChainSpec, Genesis]:
    """The rules of a forked chain, and what its blocks to come begin from. Warnings join ``fork``'s."""
    header = fork.header
    said = config.hardfork if "hardfork" in config.said else None
    rules, fork.warnings = rules_at(fork.chain_id, header.timestamp, said, config.hardfork)
    spec = _spec(config)
    gas_limit = config.gas_limit or header.gas_limit
    spec = replace(
        spec,
        chain_id=config.chain_id or fork.chain_id,
        hardfork=rules.hardfork,
        blobs=rules.blobs,
        gas_limit=gas_limit,
        fees=fee_rules_of(fork.chain_id, header, spec.fees),
    )
    genesis = make_genesis(
        spec, balances={}, contracts={}, timestamp=header.timestamp, coinbase=spec.coinbase, extra_data=spec.extra_data
    )
    return spec, msgspec.structs.replace(genesis, number=header.number, gas_limit=gas_limit, accounts={})


def funded_balances(config: DevnetConfig, accounts: Accounts) -> dict[Address, Wei]:
    """What the dev accounts, and those that --fund names, own in wei."""
    balances = {account.raw_address: config.balance_wei for account in accounts.keyed}
    return balances | {funding.address: funding.wei for funding in config.fund or ()}


def genesis_world(genesis: Genesis) -> World:
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


def _funded(accounts: dict[Address, GenesisAccount], config: DevnetConfig) -> dict[Address, GenesisAccount]:
    """``accounts`` with the balances that --fund says."""
    funded = {
        funding.address: msgspec.structs.replace(
            accounts.get(funding.address, GenesisAccount()), balance=funding.wei
        )
        for funding in config.fund or ()
    }
    return accounts | funded


def _spec(config: DevnetConfig) -> ChainSpec:
    fork = fork_named(config.hardfork)
    said: dict[str, object] = {
        "hardfork": fork.hardfork,
        "blobs": fork.blobs,
        "code_size_limit": None if config.disable_code_size_limit else config.code_size_limit,
        "transaction_gas_cap": TRANSACTION_GAS_CAP if config.enable_tx_gas_limit else None,
        "enforce_block_gas_limit": not config.disable_block_gas_limit,
    }
    if config.preset == MEGAETH:
        return megaeth_spec(**said)  # type: ignore[arg-type]  # fields of ChainSpec, by name
    if config.disable_min_priority_fee:
        said["fees"] = FeeRules(minimum_tip=0)
    return dev_spec(**said)  # type: ignore[arg-type]


def _read_json(path: Path) -> object:
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror or problem}") from None
    except msgspec.DecodeError as problem:
        raise ConfigError(f"{path}: not JSON: {problem}") from None
