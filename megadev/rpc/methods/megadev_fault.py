"""megadev_fault_*: the table of faults (``node/faults``), which whoever deploys can have happen at home. Both chains'
endpoints give the same answers.
"""

from __future__ import annotations

from megadev.chain.documents import JsonObject
from megadev.node.faults import FAULTS, faults_on, turn_off, turn_on
from megadev.rpc.codec import StringParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


@method("megadev_fault_list")
def megadev_fault_list(node: RpcNode) -> list[JsonObject]:
    """Every fault: the part it affects, its parameters, its effect, what a client observes, and whether it is on."""
    found = []
    for row in FAULTS.values():
        words = row.words(node.node)
        found.append(
            {
                "name": row.name,
                "of": row.of,
                "takes": row.takes,
                "does": row.does,
                "seen": row.seen,
                "on": words is not None,
                "arguments": None if words is None else list(words),
            }
        )
    return found


@method("megadev_fault_set")
def megadev_fault_set(node: RpcNode, name: StringParam, arguments: tuple[StringParam, ...] = ()) -> list[JsonObject]:
    """Have something be wrong from now on; all that is."""
    turn_on(node.node, name, arguments)
    return _on(node)


@method("megadev_fault_clear")
def megadev_fault_clear(node: RpcNode, name: StringParam | None = None) -> list[JsonObject]:
    """Clear one fault, or all; returns the faults that are still on."""
    turn_off(node.node, name)
    return _on(node)


def _on(node: RpcNode) -> list[JsonObject]:
    return [{"name": name, "arguments": words} for name, *words in faults_on(node.node)]
