"""One transaction step by step, for a debugger: every instruction that ran and its source line, and what it found.

A transaction takes millions of steps. So an overview of a part of them names for each step its frame, its place in the
code and its line, in a few numbers; the stack, memory and storage are told of one step at a time. Each is had by
running the transaction again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from megadev.artifacts.artifact import Artifact
from megadev.artifacts.registry import ArtifactRegistry
from megadev.artifacts.source_map import SourceLocation
from megadev.chain.transactions import Transaction
from megadev.errors import ExecutionHalted
from megadev.evm.engine import AccessSet, Execution, Frame, FrameExit, GasReport, Step, Success, Tracer
from megadev.evm.tracers.call_tree import CallNode
from megadev.inspect.replay import placed_transaction, replay
from megadev.inspect.stack_trace import StackEntry, StackTrace, StackTracer, Standing
from megadev.node.chain import LocalChain
from megadev.primitives.types import Hash32
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader

_CREATIONS = frozenset(("CREATE", "CREATE2"))
_UNDER_WAY = Execution(Success(b""), GasReport(0), (), StateDiff(Cause.TRANSACTION), AccessSet())
"""For one that was not run to its end: nothing came of it."""
_SLOAD, _SSTORE, _TLOAD, _TSTORE = 0x54, 0x55, 0x5C, 0x5D


@dataclass(frozen=True, slots=True)
class StepState:
    """The state before an instruction. ``stack``: top last. ``storage``: the slots of its contract that the transaction
    had used until then, with their values; ``transient`` likewise. ``functions``: the active ones, innermost first.
    """

    pc: int
    op: int
    gas: int
    depth: int
    stack: tuple[int, ...]
    memory: bytes
    return_data: bytes
    storage: dict[int, int]
    transient: dict[int, int]
    functions: tuple[StackEntry, ...] = ()


@dataclass(slots=True)
class Steps:
    """The overview of steps ``start`` and later, ``most`` of them. The lists have an entry for each; ``frames`` and
    ``lines`` are indices into the tables. ``total`` counts all steps.

    ``nodes``: the frames in the order in which they began, all of them. ``places``: lines of sources that the lists
    name, None for code without source. ``passed``: of each frame that was open at ``start``, its latest program
    counters.
    """

    start: int
    most: int
    total: int = 0

    pcs: list[int] = field(default_factory=list)
    ops: list[int] = field(default_factory=list)
    gas: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    nodes: list[CallNode] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    places: list[SourceLocation | None] = field(default_factory=list)
    passed: dict[int, tuple[int, ...]] = field(default_factory=dict)
    trace: StackTrace | None = None


class _Recorder(StackTracer):
    """The call tree with the place of every step that is wanted. It keeps no more of the others than it must: they may
    be many times as many.
    """

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps
        self._pcs, self._ops, self._gas, self._frames = steps.pcs, steps.ops, steps.gas, steps.frames
        self._count, self._start, self._end = 0, steps.start, steps.start + steps.most
        self._within: list[int] = []
        self._frame = -1

    def enter(self, frame: Frame) -> None:
        super().enter(frame)
        self._frame = len(self._steps.nodes)
        self._within.append(self._frame)
        self._steps.nodes.append(self._open[-1])
        self._steps.depths.append(len(self._open) - 1)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        super().exit(frame, outcome)
        self._within.pop()
        self._frame = self._within[-1] if self._within else -1
        self._steps.total = self._count

    def step(self, step: Step) -> None:
        index = self._count
        self._count = index + 1
        if index < self._start:
            self._pass(step.pc)
        elif index < self._end:
            if index == self._start:
                trails = zip(self._within, self._trails, strict=True)
                self._steps.passed = {frame: tuple(trail.latest) for frame, trail in trails}
            self._pcs.append(step.pc)
            self._ops.append(step.op)
            self._gas.append(step.gas)
            self._frames.append(self._frame)


class _Finder(StackTracer):
    """Keeps what one step found, and ends the execution there with ``ExecutionHalted``."""

    def __init__(self, wanted: int) -> None:
        super().__init__()
        self.under_way: list[tuple[CallNode, Standing]] = []
        """The frames at that step, outermost first, and where each of them stood."""
        self.found: StepState | None = None
        self._wanted = wanted
        self._count = 0
        self._storage: dict[bytes, dict[int, int]] = {}
        self._transient: dict[bytes, dict[int, int]] = {}
        self._pending: list[tuple[int, bytes, int] | None] = []

    def enter(self, frame: Frame) -> None:
        super().enter(frame)
        self._pending.append(None)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        super().exit(frame, outcome)
        self._pending.pop()

    def step(self, step: Step) -> None:
        self._settle(step)
        address, stack = step.frame.to, step.stack
        if self._count == self._wanted:
            self._pass(step.pc)
            self.under_way = [(node, Standing(trail)) for node, trail in zip(self._open, self._trails, strict=True)]
            self.found = StepState(
                step.pc,
                step.op,
                step.gas,
                step.depth,
                tuple(stack),
                bytes(step.memory),
                step.return_data,
                dict(self._storage.get(address, {})),
                dict(self._transient.get(address, {})),
            )
            raise ExecutionHalted("the step was found")
        super().step(step)
        self._count += 1
        if step.op in (_SLOAD, _TLOAD) and stack:
            self._pending[-1] = step.op, address, stack[-1]
        elif step.op in (_SSTORE, _TSTORE) and len(stack) > 1:
            kept = self._storage if step.op == _SSTORE else self._transient
            kept.setdefault(address, {})[stack[-1]] = stack[-2]

    def _settle(self, step: Step) -> None:
        """Note what the frame's last step loaded: it is on top of the stack now."""
        pending = self._pending[-1]
        if pending is not None:
            op, address, slot = pending
            self._pending[-1] = None
            if step.stack:
                kept = self._storage if op == _SLOAD else self._transient
                kept.setdefault(address, {})[slot] = step.stack[-1]


