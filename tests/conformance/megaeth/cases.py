"""Running one case: blocks of transactions over a state made of dicts, and what came of them in the cases' own shape.

A case's format is described in the README of the vectors; what is compared at which level, too.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from megadev.chain.admission import gas_before_execution
from megadev.chain.block_limits import BlockUsage, check_fits
from megadev.chain.l1_fees import L1Prices, l1_cost
from megadev.chain.spec import ChainSpec, MegaLimits, Model, fork_named, megaeth_spec
from megadev.chain.system_contracts import load
from megadev.chain.transactions import (
    DEPOSIT,
    LEGACY,
    SignedAuthorization,
    Transaction,
    decode_transaction,
    encode_transaction,
    recover_authority,
)
from megadev.errors import (
    InvalidTransaction,
    SystemTransactionRefused,
    UndecodableTransaction,
    UnsupportedTransactionType,
)
from megadev.evm.deposits import execute_deposit
from megadev.evm.engine import (
    Authorization,
    BlockEnv,
    Engine,
    Execution,
    Halt,
    MegaEnv,
    Meters,
    Revert,
    Step,
    Success,
    TxEnv,
)
from megadev.evm.engines import open_engine
from megadev.evm.engines.frames import memory_cost
from megadev.evm.gas import INITCODE_WORD, LOG_BYTE
from megadev.evm.l1_fees import l1_prices, operator_fee
from megadev.evm.mega_rules import KEYLESS_DEPLOY, MEGA_RULES, SYSTEM_ADDRESS, MegaRules, Volatile
from megadev.evm.opcodes import BASE_GAS
from megadev.evm.refusals import in_mega_words
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.trie import Trie
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.account import Account
from megadev.state.diff import StateDiff
from megadev.state.world import encode_account

HERE = Path(__file__).parent
SHARED = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "mega"
CORNERS = HERE / "corners.json.gz"
"""Cases that a fuzzer against mega-evm 1.7.2 found, made small; what they expect is what that gave."""
LEVELS = {
    1: ("status", "gasUsed", "gasRefunded", "created", "output", "outputHash", "outputSize", "logs", "logsHash", "error",
        "l1Fee", "operatorFee"),
    2: ("computeGas", "dataSize", "kvUpdates", "stateGrowth", "detainedLimit", "halt"),
    3: ("storageGas", "intrinsicGas", "volatile", "hints"),
}  # fmt: skip
"""What of a transaction's result is compared at each level; of a block ``post`` and ``stateRoot`` at 1, ``used`` at 3."""


def folder() -> Path:
    """Where the cases are: MEGAETH_VECTORS, or the shared folder, or the copies in the repository."""
    said = os.environ.get("MEGAETH_VECTORS")
    if said:
        return Path(said)
    return SHARED if SHARED.is_dir() else HERE / "vectors"


def files() -> list[Path]:
    """The files with cases, one for each category."""
    found = [*folder().glob("*.json"), *folder().glob("*.json.gz"), *folder().glob("*.jsonl")]
    return sorted(path for path in found if not path.name.startswith("codes"))


def read(path: Path) -> list[dict[str, Any]]:
    """The cases of one file."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in data.splitlines() if line.strip()]
    document = json.loads(data)
    return list(document.get("cases", ()) if isinstance(document, dict) else document)


@cache
def official_codes() -> dict[str, bytes]:
    """Bytecode by name, where it is there: it is not ours, and not in the repository."""
    for place in (folder(), SHARED, HERE / "vectors"):
        path = place / "codes.json"
        if path.is_file():
            document = json.loads(path.read_bytes())
            return {name: _bytes(code) for name, code in document.get("codes", document).items()}
    return {}


@cache
def own_codes() -> dict[str, bytes]:
    """Ours by the same names, of the contracts that the engine mostly answers for."""
    names = {"keyless": "KeylessDeploy", "access": "MegaAccessControl", "limit": "MegaLimitControl"}
    return {name: load(artifact).runtime for name, artifact in names.items()}


def number(value: Any) -> int:
    """A JSON number or ``0x`` text."""
    return int(value, 16) if isinstance(value, str) else int(value)


def _bytes(value: Any) -> bytes:
    if isinstance(value, dict):
        return _bytes(value["byte"]) * number(value["count"])
    return bytes.fromhex(str(value).removeprefix("0x"))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def cannot_run(case: dict[str, Any]) -> bool:
    """True without the bytecode that is MegaETH's own, if the case needs it."""
    return "official-code" in case.get("needs", ()) and not official_codes()


