"""Every exception megadev raises on purpose, in one tree.

    MegadevError
    ├── ConfigError                     a flag, variable or file that cannot be used; the CLI exits 2
    ├── InvalidParams                   a caller's argument that cannot be understood
    ├── NotFound                        a block, filter or subscription that does not exist
    │   ├── UnknownBlock
    │   ├── UnknownFilter
    │   ├── ResourceNotFound            known to be nowhere, where clients look for EIP-1474's own code
    │   └── SlotNotFound                no storage word decides a token's answer
    ├── MethodUnavailable               known to clients, not offered here (or not on this transport)
    ├── UndecodableTransaction          bytes that are no transaction
    ├── InvalidTransaction              well formed, but this chain refuses it now
    │   ├── WrongChainId                ├── NonceTooLow
    │   ├── UnsupportedTransactionType  ├── NonceTooHigh
    │   ├── IntrinsicGasTooLow          ├── InsufficientFunds
    │   ├── GasLimitTooHigh             ├── FeeCapBelowBaseFee
    │   ├── TipAboveFeeCap              ├── BlobFeeCapTooLow
    │   ├── InitcodeTooLarge            ├── SenderHasCode
    │   ├── MalformedTransaction        ├── NonceOverflow
    │   ├── ConditionNotMet
    │   └── PoolRejection
    │       ├── AlreadyKnown
    │       ├── ReplacementUnderpriced
    │       └── PoolFull
    ├── UnknownSigner                   no key here for that address
    ├── ExecutionReverted               a call ended in REVERT (carries the return data)
    ├── TransactionFailed               a mined transaction failed, and its sender is to be told so (Hardhat's way)
    ├── ExecutionHalted                 a call ended exceptionally (out of gas, invalid opcode…)
    ├── NotTraceable                    a block that nothing came before
    ├── GasAllowanceExceeded            an estimate found no gas limit that suffices
    ├── ReceiptTimeout                  a *Sync method gave up waiting
    │   └── RealtimeExpired             the same, as MegaETH says it
    ├── NotReady                        a *Sync method did not wait: the transaction cannot be executed yet
    │   └── NonceGap
    ├── NonceTimeout                    eth_callAfter gave up waiting
    ├── SequencerStopped                a block is asked for while the sequencer is paused or crashed
    ├── SequencerUnavailable            it crashed: nobody takes transactions, or answers at all
    ├── LimitExceeded                   a client asked for more than it may have
    ├── OverrideRefused                 state that a call may not pretend
    ├── SimulationError                 eth_simulateV1 met what a chain could not contain
    │   ├── SimulatedBlockOutOfOrder    ├── SimulationTooLarge
    │   ├── SimulatedTimeOutOfOrder     └── SimulatedTransactionRefused
    ├── ReloadRefused                   contracts that cannot be reloaded as asked
    ├── StateUnavailable                state that a source could not supply
    │   ├── UpstreamFailed              the node that is forked did not answer, or not with what was asked for
    │   ├── NotInBundle                 an offline bundle does not hold it
    │   └── NotFetchedYet               it can be had, but not by waiting for it on this thread
    ├── UpstreamRefused                 the node that is forked answered with an error (carries code and data)
    └── EngineFault                     a defect below the engine seam

Messages say what happened first and end with what to do, where something can be done. Which JSON-RPC code each one
answers with is decided in one place, ``rpc/errors.py``, and a test walks this tree to see that it is total.
"""

from __future__ import annotations

from collections.abc import Callable


class MegadevError(Exception):
    """Base of all errors megadev raises on purpose."""


class ConfigError(MegadevError):
    """A setting that cannot be used as given."""


class InvalidParams(MegadevError):
    """An argument that cannot be understood; nothing was changed."""


class NotFound(MegadevError):
    """The thing asked for does not exist."""


class UnknownBlock(NotFound):
    """A block number, hash or tag that names no block of this chain."""


class UnknownFilter(NotFound):
    """A filter or subscription id that was never given out, was removed, or has expired."""


class ResourceNotFound(NotFound):
    """What was asked for exists nowhere; for methods whose clients expect EIP-1474's code for that."""


