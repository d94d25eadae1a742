"""The JSON-RPC error of each exception: one table, one row per class of the tree in ``megadev/errors.py``.

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
    """Returns the error data of a send for Hardhat's clients: the return data, the transaction under both of the names
    that it had, and the message once more.
    """
    tx_hash = to_data(error.tx_hash)
    return {"message": str(error), "data": to_data(error.data), "transactionHash": tx_hash, "txHash": tx_hash}


class Row(msgspec.Struct, frozen=True):
    """The JSON-RPC error of one class of exception.

    ``words``: the message contains one of them (compared in lower case), or the first is put in front. ``data``: what
    goes into the error object. ``is_defect``: ours; the message is hidden and the exception reported to ``on_defect``.
    ``code_of``: returns the code for an exception, if its class does not determine it. ``remedy``: the user's next
    step, for the reference page.
    """

    code: int
    words: tuple[str, ...] = ()
    data: Callable[[Any], Any] | None = None
    is_defect: bool = False
    code_of: Callable[[Any], int] | None = None
    remedy: str = ""


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
    errors.ConfigError: Row(INVALID_PARAMS, remedy="Correct the setting that the message names."),
    errors.InvalidParams: Row(INVALID_PARAMS, remedy="Correct the argument that the message names."),
    errors.InvalidDocument: Row(
        INVALID_PARAMS, remedy="Correct the entry that the message names, or export the file again."
    ),
    errors.NotFound: Row(SERVER_ERROR, ("not found",), remedy="Check the identifier and the chain (L1 or L2)."),
    errors.UnknownBlock: Row(
        SERVER_ERROR,
        ("header not found", "unknown block", "block not found"),
        remedy="Use a block up to the head, or a tag; check the chain (L1 or L2).",
    ),
    errors.UnknownFilter: Row(
        SERVER_ERROR, ("filter not found", "subscription not found"), remedy="Create the filter or subscription again."
    ),
    errors.ResourceNotFound: Row(
        RESOURCE_NOT_FOUND, ("resource not found",), remedy="Check the identifier and the chain (L1 or L2)."
    ),
    errors.SlotNotFound: Row(
        SERVER_ERROR, ("no slot found",), remedy="Write the token's storage with `anvil_setStorageAt`."
    ),
    errors.MethodUnavailable: Row(
        METHOD_NOT_FOUND,
        ("the method called does not exist/is not available", "does not exist", "notifications not"),
        remedy="Check the spelling and the transport; subscriptions need WebSocket or IPC.",
    ),
    errors.UndecodableTransaction: Row(
        INVALID_PARAMS,
        ("failed to decode transaction",),
        remedy="Send the signed transaction as EIP-2718 bytes in hexadecimal.",
    ),
    errors.InvalidTransaction: Row(TRANSACTION_REJECTED, remedy="Correct what the message names."),
    errors.MalformedTransaction: Row(TRANSACTION_REJECTED, remedy="Correct the field that the message names."),
    errors.NumberOutOfRange: Row(TRANSACTION_REJECTED, remedy="Correct the field that the message names."),
    errors.NoChainId: Row(TRANSACTION_REJECTED, remedy="Sign the transaction with a chain id (EIP-155)."),
    errors.NoRecipient: Row(TRANSACTION_REJECTED, remedy="Name a recipient, or send a type 2 transaction."),
    errors.NoBlobs: Row(TRANSACTION_REJECTED, remedy="Carry at least one blob, or send a type 2 transaction."),
    errors.TooManyBlobsCarried: Row(TRANSACTION_REJECTED, remedy="Send the blobs in several transactions."),
    errors.UnknownBlobVersion: Row(TRANSACTION_REJECTED, remedy="Name blobs by their versioned hashes (EIP-4844)."),
    errors.MissingSidecar: Row(TRANSACTION_REJECTED, remedy="Send the blobs with it: the network form."),
    errors.InvalidSidecar: Row(TRANSACTION_REJECTED, remedy="Compute the commitments and proofs of these blobs again."),
    errors.WrongSidecarCounts: Row(TRANSACTION_REJECTED, remedy="Send a commitment and the proofs of each blob."),
    errors.WrongBlobHash: Row(TRANSACTION_REJECTED, remedy="Put the blobs in the order of their hashes."),
    errors.NotABlob: Row(TRANSACTION_REJECTED, remedy="Encode the data in words below the order of the field."),
    errors.EmptyAuthorizationList: Row(
        TRANSACTION_REJECTED, remedy="Add an authorization, or send a type 2 transaction."
    ),
    errors.TooManyBlobs: Row(TRANSACTION_REJECTED, remedy="Send the blobs in several transactions."),
    errors.WrongChainId: Row(
        INVALID_PARAMS,
        ("invalid chain id for signer",),
        remedy="Sign for the chain id of `eth_chainId`, or start the node with `--chain-id`.",
    ),
    errors.MissingChainId: Row(
        INVALID_PARAMS, ("invalid chain id for signer",), remedy="Sign the transaction with a chain id (EIP-155)."
    ),
    errors.SystemTransactionRefused: Row(
        TRANSACTION_REJECTED, remedy="Send from another account; only the system address calls the oracle so."
    ),
    errors.UnsupportedTransactionType: Row(
        TRANSACTION_REJECTED,
        ("transaction type not supported: transaction type not valid here",),
        remedy="Send a type that the message lists, or choose later rules with `--hardfork`.",
    ),
    errors.IntrinsicGasTooLow: Row(
        SERVER_ERROR,
        ("intrinsic gas too low",),
        remedy="Raise the gas limit to the amount in the message, or estimate it.",
    ),
    errors.GasLimitTooHigh: Row(SERVER_ERROR, ("intrinsic gas too high",), remedy="Lower the gas limit."),
    errors.TransactionGasCapExceeded: Row(
        SERVER_ERROR, ("intrinsic gas too high",), remedy="Lower the gas limit, or split the transaction."
    ),
    errors.BlockGasLimitExceeded: Row(
        SERVER_ERROR, ("intrinsic gas too high",), remedy="Lower the gas limit, or raise `--gas-limit`."
    ),
    errors.BlockGasUsedUp: Row(
        SERVER_ERROR, ("intrinsic gas too high",), remedy="Send it in the next block, or raise `--gas-limit`."
    ),
    errors.TransactionOverLimit: Row(
        TRANSACTION_REJECTED, remedy="Split the transaction; `megadev gas` shows what uses the resource."
    ),
    errors.BlockLimitReached: Row(TRANSACTION_REJECTED, remedy="Wait for the next block."),
    errors.TipAboveFeeCap: Row(
        TRANSACTION_REJECTED,
        ("max priority fee per gas higher than max fee per gas",),
        remedy="Raise maxFeePerGas or lower maxPriorityFeePerGas.",
    ),
    errors.FeeCapBelowBaseFee: Row(
        TRANSACTION_REJECTED,
        ("max fee per gas less than block base fee",),
        remedy="Raise maxFeePerGas above the base fee, or start with `--base-fee 0`.",
    ),
    errors.BlobFeeCapTooLow: Row(
        TRANSACTION_REJECTED, ("max fee per blob gas less than block blob gas fee",), remedy="Raise maxFeePerBlobGas."
    ),
    errors.InitcodeTooLarge: Row(
        TRANSACTION_REJECTED,
        ("max initcode size exceeded",),
        remedy="Split the contract, or start with `--disable-code-size-limit`.",
    ),
    errors.SenderHasCode: Row(
        TRANSACTION_REJECTED, ("sender not an eoa",), remedy="Send from another account, or impersonate this one."
    ),
    errors.WrongNonce: Row(TRANSACTION_REJECTED, remedy="Use the nonce of `eth_getTransactionCount`."),
    errors.NonceTooLow: Row(
        TRANSACTION_REJECTED,
        ("nonce too low",),
        remedy="Use the next nonce. After a restart of the node, clear the wallet's activity data.",
    ),
    errors.NonceTooHigh: Row(
        TRANSACTION_REJECTED, ("nonce too high",), remedy="Send the transactions with the missing nonces first."
    ),
    errors.NonceOverflow: Row(TRANSACTION_REJECTED, ("nonce has max value",), remedy="Use another account."),
    errors.InsufficientFunds: Row(
        TRANSACTION_REJECTED,
        ("insufficient funds for gas * price + value", "insufficient funds for transfer"),
        remedy="Fund the account (`megadev fund`), or lower value or fees.",
    ),
    errors.ConditionNotMet: Row(TRANSACTION_REJECTED, remedy="Send it when the condition holds, or without one."),
    errors.StorageConditionNotMet: Row(TRANSACTION_REJECTED, remedy="Read the account again, then sign anew."),
    errors.RangeConditionNotMet: Row(TRANSACTION_REJECTED, remedy="Give a range that the next block is in."),
    errors.PoolRejection: Row(TRANSACTION_REJECTED, remedy="See the message."),
    errors.AlreadyKnown: Row(TRANSACTION_REJECTED, ("already known",), remedy="Nothing to do: ask for its receipt."),
    errors.ReplacementUnderpriced: Row(
        TRANSACTION_REJECTED, ("replacement transaction underpriced",), remedy="Offer the fee that the message names."
    ),
    errors.PoolFull: Row(TRANSACTION_REJECTED, ("txpool is full",), remedy="Wait for the next block, or mine one."),
    errors.UnknownSigner: Row(
        SERVER_ERROR,
        ("unknown account",),
        remedy="Use an account of `eth_accounts`, impersonate the address, or sign in the client.",
    ),
    errors.ExecutionReverted: Row(
        EXECUTION_REVERTED,
        ("execution reverted",),
        lambda error: to_data(error.data),
        remedy="Decode `data`; start the node with the project for the error's name and source lines.",
    ),
    errors.TransactionFailed: Row(
        SERVER_ERROR, data=lambda error: failed_transaction(error), remedy="`megadev trace HASH` shows why."
    ),
    errors.ExecutionHalted: Row(
        SERVER_ERROR, remedy="Raise the gas limit if it ran out; otherwise trace the call with `debug_traceCall`."
    ),
    errors.PayloadRefused: Row(SERVER_ERROR, remedy="Correct the attributes, or the transaction that is named."),
    errors.NotTraceable: Row(SERVER_ERROR, ("genesis is not traceable",), remedy="Trace a later block."),
    errors.GasAllowanceExceeded: Row(
        SERVER_ERROR,
        ("gas required exceeds allowance",),
        remedy="Raise the allowance (gas, balance), or trace the call.",
    ),
    errors.CallTimeout: Row(
        SERVER_ERROR, ("execution aborted", "timeout"), remedy="Raise `--call-timeout`, or split the request."
    ),
    errors.ReceiptTimeout: Row(
        RECEIPT_TIMEOUT,
        (),
        lambda error: to_data(error.tx_hash),
        remedy="Ask for the receipt later, or raise the timeout.",
    ),
    errors.RealtimeExpired: Row(
        SERVER_ERROR, ("realtime transaction expired",), remedy="Ask for the receipt later, or raise `--sync-timeout`."
    ),
    errors.NotReady: Row(
        NOT_READY, (), lambda error: to_data(error.tx_hash), remedy="Send what it waits for, then ask for the receipt."
    ),
    errors.NonceGap: Row(
        NONCE_GAP,
        ("nonce gap",),
        lambda error: hex(error.expected),
        remedy="Send the transactions with the missing nonces first.",
    ),
    errors.NonceTimeout: Row(
        SERVER_ERROR,
        ("timeout waiting for nonce condition",),
        remedy="Send the transactions that raise the nonce, or wait longer.",
    ),
    errors.SequencerStopped: Row(SERVER_ERROR, remedy="`megadev sequencer resume` or `restart`."),
    errors.SequencerUnavailable: Row(
        SERVER_ERROR, ("permanent error forwarding request",), remedy="`megadev sequencer restart`."
    ),
    errors.OriginRefused: Row(
        UNAUTHORIZED, ("unauthorized",), remedy="Start with `--allow-origin`, or call the method from a program."
    ),
    errors.TooManyLogs: Row(
        LIMIT_EXCEEDED,
        ("query returned more than",),
        lambda error: {"from": hex(error.first), "to": hex(error.last), "limit": error.limit},
        remedy="Ask for the range in `data`, narrow the filter, or raise `--max-logs`.",
    ),
    errors.LimitExceeded: Row(
        LIMIT_EXCEEDED,
        ("too many", "limit exceeded"),
        remedy="Release what is held, or raise the setting that the message names.",
    ),
    errors.OverrideRefused: Row(SERVER_ERROR, remedy="Correct the overrides."),
    errors.SimulationError: Row(SERVER_ERROR, remedy="Correct the simulated blocks."),
    errors.SimulatedBlockOutOfOrder: Row(-38020, remedy="Number the blocks in ascending order."),
    errors.SimulatedTimeOutOfOrder: Row(-38021, remedy="Raise the timestamp."),
    errors.SimulationTooLarge: Row(-38026, remedy="Simulate fewer blocks."),
    errors.SimulatedTransactionRefused: Row(
        SERVER_ERROR, code_of=_simulation_code, remedy="Correct the call, or simulate without validation."
    ),
    errors.AttestationRefused: Row(SERVER_ERROR, remedy="Claim the output root of `optimism_outputAtBlock`."),
    errors.ReloadRefused: Row(
        SERVER_ERROR, remedy="Follow the remedy in the message, or `megadev reload apply --force`."
    ),
    errors.StateUnavailable: Row(
        SERVER_ERROR, ("state unavailable",), remedy="See the message: the state was pruned, or its source failed."
    ),
    errors.UpstreamFailed: Row(
        SERVER_ERROR, ("state unavailable",), remedy="Check `--fork-url`, then repeat the request."
    ),
    errors.NotInBundle: Row(SERVER_ERROR, ("state unavailable",), remedy="Record the bundle again with this request."),
    errors.RanOtherwise: Row(
        SERVER_ERROR, ("state unavailable",), remedy="Choose the network's rules with `--hardfork`."
    ),
    errors.PrefetchNeeded: Row(SERVER_ERROR, ("state unavailable",), remedy="Repeat the request."),
    errors.UpstreamRefused: Row(
        SERVER_ERROR,
        data=lambda error: msgspec.UNSET if error.data is None else error.data,
        code_of=lambda error: int(error.code),
        remedy="Follow the upstream's message, or use another `--fork-url`.",
    ),
    errors.UpstreamLacksMethod: Row(
        METHOD_NOT_FOUND,
        ("the method called does not exist/is not available", "does not exist"),
        remedy="Use a `--fork-url` that supports the method.",
    ),
    errors.EngineFault: Row(
        INTERNAL_ERROR, is_defect=True, remedy="Report it with the log; `MEGADEV_DEBUG=1` adds the traceback."
    ),
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
