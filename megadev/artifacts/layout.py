"""Storage layouts of contracts: a tree of types for each variable, with its place.

A Solidity layout is computed from the compiler's syntax tree ("Layout of State Variables in Storage" in the Solidity
documentation): it is there with every tool, and it also tells what solc's own ``storageLayout`` does not, namespaced
structs (ERC-7201), the words of enums, and what user-defined types are made of. A Vyper layout is what ``-f layout``
prints, with the structs and flags as the sources define them.

Structs to which assembly points are seen, but not where; what only assembly knows of (``sstore`` to a slot of its own)
is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from megadev.primitives.keccak import keccak

WORD = 32
Tree: TypeAlias = Mapping[str, Any]
"""A node of a compiler's syntax tree."""


class UnknownLayout(ValueError):
    """The layout cannot be told; the message says why."""


class UnknownFirstSlot(UnknownLayout):
    """All is told but where it begins."""


class Form(Enum):
    """The encoding of a type in storage. BOUNDED: Vyper's arrays, strings and bytes, which have their length in
    front.
    """

    VALUE = "value"
    ENUM = "enum"
    BYTES = "bytes"
    MAPPING = "mapping"
    DYNAMIC = "dynamic array"
    FIXED = "array"
    BOUNDED = "bounded"
    STRUCT = "struct"
    AGAIN = "struct within itself"
    CODE_POINTER = "internal function"


