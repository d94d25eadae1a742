"""Names of storage slots: the variable in a slot, as a path (``balances[0x7099…].amount``).

Slots of mappings and dynamic arrays follow from a hash of their key, which nobody can take back. So whoever watched a
transaction says what it hashed (``preimages``); with that, each slot is followed back to the variable it belongs to.

Where no layout is known, the path has slots for names: ``slot 3[0x7099…]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from megadev.artifacts.layout import WORD, Form, Layout, Type, Variable
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.keccak import keccak

_FARTHEST = 1 << 32
"""Slots behind a hash that still belong to what begins there: elements of an array, members of a struct."""
_DEEPEST = 8
"""Mappings within mappings that are followed."""
_KNOWN = {
    int.from_bytes(keccak(f"eip1967.proxy.{name}".encode()), "big") - 1: f"{name} (EIP-1967)"
    for name in ("implementation", "beacon", "admin")
}


@dataclass(frozen=True, slots=True)
class SlotName:
    """``text``: the path; several, with a slash between them, where variables share the slot. ``variables``: the names
    they begin with; empty where no layout tells.
    """

    text: str
    variables: tuple[str, ...] = ()


def name_slot(slot: int, layout: Layout | None, preimages: Mapping[int, bytes], *, vyper: bool = False) -> SlotName:
    """The name of ``slot``. ``preimages``: what was hashed, by the hash. ``vyper``: keys stand behind slots there."""
    namer = _Namer(layout, preimages, vyper)
    found = namer.names(slot, _DEEPEST)
    if found:
        return SlotName(
            " / ".join(dict.fromkeys(place.text for place in found)),
            tuple(dict.fromkeys(place.variable for place in found if place.variable)),
        )
    if slot in _KNOWN:
        return SlotName(_KNOWN[slot])
    return SlotName(namer.bare(slot, _DEEPEST))


@dataclass(frozen=True, slots=True)
class _Element:
    """Something in a slot: its path, the variable that the path begins with, and its type."""

    text: str
    variable: str
    type: Type


class _Namer:
    def __init__(self, layout: Layout | None, preimages: Mapping[int, bytes], vyper: bool) -> None:
        self._preimages = preimages
        self._vyper = vyper
        self._variables: list[Variable] = []
        if layout is not None:
            self._variables = [*layout.variables, *(each for group in layout.namespaces.values() for each in group)]

    def names(self, slot: int, deeper: int) -> list[_Element]:
        """All that lies in ``slot``; nothing where that is not known."""
        found = [
            place
            for variable in self._variables
            if 0 <= slot - variable.slot < max(variable.type.slots, 1)
            for place in _within(_Element(variable.name, variable.name, variable.type), slot - variable.slot)
        ]
        if found or not deeper:
            return found
        for begin, base, key in self._origins(slot):
            for owner in self.names(base, deeper - 1):
                found += self._behind(owner, key, slot - begin)
            if found:
                return found
        return found

    def bare(self, slot: int, deeper: int) -> str:
        """The path with slots for names."""
        for begin, base, key in self._origins(slot) if deeper else ():
            offset = slot - begin
            inside = f"[{_word(key)}]" if key else "[…]"
            return f"{self.bare(base, deeper - 1)}{inside}" + (f" + {offset}" if offset else "")
        return f"slot {slot if slot < 1 << 64 else hex(slot)}"

    def _origins(self, slot: int) -> list[tuple[int, int, bytes]]:
        """Hashes at or before ``slot``, the nearest first: (hash, the slot that was hashed, the key; b'' of arrays)."""
        near = sorted((begin for begin in self._preimages if 0 <= slot - begin < _FARTHEST), reverse=True)
        found = []
        for begin in near:
            hashed = self._preimages[begin]
            if len(hashed) == WORD:
                found.append((begin, int.from_bytes(hashed, "big"), b""))
            elif self._vyper:
                found.append((begin, int.from_bytes(hashed[:WORD], "big"), hashed[WORD:]))
            else:
                found.append((begin, int.from_bytes(hashed[-WORD:], "big"), hashed[:-WORD]))
        return found

    def _behind(self, owner: _Element, key: bytes, offset: int) -> list[_Element]:
        """Returns the name of the slot ``offset`` after the hash of ``owner`` (and ``key``)."""
        kind, item = owner.type.form, owner.type.item
        if key and kind is Form.MAPPING and item is not None:
            if offset >= max(item.slots, 1):
                return []
            return _within(_Element(f"{owner.text}[{_key(owner.type.key, key)}]", owner.variable, item), offset)
        if not key and kind is Form.DYNAMIC and item is not None:
            return _elements(owner, item, offset, None)
        if not key and kind is Form.BYTES:
            return [owner]
        return []


def _within(place: _Element, offset: int) -> list[_Element]:
    """Returns the name of the part of ``place`` that is ``offset`` slots after its start."""
    type_ = place.type
    if type_.form is Form.STRUCT:
        return [
            inner
            for member in type_.members
            if 0 <= offset - member.slot < max(member.type.slots, 1)
            for inner in _within(
                _Element(f"{place.text}.{member.name}", place.variable, member.type), offset - member.slot
            )
        ]
    if type_.form is Form.FIXED and type_.item is not None:
        return _elements(place, type_.item, offset, type_.length)
    if type_.form is Form.BOUNDED:
        if not offset:
            return [_Element(f"{place.text}.length", place.variable, type_)]
        return [place] if type_.item is None else _elements(place, type_.item, offset - 1, type_.length)
    return [place]


def _elements(owner: _Element, item: Type, offset: int, length: int | None) -> list[_Element]:
    """The element of an array, or those, that lie ``offset`` slots behind its first."""
    if item.starts_slot or item.size > WORD // 2:
        index, inside = divmod(offset, max(item.slots, 1))
        return _within(_Element(f"{owner.text}[{index}]", owner.variable, item), inside)
    each = WORD // item.size
    first, last = offset * each, offset * each + each - 1
    if length is not None:
        last = min(last, length - 1)
    return [
        _Element(f"{owner.text}[{first}…{last}]" if last > first else f"{owner.text}[{first}]", owner.variable, item)
    ]


def _key(type_: Type | None, key: bytes) -> str:
    """A mapping's key as a user would write it."""
    label = "" if type_ is None else type_.label
    if type_ is None or len(key) != WORD or type_.form not in (Form.VALUE, Form.ENUM):
        return _text(key) if label == "string" else _word(key)
    number = int.from_bytes(key, "big")
    if label == "address":
        return checksum_address(key[-20:])
    if type_.form is Form.ENUM and number < len(type_.words):
        return type_.words[number]
    if label == "bool":
        return "true" if number else "false"
    if label.startswith("uint"):
        return str(number)
    if label.startswith("int"):
        return str(number - (1 << 256) if number >> 255 else number)
    if label.startswith("bytes"):
        return f"{to_data(key[: type_.size])}"
    return _word(key)


def _text(key: bytes) -> str:
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return f"{to_data(key)}"
    return f'"{text}"' if text.isprintable() else f"{to_data(key)}"


def _word(key: bytes) -> str:
    """A key of a type that is not known: an address where it looks like one."""
    if len(key) == WORD and not any(key[:12]) and any(key[12:20]):
        return checksum_address(key[-20:])
    number = int.from_bytes(key, "big")
    return str(number) if len(key) == WORD and number < 1 << 64 else f"{to_data(key)}"
