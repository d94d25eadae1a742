"""Laws of hot reload: an accepted layout reads everything that was stored as it was stored, and what is new as zero.

Declarations are written down in a small language of their own. A memory that knows nothing of the code under test
stores a value in every place that they have, by the rules in the compilers' documentation, and reads it again by
another version's declarations; ``megadev.reload`` gets the same declarations as the compilers would tell it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from unittest.mock import patch

from hypothesis import event, given, settings, target
from hypothesis import strategies as st

from megadev.artifacts.layout import Layout, SyntaxTrees, VyperTypes, vyper_layout
from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.reload.compatibility import compare
from tests.units.reload.project import SOLIDITY_VERSIONS
from tests.units.reload.stage import BROKEN, Stage

WORD = 32
SIZES = {
    "uint8": 1,
    "int8": 1,
    "uint128": 16,
    "uint256": 32,
    "int256": 32,
    "bytes32": 32,
    "bytes4": 4,
    "bool": 1,
    "address": 20,
}
KEYS = (1, 2)
WORDS = ("X", "Y", "Z")
LONG = 40
"""Bytes of a string that does not fit its slot."""


@dataclass(frozen=True)
class T:
    """A type. ``kind``: value, enum, string, mapping, list, array or struct. ``name`` of a value, or a mapping's key."""

    kind: str
    name: str = ""
    item: T | None = None
    length: int = 0
    members: tuple[tuple[str, T], ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class D:
    """A declared variable; ``owner``: the contract; ``formerly``: what its comment says."""

    name: str
    type: T
    owner: str = "C"
    formerly: str = ""


Declared: TypeAlias = list[D]
NAMES = st.sampled_from("abcdefgh")
values = st.sampled_from(sorted(SIZES)).map(lambda name: T("value", name))
enums = st.permutations(WORDS).flatmap(lambda words: st.integers(1, 3).map(lambda n: T("enum", words=tuple(words[:n]))))
strings = st.sampled_from((8, 32, 33, 70)).map(lambda length: T("string", length=length))


def members(inner: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[tuple[str, T], ...]]:
    return st.lists(st.tuples(NAMES, inner), min_size=1, max_size=3, unique_by=lambda pair: pair[0]).map(tuple)


types = st.recursive(
    st.one_of(values, enums, strings),
    lambda inner: st.one_of(
        st.builds(lambda item, length: T("array", item=item, length=length), inner, st.integers(1, 4)),
        members(inner).map(lambda found: T("struct", members=found)),
        st.builds(
            lambda key, item: T("mapping", key, item=item), st.sampled_from(("uint256", "uint8", "address")), inner
        ),
        st.builds(lambda item, length: T("list", item=item, length=length), inner, st.integers(2, 4)),
    ),
    max_leaves=4,
)
variables = st.builds(D, NAMES, types, st.sampled_from(("A", "C")))


def _once(declared: Declared) -> Declared:
    """Base contracts' first, and each name once in each."""
    found = {(one.owner, one.name): one for one in reversed(declared)}
    return sorted((one for one in declared if found[one.owner, one.name] is one), key=lambda one: one.owner)


declarations = st.lists(variables, min_size=1, max_size=4).map(_once)


@st.composite
def edits(draw: st.DrawFn) -> tuple[Declared, Declared]:
    """Declarations, and the same after some edits of the kinds that people make."""
    before = draw(declarations)
    after = list(before)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(after) - 1)) if after else 0
        kind = draw(st.sampled_from(("append", "insert", "remove", "swap", "rename", "say", "retype", "grow", "move")))
        if kind == "append" or not after:
            after.append(draw(variables))
        elif kind == "insert":
            after.insert(at, draw(variables))
        elif kind == "remove":
            after.pop(at)
        elif kind == "swap":
            other = draw(st.integers(0, len(after) - 1))
            after[at], after[other] = after[other], after[at]
        else:
            one = after[at]
            name, type_, owner, formerly = one.name, one.type, one.owner, one.formerly
            if kind in ("rename", "say"):
                name = draw(NAMES)
                formerly = draw(st.sampled_from((one.name, one.name, "a"))) if kind == "say" else ""
            elif kind == "retype":
                type_ = draw(enums if type_.kind == "enum" else types)
            elif kind == "grow":
                type_ = _grown(type_, draw(types))
            else:
                owner = "A" if owner == "C" else "C"
            after[at] = D(name, type_, owner, formerly)
    return before, _once(after)


