"""Ethereum's public state tests (``GeneralStateTests`` of ethereum/tests, ``state_tests`` of execution-spec-tests):
``python -m tests.conformance.state_tests FOLDER… [--engine NAMES] [--fork NAMES] [--quiet]``.

Each file holds tests; each test has a state, an environment, transactions by index, and for every fork what is there
afterwards: the state's root and a hash of the logs, or the refusal of the transaction. Everything runs through what a
node runs: decoding, validation, ``Engine.execute``, ``World.apply``.

https://ethereum-tests.readthedocs.io/en/latest/test_types/gstate_tests.html
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from megadev.chain.admission import validate_transaction
from megadev.chain.fees import blob_base_fee
from megadev.chain.spec import BlobSchedule, ChainSpec, Hardfork, dev_spec
from megadev.chain.transactions import (
    BLOB,
    SignedAuthorization,
    Transaction,
    UnsignedTransaction,
    decode_transaction,
    sign_transaction,
)
from megadev.errors import InvalidTransaction, MegadevError, UndecodableTransaction
from megadev.evm.engine import BlockEnv, Engine
from megadev.evm.engines import open_engine
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Hash32
from megadev.sequencer.block_builder import transaction_env
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.world import World, WorldView

FORKS = {
    "London": Hardfork.LONDON,
    "Paris": Hardfork.PARIS,
    "Merge": Hardfork.PARIS,
    "Shanghai": Hardfork.SHANGHAI,
    "Cancun": Hardfork.CANCUN,
    "Prague": Hardfork.PRAGUE,
    "Osaka": Hardfork.OSAKA,
}


@dataclass(frozen=True)
class Case:
    """One transaction of a test under one fork."""

    name: str
    fork: Hardfork
    test: dict[str, Any]
    post: dict[str, Any]


def _int(text: Any, default: int = 0) -> int:
    if text is None or text == "":
        return default
    return text if isinstance(text, int) else int(text, 16) if text.startswith("0x") else int(text)


def _bytes(text: str) -> bytes:
    text = text.removeprefix("0x:bigint ").removeprefix("0x")
    return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)


def _word(text: str | int) -> bytes:
    return _int(text).to_bytes(32, "big")


def cases(path: Path, forks: Sequence[Hardfork] = tuple(Hardfork)) -> Iterator[Case]:
    """Every case under these forks in the file, or in the files of the folder. What is no state test has none."""
    for file in sorted(path.rglob("*.json")) if path.is_dir() else [path]:
        content = json.loads(file.read_bytes())
        if not isinstance(content, dict):
            continue
        for name, test in content.items():
            if not isinstance(test, dict) or not {"env", "pre", "post", "transaction"} <= test.keys():
                continue
            for fork, posts in test["post"].items():
                if FORKS.get(fork) not in forks:
                    continue
                for post in posts:
                    at = post["indexes"]
                    label = f"{file.stem}::{name}[{fork} d{at['data']} g{at['gas']} v{at['value']}]"
                    yield Case(label, FORKS[fork], test, post)


def spec_of(case: Case) -> ChainSpec:
    """The chain of a test: number 1 unless it says otherwise, with the fork's blobs or its own."""
    config = case.test.get("config", {})
    changes: dict[str, Any] = {}
    for name, blobs in config.get("blobSchedule", {}).items():
        if FORKS.get(name) is case.fork:
            fraction = _int(blobs["baseFeeUpdateFraction"])
            changes["blobs"] = BlobSchedule(_int(blobs["target"]), _int(blobs["max"]), fraction)
    return dev_spec(_int(config.get("chainid"), 1), case.fork, **changes)


def world_of(case: Case) -> World:
    """The state before."""
    diff = StateDiff(Cause.GENESIS)
    for text, has in case.test["pre"].items():
        address, code = _bytes(text).rjust(20, b"\0"), _bytes(has["code"])
        code_hash = keccak(code) if code else EMPTY_CODE_HASH
        if code:
            diff.codes[code_hash] = code
        diff.accounts[address] = Account(_int(has["nonce"]), _int(has["balance"]), code_hash)
        slots = {_int(slot): _int(value) for slot, value in has["storage"].items()}
        diff.storage[address] = {slot: value for slot, value in slots.items() if value}
    return World().apply(diff)


def block_of(case: Case, spec: ChainSpec) -> BlockEnv:
    """The environment. The test's own block hashes are keccak(number in decimal)."""
    env = case.test["env"]
    return BlockEnv(
        number=_int(env["currentNumber"]),
        timestamp=_int(env["currentTimestamp"]),
        gas_limit=_int(env["currentGasLimit"]),
        coinbase=_bytes(env["currentCoinbase"]),
        prev_randao=_word(
            env.get("currentRandom") or env.get("currentDifficulty") or 0
            if case.fork >= Hardfork.PARIS
            else env.get("currentDifficulty", 0)
        ),
        base_fee=_int(env.get("currentBaseFee"), 10),
        blob_base_fee=blob_base_fee(_int(env.get("currentExcessBlobGas")), spec),
    )


