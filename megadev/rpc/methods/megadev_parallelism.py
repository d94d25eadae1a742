"""megadev_parallelism: which transactions could have run side by side, and what kept the others waiting, by the names
of contracts and variables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from megadev.artifacts.artifact import VYPER, Artifact
from megadev.artifacts.storage_names import SlotName, name_slot
from megadev.chain.blocks import BlockRef, SealedBlock, Tag
from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams, NotFound
from megadev.inspect.block_accesses import BlockAccesses, block_accesses
from megadev.inspect.parallelism import Conflict, Kind, Resource, contended
from megadev.inspect.replay import placed_transaction
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.types import EMPTY_CODE_HASH, Address
from megadev.rpc.codec import BlockParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.tracing import Bounded, Budget
from megadev.sequencer.outcomes import Conflict as Difference
from megadev.sequencer.parallel import Record
from megadev.state.reader import StateReader

MOST_BLOCKS = 1_000
MOST_TRANSACTIONS = 20_000
RESOURCES_SHOWN, TRANSACTIONS_SHOWN, EXAMPLES_SHOWN = 100, 1_000, 3
ACCOUNTS_TRIED = 10
"""Of so many it is told how fast all could be if nobody contended for what is theirs."""
WORKERS = (2, 4, 8, 16)
_KINDS = frozenset(kind.value for kind in Kind)


class ParallelismOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """``blocks``: how many, up to the one that is named, are taken as if they were one."""

    blocks: Uint64Param = 1


@method("megadev_parallelism")
def megadev_parallelism(
    node: RpcNode, what: BlockParam = Tag.LATEST, options: ParallelismOptions | None = None
) -> JsonObject:
    """The dependencies between the transactions of a block (by number, tag or hash) or around one transaction (by
    hash), and what came of executing them in parallel, where this node did.

    A transaction is re-executed where it looks at what an earlier one changed; ``speedUp`` is how much faster than one
    after the other they could be (by gas), by number of workers. ``contended`` is what they wait for, ``contracts``
    the same by account, the worst first; ``speedUpWithout`` is what the speed-up could be if nobody waited for that.
    """
    count = 1 if options is None else options.blocks
    if not 1 <= count <= MOST_BLOCKS:
        raise InvalidParams(f"blocks: between 1 and {MOST_BLOCKS:,} at once, not {count:,}")
    last, wanted = _block_of(node, what)
    blocks = _row(node, last, count)
    if sum(len(block.transactions) for block in blocks) > MOST_TRANSACTIONS:
        raise InvalidParams(f"these blocks hold more than {MOST_TRANSACTIONS:,} transactions: ask for fewer blocks")
    budget = Budget(node.node.clock)
    accesses = block_accesses(node.chain, blocks, lambda tracer: Bounded(tracer, budget))
    return _Answer(node, accesses, blocks).whole(wanted)


def _block_of(node: RpcNode, what: BlockRef) -> tuple[SealedBlock, bytes | None]:
    """The block that is meant and, where a transaction is, its hash. Raises ``NotFound``."""
    if not isinstance(what, bytes):
        return node.chain.block(what), None
    found = node.chain.find_block(what)
    if found is not None:
        return found, None
    try:
        return placed_transaction(node.chain, what)[0], what
    except NotFound:
        if node.chain.pool.get(what) is not None:
            raise
        raise NotFound(f"neither a transaction nor a block has the hash {to_data(what)}") from None


def _row(node: RpcNode, last: SealedBlock, count: int) -> list[SealedBlock]:
    """So many blocks up to ``last``, as far as there are and the first one does not count."""
    chain = node.chain
    first = max(chain.store.genesis.number + 1, last.number - count + 1)
    return [*(chain.block(number) for number in range(first, last.number)), last]


def _resources(contended: Counter[Difference]) -> list[tuple[Resource, int]]:
    """By what transactions conflicted, the most contended first."""
    found = [
        (Resource(Kind(each.field), each.address, each.slot), times)
        for each, times in contended.items()
        if each.field in _KINDS
    ]
    return sorted(found, key=lambda pair: (-pair[1], pair[0].kind.value, pair[0].address, pair[0].slot))


class _Answer:
    def __init__(self, node: RpcNode, accesses: BlockAccesses, blocks: Sequence[SealedBlock]) -> None:
        self._node = node
        self._accesses = accesses
        self._blocks = blocks
        self._state: StateReader = node.chain.state(Tag.LATEST)
        self._artifacts: dict[Address, Artifact | None] = {}
        self._names: dict[Resource, SlotName] = {}
        self._hashes = [to_data(tx.hash) for tx in accesses.transactions]

    def whole(self, wanted: bytes | None) -> JsonObject:
        accesses, found = self._accesses, self._accesses.parallelism
        by_resource = contended(found.conflicts)
        path = found.critical_path
        waves = [0] * (max(found.waves, default=-1) + 1)
        for wave in found.waves:
            waves[wave] += 1
        answer: JsonObject = {
            "fromBlock": hex(self._blocks[0].number),
            "toBlock": hex(self._blocks[-1].number),
            "transactions": hex(len(accesses.transactions)),
            "gasUsed": hex(found.cost),
            "conflicts": hex(len({(each.earlier, each.later) for each in found.conflicts})),
            "reExecutions": hex(found.re_executions),
            "isExact": accesses.is_exact,
            "speedUp": {
                "unlimited": round(found.speed_up, 3),
                **{str(workers): round(found.with_workers(workers), 3) for workers in WORKERS},
            },
            "criticalPath": {
                "gasUsed": hex(found.critical_cost),
                "length": hex(len(path)),
                "transactions": [self._hashes[index] for index in path[:TRANSACTIONS_SHOWN]],
            },
            "waves": [hex(count) for count in waves[:TRANSACTIONS_SHOWN]],
            "contended": [
                self._contended(resource, conflicts)
                for resource, conflicts in list(by_resource.items())[:RESOURCES_SHOWN]
            ],
            "contracts": self._contracts(found.conflicts),
            "execution": self._execution(),
            "accesses": [self._access(index) for index in range(min(len(self._hashes), TRANSACTIONS_SHOWN))],
        }
        if wanted is not None:
            index = self._hashes.index(to_data(wanted))
            answer["transaction"] = {
                **self._access(index),
                "waitsFor": self._links(index, [each for each in found.conflicts if each.later == index]),
                "holdsUp": self._links(index, [each for each in found.conflicts if each.earlier == index]),
            }
        return answer

    def _execution(self) -> JsonObject | None:
        """What came of executing these blocks in parallel; None where this node did not. Times are microseconds."""
        parallel = self._node.chain.sequencer.parallel
        records = {} if parallel is None else parallel.records
        found = [record for block in self._blocks if (record := records.get(block.hash)) is not None]
        if not found:
            return None
        total = Record(0)
        for record in found:
            total.add(record)
        return {
            "blocks": hex(len(found)),
            "workers": hex(total.workers),
            "transactions": hex(total.transactions),
            "given": hex(total.given),
            "adopted": hex(total.adopted),
            "conflicts": hex(total.conflicts),
            "late": hex(total.late),
            "reExecutions": hex(total.conflicts + total.late + total.untold),
            "stopped": total.stopped,
            "speedUp": round(total.speed_up, 3),
            "microseconds": {
                "here": hex(total.here // 1_000),
                "workers": hex(total.there // 1_000),
                "whole": hex(total.whole // 1_000),
            },
            "contended": [
                {**self._resource(resource), "conflicts": hex(times)}
                for resource, times in _resources(total.contended)[:RESOURCES_SHOWN]
            ],
            "executedAgain": [to_data(each) for each in total.again[:TRANSACTIONS_SHOWN]],
        }

    def _contended(self, resource: Resource, conflicts: Sequence[Conflict]) -> JsonObject:
        return {
            **self._resource(resource),
            "conflicts": hex(len(conflicts)),
            "transactions": hex(len({each for one in conflicts for each in (one.earlier, one.later)})),
            "examples": [
                {"earlier": self._hashes[each.earlier], "later": self._hashes[each.later]}
                for each in conflicts[:EXAMPLES_SHOWN]
            ],
        }

    def _resource(self, resource: Resource) -> JsonObject:
        name = self._name(resource)
        is_slot = resource.kind is Kind.STORAGE
        artifact = self._artifact(self._owner(resource))
        return {
            "kind": resource.kind.value,
            "address": to_data(resource.address),
            "contract": None if artifact is None else artifact.name,
            "slot": f"0x{resource.slot:064x}" if is_slot else None,
            "name": name.text,
            "variables": list(name.variables),
        }

    def _contracts(self, conflicts: Sequence[Conflict]) -> list[JsonObject]:
        """Returns the contended contracts: conflicts by account, and within it by variable (or kind of field)."""
        found: dict[Address, dict[str, int]] = {}
        for each in conflicts:
            name = self._name(each.resource)
            by_variable = found.setdefault(each.resource.address, {})
            for variable in name.variables or (
                each.resource.kind.value if each.resource.kind is not Kind.STORAGE else name.text.partition("[")[0],
            ):
                by_variable[variable] = by_variable.get(variable, 0) + 1
        rows: list[JsonObject] = []
        worst = sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0]))[:RESOURCES_SHOWN]
        for address, by_variable in worst:
            without = None
            if len(rows) < ACCOUNTS_TRIED:
                own = {each.resource for each in conflicts if each.resource.address == address}
                without = round(self._accesses.parallelism.speed_up_without(own), 3)
            artifact = self._artifact(address)
            ordered = sorted(by_variable.items(), key=lambda item: (-item[1], item[0]))
            rows.append(
                {
                    "address": to_data(address),
                    "contract": None if artifact is None else artifact.name,
                    "conflicts": hex(sum(by_variable.values())),
                    "speedUpWithout": without,
                    "variables": [{"name": name, "conflicts": hex(times)} for name, times in ordered[:RESOURCES_SHOWN]],
                }
            )
        return rows

    def _access(self, index: int) -> JsonObject:
        accesses, found = self._accesses, self._accesses.parallelism
        tx, (number, position) = accesses.transactions[index], accesses.places[index]
        touched = accesses.touched[index]
        artifact = None if tx.to is None else self._artifact(tx.to)
        return {
            "transactionHash": self._hashes[index],
            "blockNumber": hex(number),
            "transactionIndex": hex(position),
            "from": to_data(tx.sender),
            "to": None if tx.to is None else to_data(tx.to),
            "contract": None if artifact is None else artifact.name,
            "gasUsed": hex(touched.cost),
            "reads": hex(len(touched.reads)),
            "writes": hex(len(touched.writes)),
            "wave": hex(found.waves[index]),
            "dependsOn": [self._hashes[each] for each in sorted(found.depends_on[index])[-EXAMPLES_SHOWN:]],
        }

    def _links(self, index: int, conflicts: Sequence[Conflict]) -> list[JsonObject]:
        """The transactions at the other ends, with what each is about."""
        found: dict[int, list[JsonObject]] = {}
        for each in conflicts:
            other = each.earlier if each.later == index else each.later
            found.setdefault(other, []).append(self._resource(each.resource))
        return [
            {"transactionHash": self._hashes[other], "because": because}
            for other, because in list(found.items())[:RESOURCES_SHOWN]
        ]

    def _name(self, resource: Resource) -> SlotName:
        known = self._names.get(resource)
        if known is None:
            known = self._names[resource] = self._named(resource)
        return known

    def _named(self, resource: Resource) -> SlotName:
        if resource.kind is not Kind.STORAGE:
            return SlotName(f"{resource.kind.value} of {checksum_address(resource.address)}")
        artifact = self._artifact(self._owner(resource))
        return name_slot(
            resource.slot,
            None if artifact is None else artifact.layout,
            self._accesses.preimages,
            vyper=artifact is not None and artifact.language == VYPER,
        )

    def _owner(self, resource: Resource) -> Address:
        """Returns the contract whose code uses a slot: behind a proxy, another's."""
        return self._accesses.code_of.get((resource.address, resource.slot), resource.address)

    def _artifact(self, address: Address) -> Artifact | None:
        if address not in self._artifacts:
            account = self._state.account(address)
            code = (
                b"" if account is None or account.code_hash == EMPTY_CODE_HASH else self._state.code(account.code_hash)
            )
            self._artifacts[address] = self._node.node.artifacts.contract_at(address, code)
        return self._artifacts[address]
