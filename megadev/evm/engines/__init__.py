"""The engines: the only place that may import a third-party EVM, and the only one where its types are seen.

Start at ``python`` (the engines of our own). Each of these is built on those before it: ``journal`` (state during a
transaction), ``frames`` (call frames, how they begin and end), ``bytecode`` (what is known of code before it runs),
``operations`` (the opcodes outside the loop), ``traces`` (hot code, compiled), ``loop`` and ``envelope`` (a transaction
from first check to diff). ``py_evm`` runs the same envelope over py-evm's loop, ``native`` over native code.
"""

from __future__ import annotations

from megadev.chain.spec import ChainSpec, Model
from megadev.errors import ConfigError
from megadev.evm.engine import Engine


def open_engine(name: str, spec: ChainSpec) -> Engine:
    """The engine that the setting ``engine`` names. Only the requested one is imported."""
    if spec.model is not Model.ETHEREUM and name == "py-evm":
        raise ConfigError(
            f"--engine {name} does not run MegaETH's rules ({spec.model.label}): use auto, compiled or interpreter, or "
            "choose Ethereum's with --hardfork prague"
        )
    if name == "py-evm":
        from megadev.evm.engines.py_evm import PyEvmEngine

        return PyEvmEngine(spec)
    if name == "compiled":
        from megadev.evm.engines.native.tier import shared

        shared().require()
    from megadev.evm.engines.python import IsthmusEngine, MegaEngine, PythonEngine

    if spec.is_metered:
        return MegaEngine(spec, name)
    return PythonEngine(spec, name) if spec.model is Model.ETHEREUM else IsthmusEngine(spec, name)
