"""MegaETH's system contracts, 0x6342…01 to 06: our Solidity, its committed artifacts, where each stands and since when.

Start reading at ``SYSTEM_CONTRACTS``, then at ``Oracle.sol`` and ``SequencerRegistry.sol``. ``build.py`` turns the
sources into the JSON files, byte for byte, with the compiler that ``megadev/chain/contracts`` pins. Calls to three of
them are answered by the node, before any code runs (MegaETH specification, "Call interception"): their code is what is
left where it does not. May import ``chain``.

Why the contracts are ours: what callers rely on is kept (selectors, events, errors, encodings, storage, versions), and
none of MegaETH's bytes are in this repository. Gas spent inside them, and their code hashes, differ from mainnet's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from megadev.chain.contracts import Artifact, decode_artifact
from megadev.chain.genesis import GenesisAccount
from megadev.primitives.types import Address


def _system_contract(suffix: int) -> Address:
    return (0x6342 << 144 | suffix).to_bytes(20, "big")


ORACLE = _system_contract(0x01)
HIGH_PRECISION_TIMESTAMP = _system_contract(0x02)
KEYLESS_DEPLOY = _system_contract(0x03)
ACCESS_CONTROL = _system_contract(0x04)
LIMIT_CONTROL = _system_contract(0x05)
SEQUENCER_REGISTRY = _system_contract(0x06)

MEGA_SYSTEM_ADDRESS: Address = bytes.fromhex("a887dcb9d5f39ef79272801d05abdf707cfbbd1d")
"""Who sends the protocol's own transactions, until the registry says otherwise. Nobody here has its key."""

TIMESTAMP_SLOT = 0
"""The oracle's slot that holds the time in microseconds."""
TIMESTAMP_SLOTS = range(8)
"""The oracle's slots that belong to the high-precision timestamp."""


@dataclass(frozen=True, slots=True)
class SystemContract:
    """A contract that the protocol puts at ``address``; ``artifact`` names the code that it has under one spec."""

    address: Address
    name: str
    artifact: str


_SINCE_REX4 = (
    SystemContract(ORACLE, "Oracle", "OracleV1"),
    SystemContract(HIGH_PRECISION_TIMESTAMP, "HighPrecisionTimestamp", "HighPrecisionTimestamp"),
    SystemContract(KEYLESS_DEPLOY, "KeylessDeploy", "KeylessDeploy"),
    SystemContract(ACCESS_CONTROL, "MegaAccessControl", "MegaAccessControl"),
    SystemContract(LIMIT_CONTROL, "MegaLimitControl", "MegaLimitControl"),
)
_SINCE_REX5 = (
    SystemContract(ORACLE, "Oracle", "Oracle"),
    *_SINCE_REX4[1:],
    SystemContract(SEQUENCER_REGISTRY, "SequencerRegistry", "SequencerRegistryV1"),
)
_SINCE_REX6 = (
    *_SINCE_REX5[:-1],
    SystemContract(SEQUENCER_REGISTRY, "SequencerRegistry", "SequencerRegistry"),
)

SYSTEM_CONTRACTS: dict[str, tuple[SystemContract, ...]] = {
    "rex4": _SINCE_REX4,
    "rex5": _SINCE_REX5,
    "rex6": _SINCE_REX6,
}
"""By spec, those that stand under it, in the order of their addresses."""


@dataclass(frozen=True, slots=True)
class RegistrySeeds:
    """What the protocol writes into the registry when it puts it there. ``min_rotation_delay`` in blocks (Rex6)."""

    sequencer: Address
    admin: Address
    min_rotation_delay: int = 1


def registry_storage(seeds: RegistrySeeds, from_block: int, *, delays_rotation: bool = True) -> dict[int, int]:
    """The registry's first variables, by slot; it knows of blocks from ``from_block`` on. ``delays_rotation``: it is
    the one of Rex6, which knows of a delay.
    """
    system, sequencer = _word(MEGA_SYSTEM_ADDRESS), _word(seeds.sequencer)
    slots = {0: system, 1: sequencer, 2: _word(seeds.admin), 4: system, 5: sequencer, 6: from_block}
    if delays_rotation:
        slots[MIN_ROTATION_DELAY_SLOT] = seeds.min_rotation_delay
    return {slot: value for slot, value in slots.items() if value}


SYSTEM_ADDRESS_SLOT = 0
"""The registry's variable that says who sends the protocol's transactions."""
SEQUENCER_SLOT = 1
PENDING_SYSTEM_ADDRESS_SLOTS = (7, 8)
"""Whoever is to follow, and from which block on."""
PENDING_SEQUENCER_SLOTS = (9, 10)
MIN_ROTATION_DELAY_SLOT = 13


def system_accounts(spec: str, seeds: RegistrySeeds, from_block: int = 0) -> dict[Address, GenesisAccount]:
    """The accounts that stand under ``spec``, as the protocol makes them: without a nonce, and no storage but the
    registry's.
    """
    accounts = {}
    for contract in SYSTEM_CONTRACTS[spec]:
        storage: dict[int, int] = {}
        if contract.address == SEQUENCER_REGISTRY:
            storage = registry_storage(seeds, from_block, delays_rotation=contract.artifact == "SequencerRegistry")
        accounts[contract.address] = GenesisAccount(code=load(contract.artifact).runtime, storage=storage)
    return accounts


@cache
def load(name: str) -> Artifact:
    """The system contract ``name`` ('Oracle', 'SequencerRegistryV1', …), read on first use.

    Raises ``FileNotFoundError`` for any other name.
    """
    return decode_artifact((files(__name__) / f"{name}.json").read_bytes())


def _word(value: bytes) -> int:
    return int.from_bytes(value, "big")
