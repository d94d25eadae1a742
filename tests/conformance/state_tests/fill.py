"""Writes the cases beside it: ``python -m tests.conformance.state_tests.fill``.

They are cases of the engine suite in the public tests' format; what is expected is what the executable specification
(the ``ethereum-execution`` package, which needs Python below 3.13) makes of them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from megadev.chain.spec import Hardfork
from megadev.primitives import rlp
from megadev.primitives.hexcodec import to_data, to_quantity
from megadev.primitives.keccak import keccak
from tests.conformance.engine_suite.cases import (
    AUTHORITY,
    BLOCK,
    CASES,
    CHAIN_ID,
    KEY,
    Case,
    transaction,
    world_of,
)

HERE = Path(__file__).parent / "cases"
CHOSEN = (
    "a transfer that creates an account",
    "storage is cleared, set again and restored",
    "the floor eats the refund",
    "an access list makes slots and accounts warm",
    "out of gas takes everything",
    "every word of the environment",
    "logs of every size",
    "return data of a call",
    "CREATE2 of a small contract",
    "SELFDESTRUCT in the transaction that created it",
    "transient storage is undone with its frame",
    "bn254 addition",
    "a delegated account is called and looked at",
    "blobs are paid for and seen",
)


def filled(case: Case, fork: Hardfork) -> dict[str, Any]:
    """The case as a state test."""
    from tests.conformance.engine_suite.specification import judge

    world, tx = world_of(case), transaction(case)
    signed = tuple((AUTHORITY, *each) for each in case.authorizations)
    judgement = judge(fork.label, world, BLOCK, tx, authorizations=signed)
    root = judgement._modules.state.state_root(judgement._state)
    logs = rlp.encode([[log.address, list(log.topics), log.data] for log in judgement.logs])
    parts: dict[str, Any] = {
        "accessLists": [
            [
                {"address": to_data(address), "storageKeys": [to_data(slot.to_bytes(32, "big")) for slot in slots]}
                for address, slots in tx.access_list
            ]
        ],
        "data": [to_data(tx.data)],
        "gasLimit": [to_quantity(tx.gas_limit)],
        "maxFeePerGas": to_quantity(tx.max_fee_per_gas),
        "maxPriorityFeePerGas": to_quantity(tx.gas_price - BLOCK.base_fee),
        "nonce": to_quantity(tx.nonce),
        "secretKey": to_data(KEY.to_bytes()),
        "sender": to_data(tx.sender),
        "to": "" if tx.to is None else to_data(tx.to),
        "value": [to_quantity(tx.value)],
    }
    if tx.blob_versioned_hashes:
        parts["blobVersionedHashes"] = [to_data(each) for each in tx.blob_versioned_hashes]
        parts["maxFeePerBlobGas"] = to_quantity(tx.max_fee_per_blob_gas)
    if case.authorizations:
        parts["authorizationList"] = [_authorization(*each) for each in case.authorizations]
    return {
        case.name: {
            "config": {"chainid": to_quantity(CHAIN_ID)},
            "env": {
                "currentBaseFee": to_quantity(BLOCK.base_fee),
                "currentCoinbase": to_data(BLOCK.coinbase),
                "currentDifficulty": "0x0",
                "currentExcessBlobGas": "0x0",
                "currentGasLimit": to_quantity(BLOCK.gas_limit),
                "currentNumber": to_quantity(BLOCK.number),
                "currentRandom": to_data(BLOCK.prev_randao),
                "currentTimestamp": to_quantity(BLOCK.timestamp),
            },
            "pre": {
                to_data(address): {
                    "balance": to_quantity(has.balance),
                    "code": to_data(has.code),
                    "nonce": to_quantity(has.nonce),
                    "storage": {to_quantity(slot): to_quantity(value) for slot, value in has.storage.items()},
                }
                for address, has in world.items()
            },
            "transaction": parts,
            "post": {
                fork.name.title(): [
                    {
                        "hash": to_data(bytes(root)),
                        "logs": to_data(keccak(logs)),
                        "indexes": {"data": 0, "gas": 0, "value": 0},
                    }
                ]
            },
        }
    }


def _authorization(target: bytes, nonce: int, chain_id: int) -> dict[str, str]:
    signature = AUTHORITY.sign_msg(b"\x05" + rlp.encode([chain_id, target, nonce]))
    return {
        "chainId": to_quantity(chain_id),
        "address": to_data(target),
        "nonce": to_quantity(nonce),
        "v": to_quantity(signature.v),
        "r": to_quantity(signature.r),
        "s": to_quantity(signature.s),
    }


def main() -> None:
    for case in CASES:
        if case.name in CHOSEN:
            fork = Hardfork.CANCUN if "transient" in case.name or "blobs" in case.name else Hardfork.PRAGUE
            name = re.sub(r"\W+", "_", case.name).strip("_").lower()
            (HERE / f"{name}.json").write_text(json.dumps(filled(case, fork), indent=1) + "\n")


if __name__ == "__main__":
    main()