class SlotNotFound(NotFound):
    """No storage word of a token decides a balance or an allowance alone; nothing was changed."""


class MethodUnavailable(MegadevError):
    """A method that clients know and this node, or this transport, does not offer."""


class UndecodableTransaction(MegadevError):
    """Bytes that are no transaction."""


class InvalidTransaction(MegadevError):
    """A well-formed transaction that this chain refuses in its present state."""


class MalformedTransaction(InvalidTransaction):
    """Fields that contradict each other or a consensus rule that needs no state."""


class WrongChainId(InvalidTransaction):
    """Signed for another chain (EIP-155)."""


class UnsupportedTransactionType(InvalidTransaction):
    """A type (EIP-2718) that the active rules do not know."""


class IntrinsicGasTooLow(InvalidTransaction):
    """The gas limit does not cover what the transaction costs before it runs (or its EIP-7623 floor)."""


class GasLimitTooHigh(InvalidTransaction):
    """The gas limit exceeds the block's, or the EIP-7825 cap where that is in force."""


class TipAboveFeeCap(InvalidTransaction):
    """maxPriorityFeePerGas exceeds maxFeePerGas (EIP-1559)."""


class FeeCapBelowBaseFee(InvalidTransaction):
    """maxFeePerGas or gasPrice is below the block's base fee (EIP-1559)."""


class BlobFeeCapTooLow(InvalidTransaction):
    """maxFeePerBlobGas is below the blob base fee (EIP-4844)."""


class InitcodeTooLarge(InvalidTransaction):
    """Creation code over the limit (EIP-3860)."""


class SenderHasCode(InvalidTransaction):
    """The sender is a contract (EIP-3607) without an EIP-7702 delegation."""


class NonceTooLow(InvalidTransaction):
    """The nonce was used already."""


class NonceTooHigh(InvalidTransaction):
    """The nonce is ahead of the account's next one."""


class NonceOverflow(InvalidTransaction):
    """The sender's nonce is at 2**64 - 1 (EIP-2681)."""


class InsufficientFunds(InvalidTransaction):
    """The balance does not cover gas limit × fee cap + value (+ blob gas × blob fee cap)."""


class ConditionNotMet(InvalidTransaction):
    """The transaction came with a condition that the chain does not fulfil (ERC-7796)."""


class PoolRejection(InvalidTransaction):
    """The txpool's own reasons to refuse a transaction."""


class AlreadyKnown(PoolRejection):
    """The same transaction is in the pool or on the chain."""


class ReplacementUnderpriced(PoolRejection):
    """A transaction with that sender and nonce waits, and the new one does not pay 10 % more."""


class PoolFull(PoolRejection):
    """The pool, or the sender's share of it, is full."""


class UnknownSigner(MegadevError):
    """No private key is held for the address."""


class ExecutionReverted(MegadevError):
    """A call ended in REVERT; ``data`` is its return data, ``reason`` what it says in words ('' if nothing)."""

    def __init__(self, data: bytes, reason: str = "") -> None:
        super().__init__(f"execution reverted: {reason}" if reason else "execution reverted")
        self.data = data
        self.reason = reason


class TransactionFailed(MegadevError):
    """A transaction was mined and failed. ``data``: what it returned; the message is in Hardhat's words."""

    def __init__(self, tx_hash: bytes, message: str, data: bytes) -> None:
        super().__init__(message)
        self.tx_hash = tx_hash
        self.data = data


class ExecutionHalted(MegadevError):
    """A call ended exceptionally; ``reason`` is the engine-independent name of the halt ('out of gas', …), ``note``
    what else is to be said of it.
    """

    def __init__(self, reason: str, note: str = "") -> None:
        super().__init__(f"{reason}: {note}" if note else reason)
        self.reason = reason


class NotTraceable(MegadevError):
    """A block whose transactions cannot be run again: there is no state before the first one."""


class GasAllowanceExceeded(MegadevError):
    """No gas limit up to ``allowance`` lets the transaction succeed; ``note`` says what else bounded it."""

    def __init__(self, allowance: int, note: str = "") -> None:
        super().__init__(f"gas required exceeds allowance ({allowance})" + (f": {note}" if note else ""))
        self.allowance = allowance


