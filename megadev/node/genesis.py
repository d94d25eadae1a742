"""The first blocks from the settings: the dev accounts and contracts, over a genesis file if one is given.

What a setting says explicitly wins over the file, and the file wins over the defaults. The bridge stands from the start
on both chains: its predeploys on L2, its contracts on L1, where the portal holds all the ether that L2's accounts own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import SealedBlock
from megadev.chain.contracts import MULTICALL3, load
from megadev.chain.contracts.create2_deployer import CREATE2_DEPLOYER, RUNTIME, SIGNER
from megadev.chain.genesis import Genesis, GenesisAccount, genesis_block, make_genesis, parse_accounts, parse_genesis
from megadev.chain.genesis_file import read_json
from megadev.chain.networks import fee_rules_of, network_of, op_note, rules_at
from megadev.chain.spec import (
    L1_CHAIN_ID,
    MODELS,
    TRANSACTION_GAS_CAP,
    ChainSpec,
    FeeRules,
    Model,
    Salt,
    SystemContracts,
    dev_spec,
    fork_named,
    l1_spec,
    megaeth_spec,
)
from megadev.chain.system_contracts import system_accounts
from megadev.config.kinds import wei_in
from megadev.config.settings import ANVIL, MEGAETH, DevnetConfig
from megadev.errors import ConfigError
from megadev.node.accounts import Accounts
from megadev.node.fork import Fork
from megadev.node.forked_bridge import FORKED_ETHER, laid_on_l1, laid_on_l2, origin_of
from megadev.node.roles import Roles
from megadev.primitives.keccak import keccak
from megadev.primitives.types import ZERO_ADDRESS, Address, Hash32, Wei
from megadev.rollup.attestations import program_id
from megadev.rollup.predeploys import MESSAGE_PASSER, BridgeSettings, L1Addresses, l1_contracts, l2_predeploys
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World

ROLE_BALANCE = 10**6 * 10**18
"""What batcher, proposer and owner have on L1 to pay with, and the owner on an L2 with a registry, in wei."""


BOND_DELAY = 7 * 86_400
"""Seconds for which the sequencer's bond stays after it asks for it back: long enough for evidence to come."""


class ChainOrigin(NamedTuple):
    """The start of a chain: its rules, the values its blocks continue from, its first block, and the fork of that
    block.
    """

    spec: ChainSpec
    genesis: Genesis
    block: SealedBlock
    fork: Fork | None


def begin_l2(
    config: DevnetConfig, accounts: Accounts, roles: Callable[[], Roles], fork: Fork | None, now: int
) -> ChainOrigin:
    """L2's, at ``now`` where nothing else says when; ``roles`` is asked where its genesis names them. Raises
    ``ConfigError``; of a fork also ``StateUnavailable``."""
    if fork is None:
        spec, genesis = plan_chain(config, accounts, roles, now)
        return ChainOrigin(spec, genesis, genesis_block(genesis, genesis_world(genesis), spec), None)
    spec, genesis = plan_fork(config, roles, fork)
    laid = None if config.no_l1 else laid_on_l2(fork, _predeploys())
    return ChainOrigin(spec, genesis, fork.first_block(spec, laid), fork)


def begin_l1(
    config: DevnetConfig,
    accounts: Accounts,
    roles: Roles,
    l2: ChainOrigin,
    at: L1Addresses,
    fork: Fork | None,
    now: int,
) -> ChainOrigin:
    """L1's, with the bridge of the L2 that begins with ``l2`` at ``at``. Raises as ``begin_l2`` does."""
    chain_id = _l1_chain_id(config, l2.spec.chain_id, fork)
    bridge = _bridge(config, roles, l2, at)
    if fork is None:
        spec, genesis = plan_l1(config, accounts, roles, l2, chain_id, bridge, now)
        return ChainOrigin(spec, genesis, genesis_block(genesis, genesis_world(genesis), spec), None)
    spec, genesis = plan_l1_fork(config, fork, chain_id)
    return ChainOrigin(spec, genesis, fork.first_block(spec, laid_on_l1(fork, at, l1_contracts(bridge))), fork)