def _grown(t: T, more: T) -> T:
    """The same with a member, an item or a word more: wherever that can be, innermost first or not."""
    if t.kind == "struct":
        name, last = t.members[-1]
        if last.kind in ("struct", "array", "mapping") and more.kind == "value":
            return T("struct", members=(*t.members[:-1], (name, _grown(last, more))))
        return T("struct", members=(*t.members, ("z", more)))
    if t.kind in ("array", "string") or (t.kind == "list" and more.kind == "value"):
        return T(t.kind, item=t.item, length=t.length + 1)
    if t.kind == "enum":
        return T("enum", words=(*t.words, "W"))
    if t.item is not None:
        return T(t.kind, t.name, _grown(t.item, more), t.length)
    return t


# -- a memory of its own --------------------------------------------------------------------------------------------


@dataclass
class Memory:
    """Bytes by address: 32 times the slot, and the byte in it from its low end."""

    cells: dict[int, int] = field(default_factory=dict)

    def write(self, at: int, value: bytes) -> None:
        self.cells.update({at + index: byte for index, byte in enumerate(value)})

    def read(self, at: int, size: int) -> bytes:
        return bytes(self.cells.get(at + index, 0) for index in range(size))


Found: TypeAlias = dict[str, tuple[str, bytes]]
"""What stands in each place, by its path, as (what it means, bytes)."""


