"""The engine megadev runs by default: Ethereum's rules in Python, in our own run loop.

Why our own and not py-evm's: every preconfirmation waits for it. Measured side by side, an ERC-20 transfer takes 64 µs
here and about 1 ms in py-evm's loop over the same journal, and importing py-evm takes most of a second of a node's
start. py-evm stays as the other engine and as the oracle that this one is tested against, case by case and on random
programs.
"""

from __future__ import annotations

from dataclasses import replace

from megadev import __version__
from megadev.chain.spec import ChainSpec, Model
from megadev.evm.engine import EngineInfo
from megadev.evm.engines.envelope import Envelope
from megadev.evm.engines.mega.envelope import MegaEnvelope
from megadev.evm.mega_rules import ISTHMUS_PRECOMPILES


class PythonEngine(Envelope):
    """Runs every hardfork megadev knows. The rarer precompiles (bn254, BLS12-381, BLAKE2F) are left to
    py-evm's.
    """

    def __init__(self, spec: ChainSpec, name: str = "interpreter") -> None:
        super().__init__(spec)
        if spec.model is Model.ISTHMUS:
            self.rules = replace(self.rules, precompiles=ISTHMUS_PRECOMPILES)
        self.info = EngineInfo(name, __version__)


class MegaEngine(MegaEnvelope):
    """The same under MegaETH's models."""

    def __init__(self, spec: ChainSpec, name: str = "interpreter") -> None:
        super().__init__(spec)
        self.info = EngineInfo(name, __version__)
