"""The EVM's rules of each hardfork, as tables: which opcodes exist (``opcodes``), the addresses of precompiles and
their charges. Engines run by these tables; what ``eth_config`` says of precompiles stands in ``chain.config``.

Prices here are complete; what a precompile computes belongs to the engines.

MegaETH's specs are rows of ``mega_rules``: ``ChainSpec.model`` (``isthmus``, ``rex4``, ``rex5``, ``rex6``) names one,
``ChainSpec.limits`` are what a transaction and a block may use. What a block knows beyond Ethereum's comes as
``BlockEnv.mega`` (system address, capacities of state buckets, the oracle's source), what was used as
``GasReport.meters``. A system contract whose calls the engine answers itself is a row of ``mega_rules.INTERCEPTED``.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from megadev.chain.spec import Hardfork
from megadev.evm.gas import INITCODE_WORD
from megadev.evm.opcodes import names_at
from megadev.primitives.types import Address

CALL_DEPTH_LIMIT = 1024


def _words(data: bytes) -> int:
    return (len(data) + 31) // 32


def _fixed(price: int) -> Callable[[bytes], int]:
    return lambda data: price


def _per_word(base: int, word: int) -> Callable[[bytes], int]:
    return lambda data: base + word * _words(data)


def _bn254_pairing_gas(data: bytes) -> int:
    return 45_000 + 34_000 * (len(data) // 192)


def _blake2f_gas(data: bytes) -> int:
    return int.from_bytes(data[:4], "big") if len(data) == 213 else 0


def modexp_sizes(data: bytes) -> tuple[int, int, int, int]:
    """Lengths in bytes of base, exponent and modulus, and the exponent's first 32 bytes as a number (EIP-198)."""
    head = data[:96].ljust(96, b"\0")
    base, exponent, modulus = (int.from_bytes(head[i : i + 32], "big") for i in (0, 32, 64))
    start, width = 96 + base, min(exponent, 32)
    return base, exponent, modulus, int.from_bytes(data[start : start + width].ljust(width, b"\0"), "big")


