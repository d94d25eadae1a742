"""The engine that comes with megadev: Ethereum's rules in Python, with a choice of two run loops."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Literal

from megadev.chain.spec import ChainSpec
from megadev.evm.engine import EngineInfo
from megadev.evm.engines.envelope import Envelope

_FRAMES_NEEDED = 20_000
"""Python frames that 1,024 nested EVM calls may take, with room to spare. From Python 3.11 on a Python frame takes no C
stack, so a high limit is safe."""


class PyEvmEngine(Envelope):
    """Runs every hardfork megadev knows.

    ``loop``: ``fast`` is our own run loop, which leaves to py-evm only the rarer precompiles; ``py-evm`` hands every
    frame to py-evm's computation classes, ten times slower and untraceable, to compare against.

    Why the fast loop covers every opcode: falling back to py-evm for calls would cost a message, a code stream and a
    computation per frame, and importing py-evm takes most of a second of a node's start.
    """

    def __init__(self, spec: ChainSpec, *, loop: Literal["fast", "py-evm"] = "fast") -> None:
        super().__init__(spec)
        self.info = EngineInfo("py-evm", version("py-evm"), (f"{loop} loop",))
        if loop == "py-evm":
            from megadev.evm.engines.py_evm_machine import PyEvmMachine

            self.machine = PyEvmMachine
        if sys.getrecursionlimit() < _FRAMES_NEEDED:
            sys.setrecursionlimit(_FRAMES_NEEDED)
