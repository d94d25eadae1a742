"""MegaETH's gas and limits as tables, one row per spec (MegaETH's specification, "Dual gas model", "Resource limits",
"Gas detention" and "System contracts"). Engines run by them; a further model is a further row.

Everything a transaction does costs compute gas, Ethereum's, and some of it storage gas on top; both come out of its
one gas limit. What is priced dynamically is multiplied by how full the state is where the key falls (``salt``).

How a system contract is intercepted: ``INTERCEPTED`` says which address, which selectors, and since which model; the
engine answers such a call itself, and any code that stands at the address only answers the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntFlag
from typing import Final

import msgspec
from msgspec.structs import replace

from megadev.chain.admission import MEGA_FLOOR_TOKEN_GAS, MEGA_TOKEN_GAS, MEGA_TRANSACTION_GAS
from megadev.chain.spec import Hardfork, Model
from megadev.evm.rules import EVM_RULES, Precompile, PrecompileChange, modexp_sizes, with_precompiles
from megadev.primitives.abi import selector
from megadev.primitives.types import Address

# addresses


def _system(number: int) -> Address:
    return bytes.fromhex(f"634200000000000000000000000000000000{number:04x}")


ORACLE: Final = _system(1)
HIGH_PRECISION_TIMESTAMP: Final = _system(2)
KEYLESS_DEPLOY: Final = _system(3)
ACCESS_CONTROL: Final = _system(4)
LIMIT_CONTROL: Final = _system(5)
SEQUENCER_REGISTRY: Final = _system(6)
SYSTEM_ADDRESS: Final[Address] = bytes.fromhex("a887dcb9d5f39ef79272801d05abdf707cfbbd1d")
"""Who sends system transactions until the registry names another."""
SYSTEM_CALLER: Final[Address] = b"\xff" * 19 + b"\xfe"
"""Who calls for the protocol at the start of a block (EIP-2935, EIP-4788)."""
BASE_FEE_VAULT: Final[Address] = bytes.fromhex("4200000000000000000000000000000000000019")
L1_FEE_VAULT: Final[Address] = bytes.fromhex("420000000000000000000000000000000000001a")
OPERATOR_FEE_VAULT: Final[Address] = bytes.fromhex("420000000000000000000000000000000000001b")

# data that may change while a transaction waits


class Volatile(IntFlag):
    """Volatile data a transaction has looked at."""

    BLOCK_NUMBER = 1 << 0
    TIMESTAMP = 1 << 1
    COINBASE = 1 << 2
    DIFFICULTY = 1 << 3
    GAS_LIMIT = 1 << 4
    BASE_FEE = 1 << 5
    PREV_RANDAO = 1 << 6
    BLOCK_HASH = 1 << 7
    BLOB_BASE_FEE = 1 << 8
    BLOB_HASH = 1 << 9
    BENEFICIARY_BALANCE = 1 << 10
    ORACLE = 1 << 11


VOLATILE_OPCODES: Final[dict[str, tuple[Volatile, int]]] = {
    "BLOCKHASH": (Volatile.BLOCK_HASH | Volatile.BLOCK_NUMBER, 7),
    "COINBASE": (Volatile.COINBASE, 2),
    "TIMESTAMP": (Volatile.TIMESTAMP, 1),
    "NUMBER": (Volatile.BLOCK_NUMBER, 0),
    "PREVRANDAO": (Volatile.PREV_RANDAO, 3),
    "GASLIMIT": (Volatile.GAS_LIMIT, 4),
    "BASEFEE": (Volatile.BASE_FEE, 5),
    "BLOBHASH": (Volatile.BLOB_HASH, 9),
    "BLOBBASEFEE": (Volatile.BLOB_BASE_FEE, 8),
}
"""What each opcode looks at, and the type that ``VolatileDataAccessDisabled`` reports for it."""
BENEFICIARY_TYPE: Final = 10
ORACLE_TYPE: Final = 11

# limits


class Resource(Enum):
    """A limited resource; the value is the ``kind`` of ``MegaLimitExceeded``."""

    DATA = 0
    KV = 1
    COMPUTE = 2
    GROWTH = 3


LIMIT_EXCEEDED: Final = selector("MegaLimitExceeded(uint8,uint64)")
ACCESS_DISABLED: Final = selector("VolatileDataAccessDisabled(uint8)")
NON_ZERO_TRANSFER: Final = selector("NonZeroTransfer()")
DISABLED_BY_PARENT: Final = selector("DisabledByParent()")
FRAME_SHARE: Final = (98, 100)
"""Of its remaining budget and gas, how much a frame can pass on."""

# what is counted

TX_SIZE: Final = 110
ACCOUNT_SIZE: Final = 40
SLOT_SIZE: Final = 40
AUTHORIZATION_SIZE: Final = 101
ACCESS_ADDRESS_SIZE: Final = 20
ACCESS_SLOT_SIZE: Final = 32
TOPIC_SIZE: Final = 32

STORAGE_STIPEND: Final = 23_000
"""Storage gas given to the callee of an internal call with value: enough for a log."""
SYSTEM_SOURCE_HASH: Final = bytes.fromhex("852c082c0faff590c6300c2c34815d1f79882552fa95ba413cd5aeb1dba84957")
"""keccak256("MEGA_SYSTEM_TRANSACTION")."""
KEYLESS_OVERHEAD: Final = 100_000
SMALLEST_MODEXP_GAS: Final = 500

INTERCEPTED: Final[dict[Address, dict[bytes, str]]] = {
    KEYLESS_DEPLOY: {selector("keylessDeploy(bytes,uint256)"): "keyless_deploy"},
    ACCESS_CONTROL: {
        selector("disableVolatileDataAccess()"): "disable_access",
        selector("enableVolatileDataAccess()"): "enable_access",
        selector("isVolatileDataAccessDisabled()"): "is_access_disabled",
    },
    LIMIT_CONTROL: {selector("remainingComputeGas()"): "remaining_compute_gas"},
}
"""By address and selector, what the engine does instead of running the code there."""
SEND_HINT: Final = selector("sendHint(bytes32,bytes)")
"""The oracle's: its code runs, and the engine hears of it."""


