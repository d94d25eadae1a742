"""The stack trace of an execution, in words: its call tree with the names that artifacts know, and the source position
of a failure.

``StackTracer`` watches; ``StackTrace`` is what comes of it. The call tree is the tracer's own; a contract is recognised
by the code that ran. The stack is the way from the outermost call to the one that failed first, and within each of its
contracts the functions that were under way, as far as source maps tell jumps into functions from those out of them.

Why the failing call is the last one of its caller that ended with the same revert data: that is how compilers pass a
failure on. A caller that answers with a reason of its own is where the failure is explained, so the way ends there.
Where neither has revert data it may also have survived the call and failed later: the line where it ended is told then,
and not the one of the call.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final

import msgspec

from megadev.artifacts import explain
from megadev.artifacts.artifact import Artifact
from megadev.artifacts.explain import DecodedCall, DecodedLog
from megadev.artifacts.registry import ArtifactRegistry
from megadev.artifacts.source_map import CHANGED, SourceLocation
from megadev.chain.receipts import CONSOLE, REVERTED, Log
from megadev.chain.transactions import DELEGATION_PREFIX, is_delegation
from megadev.evm.console import read_console
from megadev.evm.engine import Execution, Frame, FrameExit, RunningMeter, Step, Tracer
from megadev.evm.rules import EVM_RULES
from megadev.evm.tracers.call_tree import CallNode, CallTreeTracer
from megadev.inspect.replay import placed_transaction, replay
from megadev.node.chain import LocalChain
from megadev.primitives.types import Address, Hash32
from megadev.state.reader import StateReader

TRAIL: Final = 64
"""Program counters kept of what a frame ran last: an instruction without a source stands where one of them did."""
JUMPS_KEPT: Final = 500_000
"""Jumps kept of all frames; of one that made more than there was room for, only the innermost function is told."""
_CREATIONS = frozenset(("CREATE", "CREATE2"))
_JUMP = 0x56
_DECLARATION = re.compile(r"\s*(?:function|constructor|receive|fallback|modifier|contract|library|def|@)\b|@")
_PRECOMPILES = {address: row.name for rules in EVM_RULES.values() for address, row in rules.precompiles.items()}


class _Trail:
    """The path of a frame: the latest program counters, and all its jumps; None if there was no room for them."""

    __slots__ = ("jumps", "latest")

    def __init__(self) -> None:
        self.latest: deque[int] = deque(maxlen=TRAIL)
        self.jumps: list[int] | None = []


class Standing:
    """The position of a frame at one moment: program counters, the latest last, and the jumps it had made."""

    __slots__ = ("_count", "_jumps", "latest")

    def __init__(self, trail: _Trail) -> None:
        self.latest = tuple(trail.latest)
        self._jumps = trail.jumps  # only ever grows: the count says how far it had come
        self._count = 0 if trail.jumps is None else len(trail.jumps)

    @property
    def jumps(self) -> Sequence[int]:
        return () if self._jumps is None else self._jumps[: self._count]


class StackTracer(CallTreeTracer):
    """The call tree, and where frames that failed stood at their end, and their callers at the call.

    Why only the latest of each depth: the stack consists of frames that ended their callers, each its depth's last one.
    """

    def __init__(self, *, wants_steps: bool = True) -> None:
        """``wants_steps`` False: nearly as fast as unwatched; of frames that failed only their last place is known."""
        super().__init__()
        self.wants_steps = wants_steps
        self.ends: dict[int, Standing] = {}
        """By depth: where the latest frame that failed there stood at its end."""
        self.calls: dict[int, Standing] = {}
        """By depth: where its caller stood when it called."""
        self.storage: dict[int, int] = {}
        """By a node's ``id``: MegaETH's storage gas of the frame and all below it, where that is told apart."""
        self._meter: RunningMeter | None = None
        self._stored: list[int] = []
        self._trails: list[_Trail] = []
        self._pass = _Trail().latest.append
        """Notes a program counter of the frame that runs."""
        self._room = JUMPS_KEPT

    def begin_metering(self, meter: RunningMeter) -> None:
        """Keeps the engine's meters, to be read from now on."""
        self._meter = meter

    def enter(self, frame: Frame) -> None:
        super().enter(frame)
        trail = _Trail()
        self._trails.append(trail)
        self._pass = trail.latest.append
        if self._meter is not None:
            self._stored.append(self._meter.storage)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        if self._meter is not None:
            self.storage[id(self._open[-1])] = max(self._meter.storage - self._stored.pop(), 0)
        super().exit(frame, outcome)
        trail = self._trails.pop()
        if outcome.error is not None:
            if not self.wants_steps and outcome.pc is not None:
                trail.latest.append(outcome.pc)
            depth = len(self._trails)
            self.ends[depth] = Standing(trail)
            if depth:
                self.calls[depth] = Standing(self._trails[-1])
        elif trail.jumps is not None:
            self._room += len(trail.jumps)
        if self._trails:
            self._pass = self._trails[-1].latest.append

    def step(self, step: Step) -> None:
        self._pass(step.pc)
        if step.op == _JUMP:
            trail = self._trails[-1]
            if trail.jumps is None:
                return
            if self._room:
                self._room -= 1
                trail.jumps.append(step.pc)
            else:
                trail.jumps = None


