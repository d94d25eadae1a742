"""The direction of dependencies: a module imports only from lower layers or from its own package."""

from __future__ import annotations

import re
import sys

from megadev.docs import pages
from tests.house.source import Module, imports, modules

LAYERS = {
    "errors": 0,
    "clock": 0,
    "files": 0,
    "primitives": 0,
    "docs": 0,
    "explorer": 0,
    "chain": 1,
    "state": 2,
    "artifacts": 2,
    "config": 2,
    "events": 2,
    "evm": 3,
    "sequencer": 4,
    "rollup": 5,
    "node": 6,
    "inspect": 7,
    "rpc": 8,
    "reload": 8,
    "testing": 9,
    "server": 9,
    "landing": 9,
    "beacon": 9,
    "devnet": 10,
    "cli": 11,
    "bench": 12,  # a command with a package of its own; cli loads it by name
    "testing.plugin": 12,  # pytest's way in, as cli is the terminal's; what a trace looks like it has from there
    "__main__": 12,
    "__init__": 12,
}

EVERYWHERE = {"errors"}
"""Importable also from its own layer: it imports nothing of ours."""

FOR_TYPES_ONLY = {("chain.blocks", "state"), ("chain.genesis", "state"), ("events", "state")}
"""Modules that name a higher layer's type and do not depend on it when they run."""

ENGINES_ONLY = {"eth", "wasmtime", "py_ecc", "trie", "rlp", "eth_keys", "eth_bloom", "eth_typing", "eth_utils"}
"""The third-party EVM and what it is made of, and what runs wasm: their types stop at evm/engines."""
SERVER_ONLY = {"uvicorn", "uvloop", "httptools", "websockets", "h11"}
"""HTTP stops at the server."""
SLOW = {"web3", "eth_account", "eth_abi", "rich"}
"""0.1 to 0.8 s to import: only inside the function that needs them, so that a node starts at once."""
MADE_OF_SLOW = {"testing.web3_provider"}
"""Modules that subclass from them, and so count as slow themselves."""


def _home(dotted: str) -> str:
    """The layer table's key for a module of ours, given below ``megadev``."""
    package = ".".join(dotted.split(".")[:2])
    return package if package in LAYERS else dotted.split(".")[0]


def _may_import(module: Module, target: str, type_only: bool) -> bool:
    mine, other = _home(module.name), _home(target)
    if mine == other or other in EVERYWHERE:
        return True
    if type_only and (module.name, other) in FOR_TYPES_ONLY:
        return True
    return LAYERS[other] < LAYERS[mine]


def test_every_module_has_a_layer() -> None:
    homeless = sorted({_home(module.name) for module in modules()} - LAYERS.keys())
    assert not homeless, f"not in the table of layers: {homeless}"


def test_a_module_imports_only_from_lower_layers_or_its_own_package() -> None:
    wrong = []
    for module in modules():
        for found in imports(module):
            if not found.target.startswith("megadev."):
                continue
            target = found.target.removeprefix("megadev.")
            if _home(target) == "__version__":
                continue
            if not _may_import(module, target, found.type_only):
                wrong.append(f"megadev/{module.name}:{found.line} ({LAYERS[_home(module.name)]}) imports {target}")
    assert not wrong, "\n".join(wrong)


def test_modules_do_not_import_from_the_package_root() -> None:
    """They exist for users; inside, a name is imported from where it is defined."""
    wrong = [
        f"megadev/{module.name}:{found.line} imports {found.target}"
        for module in modules()
        for found in imports(module)
        if found.target == "megadev"
        or (found.target.startswith("megadev.") and found.target.split(".")[1][0].isupper())
    ]
    assert not wrong, "\n".join(wrong)


def test_third_party_types_stop_where_they_should() -> None:
    wrong = []
    for module in modules():
        for found in imports(module):
            top = found.target.split(".")[0]
            if top in ENGINES_ONLY and not module.name.startswith("evm.engines."):
                wrong.append(f"megadev/{module.name}:{found.line}: {top} belongs to evm/engines")
            if top in SERVER_ONLY and _home(module.name) not in ("server", "cli", "bench"):
                wrong.append(f"megadev/{module.name}:{found.line}: {top} belongs to server")
    assert not wrong, "\n".join(wrong)


def test_slow_libraries_are_imported_where_they_are_used() -> None:
    wrong = [
        f"megadev/{module.name}:{found.line}: {found.target} at the top of the module"
        for module in modules()
        for found in imports(module)
        if found.top_level and not found.type_only and module.name not in MADE_OF_SLOW and _is_slow(found.target)
    ]
    assert not wrong, "\n".join(wrong)


def _is_slow(target: str) -> bool:
    ours = target.removeprefix("megadev.")
    return target.split(".")[0] in SLOW or any(ours == slow or ours.startswith(f"{slow}.") for slow in MADE_OF_SLOW)


def test_methods_are_leaves() -> None:
    """What several methods share lives in ``rpc``: none imports another."""
    wrong = [
        f"megadev/{module.name}:{found.line} imports {found.target}"
        for module in modules()
        if module.name.startswith("rpc.")
        for found in imports(module)
        if found.target.startswith("megadev.rpc.methods.") and not module.name.endswith(".__init__")
    ]
    assert not wrong, "\n".join(wrong)


def test_every_library_imported_is_declared() -> None:
    """What is imported must be a direct dependency, not one that happens to come along."""
    import importlib.metadata
    import re
    import tomllib

    from tests.house.source import REPOSITORY

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    declared = {_normal(re.split(r"[\s<>=;\[!~]", row)[0]) for row in project["dependencies"]}
    providers = importlib.metadata.packages_distributions()
    wrong = set()
    for module in modules():
        for found in imports(module):
            top = found.target.split(".")[0]
            if top in sys.stdlib_module_names or top == "megadev" or found.type_only:
                continue
            if top in LOADED_BY.get(_home(module.name), ()):
                continue
            if not declared & {_normal(name) for name in providers.get(top, [])} and top not in COME_WITH_PY_EVM:
                wrong.add(f"megadev/{module.name} imports {top}, which pyproject.toml does not name")
    assert not wrong, "\n".join(sorted(wrong))


COME_WITH_PY_EVM = {"eth_keys", "eth_typing", "eth_utils", "eth_bloom", "py_ecc", "rlp", "trie", "Crypto"}
"""Types of py-evm's own interface: its pinned version decides theirs."""


LOADED_BY = {"testing.plugin": {"pytest"}}
"""What is there already when a package is loaded, because that is who loads it."""


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def test_the_architecture_page_shows_these_layers() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+?) \|", pages()["explanation/architecture"].text, re.MULTILINE)
    shown = {name: int(number) for number, names in rows for name in re.findall(r"`(.+?)`", names)}
    assert shown == {name: number for name, number in LAYERS.items() if not name.startswith("__")}
