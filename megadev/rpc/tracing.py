"""The tracers that clients may name, in one table: what each shows, its options, how it watches and what it answers.

``begin`` starts one for one transaction; ``Started.answer`` writes down what it saw. A trace of pure Python may take
long and grow large, so each runs on a ``Budget`` of time and bytes and ends with a refusal that says what to do.

Where tracers differ between nodes, these answer as geth does. Struct logs have the shape that the execution API's
specification gave them in 2026: words of memory and storage with 0x.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import JsonObject
from megadev.chain.receipts import Log
from megadev.chain.spec import ChainSpec
from megadev.chain.store import first_log_index
from megadev.clock import Clock
from megadev.errors import ExecutionHalted, InvalidParams, LimitExceeded
from megadev.evm.engine import (
    BlockEnv,
    Execution,
    Frame,
    FrameExit,
    Halt,
    MeterTracer,
    RunningMeter,
    Step,
    Tracer,
    TxEnv,
)
from megadev.evm.opcodes import named
from megadev.evm.rules import EVM_RULES
from megadev.evm.tracers.call_tree import CallTreeTracer
from megadev.evm.tracers.four_byte import FourByteTracer
from megadev.evm.tracers.mux import MuxTracer
from megadev.evm.tracers.prestate import Change, changes, prestate
from megadev.evm.tracers.struct_log import StructLogTracer
from megadev.primitives.hexcodec import to_data, to_word
from megadev.primitives.types import EMPTY_CODE_HASH, Hash32
from megadev.rpc.call_formatters import TransactionGas, flat_call_tracer, format_call
from megadev.rpc.codec import (
    JSON,
    AnyParam,
    BlockOverridesParam,
    BoolParam,
    Decode,
    StateOverridesParam,
    StringParam,
    Uint64Param,
    decode_object,
    decoder_for,
    describe,
)
from megadev.state.account import Account
from megadev.state.reader import StateReader

TRACE_BYTES = 128 * 1024 * 1024
"""The most that one request may be answered with. It is text in memory a few times over before it is sent."""
DEFAULT_TIMEOUT_NS = 60 * 10**9
"""For each transaction. geth's is 5 seconds; Python needs about that for the opcodes of a full block of 30 Mgas."""

STEPS_TIMEOUT_NS = 15 * 10**9
"""Where frames are told if instructions take too long."""
_Seen = TypeVar("_Seen")

_FRAME_BYTES = 300
"""About what a call takes in an answer, besides its input and output; a log takes less."""
_SELDOM = 1024
"""Steps between two looks at the clock."""


# -- options ------------------------------------------------------------------------------------------------------


_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+")
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3_600 * 10**9}


def _decode_duration(value: Any) -> int:
    """Nanoseconds, from Go's notation."""
    if type(value) is str and len(value) <= 40 and _DURATION.fullmatch(value):
        return sum(int(float(number) * _NANOSECONDS[unit]) for number, unit in re.findall(r"([\d.]+)([a-zµ]+)", value))
    raise InvalidParams(f'expected a duration such as "5s", "500ms" or "1m30s", got {describe(value)}')


DurationParam: TypeAlias = Annotated[int, Decode(_decode_duration)]


class StructLoggerOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The fields to show of each opcode. ``limit`` is a number of steps, 0 for all; ``full_storage``: the slots that
    the contract has used so far at every step, as Hardhat has it, not only where one is used.
    """

    enable_memory: BoolParam = False
    disable_stack: BoolParam = False
    disable_storage: BoolParam = False
    enable_return_data: BoolParam = False
    full_storage: BoolParam = False
    limit: Uint64Param = 0


class TraceOptions(StructLoggerOptions, frozen=True, kw_only=True, rename="camel"):
    """The tracer and its options. Without ``tracer`` it is the struct logger, whose options stand here too; those of
    others stand in ``tracer_config``. ``timeout`` is for each transaction.

    Others that geth knows (``debug``, ``overrides``, ``reexec``) are of no effect here.
    """

    tracer: StringParam | None = None
    tracer_config: AnyParam = None
    timeout: DurationParam | None = None


class TraceCallOptions(TraceOptions, frozen=True, kw_only=True, rename="camel"):
    """The same for a call, and what it shall pretend. ``tx_index``: before that transaction of the block, not after
    all."""

    state_overrides: StateOverridesParam | None = None
    block_overrides: BlockOverridesParam | None = None
    tx_index: Uint64Param | None = None


class NoOptions(msgspec.Struct, frozen=True):
    """There are none."""


class CallTracerOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``only_top_call``: not those within. ``with_log``: the logs of each call, too."""

    only_top_call: BoolParam = False
    with_log: BoolParam = False


class FlatCallTracerOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``convert_parity_errors``: errors in Parity's words. ``include_precompiles``: calls of them, too."""

    convert_parity_errors: BoolParam = False
    include_precompiles: BoolParam = False


class PrestateOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``diff_mode``: only what changed, before and after. ``include_empty``: accounts that were empty before, too."""

    diff_mode: BoolParam = False
    disable_code: BoolParam = False
    disable_storage: BoolParam = False
    include_empty: BoolParam = False

    def __post_init__(self) -> None:
        if self.diff_mode and self.include_empty:
            raise InvalidParams("cannot use diffMode with includeEmpty: choose one")


# -- running ------------------------------------------------------------------------------------------------------


class Budget:
    """The limits of a tracing request: time for each transaction, and size of all answers.

    The clock is looked at now and then among steps and at every call. Where neither is watched (a loop that makes no
    calls, under a tracer of calls) nobody looks, and the transaction runs to its end: at full speed, bounded by gas.
    """

    def __init__(self, clock: Clock, timeout_ns: int | None = None) -> None:
        self._clock = clock
        self._timeout_ns = DEFAULT_TIMEOUT_NS if timeout_ns is None else timeout_ns
        self._deadline = clock.monotonic_ns() + self._timeout_ns
        self._room = TRACE_BYTES

    def start_transaction(self) -> None:
        """The time begins anew."""
        self._deadline = self._clock.monotonic_ns() + self._timeout_ns

    def check(self) -> None:
        """Raises ``ExecutionHalted`` when the time is over."""
        if self._clock.monotonic_ns() > self._deadline:
            raise ExecutionHalted(
                f"execution timeout: the trace was not complete after {self._timeout_ns / 10**9:g} s; "
                'set a longer one, such as "timeout": "5m", or trace less'
            )

    def spend(self, size: int) -> None:
        """Raises ``LimitExceeded`` when the answer gets too large."""
        self._room -= size
        if self._room < 0:
            raise LimitExceeded(
                f"limit exceeded: the trace is over {TRACE_BYTES >> 20} MiB; trace one transaction instead of "
                "the block, use the callTracer, or reduce struct logs with disableStack, disableStorage or "
                "limit"
            )


class Bounded:
    """A tracer on a budget, one that keeps frames. What is written of steps it must account for itself."""

    def __init__(self, tracer: Tracer, budget: Budget) -> None:
        self.wants_steps = tracer.wants_steps
        self.step_done = tracer.step_done
        self._tracer = tracer
        self._budget = budget
        self._steps = 0

    def begin_metering(self, meter: RunningMeter) -> None:
        if isinstance(self._tracer, MeterTracer):
            self._tracer.begin_metering(meter)

    def enter(self, frame: Frame) -> None:
        self._budget.check()
        self._budget.spend(_FRAME_BYTES + 2 * len(frame.input))
        self._tracer.enter(frame)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        self._budget.spend(2 * len(outcome.output))
        self._tracer.exit(frame, outcome)

    def step(self, step: Step) -> None:
        self._steps += 1
        if not self._steps % _SELDOM:
            self._budget.check()
        self._tracer.step(step)

    def log(self, log: Log) -> None:
        self._budget.spend(_FRAME_BYTES + 2 * len(log.data))
        self._tracer.log(log)


def by_steps_if_quick(clock: Clock, watch: Callable[[bool, Budget], _Seen]) -> _Seen:
    """What ``watch`` sees of an execution, each instruction of it; where that takes too long, its frames only."""
    try:
        return watch(True, Budget(clock, STEPS_TIMEOUT_NS))
    except ExecutionHalted:
        return watch(False, Budget(clock))


class Place(msgspec.Struct, frozen=True):
    """The place of a sealed transaction."""

    block: SealedBlock
    index: int


class Traced(msgspec.Struct, frozen=True):
    """A transaction or call that has run: what it asked for, what it found, and what came of it."""

    env: BlockEnv
    tx: TxEnv
    before: StateReader
    execution: Execution
    place: Place | None = None

    @property
    def gas(self) -> TransactionGas:
        return TransactionGas(self.tx.gas_limit, self.execution.gas.used)


class Started(msgspec.Struct, frozen=True):
    """A tracer at work. ``tracer`` watches the execution, None where nothing need be; then ``answer`` tells."""

    tracer: Tracer | None
    answer: Callable[[Traced], JSON]


Begin: TypeAlias = Callable[[Any, ChainSpec, Budget], Started]


class TracerKind(msgspec.Struct, frozen=True):
    """One row: a tracer by its name, what it shows in a line, the struct of its options, and how to begin."""

    name: str
    shows: str
    options: type[msgspec.Struct]
    begin: Begin


def _call_tracer(options: CallTracerOptions, spec: ChainSpec, budget: Budget) -> Started:
    tree = CallTreeTracer()

    def answer(traced: Traced) -> JSON:
        assert tree.root is not None
        place = traced.place
        answer = format_call(
            tree.root,
            with_log=options.with_log,
            only_top_call=options.only_top_call,
            gas=traced.gas,
            first_log=0 if place is None else first_log_index(place.block, place.index),
        )
        tree.root.let_go()
        return answer

    return Started(Bounded(tree, budget), answer)


def _flat_call_tracer(options: FlatCallTracerOptions, spec: ChainSpec, budget: Budget) -> Started:
    tree = CallTreeTracer()

    def answer(traced: Traced) -> JSON:
        assert tree.root is not None
        place = traced.place
        return flat_call_tracer(
            tree.root,
            convert_parity_errors=options.convert_parity_errors,
            include_precompiles=options.include_precompiles,
            gas=traced.gas,
            block=None if place is None else place.block,
            index=0 if place is None else place.index,
        )

    return Started(Bounded(tree, budget), answer)


def _prestate_tracer(options: PrestateOptions, spec: ChainSpec, budget: Budget) -> Started:
    def answer(traced: Traced) -> JSON:
        if options.diff_mode:
            return _format_changes(options, traced)
        return {
            to_data(address): _format_account(options, found.account, traced.before, found.storage)
            for address, found in prestate(traced.before, traced.env, traced.tx, traced.execution).items()
            if options.include_empty or not found.account.is_empty
        }

    return Started(None, answer)


def _four_byte_tracer(options: NoOptions, spec: ChainSpec, budget: Budget) -> Started:
    tracer = FourByteTracer(EVM_RULES[spec.hardfork].precompiles)

    def answer(traced: Traced) -> JSON:
        return {f"{to_data(selector)}-{size}": count for (selector, size), count in sorted(tracer.counts.items())}

    return Started(Bounded(tracer, budget), answer)


def _noop_tracer(options: NoOptions, spec: ChainSpec, budget: Budget) -> Started:
    return Started(None, lambda traced: {})


def _mux_tracer(options: Mapping[str, Any], spec: ChainSpec, budget: Budget) -> Started:
    started = {name: begin_named(name, config, spec, budget) for name, config in options.items()}
    tracers = [each.tracer for each in started.values() if each.tracer is not None]

    def answer(traced: Traced) -> JSON:
        return {name: each.answer(traced) for name, each in started.items()}

    return Started(MuxTracer(tracers) if tracers else None, answer)


class MuxOptions(msgspec.Struct, frozen=True):
    """The tracers to use at once, by name, each with its own options."""


TRACERS: dict[str, TracerKind] = {
    kind.name: kind
    for kind in (
        TracerKind("callTracer", "the calls, each with those it made", CallTracerOptions, _call_tracer),
        TracerKind("flatCallTracer", "the calls in a row, as Parity", FlatCallTracerOptions, _flat_call_tracer),
        TracerKind("prestateTracer", "the state touched, or changed", PrestateOptions, _prestate_tracer),
        TracerKind("4byteTracer", "how often which functions are called", NoOptions, _four_byte_tracer),
        TracerKind("noopTracer", "nothing", NoOptions, _noop_tracer),
        TracerKind("muxTracer", 'what several of these show: `{"callTracer": {}, …}`', MuxOptions, _mux_tracer),
    )
}
"""All of them but the struct logger, which has no name: it is used where none is given."""

_DECODERS = {
    name: decoder_for(kind.options, is_exact=True) for name, kind in TRACERS.items() if kind.options is not MuxOptions
}


def begin(options: TraceOptions, spec: ChainSpec, budget: Budget) -> Started:
    """The tracer that ``options`` ask for, about to watch one transaction. Raises ``InvalidParams`` for one that does
    not exist.
    """
    if not options.tracer:
        return STRUCT_LOGGER.begin(options, spec, budget)
    return begin_named(options.tracer, options.tracer_config, spec, budget)


def begin_named(name: str, config: Any, spec: ChainSpec, budget: Budget) -> Started:
    """A tracer by its name, with its own options as they were sent. Raises ``InvalidParams``."""
    kind = TRACERS.get(name)
    if kind is None:
        known = ", ".join(sorted(TRACERS))
        if re.search(r"[{(=]", name):
            raise InvalidParams(
                f"JavaScript tracers are not supported: use one of {known}, or omit tracer for struct logs"
            )
        raise InvalidParams(f"tracer not found: {describe(name)}; use one of {known}, or omit tracer for struct logs")
    given = {} if config is None else config
    try:
        decoded = _DECODERS[name](given) if name in _DECODERS else decode_object(given)
    except InvalidParams as error:
        text = str(error)
        raise InvalidParams(f"tracerConfig of {name}" + (text if text[:1] in "[." else f": {text}")) from None
    return kind.begin(decoded, spec, budget)


# -- struct logs --------------------------------------------------------------------------------------------------


_NAMES_IN_GETH = {0x44: "DIFFICULTY"}
"""Mnemonics that tools which read struct logs know under an older name; Anvil's are the same."""


