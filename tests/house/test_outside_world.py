"""Time, environment and randomness enter through few doors, so that the same script can give the same chain."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import Module, modules

CLOCKS = {
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.date.today",
}
ENVIRONMENT = {"os.environ", "os.getenv", "os.environb"}

DOORS = {
    "the wall clock": (CLOCKS, {"clock", "bench.command", "bench.client"}),
    "the environment": (ENVIRONMENT, {"cli", "bench", "chain.contracts.build"}),
}
"""What may be read where. chain.contracts.build is a tool that is run when a contract changes, never by a node."""


def _names(module: Module) -> Iterator[tuple[str, int]]:
    """Every dotted name a module uses, with ``from x import y`` spelled out."""
    origin: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                origin[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                origin[alias.asname or alias.name] = alias.name
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, _, rest = ast.unparse(node).partition(".")
            yield (f"{origin.get(first, first)}.{rest}" if rest else origin.get(first, first)), node.lineno


@pytest.mark.parametrize("what", DOORS)
def test_only_named_modules_reach_outside_the_process(what: str) -> None:
    banned, doors = DOORS[what]
    wrong = {
        f"megadev/{module.name}:{line} reads {what} ({name})"
        for module in modules()
        for name, line in _names(module)
        if name in banned and not any(module.name == door or module.name.startswith(f"{door}.") for door in doors)
    }
    assert not wrong, "\n".join(sorted(wrong))


def test_the_check_sees_each_way_of_reading_a_clock(tmp_path: Path) -> None:
    source = "import time\nimport time as t\nfrom time import time as now\nfrom datetime import datetime\n"
    source += "time.time()\nt.perf_counter()\nnow()\ndatetime.now()\n"
    path = tmp_path / "read.py"
    path.write_text(source)
    found = {name for name, _ in _names(Module(path))}
    assert found >= {"time.time", "time.perf_counter", "datetime.datetime.now"}


DECODERS = {"json.load", "json.loads", "pickle.load", "pickle.loads", "msgspec.json.decode"}
OWN_JSON = {
    "primitives.guarded_json": "the guard",
    "rpc.envelope": "looks at the nesting itself",
    "rpc.gateway": "answers of this node",
    "chain.contracts": "a file of ours",
    "chain.packed_blocks": "what it wrote itself",
    "state.thin": "what it wrote itself",
    "sequencer.executing": "between processes of one node",
    "bench": "asks nodes that it started",
}
"""Who decodes JSON without the guard, and why that is no door."""


def test_json_that_others_wrote_comes_in_through_the_guard() -> None:
    """A document nested 100,000 deep ends a process whose recursion limit was raised, unless it is looked at first."""
    wrong = {
        f"megadev/{module.name}:{line} decodes with {name}: use primitives.guarded_json"
        for module in modules()
        for name, line in _names(module)
        if (name in DECODERS or (name.startswith("msgspec.json.Decoder(") and name.endswith(".decode")))
        and not any(module.name == own or module.name.startswith(f"{own}.") for own in OWN_JSON)
    }
    assert not wrong, "\n".join(sorted(wrong))
