"""One transaction step by step, for a debugger: every instruction that ran and its source line, and what it found.

A transaction takes millions of steps. So an overview names for each step its frame, its place in the code and its line,
in a few numbers; the stack, memory and storage are told of one step at a time, by running the transaction again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from megadev.artifacts.registry import ArtifactRegistry
from megadev.artifacts.source_map import SourceLocation
from megadev.evm.engine import Frame, FrameExit, Step, Tracer
from megadev.evm.tracers.call_tree import CallNode
from megadev.inspect.replay import placed_transaction, replay
from megadev.inspect.stack_trace import StackTrace, StackTracer
from megadev.node.chain import LocalChain
from megadev.primitives.types import Hash32

_CREATIONS = frozenset(("CREATE", "CREATE2"))
_SLOAD, _SSTORE, _TLOAD, _TSTORE = 0x54, 0x55, 0x5C, 0x5D


@dataclass(frozen=True, slots=True)
class StepState:
    """What the instruction found. ``stack``: top last. ``storage``: the slots of its contract that the transaction had
    used until then, with their values; ``transient`` likewise.
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


@dataclass(slots=True)
class Steps:
    """The overview. The lists have an entry for each step; ``frames`` and ``lines`` are indices into the tables.

    ``nodes``: the frames in the order in which they began. ``places``: lines of sources, None for code without source.
    """

    pcs: list[int] = field(default_factory=list)
    ops: list[int] = field(default_factory=list)
    gas: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    nodes: list[CallNode] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    places: list[SourceLocation | None] = field(default_factory=list)
    trace: StackTrace | None = None


class _Recorder(StackTracer):
    """The call tree with every step's place."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps
        self._within: list[int] = []

    def enter(self, frame: Frame) -> None:
        super().enter(frame)
        self._within.append(len(self._steps.nodes))
        self._steps.nodes.append(self._open[-1])
        self._steps.depths.append(len(self._open) - 1)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        super().exit(frame, outcome)
        self._within.pop()

    def step(self, step: Step) -> None:
        super().step(step)
        steps = self._steps
        steps.pcs.append(step.pc)
        steps.ops.append(step.op)
        steps.gas.append(step.gas)
        steps.frames.append(self._within[-1])


class _Finder:
    """Keeps what one step found."""

    wants_steps = True

    def __init__(self, wanted: int) -> None:
        self.found: StepState | None = None
        self._wanted = wanted
        self._count = 0
        self._storage: dict[bytes, dict[int, int]] = {}
        self._transient: dict[bytes, dict[int, int]] = {}
        self._pending: list[tuple[int, bytes, int] | None] = []

    def enter(self, frame: Frame) -> None:
        self._pending.append(None)

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        self._pending.pop()

    def step(self, step: Step) -> None:
        self._settle(step)
        address, stack = step.frame.to, step.stack
        if self._count == self._wanted and self.found is None:
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

    def step_done(self, gas_left: int) -> None:
        pass

    def log(self, log: object) -> None:
        pass


def steps_of(
    chain: LocalChain, registry: ArtifactRegistry, tx_hash: Hash32, bounded: Callable[[Tracer], Tracer]
) -> Steps:
    """The overview of an included transaction. Raises ``NotFound``, and what ``bounded`` ends it with."""
    block, position = placed_transaction(chain, tx_hash)
    steps = Steps()
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


def step_at(chain: LocalChain, tx_hash: Hash32, index: int, bounded: Callable[[Tracer], Tracer]) -> StepState | None:
    """What step ``index`` of an included transaction found; None where it has fewer. Raises ``NotFound``."""
    block, position = placed_transaction(chain, tx_hash)
    finder = _Finder(index)
    watcher = bounded(finder)
    for _ in replay(chain, block, lambda each, tx, state: watcher if each == position else None, stop=position + 1):
        pass
    return finder.found


def _locate(steps: Steps, trace: StackTrace) -> None:
    """Each step's line: that of its instruction or, where it has none, that of the step before it in its frame."""
    steps.places.append(None)
    known: dict[tuple[str, int, str], int] = {}
    lines_of: dict[tuple[int, bool], dict[int, int]] = {}
    latest: dict[int, int] = {}
    for pc, frame in zip(steps.pcs, steps.frames, strict=True):
        node = steps.nodes[frame]
        artifact = trace.artifact_of(node)
        line = 0
        if artifact is not None:
            creation = node.frame.kind in _CREATIONS
            lines = lines_of.setdefault((id(artifact), creation), {})
            found = lines.get(pc)
            if found is None:
                place = artifact.location(pc, creation)
                found = 0
                if place is not None:
                    key = (place.path, place.line, place.function)
                    if key not in known:
                        known[key] = len(steps.places)
                        steps.places.append(place)
                    found = known[key]
                lines[pc] = found
            line = found or latest.get(frame, 0)
            latest[frame] = line
        steps.lines.append(line)
