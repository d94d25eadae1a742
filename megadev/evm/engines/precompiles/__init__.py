"""The precompiles: contracts without code. Prices and addresses are in ``evm.rules``; here is what they compute.

``functions`` is the table by name, ``native`` the costly ones in compiled C (``runtime``), ``portable`` the same in
Python.

Why our own C and not wheels: for bn254 there is none, and with its tower there the other curve is two hundred lines
more, so py-arkworks-bls12381 would be a second way for half of the curves; ``gmpy2`` takes half of our time for MODEXP
of 256 bytes, but what it has begun cannot be ended, and numbers of some kilobytes take it seconds; ``cryptography``
takes longer to import than a node to start. The runtime is one file of WebAssembly for every platform, run by the
wasmtime wheel that compiled EVM code needs anyway.
"""

from megadev.evm.engines.precompiles.functions import functions
from megadev.evm.engines.precompiles.portable import Answer

__all__ = ["Answer", "functions"]
