"""Transactions of MegaETH's mainnet in the shape of a state test: ``{name: {env, pre, transaction, megaEnv, post}}``.

Their state root is taken without the vault of base fees and with neither L1 nor operator fee, as those who recorded them
did.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from megadev.evm.engine import BlockEnv, MegaEnv, Revert, Success
from megadev.evm.mega_rules import BASE_FEE_VAULT, SYSTEM_ADDRESS
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from tests.conformance.megaeth.cases import State, engine_of, environment_of, folder, number, spec_of, transaction_of


def is_unit(document: Any) -> bool:
    """Whether ``document`` holds such transactions."""
    return (
        isinstance(document, dict)
        and bool(document)
        and all(isinstance(unit, dict) and "megaEnv" in unit for unit in document.values())
    )


def files() -> list[Path]:
    """Where they are: beside the cases, or among them."""
    found = {path for place in (folder(), folder().parent) for path in place.glob("*.json")}
    return sorted(path for path in found if b'"megaEnv"' in path.read_bytes())


def run_unit(unit: dict[str, Any], spec_name: str) -> dict[str, Any]:
    """Gas, status, hash of the logs and state root under the spec of that name, by the names that ``post`` has."""
    env, given, mega = unit["env"], unit["transaction"], unit["megaEnv"]
    chain_id = number(env["currentChainID"])
    spec = spec_of(spec_name, {"chainId": chain_id})
    state = State(unit["pre"], {})
    access_lists = given.get("accessLists") or [None]
    tx = transaction_of(
        {
            "type": given["type"],
            "from": given["sender"],
            "to": given.get("to") or None,
            "nonce": given["nonce"],
            "gasLimit": given["gasLimit"][0],
            "value": given["value"][0],
            "data": given["data"][0],
            "accessList": access_lists[0],
            "authorizationList": given.get("authorizationList") or (),
        }
        | {
            key: given[key]
            for key in ("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas")
            if given.get(key) is not None
        },
        chain_id,
    )
    buckets = {int(bucket): number(capacity) for bucket, capacity in mega["bucketCapacities"]}
    oracle = {number(slot): number(value) for slot, value in mega["oracleStorage"]}
    base_fee = number(env["currentBaseFee"])
    block = BlockEnv(
        number(env["currentNumber"]),
        number(env["currentTimestamp"]),
        number(env["currentGasLimit"]),
        bytes.fromhex(env["currentCoinbase"][2:]),
        bytes.fromhex(env["currentRandom"][2:]),
        base_fee,
        1,
        mega=MegaEnv(
            SYSTEM_ADDRESS,
            (lambda bucket: buckets.get(bucket, 256)) if buckets else None,
            oracle.get if oracle else None,
        ),
    )
    execution = engine_of(spec).execute(block, environment_of(tx, base_fee, 0), state)
    state.apply(execution.diff)
    state.accounts.pop(BASE_FEE_VAULT, None)
    result = execution.result
    logs = [(log.address, list(log.topics), log.data) for log in execution.logs]
    return {
        "hash": "0x" + state.root().hex(),
        "logs": "0x" + keccak(rlp.encode(logs)).hex(),
        "megaGasUsed": execution.gas.used,
        "megaStatus": "success" if isinstance(result, Success) else "revert" if isinstance(result, Revert) else "halt",
    }


def read(path: Path) -> dict[str, Any]:
    """The transactions of one file, by name."""
    units: dict[str, Any] = json.loads(path.read_bytes())
    return units
