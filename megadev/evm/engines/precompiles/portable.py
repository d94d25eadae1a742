"""The costly precompiles in Python: what runs where ``native`` cannot, and what it is held against.

Curves (bn254, BLS12-381) and BLAKE2F come from py-evm, which takes most of a second to import. A pairing takes seconds
(bn254 0.7 s a pair, BLS12-381 1.5 s).
"""

from __future__ import annotations

from collections.abc import Callable

from megadev.evm.engines.depth import recursion_limit_kept
from megadev.evm.engines.precompiles.p256 import verify
from megadev.evm.rules import modexp_sizes

Answer = bytes | None
"""The output, or None where the call fails and burns its gas."""

VALID_SIGNATURE = (1).to_bytes(32, "big")


def modexp(data: bytes) -> Answer:
    """0x05 (EIP-198)."""
    base_size, exponent_size, modulus_size, _ = modexp_sizes(data)
    if base_size == 0 and modulus_size == 0:
        return b""

    def operand(start: int, size: int) -> int:
        return int.from_bytes(data[start : start + size].ljust(size, b"\0"), "big")

    base = operand(96, base_size)
    exponent = operand(96 + base_size, exponent_size)
    modulus = operand(96 + base_size + exponent_size, modulus_size)
    return (pow(base, exponent, modulus) if modulus else 0).to_bytes(modulus_size, "big")


def p256verify(data: bytes) -> Answer:
    """0x100 (EIP-7951): a word of 1 for a valid signature, b'' for anything else."""
    if len(data) != 160:
        return b""
    r, s, x, y = (int.from_bytes(data[i : i + 32], "big") for i in (32, 64, 96, 128))
    return VALID_SIGNATURE if verify(data[:32], r, s, x, y) else b""


class _PyEvmCall:
    """The little of a py-evm computation that its precompiles look at; gas is charged by our tables."""

    def __init__(self, data: bytes) -> None:
        self.msg = self
        self.data = self.data_as_bytes = data
        self.output = b""

    def consume_gas(self, amount: int, reason: str) -> None:
        """Paid already."""


def _from_py_evm(name: str) -> Callable[[bytes], Answer]:
    def run(data: bytes) -> Answer:
        with recursion_limit_kept():
            from eth import precompiles
            from eth.exceptions import VMError

        call = _PyEvmCall(data)
        try:
            getattr(precompiles, name)(call)
        except VMError:
            return None
        return call.output

    return run


FUNCTIONS: dict[str, Callable[[bytes], Answer]] = {
    "MODEXP": modexp,
    "BN254_ADD": _from_py_evm("ecadd"),
    "BN254_MUL": _from_py_evm("ecmul"),
    "BN254_PAIRING": _from_py_evm("ecpairing"),
    "BLAKE2F": _from_py_evm("blake2b_fcompress"),
    "BLS12_G1ADD": _from_py_evm("bls12_g1_add"),
    "BLS12_G1MSM": _from_py_evm("bls12_g1_msm"),
    "BLS12_G2ADD": _from_py_evm("bls12_g2_add"),
    "BLS12_G2MSM": _from_py_evm("bls12_g2_msm"),
    "BLS12_PAIRING_CHECK": _from_py_evm("bls12_pairing_check"),
    "BLS12_MAP_FP_TO_G1": _from_py_evm("bls12_map_fp_to_g1"),
    "BLS12_MAP_FP2_TO_G2": _from_py_evm("bls12_map_fp2_to_g2"),
    "P256VERIFY": p256verify,
}
