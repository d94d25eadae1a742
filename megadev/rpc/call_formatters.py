"""JSON of executions: call frames in geth's nested and flat forms, in Parity's flat form and as Otterscan shows them;
Parity's instructions and state changes.

All frames are views of one ``CallNode`` tree, and all walk it with a stack of their own: 1,024 frames within each other
are ordinary here. The forms differ in three things. geth's top frame has the transaction's gas, limit and used;
Parity's has what was left after the intrinsic gas. geth shows calls of precompiles in the tree and hides them in the
flat form; Parity hides those that transfer nothing. And each has words of its own for what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import msgspec

from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import PlacedBlock
from megadev.chain.receipts import REVERTED, Log
from megadev.evm.rules import EVM_RULES
from megadev.evm.tracers.call_tree import CallNode
from megadev.evm.tracers.vm_trace import Effect
from megadev.primitives.abi import ERROR_SELECTOR, PANIC_SELECTOR, decode, revert_reason
from megadev.primitives.hexcodec import to_data, to_word
from megadev.primitives.types import Address
from megadev.state.account import EMPTY_ACCOUNT
from megadev.state.diff import StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader

_CREATIONS = ("CREATE", "CREATE2")
_PRECOMPILES = frozenset(address for rules in EVM_RULES.values() for address in rules.precompiles)
"""Of any hardfork: for whoever does not know which."""


class TransactionGas(msgspec.Struct, frozen=True):
    """A transaction's gas limit and what its receipt says was used: geth's numbers for the top frame."""

    limit: int
    used: int


# -- geth ---------------------------------------------------------------------------------------------------------


def format_call(
    root: CallNode,
    *,
    with_log: bool = False,
    only_top_call: bool = False,
    gas: TransactionGas | None = None,
    first_log: int = 0,
) -> JsonObject:
    """geth's callTracer: frames within frames.

    ``gas``: of the whole transaction; without it the top frame has its own. Logs of frames that failed, or stand within
    one that did, are left out as nothing was left of them; ``position`` is the number of calls made before, ``index``
    counts from ``first_log``, the number of logs in the block before the transaction.
    """
    answer = _geth_frame(root, gas)
    index = first_log
    open_frames = [(iter(root.events), answer, root.failed)]
    while open_frames:
        events, written, undone = open_frames[-1]
        for event in events:
            if isinstance(event, CallNode):
                # below the top call nothing may be shown, but its logs count
                frame = {} if only_top_call else _geth_frame(event, None)
                if not only_top_call:
                    written.setdefault("calls", []).append(frame)
                open_frames.append((iter(event.events), frame, undone or event.failed))
                break
            if with_log and not undone:
                position = len(written.get("calls", ()))
                written.setdefault("logs", []).append(_geth_log(event, index, position))
                index += 1
        else:
            open_frames.pop()
    return answer


def _geth_frame(node: CallNode, gas: TransactionGas | None) -> JsonObject:
    frame, outcome = node.frame, node.outcome
    answer: JsonObject = {
        "from": to_data(frame.sender),
        "gas": hex(frame.gas if gas is None else gas.limit),
        "gasUsed": hex(outcome.gas_used if gas is None else gas.used),
        "to": to_data(frame.to),
        "input": to_data(frame.input),
    }
    if outcome.error is None:
        if outcome.output:
            answer["output"] = to_data(outcome.output)
    else:
        answer["error"] = outcome.error
        if frame.kind in _CREATIONS:
            del answer["to"]
        if outcome.error == REVERTED and outcome.output:
            answer["output"] = to_data(outcome.output)
            reason = _stated_reason(outcome.output)
            if reason:
                answer["revertReason"] = reason
    if frame.kind != "STATICCALL":
        answer["value"] = hex(frame.value)
    answer["type"] = frame.kind
    return answer


def _stated_reason(output: bytes) -> str:
    """Returns the text of ``Error(string)`` or ``Panic(uint256)``; '' for anything else, as geth."""
    kind = {ERROR_SELECTOR: "bytes", PANIC_SELECTOR: "uint256"}.get(output[:4])
    if kind is None:
        return ""
    try:
        decode([kind], output[4:])
    except ValueError:  # only looks like it
        return ""
    return revert_reason(output)


def _geth_log(log: Log, index: int, position: int) -> JsonObject:
    return {
        "address": to_data(log.address),
        "topics": [to_data(topic) for topic in log.topics],
        "data": to_data(log.data),
        "index": hex(index),
        "position": hex(position),
    }


def flat_call_tracer(
    root: CallNode,
    *,
    convert_parity_errors: bool = False,
    include_precompiles: bool = False,
    gas: TransactionGas | None = None,
    block: PlacedBlock | None = None,
    index: int = 0,
    precompiles: Collection[Address] = _PRECOMPILES,
) -> list[JsonObject]:
    """geth's flatCallTracer: Parity's shape with geth's gas and, unless ``convert_parity_errors``, geth's words.

    ``block`` and ``index`` place the transaction; a call has no place. Calls of precompiles and what is below them are
    left out unless ``include_precompiles``.
    """
    answers = []
    for node, path, children in _flat(root, () if include_precompiles else precompiles, with_value=True):
        answer = _action(node, gas if node is root else None)
        error = node.outcome.error
        if error is not None:
            answer["error"] = _reworded(error, _CONVERTED_ERRORS) if convert_parity_errors else error
            answer["result"].pop("address", None)
        if answer["result"] is None or error not in (None, REVERTED):
            del answer["result"]
        answer["subtraces"] = children
        answer["traceAddress"] = path
        answers.append(_placed(answer, block, index))
    return answers


# -- Parity -------------------------------------------------------------------------------------------------------


def format_traces(root: CallNode, precompiles: Collection[Address] = _PRECOMPILES) -> list[JsonObject]:
    """Parity's flat traces of one transaction, without its place: each frame before those that it called.

    A call of a precompile is one only where it is the transaction itself or transfers value.
    """
    answers = []
    for node, path, children in _flat(root, precompiles, with_value=False):
        answer = _action(node, None)
        error = node.outcome.error
        if error is not None:
            answer["error"] = _reworded(error, _PARITY_ERRORS)
            if error != REVERTED:
                answer["result"] = None
        answer["subtraces"] = children
        answer["traceAddress"] = path
        answers.append(answer)
    return answers


def place_traces(traces: list[JsonObject], block: PlacedBlock, index: int) -> list[JsonObject]:
    """``traces``, each with its place: the block's transaction number ``index``."""
    return [_placed(trace, block, index) for trace in traces]