def _modexp_gas_berlin(data: bytes) -> int:
    """EIP-2565."""
    base, exponent, modulus, head = modexp_sizes(data)
    bits = max(head.bit_length() - 1, 0)
    iterations = max(bits if exponent <= 32 else 8 * (exponent - 32) + bits, 1)
    return max(200, ((max(base, modulus) + 7) // 8) ** 2 * iterations // 3)


def _modexp_gas_osaka(data: bytes) -> int:
    """EIP-7883."""
    base, exponent, modulus, head = modexp_sizes(data)
    bits = max(head.bit_length() - 1, 0)
    iterations = max(bits if exponent <= 32 else 16 * (exponent - 32) + bits, 1)
    longest = max(base, modulus)
    return max(500, (16 if longest <= 32 else 2 * ((longest + 7) // 8) ** 2) * iterations)


# EIP-2537's discounts in thousandths, for 1, 2, 3 … pairs; the last one holds for all longer inputs.
_G1_DISCOUNTS = (
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677, 673, 669, 665, 661, 658, 654,
    651, 648, 645, 642, 640, 637, 635, 632, 630, 627, 625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604,
    603, 601, 599, 598, 596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576, 575, 574,
    573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 551,
    550, 549, 548, 547, 547, 546, 545, 544, 543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532,
    532, 531, 530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
)  # fmt: skip
_G2_DISCOUNTS = (
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717, 711, 704, 699, 693, 688,
    683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646, 643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618,
    615, 613, 611, 609, 607, 606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582, 580,
    579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562, 561, 560, 559, 558, 557, 556, 555,
    554, 553, 552, 552, 551, 550, 549, 548, 547, 546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537,
    536, 535, 535, 534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
)  # fmt: skip


def _msm(pair: int, price: int, discounts: tuple[int, ...]) -> Callable[[bytes], int]:
    def gas(data: bytes) -> int:
        pairs = len(data) // pair
        return pairs * price * discounts[min(pairs, len(discounts)) - 1] // 1000 if pairs else 0

    return gas


def _bls_pairing_gas(data: bytes) -> int:
    return 37_700 + 32_600 * (len(data) // 384)


class Precompile(msgspec.Struct, frozen=True):
    """A contract without code. ``name`` as EIP-7910 spells it; ``gas`` prices an input before it is looked at. An input
    of more than ``input_limit`` bytes makes it fail.
    """

    name: str
    address: Address
    gas: Callable[[bytes], int]
    input_limit: int | None = None


def _at(number: int, name: str, gas: Callable[[bytes], int]) -> Precompile:
    return Precompile(name, number.to_bytes(20, "big"), gas)


_LONDON_PRECOMPILES = (
    _at(0x01, "ECREC", _fixed(3000)),
    _at(0x02, "SHA256", _per_word(60, 12)),
    _at(0x03, "RIPEMD160", _per_word(600, 120)),
    _at(0x04, "ID", _per_word(15, 3)),
    _at(0x05, "MODEXP", _modexp_gas_berlin),
    _at(0x06, "BN254_ADD", _fixed(150)),
    _at(0x07, "BN254_MUL", _fixed(6000)),
    _at(0x08, "BN254_PAIRING", _bn254_pairing_gas),
    _at(0x09, "BLAKE2F", _blake2f_gas),
)
_CANCUN_ADDITIONS = (_at(0x0A, "KZG_POINT_EVALUATION", _fixed(50_000)),)
_PRAGUE_ADDITIONS = (
    _at(0x0B, "BLS12_G1ADD", _fixed(375)),
    _at(0x0C, "BLS12_G1MSM", _msm(160, 12_000, _G1_DISCOUNTS)),
    _at(0x0D, "BLS12_G2ADD", _fixed(600)),
    _at(0x0E, "BLS12_G2MSM", _msm(288, 22_500, _G2_DISCOUNTS)),
    _at(0x0F, "BLS12_PAIRING_CHECK", _bls_pairing_gas),
    _at(0x10, "BLS12_MAP_FP_TO_G1", _fixed(5500)),
    _at(0x11, "BLS12_MAP_FP2_TO_G2", _fixed(23_800)),
    # not Ethereum's Prague, but every rollup's (RIP-7212): wallets test for it
    _at(0x100, "P256VERIFY", _fixed(3450)),
)
_OSAKA_CHANGES = (
    _at(0x05, "MODEXP", _modexp_gas_osaka),
    _at(0x100, "P256VERIFY", _fixed(6900)),
)


def _by_address(*tables: tuple[Precompile, ...]) -> dict[Address, Precompile]:
    return {precompile.address: precompile for table in tables for precompile in table}


class PrecompileChange(msgspec.Struct, frozen=True):
    """A precompile that differs in another rule set: in its price, or its longest input."""

    number: int
    gas: Callable[[bytes], int] | None = None
    input_limit: int | None = None


def with_precompiles(table: dict[Address, Precompile], *changes: PrecompileChange) -> dict[Address, Precompile]:
    """``table`` with some rows changed."""
    changed = dict(table)
    for change in changes:
        old = table[change.number.to_bytes(20, "big")]
        limit = old.input_limit if change.input_limit is None else change.input_limit
        changed[old.address] = Precompile(old.name, old.address, change.gas or old.gas, limit)
    return changed


class EvmRules(msgspec.Struct, frozen=True):
    """The EVM of one hardfork.

    ``opcodes``: mnemonic by opcode, only those that exist. ``modexp_limit``: the longest MODEXP operand in bytes
    (EIP-7823), None for no limit. ``warm_coinbase``: who is paid is warm from the start (EIP-3651). ``initcode_word``:
    gas for each word of creation code (EIP-3860). ``destroys_all``: SELFDESTRUCT removes contracts of any age, as
    before EIP-6780. ``delegates``: code may name another account's (EIP-7702).
    """

    hardfork: Hardfork
    opcodes: dict[int, str]
    precompiles: dict[Address, Precompile]
    modexp_limit: int | None = None
    warm_coinbase: bool = True
    initcode_word: int = INITCODE_WORD
    destroys_all: bool = False
    delegates: bool = True


_LONDON = EvmRules(
    Hardfork.LONDON,
    names_at(Hardfork.LONDON),
    _by_address(_LONDON_PRECOMPILES),
    warm_coinbase=False,
    initcode_word=0,
    destroys_all=True,
    delegates=False,
)
_PARIS = replace(_LONDON, hardfork=Hardfork.PARIS, opcodes=names_at(Hardfork.PARIS))
_SHANGHAI = replace(
    _PARIS,
    hardfork=Hardfork.SHANGHAI,
    opcodes=names_at(Hardfork.SHANGHAI),
    warm_coinbase=True,
    initcode_word=INITCODE_WORD,
)
_CANCUN = replace(
    _SHANGHAI,
    hardfork=Hardfork.CANCUN,
    opcodes=names_at(Hardfork.CANCUN),
    precompiles=_by_address(_LONDON_PRECOMPILES, _CANCUN_ADDITIONS),
    destroys_all=False,
)
_PRAGUE = replace(
    _CANCUN,
    hardfork=Hardfork.PRAGUE,
    opcodes=names_at(Hardfork.PRAGUE),
    precompiles=_by_address(_LONDON_PRECOMPILES, _CANCUN_ADDITIONS, _PRAGUE_ADDITIONS),
    delegates=True,
)
_OSAKA = replace(
    _PRAGUE,
    hardfork=Hardfork.OSAKA,
    opcodes=names_at(Hardfork.OSAKA),
    precompiles=_PRAGUE.precompiles | _by_address(_OSAKA_CHANGES),
    modexp_limit=1024,
)
EVM_RULES: dict[Hardfork, EvmRules] = {
    rules.hardfork: rules for rules in (_LONDON, _PARIS, _SHANGHAI, _CANCUN, _PRAGUE, _OSAKA)
}
"""What each hardfork changed of the one before it."""
