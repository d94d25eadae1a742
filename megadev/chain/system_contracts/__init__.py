"""MegaETH's system contracts, 0x6342…01 to 06: our Solidity, its committed artifacts, where each stands and since when.

Start reading at ``SYSTEM_CONTRACTS``, then at ``Oracle.sol`` and ``SequencerRegistry.sol``. ``build.py`` turns the
sources into the JSON files, byte for byte, with the compiler that ``megadev/chain/contracts`` pins. Calls to three of
them are answered by the node, before any code runs (MegaETH specification, "Call interception"): their code is what is
left where it does not. May import ``chain``.

Why the contracts are ours: what callers rely on is kept (selectors, events, errors, encodings, storage, versions), and
none of MegaETH's bytes are in this repository. Gas spent inside them, and their code hashes, differ from mainnet's.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from megadev.chain.contracts import Artifact, decode_artifact
from megadev.chain.genesis import GenesisAccount
from megadev.chain.spec import MEGA_SYSTEM_ADDRESS as MEGA_SYSTEM_ADDRESS
from megadev.chain.spec import SystemContracts
from megadev.primitives.types import Address, Hash32


def _system_contract(suffix: int) -> Address:
    return (0x6342 << 144 | suffix).to_bytes(20, "big")


ORACLE = _system_contract(0x01)
HIGH_PRECISION_TIMESTAMP = _system_contract(0x02)
KEYLESS_DEPLOY = _system_contract(0x03)
ACCESS_CONTROL = _system_contract(0x04)
LIMIT_CONTROL = _system_contract(0x05)
SEQUENCER_REGISTRY = _system_contract(0x06)

TIMESTAMP_SLOT = 0
"""The oracle's slot that holds the time in microseconds."""
TIMESTAMP_SLOTS = range(8)
"""The oracle's slots that belong to the high-precision timestamp."""


class SystemContract(msgspec.Struct, frozen=True):
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

OFFICIAL_CODE_HASHES: dict[Address, dict[Hash32, str]] = {
    address: {bytes.fromhex(code_hash): artifact for code_hash, artifact in versions.items()}
    for address, versions in {
        ORACLE: {
            "e9b044afb735a0f569faeb248088b4f267578f60722f87d06ec3867b250a2c34": "",
            "06df675a69e53ea2a3c948521e330b3801740fede324a1cef2044418f8e09242": "OracleV1",
            "71a65239db8d0f1bb765fad36e34f57600420d103a4401ef7555bd50b229dc55": "Oracle",
        },
        HIGH_PRECISION_TIMESTAMP: {
            "1b2df8ca5350cd7106d67ed95532584526f97a5ca267c8eef73a1831f53720f2": "HighPrecisionTimestamp",
        },
        KEYLESS_DEPLOY: {"55020d41649acf7a84add6e628b887f802218d9ac86f142ef0994da43ea5eeb6": "KeylessDeploy"},
        ACCESS_CONTROL: {"96d0f3ba6b474e9684a97e4388ec8dbb7929818b51e6b4f19f885ccbdf642f9b": "MegaAccessControl"},
        LIMIT_CONTROL: {"3927f2a4803c5e18153ff5742d0fa1acd9ad04538e4e6037cb4a9b28694ca87f": "MegaLimitControl"},
        SEQUENCER_REGISTRY: {
            "63cd411a379be1c198613ef1d15c3058e7b0db4a5d07d4bcf07014af90040315": "SequencerRegistryV1",
            "abd7e8f1c8f0f9ca0346df585b65d9791a7e9ba5c431cc4eda5d2c2f1f5e9c43": "SequencerRegistry",
        },
    }.items()
}
"""What mainnet's code at each address hashes to, and which of our artifacts it is; the first oracle is none."""


def registry_storage(seeds: SystemContracts, from_block: int, *, delays_rotation: bool = True) -> dict[int, int]:
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
ADMIN_SLOT = 2
PENDING_SYSTEM_ADDRESS_SLOTS = (7, 8)
"""Whoever is to follow, and from which block on."""
PENDING_SEQUENCER_SLOTS = (9, 10)
MIN_ROTATION_DELAY_SLOT = 13


def system_accounts(seeds: SystemContracts, from_block: int = 0) -> dict[Address, GenesisAccount]:
    """The accounts that stand from ``from_block`` on, as the protocol makes them: without a nonce, and no storage but
    the registry's.
    """
    accounts = {}
    for contract in SYSTEM_CONTRACTS[seeds.version]:
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
