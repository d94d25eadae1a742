"""megadev_gasReport: what a transaction or a call pays for, by frame, function and source line, in MegaETH's two kinds
of gas; how far it is from each limit; and what it would take under the other rules.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from megadev.chain.blocks import BlockRef, Tag
from megadev.chain.documents import JsonObject
from megadev.chain.spec import MEGA_CODE_SIZE, SMALLEST_CAPACITY, ChainSpec, Model
from megadev.chain.transactions import DEPOSIT
from megadev.errors import InvalidTransaction
from megadev.evm import calls
from megadev.evm.engine import CALL, BlockEnv, Execution, TxEnv
from megadev.evm.engines import open_engine
from megadev.evm.mega_rules import MEGA_RULES
from megadev.evm.rules import EVM_RULES
from megadev.evm.salt import bucket_of, slot_bucket
from megadev.inspect.gas_report import GasReport, GasTracer, Limited, Spent, Spot
from megadev.inspect.replay import placed_transaction, replay
from megadev.inspect.stack_trace import StackTrace
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import BlockParam, CallRequest, WhatParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.scenes import scene_at
from megadev.rpc.tracing import Bounded, Budget, by_steps_if_quick
from megadev.sequencer.block_builder import transaction_env
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.reader import StateReader

FRAMES_SHOWN = 2_000
LINES_SHOWN = 500
"""Frames, and lines, of one answer, the first and the dearest."""
MEGA_GAS, ETHEREUM_GAS = 10**10, 250_000_000
"""Gas that a transaction has at most when it is run again under the other rules."""
KEYS_SHOWN = 500
"""New slots and accounts whose buckets are told."""


@method("megadev_gasReport")
def megadev_gasReport(node: RpcNode, what: WhatParam, block: BlockParam = Tag.LATEST) -> JsonObject:
    """The gas of an included transaction, or of a call as eth_call would make it in ``block``.

    Amounts are gas; ``computeGas`` and ``storageGas`` are those before refund and floor. Raises ``NotFound`` for a
    transaction that is in no block. ``isByLine``: false where it ran so many instructions that only frames are told.
    """

    def watched(tracer: GasTracer, budget: Budget) -> JsonObject:
        watcher = Bounded(tracer, budget)
        if isinstance(what, bytes):
            return _of_transaction(node, what, tracer, watcher)
        return _of_call(node, what, block, tracer, watcher)

    return by_steps_if_quick(node.node.clock, lambda steps, budget: watched(GasTracer(wants_steps=steps), budget))


def _of_transaction(node: RpcNode, tx_hash: bytes, tracer: GasTracer, watcher: Bounded) -> JsonObject:
    chain = node.chain
    block, position = placed_transaction(chain, tx_hash)
    spec, _ = chain.rules_of(block)
    for replayed in replay(
        chain, block, lambda index, tx, state: watcher if index == position else None, stop=position + 1
    ):
        if replayed.index == position:
            trace = StackTrace(node.node.artifacts, tracer, replayed.execution, replayed.before)
            tx = replayed.tx
            env = None if tx.type == DEPOSIT else transaction_env(tx, replayed.env.base_fee)
            answer = _answer(GasReport(trace, tracer, spec), spec, replayed.env, env, replayed.before)
            return {"transactionHash": to_data(tx_hash), "blockNumber": hex(block.number), **answer}
    raise AssertionError("a block holds the transactions that the store says it holds")


def _of_call(node: RpcNode, call: CallRequest, block: BlockRef, tracer: GasTracer, watcher: Bounded) -> JsonObject:
    scene = scene_at(node.chain, block)
    scene, tx, rules = scene.of_call(call)
    execution = calls.call(node.chain.engine, scene.env, tx, scene.state, rules=rules, tracer=watcher)
    trace = StackTrace(node.node.artifacts, tracer, execution, scene.state)
    spec = node.chain.spec
    answer = _answer(GasReport(trace, tracer, spec), spec, scene.env, tx, scene.state)
    return {"transactionHash": None, "blockNumber": hex(scene.env.number), **answer}


def _answer(report: GasReport, spec: ChainSpec, env: BlockEnv, tx: TxEnv | None, before: StateReader) -> JsonObject:
    trace = report.trace
    gas, execution = trace.execution.gas, trace.execution
    detention = report.detention
    frames = [
        {
            "depth": frame.depth,
            "type": frame.node.frame.kind,
            "to": to_data(frame.node.frame.to),
            "contract": frame.contract or None,
            "function": frame.function,
            "gasUsed": hex(frame.node.outcome.gas_used),
            **_spent(frame.whole),
            "own": _spent(frame.own),
            "error": frame.node.outcome.error,
        }
        for frame, _ in zip(report.frames(), range(FRAMES_SHOWN), strict=False)
    ]
    return {
        "rules": rules_name(spec),
        "status": "0x1" if execution.succeeded else "0x0",
        "error": trace.error,
        "gasUsed": hex(gas.used),
        "computeGas": hex(report.compute_gas),
        "storageGas": hex(report.storage_gas),
        "refunded": hex(gas.refunded),
        "floor": hex(gas.floor),
        "intrinsic": _spent(report.intrinsic),
        "compared": None if tx is None else _compared(spec, env, tx, before),
        "meters": {
            gauge.name: {
                "used": hex(gauge.used),
                "limit": hex(gauge.limit),
                "left": hex(max(gauge.limit - gauge.used, 0)),
            }
            for gauge in report.gauges
        },
        "volatile": report.volatile,
        "detention": None
        if detention is None
        else {
            "limit": hex(detention[0]),
            "computeAfter": hex(max(report.compute_gas - (detention[1].compute if detention[1] else 0), 0)),
            "at": _place(report, detention[1]),
        },
        "isByLine": report.is_by_line,
        "limited": None if report.limited is None else _limited(report, report.limited),
        "frames": frames,
        "functions": [{"function": name, **_spent(spent)} for name, spent in report.functions()[:LINES_SHOWN]],
        "lines": [
            {
                "source": location.path,
                "line": location.line,
                "text": location.text.strip(),
                "function": location.function or None,
                "instructions": spent.count,
                **_spent(spent),
            }
            for location, spent in report.lines()[:LINES_SHOWN]
        ],
        "buckets": _buckets(execution, env, before) if spec.is_metered else [],
        "prices": _prices(spec),
    }


def rules_name(spec: ChainSpec) -> str:
    """The name of the rules as users know it: ``rex6``, or the hardfork under Ethereum's rules."""
    return spec.hardfork.label if spec.model is Model.ETHEREUM else spec.model.label