def _named(name: str, given: dict[str, bytes] | None) -> bytes:
    codes = given or official_codes()
    if name not in codes:
        raise LookupError(f"no bytecode with the name {name}: put codes.json beside the cases")
    return codes[name]


class State:
    """A ``StateReader`` over plain dicts."""

    def __init__(
        self, pre: dict[str, Any], block_hashes: dict[str, str], named: dict[str, bytes] | None = None
    ) -> None:
        self.accounts: dict[Address, Account] = {}
        self.slots: dict[Address, dict[int, int]] = {}
        self.codes: dict[Hash32, bytes] = {EMPTY_CODE_HASH: b""}
        self.block_hashes = {int(n): _bytes(value) for n, value in block_hashes.items()}
        for key, has in pre.items():
            code = has.get("code", "0x")
            data = _named(code[1:], named) if code.startswith("$") else _bytes(code)
            code_hash = keccak(data) if data else EMPTY_CODE_HASH
            self.codes[code_hash] = data
            address = _bytes(key)
            self.accounts[address] = Account(number(has.get("nonce", 0)), number(has.get("balance", 0)), code_hash)
            slots = {number(slot): number(value) for slot, value in has.get("storage", {}).items()}
            self.slots[address] = {slot: value for slot, value in slots.items() if value}

    def account(self, address: Address) -> Account | None:
        return self.accounts.get(address)

    def storage(self, address: Address, slot: int) -> int:
        return self.slots.get(address, {}).get(slot, 0)

    def code(self, code_hash: Hash32) -> bytes:
        return self.codes[code_hash]

    def block_hash(self, block_number: int) -> Hash32:
        return self.block_hashes.get(block_number, bytes(32))

    def apply(self, diff: StateDiff) -> None:
        self.codes.update(diff.codes)
        for address in diff.cleared:
            self.slots.pop(address, None)
        for address, account in diff.accounts.items():
            if account is None:
                self.accounts.pop(address, None)
                self.slots.pop(address, None)
            else:
                self.accounts[address] = account
        for address, written in diff.storage.items():
            slots = self.slots.setdefault(address, {})
            for slot, value in written.items():
                if value:
                    slots[slot] = value
                else:
                    slots.pop(slot, None)

    def root(self) -> Hash32:
        leaves = []
        for address, account in self.accounts.items():
            slots = [
                (keccak(slot.to_bytes(32, "big")), rlp.encode(value))
                for slot, value in self.slots.get(address, {}).items()
            ]
            storage_root = Trie(dict(slots)).root
            leaves.append((keccak(address), encode_account(account, storage_root)))
        return Trie(dict(leaves)).root

    def copy(self) -> tuple[dict[Address, Account], dict[Address, dict[int, int]]]:
        return dict(self.accounts), {address: dict(slots) for address, slots in self.slots.items()}

    def changes(self, before: tuple[dict[Address, Account], dict[Address, dict[int, int]]]) -> dict[str, Any]:
        """``post``: new values of everything that is not as it was."""
        accounts, storage = before
        post: dict[str, Any] = {}
        for address in sorted({*accounts, *self.accounts, *storage, *self.slots}):
            old, new = accounts.get(address), self.accounts.get(address)
            if new is None:
                if old is not None:
                    post[_hex(address)] = None
                continue
            entry: dict[str, Any] = {}
            if old is None or old.balance != new.balance:
                entry["balance"] = hex(new.balance)
            if old is None or old.nonce != new.nonce:
                entry["nonce"] = new.nonce
            if (EMPTY_CODE_HASH if old is None else old.code_hash) != new.code_hash:
                code = self.codes[new.code_hash]
                if len(code) > 256:
                    entry |= {"codeHash": _hex(new.code_hash), "codeSize": len(code)}
                else:
                    entry["code"] = _hex(code)
            were, are = storage.get(address, {}), self.slots.get(address, {})
            changed = {
                hex(slot): hex(are.get(slot, 0))
                for slot in sorted({*were, *are})
                if were.get(slot, 0) != are.get(slot, 0)
            }
            if changed:
                entry["storage"] = changed
            if entry:
                post[_hex(address)] = entry
        return post


