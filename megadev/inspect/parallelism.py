"""The transactions that could have run in parallel: their conflicts, and the possible speed-up.

A transaction depends on an earlier one where it looks at something (a slot, a balance, a nonce, code) that the earlier
one changed last. That is what an optimistic parallel execution (Block-STM's idea: run all at once on the first state,
check in order, run again what read something old) must run again; writing what another wrote before is no conflict
there, but every write of the EVM looks at the old value too. Fees that are only paid are no conflict either: they can
be added up in any order. Whoever looks at the balance of who got them depends on all who paid.

This module is arithmetic on sets; ``block_accesses`` finds out who touched what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from megadev.primitives.types import Address


class Kind(Enum):
    """The kinds of contended values."""

    STORAGE = "storage"
    BALANCE = "balance"
    NONCE = "nonce"
    CODE = "code"


class Resource(NamedTuple):
    """A slot, or a field of an account (``slot`` -1)."""

    kind: Kind
    address: Address
    slot: int = -1


@dataclass(frozen=True, slots=True)
class Touched:
    """The reads and changes of one transaction; ``pays``: balances that it only added a fee to. ``cost``: its gas."""

    reads: frozenset[Resource]
    writes: frozenset[Resource]
    pays: frozenset[Resource]
    cost: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """Transaction ``later`` looks at what ``earlier`` changed."""

    earlier: int
    later: int
    resource: Resource


@dataclass(frozen=True)
class Parallelism:
    """The result for transactions in their order. Each of ``conflicts`` is with the last one that changed it."""

    costs: Sequence[int]
    conflicts: Sequence[Conflict]

    @cached_property
    def depends_on(self) -> list[set[int]]:
        """By transaction."""
        found: list[set[int]] = [set() for _ in self.costs]
        for conflict in self.conflicts:
            found[conflict.later].add(conflict.earlier)
        return found

    @cached_property
    def waves(self) -> list[int]:
        """By transaction: how many others must have been executed one after the other before it."""
        found: list[int] = []
        for earlier in self.depends_on:
            found.append(max((found[index] + 1 for index in earlier), default=0))
        return found

    @property
    def re_executions(self) -> int:
        """Transactions that read something old when all are executed at once on the first state."""
        return sum(1 for earlier in self.depends_on if earlier)

    @property
    def cost(self) -> int:
        """Of all, one after the other."""
        return sum(self.costs)

    @cached_property
    def critical_path(self) -> list[int]:
        """The dearest row of transactions each of which depends on the one before."""
        ends, before = _ends(self.costs, self.depends_on)
        if not ends:
            return []
        path = [max(range(len(ends)), key=ends.__getitem__)]
        while (previous := before[path[-1]]) is not None:
            path.append(previous)
        return path[::-1]

    @property
    def critical_cost(self) -> int:
        """The cost of the longest chain of conflicts, which even any number of workers needs."""
        return sum(self.costs[index] for index in self.critical_path)

    @property
    def speed_up(self) -> float:
        """The highest possible speed-up compared with sequential execution. 1 where there is nothing."""
        return self.cost / self.critical_cost if self.critical_cost else 1.0

    def with_workers(self, workers: int) -> float:
        """The same with so many workers, each of which takes the next transaction that can begin."""
        free, ends = [0] * workers, [0] * len(self.costs)
        for index, earlier in enumerate(self.depends_on):
            worker = min(range(workers), key=free.__getitem__)
            begin = max([free[worker], *(ends[each] for each in earlier)])
            free[worker] = ends[index] = begin + self.costs[index]
        return self.cost / max(ends) if self.cost else 1.0

    def speed_up_without(self, resources: Collection[Resource]) -> float:
        """Returns the possible speed-up without the conflicts on these."""
        return Parallelism(
            self.costs, [conflict for conflict in self.conflicts if conflict.resource not in resources]
        ).speed_up


def parallelism_of(touched: Sequence[Touched]) -> Parallelism:
    """Transactions in their order."""
    last: dict[Resource, int] = {}
    payers: dict[Resource, list[int]] = {}
    conflicts = []
    for index, each in enumerate(touched):
        for resource in sorted(each.reads, key=_order):
            if resource in last:
                conflicts.append(Conflict(last[resource], index, resource))
            conflicts += (Conflict(payer, index, resource) for payer in payers.get(resource, ()))
        for resource in each.writes:
            last[resource] = index
            payers.pop(resource, None)
        for resource in each.pays:
            payers.setdefault(resource, []).append(index)
    return Parallelism([each.cost for each in touched], conflicts)


def contended(conflicts: Iterable[Conflict]) -> dict[Resource, list[Conflict]]:
    """Conflicts by what they are about, the most contended first."""
    found: dict[Resource, list[Conflict]] = {}
    for conflict in conflicts:
        found.setdefault(conflict.resource, []).append(conflict)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), _order(item[0]))))


def _order(resource: Resource) -> tuple[str, Address, int]:
    return resource.kind.value, resource.address, resource.slot


def _ends(costs: Sequence[int], depends_on: Sequence[set[int]]) -> tuple[list[int], list[int | None]]:
    """Returns the earliest end of each transaction, and the last one that it waits for."""
    ends: list[int] = []
    before: list[int | None] = []
    for cost, earlier in zip(costs, depends_on, strict=True):
        waits_for = max(earlier, key=ends.__getitem__, default=None)
        ends.append(cost + (0 if waits_for is None else ends[waits_for]))
        before.append(waits_for)
    return ends, before
