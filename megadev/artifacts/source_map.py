"""Source positions of instructions: the compilers' source maps, and the sources themselves.

Three kinds of maps answer ``at(pc)``: solc's compressed text with an entry per instruction ("Source Mappings" in the
Solidity documentation), Vyper's with an entry per byte or as a dictionary, and Brownie's ``pcMap``.

Why function names are read from the text and not from the compiler's syntax tree: Foundry leaves the tree out unless
told otherwise, and it is most of an artifact's size where it is there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import msgspec

from megadev.primitives.keccak import keccak

CHANGED = "the file has changed since it was compiled"


class Position(NamedTuple):
    """A source map's entry for an instruction. ``source``: the compiler's number of the file. Either ``start``, the
    offset in it (bytes in Solidity, characters in Vyper), or ``line`` and ``column`` from 1 is known; the others are
    -1.

    ``jump``: 'i' into a function, 'o' out of one, '-' neither. ``note``: what the compiler says would fail here.
    """

    source: int
    start: int = -1
    length: int = 0
    line: int = -1
    column: int = -1
    jump: str = "-"
    note: str = ""


class PositionMap(Protocol):
    """Positions by program counter."""

    def at(self, pc: int) -> Position | None:
        """None where no source stands behind the instruction."""
        ...


class SourceLocation(msgspec.Struct, frozen=True):
    """A place in a source as people name it: lines and columns count from 1.

    ``function`` is such as ``Vault.withdraw``, '' outside of any. ``text`` is the line without its end. ``note`` says
    what is special: what the compiler checks there, or that the file has changed since.
    """

    path: str
    line: int
    column: int
    function: str = ""
    text: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class InstructionMap:
    """solc's: entries ``start:length:source:jump:depth`` by instruction, each naming only what differs from the one
    before. An entry without a source, or of code that the compiler generated, has the source -1 or an unknown one.
    """

    def __init__(self, compressed: str, code: bytes) -> None:
        self._compressed = compressed
        self._code = code

    def at(self, pc: int) -> Position | None:
        index = self._index_of.get(pc)
        return None if index is None or index >= len(self._entries) else self._entries[index]

    @cached_property
    def _entries(self) -> list[Position]:
        return list(_decompress(self._compressed))

    @cached_property
    def _index_of(self) -> dict[int, int]:
        """Instruction numbers by program counter; PUSHn takes n bytes more."""
        found: dict[int, int] = {}
        pc, code = 0, self._code
        while pc < len(code):
            found[pc] = len(found)
            op = code[pc]
            pc += op - 0x5E if 0x60 <= op <= 0x7F else 1
        return found


class ByteMap:
    """Vyper's compressed text: as solc's, with an entry for every byte of the code; -1 where there is no source."""

    def __init__(self, compressed: str) -> None:
        self._compressed = compressed

    def at(self, pc: int) -> Position | None:
        position = self._entries[pc] if 0 <= pc < len(self._entries) else None
        return None if position is None or position.start < 0 else position

    @cached_property
    def _entries(self) -> list[Position]:
        return list(_decompress(self._compressed))


class VyperMap:
    """Vyper's dictionary: ``pc_pos_map`` with lines from 1 and columns from 0, ``pc_ast_map`` with source numbers,
    ``error_map`` with what each check is for.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._positions: Mapping[str, Any] = given.get("pc_pos_map") or {}
        self._nodes: Mapping[str, Any] = given.get("pc_ast_map") or {}
        self._notes: Mapping[str, Any] = given.get("error_map") or {}
        self._jumps: Mapping[str, Any] = given.get("pc_jump_map") or {}

    def at(self, pc: int) -> Position | None:
        key = str(pc)
        place = self._positions.get(key)
        if not isinstance(place, list) or len(place) < 2 or not all(type(number) is int for number in place[:2]):
            return None
        node = self._nodes.get(key)
        source = node[0] if isinstance(node, list) and node and type(node[0]) is int else 0
        return Position(source, line=place[0], column=place[1] + 1, jump=str(self._jumps.get(key, "-")))

    def note(self, pc: int) -> str:
        """Returns the compiler's note about a failure at ``pc``; notes cover more places than positions do."""
        note = self._notes.get(str(pc), "")
        return note if isinstance(note, str) else ""


