"""Storage layouts, read from what compilers write, and whether one can follow the other: the table of ``pairs.py``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from megadev.artifacts.layout import (
    Layout,
    SyntaxTrees,
    UnknownLayout,
    VyperTypes,
    _first_slot,
    erc7201_slot,
    vyper_imports,
    vyper_layout,
)
from megadev.reload.compatibility import Fault, added, compare, compare_immutable
from megadev.reload.contracts import data_items, read_solc
from tests.units.reload.pairs import IMMUTABLES, SOLIDITY, VYPER, VYPER_IMMUTABLES, Pair

COMPILED: dict[str, Any] = json.loads((Path(__file__).parent / "layouts.json").read_bytes())


def solidity_layout(compiled: dict[str, Any]) -> Layout:
    path = compiled["ast"]["absolutePath"]
    return SyntaxTrees({path: compiled["ast"]}).layout(path, "C")


def faults(before: Layout, after: Layout) -> list[str]:
    return list(dict.fromkeys(conflict.fault.name for conflict in compare(before, after)))


@pytest.mark.parametrize("pair", SOLIDITY, ids=lambda pair: pair.name)
def test_a_change_of_solidity_storage_is_judged(pair: Pair) -> None:
    compiled = COMPILED["solidity"][pair.name]
    before = solidity_layout(compiled["before"])
    if pair.faults == "unknown":
        with pytest.raises(UnknownLayout):
            solidity_layout(compiled["after"])
    else:
        assert faults(before, solidity_layout(compiled["after"])) == pair.faults.split()


@pytest.mark.parametrize("pair", VYPER, ids=lambda pair: pair.name)
def test_a_change_of_vyper_storage_is_judged(pair: Pair) -> None:
    printed = COMPILED["vyper"][pair.name]
    before = vyper_layout(printed["before"], VyperTypes.of([pair.before]))
    after = vyper_layout(printed["after"], VyperTypes.of([pair.after]))
    assert faults(before, after) == pair.faults.split()


@pytest.mark.parametrize("pair", IMMUTABLES, ids=lambda pair: pair.name)
def test_a_change_of_a_solidity_immutable_is_judged(pair: Pair) -> None:
    compiled = COMPILED["immutables"][pair.name]
    trees = (compiled[when]["ast"] for when in ("before", "after"))
    before, after = (SyntaxTrees({tree["absolutePath"]: tree}).immutables() for tree in trees)
    ((old,), (new,)) = before.values(), after.values()
    conflict = compare_immutable(new.name, old.type, new.type)
    assert ("" if conflict is None else conflict.fault.name) == pair.faults


@pytest.mark.parametrize("pair", VYPER_IMMUTABLES, ids=lambda pair: pair.name)
def test_a_change_of_a_vyper_immutable_is_judged(pair: Pair) -> None:
    printed = COMPILED["vyper immutables"][pair.name]
    (old,) = data_items(printed["before"]["code_layout"], VyperTypes.of([pair.before]))
    (new,) = data_items(printed["after"]["code_layout"], VyperTypes.of([pair.after]))
    conflict = compare_immutable(new.name, old.type, new.type)
    assert ("" if conflict is None else conflict.fault.name) == pair.faults


@pytest.mark.parametrize("pair", [pair for pair in SOLIDITY if pair.faults != "unknown"], ids=lambda pair: pair.name)
def test_variables_are_placed_where_solc_places_them(pair: Pair) -> None:
    for compiled in COMPILED["solidity"][pair.name].values():
        variables = solidity_layout(compiled).variables
        assert [[v.name, v.slot, v.offset] for v in variables] == compiled["places"]


def test_a_refusal_names_the_variable_and_the_remedy() -> None:
    compiled = COMPILED["solidity"]["a variable is inserted"]
    first, second = compare(solidity_layout(compiled["before"]), solidity_layout(compiled["after"]))
    assert str(first) == "C.x: inserted at slot 1, before existing variables"
    assert "after all others" in first.fault.value
    assert str(second) == "C.b: moved from slot 1 to slot 2"


def test_the_slots_that_a_changed_layout_adds_are_found() -> None:
    def places(name: str) -> list[tuple[str, list[int]]]:
        compiled = COMPILED["solidity"][name]
        found = added(solidity_layout(compiled["before"]), solidity_layout(compiled["after"]))
        return [(variable.name, [slot for slot, _ in masks]) for variable, masks in found]

    assert places("a variable is appended") == [("c", [2])]
    assert places("the last array becomes longer") == [("a", [2, 3])]
    assert places("a struct grows at the end of everything") == [("s", [1])]
    assert places("room that was kept is used") == [("n", [1])]
    assert places("a packed array becomes longer in its word") == []


def test_a_namespace_begins_at_the_ercs_slot() -> None:
    # the ERC's own example
    assert erc7201_slot("example.main") == 0x183A6125C38840424C4A85FA12BAB2AB606C4B6D0E7CC73C0C06BA5300EAB500


def test_a_tree_without_a_base_contract_gives_no_layout() -> None:
    compiled = COMPILED["solidity"]["a base contract gets a variable"]["before"]
    tree = dict(compiled["ast"], nodes=[node for node in compiled["ast"]["nodes"] if node.get("name") != "B"])
    with pytest.raises(UnknownLayout, match="compiled in another run"):
        SyntaxTrees({tree["absolutePath"]: tree}).layout(tree["absolutePath"], "C")


def test_modules_with_two_definitions_of_a_struct_give_no_layout() -> None:
    types = VyperTypes.of(["struct S:\n    x: uint256\n", "struct S:\n    x: int256\n"])
    with pytest.raises(UnknownLayout, match="more than once"):
        types.type("HashMap[address, S]")


def test_a_vyper_type_is_an_interface_only_if_declared() -> None:
    types = VyperTypes.of(
        ["from ethereum.ercs import IERC20\nfrom . import IBox as I, m\ninterface Own:\n    def f(): view\n"]
    )
    assert {types.type(name).label for name in ("IERC20", "IBox", "I", "Own", "IBox.vyi", "lib/m.vy")} == {"address"}
    with pytest.raises(UnknownLayout, match="S is defined outside the project"):
        types.type("HashMap[address, S]")


def test_vyper_imports_are_found() -> None:
    text = (
        "import lib\nfrom . import x, y\nfrom ..a.b import c as d\nimport a.b as c\nfrom ethereum.ercs import IERC20\n"
    )
    found = [path.as_posix() for path in vyper_imports(text)]
    assert found == ["lib", "x", "y", "../a/b/c", "a/b", "ethereum/ercs/IERC20"]


@pytest.mark.parametrize("written", ["1_234", "0x" + "f" * 64, str(2**255 + 1)])
def test_a_long_first_slot_is_read_as_it_is_written(written: str) -> None:
    expression = {"value": written, "typeDescriptions": {"typeString": "int_const 5789...(69 digits omitted)...9969"}}
    assert _first_slot({"storageLayout": {"baseSlotExpression": expression}}) == int(written, 0)


def test_a_first_slot_that_is_an_expression_is_not_known() -> None:
    constant = {"name": "BASE", "nodeType": "Identifier", "typeDescriptions": {"typeString": "uint256"}}
    tree = json.loads(json.dumps(COMPILED["solidity"]["storage still begins elsewhere"]["after"]["ast"]))
    contract = next(node for node in tree["nodes"] if node.get("name") == "C")
    contract["storageLayout"]["baseSlotExpression"] = constant
    code = {"bytecode": {"object": "00"}, "deployedBytecode": {"object": "00"}}
    path = tree["absolutePath"]
    document = {"sources": {path: {"ast": tree}}, "contracts": {path: {"C": {"abi": [], "evm": code}}}}
    (made,) = read_solc(json.dumps(document).encode(), Path("/")).values()
    assert made.fault is Fault.FIRST_SLOT
    assert "layout at" in made.unknown
