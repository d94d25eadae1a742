"""The precompiles' functions, by their EIP-7910 names.

The cheap and frequent ones are done on the spot, by libraries; curves, BLAKE2F and MODEXP by ``native`` (compiled C),
or, where that cannot run, by ``portable`` (Python).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from megadev.chain.blobs import trusted_setup
from megadev.evm.engines.precompiles import native, portable
from megadev.evm.engines.precompiles.portable import Answer
from megadev.evm.rules import modexp_sizes
from megadev.primitives.signatures import recover


def ecrecover(data: bytes) -> Answer:
    """0x01: the signer's address, as a word; b'' for an invalid signature."""
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


def _costly(name: str) -> Callable[[bytes], Answer]:
    """Natively, or in Python where wasmtime cannot be used; decided at the first call."""
    portably, natively = portable.FUNCTIONS[name], native.FUNCTIONS[name]

    def run(data: bytes) -> Answer:
        runtime = native.runtime()
        return portably(data) if runtime is None else natively(runtime, data)

    return run


def _modexp(limit: int | None) -> Callable[[bytes], Answer]:
    """MODEXP whose operands may have at most ``limit`` bytes (EIP-7823). Without one, base and modulus fail where their
    lengths exceed 64 bits: Ethereum's price, which no gas pays, does not let them come here.
    """
    run = _costly("MODEXP")

    def bounded(data: bytes) -> Answer:
        base, exponent, modulus, _ = modexp_sizes(data)
        is_too_long = max(base, modulus) >> 64 if limit is None else max(base, exponent, modulus) > limit
        return None if is_too_long else run(data)

    return bounded


FUNCTIONS: dict[str, Callable[[bytes], Answer]] = {
    "ECREC": ecrecover,
    "SHA256": sha256,
    "RIPEMD160": ripemd160,
    "ID": identity,
    "KZG_POINT_EVALUATION": kzg_point_evaluation,
} | {name: _costly(name) for name in portable.FUNCTIONS if name != "MODEXP"}
"""MODEXP is missing: it depends on the hardfork's ``modexp_limit``."""


def functions(modexp_limit: int | None) -> dict[str, Callable[[bytes], Answer]]:
    """Every precompile's function by name, under a hardfork's MODEXP bound. Each answers None where the call fails."""
    return FUNCTIONS | {"MODEXP": _modexp(modexp_limit)}