def transaction_of(case: Case, spec: ChainSpec) -> Transaction:
    """As it stands in the test, or made of its parts. Raises InvalidTransaction for what is none."""
    if text := case.post.get("txbytes"):
        return decode_transaction(_bytes(text), spec)
    fields, at = case.test["transaction"], case.post["indexes"]
    lists = fields.get("accessLists")
    listed = None if lists is None else lists[at["data"]]
    tips = "maxFeePerGas" in fields
    hashes = tuple(map(_bytes, fields.get("blobVersionedHashes") or ()))
    authorizations = tuple(
        SignedAuthorization(
            _int(each["chainId"]), _bytes(each["address"]), _int(each["nonce"]),
            _int(each.get("yParity", each.get("v"))), _int(each["r"]), _int(each["s"]),
        )
        for each in fields.get("authorizationList") or ()
    )  # fmt: skip
    kind = (
        4 if "authorizationList" in fields else 3 if "maxFeePerBlobGas" in fields else 2 if tips
        else 1 if listed is not None else 0
    )  # fmt: skip
    unsigned = UnsignedTransaction(
        type=kind,
        chain_id=spec.chain_id,
        nonce=_int(fields["nonce"]),
        gas_limit=_int(fields["gasLimit"][at["gas"]]),
        to=_bytes(fields["to"]) or None,
        value=_int(fields["value"][at["value"]].removeprefix("0x:bigint ")),
        data=_bytes(fields["data"][at["data"]]),
        max_fee_per_gas=_int(fields["maxFeePerGas" if tips else "gasPrice"]),
        max_priority_fee_per_gas=_int(fields.get("maxPriorityFeePerGas")),
        access_list=tuple((_bytes(entry["address"]), tuple(map(_int, entry["storageKeys"]))) for entry in listed or ()),
        max_fee_per_blob_gas=_int(fields.get("maxFeePerBlobGas")),
        blob_versioned_hashes=hashes,
        authorization_list=authorizations,
    )
    return sign_transaction(unsigned, _bytes(fields["secretKey"]).rjust(32, b"\0"))


def _block_hash(number: int) -> Hash32:
    return keccak(str(number).encode())


@dataclass(frozen=True)
class Outcome:
    """What is there afterwards."""

    root: Hash32
    logs: Hash32
    refused: str | None


def run(case: Case, engine: Engine, spec: ChainSpec) -> Outcome:
    """Run the transaction."""
    world = world_of(case)
    logs: tuple[Any, ...] = ()
    refused = None
    try:
        tx = transaction_of(case, spec)
        validate_transaction(tx, spec, sidecar_required=False)
        if tx.type == BLOB and len(tx.blob_versioned_hashes) > spec.blobs.max:
            raise InvalidTransaction("too many blobs for a block")
        block = block_of(case, spec)
        execution = engine.execute(block, transaction_env(tx, block.base_fee), WorldView(world, _block_hash))
        world, logs = world.apply(execution.diff), execution.logs
    except (InvalidTransaction, UndecodableTransaction) as error:
        refused = str(error) or type(error).__name__
    encoded = rlp.encode([[log.address, list(log.topics), log.data] for log in logs])
    return Outcome(world.state_root, keccak(encoded), refused)


def fault(case: Case, outcome: Outcome) -> str:
    """What is wrong with the outcome; nothing where it is as the test has it."""
    expected = case.post.get("expectException")
    if expected and not outcome.refused:
        return f"should have been refused: {expected}"
    if outcome.refused and not expected:
        return f"was refused: {outcome.refused}"
    if outcome.root != _bytes(case.post["hash"]).rjust(32, b"\0"):
        return f"state root is {outcome.root.hex()}"
    if outcome.logs != _bytes(case.post["logs"]).rjust(32, b"\0"):
        return f"hash of the logs is {outcome.logs.hex()}"
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line says. Answers 1 if anything failed, 2 if there was nothing to run."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.state_tests", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FOLDER", help="folders, or single files")
    parser.add_argument("--engine", default="interpreter,compiled", help="engines, separated by commas")
    parser.add_argument("--fork", default=",".join(FORKS), help="only these forks, separated by commas")
    parser.add_argument("--at-once", action="store_true", help="compile everything before it first runs (compiled)")
    parser.add_argument("--slow", type=float, default=5.0, metavar="SECONDS", help="name cases that take longer")
    parser.add_argument("--quiet", action="store_true", help="print failures and the sum alone")
    given = parser.parse_args(arguments)
    engines = given.engine.split(",")
    opened: dict[tuple[str, ChainSpec], Engine] = {}
    ran = failed = 0
    for path in given.paths:
        for case in cases(path, tuple({FORKS[name.strip()] for name in given.fork.split(",")})):
            spec = spec_of(case)
            for name in engines:
                engine = opened.get((name, spec))
                if engine is None:
                    engine = opened[name, spec] = open_engine(name, spec)
                    if given.at_once and name == "compiled":
                        engine.machine = _at_once()  # type: ignore[attr-defined]
                start = time.perf_counter()
                try:
                    problem = fault(case, run(case, engine, spec))
                except MegadevError as error:
                    problem = f"{type(error).__name__}: {error}"
                seconds = time.perf_counter() - start
                ran += 1
                failed += bool(problem)
                if problem or seconds > given.slow:
                    print(f"{'FAILED' if problem else 'slow'} {case.name} {name} {seconds:.1f} s {problem}", flush=True)
                elif not given.quiet:
                    print(f"passed {case.name} {name}", flush=True)
    print(f"{ran} runs, {failed} failed")
    return 2 if not ran else 1 if failed else 0


def _at_once() -> Any:
    from megadev.evm.engines.native.loop import NativeLoop
    from megadev.evm.engines.native.tier import Tier

    return type("AtOnce", (NativeLoop,), {"__slots__": (), "tier": Tier(at_once=True)})
