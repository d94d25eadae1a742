"""The engine megadev runs by default: Ethereum's rules in Python, in our own run loop.

Why our own and not py-evm's: every preconfirmation waits for it. Measured side by side, an ERC-20 transfer takes 64 µs
here and about 1 ms in py-evm's loop over the same journal, and importing py-evm takes most of a second of a node's
start. py-evm stays as the other engine and as the oracle that this one is tested against, case by case and on random
programs.
"""

from __future__ import annotations

from msgspec.structs import replace

from megadev import __version__
from megadev.chain.admission import check_nonce, check_sender_code
from megadev.chain.spec import ChainSpec
from megadev.errors import InvalidTransaction
from megadev.evm.engine import BlockEnv, EngineInfo, Rules, TxEnv
from megadev.evm.engines.envelope import Envelope
from megadev.evm.engines.journal import Journal
from megadev.evm.engines.mega.envelope import MegaEnvelope, check_environment
from megadev.evm.engines.native.loop import NativeLoop, NativeMegaLoop
from megadev.evm.mega_rules import ISTHMUS_PRECOMPILES
from megadev.primitives.types import EMPTY_CODE_HASH
from megadev.state.account import Account


class PythonEngine(Envelope):
    """Runs every hardfork megadev knows: called ``auto`` or ``compiled``, natively where that can be had; otherwise in
    Python."""

    def __init__(self, spec: ChainSpec, name: str = "interpreter") -> None:
        super().__init__(spec)
        self.info = EngineInfo(name, __version__)
        if name in ("auto", "compiled"):
            self.machine = NativeLoop


class IsthmusEngine(PythonEngine):
    """The Python engine for an OP Stack chain: its precompiles, and its order of checks."""

    keeps_last_nonce = True

    def __init__(self, spec: ChainSpec, name: str = "interpreter") -> None:
        super().__init__(spec, name)
        self.rules = replace(self.rules, precompiles=ISTHMUS_PRECOMPILES)

    def _check(self, block: BlockEnv, tx: TxEnv, account: Account, journal: Journal, rules: Rules) -> tuple[int, int]:
        """The environment first, then gas, then what the sender's account says."""
        if tx.is_deposit and tx.is_system:
            raise InvalidTransaction("deposits can no longer be system transactions (OP Stack specification, Regolith)")
        check_environment(self.spec, block, tx, rules)
        floor = self._check_gas(block, tx, rules)
        if rules.check_sender_code and account.code_hash != EMPTY_CODE_HASH:
            check_sender_code(tx.sender, journal.code(tx.sender))
        if rules.check_nonce and tx.nonce != account.nonce:
            check_nonce(tx.sender, tx.nonce, account.nonce)
        self._check_funds(block, tx, account, 0, rules)
        return floor


class MegaEngine(MegaEnvelope):
    """The Python engine under MegaETH's rules."""

    def __init__(self, spec: ChainSpec, name: str = "interpreter") -> None:
        super().__init__(spec)
        self.info = EngineInfo(name, __version__)
        if name in ("auto", "compiled"):
            self.machine = NativeMegaLoop
