"""Which JSON-RPC error each exception answers with: one table, one row per class of the tree in ``megadev/errors.py``.

Client libraries recognise node errors by code and by words: viem by regular expressions over the lower-cased message
(only for codes 3, -32000 and -32003), ethers by words in messages, web3.py by the code and the revert data. So a row
carries the words that must occur, and a message that lacks them gets them put in front. The words are geth's; where
those of geth are not what viem looks for (gas limit too high, unknown type), both stand in the row.

Why -32003 for what the txpool refuses: it is EIP-1474's "transaction rejected", what Anvil answers, and every client
treats it as geth's -32000. Why -32000 and not -32001 for things not found: it is geth's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from megadev import errors
from megadev.primitives.hexcodec import to_data
from megadev.rpc.envelope import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, Failure

EXECUTION_REVERTED = 3
RECEIPT_TIMEOUT = 4
NOT_READY = 5
NONCE_GAP = 6
"""EIP-7966's; the last is of its drafts."""
SERVER_ERROR = -32000
RESOURCE_NOT_FOUND = -32001
TRANSACTION_REJECTED = -32003
LIMIT_EXCEEDED = -32005
"""EIP-1474's."""
UNAUTHORIZED = 4100
"""EIP-1193's, which says it to pages."""


def failed_transaction(error: errors.TransactionFailed) -> dict[str, str]:
    """What Hardhat's clients look for in the error of a send: the return data, the transaction by both of the names
    that it had, and the message once more.
    """
    tx_hash = to_data(error.tx_hash)
    return {"message": str(error), "data": to_data(error.data), "transactionHash": tx_hash, "txHash": tx_hash}


class Row(msgspec.Struct, frozen=True):
    """How one class of exception is answered.

    ``words``: the message contains one of them (compared in lower case), or the first is put in front. ``data``: what
    goes into the error object. ``is_defect``: ours; the message is hidden and the exception reported to ``on_defect``.
    ``code_of``: tells the code from the exception, where its class alone does not say.
    """

    code: int
    words: tuple[str, ...] = ()
    data: Callable[[Any], Any] | None = None
    is_defect: bool = False
    code_of: Callable[[Any], int] | None = None


SIMULATION_CODES: tuple[tuple[type[errors.InvalidTransaction], int], ...] = (
    (errors.NonceTooLow, -38010),
    (errors.NonceTooHigh, -38011),
    (errors.FeeCapBelowBaseFee, -38012),
    (errors.IntrinsicGasTooLow, -38013),
    (errors.InsufficientFunds, -38014),
    (errors.GasLimitTooHigh, -38015),
    (errors.SenderHasCode, -38024),
    (errors.InitcodeTooLarge, -38025),
    (errors.NonceOverflow, INTERNAL_ERROR),
    (errors.InvalidTransaction, INVALID_PARAMS),
)
"""eth_simulateV1's codes for calls that could not be transactions."""


def _simulation_code(error: errors.SimulatedTransactionRefused) -> int:
    return next(code for kind, code in SIMULATION_CODES if isinstance(error.reason, kind))


