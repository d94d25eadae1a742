"""The gas of an execution: compute and storage gas by frame, function and source line, MegaETH's meters and the
remainder of each limit, where volatile data began to restrict compute gas, and which limit ended it.

``GasTracer`` watches; ``GasReport`` is what comes of it. Gas that a call hands on counts with the lines of the callee.
What no line used is its frame's: the deposit of code, a precompile's price, what a failure burnt.

Under Ethereum's rules all gas is compute gas and there are no meters; the report is the same otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from megadev.artifacts.source_map import SourceLocation
from megadev.chain.spec import ChainSpec
from megadev.evm.engine import Frame, FrameExit, Meters, Step
from megadev.evm.mega_rules import LIMIT_EXCEEDED, Volatile
from megadev.evm.tracers.call_tree import CallNode
from megadev.inspect.stack_trace import StackTrace, StackTracer
from megadev.primitives.types import Address


class Spent(msgspec.Struct):
    """Gas that was used, and by how many instructions."""

    compute: int = 0
    storage: int = 0
    count: int = 0

    @property
    def total(self) -> int:
        return self.compute + self.storage

    def add(self, compute: int, storage: int, count: int = 1) -> None:
        """So much more."""
        self.compute += compute
        self.storage += storage
        self.count += count


class Spot(msgspec.Struct, frozen=True):
    """An instruction of a frame; ``op`` is None where it was not seen to run. ``compute``: gas of that kind that the
    transaction had used there.
    """

    node: CallNode
    pc: int
    op: int | None
    compute: int


class _Running(msgspec.Struct):
    """The instruction that a frame is at, with what was there before it."""

    pc: int = 0
    op: int = 0
    gas: int = 0
    spent: int = 0
    storage: int = 0
    inner_storage: int = 0


class GasTracer(StackTracer):
    """The call tree with what each instruction of each frame used."""

    def __init__(self, *, wants_steps: bool = True) -> None:
        super().__init__(wants_steps=wants_steps)
        self.by_pc: dict[int, dict[int, Spent]] = {}
        """By a node's ``id``: what was used at each program counter."""
        self.intrinsic_storage = 0
        """Storage gas that was taken before the first frame."""
        self.detention: Spot | None = None
        """Where volatile data was looked at first, so that compute gas was held back."""
        self.last: Spot | None = None
        """The last instruction of all."""
        self.limited: tuple[Spot, bytes] | None = None
        """Where a frame's own limit reverted it first, and what it answered."""
        self._failure: tuple[str | None, bytes] | None = None
        self._running: list[_Running] = []
        self._spent = self._storage = 0

    def enter(self, frame: Frame) -> None:
        super().enter(frame)
        if not self._running and self._meter is not None:
            self.intrinsic_storage = self._meter.storage
        self._running.append(_Running())
        self.by_pc[id(self._open[-1])] = {}

    def exit(self, frame: Frame, outcome: FrameExit) -> None:
        self._look()
        running = self._running.pop()
        if outcome.error is not None and self.limited is None and _is_limit(outcome.output):
            pc, op = (running.pc, running.op) if self.wants_steps else (outcome.pc or 0, None)
            compute = 0 if self._meter is None else self._meter.compute
            self.limited = Spot(self._open[-1], pc, op, compute), outcome.output
        failure = outcome.error, outcome.output
        if not self.wants_steps and outcome.pc is not None and failure != self._failure:
            self._failure = failure  # passed on by its callers, it is still the same
            self.last = Spot(self._open[-1], outcome.pc, None, 0 if self._meter is None else self._meter.compute)
        super().exit(frame, outcome)

    def step(self, step: Step) -> None:
        self._look()
        super().step(step)
        meter = self._meter
        running = self._running[-1]
        running.pc, running.op, running.gas = step.pc, step.op, step.gas
        running.spent, running.inner_storage = self._spent, self._storage
        running.storage = 0 if meter is None else meter.storage
        self.last = Spot(self._open[-1], step.pc, step.op, 0 if meter is None else meter.compute)

    def step_done(self, gas_left: int) -> None:
        meter, running = self._meter, self._running[-1]
        storage = 0
        if meter is not None:
            storage = max(meter.storage - running.storage - (self._storage - running.inner_storage), 0)
        spent = running.gas - max(gas_left, 0) - (self._spent - running.spent)
        self._spent += spent
        self._storage += storage
        # the allowance of a call with value may pay storage gas that nobody's gas shows
        self.by_pc[id(self._open[-1])].setdefault(running.pc, Spent()).add(max(spent - storage, 0), storage)

    def _look(self) -> None:
        """Note where detention began: the meter knows once the instruction is through."""
        if self.detention is None and self._meter is not None and self._meter.detained is not None:
            self.detention = self.last