def other_rules(spec: ChainSpec) -> ChainSpec:
    """Ethereum's rules for a chain of MegaETH's, and the other way round."""
    if spec.model is Model.ETHEREUM:
        return replace(spec, model=Model.REX6, code_size_limit=MEGA_CODE_SIZE, transaction_gas_cap=None)
    # code as large as it is allowed here, or nothing could be compared
    return replace(spec, model=Model.ETHEREUM, system_contracts=None)


def _compared(spec: ChainSpec, env: BlockEnv, tx: TxEnv, before: StateReader) -> JsonObject:
    """The same under the other rules, with as much gas as that takes."""
    other = other_rules(spec)
    # under MegaETH's, what is computed is limited in any case; under Ethereum's only by gas
    gas = MEGA_GAS if other.is_metered else min(tx.gas_limit, ETHEREUM_GAS)
    plain = msgspec.structs.replace(env, mega=None, gas_limit=max(env.gas_limit, gas))
    given = msgspec.structs.replace(tx, gas_limit=gas, nonce=_nonce(tx, before))
    try:
        execution = calls.call(open_engine("auto", other), plain, given, before, rules=CALL)
    except InvalidTransaction as error:
        return {"rules": rules_name(other), "status": None, "error": str(error), "gasUsed": None}
    used = execution.gas
    meters = used.meters
    return {
        "rules": rules_name(other),
        "status": "0x1" if execution.succeeded else "0x0",
        "error": None if execution.succeeded else str(getattr(execution.result, "reason", "execution reverted")),
        "gasUsed": hex(used.used),
        "computeGas": hex(used.used + used.refunded if meters is None else meters.compute_gas),
        "storageGas": hex(0 if meters is None else meters.storage_gas),
    }