def plan_chain(
    config: DevnetConfig, accounts: Accounts, roles: Callable[[], Roles], now: int
) -> tuple[ChainSpec, Genesis]:
    """The chain's rules and its genesis. Keys that a genesis file holds join ``accounts``. Raises ``ConfigError``."""
    spec = _spec(config, roles)
    balances = {account.raw_address: config.balance_wei for account in accounts.keyed}
    if spec.system_contracts is not None:
        balances[roles().owner.raw_address] = ROLE_BALANCE  # who schedules changes of the sequencer
    genesis = make_genesis(
        spec,
        balances=balances,
        contracts=_contracts(config) | ({} if config.no_l1 else _predeploys()) | _system_contracts(spec, config),
        timestamp=now,
        coinbase=spec.coinbase,
        extra_data=spec.extra_data,
    )
    if config.init is not None:
        given = parse_genesis(read_json(config.init), spec)
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
    if config.preset == ANVIL:
        fees = replace(fees, level_after=genesis.number)
    chain_id = spec.chain_id if genesis.chain_id is None else genesis.chain_id
    return replace(spec, chain_id=chain_id, gas_limit=genesis.gas_limit, fees=fees), genesis


def plan_fork(config: DevnetConfig, roles: Callable[[], Roles], fork: Fork) -> tuple[ChainSpec, Genesis]:
    """The rules of a forked L2, and what its blocks to come begin from. Warnings join ``fork``'s."""
    header = fork.header
    said = config.hardfork if "hardfork" in config.said else None
    network = network_of(fork.chain_id, header)
    usual = config.hardfork if network is None else network.forks[-1][1]
    rules, warnings = rules_at(fork.chain_id, header.timestamp, said, usual)
    fork.rules_warnings = warnings + op_note(fork.chain_id, header)
    spec = _spec(config, roles)
    if network is not None and network.is_op:
        spec = replace(
            spec,
            coinbase=header.coinbase,
            extra_data=header.extra_data,
            withdrawals_root_of=MESSAGE_PASSER,
            charges_l1_fee=config.l1_fee or "l1_fee" not in config.said,
        )
    spec = replace(
        spec,
        chain_id=config.chain_id or fork.chain_id,
        hardfork=rules.hardfork,
        blobs=rules.blobs,
        gas_limit=config.gas_limit or header.gas_limit,
        fees=fee_rules_of(fork.chain_id, header, spec.fees),
        **_mega_rules(config, rules.model, roles),  # fields of ChainSpec, by name
    )
    return spec, _going_on(spec, fork)


def plan_l1_fork(config: DevnetConfig, fork: Fork, chain_id: int) -> tuple[ChainSpec, Genesis]:
    """As ``plan_fork``, for an L1."""
    header = fork.header
    said = config.l1_hardfork if "l1_hardfork" in config.said else None
    rules, fork.rules_warnings = rules_at(fork.chain_id, header.timestamp, said, config.l1_hardfork)
    spec = l1_spec(chain_id, rules.hardfork, blobs=rules.blobs, gas_limit=header.gas_limit)
    return spec, _going_on(spec, fork)


def _going_on(spec: ChainSpec, fork: Fork) -> Genesis:
    """Returns the starting values of the blocks after a forked one."""
    header = fork.header
    genesis = make_genesis(
        spec, balances={}, contracts={}, timestamp=header.timestamp, coinbase=spec.coinbase, extra_data=spec.extra_data
    )
    return msgspec.structs.replace(genesis, number=header.number, gas_limit=spec.gas_limit, accounts={})