class _JsonPen:
    """Writes steps as JSON texts."""

    __slots__ = ("_memory", "_ops", "_return_data", "_stack")

    def __init__(self, options: StructLoggerOptions) -> None:
        self._stack = not options.disable_stack
        self._memory = options.enable_memory
        self._return_data = options.enable_return_data
        names = {op: named(op) for op in range(256)} | _NAMES_IN_GETH
        self._ops = [f',"op":"{names[op]}","gas":' for op in range(256)]

    def found(self, step: Step) -> str:
        text = ""
        if self._stack:
            stack = step.stack
            text = ',"stack":["' + '","'.join(map(hex, stack)) + '"]' if stack else ',"stack":[]'
        if self._return_data and step.return_data:
            text += f',"returnData":"{to_data(step.return_data)}"'
        if self._memory and step.memory:
            memory = bytes(step.memory).hex()
            words = ",".join([f'"0x{memory[start : start + 64]}"' for start in range(0, len(memory), 64)])
            text += f',"memory":[{words}]'
        return text

    def whole(
        self, step: Step, found: str, cost: int, refund: int, storage: Mapping[int, int] | None, error: str | None
    ) -> str:
        text = f'{{"pc":{step.pc}{self._ops[step.op]}{step.gas},"gasCost":{cost},"depth":{step.depth + 1}'
        if storage is None and error is None:  # nearly always
            return f'{text}{found},"refund":{refund}}}' if refund else f"{text}{found}}}"
        if error is not None:
            text += f',"error":{msgspec.json.encode(error).decode()}'
        text += found
        if storage is not None:
            words = ",".join([f'"0x{slot:064x}":"0x{value:064x}"' for slot, value in sorted(storage.items())])
            text += f',"storage":{{{words}}}'
        return f'{text},"refund":{refund}}}' if refund else text + "}"