class ListedMap:
    """Brownie's ``pcMap``: ``path`` (a number) and ``offset`` (start and end) by program counter."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def at(self, pc: int) -> Position | None:
        entry = self._given.get(str(pc))
        if not isinstance(entry, dict):
            return None
        try:
            start, end = entry["offset"]
            return Position(int(entry["path"]), int(start), int(end) - int(start), jump=str(entry.get("jump", "-")))
        except (KeyError, TypeError, ValueError):
            return None


def _decompress(text: str) -> list[Position]:
    start, length, source, jump = -1, 0, -1, "-"
    entries: list[Position] = []
    try:
        for entry in text.split(";"):
            if entry:
                fields = entry.split(":")
                if fields[0]:
                    start = int(fields[0])
                if len(fields) > 1 and fields[1]:
                    length = int(fields[1])
                if len(fields) > 2 and fields[2]:
                    source = int(fields[2])
                if len(fields) > 3 and fields[3]:
                    jump = fields[3]
            entries.append(Position(source, start, length, jump=jump))
    except ValueError:
        pass  # what came before the damage is still true
    return entries


class Source:
    """One source file, read when it is first asked for. ``digest``: the keccak256 it had when it was compiled."""

    def __init__(self, path: str, read: Callable[[], bytes], *, digest: bytes | None = None) -> None:
        self.path = path
        self._read = read
        self._digest = digest
        self._is_vyper = path.endswith((".vy", ".vyi"))

    @cached_property
    def content(self) -> bytes:
        """The file; empty where it cannot be read."""
        try:
            return self._read()
        except (OSError, ValueError):
            return b""

    def locate(self, position: Position) -> SourceLocation | None:
        """``position`` as people name it; None where the file has no such place."""
        if not self.content:
            return None
        line, column = position.line, position.column
        if line < 0:
            offset = self._byte_offset(position.start)
            if not 0 <= offset <= len(self.content):
                return None
            line = bisect_right(self._starts, offset)
            column = len(self.content[self._starts[line - 1] : offset].decode(errors="replace")) + 1
        if not 1 <= line <= len(self._starts):
            return None
        note = position.note
        if self._digest is not None and keccak(self.content) != self._digest:
            note = CHANGED
        begin = self._starts[line - 1]
        text = self.content[begin:].partition(b"\n")[0].decode(errors="replace").rstrip("\r")
        name = self._vyper_function(line) if self._is_vyper else self._solidity_function(begin + column - 1)
        return SourceLocation(self.path, line, column, name, text, note)

    def is_whole_contract(self, position: Position) -> bool:
        """True if a position names a Solidity contract from its first word to its last."""
        return position.length > 0 and self.content.startswith(_CONTRACT_WORDS, position.start)

    def _byte_offset(self, start: int) -> int:
        if not self._is_vyper or self.content.isascii():
            return start
        return len(self.content.decode(errors="replace")[:start].encode())

    @cached_property
    def _starts(self) -> list[int]:
        """The offset of each line."""
        return [0, *(match.end() for match in re.finditer(rb"\n", self.content))]

    def _solidity_function(self, offset: int) -> str:
        inside = [scope for scope in self._scopes if scope.start <= offset < scope.end]
        return inside[-1].name if inside else ""

    @cached_property
    def _scopes(self) -> list[_Scope]:
        """The functions of a Solidity file, an enclosing one before those in it."""
        return sorted(_solidity_functions(self.content))

    def _vyper_function(self, line: int) -> str:
        """The last ``def`` at or above an indented line."""
        stem = self.path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
        for number in range(line, 0, -1):
            text = self.content[self._starts[number - 1] :].partition(b"\n")[0]
            named = re.match(rb"def\s+(\w+)", text)
            if named:
                return f"{stem}.{named[1].decode()}"
            if number != line and text[:1].strip() and not text.startswith((b"#", b")", b"@")):
                return ""
        return ""


_CONTRACT_WORDS = (b"contract ", b"library ", b"abstract ", b"interface ")


class _Scope(NamedTuple):
    start: int
    end: int
    name: str


_TOKEN = re.compile(
    rb"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'"""
    rb"""|\b(?:contract|library|interface)\s+(?P<contract>[\w$]+)"""
    rb"""|\bfunction\b\s*(?P<function>[\w$]*)|\bmodifier\s+(?P<modifier>[\w$]+)"""
    rb"""|\b(?P<special>constructor|receive|fallback)\s*(?=\()|(?P<mark>[{};])""",
    re.DOTALL,
)


def _solidity_functions(text: bytes) -> list[_Scope]:
    """Functions, modifiers and constructors with the extent of each, by following braces."""
    found: list[_Scope] = []
    opened: list[tuple[int, int, str]] = []
    contract, contract_depth = "", -1
    depth, pending = 0, None
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind is None:
            continue
        word = token[kind].decode(errors="replace")
        if kind == "contract" and not depth:
            contract, contract_depth, pending = word, depth, None
        elif kind in ("function", "modifier", "special"):
            if pending is None:  # else a parameter of a function type
                pending = (token.start(), word or "fallback")
        elif word == "{":
            depth += 1
            if pending is not None:
                prefix = f"{contract}." if contract and contract_depth < depth - 1 else ""
                opened.append((depth, pending[0], prefix + pending[1]))
                pending = None
        elif word == "}":
            if opened and opened[-1][0] == depth:
                _, start, name = opened.pop()
                found.append(_Scope(start, token.end(), name))
            depth -= 1
        elif word == ";":
            pending = None
    return found