def funded_balances(config: DevnetConfig, accounts: Accounts) -> dict[Address, Wei]:
    """The balances in wei of the dev accounts and of the accounts in --fund."""
    balances = {account.raw_address: config.balance_wei for account in accounts.keyed}
    return balances | {funding.address: funding.wei for funding in config.fund or ()}


def role_balances(roles: Roles) -> dict[Address, Wei]:
    """The balances in wei of the accounts that act for the chains on L1."""
    return {account.raw_address: ROLE_BALANCE for account in roles.on_l1}


def plan_l1(
    config: DevnetConfig,
    accounts: Accounts,
    roles: Roles,
    l2: ChainOrigin,
    chain_id: int,
    bridge: BridgeSettings,
    now: int,
) -> tuple[ChainSpec, Genesis]:
    """The rules and genesis of a simulated L1. Beside a fork it begins at the number of the L1 block that L2 has got
    to, so that L1's block numbers go on rising for L2's contracts.
    """
    fork = fork_named(config.l1_hardfork)
    spec = l1_spec(chain_id, fork.hardfork, blobs=fork.blobs)
    genesis = make_genesis(
        spec,
        balances={account.raw_address: config.balance_wei for account in accounts.keyed} | role_balances(roles),
        contracts=_contracts(config) | l1_contracts(bridge),
        timestamp=now,
    )
    origin = None if l2.fork is None else origin_of(l2.fork)
    return spec, msgspec.structs.replace(
        genesis,
        chain_id=chain_id,
        number=0 if origin is None else origin.number,
        accounts=_funded(genesis.accounts, config),
    )


def _l1_chain_id(config: DevnetConfig, l2_chain_id: int, fork: Fork | None) -> int:
    chain_id = config.l1_chain_id
    if chain_id is None and fork is not None:
        chain_id = fork.chain_id
    if chain_id is None:
        return L1_CHAIN_ID if l2_chain_id != L1_CHAIN_ID else L1_CHAIN_ID + 1
    if chain_id == l2_chain_id:
        raise ConfigError(
            f"--l1-chain-id: L2 also has chain id {chain_id}: a transaction signed for one chain would be valid "
            "on the other"
        )
    return chain_id


def _bridge(config: DevnetConfig, roles: Roles, l2: ChainOrigin, at: L1Addresses) -> BridgeSettings:
    """The bridge's first values, for an L2 that begins with ``l2``."""
    owned = FORKED_ETHER if l2.fork is not None else sum(account.balance for account in l2.genesis.accounts.values())
    return BridgeSettings(
        l1=at,
        l2_chain_id=l2.spec.chain_id,
        owner=roles.owner.raw_address,
        guardian=roles.owner.raw_address,
        batcher=roles.batcher.raw_address,
        unsafe_block_signer=roles.sequencer.raw_address,
        locked_ether=min(owned, 2**256 - 1),
        starting_root=_output_root(l2.block),
        starting_number=l2.block.number,
        gas_limit=min(l2.spec.gas_limit, 2**64 - 1),
        challenge_window=config.challenge_seconds,
        prove_window=config.challenge_seconds if config.prove_window is None else config.prove_window,
        proposer_bond=wei_in(config.proposer_bond),
        challenger_bond=wei_in(config.challenger_bond),
        verifier=at.attestation_verifier if config.proof_verifier is None else bytes.fromhex(config.proof_verifier[2:]),
        program_id=program_id(l2.spec),
        attesters=tuple(account.raw_address for account in roles.attesters),
        attestation_threshold=config.attestation_threshold,
        sequencer_bond=wei_in(config.sequencer_bond),
        bond_delay=BOND_DELAY,
        proof_maturity_delay=config.proof_maturity_delay,
        finality_delay=config.finality_delay,
    )