def spec_of(name: str, case: dict[str, Any]) -> ChainSpec:
    """The chain of a case under the spec of that name."""
    fork = fork_named(name)
    given = case.get("limits", {})
    names = {
        "txGasLimit": "tx_gas", "txEncodeSize": "tx_encoded_size", "txDaSize": "tx_da_size",
        "txDataSize": "tx_data_size", "txKvUpdates": "tx_kv_updates", "txComputeGas": "tx_compute_gas",
        "txStateGrowth": "tx_state_growth", "blockEncodeSize": "block_encoded_size", "blockDaSize": "block_da_size",
        "blockDataSize": "block_data_size", "blockKvUpdates": "block_kv_updates",
        "blockComputeGas": "block_compute_gas", "blockStateGrowth": "block_state_growth",
        "blockEnvAccessComputeGas": "volatile_compute", "oracleAccessComputeGas": "oracle_compute",
    }  # fmt: skip
    limits = replace(MegaLimits(), **{names[key]: number(value) for key, value in given.items()})
    return megaeth_spec(case["chainId"], fork.hardfork, model=fork.model, limits=limits)


@cache
def engine_of(spec: ChainSpec) -> Engine:
    """An engine for that chain, the same each time."""
    return open_engine("python", spec)


def run_case(case: dict[str, Any], name: str, named: dict[str, bytes] | None = None) -> list[dict[str, Any]]:
    """A result for each block of ``case`` under the spec of that name. ``named``: code that the case has by name, where
    it is not to be the official one.
    """
    spec = spec_of(name, case)
    engine = engine_of(spec)
    hashes: dict[str, str] = {}
    for block in case["blocks"]:
        hashes |= block["env"].get("blockHashes", {})
    state = State(case["pre"], hashes, named)
    return [_run_block(spec, engine, state, case, block) for block in case["blocks"]]


