"""One compiled contract: its name, its interface, its code with the places that only deployment fills in, and the way
from a program counter back to a line of source.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from megadev.artifacts.interface import Interface
from megadev.artifacts.layout import Layout
from megadev.artifacts.source_map import PositionMap, Source, SourceLocation, VyperMap

SOLIDITY, VYPER = "Solidity", "Vyper"
_PUSH20, _PUSH32 = 0x73, b"\x7f" + bytes(32)
_JUMP, _REVERT, _PUSH4, _PUSH32_OP = 0x56, 0xFD, 0x63, 0x7F
_BUILDS_A_MESSAGE = frozenset((0x57, 0x52, 0x37, 0x39, 0x3E))
"""What writes to memory (MSTORE, CALLDATACOPY, CODECOPY, RETURNDATACOPY); and JUMPI, which decides something."""
_CBOR_MAPS = range(0xA1, 0xA6)
_CBOR_ARRAYS = range(0x81, 0x88)
_LONGEST_TRAILER = 512
_WORD = 32


class Hole(msgspec.Struct, frozen=True):
    """Bytes that deployment fills in. ``name``: a library's (``file:Name``), or the number of an immutable's
    declaration; '' where not known."""

    start: int
    length: int
    name: str = ""


@dataclass(frozen=True)
class Code:
    """Creation or runtime code as the compiler left it: ``links`` and ``immutables`` are zeros in ``code``."""

    code: bytes
    links: tuple[Hole, ...] = ()
    immutables: tuple[Hole, ...] = ()

    def matches(self, other: bytes, *, ignore_trailer: bool = True) -> bool:
        """True if ``other``, of any length, begins with this code, apart from the holes and the metadata trailer."""
        position = 0
        for start, stop in self._holes if ignore_trailer else self._inner_holes:
            if other[position:start] != self.code[position:start]:
                return False
            position = stop
        return len(other) >= len(self.code) and other[position : len(self.code)] == self.code[position:]

    @cached_property
    def body_size(self) -> int:
        """Bytes without the metadata trailer."""
        return len(self.code) - trailer_size(self.code)

    @cached_property
    def _inner_holes(self) -> tuple[tuple[int, int], ...]:
        """Start and stop of what differs between deployments, in order and apart from each other."""
        spans = [(hole.start, hole.start + hole.length) for hole in (*self.links, *self.immutables)]
        if self.code[:21] == bytes((_PUSH20,)) + bytes(20):
            spans.append((1, 21))  # a library keeps its own address there, to refuse being called directly
        if not self.immutables:
            # not every format says where immutables are; the compiler pushes zeros so wide for nothing else
            position = self.code.find(_PUSH32)
            while position >= 0:
                spans.append((position + 1, position + 1 + _WORD))
                position = self.code.find(_PUSH32, position + 1 + _WORD)
        return _apart(spans)

    @cached_property
    def _holes(self) -> tuple[tuple[int, int], ...]:
        return _apart([*self._inner_holes, (self.body_size, len(self.code))])


def _apart(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if start == stop:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return tuple(merged)


def trailer_size(code: bytes) -> int:
    """Bytes of CBOR metadata at the end of ``code``, its two bytes of length included; 0 where there is none.

    solc appends a map and its length; Vyper, to creation code, an array and the length of both.
    """
    size = int.from_bytes(code[-2:], "big") if len(code) > 2 else 0
    if not 0 < size <= _LONGEST_TRAILER:
        return 0
    if size + 2 <= len(code) and code[-2 - size] in _CBOR_MAPS:
        return size + 2
    if size <= len(code) and code[-size] in _CBOR_ARRAYS:
        return size
    return 0


def _without_shared_end(way: list[int], code: bytes, positions: PositionMap) -> list[int]:
    """``way`` up to where it jumped to an end that several failures share.

    The optimizer keeps one copy of equal code, with the position of just one of its origins. Such an end is told by
    what it does: it reverts, after a jump that is none of the source's calls or returns, without building any message.
    """
    if way[-1] >= len(code) or code[way[-1]] != _REVERT:
        return way
    for index in range(len(way) - 2, -1, -1):
        op = code[way[index]] if way[index] < len(code) else _REVERT
        if op == _JUMP:
            position = positions.at(way[index])
            return way[: index + 1] if position is not None and position.jump == "-" else way
        if op in _BUILDS_A_MESSAGE or _PUSH4 <= op <= _PUSH32_OP:
            return way
    return way


class Details(msgspec.Struct, frozen=True):
    """Data that only a stack trace needs. ``sources``: by the compiler's number of the file."""

    creation: PositionMap | None = None
    runtime: PositionMap | None = None
    sources: Mapping[int, Source] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Artifact:
    """One contract. ``source_path`` is as the compiler was told it; empty strings stand for what is not known.

    ``load_details`` is called at most once, when a location is first asked for; what it raises as OSError or ValueError
    means that there are none.
    """

    name: str
    interface: Interface
    source_path: str = ""
    creation: Code | None = None
    runtime: Code | None = None
    language: str = ""
    compiler: str = ""
    load_details: Callable[[], Details] = Details
    load_layout: Callable[[], Layout | None] | None = None
    """As ``load_details``; what it returns is None, too, where no layout can be told."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def location(self, pc: int, creation: bool = False, trail: Sequence[int] = ()) -> SourceLocation | None:
        """Returns the source position of the instruction at ``pc``, in creation or runtime code.

        ``trail``: program counters that the same frame ran before it, the latest last. An instruction with no source of
        its own (the shared ends of failed checks, the decoding of arguments, what the optimizer moved) stands where the
        latest with one stood; so a few dozen are enough. None where even they tell nothing.
        """
        details = self.details
        positions = details.creation if creation else details.runtime
        if positions is None:
            return None
        note = ""
        code = self.creation if creation else self.runtime
        way = [*trail, pc]
        if code is not None:
            way = _without_shared_end(way, code.code, positions)
        whole: SourceLocation | None = None
        for at in reversed(way):
            position = positions.at(at)
            if not note and isinstance(positions, VyperMap):
                note = positions.note(at)  # the check that failed, if not where it ends, stands just before
            source = None if position is None else details.sources.get(position.source)
            if position is None or source is None:
                continue
            found = source.locate(position._replace(note=note))
            if found is None:
                continue
            if not source.is_whole_contract(position):
                return found
            # the dispatch to functions, but the optimizer says so of a lot within them too
            whole = whole or found
        return whole

    @property
    def details(self) -> Details:
        """Source maps and sources, read on first use; empty where they cannot be read."""
        with self._lock:
            return self._details

    @cached_property
    def _details(self) -> Details:
        try:
            return self.load_details()
        except (OSError, ValueError):
            return Details()

    @cached_property
    def layout(self) -> Layout | None:
        """The storage layout, read on first use; None if it is unknown."""
        try:
            return None if self.load_layout is None else self.load_layout()
        except (OSError, ValueError):
            return None

    def __str__(self) -> str:
        return f"{self.source_path}:{self.name}" if self.source_path else self.name