def _nonce(tx: TxEnv, before: StateReader) -> int:
    return (before.account(tx.sender) or EMPTY_ACCOUNT).nonce if tx.to is None else tx.nonce


def _spent(spent: Spent) -> JsonObject:
    return {"computeGas": hex(spent.compute), "storageGas": hex(spent.storage)}


def _place(report: GasReport, spot: Spot | None) -> JsonObject | None:
    found = report.place(spot)
    if spot is None or found is None:
        return None
    address, contract, location = found
    op = report.opcode(spot)
    return {
        "opcode": EVM_RULES[report.spec.hardfork].opcodes.get(op, f"0x{op:02x}"),
        "address": to_data(address),
        "contract": contract or None,
        "function": None if location is None else location.function or None,
        "source": None if location is None else location.path,
        "line": None if location is None else location.line,
        "text": None if location is None else location.text.strip(),
        "pc": hex(spot.pc),
        "computeGas": hex(spot.compute),
    }


def _limited(report: GasReport, limited: Limited) -> JsonObject:
    return {
        "name": limited.name,
        "of": "transaction" if limited.is_of_transaction else "frame",
        "limit": hex(limited.limit),
        "used": None if limited.used is None else hex(limited.used),
        "at": _place(report, limited.spot),
        "remedy": limited.remedy,
    }


def _buckets(execution: Execution, env: BlockEnv, before: StateReader) -> list[JsonObject]:
    """Returns the buckets of new slots and accounts, and their price multipliers."""
    capacity = env.mega.capacity if env.mega is not None else None
    found: list[JsonObject] = []
    for address, account in execution.diff.accounts.items():
        if account is not None and before.account(address) is None:
            found.append({"address": to_data(address), "slot": None, **_bucket(bucket_of(address), capacity)})
    for address, slots in execution.diff.storage.items():
        for slot, value in slots.items():
            if value and not before.storage(address, slot):
                bucket = _bucket(slot_bucket(address, slot), capacity)
                found.append({"address": to_data(address), "slot": hex(slot), **bucket})
            if len(found) >= KEYS_SHOWN:
                return found
    return found[:KEYS_SHOWN]


def _bucket(bucket: int, capacity: object) -> JsonObject:
    size = capacity(bucket) if callable(capacity) else SMALLEST_CAPACITY
    return {"bucket": hex(bucket), "capacity": hex(size), "multiplier": hex(size // SMALLEST_CAPACITY)}


def _prices(spec: ChainSpec) -> JsonObject:
    """Returns the cost of a change: gas for one more of each, Ethereum's part and MegaETH's;
    ``storageGasPerMultiplier`` is added for each step that the bucket's multiplier is above 1.
    """
    mega = MEGA_RULES.get(spec.model)
    rows = {
        "newSlot": (22_100, 0),
        "changedSlot": (5_000, 0),
        "newAccount": (25_000, 0),
        "newContract": (32_000, 0),
        "codeByte": (200, 0 if mega is None else mega.code_byte),
        "log": (375, 0),
        "logTopic": (375, 0 if mega is None else mega.topic),
        "logByte": (8, 0 if mega is None else mega.log_byte),
        "calldataZeroByte": (4, 0 if mega is None else mega.token),
        "calldataByte": (16, 0 if mega is None else 4 * mega.token),
    }
    multiplied = (
        {} if mega is None else {"newSlot": mega.slot, "newAccount": mega.account, "newContract": mega.contract}
    )
    return {
        name: {
            "computeGas": hex(compute),
            "storageGas": hex(storage),
            "storageGasPerMultiplier": hex(multiplied.get(name, 0)),
        }
        for name, (compute, storage) in rows.items()
    }