def _reworded(error: str, table: Mapping[str, str]) -> str:
    """``error`` in the words of ``table``, which goes by beginnings; as it is where there are none."""
    return next((words for beginning, words in table.items() if error.startswith(beginning)), error)


_CONVERTED_ERRORS = {
    "execution reverted": "Reverted",
    "out of gas": "Out of gas",
    "contract creation code storage out of gas": "Out of gas",
    "max code size exceeded": "Out of gas",
    "invalid opcode": "Bad instruction",
    "invalid jump destination": "Bad jump destination",
    "stack underflow": "Stack underflow",
    "stack limit reached": "Out of stack",
    "return data out of bounds": "Out of bounds",
    "invalid input for precompile": "Built-in failed",
}
"""What geth turns into Parity's words."""
_PARITY_ERRORS = {
    **_CONVERTED_ERRORS,
    "write protection": "Mutable Call In Static Context",
    "insufficient balance": "Insufficient balance for transfer",
}


def _flat(
    root: CallNode, hidden: Collection[Address], *, with_value: bool
) -> Iterator[tuple[CallNode, list[int], int]]:
    """Frames in the order of their beginning, each with its trace address and the number of frames it called.

    Calls of ``hidden`` addresses are passed over, below the root; those that transfer value only ``with_value``.
    """
    waiting: list[tuple[CallNode, list[int]]] = [(root, [])]
    while waiting:
        node, path = waiting.pop()
        children = [child for child in node.calls if not _is_hidden(child, hidden, with_value)]
        yield node, path, len(children)
        waiting.extend((children[number], [*path, number]) for number in range(len(children) - 1, -1, -1))


def _is_hidden(node: CallNode, hidden: Collection[Address], with_value: bool) -> bool:
    frame = node.frame
    return frame.kind in ("CALL", "STATICCALL") and frame.code_address in hidden and (with_value or not frame.value)


def _action(node: CallNode, gas: TransactionGas | None) -> JsonObject:
    """``type``, ``action`` and ``result`` of a frame, as if it had succeeded."""
    frame, outcome = node.frame, node.outcome
    if frame.kind == "SELFDESTRUCT":
        return {
            "type": "suicide",
            "action": {
                "address": to_data(frame.sender),
                "refundAddress": to_data(frame.to),
                "balance": hex(frame.value),
            },
            "result": None,
        }
    action: JsonObject = {
        "from": to_data(frame.sender),
        "gas": hex(frame.gas if gas is None else gas.limit),
        "value": hex(frame.value),
    }
    result: JsonObject = {"gasUsed": hex(outcome.gas_used if gas is None else gas.used)}
    if frame.kind in _CREATIONS:
        action["init"] = to_data(frame.input)
        action["creationMethod"] = frame.kind.lower()
        result["address"] = to_data(frame.to)
        result["code"] = to_data(outcome.output)
        return {"type": "create", "action": action, "result": result}
    action["to"] = to_data(frame.to)
    action["input"] = to_data(frame.input)
    action["callType"] = frame.kind.lower()
    result["output"] = to_data(outcome.output)
    return {"type": "call", "action": action, "result": result}


def _placed(answer: JsonObject, block: PlacedBlock | None, index: int) -> JsonObject:
    if block is not None:
        answer["blockHash"] = to_data(block.hash)
        answer["blockNumber"] = block.number
        answer["transactionHash"] = to_data(block.transactions[index].hash)
        answer["transactionPosition"] = index
    return answer


