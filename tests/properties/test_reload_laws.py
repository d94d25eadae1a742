"""Laws of hot reload: an accepted layout reads everything that was stored as it was stored, and what is new as zero."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from hypothesis import event, given, settings
from hypothesis import strategies as st

from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.reload.compatibility import compare
from megadev.reload.layout import Form, Layout, Type, Variable, elementary, fixed, place, struct
from tests.units.reload.project import SOLIDITY_VERSIONS
from tests.units.reload.stage import BROKEN, Stage

Leaf: TypeAlias = tuple[str, int, int, str, int]
"""Path, slot, offset, meaning, bytes."""
Declared: TypeAlias = list[tuple[str, Type]]

VALUES = ["uint8", "int8", "uint128", "uint256", "int256", "bytes32", "bytes4", "bool", "address"]
NAMES = st.sampled_from("abcdefgh")
KEYS = (1, 2)
WORDS = ("X", "Y", "Z")

values = st.sampled_from(VALUES).map(elementary)
enums = st.permutations(WORDS).flatmap(
    lambda words: st.integers(1, 3).map(lambda n: Type(Form.ENUM, "E", 1, words=tuple(words[:n])))
)


def named(types: st.SearchStrategy[Type], least: int = 1, most: int = 3) -> st.SearchStrategy[Declared]:
    pairs = st.tuples(NAMES, types)
    return st.lists(pairs, min_size=least, max_size=most, unique_by=lambda pair: pair[0])


def mapping(item: Type) -> Type:
    return Type(Form.MAPPING, "mapping", key=elementary("uint256"), item=item)


def dynamic(item: Type) -> Type:
    return Type(Form.DYNAMIC, "array", item=item)


types = st.recursive(
    st.one_of(values, enums),
    lambda inner: st.one_of(
        st.tuples(inner, st.integers(1, 4)).map(lambda pair: fixed(*pair)),
        named(inner).map(lambda members: struct("S", members)),
        inner.map(mapping),
        inner.map(dynamic),
    ),
    max_leaves=4,
)


def layout(declared: Declared) -> Layout:
    return Layout(place((name, type_, "C") for name, type_ in declared))


@st.composite
def edits(draw: st.DrawFn) -> tuple[Declared, Declared]:
    """Declarations, and the same after some edits of the kinds that people make."""
    before = draw(named(types, 1, 4))
    after = list(before)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(after)))
        match draw(st.sampled_from(("append", "insert", "remove", "swap", "rename", "retype", "grow"))):
            case "append":
                after.append((draw(NAMES), draw(types)))
            case "insert":
                after.insert(at, (draw(NAMES), draw(types)))
            case "remove" if len(after) > 1:
                after.pop(at % len(after))
            case "swap" if after:
                other = draw(st.integers(0, len(after) - 1))
                after[at % len(after)], after[other] = after[other], after[at % len(after)]
            case "rename" if after:
                after[at % len(after)] = (draw(NAMES), after[at % len(after)][1])
            case "retype" if after:
                name, type_ = after[at % len(after)]
                after[at % len(after)] = (name, draw(enums if type_.form is Form.ENUM else types))
            case "grow" if after:
                name, type_ = after[at % len(after)]
                after[at % len(after)] = (name, _grown(type_, draw(types)))
    once: dict[str, Type] = {}
    for name, type_ in after:
        once.setdefault(name, type_)
    return before, list(once.items())


def _grown(type_: Type, more: Type) -> Type:
    """The same with a member, or items, more: wherever that can be, innermost first."""
    if type_.form is Form.STRUCT:
        return struct(type_.label, [*((m.name, m.type) for m in type_.members), ("z", more)])
    if type_.form is Form.FIXED:
        assert type_.item is not None
        return fixed(type_.item, type_.length + 1)
    if type_.form is Form.ENUM:
        return Type(Form.ENUM, type_.label, 1, words=(*type_.words, "W"))
    if type_.item is not None:
        return mapping(_grown(type_.item, more)) if type_.form is Form.MAPPING else dynamic(_grown(type_.item, more))
    return type_


def leaves(variables: tuple[Variable, ...]) -> Iterator[Leaf]:
    """Every place where a value may lie: for a mapping two keys, for a dynamic array its length and two items."""
    for variable in variables:
        yield from _leaves(variable.name, variable.type, variable.slot, variable.offset)


def _leaves(path: str, type_: Type, slot: int, offset: int) -> Iterator[Leaf]:
    if type_.form is Form.STRUCT:
        for member in type_.members:
            yield from _leaves(f"{path}.{member.name}", member.type, slot + member.slot, member.offset)
    elif type_.form is Form.MAPPING:
        assert type_.item is not None
        for key in KEYS:
            at = int.from_bytes(keccak(key.to_bytes(32, "big") + slot.to_bytes(32, "big")), "big")
            yield from _leaves(f"{path}[{key}]", type_.item, at, 0)
    elif type_.form is Form.DYNAMIC:
        assert type_.item is not None
        yield f"{path}.length", slot, 0, "length", 32
        start = int.from_bytes(keccak(slot.to_bytes(32, "big")), "big")
        yield from _items(path, type_.item, 2, start)
    elif type_.form is Form.FIXED:
        assert type_.item is not None
        yield from _items(path, type_.item, type_.length, slot)
    elif type_.form is Form.ENUM:
        for number, word in enumerate(type_.words):
            yield f"{path}={word}", slot, offset, f"enum {number}", type_.size
    else:
        yield path, slot, offset, type_.label, type_.size


def _items(path: str, item: Type, count: int, start: int) -> Iterator[Leaf]:
    in_word = 32 // item.size if not item.starts_slot and item.size <= 16 else 0
    for index in range(count):
        at = start + (index // in_word if in_word else index * item.slots)
        yield from _leaves(f"{path}[{index}]", item, at, index % in_word * item.size if in_word else 0)


def keeps_everything(before: Layout, after: Layout) -> bool:
    """Whether a storage diff shows nothing: each value is found again under its name, and what is new was never used."""
    old, new = list(leaves(before.variables)), list(leaves(after.variables))
    if not set(old) <= set(new):
        return False
    used = {(slot, offset + byte) for _, slot, offset, _, size in old for byte in range(size)}
    known = {path.partition("=")[0] for path, *_ in old}
    return not any(
        (slot, offset + byte) in used
        for path, slot, offset, _, size in new
        if path.partition("=")[0] not in known
        for byte in range(size)
    )


@settings(max_examples=300)
@given(edits())
def test_no_change_is_accepted_that_a_storage_diff_can_falsify(change: tuple[Declared, Declared]) -> None:
    before, after = map(layout, change)
    accepted = not compare(before, after)
    event("accepted" if accepted else "refused")
    if accepted:
        assert keeps_everything(before, after)


@given(named(types, 1, 4), types)
def test_adding_to_the_end_is_always_accepted(declared: Declared, more: Type) -> None:
    assert not compare(layout(declared), layout([*declared, ("z", more)]))


@given(named(types, 1, 4))
def test_what_stays_the_same_is_accepted(declared: Declared) -> None:
    assert not compare(layout(declared), layout(declared))


@settings(max_examples=15)
@given(st.lists(st.sampled_from([*SOLIDITY_VERSIONS, BROKEN, "bump", "undo"]), min_size=1, max_size=6))
def test_a_refused_reload_changes_nothing(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        counter, _ = stage.counter()
        for step in steps:
            if step == "bump":
                stage.send(counter, encode_call("bump()"))
            elif step == "undo":
                stage.net.rpc("megadev_reloadUndo") if stage.reloader._done else None
            else:
                before, told = stage.everything(), len(stage.notices)
                stage.compiler.version = step
                stage.reloader.changed([stage.source])
                if not any(notice.kind == "reloaded" for notice in stage.notices[told:]):
                    assert stage.everything() == before
