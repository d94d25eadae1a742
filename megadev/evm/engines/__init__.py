"""The engines: the only place that may import a third-party EVM, and the only one where its types are seen.

Start at ``python`` (the default engine). Each of these is built on those before it: ``journal`` (state during a
transaction), ``frames`` (call frames, how they begin and end), ``bytecode`` (what is known of code before it runs),
``operations`` (the opcodes outside the loop), ``traces`` (hot code, compiled), ``loop`` and ``envelope`` (a transaction
from first check to diff). ``py_evm`` runs the same envelope over py-evm's loop.
"""

from __future__ import annotations

from megadev.chain.spec import ChainSpec
from megadev.evm.engine import Engine


def open_engine(name: str, spec: ChainSpec) -> Engine:
    """The engine a user names: ``python`` or ``py-evm``. Only the one that is asked for is imported."""
    if name == "py-evm":
        from megadev.evm.engines.py_evm import PyEvmEngine

        return PyEvmEngine(spec)
    from megadev.evm.engines.python import PythonEngine

    return PythonEngine(spec)
