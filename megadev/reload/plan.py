"""The effect of a new build on deployed contracts: a value that can be printed, made without changing anything.

Each deployed contract whose code changed gets one step. Its code is replaced in place where the storage layout allows;
where not, the policy decides: refuse, run the constructor again at the same address with empty storage, or leave it to
the user's deploy script. One refusal refuses the whole plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby

from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.types import Address
from megadev.reload.compatibility import Conflict, Fault, added, compare
from megadev.reload.contracts import Build, Contract
from megadev.reload.deployed_code import refill
from megadev.reload.deployments import L2, Built, Deployed, in_words


class Policy(Enum):
    """The policy for a contract whose storage the new code cannot use."""

    REFUSE = "refuse"
    REDEPLOY = "redeploy"
    SCRIPT = "script"


class Action(Enum):
    """The action of a step."""

    REPLACE = "replace code"
    REDEPLOY = "redeploy in place"
    SCRIPT = "left to the deploy script"
    REFUSE = "refused"


@dataclass(frozen=True, slots=True)
class Situation:
    """The plan's input about one chain. ``storage``: a word of an account, at one moment; ``built``: how those came to
    be of which that is known.
    """

    deployed: Sequence[Deployed]
    storage: Callable[[Address, int], int]
    built: Mapping[Address, Built] = field(default_factory=dict)
    code_size_limit: int | None = None
    chain: str = L2


@dataclass(frozen=True, slots=True)
class Step:
    """``code``: the runtime code to come, b'' where the constructor makes it. ``conflicts``: why it is refused; of a
    step that is not, what was overridden."""

    deployed: Deployed
    new: Contract
    action: Action
    code: bytes = b""
    initcode: bytes = b""
    built: Built | None = None
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """``changed``: what was compiled otherwise than before, deployed or not; ``constructed``: what of it is deployed,
    and would only have been created otherwise."""

    steps: tuple[Step, ...] = ()
    changed: tuple[str, ...] = ()
    constructed: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        return any(step.action is Action.REFUSE for step in self.steps)

    @property
    def needs_script(self) -> bool:
        return any(step.action is Action.SCRIPT for step in self.steps)

    def lines(self) -> Iterator[str]:
        """As it is shown."""
        if not self.steps:
            yield "no deployed contract changes" + (f" ({', '.join(self.changed)})" if self.changed else "")
        for step in self.steps:
            yield f"{step.new.key} at {step.deployed.where}: {step.action.value}"
            if step.deployed.proxies:
                yield f"    behind {', '.join(map(checksum_address, step.deployed.proxies))}"
            for fault, conflicts in groupby(step.conflicts, key=lambda conflict: conflict.fault):
                yield from (f"    {conflict}" for conflict in conflicts)
                if step.action is Action.REFUSE:
                    yield f"      → {fault.value}"
        for key in self.constructed:
            yield f"{key}: only its constructor changed, which has already run; deploy it again to see the difference"


def make_plan(
    situations: Iterable[Situation],
    build: Build,
    *,
    policy: Policy = Policy.REFUSE,
    force: bool = False,
    changed: Iterable[str] = (),
    constructed: Iterable[str] = (),
) -> Plan:
    """Returns the steps after which everything deployed, on every chain, runs the code of ``build``. ``force``: replace
    code whatever the storage layout says. ``constructed``: of what is ``changed``, what has only another constructor.
    """
    steps = []
    there = set()
    for situation in situations:
        there |= {deployed.contract.key for deployed in situation.deployed}
        # a library that is new to a contract is where any contract of that name stands
        libraries = {deployed.contract.key: deployed.address for deployed in situation.deployed}
        for deployed in situation.deployed:
            new = build.get(deployed.contract.key)
            if new is None or not new.has_code or (new is deployed.contract and deployed.certain):
                continue
            step = _step(situation, deployed, new, libraries, policy, force)
            if step is not None:
                steps.append(step)
    return Plan(tuple(steps), tuple(sorted(changed)), tuple(sorted(there.intersection(constructed))))


def _step(
    situation: Situation,
    deployed: Deployed,
    new: Contract,
    libraries: Mapping[str, Address],
    policy: Policy,
    force: bool,
) -> Step | None:
    """None where nothing changes."""
    old = deployed.contract
    if deployed.certain:
        code, broken = refill(old, deployed.code, new, deployed.address, libraries)
    else:
        # the code there is not what the artifact says: nothing can be read out of it
        code, broken = refill(_hollow(new), b"", new, deployed.address, libraries)
    if code == deployed.code and not broken:
        return None
    limit = situation.code_size_limit
    if limit is not None and len(code) > limit:
        broken.append(Conflict(Fault.TOO_LARGE, new.name, f"{len(code)} bytes of code, {limit} are allowed"))
    lost = _lost(situation, deployed, new)
    if not broken and (force or not lost):
        return Step(deployed, new, Action.REPLACE, code, conflicts=tuple(lost))
    conflicts = (*lost, *broken)
    if policy is Policy.SCRIPT:
        return Step(deployed, new, Action.SCRIPT, conflicts=conflicts)
    if policy is Policy.REDEPLOY:
        return _redeployment(situation, deployed, new, libraries, conflicts)
    return Step(deployed, new, Action.REFUSE, conflicts=conflicts)


def _hollow(contract: Contract) -> Contract:
    """The same contract with nothing that could have been filled in."""
    return Contract(contract.artifact)


def _lost(situation: Situation, deployed: Deployed, new: Contract) -> list[Conflict]:
    """Returns why the new code cannot use the storage."""
    olds = (deployed.contract, *deployed.doubles)
    for contract in (*olds, new):
        if contract.layout is None:
            return [Conflict(contract.fault, contract.name, f"its storage layout is unknown: {contract.unknown}")]
    layouts = [old.layout for old in olds if old.layout is not None]
    assert new.layout is not None
    conflicts = [conflict for layout in layouts for conflict in compare(layout, new.layout)]
    if conflicts:
        return list(dict.fromkeys(conflicts))
    for variable, masks in added(layouts[0], new.layout):
        for address in (deployed.address, *deployed.proxies):
            for slot, mask in masks:
                word = situation.storage(address, slot)
                if word & mask:
                    where = in_words(situation.chain, address)
                    at = slot if slot < 2**64 else hex(slot)
                    said = f"its slot {at} of {where} is not empty ({word & mask:#x})"
                    conflicts.append(Conflict(Fault.OCCUPIED, str(variable), said))
                    break
    return conflicts


def _redeployment(
    situation: Situation,
    deployed: Deployed,
    new: Contract,
    libraries: Mapping[str, Address],
    conflicts: tuple[Conflict, ...],
) -> Step:
    built = situation.built.get(deployed.address)
    artifact = new.artifact.creation
    obstacles = []
    if built is None or artifact is None:
        obstacles.append(Conflict(Fault.CREATION, new.name, "the transaction that created it is unknown"))
    if deployed.proxies:
        obstacles.append(Conflict(Fault.PROXIED, new.name, "it cannot use the storage of its proxies"))
    initcode = bytearray(artifact.code if artifact is not None else b"")
    for hole in artifact.links if artifact is not None else ():
        library = libraries.get(hole.name)
        if library is None:
            obstacles.append(Conflict(Fault.LIBRARY, hole.name, "this library is not deployed"))
        else:
            initcode[hole.start : hole.start + hole.length] = library
    if obstacles:
        return Step(deployed, new, Action.REFUSE, conflicts=(*conflicts, *obstacles))
    assert built is not None
    whole = bytes(initcode) + built.arguments
    return Step(deployed, new, Action.REDEPLOY, initcode=whole, built=built, conflicts=conflicts)