class FrameGas(msgspec.Struct, frozen=True):
    """A frame's gas: ``own`` is what its instructions used, ``whole`` all with what was below it."""

    depth: int
    node: CallNode
    contract: str
    function: str
    own: Spent
    whole: Spent


class Limited(msgspec.Struct, frozen=True):
    """The limit that ended a frame or a transaction. ``used`` is None where only the frame's own share is known."""

    name: str
    limit: int
    used: int | None
    is_of_transaction: bool
    spot: Spot | None
    remedy: str


class Gauge(msgspec.Struct, frozen=True):
    """A meter at the end, and how far it may go."""

    name: str
    used: int
    limit: int


def _is_limit(output: bytes) -> bool:
    return output[:4] == LIMIT_EXCEEDED and len(output) == 68


RESOURCES = ("dataSize", "kvUpdates", "computeGas", "stateGrowth")
"""In the order of their numbers in ``MegaLimitExceeded``."""
_HALTS = {
    "DataLimitExceeded": "dataSize",
    "KVUpdateLimitExceeded": "kvUpdates",
    "ComputeGasLimitExceeded": "computeGas",
    "StateGrowthLimitExceeded": "stateGrowth",
}
REMEDIES = {
    "dataSize": "write less in one transaction (slots, logs, code), or spread the work over several",
    "kvUpdates": "change fewer accounts and slots in one transaction, or spread the work over several",
    "computeGas": "compute less in one transaction, or spread the work over several (a call passes on 98% of the rest)",
    "stateGrowth": "create fewer slots, accounts and contracts in one transaction, or spread the work over several",
    "detention": "do the heavy work before the first look at block data or the oracle, or in another transaction",
    "gas": "raise the gas limit: eth_estimateGas knows the storage gas, which comes on top of Ethereum's",
}
"""What to do about each limit."""