def steps_of(
    chain: LocalChain,
    registry: ArtifactRegistry,
    tx_hash: Hash32,
    start: int,
    most: int,
    bounded: Callable[[Tracer], Tracer],
) -> Steps:
    """The overview of an included transaction, ``most`` steps from ``start`` on. Raises ``NotFound``, and what
    ``bounded`` ends it with.
    """
    block, position = placed_transaction(chain, tx_hash)
    steps = Steps(start, most)
    recorder = _Recorder(steps)
    watcher = bounded(recorder)
    for replayed in replay(
        chain, block, lambda index, tx, state: watcher if index == position else None, stop=position + 1
    ):
        if replayed.index == position:
            steps.trace = StackTrace(registry, recorder, replayed.execution, replayed.before)
    assert steps.trace is not None
    _locate(steps, steps.trace)
    return steps


def step_at(
    chain: LocalChain, registry: ArtifactRegistry, tx_hash: Hash32, index: int, bounded: Callable[[Tracer], Tracer]
) -> StepState | None:
    """Returns the state before step ``index`` of an included transaction; None if it has fewer steps. Raises
    ``NotFound``.
    """
    block, position = placed_transaction(chain, tx_hash)
    finder = _Finder(index)
    watcher = bounded(finder)

    def watch(each: int, tx: Transaction, state: StateReader) -> Tracer | None:
        if each != position:
            return None
        befores.append(state)
        return watcher

    befores: list[StateReader] = []
    try:
        for _ in replay(chain, block, watch, stop=position + 1):
            pass
    except ExecutionHalted:
        if finder.found is None:
            raise
        functions = StackTrace(registry, finder, _UNDER_WAY, befores[0]).functions_of(finder.under_way)
        return replace(finder.found, functions=tuple(functions))
    return None


class _Lines(dict[int, int]):
    """By program counter of one code: the number of its line among ``places``, 0 where it has none."""

    def __init__(self, artifact: Artifact, creation: bool, number: Callable[[SourceLocation], int]) -> None:
        super().__init__()
        self._artifact = artifact
        self._creation = creation
        self._number = number

    def __missing__(self, pc: int) -> int:
        place = self._artifact.location(pc, self._creation)
        found = self[pc] = 0 if place is None else self._number(place)
        return found


def _locate(steps: Steps, trace: StackTrace) -> None:
    """Each step's line: that of its instruction or, where it has none, that of the step before it in its frame."""
    steps.places.append(None)
    known: dict[tuple[str, int, str], int] = {}
    lines_of: dict[tuple[int, bool], _Lines] = {}

    def number(place: SourceLocation) -> int:
        found = known.setdefault((place.path, place.line, place.function), len(steps.places))
        if found == len(steps.places):
            steps.places.append(place)
        return found

    unknown: Mapping[int, int] = defaultdict(int)
    tables: list[Mapping[int, int]] = []
    for node in steps.nodes:
        artifact, creation = trace.artifact_of(node), node.frame.kind in _CREATIONS
        if artifact is None:
            tables.append(unknown)
        else:
            tables.append(lines_of.setdefault((id(artifact), creation), _Lines(artifact, creation, number)))
    latest = [0] * len(tables)
    for frame, passed in steps.passed.items():
        latest[frame] = next((line for pc in reversed(passed) if (line := tables[frame][pc])), 0)
    add = steps.lines.append
    for pc, frame in zip(steps.pcs, steps.frames, strict=True):
        line = tables[frame][pc]
        if line:
            latest[frame] = line
        else:
            line = latest[frame]
        add(line)
