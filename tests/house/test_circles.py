"""No circle of modules, even by types: what imports each other can be understood only at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from tests.house.source import imports, modules

ALLOWED = (
    frozenset(
        {
            "node.node",
            "node.snapshots",
            "node.faults",
            "node.operations",
            "node.standby",
            "node.quorum",
            "node.dump.capture",
            "node.dump.document",
            "node.dump.files",
            "node.dump.loading",
            "node.dump.rollup",
            "node.dump.settings",
            "node.storage.capture",
            "node.storage.recorder",
            "node.storage.recovery",
            "node.storage.storage",
        }
    ),
)
"""A snapshot, a dump, a store, the table of faults and standbys are of a whole node, by its type, and a node keeps them."""


def test_no_circle_of_modules() -> None:
    found = list(_circles(_graph()))
    wrong = [circle for circle in found if not any(circle <= allowed for allowed in ALLOWED)]
    assert not wrong, "\n".join(", ".join(sorted(circle)) for circle in wrong)
    gone = [allowed for allowed in ALLOWED if not any(circle <= allowed for circle in found)]
    assert not gone, f"no circle any more, so take it out of the list: {gone}"


def _graph() -> dict[str, set[str]]:
    """Which of our modules each one names, for types too, and wherever in it the import stands."""
    names = {module.name.removesuffix(".__init__") for module in modules()}
    graph: dict[str, set[str]] = {}
    for module in modules():
        mine = module.name.removesuffix(".__init__")
        targets = graph.setdefault(mine, set())
        for found in imports(module):
            target = found.target.removeprefix("megadev.")
            while target and target not in names:
                target = target.rpartition(".")[0]
            if target and found.target.startswith("megadev.") and target != mine:
                targets.add(target)
    return graph


def _circles(graph: Mapping[str, Set[str]]) -> Iterator[set[str]]:
    """Its strongly connected components of more than one (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []

    def visit(name: str) -> Iterator[set[str]]:
        order[name] = lowest[name] = len(order)
        path.append(name)
        for target in sorted(graph[name]):
            if target not in order:
                yield from visit(target)
                lowest[name] = min(lowest[name], lowest[target])
            elif target in path:
                lowest[name] = min(lowest[name], order[target])
        if lowest[name] == order[name]:
            component = set(path[path.index(name) :])
            del path[path.index(name) :]
            if len(component) > 1:
                yield component

    for name in sorted(graph):
        if name not in order:
            yield from visit(name)
