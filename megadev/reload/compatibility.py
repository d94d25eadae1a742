"""Compatibility of storage: under new code, every variable must find its value where the old code left it.

A change is accepted when each old variable has the same name, place and meaning in the new layout. A name that changed
is taken for another meaning, unless the source says that it is the same variable: OpenZeppelin's upgrades plugins
decide so too, and only who wrote it can know. New variables may follow the old ones, or fill what was left over between
them. Structs may grow at their end where nothing lies behind them (on their own, or as the value of a mapping), so may
arrays of a fixed length. Everything else is a conflict. Names that begin with ``__gap`` are room kept for later, as
OpenZeppelin's contracts have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from megadev.artifacts.layout import Form, Layout, Type, Variable

GAP = "__gap"
_MOST_SLOTS = 256
"""Of a new variable that are looked at, before a plan believes that they are empty."""


class Fault(Enum):
    """An incompatibility, and its remedy."""

    MOVED = "keep the order of variables and of base contracts, and declare new ones after all others"
    RETYPED = "keep the type, and declare a new variable after all others"
    REMOVED = "keep the declaration: its old value would stay in storage"
    INSERTED = "declare it after all others (in the last base contract's place, that is in the contract itself)"
    RENAMED = (
        "keep the name, or put its old name in a comment above it (/// @custom:oz-renamed-from NAME); for a "
        "struct's member that means the same as before, `megadev reload apply --force`"
    )
    POINTER = "store an enum and choose the function by it: a stored internal function is a position in the old code"
    OCCUPIED = "deploy anew, or clear the slot (anvil_setStorageAt)"
    IMMUTABLE = "only the constructor can set its value: make it a constant, or deploy anew"
    LIBRARY = "deploy the library first"
    PROXIED = "deploy a new implementation, and let the proxies' owner upgrade them (--reload-conflict script)"
    CREATION = "deploy it again by its script (--reload-conflict script)"
    TOO_LARGE = "make it smaller (EIP-170), or start with --disable-code-size-limit"
    CONSTRUCTOR = "make it succeed with the arguments that it was deployed with, or deploy it again by its script"
    UNKNOWN = "compile with syntax trees (forge build --ast, solc's ast output) or let megadev compile"
    FIRST_SLOT = (
        "write the slot after `layout at` as one number (0x…); until both versions do, `megadev reload apply "
        "--force` if the slot has not changed"
    )


@dataclass(frozen=True, slots=True)
class Conflict:
    """``what``: the variable; ``said``: what happened to it."""

    fault: Fault
    what: str
    said: str

    def __str__(self) -> str:
        return f"{self.what}: {self.said}"


def compare(old: Layout, new: Layout) -> list[Conflict]:
    """Returns why code with the layout ``new`` cannot replace code with the layout ``old``; [] if it can."""
    found = _compare_variables(old.variables, new.variables)
    for name, variables in old.namespaces.items():
        there = new.namespaces.get(name)
        if there is None:
            found.append(Conflict(Fault.REMOVED, f"erc7201:{name}", "this namespace was removed"))
        else:
            found += _compare_variables(variables, there)
    newcomers = new.pointed.keys() - old.pointed.keys()
    for name, struct in old.pointed.items():
        now = new.pointed.get(name)
        if now is not None:
            said = "; ".join(dict.fromkeys(_changes(struct, now, True)))
            found += [Conflict(Fault.RETYPED, name, f"{said} (its slot is set by assembly)")] if said else []
        elif newcomers:
            said = f"was removed or renamed to {' or '.join(sorted(newcomers))} (its slot is set by assembly)"
            found.append(Conflict(Fault.RENAMED, name, said))
    return found


def compare_immutable(name: str, old: Type | None, new: Type | None) -> Conflict | None:
    """Returns why the immutable ``old`` cannot be kept as ``new``; None: not known."""
    if old is None or new is None:
        return Conflict(Fault.UNKNOWN, name, "the type of this immutable is unknown")
    changes = list(_changes(old, new, False))
    if not changes:
        return None
    if Form.CODE_POINTER in (old.form, new.form):
        return Conflict(Fault.POINTER, name, "this immutable is an internal function")
    return Conflict(Fault.IMMUTABLE, name, f"this immutable cannot keep its value: {'; '.join(changes)}")


def added(old: Layout, new: Layout) -> Iterator[tuple[Variable, Sequence[tuple[int, int]]]]:
    """Variables of a compatible layout that are new, or take more slots than they did, each with the (slot, mask) that
    must be empty for what is new of it to begin as zero."""
    yield from _added(old.variables, new.variables)
    for name, variables in new.namespaces.items():
        yield from _added(old.namespaces.get(name, ()), variables)


def _added(old: Sequence[Variable], new: Sequence[Variable]) -> Iterator[tuple[Variable, Sequence[tuple[int, int]]]]:
    there = {(variable.slot, variable.offset): variable for variable in old if not _is_gap(variable)}
    for variable in new:
        if _is_gap(variable):
            continue
        before = there.get((variable.slot, variable.offset))
        if before is None or variable.type.slots > before.type.slots:
            yield variable, _masks(variable, 0 if before is None else before.type.slots)


def _masks(variable: Variable, known: int) -> list[tuple[int, int]]:
    """Without the first ``known`` slots."""
    if variable.type.starts_slot:
        last = min(variable.type.slots, known + _MOST_SLOTS)
        return [(variable.slot + index, 2**256 - 1) for index in range(known, last)]
    return [(variable.slot, ((1 << 8 * variable.type.size) - 1) << 8 * variable.offset)]


def _compare_variables(old: Sequence[Variable], new: Sequence[Variable]) -> list[Conflict]:
    at = {(variable.slot, variable.offset): variable for variable in new}
    old_names = {(variable.owner, variable.name) for variable in old}
    new_names = {(variable.owner, variable.name): variable for variable in new}
    found: list[Conflict] = []
    moved = False
    for variable in old:
        if _is_gap(variable):
            continue
        there = at.get((variable.slot, variable.offset))
        if there is not None and _is_same(variable, there, old_names, new_names.keys()):
            found += _retyped(variable, there)
            continue
        others = [one for one in new if (one.owner, one.name) not in old_names]
        elsewhere = new_names.get((variable.owner, variable.name)) or _only(others, variable.name)
        if elsewhere is not None:
            moved = True
            said = f"moved from {variable.place} to {elsewhere.place}"
            found.append(Conflict(Fault.MOVED, str(variable), said))
        elif (
            there is not None
            and (there.owner, there.name) not in old_names
            and not list(_changes(variable.type, there.type, True))
        ):
            found.append(Conflict(Fault.RENAMED, str(variable), f"was renamed to {there.name}, at {variable.place}"))
        else:
            said = f"removed ({variable.type.label} at {variable.place})"
            found.append(Conflict(Fault.REMOVED, str(variable), said))
    if moved:
        end = max(((variable.slot, variable.offset) for variable in old), default=(0, 0))
        known = {variable.name for variable in old}
        inserted = [
            Conflict(Fault.INSERTED, str(variable), f"inserted at {variable.place}, before existing variables")
            for variable in new
            if not known.intersection((variable.name, variable.formerly)) and (variable.slot, variable.offset) <= end
        ]
        found = inserted + found
    return found


def _is_gap(variable: Variable) -> bool:
    return variable.name.startswith(GAP)


def _is_same(old: Variable, new: Variable, old_names: set[tuple[str, str]], new_names: object) -> bool:
    """True if two in the same place are one: a declaration may go to another contract, but two may not swap."""
    if old.name not in (new.name, new.formerly):
        return False
    if old.owner == new.owner:
        return True
    return (new.owner, new.name) not in old_names and (old.owner, old.name) not in new_names  # type: ignore[operator]


def _only(variables: Sequence[Variable], name: str) -> Variable | None:
    """The variable of that name or, where none is, the one that had it."""
    found = (variable for variable in variables if variable.name == name)
    return next(found, None) or next((variable for variable in variables if variable.formerly == name), None)


def _retyped(old: Variable, new: Variable) -> list[Conflict]:
    if old.type.form is Form.CODE_POINTER or new.type.form is Form.CODE_POINTER:
        return [Conflict(Fault.POINTER, str(old), "is an internal function")]
    changes = list(_changes(old.type, new.type, True))
    if not changes:
        return []
    return [Conflict(Fault.RETYPED, str(old), f"{'; '.join(dict.fromkeys(changes))} (at {old.place})")]


def _changes(old: Type, new: Type, may_grow: bool) -> Iterator[str]:
    """In words, why what was written as ``old`` cannot be read as ``new``. ``may_grow``: nothing lies behind it that
    growing would push away without being noticed."""
    if Form.CODE_POINTER in (old.form, new.form):
        yield "an internal function is a position in the old code"
    elif old.form is not new.form:
        yield f"was {old.label}, is {new.label}"
    elif old.form is Form.ENUM:
        if new.words[: len(old.words)] != old.words:
            yield f"the words of {old.label} were {', '.join(old.words)}, are {', '.join(new.words)}"
    elif old.form is Form.STRUCT:
        yield from _struct_changes(old, new, may_grow)
    elif old.form is Form.MAPPING:
        assert old.key is not None and new.key is not None and old.item is not None and new.item is not None
        for change in (*_changes(old.key, new.key, False), *_changes(old.item, new.item, True)):
            yield f"in {old.label}: {change}"
    elif old.form in (Form.DYNAMIC, Form.FIXED) or (old.form is Form.BOUNDED and old.item and new.item):
        assert old.item is not None and new.item is not None
        for change in _changes(old.item, new.item, False):
            yield f"in {old.label}: {change}"
        yield from _length_changes(old, new, may_grow)
    elif old.label != new.label:
        yield f"was {old.label}, is {new.label}"
    elif old.form is Form.BOUNDED:
        yield from _length_changes(old, new, may_grow)
    elif old.size != new.size:
        yield f"{old.label} took {old.size} bytes, takes {new.size}"


def _length_changes(old: Type, new: Type, may_grow: bool) -> Iterator[str]:
    if new.length < old.length or (new.length > old.length and not may_grow):
        yield f"had length {old.length}, has length {new.length}"


def _struct_changes(old: Type, new: Type, may_grow: bool) -> Iterator[str]:
    for conflict in _compare_variables(old.members, new.members):
        yield f"in struct {old.label}, {conflict}"
    if new.size != old.size and not may_grow:
        yield f"struct {old.label} took {old.slots} slots, takes {new.slots}"