class StackEntry(msgspec.Struct, frozen=True):
    """One function under way. ``contract`` and ``function`` are '' where not known."""

    address: Address
    contract: str
    function: str
    location: SourceLocation | None
    pc: int


class StackTrace:
    """One execution in words. ``before``: the state that it ran on."""

    def __init__(
        self, registry: ArtifactRegistry, tracer: StackTracer, execution: Execution, before: StateReader
    ) -> None:
        assert tracer.root is not None, "nothing was watched"
        self.root = tracer.root
        self.execution = execution
        self._registry = registry
        self._tracer = tracer
        self._before = before
        self._artifacts: dict[int, Artifact | None] = {}

    @cached_property
    def error(self) -> str | None:
        """The reason of the failure: the revert data in words, or the end of the first failed call. None: it
        did not.
        """
        if not self.root.failed:
            return None
        return self.error_of(self.root) or self._unsaid(self._failed[-1])

    @cached_property
    def stack(self) -> list[StackEntry]:
        """The functions under way when it failed, innermost first; empty where it did not fail."""
        entries: list[StackEntry] = []
        innermost = len(self._failed) - 1
        for depth, node in enumerate(self._failed):
            standing = self._tracer.ends[depth]
            if depth != innermost:
                called = self._tracer.calls[depth + 1]
                if called.latest and (node.outcome.output or self._is_one_line(node, called, standing)):
                    standing = called
            entries += self._entries(node, standing)
        return entries[::-1]

    def functions_of(self, frames: Sequence[tuple[CallNode, Standing]]) -> list[StackEntry]:
        """The functions under way in frames, innermost first, where each of those, outermost first, stands there."""
        return [entry for node, standing in frames for entry in self._entries(node, standing)][::-1]

    def storage_of(self, node: CallNode) -> int | None:
        """MegaETH's storage gas of a frame and all below it; None where that is not told apart."""
        return self._tracer.storage.get(id(node))

    def artifact_of(self, node: CallNode) -> Artifact | None:
        """The contract whose code the frame ran."""
        if id(node) not in self._artifacts:
            self._artifacts[id(node)] = self._find_artifact(node.frame)
        return self._artifacts[id(node)]

    def contract_of(self, node: CallNode) -> str:
        """Its name; '' where not known."""
        artifact = self.artifact_of(node)
        return "" if artifact is None else artifact.name

    def call_of(self, node: CallNode) -> DecodedCall:
        """Returns the frame's call in words."""
        frame = node.frame
        if frame.kind in _CREATIONS:
            return explain.creation(self._registry, frame.input)
        name = _PRECOMPILES.get(frame.code_address)
        if name is not None:
            return DecodedCall("", name, raw=frame.input)
        artifact = self.artifact_of(node)
        if artifact is None and not self._code(frame.code_address):
            return DecodedCall("", "transfer", raw=frame.input)  # to an account that runs nothing
        return explain.call(self._registry, artifact, frame.input)

    def printed_by(self, node: CallNode) -> str | None:
        """Returns the frame's output, if it is a call to the console."""
        return read_console(node.frame.input).text if node.frame.code_address == CONSOLE else None

    def error_of(self, node: CallNode) -> str:
        """Returns the frame's failure: its revert data in words, or a halt's reason; '' for a revert without data."""
        outcome = node.outcome
        if outcome.output:
            return explain.error(self._registry, outcome.output, self.artifact_of(node))
        return "" if outcome.error in (None, REVERTED) else str(outcome.error)

    def returned_by(self, node: CallNode, call: DecodedCall) -> str:
        """Returns the frame's return values in words; '' for none, and for the code of a creation."""
        return "" if node.frame.kind in _CREATIONS else explain.returned(call, node.outcome.output)

    def log_of(self, node: CallNode, log: Log) -> DecodedLog:
        """Returns a log of the frame in words."""
        return explain.log(self._registry, log.topics, log.data, self.artifact_of(node))

    def _unsaid(self, node: CallNode) -> str:
        """Returns the reason of a failure that the frame itself does not give."""
        error = node.outcome.error or REVERTED
        artifact, frame = self.artifact_of(node), node.frame
        if error != REVERTED or artifact is None or frame.kind in _CREATIONS:
            return error
        call = self.call_of(node)
        if call.item is None:
            name = f"function {call.name}" if frame.input[:4] else "receive function"
            return f"{error}: {artifact.name} has no {name}"
        if frame.value and call.item.state_mutability in ("nonpayable", "view", "pure"):
            return f"{error}: {artifact.name}.{call.name} is not payable"
        note = self.stack[0].location.note if self.stack and self.stack[0].location is not None else ""
        return f"{error}: {note}" if note and note != CHANGED else error

    @cached_property
    def _failed(self) -> list[CallNode]:
        """The frames from the outermost to the one that failed first; none where the outermost did not."""
        way: list[CallNode] = []
        node = self.root if self.root.failed else None
        while node is not None:
            way.append(node)
            last = node.events[-1] if node.events else None
            node = last if isinstance(last, CallNode) and _is_passed_on(last, node) else None
        return way

    @cached_property
    def _created(self) -> dict[Address, bytes]:
        """The code of contracts that the execution itself made, those of undone frames too."""
        return {
            node.frame.to: node.outcome.output
            for node in self.root.walk()
            if node.frame.kind in _CREATIONS and not node.failed
        }

    def code_of(self, node: CallNode) -> bytes:
        """The code that the frame ran."""
        return node.frame.input if node.frame.kind in _CREATIONS else self._run(node.frame)[1]

    def _run(self, frame: Frame) -> tuple[Address, bytes]:
        address, code = frame.code_address, self._code(frame.code_address)
        if is_delegation(code):
            address = code[len(DELEGATION_PREFIX) :]
            code = self._code(address)
        return address, code

    def _find_artifact(self, frame: Frame) -> Artifact | None:
        if frame.kind in _CREATIONS:
            found = self._registry.contract_of_creation(frame.input)
            return None if found is None else found[0]
        if frame.kind == "SELFDESTRUCT":
            return None
        address, code = self._run(frame)
        return self._registry.contract_at(address, code) if code else None

    def _code(self, address: Address) -> bytes:
        made = self._created.get(address)
        if made is not None:
            return made
        diff = self.execution.diff
        # what it left behind first: a delegation that came with the transaction holds from its beginning (EIP-7702)
        account = diff.accounts.get(address) or self._before.account(address)
        if account is None:
            return b""
        new = diff.codes.get(account.code_hash)
        return self._before.code(account.code_hash) if new is None else new

    def _entries(self, node: CallNode, standing: Standing) -> list[StackEntry]:
        """The functions of one frame that were under way, outermost first."""
        artifact, creation = self.artifact_of(node), node.frame.kind in _CREATIONS
        address, contract = node.frame.to, self.contract_of(node)
        if not standing.latest:
            return []  # no code ran: its caller is where to look
        pc = standing.latest[-1]
        innermost = self._innermost(node, standing)
        entries: list[StackEntry] = []
        if artifact is not None:
            for at in _entered(artifact, creation, standing.jumps):
                place = artifact.location(at, creation)
                if place is not None and place.function and not _is_declaration(place):
                    entries.append(StackEntry(address, contract, place.function, place, at))
        if entries and innermost is not None and _same_line(entries[-1].location, innermost):
            entries.pop()  # into the compiler's own code for that line
        function = innermost.function if innermost is not None and innermost.function else self.call_of(node).name
        return [*entries, StackEntry(address, contract, function, innermost, pc)]

    def _innermost(self, node: CallNode, standing: Standing) -> SourceLocation | None:
        """Returns the source position of a frame."""
        artifact = self.artifact_of(node)
        if artifact is None:
            return None
        if not standing.latest:
            return None
        *trail, pc = standing.latest
        return artifact.location(pc, node.frame.kind in _CREATIONS, trail)

    def _is_one_line(self, node: CallNode, called: Standing, ended: Standing) -> bool:
        """True if a frame ended in the line of its last call, as far as is known."""
        there, here = self._innermost(node, called), self._innermost(node, ended)
        return there is None or here is None or _same_line(there, here)


