"""The receipts of a dump, and how revm calls the ways in which a transaction ends."""

from __future__ import annotations

from typing import TypeAlias

from megadev.chain.blocks import Header, SealedBlock
from megadev.chain.documents import (
    JsonObject,
    as_address,
    as_bytes,
    as_list,
    as_number,
    as_object,
    log_document,
    read_logs,
    receipt_document,
)
from megadev.chain.fees import blob_base_fee
from megadev.chain.receipts import REVERTED, Receipt
from megadev.chain.spec import GAS_PER_BLOB, ChainSpec
from megadev.chain.transactions import (
    DEPOSIT,
    Transaction,
)
from megadev.primitives.bloom import logs_bloom
from megadev.primitives.hexcodec import to_data, to_optional
from megadev.primitives.types import Hash32

_HALTS = (
    ("out of gas", "OutOfGas"),
    ("invalid jump destination", "InvalidJump"),
    ("invalid opcode: INVALID", "InvalidFEOpcode"),
    ("invalid opcode", "OpcodeNotFound"),
    ("stack underflow", "StackUnderflow"),
    ("stack limit reached", "StackOverflow"),
    ("write protection", "StateChangeDuringStaticCall"),
    ("return data out of bounds", "OutOfOffset"),
    ("max code size exceeded", "CreateContractSizeLimit"),
    ("max initcode size exceeded", "CreateInitCodeSizeLimit"),
    ("contract address collision", "CreateCollision"),
    ("invalid code: must not begin with 0xef", "CreateContractStartingWithEF"),
    ("max call depth exceeded", "CallTooDeep"),
    ("insufficient balance for transfer", "OutOfFunds"),
)
"""How an exceptional end begins in our words, and revm's name of it."""


_ANY_HALT = "PrecompileError"


def _exit_of(receipt: Receipt) -> str:
    """Returns revm's name for the end of a transaction."""
    if receipt.error is None:
        return "Return" if receipt.output else "Stop"
    if receipt.error == REVERTED:
        return "Revert"
    return next((name for words, name in _HALTS if receipt.error.startswith(words)), _ANY_HALT)


def _error_of(name: str) -> str:
    if name == "Revert":
        return REVERTED
    if name.endswith("OOG"):
        return "out of gas"
    return next((words for words, known in _HALTS if known == name), name)


def written_receipt(block: SealedBlock, index: int) -> JsonObject:
    tx, receipt = block.transactions[index], block.receipts[index]
    written = receipt_document(receipt, [log_document(log) for log in receipt.logs])
    if receipt.deposit_nonce is not None:
        written |= {"depositNonce": hex(receipt.deposit_nonce), "depositReceiptVersion": "0x1"}
    if receipt.type == DEPOSIT:
        written["type"] = "0x7E"  # the one spelling that Anvil reads here
    return {
        "info": {
            "transaction_hash": to_data(tx.hash),
            "transaction_index": index,
            "from": to_data(tx.sender),
            "to": to_optional(tx.to),
            "contract_address": to_optional(receipt.created),
            # Anvil's own record of the calls inside; readers that find none replay or show none
            "traces": [],
            "exit": _exit_of(receipt),
            "out": to_data(receipt.output),
            "nonce": tx.nonce,
            "gas_used": receipt.gas_used,
        },
        "receipt": written,
        "block_hash": to_data(block.hash),
        "block_number": block.number,
    }


Outcomes: TypeAlias = dict[Hash32 | tuple[Hash32, int], tuple[JsonObject, str]]
"""Entries of ``transactions``, each with where it stands: by their hash, and by block and index."""


def read_outcomes(value: object) -> Outcomes:
    outcomes: Outcomes = {}
    for place, item in enumerate(as_list(value, "transactions")):
        where = f"transactions[{place}]"
        entry = as_object(item, where)
        info = as_object(entry.get("info"), f"{where}.info")
        outcomes[as_bytes(info.get("transaction_hash"), f"{where}.info.transaction_hash", 32)] = entry, where
        index = as_number(info.get("transaction_index", 0), f"{where}.info.transaction_index", 32)
        outcomes[as_bytes(entry.get("block_hash"), f"{where}.block_hash", 32), index] = entry, where
    return outcomes


def read_receipt(entry: JsonObject, where: str, tx: Transaction, header: Header, spec: ChainSpec) -> Receipt:
    info = as_object(entry.get("info"), f"{where}.info")
    fields = as_object(entry.get("receipt"), f"{where}.receipt")
    if len(fields) == 1:
        fields = as_object(next(iter(fields.values())), f"{where}.receipt")  # under its type's name, in older files
    if "receipt" in fields:
        fields = fields | as_object(fields["receipt"], f"{where}.receipt")
    logs = read_logs(fields.get("logs"), f"{where}.receipt.logs")
    status = fields.get("status", fields.get("success"))
    succeeded = status if isinstance(status, bool) else as_number(status, f"{where}.receipt.status", 1) == 1
    created = info.get("contract_address")
    nonce = fields.get("depositNonce")
    return Receipt(
        type=tx.type,
        succeeded=succeeded,
        cumulative_gas_used=as_number(fields.get("cumulativeGasUsed"), f"{where}.receipt.cumulativeGasUsed", 63),
        gas_used=as_number(info.get("gas_used"), f"{where}.info.gas_used", 63),
        effective_gas_price=tx.effective_gas_price(header.base_fee),
        logs=logs,
        bloom=logs_bloom(logs),
        created=None if created is None else as_address(created, f"{where}.info.contract_address"),
        blob_gas_used=GAS_PER_BLOB * len(tx.blob_versioned_hashes),
        blob_gas_price=blob_base_fee(header.excess_blob_gas, spec),
        output=as_bytes(info.get("out") or "0x", f"{where}.info.out"),
        error=None if succeeded else _error_of(str(info.get("exit"))),
        deposit_nonce=None if nonce is None else as_number(nonce, f"{where}.receipt.depositNonce", 64),
    )