TABLE: dict[type[Exception], Row] = {
    errors.MegadevError: Row(SERVER_ERROR),
    errors.ConfigError: Row(INVALID_PARAMS),
    errors.InvalidParams: Row(INVALID_PARAMS),
    errors.InvalidDocument: Row(INVALID_PARAMS),
    errors.NotFound: Row(SERVER_ERROR, ("not found",)),
    errors.UnknownBlock: Row(SERVER_ERROR, ("header not found", "unknown block", "block not found")),
    errors.UnknownFilter: Row(SERVER_ERROR, ("filter not found", "subscription not found")),
    errors.ResourceNotFound: Row(RESOURCE_NOT_FOUND, ("resource not found",)),
    errors.SlotNotFound: Row(SERVER_ERROR, ("no slot found",)),
    errors.MethodUnavailable: Row(
        METHOD_NOT_FOUND, ("the method called does not exist/is not available", "does not exist", "notifications not")
    ),
    errors.UndecodableTransaction: Row(INVALID_PARAMS, ("failed to decode transaction",)),
    errors.InvalidTransaction: Row(TRANSACTION_REJECTED),
    errors.MalformedTransaction: Row(TRANSACTION_REJECTED),
    errors.NumberOutOfRange: Row(TRANSACTION_REJECTED),
    errors.NoChainId: Row(TRANSACTION_REJECTED),
    errors.NoRecipient: Row(TRANSACTION_REJECTED),
    errors.NoBlobs: Row(TRANSACTION_REJECTED),
    errors.TooManyBlobsCarried: Row(TRANSACTION_REJECTED),
    errors.UnknownBlobVersion: Row(TRANSACTION_REJECTED),
    errors.MissingSidecar: Row(TRANSACTION_REJECTED),
    errors.InvalidSidecar: Row(TRANSACTION_REJECTED),
    errors.WrongSidecarCounts: Row(TRANSACTION_REJECTED),
    errors.WrongBlobHash: Row(TRANSACTION_REJECTED),
    errors.NotABlob: Row(TRANSACTION_REJECTED),
    errors.EmptyAuthorizationList: Row(TRANSACTION_REJECTED),
    errors.TooManyBlobs: Row(TRANSACTION_REJECTED),
    errors.WrongChainId: Row(INVALID_PARAMS, ("invalid chain id for signer",)),
    errors.MissingChainId: Row(INVALID_PARAMS, ("invalid chain id for signer",)),
    errors.SystemTransactionRefused: Row(TRANSACTION_REJECTED),
    errors.UnsupportedTransactionType: Row(
        TRANSACTION_REJECTED, ("transaction type not supported: transaction type not valid here",)
    ),
    errors.IntrinsicGasTooLow: Row(SERVER_ERROR, ("intrinsic gas too low",)),
    errors.GasLimitTooHigh: Row(SERVER_ERROR, ("intrinsic gas too high",)),
    errors.TransactionGasCapExceeded: Row(SERVER_ERROR, ("intrinsic gas too high",)),
    errors.BlockGasLimitExceeded: Row(SERVER_ERROR, ("intrinsic gas too high",)),
    errors.BlockGasUsedUp: Row(SERVER_ERROR, ("intrinsic gas too high",)),
    errors.TransactionOverLimit: Row(TRANSACTION_REJECTED),
    errors.BlockLimitReached: Row(TRANSACTION_REJECTED),
    errors.TipAboveFeeCap: Row(TRANSACTION_REJECTED, ("max priority fee per gas higher than max fee per gas",)),
    errors.FeeCapBelowBaseFee: Row(TRANSACTION_REJECTED, ("max fee per gas less than block base fee",)),
    errors.BlobFeeCapTooLow: Row(TRANSACTION_REJECTED, ("max fee per blob gas less than block blob gas fee",)),
    errors.InitcodeTooLarge: Row(TRANSACTION_REJECTED, ("max initcode size exceeded",)),
    errors.SenderHasCode: Row(TRANSACTION_REJECTED, ("sender not an eoa",)),
    errors.WrongNonce: Row(TRANSACTION_REJECTED),
    errors.NonceTooLow: Row(TRANSACTION_REJECTED, ("nonce too low",)),
    errors.NonceTooHigh: Row(TRANSACTION_REJECTED, ("nonce too high",)),
    errors.NonceOverflow: Row(TRANSACTION_REJECTED, ("nonce has max value",)),
    errors.InsufficientFunds: Row(
        TRANSACTION_REJECTED, ("insufficient funds for gas * price + value", "insufficient funds for transfer")
    ),
    errors.ConditionNotMet: Row(TRANSACTION_REJECTED),
    errors.StorageConditionNotMet: Row(TRANSACTION_REJECTED),
    errors.RangeConditionNotMet: Row(TRANSACTION_REJECTED),
    errors.PoolRejection: Row(TRANSACTION_REJECTED),
    errors.AlreadyKnown: Row(TRANSACTION_REJECTED, ("already known",)),
    errors.ReplacementUnderpriced: Row(TRANSACTION_REJECTED, ("replacement transaction underpriced",)),
    errors.PoolFull: Row(TRANSACTION_REJECTED, ("txpool is full",)),
    errors.UnknownSigner: Row(SERVER_ERROR, ("unknown account",)),
    errors.ExecutionReverted: Row(EXECUTION_REVERTED, ("execution reverted",), lambda error: to_data(error.data)),
    errors.TransactionFailed: Row(SERVER_ERROR, data=lambda error: failed_transaction(error)),
    errors.ExecutionHalted: Row(SERVER_ERROR),
    errors.NotTraceable: Row(SERVER_ERROR, ("genesis is not traceable",)),
    errors.GasAllowanceExceeded: Row(SERVER_ERROR, ("gas required exceeds allowance",)),
    errors.CallTimeout: Row(SERVER_ERROR, ("execution aborted", "timeout")),
    errors.ReceiptTimeout: Row(RECEIPT_TIMEOUT, (), lambda error: to_data(error.tx_hash)),
    errors.RealtimeExpired: Row(SERVER_ERROR, ("realtime transaction expired",)),
    errors.NotReady: Row(NOT_READY, (), lambda error: to_data(error.tx_hash)),
    errors.NonceGap: Row(NONCE_GAP, ("nonce gap",), lambda error: hex(error.expected)),
    errors.NonceTimeout: Row(SERVER_ERROR, ("timeout waiting for nonce condition",)),
    errors.SequencerStopped: Row(SERVER_ERROR),
    errors.SequencerUnavailable: Row(SERVER_ERROR, ("permanent error forwarding request",)),
    errors.OriginRefused: Row(UNAUTHORIZED, ("unauthorized",)),
    errors.TooManyLogs: Row(
        LIMIT_EXCEEDED,
        ("query returned more than",),
        lambda error: {"from": hex(error.first), "to": hex(error.last), "limit": error.limit},
    ),
    errors.LimitExceeded: Row(LIMIT_EXCEEDED, ("too many", "limit exceeded")),
    errors.OverrideRefused: Row(SERVER_ERROR),
    errors.SimulationError: Row(SERVER_ERROR),
    errors.SimulatedBlockOutOfOrder: Row(-38020),
    errors.SimulatedTimeOutOfOrder: Row(-38021),
    errors.SimulationTooLarge: Row(-38026),
    errors.SimulatedTransactionRefused: Row(SERVER_ERROR, code_of=_simulation_code),
    errors.AttestationRefused: Row(SERVER_ERROR),
    errors.ReloadRefused: Row(SERVER_ERROR),
    errors.StateUnavailable: Row(SERVER_ERROR, ("state unavailable",)),
    errors.UpstreamFailed: Row(SERVER_ERROR, ("state unavailable",)),
    errors.NotInBundle: Row(SERVER_ERROR, ("state unavailable",)),
    errors.RanOtherwise: Row(SERVER_ERROR, ("state unavailable",)),
    errors.PrefetchNeeded: Row(SERVER_ERROR, ("state unavailable",)),
    errors.UpstreamRefused: Row(
        SERVER_ERROR,
        data=lambda error: msgspec.UNSET if error.data is None else error.data,
        code_of=lambda error: int(error.code),
    ),
    errors.UpstreamLacksMethod: Row(
        METHOD_NOT_FOUND, ("the method called does not exist/is not available", "does not exist")
    ),
    errors.EngineFault: Row(INTERNAL_ERROR, is_defect=True),
}

DEFECT = Row(INTERNAL_ERROR, is_defect=True)
"""The row of every exception that is not ours."""


def row_for(kind: type[BaseException]) -> Row:
    """The row of an exception's class, or of the nearest class above it in the tree."""
    for base in kind.__mro__:
        row = TABLE.get(base)
        if row is not None:
            return row
    return DEFECT


def failure_for(error: Exception, row: Row) -> Failure:
    """The error object that answers with ``error``."""
    if row.is_defect:
        return Failure(row.code, "internal error")
    message = str(error)
    if row.words:
        lowered = message.lower()
        if not any(words in lowered for words in row.words):
            message = f"{row.words[0]}: {message}" if message else row.words[0]
    data = msgspec.UNSET if row.data is None else row.data(error)
    code = row.code if row.code_of is None else row.code_of(error)
    return Failure(code, message or "unspecified error", data)