def _run_block(
    spec: ChainSpec, engine: Engine, state: State, case: dict[str, Any], block: dict[str, Any]
) -> dict[str, Any]:
    before = state.copy()
    env = block["env"]
    result: dict[str, Any] = {}
    given = block.get("buckets", case.get("buckets", {}))
    buckets = {int(bucket): number(capacity) for bucket, capacity in given.items()}
    usual = number(case.get("defaultBucketCapacity", 256))
    capacity = (lambda bucket: buckets.get(bucket, usual)) if buckets or usual != 256 else None
    system_address = SYSTEM_ADDRESS
    if block.get("preBlock"):
        from tests.conformance.megaeth.pre_block import PreBlockError, run_pre_block

        try:
            system_address = run_pre_block(spec, engine, state, case, block, capacity)
        except PreBlockError as error:
            return {"preBlockError": str(error)}
        result["systemAddress"] = _hex(system_address)
    oracle = {number(slot): number(value) for slot, value in case.get("oracleStorage", {}).items()}
    used = BlockUsage()
    prices: L1Prices | None = None
    results = []
    for given_tx in block["transactions"]:
        try:
            tx = transaction_of(given_tx, case["chainId"])
        except (UndecodableTransaction, UnsupportedTransactionType) as error:
            said = "unexpected tx type" if isinstance(error, UnsupportedTransactionType) else str(error)
            results.append({"status": "undecodable", "error": {"message": said}})
            continue
        is_system = spec.model >= Model.REX4 and tx.sender == system_address
        if tx.type != DEPOSIT and not is_system and prices is None:
            prices = l1_prices(state)
        mega = MegaEnv(
            system_address,
            capacity,
            oracle.get if oracle else None,
        )
        block_env = BlockEnv(
            number(env["number"]),
            number(env["timestamp"]),
            number(env["gasLimit"]),
            _bytes(env["coinbase"]),
            _bytes(env.get("prevRandao", "0x" + "00" * 32)),
            number(env["baseFeePerGas"]),
            1,
            operator_fee=operator_fee(prices) if prices is not None else None,
            mega=mega,
        )
        is_deposit = tx.type == DEPOSIT
        try:
            check_fits(used, spec.limits, block_env.gas_limit, tx.gas_limit, tx.encoded, is_deposit)
            if is_deposit and is_system:  # what is on L1 a node cannot refuse: there it is a deposit that fails
                raise SystemTransactionRefused(tx.sender, tx.to)
            if is_deposit:
                execution = execute_deposit(engine, block_env, tx, state)
            else:
                l1_fee = l1_cost(tx.encoded, prices).fee if prices is not None else 0
                execution = engine.execute(block_env, environment_of(tx, block_env.base_fee, l1_fee), state)
        except InvalidTransaction as error:
            results.append({"status": "rejected", "error": {"message": in_mega_words(error)}})
            continue
        underflowed = isinstance(execution.result, Halt) and execution.result.reason.startswith("stack underflow")
        if underflowed and not is_deposit:
            last = _last_step(engine, block_env, environment_of(tx, block_env.base_fee, l1_fee), state)
            if last.opcode in _STACK_MOVERS:
                execution.result = Halt("stack limit")
            elif last.has_long_initcode(spec):
                execution.result = Halt("max initcode size")
            elif last.lacks_gas(MEGA_RULES.get(spec.model)):
                execution.result = Halt("out of gas")
        state.apply(execution.diff)
        meters = execution.gas.meters or Meters()
        counted = meters.compute_gas, meters.data_size, meters.kv_updates, meters.state_growth
        if spec.model is Model.ISTHMUS:
            counted = 0, 0, 0, 0
        used.add(execution.gas.used, counted, tx.encoded, not is_deposit)
        free = is_deposit
        operator = 0 if free or block_env.operator_fee is None else block_env.operator_fee.of(execution.gas.used)
        results.append(_result(spec, execution, tx, 0 if free else l1_fee, operator))
    result["transactions"] = results
    result["used"] = {
        "gas": used.gas, "computeGas": used.compute, "dataSize": used.data, "kvUpdates": used.kv,
        "stateGrowth": used.growth, "encodeSize": used.encoded, "daSize": used.da,
    }  # fmt: skip
    result["post"] = state.changes(before)
    result["stateRoot"] = _hex(state.root())
    return result


_STACK_MOVERS = range(0x80, 0xA0)
"""DUP1 … SWAP16: where there is too little for them the Rust library speaks of an overflow."""


_PAID_FIRST = frozenset((0x05, 0x07, 0x08, 0x09, 0x0B, 0x1A, 0x1D, 0x40, 0x49, 0x51, 0x52, 0x53, 0x5C, 0x5D))
"""Where words and gas are missing, the Rust library speaks of gas; as does LOG1 … LOG4 where only topics are missing."""
_LOGS = range(0xA1, 0xA5)
_CREATE2 = 0xF5