class Type(msgspec.Struct, frozen=True):
    """``label`` as a user would write it, with aliases replaced by what they stand for. ``size``: bytes in place.
    ``key`` of mappings; ``item`` of mappings and arrays; ``length`` of arrays; ``members`` of structs; ``words`` of
    enums.
    """

    form: Form
    label: str
    size: int = WORD
    key: Type | None = None
    item: Type | None = None
    length: int = 0
    members: tuple[Variable, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def slots(self) -> int:
        """The number of slots of a type that does not share one."""
        return -(-self.size // WORD)

    @property
    def starts_slot(self) -> bool:
        """Shares no word with its neighbours."""
        return self.form in (Form.STRUCT, Form.FIXED, Form.BOUNDED)


class Variable(msgspec.Struct, frozen=True):
    """``slot`` and ``offset`` (bytes from the low end of the word) are from the layout's begin, or the struct's.
    ``owner``: the contract that declares it; ``formerly``: what the source says that it was called before."""

    name: str
    type: Type
    slot: int
    offset: int = 0
    owner: str = ""
    formerly: str = ""

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}" if self.owner else self.name

    @property
    def place(self) -> str:
        """The place, in words."""
        slot = self.slot if self.slot < 2**64 else hex(self.slot)
        return f"slot {slot}" + (f" byte {self.offset}" if self.offset else "")


class Layout(msgspec.Struct, frozen=True):
    """Variables in order, and those of each namespace (by its id, with absolute slots). ``pointed``: other structs, by
    name, to which assembly points (ERC-2535's "diamond storage"): where is not known."""

    variables: tuple[Variable, ...] = ()
    namespaces: Mapping[str, tuple[Variable, ...]] = msgspec.field(default_factory=dict)
    pointed: Mapping[str, Type] = msgspec.field(default_factory=dict)


def place(declared: Iterable[tuple[str, Type, str]], base: int = 0) -> tuple[Variable, ...]:
    """Give each (name, type, owner) its place, as solc does, from slot ``base`` on."""
    found = []
    slot, offset = base, 0
    for name, type_, owner in declared:
        if offset and (type_.starts_slot or offset + type_.size > WORD):
            slot, offset = slot + 1, 0
        found.append(Variable(name, type_, slot, offset, owner))
        if type_.starts_slot:
            slot += type_.slots
        else:
            offset += type_.size
            if offset == WORD:
                slot, offset = slot + 1, 0
    return tuple(found)


def slots_of(variables: Sequence[Variable]) -> int:
    """Returns the slots of a struct, up to the end of its last variable."""
    return max((variable.slot + max(variable.type.slots, 1) for variable in variables), default=0)


def struct(label: str, declared: Iterable[tuple[str, Type]]) -> Type:
    """A struct of (name, type)."""
    members = place((name, type_, "") for name, type_ in declared)
    return Type(Form.STRUCT, label, WORD * slots_of(members), members=members)


def fixed(item: Type, length: int) -> Type:
    """An array of so many, packed where several fit a word."""
    packed = not item.starts_slot and item.size <= WORD // 2
    slots = -(-length // (WORD // item.size)) if packed else length * item.slots
    return Type(Form.FIXED, f"{item.label}[{length}]", WORD * slots, item=item, length=length)


# -- Solidity -------------------------------------------------------------------------------------------------------

_LOCATION = re.compile(r"@custom:storage-location\s+erc7201:(\S+)")
_RENAMED = re.compile(r"@custom:oz-renamed-from\s+(\w+)")
"""As OpenZeppelin's upgrades plugins have it."""
_ELEMENTARY = re.compile(r"(u?int|bytes)(\d+)$")
_LENGTH = re.compile(r"\[(\d+)\](?: (?:storage|memory)(?: \w+)?)?$")
_NUMBER = re.compile(r"0x[\da-fA-F_]+|[1-9][\d_]*")
_CONSTANT = re.compile(r"int_const (\d+)$")


class Immutable(msgspec.Struct, frozen=True):
    """``type``: None where it cannot be told."""

    name: str
    type: Type | None


class SyntaxTrees:
    """The syntax trees of one run of solc, by source path: only in one run do the compiler's numbers agree."""

    def __init__(self, trees: Mapping[str, Tree]) -> None:
        self._trees = trees
        self._nodes: dict[int, Tree] = {}
        self._owners: dict[int, str] = {}
        self._pointed: dict[int, list[int]] = {}
        for tree in trees.values():
            for node in tree.get("nodes", ()):
                self._note(node, "")

    def _note(self, node: Tree, owner: str) -> None:
        if "id" in node:
            self._nodes[node["id"]] = node
            self._owners[node["id"]] = owner
        if node.get("nodeType") == "ContractDefinition":
            for inner in node.get("nodes", ()):
                self._note(inner, node["name"])

    def layout(self, source: str, name: str) -> Layout:
        """Of the contract ``name`` in ``source``. Raises ``UnknownLayout``."""
        try:
            contract = self._contract(source, name)
            bases = [self._node(number) for number in reversed(contract["linearizedBaseContracts"])]
            nodes = [
                (node, base["name"])
                for base in bases
                for node in base["nodes"]
                if node["nodeType"] == "VariableDeclaration" and _is_in_storage(node)
            ]
            declared = [(node["name"], self._type(node["typeName"], ()), owner) for node, owner in nodes]
            variables = tuple(
                replace(variable, formerly=_said(node, _RENAMED) or "")
                for variable, (node, _) in zip(place(declared, _first_slot(contract)), nodes, strict=True)
            )
            inner = list(self._in_reach(source, bases))
            return Layout(variables, self._namespaces(inner), self._structs_pointed_to(inner))
        except (KeyError, TypeError, IndexError, AttributeError, RecursionError) as problem:
            raise UnknownLayout(f"the compiler's syntax tree lacks {problem}") from None

    def immutables(self) -> dict[str, Immutable]:
        """By the number of their declarations, as ``immutableReferences`` has it."""
        return {
            str(number): Immutable(f"{self._owners[number]}.{node['name']}", self._known_type(node))
            for number, node in self._nodes.items()
            if node.get("nodeType") == "VariableDeclaration" and node.get("mutability") == "immutable"
        }

    def _known_type(self, node: Tree) -> Type | None:
        try:
            return self._type(node["typeName"], ())
        except (UnknownLayout, KeyError, TypeError):
            return None

    def _contract(self, source: str, name: str) -> Tree:
        tree = self._trees.get(source)
        for node in tree.get("nodes", ()) if tree is not None else ():
            if node.get("nodeType") == "ContractDefinition" and node.get("name") == name:
                found: Tree = node
                return found
        raise UnknownLayout(f"no syntax tree of {source}:{name}")

    def _node(self, number: int) -> Tree:
        found = self._nodes.get(number)
        if found is None:
            raise UnknownLayout("a file that it depends on was compiled in another run")
        return found

    def _in_reach(self, source: str, bases: Sequence[Tree]) -> Iterator[Tree]:
        """Yields the definitions of the contract and its bases, and everything except contracts in its imports."""
        own = {base["id"] for base in bases}
        for path in self._imported(source):
            for node in self._trees[path].get("nodes", ()):
                if node.get("nodeType") != "ContractDefinition":
                    yield node
                elif node.get("contractKind") == "library" or node["id"] in own:
                    yield from node["nodes"]

    def _namespaces(self, nodes: Iterable[Tree]) -> dict[str, tuple[Variable, ...]]:
        """Annotated structs among ``nodes``."""
        found: dict[str, tuple[Variable, ...]] = {}
        for each in nodes:
            if each.get("nodeType") == "StructDefinition" and (name := _said(each, _LOCATION)) is not None:
                members = self._members(each, (each["id"],))
                variables = place(((n, t, each["name"]) for n, t in members), erc7201_slot(name))
                if found.setdefault(name, variables) != variables:
                    raise UnknownLayout(f"two different structs have the namespace {name}")
        return found

    def _structs_pointed_to(self, nodes: Iterable[Tree]) -> dict[str, Type]:
        """Structs without a namespace whose slot assembly sets in functions among ``nodes``."""
        found = {}
        for each in nodes:
            if each.get("nodeType") != "FunctionDefinition":
                continue
            for number in self._pointed.setdefault(each["id"], _pointed_to(each)):
                struct_ = self._node(number)
                if struct_["nodeType"] == "StructDefinition" and _said(struct_, _LOCATION) is None:
                    type_ = self._named(struct_, ())
                    found[type_.label] = type_
        return found

    def _imported(self, source: str) -> Iterator[str]:
        waiting, seen = [source], {source}
        while waiting:
            path = waiting.pop()
            if path not in self._trees:
                raise UnknownLayout("a file that it imports was compiled in another run")
            yield path
            for node in self._trees[path].get("nodes", ()):
                if node.get("nodeType") == "ImportDirective" and node["absolutePath"] not in seen:
                    seen.add(node["absolutePath"])
                    waiting.append(node["absolutePath"])

    def _members(self, node: Tree, within: tuple[int, ...]) -> list[tuple[str, Type]]:
        return [(member["name"], self._type(member["typeName"], within)) for member in node["members"]]

    def _type(self, node: Tree, within: tuple[int, ...]) -> Type:
        """``within``: the structs that are being described."""
        kind = node["nodeType"]
        if kind == "ElementaryTypeName":
            return elementary(node["typeDescriptions"]["typeString"])
        if kind == "Mapping":
            key, item = self._type(node["keyType"], within), self._type(node["valueType"], within)
            return Type(Form.MAPPING, f"mapping({key.label} => {item.label})", key=key, item=item)
        if kind == "ArrayTypeName":
            item = self._type(node["baseType"], within)
            if node.get("length") is None:
                return Type(Form.DYNAMIC, f"{item.label}[]", item=item)
            written = _LENGTH.search(node["typeDescriptions"]["typeString"])
            if written is None:
                raise UnknownLayout("the length of an array is unknown")
            return fixed(item, int(written[1]))
        if kind == "FunctionTypeName":
            return function(node["visibility"] == "external")
        if kind != "UserDefinedTypeName":
            raise UnknownLayout(f"a type of an unknown kind ({kind})")
        return self._named(self._node(node["referencedDeclaration"]), within)

    def _named(self, node: Tree, within: tuple[int, ...]) -> Type:
        kind, number = node["nodeType"], node["id"]
        label = node.get("canonicalName") or node["name"]
        if kind == "ContractDefinition":
            return elementary("address")
        if kind == "EnumDefinition":
            return Type(Form.ENUM, label, 1, words=tuple(member["name"] for member in node["members"]))
        if kind == "UserDefinedValueTypeDefinition":
            return self._type(node["underlyingType"], within)
        if kind != "StructDefinition":
            raise UnknownLayout(f"a type that is a {kind}")
        if number in within:
            return Type(Form.AGAIN, label)
        return struct(label, self._members(node, (*within, number)))


def elementary(written: str) -> Type:
    """A built-in type of Solidity. Raises ``UnknownLayout`` for what is none."""
    name = written.removesuffix(" payable")
    sized = _ELEMENTARY.fullmatch(name)
    if sized is not None:
        size = int(sized[2])
        return Type(Form.VALUE, name, size if sized[1] == "bytes" else size // 8)
    if name in ("string", "bytes") or name.startswith(("string ", "bytes ")):
        return Type(Form.BYTES, name.split()[0])
    if name in ("bool", "address"):
        return Type(Form.VALUE, name, 1 if name == "bool" else 20)
    raise UnknownLayout(f"an unknown built-in type ({written})")


def function(external: bool) -> Type:
    """A function as a value: address and selector, or a place in the code."""
    return Type(Form.VALUE, "external function", 24) if external else Type(Form.CODE_POINTER, "internal function", 8)


def erc7201_slot(name: str) -> int:
    """Returns the first slot of a namespace (ERC-7201)."""
    inner = int.from_bytes(keccak(name.encode()), "big") - 1
    return int.from_bytes(keccak(inner.to_bytes(WORD, "big")), "big") & ~0xFF


def _is_in_storage(node: Tree) -> bool:
    return (
        not node.get("constant")
        and node.get("mutability") not in ("constant", "immutable")
        and node.get("storageLocation") != "transient"
    )


def _pointed_to(function_: Tree) -> list[int]:
    """The numbers of the types of local storage pointers whose slot assembly reads or sets in a function."""
    pointers: dict[int, int] = {}
    named: list[int] = []
    waiting: list[Any] = [function_]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, Mapping):
            kind = node.get("nodeType")
            if kind == "InlineAssembly":
                references = node.get("externalReferences", ())
                slots = (each for each in references if each.get("suffix") == "slot" or each.get("isSlot"))
                named += [each["declaration"] for each in slots]
                continue
            type_name = node.get("typeName") if kind == "VariableDeclaration" else None
            if type_name and node.get("storageLocation") == "storage" and "referencedDeclaration" in type_name:
                pointers[node["id"]] = type_name["referencedDeclaration"]
            waiting.extend(node.values())
    return [pointers[number] for number in dict.fromkeys(named) if number in pointers]


def _first_slot(contract: Tree) -> int:
    """0, or what ``layout at`` says (solc 0.8.29)."""
    specifier = contract.get("storageLayout")
    if specifier is None:
        return 0
    expression = specifier["baseSlotExpression"]
    known = _CONSTANT.fullmatch(expression["typeDescriptions"]["typeString"])
    if known is not None:
        return int(known[1])
    written = expression.get("value") or ""  # of a literal: types shorten long numbers
    if not _NUMBER.fullmatch(written):
        raise UnknownFirstSlot("where its storage begins (layout at) is not a plain number")
    return int(written, 0)


def _said(node: Tree, pattern: re.Pattern[str]) -> str | None:
    """Returns the annotations in the comment above a declaration."""
    text = node.get("documentation")
    found = pattern.search(text.get("text", "") if isinstance(text, Mapping) else text or "")
    return None if found is None else found[1]


_ARRAY_LENGTH = re.compile(r"\[(\d+)\]$")


def solc_layout(printed: Mapping[str, Any]) -> Layout:
    """The layout that solc prints as ``storageLayout``. Raises ``UnknownLayout``."""
    types: Mapping[str, Mapping[str, Any]] = printed.get("types") or {}

    def type_of(name: str, within: tuple[str, ...]) -> Type:
        entry = types[name]
        label, size = entry["label"], int(entry["numberOfBytes"])
        kind = entry["encoding"]
        if name in within:
            return Type(Form.AGAIN, label, size)
        within = (*within, name)
        if kind == "mapping":
            return Type(Form.MAPPING, label, key=type_of(entry["key"], within), item=type_of(entry["value"], within))
        if kind == "dynamic_array":
            return Type(Form.DYNAMIC, label, item=type_of(entry["base"], within))
        if kind == "bytes":
            return Type(Form.BYTES, label)
        if "members" in entry:
            return Type(Form.STRUCT, label.removeprefix("struct "), size, members=variables(entry["members"], within))
        if "base" in entry:
            length = _ARRAY_LENGTH.search(label)
            if length is None:
                raise UnknownLayout(f"the length of {label} is unknown")
            return Type(Form.FIXED, label, size, item=type_of(entry["base"], within), length=int(length[1]))
        if label.startswith("enum "):
            return Type(Form.ENUM, label.removeprefix("enum "), size)
        return Type(Form.VALUE, "address" if label.startswith(("contract ", "address")) else label, size)

    def variables(entries: Sequence[Mapping[str, Any]], within: tuple[str, ...] = ()) -> tuple[Variable, ...]:
        return tuple(
            Variable(
                entry["label"],
                type_of(entry["type"], within),
                int(entry["slot"]),
                entry["offset"],
                "" if within else str(entry.get("contract", "")).rpartition(":")[2],
            )
            for entry in entries
        )

    try:
        return Layout(variables(printed["storage"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise UnknownLayout(f"solc did not print a layout ({problem})") from None


# -- Vyper ----------------------------------------------------------------------------------------------------------

_DEFINITION = re.compile(
    r"^(struct|flag|enum) +(\w+) *:[^\n]*\n((?:[ \t]+[^\n]*(?:\n|\Z)|[ \t]*(?:#[^\n]*)?\n)*)", re.MULTILINE
)
_RENAMED_VARIABLE = re.compile(r"^#[^\n]*@custom:oz-renamed-from +(\w+)[^\n]*\n(?:#[^\n]*\n)*(\w+) *:", re.MULTILINE)
_INTERFACE = re.compile(r"^interface +(\w+)", re.MULTILINE)
_IMPORTED = re.compile(r"^(?:from +[.\w]+ +)?import +([\w., ]+)", re.MULTILINE)
_SCALARS = re.compile(r"(?:u?int\d+|bytes\d+|address|bool|decimal|nonreentrant lock)$")


class VyperTypes(msgspec.Struct, frozen=True):
    """Structs and flags by name: how each of the sources defines it, for modules may share names. ``renamed``: what
    variables were called before, by their names. ``interfaces``: what may be one, for it is called so or imported."""

    structs: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    flags: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    renamed: Mapping[str, str] = msgspec.field(default_factory=dict)
    interfaces: frozenset[str] = frozenset()

    @staticmethod
    def of(sources: Iterable[str]) -> VyperTypes:
        """As they stand in the texts of a contract and the modules it imports."""
        structs: dict[str, list[str]] = {}
        flags: dict[str, list[str]] = {}
        renamed: dict[str, str] = {}
        interfaces: set[str] = set()
        for text in sources:
            interfaces.update(_INTERFACE.findall(text))
            interfaces.update(name for found in _IMPORTED.findall(text) for name in re.findall(r"\w+", found))
            renamed |= {name: before for before, name in _RENAMED_VARIABLE.findall(text)}
            for kind, name, body in _DEFINITION.findall(text):
                lines = [line for raw in body.splitlines() if (line := raw.partition("#")[0].strip())]
                (structs if kind == "struct" else flags).setdefault(name, []).append("\n".join(lines))
        return VyperTypes(
            {name: tuple(dict.fromkeys(found)) for name, found in structs.items()},
            {name: tuple(dict.fromkeys(found)) for name, found in flags.items()},
            renamed,
            frozenset(interfaces),
        )

    def type(self, written: str, within: tuple[str, ...] = ()) -> Type:
        """Returns the type that a text describes. Raises ``UnknownLayout``."""
        written = written.strip()
        if _SCALARS.fullmatch(written):
            return Type(Form.VALUE, written)
        if written.endswith("]"):
            return self._composed(written, within)
        name = written.rpartition(".")[2]
        defined = self.structs.get(name, ())
        if name in within or len(defined) > 1 or len(self.flags.get(name, ())) > 1:
            raise UnknownLayout(f"{name} is defined more than once")
        if defined:
            pairs = [line.partition(":")[::2] for line in defined[0].split("\n")]
            members, slot = [], 0
            for member, type_text in pairs:
                type_ = self.type(type_text, (*within, name))
                members.append(Variable(member.strip(), type_, slot))
                slot += type_.slots
            return Type(Form.STRUCT, name, WORD * slot, members=tuple(members))
        if name in self.flags:
            return Type(Form.ENUM, name, words=tuple(self.flags[name][0].split("\n")))
        if name not in self.interfaces and name not in ("vy", "vyi"):  # or the file that defines one
            raise UnknownLayout(f"{name} is defined outside the project")
        return Type(Form.VALUE, "address")

    def _composed(self, written: str, within: tuple[str, ...]) -> Type:
        start = _last_bracket(written)
        head, inside = written[:start], written[start + 1 : -1]
        if head == "HashMap":
            parts = _split(inside)
            key, item = self.type(parts[0], within), self.type(parts[1], within)
            return Type(Form.MAPPING, written, key=key, item=item)
        if head == "DynArray":
            parts = _split(inside)
            item, length = self.type(parts[0], within), _number(parts[1])
            return Type(Form.BOUNDED, written, WORD * (1 + length * item.slots), item=item, length=length)
        length = _number(inside)
        if head in ("String", "Bytes"):
            return Type(Form.BOUNDED, head, WORD * (1 + -(-length // WORD)), length=length)
        item = self.type(head, within)
        return Type(Form.FIXED, written, WORD * length * item.slots, item=item, length=length)


def vyper_layout(printed: Mapping[str, Any], types: VyperTypes) -> Layout:
    """The layout that the compiler printed. Raises ``UnknownLayout``."""

    def walk(tree: Mapping[str, Any], prefix: str) -> Iterator[Variable]:
        for name, entry in tree.items():
            if "slot" not in entry:
                yield from walk(entry, f"{prefix}{name}.")
                continue
            type_ = types.type(entry["type"])
            if type_.slots != entry.get("n_slots", type_.slots):
                raise UnknownLayout(f"{name} takes {entry['n_slots']} slots, but {entry['type']} needs {type_.slots}")
            before = types.renamed.get(name)
            formerly = f"{prefix}{before}" if before is not None else ""
            yield Variable(f"{prefix}{name}", type_, entry["slot"], formerly=formerly)

    try:
        found = tuple(walk(printed.get("storage_layout", {}), ""))
    except (KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise UnknownLayout("the compiler did not print a layout") from None
    return Layout(tuple(sorted(found, key=lambda variable: variable.slot)))


_IMPORT = re.compile(r"^(?:from +(\.*)([.\w]*) +import +([\w, ]+)|import +(\.*)([.\w]+))", re.MULTILINE)


def vyper_imports(text: str) -> Iterator[PurePosixPath]:
    """Yields the imports of a source, as paths without their suffix; relative ones begin with a dot."""
    for dots, module, names, own_dots, plain in _IMPORT.findall(text):
        ups = len(dots or own_dots)
        start = () if not ups else (".",) if ups == 1 else ("..",) * (ups - 1)
        for name in names.split(",") if names else (plain,):
            parts = [*filter(None, module.split(".")), *name.split()[0].split(".")]
            yield PurePosixPath("/".join((*start, *parts)))


def _split(text: str) -> list[str]:
    """At the commas that stand in no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[(") - (character in "])")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _last_bracket(text: str) -> int:
    """Returns the position of the bracket that the last one closes."""
    depth = 0
    for index in range(len(text) - 1, -1, -1):
        depth += (text[index] == "]") - (text[index] == "[")
        if not depth:
            return index
    raise UnknownLayout(f"the brackets of {text} do not match")


def _number(text: str) -> int:
    try:
        return int(text.strip())
    except ValueError:
        raise UnknownLayout(f"the length {text.strip()} is not a number") from None