class GasReport:
    """One execution's gas. ``spec``: the rules it ran under."""

    def __init__(self, trace: StackTrace, tracer: GasTracer, spec: ChainSpec) -> None:
        self.trace = trace
        self.spec = spec
        self._tracer = tracer

    @property
    def meters(self) -> Meters | None:
        return self.trace.execution.gas.meters

    @property
    def storage_gas(self) -> int:
        """All of it."""
        return 0 if self.meters is None else self.meters.storage_gas

    @property
    def compute_gas(self) -> int:
        """The gas before refund and floor that was used for anything but storage."""
        if self.meters is not None:
            return self.meters.compute_gas
        gas = self.trace.execution.gas
        return gas.used + gas.refunded

    @property
    def intrinsic(self) -> Spent:
        """The gas taken before the first frame."""
        storage = self._tracer.intrinsic_storage
        if self.meters is not None and self.meters.intrinsic is not None:
            return Spent(self.meters.intrinsic - storage, storage, 0)
        gas = self.trace.execution.gas
        return Spent(max(gas.used + gas.refunded - self.trace.root.outcome.gas_used, 0), storage, 0)

    @property
    def is_by_line(self) -> bool:
        """True if each instruction was watched: else it is told by frames only."""
        return self._tracer.wants_steps

    @property
    def gauges(self) -> list[Gauge]:
        """The four meters; none under Ethereum's rules."""
        meters, limits = self.meters, self.spec.limits
        if meters is None:
            return []
        compute = limits.tx_compute_gas
        if meters.detained_limit is not None:
            compute = min(compute, meters.detained_limit)
        return [
            Gauge("computeGas", meters.compute_gas, compute),
            Gauge("dataSize", meters.data_size, limits.tx_data_size),
            Gauge("kvUpdates", meters.kv_updates, limits.tx_kv_updates),
            Gauge("stateGrowth", meters.state_growth, limits.tx_state_growth),
        ]

    @property
    def detention(self) -> tuple[int, Spot | None] | None:
        """The compute gas that volatile data left the transaction, and where it was looked at; None: it was not."""
        if self.meters is None or self.meters.detained_limit is None:
            return None
        return self.meters.detained_limit, self._tracer.detention

    @property
    def volatile(self) -> list[str]:
        """The volatile data that was read."""
        seen = 0 if self.meters is None else self.meters.volatile
        return [str(flag.name) for flag in Volatile if flag & seen]

    @property
    def limited(self) -> Limited | None:
        """The limit that made it fail; None where it was none."""
        meters = self.meters
        if meters is not None and meters.limit_halt is not None:
            halt = meters.limit_halt
            detained = halt.reason == "VolatileDataAccessOutOfGas"
            name = "detention" if detained else _HALTS.get(halt.reason, halt.reason)
            return Limited(name, halt.limit, halt.actual, True, self._tracer.last, REMEDIES.get(name, ""))
        if self.trace.root.failed and self._tracer.limited is not None:
            spot, output = self._tracer.limited
            kind, limit = int.from_bytes(output[4:36], "big"), int.from_bytes(output[36:], "big")
            name = RESOURCES[kind] if kind < len(RESOURCES) else f"resource {kind}"
            return Limited(name, limit, None, False, spot, REMEDIES.get(name, ""))
        if (self.trace.root.outcome.error or "").endswith("out of gas") and meters is not None:
            gas = self.trace.execution.gas
            return Limited("gas", gas.limit_needed, None, True, self._tracer.last, REMEDIES["gas"])
        return None

    def frames(self) -> Iterator[FrameGas]:
        """Each frame before those that it began."""
        waiting = [(0, self.trace.root)]
        while waiting:
            depth, node = waiting.pop()
            own = Spent()
            for spent in self._tracer.by_pc.get(id(node), {}).values():
                own.add(spent.compute, spent.storage, spent.count)
            whole = self._whole(node, own.count)
            if not self._tracer.wants_steps:
                inner = [self._whole(called, 0) for called in node.calls]
                compute = whole.compute - sum(spent.compute for spent in inner)
                own = Spent(max(compute, 0), max(whole.storage - sum(spent.storage for spent in inner), 0))
            call = self.trace.call_of(node)
            yield FrameGas(depth, node, self.trace.contract_of(node), call.name, own, whole)
            waiting.extend((depth + 1, inner) for inner in reversed(node.calls))

    def _whole(self, node: CallNode, count: int) -> Spent:
        storage = self.trace.storage_of(node) or 0
        return Spent(max(node.outcome.gas_used - storage, 0), storage, count)

    def opcode(self, spot: Spot) -> int:
        """Returns the opcode that stands there."""
        code = self.trace.code_of(spot.node)
        return spot.op if spot.op is not None else code[spot.pc] if spot.pc < len(code) else 0

    def functions(self) -> list[tuple[str, Spent]]:
        """Returns the gas of each function's lines, most first. What stands in no function is told by its contract."""
        found: dict[str, Spent] = {}
        for _, location, spent in self._located():
            name = location.function or location.path
            found.setdefault(name, Spent()).add(spent.compute, spent.storage, spent.count)
        return sorted(found.items(), key=lambda item: -item[1].total)

    def lines(self) -> list[tuple[SourceLocation, Spent]]:
        """Returns the gas of each source line, most first."""
        places: dict[tuple[str, int], SourceLocation] = {}
        found: dict[tuple[str, int], Spent] = {}
        for _, location, spent in self._located():
            key = location.path, location.line
            places.setdefault(key, location)
            found.setdefault(key, Spent()).add(spent.compute, spent.storage, spent.count)
        return sorted(((places[key], spent) for key, spent in found.items()), key=lambda item: -item[1].total)

    def place(self, spot: Spot | None) -> tuple[Address, str, SourceLocation | None] | None:
        """Returns the place of an instruction: its contract's address and name, and its line if a source is known."""
        if spot is None:
            return None
        frame = spot.node.frame
        return frame.to, self.trace.contract_of(spot.node), self._location(spot.node, spot.pc)

    def _located(self) -> Iterator[tuple[CallNode, SourceLocation, Spent]]:
        for node in self.trace.root.walk():
            artifact = self.trace.artifact_of(node)
            if artifact is None:
                continue
            for pc, spent in self._tracer.by_pc.get(id(node), {}).items():
                location = self._location(node, pc)
                if location is not None:
                    yield node, location, spent

    def _location(self, node: CallNode, pc: int) -> SourceLocation | None:
        artifact = self.trace.artifact_of(node)
        return None if artifact is None else artifact.location(pc, node.frame.kind in ("CREATE", "CREATE2"))
