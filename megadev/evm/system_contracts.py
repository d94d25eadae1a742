"""Changes by MegaETH's protocol to its own contracts before a block's first transaction (MegaETH specification,
"Pre-block order"): those of the active spec are deployed, and changes that the sequencer registry has scheduled are
applied.

A contract that stands there in the version of the spec is left as it is, ours or mainnet's, so that a fork of MegaETH
goes on with mainnet's code; an older one is replaced, and keeps its storage.

Why a node leaves code of somebody else's where it is, which mainnet would replace (``replaces_foreign``), or refuse the
block for where it stands in the registry's place: it is what a developer put there with a cheat, to see how a contract
takes it.
"""

from __future__ import annotations

from functools import cache

from megadev.chain.spec import MODELS, ChainSpec, SystemContracts
from megadev.chain.system_contracts import (
    MIN_ROTATION_DELAY_SLOT,
    OFFICIAL_CODE_HASHES,
    ORACLE,
    PENDING_SEQUENCER_SLOTS,
    PENDING_SYSTEM_ADDRESS_SLOTS,
    SEQUENCER_REGISTRY,
    SYSTEM_CONTRACTS,
    load,
    registry_storage,
)
from megadev.evm.engine import SYSTEM, BlockEnv, Engine, Execution, TxEnv
from megadev.evm.mega_rules import SYSTEM_CALLER
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader

LEAST_GAS = 30_000_000
"""Gas that such a call has at least; the block's, where that is more."""
_APPLY = keccak(b"applyPendingChanges()")[:4]


def system_contracts_diff(
    engine: Engine, block: BlockEnv, state: StateReader, contracts: SystemContracts, *, replaces_foreign: bool = False
) -> StateDiff | None:
    """Returns the protocol's changes to its contracts at the start of ``block``, over ``state``; None: nothing.

    ``replaces_foreign``: code that the protocol has never had there is replaced, too, but for the registry's.
    """
    diff = StateDiff(Cause.SYSTEM_CALL)
    delays_rotation = _artifacts(contracts.version).get(SEQUENCER_REGISTRY) == "SequencerRegistry"
    if delays_rotation and is_change_due(state, block.number):
        _apply_changes(engine, block, state, diff)
    for address, artifact in _artifacts(contracts.version).items():
        account = state.account(address)
        if account is not None and not (
            _is_outdated(account.code_hash, address, artifact)
            or (replaces_foreign and address != SEQUENCER_REGISTRY and is_foreign(account.code_hash, address))
        ):
            continue
        before = account or EMPTY_ACCOUNT
        code = load(artifact).runtime
        code_hash = keccak(code)
        diff.accounts[address] = Account(before.nonce, before.balance, code_hash)
        diff.codes[code_hash] = code
        if address == SEQUENCER_REGISTRY:
            is_new = before.code_hash == EMPTY_CODE_HASH
            seeds = registry_storage(contracts, block.number, delays_rotation=delays_rotation)
            if not is_new:
                seeds = {slot: value for slot, value in seeds.items() if slot == MIN_ROTATION_DELAY_SLOT}
            diff.storage[address] = diff.storage.get(address, {}) | seeds
        elif address == ORACLE and account is not None and contracts.version == "rex4":
            diff.cleared.add(address)
    if not delays_rotation and is_change_due(Overlay(state, diff), block.number):
        _apply_changes(engine, block, state, diff)
    return diff if diff.accounts or diff.storage else None


def is_change_due(state: StateReader, number: int) -> bool:
    """True if the registry has a change that takes effect at the start of block ``number``."""
    return any(
        state.storage(SEQUENCER_REGISTRY, pending) and state.storage(SEQUENCER_REGISTRY, activation) <= number
        for pending, activation in (PENDING_SYSTEM_ADDRESS_SLOTS, PENDING_SEQUENCER_SLOTS)
    )


def is_change_scheduled(state: StateReader) -> bool:
    """True if the registry has a change for a future block."""
    slots = PENDING_SYSTEM_ADDRESS_SLOTS[0], PENDING_SEQUENCER_SLOTS[0]
    return any(state.storage(SEQUENCER_REGISTRY, slot) for slot in slots)


def protocol_call(
    engine: Engine, spec: ChainSpec, block: BlockEnv, state: StateReader, to: Address, data: bytes
) -> Execution:
    """What comes of the protocol's call of ``to`` at the start of ``block``."""
    gas = max(block.gas_limit, LEAST_GAS) if MODELS[spec.model].calls_with_block_gas else LEAST_GAS
    return engine.execute(block, TxEnv(SYSTEM_CALLER, to, data=data, gas_limit=gas), state, rules=SYSTEM)


def _apply_changes(engine: Engine, block: BlockEnv, state: StateReader, diff: StateDiff) -> None:
    gas = max(block.gas_limit, LEAST_GAS)
    call = TxEnv(SYSTEM_CALLER, SEQUENCER_REGISTRY, data=_APPLY, gas_limit=gas)
    diff.absorb(engine.execute(block, call, Overlay(state, diff.copy()), rules=SYSTEM).diff)


def is_foreign(code_hash: Hash32, address: Address) -> bool:
    """True if the protocol has never had that code at ``address``, in ours or mainnet's version of it."""
    return code_hash != EMPTY_CODE_HASH and code_hash not in _versions(address)


def _is_outdated(code_hash: Hash32, address: Address, artifact: str) -> bool:
    """True if there is nothing there, or what another spec has there."""
    if code_hash == EMPTY_CODE_HASH:
        return True
    versions = _versions(address)
    return code_hash in versions and versions[code_hash] != artifact


@cache
def _artifacts(version: str) -> dict[Address, str]:
    return {contract.address: contract.artifact for contract in SYSTEM_CONTRACTS[version]}


@cache
def _versions(address: Address) -> dict[Hash32, str]:
    """All code that the protocol has ever had at ``address``, ours and mainnet's: which artifact of ours it is."""
    ours = {artifact for version in SYSTEM_CONTRACTS for at, artifact in _artifacts(version).items() if at == address}
    return OFFICIAL_CODE_HASHES.get(address, {}) | {keccak(load(artifact).runtime): artifact for artifact in ours}