class Stipend(Enum):
    """The way in which ``STORAGE_STIPEND`` is given."""

    INFLATED = "the callee's gas is raised, and what it leaves above the original is taken away"
    ALLOWANCE = "a separate amount that only storage gas is paid from"


class MegaRules(msgspec.Struct, frozen=True):
    """One spec. The first block are prices of storage gas, all before multipliers; the others say from which spec on
    something is so.

    ``dynamic_at_validation``: a transaction that cannot pay for the account or contract it makes, or for its raised
    floor, is refused; before, it is included and fails. ``quirky_calls``, ``quirky_self_destruct``,
    ``quirky_delegates``: which addresses that were only declared warm are cold to their first call (the calls named,
    SELFDESTRUCT's target, an account's EIP-7702 delegate). ``sees_through_delegation``: whether an account is empty is
    asked of its delegate. ``counts_stipend``: the 2,300 gas of a call with value are not recorded as compute by the
    caller, one more time. ``marks_counted``: a frame's own account is counted once. ``keeps_creator``: the creator's
    update stays when the creation fails. ``meters_failed_precompiles``: with the gas they burnt, and a precompile gets
    no more gas than compute is left. ``settles_unstarted``: a limit that stops a frame at a call gives back what had
    been forwarded. ``applied_authorities``: EIP-7702 tuples count if they apply. ``counts_new_authorities``: a new
    authority is growth. ``counts_new_callers``: a deposit that makes its caller pays for it. ``exempts_system``: no
    limit holds for system transactions. ``checks_system``: their chain, code and nonce are checked.
    ``counts_fee_recipients``: they are updates of the transaction. ``deploys_in_budget``: a keyless deployment is paid
    by the caller's gas and counted in its meters. ``counts_hints``: their calldata is data. ``undoes_unpaid_code``: a
    creation whose code crosses the compute limit is undone; before, it reverts and its contract stays.
    ``misses_destroyed``: a keyless deployment whose contract destroyed itself is told as one without code.
    ``loses_loaded``: what a keyless deployment changed in accounts that its transaction had loaded, and left, is lost.
    """

    model: Model
    opcodes: dict[int, str]
    precompiles: dict[Address, Precompile]
    modexp_limit: int | None

    intrinsic: int = MEGA_TRANSACTION_GAS
    token: int = MEGA_TOKEN_GAS
    floor_token: int = MEGA_FLOOR_TOKEN_GAS
    slot: int = 20_000
    account: int = 25_000
    contract: int = 32_000
    code_byte: int = 10_000
    topic: int = 3_750
    log_byte: int = 80
    empty_log_size: int = 0

    stipend: Stipend = Stipend.ALLOWANCE
    dynamic_at_validation: bool = True
    quirky_calls: frozenset[str] = frozenset({"CALL", "STATICCALL", "DELEGATECALL"})
    quirky_self_destruct: bool = True
    quirky_delegates: bool = False
    sees_through_delegation: bool = False
    counts_stipend: bool = True
    marks_counted: bool = True
    meters_failed_precompiles: bool = True
    counts_new_authorities: bool = True
    counts_new_callers: bool = True
    charges_new_beneficiary: bool = True
    checks_system: bool = True
    deploys_in_budget: bool = True
    counts_hints: bool = True
    skips_deep_calls: bool = True
    prices_by_state_nonce: bool = True
    expands_before_create: bool = True
    undoes_unpaid_code: bool = True

    keeps_creator: bool = False
    settles_unstarted: bool = False
    applied_authorities: bool = False
    exempts_system: bool = False
    counts_fee_recipients: bool = False
    counts_existing_beneficiary: bool = False
    counts_self_transfer_once: bool = False
    grows_by_empty_only: bool = False
    delegates_are_volatile: bool = False
    drops_hints_when_disabled: bool = False
    rescues_keyless_overhead: bool = False
    misses_destroyed: bool = False
    loses_loaded: bool = False