def _struct_logger(options: StructLoggerOptions, spec: ChainSpec, budget: Budget) -> Started:
    tracer = StructLogTracer(
        _JsonPen(options),
        limit=options.limit,
        with_storage=not options.disable_storage,
        full_storage=options.full_storage,
        spend=budget.spend,
        check=budget.check,
    )

    def answer(traced: Traced) -> JSON:
        execution = traced.execution
        result = execution.result
        output = b"" if isinstance(result, Halt) else result.output
        head = msgspec.json.encode(
            {"failed": not execution.succeeded, "gas": execution.gas.used, "returnValue": to_data(output)}
        )
        return msgspec.Raw(head[:-1] + b',"structLogs":[' + ",".join(tracer.texts).encode() + b"]}")

    return Started(tracer, answer)


STRUCT_LOGGER = TracerKind("", "every opcode: geth's struct logs", StructLoggerOptions, _struct_logger)


# -- prestate -----------------------------------------------------------------------------------------------------


def _format_account(
    options: PrestateOptions, account: Account, state: StateReader, storage: Mapping[int, int]
) -> JsonObject:
    """An account as it was: what is zero is left out, but for the balance and slots."""
    answer: JsonObject = {"balance": hex(account.balance)}
    if account.code_hash != EMPTY_CODE_HASH:
        if not options.disable_code:
            answer["code"] = to_data(state.code(account.code_hash))
        answer["codeHash"] = to_data(account.code_hash)
    if account.nonce:
        answer["nonce"] = account.nonce
    if storage and not options.disable_storage:
        answer["storage"] = {to_word(slot): to_word(value) for slot, value in storage.items()}
    return answer