class Solidity:
    """ "Layout of State Variables in Storage and Transient Storage" in the Solidity documentation."""

    def size(self, t: T) -> tuple[int, bool]:
        """Bytes, and whether it begins a slot and fills it."""
        if t.kind == "value":
            return SIZES[t.name], False
        if t.kind == "enum":
            return 1, False
        if t.kind == "array":
            assert t.item is not None
            last = self.item(t.item, t.length - 1) + self.size(t.item)[0]
            return -(-last // WORD) * WORD, True
        if t.kind == "struct":
            ends = [at + self.size(member)[0] for at, _, member in self.places(t.members, 0)]
            return -(-max(ends) // WORD) * WORD, True
        return WORD, False

    def places(self, members: tuple[tuple[str, T], ...], at: int) -> Iterator[tuple[int, str, T]]:
        for name, t in members:
            size, whole = self.size(t)
            if whole or at % WORD + size > WORD:
                at = -(-at // WORD) * WORD
            yield at, name, t
            at += size

    def variables(self, declared: Declared) -> Iterator[tuple[int, D]]:
        at = self.places(tuple((str(number), one.type) for number, one in enumerate(declared)), 0)
        return ((place, declared[int(number)]) for place, number, _ in at)

    def item(self, t: T, index: int) -> int:
        """Where an array has it, from its begin."""
        size, whole = self.size(t)
        if whole:
            return index * size
        in_word = WORD // size
        return index // in_word * WORD + index % in_word * size

    def key(self, slot: int, key: int) -> int:
        return int.from_bytes(keccak(key.to_bytes(32, "big") + slot.to_bytes(32, "big")), "big")

    def items(self, t: T, at: int) -> int:
        """Where a list's items begin."""
        return WORD * int.from_bytes(keccak((at // WORD).to_bytes(32, "big")), "big")

    def write_string(self, memory: Memory, at: int, t: T, text: bytes) -> None:
        if len(text) < WORD:
            memory.write(at, bytes((2 * len(text),)) + text.ljust(31, b"\0")[::-1])
            return
        memory.write(at, (2 * len(text) + 1).to_bytes(32, "little"))
        self._long(memory, self.items(t, at), text)

    def _long(self, memory: Memory, at: int, text: bytes) -> None:
        for start in range(0, len(text), WORD):
            memory.write(at + start, text[start : start + WORD].ljust(WORD, b"\0")[::-1])

    def read_string(self, memory: Memory, at: int, t: T) -> bytes:
        word = int.from_bytes(memory.read(at, WORD), "little")
        if not word & 1:
            return memory.read(at, WORD)[::-1][: (word & 0xFF) // 2]
        return self._read_long(memory, self.items(t, at), min(word // 2, 4 * LONG))

    def _read_long(self, memory: Memory, at: int, length: int) -> bytes:
        words = (memory.read(at + start, WORD)[::-1] for start in range(0, length, WORD))
        return b"".join(words)[:length]


class Vyper(Solidity):
    """Everything takes whole slots, one after the other; lists and strings lie in place, behind their length."""

    def size(self, t: T) -> tuple[int, bool]:
        assert t.item is not None or t.kind not in ("array", "list")
        if t.kind == "struct":
            return sum(self.size(member)[0] for _, member in t.members), True
        if t.kind == "string":
            return WORD * (1 + -(-t.length // WORD)), True
        if t.kind in ("array", "list"):
            return (WORD if t.kind == "list" else 0) + t.length * self.size(t.item)[0], True  # type: ignore[arg-type]
        return WORD, True

    def key(self, slot: int, key: int) -> int:
        return int.from_bytes(keccak(slot.to_bytes(32, "big") + key.to_bytes(32, "big")), "big")

    def items(self, t: T, at: int) -> int:
        return at + WORD

    def write_string(self, memory: Memory, at: int, t: T, text: bytes) -> None:
        memory.write(at, len(text).to_bytes(32, "little"))
        self._long(memory, at + WORD, text)

    def read_string(self, memory: Memory, at: int, t: T) -> bytes:
        length = int.from_bytes(memory.read(at, WORD), "little")
        return self._read_long(memory, at + WORD, min(length, t.length))


def store(rules: Solidity, memory: Memory, path: str, t: T, at: int) -> None:
    """A value of its own in every place: two entries of each mapping, two items of each list, a short string."""
    some = keccak(path.encode())
    if t.kind == "value":
        memory.write(at, bytes((byte or 1) for byte in some[: SIZES[t.name]]))
    elif t.kind == "enum":
        memory.write(at, bytes((some[0] % len(t.words),)))
    elif t.kind == "string":
        rules.write_string(memory, at, t, (some * 2)[: min(t.length, LONG if some[0] % 2 else 7)])
    elif t.kind == "struct":
        for place, name, member in rules.places(t.members, at):
            store(rules, memory, f"{path}.{name}", member, place)
    elif t.kind == "mapping":
        assert t.item is not None
        for key in KEYS:
            store(rules, memory, f"{path}[{key}]", t.item, WORD * rules.key(at // WORD, key))
    else:
        assert t.item is not None
        count, start = (2, rules.items(t, at)) if t.kind == "list" else (t.length, at)
        if t.kind == "list":
            memory.write(at, count.to_bytes(32, "little"))
        for index in range(count):
            store(rules, memory, f"{path}[{index}]", t.item, start + rules.item(t.item, index))


def look(rules: Solidity, memory: Memory, path: str, t: T, at: int) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """What code with these declarations finds."""
    if t.kind == "value":
        yield path, (t.name, memory.read(at, SIZES[t.name]))
    elif t.kind == "enum":
        number = memory.read(at, 1)[0]
        yield path, ("enum", t.words[number].encode() if number < len(t.words) else b"?")
    elif t.kind == "string":
        yield path, ("string", rules.read_string(memory, at, t))
    elif t.kind == "struct":
        for place, name, member in rules.places(t.members, at):
            yield from look(rules, memory, f"{path}.{name}", member, place)
    elif t.kind == "mapping":
        assert t.item is not None
        for key in KEYS:
            yield from look(rules, memory, f"{path}[{key}]", t.item, WORD * rules.key(at // WORD, key))
    else:
        assert t.item is not None
        count, start = t.length, at
        if t.kind == "list":
            length = int.from_bytes(memory.read(at, WORD), "little")
            yield f"{path}.length", ("length", length.to_bytes(32, "big"))
            count, start = min(length, 4), rules.items(t, at)
        for index in range(count):
            yield from look(rules, memory, f"{path}[{index}]", t.item, start + rules.item(t.item, index))


def is_falsified(rules: Solidity, before: Declared, after: Declared) -> bool:
    """Whether code declared as ``after`` finds anything else than what code declared as ``before`` stored."""
    memory = Memory()
    for at, one in rules.variables(before):
        store(rules, memory, f"{one.owner}.{one.name}", one.type, at)
    claimed = {(one.owner, one.name) for one in after} | {(one.owner, one.formerly) for one in after if one.formerly}
    follows: dict[tuple[str, str], list[Found]] = {}
    fresh: list[Found] = []
    for at, one in rules.variables(after):
        found = {path.partition(".")[2]: value for path, value in look(rules, memory, f".{one.name}", one.type, at)}
        bare = {path.removeprefix(one.name): value for path, value in found.items()}
        heirs = [
            old
            for old in before
            if old.name in (one.name, one.formerly) and (old.owner == one.owner or (old.owner, old.name) not in claimed)
        ]
        for old in heirs:
            follows.setdefault((old.owner, old.name), []).append(bare)
        if not heirs:
            fresh.append(bare)
    for at, one in rules.variables(before):
        was = {
            p.partition(".")[2].removeprefix(one.name): v for p, v in look(rules, memory, f".{one.name}", one.type, at)
        }
        now = follows.get((one.owner, one.name), [])
        # where several may claim it, by their names or by what they say, one of them must be right about all of it
        if not any(all(found.get(path) == value for path, value in was.items()) for found in now):
            return True
        if len(now) == 1 and any(
            any(value) for path, (kind, value) in now[0].items() if path not in was and kind != "enum"
        ):
            return True
    return any(any(value) for found in fresh for kind, value in found.values() if kind != "enum")


# -- the same, as compilers tell it -----------------------------------------------------------------------------------


class Tree:
    """A syntax tree of solc, as far as it is read."""

    def __init__(self, declared: Declared) -> None:
        self._number = 10
        self._definitions: list[dict[str, Any]] = []
        contracts = [
            {"nodeType": "ContractDefinition", "id": number, "name": owner, "linearizedBaseContracts": bases,
             "contractKind": "contract",
             "nodes": [self._variable(one) for one in declared if one.owner == owner]}
            for number, owner, bases in ((1, "A", [1]), (2, "C", [2, 1]))
        ]  # fmt: skip
        self.tree = {"absolutePath": "C.sol", "nodes": [*self._definitions, *contracts]}

    def _variable(self, one: D) -> dict[str, Any]:
        text = {"text": f"@custom:oz-renamed-from {one.formerly}"} if one.formerly else None
        return {"nodeType": "VariableDeclaration", "id": self._next(), "name": one.name, "typeName": self._type(one.type),
                "documentation": text}  # fmt: skip

    def _type(self, t: T) -> dict[str, Any]:
        if t.kind in ("value", "string"):
            written = t.name or "string"
            return {"nodeType": "ElementaryTypeName", "typeDescriptions": {"typeString": written}}
        if t.kind == "mapping":
            assert t.item is not None
            key = self._type(T("value", t.name))
            return {"nodeType": "Mapping", "keyType": key, "valueType": self._type(t.item)}
        if t.kind in ("array", "list"):
            assert t.item is not None
            length = str(t.length) if t.kind == "array" else ""
            return {"nodeType": "ArrayTypeName", "baseType": self._type(t.item), "length": t.kind == "array" or None,
                    "typeDescriptions": {"typeString": f"x[{length}]"}}  # fmt: skip
        number = self._next()
        kind, name = ("EnumDefinition", f"E{number}") if t.kind == "enum" else ("StructDefinition", f"S{number}")
        inner: list[dict[str, Any]] = [{"name": word} for word in t.words]
        inner += [{"name": member, "typeName": self._type(type_)} for member, type_ in t.members]
        self._definitions.append({"nodeType": kind, "id": number, "name": name, "members": inner})
        return {"nodeType": "UserDefinedTypeName", "referencedDeclaration": number}

    def _next(self) -> int:
        self._number += 1
        return self._number


def solidity_layout(declared: Declared) -> Layout:
    return SyntaxTrees({"C.sol": Tree(declared).tree}).layout("C.sol", "C")


def vyper_source(declared: Declared) -> tuple[str, dict[str, Any]]:
    """A source, and the layout that the compiler prints for it."""
    written: list[str] = []
    numbers = iter(range(1_000))

    def spelled(t: T) -> str:
        if t.kind == "value":
            return t.name
        if t.kind == "string":
            return f"String[{t.length}]"
        if t.kind == "mapping":
            assert t.item is not None
            return f"HashMap[{t.name}, {spelled(t.item)}]"
        if t.kind in ("array", "list"):
            assert t.item is not None
            return f"{spelled(t.item)}[{t.length}]" if t.kind == "array" else f"DynArray[{spelled(t.item)}, {t.length}]"
        lines = [f"    {word}" for word in t.words] + [f"    {name}: {spelled(member)}" for name, member in t.members]
        name = f"{t.kind[0].upper()}{next(numbers)}"
        written.append("\n".join([f"{'flag' if t.kind == 'enum' else 'struct'} {name}:", *lines]) + "\n")
        return name

    printed = {}
    variables = []
    for at, one in VYPER.variables(declared):
        text = spelled(one.type)
        variables.append(
            (f"# @custom:oz-renamed-from {one.formerly}\n" if one.formerly else "") + f"{one.name}: {text}\n"
        )
        printed[one.name] = {"type": text, "slot": at // WORD, "n_slots": VYPER.size(one.type)[0] // WORD}
    return "".join(written + variables), {"storage_layout": printed}


SOLIDITY, VYPER = Solidity(), Vyper()


def layout_of(rules: Solidity, declared: Declared) -> Layout:
    if rules is SOLIDITY:
        return solidity_layout(declared)
    source, printed = vyper_source(declared)
    return vyper_layout(printed, VyperTypes.of([source]))


def _in_one_contract(declared: Declared) -> Declared:
    return _once([D(one.name, one.type, "C", one.formerly) for one in declared])


# -- the laws ---------------------------------------------------------------------------------------------------------


@settings(max_examples=400)
@given(edits(), st.sampled_from((SOLIDITY, VYPER)))
def test_no_change_is_accepted_that_a_storage_diff_can_falsify(
    change: tuple[Declared, Declared], rules: Solidity
) -> None:
    before, after = change if rules is SOLIDITY else map(_in_one_contract, change)
    accepted = not compare(layout_of(rules, before), layout_of(rules, after))
    event(f"{type(rules).__name__}: {'accepted' if accepted else 'refused'}")
    target(float(accepted and before != after))
    if accepted:
        assert not is_falsified(rules, before, after)


@given(declarations, st.sampled_from((SOLIDITY, VYPER)))
def test_variables_are_found_where_the_documentation_puts_them(declared: Declared, rules: Solidity) -> None:
    some = declared if rules is SOLIDITY else _in_one_contract(declared)
    found = [(WORD * variable.slot + variable.offset, variable.name) for variable in layout_of(rules, some).variables]
    assert found == [(at, one.name) for at, one in rules.variables(some)]


@given(declarations, types, st.sampled_from((SOLIDITY, VYPER)))
def test_adding_to_the_end_is_always_accepted(declared: Declared, more: T, rules: Solidity) -> None:
    before = _in_one_contract(declared)
    after = [*before, D("z", more)]
    assert not compare(layout_of(rules, before), layout_of(rules, after))
    assert not is_falsified(rules, before, after)


@given(declarations, st.sampled_from((SOLIDITY, VYPER)))
def test_an_unchanged_layout_is_accepted(declared: Declared, rules: Solidity) -> None:
    before = _in_one_contract(declared)
    assert not compare(layout_of(rules, before), layout_of(rules, before))
    assert not is_falsified(rules, before, before)


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(st.sampled_from([*SOLIDITY_VERSIONS, BROKEN, "bump", "undo"]), st.booleans()), min_size=1, max_size=6
    )
)
def test_a_refused_or_failed_reload_changes_nothing(steps: list[tuple[str, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        stage.at = stage.net.l1
        stage.counter()
        stage.at = stage.net.l2
        counter, _ = stage.counter()
        for step, fails in steps:
            if step == "bump":
                stage.wallet.make(counter, encode_call("bump()"))
            elif step == "undo":
                stage.net.rpc("megadev_reloadUndo") if stage.reloader._memory.can_undo else None
            else:
                before, told = stage.everything(), len(stage.notices)
                stage.compiler.version = step
                if fails:  # the L2 was changed already, and the L1 cannot be
                    broken = patch.object(stage.net.node.l1.sequencer, "apply_irregular", side_effect=OSError)
                    with suppress(OSError), broken:
                        stage.reloader.pipeline.changed([stage.source])
                else:
                    stage.reloader.pipeline.changed([stage.source])
                if not any(notice.kind == "reloaded" for notice in stage.notices[told:]):
                    assert stage.everything() == before