_PRAGUE = EVM_RULES[Hardfork.PRAGUE]


def _free_if_malformed(number: int, unit: int, *, is_exact: bool = False) -> Callable[[bytes], int]:
    """A precompile's price, nothing where the input has not its length, one or more of ``unit`` bytes or exactly one:
    that is refused before gas is asked for (revm).
    """
    price = _PRAGUE.precompiles[number.to_bytes(20, "big")].gas

    def gas(data: bytes) -> int:
        is_malformed = len(data) != unit if is_exact else not data or len(data) % unit != 0
        return 0 if is_malformed else price(data)

    return gas


_prague_modexp_gas = _PRAGUE.precompiles[(5).to_bytes(20, "big")].gas


def _isthmus_modexp_gas(data: bytes) -> int:
    """EIP-2565; a base or modulus whose length exceeds 64 bits fails as what it is, whatever the gas (revm)."""
    base, _, modulus, _ = modexp_sizes(data)
    return _prague_modexp_gas(b"" if max(base, modulus) >> 64 else data)


_ISTHMUS_PRECOMPILES = with_precompiles(
    _PRAGUE.precompiles,
    PrecompileChange(0x05, gas=_isthmus_modexp_gas),
    PrecompileChange(0x08, input_limit=112_687),
    PrecompileChange(0x09, gas=_free_if_malformed(0x09, 213, is_exact=True)),
    PrecompileChange(0x0C, gas=_free_if_malformed(0x0C, 160), input_limit=513_760),
    PrecompileChange(0x0E, gas=_free_if_malformed(0x0E, 288), input_limit=488_448),
    PrecompileChange(0x0F, gas=_free_if_malformed(0x0F, 384), input_limit=235_008),
)
"""OP Stack specification, "Isthmus: Precompiles" and "Granite": longer inputs fail."""
_OSAKA = EVM_RULES[Hardfork.OSAKA]
_modexp_gas = _OSAKA.precompiles[(5).to_bytes(20, "big")].gas


def _mega_modexp_gas(data: bytes) -> int:
    """EIP-7883; operands beyond EIP-7823's bound fail as what they are, whatever the gas, and nothing to any power
    modulo nothing is found without calculating (revm).
    """
    assert _OSAKA.modexp_limit is not None
    base, exponent, modulus, _ = modexp_sizes(data)
    if max(base, exponent, modulus) > _OSAKA.modexp_limit or not (base or modulus):
        return SMALLEST_MODEXP_GAS
    return _modexp_gas(data)


_MEGA_PRECOMPILES = with_precompiles(
    _ISTHMUS_PRECOMPILES,
    PrecompileChange(0x05, gas=_mega_modexp_gas),
    PrecompileChange(0x0A, gas=lambda data: 100_000),
)

_REX5 = MegaRules(Model.REX5, _PRAGUE.opcodes, _MEGA_PRECOMPILES, _OSAKA.modexp_limit)
_REX4 = replace(
    _REX5,
    model=Model.REX4,
    stipend=Stipend.INFLATED,
    dynamic_at_validation=False,
    quirky_calls=frozenset({"CALL", "STATICCALL", "DELEGATECALL", "CALLCODE"}),
    quirky_self_destruct=False,
    quirky_delegates=True,
    sees_through_delegation=True,
    counts_stipend=False,
    marks_counted=False,
    meters_failed_precompiles=False,
    counts_new_authorities=False,
    counts_new_callers=False,
    charges_new_beneficiary=False,
    checks_system=False,
    deploys_in_budget=False,
    loses_loaded=True,
    counts_hints=False,
    skips_deep_calls=False,
    prices_by_state_nonce=False,
    expands_before_create=False,
    undoes_unpaid_code=False,
)
_REX6 = replace(
    _REX5,
    model=Model.REX6,
    empty_log_size=32,
    quirky_calls=frozenset({"CALL", "STATICCALL", "DELEGATECALL", "CALLCODE"}),
    keeps_creator=True,
    settles_unstarted=True,
    applied_authorities=True,
    exempts_system=True,
    counts_fee_recipients=True,
    counts_existing_beneficiary=True,
    counts_self_transfer_once=True,
    grows_by_empty_only=True,
    delegates_are_volatile=True,
    drops_hints_when_disabled=True,
    rescues_keyless_overhead=True,
    misses_destroyed=True,
)
MEGA_RULES: Final[dict[Model, MegaRules]] = {Model.REX4: _REX4, Model.REX5: _REX5, Model.REX6: _REX6}
"""By spec. ``Model.ISTHMUS`` has none of this: only its precompiles differ from Ethereum's."""
ISTHMUS_PRECOMPILES: Final = _ISTHMUS_PRECOMPILES