def _format_changes(options: PrestateOptions, traced: Traced) -> JsonObject:
    """``pre``: accounts that changed, as they were, with the slots that changed. ``post``: what is otherwise."""
    pre: JsonObject = {}
    post: JsonObject = {}
    codes = traced.execution.diff.codes

    def code(code_hash: Hash32) -> str:
        return to_data(codes.get(code_hash) or traced.before.code(code_hash))

    for address, change in changes(traced.before, traced.execution).items():
        if change.before == change.after and options.disable_storage:
            continue
        name = to_data(address)
        if not change.before.is_empty:
            found = {slot: earlier for slot, (earlier, _) in change.storage.items() if earlier}
            pre[name] = _format_account(options, change.before, traced.before, found)
        if change.after is not None:
            post[name] = _format_after(options, change, change.after, code)
    return {"post": post, "pre": pre}


def _format_after(options: PrestateOptions, change: Change, new: Account, code: Callable[[Hash32], str]) -> JsonObject:
    """Returns the changed fields of an existing account. Nothing stands for what is zero now, but a balance."""
    old = change.before
    answer: JsonObject = {}
    if new.balance != old.balance:
        answer["balance"] = hex(new.balance)
    if new.code_hash != old.code_hash:
        if not options.disable_code and new.code_hash != EMPTY_CODE_HASH:
            answer["code"] = code(new.code_hash)
        answer["codeHash"] = to_word(0) if new.code_hash == EMPTY_CODE_HASH else to_data(new.code_hash)
    if new.nonce != old.nonce:
        answer["nonce"] = new.nonce
    written = {to_word(slot): to_word(value) for slot, (_, value) in change.storage.items() if value}
    if written and not options.disable_storage:
        answer["storage"] = written
    return answer
