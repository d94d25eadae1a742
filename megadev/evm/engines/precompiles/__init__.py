"""The precompiles: contracts without code. Prices and addresses are in ``evm.rules``; here is what they compute.

``functions`` is the table by name, ``native`` the costly ones in compiled C (``runtime``), ``portable`` the same in
Python.

Why our own C and not wheels: none computes on bn254 in the precompiles' terms for every Python and platform (the one
that is pure Python is slower than py_ecc); for BLS12-381 py-arkworks-bls12381 is everywhere but lacks both maps, and
with bn254's tower there the other curve is two hundred lines more; ``gmpy2`` lacks a wheel for Intel Macs from 3.14 on,
cannot be interrupted, and keeps Python's lock; ``cryptography`` takes longer to import than a node to start. The
runtime is one file of WebAssembly for every platform, run by the wasmtime wheel that the compiled tier of the
interpreter needs anyway.
"""

from megadev.evm.engines.precompiles.functions import functions
from megadev.evm.engines.precompiles.portable import Answer

__all__ = ["Answer", "functions"]