class ReceiptTimeout(MegadevError):
    """A *Sync method's transaction was accepted but not included in time; ``tx_hash`` names it (EIP-7966)."""

    def __init__(self, tx_hash: bytes, timeout_ms: int) -> None:
        super().__init__(f"the transaction was added to the txpool but not included within {timeout_ms} ms")
        self.tx_hash = tx_hash
        self.timeout_ms = timeout_ms


class RealtimeExpired(ReceiptTimeout):
    """The same in MegaETH's words, which leave open what becomes of the transaction."""

    def __init__(self, tx_hash: bytes, timeout_ms: int) -> None:
        super().__init__(tx_hash, timeout_ms)
        self.args = ("realtime transaction expired",)


class NotReady(MegadevError):
    """A *Sync method's transaction was accepted but cannot be executed yet; ``tx_hash`` names it (EIP-7966)."""

    def __init__(self, tx_hash: bytes, reason: str) -> None:
        super().__init__(f"the transaction was added to the txpool but not processed: {reason}")
        self.tx_hash = tx_hash


class NonceGap(NotReady):
    """It waits for others of its sender: ``expected`` is the nonce that comes first."""

    def __init__(self, tx_hash: bytes, nonce: int, expected: int) -> None:
        super().__init__(tx_hash, f"nonce gap: expected nonce {expected}, tx nonce {nonce}")
        self.expected = expected


class NonceTimeout(MegadevError):
    """An account's nonce did not get where a call waited for it."""


class SequencerStopped(MegadevError):
    """What was asked for needs blocks to be built, and the sequencer was told not to."""


class SequencerUnavailable(MegadevError):
    """A gateway cannot forward a request: the sequencer crashed."""


class LimitExceeded(MegadevError):
    """A client has as much already, or asks as often, as it may."""


class OverrideRefused(MegadevError):
    """State overrides that contradict each other, or move what is no precompile."""


class SimulationError(MegadevError):
    """Simulated blocks that no chain could contain (eth_simulateV1)."""


class SimulatedBlockOutOfOrder(SimulationError):
    """A simulated block's number is not above its parent's."""


class SimulatedTimeOutOfOrder(SimulationError):
    """A simulated block's timestamp is not above its parent's."""


class SimulationTooLarge(SimulationError):
    """More blocks than one simulation may have."""


class SimulatedTransactionRefused(SimulationError):
    """A simulated call could not be a transaction: ``reason`` says why, the rest which one (``index`` in its block)."""

    def __init__(self, reason: InvalidTransaction, block_number: int, index: int) -> None:
        super().__init__(f"{reason} (simulated block {block_number}, call {index})")
        self.reason = reason
        self.block_number = block_number
        self.index = index


class ReloadRefused(MegadevError):
    """A reload that cannot be done as asked; nothing was changed."""


class StateUnavailable(MegadevError):
    """A state source could not supply an account, slot, code or block hash."""


class UpstreamFailed(StateUnavailable):
    """The node that is forked could not be asked, or did not answer with what was asked for; nothing was changed.
    ``is_reorganised``: it says that it does not have the forked block.
    """

    def __init__(self, message: str, *, is_reorganised: bool = False) -> None:
        super().__init__(message)
        self.is_reorganised = is_reorganised


class NotInBundle(StateUnavailable):
    """An offline bundle is all there is, and does not hold what was asked for."""


class NotFetchedYet(StateUnavailable):
    """Something is to be fetched first, and this thread may not wait for it: call ``fetch`` on one that may (it raises
    ``StateUnavailable``), and try again. Nothing was changed.
    """

    def __init__(self, what: str, fetch: Callable[[], object] = lambda: None) -> None:
        super().__init__(f"not fetched from the forked node yet: {what}")
        self.fetch = fetch


class UpstreamRefused(MegadevError):
    """The node that is forked answered with an error of its own: JSON-RPC ``code`` and, if any, ``data``."""

    def __init__(self, message: str, code: int = -32000, data: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data


class EngineFault(MegadevError):
    """A defect below the engine seam: never the transaction's fault."""
