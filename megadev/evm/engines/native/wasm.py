"""Writes one function in WebAssembly: 256-bit words as four limbs in locals, versions as the arms of one dispatch loop.

The function takes (frame, entry, constants) and answers how it left. ``Emitter``'s methods are what ``plan`` asks for,
in the order in which it shall happen; addresses are those of ``runtime/machine.h``.

A word is an int (known) or four limbs, each an int (known) or a local; a condition is a local that holds 0 or 1.

Why a dispatch loop: bytecode jumps as it likes and wasm does not. Every version can be entered at any time, from
another one or from outside, because between versions the stack lies in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

from megadev.evm.engines.native.seam import HELPERS

OPERATE, INTERPRET, OUT_OF_GAS = 0, 1, 2
"""How the function leaves: in front of an operation that the runtime does, in front of one it interprets, or broke."""

_CONTEXT: Final = 0x20000
_PAUSE_AT, _RETURN_SIZE, _ENVIRONMENT = 80, 112, 192
_SCRATCH: Final = 0x21000
_GAS, _MEMORY_SIZE, _DATA_SIZE, _PC, _HEIGHT, _STACK, _MEMORY, _DATA = 0, 8, 16, 24, 32, 36, 40, 44
_CODE_AT, _RESUME, _ADDRESS, _CALLER, _VALUE = 52, 104, 112, 144, 176

_M64: Final = (1 << 64) - 1
_M256: Final = (1 << 256) - 1
_I32, _I64, _V128 = 0x7F, 0x7E, 0x7B


class Local(NamedTuple):
    """A local variable of a version: its type and its number among those."""

    type: int
    number: int


Limb: TypeAlias = int | Local
Word: TypeAlias = int | tuple[Limb, Limb, Limb, Limb]

_INDEX: Final = {name: index for index, name in enumerate(HELPERS)}

# parameters and the locals that all versions share
_FRAME, _ENTRY, _CONSTANTS, _NEXT, _AT_PC, _AT_HEIGHT, _LEFT, _MEM, _STK, _RES, _G, _MS = range(12)
_SHARED: Final = ((_I32, 7), (_I64, 2))
_FIRST_LOCAL: Final = 12

_GROWING: Final = frozenset((0x3C, 0x3E, *range(0xA0, 0xA5)))
"""Opcodes by which the runtime may let memory grow."""
_SELF, _LOOP, _EXIT, _BROKE = "self", "loop", "exit", "broke"


def _unsigned(n: int) -> bytes:
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def _signed(n: int) -> bytes:
    out = bytearray()
    while not -64 <= n < 64:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n & 127)
    return bytes(out)


def _c64(value: int) -> bytes:
    value &= _M64
    return b"\x42" + _signed(value - (1 << 64) if value >> 63 else value)


def _c32(value: int) -> bytes:
    return b"\x41" + _signed(value - (1 << 32) if value >> 31 else value)


def _get(index: int) -> bytes:
    return b"\x20" + _unsigned(index)


def _set(index: int) -> bytes:
    return b"\x21" + _unsigned(index)


def _load64(offset: int) -> bytes:
    return b"\x29\x03" + _unsigned(offset)


def _store64(offset: int) -> bytes:
    return b"\x37\x03" + _unsigned(offset)


def _load32(offset: int) -> bytes:
    return b"\x28\x02" + _unsigned(offset)


def _store32(offset: int) -> bytes:
    return b"\x36\x02" + _unsigned(offset)


_ADD32, _ADD, _SUB, _MUL, _DIV, _REM = b"\x6a", b"\x7c", b"\x7d", b"\x7e", b"\x80", b"\x82"
_AND, _OR, _XOR, _SHL, _SHR = b"\x83", b"\x84", b"\x85", b"\x86", b"\x88"
_EQZ32, _EQZ, _EQ, _NE, _LT_S, _LT, _GT, _LE = b"\x45", b"\x50", b"\x51", b"\x52", b"\x53", b"\x54", b"\x56", b"\x58"
_WRAP, _EXTEND, _SELECT, _IF, _ELSE, _END = b"\xa7", b"\xad", b"\x1b", b"\x04\x40", b"\x05", b"\x0b"
_UNREACHABLE = b"\0"
_MULTIPLY_WIDE, _ADD_WIDE = b"\xfc\x16", b"\xfc\x13"
_COPY_MEMORY = b"\xfc\x0a\0\0"
_REVERSE: Final = b"\xfd\x0d" + bytes(range(15, -1, -1))
"""i8x16.shuffle: 16 bytes the other way round."""


class Emitter:
    """One function being written. ``totals`` are the gas of each stretch, known when it ends."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.constants: list[bytes] = []
        self._versions: dict[int, list[bytes | tuple[object, ...]]] = {}
        self._out: list[bytes | tuple[object, ...]] = []
        self._counts = {_I64: 0, _I32: 0, _V128: 0}
        self._most = {_I64: 0, _I32: 0, _V128: 0}
        self._nest = 0
        self._version = 0

    # the small words

    def _o(self, *pieces: bytes) -> None:
        self._out.extend(pieces)

    def _new(self, type_: int = _I64) -> Local:
        number = self._counts[type_]
        self._counts[type_] = number + 1
        if number >= self._most[type_]:
            self._most[type_] = number + 1
        return Local(type_, number)

    def _read(self, local: Local) -> None:
        self._out.append(("get", local))

    def _write(self, local: Local) -> None:
        self._out.append(("set", local))

    def _keep(self, type_: int = _I64) -> Local:
        """What is on wasm's stack in a new local."""
        local = self._new(type_)
        self._out.append(("set", local))
        return local

    def _limb(self, limb: Limb) -> None:
        if isinstance(limb, Local):
            self._out.append(("get", limb))
        else:
            self._out.append(_c64(limb))

    @staticmethod
    def _limbs(word: Word) -> tuple[Limb, Limb, Limb, Limb]:
        if isinstance(word, int):
            return word & _M64, word >> 64 & _M64, word >> 128 & _M64, word >> 192
        return word

    def _if(self) -> None:
        self._o(_IF)
        self._nest += 1

    def _end(self) -> None:
        self._o(_END)
        self._nest -= 1

    def _branch(self, to: str) -> None:
        self._out.append(("br", to, self._nest))

    # versions and ways out of them

    def begin_version(self, version: int) -> None:
        """What follows is the version's."""
        self._out = self._versions[version] = [b"\x03\x40"]  # a loop: it may come back to itself
        self._version = version
        self._nest = 1
        self._counts = {_I64: 0, _I32: 0, _V128: 0}

    def _end_version(self) -> None:
        self._o(_UNREACHABLE, _END)

    def begin_stretch(self, pc: int, height: int) -> int:
        """What follows is paid for here; where that cannot be, leave in front of ``pc``. Answers its number."""
        stretch = len(self.totals)
        self.totals.append(0)
        self._o(_get(_G))
        self._out.append(("total", stretch, 0))
        self._o(_LT_S)
        self._if()
        self._leave(pc, height, INTERPRET)
        self._end()
        self._o(_get(_G))
        self._out.append(("total", stretch, 0))
        self._o(_SUB, _set(_G))
        return stretch

    def end_stretch(self, stretch: int, gas: int) -> None:
        """It costs so much."""
        self.totals[stretch] = gas

    def _leave(self, pc: int, height: int, how: int, resume: int = -1) -> None:
        self._o(_c32(pc), _set(_AT_PC), _c32(height), _set(_AT_HEIGHT))
        if how == OPERATE:
            self._out.append(("resume", resume))
            self._o(_set(_RES))
        self._o(_c32(how), _set(_LEFT))
        self._branch(_EXIT)

    def leave(self, pc: int, height: int, how: int, resume: int | None = None) -> None:
        """The version ends in front of ``pc``; an operation's outcome comes back to version ``resume``."""
        self._leave(pc, height, how, -1 if resume is None else resume)
        self._end_version()

    def _jump(self, version: int | None, pc: int, height: int, is_backward: bool) -> None:
        if version is None:
            self._leave(pc, height, INTERPRET)
            return
        if is_backward:
            self._o(_get(_G), _c32(_CONTEXT), _load64(_PAUSE_AT), _LT_S)
            self._if()
            self._leave(pc, height, INTERPRET)
            self._end()
        if version == self._version:
            self._branch(_SELF)
        else:
            self._out.append(("next", version))
            self._branch(_LOOP)

    def go_on(self, version: int | None, pc: int, height: int, is_backward: bool) -> None:
        """The version ends, and goes on as another one, or outside at ``pc``."""
        self._jump(version, pc, height, is_backward)
        self._end_version()

    def branch(self, condition: Local, version: int | None, pc: int, height: int, is_backward: bool) -> None:
        """If the condition holds, go on elsewhere."""
        self._read(condition)
        self._if()
        self._jump(version, pc, height, is_backward)
        self._end()

    def operate_here(self, op: int, pc: int, height: int) -> None:
        """The runtime does the opcode; where it cannot at once, leave in front of it. The stack lies in memory."""
        self._o(_get(_FRAME))
        if op not in (0x54, 0x55):
            self._o(_c32(op))
        self._o(_c32(height), _get(_G))
        self._call({0x54: "sload", 0x55: "sstore"}.get(op, "operate_here"))
        result = self._keep()
        self._read(result)
        self._o(_c64(0), _LT_S)
        self._if()
        self._leave(pc, height, OPERATE)
        self._end()
        self._read(result)
        self._o(_set(_G))
        if op in _GROWING:
            self._o(_get(_FRAME), _load64(_MEMORY_SIZE), _set(_MS))

    def gas(self, stretch: int, so_far: int) -> Word:
        """Gas left, of which the stretch has paid everything but ``so_far`` in advance."""
        self._o(_get(_G))
        self._out.append(("total", stretch, so_far))
        self._o(_ADD)
        return self._keep(), 0, 0, 0

    def _charge(self, push: Callable[[], None]) -> None:
        self._o(_get(_G))
        push()
        self._o(_SUB, b"\x22" + _unsigned(_G), _c64(0), _LT_S)
        self._broke_if()

    def _broke_if(self) -> None:
        self._if()
        self._branch(_BROKE)
        self._end()

    # the stack in memory

    def load_slot(self, i: int) -> Word:
        """The word in slot ``i``."""
        return self._load(_STK, 32 * i)

    def store_slot(self, i: int, word: Word) -> None:
        """Put the word into slot ``i``."""
        for k, limb in enumerate(self._limbs(word)):
            self._o(_get(_STK))
            self._limb(limb)
            self._o(_store64(32 * i + 8 * k))

    def _load(self, base: int, offset: int) -> Word:
        limbs = []
        for k in range(4):
            self._o(_get(base), _load64(offset + 8 * k))
            limbs.append(self._keep())
        return limbs[0], limbs[1], limbs[2], limbs[3]

    # conditions

    def word_of(self, condition: Local) -> Word:
        """1 or 0."""
        self._read(condition)
        self._o(_EXTEND)
        return self._keep(), 0, 0, 0

    def is_zero(self, word: Word) -> Local:
        """Emit a test whether the word is 0."""
        limbs = [limb for limb in self._limbs(word) if limb != 0]
        if not limbs:
            self._o(_c32(1))
            return self._keep(_I32)
        self._limb(limbs[0])
        for limb in limbs[1:]:
            self._limb(limb)
            self._o(_OR)
        self._o(_EQZ)
        return self._keep(_I32)

    def negated(self, condition: Local) -> Local:
        """The opposite."""
        self._read(condition)
        self._o(_EQZ32)
        return self._keep(_I32)

    def is_equal(self, a: Word, b: Word) -> Local:
        """Emit a test whether two words are equal."""
        parts = 0
        for x, y in zip(self._limbs(a), self._limbs(b), strict=True):
            if isinstance(x, int) and isinstance(y, int):
                if x == y:
                    continue
                self._o(_c64(1))
            elif y == 0:
                self._limb(x)
            elif x == 0:
                self._limb(y)
            else:
                self._limb(x)
                self._limb(y)
                self._o(_XOR)
            if parts:
                self._o(_OR)
            parts += 1
        self._o(_EQZ if parts else _c32(1))
        return self._keep(_I32)

    def is_less(self, a: Word, b: Word, signed: bool) -> Local:
        """Emit a test whether a < b."""
        result: Local | None = None
        for i, (x, y) in enumerate(zip(self._limbs(a), self._limbs(b), strict=True)):
            signs = signed and i == 3
            if isinstance(x, int) and x == y and not signs:
                continue
            less = _LT_S if signs else _LT
            if result is None:
                self._limb(x)
                self._limb(y)
                self._o(less)
            elif y == 0 and not signs:  # nothing is below 0: less only if equal so far
                self._read(result)
                self._o(_c32(0))
                self._limb(x)
                self._o(_EQZ, _SELECT)
            else:
                self._read(result)
                self._limb(x)
                self._limb(y)
                self._o(less)
                self._limb(x)
                self._limb(y)
                self._o(_EQ, _SELECT)
            result = self._keep(_I32)
        if result is None:
            self._o(_c32(0))
            result = self._keep(_I32)
        return result

    # arithmetic

    def add(self, a: Word, b: Word) -> Word:
        return self._sum(a, b, _ADD)

    def sub(self, a: Word, b: Word) -> Word:
        return self._sum(a, b, _SUB)

    def _sum(self, a: Word, b: Word, op: bytes) -> Word:
        limbs: list[Limb] = []
        carry: Local | None = None
        for i, (x, y) in enumerate(zip(self._limbs(a), self._limbs(b), strict=True)):
            if op == _ADD and x == 0:
                x, y = y, x
            if carry is None and y == 0:
                limbs.append(x)
                continue
            now: Local | None = None
            result: Limb = x
            if y != 0:
                self._limb(x)
                self._limb(y)
                self._o(op)
                result = self._keep()
                if i < 3:
                    self._limb(result if op == _ADD else x)
                    self._limb(y)
                    self._o(_LT, _EXTEND)
                    now = self._keep()
            if carry is not None:
                before = result
                self._limb(before)
                self._read(carry)
                self._o(op)
                result = self._keep()
                if i < 3:
                    self._limb(result if op == _ADD else before)
                    self._read(carry)
                    self._o(_LT, _EXTEND)
                    if now is not None:
                        self._read(now)
                        self._o(_OR)
                    now = self._keep()
            carry = now
            limbs.append(result)
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def mul(self, a: Word, b: Word) -> Word:
        left, right = self._limbs(a), self._limbs(b)
        product: list[Limb] = [0, 0, 0, 0]
        for i in range(4):
            if left[i] == 0:
                continue
            carry: Limb = 0
            for j in range(4 - i):
                k = i + j
                if right[j] == 0:
                    if carry == 0:
                        continue
                    if product[k] == 0:
                        product[k], carry = carry, 0
                        continue
                    self._limb(product[k])
                    self._limb(carry)
                    self._o(_ADD)
                    total = self._keep()
                    product[k] = total
                    if k < 3:
                        self._read(total)
                        self._limb(carry)
                        self._o(_LT, _EXTEND)
                        carry = self._keep()
                    continue
                self._limb(left[i])
                self._limb(right[j])
                if k == 3:
                    self._o(_MUL)
                    for part in (product[k], carry):
                        if part != 0:
                            self._limb(part)
                            self._o(_ADD)
                    product[k] = self._keep()
                    continue
                self._o(_MULTIPLY_WIDE)
                for part in (product[k], carry):
                    if part != 0:
                        self._limb(part)
                        self._o(_c64(0), _ADD_WIDE)
                high = self._keep()
                product[k], carry = self._keep(), high
        return product[0], product[1], product[2], product[3]

    def bits(self, name: str, a: Word, b: Word) -> Word:
        """AND, OR, XOR."""
        op = {"and": _AND, "or": _OR, "xor": _XOR}[name]
        limbs: list[Limb] = []
        for x, y in zip(self._limbs(a), self._limbs(b), strict=True):
            if isinstance(x, int) and isinstance(y, int):
                limbs.append(x & y if op == _AND else x | y if op == _OR else x ^ y)
                continue
            if isinstance(x, int):
                x, y = y, x
            if y == 0:
                limbs.append(0 if op == _AND else x)
            elif y == _M64 and op != _XOR:
                limbs.append(x if op == _AND else _M64)
            else:
                self._limb(x)
                self._limb(y)
                self._o(op)
                limbs.append(self._keep())
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def shift(self, name: str, by: Word, a: Word) -> Word:
        """SHL, SHR, SAR."""
        if not isinstance(by, int) or name == "sar":
            return self._helper(name, by, a)
        if by >= 256:
            return 0
        whole, part = divmod(by, 64)
        old = self._limbs(a)
        limbs: list[Limb] = [0, 0, 0, 0]
        for i in range(4 - whole):
            if name == "shl":
                limbs[i + whole] = self._funnel(old[i], old[i - 1] if i else 0, part, True)
            else:
                k = i + whole
                limbs[i] = self._funnel(old[k], old[k + 1] if k < 3 else 0, part, False)
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def _funnel(self, x: Limb, y: Limb, by: int, left: bool) -> Limb:
        """x shifted by less than 64 bits, with what comes in from its neighbour y."""
        if by == 0:
            return x
        if isinstance(x, int) and isinstance(y, int):
            return (x << by | y >> (64 - by)) & _M64 if left else (x >> by | y << (64 - by)) & _M64
        if x != 0:
            self._limb(x)
            self._o(_c64(by), _SHL if left else _SHR)
        if y != 0:
            self._limb(y)
            self._o(_c64(64 - by), _SHR if left else _SHL)
        if x != 0 and y != 0:
            self._o(_OR)
        return self._keep()

    def byte(self, index: Word, a: Word) -> Word:
        if isinstance(index, int):
            return self.bits("and", self.shift("shr", 8 * (31 - index), a), 255) if index < 32 else 0
        return self._helper("byte", index, a)

    def signextend(self, size: Word, a: Word) -> Word:
        return self._helper("signextend", size, a)

    def clz(self, a: Word) -> Word:
        self._put(32, a)
        self._o(_c32(_SCRATCH + 32))
        self._call("clz")
        return self._keep(), 0, 0, 0

    def exp(self, a: Word, b: Word, byte_gas: int) -> Word:
        """a to the b, at so much gas for each byte of b."""
        if isinstance(b, int):
            self._charge(lambda: self._o(_c64(byte_gas * ((b.bit_length() + 7) // 8))))
        else:
            zeros = self._limbs(self.clz(b))[0]

            def price() -> None:
                self._o(_c64(263))
                self._limb(zeros)
                self._o(_SUB, _c64(3), _SHR, _c64(byte_gas), _MUL)

            self._charge(price)
        return self._helper("exp", a, b)

    def divide(self, name: str, a: Word, b: Word) -> Word:
        """DIV, MOD, SDIV, SMOD."""
        if b == 0:
            return 0
        if name in ("div", "mod"):
            if isinstance(b, int) and b & (b - 1) == 0:
                return self.shift("shr", b.bit_length() - 1, a) if name == "div" else self.bits("and", a, b - 1)
            if isinstance(b, int):
                x, *rest = self._limbs(a)
                if rest == [0, 0, 0]:
                    if b > _M64:
                        return 0 if name == "div" else a
                    self._limb(x)
                    self._o(_c64(b), _DIV if name == "div" else _REM)
                    return self._keep(), 0, 0, 0
                self._put(32, a)
                self._o(_c32(_SCRATCH), _c32(_SCRATCH + 32))
                self._constant(divisor(b))
                self._call(f"{name}_known")
                result = self._limbs(self._result())
                # a remainder is no longer than what it is left by
                return result if name == "div" else self._cut(result, b)
        return self._helper(name, a, b)

    @staticmethod
    def _cut(limbs: tuple[Limb, Limb, Limb, Limb], bound: int) -> Word:
        return tuple(limb if bound >> 64 * i else 0 for i, limb in enumerate(limbs))  # type: ignore[return-value]

    def modular(self, name: str, a: Word, b: Word, m: Word) -> Word:
        """ADDMOD, MULMOD."""
        if m == 0:
            return 0
        if not isinstance(m, int):
            return self._helper(name, a, b, m)
        self._put(32, a)
        self._put(64, b)
        self._o(_c32(_SCRATCH), _c32(_SCRATCH + 32), _c32(_SCRATCH + 64))
        if name == "addmod":
            self._constant(m.to_bytes(32, "little"))
        self._constant(divisor(m))
        self._call(f"{name}_known")
        return self._cut(self._limbs(self._result()), m)

    def _put(self, offset: int, word: Word) -> None:
        for k, limb in enumerate(self._limbs(word)):
            self._o(_c32(_SCRATCH + offset))
            self._limb(limb)
            self._o(_store64(8 * k))

    def _result(self) -> Word:
        limbs = []
        for k in range(4):
            self._o(_c32(_SCRATCH), _load64(8 * k))
            limbs.append(self._keep())
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def _call(self, name: str) -> None:
        self._o(b"\x10" + _unsigned(_INDEX[name]))

    def _helper(self, name: str, *words: Word) -> Word:
        for i, word in enumerate(words, 1):
            self._put(32 * i, word)
        self._o(*(_c32(_SCRATCH + 32 * i) for i in range(len(words) + 1)))
        self._call(name)
        return self._result()

    def _constant(self, data: bytes) -> None:
        """The address of data that comes with the function."""
        if data not in self.constants:
            self.constants.append(data)
        offset = sum(len(before) for before in self.constants[: self.constants.index(data)])
        self._o(_get(_CONSTANTS), _c32(offset), _ADD32)

    # frame and block

    def environment(self, index: int) -> Word:
        """A word of the transaction's or block's environment."""
        limbs = []
        for k in range(4):
            self._o(_c32(_CONTEXT), _load64(_ENVIRONMENT + 32 * index + 8 * k))
            limbs.append(self._keep())
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def frame_word(self, name: str) -> Word:
        """The frame's address, caller or value."""
        word = self._limbs(self._load(_FRAME, {"address": _ADDRESS, "caller": _CALLER, "value": _VALUE}[name]))
        return word if name == "value" else (word[0], word[1], word[2], 0)

    def data_size(self) -> Word:
        self._o(_get(_FRAME), _load64(_DATA_SIZE))
        return self._keep(), 0, 0, 0

    def return_size(self) -> Word:
        self._o(_c32(_CONTEXT), _load32(_RETURN_SIZE), _EXTEND)
        return self._keep(), 0, 0, 0

    def memory_size(self) -> Word:
        self._o(_get(_MS))
        return self._keep(), 0, 0, 0

    def data_word(self, offset: Word) -> Word:
        """CALLDATALOAD: at once where all 32 bytes are there."""
        low, *high = self._limbs(offset)
        results = [self._new() for _ in range(4)]
        if any(isinstance(limb, int) and limb for limb in high) or (isinstance(low, int) and low >> 32):
            return 0
        # offset + 32 <= size, as size - offset >= 32 without a carry: offsets beyond 2^32 are none
        self._limb(low)
        self._o(_c64(32), _SHR)
        for limb in high:
            if limb != 0:
                self._limb(limb)
                self._o(_OR)
        self._o(_EQZ)
        self._limb(low)
        self._o(_c64(32), _ADD, _get(_FRAME), _load64(_DATA_SIZE), _LE, b"\x71")  # i32.and
        self._if()
        self._o(_get(_FRAME), _load32(_DATA))
        self._limb(low)
        self._o(_WRAP, _ADD32)
        self._load_bytes(self._keep(_I32), results)
        self._o(_ELSE)
        self._put(32, offset)
        self._o(_c32(_SCRATCH), _get(_FRAME), _c32(_SCRATCH + 32))
        self._call("calldataload")
        for k, local in enumerate(results):
            self._o(_c32(_SCRATCH), _load64(8 * k))
            self._write(local)
        self._end()
        return results[0], results[1], results[2], results[3]

    # memory

    def _offset(self, word: Word) -> Limb:
        """The word as one limb; whoever asks for more than 32 bits cannot pay for it."""
        low, *high = self._limbs(word)
        if isinstance(low, int) and all(isinstance(limb, int) for limb in high):
            if any(high) or low >> 32:
                self._o(_c32(1))
                self._broke_if()
                return 0
            return low
        self._limb(low)
        self._o(_c64(32), _SHR)
        for limb in high:
            if limb != 0:
                self._limb(limb)
                self._o(_OR)
        self._o(_c64(0), _NE)
        self._broke_if()
        return low

    def _expand(self, offset: Limb, size: Limb) -> None:
        if isinstance(offset, int) and isinstance(size, int):
            end: Limb = offset + size
        else:
            self._limb(offset)
            self._limb(size)
            self._o(_ADD)
            end = self._keep()
        self._limb(end)
        self._o(_get(_MS), _GT)
        self._if()
        self._o(_get(_FRAME))
        self._limb(end)
        self._o(_get(_G))
        self._call("memory_grow")
        self._o(b"\x22" + _unsigned(_G), _c64(0), _LT_S)
        self._broke_if()
        self._o(_get(_FRAME), _load64(_MEMORY_SIZE), _set(_MS))
        self._end()

    def _place(self, offset: Limb) -> Local:
        self._o(_get(_MEM))
        self._limb(offset)
        self._o(_WRAP, _ADD32)
        return self._keep(_I32)

    def _area(self, offset: Word, size: Limb) -> Local:
        """memory[offset : offset + size] provided; where it begins."""
        if isinstance(size, int):
            start = self._offset(offset) if size else 0
            if size:
                self._expand(start, size)
            return self._place(start)
        start = self._new()
        self._o(_c64(0))
        self._write(start)
        self._limb(size)
        self._o(_c64(0), _NE)
        self._if()
        low = self._offset(offset)
        self._expand(low, size)
        self._limb(low)
        self._write(start)
        self._end()
        return self._place(start)

    def _load_bytes(self, at: Local, results: Sequence[Local]) -> None:
        for half in range(2):
            self._read(at)
            self._o(b"\xfd\0\0" + _unsigned(16 * half))
            vector = self._keep(_V128)
            self._read(vector)
            self._read(vector)
            self._o(_REVERSE)
            turned = self._keep(_V128)
            for k in range(2):
                self._read(turned)
                self._o(b"\xfd\x1d" + bytes([k]))
                self._write(results[(1 - half) * 2 + k])

    def _word_at(self, at: Local) -> Word:
        results = [self._new() for _ in range(4)]
        self._load_bytes(at, results)
        return results[0], results[1], results[2], results[3]

    def load(self, offset: Word) -> Word:
        """MLOAD."""
        return self._word_at(self._area(offset, 32))

    def store(self, offset: Word, word: Word) -> None:
        """MSTORE."""
        at = self._area(offset, 32)
        limbs = self._limbs(word)
        for half in range(2):
            low, high = limbs[(1 - half) * 2], limbs[(1 - half) * 2 + 1]
            self._read(at)
            if isinstance(low, int) and isinstance(high, int):
                self._o(b"\xfd\x0c" + (high << 64 | low).to_bytes(16, "big"))
            else:
                self._limb(low)
                self._o(b"\xfd\x12")
                self._limb(high)
                self._o(b"\xfd\x1e\x01")
                vector = self._keep(_V128)
                self._read(vector)
                self._read(vector)
                self._o(_REVERSE)
            self._o(b"\xfd\x0b\0" + _unsigned(16 * half))

    def store_byte(self, offset: Word, word: Word) -> None:
        """MSTORE8."""
        at = self._area(offset, 1)
        self._read(at)
        self._limb(self._limbs(word)[0])
        self._o(b"\x3c\0\0")

    def _charge_words(self, size: Limb, each: int) -> None:
        def price() -> None:
            if isinstance(size, int):
                self._o(_c64(each * ((size + 31) // 32)))
            else:
                self._limb(size)
                self._o(_c64(31), _ADD, _c64(5), _SHR, _c64(each), _MUL)

        if size != 0:
            self._charge(price)

    def hash(self, offset: Word, size_word: Word, word_gas: int) -> Word:
        """KECCAK256, at so much gas for each 32 bytes."""
        size = self._offset(size_word)
        self._charge_words(size, word_gas)
        at = self._area(offset, size)
        self._o(_c32(_SCRATCH))
        self._read(at)
        self._limb(size)
        self._o(_WRAP)
        self._call("hash")
        return self._result()

    def copy(self, source: str, to: Word, offset: Word, size_word: Word, word_gas: int, code_size: int) -> None:
        """CALLDATACOPY and CODECOPY: zeros beyond the end."""
        size = self._offset(size_word)
        self._charge_words(size, word_gas)
        if size == 0:
            return
        at = self._area(to, size)
        self._put(32, offset)
        self._read(at)
        self._limb(size)
        self._o(_get(_FRAME), _load32(_CODE_AT if source == "code" else _DATA))
        if source == "code":
            self._o(_c64(code_size))
        else:
            self._o(_get(_FRAME), _load64(_DATA_SIZE))
        self._o(_c32(_SCRATCH + 32))
        self._call("copy_data")

    def copy_memory(self, to: Word, source: Word, size_word: Word, word_gas: int) -> None:
        """MCOPY."""
        size = self._offset(size_word)
        self._charge_words(size, word_gas)
        target, origin = self._area(to, size), self._area(source, size)
        self._read(target)
        self._read(origin)
        self._limb(size)
        self._o(_WRAP, _COPY_MEMORY)

    # the module

    def module(self) -> bytes:
        """The finished module: it imports the runtime's functions and memory, and exports ``run``."""
        versions = sorted(self._versions)
        position = {version: i for i, version in enumerate(versions)}
        count = len(versions)
        first = {_I64: _FIRST_LOCAL}
        first[_I32] = first[_I64] + self._most[_I64]
        first[_V128] = first[_I32] + self._most[_I32]
        out = bytearray()
        for offset, local, load in (
            (_GAS, _G, _load64), (_MEMORY_SIZE, _MS, _load64), (_STACK, _STK, _load32), (_MEMORY, _MEM, _load32)
        ):  # fmt: skip
            out += _get(_FRAME) + load(offset) + _set(local)
        out += _get(_ENTRY) + _set(_NEXT)
        out += b"\x02\x40" * 2 + b"\x03\x40" + b"\x02\x40" * count  # broke, exit, loop, one block for each version
        out += _get(_NEXT) + b"\x0e" + _unsigned(count - 1) + b"".join(map(_unsigned, range(count))) + _END
        for i, version in enumerate(versions):
            left = count - 1 - i
            depth = {_SELF: -1, _LOOP: left, _EXIT: left + 1, _BROKE: left + 2}
            for item in self._versions[version]:
                if isinstance(item, bytes):
                    out += item
                    continue
                kind, operand = item[0], item[1]
                if isinstance(operand, Local):
                    out += (b"\x20" if kind == "get" else b"\x21") + _unsigned(first[operand.type] + operand.number)
                elif kind == "br":
                    nest = item[2]
                    assert isinstance(operand, str) and isinstance(nest, int)
                    out += b"\x0c" + _unsigned(nest + depth[operand])
                else:
                    assert isinstance(operand, int)
                    if kind == "total":
                        so_far = item[2]
                        assert isinstance(so_far, int)
                        out += _c64(self.totals[operand] - so_far)
                    elif kind == "next":
                        out += _c32(position[operand]) + _set(_NEXT)
                    else:
                        out += _c32(position[operand] if operand >= 0 else -1 & 0xFFFFFFFF)
            if left:
                out += _END
        out += _UNREACHABLE + _END + _END  # loop, exit
        out += _get(_FRAME) + _get(_G) + _store64(_GAS)
        for offset, local in ((_PC, _AT_PC), (_HEIGHT, _AT_HEIGHT), (_RESUME, _RES)):
            out += _get(_FRAME) + _get(local) + _store32(offset)
        out += _get(_LEFT) + b"\x0f" + _END  # broke
        out += _get(_FRAME) + _c64(0) + _store64(_GAS) + _c32(OUT_OF_GAS) + _END
        return _module(bytes(out), [(self._most[type_], type_) for type_ in (_I64, _I32, _V128)])


def divisor(d: int) -> bytes:
    """A known divisor as the runtime takes it (``divisor`` in words.h)."""
    limbs = (d.bit_length() + 63) // 64
    shift = 64 * limbs - d.bit_length()
    ready = d << shift
    if limbs == 1:
        reciprocal = ((1 << 128) - 1) // ready - (1 << 64)
    else:
        reciprocal = ((1 << 192) - 1) // (ready >> 64 * (limbs - 2)) - (1 << 64)
    quotient = (1 << 512) // d
    has_quotient = limbs == 4 and quotient >> 320 == 0
    numbers = (
        (ready, 32), (reciprocal, 8), (limbs, 4), (shift, 4), (d, 32), (quotient if has_quotient else 0, 40),
        (has_quotient, 8)
    )  # fmt: skip
    return b"".join(number.to_bytes(size, "little") for number, size in numbers)


def _module(code: bytes, locals_: list[tuple[int, int]]) -> bytes:
    groups = [(count, type_) for type_, count in _SHARED] + locals_
    body = _unsigned(len(groups)) + b"".join(_unsigned(n) + bytes([type_]) for n, type_ in groups) + code
    types: dict[str, int] = {}

    def type_of(signature: str) -> int:
        return types.setdefault(signature, len(types))

    def name(text: str) -> bytes:
        return _unsigned(len(text)) + text.encode()

    def vector(items: list[bytes]) -> bytes:
        return _unsigned(len(items)) + b"".join(items)

    def section(number: int, content: bytes) -> bytes:
        return bytes([number]) + _unsigned(len(content)) + content

    imports = [
        name("runtime") + name(helper) + b"\0" + _unsigned(type_of(signature)) for helper, signature in HELPERS.items()
    ]
    imports.append(name("runtime") + name("memory") + b"\x02\0" + _unsigned(1))
    own = type_of("iii>i")
    codes = {"i": _I32, "I": _I64}
    signatures = []
    for signature in types:
        takes, _, gives = signature.partition(">")
        signatures.append(
            b"\x60" + vector([bytes([codes[c]]) for c in takes]) + vector([bytes([codes[c]]) for c in gives])
        )
    return (
        b"\0asm\x01\0\0\0"
        + section(1, vector(signatures))
        + section(2, vector(imports))
        + section(3, vector([_unsigned(own)]))
        + section(7, vector([name("run") + b"\0" + _unsigned(len(HELPERS))]))
        + section(10, vector([_unsigned(len(body)) + body]))
    )