class VmTracePen:
    """Writes Parity's vmTrace as it happens: instructions within calls within instructions, as one text in pieces.

    ``mnemonics``: by opcode. ``spend`` is told the length of each piece; it may raise, which ends the execution.
    """

    def __init__(self, mnemonics: Mapping[int, str], *, spend: Callable[[int], None]) -> None:
        self._ops = [mnemonics.get(op, f"opcode {op:#x} not defined") for op in range(256)]
        self._spend = spend
        self._pieces: list[str] = []
        self._codes: list[tuple[int, Address]] = []
        self._separator = ""
        self._is_called = False

    def begin_frame(self, code: bytes | None, address: Address) -> None:
        self._separator = ""
        self._write('{"code":"0x')
        if code is None:
            self._codes.append((len(self._pieces), address))
            code = b""
        self._write(code.hex())
        self._write('","ops":[')

    def end_frame(self) -> None:
        self._write("]}")
        self._is_called = True

    def begin_instruction(self, pc: int, op: int) -> None:
        self._write(f'{self._separator}{{"pc":{pc},"op":"{self._ops[op]}","sub":')
        self._is_called = False

    def end_instruction(self, cost: int, effect: Effect | None) -> None:
        called = "" if self._is_called else "null"
        self._separator = ","
        if effect is None:
            self._write(f'{called},"cost":{cost},"ex":null}}')
            return
        pushed = '"' + '","'.join(map(hex, effect.pushed)) + '"' if effect.pushed else ""
        memory, stored = "null", "null"
        if effect.memory is not None:
            memory = f'{{"off":{effect.memory[0]},"data":"{to_data(effect.memory[1])}"}}'
        if effect.stored is not None:
            stored = f'{{"key":"{effect.stored[0]:#x}","val":"{effect.stored[1]:#x}"}}'
        self._write(
            f'{called},"cost":{cost},"ex":{{"used":{effect.gas_left},"push":[{pushed}],"mem":{memory},'
            f'"store":{stored}}}}}'
        )

    def answer(self, code_of: Callable[[Address], bytes]) -> msgspec.Raw:
        """The whole. ``code_of``: what runs at an account."""
        for index, address in self._codes:
            code = code_of(address).hex()
            self._spend(len(code))
            self._pieces[index] = code
        return msgspec.Raw("".join(self._pieces).encode())

    def _write(self, piece: str) -> None:
        self._spend(len(piece))
        self._pieces.append(piece)


def format_state_diff(before: StateReader, diff: StateDiff) -> JsonObject:
    """Parity's stateDiff: what ``diff`` changes, by account; accounts that stay as they were are left out.

    Each of balance, nonce, code and every slot is ``"="``, ``{"*": {"from", "to"}}``, ``{"+": it}`` of an account that
    was not there before, or ``{"-": it}`` of one that is gone.
    """
    after = Overlay(before, diff)
    changes: JsonObject = {}
    for address in sorted({*diff.accounts, *diff.storage, *diff.cleared}):
        old, new = before.account(address), after.account(address)
        exists = (old is not None, new is not None)
        slots = {}
        for slot in sorted(diff.storage.get(address, ())):
            held, holds = before.storage(address, slot), after.storage(address, slot)
            if held != holds:
                slots[to_word(slot)] = _change(to_word(held), to_word(holds), *exists)
        if old == new and not slots:
            continue
        was, now = old or EMPTY_ACCOUNT, new or EMPTY_ACCOUNT
        changes[to_data(address)] = {
            "balance": _change(hex(was.balance), hex(now.balance), *exists),
            "nonce": _change(hex(was.nonce), hex(now.nonce), *exists),
            "code": _change(to_data(before.code(was.code_hash)), to_data(after.code(now.code_hash)), *exists),
            "storage": slots,
        }
    return changes


def _change(old: str, new: str, existed: bool, exists: bool) -> str | JsonObject:
    if not existed:
        return {"+": new}
    if not exists:
        return {"-": old}
    return "=" if old == new else {"*": {"from": old, "to": new}}


# -- Otterscan ----------------------------------------------------------------------------------------------------


def format_call_list(root: CallNode) -> list[JsonObject]:
    """ots_traceTransaction: frames in the order of their beginning, each with its depth.

    ``value`` is null where a call can carry none: DELEGATECALL, STATICCALL.
    """
    return [
        {
            "type": node.frame.kind,
            "depth": node.frame.depth,
            "from": to_data(node.frame.sender),
            "to": to_data(node.frame.to),
            "value": None if node.frame.kind in ("DELEGATECALL", "STATICCALL") else hex(node.frame.value),
            "input": to_data(node.frame.input),
            "output": to_data(node.outcome.output),
        }
        for node in root.walk()
    ]


_OPERATIONS = {"CALL": 0, "SELFDESTRUCT": 1, "CREATE": 2, "CREATE2": 3}


def format_internal_operations(root: CallNode) -> list[JsonObject]:
    """ots_getInternalOperations: ether moved and contracts created by contracts, as far as it lasted."""
    return [
        {
            "type": _OPERATIONS[node.frame.kind],
            "from": to_data(node.frame.sender),
            "to": to_data(node.frame.to),
            "value": hex(node.frame.value),
        }
        for node in root.lasting()
        if node is not root and (node.frame.kind in _OPERATIONS and (node.frame.kind != "CALL" or node.frame.value))
    ]