def _is_passed_on(inner: CallNode, outer: CallNode) -> bool:
    """True if a call's failure became that of its caller, whose last one it was."""
    passed_on = inner.failed and inner.outcome.output == outer.outcome.output
    return passed_on and outer.outcome.error in (REVERTED, inner.outcome.error)


def trace_transaction(
    chain: LocalChain,
    registry: ArtifactRegistry,
    tx_hash: Hash32,
    tracer: StackTracer,
    bounded: Callable[[StackTracer], Tracer],
) -> tuple[StackTrace, int]:
    """An included transaction, run again and watched, and its block's number.

    ``bounded`` stands between the execution and the ``tracer``, and may end it. Raises ``NotFound``.
    """
    block, position = placed_transaction(chain, tx_hash)
    watcher = bounded(tracer)
    for replayed in replay(
        chain, block, lambda index, tx, state: watcher if index == position else None, stop=position + 1
    ):
        if replayed.index == position:
            return StackTrace(registry, tracer, replayed.execution, replayed.before), block.number
    raise AssertionError("a block holds the transactions that the store says it holds")


def _entered(artifact: Artifact, creation: bool, jumps: Sequence[int]) -> list[int]:
    """The program counters of the jumps into functions that were not left again, in order."""
    details = artifact.details
    positions = details.creation if creation else details.runtime
    under_way: list[int] = []
    if positions is None:
        return under_way
    kinds: dict[int, str] = {}
    for pc in jumps:
        kind = kinds.get(pc)
        if kind is None:
            position = positions.at(pc)
            kind = kinds[pc] = "-" if position is None else position.jump
        if kind == "i":
            under_way.append(pc)
        elif kind == "o" and under_way:
            under_way.pop()
    return under_way


def _same_line(one: SourceLocation | None, other: SourceLocation) -> bool:
    return one is not None and (one.path, one.line) == (other.path, other.line)


def _is_declaration(place: SourceLocation) -> bool:
    """True if a jump comes from the compiler's own code before a function, and so from no line that calls it."""
    return _DECLARATION.match(place.text, place.column - 1) is not None
