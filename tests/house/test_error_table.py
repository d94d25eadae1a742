"""Every exception that can reach a client has exactly one row in rpc/errors, in words that clients recognise."""

from __future__ import annotations

import inspect
import re

import pytest

from megadev import errors
from megadev.config.settings import SETTINGS
from megadev.rpc.errors import DEFECT, TABLE, failure_for, row_for

TREE = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
SENDER, HASH = b"\xab" * 20, b"\xab" * 32
SPECIAL = {
    errors.InvalidDocument: errors.InvalidDocument("blocks[0].hash", "expected a hash, got nothing"),
    errors.WrongChainId: errors.WrongChainId(1, 31337),
    errors.MissingChainId: errors.MissingChainId(),
    errors.SystemTransactionRefused: errors.SystemTransactionRefused(SENDER, None),
    errors.UnsupportedTransactionType: errors.UnsupportedTransactionType(5, (0, 1, 2)),
    errors.IntrinsicGasTooLow: errors.IntrinsicGasTooLow(20_000, 21_000),
    errors.GasLimitTooHigh: errors.GasLimitTooHigh(2, 1),
    errors.TransactionGasCapExceeded: errors.TransactionGasCapExceeded(2, 1),
    errors.BlockGasLimitExceeded: errors.BlockGasLimitExceeded(2, 1),
    errors.BlockGasUsedUp: errors.BlockGasUsedUp(2, 1),
    errors.TransactionOverLimit: errors.TransactionOverLimit("size {got} > {limit}", 2, 1),
    errors.BlockLimitReached: errors.BlockLimitReached("used {used} + {own} > {limit}", 1, 1, 1),
    errors.TipAboveFeeCap: errors.TipAboveFeeCap(2, 1),
    errors.FeeCapBelowBaseFee: errors.FeeCapBelowBaseFee(SENDER, 1, 2),
    errors.BlobFeeCapTooLow: errors.BlobFeeCapTooLow(SENDER, 1, 2),
    errors.EmptyAuthorizationList: errors.EmptyAuthorizationList(),
    errors.NumberOutOfRange: errors.NumberOutOfRange("value", 256, -1),
    errors.NoChainId: errors.NoChainId(2),
    errors.NoRecipient: errors.NoRecipient(authorizes=True),
    errors.NoBlobs: errors.NoBlobs(),
    errors.TooManyBlobsCarried: errors.TooManyBlobsCarried(10, 9),
    errors.UnknownBlobVersion: errors.UnknownBlobVersion(0, b"\x02"),
    errors.MissingSidecar: errors.MissingSidecar(),
    errors.WrongSidecarCounts: errors.WrongSidecarCounts(1, 1, 1, 0, 1),
    errors.WrongBlobHash: errors.WrongBlobHash(0, HASH, HASH),
    errors.NotABlob: errors.NotABlob(131_072, "of another size"),
    errors.StorageConditionNotMet: errors.StorageConditionNotMet(SENDER, 1, 2, 3),
    errors.RangeConditionNotMet: errors.RangeConditionNotMet("timestamp", 1, 2, is_above=False),
    errors.TooManyBlobs: errors.TooManyBlobs(10, 9),
    errors.InitcodeTooLarge: errors.InitcodeTooLarge(2, 1),
    errors.SenderHasCode: errors.SenderHasCode(SENDER, 1),
    errors.WrongNonce: errors.WrongNonce(SENDER, 5, 4),
    errors.NonceTooLow: errors.NonceTooLow(SENDER, 5, 4),
    errors.NonceTooHigh: errors.NonceTooHigh(SENDER, 5, 6),
    errors.NonceOverflow: errors.NonceOverflow(SENDER, 2**64 - 1),
    errors.InsufficientFunds: errors.InsufficientFunds(SENDER, 1, 2),
    errors.AlreadyKnown: errors.AlreadyKnown(HASH, "waits"),
    errors.ReplacementUnderpriced: errors.ReplacementUnderpriced(HASH, "maxFeePerGas", 1, 2),
    errors.PoolFull: errors.PoolFull("2 transactions wait"),
    errors.ExecutionReverted: errors.ExecutionReverted(b"\x08\xc3\x79\xa0", "no"),
    errors.TransactionFailed: errors.TransactionFailed(b"\xab" * 32, "Transaction ran out of gas", b""),
    errors.ExecutionHalted: errors.ExecutionHalted("out of gas"),
    errors.GasAllowanceExceeded: errors.GasAllowanceExceeded(30_000_000),
    errors.OriginRefused: errors.OriginRefused("anvil_setRpcUrl", "other hosts"),
    errors.TooManyLogs: errors.TooManyLogs(10, 1, 2),
    errors.CallTimeout: errors.CallTimeout(5.0),
    errors.SimulatedTransactionRefused: errors.SimulatedTransactionRefused(errors.NonceTooLow(SENDER, 5, 4), 1, 0),
    errors.ReceiptTimeout: errors.ReceiptTimeout(b"\xab" * 32, 2_000),
    errors.RealtimeExpired: errors.RealtimeExpired(b"\xab" * 32, 5_000),
    errors.NotReady: errors.NotReady(b"\xab" * 32, "details"),
    errors.NonceGap: errors.NonceGap(b"\xab" * 32, 2, 1),
    errors.RanOtherwise: errors.RanOtherwise(b"\xab" * 32, 7, "took 21000 gas there and 21001 here"),
    errors.UpstreamRefused: errors.UpstreamRefused("http://node", "eth_getLogs", "too many results", -32005),
    errors.UpstreamLacksMethod: errors.UpstreamLacksMethod("http://node", "eth_getProof", "one that has it"),
}

