"""What the precompiles compute. Prices are in ``evm.rules``; each function here takes the input and answers the output,
or None where the call fails and burns its gas.

The cheap and frequent ones (ecrecover, hashes, identity, MODEXP, P256VERIFY) and KZG are done on the spot; curves
(bn254, BLS12-381) and BLAKE2F come from py-evm, which is imported when one of them is first called: it takes most of a
second and few chains ever call them. In pure Python a pairing takes seconds (bn254 0.7 s a pair, BLS12-381 1.5 s).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from megadev.chain.blobs import trusted_setup
from megadev.evm.engines.depth import recursion_limit_kept
from megadev.evm.engines.p256 import verify as p256_verify
from megadev.evm.rules import modexp_sizes
from megadev.primitives.signatures import recover

Answer = bytes | None
_TRUE = (1).to_bytes(32, "big")


def ecrecover(data: bytes) -> Answer:
    """0x01: the address that signed, as a word; b'' where nobody can have."""
    data = data[:128].ljust(128, b"\0")
    v = int.from_bytes(data[32:64], "big")
    if v not in (27, 28):
        return b""
    r, s = int.from_bytes(data[64:96], "big"), int.from_bytes(data[96:128], "big")
    address = recover(data[:32], v - 27, r, s)
    return b"" if address is None else bytes(12) + address


def sha256(data: bytes) -> Answer:
    """0x02."""
    return hashlib.sha256(data).digest()


def ripemd160(data: bytes) -> Answer:
    """0x03: 20 bytes, as a word. pycryptodome where OpenSSL has retired the hash."""
    try:
        digest = hashlib.new("ripemd160", data).digest()
    except ValueError:
        from Crypto.Hash import RIPEMD160

        digest = RIPEMD160.new(data).digest()
    return bytes(12) + digest


def identity(data: bytes) -> Answer:
    """0x04."""
    return data


def modexp(data: bytes, limit: int | None) -> Answer:
    """0x05 (EIP-198); ``limit`` is the longest operand in bytes (EIP-7823)."""
    base_size, exponent_size, modulus_size, _ = modexp_sizes(data)
    if limit is not None and max(base_size, exponent_size, modulus_size) > limit:
        return None
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
    return _TRUE if p256_verify(data[:32], r, s, x, y) else b""


_BLS_MODULUS = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
_KZG_SUCCESS = (4096).to_bytes(32, "big") + _BLS_MODULUS.to_bytes(32, "big")


def kzg_point_evaluation(data: bytes) -> Answer:
    """0x0a (EIP-4844): field elements per blob and the BLS modulus, if the proof holds."""
    if len(data) != 192:
        return None
    commitment = data[96:144]
    if data[:32] != b"\x01" + hashlib.sha256(commitment).digest()[1:]:
        return None
    from ckzg import verify_kzg_proof

    try:
        holds = verify_kzg_proof(commitment, data[32:64], data[64:96], data[144:], trusted_setup())
    except (RuntimeError, ValueError):
        return None
    return _KZG_SUCCESS if holds else None


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
    "ECREC": ecrecover,
    "SHA256": sha256,
    "RIPEMD160": ripemd160,
    "ID": identity,
    "BN254_ADD": _from_py_evm("ecadd"),
    "BN254_MUL": _from_py_evm("ecmul"),
    "BN254_PAIRING": _from_py_evm("ecpairing"),
    "BLAKE2F": _from_py_evm("blake2b_fcompress"),
    "KZG_POINT_EVALUATION": kzg_point_evaluation,
    "BLS12_G1ADD": _from_py_evm("bls12_g1_add"),
    "BLS12_G1MSM": _from_py_evm("bls12_g1_msm"),
    "BLS12_G2ADD": _from_py_evm("bls12_g2_add"),
    "BLS12_G2MSM": _from_py_evm("bls12_g2_msm"),
    "BLS12_PAIRING_CHECK": _from_py_evm("bls12_pairing_check"),
    "BLS12_MAP_FP_TO_G1": _from_py_evm("bls12_map_fp_to_g1"),
    "BLS12_MAP_FP2_TO_G2": _from_py_evm("bls12_map_fp2_to_g2"),
    "P256VERIFY": p256verify,
}
"""By EIP-7910 name. MODEXP is missing: it depends on the hardfork's ``modexp_limit``."""


def functions(modexp_limit: int | None) -> dict[str, Callable[[bytes], Answer]]:
    """Every precompile's function by name, under a hardfork's MODEXP bound."""
    return FUNCTIONS | {"MODEXP": lambda data: modexp(data, modexp_limit)}