def _contracts(config: DevnetConfig) -> dict[Address, bytes | GenesisAccount]:
    """Returns the contracts that tools expect on any chain; Anvil has no Multicall3, and alloy's tests depend
    on that.
    """
    contracts: dict[Address, bytes | GenesisAccount] = {}
    if config.preset != ANVIL:
        contracts[MULTICALL3] = load("Multicall3").runtime
    if not config.disable_default_create2_deployer:
        contracts |= {CREATE2_DEPLOYER: RUNTIME, SIGNER: GenesisAccount(nonce=1)}
    if config.preinstalls is not None:
        contracts |= _preinstalls(config.preinstalls)
    return contracts


def _preinstalls(file: Path) -> dict[Address, GenesisAccount]:
    """The accounts of a file of preinstalls."""
    document = read_json(file)
    if not isinstance(document, dict) or "alloc" not in document:
        raise ConfigError(f"{file}: not a file of preinstalls: it has no alloc")
    try:
        return parse_accounts(document["alloc"])[0]
    except ConfigError as problem:
        raise ConfigError(f"{file}: {problem}") from None


def _system_contracts(spec: ChainSpec, config: DevnetConfig) -> dict[Address, GenesisAccount]:
    """MegaETH's own, where the chain has them."""
    if spec.system_contracts is None:
        return {}
    return dict(system_accounts(spec.system_contracts, config.number or 0))


def _predeploys() -> dict[Address, GenesisAccount]:
    """L2's half of the bridge, which knows of L1 only where its other half stands."""
    unknown = ZERO_ADDRESS
    return l2_predeploys(
        BridgeSettings(l2_chain_id=0, owner=unknown, guardian=unknown, batcher=unknown, unsafe_block_signer=unknown)
    )


def _output_root(block: SealedBlock) -> Hash32:
    """Returns the output root of an L2 block (OP Stack specification, "L2 output commitment construction",
    version 0).
    """
    messages = block.world.storage_root(MESSAGE_PASSER)
    return keccak(bytes(32) + block.header.state_root + messages + block.hash)


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
        funding.address: msgspec.structs.replace(accounts.get(funding.address, GenesisAccount()), balance=funding.wei)
        for funding in config.fund or ()
    }
    return accounts | funded


def _spec(config: DevnetConfig, roles: Callable[[], Roles]) -> ChainSpec:
    fork = fork_named(config.hardfork)
    said: dict[str, object] = {
        "hardfork": fork.hardfork,
        "blobs": fork.blobs,
        "transaction_gas_cap": TRANSACTION_GAS_CAP if config.enable_tx_gas_limit else None,
        "enforce_block_gas_limit": not config.disable_block_gas_limit,
        "charges_l1_fee": config.l1_fee and not config.no_l1,
    }
    said |= _mega_rules(config, fork.model, roles)
    if config.preset == MEGAETH:
        return megaeth_spec(**said)  # type: ignore[arg-type]  # fields of ChainSpec, by name
    if config.disable_min_priority_fee:
        said["fees"] = FeeRules(minimum_tip=0)
    return dev_spec(**said)  # type: ignore[arg-type]


def _mega_rules(config: DevnetConfig, model: Model, roles: Callable[[], Roles]) -> dict[str, object]:
    """Fields of the spec of a chain under MegaETH's rules of ``model``."""
    is_mega = model is not Model.ETHEREUM or config.preset == MEGAETH
    rules: dict[str, object] = {"model": model, "keeps_base_fee": is_mega, "system_contracts": None}
    if is_mega and model is not Model.ISTHMUS:
        version = Model.REX6.label if model is Model.ETHEREUM else model.label
        who = roles()
        rules["system_contracts"] = SystemContracts(version, who.sequencer.raw_address, who.owner.raw_address)
        rules["salt"] = Salt(config.salt == "live", config.bucket_capacity or ())
    rules["code_size_limit"] = _code_size_limit(config, model)
    return rules


def _code_size_limit(config: DevnetConfig, model: Model) -> int | None:
    if config.disable_code_size_limit:
        return None
    return config.code_size_limit if config.changed("code_size_limit") else MODELS[model].code_size