class _LastStep:
    """Remembers the last opcode of the transaction's own frame, and what it found."""

    wants_steps = True

    def __init__(self) -> None:
        self.opcode: int | None = None
        self.gas = self.memory = 0
        self.stack: list[int] = []

    def step(self, step: Step) -> None:
        if step.depth == 0:
            self.opcode, self.gas, self.stack, self.memory = step.op, step.gas, step.stack[-3:], len(step.memory)

    def has_long_initcode(self, spec: ChainSpec) -> bool:
        """A CREATE2 that lacks only its salt, of code that is too long: revm finds out about that first."""
        if self.opcode != _CREATE2 or len(self.stack) < 3 or spec.model is not Model.ISTHMUS:
            return False
        return spec.initcode_size_limit is not None and spec.initcode_size_limit < self.stack[-3] < 1 << 64

    def lacks_gas(self, rules: MegaRules | None) -> bool:
        """The last opcode could not be paid for either, and the Rust library finds out about that first."""
        if self.opcode in _PAID_FIRST:
            return self.gas < BASE_GAS[self.opcode]
        if self.opcode == _CREATE2 and len(self.stack) == 3 and rules is None:
            size, offset = self.stack[:2]
            return size > 0 and self.gas < INITCODE_WORD * ((size + 31) // 32) + self._expansion(offset + size)
        if self.opcode is None or self.opcode not in _LOGS or len(self.stack) < 2:
            return False
        size, offset = self.stack[-2:]
        cost = BASE_GAS[self.opcode] + LOG_BYTE * size
        if rules is not None:
            cost += rules.topic * (self.opcode - 0xA0) + rules.log_byte * size
        return self.gas < cost + (self._expansion(offset + size) if size else 0)

    def _expansion(self, end: int) -> int:
        return memory_cost(bytearray(self.memory), end) if end > self.memory else 0

    def step_done(self, gas_left: int) -> None: ...
    def enter(self, frame: object) -> None: ...
    def exit(self, frame: object, outcome: object) -> None: ...
    def log(self, log: object) -> None: ...


def _last_step(engine: Engine, block: BlockEnv, tx: TxEnv, state: State) -> _LastStep:
    tracer = _LastStep()
    engine.execute(block, tx, state, tracer=tracer)
    return tracer


def transaction_of(given: dict[str, Any], chain_id: int) -> Transaction:
    """The transaction, with the sender that the case names."""
    if "type" not in given:
        tx = decode_transaction(_bytes(given["raw"]))
        if tx.type == 3:
            raise UndecodableTransaction("unexpected tx type")
        return tx
    kind = number(given["type"])
    price = number(given.get("gasPrice", given.get("maxFeePerGas", 0)))
    chain = given.get("chainId", chain_id)
    raw = _bytes(given["raw"]) if "raw" in given else b""
    tx = Transaction(
        type=kind,
        chain_id=None if chain is None or kind == DEPOSIT else number(chain),
        nonce=number(given.get("nonce", 0)),
        gas_limit=number(given["gasLimit"]),
        to=_bytes(given["to"]) if given.get("to") else None,
        value=number(given.get("value", 0)),
        data=_bytes(given.get("data", "0x")),
        max_fee_per_gas=price,
        max_priority_fee_per_gas=number(given.get("maxPriorityFeePerGas", price)),
        v=number(given.get("yParity", 0)),
        r=number(given.get("r", 1)),
        s=number(given.get("s", 1)),
        sender=_bytes(given["from"]),
        hash=keccak(raw),
        encoded=raw,
        access_list=tuple(
            (_bytes(entry["address"]), tuple(number(slot) for slot in entry.get("storageKeys", ())))
            for entry in given.get("accessList") or ()
        ),
        authorization_list=tuple(
            SignedAuthorization(
                number(each["chainId"]),
                _bytes(each["address"]),
                number(each["nonce"]),
                number(each["yParity"]),
                number(each["r"]),
                number(each["s"]),
            )
            for each in given.get("authorizationList") or ()
        ),
        source_hash=_bytes(given["sourceHash"]) if "sourceHash" in given else None,
        mint=number(given.get("mint") or 0),
        is_system=bool(given.get("isSystemTransaction")),
    )
    if raw:
        return tx
    if kind == LEGACY and tx.chain_id is not None:
        tx = msgspec.structs.replace(tx, v=35 + 2 * tx.chain_id + tx.v)
    elif kind == LEGACY:
        tx = msgspec.structs.replace(tx, v=27 + tx.v)
    return msgspec.structs.replace(tx, encoded=encode_transaction(tx))


def environment_of(tx: Transaction, base_fee: int, l1_fee: int) -> TxEnv:
    """What the engine is given for it."""
    return TxEnv(
        tx.sender,
        tx.to,
        tx.nonce,
        tx.value,
        tx.data,
        tx.gas_limit,
        tx.effective_gas_price(base_fee),
        tx.max_fee_per_gas,
        tx.access_list,
        authorizations=tuple(
            Authorization(each.chain_id, each.address, each.nonce, recover_authority(each))
            for each in tx.authorization_list
        ),
        type=tx.type,
        chain_id=tx.chain_id,
        max_priority_fee_per_gas=tx.max_priority_fee_per_gas,
        l1_fee=l1_fee,
    )


_HALTS = (
    ("out of gas", "OutOfGas"),
    ("contract creation code storage out of gas", "OutOfGas"),
    ("invalid opcode: INVALID", "InvalidFEOpcode"),
    ("invalid opcode: CLZ", "NotActivated"),
    ("invalid opcode", "OpcodeNotFound"),
    ("stack underflow", "StackUnderflow"),
    ("stack limit", "StackOverflow"),
    ("invalid jump", "InvalidJump"),
    ("write protection", "StateChangeDuringStaticCall"),
    ("return data out of bounds", "OutOfOffset"),
    ("max initcode size", "CreateInitCodeSizeLimit"),
    ("max code size", "CreateContractSizeLimit"),
    ("invalid code: must not begin", "CreateContractSizeLimit"),
    ("contract address collision", "CreateCollision"),
    ("invalid input for precompile", "PrecompileError"),
    ("failed deposit", "FailedDeposit"),
)
"""The Rust library's names of halts, by how our reasons begin."""


_LONG_LOGS = 8_000
"""Characters of JSON from which on logs are only counted and hashed."""


def _result(spec: ChainSpec, execution: Execution, tx: Transaction, l1_fee: int, operator: int) -> dict[str, Any]:
    result, gas, is_deposit = execution.result, execution.gas, tx.type == DEPOSIT
    meters = gas.meters or Meters()
    shown: dict[str, Any] = {
        "status": "success" if isinstance(result, Success) else "revert" if isinstance(result, Revert) else "halt",
        "gasUsed": gas.used,
    }
    if isinstance(result, Success):
        if gas.refunded and (gas.meters is not None or gas.used > gas.floor):
            shown["gasRefunded"] = gas.refunded
        if result.created is not None:
            shown["created"] = _hex(result.created)
    if len(result.output) > 512:
        shown |= {"outputHash": _hex(keccak(result.output)), "outputSize": len(result.output)}
    elif result.output:
        shown["output"] = _hex(result.output)
    if execution.logs:
        logs = [
            {"address": _hex(log.address), "topics": [_hex(topic) for topic in log.topics], "data": _hex(log.data)}
            for log in execution.logs
        ]
        shown["logs"] = logs
        if len(json.dumps(logs, separators=(",", ":"))) > _LONG_LOGS:
            encoded = rlp.encode([(log.address, list(log.topics), log.data) for log in execution.logs])
            shown |= {"logs": len(logs), "logsHash": _hex(keccak(encoded))}
    if l1_fee:
        shown["l1Fee"] = hex(l1_fee)
    if operator:
        shown["operatorFee"] = hex(operator)
    if spec.model is Model.ISTHMUS:
        needed, _ = gas_before_execution(tx.data, tx.to is None, tx.access_list, len(tx.authorization_list))
        if tx.gas_limit >= needed and not tx.is_system:
            shown["intrinsicGas"] = needed
    elif meters.intrinsic is not None:
        shown["intrinsicGas"] = meters.intrinsic
    if isinstance(result, Halt):
        halt = meters.limit_halt
        if is_deposit or result.reason.startswith("failed deposit"):
            shown["halt"] = {"reason": "FailedDeposit"}
        elif halt is not None:
            shown["halt"] = {"reason": halt.reason, "limit": halt.limit, "actual": halt.actual}
            if halt.reason == "VolatileDataAccessOutOfGas":
                shown["halt"]["access"] = _flags(halt.volatile)
        else:
            reason = next((name for begins, name in _HALTS if result.reason.startswith(begins)), result.reason)
            shown["halt"] = {"reason": reason}
    if spec.model is not Model.ISTHMUS:
        shown |= {
            "computeGas": meters.compute_gas, "dataSize": meters.data_size, "kvUpdates": meters.kv_updates,
            "stateGrowth": meters.state_growth,
        }  # fmt: skip
        is_answered = tx.to == KEYLESS_DEPLOY and shown.get("halt", {}).get("reason") != "OutOfGas"
        if meters.intrinsic is not None and not is_answered:
            shown["storageGas"] = meters.storage_gas
        if meters.detained_limit is not None:
            shown["detainedLimit"] = meters.detained_limit
        if meters.volatile:
            shown["volatile"] = _flags(meters.volatile)
        if meters.hints:
            shown["hints"] = [
                {"from": _hex(hint.sender), "topic": _hex(hint.topic), "data": _hex(hint.data)} for hint in meters.hints
            ]
    return shown


def _flags(volatile: int) -> list[str]:
    return [flag.name for flag in Volatile if flag & volatile and flag.name is not None]


def expected(case: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """What the case says of that spec."""
    want = case["expect"][name]
    return list(case["expect"][want] if isinstance(want, str) else want)


def differences(
    case: dict[str, Any], want: list[dict[str, Any]], got: list[dict[str, Any]], level: int
) -> Iterator[str]:
    """Where ``got`` is not as ``want`` says, up to ``level``."""
    ours = "official-bytecode" in case.get("needs", ())
    for index, (wanted, found) in enumerate(zip(want, got, strict=True)):
        where = f"block {index}"
        if "preBlockError" in wanted:
            if "preBlockError" not in found:
                yield f"{where}: the block is refused ({wanted['preBlockError']})"
            continue
        for i, (tx, mine) in enumerate(zip(wanted["transactions"], found["transactions"], strict=True)):
            for at, keys in LEVELS.items():
                if at > level:
                    break
                for key in keys if not ours else ("status", "output", "error"):
                    yield from _compare(f"{where} tx {i} {key}", tx, mine, key)
        if not ours:
            for address in sorted({*wanted["post"], *found["post"]}):
                a, b = wanted["post"].get(address, "nothing"), found["post"].get(address, "nothing")
                if a != b:
                    yield f"{where} post {address}: {b} instead of {a}"
            if wanted["stateRoot"] != found["stateRoot"]:
                yield f"{where} stateRoot: {found['stateRoot']} instead of {wanted['stateRoot']}"
        if level >= 3 and not ours:
            for key, value in wanted["used"].items():
                if found["used"][key] != value:
                    yield f"{where} used {key}: {found['used'][key]} instead of {value}"


def _compare(where: str, want: dict[str, Any], got: dict[str, Any], key: str) -> Iterator[str]:
    a, b = want.get(key), got.get(key)
    if key in ("storageGas", "intrinsicGas") and a is None:
        return  # figures that not everybody who records cases has
    if key == "error":
        a, b = (a or {}).get("message"), (b or {}).get("message")
        if want.get("status") == "undecodable":
            return  # words of a library that is not ours
    if key in ("l1Fee", "operatorFee"):
        a, b = number(a or 0), number(b or 0)
    if key == "volatile" or key == "access":
        a, b = sorted(a or ()), sorted(b or ())
    if isinstance(a, dict) and isinstance(b, dict):
        a = {k: sorted(v) if isinstance(v, list) else v for k, v in a.items()}
        b = {k: sorted(v) if isinstance(v, list) else v for k, v in b.items()}
    if a != b:
        yield f"{where}: {b} instead of {a}"