VIEM = {
    errors.ExecutionReverted: r"execution reverted|gas required exceeds allowance",
    errors.GasAllowanceExceeded: r"execution reverted|gas required exceeds allowance",
    errors.FeeCapBelowBaseFee: r"max fee per gas less than block base fee|fee cap less than block base fee",
    errors.NonceTooHigh: r"nonce too high",
    errors.NonceTooLow: r"nonce too low|transaction already imported|already known",
    errors.AlreadyKnown: r"nonce too low|transaction already imported|already known",
    errors.NonceOverflow: r"nonce has max value",
    errors.InsufficientFunds: r"insufficient funds|exceeds transaction sender account balance",
    errors.GasLimitTooHigh: r"intrinsic gas too high|gas limit reached",
    errors.IntrinsicGasTooLow: r"intrinsic gas too low",
    errors.UnsupportedTransactionType: r"transaction type not valid",
    errors.TipAboveFeeCap: r"max priority fee per gas higher than max fee per gas|tip higher than fee cap",
}
"""viem's ``nodeMessage`` patterns, which it tries on the lower-cased message in its own order."""
VIEM_LOOKS_AT_CODES = {3, -32000, -32003}
ETHERS = {
    errors.InsufficientFunds: r"insufficient funds|base fee exceeds gas limit",
    errors.NonceTooLow: r"nonce.*too low",
    errors.ReplacementUnderpriced: r"replacement transaction.*underpriced",
    errors.MethodUnavailable: r"the method .* does not exist",
    errors.ExecutionReverted: r"revert",
}
"""What ethers looks for, ignoring case."""


def told(kind: type[Exception]) -> Exception:
    """An instance; where the class does not write its sentence itself, one that has none of the words."""
    return SPECIAL.get(kind) or kind("details")


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_exception_has_its_own_row(kind: type[Exception]) -> None:
    assert kind in TABLE
    failure = failure_for(told(kind), row_for(kind))
    assert failure.code < 0 or failure.code in (3, 4, 5, 6, 4100)
    assert failure.message.strip() == failure.message != ""


def test_the_table_has_no_other_rows() -> None:
    assert set(TABLE) == set(TREE)


def test_every_error_has_a_remedy_with_settings_that_exist() -> None:
    flags = {flag for row in SETTINGS for flag in row.flags}
    for kind in set(TREE) - {errors.MegadevError}:
        remedy = TABLE[kind].remedy
        assert remedy.endswith("."), kind
        for flag in re.findall(r"--[a-z-]+", remedy):
            assert flag in flags | {"--force"}, remedy


def test_foreign_exceptions_become_internal_errors_without_details() -> None:
    for stray in (KeyError("secret"), RecursionError("secret"), errors.EngineFault("secret")):
        failure = failure_for(stray, row_for(type(stray)))
        assert (failure.code, failure.message) == (-32603, "internal error")
    assert row_for(KeyError) is DEFECT


def test_a_subclass_answers_like_its_base() -> None:
    class Fresh(errors.NonceTooLow):
        pass

    assert row_for(Fresh) is TABLE[errors.NonceTooLow]


@pytest.mark.parametrize("kind", VIEM, ids=lambda kind: kind.__name__)
def test_viem_recognises_each_error(kind: type[Exception]) -> None:
    failure = failure_for(told(kind), row_for(kind))
    message = failure.message.lower()
    assert re.search(VIEM[kind], message)
    assert failure.code in VIEM_LOOKS_AT_CODES
    taken_for = next(pattern for pattern in VIEM.values() if re.search(pattern, message))
    assert taken_for == VIEM[kind], "no pattern that is tried earlier matches"


@pytest.mark.parametrize("kind", ETHERS, ids=lambda kind: kind.__name__)
def test_ethers_recognises_each_error(kind: type[Exception]) -> None:
    failure = failure_for(told(kind), row_for(kind))
    assert re.search(ETHERS[kind], failure.message, re.IGNORECASE)


def test_a_message_is_not_repeated() -> None:
    error = errors.NonceTooLow(SENDER, 5, 4)
    assert failure_for(error, row_for(type(error))).message == str(error)


def test_data_that_clients_read_is_a_hex_string() -> None:
    for kind, data in (
        (errors.ExecutionReverted, "0x08c379a0"),
        (errors.ReceiptTimeout, "0x" + "ab" * 32),
        (errors.NonceGap, "0x1"),
    ):
        assert failure_for(told(kind), row_for(kind)).data == data
    bare = errors.ExecutionReverted(b"")
    failure = failure_for(bare, row_for(type(bare)))
    assert (failure.code, failure.message, failure.data) == (3, "execution reverted", "0x")


def test_an_empty_message_is_replaced_by_the_rows_words() -> None:
    assert failure_for(errors.UnknownFilter(), row_for(errors.UnknownFilter)).message == "filter not found"
    assert failure_for(errors.InvalidParams(), row_for(errors.InvalidParams)).message
