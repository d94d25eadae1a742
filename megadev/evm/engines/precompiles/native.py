"""The costly precompiles in compiled C: ``runtime/precompiles.wasm``, run by wasmtime.

A run lets go of Python's lock. What may take long goes by steps of some milliseconds, between which Python has its
turn, so that whoever wants to end the execution can.
"""

from __future__ import annotations

import atexit
import logging
from collections import deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from megadev.evm.engines.native.host import handle_faults_first
from megadev.evm.engines.precompiles.portable import VALID_SIGNATURE, Answer
from megadev.evm.rules import modexp_sizes

MODULE = Path(__file__).parent / "runtime" / "precompiles.wasm"

# What the runtime's functions answer (words.h).
_NO, _YES, _MORE = 0, 1, 2

_KEPT_BYTES = 4 << 20
"""An instance whose memory has grown beyond this is not kept: wasm's memory never shrinks."""


class _Instance:
    """A memory and the functions over it. One thread at a time may use it."""

    def __init__(self, engine: Any, module: Any) -> None:
        import wasmtime

        self._store = wasmtime.Store(engine)
        exports = wasmtime.Instance(self._store, module, []).exports(self._store)
        self._memory: Any = exports["memory"]
        self._functions: dict[str, Any] = {export.name: exports[export.name] for export in module.exports}

    def _call(self, name: str, *arguments: int) -> int:
        return int(self._functions[name](self._store, *arguments) or 0)

    def run(self, name: str, data: bytes, answer: int, *sizes: int) -> tuple[int, bytes]:
        """Call ``name`` with the input, numbers about it, and room for an answer of so many bytes: result, and them.

        Where the runtime has ``name_start`` and ``name_step`` in its place, those.
        """
        end = (len(data) + 15) & ~7
        place = self._call("reserve", end + answer)
        self._memory.write(self._store, data, place)
        arguments = [place, *sizes]
        if answer:
            arguments.append(place + end)
        if name in self._functions:
            said = self._call(name, *arguments)
        else:
            self._call(f"{name}_start", *arguments)
            step = f"{name}_step"
            while (said := self._call(step)) == _MORE:
                pass
        return said, bytes(self._memory.read(self._store, place + end, place + end + answer)) if answer else b""

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return int(self._memory.data_len(self._store))


class Runtime:
    """The compiled module and instances at rest, for any number of threads."""

    def __init__(self) -> None:
        """Raises whatever wasmtime does where it is missing, or refuses this machine."""
        import wasmtime

        handle_faults_first()
        config = wasmtime.Config()
        config.wasm_wide_arithmetic = True
        self._engine = wasmtime.Engine(config)
        self._module = wasmtime.Module(self._engine, MODULE.read_bytes())
        self._idle: deque[_Instance] = deque()
        self._idle.append(_Instance(self._engine, self._module))

    def run(self, name: str, data: bytes, answer: int, *sizes: int) -> tuple[int, bytes]:
        """``_Instance.run`` on an instance of one's own. One that was broken off is thrown away."""
        try:
            instance = self._idle.pop()
        except IndexError:
            instance = _Instance(self._engine, self._module)
        said, output = instance.run(name, data, answer, *sizes)
        if instance.size <= _KEPT_BYTES:
            self._idle.append(instance)
        return said, output


@atexit.register
def _let_go() -> None:
    """wasmtime's objects want to be freed before the interpreter takes their module apart."""
    runtime.cache_clear()


@cache
def runtime() -> Runtime | None:
    """The runtime; None, logged once, if it is not available."""
    try:
        return Runtime()
    except Exception as error:  # no wheel, no executable memory, an unexpected version: all mean the same here
        logging.getLogger("megadev.evm").warning(
            "costly precompiles (curves, BLAKE2F, MODEXP) run in Python, which is slow: wasmtime cannot be used: %s",
            error,
        )
        return None


Function = Callable[[Runtime, bytes], Answer]


def _fixed(name: str, size: int, answer: int) -> Function:
    """An input of exactly ``size`` bytes."""

    def run(runtime: Runtime, data: bytes) -> Answer:
        if len(data) != size:
            return None
        said, output = runtime.run(name, data, answer)
        return output if said == _YES else None

    return run


def _padded(name: str, size: int, answer: int) -> Function:
    """An input that is cut or filled up with zeros to ``size`` bytes."""

    def run(runtime: Runtime, data: bytes) -> Answer:
        said, output = runtime.run(name, data[:size].ljust(size, b"\0"), answer)
        return output if said == _YES else None

    return run


def _pairing(name: str, pair: int, least: int) -> Function:
    """At least so many pairs: whether the product of their pairings is one, as a word."""

    def run(runtime: Runtime, data: bytes) -> Answer:
        if len(data) % pair or len(data) < least * pair:
            return None
        said, _ = runtime.run(name, data, 0, len(data) // pair)
        return said.to_bytes(32, "big") if said in (_NO, _YES) else None

    return run


def _sum(name: str, pair: int, answer: int) -> Function:
    """Points and scalars: the sum of their products."""

    def run(runtime: Runtime, data: bytes) -> Answer:
        if len(data) % pair or not data:
            return None
        said, output = runtime.run(name, data, answer, len(data) // pair)
        return output if said == _YES else None

    return run


def _blake2f(runtime: Runtime, data: bytes) -> Answer:
    if len(data) != 213 or data[212] > 1:
        return None
    return runtime.run("blake2f", data, 64)[1]


def _modexp(runtime: Runtime, data: bytes) -> Answer:
    base, exponent, modulus, _ = modexp_sizes(data)
    if not modulus:
        return b""
    operands = data[96 : 96 + base + exponent + modulus].ljust(base + exponent + modulus, b"\0")
    return runtime.run("modexp", operands, modulus, base, exponent, modulus)[1]


def _p256verify(runtime: Runtime, data: bytes) -> Answer:
    if len(data) != 160:
        return b""
    return VALID_SIGNATURE if runtime.run("p256_verify", data, 0)[0] == _YES else b""


FUNCTIONS: dict[str, Function] = {
    "MODEXP": _modexp,
    "BN254_ADD": _padded("bn254_add", 128, 64),
    "BN254_MUL": _padded("bn254_mul", 96, 64),
    "BN254_PAIRING": _pairing("bn254_pairing", 192, 0),
    "BLAKE2F": _blake2f,
    "BLS12_G1ADD": _fixed("bls_g1_add", 256, 128),
    "BLS12_G1MSM": _sum("bls_g1_msm", 160, 128),
    "BLS12_G2ADD": _fixed("bls_g2_add", 512, 256),
    "BLS12_G2MSM": _sum("bls_g2_msm", 288, 256),
    "BLS12_PAIRING_CHECK": _pairing("bls_pairing", 384, 1),
    "BLS12_MAP_FP_TO_G1": _fixed("bls_map_fp", 64, 128),
    "BLS12_MAP_FP2_TO_G2": _fixed("bls_map_fp2", 128, 256),
    "P256VERIFY": _p256verify,
}
"""By EIP-7910 name."""
