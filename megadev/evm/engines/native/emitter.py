"""Writes one function in WebAssembly: versions as the arms of one dispatch loop, stretches and the ways out of them.

The function takes (frame, entry, constants) and answers how it left. What ``plan`` asks for is written in the order in
which it shall happen; ``arithmetic`` and ``memory`` write into the same function. A condition is a local that holds 0
or 1.

Why a dispatch loop: bytecode jumps as it likes and wasm does not. Every version can be entered at any time, from
another one or from outside, because between versions the stack lies in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from megadev.evm.engines.native.seam import HELPERS
from megadev.evm.engines.native.wasm import (
    ADD,
    ADD32,
    AT_HEIGHT,
    AT_PC,
    CONSTANTS,
    CONTEXT,
    END,
    ENTRY,
    FIRST_LOCAL,
    FRAME,
    GAS,
    HEIGHT,
    I32,
    I64,
    IF,
    LEFT,
    LT_S,
    MEM,
    MEMORY,
    MEMORY_SIZE,
    MS,
    NEXT,
    PAUSE_AT,
    PC,
    RES,
    RESUME,
    SCRATCH,
    STACK,
    STK,
    SUB,
    UNREACHABLE,
    V128,
    G,
    Limb,
    Local,
    Word,
    const32,
    const64,
    get_local,
    limbs_of,
    load32,
    load64,
    set_local,
    store32,
    store64,
    unsigned,
    whole_module,
)

OPERATE, INTERPRET, OUT_OF_GAS = 0, 1, 2
"""How the function leaves: in front of an operation that the runtime does, in front of one it interprets, or broke."""

INDEX: Final = {name: index for index, name in enumerate(HELPERS)}
TO_SELF, TO_LOOP, TO_EXIT, TO_BROKE = "self", "loop", "exit", "broke"

GROWING: Final = frozenset((0x3C, 0x3E, *range(0xA0, 0xA5)))
"""Opcodes by which the runtime may let memory grow."""


class Emitter:
    """One function being written. ``totals`` are the gas of each stretch, known when it ends."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.constants: list[bytes] = []
        self._versions: dict[int, list[bytes | tuple[object, ...]]] = {}
        self._out: list[bytes | tuple[object, ...]] = []
        self._counts = {I64: 0, I32: 0, V128: 0}
        self._most = {I64: 0, I32: 0, V128: 0}
        self._nest = 0
        self._version = 0

    def emit(self, *pieces: bytes) -> None:
        self._out.extend(pieces)

    def new(self, type_: int = I64) -> Local:
        number = self._counts[type_]
        self._counts[type_] = number + 1
        if number >= self._most[type_]:
            self._most[type_] = number + 1
        return Local(type_, number)

    def read(self, local: Local) -> None:
        self._out.append(("get", local))

    def write(self, local: Local) -> None:
        self._out.append(("set", local))

    def keep(self, type_: int = I64) -> Local:
        """Stores the top of wasm's stack in a new local."""
        local = self.new(type_)
        self._out.append(("set", local))
        return local

    def limb(self, limb: Limb) -> None:
        if isinstance(limb, Local):
            self._out.append(("get", limb))
        else:
            self._out.append(const64(limb))

    def begin_if(self) -> None:
        self.emit(IF)
        self._nest += 1

    def end(self) -> None:
        self.emit(END)
        self._nest -= 1

    def branch_to(self, to: str) -> None:
        self._out.append(("br", to, self._nest))

    def call(self, name: str) -> None:
        self.emit(b"\x10" + unsigned(INDEX[name]))

    def charge(self, push: Callable[[], None]) -> None:
        self.emit(get_local(G))
        push()
        self.emit(SUB, b"\x22" + unsigned(G), const64(0), LT_S)
        self.broke_if()

    def broke_if(self) -> None:
        self.begin_if()
        self.branch_to(TO_BROKE)
        self.end()

    def constant(self, data: bytes) -> None:
        """The address of data that comes with the function."""
        if data not in self.constants:
            self.constants.append(data)
        offset = sum(len(before) for before in self.constants[: self.constants.index(data)])
        self.emit(get_local(CONSTANTS), const32(offset), ADD32)

    def load_words(self, base: int, offset: int) -> Word:
        limbs = []
        for k in range(4):
            self.emit(get_local(base), load64(offset + 8 * k))
            limbs.append(self.keep())
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def put(self, offset: int, word: Word) -> None:
        for k, limb in enumerate(limbs_of(word)):
            self.emit(const32(SCRATCH + offset))
            self.limb(limb)
            self.emit(store64(8 * k))

    def result(self) -> Word:
        limbs = []
        for k in range(4):
            self.emit(const32(SCRATCH), load64(8 * k))
            limbs.append(self.keep())
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def helper(self, name: str, *words: Word) -> Word:
        for i, word in enumerate(words, 1):
            self.put(32 * i, word)
        self.emit(*(const32(SCRATCH + 32 * i) for i in range(len(words) + 1)))
        self.call(name)
        return self.result()

    def begin_version(self, version: int) -> None:
        """Begins the part of a version."""
        self._out = self._versions[version] = [b"\x03\x40"]  # a loop: it may come back to itself
        self._version = version
        self._nest = 1
        self._counts = {I64: 0, I32: 0, V128: 0}

    def _end_version(self) -> None:
        self.emit(UNREACHABLE, END)

    def begin_stretch(self, pc: int, height: int) -> int:
        """Charges the gas of the following stretch here; if that fails, leaves in front of ``pc``. Answers its
        number.
        """
        stretch = len(self.totals)
        self.totals.append(0)
        self.emit(get_local(G))
        self._out.append(("total", stretch, 0))
        self.emit(LT_S)
        self.begin_if()
        self._leave(pc, height, INTERPRET)
        self.end()
        self.emit(get_local(G))
        self._out.append(("total", stretch, 0))
        self.emit(SUB, set_local(G))
        return stretch

    def end_stretch(self, stretch: int, gas: int) -> None:
        """It costs so much."""
        self.totals[stretch] = gas

    def _leave(self, pc: int, height: int, how: int, resume: int = -1) -> None:
        self.emit(const32(pc), set_local(AT_PC), const32(height), set_local(AT_HEIGHT))
        if how == OPERATE:
            self._out.append(("resume", resume))
            self.emit(set_local(RES))
        self.emit(const32(how), set_local(LEFT))
        self.branch_to(TO_EXIT)

    def leave(self, pc: int, height: int, how: int, resume: int | None = None) -> None:
        """The version ends in front of ``pc``; an operation's outcome comes back to version ``resume``."""
        self._leave(pc, height, how, -1 if resume is None else resume)
        self._end_version()

    def _jump(self, version: int | None, pc: int, height: int, is_backward: bool) -> None:
        if version is None:
            self._leave(pc, height, INTERPRET)
            return
        if is_backward:
            self.emit(get_local(G), const32(CONTEXT), load64(PAUSE_AT), LT_S)
            self.begin_if()
            self._leave(pc, height, INTERPRET)
            self.end()
        if version == self._version:
            self.branch_to(TO_SELF)
        else:
            self._out.append(("next", version))
            self.branch_to(TO_LOOP)

    def go_on(self, version: int | None, pc: int, height: int, is_backward: bool) -> None:
        """The version ends, and goes on as another one, or outside at ``pc``."""
        self._jump(version, pc, height, is_backward)
        self._end_version()

    def branch(self, condition: Local, version: int | None, pc: int, height: int, is_backward: bool) -> None:
        """Branches if the condition holds."""
        self.read(condition)
        self.begin_if()
        self._jump(version, pc, height, is_backward)
        self.end()

    def operate_here(self, op: int, pc: int, height: int) -> None:
        """The runtime does the opcode; where it cannot at once, leave in front of it. The stack lies in memory."""
        self.emit(get_local(FRAME))
        if op not in (0x54, 0x55):
            self.emit(const32(op))
        self.emit(const32(height), get_local(G))
        self.call({0x54: "sload", 0x55: "sstore"}.get(op, "operate_here"))
        result = self.keep()
        self.read(result)
        self.emit(const64(0), LT_S)
        self.begin_if()
        self._leave(pc, height, OPERATE)
        self.end()
        self.read(result)
        self.emit(set_local(G))
        if op in GROWING:
            self.emit(get_local(FRAME), load64(MEMORY_SIZE), set_local(MS))

    def gas(self, stretch: int, so_far: int) -> Word:
        """Gas left, of which the stretch has paid everything but ``so_far`` in advance."""
        self.emit(get_local(G))
        self._out.append(("total", stretch, so_far))
        self.emit(ADD)
        return self.keep(), 0, 0, 0

    def load_slot(self, i: int) -> Word:
        """The word in slot ``i``."""
        return self.load_words(STK, 32 * i)

    def store_slot(self, i: int, word: Word) -> None:
        """Put the word into slot ``i``."""
        for k, limb in enumerate(limbs_of(word)):
            self.emit(get_local(STK))
            self.limb(limb)
            self.emit(store64(32 * i + 8 * k))

    def module(self) -> bytes:
        """The finished module: it imports the runtime's functions and memory, and exports ``run``."""
        versions = sorted(self._versions)
        position = {version: i for i, version in enumerate(versions)}
        count = len(versions)
        first = {I64: FIRST_LOCAL}
        first[I32] = first[I64] + self._most[I64]
        first[V128] = first[I32] + self._most[I32]
        out = bytearray()
        for offset, local, load in (
            (GAS, G, load64), (MEMORY_SIZE, MS, load64), (STACK, STK, load32), (MEMORY, MEM, load32)
        ):  # fmt: skip
            out += get_local(FRAME) + load(offset) + set_local(local)
        out += get_local(ENTRY) + set_local(NEXT)
        out += b"\x02\x40" * 2 + b"\x03\x40" + b"\x02\x40" * count  # broke, exit, loop, one block for each version
        out += get_local(NEXT) + b"\x0e" + unsigned(count - 1) + b"".join(map(unsigned, range(count))) + END
        for i, version in enumerate(versions):
            left = count - 1 - i
            depth = {TO_SELF: -1, TO_LOOP: left, TO_EXIT: left + 1, TO_BROKE: left + 2}
            for item in self._versions[version]:
                if isinstance(item, bytes):
                    out += item
                    continue
                kind, operand = item[0], item[1]
                if isinstance(operand, Local):
                    out += (b"\x20" if kind == "get" else b"\x21") + unsigned(first[operand.type] + operand.number)
                elif kind == "br":
                    nest = item[2]
                    assert isinstance(operand, str) and isinstance(nest, int)
                    out += b"\x0c" + unsigned(nest + depth[operand])
                else:
                    assert isinstance(operand, int)
                    if kind == "total":
                        so_far = item[2]
                        assert isinstance(so_far, int)
                        out += const64(self.totals[operand] - so_far)
                    elif kind == "next":
                        out += const32(position[operand]) + set_local(NEXT)
                    else:
                        out += const32(position[operand] if operand >= 0 else -1 & 0xFFFFFFFF)
            if left:
                out += END
        out += UNREACHABLE + END + END  # loop, exit
        out += get_local(FRAME) + get_local(G) + store64(GAS)
        for offset, local in ((PC, AT_PC), (HEIGHT, AT_HEIGHT), (RESUME, RES)):
            out += get_local(FRAME) + get_local(local) + store32(offset)
        out += get_local(LEFT) + b"\x0f" + END  # broke
        out += get_local(FRAME) + const64(0) + store64(GAS) + const32(OUT_OF_GAS) + END
        return whole_module(bytes(out), [(self._most[type_], type_) for type_ in (I64, I32, V128)])
